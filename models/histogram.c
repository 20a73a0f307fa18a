/* The likelihood-ratio statistic G of a window against a decayed profile (Sokal and Rohlf,
   "Biometry", ch. 17), with the profile smoothed by half a count a bin (Krichevsky and
   Trofimov, "The performance of universal encoding", IEEE Trans. IT, 1981). Changed: the
   window's size is capped, since packets of one window are not independent. */

#include "models/histogram.h"

#include <math.h>
#include <stdbool.h>

static uint64_t sum_counts(const uint32_t *counts, unsigned n) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

/* What bin i gets of `cap` when the counts up to it sum to `upto`: differences of rounded
   cumulative sums add up to `cap` exactly, and no thin bin loses its share for ever. */
static uint32_t scaled(uint64_t upto, uint32_t count, uint64_t total, uint32_t cap) {
    if (total <= cap)
        return count;
    double ratio = (double)cap / (double)total;
    return (uint32_t)((double)upto * ratio + 0.5) -
           (uint32_t)((double)(upto - count) * ratio + 0.5);
}

/* Whether a bin could hold no more. At most `cap` is added: mostly there is room for it all. */
static bool overflows(const uint16_t *bins, unsigned n, const uint32_t *counts,
                      uint64_t total, uint32_t cap) {
    uint32_t fullest = 0;
    for (unsigned i = 0; i < n; i++)
        fullest = bins[i] > fullest ? bins[i] : fullest;
    if (fullest + cap <= UINT16_MAX)
        return false;
    uint64_t upto = 0;
    for (unsigned i = 0; i < n; i++) {
        upto += counts[i];
        if (bins[i] + scaled(upto, counts[i], total, cap) > UINT16_MAX)
            return true;
    }
    return false;
}

void histogram_learn(uint16_t *bins, unsigned n, const uint32_t *counts, uint32_t cap) {
    uint64_t total = sum_counts(counts, n), upto = 0;
    cap = cap < UINT16_MAX ? cap : UINT16_MAX;
    if (total == 0)
        return;

    while (overflows(bins, n, counts, total, cap))
        histogram_halve(bins, n);
    for (unsigned i = 0; i < n; i++) {
        if (!counts[i])
            continue;
        upto += counts[i];
        bins[i] = (uint16_t)(bins[i] + scaled(upto, counts[i], total, cap));
    }
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

double histogram_divergence(const uint16_t *profile, unsigned n, const uint32_t *counts,
                            double cap) {
    double window = (double)sum_counts(counts, n), past = histogram_total(profile, n);
    if (window <= 0 || past <= 0)
        return 0;

    double expected_scale = window / (past + 0.5 * n), divergence = 0;
    for (unsigned i = 0; i < n; i++)
        if (counts[i] > 0)
            divergence +=
                counts[i] * log(counts[i] / ((profile[i] + 0.5) * expected_scale));
    divergence /= window;
    return divergence > 0 ? sqrt(2 * fmin(window, cap) * divergence) : 0;
}

double histogram_surprise(const uint16_t *profile, unsigned n, unsigned bin) {
    double past = histogram_total(profile, n);
    return past > 0 ? -log10((profile[bin] + 0.5) / (past + 0.5 * n)) : 0;
}
