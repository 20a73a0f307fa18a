#include "engine/invariant.h"

#include <math.h>
#include <string.h>

/* Strengths are on the scale of −log10 p, beyond what a baseline can say from its count. */
static const double strength_base = 5;
/* A resolver's question is longer than a person's: names this long on average, at a rate,
   carry data. */
static const double tunnel_bytes = 3000, tunnel_name_bytes = 45, tunnel_s = 60;
static const double dns_failed_max = 30, dns_failed_s = 60;
static const uint32_t failing_heard_s = 600, failing_lasts_s = 120;
static const uint32_t tries_most = 4, tries_gap_s = 120;
/* Neighbours that one device logs in to within ten minutes. */
static const uint64_t login_hosts_s = 600;
static const double refused_max = 20, refused_s = 60;
/* UDP is often sent into silence in good faith (a time server that is gone): it takes so
   many times more attempts than TCP. */
static const uint32_t udp_patience = 4;
/* A device that starts may announce an old address just before it asks for a lease. */
static const uint64_t lease_patience_s = 2;
/* Packets nobody answers, a second: above this a stream to one peer is a flood. */
static const double oneway_ratio = 20;
/* A camera's stream is one-way too, but goes to a neighbour: into the world it takes so many
   times less. */
static const double silent_factor = 5;

static uint32_t slot_of(uint64_t now_s, double span_s) {
    double length = fmax(1, span_s / SLIDING_SLOTS);
    return (uint32_t)((double)now_s / length);
}

/* FNV-1a, finished by a multiplication (Stafford's variant 13): distinct counting needs
   spread, not secrecy. */
