#ifndef MODELS_TAIL_H
#define MODELS_TAIL_H

#include <stdint.h>

/* The upper tail of a score's own past: what makes a raw deviation a p-value.
   A decayed histogram on a logarithmic scale, and beyond its 98 % quantile a generalized
   Pareto distribution (Siffer et al., "Anomaly detection in streams with extreme value
   theory" (SPOT), KDD 2017), fitted by moments to the binned exceedances (Hosking and
   Wallis, 1987), shape held within 0.05 … `shape_max`. The result never lies below the
   empirical count. Scores are ≥ 0; a score of 0 has p = 1.
   The counts are the caller's (plain arrays inside a baseline), one for each of `n` bins:
   bin 0 is everything below 2^low; then 8 to the octave; the last is open above. Each is of
   the scores in its bin or beyond, so the first counts all. Zeroed memory is empty. */

enum { TAIL_FEATURE_BINS = 48, TAIL_COMBINED_BINS = 96, TAIL_BINS_PER_OCTAVE = 8 };

struct tail_scale {
    unsigned n;      /* bins */
    int low;         /* exponent of the first edge */
    float shape_max; /* of the Pareto tail: 0.5 for features, 0.3 for combined scores */
    float needed;    /* exceedances before a Pareto tail is fitted: 10, combined 20 */
};

extern const struct tail_scale tail_feature_scale;  /* 48 bins from 2^-2 */
extern const struct tail_scale tail_combined_scale; /* 96 bins from 2^-6 */

/* Cached fit; zero it with the bins. Refitted every 32 scores learnt. */
struct tail_fit {
    float scale;
    float shape;
    float exceeding; /* fraction of all scores at or beyond the threshold */
    uint8_t first;   /* the bin whose edge is the threshold; 0: no fit yet, the tail is
                        empirical */
    uint8_t learned; /* since the fit */
    uint16_t spare;  /* for a stable size */
};

unsigned tail_bin(const struct tail_scale *scale, double score);
double tail_edge(const struct tail_scale *scale,
                 unsigned bin); /* the bin's lower edge */

/* Samples held, decayed. */
double tail_count(const uint16_t *beyond);

/* P(S ≥ score) by the own past alone: max(Pareto, count at or beyond / N); with no fit
   (count + 1) / (N + 1). In (0, 1]; 1 for an empty tail. O(1). */
double tail_p(const struct tail_scale *scale, const struct tail_fit *fit,
              const uint16_t *beyond, double score);

/* Own and pooled tail by their sizes: (N·own + k·pool) / (N + k). A pool that is empty
   counts as p = 1 and marks "insufficient evidence" together with an empty own tail:
   `evidence`, if not NULL, gets min(1, (N + pool's N) / k). */
double tail_pooled_p(const struct tail_scale *scale, const struct tail_fit *fit,
                     const uint16_t *beyond, const struct tail_fit *pool_fit,
                     const uint16_t *pool_beyond, double k, double score,
                     double *evidence);

/* Take a score at full weight, however surprising. Halves all when 65,535 are held. O(n) at
   most, and less the more usual the score. */
void tail_learn(const struct tail_scale *scale, struct tail_fit *fit, uint16_t *beyond,
                double score);

/* Forget half (the caller keeps the half-life). Odd counts alternate by bin, so that thin
   bins do not all vanish at once. */
void tail_halve(const struct tail_scale *scale, uint16_t *beyond);

#endif
