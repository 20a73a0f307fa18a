#ifndef ENGINE_POLICY_MUD_H
#define ENGINE_POLICY_MUD_H

#include "engine/base/address.h"
#include "engine/policy/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a device is made for, as its maker says it: a profile of RFC 8520 (Manufacturer Usage
   Description) with the access lists of RFC 8519, or with those of the drafts before it, which
   most published files have. Immutable once it is made; read by any thread.

   A flow is judged by the direction in which it was opened; the answers need no entry of
   their own. The first entry that matches decides, and what none matches is denied, but
   for what every device needs: ARP, DHCP, DNS and NTP of the own network (RFC 8520), and
   the chores of ICMPv6 on the link. */

enum {
    MUD_BYTES = 1 << 20, /* no longer file is read */
    MUD_ENTRIES = 4096,
    MUD_LISTS = 256,
    MUD_NAME_BYTES = 256, /* of a domain name or URL */
};

/* Classes of peers that RFC 8520 names without a maker: urn:ietf:params:mud:… */
enum { MUD_GATEWAY = 1, MUD_DNS = 2, MUD_NTP = 4 };

/* Who the other side is. */
struct mud_peer {
    struct address ip; /* family 0 where it is not IP */
    struct mac mac;
    bool local;       /* of the local networks, or all of the link */
    unsigned classes; /* set of those above */
    const char *url;  /* of its own profile; "" none is known */
    /* Whether the peer's address stands for this domain name, as the device was told. May
       be NULL: it has no name. */
    bool (*is_named)(const void *context, const char *name);
    /* Whether the operator made it a controller of this class; "" is the device's own. */
    bool (*controls)(const void *context, const char *class);
    const void *context;
};

/* One flow of the device that the profile is of. */
struct mud_flow {
    bool from_device; /* who opened it */
    uint16_t ethertype;
    uint8_t protocol;                /* IP protocol; 0 where it is not IP */
    uint16_t device_port, peer_port; /* of TCP, UDP, SCTP */
    uint16_t icmp;                   /* type << 8 | code of who opened it */
    struct address device_ip;
    struct mud_peer peer;
};

struct mud;

/* From the `length` bytes of a file. NULL on a mistake, whose reason begins with its place as
   a JSON Pointer. An entry with a match that is not understood is a mistake: without it
   the entry would allow more. */
struct mud *mud_create(const char *text, size_t length, struct mistake *mistake);

/* The same from a file; `text` in `mistake` then begins with its path. */
struct mud *mud_read(const char *path, struct mistake *mistake);

void mud_free(struct mud *mud); /* NULL is allowed */

const char *mud_url(const struct mud *mud);    /* https://… */
const char *mud_system(const struct mud *mud); /* what the device is, "" unknown */
size_t mud_entry_count(const struct mud *mud);

/* Whether some entry has this domain name. O(log names). */
bool mud_knows(const struct mud *mud, const char *name);

/* O(entries). */
bool mud_allows(const struct mud *mud, const struct mud_flow *flow);

#endif
