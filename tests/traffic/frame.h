#ifndef TESTS_TRAFFIC_FRAME_H
#define TESTS_TRAFFIC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames as they stand on an Ethernet wire: headers, check sums, padding to 60 bytes. Each
   builder writes into `out`, which holds FRAME_BYTES, and returns the length written. */

enum {
    FRAME_BYTES = 1514,
    FRAME_SEGMENT_BYTES = 1460, /* TCP payload at most */
    FRAME_ETHERNET = 14,
    FRAME_IP = 34,
    FRAME_ARP = 0x0806,
    FRAME_IPV4 = 0x0800,
};

enum frame_tcp_flag {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16
};
enum frame_arp_operation { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct mac {
    uint8_t bytes[6];
};

extern const struct mac frame_broadcast;

/* Addresses are host-order IPv4 throughout the simulator. */
struct path {
    struct mac source, target;
    uint32_t source_ip, target_ip;
    uint16_t id;
    uint8_t ttl;
};

struct tcp_header {
    uint16_t source_port, target_port;
    uint32_t sequence, acknowledgement;
    uint16_t window;
    uint8_t flags; /* set of enum frame_tcp_flag; SYN brings the usual options */
};

bool frame_same_mac(const struct mac *a, const struct mac *b);
struct mac frame_multicast_mac(uint32_t group);

/* Any EtherType of at least 0x600; a smaller one is the length field, put in by itself. */
size_t frame_ethernet(uint8_t *out, const struct mac *source, const struct mac *target,
                      unsigned ethertype, const void *payload, size_t length);

/* `source` and `target` of the frame may differ from what the packet says inside. */
size_t frame_arp(uint8_t *out, const struct mac *source, const struct mac *target,
                 enum frame_arp_operation operation, const struct mac *sender_mac,
                 uint32_t sender_ip, const struct mac *target_mac, uint32_t target_ip);

size_t frame_tcp(uint8_t *out, const struct path *path, const struct tcp_header *header,
                 const void *payload, size_t length);
size_t frame_udp(uint8_t *out, const struct path *path, unsigned source_port,
                 unsigned target_port, const void *payload, size_t length);
size_t frame_icmp(uint8_t *out, const struct path *path, unsigned type, unsigned code,
                  uint32_t rest, const void *payload, size_t length);

/* An IGMPv2 message; the IP header carries the router alert option. */
size_t frame_igmp(uint8_t *out, const struct path *path, unsigned type, uint32_t group);

/* As a router does: TTL down by one, header check sum to match. */
void frame_forward(uint8_t *frame);

#endif
