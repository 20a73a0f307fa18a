#ifndef ENGINE_FACT_H
#define ENGINE_FACT_H

#include "engine/base/record.h"

#include <stdint.h>

/* A fact: what somebody says of a device, or what can be read off its traffic. Its text came
   from the network and has been made harmless. */

enum { FACT_TEXT_BYTES = 68 };

/* id, name as served, how many of the kind are kept: up to SERVER one from each source, from
   there on several from one. Where there are too many facts, those of the last kinds give way
   first. */
#define FACT_KINDS(X)                                                                  \
    X(HOST_NAME, "host_name", 4)                                                       \
    X(VENDOR_CLASS, "vendor_class", 2)                                                 \
    X(DHCP_FINGERPRINT, "dhcp_fingerprint", 2)                                         \
    X(MODEL, "model", 2)                                                               \
    X(PLATFORM, "platform", 1)                                                         \
    X(DESCRIPTION, "description", 1)                                                   \
    X(MUD_URL, "mud_url", 2)                                                           \
    X(CERTIFICATE, "certificate", 1)                                                   \
    X(SSH_BANNER, "ssh_banner", 1)                                                     \
    X(SERVER, "server", 2)                                                             \
    X(SERVICE, "service", 4)                                                           \
    X(USER_AGENT, "user_agent", 3)                                                     \
    X(JA3, "ja3", 3)                                                                   \
    X(ASKED_NAME, "asked_name", 3)                                                     \
    X(JA4, "ja4", 3)

enum fact_kind {
#define FACT_ENUM(id, name, most) FACT_##id,
    FACT_KINDS(FACT_ENUM)
#undef FACT_ENUM
        FACT_COUNT
};

struct known_fact {
    uint32_t first_s, last_s; /* last_s 0: a free place */
    uint8_t kind;             /* enum fact_kind */
    uint8_t source;           /* enum name_kind: which announcement said so */
    uint8_t confidence;       /* percent: how far such a fact can be believed */
    uint8_t spare;
    char text[FACT_TEXT_BYTES];
};

#endif
