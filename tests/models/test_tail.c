#include "models/tail.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

static const struct tail_scale *const scales[] = {&tail_feature_scale,
                                                  &tail_combined_scale};
enum { MOST_EDGES = TAIL_COMBINED_EDGES, REFIT_AFTER = 32 };

/* As a baseline keeps its own. */
struct kept {
    const struct tail_scale *scale;
    uint16_t beyond[MOST_EDGES];
    uint16_t count;
    struct tail_fit fit;
    unsigned learned; /* since the fit */
};

static unsigned level_of(const struct tail_scale *scale, float score) {
    int32_t level;
    tail_levels(scale, &score, 1, &level);
    return (unsigned)level;
}

static struct tail view(const struct kept *kept) {
    return (struct tail){kept->scale, &kept->fit, kept->beyond, kept->count};
}

static double p_of(const struct kept *kept, double score) {
    struct tail tail = view(kept);
    return tail_p(&tail, level_of(kept->scale, (float)score), (float)score);
}

static void halve(struct kept *kept) {
    tail_halve(kept->scale, kept->beyond);
    kept->count >>= 1;
}

static void learn(struct kept *kept, double score) {
    if (kept->count == UINT16_MAX)
        halve(kept);
    tail_learn(kept->beyond, level_of(kept->scale, (float)score));
    kept->count++;
    if (++kept->learned < REFIT_AFTER)
        return;
    struct tail tail = view(kept);
    tail_refit(&tail, &kept->fit);
    kept->learned = 0;
}

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

static double count_beyond(const struct kept *kept, unsigned level) {
    return level > 0 ? kept->beyond[level - 1] : kept->count;
}

static double count_in(const struct kept *kept, unsigned level) {
    bool is_last = level == kept->scale->n;
    return count_beyond(kept, level) - (is_last ? 0 : count_beyond(kept, level + 1));
}

static double middle_of(const struct tail_scale *scale, unsigned level) {
    return (tail_edge(scale, level) + tail_edge(scale, level + 1)) / 2;
}

static double random_score(void) {
    return pow(2, random_between(-8, 9));
}

START_TEST(levels_and_edges_agree) {
    for (int s = 0; s < 2; s++) {
        const struct tail_scale *scale = scales[s];
        ck_assert_double_eq(tail_edge(scale, 0), 0);
        for (unsigned level = 1; level <= scale->n; level++) {
            double edge = tail_edge(scale, level);
            unsigned step = level - 1;
            ck_assert_double_eq(edge, (1 + step % 8 / 8.0) *
                                          exp2(scale->low + (int)(step / 8)));
            ck_assert_uint_eq(level_of(scale, (float)edge), level);
            ck_assert_uint_eq(level_of(scale, nextafterf((float)edge, 0)), level - 1);
        }
        for (int i = 0; i < 20000; i++) {
            float score = (float)random_score();
            unsigned level = 0;
            while (level < scale->n && tail_edge(scale, level + 1) <= (double)score)
                level++;
            ck_assert_uint_eq(level_of(scale, score), level);
        }
        ck_assert_uint_eq(level_of(scale, 0), 0);
        ck_assert_uint_eq(level_of(scale, -1), 0);
        ck_assert_uint_eq(level_of(scale, -INFINITY), 0);
        ck_assert_uint_eq(level_of(scale, NAN), 0);
        ck_assert_uint_eq(level_of(scale, -NAN), 0);
        ck_assert_uint_eq(level_of(scale, 1e-44F), 0);
        ck_assert_uint_eq(level_of(scale, INFINITY), scale->n);
        ck_assert_uint_eq(level_of(scale, 3e38F), scale->n);
    }
}
END_TEST

/* Score first, then learn: P(p ≤ x) must not exceed x, but for a tolerance for what the
   tail forgets and fits, and five standard deviations of a binomial count. */
static void calibrate(const struct tail_scale *scale, const char *name,
                      double (*draw)(void)) {
    enum { SAMPLES = 200000, LEVELS = 5 };
    static const double level[LEVELS] = {0.1, 0.03, 0.01, 0.003, 0.001};
    struct kept tail = {.scale = scale};
    double hits[LEVELS] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double score = draw();
        double p = p_of(&tail, score);
        ck_assert(p > 0 && p <= 1);
        for (int l = 0; l < LEVELS; l++)
            hits[l] += p <= level[l];
        learn(&tail, score);
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
        struct kept tail = {.scale = scale};
        double (*draw)(void) = sources[random_below(SOURCES)].draw;
        double stretch = pow(2, random_between(-4, 4));
        for (unsigned n = random_below(6000); n > 0; n--)
            learn(&tail, stretch * draw());
        for (unsigned n = random_below(12); n > 0; n--)
            halve(&tail);

        double count = tail.count, before = 1;
        for (double score = 0; score < 1e6; score = score * 1.013 + 1e-3) {
            double p = p_of(&tail, score);
            ck_assert(p > 0 && p <= before);
            if (count > 0)
                ck_assert_double_ge(
                    p, count_beyond(&tail, level_of(scale, (float)score)) / count);
            before = p;
        }
        ck_assert_double_eq(p_of(&tail, 0), 1);
        ck_assert_double_gt(p_of(&tail, INFINITY), 0);
    }
}
END_TEST

