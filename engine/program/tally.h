#ifndef ENGINE_PROGRAM_TALLY_H
#define ENGINE_PROGRAM_TALLY_H

#include "engine/engine.h"
#include "engine/program/labels.h"
#include "engine/program/spans.h"

#include <stdbool.h>
#include <stddef.h>

/* The windows of one capture, gathered while it is replayed and put in order for a jury.
   Numbers are those that a timeline prints, so that whoever judges the file agrees. */

enum tally_measure {
    TALLY_RISK,    /* with the memory of earlier windows */
    TALLY_ANOMALY, /* of a window alone */
    TALLY_MEASURES
};

struct sample {
    double time_s, value;
    enum family family; /* of what counts most in the device's risk */
};

struct series {
    struct sample *samples;
    size_t count, room;
};

struct tally_device {
    struct series series[TALLY_MEASURES]; /* by time and value */
    double first_s;
    char id
        [DEVICE_ID_BYTES]; /* in lower case; first_s and series: from evaluate_from on */
};

struct tally {
    const struct labels *labels;
    struct tally_device **devices; /* in order of appearance */
    size_t device_count, device_room;
    double last_s;
    double quiet_days;  /* device-days in which an alarm would be false */
    struct spans cover; /* where an alarm is not false: the events, before and after */
    struct spans traps; /* where it is false, and worth telling apart */
    /* The worst anomaly of each window, by value: within events and outside them. */
    struct series hot, quiet;
    /* While rows come in. */
    struct series worst; /* by time of arrival */
    void *ids;           /* search tree of tally_device by id */
    void *named; /* search tree of ids that events name; empty: all devices count */
    bool out_of_memory;
};

/* `labels` is borrowed. NULL if there is no memory. */
struct tally *tally_create(const struct labels *labels);
void tally_destroy(struct tally *tally); /* NULL is allowed */

/* To be handed to the engine. */
struct engine_sink tally_sink(struct tally *tally);

/* All rows are in: put them in order. False if memory ran out on the way. */
bool tally_close(struct tally *tally);

/* NULL if no window of it was judged. `id` in lower case. */
const struct tally_device *tally_find(const struct tally *tally, const char *id);

#endif
