#ifndef ENGINE_DEVICE_H
#define ENGINE_DEVICE_H

#include "engine/base/address.h"
#include "engine/base/table.h"
#include "engine/invariant.h"
#include "engine/risk.h"
#include "models/baseline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All that is kept of one device, at a fixed size, and the table of them. Owned by the
   engine's thread. New devices live in a probation segment and learnt ones in a protected
   one; probation evicts probation, so that a flood of invented MACs costs nobody his
   baseline. */

enum {
    DEVICE_BYTES_MAX = 8192,
    DEVICE_OWN_ADDRESSES = 4,
    DEVICE_PEERS = 8,
    DEVICE_SERVICES = 8,
    DEVICE_LABEL_BYTES = 48,
    DEVICE_ABSENCE_S = 900, /* silent for longer, it was away */
};

enum { SEGMENT_PROBATION = 0, SEGMENT_PROTECTED = 1 };

/* A device is a MAC in a zone, or an address behind a router. Zeroed before it is filled. */
struct device_key {
    struct mac mac;
    struct address ip; /* family 0 where the MAC is the identity */
    uint8_t unused;    /* always 0: keys are compared and hashed as bytes */
    uint16_t zone;
};

struct device_peer {
    struct address ip;
    uint32_t last_s;
    float bytes; /* decayed */
};

struct device_service {
    uint16_t port;
    uint8_t protocol;
    char application[13];
    uint32_t last_s;
    float bytes; /* decayed */
};

/* Whom it speaks with most, for people to see: nothing is judged by it, so it lies apart. */
struct device_contacts {
    struct device_peer peers[DEVICE_PEERS];
    struct device_service services[DEVICE_SERVICES];
};

enum sorted { SORTED_AS_HOST = 1, SORTED_AS_ROUTER, SORTED_BY_HAND };

struct device {
    struct device_key key;
    uint16_t vlan;
    bool field;       /* serves an industrial protocol: a controller, an RTU */
    bool router;      /* carries addresses that are not its own */
    bool has_foreign; /* `foreign` is set: the first address not of this network */
    uint8_t address_count;
    bool is_shared; /* several stand behind it: a translator or a proxy */
    bool born;      /* counted as new */
    bool settled;   /* heard of again, or spoken to */
    bool dirty;     /* changed since its view was last built */
    uint8_t sorted; /* how `group` was worked out: 0 not yet, else enum sorted */
    struct address foreign;
    struct mac carrier; /* of a device behind a router: that router */
    struct address addresses[DEVICE_OWN_ADDRESSES]; /* most recent first */
    uint64_t first_ns, last_ns; /* last: when it last sent a frame */
    uint32_t silent_s;          /* how long, before it was last heard */
    uint32_t returned_s;        /* when it came back from an absence; 0 never */
    uint64_t packets, bytes;    /* both ways */
    uint32_t window;            /* index of its open window, TABLE_NONE */
    uint32_t active_index;      /* place among those with risk, TABLE_NONE */
    uint32_t group;             /* of its peers (inventory.h); 0 none */
    uint32_t asked_s;           /* when it last asked for a lease; 0 never */
    uint32_t leased_s;          /* when it last asked for or got a lease; 0 never */
    uint64_t tainted_s;         /* teach nothing before */
    double anomaly;             /* of its last window */
    float believed;       /* identity confidence with what was posted; 0: nothing was */
    uint32_t address_sum; /* of the addresses that tenancy.h knows; 0 none */
    bool silence_told;    /* since it was last heard: engine/silence.c */
    bool has_standing;    /* something was said of it: engine/standing.h */
    bool away;            /* in a VLAN that is not its own: engine/continuity.h */
    uint32_t
        relearn_s; /* until then it learns faster, and soft evidence waits; 0 not */
    char name[DEVICE_LABEL_BYTES], vendor[DEVICE_LABEL_BYTES];
    struct invariant_state invariant;
    struct risk risk;
    struct baseline baseline;
};

_Static_assert(sizeof(struct device) <= DEVICE_BYTES_MAX, "a device is too large");

struct device_table {
    struct table *table;
    struct device_contacts *contacts; /* by device index */
    uint32_t protected_max;
    uint64_t evicted;
    /* Called with a device that is about to go. */
    void (*on_evict)(void *context, struct device *device);
    void *context;
};

/* False if there is no memory. protected_share in percent. */
bool device_table_init(struct device_table *devices, uint32_t capacity,
                       uint32_t protected_share, uint64_t seed);
void device_table_free(struct device_table *devices);

struct device *device_find(const struct device_table *devices,
                           const struct device_key *key);
/* Never NULL: evicts when full (the one least recently heard on probation). */
struct device *device_get(struct device_table *devices, const struct device_key *key,
                          uint64_t now_ns);
/* It was somebody else after all: forget it. Not counted as evicted. */
void device_drop(struct device_table *devices, struct device *device);
/* It sent something, in this VLAN. */
void device_heard(struct device *device, uint16_t vlan, uint64_t now_ns);
/* Heard of just now. */
void device_touch(struct device_table *devices, struct device *device);
/* Capture time has stepped to `now_ns`, either way: what it was counting is over, and
   nothing of it lies ahead. */
void device_step(struct device *device, uint64_t now_ns);
/* Has learnt enough to deserve protection from newcomers. */
void device_protect(struct device_table *devices, struct device *device);

struct device_key device_key_of_mac(const struct mac *mac);
struct device_key device_key_of_address(const struct address *address);

/* The device whose identity is this MAC, or NULL. */
struct device *device_of_mac(const struct device_table *devices, const struct mac *mac);

/* The key of an id as device_id writes it. */
bool device_key_parse(const char *id, struct device_key *key);

/* Its id as text: the MAC where one is known, else the address. */
void device_id(const struct device *device, char *text, size_t size);

/* Remember an address as its own now, unless it is none. Returns whether it is new to the
   device. */
bool device_add_address(struct device *device, const struct address *address);
bool device_has_address(const struct device *device, const struct address *address);
/* Somebody else has it now. */
void device_remove_address(struct device *device, const struct address *address);

/* Never NULL. */
struct device_contacts *device_contacts_of(const struct device_table *devices,
                                           const struct device *device);

void device_count_peer(struct device_contacts *contacts, const struct address *ip,
                       double bytes, uint32_t now_s);
void device_count_service(struct device_contacts *contacts, uint8_t protocol,
                          uint16_t port, const char *application, double bytes,
                          uint32_t now_s);

#endif
