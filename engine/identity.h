#ifndef ENGINE_IDENTITY_H
#define ENGINE_IDENTITY_H

#include "engine/base/record.h"
#include "engine/base/table.h"
#include "engine/device.h"
#include "engine/policy/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who is who: which MAC holds which address, which MACs are routers, what addresses are
   called, who hands out leases. Owned by the engine's thread; all tables of fixed size. */

enum { IDENTITY_LEASERS = 8 };

struct standings;
struct inventory;

/* Who tells others how to reach the network. */
enum leaser_role { LEASER_DHCP, LEASER_ROUTER, LEASER_ROLES };

struct leaser { /* a DHCP server, or a router that advertises itself */
    struct mac mac;
    struct address ip;
    uint16_t vlan;
    uint64_t first_ns, last_ns;
};

struct identity {
    struct device_table *devices;
    struct table *bindings; /* VLAN and address → MAC */
    struct table *sightings; /* VLAN and address → MAC of its frames, while unclaimed */
    struct table *names;     /* address → name, from DNS answers */
    const struct prefix *local_networks;
    size_t local_network_count;
    const struct zone_set *zones; /* borrowed; NULL: none */
    struct standings *standings;  /* borrowed; NULL: nothing was ever said of anybody */
    const struct inventory *inventory; /* borrowed; NULL: nobody's peers have a name */
    struct leaser leasers[LEASER_ROLES][IDENTITY_LEASERS];
    unsigned leaser_count[LEASER_ROLES];
};

enum claim_outcome {
    CLAIM_CONFIRMED, /* nothing new, or nobody held the address */
    CLAIM_MOVED,     /* its holder is gone, or a lease says so */
    CLAIM_CONFLICT,  /* another MAC holds it and is alive; the holder stays */
    CLAIM_RETURNED,  /* it held the address before, another took it in its silence */
};

bool identity_init(struct identity *identity, struct device_table *devices,
                   uint32_t capacity, const struct prefix *local_networks,
                   size_t local_network_count, uint64_t seed);
void identity_free(struct identity *identity);

/* In the local networks, or claimed on the link by somebody (networks that use public
   addresses inside). */
bool identity_is_local(const struct identity *identity, const struct address *address,
                       uint16_t vlan);

/* A MAC says that it holds an address. `leased`: a DHCP server says so. `holder`, if not
   NULL, gets the other MAC: who holds it on CONFLICT, who held it on MOVED, who took it on
   RETURNED (the older holder has it back). */
enum claim_outcome identity_claim(struct identity *identity, const struct mac *mac,
                                  const struct address *ip, uint16_t vlan, bool leased,
                                  uint64_t now_ns, struct mac *holder);

/* A MAC has given an address up: it goes back to whoever held it before, or to nobody. */
void identity_release(struct identity *identity, const struct mac *mac,
                      const struct address *ip, uint16_t vlan, uint64_t now_ns);

/* The device that holds the address, as far as anybody knows; NULL: none. */
struct device *identity_holder(const struct identity *identity,
                               const struct address *ip, uint16_t vlan);

/* Whether somebody has claimed the address within the last `within_s` seconds. */
bool identity_is_held(const struct identity *identity, const struct address *ip,
                      uint16_t vlan, uint64_t now_ns, uint64_t within_s);

/* A DHCP server or a router spoke. */
enum leaser_standing {
    LEASER_KNOWN, /* from now on, where it is the first */
    LEASER_LIAR,  /* appeared, and is `doubtful` */
    LEASER_ROGUE, /* appeared beside an established one of its VLAN and IP version */
};
enum leaser_standing identity_leaser(struct identity *identity, enum leaser_role role,
                                     const struct mac *mac, const struct address *ip,
                                     uint16_t vlan, bool doubtful, uint64_t now_ns);

/* The device at one end of a flow, or NULL where that end is a mere peer (an address beyond a
   router, a multicast group, a MAC that never sent). `sent`: that end sent something in
   this record, so a device may be made of it. */
struct device *identity_endpoint(struct identity *identity,
                                 const struct flow_record *flow, unsigned side,
                                 bool sent, uint64_t now_ns);

/* Whether a host known for addresses of its own opened a flow from another one. A router that
   is not yet known for one shows itself by the answers that it forwards. */
bool identity_is_spoofed(const struct device *device, const struct flow_record *flow,
                         unsigned side, uint64_t now_ns);

/* Whose it is what this MAC and address said; NULL where they are no device, or none that
   is known yet. */
struct device *identity_speaker(const struct identity *identity, const struct mac *mac,
                                const struct address *ip, uint16_t vlan);

void identity_name(struct identity *identity, const struct address *ip,
                   const char *name);
/* The address is spoken with: of all names, those of addresses that are not go first. */
void identity_use_name(struct identity *identity, const struct address *ip);
/* "" if none is known. */
const char *identity_name_of(const struct identity *identity, const struct address *ip);

/* In which zone a device stands now; in which it stands, or somebody who is no device yet (NULL),
   at an address that it gets; and in which the end of a flow, whose device (NULL: a
   mere peer) identity_endpoint has found. Only where there are zones. */
uint8_t identity_zone(const struct identity *identity, const struct device *device);
uint8_t identity_zone_at(const struct identity *identity, const struct device *device,
                         const struct zone_subject *subject);
uint8_t identity_zone_of_end(const struct identity *identity,
                             const struct flow_record *flow, unsigned side,
                             const struct device *device);

/* 0 … 1: how far a device's identity can be believed, with what was posted. */
double identity_confidence(const struct device *device);

#endif
