#ifndef TESTS_TRAFFIC_ATTACKS_H
#define TESTS_TRAFFIC_ATTACKS_H

#include "tests/traffic/behaviour.h"

/* The attacks themselves: each begins by drawing its parameters from the attack's stream and
   putting its task on the agenda, and writes its label. attack.c chooses and plants them. */

struct attack;

struct attack_kind {
    const char *name, *help;
    unsigned minutes; /* where the plan does not say */
    bool benign;
    void (*begin)(struct simulation *simulation, struct attack *attack);
    const char *by; /* labels of those it suits, best first */
};

struct attack {
    struct task task;
    const struct attack_kind *kind;
    struct host *host;           /* who does it */
    struct host *victim, *other; /* to whom, where there is one */
    struct rng rng;
    uint64_t start_us, end_us;
    size_t label;    /* its place among the simulation's labels */
    unsigned number; /* tells equal plans apart */
    unsigned step, steps;
    double gap_us;    /* between steps */
    uint32_t address; /* a peer in the world */
    uint16_t port;
    char peer_name[64]; /* the peer's name */
};

/* Say what it is; printf. */
__attribute__((format(printf, 3, 4))) void
attacks_describe(struct simulation *simulation, const struct attack *attack,
                 const char *format, ...);

/* It is over earlier or later than planned. */
void attacks_finish(struct simulation *simulation, struct attack *attack);

void attacks_address_scan(struct simulation *simulation, struct attack *attack);
void attacks_beacon(struct simulation *simulation, struct attack *attack);

#endif
