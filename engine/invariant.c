#include "engine/invariant_rules.h"

#include "engine/base/fnv.h"
#include "engine/base/mix.h"
#include "engine/order.h"

#include "models/distinct.h"

#include <string.h>

/* FNV-1a, mixed: distinct counting needs spread, not secrecy. */
static uint64_t hash_target(const struct address *ip, uint16_t port, uint8_t protocol) {
    uint64_t h = 0xcbf29ce484222325u;
    for (unsigned i = 0; i < sizeof ip->bytes; i++)
        h = (h ^ ip->bytes[i]) * 0x100000001b3u;
    h = (h ^ port) * 0x100000001b3u;
    h = (h ^ protocol) * 0x100000001b3u;
    return mix_64(h);
}

static uint64_t hash_name(const char *name) {
    uint64_t h = fnv_64(name, strlen(name));
    return h ^ (h >> 32);
}

static bool is_login_port(uint16_t port) {
    switch (port) {
    case 21:
    case 22:
    case 23:
    case 110:
    case 143:
    case 445:
    case 512:
    case 513:
    case 1433:
    case 2222:
    case 2323:
    case 3306:
    case 3389:
    case 5432:
    case 5900:
        return true;
    default:
        return false;
    }
}

static bool is_login_application(const char *name) {
    static const char *const names[] = {"SSH", "Telnet", "RDP", "VNC", "FTP_CONTROL"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool invariant_is_shell_port(uint16_t port) {
    return port == 22 || port == 23 || port == 2222 || port == 2323 || port == 3389 ||
           port == 5900;
}

bool invariant_is_shell(const struct flow_record *flow) {
    return invariant_is_shell_port(flow->port[RESPONDER]) ||
           is_login_application(flow->application);
}

/* Where as many are let pass, the refusal was but the question who asks (RFC 7616). */
static bool is_challenge(const struct flow_record *flow) {
    unsigned asked = 0, refused = 0;
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++) {
        const struct operation_count *o = &flow->operations[i];
        if (o->operation >> 8 == OPERATION_HTTP)
            *(order_is_refused(o->operation) ? &refused : &asked) += o->count;
    }
    return asked >= 2 * refused;
}

/* Follow attempts at one target at a time: another takes over when it is the busier one. */
static void count_target(struct login_target *target, const struct address *ip,
                         uint16_t port, uint32_t slot, uint32_t n, uint8_t share) {
    if (!address_equal(&target->ip, ip) || target->port != port) {
        if (sliding_count_sum(&target->attempts, slot) > n)
            return;
        *target = (struct login_target){.ip = *ip, .share = share, .port = port};
    }
    if (target->share > share)
        target->share = share;
    sliding_count_add(&target->attempts, slot, n);
}

/* SYNs, and datagrams of a flow of their own that nobody answers; of what weighs less, so
   many shares. */
static void count_attempts(struct invariant_state *state, const struct address *peer,
                           uint16_t port, uint32_t n, uint8_t share, uint64_t now_s) {
    n /= share;
    state->news.attempts += n;
    if (n)
        count_target(&state->flood, peer, port, slot_of(now_s, SLIDING_SLOTS), n,
                     share);
}

/* Requests of the initiator's; a broker's messages to a subscriber are not. */
static void count_requests(struct invariant_state *state,
                           const struct flow_record *flow, uint64_t now_s) {
    uint32_t requests = flow->operation_overflow;
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++)
        requests += flow->operations[i].count;
    if (requests > flow->payload_packets[INITIATOR])
        requests = flow->payload_packets[INITIATOR];
    count_attempts(state, &flow->ip[RESPONDER], flow->port[RESPONDER], requests,
                   request_share, now_s);
}

/* Whatever the server answers: a wrong password may be told in a page like any other. */
static void count_forms(struct invariant_state *state,
                        const struct invariant_limits *limits,
                        const struct flow_record *flow, uint64_t now_s) {
    static const uint16_t form = OPERATION_HTTP << 8 | 7;
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++)
        if (flow->operations[i].count && flow->operations[i].operation == form) {
            state->news.forms++;
            count_target(&state->login, &flow->ip[RESPONDER], flow->port[RESPONDER],
                         slot_of(now_s, limits->logins_s), flow->operations[i].count,
                         form_share);
        }
}

