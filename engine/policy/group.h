#ifndef ENGINE_POLICY_GROUP_H
#define ENGINE_POLICY_GROUP_H

#include "engine/base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which devices are peers, as an operator has written it down: named groups of MAC addresses or,
   for who is behind a router, of IP addresses. Plain data of fixed size; read by any thread
   once it is filled. */

enum {
    GROUP_MAX = 128,
    GROUP_MEMBERS = 4096, /* in all groups together */
    GROUP_NAME_BYTES = 48,
    GROUP_ERROR_BYTES = 160,
};

struct group_member {
    struct mac mac;
    struct address ip; /* family 0: the MAC is meant */
    uint8_t group;
};

struct group_set { /* zeroed: there are none */
    unsigned count, member_count;
    char names[GROUP_MAX][GROUP_NAME_BYTES];
    struct group_member members[GROUP_MEMBERS]; /* in order */
};

/* The one of this name, made where there is none: 1 to 47 bytes without control characters.
   False, and the reason in `error`, if there cannot be one. */
bool group_get(struct group_set *groups, const char *name, uint8_t *group,
               char error[GROUP_ERROR_BYTES]);

/* A MAC in any usual spelling, or an IP address; each in one group at most. On a mistake false,
   and the reason in `error`. */
bool group_add(struct group_set *groups, uint8_t group, const char *device,
               char error[GROUP_ERROR_BYTES]);

/* The group's name of a device with this MAC, or with this address where the address is its
   identity (family not 0); NULL if it is in none. O(log members). */
const char *group_of(const struct group_set *groups, const struct mac *mac,
                     const struct address *ip);

#endif
