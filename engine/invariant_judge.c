#include "engine/invariant_rules.h"

#include "models/distinct.h"

#include <math.h>
#include <string.h>

/* Strengths are on the scale of −log10 p, beyond what a baseline can say from its count. */
static const double strength_base = 5;
/* A resolver's question is longer than a person's: names this long on average, at a rate,
   carry data. */
static const double tunnel_bytes = 3000, tunnel_name_bytes = 45;
static const double dns_failed_max = 15;
static const uint32_t failing_heard_s = 600, failing_lasts_s = 120;
static const uint32_t tries_most = 4;
/* Neighbours that one device logs in to within ten minutes. */
static const uint64_t login_hosts_s = 600;
static const double refused_max = 20;
/* UDP is often sent into silence in good faith (a time server that is gone): it takes so
   many times more attempts than TCP. */
static const uint32_t udp_patience = 4;
/* A device that starts may announce an old address just before it asks for a lease. */
static const uint64_t lease_patience_s = 2;
/* Packets nobody answers, a second: above this a stream to one peer is a flood. */
static const double oneway_ratio = 20;
/* A camera's stream is one-way too, in packets as large as can be, but goes to a neighbour:
   there it takes so many times more of them, and into the world so many times less. */
static const double stream_factor = 5, stream_bytes = 500, silent_factor = 10;

/* Of the limits for a minute, in half an hour. */
static const double patient_hosts = 1.5, patient_ports = 2.5;

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

/* So many in half an hour are more than a network that changes explains. */
static void judge_patience(struct judgement *j, const struct invariant_state *s,
                           const struct invariant_limits *limits) {
    double hosts = distinct_estimate(s->patience.hosts, INVARIANT_REGISTERS);
    double ports = distinct_estimate(s->patience.ports, INVARIANT_REGISTERS);
    double many_hosts = patient_hosts * limits->scan_addresses;
    double many_ports = patient_ports * limits->scan_ports;
    if (s->news.hosts && hosts >= many_hosts)
        add(j, EVIDENCE_SCAN, hosts, many_hosts, &s->last_host, false);
    else if (s->news.ports && ports >= many_ports)
        add(j, EVIDENCE_PORT_SCAN, ports, many_ports, &s->last_port_host, false);
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
    unsigned before = j->count;
    if (hurry && hosts < many)
        many /= 2;
    if (s->news.hosts && hosts >= many)
        add(j, EVIDENCE_SCAN, hosts, many, &s->last_host, false);
    /* Many ports of few hosts; many hosts on few ports is the case above. */
    if (s->news.ports && ports >= limits->scan_ports &&
        ports >= limits->scan_ports / 2 * hosts)
        add(j, EVIDENCE_PORT_SCAN, ports, limits->scan_ports, &s->last_port_host,
            false);
    if (j->count == before)
        judge_patience(j, s, limits);
}

static void judge_claims(struct judgement *j, const struct invariant_state *s,
                         const struct invariant_limits *limits, uint64_t now_s) {
    if (s->news.conflicts) {
        enum evidence_kind kind = s->news.of_gateway ? EVIDENCE_GATEWAY_IMPERSONATION
                                  : s->news.spoofs   ? EVIDENCE_ARP_SPOOF
                                                     : EVIDENCE_DUPLICATE_ADDRESS;
        struct evidence *e = add(j, kind, s->news.conflicts, 1, &s->claimed, false);
        e->mac = s->holder;
        e->expected = 0;
    }
    if (s->news.arp_replies) {
        uint32_t slot = slot_of(now_s, limits->arp_replies_s);
        double replies = sliding_count_sum(&s->arp_replies, slot);
        if (replies >= limits->arp_replies)
            add(j, EVIDENCE_ARP_FLOOD, replies, limits->arp_replies, NULL, false);
    }
    if (s->moved_s && now_s >= s->moved_s + lease_patience_s)
        add(j, EVIDENCE_ADDRESS_CHANGE, 1, 1, &s->claimed, true)->expected = 0;
    if (s->news.insistence)
        add(j, EVIDENCE_ARP_INSISTENCE, s->news.insistence, 1, &s->insisted, false)
            ->expected = 0;
}

/* The peer that gets most without an answer. A place may be shared by several peers in turn:
   only what is surely this one's counts. */
static void judge_oneway(struct judgement *j, const struct invariant_state *s,
                         const struct invariant_limits *limits) {
    const struct oneway_peer *worst = NULL;
    double most = 1;
    for (unsigned i = 0; i < INVARIANT_ONEWAY; i++) {
        const struct oneway_peer *peer = &s->news.oneway[i];
        double sent = s->news.heavy[i].weight - s->news.heavy[i].error;
        if (sent < 1 || sent < oneway_ratio * peer->received) /* nearly all */
            continue;
        double factor = !peer->is_local || peer->echoes      ? 1 / silent_factor
                        : peer->bytes >= stream_bytes * sent ? stream_factor
                                                             : 1;
        double excess = sent / (limits->flood_packets_s * factor);
        if (excess >= most) {
            most = excess;
            worst = peer;
        }
    }
    if (!worst)
        return;
    const struct heavy_place *place = &s->news.heavy[worst - s->news.oneway];
    double sent = place->weight - place->error;
    add(j, EVIDENCE_FLOOD, sent, sent / most, &worst->ip, false);
}

