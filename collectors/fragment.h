#ifndef COLLECTORS_FRAGMENT_H
#define COLLECTORS_FRAGMENT_H

#include "collectors/packet.h"

#include <stdint.h>

/* The fragmented IP packets that are on their way: which flow the first fragment belonged
   to, for those that come after it and have no ports, and how the pieces fit. Pieces never
   overlap in good faith: a router cuts at other places on another path, but whoever sends
   again sends with another id (RFC 5722 forbids it for IPv6 outright). A small
   direct-mapped table, keyed: a later packet takes the place of an earlier one, and
   whoever fills it with rubbish only makes fragments count without ports. Embedded by its
   one user. */

enum { FRAGMENT_PLACES = 1024, FRAGMENT_PIECES = 48 }; /* 64 KiB in pieces of 1,480 */

struct fragment_place {
    struct address ip[2];
    struct mac sender; /* what somebody in the middle passes on is another packet */
    uint32_t id;
    uint32_t flow; /* whatever the user puts there; FRAGMENT_NO_FLOW at first */
    uint64_t time_ns;
    uint16_t vlan;
    uint8_t protocol;
    uint8_t piece_count; /* of those that could be kept */
    bool is_bent;        /* pieces overlapped, once told */
    bool is_whole;
    uint32_t covered; /* bytes of pieces that overlap none */
    uint32_t end;     /* bytes in all, 0 before the last piece */
    struct fragment_piece {
        uint16_t offset; /* in units of 8 bytes, as in the header */
        uint16_t length; /* bytes */
        uint32_t check;  /* of its bytes, 0 where not all of them were captured */
    } pieces[FRAGMENT_PIECES];
};

struct fragment_table {
    uint64_t seed;
    struct fragment_place places[FRAGMENT_PLACES];
};

enum { FRAGMENT_NO_FLOW = 0xFFFFFFFF };

/* What a fragment shows of its packet; each is told once. */
enum fragment_news {
    FRAGMENT_BEGUN = 1,
    FRAGMENT_WHOLE = 2,
    FRAGMENT_OVERLAP = 4, /* its pieces overlap or contradict each other */
};

void fragment_init(struct fragment_table *table, uint64_t seed);

/* The packet that a fragment is a piece of; one whose first piece was seen more than 30 s
   ago (as long as Linux waits) is begun anew. `news` becomes a set of enum fragment_news.
   The same piece twice is no news. Never NULL; O(pieces). */
struct fragment_place *fragment_take(struct fragment_table *table,
                                     const struct packet *packet, unsigned *news);

#endif
