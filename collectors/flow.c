#include "collectors/flow_tell.h"

#include <stdlib.h>
#include <string.h>

/* So many seconds with packets make a flow steady that never gets an answer: what
   machines publish (GOOSE, PTP, telemetry by multicast) must not fall to a flood. */
enum { STEADY_SECONDS = 3 };

enum { RECORD_PACKETS_MAX = UINT16_MAX };

static const uint64_t SECOND_NS = 1000000000;

struct flow_table *flow_create(const struct flow_options *options,
                               struct classifier *classifier, struct output *output) {
    struct flow_table *flows = calloc(1, sizeof *flows);
    if (!flows)
        return NULL;
    flows->capacity = options->capacity;
    flows->idle_timeout_ns = options->idle_timeout_ns;
    flows->active_timeout_ns = options->active_timeout_ns;
    flows->classifier = classifier;
    flows->output = output;
    flows->table = table_create(options->capacity, sizeof(struct flow_key),
                                sizeof(struct flow), options->seed);
    flows->facts = calloc(options->capacity, sizeof *flows->facts);
    flows->touched = calloc(options->capacity, sizeof *flows->touched);
    flows->held = calloc(options->capacity, sizeof *flows->held);
    flows->lingering = calloc(options->capacity, sizeof *flows->lingering);
    if (!flows->table || !flows->facts || !flows->touched || !flows->held ||
        !flows->lingering) {
        flow_destroy(flows);
        return NULL;
    }
    fragment_init(&flows->fragments, options->seed);
    counter_set(&output->counters->flows_capacity, options->capacity);
    return flows;
}

void flow_destroy(struct flow_table *flows) {
    if (!flows)
        return;
    free(flows->lingering);
    free(flows->held);
    free(flows->touched);
    free(flows->facts);
    table_destroy(flows->table);
    free(flows);
}

struct flow_facts *flow_facts(struct flow_table *flows, const struct flow *flow) {
    return &flows->facts[table_index(flows->table, flow)];
}

/* --- one second --- */

void flow_has_news(struct flow *flow) {
    flow->marks |= NEWS;
}

/* The flow has something to tell when the second ends. Recency is kept by the second,
   too, so that most packets do not reorder lists. */
static void touch(struct flow_table *flows, struct flow *flow, uint64_t moment) {
    if (flow->marks & TOUCHED)
        return;
    flows->touched[flows->touched_count++] =
        (struct touched){table_index(flows->table, flow), (uint32_t)moment};
    flow->recency = moment;
    flow->marks |= TOUCHED;
    if (flow->seconds < UINT8_MAX)
        flow->seconds++;
    const struct flow_key *key = table_key(flows->table, flow);
    if (flow->seconds == STEADY_SECONDS && key->protocol != PROTOCOL_TCP)
        table_move(flows->table, flow, STEADY);
    else
        table_touch(flows->table, flow);
}

void flow_tick(struct flow_table *flows, uint64_t boundary_ns) {
    const uint64_t held_ns = RECORD_HELD_S * SECOND_NS;
    flows->now_ns = boundary_ns ? boundary_ns - 1 : 0; /* still inside what ends now */
    flow_tell_second(flows, true);
    if (boundary_ns / held_ns != flows->ticked_ns / held_ns)
        flow_tell_held(flows);
    flow_tell_lingering(flows);
    for (unsigned segment = 0; segment < TABLE_SEGMENTS; segment++) {
        struct flow *flow;
        while ((flow = table_oldest(flows->table, segment)) &&
               flows->now_ns - flow->last_ns >= flows->idle_timeout_ns) {
            output_rank(flows->output, OUTPUT_IDLE + segment, flow->recency);
            flow_tell_end(flows, flow, END_IDLE_TIMEOUT);
        }
    }
    flows->ticked_ns = boundary_ns;
    counter_set(&flows->output->counters->flows_active,
                table_used(flows->table) - flows->ended_count);
}

void flow_flush(struct flow_table *flows, uint64_t now_ns) {
    flows->now_ns = now_ns;
    for (unsigned segment = 0; segment < TABLE_SEGMENTS; segment++) {
        struct flow *flow;
        while ((flow = table_oldest(flows->table, segment))) {
            output_rank(flows->output, OUTPUT_FLUSH + segment, flow->recency);
            flow_tell_end(flows, flow, END_FORCED);
        }
    }
    flows->touched_count = flows->held_count = flows->lingering_count = 0;
    flows->ticked_ns = 0; /* time may step back now */
    counter_set(&flows->output->counters->flows_active, 0);
}

/* --- one packet --- */

static void begin(struct flow_table *flows, struct flow *flow,
                  const struct packet *packet, unsigned source) {
    struct flow_facts *facts = flow_facts(flows, flow);
    memset(facts, 0, sizeof *facts);
    facts->start_ns = facts->active_ns = packet->time_ns;
    facts->vantage = packet->vantage;
    flow->last_ns = packet->time_ns;
    unsigned initiator = flow_key_is_reply(packet) ? !source : source;
    flow->marks = (uint16_t)(FRESH | (initiator ? SWAPPED : 0));
    if (packet->protocol == PROTOCOL_TCP) {
        if (!(packet->tcp_flags & TCP_SYN))
            flow->marks |= MIDSTREAM;
        flow->tcp_start = packet->tcp_flags & TCP_ACK ? packet->tcp_acknowledgement - 1
                                                      : packet->tcp_sequence;
    }
    counter_add(&flows->output->counters->flows_created, 1);
}

