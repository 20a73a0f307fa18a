#include "engine/window.h"

#include "engine/base/mix.h"

#include "models/distinct.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum {
    KEY_SALT_DOMAIN = 1,
    KEY_SALT_PREFIX,
    KEY_SALT_MAC,
    KEY_SALT_ADDRESS,
    KEY_SALT_SERVICE,
    KEY_SALT_PROTOCOL,
    KEY_SALT_OPERATION,
    KEY_SALT_CHANNEL
};

static const uint16_t first_ephemeral_port = 10000;
static const uint16_t ethertype_arp = 0x0806;
static const float bulk_bytes = 100000, fetched_share = 0.8F;

/* FNV-1a and a finisher; keys live in baselines, so the function must never change. */
static uint64_t key_of(unsigned salt, const void *bytes, size_t length) {
    const uint8_t *p = bytes;
    uint64_t h = (0xcbf29ce484222325u ^ salt) * 0x100000001b3u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    h = mix_64(h);
    return h ? h : 1;
}

static uint64_t key_of_pair(unsigned salt, uint64_t a, uint64_t b) {
    uint64_t pair[2] = {a, b};
    return key_of(salt, pair, sizeof pair);
}

size_t window_domain_start(const char *name, size_t length) {
    /* Registries of the "co.uk" kind have two short labels; no list is needed for a key. */
    enum { REGISTRY_BYTES = 6 };
    unsigned dots = 0;
    for (size_t i = length; i > 0; i--)
        if (name[i - 1] == '.' && ++dots >= 2 &&
            (dots > 2 || length - i > REGISTRY_BYTES))
            return i;
    return 0;
}

uint64_t window_domain_key(const char *name) {
    size_t length = strlen(name);
    if (length && name[length - 1] == '.')
        length--;
    size_t start = window_domain_start(name, length);
    char lower[RECORD_NAME_BYTES];
    size_t n = 0;
    for (size_t i = start; i < length && n < sizeof lower; i++)
        lower[n++] = (char)tolower((unsigned char)name[i]);
    return key_of(KEY_SALT_DOMAIN, lower, n);
}

uint64_t window_prefix_key(const struct address *address) {
    uint8_t bytes[5] = {address->family};
    size_t kept = address->family == 6 ? 4 : 2;
    memcpy(bytes + 1, address->bytes, kept);
    return key_of(KEY_SALT_PREFIX, bytes, kept + 1);
}

uint64_t window_mac_key(const struct mac *mac) {
    return key_of(KEY_SALT_MAC, mac->bytes, sizeof mac->bytes);
}

uint64_t window_address_key(const struct address *address) {
    return key_of(KEY_SALT_ADDRESS, address, sizeof *address);
}

static void mark(struct window_distinct *distinct, uint64_t key) {
    unsigned bit = (unsigned)(key % WINDOW_DISTINCT_BITS);
    uint32_t *bits = &distinct->bits[bit / 32], mask = UINT32_C(1) << (bit % 32);
    distinct->count = (uint16_t)(distinct->count + !(*bits & mask));
    *bits |= mask;
}

/* Linear counting: Whang et al., 1990. */
static float estimate(const struct window_distinct *distinct) {
    double empty = fmax(1, WINDOW_DISTINCT_BITS - distinct->count);
    return (float)(WINDOW_DISTINCT_BITS * log(WINDOW_DISTINCT_BITS / empty));
}

/* Beyond BASELINE_WINDOW_KEYS a window's keys are no longer told apart; the distinct counts
   speak for them. */
static struct baseline_key *add_key(struct window *window, uint64_t key,
                                    enum baseline_key_kind kind, bool started,
                                    bool passive,
                                    const struct window_subject *subject) {
    for (unsigned i = 0; i < window->key_count; i++)
        if (window->keys[i].key == key && window->keys[i].kind == kind) {
            window->keys[i].started |= started;
            window->keys[i].passive &= passive;
            return &window->keys[i];
        }
    if (window->key_count == BASELINE_WINDOW_KEYS)
        return NULL;
    unsigned i = window->key_count++;
    window->keys[i] = (struct baseline_key){
        .key = key, .kind = (uint8_t)kind, .started = started, .passive = passive};
    window->subjects[i] = *subject;
    window->subjects[i].kind = (uint8_t)kind;
    return &window->keys[i];
}

