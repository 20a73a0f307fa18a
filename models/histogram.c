/* The likelihood-ratio statistic G of a window against a decayed profile (Sokal and Rohlf,
   "Biometry", ch. 17), with the profile smoothed by half a count a bin (Krichevsky and
   Trofimov, "The performance of universal encoding", IEEE Trans. IT, 1981). Changed: the
   window's size is capped, since packets of one window are not independent. */

#include "models/histogram.h"

#include "models/logarithm.h"

#include <math.h>
#include <stdbool.h>

static inline uint64_t sum_counts(const uint32_t *counts, unsigned n) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

/* What each bin gets of `cap`: differences of rounded cumulative sums add up to `cap`
   exactly, and no thin bin loses its share for ever. */
static inline void share_out(const uint32_t *counts, unsigned n, uint64_t total,
                             uint32_t cap, uint32_t *shares) {
    double ratio = (double)cap / (double)total, upto = 0;
    int32_t given = 0;
    for (unsigned i = 0; i < n; i++) {
        upto += counts[i];
        int32_t due = (int32_t)(upto * ratio + 0.5);
        shares[i] = (uint32_t)(due - given);
        given = due;
    }
}

/* At most `cap` is added: mostly there is room for it all. */
static inline bool overflows(const uint16_t *bins, unsigned n, const uint32_t *shares,
                             uint32_t cap) {
    uint16_t fullest = 0;
    for (unsigned i = 0; i < n; i++)
        fullest = bins[i] > fullest ? bins[i] : fullest;
    bool does = false;
    if (fullest + cap > UINT16_MAX)
        for (unsigned i = 0; i < n; i++)
            does = does || bins[i] + shares[i] > UINT16_MAX;
    return does;
}

static inline __attribute__((always_inline)) void
learn(uint16_t *bins, unsigned n, const uint32_t *counts, uint32_t cap) {
    uint32_t shared[HISTOGRAM_BINS_MAX];
    const uint32_t *shares = counts;
    uint64_t total = sum_counts(counts, n);
    cap = cap < UINT16_MAX ? cap : UINT16_MAX;
    if (total == 0)
        return;

    if (total > cap) {
        share_out(counts, n, total, cap, shared);
        shares = shared;
    }
    while (overflows(bins, n, shares, cap))
        histogram_halve(bins, n);
    for (unsigned i = 0; i < n; i++)
        bins[i] = (uint16_t)(bins[i] + shares[i]);
}

/* The usual numbers of bins each get code of their own, without a loop's beginnings and ends. */
void histogram_learn(uint16_t *bins, unsigned n, const uint32_t *counts, uint32_t cap) {
    if (n == 8)
        learn(bins, 8, counts, cap);
    else if (n == 16)
        learn(bins, 16, counts, cap);
    else
        learn(bins, n, counts, cap);
}

void histogram_halve(uint16_t *bins, unsigned n) {
    uint32_t left_over = 0; /* of every two odd counts one is rounded down, one up */
    for (unsigned i = 0; i < n; i++) {
        uint32_t twice = bins[i] + left_over;
        bins[i] = (uint16_t)(twice >> 1);
        left_over = twice & 1;
    }
}

uint32_t histogram_total(const uint16_t *bins, unsigned n) {
    uint32_t total = 0;
    for (unsigned i = 0; i < n; i++)
        total += bins[i];
    return total;
}

static inline __attribute__((always_inline)) double
divergence(const uint16_t *profile, unsigned n, const uint32_t *counts, double cap) {
    double window = (double)sum_counts(counts, n), past = histogram_total(profile, n);
    if (window <= 0 || past <= 0)
        return 0;

    /* In floats, side by side; the logarithm of an empty bin is finite, and counts nothing. */
    float ratio[HISTOGRAM_BINS_MAX], ln[HISTOGRAM_BINS_MAX], sum = 0;
    float per_window = (float)(1 / window),
          per_past = (float)((past + 0.5 * n) / window);
    for (unsigned i = 0; i < n; i++)
        ratio[i] = (float)counts[i] * per_past / ((float)profile[i] + 0.5F);
    logarithm_of(ratio, ln, n);
    for (unsigned i = 0; i < n; i++)
        sum += (float)counts[i] * per_window * ln[i];
    return sum > 0 ? sqrt(2 * (window < cap ? window : cap) * (double)sum) : 0;
}

double histogram_divergence(const uint16_t *profile, unsigned n, const uint32_t *counts,
                            double cap) {
    return n == 8    ? divergence(profile, 8, counts, cap)
           : n == 16 ? divergence(profile, 16, counts, cap)
                     : divergence(profile, n, counts, cap);
}

double histogram_surprise(const uint16_t *profile, unsigned n, unsigned bin) {
    double past = histogram_total(profile, n);
    return past > 0 ? -log10((profile[bin] + 0.5) / (past + 0.5 * n)) : 0;
}
