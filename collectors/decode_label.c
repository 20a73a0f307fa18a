#include "collectors/decode_layers.h"

/* Headers between Ethernet and a packet, that switches put there: MPLS (RFC 3032) with
   pseudowires (RFC 4448), provider backbone bridges (IEEE 802.1ah), service chains (RFC
   8300). What they do not lead to stays a frame of their EtherType. */

enum { LABELS_MAX = 8 };

/* Whether it can be an Ethernet frame: MPLS does not say what it carries. */
static bool is_ethernet(struct cursor cursor) {
    const uint8_t *header = cursor_take(&cursor, 14);
    if (!header)
        return false;
    switch (bytes_be16(header + 12)) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_ARP:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_LLDP:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_PPPOE:
    case 0x8100: /* tags */
    case 0x88a8:
        return true;
    case 0x0026: /* spanning tree: LLC of that length */
    case 0x0027:
        return cursor.captured >= 3 && bytes_be16(cursor.at) == 0x4242;
    default:
        return false;
    }
}

static bool is_ip(const struct cursor *cursor, uint8_t version) {
    const uint8_t *ip = cursor->at;
    if (version == 4)
        return (ip[0] & 15) >= 5 && bytes_be16(ip + 2) >= 20 &&
               bytes_be16(ip + 2) <= cursor->length;
    return version == 6 && bytes_be16(ip + 4) + 40u <= cursor->length;
}

static enum decode_result decode_mpls(struct packet *packet, struct cursor cursor) {
    uint32_t label;
    unsigned labels = 0;
    do {
        const uint8_t *entry = cursor_take(&cursor, 4);
        if (!entry)
            return cursor_fault(&cursor, 4);
        if (++labels > LABELS_MAX)
            return DECODE_OK;
        label = bytes_be32(entry);
    } while (!(label & 0x100)); /* the bottom of the stack */
    label >>= 12;

    /* By the first four bits: IP, a control word of a pseudowire (0) or its operators'
       channel (1), or the address that an Ethernet frame begins with. */
    enum { LOOKED_AT = 18 }; /* a control word and an Ethernet header */
    if (cursor.length < LOOKED_AT)
        return DECODE_OK;
    if (cursor.captured < LOOKED_AT)
        return DECODE_TRUNCATED;
    uint8_t version = cursor.at[0] >> 4;
    if (is_ip(&cursor, version))
        return decode_inside(packet, cursor, TUNNEL_MPLS, label,
                             version == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    if (version != 1 && is_ethernet(cursor))
        return decode_inside(packet, cursor, TUNNEL_MPLS, label, ETHERTYPE_TRANSPARENT);
    bool may_be_control = bytes_be16(cursor.at) == 0; /* and a sequence */
    cursor_take(&cursor, 4);
    if (may_be_control && is_ethernet(cursor))
        return decode_inside(packet, cursor, TUNNEL_MPLS, label, ETHERTYPE_TRANSPARENT);
    return DECODE_OK;
}

static enum decode_result decode_backbone(struct packet *packet, struct cursor cursor) {
    const uint8_t *tag = cursor_take(&cursor, 4);
    if (!tag)
        return cursor_fault(&cursor, 4);
    return decode_inside(packet, cursor, TUNNEL_BACKBONE, bytes_be32(tag) & 0xffffff,
                         ETHERTYPE_TRANSPARENT);
}

static enum decode_result decode_service(struct packet *packet, struct cursor cursor) {
    static const uint16_t types[] = {0,
                                     ETHERTYPE_IPV4,
                                     ETHERTYPE_IPV6,
                                     ETHERTYPE_TRANSPARENT,
                                     ETHERTYPE_SERVICE,
                                     ETHERTYPE_MPLS};
    enum { TYPES = sizeof types / sizeof *types };
    const uint8_t *header = cursor_take(&cursor, 8);
    if (!header)
        return cursor_fault(&cursor, 8);
    bool is_other_version = header[0] >> 6 != 0;
    uint32_t length = (header[1] & 0x3fu) * 4;
    uint8_t next = header[3];
    if (is_other_version || next >= TYPES || !types[next])
        return DECODE_OK;
    if (length < 8)
        return DECODE_MALFORMED;
    if (!cursor_take(&cursor, length - 8))
        return cursor_fault(&cursor, length - 8);
    return decode_inside(packet, cursor, TUNNEL_SERVICE, bytes_be32(header + 4) >> 8,
                         types[next]);
}

enum decode_result decode_label(struct packet *packet, struct cursor cursor,
                                uint16_t ethertype) {
    switch (ethertype) {
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
        return decode_mpls(packet, cursor);
    case ETHERTYPE_PPPOE:
        return decode_ppp_session(packet, cursor);
    case ETHERTYPE_BACKBONE:
        return decode_backbone(packet, cursor);
    case ETHERTYPE_SERVICE:
        return decode_service(packet, cursor);
    default:
        return DECODE_OK;
    }
}
