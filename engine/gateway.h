#ifndef ENGINE_GATEWAY_H
#define ENGINE_GATEWAY_H

#include "engine/base/address.h"
#include "engine/base/table.h"

#include <stdbool.h>
#include <stdint.h>

/* By which MACs the hosts of a network (a VLAN and a prefix of theirs, /24 or /64) leave for the
   world, and for each local network behind a router, learnt from what they do. The ways of its first
   hour are usual; another one has to be
   used in distinct hours over days, and is strange as long as the usual ones are used beside it.
   When they fall silent, as when a router is replaced, nobody is. Who is usual for the world, or for
   any local network of the VLAN long enough, is a router that may carry anything to a local one.
   Of the engine's thread. */

enum { GATEWAY_NETWORKS = 2048, GATEWAY_WAYS = 4 };

struct gateway_way {
    struct mac mac; /* zero: a free place */
    bool usual;
    uint8_t hours;            /* in which it was used, while it was not */
    uint32_t hour;            /* the last of them, since the epoch */
    uint32_t made_s;          /* when it was first used */
    uint32_t since_s, last_s; /* of the stretch of use without a long silence */
};

struct gateway_network {
    uint32_t made_s;
    struct gateway_way ways[GATEWAY_WAYS];
};

/* The table that gateway_is_strange wants, of struct gateway_network; NULL if there is no
   memory. Full, it forgets what was used least recently: the ways to the world, which are few, last. */
struct table *gateway_create(uint64_t seed);

/* A host with this address left its network by `mac`, for a local address behind a router, or for
   the world (NULL). Whether that is strange. O(1). */
bool gateway_is_strange(struct table *networks, uint16_t vlan,
                        const struct address *host, const struct address *inner,
                        const struct mac *mac, uint64_t now_s);

/* What is known of a MAC as a way out of a VLAN, whatever the networks in it. */
enum gateway_role {
    GATEWAY_UNKNOWN, /* nobody has left lately, or long enough, by a usual way */
    GATEWAY_USUAL,
    GATEWAY_OTHER, /* the usual ways are in use, and it is none */
};
enum gateway_role gateway_role(const struct table *networks, uint16_t vlan,
                               const struct mac *mac, uint64_t now_s);

#endif