static uint64_t hash_target(const struct address *ip, uint16_t port, uint8_t protocol) {
    uint64_t h = 0xcbf29ce484222325u;
    for (unsigned i = 0; i < sizeof ip->bytes; i++)
        h = (h ^ ip->bytes[i]) * 0x100000001b3u;
    h = (h ^ port) * 0x100000001b3u;
    h = (h ^ protocol) * 0x100000001b3u;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
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

/* A seat at another machine, not just a service that asks for a password. */
static bool is_shell(const struct flow_record *flow) {
    uint16_t port = flow->port[RESPONDER];
    return port == 22 || port == 23 || port == 2222 || port == 2323 || port == 3389 ||
           port == 5900 || is_login_application(flow->application);
}

/* Operations that take a controller out of service. */
static bool is_control(uint16_t operation) {
    unsigned function = operation & 0xFF;
    switch (operation >> 8) {
    case OPERATION_DNP3: /* cold and warm restart, initialize, start and stop application */
        return function >= 13 && function <= 18;
    case OPERATION_S7: /* program invocation, stop */
        return function == 0x28 || function == 0x29;
    case OPERATION_IEC104: /* reset process */
        return function == 105;
    default:
        return false;
    }
}

static bool is_refusal(uint16_t operation) {
    return operation >> 8 == OPERATION_MODBUS && operation & 0x80;
}

static void count_operations(struct invariant_state *state,
                             const struct flow_record *flow, uint64_t now_s) {
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++) {
        const struct operation_count *o = &flow->operations[i];
        if (o->count && is_refusal(o->operation)) {
            state->news.refused += o->count;
            state->last_refuser = flow->ip[RESPONDER];
            sliding_count_add(&state->refused, slot_of(now_s, refused_s), o->count);
        } else if (o->count && is_control(o->operation)) {
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

/* Follow attempts at one target at a time: another takes over when it is the busier one. */
static void count_target(struct login_target *target, const struct address *ip,
                         uint16_t port, uint32_t slot, uint32_t n) {
    if (!address_equal(&target->ip, ip) || target->port != port) {
        if (sliding_count_sum(&target->attempts, slot) > n)
            return;
        memset(target, 0, sizeof *target);
        target->ip = *ip;
        target->port = port;
    }
    sliding_count_add(&target->attempts, slot, n);
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

static void count_names(struct invariant_state *state, const struct flow_record *flow,
                        uint64_t now_s) {
    state->news.dns += flow->dns_queries;
    if (flow->dns_queries) {
        uint32_t slot = slot_of(now_s, tunnel_s);
        sliding_count_add(&state->dns_bytes, slot, flow->dns_query_bytes);
        sliding_count_add(&state->dns_long, slot, flow->dns_queries);
    }
    if (flow->dns_nxdomain)
        sliding_count_add(&state->dns_failed, slot_of(now_s, dns_failed_s),
                          flow->dns_nxdomain);
}

void invariant_flow(struct invariant_state *state,
                    const struct invariant_limits *limits,
                    const struct flow_record *flow, unsigned side, bool peer_is_local,
                    uint64_t now_s) {
    const struct address *peer = &flow->ip[!side];
    if (!address_is_multicast(peer) && peer->family) {
        state->news.sent += flow->packets[side];
        if (!peer_is_local && flow->state != FLOW_ANSWERED)
            state->news.silent += flow->packets[side];
        state->news.received += flow->packets[!side];
        state->tick_peer = *peer;
    }
    if (side != INITIATOR || !peer->family || address_is_multicast(peer) ||
        !is_attempt_protocol(flow->protocol))
        return;

    count_names(state, flow, now_s);
    count_operations(state, flow, now_s);
    uint16_t port = flow->port[RESPONDER];
    bool answered = flow->state == FLOW_ANSWERED;
    bool is_new = flow->events & FLOW_NEW;
    bool has_port = flow->protocol != 1 && flow->protocol != 58;
    /* An echo is a question whether or not somebody answers. */
    bool is_echo = (flow->protocol == 1 && port >> 8 == 8) ||
                   (flow->protocol == 58 && port >> 8 == 128);
    if (is_new && (has_port ? !answered : is_echo)) {
        sliding_distinct_add(&state->hosts, slot_of(now_s, limits->scan_addresses_s),
                             hash_target(peer, 0, 0));
        state->last_host = *peer;
        state->news.hosts++;
        if (has_port) {
            state->news.ports++;
            sliding_distinct_add(&state->ports, slot_of(now_s, limits->scan_ports_s),
                                 hash_target(peer, port, flow->protocol));
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
        state->news.syns += syns;
        if (syns)
            count_target(&state->flood, peer, port, slot_of(now_s, SLIDING_SLOTS),
                         syns);
    } else if (flow->protocol == 17 && !peer_is_local && is_new && !answered) {
        count_failing(state, limits, flow, 1, now_s);
    } else if (flow->protocol == 17 && answered) {
        count_answered(state, flow);
    }
    if (is_new && flow->protocol == 6 &&
        (is_login_port(port) || is_login_application(flow->application))) {
        state->news.logins++;
        if (peer_is_local && answered && is_shell(flow)) {
            count_login_host(state, (uint32_t)hash_target(peer, 0, 0), now_s);
            state->login_host = *peer;
        }
        count_target(&state->login, peer, port, slot_of(now_s, limits->logins_s), 1);
    }
}

void invariant_unanswered_arp(struct invariant_state *state,
                              const struct invariant_limits *limits,
                              const struct address *target, uint64_t now_s) {
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
                        const struct mac *holder, bool spoofs) {
    state->news.conflicts++;
    state->claimed = *ip;
    state->holder = *holder;
    state->news.spoofs |= spoofs;
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
             protocol == OPERATION_S7 || protocol == OPERATION_IEC104))
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

struct judgement {
    struct invariant_verdict *verdicts;
    unsigned count;
};

static struct evidence *add(struct judgement *j, enum evidence_kind kind,
                            double observed, double limit, const struct address *peer,
                            bool lasting) {
    struct invariant_verdict *v = &j->verdicts[j->count++];
    *v = (struct invariant_verdict){.lasting = lasting};
    v->evidence.kind = (uint8_t)kind;
    v->evidence.observed = (float)observed;
    v->evidence.expected = (float)limit;
    v->evidence.points = (float)(strength_base + log10(fmax(1, observed / limit)));
    if (peer)
        v->evidence.peer = *peer;
    return &v->evidence;
}

/* The limit within its time, or half of it in a hurry. */
static void judge_scans(struct judgement *j, const struct invariant_state *s,
                        const struct invariant_limits *limits, uint64_t now_s) {
    if (!s->news.hosts && !s->news.ports)
        return;
    uint32_t slot = slot_of(now_s, limits->scan_addresses_s);
    double hosts = sliding_distinct_estimate(&s->hosts, slot);
    bool hurry = sliding_distinct_recent(&s->hosts, slot) >= limits->scan_addresses / 2;
    double ports =
        sliding_distinct_estimate(&s->ports, slot_of(now_s, limits->scan_ports_s));
    double many = limits->scan_addresses;
    if (hurry && hosts < many)
        many /= 2;
    if (s->news.hosts && hosts >= many)
        add(j, EVIDENCE_SCAN, hosts, many, &s->last_host, false);
    /* Many ports of few hosts; many hosts on few ports is the case above. */
    if (s->news.ports && ports >= limits->scan_ports &&
        ports >= limits->scan_ports / 2 * hosts)
        add(j, EVIDENCE_PORT_SCAN, ports, limits->scan_ports, &s->last_port_host,
            false);
}

static void judge_claims(struct judgement *j, const struct invariant_state *s,
                         const struct invariant_limits *limits, uint64_t now_s) {
    if (s->news.conflicts) {
        enum evidence_kind kind =
            s->news.spoofs ? EVIDENCE_ARP_SPOOF : EVIDENCE_DUPLICATE_ADDRESS;
        struct evidence *e = add(j, kind, s->news.conflicts, 1, &s->claimed, false);
        e->mac = s->holder;
        e->expected = 0;
    }
    double replies =
        sliding_count_sum(&s->arp_replies, slot_of(now_s, limits->arp_replies_s));
    if (s->news.arp_replies && replies >= limits->arp_replies)
        add(j, EVIDENCE_ARP_FLOOD, replies, limits->arp_replies, NULL, false);
    if (s->moved_s && now_s >= s->moved_s + lease_patience_s)
        add(j, EVIDENCE_ADDRESS_CHANGE, 1, 1, &s->claimed, true)->expected = 0;
    if (s->news.insistence)
        add(j, EVIDENCE_ARP_INSISTENCE, s->news.insistence, 1, &s->insisted, false)
            ->expected = 0;
    if (s->news.rogue)
        add(j, EVIDENCE_ROGUE_DHCP, 1, 1, NULL, false)->expected = 0;
}

static void judge_targets(struct judgement *j, const struct invariant_state *s,
                          const struct invariant_limits *limits, uint64_t now_s) {
    uint32_t slot = slot_of(now_s, limits->logins_s);
    double logins = sliding_count_sum(&s->login.attempts, slot);
    /* One log-in after a storm of them is not the storm. */
    bool goes_on = s->news.logins &&
                   sliding_count_recent(&s->login.attempts, slot) >= limits->logins / 4;
    if (goes_on && logins >= limits->logins)
        add(j, EVIDENCE_PASSWORD_GUESSING, logins, limits->logins, &s->login.ip, false)
            ->port = s->login.port;
    double syns_s =
        sliding_count_sum(&s->flood.attempts, slot_of(now_s, SLIDING_SLOTS)) /
        (double)SLIDING_SLOTS;
    if (s->news.syns && syns_s >= limits->flood_syns_s)
        add(j, EVIDENCE_FLOOD, syns_s, limits->flood_syns_s, &s->flood.ip, false)
            ->port = s->flood.port;
    else if ((s->news.sent >= limits->flood_packets_s ||
              s->news.silent >= limits->flood_packets_s / silent_factor) &&
             s->news.sent >= oneway_ratio * s->news.received)
        add(j, EVIDENCE_FLOOD, s->news.sent, limits->flood_packets_s, &s->tick_peer,
            false);
}

/* Who never answers: the limit within its time; or half of it in a hurry by a channel that
   has been tried for minutes; or a few calls one after the other to somebody new out there,
   as of a program whose home is gone. */
static double in_vain(const struct failing_channel *channel,
                      const struct invariant_limits *limits, uint64_t now_s) {
    uint32_t slot = slot_of(now_s, limits->failing_one_s);
    double patience = channel->protocol == 17 ? udp_patience : 1;
    double attempts = sliding_count_sum(&channel->attempts, slot) / patience;
    double recent = sliding_count_recent(&channel->attempts, slot) / patience;
    bool lasts = channel->last_s - channel->first_s >= failing_lasts_s;
    bool heard = channel->last_s && now_s - channel->last_s <= failing_heard_s;
    bool many = attempts >= limits->failing_one ||
                (lasts && recent >= limits->failing_one / 2) ||
                channel->tries >= tries_most;
    return heard && many ? attempts : 0;
}

static void judge_failing(struct judgement *j, struct invariant_state *s,
                          const struct invariant_limits *limits, uint64_t now_s) {
    if (!s->news.failing)
        return;
    const struct failing_channel *worst = NULL;
    double most = 0;
    for (unsigned i = 0; i < INVARIANT_CHANNELS; i++) {
        double attempts = in_vain(&s->channels[i], limits, now_s);
        if (attempts > most) {
            most = attempts;
            worst = &s->channels[i];
        }
    }
    if (worst) {
        struct evidence *e =
            add(j, EVIDENCE_FAILING, most, limits->failing_one, &worst->ip, true);
        e->port = worst->port;
        e->protocol = worst->protocol;
        return;
    }
    double all = sliding_count_sum(&s->unanswered, slot_of(now_s, limits->failing_s));
    if (all >= limits->failing)
        add(j, EVIDENCE_FAILING, all, limits->failing, NULL, true);
}

static void judge_operations(struct judgement *j, const struct invariant_state *s,
                             uint64_t now_s) {
    double refused = sliding_count_sum(&s->refused, slot_of(now_s, refused_s));
    if (s->news.refused && refused >= refused_max)
        add(j, EVIDENCE_REFUSED_OPERATIONS, refused, refused_max, &s->last_refuser,
            false);
    if (s->news.control) {
        struct evidence *e =
            add(j, EVIDENCE_CONTROL_OPERATION, 1, 1, &s->controlled, false);
        e->observed = s->control;
        e->expected = 0;
    }
}

static void judge_field(struct judgement *j, const struct invariant_state *s) {
    struct evidence *e =
        add(j, EVIDENCE_LATERAL, s->news.lateral, 1, &s->lateral, false);
    e->expected = 0;
    e->protocol = 6;
    e->port = s->lateral_port;
}

static void judge_sources(struct judgement *j, const struct invariant_state *s,
                          const struct invariant_limits *limits, uint64_t now_s) {
    if (!s->news.sources)
        return;
    double sources =
        sliding_count_sum(&s->sources, slot_of(now_s, limits->scan_addresses_s));
    if (sources >= limits->scan_addresses)
        add(j, EVIDENCE_ADDRESS_SPOOFING, sources, limits->scan_addresses, &s->spoofed,
            false);
}

static void judge_lateral(struct judgement *j, const struct invariant_state *s,
                          uint64_t now_s) {
    unsigned hosts = 0;
    for (unsigned i = 0; s->news.logins && i < INVARIANT_LOGIN_HOSTS; i++)
        hosts += s->login_hosts[i].last_s &&
                 now_s - s->login_hosts[i].last_s <= login_hosts_s;
    if (hosts == INVARIANT_LOGIN_HOSTS)
        add(j, EVIDENCE_LATERAL, hosts, INVARIANT_LOGIN_HOSTS, &s->login_host, false);
    else if (s->news.lateral)
        judge_field(j, s);
}

static void judge_names(struct judgement *j, const struct invariant_state *s,
                        uint64_t now_s) {
    uint32_t slot = slot_of(now_s, tunnel_s);
    double bytes = sliding_count_sum(&s->dns_bytes, slot);
    double queries = sliding_count_sum(&s->dns_long, slot);
    if (s->news.dns && bytes >= tunnel_bytes && bytes >= tunnel_name_bytes * queries)
        add(j, EVIDENCE_DNS_TUNNEL, bytes, tunnel_bytes, NULL, false);
    double failed = sliding_count_sum(&s->dns_failed, slot_of(now_s, dns_failed_s));
    if (s->news.dns && failed >= dns_failed_max)
        add(j, EVIDENCE_DNS_FAILURES, failed, dns_failed_max, NULL, false);
}

/* One forbidden flow is evidence enough; a habit of them keeps its level and does not
   climb, for it is as likely a rule that was forgotten. */
static void judge_breaches(struct judgement *j, const struct invariant_state *s) {
    if (!s->news.breaches)
        return;
    struct evidence *e =
        add(j, EVIDENCE_SEGMENTATION, s->news.breaches, 1, &s->breach.ip, true);
    e->expected = 0;
    e->port = s->breach.port;
    e->protocol = s->breach.protocol;
    e->feature = s->breach.zone;
}

unsigned invariant_judge(struct invariant_state *state,
                         const struct invariant_limits *limits, uint64_t now_s,
                         struct invariant_verdict verdicts[EVIDENCE_COUNT]) {
    struct judgement j = {verdicts, 0};
    judge_scans(&j, state, limits, now_s);
    judge_claims(&j, state, limits, now_s);
    judge_targets(&j, state, limits, now_s);
    judge_failing(&j, state, limits, now_s);
    judge_operations(&j, state, now_s);
    judge_names(&j, state, now_s);
    judge_lateral(&j, state, now_s);
    judge_sources(&j, state, limits, now_s);
    if (state->moved_s && now_s >= state->moved_s + lease_patience_s)
        state->moved_s = 0;
    judge_breaches(&j, state);
    memset(&state->news, 0, sizeof state->news);
    return j.count;
}
