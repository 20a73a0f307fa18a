#ifndef TESTS_TRAFFIC_TRUTH_H
#define TESTS_TRAFFIC_TRUTH_H

#include "tests/traffic/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was planted, for whoever judges a detector: written as NAME.events.json. */

enum { LABEL_DEVICES = 8, LABEL_DETAIL_BYTES = 96 };

struct label {
    uint64_t start_us, end_us;
    bool benign;      /* a trap: an alarm here is false */
    const char *what; /* the kind, borrowed */
    char detail[LABEL_DETAIL_BYTES];
    struct mac devices[LABEL_DEVICES];
    size_t device_count;
};

/* A zeroed set is empty. */
struct truth {
    struct label *labels;
    size_t count, capacity;
};

/* A new label; the pointer holds until the next one is added. */
struct label *truth_add(struct truth *truth);
void truth_device(struct label *label, const struct mac *mac);

/* Write the set in order of start; 0, or −1 with errno. */
int truth_write(struct truth *truth, const char *path, const char *name,
                uint64_t evaluate_from_us);
void truth_clear(struct truth *truth);

#endif
