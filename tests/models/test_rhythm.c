#include "models/rhythm.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

static const uint64_t start_s = 1700000000;

START_TEST(young_channels_average_their_gaps) {
    for (int round = 0; round < 200; round++) {
        struct rhythm_set set = {0};
        double gap[64], mean = 0, variance = 0;
        unsigned n = 8 + random_below(56);
        uint64_t now_s = start_s;
        rhythm_start(&set, 7, now_s, true, 0);
        for (unsigned i = 0; i < n; i++) {
            gap[i] = floor(pow(10, random_between(0, 4)));
            now_s += (uint64_t)gap[i];
            rhythm_start(&set, 7, now_s, true, 0);
            mean += log(gap[i]) / n;
        }
        for (unsigned i = 0; i < n; i++)
            variance += (log(gap[i]) - mean) * (log(gap[i]) - mean) / n;
        const struct rhythm_channel *channel = rhythm_find(&set, 7);
        ck_assert_double_eq((double)channel->gaps, n);
        ck_assert_double_eq_tol((double)channel->mean, mean, 1e-4);
        ck_assert_double_eq_tol((double)channel->variance, variance, 1e-3);
        ck_assert_uint_eq(channel->last_s, now_s);
        ck_assert_double_eq_tol(rhythm_variation(channel), sqrt(exp(variance) - 1),
                                1e-3 * (1 + exp(variance)));
    }
}
END_TEST

START_TEST(old_gaps_are_forgotten) {
    struct rhythm_set set = {0};
    uint64_t now_s = start_s;
    for (int i = 0; i < 1000; i++)
        rhythm_start(&set, 7, now_s += 10, true, 0);
    for (int i = 0; i < 1000; i++)
        rhythm_start(&set, 7, now_s += 300, true, 0);
    const struct rhythm_channel *channel = rhythm_find(&set, 7);
    ck_assert_double_eq_tol(exp((double)channel->mean), 300, 1);
    ck_assert_double_lt(rhythm_variation(channel), 0.01);
}
END_TEST

