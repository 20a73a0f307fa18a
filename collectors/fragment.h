#ifndef COLLECTORS_FRAGMENT_H
#define COLLECTORS_FRAGMENT_H

#include "collectors/packet.h"

#include <stdint.h>

/* Which flow the first fragment of an IP packet belonged to, for those that come after
   it and have no ports. A small direct-mapped table: a later first fragment takes the
   place of an earlier one, and whoever fills it with rubbish only makes fragments count
   without ports. Embedded by its one user. */

enum { FRAGMENT_PLACES = 1024 };

struct fragment_table {
    uint64_t seed;
    struct fragment_place {
        struct address ip[2];
        uint32_t id;
        uint32_t flow;
        uint64_t time_ns;
        uint8_t protocol;
    } places[FRAGMENT_PLACES];
};

void fragment_init(struct fragment_table *table, uint64_t seed);

/* `flow` is any number. */
void fragment_remember(struct fragment_table *table, const struct packet *packet,
                       uint32_t flow);

/* What was remembered of the first fragment of the same packet, at most 30 s ago (as
   Linux waits for it), or `missing`. */
uint32_t fragment_find(const struct fragment_table *table, const struct packet *packet,
                       uint32_t missing);

#endif
