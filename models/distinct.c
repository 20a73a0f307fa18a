#include "models/distinct.h"

#include <math.h>

enum { RANK_MAX = 15 };

static unsigned rank_at(const uint8_t *sketch, unsigned i) {
    return i % 2 ? sketch[i / 2] >> 4 : sketch[i / 2] & 15;
}

static void raise_to(uint8_t *sketch, unsigned i, unsigned rank) {
    if (rank <= rank_at(sketch, i))
        return;
    unsigned shift = i % 2 * 4;
    sketch[i / 2] = (uint8_t)((sketch[i / 2] & ~(15u << shift)) | rank << shift);
}

void distinct_add(uint8_t *sketch, unsigned registers, uint64_t hash) {
    unsigned i = (unsigned)(hash % registers);
    uint64_t rest = hash / registers;
    unsigned rank = rest ? (unsigned)__builtin_ctzll(rest) + 1 : RANK_MAX;
    raise_to(sketch, i, rank < RANK_MAX ? rank : RANK_MAX);
}

void distinct_merge(uint8_t *into, const uint8_t *sketch, unsigned registers) {
    for (unsigned i = 0; i < registers; i++)
        raise_to(into, i, rank_at(sketch, i));
}

/* The correction of multiplicative bias, as the paper tabulates it. */
static double alpha(unsigned registers) {
    switch (registers) {
    case 16:
        return 0.673;
    case 32:
        return 0.697;
    case 64:
        return 0.709;
    default:
        return 0.7213 / (1 + 1.079 / registers);
    }
}

double distinct_estimate(const uint8_t *sketch, unsigned registers) {
    double sum = 0;
    unsigned empty = 0;
    for (unsigned i = 0; i < registers; i++) {
        unsigned rank = rank_at(sketch, i);
        sum += 1 / (double)(1u << rank);
        empty += rank == 0;
    }
    double estimate = alpha(registers) * registers * registers / sum;
    if (estimate <= 2.5 * registers && empty > 0)
        return registers * log((double)registers / empty);
    return estimate;
}
