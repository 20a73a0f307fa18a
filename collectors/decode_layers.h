#ifndef COLLECTORS_DECODE_LAYERS_H
#define COLLECTORS_DECODE_LAYERS_H

#include "collectors/bytes.h"
#include "collectors/decode.h"

#include <stddef.h>

/* What the layers of the decoder hand each other: private to decode*.c. Each layer
   takes its header off the cursor, fills its part of the packet and ends in the next
   layer, so that one can be entered again on a packet inside a packet. */

struct cursor {
    const uint8_t *at;
    uint32_t captured; /* bytes left in the capture, ≤ length */
    uint32_t length;   /* bytes left by the headers so far */
};

/* Step over `bytes` and return where they were; NULL, without moving, if they are not
   all there. cursor_fault then says why. */
static inline const uint8_t *cursor_take(struct cursor *cursor, uint32_t bytes) {
    if (bytes > cursor->captured)
        return NULL;
    const uint8_t *at = cursor->at;
    cursor->at += bytes;
    cursor->captured -= bytes;
    cursor->length -= bytes;
    return at;
}

static inline enum decode_result cursor_fault(const struct cursor *cursor,
                                              uint32_t bytes) {
    return bytes > cursor->length ? DECODE_MALFORMED : DECODE_TRUNCATED;
}

/* A header said how much follows; what lies beyond is padding. `length` ≤ cursor's. */
static inline void cursor_clip(struct cursor *cursor, uint32_t length) {
    cursor->length = length;
    if (cursor->captured > length)
        cursor->captured = length;
}

/* What an EtherType announces: IP is decoded further, all else stays as it lies. */
enum decode_result decode_network(struct packet *packet, struct cursor cursor,
                                  uint16_t ethertype);

/* IP of the version that its first byte says. */
enum decode_result decode_network_raw(struct packet *packet, struct cursor cursor);

/* The IP packet an ICMP error quotes, as far as it was quoted. False if its addresses
   and ports are not there. */
bool decode_network_quote(struct cursor cursor, struct packet_quote *quote);

/* The transport of a packet whose IP fields are filled; not for a fragment after the
   first. */
enum decode_result decode_transport(struct packet *packet, struct cursor cursor);

#endif