/* A service is its port where that is one by agreement, else its protocol. */
static uint64_t service_key(const struct flow_record *flow, unsigned side) {
    uint8_t bytes[8] = {(uint8_t)side, flow->protocol, (uint8_t)(flow->ethertype >> 8),
                        (uint8_t)flow->ethertype};
    bool icmp = flow->protocol == 1 || flow->protocol == 58;
    uint16_t port = flow->port[RESPONDER];
    if (icmp)
        port = (uint16_t)(port & 0xFF00);
    if (icmp || port < first_ephemeral_port) {
        bytes[4] = 1;
        bytes[5] = (uint8_t)(port >> 8);
        bytes[6] = (uint8_t)port;
    }
    return key_of(KEY_SALT_SERVICE, bytes, sizeof bytes);
}

static uint8_t oddities_of(uint64_t risks) {
    static const struct {
        uint64_t risks;
        uint8_t oddity;
    } table[] = {
        {UINT64_C(1) << RISK_PORT, ODD_PORT},
        {UINT64_C(1) << RISK_SELF_SIGNED | UINT64_C(1) << RISK_EXPIRED |
             UINT64_C(1) << RISK_MISMATCH,
         ODD_CERTIFICATE},
        {UINT64_C(1) << RISK_GENERATED | UINT64_C(1) << RISK_NETWORK |
             UINT64_C(1) << RISK_DOMAIN | UINT64_C(1) << RISK_HELLO |
             UINT64_C(1) << RISK_FINGERPRINT,
         ODD_REPUTE},
    };
    uint8_t oddities = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (risks & table[i].risks)
            oddities |= table[i].oddity;
    return oddities;
}

static void add_channel(struct window *window, const struct flow_record *flow,
                        unsigned side, uint64_t key, bool passive,
                        const struct window_subject *subject) {
    bool started = side == INITIATOR && flow->events & FLOW_NEW;
    struct baseline_key *channel =
        add_key(window, key, KEY_CHANNEL, started, passive, subject);
    if (!channel || side != INITIATOR)
        return;
    struct window_subject *about = &window->subjects[channel - window->keys];
    channel->opened |= started && flow->syn[INITIATOR] > 0;
    about->asked |= flow->payload_packets[INITIATOR] > 0;
    about->answered |= flow->payload_packets[RESPONDER] > 0;
    about->oddities |= oddities_of(flow->risks);
}

static void add_keys(struct window *window, const struct flow_record *flow,
                     unsigned side, const struct window_peer *peer) {
    struct window_subject subject = {.ip = flow->ip[!side],
                                     .mac = peer->mac,
                                     .port = flow->port[RESPONDER],
                                     .protocol = flow->protocol,
                                     .outside = peer->key && !peer->local,
                                     .named = peer->named};
    bool passive = side == RESPONDER;
    /* A lease is an answer, whoever wants it; to give leases is a service of its own. */
    bool asked = passive || (flow->protocol == 17 && flow->port[INITIATOR] == 67 &&
                             flow->port[RESPONDER] == 68);
    uint64_t service = service_key(flow, side);
    mark(&window->services, service);
    if (peer->key) {
        mark(&window->peers, peer->key);
        struct baseline_key *met =
            add_key(window, peer->key, KEY_PEER, false, asked, &subject);
        if (met && !peer->local)
            met->sent += (float)flow->bytes[side];
        add_channel(window, flow, side,
                    key_of_pair(KEY_SALT_CHANNEL, peer->key, service), asked, &subject);
    }
    add_key(window, service, KEY_SERVICE, false, passive, &subject);
    if (flow->application[0])
        add_key(window,
                key_of(KEY_SALT_PROTOCOL, flow->application, strlen(flow->application)),
                KEY_PROTOCOL, false, passive, &subject);
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++)
        if (flow->operations[i].count) {
            subject.operation = flow->operations[i].operation;
            uint64_t operation[2] = {side, flow->operations[i].operation};
            add_key(window, key_of(KEY_SALT_OPERATION, operation, sizeof operation),
                    KEY_OPERATION, false, passive, &subject);
        }
}

