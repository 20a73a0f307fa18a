#ifndef COLLECTORS_DNS_H
#define COLLECTORS_DNS_H

#include "collectors/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DNS messages (RFC 1035), read in place with bounds: no allocation, and a compression
   pointer only ever leads backwards. Names come out harmless, in lower case (they
   compare without case), without the last dot, a dot inside a label as "\."; the root
   is "". */

enum { DNS_NAME_BYTES = 256, DNS_ADDRESSES = 8 };
enum {
    DNS_A = 1,
    DNS_CNAME = 5,
    DNS_PTR = 12,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_SRV = 33
};
enum { DNS_NXDOMAIN = 3 }; /* an rcode */

struct dns_message {
    uint16_t id;
    bool is_response;
    uint8_t opcode; /* 0: a query */
    uint8_t rcode;
    uint16_t questions;        /* as the header says */
    uint16_t type;             /* of the first question */
    char name[DNS_NAME_BYTES]; /* of the first question; "" if there is none */
    unsigned name_bytes;       /* its length, without the terminator */
    unsigned
        address_count; /* A and AAAA of the answer section, whatever CNAMEs led there */
    struct address addresses[DNS_ADDRESSES];
};

/* Header, first question, answers. False if header or question are cut or broken;
   answers are taken up to the first that is. */
bool dns_parse(const uint8_t *bytes, size_t length, struct dns_message *message);

/* The same from a packet of port 53, UDP, or TCP where the payload begins with a
   message. False for all others, without reading the payload. */
bool dns_parse_packet(const struct packet *packet, struct dns_message *message);

/* Message by record, for multicast DNS. */
struct dns_reader {
    const uint8_t *bytes;
    size_t length, offset;
    unsigned left; /* records still to come: answers, authorities, additional */
    bool is_response;
};

struct dns_resource {
    char name[DNS_NAME_BYTES]; /* the owner's */
    uint16_t type;
    const uint8_t *data; /* inside the message */
    uint16_t data_length;
};

/* Read the header and skip the questions. */
bool dns_open(struct dns_reader *reader, const uint8_t *bytes, size_t length);
/* The next record; false at the end or at the first that is broken. */
bool dns_next(struct dns_reader *reader, struct dns_resource *resource);

#endif
