#include "models/logarithm.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <float.h>

enum { MOST = 24 };

static void check_near(double got, double expected) {
    if (!(fabs(got - expected) <= 4e-7 * fmax(1, fabs(expected))))
        ck_abort_msg("%.12g, not %.12g", got, expected);
}

START_TEST(counts_are_scaled) {
    for (int round = 0; round < 20000; round++) {
        unsigned n = random_below(MOST + 1);
        float counts[MOST], scaled[MOST];
        for (unsigned i = 0; i < n; i++)
            counts[i] = (float)(random_below(8) ? pow(10, random_between(-3, 12))
                                                : random_below(4));
        logarithm_scale(counts, scaled, n);
        for (unsigned i = 0; i < n; i++)
            check_near((double)scaled[i], log1p((double)counts[i]));
    }
    const float none = 0;
    float scaled;
    logarithm_scale(&none, &scaled, 1);
    ck_assert_float_eq(scaled, 0);
}
END_TEST

START_TEST(of_any_float) {
    for (int round = 0; round < 20000; round++) {
        float x[MOST], ln[MOST];
        for (unsigned i = 0; i < MOST; i++)
            x[i] = (float)pow(2, random_between(-126, 127.9));
        logarithm_of(x, ln, MOST);
        for (unsigned i = 0; i < MOST; i++)
            check_near((double)ln[i], log((double)x[i]));
    }
    const float odd[] = {1, 0, FLT_MIN, FLT_MAX};
    float ln[4];
    logarithm_of(odd, ln, 4);
    ck_assert_float_eq(ln[0], 0);
    ck_assert(isfinite(ln[1]));
    check_near((double)ln[2], log((double)FLT_MIN));
    check_near((double)ln[3], log((double)FLT_MAX));
}
END_TEST

START_TEST(of_any_double) {
    for (int round = 0; round < 200000; round++) {
        double x = pow(10, random_between(-300, 300));
        check_near(logarithm_ten(x), log10(x));
        x = random_between(0.9, 1.1);
        check_near(logarithm_ten(x), log10(x));
    }
    ck_assert_double_eq(logarithm_ten(1), 0);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("logarithm");
    tcase_add_test(all, counts_are_scaled);
    tcase_add_test(all, of_any_float);
    tcase_add_test(all, of_any_double);
    tcase_set_timeout(all, 60);
    Suite *suite = suite_create("logarithm");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