static void count_operations(struct invariant_state *state,
                             const struct flow_record *flow, uint64_t now_s) {
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++) {
        const struct operation_count *o = &flow->operations[i];
        if (o->count && order_is_refused(o->operation)) {
            if (o->operation >> 8 == OPERATION_HTTP && is_challenge(flow))
                continue;
            state->news.refused += o->count;
            state->last_refuser = flow->ip[RESPONDER];
            sliding_count_add(&state->refused, slot_of(now_s, refused_s), o->count);
        } else if (o->count && order_stops(o->operation)) {
            state->news.control = true;
            state->control = o->operation;
            state->controlled = flow->ip[RESPONDER];
        }
    }
}

static bool is_attempt_protocol(uint8_t protocol) {
    return protocol == 6 || protocol == 17 || protocol == 1 || protocol == 58 ||
           protocol == 132;
}

/* What every host on the link takes in: broadcasts, groups that routers do not forward, the
   discovery of services. Streams have groups of their own. */
static bool is_for_all(const struct flow_record *flow) {
    static const uint8_t on_link[3] = {224, 0, 0}, services[4] = {239, 255, 255, 250};
    const struct address *to = &flow->ip[RESPONDER];
    enum { SCOPE = 0x0f, LINK = 2 };
    if (!address_is_multicast(to))
        return mac_is_multicast(&flow->mac[RESPONDER]);
    if (to->family == 6)
        return (to->bytes[1] & SCOPE) == LINK;
    return to->bytes[0] == 255 || memcmp(to->bytes, on_link, sizeof on_link) == 0 ||
           memcmp(to->bytes, services, sizeof services) == 0;
}

static void count_storm(struct invariant_state *state, const struct flow_record *flow,
                        uint64_t now_s) {
    enum { STREAM_BYTES = 500 };
    uint64_t packets = flow->packets[INITIATOR];
    const struct address *to = &flow->ip[RESPONDER];
    if (packets < storm_share || flow->bytes[INITIATOR] >= STREAM_BYTES * packets ||
        !is_for_all(flow))
        return;
    count_attempts(state, to, flow->port[RESPONDER], (uint32_t)packets, storm_share,
                   now_s);
}

/* Small questions from outside, with answers that are far larger: to whom they go has not
   asked, for these services serve the network they are in. */
static bool is_reflection(const struct flow_record *flow, unsigned side) {
    enum { AMPLIFIED = 3 };
    static const uint16_t ports[] = {17,  19,  69,   111,  123,  137,  161,   389,
                                     520, 523, 1900, 3702, 5353, 5683, 10001, 11211};
    uint64_t asked = flow->total_bytes[!side];
    if (flow->protocol != 17 || !asked || flow->total_bytes[side] < AMPLIFIED * asked)
        return false;
    for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (flow->port[side] == ports[i])
            return true;
    return false;
}

/* Of what belongs to no connection: a segment without data that begins a flow, or that is
   answered by nothing but resets. */
static uint32_t pushes_of(const struct flow_record *flow) {
    bool stray = flow->events & FLOW_NEW && flow->events & FLOW_MIDSTREAM &&
                 !flow->payload_packets[INITIATOR] && !flow->rst[INITIATOR];
    return flow->rst[RESPONDER] > 1 ? flow->rst[RESPONDER] : stray;
}

/* For those who take their time: targets since the half hour began. */
static void count_patiently(uint8_t *sketch, struct invariant_state *state,
                            uint64_t target, uint64_t now_s) {
    uint32_t half_hour = (uint32_t)(now_s / patience_s);
    if (state->patience.half_hour != half_hour) {
        memset(&state->patience, 0, sizeof state->patience);
        state->patience.half_hour = half_hour;
    }
    distinct_add(sketch, INVARIANT_REGISTERS, target);
}

static void count_login_host(struct invariant_state *state, uint32_t hash,
                             uint64_t now_s) {
    unsigned i = 0;
    while (i < INVARIANT_LOGIN_HOSTS - 1 && state->login_hosts[i].hash != hash)
        i++;
    memmove(&state->login_hosts[1], &state->login_hosts[0],
            i * sizeof state->login_hosts[0]);
    state->login_hosts[0] = (struct login_host){hash, (uint32_t)now_s};
}

