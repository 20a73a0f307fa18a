#ifndef COLLECTORS_DUPLICATE_H
#define COLLECTORS_DUPLICATE_H

#include "collectors/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* Copies of a frame: a switch mirrors both directions of two ports, two mirrors see the
   same link, one wraps in a VLAN or a tunnel and the other does not. A copy has the same
   MACs and the same bytes from its network header on, but for what a switch may mark on
   the way (DSCP and the checksum over it), and follows within milliseconds. What a man
   in the middle passes on has other MACs, what is sent again has another IP id or comes
   later: neither is a copy. VLANs may differ, except where the frame is for many: a
   router speaks to each of its VLANs in the same words.

   The table is of fixed size and forgets the oldest. Who sends the same bytes over and
   over is still counted: of a frame at most one copy is taken from its own vantage, and
   three from others; the next is a frame again. Embedded by its one user. */

enum { DUPLICATE_SETS = 4096, DUPLICATE_WAYS = 4 }; /* a set is a cache line */

struct duplicate_filter {
    uint64_t seed;
    uint64_t near_ns, far_ns; /* copies from the same vantage, from another */
    struct duplicate_frame {
        uint64_t time_ns; /* 0: free */
        uint32_t check;
        uint16_t vantage;
        uint8_t again;     /* copies from the same vantage */
        uint8_t elsewhere; /* and from others */
    } sets[DUPLICATE_SETS][DUPLICATE_WAYS];
};

/* Copies from another vantage follow within `window_ns`, those from the same one within
   a quarter of it. 0: nothing is a copy. `seed` keys the hash. */
void duplicate_init(struct duplicate_filter *filter, uint64_t window_ns, uint64_t seed);

/* What a copy is known by: a hash of TCP's headers or of the whole packet. Pure, but for
   starting to load the line that it will be looked for in. */
struct duplicate_mark {
    uint64_t hash;
    uint16_t vantage;
};
struct duplicate_mark duplicate_mark(const struct duplicate_filter *filter,
                                     const struct packet *packet);

/* Whether this is a copy, at `time_ns`, of a frame that was shown before. Times must not
   go backwards. */
bool duplicate_is_copy(struct duplicate_filter *filter, struct duplicate_mark mark,
                       uint64_t time_ns);

#endif
