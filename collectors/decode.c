#include "collectors/decode.h"

#include "collectors/decode_layers.h"

#include <pcap/dlt.h>

/* The link layer. */

enum { TAGS_MAX = 4 };
enum { LENGTH_MAX = 1500, ETHERTYPE_MIN = 0x0600 }; /* IEEE 802.3, 3.2.6 */
enum { LLC_SNAP = 0xaaaa, LLC_UNNUMBERED = 0x03 };

/* Cisco's VN-Tag stands where a VLAN tag does, and tells ports instead. */
enum { ETHERTYPE_VN_TAG = 0x8926 };

static bool is_tag(uint16_t ethertype) {
    return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100 ||
           ethertype == ETHERTYPE_VN_TAG;
}

enum decode_result decode_llc(struct packet *packet, struct cursor cursor) {
    /* Two identifiers and the control field; with SNAP five bytes more: an
       organization's number and, for the ones that carry Ethernet, an EtherType (RFC
       1042, 802.1H). */
    const struct cursor start = cursor;
    const uint8_t *llc = cursor_take(&cursor, 3);
    if (!llc)
        return cursor_fault(&cursor, 3);
    packet->ethertype = bytes_be16(llc);
    packet->is_llc = true;
    packet->network = start.at;
    packet->network_captured = start.captured;
    packet->network_length = start.length;
    if (packet->ethertype != LLC_SNAP || llc[2] != LLC_UNNUMBERED)
        return DECODE_OK;
    const uint8_t *snap = cursor_take(&cursor, 5);
    if (!snap)
        return cursor_fault(&cursor, 5);
    uint32_t organization = bytes_be32(snap) >> 8;
    uint16_t ethertype = bytes_be16(snap + 3);
    if ((organization != 0 && organization != 0x0000f8) || ethertype < ETHERTYPE_MIN)
        return DECODE_OK;
    packet->is_llc = false;
    return decode_network(packet, cursor, ethertype);
}

/* What follows a type field: tags, then a length and LLC, or a network protocol. */
static enum decode_result decode_typed(struct packet *packet, struct cursor cursor,
                                       uint16_t ethertype) {
    for (unsigned tags = 0, vlans = 0; is_tag(ethertype); tags++) {
        bool is_vlan = ethertype != ETHERTYPE_VN_TAG;
        uint32_t bytes = is_vlan ? 4 : 6;
        const uint8_t *tag = cursor_take(&cursor, bytes);
        if (!tag)
            return cursor_fault(&cursor, bytes);
        if (tags == TAGS_MAX)
            return DECODE_MALFORMED;
        if (is_vlan && vlans == 0)
            packet->vlan = bytes_be16(tag) & 0x0fff;
        else if (is_vlan && vlans == 1)
            packet->inner_vlan = bytes_be16(tag) & 0x0fff;
        vlans += is_vlan;
        ethertype = bytes_be16(tag + bytes - 2);
    }
    if (ethertype >= ETHERTYPE_MIN)
        return decode_network(packet, cursor, ethertype);
    if (ethertype > LENGTH_MAX || !decode_fits(packet, &cursor, ethertype))
        return DECODE_MALFORMED;
    cursor_clip(&cursor, ethertype);
    return decode_llc(packet, cursor);
}

enum decode_result decode_ethernet(struct packet *packet, struct cursor cursor) {
    const uint8_t *header = cursor_take(&cursor, 14);
    if (!header)
        return cursor_fault(&cursor, 14);
    packet->mac[DESTINATION] = bytes_mac(header);
    packet->mac[SOURCE] = bytes_mac(header + 6);
    return decode_typed(packet, cursor, bytes_be16(header + 12));
}

/* Linux's "cooked" capture, where a type field means what it means in Ethernet only on
   interfaces that speak of EtherTypes (ARPHRD_ numbers of Linux's if_arp.h). */
static enum decode_result decode_cooked(struct packet *packet, struct cursor cursor,
                                        uint16_t hardware, uint16_t protocol) {
    enum { HARDWARE_80211 = 801, HARDWARE_RADIOTAP = 803, HARDWARE_NETLINK = 824 };
    enum { PROTOCOL_LLC = 4 };
    if ((hardware >= HARDWARE_80211 && hardware <= HARDWARE_RADIOTAP) ||
        hardware == HARDWARE_NETLINK)
        return DECODE_UNSUPPORTED;
    if (protocol == PROTOCOL_LLC)
        return decode_llc(packet, cursor);
    if (protocol < ETHERTYPE_MIN)
        return DECODE_UNSUPPORTED;
    return decode_typed(packet, cursor, protocol);
}

