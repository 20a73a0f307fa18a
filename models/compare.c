#include "models/compare.h"

#include "models/histogram.h"

#include <math.h>
#include <stdlib.h>

/* On the scale of the means, which is logarithmic. */
static const double sd_floor = 0.1, least_spreads = 1, least_factor = 1.2,
                    least_spread_factor = 2;

static int by_size(const void *a, const void *b) {
    double x = fabs(((const struct compare_shift *)a)->spreads);
    double y = fabs(((const struct compare_shift *)b)->spreads);
    return (x < y) - (x > y);
}

static void compare_means(const struct baseline *before, const struct baseline *after,
                          struct compare_result *result) {
    if (before->slow.weight <= 0 || after->slow.weight <= 0)
        return;
    for (unsigned f = 0; f < FEATURE_VOLUME_COUNT; f++) {
        double mean = (double)before->slow.mean[f];
        double moved = (double)after->slow.mean[f] - mean;
        double sd = fmax(sd_floor, sqrt((double)before->slow.variance[f]));
        double sd_after = fmax(sd_floor, sqrt((double)after->slow.variance[f]));
        double spreads = moved / sd;
        bool has_moved =
            fabs(spreads) >= least_spreads && fabs(moved) >= log(least_factor);
        bool has_spread = fabs(log(sd_after / sd)) >= log(least_spread_factor);
        if (!has_moved && !has_spread)
            continue;
        result->shifts[result->shift_count++] = (struct compare_shift){
            (enum baseline_feature)f, expm1(mean), expm1(mean + moved), spreads};
    }
    qsort(result->shifts, result->shift_count, sizeof *result->shifts, by_size);
}

/* Of `other`, those that `set` does not have. */
static void count_missing(const struct novelty_set *set,
                          const struct novelty_set *other,
                          unsigned counts[NOVELTY_KINDS]) {
    for (unsigned i = 0; i < NOVELTY_KEYS; i++) {
        const struct novelty_key *k = &other->keys[i];
        if (k->key && k->kind < NOVELTY_KINDS && !novelty_find(set, k->key, k->kind))
            counts[k->kind]++;
    }
}

/* Lin, "Divergence measures based on the Shannon entropy" (1991). */
static double divergence(const uint16_t *a, const uint16_t *b, unsigned n) {
    double total_a = histogram_total(a, n), total_b = histogram_total(b, n), sum = 0;
    if (total_a <= 0 || total_b <= 0)
        return 0;
    for (unsigned i = 0; i < n; i++) {
        double p = a[i] / total_a, q = b[i] / total_b, middle = (p + q) / 2;
        if (p > 0)
            sum += p * log2(p / middle) / 2;
        if (q > 0)
            sum += q * log2(q / middle) / 2;
    }
    return fmin(fmax(sum, 0), 1);
}

void compare_baselines(const struct baseline *before, const struct baseline *after,
                       struct compare_result *result) {
    *result = (struct compare_result){.shift_count = 0};
    compare_means(before, after, result);
    count_missing(&before->novelty, &after->novelty, result->new_keys);
    count_missing(&after->novelty, &before->novelty, result->gone_keys);
    for (unsigned side = 0; side < 2; side++)
        result->sizes[side] =
            divergence(before->sizes[side], after->sizes[side], BASELINE_SIZE_BINS);
    result->protocols =
        divergence(before->protocols, after->protocols, BASELINE_PROTOCOL_BINS);
}