static bool is_channel(const struct failing_channel *channel,
                       const struct flow_record *flow) {
    return channel->last_s && channel->port == flow->port[RESPONDER] &&
           channel->protocol == flow->protocol &&
           address_equal(&channel->ip, &flow->ip[RESPONDER]);
}

static struct failing_channel *find_channel(struct invariant_state *state,
                                            const struct flow_record *flow) {
    for (unsigned i = 0; i < INVARIANT_CHANNELS; i++)
        if (is_channel(&state->channels[i], flow))
            return &state->channels[i];
    return NULL;
}

static void count_answered(struct invariant_state *state,
                           const struct flow_record *flow) {
    struct failing_channel *channel = find_channel(state, flow);
    if (channel)
        memset(channel, 0, sizeof *channel);
}

static void count_failing(struct invariant_state *state,
                          const struct invariant_limits *limits,
                          const struct flow_record *flow, uint32_t attempts,
                          uint64_t now_s) {
    struct failing_channel *channel = find_channel(state, flow);
    if (!channel) {
        channel = &state->channels[0];
        for (unsigned i = 1; i < INVARIANT_CHANNELS; i++)
            if (state->channels[i].last_s < channel->last_s)
                channel = &state->channels[i];
        *channel = (struct failing_channel){.ip = flow->ip[RESPONDER],
                                            .port = flow->port[RESPONDER],
                                            .protocol = flow->protocol,
                                            .first_s = (uint32_t)now_s};
    }
    channel->last_s = (uint32_t)now_s;
    state->news.failing++;
    sliding_count_add(&channel->attempts, slot_of(now_s, limits->failing_one_s),
                      attempts);
}

void invariant_strange_order(struct invariant_state *state,
                             const struct flow_record *flow, uint16_t order) {
    state->news.strange_order = true;
    state->control = order;
    state->controlled = flow->ip[RESPONDER];
}

void invariant_excuse_calls(struct invariant_state *state) {
    state->news.failing = 0;
    memset(&state->unanswered, 0, sizeof state->unanswered);
    memset(state->channels, 0, sizeof state->channels);
}

void invariant_calls_in_vain(struct invariant_state *state,
                             const struct flow_record *flow, uint64_t now_s) {
    struct failing_channel *channel = find_channel(state, flow);
    if (!channel)
        return;
    if (now_s - channel->tried_s > tries_gap_s)
        channel->tries = 0;
    if (channel->tries < UINT8_MAX)
        channel->tries++;
    channel->tried_s = (uint32_t)now_s;
}

/* Of the last few names only, and by a byte each: one in thirty others passes for known. */
static bool has_failed_before(struct invariant_state *state, const char *name) {
    uint8_t mark = (uint8_t)(1 + hash_name(name) % UINT8_MAX);
    uint8_t *names = state->failed_names;
    if (memchr(names, mark, INVARIANT_FAILED_NAMES))
        return true;
    memmove(names + 1, names, INVARIANT_FAILED_NAMES - 1);
    names[0] = mark;
    return false;
}

static void count_names(struct invariant_state *state, const struct flow_record *flow,
                        uint64_t now_s) {
    state->news.dns += flow->dns_queries;
    if (flow->dns_queries) {
        uint32_t slot = slot_of(now_s, tunnel_s);
        sliding_count_add(&state->dns_bytes, slot, flow->dns_query_bytes);
        sliding_count_add(&state->dns_long, slot, flow->dns_queries);
    }
    /* Asking again for what is not there is a fault; asking for ever other names, a search. */
    if (flow->dns_nxdomain && !has_failed_before(state, flow->name))
        sliding_count_add(&state->dns_failed, slot_of(now_s, dns_failed_s),
                          flow->dns_nxdomain);
}

bool invariant_is_echo(const struct flow_record *flow) {
    unsigned type = flow->port[RESPONDER] >> 8;
    return (flow->protocol == 1 && type == 8) || (flow->protocol == 58 && type == 128);
}

