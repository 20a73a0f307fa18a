#ifndef COLLECTORS_DHCP_H
#define COLLECTORS_DHCP_H

#include "engine/base/address.h"
#include "engine/base/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DHCPv4 messages (RFC 2131, options by RFC 2132), as far as they tell who is who. */

enum {
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_ACK = 5,
    DHCP_INFORM = 8,
};

/* Addresses that the message does not have are of family 0, texts that it does not have
   "". */
struct dhcp_message {
    uint8_t type; /* DHCP_REQUEST, … */
    struct mac client;
    struct address client_ip;            /* that the client has */
    struct address your_ip;              /* that the server gives */
    struct address requested_ip;         /* option 50 */
    struct address server_ip;            /* option 54 */
    struct address router, resolver;     /* the first of options 3 and 6 */
    char host[RECORD_TEXT_BYTES];        /* option 12 */
    char vendor[RECORD_TEXT_BYTES];      /* option 60 */
    char fingerprint[RECORD_TEXT_BYTES]; /* option 55 as "1,3,6,15" */
    char mud_url[RECORD_TEXT_BYTES];     /* option 161 (RFC 8520) */
};

/* False if it is no DHCP message of an Ethernet client, or its options are broken
   before a message type came. */
bool dhcp_parse(const uint8_t *bytes, size_t length, struct dhcp_message *message);

#endif