/* P(gap ≥ silence) by integrating the log-normal density of ln(gap) upwards. */
static double numeric_overdue(double mean, double sd, double silence) {
    enum { STEPS = 20000 };
    double z = (log(silence) - mean) / sd, upto = fmax(z, 0) + 14, p = 0;
    for (int i = 0; i <= STEPS; i++) {
        double x = z + (upto - z) * i / STEPS;
        p += exp(-x * x / 2) * (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
    }
    return -log10(p * (upto - z) / STEPS / 3 / sqrt(2 * acos(-1)));
}

START_TEST(overdue_is_the_tail_of_the_gaps) {
    for (int round = 0; round < 200; round++) {
        struct rhythm_channel channel = {.key = 1,
                                         .last_s = (uint32_t)start_s,
                                         .mean = (float)random_between(1, 8),
                                         .variance = (float)random_between(0, 2),
                                         .gaps = (uint8_t)random_between(8, 64)};
        double sd = sqrt(fmax((double)channel.variance, 0.15 * 0.15) *
                         (1 + 1 / (double)channel.gaps));
        uint64_t silence_s =
            1 + (uint64_t)exp((double)channel.mean + sd * random_between(-2, 6));
        double expected = numeric_overdue((double)channel.mean, sd, (double)silence_s);
        ck_assert_double_eq_tol(rhythm_overdue(&channel, start_s + silence_s), expected,
                                1e-6 * (1 + expected));
    }
}
END_TEST

START_TEST(overdue_grows_with_silence_and_stays_finite) {
    struct rhythm_set set = {0};
    uint64_t now_s = start_s;
    for (int i = 0; i < 20; i++)
        rhythm_start(&set, 7, now_s += 60, true, 0);
    const struct rhythm_channel *channel = rhythm_find(&set, 7);
    ck_assert_double_eq(rhythm_overdue(channel, now_s), 0);
    ck_assert_double_lt(rhythm_overdue(channel, now_s + 60), 0.5);
    /* The floor: a timer that slips by a few seconds is no outage. */
    ck_assert_double_lt(rhythm_overdue(channel, now_s + 64), 1);
    ck_assert_double_gt(rhythm_overdue(channel, now_s + 600), 6);
    double before = 0;
    for (uint64_t silence_s = 1; silence_s < 2000000000;
         silence_s += 1 + silence_s / 8) {
        double now = rhythm_overdue(channel, now_s + silence_s);
        ck_assert(now >= before && now <= 300);
        before = now;
    }
    ck_assert_double_eq(before, 300);
}
END_TEST

START_TEST(few_gaps_say_nothing) {
    struct rhythm_set set = {0};
    uint64_t now_s = start_s;
    rhythm_start(&set, 7, now_s, true, 0);
    for (int i = 0; i < 8; i++) {
        const struct rhythm_channel *channel = rhythm_find(&set, 7);
        ck_assert_double_eq(rhythm_overdue(channel, now_s + 100000), 0);
        ck_assert_double_gt(rhythm_variation(channel), 1e6);
        rhythm_start(&set, 7, now_s += 60, true, 0);
        rhythm_start(&set, 7, now_s, true, 0); /* again in the same second: one start */
    }
    ck_assert_double_gt(rhythm_overdue(rhythm_find(&set, 7), now_s + 100000), 5);
    ck_assert_double_lt(rhythm_variation(rhythm_find(&set, 7)), 0.01);
}
END_TEST

START_TEST(time_that_steps_back_is_no_gap) {
    struct rhythm_set set = {0};
    uint64_t now_s = start_s;
    for (int i = 0; i < 20; i++)
        rhythm_start(&set, 7, now_s += 60, true, 0);
    double mean = (double)rhythm_find(&set, 7)->mean;
    rhythm_start(&set, 7, now_s - 1000000, true, 0);
    ck_assert_double_eq((double)rhythm_find(&set, 7)->mean, mean);
    rhythm_start(&set, 7, now_s - 1000000 + 60, true, 0);
    ck_assert_double_eq_tol((double)rhythm_find(&set, 7)->mean, mean, 1e-6);
    ck_assert_double_eq(rhythm_overdue(rhythm_find(&set, 7), now_s - 2000000), 0);
}
END_TEST

START_TEST(a_burst_of_new_channels_spares_the_steady_ones) {
    struct rhythm_set set = {0};
    uint64_t now_s = start_s;
    for (int i = 0; i < 20; i++, now_s += 60)
        for (uint64_t key = 1; key <= 8; key++)
            rhythm_start(&set, key, now_s, true, 0);
    now_s += 60;
    for (uint64_t key = 1000; key < 2000; key++)
        rhythm_start(&set, key, now_s, true, 0);
    for (uint64_t key = 1; key <= 8; key++)
        ck_assert_ptr_nonnull(rhythm_find(&set, key));
    /* But those that went silent for good do give way in the end. */
    now_s += 100000;
    for (uint64_t key = 2000; key < 2016; key++)
        rhythm_start(&set, key, now_s, true, 0);
    for (uint64_t key = 1; key <= 8; key++)
        ck_assert_ptr_null(rhythm_find(&set, key));
}
END_TEST

/* Half of the gaps of a channel must look half overdue, and so on. */
START_TEST(overdue_is_calibrated) {
    struct rhythm_set set = {0};
    uint64_t now_s = start_s;
    enum { GAPS = 100000 };
    int beyond_1 = 0, beyond_2 = 0;
    for (int i = 0; i < GAPS; i++) {
        uint64_t gap_s = (uint64_t)(exp(6 + 0.7 * random_normal()) + 0.5);
        const struct rhythm_channel *channel = rhythm_find(&set, 3);
        if (channel) {
            double a = rhythm_overdue(channel, now_s + gap_s);
            beyond_1 += a >= 1;
            beyond_2 += a >= 2;
        }
        rhythm_start(&set, 3, now_s += gap_s, true, 0);
    }
    /* The model is estimated from 64 gaps, so its far tail is a little too light. */
    ck_assert_double_eq_tol(beyond_1 / (double)GAPS, 0.1, 0.015);
    ck_assert_double_eq_tol(beyond_2 / (double)GAPS, 0.01, 0.006);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("rhythm");
    tcase_add_test(all, young_channels_average_their_gaps);
    tcase_add_test(all, old_gaps_are_forgotten);
    tcase_add_test(all, overdue_is_the_tail_of_the_gaps);
    tcase_add_test(all, overdue_grows_with_silence_and_stays_finite);
    tcase_add_test(all, few_gaps_say_nothing);
    tcase_add_test(all, time_that_steps_back_is_no_gap);
    tcase_add_test(all, a_burst_of_new_channels_spares_the_steady_ones);
    tcase_add_test(all, overdue_is_calibrated);
    tcase_set_timeout(all, 60);
    Suite *suite = suite_create("rhythm");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
