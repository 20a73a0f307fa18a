#include "collectors/facts.h"

#include "collectors/dns.h"
#include "collectors/flow_record.h"
#include "collectors/operation.h"

#include <string.h>

static void add_saturating(uint16_t *sum, unsigned n) {
    unsigned added = *sum + n;
    *sum = added < UINT16_MAX ? (uint16_t)added : UINT16_MAX;
}

static bool read_dns(const struct packet *packet, struct dns_message *message) {
    enum { MDNS_PORT = 5353 };
    if (packet->protocol == PROTOCOL_UDP && packet->port[DESTINATION] == MDNS_PORT)
        return !address_is_multicast(&packet->ip[DESTINATION]) &&
               dns_parse(packet->payload, packet->payload_captured, message);
    return dns_parse_packet(packet, message);
}

static bool count_dns(const struct packet *packet, unsigned direction,
                      struct flow_facts *facts) {
    struct dns_message message;
    if (!read_dns(packet, &message) || message.opcode != 0)
        return false;
    if (!message.is_response && direction == INITIATOR) {
        add_saturating(&facts->dns_queries, 1);
        add_saturating(&facts->dns_query_bytes, message.name_bytes);
        /* Of a long name the end says whose it is. */
        size_t length = strlen(message.name), room = sizeof facts->verdict.name - 1;
        const char *tail = message.name + (length > room ? length - room : 0);
        text_copy_untrusted(facts->verdict.name, sizeof facts->verdict.name, tail,
                            strlen(tail));
    } else if (message.is_response && direction == RESPONDER) {
        add_saturating(&facts->dns_nxdomain, message.rcode == DNS_NXDOMAIN);
    }
    return true;
}

static void add_operation(struct flow_facts *facts,
                          const struct operation_count *added) {
    for (unsigned i = 0; i < RECORD_OPERATIONS; i++) {
        struct operation_count *place = &facts->operations[i];
        if (place->count > 0 && place->operation != added->operation)
            continue;
        place->operation = added->operation;
        add_saturating(&place->count, added->count);
        return;
    }
    add_saturating(&facts->operation_overflow, added->count);
}

static bool count_operations(const struct packet *packet, unsigned direction,
                             struct flow_facts *facts) {
    struct operation_count operations[RECORD_OPERATIONS];
    unsigned overflow = 0;
    unsigned count = operation_parse(packet, direction, operations, &overflow);
    bool has_news = overflow > 0;
    for (unsigned i = 0; i < count; i++) {
        has_news |=
            !flow_record_has_told(facts, operations[i].operation, packet->time_ns);
        add_operation(facts, &operations[i]);
    }
    /* Facts that nothing is added to are not touched: they are seldom in the cache. */
    if (overflow > 0)
        add_saturating(&facts->operation_overflow, overflow);
    return has_news;
}

bool facts_count(const struct packet *packet, unsigned direction,
                 struct flow_facts *facts) {
    if (packet->payload_captured == 0)
        return false;
    bool has_news = count_dns(packet, direction, facts);
    has_news |= count_operations(packet, direction, facts);
    return has_news;
}
