#ifndef MODELS_HEAVY_H
#define MODELS_HEAVY_H

#include <stdbool.h>
#include <stdint.h>

/* The heaviest of many keys in a few places: Space-Saving (Metwally, Agrawal, El Abbadi,
   "Efficient computation of frequent and top-k elements in data streams", 2005). With k
   places and a weight of N in all, each key that weighs more than N / k has a place, and a
   key's weight lies between weight − error and weight. Zeroed memory is empty. */

struct heavy_place {
    uint64_t key; /* 0: free */
    uint32_t weight, error;
};

/* Add `weight` to a key that is not 0. Returns its place; `taken` says whether it is a new
   one there, so that what the caller keeps beside the place begins anew. Sums stop at
   UINT32_MAX. O(count). */
unsigned heavy_add(struct heavy_place *places, unsigned count, uint64_t key,
                   uint32_t weight, bool *taken);

#endif
