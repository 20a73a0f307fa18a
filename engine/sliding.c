#include "engine/sliding.h"

#include <math.h>
#include <string.h>

/* Slots between the newest and `slot` are empty: clear them. Returns the index of `slot`. */
static unsigned count_advance(struct sliding_count *count, uint32_t slot) {
    if (slot > count->newest) {
        uint32_t steps = slot - count->newest;
        for (uint32_t i = 0; i < steps && i < SLIDING_SLOTS; i++)
            count->slots[(slot - i) % SLIDING_SLOTS] = 0;
        count->newest = slot;
    }
    return slot % SLIDING_SLOTS;
}

void sliding_count_add(struct sliding_count *count, uint32_t slot, uint32_t n) {
    unsigned i = count_advance(count, slot);
    if (slot + SLIDING_SLOTS > count->newest)
        count->slots[i] += n;
}

uint32_t sliding_count_sum(const struct sliding_count *count, uint32_t slot) {
    uint32_t sum = 0;
    for (uint32_t s = slot >= SLIDING_SLOTS ? slot - SLIDING_SLOTS + 1 : 0; s <= slot;
         s++)
        if (s <= count->newest && s + SLIDING_SLOTS > count->newest)
            sum += count->slots[s % SLIDING_SLOTS];
    return sum;
}

void sliding_distinct_add(struct sliding_distinct *distinct, uint32_t slot,
                          uint64_t hash) {
    if (slot > distinct->newest) {
        uint32_t steps = slot - distinct->newest;
        for (uint32_t i = 0; i < steps && i < SLIDING_SLOTS; i++)
            memset(distinct->slots[(slot - i) % SLIDING_SLOTS], 0,
                   sizeof distinct->slots[0]);
        distinct->newest = slot;
    }
    if (slot + SLIDING_SLOTS <= distinct->newest)
        return;
    unsigned bit = (unsigned)(hash % DISTINCT_BITS);
    distinct->slots[slot % SLIDING_SLOTS][bit / 32] |= UINT32_C(1) << (bit % 32);
}

double sliding_distinct_estimate(const struct sliding_distinct *distinct,
                                 uint32_t slot) {
    uint32_t bits[DISTINCT_BITS / 32] = {0};
    for (uint32_t s = slot >= SLIDING_SLOTS ? slot - SLIDING_SLOTS + 1 : 0; s <= slot;
         s++)
        if (s <= distinct->newest && s + SLIDING_SLOTS > distinct->newest)
            for (unsigned i = 0; i < DISTINCT_BITS / 32; i++)
                bits[i] |= distinct->slots[s % SLIDING_SLOTS][i];
    int set = 0;
    for (unsigned i = 0; i < DISTINCT_BITS / 32; i++)
        set += __builtin_popcount(bits[i]);
    if (set == 0)
        return 0;
    double empty = fmax(1, DISTINCT_BITS - set);
    return DISTINCT_BITS * log(DISTINCT_BITS / empty);
}