/* A SYN on a flow that is over, or that began without us, or with other numbers than
   the SYN that we saw, begins another connection between the same ports. Where no
   answer was seen yet it is one more attempt of the same. */
static bool begins_anew(const struct flow *flow, const struct packet *packet) {
    if (packet->protocol != PROTOCOL_TCP ||
        (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
        return false;
    if (flow->marks & MIDSTREAM)
        return true;
    bool is_over = flow->marks & CLOSED || flow->state == FLOW_ANSWERED;
    return is_over && flow->tcp_start != packet->tcp_sequence;
}

static struct flow *make(struct flow_table *flows, const struct flow_key *key,
                         uint64_t hash) {
    bool made;
    struct flow *flow = table_get_hashed(flows->table, key, hash, &made);
    if (!flow) {
        flow_tell_evicted(flows);
        flow = table_get_hashed(flows->table, key, hash, &made);
    }
    return flow;
}

void flow_name(const struct packet *packet, struct flow_path *path) {
    path->source = flow_key_of_packet(&path->key, packet);
}

void flow_seek(const struct flow_table *flows, struct flow_path *path) {
    path->hash = table_hash(flows->table, &path->key);
    table_prefetch(flows->table, path->hash);
}

void flow_fetch(const struct flow_table *flows, const struct flow_path *path) {
    table_prefetch_entry(flows->table, path->hash);
}

/* The flow that the packet, which is a piece of `whole` if it is one at all, is of. */
static struct flow *flow_of(struct flow_table *flows, const struct packet *packet,
                            const struct flow_path *path,
                            struct fragment_place *whole) {
    if (whole && !packet->is_first_fragment) {
        struct flow *flow = table_at(flows->table, whole->flow);
        if (flow && flow_key_is_related(table_key(flows->table, flow), &path->key))
            return flow;
    }
    struct flow *flow = table_find_hashed(flows->table, &path->key, path->hash);
    if (flow && begins_anew(flow, packet)) {
        flow_tell_end(flows, flow, END_OF_FLOW);
        flow = NULL;
    }
    if (!flow) {
        flow = make(flows, &path->key, path->hash);
        begin(flows, flow, packet, path->source);
    }
    if (whole && packet->is_first_fragment)
        whole->flow = table_index(flows->table, flow);
    return flow;
}

static void answer(struct flow_table *flows, struct flow *flow) {
    if (flow->state == FLOW_ANSWERED)
        return;
    flow->state = FLOW_ANSWERED;
    flow->marks |= NEWS;
    flow->recency = flow_moment_of_packet(flows);
    table_move(flows->table, flow, STEADY);
}

static void follow_tcp(struct flow_table *flows, struct flow *flow, uint8_t flags,
                       unsigned direction) {
    flow->syn[direction] = (uint16_t)(flow->syn[direction] + !!(flags & TCP_SYN));
    flow->fin[direction] = (uint16_t)(flow->fin[direction] + !!(flags & TCP_FIN));
    flow->rst[direction] = (uint16_t)(flow->rst[direction] + !!(flags & TCP_RST));
    if (flags & (TCP_SYN | TCP_FIN | TCP_RST))
        flow->marks |= NEWS;
    if (flags & TCP_RST) {
        if (direction == RESPONDER && flow->state == FLOW_ATTEMPT &&
            !(flow->marks & (REPLIED | MIDSTREAM)))
            flow->state = FLOW_REFUSED;
        flow->marks |= CLOSED;
        return;
    }
    if (flags & TCP_FIN) {
        flow->marks |= (uint16_t)(FIN_INITIATOR << direction);
        if ((flow->marks & FIN_INITIATOR) && (flow->marks & FIN_RESPONDER))
            flow->marks |= CLOSED;
    }
    if (direction == RESPONDER)
        flow->marks |= REPLIED;
    else if (!(flags & TCP_SYN))
        flow->marks |= SPOKE;
    if ((flow->marks & REPLIED) && (flow->marks & (SPOKE | MIDSTREAM)))
        answer(flows, flow);
}

static unsigned size_bin(uint32_t bytes) {
    static const uint8_t bins[] = {
        0, 0, 1, 2, 2, 3, 3, 3, 3, 4, 4,
        4, 4, 5, 5, 5, 5, 6, 6, 6, 6}; /* by 64, rounded up */
    uint32_t blocks = (bytes + 63) / 64;
    return blocks < sizeof bins ? bins[blocks] : RECORD_SIZE_BINS - 1;
}

static unsigned gap_bin(uint64_t gap_ns) {
    unsigned bin = 0;
    for (uint64_t bound_ns = 1000000; bin < RECORD_GAP_BINS - 1 && gap_ns >= bound_ns;
         bound_ns *= 4)
        bin++;
    return bin;
}

static void begin_frame(struct flow_table *flows, const struct packet *packet) {
    flows->now_ns = packet->time_ns;
    output_rank(flows->output, OUTPUT_FRAME, flows->output->frame);
    if (flows->touched_count == flows->capacity)
        flow_tell_second(flows, false);
}

/* What looked like the answer of a service, by its ports, and nobody had asked. */
static bool is_unasked(const struct flow *flow, uint8_t protocol) {
    return protocol == PROTOCOL_UDP && flow->marks & FRESH &&
           flow->packets[INITIATOR] == 0;
}

/* Who sends from a service's port to hide that he calls is the one who began. */
static void turn_around(struct flow_table *flows, struct flow *flow) {
    struct flow_facts *facts = flow_facts(flows, flow);
    flow->marks ^= SWAPPED;
    flow->packets[INITIATOR] = flow->packets[RESPONDER];
    flow->bytes[INITIATOR] = flow->bytes[RESPONDER];
    flow->payload_packets[INITIATOR] = flow->payload_packets[RESPONDER];
    flow->ttl[INITIATOR] = flow->ttl[RESPONDER];
    memcpy(flow->size_bins[INITIATOR], flow->size_bins[RESPONDER],
           sizeof flow->size_bins[INITIATOR]);
    facts->fragmented[INITIATOR] = facts->fragmented[RESPONDER];
    flow->packets[RESPONDER] = flow->payload_packets[RESPONDER] = 0;
    flow->bytes[RESPONDER] = 0;
    flow->ttl[RESPONDER] = 0;
    memset(flow->size_bins[RESPONDER], 0, sizeof flow->size_bins[RESPONDER]);
    memset(&facts->fragmented[RESPONDER], 0, sizeof facts->fragmented[RESPONDER]);
    table_move(flows->table, flow, UNANSWERED);
}

void flow_refuse(struct flow_table *flows, const struct packet *packet) {
    if (!packet->is_unreachable)
        return;
    begin_frame(flows, packet);
    struct flow_key key;
    unsigned source = flow_key_of_quote(&key, packet);
    struct flow *flow = table_find(flows->table, &key);
    if (!flow)
        return;
    bool by_initiator = source == !!(flow->marks & SWAPPED);
    if (!by_initiator && is_unasked(flow, key.protocol))
        turn_around(flows, flow);
    else if (!by_initiator || flow->state != FLOW_ATTEMPT)
        return;
    flow->state = FLOW_REFUSED;
    touch(flows, flow, flow_moment_of_error(flows));
}

static void count_fragmented(struct fragment_counts *counts, unsigned news) {
    counts->begun = (uint16_t)(counts->begun + !!(news & FRAGMENT_BEGUN));
    counts->whole = (uint16_t)(counts->whole + !!(news & FRAGMENT_WHOLE));
    counts->bent = (uint16_t)(counts->bent + !!(news & FRAGMENT_OVERLAP));
}

struct flow *flow_count(struct flow_table *flows, const struct packet *packet,
                        const struct flow_path *path, unsigned *direction) {
    begin_frame(flows, packet);
    unsigned source = path->source, news = 0;
    struct fragment_place *whole =
        packet->is_fragment ? fragment_take(&flows->fragments, packet, &news) : NULL;
    struct flow *flow = flow_of(flows, packet, path, whole);
    if (mac_is_zero(&packet->mac[DESTINATION]))
        flow_facts(flows, flow)->sender[source] = packet->mac[SOURCE];
    unsigned initiator = !!(flow->marks & SWAPPED);
    unsigned role = source == initiator ? INITIATOR : RESPONDER;
    *direction = role;

    touch(flows, flow, flow_moment_of_packet(flows));
    uint32_t counted = flow->packets[INITIATOR] + flow->packets[RESPONDER];
    if (counted == RECORD_PACKETS_MAX)
        flow_tell(flows, flow, END_NONE);
    if (counted > 0 || !(flow->marks & FRESH))
        flow->gap_bins[gap_bin(packet->time_ns - flow->last_ns)]++;
    flow->last_ns = packet->time_ns;
    flow->packets[role]++;
    flow->bytes[role] += packet->wire_length;
    flow->payload_packets[role] += packet->payload_length > 0;
    if (packet->payload_length > 0 && !(flow->marks & SAID))
        flow->marks |= SAID | NEWS;
    flow->size_bins[role][size_bin(packet->network_length)]++;
    flow->ttl[role] = packet->ttl;
    if (packet->is_fragment && !packet->is_first_fragment)
        flow->fragments++;
    if (news)
        count_fragmented(&flow_facts(flows, flow)->fragmented[role], news);

    if (packet->protocol != PROTOCOL_TCP) {
        if (role == RESPONDER)
            answer(flows, flow);
    } else if (packet->transport) {
        follow_tcp(flows, flow, packet->tcp_flags, role);
    }
    return flow;
}
