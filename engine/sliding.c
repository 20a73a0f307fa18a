#include "engine/sliding.h"

#include "models/distinct.h"

#include <stdbool.h>
#include <string.h>

/* Whether `slot` is one of the SLIDING_SLOTS that end with `last`. */
static bool is_within(uint32_t slot, uint32_t last) {
    return slot <= last && last - slot < SLIDING_SLOTS;
}

static uint32_t saturating_sum(uint32_t a, uint32_t b) {
    return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

void sliding_count_add(struct sliding_count *count, uint32_t slot, uint32_t n) {
    if (slot > count->newest) {
        uint32_t steps = slot - count->newest;
        for (uint32_t i = 0; i < steps && i < SLIDING_SLOTS; i++)
            count->slots[(slot - i) % SLIDING_SLOTS] = 0;
        count->newest = slot;
    }
    uint32_t *place = &count->slots[slot % SLIDING_SLOTS];
    if (is_within(slot, count->newest))
        *place = saturating_sum(*place, n);
}

static uint32_t sum_of(const struct sliding_count *count, uint32_t slot, uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n && i <= slot; i++)
        if (is_within(slot - i, count->newest))
            sum = saturating_sum(sum, count->slots[(slot - i) % SLIDING_SLOTS]);
    return sum;
}

uint32_t sliding_count_sum(const struct sliding_count *count, uint32_t slot) {
    return sum_of(count, slot, SLIDING_SLOTS);
}

uint32_t sliding_count_recent(const struct sliding_count *count, uint32_t slot) {
    return sum_of(count, slot, 2);
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
    if (is_within(slot, distinct->newest))
        distinct_add(distinct->slots[slot % SLIDING_SLOTS], SLIDING_REGISTERS, hash);
}

static double estimate_of(const struct sliding_distinct *distinct, uint32_t slot,
                          uint32_t n) {
    uint8_t all[SLIDING_REGISTERS / 2] = {0};
    for (uint32_t i = 0; i < n && i <= slot; i++)
        if (is_within(slot - i, distinct->newest))
            distinct_merge(all, distinct->slots[(slot - i) % SLIDING_SLOTS],
                           SLIDING_REGISTERS);
    return distinct_estimate(all, SLIDING_REGISTERS);
}

double sliding_distinct_estimate(const struct sliding_distinct *distinct,
                                 uint32_t slot) {
    return estimate_of(distinct, slot, SLIDING_SLOTS);
}

double sliding_distinct_recent(const struct sliding_distinct *distinct, uint32_t slot) {
    return estimate_of(distinct, slot, 2);
}
