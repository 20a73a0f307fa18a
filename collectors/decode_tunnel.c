#include "collectors/decode_layers.h"

/* Tunnels over IP: straight in it (RFC 2003, 4213, 3378, 8986), GRE (RFC 2784, 2890;
   PPTP's: RFC 2637), ERSPAN (draft-foschiano-erspan), VXLAN (RFC 7348; GPE:
   draft-ietf-nvo3-vxlan-gpe), GENEVE (RFC 8926), GTP-U (3GPP TS 29.281), Teredo (RFC
   4380), GRE and MPLS in UDP (RFC 8086, 7510). Anybody can send anything to a port: what
   differs from a tunnel in one bit that is fixed is none. */

enum {
    PROTOCOL_IPV4 = 4,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_GRE = 47,
    PROTOCOL_ETHERIP = 97,
    PROTOCOL_MPLS = 137,
    PROTOCOL_ETHERNET = 143,
};

enum {
    PORT_GTP = 2152,
    PORT_TEREDO = 3544,
    PORT_GRE = 4754,
    PORT_VXLAN = 4789,
    PORT_VXLAN_GPE = 4790,
    PORT_GENEVE = 6081,
    PORT_MPLS = 6635,
    PORT_VXLAN_LINUX = 8472, /* before there was a number assigned; also of OTV */
};

/* A header is not all there: cut by the snap length, or never sent and so no tunnel. */
static enum decode_result absent(const struct cursor *cursor, uint32_t bytes) {
    return bytes > cursor->length ? DECODE_OK : DECODE_TRUNCATED;
}

static uint32_t bytes_be24(const uint8_t *bytes) {
    return bytes_be32(bytes) >> 8;
}

/* Types II and III say in one place whose copy it is and whether it was cut. */
static enum decode_result decode_copy(struct packet *packet, struct cursor cursor,
                                      const uint8_t *header, uint16_t ethertype) {
    enum { CUT = 0x04 };
    const struct vantage before = packet->vantage;
    packet->vantage.is_cut |= (header[2] & CUT) != 0;
    enum decode_result result = decode_inside(
        packet, cursor, TUNNEL_ERSPAN, bytes_be16(header + 2) & 0x3ff, ethertype);
    if (packet->vantage.depth == before.depth)
        packet->vantage = before;
    return result;
}

/* Type I: Ethernet at once. It has no GRE sequence, the others have. */
static enum decode_result decode_erspan(struct packet *packet, struct cursor cursor,
                                        bool has_sequence) {
    if (!has_sequence)
        return decode_inside(packet, cursor, TUNNEL_ERSPAN, 0, ETHERTYPE_TRANSPARENT);
    enum { BYTES = 8, TYPE_II = 1 };
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return absent(&cursor, BYTES);
    if (header[0] >> 4 != TYPE_II)
        return DECODE_OK;
    return decode_copy(packet, cursor, header, ETHERTYPE_TRANSPARENT);
}

