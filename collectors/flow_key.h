#ifndef COLLECTORS_FLOW_KEY_H
#define COLLECTORS_FLOW_KEY_H

#include "collectors/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* What makes a flow that flow, the same for both directions. No padding: it is hashed
   and compared as bytes. */
struct flow_key {
    uint8_t
        ip[2]
          [16]; /* the end that compares lower comes first, with all that is its own */
    struct mac mac[2]; /* zero where the link tells the sender's alone, or none */
    uint16_t port[2];  /* ICMP: both are the request's type << 8 | code */
    uint16_t vlan, inner_vlan;
    uint16_t ethertype;
    uint8_t protocol;
    uint8_t family; /* 0, 4, 6 as of struct address; 1: LLC */
};

/* Returns which end of the key sent the packet, 0 or 1. */
unsigned flow_key_of_packet(struct flow_key *key, const struct packet *packet);

/* The address of one of its ends; of family 1 for LLC. */
struct address flow_key_address(const struct flow_key *key, unsigned end);

/* Of the packet that an ICMP error quotes, as it was seen where the error is seen. */
unsigned flow_key_of_quote(struct flow_key *key, const struct packet *packet);

/* Same ends, VLAN and protocol, whatever the ports. */
bool flow_key_is_related(const struct flow_key *a, const struct flow_key *b);

/* Whether a flow whose first packet is this one was begun by its receiver: a SYN-ACK,
   an ICMP reply, or TCP without SYN and UDP from a service's port to one that is
   none. */
bool flow_key_is_reply(const struct packet *packet);

#endif
