#ifndef TESTS_TRAFFIC_ATTACKS_H
#define TESTS_TRAFFIC_ATTACKS_H

#include "tests/traffic/behaviour.h"

/* The attacks themselves. Each draws its parameters when it is planted and then goes on step
   by step; attack.c chooses who does it, drives the steps and keeps the label. */

struct attack;

struct attack_kind {
    const char *name, *help;
    unsigned minutes; /* where the plan does not say; 0: to the end of the capture */
    bool benign;
    const char *by; /* labels of those it suits, any of them */
    /* Draw parameters, describe. False where the site lacks what it needs. */
    bool (*begin)(struct simulation *simulation, struct attack *attack);
    /* Do the next step; how long until the one after it in µs. Negative: that was the last,
       and it takes so long. */
    double (*step)(struct simulation *simulation, struct attack *attack);
    /* What is left to do when it ends; NULL: nothing. */
    void (*end)(struct simulation *simulation, struct attack *attack);
};

struct attack {
    struct task task;
    const struct attack_kind *kind;
    struct host *host;   /* who does it */
    struct host *victim; /* to whom, where there is one */
    struct host *other;  /* and who is concerned beside */
    struct rng rng;
    uint64_t start_us, end_us;
    size_t label; /* its place among the simulation's labels */
    unsigned step, steps;
    double gap_us;    /* between steps */
    uint64_t bytes;   /* of a step */
    uint32_t address; /* a peer in the world */
    uint16_t port;
    bool last;           /* no more steps */
    bool variant;        /* one of two ways to do it */
    char peer_name[64];  /* the peer's name */
    struct actor *habit; /* what it overdoes */
    struct talk talk;
};

/* Say what it is; printf. */
__attribute__((format(printf, 3, 4))) void
attacks_describe(struct simulation *simulation, const struct attack *attack,
                 const char *format, ...);

/* How long what the attack has said is still on its way, in µs. */
double attacks_busy_us(const struct simulation *simulation,
                       const struct attack *attack);

/* One of those with any of the labels (comma between them), always there if there is such a
   one, and not `other`; where labels is NULL or matches nobody: NULL. */
struct host *attacks_choose(const struct simulation *simulation, const char *labels,
                            const struct host *other, struct rng *rng);
extern const char attacks_anybody[];

/* Small devices that get infected first. */
#define ATTACKS_THINGS                                                                 \
    "camera,plug,reader,occupancy,display,telephone,sensor,rtu,thermostat"

/* Open attack->talk with the victim. */
bool attacks_open(struct simulation *simulation, struct attack *attack, unsigned port);

/* The kinds by file: each table ends with a name of NULL. */
extern const struct attack_kind attacks_scan[], attacks_local[], attacks_identity[],
    attacks_channel[], attacks_flood[], attacks_login[], attacks_order[],
    attacks_steer[], attacks_benign[];

#endif