static enum decode_result decode_erspan_3(struct packet *packet, struct cursor cursor) {
    enum { BYTES = 12, TYPE_III = 2, PLATFORM = 0x01, PLATFORM_BYTES = 8 };
    enum { FRAME_ETHERNET = 0, FRAME_IP = 2 };
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return absent(&cursor, BYTES);
    unsigned frame = header[10] >> 2 & 0x1f;
    if (header[0] >> 4 != TYPE_III || (frame != FRAME_ETHERNET && frame != FRAME_IP))
        return DECODE_OK;
    if ((header[11] & PLATFORM) && !cursor_take(&cursor, PLATFORM_BYTES))
        return absent(&cursor, PLATFORM_BYTES);
    uint16_t ethertype = ETHERTYPE_TRANSPARENT;
    if (frame == FRAME_IP) {
        if (cursor.captured < 1)
            return absent(&cursor, 1);
        ethertype = cursor.at[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    }
    return decode_copy(packet, cursor, header, ethertype);
}

enum { GRE_CHECKSUM = 0x8000, GRE_KEY = 0x2000, GRE_SEQUENCE = 0x1000 };

/* Version 1, of PPTP: the key is a length and the call. */
static enum decode_result decode_pptp(struct packet *packet, struct cursor cursor) {
    enum { BYTES = 8, ACKNOWLEDGEMENT = 0x0080, PPP = 0x880b };
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return absent(&cursor, BYTES);
    uint16_t flags = bytes_be16(header);
    uint32_t options = flags & ACKNOWLEDGEMENT ? 4 : 0;
    if ((flags & ~(GRE_SEQUENCE | ACKNOWLEDGEMENT)) != (GRE_KEY | 1) ||
        bytes_be16(header + 2) != PPP || !(flags & GRE_SEQUENCE))
        return DECODE_OK;
    options += 4;
    if (!cursor_take(&cursor, options))
        return absent(&cursor, options);
    uint16_t ethertype;
    enum decode_result result = decode_ppp_type(&cursor, &ethertype);
    if (result == DECODE_TRUNCATED)
        return result;
    if (result != DECODE_OK || !ethertype)
        return DECODE_OK;
    return decode_inside(packet, cursor, TUNNEL_GRE, bytes_be16(header + 6), ethertype);
}

static enum decode_result decode_gre(struct packet *packet, struct cursor cursor) {
    enum { BYTES = 4, VERSION = 7, ERSPAN = 0x88be, ERSPAN_3 = 0x22eb };
    const struct cursor start = cursor;
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return absent(&cursor, BYTES);
    uint16_t flags = bytes_be16(header), protocol = bytes_be16(header + 2);
    if ((flags & VERSION) == 1)
        return decode_pptp(packet, start);
    if (flags & ~(GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE))
        return DECODE_OK;
    uint32_t key_at = flags & GRE_CHECKSUM ? 4 : 0;
    uint32_t options =
        key_at + (flags & GRE_KEY ? 4 : 0) + (flags & GRE_SEQUENCE ? 4 : 0);
    const uint8_t *option = cursor_take(&cursor, options);
    if (!option)
        return absent(&cursor, options);
    switch (protocol) {
    case ERSPAN:
        return decode_erspan(packet, cursor, flags & GRE_SEQUENCE);
    case ERSPAN_3:
        return decode_erspan_3(packet, cursor);
    case ETHERTYPE_TRANSPARENT:
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
    case ETHERTYPE_SERVICE:
        return decode_inside(packet, cursor, TUNNEL_GRE,
                             flags & GRE_KEY ? bytes_be32(option + key_at) : 0,
                             protocol);
    default:
        return DECODE_OK;
    }
}

/* GPE says what it carries, and is found on VXLAN's port too. */
static enum decode_result decode_vxlan(struct packet *packet, struct cursor cursor) {
    enum { BYTES = 8, POLICY = 0x80, HAS_ID = 0x08, NEXT = 0x04 };
    static const uint16_t types[] = {0, ETHERTYPE_IPV4, ETHERTYPE_IPV6,
                                     ETHERTYPE_TRANSPARENT, ETHERTYPE_SERVICE};
    enum { TYPES = sizeof types / sizeof *types };
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return absent(&cursor, BYTES);
    uint16_t ethertype = ETHERTYPE_TRANSPARENT;
    bool is_right = header[7] == 0;
    switch (header[0]) {
    case HAS_ID:
        is_right &= !header[1] && !header[2] && !header[3];
        break;
    case HAS_ID | POLICY: /* of a group, in the next three bytes */
        break;
    case HAS_ID | NEXT:
        ethertype = header[3] < TYPES ? types[header[3]] : 0;
        is_right &= !header[1] && !header[2] && ethertype;
        break;
    default:
        is_right = false;
    }
    if (!is_right)
        return DECODE_OK;
    return decode_inside(packet, cursor, TUNNEL_VXLAN, bytes_be24(header + 4),
                         ethertype);
}

static enum decode_result decode_geneve(struct packet *packet, struct cursor cursor) {
    enum { BYTES = 8, CRITICAL = 0x40 };
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return absent(&cursor, BYTES);
    bool is_version_0 = header[0] >> 6 == 0;
    uint32_t options = (header[0] & 0x3fu) * 4;
    uint16_t ethertype = bytes_be16(header + 2);
    if (!is_version_0 || (header[1] & ~CRITICAL) || header[7])
        return DECODE_OK;
    if (ethertype != ETHERTYPE_TRANSPARENT && ethertype != ETHERTYPE_IPV4 &&
        ethertype != ETHERTYPE_IPV6)
        return DECODE_OK;
    const uint8_t *option = cursor_take(&cursor, options);
    if (!option)
        return absent(&cursor, options);
    while (options) { /* which must add up */
        uint32_t bytes = 4 + (option[3] & 0x1fu) * 4;
        if (bytes > options)
            return DECODE_OK;
        option += bytes;
        options -= bytes;
    }
    return decode_inside(packet, cursor, TUNNEL_GENEVE, bytes_be24(header + 4),
                         ethertype);
}

static enum decode_result decode_gtp(struct packet *packet, struct cursor cursor) {
    enum { BYTES = 8, VERSION_1 = 0x30, OPTIONAL = 0x07, EXTENSION = 0x04, DATA = 255 };
    enum { EXTENSIONS_MAX = 8 };
    const uint8_t *header = cursor_take(&cursor, BYTES);
    if (!header)
        return absent(&cursor, BYTES);
    uint32_t length = bytes_be16(header + 2);
    bool fits =
        length == cursor.length || (length > cursor.length && packet->is_fragment);
    if ((header[0] & ~OPTIONAL) != VERSION_1 || header[1] != DATA || !fits)
        return DECODE_OK;
    if (header[0] & OPTIONAL) {
        const uint8_t *optional = cursor_take(&cursor, 4);
        if (!optional)
            return absent(&cursor, 4);
        uint8_t next = header[0] & EXTENSION ? optional[3] : 0;
        for (unsigned i = 0; next; i++) {
            if (i == EXTENSIONS_MAX)
                return DECODE_OK;
            if (cursor.captured < 1)
                return absent(&cursor, 1);
            uint32_t bytes = cursor.at[0] * 4u;
            const uint8_t *extension = cursor_take(&cursor, bytes);
            if (!bytes)
                return DECODE_OK;
            if (!extension)
                return absent(&cursor, bytes);
            next = extension[bytes - 1];
        }
    }
    if (cursor.captured < 1)
        return absent(&cursor, 1);
    return decode_inside(packet, cursor, TUNNEL_GTP, bytes_be32(header + 4),
                         cursor.at[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
}

static enum decode_result decode_teredo(struct packet *packet, struct cursor cursor) {
    enum { AUTHENTICATION = 1, ORIGIN = 0, ORIGIN_BYTES = 8, IPV6_BYTES = 40 };
    if (cursor.captured < 4)
        return absent(&cursor, 4);
    if (bytes_be16(cursor.at) == AUTHENTICATION) {
        uint32_t bytes = 13u + cursor.at[2] + cursor.at[3];
        if (!cursor_take(&cursor, bytes))
            return absent(&cursor, bytes);
    }
    if (cursor.captured < 2)
        return absent(&cursor, 2);
    if (bytes_be16(cursor.at) == ORIGIN && !cursor_take(&cursor, ORIGIN_BYTES))
        return absent(&cursor, ORIGIN_BYTES);
    if (cursor.captured < IPV6_BYTES)
        return absent(&cursor, IPV6_BYTES);
    /* One end at least has an address of the service; who has none yet asks for it from
       a link-local one. */
    enum { PREFIX = 0x20010000, LINK_LOCAL = 0xfe800000 };
    uint32_t source = bytes_be32(cursor.at + 8);
    if (source != PREFIX && source != LINK_LOCAL &&
        bytes_be32(cursor.at + 24) != PREFIX)
        return DECODE_OK;
    return decode_inside(packet, cursor, TUNNEL_TEREDO, 0, ETHERTYPE_IPV6);
}

enum decode_result decode_tunnel_datagram(struct packet *packet, struct cursor cursor) {
    switch (packet->port[DESTINATION]) {
    case PORT_VXLAN:
    case PORT_VXLAN_LINUX:
    case PORT_VXLAN_GPE:
        return decode_vxlan(packet, cursor);
    case PORT_GENEVE:
        return decode_geneve(packet, cursor);
    case PORT_GTP:
        return decode_gtp(packet, cursor);
    case PORT_GRE:
        return decode_gre(packet, cursor);
    case PORT_MPLS:
        return decode_inside(packet, cursor, TUNNEL_MPLS, 0, ETHERTYPE_MPLS);
    case PORT_TEREDO:
        return decode_teredo(packet, cursor);
    default:
        return packet->port[SOURCE] == PORT_TEREDO ? decode_teredo(packet, cursor)
                                                   : DECODE_OK;
    }
}

enum decode_result decode_tunnel(struct packet *packet, struct cursor cursor) {
    switch (packet->protocol) {
    case PROTOCOL_IPV4:
        return decode_inside(packet, cursor, TUNNEL_IP, 0, ETHERTYPE_IPV4);
    case PROTOCOL_IPV6:
        return decode_inside(packet, cursor, TUNNEL_IP, 0, ETHERTYPE_IPV6);
    case PROTOCOL_GRE:
        return decode_gre(packet, cursor);
    case PROTOCOL_ETHERIP: {
        const uint8_t *header = cursor_take(&cursor, 2);
        if (!header)
            return absent(&cursor, 2);
        if (bytes_be16(header) != 0x3000)
            return DECODE_OK;
        return decode_inside(packet, cursor, TUNNEL_IP, 0, ETHERTYPE_TRANSPARENT);
    }
    case PROTOCOL_MPLS:
        return decode_inside(packet, cursor, TUNNEL_MPLS, 0, ETHERTYPE_MPLS);
    case PROTOCOL_ETHERNET:
        return decode_inside(packet, cursor, TUNNEL_IP, 0, ETHERTYPE_TRANSPARENT);
    default:
        return DECODE_OK;
    }
}