static void judge_logins(struct judgement *j, const struct invariant_state *s,
                         const struct invariant_limits *limits, uint64_t now_s) {
    if (!s->news.logins && !s->news.forms)
        return;
    uint32_t slot = slot_of(now_s, limits->logins_s);
    double share = fmax(1, s->login.share);
    double logins = sliding_count_sum(&s->login.attempts, slot) / share;
    double recent = sliding_count_recent(&s->login.attempts, slot) / share;
    /* One log-in after a storm of them is not the storm. */
    bool goes_on = recent >= limits->logins / 4;
    if (goes_on && logins >= limits->logins)
        add(j, EVIDENCE_PASSWORD_GUESSING, logins, limits->logins, &s->login.ip, false)
            ->port = s->login.port;
}

static void judge_floods(struct judgement *j, const struct invariant_state *s,
                         const struct invariant_limits *limits, uint64_t now_s) {
    double syns_s = 0;
    if (s->news.attempts)
        syns_s = sliding_count_sum(&s->flood.attempts, slot_of(now_s, SLIDING_SLOTS)) /
                 (double)SLIDING_SLOTS;
    double weight = s->flood.share;
    if (s->news.attempts && syns_s >= limits->flood_syns_s)
        add(j, EVIDENCE_FLOOD, weight * syns_s, weight * limits->flood_syns_s,
            &s->flood.ip, false)
            ->port = s->flood.port;
    else
        judge_oneway(j, s, limits);
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
    if (s->news.refused) {
        double refused = sliding_count_sum(&s->refused, slot_of(now_s, refused_s));
        if (refused >= refused_max)
            add(j, EVIDENCE_REFUSED_OPERATIONS, refused, refused_max, &s->last_refuser,
                false);
    }
    /* Who may give orders, a person knows: it keeps its level until he says so, or until the
       controller has met the newcomer otherwise. */
    if (s->news.control || s->news.strange_order) {
        struct evidence *e =
            s->news.control
                ? add(j, EVIDENCE_CONTROL_OPERATION, 1, 1, &s->controlled, false)
                : add(j, EVIDENCE_STRANGE_ORDER, 1, 1, &s->controlled, true);
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

unsigned invariant_login_hosts(const struct invariant_state *state, uint64_t now_s) {
    unsigned hosts = 0;
    for (unsigned i = 0; i < INVARIANT_LOGIN_HOSTS; i++)
        hosts += state->login_hosts[i].last_s &&
                 now_s - state->login_hosts[i].last_s <= login_hosts_s;
    return hosts;
}

static void judge_lateral(struct judgement *j, const struct invariant_state *s,
                          uint64_t now_s) {
    unsigned hosts = s->news.logins ? invariant_login_hosts(s, now_s) : 0;
    if (hosts == INVARIANT_LOGIN_HOSTS)
        add(j, EVIDENCE_LATERAL, hosts, INVARIANT_LOGIN_HOSTS, &s->login_host, false);
    else if (s->news.lateral)
        judge_field(j, s);
}

static void judge_names(struct judgement *j, const struct invariant_state *s,
                        uint64_t now_s) {
    if (!s->news.dns)
        return;
    uint32_t slot = slot_of(now_s, tunnel_s);
    double bytes = sliding_count_sum(&s->dns_bytes, slot);
    double queries = sliding_count_sum(&s->dns_long, slot);
    if (bytes >= tunnel_bytes && bytes >= tunnel_name_bytes * queries)
        add(j, EVIDENCE_DNS_TUNNEL, bytes, tunnel_bytes, NULL, false);
    double failed = sliding_count_sum(&s->dns_failed, slot_of(now_s, dns_failed_s));
    if (failed >= dns_failed_max)
        add(j, EVIDENCE_DNS_FAILURES, failed, dns_failed_max, NULL, false);
}

/* Fragments that overlap fool whoever puts them together otherwise than the receiver does; so
   many that never come whole fill its memory. Where most do come, the mirror lost some. */
static void judge_fragments(struct judgement *j, const struct invariant_state *s,
                            const struct invariant_limits *limits, uint64_t now_s) {
    if (!s->news.fragments)
        return;
    uint32_t slot = slot_of(now_s, limits->fragments_s);
    double bent = sliding_count_sum(&s->bent, slot);
    double begun = sliding_count_sum(&s->begun, slot);
    double whole = fmin(begun, sliding_count_sum(&s->whole, slot));
    if (bent >= limits->fragments_overlapping)
        add(j, EVIDENCE_FRAGMENT_OVERLAP, bent, limits->fragments_overlapping,
            &s->fragments_to, false);
    if (begun - whole >= limits->fragments_unfinished && whole <= begun / 2)
        add(j, EVIDENCE_FRAGMENT_FLOOD, begun - whole, limits->fragments_unfinished,
            &s->fragments_to, false);
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
    judge_logins(&j, state, limits, now_s);
    judge_floods(&j, state, limits, now_s);
    judge_failing(&j, state, limits, now_s);
    judge_operations(&j, state, now_s);
    judge_names(&j, state, now_s);
    judge_lateral(&j, state, now_s);
    judge_sources(&j, state, limits, now_s);
    if (state->moved_s && now_s >= state->moved_s + lease_patience_s)
        state->moved_s = 0;
    judge_breaches(&j, state);
    judge_fragments(&j, state, limits, now_s);
    memset(&state->news, 0, sizeof state->news);
    return j.count;
}

bool invariant_judge_reach(const struct invariant_limits *limits, double peers,
                           const struct address *last,
                           struct invariant_verdict *verdict) {
    struct judgement j = {verdict, 0};
    if (peers >= limits->fan_out)
        add(&j, EVIDENCE_FAN_OUT, peers, limits->fan_out, last, false);
    return j.count > 0;
}
