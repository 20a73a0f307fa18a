#include "models/histogram.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

enum { MOST_BINS = 64 };

static void random_counts(uint32_t *counts, unsigned n, double largest) {
    for (unsigned i = 0; i < n; i++)
        counts[i] = random_below(3) ? (uint32_t)random_between(0, largest) : 0;
}

static double total_of(const uint32_t *counts, unsigned n) {
    double total = 0;
    for (unsigned i = 0; i < n; i++)
        total += counts[i];
    return total;
}

START_TEST(learns_all_of_a_small_window_and_a_share_of_a_large_one) {
    for (int round = 0; round < 2000; round++) {
        unsigned n = 1 + random_below(MOST_BINS);
        uint32_t counts[MOST_BINS], cap = 1 + random_below(1000);
        uint16_t bins[MOST_BINS] = {0};
        random_counts(counts, n, pow(10, random_between(0, 9)));
        double total = total_of(counts, n);
        histogram_learn(bins, n, counts, cap);
        double share = total > cap ? cap / total : 1;
        for (unsigned i = 0; i < n; i++)
            ck_assert_double_le(fabs(bins[i] - counts[i] * share), total > cap ? 1 : 0);
        ck_assert_double_eq(histogram_total(bins, n), fmin(total, cap));
    }
}
END_TEST

START_TEST(keeps_proportions_when_a_bin_is_full) {
    for (int round = 0; round < 20; round++) {
        unsigned n = 2 + random_below(14);
        uint32_t counts[MOST_BINS];
        uint16_t bins[MOST_BINS] = {0};
        random_counts(counts, n, 200);
        counts[0] = 300; /* the bin that overflows */
        for (int window = 0; window < 2000; window++)
            histogram_learn(bins, n, counts, UINT32_MAX);
        double got = histogram_total(bins, n), expected = total_of(counts, n);
        for (unsigned i = 0; i < n; i++)
            ck_assert_double_eq_tol(bins[i] / got, counts[i] / expected, 1e-3);
    }
}
END_TEST

START_TEST(survives_the_largest_counts) {
    uint16_t bins[4] = {UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX};
    const uint32_t counts[4] = {UINT32_MAX, 0, 0, UINT32_MAX};
    histogram_learn(bins, 4, counts, UINT32_MAX);
    ck_assert_uint_ge(bins[0], 32767);
    ck_assert_uint_ge(bins[3], 32767);
    const uint32_t one[4] = {UINT32_MAX, 0, 0, 0};
    histogram_learn(bins, 4, one, UINT32_MAX);
    ck_assert_uint_eq(bins[0], UINT16_MAX);
    ck_assert_uint_le(histogram_total(bins + 1, 3), 3);
    const uint32_t nothing[4] = {0};
    histogram_learn(bins, 4, nothing, 10);
    ck_assert_uint_ge(histogram_total(bins, 4), UINT16_MAX);
}
END_TEST

START_TEST(halving_halves_each_bin_and_the_total) {
    for (int round = 0; round < 2000; round++) {
        unsigned n = 1 + random_below(MOST_BINS);
        uint16_t bins[MOST_BINS], before[MOST_BINS];
        for (unsigned i = 0; i < n; i++)
            bins[i] = (uint16_t)(random_bits() >> (48 + random_below(16)));
        memcpy(before, bins, sizeof before[0] * n);
        histogram_halve(bins, n);
        for (unsigned i = 0; i < n; i++)
            ck_assert_double_le(fabs(bins[i] - before[i] / 2.0), 0.5);
        ck_assert_uint_eq(histogram_total(bins, n), histogram_total(before, n) / 2);
        for (int i = 0; i < 32; i++)
            histogram_halve(bins, n);
        ck_assert_uint_eq(histogram_total(bins, n), 0);
    }
}
END_TEST

