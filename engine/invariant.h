#ifndef ENGINE_INVARIANT_H
#define ENGINE_INVARIANT_H

#include "engine/base/record.h"
#include "engine/engine.h"
#include "engine/risk.h"
#include "engine/sliding.h"
#include "models/heavy.h"

#include <stdbool.h>
#include <stdint.h>

/* Rules that need no baseline: counts over the last while against rates from the config.
   They count from the first packet, in learning too. Only what stays unanswered counts as
   scanning, so that a busy device is not a suspicious one. */

enum {
    INVARIANT_CHANNELS = 4,
    INVARIANT_FAILED_NAMES = 8,
    INVARIANT_LOGIN_HOSTS = 4,
    INVARIANT_ONEWAY = 4,
    INVARIANT_REGISTERS = 32
};

/* A peer and service that a device keeps trying in vain. */
struct failing_channel {
    struct address ip;
    uint16_t port;
    uint8_t protocol;
    uint8_t tries;    /* calls in a row, none long after the one before */
    uint32_t tried_s; /* the last of them */
    struct sliding_count attempts;
    uint32_t first_s, last_s;
};

struct login_target {
    struct address ip;
    uint8_t share; /* packets or requests that are one attempt */
    uint16_t port;
    struct sliding_count attempts;
};

/* One of the peers that get most packets within a second. */
struct oneway_peer {
    struct address ip;
    bool is_local, echoes;
    uint32_t received; /* packets from it, unless they are echoes */
    float bytes;       /* to it */
};

struct invariant_state {
    struct sliding_distinct hosts, ports; /* unanswered */
    struct { /* the same in this half hour, for those who take their time */
        uint32_t half_hour;
        uint8_t hosts[INVARIANT_REGISTERS / 2], ports[INVARIANT_REGISTERS / 2];
    } patience;
    struct sliding_count sources; /* flows from addresses not its own */
    struct login_host {
        uint32_t hash, last_s;
    } login_hosts[INVARIANT_LOGIN_HOSTS]; /* neighbours logged in to, newest first */
    struct sliding_count unanswered;      /* attempts in all */
    struct sliding_count arp_replies;     /* unsolicited */
    struct sliding_count refused;         /* application requests */
    struct sliding_count dns_bytes, dns_long, dns_failed;
    struct sliding_count begun, whole, bent;      /* packets sent in fragments */
    uint8_t failed_names[INVARIANT_FAILED_NAMES]; /* the last ones, hashed; 0 none */
    struct login_target login;
    struct login_target flood; /* attempts and where they go, in seconds */
    struct failing_channel channels[INVARIANT_CHANNELS];
    struct address last_host, last_port_host, last_refuser; /* for the sentence */
    struct address fragments_to;
    struct address insisted, controlled, lateral, spoofed, login_host;
    uint16_t lateral_port;
    uint16_t control; /* the operation that stops or restarts, or is a stranger's */
    uint32_t moved_s; /* when it took `claimed` without a lease; 0 not */
    struct invariant_news { /* since the last judgement */
        uint32_t conflicts, hosts, ports, logins, forms, attempts, failing, arp_replies,
            dns, refused;
        uint32_t breaches, fragments;
        uint32_t insistence, lateral, sources;
        bool spoofs, of_gateway, control, strange_order;
        struct heavy_place heavy[INVARIANT_ONEWAY]; /* packets to single hosts */
        struct oneway_peer oneway[INVARIANT_ONEWAY];
    } news;
    struct mac holder; /* whose address was claimed */
    struct address claimed;
    struct { /* the last flow that no rule of the zones allows */
        struct address ip;
        uint16_t port;
        uint8_t protocol, zone; /* the other side's */
    } breach;
};

/* Of this network; or outside, and if so, an address that the names' servers have told. */
enum invariant_peer { PEER_OUTSIDE, PEER_LOCAL, PEER_NAMED };

/* A device started or went on with a flow to `ip` (its own side is `side`). */
void invariant_flow(struct invariant_state *state,
                    const struct invariant_limits *limits,
                    const struct flow_record *flow, unsigned side,
                    enum invariant_peer place, uint64_t now_s);

/* It has just opened such a flow, unanswered so far, to a peer outside that is new to it. To
   be called after invariant_flow. */
void invariant_calls_in_vain(struct invariant_state *state,
                             const struct flow_record *flow, uint64_t now_s);

/* The way out is down: that nobody answers is not its doing, and what it was counting in
   vain begins anew. */
void invariant_excuse_calls(struct invariant_state *state);

/* It gave a controller that never met it an order (order_of_stranger). */
void invariant_strange_order(struct invariant_state *state,
                             const struct flow_record *flow, uint16_t order);

/* It asked by ARP for an address that nobody answered for. */
void invariant_unanswered_arp(struct invariant_state *state,
                              const struct invariant_limits *limits,
                              const struct address *target, uint64_t now_s);

void invariant_unsolicited_arp(struct invariant_state *state,
                               const struct invariant_limits *limits, uint64_t now_s);

/* It claimed an address that a living device holds; `spoofs`: it has one of its own,
   `of_gateway`: the holder is a router. */
void invariant_conflict(struct invariant_state *state, const struct address *ip,
                        const struct mac *holder, bool spoofs, bool of_gateway);

/* It opened what the rules do not allow from its zone to `zone`. */
void invariant_breach(struct invariant_state *state, const struct flow_record *flow,
                      uint8_t zone);

/* It took another address without a lease. */
void invariant_moved(struct invariant_state *state, const struct address *ip,
                     uint64_t now_s);

/* A lease explains it after all. */
void invariant_leased(struct invariant_state *state);

/* It asked `repeats` times in a row for an address that answers, and for another. */
void invariant_insists(struct invariant_state *state, const struct address *ip,
                       uint32_t repeats);

/* It and the flow's responder both serve an industrial protocol: is this flow one? */
void invariant_between_field(struct invariant_state *state,
                             const struct flow_record *flow);

/* Whether the flow shows a controller at work: its responder answers to an industrial
   protocol. */
bool invariant_is_industrial(const struct flow_record *flow);

/* Whether the flow is a seat at another machine (SSH, Telnet, RDP, VNC), not just a service
   that asks for a password. */
bool invariant_is_shell(const struct flow_record *flow);
bool invariant_is_shell_port(uint16_t port);
/* Whether the flow asks if somebody is there (ICMP echo), and not what answers. */
bool invariant_is_echo(const struct flow_record *flow);

/* How many neighbours it has opened a shell at in the last ten minutes, as far as counted. */
unsigned invariant_login_hosts(const struct invariant_state *state, uint64_t now_s);

/* It sent from an address that is not its own, and nobody answered. */
void invariant_spoofs(struct invariant_state *state,
                      const struct invariant_limits *limits,
                      const struct address *source, uint64_t now_s);

/* What holds now: at most EVIDENCE_COUNT pieces of hard evidence with observed, expected and
   strength in `points` (5 + log10 of the excess, on the scale of an anomaly), and whether
   each is a lasting condition that must not climb. A condition holds only while it goes on:
   something of its kind must have happened since the last call. */
struct invariant_verdict {
    struct evidence evidence;
    bool lasting;
};
unsigned invariant_judge(struct invariant_state *state,
                         const struct invariant_limits *limits, uint64_t now_s,
                         struct invariant_verdict verdicts[EVIDENCE_COUNT]);

/* The same of the peers to which the flows of a window were opened, answered or not; `last`
   is one of them. False where they are not too many. */
bool invariant_judge_reach(const struct invariant_limits *limits, double peers,
                           const struct address *last,
                           struct invariant_verdict *verdict);

#endif
