#include "collectors/flow_record.h"

#include <stddef.h>
#include <string.h>

/* A record's place holds an older one: all of it is written, and none of it twice. */
static void write_identity(struct flow_record *record, const struct flow_key *key,
                           const struct flow_facts *facts, unsigned initiator) {
    for (unsigned role = INITIATOR; role <= RESPONDER; role++) {
        unsigned end = role == INITIATOR ? initiator : !initiator;
        record->mac[role] =
            mac_is_zero(&key->mac[end]) ? facts->sender[end] : key->mac[end];
        record->port[role] = key->port[end];
        record->ip[role] =
            key->family >= 4 ? flow_key_address(key, end) : (struct address){0};
    }
    if (key->protocol == PROTOCOL_ICMP || key->protocol == PROTOCOL_ICMPV6)
        record->port[INITIATOR] = 0;
    record->vlan = key->vlan;
    record->vantage = facts->vantage;
    record->ethertype = key->ethertype;
    record->protocol = key->protocol;
}

static void write_state(struct flow_record *record, const struct flow *flow,
                        const struct flow_facts *facts) {
    record->state = flow->state;
    memcpy(record->ttl, flow->ttl, sizeof record->ttl);
    record->start_ns = facts->start_ns;
    memcpy(record->total_packets, facts->total_packets, sizeof record->total_packets);
    memcpy(record->total_bytes, facts->total_bytes, sizeof record->total_bytes);
    record->risks = facts->verdict.risks;
    memcpy(record->application, facts->verdict.application, sizeof record->application);
    memcpy(record->name, facts->verdict.name, sizeof record->name);
    memcpy(record->hello, facts->verdict.hello, sizeof record->hello);
}

static void write_deltas(struct flow_record *record, const struct flow *flow,
                         const struct flow_facts *facts) {
    memcpy(record->bytes, flow->bytes, sizeof record->bytes);
    memcpy(record->packets, flow->packets, sizeof record->packets);
    memcpy(record->payload_packets, flow->payload_packets,
           sizeof record->payload_packets);
    memcpy(record->syn, flow->syn, sizeof record->syn);
    memcpy(record->fin, flow->fin, sizeof record->fin);
    memcpy(record->rst, flow->rst, sizeof record->rst);
    memcpy(record->size_bins, flow->size_bins, sizeof record->size_bins);
    memcpy(record->gap_bins, flow->gap_bins, sizeof record->gap_bins);
    record->fragments = flow->fragments;
    memcpy(record->fragmented, facts->fragmented, sizeof record->fragmented);
    record->dns_queries = facts->dns_queries;
    record->dns_nxdomain = facts->dns_nxdomain;
    record->dns_query_bytes = facts->dns_query_bytes;
    record->operation_overflow = facts->operation_overflow;
    memcpy(record->operations, facts->operations, sizeof record->operations);
}

void flow_record_write(struct flow_record *record, const struct flow_key *key,
                       const struct flow *flow, const struct flow_facts *facts,
                       unsigned initiator) {
    write_identity(record, key, facts, initiator);
    write_state(record, flow, facts);
    write_deltas(record, flow, facts);
}

static uint16_t minute_of(uint64_t time_ns) {
    return (uint16_t)(time_ns / (60000000000));
}

/* What the flow does over and over is no news; what it did an hour ago is. */
static void remember_operations(struct flow_facts *facts, uint64_t now_ns) {
    struct told_operation *told = facts->told;
    for (unsigned i = 0; i < RECORD_OPERATIONS && facts->operations[i].count; i++) {
        uint16_t operation = facts->operations[i].operation;
        unsigned place = 0;
        while (place < RECORD_OPERATIONS - 1 && told[place].operation != operation)
            place++;
        memmove(told + 1, told, place * sizeof *told);
        told[0] = (struct told_operation){operation, minute_of(now_ns)};
    }
}

bool flow_record_has_told(const struct flow_facts *facts, uint16_t operation,
                          uint64_t now_ns) {
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++)
        if (facts->told[i].operation == operation)
            return (uint16_t)(minute_of(now_ns) - facts->told[i].minute) <= 1;
    return false;
}

static void forget_deltas(struct flow *flow, struct flow_facts *facts) {
    size_t first = offsetof(struct flow, bytes);
    memset((char *)flow + first, 0, offsetof(struct flow, marks) - first);
    facts->dns_queries = facts->dns_nxdomain = facts->dns_query_bytes = 0;
    facts->operation_overflow = 0;
    memset(facts->operations, 0, sizeof facts->operations);
    memset(facts->fragmented, 0, sizeof facts->fragmented);
}

void flow_record_forget(struct flow *flow, struct flow_facts *facts, uint64_t now_ns) {
    remember_operations(facts, now_ns);
    forget_deltas(flow, facts);
}
