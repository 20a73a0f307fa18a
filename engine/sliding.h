#ifndef ENGINE_SLIDING_H
#define ENGINE_SLIDING_H

#include <stdint.h>

/* Counting within the last while, in fixed memory. Time is cut into slots; what is older than
   SLIDING_SLOTS slots is forgotten. The slot's length is the caller's (span / slots) and
   has to be the same at every call. */

enum { SLIDING_SLOTS = 5, SLIDING_REGISTERS = 64 };

struct sliding_count {
    uint32_t newest; /* slot number */
    uint32_t slots[SLIDING_SLOTS];
};

/* Sums stop at UINT32_MAX. */
void sliding_count_add(struct sliding_count *count, uint32_t slot, uint32_t n);
uint32_t sliding_count_sum(const struct sliding_count *count, uint32_t slot);
/* In this slot and the one before it only. */
uint32_t sliding_count_recent(const struct sliding_count *count, uint32_t slot);

/* How many different keys: a HyperLogLog a slot (models/distinct.h). Within a tenth to a few
   dozen, within an eighth (one standard error) to half a million. */
struct sliding_distinct {
    uint32_t newest;
    uint8_t slots[SLIDING_SLOTS][SLIDING_REGISTERS / 2];
};

void sliding_distinct_add(struct sliding_distinct *distinct, uint32_t slot,
                          uint64_t hash);
double sliding_distinct_estimate(const struct sliding_distinct *distinct,
                                 uint32_t slot);
/* In this slot and the one before it only. */
double sliding_distinct_recent(const struct sliding_distinct *distinct, uint32_t slot);

#endif
