#ifndef ENGINE_BASE_RECORD_H
#define ENGINE_BASE_RECORD_H

#include "engine/base/address.h"
#include "engine/base/vantage.h"

#include <stdbool.h>
#include <stdint.h>

/* The cut between metering and judging (the metering-process boundary of RFC 5470).
   Above it nobody knows packets, below it nobody knows behaviour. Records go by value
   through a ring; every text in them is terminated and already made harmless. */

enum record_kind {
    RECORD_FLOW,          /* what a biflow did since its last record */
    RECORD_CLAIM,         /* a MAC says that it has an address, or asks who has one */
    RECORD_NAME,          /* a device or an address has a name */
    RECORD_TICK,          /* capture time has reached time_ns, a whole second */
    RECORD_DISCONTINUITY, /* time stepped: close all, judge and learn nothing across */
    RECORD_END,           /* this queue will send no more */
    RECORD_CERTIFICATE,   /* a TLS server shows who it is */
};

enum { INITIATOR = 0, RESPONDER = 1 }; /* RFC 5103 */

enum flow_state {
    FLOW_ATTEMPT,  /* only the initiator spoke so far */
    FLOW_REFUSED,  /* answered by RST to a SYN, or by ICMP unreachable */
    FLOW_ANSWERED, /* both spoke; TCP: the handshake was completed or was never seen */
};

enum flow_event {
    FLOW_NEW = 1, /* the flow's first record */
    FLOW_END = 2, /* its last; end_reason says why */
    FLOW_MIDSTREAM =
        4, /* TCP whose SYN was not seen: who initiated is a guess by port */
};

/* IANA IPFIX information element 136, flowEndReason. */
enum flow_end_reason {
    END_NONE = 0,
    END_IDLE_TIMEOUT = 1,
    END_ACTIVE_TIMEOUT = 2,
    END_OF_FLOW = 3,
    END_FORCED = 4, /* the capture ended, or time stepped */
    END_LACK_OF_RESOURCES = 5,
};

enum {
    RECORD_HELD_S =
        10, /* a quiet flow's deltas wait for a multiple of so many seconds */
    RECORD_SIZE_BINS =
        8, /* IP length: ≤64, ≤128, ≤256, ≤512, ≤768, ≤1024, ≤1280, more */
    RECORD_GAP_BINS =
        8, /* ms between packets: <1, <4, <16, <64, <256, <1024, <4096, more */
    RECORD_OPERATIONS = 4,
    RECORD_APPLICATION_BYTES = 24,
    RECORD_NAME_BYTES = 64,
    RECORD_TEXT_BYTES = 128,
    RECORD_FINGERPRINT_BYTES = 20, /* SHA-1 */
    RECORD_HELLO_BYTES = 40,
};

/* nDPI's numbers of the risks that are judged. */
enum {
    RISK_SCRIPT = 1, /* in the URL of a request */
    RISK_SQL = 2,
    RISK_COMMAND = 3,
    RISK_PORT = 5, /* a known protocol at another port than its own */
    RISK_SELF_SIGNED = 6,
    RISK_EXPIRED = 9, /* a certificate, like the ones around */
    RISK_MISMATCH = 10,
    RISK_GENERATED = 16, /* a name that an algorithm made up */
    RISK_NETWORK = 26, /* lists: of autonomous systems, names, clients, certificates */
    RISK_DOMAIN = 27,
    RISK_HELLO = 28,
    RISK_FINGERPRINT = 29,
    RISK_CLEAR_TEXT = 36, /* a password that anybody can read */
    RISK_EXPLOIT = 40,
};

/* An application operation: protocol and function, as protocol << 8 | function. What a
   server refused has the high bit of the function. */
