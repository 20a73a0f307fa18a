#ifndef ENGINE_WINDOW_H
#define ENGINE_WINDOW_H

#include "engine/base/record.h"
#include "models/baseline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one device did in the open window of ten seconds, and the numbers made of it. */

enum { WINDOW_S = 10, WINDOW_DISTINCT_BITS = 256, WINDOW_REGISTERS = 256 };
_Static_assert(WINDOW_S % RECORD_HELD_S == 0, "what is held would come too late");

/* What nDPI finds odd about a session. */
enum window_oddity {
    ODD_PORT = 1,        /* another than its protocol's */
    ODD_CERTIFICATE = 2, /* self-signed, expired, or another's */
    ODD_REPUTE = 4, /* a generated name, or a bad one: of name, network, hello, … */
};

/* What a key stands for, to tell a person. */
struct window_subject {
    struct address ip;
    struct mac mac; /* of a local peer */
    uint16_t port;
    uint16_t operation;
    uint8_t protocol;
    uint8_t kind;      /* enum baseline_key_kind */
    bool outside : 1;  /* the peer is none of this network */
    bool named : 1;    /* and is known by a name */
    bool asked : 1;    /* of a channel: the device said something */
    bool answered : 1; /* and the peer did */
    uint8_t oddities;  /* of a channel: set of enum window_oddity */
};

struct window {
    uint64_t packets; /* both ways, all kinds */
    float feature[FEATURE_VOLUME_COUNT];
    float upload, download; /* bytes to and from peers outside */
    uint32_t sizes[2][BASELINE_SIZE_BINS];
    uint32_t protocols[BASELINE_PROTOCOL_BINS];
    struct window_distinct {
        uint32_t bits[WINDOW_DISTINCT_BITS / 32];
        uint16_t count; /* of the bits set */
    } peers, services;
    uint8_t reached[WINDOW_REGISTERS / 2]; /* addresses it opened flows to, a sketch */
    struct address last_reached;
    float imposed; /* bytes of log-ins by others and of their pings */
    float logs_in; /* bytes of its log-ins at neighbours */
    bool hard;     /* an invariant spoke in this window */
    float hard_strength;
    uint64_t
        stranger; /* key of one who gave it orders without having met it; 0: none */
    bool struck;  /* an invariant of another device named this one as its target */
    uint8_t key_count;
    struct baseline_key keys[BASELINE_WINDOW_KEYS];
    struct window_subject subjects[BASELINE_WINDOW_KEYS];
};

/* The other end of a flow as the window sees it. */
struct window_peer {
    uint64_t key; /* of the peer: device, domain or prefix; 0: none (multicast) */
    bool local;
    bool named;     /* outside: its key is that of a domain */
    struct mac mac; /* of a local device */
};

/* Add a flow's deltas as seen from its end `side`. */
void window_add(struct window *window, const struct flow_record *flow, unsigned side,
                const struct window_peer *peer);

/* To how many different addresses it has opened flows. */
double window_reached(const struct window *window);

/* ARP requests are no flows; they count apart. */
void window_add_arp_request(struct window *window);

/* Numbers of the whole window, whose end is `end_s`. */
void window_observe(const struct window *window, uint64_t end_s,
                    struct baseline_observation *observation);

/* Whether it mostly fetched: bulk from servers outside that it called, all but one of which it
   has known for long or others use too: an update, a film. The one it knows by its name, and
   nothing else in the window is new. After baseline_recognize. */
bool window_fetches(const struct window *window,
                    const struct baseline_observation *observation);

/* Where the registered domain of a name of `length` bytes begins: its last two labels, or three
   where the last two are short ("co.uk"). 0: it is all there is. */
size_t window_domain_start(const char *name, size_t length);
/* The key of a name's registered domain. Case does not matter. */
uint64_t window_domain_key(const char *name);
/* An outside address: its /16, for IPv6 its /32. */
uint64_t window_prefix_key(const struct address *address);
uint64_t window_mac_key(const struct mac *mac);
uint64_t window_address_key(const struct address *address);

#endif
