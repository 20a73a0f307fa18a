#include "collectors/decode_layers.h"

/* TCP (RFC 9293), UDP, SCTP's ports, ICMP and ICMPv6. */

static enum decode_result decode_payload(struct packet *packet, struct cursor cursor) {
    packet->payload = cursor.at;
    packet->payload_captured = cursor.captured;
    packet->payload_length = cursor.length;
    return DECODE_OK;
}

static enum decode_result decode_tcp(struct packet *packet, struct cursor cursor) {
    const uint8_t *tcp = cursor_take(&cursor, 20);
    if (!tcp)
        return cursor_fault(&cursor, 20);
    packet->port[SOURCE] = bytes_be16(tcp);
    packet->port[DESTINATION] = bytes_be16(tcp + 2);
    packet->tcp_sequence = bytes_be32(tcp + 4);
    packet->tcp_acknowledgement = bytes_be32(tcp + 8);
    packet->tcp_flags = tcp[13];
    uint32_t header = (uint32_t)(tcp[12] >> 4) * 4;
    if (header < 20)
        return DECODE_MALFORMED;
    if (!cursor_take(&cursor, header - 20))
        return cursor_fault(&cursor, header - 20);
    return decode_payload(packet, cursor);
}

static enum decode_result decode_udp(struct packet *packet, struct cursor cursor) {
    const uint8_t *udp = cursor_take(&cursor, 8);
    if (!udp)
        return cursor_fault(&cursor, 8);
    packet->port[SOURCE] = bytes_be16(udp);
    packet->port[DESTINATION] = bytes_be16(udp + 2);
    uint32_t length = bytes_be16(udp + 4);
    if (length == 0)
        return decode_payload(packet, cursor); /* too long for the field (RFC 2675) */
    if (length < 8)
        return DECODE_MALFORMED;
    if (length - 8 <= cursor.length)
        cursor_clip(&cursor, length - 8);
    else if (!packet->is_fragment) /* whose length is that of all fragments */
        return DECODE_MALFORMED;
    decode_payload(packet, cursor);
    return decode_tunnel_datagram(packet, cursor);
}

static enum decode_result decode_sctp(struct packet *packet, struct cursor cursor) {
    const uint8_t *sctp = cursor_take(&cursor, 12);
    if (!sctp)
        return cursor_fault(&cursor, 12);
    packet->port[SOURCE] = bytes_be16(sctp);
    packet->port[DESTINATION] = bytes_be16(sctp + 2);
    return decode_payload(packet, cursor);
}

static enum decode_result decode_icmp(struct packet *packet, struct cursor cursor) {
    const uint8_t *icmp = cursor_take(&cursor, 4);
    if (!icmp)
        return cursor_fault(&cursor, 4);
    packet->port[DESTINATION] = bytes_be16(icmp);
    /* Most messages have four bytes more before their data; some of ICMPv6 have not. */
    uint32_t rest = cursor.length < 4 ? cursor.length : 4;
    if (!cursor_take(&cursor, rest))
        return cursor_fault(&cursor, rest);
    enum { V4_UNREACHABLE = 3, V4_FRAGMENTATION_NEEDED = 4, V6_UNREACHABLE = 1 };
    bool is_unreachable =
        packet->protocol == PROTOCOL_ICMP
            ? icmp[0] == V4_UNREACHABLE && icmp[1] != V4_FRAGMENTATION_NEEDED
            : icmp[0] == V6_UNREACHABLE;
    packet->is_unreachable =
        is_unreachable && decode_network_quote(cursor, &packet->quote);
    return decode_payload(packet, cursor);
}

enum decode_result decode_transport(struct packet *packet, struct cursor cursor) {
    packet->transport = cursor.at;
    packet->transport_captured = cursor.captured;
    switch (packet->protocol) {
    case PROTOCOL_TCP:
        return decode_tcp(packet, cursor);
    case PROTOCOL_UDP:
        return decode_udp(packet, cursor);
    case PROTOCOL_SCTP:
        return decode_sctp(packet, cursor);
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        return decode_icmp(packet, cursor);
    default:
        decode_payload(packet, cursor);
        return decode_tunnel(packet, cursor);
    }
}
