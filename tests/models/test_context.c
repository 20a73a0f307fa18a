#include "models/context.h"

#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

/* A Monday, midnight UTC. */
static const uint64_t start_s = 1769990400;

static void take(struct context *context, uint64_t now_s, double value,
                 struct context_hour *last) {
    double sample[CONTEXT_QUANTITIES], overall[CONTEXT_QUANTITIES];
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        sample[q] = value;
        overall[q] = 5;
    }
    struct context_hour past;
    if (context_take(context, now_s, sample, overall, &past) && last)
        *last = past;
}

/* Busy by day and idle by night: each hour's usual is learnt, and drawn to the overall mean
   before. */
START_TEST(hours_have_their_own_mean) {
    struct context context = {0};
    double day = random_between(6, 10), night = random_between(1, 3);
    ck_assert_double_eq(context_mean(&context, start_s + 5, 0, 4.5), 4.5);
    for (unsigned hour = 0; hour < 14 * 24; hour++)
        for (unsigned i = 0; i < 10; i++)
            take(&context, start_s + hour * 3600 + i * 300 + 10,
                 hour % 24 >= 8 && hour % 24 < 18 ? day : night, NULL);
    uint64_t later_s = start_s + 14 * 86400;
    /* Four visits and more weigh against one and a half of all hours. */
    ck_assert_double_eq_tol(context_mean(&context, later_s + 12 * 3600 + 10, 1, day),
                            day, 0.1);
    ck_assert_double_eq_tol(context_mean(&context, later_s + 3 * 3600 + 10, 2, night),
                            night, 0.1);
    double thin = context_mean(&context, later_s + 3 * 3600 + 10, 3, day);
    ck_assert(thin > night && thin < night + (day - night) * 0.3);
}
END_TEST

START_TEST(a_change_is_followed_by_visits) {
    struct context context = {0};
    struct context_hour past = {0};
    for (unsigned d = 0; d < 30; d++)
        take(&context, start_s + d * 86400 + 10, 4, &past);
    ck_assert_double_eq_tol(past.residual[0], 0, 0.05);
    double before = 4;
    for (unsigned d = 30; d < 60; d++) {
        take(&context, start_s + d * 86400 + 10, 8, &past);
        double now = context_mean(&context, start_s + d * 86400 + 10, 0, 8);
        ck_assert(now >= before - 0.1 && now <= 8.1);
        before = now;
        if (d == 31) /* the first of the other days is over */
            ck_assert_double_eq_tol(past.residual[0], 4, 0.1);
    }
    ck_assert_double_eq_tol(before, 8, 0.6);
}
END_TEST

/* Before the second week an hour is known by any day, then by its own. */
START_TEST(hours_of_the_week_become_usual) {
    struct context context = {0};
    for (unsigned day = 0; day < 5; day++)
        for (unsigned hour = 9; hour < 17; hour++)
            take(&context, start_s + day * 86400 + hour * 3600 + 10, 3, NULL);
    ck_assert(context_is_usual_hour(&context, start_s + 4 * 86400 + 10 * 3600 + 10));
    ck_assert(context_is_usual_hour(&context, start_s + 5 * 86400 + 10 * 3600 + 10));
    ck_assert(!context_is_usual_hour(&context, start_s + 5 * 86400 + 3 * 3600 + 10));
    for (unsigned day = 7; day < 12; day++)
        for (unsigned hour = 9; hour < 17; hour++)
            take(&context, start_s + day * 86400 + hour * 3600 + 10, 3, NULL);
    ck_assert(context_is_usual_hour(&context, start_s + 14 * 86400 + 10 * 3600 + 10));
    ck_assert(!context_is_usual_hour(&context, start_s + 12 * 86400 + 10 * 3600 + 10));
}
END_TEST

/* Whatever comes: means stay within what was sampled, and nothing overflows. */
START_TEST(anything_goes) {
    for (int round = 0; round < 50; round++) {
        struct context context = {0};
        uint64_t now_s = start_s;
        double low = 21, high = 0;
        for (int i = 0; i < 2000; i++) {
            double value = random_between(0, 21);
            low = fmin(low, value);
            high = fmax(high, value);
            take(&context, now_s, value, NULL);
            now_s += (uint64_t)pow(10, random_between(0, 5));
        }
        for (unsigned hour = 0; hour < 24; hour++) {
            double mean =
                context_mean(&context, start_s + hour * 3600 + 10, 0, (low + high) / 2);
            ck_assert(mean >= low - 0.05 && mean <= high + 0.05);
        }
    }
}
END_TEST

int main(void) {
    random_start();
    Suite *suite = suite_create("context");
    TCase *all = tcase_create("all");
    tcase_add_test(all, hours_have_their_own_mean);
    tcase_add_test(all, a_change_is_followed_by_visits);
    tcase_add_test(all, hours_of_the_week_become_usual);
    tcase_add_test(all, anything_goes);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