/* Into the world, only what nobody answers is one-way; an echo's answer excuses nobody. */
static void count_oneway(struct invariant_state *state, const struct flow_record *flow,
                         unsigned side, bool peer_is_local) {
    uint32_t sent = flow->packets[side];
    bool echoes = side == INITIATOR && invariant_is_echo(flow);
    if (!peer_is_local && flow->state == FLOW_ANSWERED && !echoes)
        return;
    const struct address *ip = &flow->ip[!side];
    bool taken;
    unsigned i = heavy_add(state->news.heavy, INVARIANT_ONEWAY, hash_target(ip, 0, 0),
                           sent, &taken);
    struct oneway_peer *peer = &state->news.oneway[i];
    if (taken)
        *peer = (struct oneway_peer){.ip = *ip, .is_local = peer_is_local};
    peer->echoes = echoes;
    peer->received += echoes ? 0 : flow->packets[!side];
    peer->bytes += (float)flow->bytes[side];
}

static void count_fragments(struct invariant_state *state,
                            const struct invariant_limits *limits,
                            const struct flow_record *flow, unsigned side,
                            uint64_t now_s) {
    const struct fragment_counts *counts = &flow->fragmented[side];
    if (!counts->begun && !counts->bent)
        return;
    uint32_t slot = slot_of(now_s, limits->fragments_s);
    sliding_count_add(&state->begun, slot, counts->begun);
    sliding_count_add(&state->whole, slot, counts->whole);
    sliding_count_add(&state->bent, slot, counts->bent);
    state->news.fragments += counts->begun + counts->bent;
    state->fragments_to = flow->ip[!side];
}

void invariant_flow(struct invariant_state *state,
                    const struct invariant_limits *limits,
                    const struct flow_record *flow, unsigned side,
                    enum invariant_peer place, uint64_t now_s) {
    bool peer_is_local = place == PEER_LOCAL;
    const struct address *peer = &flow->ip[!side];
    if (!address_is_multicast(peer) && peer->family) {
        count_oneway(state, flow, side, peer_is_local);
        count_fragments(state, limits, flow, side, now_s);
    }
    if (side == INITIATOR && peer->family)
        count_storm(state, flow, now_s);
    if (!peer_is_local && is_reflection(flow, side))
        count_attempts(state, peer, flow->port[side], flow->packets[side], 1, now_s);
    if (side != INITIATOR || !peer->family || address_is_multicast(peer) ||
        !is_attempt_protocol(flow->protocol))
        return;

    count_names(state, flow, now_s);
    count_operations(state, flow, now_s);
    count_forms(state, limits, flow, now_s);
    count_requests(state, flow, now_s);
    uint16_t port = flow->port[RESPONDER];
    bool answered = flow->state == FLOW_ANSWERED;
    bool is_new = flow->events & FLOW_NEW;
    bool has_port = flow->protocol != 1 && flow->protocol != 58;
    bool is_visit = place == PEER_NAMED && (port == 80 || port == 443);
    if (is_new && !is_visit && (has_port ? !answered : invariant_is_echo(flow))) {
        count_patiently(state->patience.hosts, state, hash_target(peer, 0, 0), now_s);
        sliding_distinct_add(&state->hosts, slot_of(now_s, limits->scan_addresses_s),
                             hash_target(peer, 0, 0));
        state->last_host = *peer;
        state->news.hosts++;
        if (has_port) {
            state->news.ports++;
            uint64_t target = hash_target(peer, port, flow->protocol);
            sliding_distinct_add(&state->ports, slot_of(now_s, limits->scan_ports_s),
                                 target);
            count_patiently(state->patience.ports, state, target, now_s);
            state->last_port_host = *peer;
        }
    }
    if (flow->protocol == 6) {
        /* Attempts are SYNs, retransmissions included: how hard it tries. */
        uint32_t syns = flow->syn[INITIATOR];
        if (!answered && syns) {
            sliding_count_add(&state->unanswered, slot_of(now_s, limits->failing_s),
                              syns);
            count_failing(state, limits, flow, syns, now_s);
        } else if (answered) {
            count_answered(state, flow);
        }
        count_attempts(state, peer, port, syns ? syns : pushes_of(flow), 1, now_s);
    } else if (flow->protocol == 17 && is_new && !answered) {
        count_attempts(state, peer, port, 1, 1, now_s);
        if (!peer_is_local)
            count_failing(state, limits, flow, 1, now_s);
    } else if (flow->protocol == 17 && answered) {
        count_answered(state, flow);
    }
    if (is_new && flow->protocol == 6 &&
        (is_login_port(port) || is_login_application(flow->application))) {
        state->news.logins++;
        if (peer_is_local && answered && invariant_is_shell(flow)) {
            count_login_host(state, (uint32_t)hash_target(peer, 0, 0), now_s);
            state->login_host = *peer;
        }
        count_target(&state->login, peer, port, slot_of(now_s, limits->logins_s), 1, 1);
    }
}

