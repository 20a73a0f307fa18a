#ifndef ENGINE_TENANCY_H
#define ENGINE_TENANCY_H

#include "engine/base/table.h"
#include "engine/device.h"
#include "engine/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/* Who held which address when: the last SNAPSHOT_TENANCIES, shown to who wants them. To the
   window exact. The engine's thread. */

struct tenancies {
    struct table *current; /* address → number of who holds it now */
    struct tenancy *ring;
    uint64_t next; /* numbers count up; each has its place in the ring */
    /* Set by the owner: is called with each one that is new or has ended. NULL: nobody wants
       them, and nothing is followed. */
    void (*show)(void *context, uint64_t number, const struct tenancy *tenancy);
    void *context;
};

/* False if there is no memory. */
bool tenancy_init(struct tenancies *tenancies, uint64_t seed);
void tenancy_free(struct tenancies *tenancies);

/* One of an earlier run; numbers in ascending order, before anything is followed. Is not shown. */
void tenancy_restore(struct tenancies *tenancies, uint64_t number,
                     const struct tenancy *tenancy);

/* A window from `from_ns` to `to_ns` in which the device did something is over. O(1) where its
   addresses are the same as before. */
void tenancy_follow(struct tenancies *tenancies, struct device *device,
                    uint64_t from_ns, uint64_t to_ns);

#endif
