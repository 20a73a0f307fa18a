#ifndef MODELS_TAIL_H
#define MODELS_TAIL_H

#include <stdint.h>

/* The upper tail of a score's own past: what makes a raw deviation a p-value.
   A decayed histogram on a logarithmic scale, and beyond its 98 % quantile a generalized
   Pareto distribution (Siffer et al., "Anomaly detection in streams with extreme value
   theory" (SPOT), KDD 2017), fitted by moments to the binned exceedances (Hosking and
   Wallis, 1987), shape held within 0.05 … `shape_max`. The result never lies below the
   empirical count. Scores are ≥ 0; a score of 0 has p = 1.
   The counts are the caller's, and he has many tails that take a score each at the same
   times: how many that were is one count for all of them, and a score below the first edge,
   which most are, touches nothing. Zeroed memory is empty. */

enum { TAIL_FEATURE_EDGES = 48, TAIL_COMBINED_EDGES = 96, TAIL_EDGES_PER_OCTAVE = 8 };

struct tail_scale {
    unsigned n;      /* edges: eighths of an octave, as in a float's own bits */
    int low;         /* exponent of the first edge */
    float shape_max; /* of the Pareto tail: 0.5 for features, 0.3 for combined scores */
    float needed;    /* exceedances before a Pareto tail is fitted: 10, combined 20 */
};

extern const struct tail_scale tail_feature_scale;  /* 48 edges from 2^-2 */
extern const struct tail_scale tail_combined_scale; /* 96 edges from 2^-6 */

struct tail_fit { /* zeroed: no fit yet, the tail is empirical */
    float scale;
    float shape;
    float exceeding;  /* fraction of all scores at or beyond the threshold */
    uint8_t first;    /* the level whose edge is the threshold, from 1 on */
    uint8_t spare[3]; /* for a stable size */
};

struct tail {
    const struct tail_scale *scale;
    const struct tail_fit *fit;
    const uint16_t *beyond; /* by edge: scores at or beyond it, decayed */
    uint16_t count;         /* scores in all, decayed */
};

/* A score's level: how many edges it has reached, 0 … n. What is not a number has reached
   none. Of many at once, a few instructions each. */
void tail_levels(const struct tail_scale *scale, const float *scores, unsigned n,
                 int32_t *levels);
/* The edge that a level begins at; 0 for level 0. */
double tail_edge(const struct tail_scale *scale, unsigned level);

/* P(S ≥ score) by the own past alone: max(Pareto, count at or beyond / N); with no fit
   (count + 1) / (N + 1). In (0, 1]; 1 for an empty tail. `level` is the score's. O(1). */
double tail_p(const struct tail *tail, unsigned level, float score);

/* Own and pooled tail by their sizes: (N·own + k·pool) / (N + k), k > 0. A pool that is
   empty counts as p = 1. Both are on one scale. */
double tail_pooled_p(const struct tail *own, const struct tail *pool, double k,
                     unsigned level, float score);

/* Take a score of this level at full weight, however surprising. O(level). */
void tail_learn(uint16_t *beyond, unsigned level);

/* Anew from what the tail holds; worth the while every few dozen scores. O(n). */
void tail_refit(const struct tail *tail, struct tail_fit *fit);

/* Forget half (the caller keeps the half-life, and halves the count as well, rounding
   down). The fit consists of fractions and edges: halving changes neither. */
void tail_halve(const struct tail_scale *scale, uint16_t *beyond);

#endif
