#ifndef COLLECTORS_FLOW_TABLE_H
#define COLLECTORS_FLOW_TABLE_H

#include "collectors/flow.h"
#include "collectors/fragment.h"
#include "engine/base/table.h"

#include <stdint.h>

/* The flow table's insides, shared by flow.c (packets come in, seconds pass), flow_tell.c (what
   goes out) and nobody else. */

/* Marks of a flow. */
enum flow_mark {
    TOUCHED = 1,   /* is in the list of this second */
    FRESH = 2,     /* its first record is still to come */
    SWAPPED = 4,   /* the key's second end is the initiator */
    MIDSTREAM = 8, /* TCP whose SYN was not seen */
    SPOKE = 16,    /* TCP: the initiator sent more than SYN and RST */
    REPLIED = 32,  /* TCP: the responder sent more than RST */
    FIN_INITIATOR = 64,
    FIN_RESPONDER = 128, /* FIN_INITIATOR << RESPONDER */
    CLOSED = 256,        /* both FIN or a RST */
    ENDED = 512,         /* its last record is out: it lingers */
    NEWS = 1024,         /* not to be held back at the end of this second */
    HELD = 2048,         /* is in the list of those held back */
    SAID = 4096,         /* had payload */
};

/* Recency lists of the table. The first is evicted first. */
enum flow_segment { UNANSWERED = 0, STEADY = 1 };

/* A flow in the list of this second, or of those held. `moment` is when it came there, its low half. */
struct touched {
    uint32_t index; /* one may be stale or be there twice */
    uint32_t moment;
};

struct lingering {
    uint32_t index;
    uint64_t closed_ns; /* tells whether the place still holds the same flow */
};

struct flow_table {
    struct table *table;
    struct flow_facts *facts; /* by the table's index */
    struct classifier *classifier;
    struct output *output;
    uint64_t idle_timeout_ns, active_timeout_ns;
    uint64_t now_ns;
    uint64_t ticked_ns; /* the last boundary: this second's begin */
    uint32_t capacity;
    struct touched *touched, *held;
    uint32_t touched_count, held_count;
    struct lingering *lingering; /* a ring in order of closing; may hold stale ones */
    uint32_t lingering_first, lingering_count;
    uint32_t ended_count; /* entries marked ENDED */
    struct fragment_table fragments;
};

/* A frame does two things at most, one after the other: as an error, to the flow that it
   quotes, and to its own. Their moments tell the order in which flows come to a list,
   however many tables share the flows. */
enum { MOMENTS = 2 };

static inline uint64_t flow_moment_of_error(const struct flow_table *flows) {
    return flows->output->frame * MOMENTS;
}

static inline uint64_t flow_moment_of_packet(const struct flow_table *flows) {
    return flows->output->frame * MOMENTS + 1;
}

#endif
