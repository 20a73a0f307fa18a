#include "collectors/fragment.h"

#include <string.h>

static const uint64_t LIFE_NS = 30000000000;

void fragment_init(struct fragment_table *table, uint64_t seed) {
    memset(table, 0, sizeof *table);
    table->seed = seed;
}

static uint32_t place_of(const struct fragment_table *table,
                         const struct packet *packet) {
    uint64_t words[4];
    memcpy(words, packet->ip[SOURCE].bytes, 16);
    memcpy(words + 2, packet->ip[DESTINATION].bytes, 16);
    uint64_t mixed =
        table->seed ^ packet->fragment_id ^ (uint64_t)packet->protocol << 32;
    for (unsigned i = 0; i < 4; i++) {
        mixed = (mixed ^ words[i]) * 0x9e3779b97f4a7c15;
        mixed ^= mixed >> 29;
    }
    return (uint32_t)(mixed % FRAGMENT_PLACES);
}

void fragment_remember(struct fragment_table *table, const struct packet *packet,
                       uint32_t flow) {
    table->places[place_of(table, packet)] = (struct fragment_place){
        .ip = {packet->ip[SOURCE], packet->ip[DESTINATION]},
        .id = packet->fragment_id,
        .flow = flow,
        .time_ns = packet->time_ns,
        .protocol = packet->protocol,
    };
}

uint32_t fragment_find(const struct fragment_table *table, const struct packet *packet,
                       uint32_t missing) {
    const struct fragment_place *place = &table->places[place_of(table, packet)];
    bool same = place->id == packet->fragment_id &&
                place->protocol == packet->protocol &&
                address_equal(&place->ip[SOURCE], &packet->ip[SOURCE]) &&
                address_equal(&place->ip[DESTINATION], &packet->ip[DESTINATION]) &&
                place->ip[SOURCE].family != 0;
    return same && packet->time_ns - place->time_ns <= LIFE_NS ? place->flow : missing;
}