void invariant_unanswered_arp(struct invariant_state *state,
                              const struct invariant_limits *limits,
                              const struct address *target, uint64_t now_s) {
    count_patiently(state->patience.hosts, state, hash_target(target, 0, 0), now_s);
    sliding_distinct_add(&state->hosts, slot_of(now_s, limits->scan_addresses_s),
                         hash_target(target, 0, 0));
    state->last_host = *target;
    state->news.hosts++;
}

void invariant_unsolicited_arp(struct invariant_state *state,
                               const struct invariant_limits *limits, uint64_t now_s) {
    state->news.arp_replies++;
    sliding_count_add(&state->arp_replies, slot_of(now_s, limits->arp_replies_s), 1);
}

void invariant_conflict(struct invariant_state *state, const struct address *ip,
                        const struct mac *holder, bool spoofs, bool of_gateway) {
    state->news.conflicts++;
    state->news.spoofs |= spoofs;
    if (state->news.of_gateway && !of_gateway)
        return; /* the worse of the two is told */
    state->news.of_gateway = of_gateway;
    state->claimed = *ip;
    state->holder = *holder;
}

void invariant_breach(struct invariant_state *state, const struct flow_record *flow,
                      uint8_t zone) {
    state->news.breaches++;
    state->breach.ip = flow->ip[RESPONDER];
    state->breach.port = flow->port[RESPONDER];
    state->breach.protocol = flow->protocol;
    state->breach.zone = zone;
}

void invariant_moved(struct invariant_state *state, const struct address *ip,
                     uint64_t now_s) {
    state->moved_s = (uint32_t)now_s;
    state->claimed = *ip;
}

bool invariant_is_industrial(const struct flow_record *flow) {
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++) {
        unsigned protocol = flow->operations[i].operation >> 8;
        if (flow->operations[i].count &&
            (protocol == OPERATION_MODBUS || protocol == OPERATION_DNP3 ||
             protocol == OPERATION_S7 || protocol == OPERATION_IEC104 ||
             protocol == OPERATION_CIP))
            return true;
    }
    return false;
}

static bool is_industrial_port(uint16_t port) {
    static const uint16_t ports[] = {102, 502, 2404, 4840, 20000, 44818};
    for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (port == ports[i])
            return true;
    return false;
}

/* Field devices obey their masters and seldom speak among themselves, then in a protocol of
   the field. Data on another TCP port between two of them is somebody going from one to the
   other. */
void invariant_between_field(struct invariant_state *state,
                             const struct flow_record *flow) {
    if (flow->protocol != 6 || flow->state != FLOW_ANSWERED ||
        flow->payload_packets[INITIATOR] == 0 || invariant_is_industrial(flow) ||
        is_industrial_port(flow->port[RESPONDER]) ||
        is_industrial_port(flow->port[INITIATOR]))
        return;
    state->news.lateral++;
    state->lateral = flow->ip[RESPONDER];
    state->lateral_port = flow->port[RESPONDER];
}

void invariant_spoofs(struct invariant_state *state,
                      const struct invariant_limits *limits,
                      const struct address *source, uint64_t now_s) {
    state->news.sources++;
    state->spoofed = *source;
    sliding_count_add(&state->sources, slot_of(now_s, limits->scan_addresses_s), 1);
}

void invariant_leased(struct invariant_state *state) {
    state->moved_s = 0;
}

void invariant_insists(struct invariant_state *state, const struct address *ip,
                       uint32_t repeats) {
    state->news.insistence = repeats;
    state->insisted = *ip;
}