enum { OPERATION_REFUSED = 0x80 };
enum operation_protocol {
    OPERATION_MODBUS = 1, /* function code */
    OPERATION_DNP3 = 2,   /* application function code */
    OPERATION_MQTT = 3,   /* control packet type */
    OPERATION_HTTP =
        4, /* also RTSP; method: 1 GET, 2 HEAD, 3 POST, 4 PUT, 5 DELETE, 6 other;
                             7: a POST to a log-in form;
                             0: of answers, of which only refusals are told (401, 403) */
    OPERATION_S7 = 5,     /* job function */
    OPERATION_IEC104 = 6, /* ASDU type identification */
    OPERATION_CIP = 7,    /* service */
    OPERATION_BACNET = 8, /* confirmed service */
};

struct operation_count {
    uint16_t operation;
    uint16_t count;
};

/* Of the packets that one side sent in fragments. */
struct fragment_counts {
    uint16_t begun;
    uint16_t whole; /* all of whose fragments came */
    uint16_t bent;  /* whose fragments overlap, as no sender's do in good faith */
};

struct flow_record {
    struct mac mac[2];    /* zero where the link has none */
    struct address ip[2]; /* family 0 for a flow that is not IP */
    uint16_t port[2];   /* ICMP: [RESPONDER] = type << 8 | code; the initiator's is 0 */
    uint16_t vlan;      /* 0 untagged; the outer tag of QinQ */
    uint16_t ethertype; /* 0x0800, …; below 0x0600: LLC, its DSAP << 8 | SSAP */
    uint8_t protocol;   /* IP protocol; 0 where not IP */
    uint8_t state;      /* enum flow_state */
    uint8_t events;     /* set of enum flow_event */
    uint8_t end_reason; /* enum flow_end_reason */
    uint8_t ttl[2];     /* last seen TTL or hop limit; 0 none */
    struct vantage vantage;    /* of the flow's first packet */
    uint64_t start_ns;         /* the flow's first packet */
    uint64_t total_packets[2]; /* since its start */
    uint64_t total_bytes[2];
    /* From here on: deltas since the flow's last record. */
    uint64_t bytes[2]; /* wire length of frames */
    uint32_t packets[2];
    uint32_t payload_packets[2]; /* with transport payload */
    uint16_t syn[2], fin[2], rst[2];
    uint16_t size_bins[2][RECORD_SIZE_BINS];
    uint16_t gap_bins[RECORD_GAP_BINS];
    uint16_t dns_queries, dns_nxdomain; /* of the initiator */
    uint16_t dns_query_bytes; /* sum of the query names' lengths, saturating */
    uint16_t fragments;       /* after the first */
    struct fragment_counts fragmented[2];
    uint16_t operation_overflow; /* operations that found no place below */
    struct operation_count operations[RECORD_OPERATIONS]; /* unused: count 0 */
    /* Known so far; empty or 0 while open. */
    char hello
        [RECORD_HELLO_BYTES]; /* of a TLS or QUIC client: JA3 (hexadecimal) or JA4 */
    uint64_t risks; /* bit n = nDPI risk n (its numbers are only ever appended) */
    char application
        [RECORD_APPLICATION_BYTES]; /* "TLS", "MQTT", "Modbus"; nDPI's names */
    char name
        [RECORD_NAME_BYTES]; /* TLS or QUIC SNI, HTTP host, DNS query: what was asked for */
};

enum claim_kind {
    CLAIM_ARP_REQUEST,  /* mac/ip: the asker (ip may be 0.0.0.0); target_ip: asked for;
                          target_mac: whom it asked, mostly everybody (broadcast) */
    CLAIM_ARP_REPLY,    /* mac/ip: who answers; target_mac/target_ip: to whom */
    CLAIM_ARP_ANNOUNCE, /* gratuitous, by request or by reply to broadcast */
    CLAIM_ND_SOLICIT,
    CLAIM_ND_ADVERTISE,
    CLAIM_ROUTER_ADVERTISE,
    CLAIM_DHCP_REQUEST, /* mac: the client; ip: the address it asks for, if any */
    CLAIM_DHCP_ACK, /* mac/ip: client and its address; target_mac/target_ip: the server */
    CLAIM_DHCP_OFFER, /* the same; a server speaks */
    CLAIM_CONTRADICTION, /* DNS answers to one question from ip to target_ip that differ: the
                            first came from target_mac, the other from frame_mac */
    CLAIM_REDIRECT, /* ip is the better way to target_ip: told to target_mac, by ICMP */
};