START_TEST(divergence_is_the_formula) {
    for (int round = 0; round < 2000; round++) {
        unsigned n = 1 + random_below(MOST_BINS);
        uint32_t counts[MOST_BINS];
        uint16_t bins[MOST_BINS];
        random_counts(counts, n, pow(10, random_between(0, 6)));
        for (unsigned i = 0; i < n; i++)
            bins[i] = (uint16_t)(random_bits() >> (48 + random_below(16)));
        bins[0]++;
        counts[n - 1]++;
        double cap = random_between(1, 500);
        double window = total_of(counts, n), past = histogram_total(bins, n);
        long double divergence = 0;
        for (unsigned i = 0; i < n; i++) {
            long double p = (long double)counts[i] / (long double)window;
            long double q = (bins[i] + 0.5L) / ((long double)past + 0.5L * n);
            if (p > 0)
                divergence += p * (logl(p) - logl(q));
        }
        double weight = 2 * fmin(window, cap),
               got = histogram_divergence(bins, n, counts, cap);
        divergence = divergence > 0 ? divergence : 0;
        ck_assert_double_eq_tol(got * got / weight, (double)divergence,
                                2e-6 * (1 + (double)divergence));
    }
}
END_TEST

START_TEST(divergence_of_nothing_is_nothing) {
    const uint16_t profile[3] = {5, 0, 9}, empty_profile[3] = {0};
    const uint32_t window[3] = {1, 2, 3}, empty_window[3] = {0};
    ck_assert_double_eq(histogram_divergence(profile, 3, empty_window, 50), 0);
    ck_assert_double_eq(histogram_divergence(empty_profile, 3, window, 50), 0);
    ck_assert_double_eq(histogram_surprise(empty_profile, 3, 1), 0);
    ck_assert_double_gt(histogram_divergence(profile, 3, window, 50), 0);
}
END_TEST

/* When the profile holds, G is about χ² with n − 1 degrees of freedom. */
START_TEST(divergence_is_a_likelihood_ratio) {
    enum { BINS = 8, ROUNDS = 4000, WINDOW = 400 };
    const double p[BINS] = {0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05};
    uint16_t profile[BINS];
    for (int i = 0; i < BINS; i++)
        profile[i] = (uint16_t)(60000 * p[i]);
    double sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t counts[BINS] = {0};
        for (int i = 0; i < WINDOW; i++) {
            double u = random_unit();
            int bin = 0;
            while (bin < BINS - 1 && u >= p[bin])
                u -= p[bin++];
            counts[bin]++;
        }
        double root = histogram_divergence(profile, BINS, counts, WINDOW);
        sum += root * root;
    }
    ck_assert_double_eq_tol(sum / ROUNDS, BINS - 1, 0.5); /* sd of the mean: 0.06 */
}
END_TEST

START_TEST(surprises_are_probabilities) {
    for (int round = 0; round < 500; round++) {
        unsigned n = 1 + random_below(MOST_BINS);
        uint16_t bins[MOST_BINS];
        double sum = 0;
        for (unsigned i = 0; i < n; i++)
            bins[i] = (uint16_t)random_below(1000);
        bins[0]++;
        for (unsigned i = 0; i < n; i++)
            sum += pow(10, -histogram_surprise(bins, n, i));
        ck_assert_double_eq_tol(sum, 1, 1e-12);
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("histogram");
    tcase_add_test(all, learns_all_of_a_small_window_and_a_share_of_a_large_one);
    tcase_add_test(all, keeps_proportions_when_a_bin_is_full);
    tcase_add_test(all, survives_the_largest_counts);
    tcase_add_test(all, halving_halves_each_bin_and_the_total);
    tcase_add_test(all, divergence_is_the_formula);
    tcase_add_test(all, divergence_of_nothing_is_nothing);
    tcase_add_test(all, divergence_is_a_likelihood_ratio);
    tcase_add_test(all, surprises_are_probabilities);
    tcase_set_timeout(all, 60);
    Suite *suite = suite_create("histogram");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