static enum decode_result decode_cooked_1(struct packet *packet, struct cursor cursor) {
    const uint8_t *header = cursor_take(&cursor, 16);
    if (!header)
        return cursor_fault(&cursor, 16);
    if (bytes_be16(header + 4) == sizeof(struct mac))
        packet->mac[SOURCE] = bytes_mac(header + 6);
    return decode_cooked(packet, cursor, bytes_be16(header + 2),
                         bytes_be16(header + 14));
}

static enum decode_result decode_cooked_2(struct packet *packet, struct cursor cursor) {
    const uint8_t *header = cursor_take(&cursor, 20);
    if (!header)
        return cursor_fault(&cursor, 20);
    if (header[11] == sizeof(struct mac))
        packet->mac[SOURCE] = bytes_mac(header + 12);
    return decode_cooked(packet, cursor, bytes_be16(header + 8), bytes_be16(header));
}

static enum decode_result decode_loopback(struct packet *packet, struct cursor cursor) {
    /* An address family in the byte order of whoever captured; IPv6 has a number of its
       own on each system: BSD/OS and NetBSD 24, FreeBSD 28, Darwin 30, Linux 10. */
    const uint8_t *header = cursor_take(&cursor, 4);
    if (!header)
        return cursor_fault(&cursor, 4);
    uint32_t family = bytes_be32(header);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    if (family != 2 && family != 10 && family != 24 && family != 28 && family != 30)
        return DECODE_UNSUPPORTED;
    return decode_network(packet, cursor,
                          family == 2 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
}

/* A link between two: without a MAC, nothing but IP tells whose frame it is. */
static enum decode_result decode_point(enum decode_result decode(struct packet *packet,
                                                                 struct cursor cursor),
                                       struct packet *packet, struct cursor cursor) {
    enum decode_result result = decode(packet, cursor);
    bool is_nobodys = mac_is_zero(&packet->mac[SOURCE]) && !packet->ip[SOURCE].family;
    return result == DECODE_OK && is_nobodys ? DECODE_UNSUPPORTED : result;
}

enum { LINKTYPE_RAW = 101 }; /* what DLT_RAW is in files, where it differs by system */

bool decode_knows(int link_type) {
    switch (link_type) {
    case DLT_EN10MB:
    case DLT_RAW:
    case LINKTYPE_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
    case DLT_NULL:
    case DLT_LOOP:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
    case DLT_PPP:
    case DLT_PPP_SERIAL:
    case DLT_PPP_ETHER:
    case DLT_C_HDLC:
    case DLT_IEEE802_11:
    case DLT_IEEE802_11_RADIO:
    case DLT_IEEE802_11_RADIO_AVS:
    case DLT_PRISM_HEADER:
        return true;
    default:
        return false;
    }
}

enum decode_result decode_frame(int link_type, const uint8_t *bytes, uint32_t captured,
                                uint32_t wire, struct packet *packet) {
    if (wire < captured)
        wire = captured; /* what was seen was there */
    *packet = (struct packet){.time_ns = packet->time_ns,
                              .trust = packet->trust,
                              .wire_length = wire,
                              .captured_length = captured};
    struct cursor cursor = {.at = bytes, .captured = captured, .length = wire};
    if (link_type == DLT_EN10MB) /* nearly always, so without a jump through a table */
        return decode_ethernet(packet, cursor);
    switch (link_type) {
    case DLT_RAW:
    case LINKTYPE_RAW:
        return decode_network_raw(packet, cursor);
    case DLT_IPV4:
        return decode_network(packet, cursor, ETHERTYPE_IPV4);
    case DLT_IPV6:
        return decode_network(packet, cursor, ETHERTYPE_IPV6);
    case DLT_NULL:
    case DLT_LOOP:
        return decode_loopback(packet, cursor);
    case DLT_LINUX_SLL:
        return decode_cooked_1(packet, cursor);
    case DLT_LINUX_SLL2:
        return decode_cooked_2(packet, cursor);
    case DLT_PPP:
    case DLT_PPP_SERIAL:
    case DLT_C_HDLC:
        return decode_point(decode_ppp_serial, packet, cursor);
    case DLT_PPP_ETHER:
        return decode_point(decode_ppp_session, packet, cursor);
    case DLT_IEEE802_11:
        return decode_wireless(packet, cursor);
    case DLT_IEEE802_11_RADIO:
        return decode_wireless_radiotap(packet, cursor);
    case DLT_IEEE802_11_RADIO_AVS:
        return decode_wireless_avs(packet, cursor);
    case DLT_PRISM_HEADER:
        return decode_wireless_prism(packet, cursor);
    default:
        return DECODE_UNSUPPORTED;
    }
}