struct claim_record {
    struct mac mac, target_mac;
    struct mac
        frame_mac; /* the frame's source, which may differ from what it says inside */
    struct address ip, target_ip;
    struct address router, resolver; /* of a lease: the first that it names */
    uint16_t vlan;
    uint8_t kind; /* enum claim_kind */
};

enum name_kind {
    NAME_DHCP_HOST,        /* option 12 */
    NAME_DHCP_VENDOR,      /* option 60 */
    NAME_DHCP_FINGERPRINT, /* option 55 as "1,3,6,15" */
    NAME_MDNS,             /* a host's */
    NAME_LLDP,
    NAME_SSDP,       /* SERVER */
    NAME_DNS_ANSWER, /* ip has the name text, as answered to mac */
    NAME_DHCP_MUD,   /* option 161: where its MUD file is (RFC 8520, 10) */
    NAME_DHCP6_HOST, /* option 39, the whole name */
    NAME_DHCP6_VENDOR,
    NAME_DHCP6_FINGERPRINT, /* option 6 as "23,24,39" */
    NAME_MDNS_SERVICE,      /* an instance: "Office._ipp._tcp.local" */
    NAME_MDNS_MODEL,        /* of its TXT record */
    NAME_SSDP_DEVICE,       /* "urn:schemas-upnp-org:device:MediaRenderer:1" */
    NAME_LLDP_DESCRIPTION,
    NAME_LLDP_MUD,
    NAME_CDP,
    NAME_CDP_PLATFORM,
    NAME_NETBIOS,
    NAME_USER_AGENT,
    NAME_HTTP_SERVER,
    NAME_SSH,         /* the banner, whichever side's */
    NAME_JA3,         /* of a TLS client's hello, hexadecimal */
    NAME_ASKED,       /* whom it asked for: a TLS or QUIC server's name */
    NAME_CERTIFICATE, /* the subject of the one that it shows */
    NAME_JA4,
    NAME_LOCAL_ANSWER, /* it says, when asked on the link, that it is so called */
    NAME_KINDS
};

struct name_record {
    struct mac mac;    /* whose name; DNS answer: who asked */
    struct address ip; /* DNS answer: what the name stands for; else the sender's */
    uint16_t vlan;
    uint8_t kind; /* enum name_kind */
    char text[RECORD_TEXT_BYTES];
};

/* The certificate of a TLS server, as it travels in the clear up to TLS 1.2. */
struct certificate_record {
    struct mac mac;    /* of the frames that bring it */
    struct address ip; /* the server's */
    uint16_t vlan, port;
    bool self_signed;                   /* issuer and subject are the same */
    uint64_t not_before_s, not_after_s; /* epoch; 0 unknown */
    uint8_t fingerprint[RECORD_FINGERPRINT_BYTES];
    char issuer[RECORD_NAME_BYTES];  /* its organization, else its whole name */
    char subject[RECORD_NAME_BYTES]; /* its common name, else its whole name */
};

struct tick_record {
    uint64_t seen, lost; /* frames since the last tick; lost ones and records, live */
    uint8_t outage;      /* enum outage, live */
};

struct record {
    uint64_t time_ns; /* capture time, since the epoch; TICK: the boundary reached */
    /* Its place among the records of all queues, which is the same however many queues
       there are: neither goes back within one, but for reached_ns at a discontinuity. */
    uint64_t reached_ns; /* capture time when it was handed out */
    uint64_t rank;       /* among those that were handed out then */
    uint64_t sequence;   /* counts up by one in each queue */
    uint16_t queue;
    uint16_t kind; /* enum record_kind */
    union {
        struct flow_record flow;
        struct claim_record claim;
        struct name_record name;
        struct certificate_record certificate;
        struct tick_record tick;
    };
};

#endif
