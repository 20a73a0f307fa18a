#include "models/heavy.h"

unsigned heavy_add(struct heavy_place *places, unsigned count, uint64_t key,
                   uint32_t weight, bool *taken) {
    unsigned least = 0;
    *taken = false;
    for (unsigned i = 0; i < count; i++) {
        struct heavy_place *place = &places[i];
        if (place->key == key) {
            uint32_t room = UINT32_MAX - place->weight;
            place->weight += weight < room ? weight : room;
            return i;
        }
        if (places[least].key && (!place->key || place->weight < places[least].weight))
            least = i;
    }
    *taken = true;
    struct heavy_place *place = &places[least];
    uint32_t before = place->key ? place->weight : 0;
    *place = (struct heavy_place){key, before, before};
    place->weight += weight < UINT32_MAX - before ? weight : UINT32_MAX - before;
    return least;
}
