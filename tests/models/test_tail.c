#include "models/tail.h"
#include "tests/models/random.h"

#include <check.h>
#include <string.h>

static const struct tail_scale *const scales[] = {&tail_feature_scale,
                                                  &tail_combined_scale};
enum { MOST_BINS = TAIL_COMBINED_BINS };

struct tail {
    uint16_t beyond[MOST_BINS];
    struct tail_fit fit;
};

/* What scores look like: light, heavy and very heavy tails, and counts. */
static double exponential(void) {
    return random_exponential();
}
static double lognormal(void) {
    return exp(random_normal());
}
static double pareto(void) {
    return pow(random_unit(), -1 / 2.5) - 1;
}
static double half_normal(void) {
    return fabs(random_normal());
}
static double zero_inflated(void) {
    if (random_below(10))
        return 0;
    int count = 1;
    while (random_below(3) && count < 40)
        count++;
    return count;
}
static const struct {
    const char *name;
    double (*draw)(void);
} sources[] = {{"exponential", exponential},
               {"lognormal", lognormal},
               {"pareto", pareto},
               {"half-normal", half_normal},
               {"zero-inflated", zero_inflated}};
enum { SOURCES = sizeof sources / sizeof sources[0] };

static double count_beyond(const struct tail_scale *scale, const struct tail *tail,
                           double score) {
    return tail->beyond[tail_bin(scale, score)];
}

static double count_in(const struct tail_scale *scale, const struct tail *tail,
                       unsigned bin) {
    return tail->beyond[bin] - (bin + 1 < scale->n ? tail->beyond[bin + 1] : 0);
}

static double random_score(void) {
    return pow(2, random_between(-8, 9));
}

START_TEST(bins_and_edges_agree) {
    for (int s = 0; s < 2; s++) {
        const struct tail_scale *scale = scales[s];
        ck_assert_double_eq(tail_edge(scale, 0), 0);
        for (unsigned bin = 1; bin < scale->n; bin++) {
            double edge = tail_edge(scale, bin);
            ck_assert_double_eq_tol(edge, exp2(scale->low + (bin - 1) / 8.0),
                                    1e-13 * edge);
            ck_assert_uint_eq(tail_bin(scale, edge), bin);
            ck_assert_uint_eq(tail_bin(scale, nextafter(edge, 0)), bin - 1);
        }
        for (int i = 0; i < 20000; i++) {
            double score = random_score();
            double step = floor(8 * (log2(score) - scale->low)) + 1;
            step = fmin(fmax(step, 0), scale->n - 1);
            ck_assert_double_eq(tail_bin(scale, score), step);
        }
        ck_assert_uint_eq(tail_bin(scale, 0), 0);
        ck_assert_uint_eq(tail_bin(scale, -1), 0);
        ck_assert_uint_eq(tail_bin(scale, NAN), 0);
        ck_assert_uint_eq(tail_bin(scale, 5e-324), 0);
        ck_assert_uint_eq(tail_bin(scale, INFINITY), scale->n - 1);
        ck_assert_uint_eq(tail_bin(scale, 1e308), scale->n - 1);
    }
}
END_TEST

/* Score first, then learn: P(p ≤ x) must not exceed x, but for a tolerance for what the
   tail forgets and fits, and five standard deviations of a binomial count. */
static void calibrate(const struct tail_scale *scale, const char *name,
                      double (*draw)(void)) {
    enum { SAMPLES = 200000, LEVELS = 5 };
    static const double level[LEVELS] = {0.1, 0.03, 0.01, 0.003, 0.001};
    struct tail tail = {0};
    double hits[LEVELS] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double score = draw();
        double p = tail_p(scale, &tail.fit, tail.beyond, score);
        ck_assert(p > 0 && p <= 1);
        for (int l = 0; l < LEVELS; l++)
            hits[l] += p <= level[l];
        tail_learn(scale, &tail.fit, tail.beyond, score);
    }
    printf("%-13s %u bins: P(p <= x) / x =", name, scale->n);
    for (int l = 0; l < LEVELS; l++) {
        double expected = SAMPLES * level[l];
        printf(" %.2f (%g)", hits[l] / expected, level[l]);
        ck_assert_msg(hits[l] <= 1.15 * expected + 5 * sqrt(expected),
                      "%s: %g of %d samples have p <= %g", name, hits[l], SAMPLES,
                      level[l]);
    }
    printf("\n");
    fflush(stdout);
}

START_TEST(p_is_calibrated) {
    calibrate(scales[_i / SOURCES], sources[_i % SOURCES].name,
              sources[_i % SOURCES].draw);
}
END_TEST

/* Whatever was learnt and forgotten: p falls as the score grows, lies within (0, 1] and not
   below the empirical count. */
