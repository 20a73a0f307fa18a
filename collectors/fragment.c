#include "collectors/fragment.h"

#include <string.h>
#include <xxhash.h>

static const uint64_t LIFE_NS = 30000000000;

void fragment_init(struct fragment_table *table, uint64_t seed) {
    memset(table, 0, sizeof *table);
    table->seed = seed;
}

static uint32_t place_of(const struct fragment_table *table,
                         const struct packet *packet) {
    uint64_t words[5] = {0};
    memcpy(words, packet->ip[SOURCE].bytes, 16);
    memcpy(words + 2, packet->ip[DESTINATION].bytes, 16);
    memcpy(words + 4, packet->mac[SOURCE].bytes, sizeof packet->mac[SOURCE].bytes);
    uint64_t mixed = table->seed ^ packet->fragment_id ^
                     (uint64_t)packet->protocol << 32 ^ (uint64_t)packet->vlan << 40;
    for (unsigned i = 0; i < 5; i++) {
        mixed = (mixed ^ words[i]) * 0x9e3779b97f4a7c15;
        mixed ^= mixed >> 29;
    }
    return (uint32_t)(mixed % FRAGMENT_PLACES);
}

static bool is_of(const struct packet *packet, const struct fragment_place *place) {
    return place->id == packet->fragment_id && place->protocol == packet->protocol &&
           place->vlan == packet->vlan &&
           mac_equal(&place->sender, &packet->mac[SOURCE]) &&
           address_equal(&place->ip[SOURCE], &packet->ip[SOURCE]) &&
           address_equal(&place->ip[DESTINATION], &packet->ip[DESTINATION]) &&
           packet->time_ns - place->time_ns <= LIFE_NS;
}

static struct fragment_piece piece_of(const struct packet *packet) {
    uint32_t captured =
        packet->network_captured - (uint32_t)(packet->fragment - packet->network);
    uint32_t check =
        captured < packet->fragment_length
            ? 0
            : (uint32_t)XXH3_64bits(packet->fragment, packet->fragment_length) | 1;
    return (struct fragment_piece){(uint16_t)(packet->fragment_offset / 8),
                                   (uint16_t)packet->fragment_length, check};
}

static bool is_same(const struct fragment_piece *a, const struct fragment_piece *b) {
    return a->offset == b->offset && a->length == b->length &&
           (a->check == b->check || !a->check || !b->check);
}

static bool overlap(const struct fragment_piece *a, const struct fragment_piece *b) {
    return a->offset * 8u < b->offset * 8u + b->length &&
           b->offset * 8u < a->offset * 8u + a->length;
}

/* Whether the piece agrees with those that came before; `is_new` if none was the same. */
static bool fits(const struct fragment_place *place, const struct fragment_piece *piece,
                 bool is_last, bool *is_new) {
    uint32_t end = piece->offset * 8u + piece->length;
    *is_new = true;
    for (unsigned i = 0; i < place->piece_count; i++) {
        if (is_same(&place->pieces[i], piece)) {
            *is_new = false;
            return true;
        }
        uint32_t other = place->pieces[i].offset * 8u + place->pieces[i].length;
        if (overlap(&place->pieces[i], piece) || (is_last && other > end))
            return false;
    }
    return !place->end || (is_last ? end == place->end : end <= place->end);
}

struct fragment_place *fragment_take(struct fragment_table *table,
                                     const struct packet *packet, unsigned *news) {
    struct fragment_place *place = &table->places[place_of(table, packet)];
    *news = 0;
    if (!is_of(packet, place)) {
        *place =
            (struct fragment_place){.ip = {packet->ip[SOURCE], packet->ip[DESTINATION]},
                                    .sender = packet->mac[SOURCE],
                                    .id = packet->fragment_id,
                                    .flow = FRAGMENT_NO_FLOW,
                                    .time_ns = packet->time_ns,
                                    .vlan = packet->vlan,
                                    .protocol = packet->protocol};
        *news = FRAGMENT_BEGUN;
    }
    struct fragment_piece piece = piece_of(packet);
    bool is_new;
    if (!fits(place, &piece, packet->is_last_fragment, &is_new)) {
        *news |= place->is_bent ? 0 : FRAGMENT_OVERLAP;
        place->is_bent = true;
        return place;
    }
    if (packet->is_last_fragment)
        place->end = packet->fragment_offset + packet->fragment_length;
    if (!is_new)
        return place;
    if (place->piece_count < FRAGMENT_PIECES)
        place->pieces[place->piece_count++] = piece;
    place->covered += piece.length;
    if (!place->is_whole && place->end && place->covered >= place->end) {
        place->is_whole = true;
        *news |= FRAGMENT_WHOLE;
    }
    return place;
}
