#include "collectors/flow_tell.h"

#include "collectors/flow_record.h"

/* More than these, or so many times more one way than the other, are no quiet flow's: a
   flood must be seen in the second it comes. */
enum { HELD_PACKETS_MAX = 256, HELD_IMBALANCE_MAX = 15, HELD_ONE_WAY_MAX = 4 };

/* How long a flow that ended is kept, so that its last acknowledgements and
   retransmissions do not look like a flow of their own. */
static const uint64_t LINGER_NS = 3000000000;

/* --- records --- */

static void rank(struct flow_table *flows, enum output_phase phase,
                 const struct touched *touched) {
    uint64_t now = flow_moment_of_packet(flows);
    output_rank(flows->output, phase,
                now - (uint32_t)((uint32_t)now - touched->moment));
}

static bool has_packets(const struct flow *flow) {
    return flow->packets[INITIATOR] + flow->packets[RESPONDER] > 0;
}

void flow_tell(struct flow_table *flows, struct flow *flow,
               enum flow_end_reason reason) {
    struct flow_facts *facts = flow_facts(flows, flow);
    for (unsigned role = INITIATOR; role <= RESPONDER; role++) {
        facts->total_packets[role] += flow->packets[role];
        facts->total_bytes[role] += flow->bytes[role];
    }
    if (reason == END_NONE &&
        flows->now_ns - facts->active_ns >= flows->active_timeout_ns) {
        reason = END_ACTIVE_TIMEOUT;
        facts->active_ns = flows->now_ns;
    }
    uint64_t time_ns = has_packets(flow) ? flow->last_ns : flows->now_ns;
    if (time_ns < flows->ticked_ns) /* it was held */
        time_ns = flows->ticked_ns;
    struct record *record = output_reserve(flows->output, RECORD_FLOW, time_ns);
    flow_record_write(&record->flow, table_key(flows->table, flow), flow, facts,
                      !!(flow->marks & SWAPPED));
    bool ends = reason != END_NONE && reason != END_ACTIVE_TIMEOUT;
    record->flow.events =
        (uint8_t)((flow->marks & FRESH ? FLOW_NEW : 0) | (ends ? FLOW_END : 0) |
                  (flow->marks & MIDSTREAM ? FLOW_MIDSTREAM : 0));
    record->flow.end_reason = (uint8_t)reason;
    output_deliver(flows->output, record);
    flow_record_forget(flow, facts, flows->now_ns);
    flow->marks &= (uint16_t) ~(FRESH | NEWS | HELD);
}

/* --- ends --- */

static void tell_last(struct flow_table *flows, struct flow *flow,
                      enum flow_end_reason reason) {
    if (flows->classifier)
        classify_finish(flows->classifier, &flow->inspection,
                        &flow_facts(flows, flow)->verdict);
    flow_tell(flows, flow, reason);
    flow->marks |= ENDED;
    flows->ended_count++;
}

void flow_tell_end(struct flow_table *flows, struct flow *flow,
                   enum flow_end_reason reason) {
    if (!(flow->marks & ENDED))
        tell_last(flows, flow, flow->marks & CLOSED ? END_OF_FLOW : reason);
    else if (has_packets(flow))
        flow_tell(flows, flow, END_NONE);
    flows->ended_count--;
    table_remove(flows->table, flow);
}

static struct flow *lingering_flow(struct flow_table *flows,
                                   const struct lingering *lingering) {
    struct flow *flow = table_at(flows->table, lingering->index);
    bool same = flow && (flow->marks & ENDED) &&
                flows->facts[lingering->index].closed_ns == lingering->closed_ns;
    return same ? flow : NULL;
}

/* Whether there was one in the table. */
static bool drop_longest_lingering(struct flow_table *flows) {
    while (flows->lingering_count > 0) {
        struct lingering *first = &flows->lingering[flows->lingering_first];
        struct flow *flow = lingering_flow(flows, first);
        flows->lingering_first = (flows->lingering_first + 1) % flows->capacity;
        flows->lingering_count--;
        if (flow) {
            flow_tell_end(flows, flow, END_OF_FLOW);
            return true;
        }
    }
    return false;
}