/* The fit against the same moments taken from a plain list of binned exceedances. */
START_TEST(the_fit_is_by_moments) {
    for (int round = 0; round < 200; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct kept tail = {.scale = scale};
        double (*draw)(void) = sources[random_below(SOURCES)].draw;
        for (unsigned n = 32 * (1 + random_below(200)); n > 0; n--)
            learn(&tail, draw());

        double count = tail.count;
        unsigned first = 1;
        while (first <= scale->n && count_beyond(&tail, first) > 0.02 * count)
            first++;
        double exceeding = first <= scale->n ? count_beyond(&tail, first) : 0;
        if (exceeding < (double)scale->needed) {
            ck_assert_uint_eq(tail.fit.first, 0);
            continue;
        }
        double threshold = tail_edge(scale, first), mean = 0, variance = 0;
        for (unsigned level = first; level <= scale->n; level++)
            mean += count_in(&tail, level) / exceeding *
                    (middle_of(scale, level) - threshold);
        for (unsigned level = first; level <= scale->n; level++)
            variance += count_in(&tail, level) / exceeding *
                        pow(middle_of(scale, level) - threshold - mean, 2);
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
        struct kept tail = {.scale = scale};
        double (*draw)(void) = sources[random_below(SOURCES)].draw;
        for (int i = 0; i < 9600; i++)
            learn(&tail, draw());
        struct kept halved = tail;
        halve(&halved);
        ck_assert_double_eq_tol(halved.count, tail.count / 2, 1);
        for (double score = 0.1; score < 100; score *= 1.1) {
            double before = p_of(&tail, score);
            double after = p_of(&halved, score);
            ck_assert_double_le(fabs(after - before), 0.02 * before + 1.0 / 4800);
        }
    }
}
END_TEST

START_TEST(a_full_tail_is_halved) {
    struct kept tail = {.scale = &tail_feature_scale};
    for (int i = 0; i < UINT16_MAX; i++)
        learn(&tail, i % 10 ? 0 : 1);
    ck_assert_double_eq(tail.count, UINT16_MAX);
    learn(&tail, 0);
    ck_assert_double_eq(tail.count, UINT16_MAX / 2 + 1);
    ck_assert_double_eq_tol(p_of(&tail, 1), 0.1, 0.001);
}
END_TEST

/* Against a plain histogram. */
START_TEST(sums_are_of_the_bins) {
    for (int round = 0; round < 50; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct kept tail = {.scale = scale};
        unsigned plain[MOST_EDGES + 1] = {0};
        for (unsigned n = random_below(3000); n > 0; n--) {
            double score = random_score();
            learn(&tail, score);
            plain[level_of(scale, (float)score)]++;
        }
        for (unsigned level = 0; level <= scale->n; level++)
            ck_assert_double_eq(count_in(&tail, level), plain[level]);
        halve(&tail);
        for (unsigned level = 0; level <= scale->n; level++)
            ck_assert_double_le(fabs(count_in(&tail, level) - plain[level] / 2.0), 0.5);
    }
}
END_TEST

START_TEST(without_a_fit_the_tail_is_empirical) {
    struct kept tail = {.scale = &tail_feature_scale};
    ck_assert_double_eq(p_of(&tail, 7), 1);
    for (int n = 1; n <= 9; n++) {
        learn(&tail, 1);
        ck_assert_double_eq_tol(p_of(&tail, 7), 1.0 / (n + 1), 1e-12);
        ck_assert_double_eq(p_of(&tail, 1), 1);
    }
    for (int n = 0; n < 5000;
         n++) /* 10 exceedances that are 2 % of 500, then too few */
        learn(&tail, n < 10 ? 5 : 1);
    ck_assert_uint_gt(tail.fit.first, 0);
    for (int i = 0; i < 16; i++)
        halve(&tail);
    ck_assert_double_eq(p_of(&tail, 7), 1);
}
END_TEST

START_TEST(the_pool_helps_while_the_own_tail_is_thin) {
    for (int round = 0; round < 200; round++) {
        const struct tail_scale *scale = scales[round % 2];
        struct kept own = {.scale = scale}, pool = {.scale = scale};
        for (unsigned n = random_below(500); n > 0; n--)
            learn(&own, half_normal());
        for (unsigned n = random_below(2000); n > 0; n--)
            learn(&pool, lognormal());
        double k = random_between(1, 200), score = random_score(), n = own.count;
        double expected = (n * p_of(&own, score) + k * p_of(&pool, score)) / (n + k);
        struct tail own_tail = view(&own), pool_tail = view(&pool);
        unsigned level = level_of(scale, (float)score);
        ck_assert_double_eq_tol(
            tail_pooled_p(&own_tail, &pool_tail, k, level, (float)score), expected,
            1e-12);
    }
    struct kept none = {.scale = &tail_feature_scale};
    struct tail tail = view(&none);
    ck_assert_double_eq(tail_pooled_p(&tail, &tail, 50, 40, 9), 1);
}
END_TEST

/* Extrapolation: far beyond what was seen, a heavier past makes a less surprising score. */
START_TEST(the_fitted_tail_follows_the_source) {
    struct kept light = {.scale = &tail_combined_scale}, heavy = light;
    for (int i = 0; i < 50000; i++) {
        learn(&light, exponential());
        learn(&heavy, pareto());
    }
    /* P(exponential ≥ 15) = 3e-7; the shape's floor of 0.05 makes more of it. */
    double p = p_of(&light, 15);
    ck_assert(p > 3e-7 && p < 5e-5);
    ck_assert_double_gt(p_of(&heavy, 40), 1e-5);
    ck_assert(heavy.fit.shape > light.fit.shape);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("tail");
    tcase_add_test(all, levels_and_edges_agree);
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
    return suite_run(suite);
}
