#ifndef COLLECTORS_OUTPUT_H
#define COLLECTORS_OUTPUT_H

#include "engine/base/counters.h"
#include "engine/base/record.h"
#include "engine/base/ring.h"

#include <stdbool.h>
#include <stdint.h>

/* A collector's end of its ring: numbers records, and decides what a full ring means.
   The collector's thread only. Ring and counters are borrowed. */
struct output {
    struct ring *ring;
    struct counters *counters;
    uint64_t reached_ns; /* capture time, as the collector keeps it */
    uint64_t frame;      /* the number of the one at work, among all of the source's */
    uint64_t rank;       /* of the next record */
    uint64_t sequence;   /* of the next record */
    uint16_t queue;
    bool live;
    bool cancelled;      /* the ring was: nothing more can be delivered */
    struct record spill; /* is written to where the ring has no place, and forgotten */
};

/* Why a record is handed out, in the order in which that happens at one time. */
enum output_phase {
    OUTPUT_SECOND,      /* the flows of a second that is over */
    OUTPUT_HELD,        /* those held back until now, as they came to be */
    OUTPUT_IDLE,        /* flows silent for long: of the table's first segment, … */
    OUTPUT_IDLE_STEADY, /* … and of its second */
    OUTPUT_TICK,
    OUTPUT_FRAME, /* the frame at work */
    OUTPUT_FLUSH, /* all flows are ended, by segment again */
    OUTPUT_FLUSH_STEADY,
};

void output_init(struct output *output, struct ring *ring, struct counters *counters,
                 uint16_t queue, bool live);

/* The next records are of this phase; `number` orders them in it, and never goes back
   within it. */
void output_rank(struct output *output, enum output_phase phase, uint64_t number);

/* A record of this kind and time; the caller fills in the rest and delivers it before
   the next one. Never NULL. Where the ring is full, a replay waits; so does a live
   capture for those that mark time; its others are dropped and counted. */
struct record *output_reserve(struct output *output, enum record_kind kind,
                              uint64_t time_ns);
void output_deliver(struct output *output, const struct record *record);

/* Both, for those that are nothing but kind and time. */
void output_mark(struct output *output, enum record_kind kind, uint64_t time_ns);

#endif