START_TEST(p_is_monotone_and_never_below_the_count) {
    for (int round = 0; round < 300; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct tail tail = {0};
        double (*draw)(void) = sources[random_below(SOURCES)].draw;
        double stretch = pow(2, random_between(-4, 4));
        for (unsigned n = random_below(6000); n > 0; n--)
            tail_learn(scale, &tail.fit, tail.beyond, stretch * draw());
        for (unsigned n = random_below(12); n > 0; n--)
            tail_halve(scale, tail.beyond);

        double count = tail_count(tail.beyond), before = 1;
        for (double score = 0; score < 1e6; score = score * 1.013 + 1e-3) {
            double p = tail_p(scale, &tail.fit, tail.beyond, score);
            ck_assert(p > 0 && p <= before);
            if (count > 0)
                ck_assert_double_ge(p, count_beyond(scale, &tail, score) / count);
            before = p;
        }
        ck_assert_double_eq(tail_p(scale, &tail.fit, tail.beyond, 0), 1);
        ck_assert_double_gt(tail_p(scale, &tail.fit, tail.beyond, INFINITY), 0);
    }
}
END_TEST

/* The fit against the same moments taken from a plain list of binned exceedances. */
START_TEST(the_fit_is_by_moments) {
    for (int round = 0; round < 200; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct tail tail = {0};
        double (*draw)(void) = sources[random_below(SOURCES)].draw;
        for (unsigned n = 32 * (1 + random_below(200)); n > 0; n--)
            tail_learn(scale, &tail.fit, tail.beyond, draw());

        double count = tail_count(tail.beyond);
        unsigned first = 0;
        while (count_beyond(scale, &tail, tail_edge(scale, first)) > 0.02 * count)
            if (++first == scale->n)
                break;
        double exceeding =
            first < scale->n ? count_beyond(scale, &tail, tail_edge(scale, first)) : 0;
        if (exceeding < (double)scale->needed) {
            ck_assert_uint_eq(tail.fit.first, 0);
            continue;
        }
        double threshold = tail_edge(scale, first), mean = 0, variance = 0;
        for (unsigned bin = first; bin < scale->n; bin++)
            mean += count_in(scale, &tail, bin) / exceeding *
                    (tail_edge(scale, bin) * exp2(1.0 / 16) - threshold);
        for (unsigned bin = first; bin < scale->n; bin++)
            variance +=
                count_in(scale, &tail, bin) / exceeding *
                pow(tail_edge(scale, bin) * exp2(1.0 / 16) - threshold - mean, 2);
        double shape = 0.5 * (1 - mean * mean / fmax(variance, 1e-12));
        shape = fmin(fmax(shape, 0.05), (double)scale->shape_max);
        ck_assert_uint_eq(tail.fit.first, first);
        ck_assert_double_eq_tol((double)tail.fit.shape, shape, 1e-5);
        ck_assert_double_eq_tol((double)tail.fit.scale, mean * (1 - shape),
                                1e-5 * mean);
        ck_assert_double_eq_tol((double)tail.fit.exceeding, exceeding / count, 1e-6);
        ck_assert(tail.fit.exceeding <= 0.0200001F);
    }
}
END_TEST

START_TEST(halving_keeps_p) {
    for (int round = 0; round < 100; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct tail tail = {0};
        double (*draw)(void) = sources[random_below(SOURCES)].draw;
        for (int i = 0; i < 9600; i++)
            tail_learn(scale, &tail.fit, tail.beyond, draw());
        struct tail halved = tail;
        tail_halve(scale, halved.beyond);
        ck_assert_double_eq_tol(tail_count(halved.beyond), tail_count(tail.beyond) / 2,
                                1);
        for (double score = 0.1; score < 100; score *= 1.1) {
            double before = tail_p(scale, &tail.fit, tail.beyond, score);
            double after = tail_p(scale, &halved.fit, halved.beyond, score);
            ck_assert_double_le(fabs(after - before), 0.02 * before + 1.0 / 4800);
        }
    }
}
END_TEST

START_TEST(a_full_tail_is_halved) {
    struct tail tail = {0};
    for (int i = 0; i < UINT16_MAX; i++)
        tail_learn(&tail_feature_scale, &tail.fit, tail.beyond, i % 10 ? 0 : 1);
    ck_assert_double_eq(tail_count(tail.beyond), UINT16_MAX);
    tail_learn(&tail_feature_scale, &tail.fit, tail.beyond, 0);
    ck_assert_double_eq(tail_count(tail.beyond), UINT16_MAX / 2 + 1);
    ck_assert_double_eq_tol(tail_p(&tail_feature_scale, &tail.fit, tail.beyond, 1), 0.1,
                            0.001);
}
END_TEST

