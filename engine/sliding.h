#ifndef ENGINE_SLIDING_H
#define ENGINE_SLIDING_H

#include <stdint.h>

/* Counting within the last while, in fixed memory. Time is cut into slots; what is older than
   SLIDING_SLOTS slots is forgotten. The slot's length is the caller's (span / slots) and
   has to be the same at every call. */

enum { SLIDING_SLOTS = 5, DISTINCT_BITS = 256 };

struct sliding_count {
    uint32_t newest; /* slot number */
    uint32_t slots[SLIDING_SLOTS];
};

/* Sums stop at UINT32_MAX. */
void sliding_count_add(struct sliding_count *count, uint32_t slot, uint32_t n);
uint32_t sliding_count_sum(const struct sliding_count *count, uint32_t slot);
/* In this slot and the one before it only. */
uint32_t sliding_count_recent(const struct sliding_count *count, uint32_t slot);

/* How many different keys: linear counting (Whang et al., 1990) on a bitmap a slot. Exact to
   a few dozen, within a tenth to a thousand, then saturates at about 1,400. */
struct sliding_distinct {
    uint32_t newest;
    uint32_t slots[SLIDING_SLOTS][DISTINCT_BITS / 32];
};

void sliding_distinct_add(struct sliding_distinct *distinct, uint32_t slot,
                          uint64_t hash);
double sliding_distinct_estimate(const struct sliding_distinct *distinct,
                                 uint32_t slot);
/* In this slot and the one before it only. */
double sliding_distinct_recent(const struct sliding_distinct *distinct, uint32_t slot);

#endif