static void let_linger(struct flow_table *flows, struct flow *flow) {
    if (flows->lingering_count == flows->capacity)
        drop_longest_lingering(flows);
    uint32_t index = table_index(flows->table, flow);
    uint32_t place =
        (flows->lingering_first + flows->lingering_count) % flows->capacity;
    flows->facts[index].closed_ns = flows->now_ns;
    flows->lingering[place] = (struct lingering){index, flows->now_ns};
    flows->lingering_count++;
}

void flow_tell_lingering(struct flow_table *flows) {
    while (flows->lingering_count > 0 &&
           flows->now_ns - flows->lingering[flows->lingering_first].closed_ns >=
               LINGER_NS)
        drop_longest_lingering(flows);
}

/* Where most is unanswered there is a flood, which is to crowd out itself, not what others
   have just closed. */
void flow_tell_evicted(struct flow_table *flows) {
    bool is_flood = table_segment_used(flows->table, UNANSWERED) > flows->capacity / 2;
    if (!is_flood && drop_longest_lingering(flows))
        return;
    struct flow *oldest = table_oldest(flows->table, UNANSWERED);
    if (!oldest)
        oldest = table_oldest(flows->table, STEADY);
    if (!(oldest->marks & ENDED))
        counter_add(&flows->output->counters->flows_evicted, 1);
    flow_tell_end(flows, oldest, END_LACK_OF_RESOURCES);
}

/* --- one second --- */

/* Whoever looks at each second looks for attempts, refusals and floods between two hosts, and
   for what is new: so not at what is sent to a group or without IP, and not at some packets
   both ways on a flow that is known to be answered. */
static bool is_quiet(const struct flow_table *flows, const struct flow *flow) {
    if (flow->marks & (FRESH | NEWS | ENDED) || flow->inspection != INSPECTION_DONE ||
        flow->fragments)
        return false;
    if (flows->held_count == flows->capacity && !(flow->marks & HELD))
        return false;
    const struct flow_key *key = table_key(flows->table, flow);
    struct address responder = flow_key_address(key, !(flow->marks & SWAPPED));
    if (key->family < 4 || address_is_multicast(&responder))
        return true;
    uint32_t sent = flow->packets[INITIATOR], received = flow->packets[RESPONDER];
    bool is_balanced =
        sent <= received * HELD_IMBALANCE_MAX && received <= sent * HELD_IMBALANCE_MAX;
    return flow->state == FLOW_ANSWERED &&
           sent + received <= (is_balanced ? HELD_PACKETS_MAX : HELD_ONE_WAY_MAX);
}

static void hold(struct flow_table *flows, struct flow *flow, struct touched touched) {
    if (flow->marks & HELD)
        return;
    flow->marks |= HELD;
    flows->held[flows->held_count++] = touched;
}

void flow_tell_second(struct flow_table *flows, bool is_over) {
    for (uint32_t i = 0; i < flows->touched_count; i++) {
        struct flow *flow = table_at(flows->table, flows->touched[i].index);
        if (!flow || !(flow->marks & TOUCHED))
            continue; /* it ended and took its packets along */
        if (is_over)
            rank(flows, OUTPUT_SECOND, &flows->touched[i]);
        flow->marks &= (uint16_t)~TOUCHED;
        if ((flow->marks & (CLOSED | ENDED)) == CLOSED) {
            tell_last(flows, flow, END_OF_FLOW);
            let_linger(flows, flow);
        } else if (is_quiet(flows, flow)) {
            hold(flows, flow, flows->touched[i]);
        } else {
            flow_tell(flows, flow, END_NONE);
        }
    }
    flows->touched_count = 0;
}

void flow_tell_held(struct flow_table *flows) {
    for (uint32_t i = 0; i < flows->held_count; i++) {
        struct flow *flow = table_at(flows->table, flows->held[i].index);
        if (!flow || !(flow->marks & HELD))
            continue;
        rank(flows, OUTPUT_HELD, &flows->held[i]);
        flow_tell(flows, flow, END_NONE);
    }
    flows->held_count = 0;
}
