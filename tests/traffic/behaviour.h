#ifndef TESTS_TRAFFIC_BEHAVIOUR_H
#define TESTS_TRAFFIC_BEHAVIOUR_H

#include "tests/traffic/site.h"
#include "tests/traffic/talk.h"

/* A host lives: it comes and goes, renews its address, and each of its services is an actor
   that wakes by its schedule and does what its verb says. */

struct actor {
    struct task task;
    struct host *host;
    struct host *target; /* on the site; NULL: the service's peer is in the world */
    const struct service *service;
    struct actor *next; /* of the same host */
    struct rng rng;
    uint64_t wake_us;             /* another time than this is a cancelled one */
    uint32_t turn;                /* how often it acted */
    uint32_t boots, target_boots; /* for which the connection holds */
    bool connected;
    struct talk talk;
    uint64_t until_us; /* the connection is given up, or the name asked again */
    uint32_t address;  /* of the peer's name, as last answered */
    uint64_t address_until_us;
};

/* Bring a host to life at the start of the simulation, with all its services. */
void behaviour_start(struct simulation *simulation, struct host *host);

/* Give a host one habit more, from a time on. */
struct actor *behaviour_add(struct simulation *simulation, struct host *host,
                            const struct service *service, struct host *target,
                            uint64_t from_us);

/* Switch a host on or off now; what it does at boot follows by itself. */
void behaviour_join(struct simulation *simulation, struct host *host);
void behaviour_leave(struct host *host);

/* From now on it lives like another profile: its habits end, the new ones begin. */
void behaviour_become(struct simulation *simulation, struct host *host,
                      const struct profile *profile);

#endif
