#ifndef ENGINE_POLICY_ZONE_H
#define ENGINE_POLICY_ZONE_H

#include "engine/base/address.h"
#include "engine/policy/group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parts of a network by name, and what each may open to which other: micro-segmentation (NIST SP
   800-207, 3.1.2). Plain data of fixed size; read by any thread once it is filled.

   Who is in a zone: its MACs, else the longest of all prefixes that holds the address, else the
   VLAN. Each of these can be in one zone only, so the answer does not depend on the order.
   Who is in none is in `other` if local, in `internet` if not.

   What is allowed: a rule allows its zone to open (as initiator) its services to the other
   zone; answers need no rule. What no rule lists is allowed from a zone that no rule names
   as its source, and denied from one that is named, to all. What is not IP is not judged.

       RULE    = ZONE "->" ZONE ":" SERVICE…          cameras -> storage : tcp/554 tcp/443
       ZONE    = a name, `internet`, `other` or `any` guests -> internet : any
       SERVICE = `any` | `none` | PROTOCOL [ "/" PORT [ "-" PORT ] ]
                 PROTOCOL: tcp udp sctp icmp icmpv6, or ip/NUMBER without ports

   `any` as a source allows, and denies nothing. `none` allows nothing, but names its zone as a
   source. Between services: spaces or commas. */

enum {
    ZONE_OTHER,
    ZONE_INTERNET,
    ZONE_FIRST, /* of those with a name of their own */
    ZONE_MAX = 64,
    ZONE_ANY = 254, /* in rules */
    ZONE_NONE = 255,
    ZONE_NAME_BYTES = 32,
    ZONE_VLANS = 4095,
    ZONE_MACS = 2048, /* in all zones together, as all below */
    ZONE_PREFIXES = 512,
    ZONE_GATEWAYS = 256,
    ZONE_RULES = 1024, /* services of rules */
    ZONE_ERROR_BYTES = 160,
};

struct zone_mac {
    struct mac mac;
    uint8_t zone;
};

struct zone_prefix {
    struct prefix prefix;
    uint8_t zone;
};

struct zone_rule {
    uint8_t from, to;
    uint8_t protocol; /* 0: any */
    uint16_t low, high;
};

struct zone_set {
    unsigned count; /* of all zones; 0 and 1 are always there */
    unsigned mac_count, prefix_count, rule_count, gateway_count;
    char names[ZONE_MAX][ZONE_NAME_BYTES];
    bool is_source[ZONE_MAX];        /* a rule names it so: the unlisted is denied */
    uint8_t vlans[ZONE_VLANS];       /* ZONE_NONE: in no zone */
    struct zone_mac macs[ZONE_MACS]; /* in order */
    struct zone_prefix prefixes[ZONE_PREFIXES]; /* longest first */
    struct zone_rule rules[ZONE_RULES];
    struct zone_mac gateways[ZONE_GATEWAYS]; /* one may be that of several zones */
};

/* Where somebody stands. For who is beyond a router `mac` is NULL, and the VLAN not looked at. */
struct zone_subject {
    const struct mac *mac;
    struct address ip; /* family 0: not known */
    uint16_t vlan;     /* 0 untagged */
    bool local;        /* of the local networks */
};

void zone_init(struct zone_set *zones);

/* Those that fill it. On a mistake false, and the reason in `error`, preceded for a rule by
   "column N: "; nothing is changed then, but for what stands before it in a group. */

/* A name: 1 to 31 of a-z A-Z 0-9 _ - and not one of those that mean something. */
bool zone_add(struct zone_set *zones, const char *name, uint8_t *zone,
              char error[ZONE_ERROR_BYTES]);
enum zone_member { ZONE_VLAN, ZONE_PREFIX, ZONE_MAC, ZONE_GATEWAY, ZONE_MEMBERS };
/* "7", "10-19"; "10.0.0.0/8"; a MAC. A gateway is no member, but by whom they leave. */
bool zone_add_member(struct zone_set *zones, uint8_t zone, enum zone_member kind,
                     const char *text, char error[ZONE_ERROR_BYTES]);
/* The MACs of a group, and its addresses as networks of one. */
bool zone_add_group(struct zone_set *zones, uint8_t zone,
                    const struct group_set *groups, const char *name,
                    char error[ZONE_ERROR_BYTES]);
/* Zones that it names have been added before. */
bool zone_add_rule(struct zone_set *zones, const char *text,
                   char error[ZONE_ERROR_BYTES]);

uint8_t zone_find(const struct zone_set *zones,
                  const char *name); /* ZONE_NONE if none */
const char *zone_name(const struct zone_set *zones, uint8_t zone); /* "" if none */

/* Never ZONE_NONE. O(log macs + prefixes). */
uint8_t zone_of(const struct zone_set *zones, const struct zone_subject *subject);

/* May `from` open this service to `to`? `port` counts for TCP, UDP and SCTP. O(rules). */
bool zone_allows(const struct zone_set *zones, uint8_t from, uint8_t to,
                 uint8_t protocol, uint16_t port);

/* Whether members may leave by this MAC: where gateways are listed, by those alone. ZONE_ANY:
   those of any zone. */
enum zone_way { ZONE_WAY_OPEN, ZONE_WAY_LISTED, ZONE_WAY_STRANGE };
enum zone_way zone_way(const struct zone_set *zones, uint8_t zone,
                       const struct mac *mac);

/* The same by a rule alone, and not because `from` is in no rule. */
bool zone_lists(const struct zone_set *zones, uint8_t from, uint8_t to,
                uint8_t protocol, uint16_t port);

#endif
