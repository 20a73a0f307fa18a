#ifndef TESTS_COLLECTORS_RUNS_H
#define TESTS_COLLECTORS_RUNS_H

#include "collectors/collector.h"
#include "engine/base/record.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

/* A collector run to its end, with another thread that takes the records. */

enum { RECORDS_KEPT = 4096 };

static const uint64_t SECOND = 1000000000;

struct run {
    struct counters counters;
    struct ring *ring;
    struct record records[RECORDS_KEPT]; /* the first of them */
    uint64_t count, flow_packets;
    bool succeeded, in_order;
    char error[600];
    void (*watch)(struct run *run,
                  const struct record *record); /* each; NULL: nobody */
    uint64_t digest;                            /* the watcher's */
};

static inline void *take_records(void *context) {
    struct run *taken = context;
    uint64_t tick_ns = 0;
    for (bool ended = false; !ended;) {
        const struct record *record = ring_front_wait(taken->ring, -1);
        ended = record->kind == RECORD_END;
        if (taken->count < RECORDS_KEPT)
            taken->records[taken->count] = *record;
        taken->in_order &= record->sequence == taken->count;
        if (taken->watch)
            taken->watch(taken, record);
        if (record->kind == RECORD_FLOW)
            taken->flow_packets +=
                record->flow.packets[INITIATOR] + record->flow.packets[RESPONDER];
        /* Nothing lies before the last tick, and ticks only go forward, except across a
           discontinuity. */
        taken->in_order &=
            record->time_ns >= tick_ns || record->kind == RECORD_DISCONTINUITY;
        if (record->kind == RECORD_TICK) {
            taken->in_order &= record->time_ns % SECOND == 0;
        }
        if (record->kind == RECORD_TICK || record->kind == RECORD_DISCONTINUITY)
            tick_ns = record->time_ns;
        taken->count++;
        ring_release(taken->ring);
    }
    return NULL;
}

static inline struct collector_options quick(void) {
    struct collector_options options = collector_defaults;
    options.dpi_capacity = 0; /* which is most of the time that opening takes */
    options.flow_capacity = 1000;
    options.duplicate_window_ms = 0; /* tests send the same frame over and over */
    return options;
}

static inline void finish_run(struct run *to, struct collector *collector) {
    pthread_t consumer;
    pthread_create(&consumer, NULL, take_records, to);
    to->succeeded = collector_run(collector, to->error, sizeof to->error);
    pthread_join(consumer, NULL);
}

static inline void end_run(struct run *to, struct collector *collector) {
    collector_close(collector);
    ring_destroy(to->ring);
}

static inline void begin_run(struct run *to) {
    void (*watch)(struct run *, const struct record *) = to->watch;
    memset(to, 0, sizeof *to);
    to->watch = watch;
    to->in_order = true;
    to->ring = ring_create(64, sizeof(struct record));
}

/* False if it could not be opened. */
static inline bool collect(struct run *to, const struct collector_options *options,
                           const char *const *paths, size_t count) {
    begin_run(to);
    struct collector *collector = collector_open_files(
        options, paths, count, to->ring, &to->counters, to->error, sizeof to->error);
    if (!collector) {
        ring_destroy(to->ring);
        return false;
    }
    finish_run(to, collector);
    end_run(to, collector);
    return true;
}

#endif
