#ifndef COLLECTORS_DHCP6_H
#define COLLECTORS_DHCP6_H

#include "engine/base/address.h"
#include "engine/base/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* DHCPv6 messages between a client and a server on its link (RFC 8415), as far as they tell
   who is who. What relays carry to each other is not read: it names no MAC for certain. */

enum {
    DHCP6_SOLICIT = 1,
    DHCP6_ADVERTISE = 2,
    DHCP6_REQUEST = 3,
    DHCP6_CONFIRM = 4,
    DHCP6_RENEW = 5,
    DHCP6_REBIND = 6,
    DHCP6_REPLY = 7,
    DHCP6_RELEASE = 8,
    DHCP6_INFORM = 11,
};

struct dhcp6_message {
    uint8_t type;
    struct address ip;                   /* the first of IA_NA; family 0: none */
    struct address resolver;             /* the first of option 23; family 0: none */
    char host[RECORD_TEXT_BYTES];        /* option 39 */
    char vendor[RECORD_TEXT_BYTES];      /* option 16, its first */
    char fingerprint[RECORD_TEXT_BYTES]; /* option 6 as "23,24,39" */
    char mud_url[RECORD_TEXT_BYTES];     /* option 112 (RFC 8520) */
};

/* False if it is none of these types; options are taken up to the first that is broken. */
bool dhcp6_parse(const uint8_t *bytes, size_t length, struct dhcp6_message *message);

#endif
