#ifndef COLLECTORS_PACKET_H
#define COLLECTORS_PACKET_H

#include "engine/base/address.h"
#include "engine/base/vantage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One frame as the decoder understood it. A small value that borrows the frame's bytes:
   it is good for as long as the capture buffer is. Numbers are in host order. */

enum { SOURCE = 0, DESTINATION = 1 };

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_LLDP = 0x88cc,
    ETHERTYPE_TRANSPARENT = 0x6558, /* a whole Ethernet frame, in tunnels only */
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_MULTICAST = 0x8848,
    ETHERTYPE_PPPOE = 0x8864, /* a session; discovery is 0x8863 */
    ETHERTYPE_BACKBONE = 0x88e7,
    ETHERTYPE_SERVICE = 0x894f,
};

enum {
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_SCTP = 132,
};

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

/* The packet that an ICMP error speaks of, as its sender had sent it. */
struct packet_quote {
    struct address ip[2]; /* [SOURCE], [DESTINATION] */
    uint16_t port[2];     /* as in struct packet */
    uint8_t protocol;
};

/* Whose tunnels are unwrapped: those that come from one of the prefixes; with none,
   everybody's. */
struct tunnel_trust {
    const struct prefix *prefixes;
    size_t count;
};

struct packet {
    /* Set by whoever captures; the decoder leaves them alone. */
    uint64_t time_ns;
    const struct tunnel_trust *trust; /* borrowed; NULL: unwrap everybody's tunnels */

    uint32_t wire_length;     /* of the frame, bytes; never less than was captured */
    uint32_t captured_length; /* of the frame, bytes */

    /* [SOURCE], [DESTINATION]; zero where the link has none. In a tunnel they are, with
       the VLANs, those of the Ethernet inside. Where there is none inside, a tunnel
       that is not over IP keeps the frame's; over IP the source alone stays, as
       Linux's cooked capture has it: it tells the machine that brought the packet in,
       while the destination may be a sensor's, for either direction of a flow. */
    struct mac mac[2];
    uint16_t vlan;       /* VLAN id of the outer tag, 0 untagged */
    uint16_t inner_vlan; /* of the second tag, 0 none */
    uint16_t ethertype;  /* 0x0800, …; with is_llc: DSAP << 8 | SSAP */
    bool is_llc;         /* 802.3 with LLC that is not SNAP-encapsulated Ethernet */

    struct address ip[2]; /* family 0: not IP */
    uint8_t protocol;     /* after IPv6 extension headers; 0 where not IP */
    uint8_t ttl;          /* or hop limit */
    uint8_t tcp_flags;    /* the low eight, as in the header */
    uint16_t port[2];     /* TCP, UDP, SCTP; ICMP: [DESTINATION] = type << 8 | code */
    uint32_t tcp_sequence;
    uint32_t tcp_acknowledgement;

    bool is_fragment;       /* part of a fragmented IP packet */
    bool is_first_fragment; /* with is_fragment: the one with the ports */
    bool is_last_fragment;
    uint32_t fragment_id; /* with ip[] and protocol: which packet it is a part of */
    uint32_t fragment_offset, fragment_length; /* bytes of the whole packet's payload */
    const uint8_t *fragment; /* where they begin; they end with the network's bytes */

    /* An ICMP or ICMPv6 destination unreachable whose quoted packet could be read
       ("fragmentation needed" is none). `quote` is set only then. */
    bool is_unreachable;
    struct packet_quote quote;

    /* What follows the link header: the IP header, an ARP body, an LLDP unit, … without
       padding. */
    const uint8_t *network;
    uint32_t network_captured; /* bytes that are there */
    uint32_t network_length;   /* bytes by the headers; IP: its total length */

    /* The transport header; NULL if not IP, or a fragment after the first. */
    const uint8_t *transport;
    uint32_t transport_captured;

    /* What the transport carries (ICMP: after 8 bytes; a protocol that is not decoded:
       after the IP headers; a fragment after the first: NULL and its length). */
    const uint8_t *payload;
    uint32_t payload_captured; /* bytes that are there, ≤ payload_length */
    uint32_t payload_length;   /* bytes by the headers, never padding */

    struct vantage vantage; /* zero: not in a tunnel. All above is the innermost's */
};

#endif
