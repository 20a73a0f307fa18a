#ifndef TESTS_TRAFFIC_WATCHER_H
#define TESTS_TRAFFIC_WATCHER_H

#include "tests/traffic/simulation.h"
#include "tests/traffic/truth.h"

/* Who takes the frames of a simulation as they come and knows nothing of how they were made:
   is each of them right, and do the labelled devices do what their labels claim? */

enum { WATCHER_PLACES = 1 << 16, WATCHER_TALLIES = 64 };

/* A set of numbers below 2^63, with a value each; where it is full it takes no more. */
struct watcher_set {
    uint64_t keys[WATCHER_PLACES];
    uint32_t values[WATCHER_PLACES];
    size_t count;
};

/* What the devices of one label did within its time (counted by what they sent, if nothing
   else is said). */
struct watcher_tally {
    uint64_t absent_us; /* how long ahead of the label `before` begins to count */
    uint64_t before;    /* packets ahead of it */
    uint64_t packets;
    uint64_t bytes_out, bytes_in;     /* IP */
    uint64_t arp_targets;             /* distinct addresses asked for */
    uint64_t claims;                  /* distinct MACs and addresses of ARP senders */
    uint64_t sources, targets, ports; /* distinct, of unicast packets */
    uint64_t syns, login_syns;        /* login: to ports 22 and 23 */
    uint64_t answers;                 /* SYN-ACKs and resets that came back */
    uint64_t long_names;              /* DNS questions of more than 80 bytes */
    uint64_t missing_names;           /* NXDOMAIN that came back */
    uint64_t offers;                  /* DHCP, as a server */
    uint64_t writes, stops;           /* Modbus, write register; S7, BACnet: stop */
    uint64_t commands;                /* for a shell, in HTTP requests */
    uint64_t refusals;                /* of HTTP and MQTT servers, that came back */
    uint64_t hop_limits;              /* distinct, of unicast packets */
    uint64_t ways;                    /* distinct MACs by which it leaves the site */
    uint64_t forms;                   /* HTTP POSTs */
    uint64_t answered, local_answers; /* questions of DNS, of LLMNR */
    uint64_t redirects;               /* ICMP */
    uint64_t echoes, broadcasts;      /* ICMP requests; IP to everybody */
};

struct watcher {
    const char *fault; /* the first thing that was wrong, and where; NULL: nothing */
    uint64_t fault_us;
    uint64_t first_us, last_us, packets, bytes;
    uint64_t digest;           /* of all frames and times */
    const struct truth *truth; /* borrowed; a label's times may change as time goes */
    uint32_t tcp, udp, gaps, retransmissions;
    uint32_t hours[24];           /* packets by hour of the day */
    struct watcher_set macs;      /* of senders */
    struct watcher_set sequences; /* of each TCP direction: the next byte */
    struct watcher_set seen;      /* what tallies count once */
    struct watcher_set addresses; /* that names stand for */
    struct watcher_tally tallies[WATCHER_TALLIES];
};

/* A watcher of its own memory (some 4 MB), for labels that must outlive its work. */
struct watcher *watcher_create(const struct truth *truth);
void watcher_destroy(struct watcher *watcher);

/* Where a simulation may send its frames. */
struct sink watcher_sink(struct watcher *watcher);

#endif
