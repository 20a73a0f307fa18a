#include "collectors/decode_layers.h"

/* IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200). */

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, FRAGMENT_HEADER = 8, EXTENSIONS_MAX = 8 };

enum {
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AUTHENTICATION = 51,
    NEXT_DESTINATION = 60,
    NEXT_MOBILITY = 135,
    NEXT_HIP = 139,
    NEXT_SHIM6 = 140,
};

struct fragment {
    uint32_t offset; /* bytes */
    uint32_t id;
    bool more;
};

/* Where the piece that the cursor stands before belongs in the whole. */
static void lay_fragment(struct packet *packet, const struct cursor *cursor,
                         const struct fragment *fragment) {
    packet->fragment_id = fragment->id;
    packet->fragment_offset = fragment->offset;
    packet->fragment_length = cursor->length;
    packet->fragment = cursor->at;
    packet->is_last_fragment = !fragment->more;
}

/* A fragment after the first has no transport header to look at. */
static enum decode_result decode_carried(struct packet *packet, struct cursor cursor) {
    if (packet->is_fragment && !packet->is_first_fragment) {
        packet->payload_length = cursor.length;
        return DECODE_OK;
    }
    return decode_transport(packet, cursor);
}

static enum decode_result decode_ipv4(struct packet *packet, struct cursor cursor) {
    const uint8_t *ip = cursor.at;
    if (cursor.captured < IPV4_HEADER)
        return cursor_fault(&cursor, IPV4_HEADER);
    uint32_t header = (uint32_t)(ip[0] & 15) * 4;
    uint32_t total = bytes_be16(ip + 2);
    if (total == 0 && ip[9] == PROTOCOL_TCP)
        total = cursor.length; /* captured before the card cut it into segments */
    if (ip[0] >> 4 != 4 || header < IPV4_HEADER || total < header ||
        !decode_fits(packet, &cursor, total))
        return DECODE_MALFORMED;
    cursor_clip(&cursor, total);
    packet->network_captured = cursor.captured;
    packet->network_length = total;
    if (!cursor_take(&cursor, header))
        return cursor_fault(&cursor, header);

    uint32_t fragment = bytes_be16(ip + 6);
    uint32_t offset = (fragment & 0x1fff) * 8;
    if (offset + cursor.length > UINT16_MAX && offset)
        return DECODE_MALFORMED;
    packet->is_fragment = (fragment & 0x3fff) != 0;
    packet->is_first_fragment = packet->is_fragment && offset == 0;
    if (packet->is_fragment)
        lay_fragment(packet, &cursor,
                     &(struct fragment){offset, bytes_be16(ip + 4), fragment & 0x2000});
    packet->ttl = ip[8];
    packet->protocol = ip[9];
    bytes_read_ipv4(ip + 12, &packet->ip[SOURCE]);
    bytes_read_ipv4(ip + 16, &packet->ip[DESTINATION]);
    return decode_carried(packet, cursor);
}

/* The length of an extension header, 0 if `next` is none. The fragment header is fixed
   and its second byte reserved. */
static uint32_t extension_length(uint8_t next, uint8_t second_byte) {
    switch (next) {
    case NEXT_HOP_BY_HOP:
    case NEXT_ROUTING:
    case NEXT_DESTINATION:
    case NEXT_MOBILITY:
    case NEXT_HIP:
    case NEXT_SHIM6:
        return (second_byte + 1u) * 8;
    case NEXT_AUTHENTICATION:
        return (second_byte + 2u) * 4;
    case NEXT_FRAGMENT:
        return FRAGMENT_HEADER;
    default:
        return 0;
    }
}

/* Step over the extension headers behind `*protocol`, which becomes what they carry.
   Stops behind the header of a fragment that is not the first. */
static enum decode_result skip_extensions(struct cursor *cursor, uint8_t *protocol,
                                          struct fragment *fragment) {
    for (unsigned i = 0; extension_length(*protocol, 0); i++) {
        if (i == EXTENSIONS_MAX)
            return DECODE_MALFORMED;
        if (cursor->captured < 2)
            return cursor_fault(cursor, 2);
        uint32_t length = extension_length(*protocol, cursor->at[1]);
        const uint8_t *extension = cursor_take(cursor, length);
        if (!extension)
            return cursor_fault(cursor, length);
        bool is_fragment = *protocol == NEXT_FRAGMENT;
        *protocol = extension[0];
        if (is_fragment) {
            fragment->offset = bytes_be16(extension + 2) & 0xfff8;
            fragment->more = extension[3] & 1;
            fragment->id = bytes_be32(extension + 4);
            if (fragment->offset)
                break;
        }
    }
    return DECODE_OK;
}

