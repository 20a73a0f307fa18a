#ifndef TESTS_TRAFFIC_LABELS_H
#define TESTS_TRAFFIC_LABELS_H

#include "tests/traffic/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was planted, for whoever judges a detector: written as NAME.events.json. */

enum { LABEL_DEVICES = 8, LABEL_WHAT_BYTES = 96 };

struct label {
    uint64_t start_us, end_us;
    bool benign; /* a trap: an alarm here is false */
    char what[LABEL_WHAT_BYTES];
    struct mac devices[LABEL_DEVICES];
    size_t device_count;
};

/* A zeroed set is empty. */
struct labels {
    struct label *labels;
    size_t count, capacity;
};

/* A new label; the pointer holds until the next one is added. */
struct label *labels_add(struct labels *labels);
void label_device(struct label *label, const struct mac *mac);

/* Write the set in order of start; 0, or −1 with errno. */
int labels_write(struct labels *labels, const char *path, const char *name,
                 uint64_t evaluate_from_us);
void labels_clear(struct labels *labels);

#endif
