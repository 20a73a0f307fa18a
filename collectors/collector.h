#ifndef COLLECTORS_COLLECTOR_H
#define COLLECTORS_COLLECTOR_H

#include "collectors/packet.h"
#include "engine/base/address.h"
#include "engine/base/counters.h"
#include "engine/base/ring.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One queue of capture: source → decode → flow table (+ classification, announcements)
   → records in a ring. One thread runs it; files and live interfaces are one code
   path. */

struct collector_options {
    uint32_t snaplen;             /* bytes, 64 … 262144; live only */
    uint32_t buffer_bytes;        /* kernel ring; live only */
    const char *filter;           /* BPF expression, NULL or "" for all */
    uint32_t flow_capacity;       /* flows in the table, ≥ 16 */
    uint32_t dpi_capacity;        /* flows with open inspection state, ≥ 0 */
    uint32_t dpi_packets;         /* packets with payload inspected per flow at most */
    uint32_t idle_timeout_s;      /* a silent flow ends */
    uint32_t active_timeout_s;    /* a long flow is cut */
    struct tunnel_trust trust;    /* whose tunnels are unwrapped; prefixes borrowed */
    uint32_t duplicate_window_ms; /* copies of a frame follow within; 0: count all */
    const struct prefix *local_networks; /* whose servers' certificates are read */
    size_t local_network_count;
    uint32_t growing_delay_s; /* of a quiet directory or pipe */
    uint64_t seed;            /* of keyed hashes; fixed in a replay */
    double speed;             /* replay: × capture time, 0 as fast as it goes */
    bool live;                /* drop and count when the ring is full */
    uint16_t queue;           /* this queue's number, stamped on its records */
    uint16_t shares, share;   /* `shares` queues have one source, this is one of them;
                                     0: alone. Of a replay all read all, and each takes
                                     its share; to those of an interface … */
    uint16_t group;           /* … the kernel gives theirs: a number of their own */
    struct collector_meeting *meeting; /* live: all of a run; NULL: alone */
};

extern const struct collector_options collector_defaults;

/* Where the live queues of a run meet: time steps for all of them or for none, and a silence
   is one only if nobody hears anything. To be zeroed. */
struct collector_meeting {
    _Atomic uint32_t steps;
    _Atomic uint64_t last_packet_ns;
};

struct collector;

/* Open a replay: files in the order given, "-" is standard input. The first is opened
   here, so that a bad name fails before anything is done; the others are checked for
   readability here and opened in turn. On failure NULL and one clear line in `error`.
   The paths are borrowed for the collector's life. */
struct collector *collector_open_files(const struct collector_options *options,
                                       const char *const *paths, size_t count,
                                       struct ring *ring, struct counters *counters,
                                       char *error, size_t error_bytes);

/* Open what another program writes: a directory of capture files, a named pipe, or "-",
   standard input. Time is that of the packets; when none has come for growing_delay_s, it
   passes by the clock, as much behind. Nothing is dropped: what waits is on the disk. */
struct collector *collector_open_growing(const struct collector_options *options,
                                         const char *path, struct ring *ring,
                                         struct counters *counters, char *error,
                                         size_t error_bytes);

/* Packets up to this capture time were read by an earlier run: pass them over. Before
   collector_run. */
void collector_resume(struct collector *collector, uint64_t time_ns);

/* Open a live interface, promiscuous, receive only. Needs the right to capture. */
struct collector *collector_open_interface(const struct collector_options *options,
                                           const char *interface, struct ring *ring,
                                           struct counters *counters, char *error,
                                           size_t error_bytes);

/* Read until the source ends, fails or collector_stop; the last records are the flows
   still open (END_FORCED), a TICK and END. Returns true when the source ended or was
   stopped, false on a read error (with the reason in `error`); a file cut inside a
   packet is processed up to the cut, logged, counted in `sources_cut`, and is not an
   error. */
bool collector_run(struct collector *collector, char *error, size_t error_bytes);

/* Ask collector_run to return soon. Any thread, and signal handlers. */
void collector_stop(struct collector *collector);

void collector_close(struct collector *collector); /* NULL is allowed */

#endif
