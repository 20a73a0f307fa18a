#ifndef COLLECTORS_CAPTURE_TIME_H
#define COLLECTORS_CAPTURE_TIME_H

#include "collectors/collector.h"
#include "collectors/flow.h"
#include "collectors/output.h"
#include "collectors/pcap.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Capture time: it is that of the packets, moves on with them, and where none come, as the
   system's clock does. With each second that it reaches the flows are told to tell, and a
   TICK marks it; where it steps, nothing is compared across. Embedded by the collector, and
   its thread's alone. */

struct capture_time {
    /* Borrowed; the source is known later. */
    const struct collector_options *options;
    const atomic_bool *stop;
    struct output *output;
    struct flow_table *flows;
    struct pcap_source *source;

    bool started;
    uint64_t now_ns;         /* reached, by a packet or by an idle live capture */
    uint64_t last_packet_ns; /* as counted */
    uint64_t boundary_ns;    /* the next whole second */
    uint32_t steps;          /* of those at the meeting, that were followed */
    uint64_t seen, lost;     /* up to the last tick */

    uint64_t heard_ns; /* growing: when a packet came last, by the monotonic clock */

    /* Where a paced replay's clock and capture time met last. */
    uint64_t pace_clock_ns, pace_capture_ns;
};

void capture_time_init(struct capture_time *time,
                       const struct collector_options *options, const atomic_bool *stop,
                       struct output *output, struct flow_table *flows);

/* What a source says, within what can be told. */
uint64_t capture_time_of_frame(const struct pcap_frame *frame);

/* Bring capture time to a packet's; returns the time at which it counts, and whether it is
   behind a newer one. A paced replay sleeps until then. */
uint64_t capture_time_reach(struct capture_time *time, uint64_t packet_ns,
                            bool *is_late);

/* Live, nothing came: the one place where time is not the packets'. */
void capture_time_idle(struct capture_time *time);

/* The same of what another program writes, whose clock and habits are not known: what it saw
   may be written late, or be of another year. Time passes as it does here, but so far behind
   that what is still to be written is not late. */
void capture_time_idle_growing(struct capture_time *time);
/* Growing: something came. */
void capture_time_hear(struct capture_time *time);

/* All is over: the last records of the flows, a TICK and END. */
void capture_time_end(struct capture_time *time);

/* Asked to stop, or nobody takes the records any more. */
bool capture_time_is_stopped(const struct capture_time *time);

#endif
