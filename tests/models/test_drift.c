#include "models/drift.h"

#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static const uint32_t start_h = 1769990400 / 3600;

/* A gentle daily wave with noise, times a growth. */
static void feed(struct drift *drift, uint32_t hour, double growth, double noise) {
    struct context_hour past = {.hour = start_h + hour};
    double wave = sin(hour % 24 * 2 * acos(-1) / 24);
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        double residual = random_between(-noise, noise) + (q == 1 ? log(growth) : 0);
        past.mean[q] = 5 + wave + residual;
        past.residual[q] = residual;
    }
    drift_hour(drift, &past);
}

START_TEST(a_steady_device_does_not_drift) {
    for (int round = 0; round < 20; round++) {
        struct drift drift = {0};
        struct drifting drifting;
        double noise = random_between(0, 0.6);
        for (uint32_t hour = 0; hour < 120 * 24; hour++) {
            feed(&drift, hour, 1, noise);
            ck_assert(!drift_now(&drift, &drifting));
        }
    }
}
END_TEST

/* One percent a day would double in seventy; each hour alone, and each day against the last,
   is nothing. */
START_TEST(a_slow_ramp_is_caught_before_it_has_doubled) {
    for (int round = 0; round < 20; round++) {
        struct drift drift = {0};
        struct drifting drifting = {0};
        uint32_t hour = 0, calm_h = 24 * (10 + (uint32_t)random_between(0, 20));
        for (; hour < calm_h; hour++)
            feed(&drift, hour, 1, 0.3);
        while (hour < calm_h + 70 * 24 && !drift_now(&drift, &drifting)) {
            feed(&drift, hour, pow(1.01, (hour - calm_h) / 24.0), 0.3);
            hour++;
        }
        double grown = pow(1.01, (hour - calm_h) / 24.0);
        ck_assert_msg(grown < 1.6, "caught at %.2f times", grown);
        ck_assert(drifting.golden);
        ck_assert_uint_eq(drifting.quantity, 1);
        ck_assert_double_gt(drifting.factor, 1);
    }
}
END_TEST

START_TEST(a_fast_ramp_is_caught_within_hours) {
    for (int round = 0; round < 20; round++) {
        struct drift drift = {0};
        struct drifting drifting = {0};
        uint32_t hour = 0, calm_h = 30;
        for (; hour < calm_h; hour++)
            feed(&drift, hour, 1, 0.2);
        while (hour < calm_h + 48 && !drift_now(&drift, &drifting)) {
            feed(&drift, hour, pow(1.3, hour - calm_h), 0.2);
            hour++;
        }
        ck_assert_uint_le(hour - calm_h, 12);
        ck_assert(!drifting.golden);
        ck_assert_uint_eq(drifting.quantity, 1);
    }
}
END_TEST

START_TEST(what_stands_out_for_long_is_how_things_are) {
    struct drift drift = {0};
    struct drifting drifting;
    uint32_t hour = 0, told_h = 0;
    for (; hour < 10 * 24; hour++)
        feed(&drift, hour, 1, 0.2);
    for (; hour < 60 * 24; hour++) {
        feed(&drift, hour, 3, 0.2);
        told_h += drift_now(&drift, &drifting);
    }
    ck_assert_uint_ge(told_h, (DRIFT_TOLD_DAYS - 1) * 24);
    ck_assert_uint_le(told_h, (DRIFT_TOLD_DAYS + 2) * 24);
    ck_assert(!drift_now(&drift, &drifting));
}
END_TEST

START_TEST(a_person_may_accept_it) {
    struct drift drift = {0};
    struct drifting drifting;
    uint32_t hour = 0;
    for (; hour < 10 * 24; hour++)
        feed(&drift, hour, 1, 0.2);
    while (!drift_now(&drift, &drifting))
        feed(&drift, hour++, 4, 0.2);
    drift_accept(&drift);
    for (uint32_t end_h = hour + 40 * 24; hour < end_h; hour++) {
        ck_assert(!drift_now(&drift, &drifting));
        feed(&drift, hour, 4, 0.2);
    }
}
END_TEST

int main(void) {
    random_start();
    Suite *suite = suite_create("drift");
    TCase *all = tcase_create("all");
    tcase_add_test(all, a_steady_device_does_not_drift);
    tcase_add_test(all, a_slow_ramp_is_caught_before_it_has_doubled);
    tcase_add_test(all, a_fast_ramp_is_caught_within_hours);
    tcase_add_test(all, what_stands_out_for_long_is_how_things_are);
    tcase_add_test(all, a_person_may_accept_it);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