static enum decode_result decode_ipv6(struct packet *packet, struct cursor cursor) {
    const uint8_t *ip = cursor_take(&cursor, IPV6_HEADER);
    if (!ip)
        return cursor_fault(&cursor, IPV6_HEADER);
    uint32_t length = bytes_be16(ip + 4);
    uint8_t protocol = ip[6];
    if (length == 0 && (protocol == PROTOCOL_TCP || protocol == NEXT_HOP_BY_HOP))
        length =
            cursor.length; /* not yet cut into segments, or a jumbogram (RFC 2675) */
    if (ip[0] >> 4 != 6 || !decode_fits(packet, &cursor, length))
        return DECODE_MALFORMED;
    cursor_clip(&cursor, length);
    packet->network_captured = IPV6_HEADER + cursor.captured;
    packet->network_length = IPV6_HEADER + length;

    struct fragment fragment = {0};
    enum decode_result result = skip_extensions(&cursor, &protocol, &fragment);
    if (result != DECODE_OK)
        return result;
    if (fragment.offset && fragment.offset + cursor.length > UINT16_MAX)
        return DECODE_MALFORMED;
    /* With neither offset nor more to come it is whole: an atomic fragment (RFC
       6946). */
    packet->is_fragment = fragment.offset || fragment.more;
    packet->is_first_fragment = packet->is_fragment && fragment.offset == 0;
    if (packet->is_fragment)
        lay_fragment(packet, &cursor, &fragment);
    packet->ttl = ip[7];
    packet->protocol = protocol;
    bytes_read_ipv6(ip + 8, &packet->ip[SOURCE]);
    bytes_read_ipv6(ip + 24, &packet->ip[DESTINATION]);
    return decode_carried(packet, cursor);
}

enum decode_result decode_network(struct packet *packet, struct cursor cursor,
                                  uint16_t ethertype) {
    packet->ethertype = ethertype;
    packet->network = cursor.at;
    packet->network_captured = cursor.captured;
    packet->network_length = cursor.length;
    if (ethertype == ETHERTYPE_IPV4)
        return decode_ipv4(packet, cursor);
    if (ethertype == ETHERTYPE_IPV6)
        return decode_ipv6(packet, cursor);
    return decode_label(packet, cursor, ethertype);
}

enum decode_result decode_network_raw(struct packet *packet, struct cursor cursor) {
    if (cursor.captured < 1)
        return cursor_fault(&cursor, 1);
    switch (cursor.at[0] >> 4) {
    case 4:
        return decode_network(packet, cursor, ETHERTYPE_IPV4);
    case 6:
        return decode_network(packet, cursor, ETHERTYPE_IPV6);
    default:
        return DECODE_MALFORMED;
    }
}

bool decode_network_quote(struct cursor cursor, struct packet_quote *quote) {
    const uint8_t *ip = cursor.at;
    if (cursor.captured >= IPV4_HEADER && ip[0] >> 4 == 4) {
        uint32_t header = (uint32_t)(ip[0] & 15) * 4;
        bool is_later_fragment = bytes_be16(ip + 6) & 0x1fff;
        if (header < IPV4_HEADER || is_later_fragment || !cursor_take(&cursor, header))
            return false;
        *quote = (struct packet_quote){.ip = {bytes_ipv4(ip + 12), bytes_ipv4(ip + 16)},
                                       .protocol = ip[9]};
    } else if (cursor.captured >= IPV6_HEADER && ip[0] >> 4 == 6) {
        struct fragment fragment = {0};
        uint8_t protocol = ip[6];
        cursor_take(&cursor, IPV6_HEADER);
        if (skip_extensions(&cursor, &protocol, &fragment) != DECODE_OK ||
            fragment.offset)
            return false;
        *quote = (struct packet_quote){.ip = {bytes_ipv6(ip + 8), bytes_ipv6(ip + 24)},
                                       .protocol = protocol};
    } else {
        return false;
    }

    switch (quote->protocol) {
    case PROTOCOL_TCP:
    case PROTOCOL_UDP:
    case PROTOCOL_SCTP:
        if (cursor.captured < 4)
            return false;
        quote->port[SOURCE] = bytes_be16(cursor.at);
        quote->port[DESTINATION] = bytes_be16(cursor.at + 2);
        break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMPV6:
        if (cursor.captured < 2)
            return false;
        quote->port[DESTINATION] = bytes_be16(cursor.at);
        break;
    default:
        break;
    }
    return true;
}
