#include "tests/traffic/frame.h"

#include <string.h>

enum {
    FRAME_MINIMUM = 60,
    PROTOCOL_ICMP = 1,
    PROTOCOL_IGMP = 2,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17
};

const struct mac frame_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static void put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* RFC 1071, folded by the caller's last step. */
static uint64_t sum(uint64_t total, const uint8_t *bytes, size_t length) {
    for (; length > 1; bytes += 2, length -= 2)
        total += (uint64_t)bytes[0] << 8 | bytes[1];
    return length ? total + ((uint64_t)bytes[0] << 8) : total;
}

static unsigned fold(uint64_t total) {
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (unsigned)~total & 0xffff;
}

bool frame_same_mac(const struct mac *a, const struct mac *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct mac frame_multicast_mac(uint32_t group) {
    return (struct mac){{0x01, 0x00, 0x5e, (uint8_t)(group >> 16 & 0x7f),
                         (uint8_t)(group >> 8), (uint8_t)group}};
}

static size_t padded(uint8_t *out, size_t length) {
    if (length >= FRAME_MINIMUM)
        return length;
    memset(out + length, 0, FRAME_MINIMUM - length);
    return FRAME_MINIMUM;
}

static void ethernet(uint8_t *out, const struct mac *source, const struct mac *target,
                     unsigned ethertype) {
    memcpy(out, target->bytes, 6);
    memcpy(out + 6, source->bytes, 6);
    put16(out + 12, ethertype);
}

size_t frame_ethernet(uint8_t *out, const struct mac *source, const struct mac *target,
                      unsigned ethertype, const void *payload, size_t length) {
    ethernet(out, source, target, ethertype < 0x600 ? (unsigned)length : ethertype);
    memcpy(out + FRAME_ETHERNET, payload, length);
    return padded(out, FRAME_ETHERNET + length);
}

size_t frame_arp(uint8_t *out, const struct mac *source, const struct mac *target,
                 enum frame_arp_operation operation, const struct mac *sender_mac,
                 uint32_t sender_ip, const struct mac *target_mac, uint32_t target_ip) {
    static const uint8_t head[6] = {0, 1, 8, 0, 6, 4};
    uint8_t body[28];
    memcpy(body, head, sizeof head);
    put16(body + 6, operation);
    memcpy(body + 8, sender_mac->bytes, 6);
    put32(body + 14, sender_ip);
    memcpy(body + 18, target_mac->bytes, 6);
    put32(body + 24, target_ip);
    return frame_ethernet(out, source, target, FRAME_ARP, body, sizeof body);
}

/* Ethernet and IP headers over `length` bytes already known to follow. */
static void internet(uint8_t *out, const struct path *path, unsigned protocol,
                     const uint8_t *options, size_t option_bytes, size_t length) {
    uint8_t *ip = out + FRAME_ETHERNET;
    size_t header = 20 + option_bytes;
    ethernet(out, &path->source, &path->target, FRAME_IPV4);
    memset(ip, 0, 20);
    ip[0] = (uint8_t)(0x40 | header / 4);
    put16(ip + 2, (unsigned)(header + length));
    put16(ip + 4, path->id);
    ip[6] = 0x40;
    ip[8] = path->ttl;
    ip[9] = (uint8_t)protocol;
    put32(ip + 12, path->source_ip);
    put32(ip + 16, path->target_ip);
    if (option_bytes)
        memcpy(ip + 20, options, option_bytes);
    put16(ip + 10, fold(sum(0, ip, header)));
}

/* TCP and UDP: check sum over pseudo header and segment, written at `at`. */
static void transport_sum(uint8_t *out, unsigned protocol, size_t length, size_t at) {
    uint64_t total = sum(protocol + length, out + FRAME_ETHERNET + 12, 8);
    put16(out + FRAME_IP + at, 0);
    unsigned folded = fold(sum(total, out + FRAME_IP, length));
    put16(out + FRAME_IP + at,
          protocol == PROTOCOL_UDP && folded == 0 ? 0xffff : folded);
}

size_t frame_tcp(uint8_t *out, const struct path *path, const struct tcp_header *header,
                 const void *payload, size_t length) {
    /* MSS 1460, SACK permitted, window scale 7 with the no-operations that align them. */
    static const uint8_t options[] = {2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7};
    size_t option_bytes = header->flags & TCP_SYN ? sizeof options : 0;
    uint8_t *tcp = out + FRAME_IP;
    put16(tcp, header->source_port);
    put16(tcp + 2, header->target_port);
    put32(tcp + 4, header->sequence);
    put32(tcp + 8, header->acknowledgement);
    tcp[12] = (uint8_t)((20 + option_bytes) / 4 << 4);
    tcp[13] = header->flags;
    put16(tcp + 14, header->window);
    put32(tcp + 16, 0);
    memcpy(tcp + 20, options, option_bytes);
    if (length)
        memcpy(tcp + 20 + option_bytes, payload, length);
    length += 20 + option_bytes;
    internet(out, path, PROTOCOL_TCP, NULL, 0, length);
    transport_sum(out, PROTOCOL_TCP, length, 16);
    return padded(out, FRAME_IP + length);
}

size_t frame_udp(uint8_t *out, const struct path *path, unsigned source_port,
                 unsigned target_port, const void *payload, size_t length) {
    uint8_t *udp = out + FRAME_IP;
    if (length)
        memcpy(udp + 8, payload, length);
    length += 8;
    put16(udp, source_port);
    put16(udp + 2, target_port);
    put16(udp + 4, (unsigned)length);
    internet(out, path, PROTOCOL_UDP, NULL, 0, length);
    transport_sum(out, PROTOCOL_UDP, length, 6);
    return padded(out, FRAME_IP + length);
}

size_t frame_icmp(uint8_t *out, const struct path *path, unsigned type, unsigned code,
                  uint32_t rest, const void *payload, size_t length) {
    uint8_t *icmp = out + FRAME_IP;
    icmp[0] = (uint8_t)type;
    icmp[1] = (uint8_t)code;
    put16(icmp + 2, 0);
    put32(icmp + 4, rest);
    if (length)
        memcpy(icmp + 8, payload, length);
    put16(icmp + 2, fold(sum(0, icmp, 8 + length)));
    internet(out, path, PROTOCOL_ICMP, NULL, 0, 8 + length);
    return padded(out, FRAME_IP + 8 + length);
}

size_t frame_igmp(uint8_t *out, const struct path *path, unsigned type,
                  uint32_t group) {
    static const uint8_t router_alert[] = {0x94, 4, 0, 0};
    uint8_t *igmp = out + FRAME_IP + sizeof router_alert;
    memset(igmp, 0, 8);
    igmp[0] = (uint8_t)type;
    igmp[1] = type == 0x11 ? 100 : 0; /* a query may be answered within 10 s */
    put32(igmp + 4, group);
    put16(igmp + 2, fold(sum(0, igmp, 8)));
    internet(out, path, PROTOCOL_IGMP, router_alert, sizeof router_alert, 8);
    return padded(out, FRAME_IP + sizeof router_alert + 8);
}

void frame_forward(uint8_t *frame) {
    uint8_t *ip = frame + FRAME_ETHERNET;
    size_t header = (size_t)(ip[0] & 15) * 4;
    if (ip[8] > 1)
        ip[8]--;
    put16(ip + 10, 0);
    put16(ip + 10, fold(sum(0, ip, header)));
}
