#include "models/combine.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

/* −log10 P(χ²_2n ≥ 2h) by integrating the density: with h fixed, the upper tail is the
   density at h times ∫ (1 + u/h)^(n−1) e^−u du, which stays in range however small it is. */
static double numeric_fisher(double h, unsigned n) {
    double upto = fmax(0, n - 1 - h) + 40 * sqrt(n) + 60, integral = 0;
    enum { STEPS = 20000 };
    for (int i = 0; i <= STEPS; i++) { /* Simpson */
        double u = upto * i / STEPS;
        double value = exp((n - 1) * log1p(u / h) - u);
        integral += value * (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
    }
    integral *= upto / STEPS / 3;
    double log_density = (n - 1) * log(h) - h - lgamma(n);
    return -(log_density + log(integral)) / log(10);
}

static double sum_of(const double *a, unsigned n) {
    double sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += a[i];
    return sum;
}

START_TEST(fisher_is_the_chi_square_tail) {
    for (int round = 0; round < 300; round++) {
        unsigned n = 1 + random_below(24);
        double a[24], sum = 0, largest = pow(10, random_between(-2, 2));
        for (unsigned i = 0; i < n; i++)
            sum += a[i] = random_between(0, largest);
        double expected = numeric_fisher(sum * log(10), n);
        double got = combine_fisher(sum, n);
        ck_assert_msg(fabs(got - expected) <= 1e-6 * (1 + expected),
                      "n %u, sum of a %g: %.12g, not %.12g", n, sum, got, expected);
    }
}
END_TEST

START_TEST(fisher_is_accurate_far_out) {
    ck_assert_double_eq_tol(combine_fisher(250, 24), numeric_fisher(250 * log(10), 24),
                            1e-6);
    ck_assert_double_eq_tol(combine_fisher(850, 24), numeric_fisher(850 * log(10), 24),
                            1e-6);

    double combined = combine_fisher(400000, 4000); /* no overflow either */
    ck_assert(isfinite(combined));
    ck_assert_double_eq_tol(combined, numeric_fisher(400000 * log(10), 4000), 1e-3);
}
END_TEST

START_TEST(fisher_of_little_is_little) {
    ck_assert_double_eq(combine_fisher(0, 3), 0);
    ck_assert_double_eq(combine_fisher(7.25, 0), 0);
    ck_assert_double_eq_tol(combine_fisher(7.25, 1), 7.25, 1e-12);
    for (int round = 0; round < 1000; round++) /* p near 1 must not round below 0 */
        ck_assert_double_ge(combine_fisher(random_between(0, 2), 20), 0);
}
END_TEST

START_TEST(fisher_grows_with_each_part) {
    for (int round = 0; round < 1000; round++) {
        unsigned n = 1 + random_below(12);
        double a[12];
        for (unsigned i = 0; i < n; i++)
            a[i] = random_exponential() / log(10);
        double before = combine_fisher(sum_of(a, n), n);
        a[random_below(n)] += random_between(0.01, 5);
        ck_assert_double_gt(combine_fisher(sum_of(a, n), n), before);
    }
}
END_TEST

START_TEST(fisher_of_independent_evidence_is_calibrated) {
    enum { ROUNDS = 200000 };
    int beyond_2 = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double a[6];
        for (int i = 0; i < 6; i++)
            a[i] = combine_a_of_p(random_unit());
        beyond_2 += combine_fisher(sum_of(a, 6), 6) >= 2;
    }
    double expected = ROUNDS * 0.01; /* six standard deviations */
    ck_assert_double_eq_tol(beyond_2, expected, 6 * sqrt(expected));
}
END_TEST

START_TEST(best_pays_for_the_looks) {
    for (int round = 0; round < 2000; round++) {
        unsigned n = 1 + random_below(100);
        double a = random_between(0.001, 20);
        double p = pow(10, -a);
        double expected = (double)-log10l(-expm1l(n * log1pl(-(long double)p)));
        double got = combine_best(p, n);
        ck_assert_double_eq_tol(got, expected, 1e-6 * (1 + expected));
        ck_assert_double_le(got, a + 1e-6);
        ck_assert_double_ge(got, 0);
    }
    ck_assert_double_eq_tol(combine_best(1e-290, 10), 289, 1e-4);
    ck_assert_double_eq_tol(combine_best(1.000001e-6, 7), combine_best(0.999999e-6, 7),
                            1e-5);
    ck_assert_double_eq(combine_best(1, 5), 0);
    ck_assert_double_eq(combine_best(1e-5, 0), 0);
}
END_TEST

START_TEST(a_sum_is_of_each) {
    for (int round = 0; round < 2000; round++) {
        unsigned n = random_below(25);
        double p[24], sum = 0, largest = pow(10, random_between(-3, 2.4));
        for (unsigned i = 0; i < n; i++) {
            p[i] = pow(10, -random_between(0, largest));
            sum -= log10(p[i]);
        }
        ck_assert_double_eq_tol(combine_sum(p, n), sum, 1e-6 * (1 + sum));
    }
}
END_TEST

START_TEST(a_is_the_logarithm_of_p) {
    for (int round = 0; round < 1000; round++) {
        double a = random_between(0, 299);
        ck_assert_double_eq_tol(combine_a_of_p(pow(10, -a)), a, 1e-6 * (1 + a));
    }
    ck_assert_double_eq(combine_a_of_p(1), 0);
    ck_assert(!signbit(combine_a_of_p(1)));
    ck_assert_double_eq(combine_a_of_p(1e-305), 300);
    ck_assert_double_eq(combine_a_of_p(0), 300);
    ck_assert_double_eq(combine_a_of_p(NAN), 300);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("combine");
    tcase_add_test(all, fisher_is_the_chi_square_tail);
    tcase_add_test(all, fisher_is_accurate_far_out);
    tcase_add_test(all, fisher_of_little_is_little);
    tcase_add_test(all, fisher_grows_with_each_part);
    tcase_add_test(all, fisher_of_independent_evidence_is_calibrated);
    tcase_add_test(all, best_pays_for_the_looks);
    tcase_add_test(all, a_sum_is_of_each);
    tcase_add_test(all, a_is_the_logarithm_of_p);
    tcase_set_timeout(all, 120);
    Suite *suite = suite_create("combine");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
