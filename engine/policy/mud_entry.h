#ifndef ENGINE_POLICY_MUD_ENTRY_H
#define ENGINE_POLICY_MUD_ENTRY_H

#include "engine/policy/mud.h"

/* What reading a profile (mud_read.c) and judging by it (mud.c) must agree on: private to the
   two. */

struct mud_ports {
    uint16_t low, high;
    bool outside; /* all but these */
};

enum mud_opener { OPENED_BY_ANY, OPENED_BY_DEVICE, OPENED_BY_PEER };

/* One access control entry, seen from the device: source and destination are the device's and
   the peer's, whichever way it goes. Texts are the profile's; NULL: any. */
struct mud_entry {
    bool to_device, accept;
    bool has_protocol, has_ethertype, has_type, has_code;
    bool is_icmp;   /* ICMP or ICMPv6 */
    uint8_t family; /* 0 any */
    uint8_t protocol, type, code;
    uint8_t opener; /* enum mud_opener */
    uint16_t ethertype;
    struct prefix device, peer; /* family 0: any */
    struct mac peer_mac;        /* zero: any */
    struct mud_ports device_ports, peer_ports;
    bool local_networks, same_manufacturer, my_controller;
    char *name, *controller, *manufacturer, *model;
};

struct mud {
    char *url, *system;
    size_t count;
    struct mud_entry *entries; /* in the order in which they are tried */
    size_t name_count;
    const char **names; /* of all entries, in order */
};

#endif
