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

/* A header said how much follows; what lies beyond is padding. `length` ≤ cursor's,
   or decode_fits. */
static inline void cursor_clip(struct cursor *cursor, uint32_t length) {
    cursor->length = length;
    if (cursor->captured > length)
        cursor->captured = length;
}

/* Whether a header may say that so much follows. More than there is only where a tunnel
   brought the beginning alone. */
static inline bool decode_fits(const struct packet *packet, const struct cursor *cursor,
                               uint32_t length) {
    return length <= cursor->length || packet->vantage.is_cut;
}

/* An Ethernet frame. */
enum decode_result decode_ethernet(struct packet *packet, struct cursor cursor);

/* 802.2, and what its SNAP announces. */
enum decode_result decode_llc(struct packet *packet, struct cursor cursor);

/* 802.11 without what the radio adds: data in the clear; all else is unsupported. */
enum decode_result decode_wireless(struct packet *packet, struct cursor cursor);

/* 802.11 behind a header of a radio: radiotap, AVS, or Prism's (which may be AVS). */
enum decode_result decode_wireless_radiotap(struct packet *packet,
                                            struct cursor cursor);
enum decode_result decode_wireless_avs(struct packet *packet, struct cursor cursor);
enum decode_result decode_wireless_prism(struct packet *packet, struct cursor cursor);

/* PPP as a link, with or without HDLC's address and control; also Cisco's HDLC. All but
   IP and MPLS is unsupported: it has no address of anybody. */
enum decode_result decode_ppp(struct packet *packet, struct cursor cursor);
enum decode_result decode_ppp_serial(struct packet *packet, struct cursor cursor);

/* A PPPoE header and what it carries. */
enum decode_result decode_ppp_session(struct packet *packet, struct cursor cursor);

/* The EtherType of what a PPP header announces, which is stepped over; 0 if it is not
   decoded. TRUNCATED or MALFORMED where the header is not all there. */
enum decode_result decode_ppp_type(struct cursor *cursor, uint16_t *ethertype);

/* Labels between Ethernet and what they lead to: MPLS, 802.1ah, NSH. */
enum decode_result decode_label(struct packet *packet, struct cursor cursor,
                                uint16_t ethertype);

/* The packet inside of a tunnel. All fields of the outer one are filled; they come back
   where the inside contradicts itself, or is less than the outside: of IP, neither IP
   nor Ethernet. `ethertype` is of the inside. Unsupported behind the fourth tunnel;
   left packed where the tunnel's source is not trusted. */
enum decode_result decode_inside(struct packet *packet, struct cursor cursor,
                                 enum tunnel kind, uint32_t id, uint16_t ethertype);

/* What a protocol of IP, or a port of UDP, tunnels. The packet is filled as if it were
   none, and stays so (DECODE_OK) unless a tunnel's header is right in each bit. */
enum decode_result decode_tunnel(struct packet *packet, struct cursor cursor);
enum decode_result decode_tunnel_datagram(struct packet *packet, struct cursor cursor);

/* What an EtherType announces: IP is decoded further, so is what leads to it; all else
   stays as it lies. */
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