/* Against a plain histogram. */
START_TEST(sums_are_of_the_bins) {
    for (int round = 0; round < 50; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct tail tail = {0};
        unsigned plain[MOST_BINS] = {0};
        for (unsigned n = random_below(3000); n > 0; n--) {
            double score = random_score();
            tail_learn(scale, &tail.fit, tail.beyond, score);
            plain[tail_bin(scale, score)]++;
        }
        for (unsigned bin = 0; bin < scale->n; bin++)
            ck_assert_double_eq(count_in(scale, &tail, bin), plain[bin]);
        tail_halve(scale, tail.beyond);
        for (unsigned bin = 0; bin < scale->n; bin++)
            ck_assert_double_le(fabs(count_in(scale, &tail, bin) - plain[bin] / 2.0),
                                0.5);
    }
}
END_TEST

START_TEST(without_a_fit_the_tail_is_empirical) {
    struct tail tail = {0};
    const struct tail_scale *scale = &tail_feature_scale;
    ck_assert_double_eq(tail_p(scale, &tail.fit, tail.beyond, 7), 1);
    for (int n = 1; n <= 9; n++) {
        tail_learn(scale, &tail.fit, tail.beyond, 1);
        ck_assert_double_eq(tail_p(scale, &tail.fit, tail.beyond, 7), 1.0 / (n + 1));
        ck_assert_double_eq(tail_p(scale, &tail.fit, tail.beyond, 1), 1);
    }
    for (int n = 0; n < 5000;
         n++) /* 10 exceedances that are 2 % of 500, then too few */
        tail_learn(scale, &tail.fit, tail.beyond, n < 10 ? 5 : 1);
    ck_assert_uint_gt(tail.fit.first, 0);
    for (int i = 0; i < 16; i++)
        tail_halve(scale, tail.beyond);
    ck_assert_double_eq(tail_p(scale, &tail.fit, tail.beyond, 7), 1);
}
END_TEST

START_TEST(the_pool_helps_while_the_own_tail_is_thin) {
    for (int round = 0; round < 200; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct tail own = {0}, pool = {0};
        for (unsigned n = random_below(500); n > 0; n--)
            tail_learn(scale, &own.fit, own.beyond, half_normal());
        for (unsigned n = random_below(2000); n > 0; n--)
            tail_learn(scale, &pool.fit, pool.beyond, lognormal());
        double k = random_between(1, 200), score = random_score(), evidence;
        double n = tail_count(own.beyond), pool_n = tail_count(pool.beyond);
        double expected = (n * tail_p(scale, &own.fit, own.beyond, score) +
                           k * tail_p(scale, &pool.fit, pool.beyond, score)) /
                          (n + k);
        ck_assert_double_eq_tol(tail_pooled_p(scale, &own.fit, own.beyond, &pool.fit,
                                              pool.beyond, k, score, &evidence),
                                expected, 1e-12);
        ck_assert_double_eq_tol(evidence, fmin(1, (n + pool_n) / k), 1e-12);
    }
    struct tail none = {0};
    double evidence = 1;
    ck_assert_double_eq(tail_pooled_p(&tail_feature_scale, &none.fit, none.beyond,
                                      &none.fit, none.beyond, 50, 9, &evidence),
                        1);
    ck_assert_double_eq(evidence, 0);
    ck_assert_double_eq(tail_pooled_p(&tail_feature_scale, &none.fit, none.beyond,
                                      &none.fit, none.beyond, 0, 9, NULL),
                        1);
}
END_TEST

/* Extrapolation: far beyond what was seen, a heavier past makes a less surprising score. */
START_TEST(the_fitted_tail_follows_the_source) {
    struct tail light = {0}, heavy = {0};
    const struct tail_scale *scale = &tail_combined_scale;
    for (int i = 0; i < 50000; i++) {
        tail_learn(scale, &light.fit, light.beyond, exponential());
        tail_learn(scale, &heavy.fit, heavy.beyond, pareto());
    }
    /* P(exponential ≥ 15) = 3e-7; the shape's floor of 0.05 makes more of it. */
    double p = tail_p(scale, &light.fit, light.beyond, 15);
    ck_assert(p > 3e-7 && p < 5e-5);
    ck_assert_double_gt(tail_p(scale, &heavy.fit, heavy.beyond, 40), 1e-5);
    ck_assert(heavy.fit.shape > light.fit.shape);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("tail");
    tcase_add_test(all, bins_and_edges_agree);
    tcase_add_loop_test(all, p_is_calibrated, 0, 2 * SOURCES);
    tcase_add_test(all, p_is_monotone_and_never_below_the_count);
    tcase_add_test(all, the_fit_is_by_moments);
    tcase_add_test(all, halving_keeps_p);
    tcase_add_test(all, a_full_tail_is_halved);
    tcase_add_test(all, sums_are_of_the_bins);
    tcase_add_test(all, without_a_fit_the_tail_is_empirical);
    tcase_add_test(all, the_pool_helps_while_the_own_tail_is_thin);
    tcase_add_test(all, the_fitted_tail_follows_the_source);
    tcase_set_timeout(all, 120);
    Suite *suite = suite_create("tail");
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
