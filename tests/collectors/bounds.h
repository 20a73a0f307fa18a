#ifndef TESTS_COLLECTORS_BOUNDS_H
#define TESTS_COLLECTORS_BOUNDS_H

#include "collectors/decode.h"
#include "tests/collectors/frames.h"
#include "tests/models/random.h"

#include <check.h>
#include <stdlib.h>

/* Nothing outside of the frame is ever pointed to, whatever the result. */
static inline void check_bounds(const struct packet *packet, const uint8_t *bytes,
                                uint32_t captured) {
    const struct {
        const uint8_t *at;
        uint32_t length;
    } parts[] = {{packet->network, packet->network_captured},
                 {packet->transport, packet->transport_captured},
                 {packet->payload, packet->payload_captured}};
    for (size_t i = 0; i < 3; i++) {
        if (!parts[i].at) {
            ck_assert_uint_eq(parts[i].length, 0);
            continue;
        }
        ck_assert(parts[i].at >= bytes && parts[i].at <= bytes + captured);
        ck_assert_uint_le(parts[i].length, captured - (uint32_t)(parts[i].at - bytes));
    }
    ck_assert_uint_le(packet->network_captured, packet->network_length);
    ck_assert_uint_le(packet->payload_captured, packet->payload_length);
    ck_assert(packet->payload_length <= packet->wire_length || packet->vantage.is_cut);
    ck_assert_uint_le(packet->vantage.depth, 4);
    ck_assert_int_eq(packet->vantage.depth != 0, packet->vantage.kind != TUNNEL_NONE);
    ck_assert(!packet->is_first_fragment || packet->is_fragment);
}

/* Reads the frame with up to four bytes changed, one in four of them cut; in a buffer of just its size,
   for the sanitizers. Counts the result. */
static inline void decode_bent(int link_type, struct bytes frame, unsigned results[4]) {
    for (unsigned changes = 1 + random_below(4); changes; changes--)
        frame.at[random_below(frame.length)] =
            (uint8_t)(random_below(2) ? random_bits() : 255);
    uint32_t length = random_below(4) ? frame.length : random_below(frame.length + 1);
    uint8_t *copy = exact_copy(frame.at, length);
    struct packet packet = {0};
    results[decode_frame(link_type, copy, length, frame.length, &packet)]++;
    check_bounds(&packet, copy, length);
    free(copy);
}

#endif
