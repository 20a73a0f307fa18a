#ifndef ENGINE_LEDGER_H
#define ENGINE_LEDGER_H

#include "engine/base/address.h"
#include "engine/device.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who opened what to whom, for those who write rules: one entry for each device, peer and service,
   however many flows there were. Of fixed size, the least recently used goes first. The
   engine writes, any thread may read; each call holds a lock for a bounded while. */

enum { LEDGER_NAME_BYTES = 64, LEDGER_PER_DEVICE = 256 };

struct ledger_entry {
    struct device_key device;
    bool from_device; /* who opened it */
    bool local;       /* the peer is of the local networks, or all of the link */
    uint8_t protocol;
    uint8_t
        zones[2];  /* of the device and of the peer, ZONE_NONE where there are none */
    uint16_t port; /* the responder's; ICMP: type << 8 | code */
    struct address peer;
    char name[LEDGER_NAME_BYTES]; /* that its address was asked for by; "" none */
    uint32_t first_s, last_s;
    uint64_t flows;
};

struct ledger;

/* `capacity` entries of all devices, `devices` of them at most known at once. NULL if there is no
   memory. */
struct ledger *ledger_create(uint32_t capacity, uint32_t devices, uint64_t seed);
void ledger_destroy(struct ledger *ledger); /* NULL is allowed */

/* One more flow; its times and count are the ledger's to set. A device with LEDGER_PER_DEVICE
   entries gets no more, and is told to be cut. O(1). */
void ledger_note(struct ledger *ledger, const struct ledger_entry *flow,
                 uint32_t now_s);

/* Copy up to `most` entries, from *at (0 at first) on, which becomes where to go on; 0 at the
   end. In no order. `device`: of this one alone, NULL: of all. */
size_t ledger_read(struct ledger *ledger, const struct device_key *device, uint32_t *at,
                   struct ledger_entry *entries, size_t most);

/* Whether there was more of the device (NULL: of any) than was kept. */
bool ledger_is_cut(struct ledger *ledger, const struct device_key *device);

#endif
