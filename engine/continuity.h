#ifndef ENGINE_CONTINUITY_H
#define ENGINE_CONTINUITY_H

#include "engine/base/record.h"
#include "engine/fact.h"

#include <stdbool.h>
#include <stdint.h>

/* Is it still who it was? A MAC is a name that anybody can take. Who takes it beside its
   owner shows two stacks in turn, or stands in two places; who takes it in its absence comes
   back with other habits. Signs only count where one device could not give them: a change of
   software changes one of them, and a start from the network shows another DHCP client, but
   after a silence. */

enum { CONTINUITY_SYSTEMS = 5 };

struct continuity {
    uint32_t fingerprint, former; /* hashes of the DHCP client's ways: now and before */
    uint32_t flip_s;              /* since when the stacks take turns */
    uint32_t returned_s;     /* when it was last heard of after an absence; 0 never */
    uint32_t home_s, away_s; /* first heard in `home`, in `away` */
    uint16_t home, away;     /* VLANs; away 0: none */
    uint8_t hop_limit;       /* of its own TCP: 64, 128, …; 0 not seen */
    uint8_t flips;           /* of the hop limit */
    uint8_t fingerprint_flips;
    uint8_t steps;               /* packets that somebody behind it must have sent */
    uint8_t systems;             /* set of operating systems that its browsers name */
    uint8_t crossings;           /* from VLAN to VLAN */
    uint8_t differences;         /* set of enum difference since its return */
    bool is_told;                /* this return has been told of */
    bool is_trunk;               /* its link carries several VLANs by design */
    bool has_hello;              /* a hello of its TLS is known */
    uint16_t keys, strange_keys; /* that it used since its return */
};

enum difference {
    DIFFERENCE_CLIENT = 1,  /* the DHCP client's ways */
    DIFFERENCE_NAME = 2,    /* the host name */
    DIFFERENCE_STACK = 4,   /* the hop limit that it begins with */
    DIFFERENCE_HELLO = 8,   /* the hello of its TLS */
    DIFFERENCE_HABITS = 16, /* whom it speaks with, and how */
};

/* What has just become certain. */
enum doubt {
    DOUBT_NONE,
    DOUBT_TWO_STACKS, /* two speak under its MAC in turn */
    DOUBT_TWO_PLACES, /* it is in two VLANs at the same time */
    DOUBT_VLAN_HOP,   /* it went to another VLAN without asking for an address there */
    DOUBT_REPLACED,   /* it came back as somebody else */
};

/* Whether one who came back then may still be somebody else; 0: it never was away. */
bool continuity_is_proving(uint32_t returned_s, uint32_t now_s);

/* Heard again after an absence. */
void continuity_return(struct continuity *state, uint32_t returned_s);

/* It opened a TCP flow from its own address with this hop limit. */
enum doubt continuity_hop_limit(struct continuity *state, uint8_t ttl, uint32_t now_s);

/* It sent in a VLAN, 0 untagged; `leased_s`: when it last asked for an address. */
enum doubt continuity_place(struct continuity *state, uint16_t vlan, uint32_t leased_s,
                            uint32_t now_s);

/* The window is over: has it been in another VLAN for long enough? */
enum doubt continuity_settle(struct continuity *state, uint32_t leased_s,
                             uint32_t now_s);

/* It said something of itself; `differs`: and something else before. `is_boot`: by a client that only starts the machine. `silent_s`: since it was last heard. */
enum doubt continuity_said(struct continuity *state, enum name_kind source,
                           const char *text, bool differs, bool is_boot,
                           uint64_t silent_s, uint32_t now_s);

/* In the window that is over it used so many habits, of which so many were strange to it. */
enum doubt continuity_habits(struct continuity *state, unsigned keys, unsigned strange,
                             uint32_t now_s);

/* Several stand behind it: a translator or a proxy. */
bool continuity_is_shared(const struct continuity *state);

#endif
