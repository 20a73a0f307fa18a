#include "collectors/decode_layers.h"

/* PPP (RFC 1661, 1662), PPP over Ethernet (RFC 2516), Cisco's HDLC. */

enum { HDLC_ALL_STATIONS = 0xff, HDLC_UNNUMBERED = 0x03 };
enum { CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };

enum decode_result decode_ppp_type(struct cursor *cursor, uint16_t *ethertype) {
    const uint8_t *at = cursor->at;
    if (cursor->captured >= 2 && at[0] == HDLC_ALL_STATIONS && at[1] == HDLC_UNNUMBERED)
        cursor_take(cursor, 2);
    if (cursor->captured < 2)
        return cursor_fault(cursor, 2);
    /* One byte if the two ends agreed so: the last byte of a number is odd, the others
       are even. */
    uint32_t bytes = cursor->at[0] & 1 ? 1 : 2;
    at = cursor_take(cursor, bytes);
    switch (bytes == 1 ? at[0] : bytes_be16(at)) {
    case 0x0021:
        *ethertype = ETHERTYPE_IPV4;
        break;
    case 0x0057:
        *ethertype = ETHERTYPE_IPV6;
        break;
    case 0x0281:
        *ethertype = ETHERTYPE_MPLS;
        break;
    default:
        *ethertype = 0;
    }
    return DECODE_OK;
}

enum decode_result decode_ppp(struct packet *packet, struct cursor cursor) {
    uint16_t ethertype;
    enum decode_result result = decode_ppp_type(&cursor, &ethertype);
    if (result != DECODE_OK)
        return result;
    return ethertype ? decode_network(packet, cursor, ethertype) : DECODE_UNSUPPORTED;
}

enum decode_result decode_ppp_serial(struct packet *packet, struct cursor cursor) {
    struct cursor start = cursor;
    const uint8_t *header = cursor_take(&cursor, 4);
    if (!header)
        return cursor_fault(&cursor, 4);
    if (header[0] != CISCO_UNICAST && header[0] != CISCO_MULTICAST)
        return decode_ppp(packet, start);
    return decode_network(packet, cursor, bytes_be16(header + 2));
}

enum decode_result decode_ppp_session(struct packet *packet, struct cursor cursor) {
    enum { VERSION_AND_TYPE = 0x11, SESSION_DATA = 0 };
    const uint8_t *header = cursor_take(&cursor, 6);
    if (!header)
        return cursor_fault(&cursor, 6);
    uint32_t length = bytes_be16(header + 4);
    if (header[0] != VERSION_AND_TYPE || header[1] != SESSION_DATA)
        return DECODE_OK;
    if (!decode_fits(packet, &cursor, length))
        return DECODE_MALFORMED;
    cursor_clip(&cursor, length);
    uint16_t ethertype;
    enum decode_result result = decode_ppp_type(&cursor, &ethertype);
    if (result != DECODE_OK || !ethertype)
        return result;
    return decode_inside(packet, cursor, TUNNEL_PPPOE, bytes_be16(header + 2),
                         ethertype);
}
