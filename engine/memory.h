#ifndef ENGINE_MEMORY_H
#define ENGINE_MEMORY_H

#include "engine/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the engine knows, in pieces that can be kept elsewhere and given back: a key and a
   value each, plain bytes of this very build (memory_format). Given back whole, in order, the
   engine goes on as if it had never stopped. All of it on the engine's thread, or while that
   does not run. */

enum memory_kind {
    MEMORY_CLOCK,     /* one piece: how far it has come */
    MEMORY_POOL,      /* one: the tails of all devices together */
    MEMORY_LEASERS,   /* one: DHCP servers */
    MEMORY_QUESTIONS, /* one: ARP questions that are open */
    MEMORY_CHANGES,   /* one: what devices of a group have begun, the last hour */
    MEMORY_SENSOR,    /* one: what is held against no device, and was told */
    MEMORY_SIGHT,     /* one: sources that are silent */
    MEMORY_DEVICE,    /* its key → all that is kept of it */
    MEMORY_INVENTORY, /* a device's key → the facts about it */
    MEMORY_SHOWN,     /* a device's key and port → its certificate */
    MEMORY_HOLDER,    /* a certificate's fingerprint → who showed it */
    MEMORY_BINDING,   /* address and VLAN → MAC */
    MEMORY_NAME,      /* address → name */
    MEMORY_GROUP,     /* a peer group → its tails */
    MEMORY_SHARED,    /* a habit's key → who has it */
    MEMORY_WAYS,      /* a network → its ways out */
    MEMORY_SIGHTING,  /* address and VLAN → MAC of its frames */
    MEMORY_DOMAIN,    /* a device and a domain → the names that it asked for */
    MEMORY_KINDS
};

struct baseline;
struct device;

struct memory {
    enum memory_kind kind;
    unsigned segment; /* of a device: on probation or protected */
    bool changed;     /* since it was last kept or given back */
    const void *key;  /* borrowed, as the value; of a lone piece there is none */
    size_t key_bytes;
    const void *value;
    size_t value_bytes;
};

/* A number that changes whenever the pieces mean something else than before. */
uint64_t memory_format(const struct engine *engine);

/* Hands every piece to `keep`, of each kind the most recently used first. Ends with the
   first one that it returns false for; returns whether there was none. */
bool memory_each(const struct engine *engine,
                 bool (*keep)(void *context, const struct memory *piece),
                 void *context);

/* Takes a piece, before the first record: those of a kind the least recently used first, and
   kinds in their order. False, and nothing is changed, if it is none of this engine's. */
bool memory_restore(struct engine *engine, const struct memory *piece);

/* The same of a finding: readers see it, new ones count on from its number. */
void memory_restore_finding(struct engine *engine, const struct finding *finding);

/* The same of who held an address; numbers in ascending order. */
void memory_restore_tenancy(struct engine *engine, uint64_t number,
                            const struct tenancy *tenancy);

/* A second of capture time has passed: offers its share of the pieces to the sinks, so that
   each has its turn once in keep_interval_s. Devices only if they have changed; within a
   minute if they are new, are called otherwise, or are at another level. */
void memory_offer(struct engine *engine, uint64_t now_s);

/* The capture begins before the time that the memory is of: nothing in it lies ahead of
   `now_ns` from here on. */
void memory_rewind(struct engine *engine, uint64_t now_ns);

/* A finding about the sensor itself was told: offers at once what keeps it from being told
   again. */
void memory_offer_sensor(struct engine *engine);

/* Offers one device to the sinks now, as it is. False if it could not be taken. */
bool memory_offer_device(struct engine *engine, const struct device *device);

/* The baseline in a MEMORY_DEVICE's value, which begins with the device's key. False if it is
   none of this build's. */
bool memory_device_baseline(const void *value, size_t size, struct baseline *baseline);
size_t memory_device_key_bytes(void);
/* Whether a baseline that comes from elsewhere leads nowhere it must not. */
bool memory_is_sane_baseline(const struct baseline *baseline);

#endif
