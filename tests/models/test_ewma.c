#include "models/ewma.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

/* The slow reference: the whole history with its weights, in two passes. */
struct history {
    double sample[512], weight[512];
    unsigned n;
};

static void history_moments(const struct history *h, double *mean, double *variance,
                            double *weight) {
    double sum = 0, square = 0;
    *weight = 0;
    for (unsigned i = 0; i < h->n; i++) {
        *weight += h->weight[i];
        sum += h->weight[i] * h->sample[i];
    }
    *mean = sum / *weight;
    for (unsigned i = 0; i < h->n; i++)
        square += h->weight[i] * (h->sample[i] - *mean) * (h->sample[i] - *mean);
    *variance = square / *weight;
}

START_TEST(agrees_with_the_whole_history) {
    for (int round = 0; round < 200; round++) {
        static struct history h;
        struct ewma ewma = {0};
        double centre = random_between(-20, 20), sd = pow(10, random_between(-2, 1));
        double half_life = pow(10, random_between(0, 3));
        h.n = 0;
        for (unsigned n = 2 + random_below(500); h.n < n;) {
            double keep = ewma_keep(random_exponential(), half_life);
            ewma_decay(&ewma, keep);
            for (unsigned i = 0; i < h.n; i++)
                h.weight[i] *= keep;
            h.sample[h.n] = centre + sd * random_normal();
            h.weight[h.n] = random_between(0.1, 2);
            ewma_add(&ewma, h.sample[h.n], h.weight[h.n]);
            h.n++;
        }
        double mean, variance, weight;
        history_moments(&h, &mean, &variance, &weight);
        /* A float's rounding, of every step, with the sample's size for its scale. */
        double size = fabs(mean) + sd;
        ck_assert_double_eq_tol((double)ewma.weight, weight, 1e-5 * weight);
        ck_assert_double_eq_tol((double)ewma.mean, mean, 1e-5 * size);
        ck_assert_double_eq_tol((double)ewma.variance, variance,
                                1e-4 * variance + 1e-5 * size * sd);
    }
}
END_TEST

START_TEST(order_without_decay_does_not_matter) {
    for (int round = 0; round < 100; round++) {
        struct ewma forward = {0}, backward = {0};
        double sample[50];
        for (int i = 0; i < 50; i++)
            sample[i] = random_between(0, 15);
        for (int i = 0; i < 50; i++) {
            ewma_add(&forward, sample[i], 1);
            ewma_add(&backward, sample[49 - i], 1);
        }
        ck_assert_double_eq_tol((double)forward.mean, (double)backward.mean, 1e-4);
        ck_assert_double_eq_tol((double)forward.variance, (double)backward.variance,
                                1e-3);
    }
}
END_TEST

START_TEST(decay_composes_and_only_shrinks_the_weight) {
    for (int round = 0; round < 1000; round++) {
        double a = random_between(0, 50), b = random_between(0, 50);
        double half_life = random_between(1, 100);
        double both = ewma_keep(a, half_life) * ewma_keep(b, half_life);
        ck_assert_double_eq_tol(ewma_keep(a + b, half_life), both, 1e-14);
        struct ewma ewma = {3, 2, 10};
        ewma_decay(&ewma, both);
        ck_assert(ewma.mean == 3 && ewma.variance == 2);
        ck_assert_double_eq_tol((double)ewma.weight, 10 * both, 1e-5);
    }
    ck_assert_double_eq_tol(ewma_keep(7, 7), 0.5, 1e-15);
    ck_assert_double_eq(ewma_keep(0, 7), 1);
    ck_assert_double_eq(ewma_keep(-5, 7), 1); /* time that steps back forgets nothing */
}
END_TEST

START_TEST(z_is_doubtful_while_young) {
    struct ewma ewma = {0};
    ck_assert_double_eq(ewma_z(&ewma, 5, 0.2), 0);
    ewma_add(&ewma, 1, 1);
    /* One sample says nothing of the spread: floor, and as much again for the mean. */
    ck_assert_double_eq_tol(ewma_z(&ewma, 2, 0.2), 1 / (0.2 * sqrt(2)), 1e-6);
    for (int i = 0; i < 10000; i++)
        ewma_add(&ewma, i % 2 ? 0 : 2, 1);
    ck_assert_double_eq_tol(ewma_z(&ewma, 4, 0.2), 3, 1e-3);
    ck_assert_double_eq_tol(ewma_z(&ewma, -2, 0.2), -3, 1e-3);
    ewma_decay(&ewma, 1e-4); /* and once it is nearly forgotten */
    ck_assert_double_eq_tol(ewma_z(&ewma, 4, 0.2), 3 / sqrt(2), 1e-3);
    ewma_decay(&ewma, 0);
    ck_assert_double_eq(ewma_z(&ewma, 5, 0.2), 0);
}
END_TEST

START_TEST(clip_limits_the_distance) {
    for (int round = 0; round < 2000; round++) {
        struct ewma ewma = {0};
        for (unsigned n = random_below(20); n > 0; n--)
            ewma_add(&ewma, random_between(-3, 3), 1);
        double floor = random_between(0.05, 0.5), limit = random_between(1, 8);
        double sample = random_between(-30, 30);
        double clipped = ewma_clip(&ewma, sample, floor, limit);
        double z = ewma_z(&ewma, sample, floor);
        if (fabs(z) <= limit) {
            ck_assert_double_eq(clipped, sample);
        } else {
            double expected = z > 0 ? limit : -limit;
            ck_assert_double_eq_tol(ewma_z(&ewma, clipped, floor), expected, 1e-9);
        }
    }
}
END_TEST

START_TEST(young_estimates_are_averages) {
    struct ewma ewma = {0};
    for (int i = 1; i <= 5; i++)
        ewma_add(&ewma, i, 1);
    ck_assert_double_eq_tol((double)ewma.mean, 3, 1e-6);
    ck_assert_double_eq_tol((double)ewma.variance, 2, 1e-6);
    ck_assert_double_eq((double)ewma.weight, 5);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("ewma");
    tcase_add_test(all, agrees_with_the_whole_history);
    tcase_add_test(all, order_without_decay_does_not_matter);
    tcase_add_test(all, decay_composes_and_only_shrinks_the_weight);
    tcase_add_test(all, z_is_doubtful_while_young);
    tcase_add_test(all, clip_limits_the_distance);
    tcase_add_test(all, young_estimates_are_averages);
    Suite *suite = suite_create("ewma");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