void window_add(struct window *window, const struct flow_record *flow, unsigned side,
                const struct window_peer *peer) {
    struct window *w = window;
    float *f = w->feature;
    unsigned other = !side;
    w->packets += (uint64_t)flow->packets[side] + flow->packets[other];
    f[FEATURE_SENT_PACKETS] += (float)flow->packets[side];
    f[FEATURE_RECEIVED_PACKETS] += (float)flow->packets[other];
    f[FEATURE_SENT_BYTES] += (float)flow->bytes[side];
    f[FEATURE_RECEIVED_BYTES] += (float)flow->bytes[other];
    f[FEATURE_RESETS] += (float)(flow->rst[0] + flow->rst[1]);
    if (flow->events & FLOW_NEW && side == INITIATOR && peer->key) {
        w->last_reached = flow->ip[other];
        distinct_add(w->reached, WINDOW_REGISTERS,
                     window_address_key(&flow->ip[other]));
    }
    if (flow->events & FLOW_NEW) {
        f[side == INITIATOR ? FEATURE_FLOWS_STARTED : FEATURE_FLOWS_ACCEPTED] += 1;
        if (side == INITIATOR && flow->state != FLOW_ANSWERED && peer->key)
            f[FEATURE_UNANSWERED] += 1;
    }
    if (side == INITIATOR) {
        f[FEATURE_DNS_QUERIES] += flow->dns_queries;
        f[FEATURE_DNS_FAILURES] += flow->dns_nxdomain;
    }
    if (!peer->key)
        f[FEATURE_MULTICAST] += (float)flow->packets[side];
    if (!flow->ip[side].family)
        f[FEATURE_LINK_PACKETS] += (float)flow->packets[side];
    if (flow->protocol == 1 || flow->protocol == 58)
        f[FEATURE_ICMP_PACKETS] += (float)flow->packets[side];
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++)
        f[FEATURE_OPERATIONS] += flow->operations[i].count;
    f[FEATURE_OPERATIONS] += flow->operation_overflow;
    if (peer->key && !peer->local) {
        w->upload += (float)flow->bytes[side];
        w->download += (float)flow->bytes[other];
    }
    for (unsigned i = 0; i < BASELINE_SIZE_BINS; i++) {
        w->sizes[0][i] += flow->size_bins[side][i];
        w->sizes[1][i] += flow->size_bins[other][i];
    }
    const char *application = flow->application;
    uint64_t protocol =
        application[0] ? key_of(KEY_SALT_PROTOCOL, application, strlen(application))
                       : flow->protocol + flow->ethertype;
    w->protocols[protocol % BASELINE_PROTOCOL_BINS] +=
        flow->packets[side] + flow->packets[other];
    if (flow->ethertype != ethertype_arp)
        add_keys(w, flow, side, peer);
}

double window_reached(const struct window *window) {
    return distinct_estimate(window->reached, WINDOW_REGISTERS);
}

void window_add_arp_request(struct window *window) {
    window->feature[FEATURE_ARP_REQUESTS] += 1;
}

void window_observe(const struct window *window, uint64_t end_s,
                    struct baseline_observation *observation) {
    struct baseline_observation *o = observation;
    o->end_s = end_s;
    memcpy(o->feature, window->feature, sizeof o->feature);
    float *f = o->feature;
    f[FEATURE_PEERS] = estimate(&window->peers);
    f[FEATURE_SERVICES] = estimate(&window->services);
    /* Shares and means on a scale on which their logarithm spreads like that of a count. */
    float outside = window->upload + window->download;
    f[FEATURE_UPLOAD_SHARE] = outside > 0 ? 10 * window->upload / outside : 0;
    f[FEATURE_SENT_SIZE] = f[FEATURE_SENT_PACKETS] > 0
                               ? f[FEATURE_SENT_BYTES] / f[FEATURE_SENT_PACKETS]
                               : 0;
    f[FEATURE_RECEIVED_SIZE] =
        f[FEATURE_RECEIVED_PACKETS] > 0
            ? f[FEATURE_RECEIVED_BYTES] / f[FEATURE_RECEIVED_PACKETS]
            : 0;
    memcpy(o->sizes, window->sizes, sizeof o->sizes);
    memcpy(o->protocols, window->protocols, sizeof o->protocols);
    o->key_count = window->key_count;
    memcpy(o->keys, window->keys, window->key_count * sizeof o->keys[0]);
}

bool window_fetches(const struct window *window,
                    const struct baseline_observation *observation) {
    float bytes =
        window->feature[FEATURE_SENT_BYTES] + window->feature[FEATURE_RECEIVED_BYTES];
    if (window->download < fmaxf(bulk_bytes, fetched_share * bytes))
        return false;
    const struct window_subject *stranger = NULL;
    for (unsigned i = 0; i < observation->key_count; i++) {
        const struct baseline_key *k = &observation->keys[i];
        const struct window_subject *subject = &window->subjects[i];
        bool is_server = k->kind == KEY_PEER && subject->outside;
        if (is_server && k->passive)
            return false;
        bool is_young = !is_server && observation->acquaintance[i] == KEY_YOUNG;
        if (observation->acquaintance[i] == KEY_KNOWN || k->shared || is_young)
            continue;
        if (!subject->named ||
            (stranger && !address_equal(&stranger->ip, &subject->ip)))
            return false;
        stranger = subject;
    }
    return true;
}
