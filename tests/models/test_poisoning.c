#include "models/baseline.h"

#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far somebody who controls a device, and knows all of this, can shift what is usual for
   it. The bounds are those of docs/detection.md. */

enum { DAY_WINDOWS = 8640 };
static const uint64_t start_s = 1769990400;
static struct baseline_tails pool;

static struct baseline_observation observe(uint64_t end_s, double bytes) {
    struct baseline_observation o = {.end_s = end_s};
    o.feature[FEATURE_SENT_PACKETS] = 10;
    o.feature[FEATURE_SENT_BYTES] = (float)bytes;
    o.feature[FEATURE_RECEIVED_PACKETS] = 10;
    o.feature[FEATURE_RECEIVED_BYTES] = 900;
    o.sizes[0][1] = o.sizes[1][1] = 10;
    o.protocols[3] = 20;
    o.key_count = 1;
    o.keys[0] = (struct baseline_key){.key = 7, .kind = KEY_PEER};
    return o;
}

static double live(struct baseline *b, uint64_t end_s, double bytes) {
    struct baseline_observation o = observe(end_s, bytes);
    struct baseline_surprise s;
    baseline_recognize(b, &o);
    baseline_measure(b, &o, &s);
    baseline_score(b, &pool, &o, 0, &s);
    baseline_note(b, &s);
    baseline_pool(&pool, &s);
    baseline_count(b, o.end_s);
    baseline_learn(b, &o, &s);
    return s.anomaly;
}

static uint64_t grow_up(struct baseline *b, unsigned days) {
    memset(b, 0, sizeof *b);
    memset(&pool, 0, sizeof pool);
    uint64_t now_s = start_s;
    for (unsigned i = 0; i < days * DAY_WINDOWS; i++)
        live(b, now_s += 10, 1000 * exp(0.1 * random_normal()));
    return now_s;
}

/* However large the windows are, each moves the mean by three spreads σ over the effective
   number of windows N, and the variance by (9 − 1) σ² / N. With x = ∫ dn / N that is σ e^4x, and
   for the mean ¾ σ (e^4x − 1); over a day of a device that never sleeps, x = ln 2 once it
   is old. One that never deviated has the least σ, 0.3. */
START_TEST(a_day_of_anything_moves_the_usual_by_a_bounded_factor) {
    static struct baseline b;
    unsigned days = 2 + random_below(6);
    uint64_t now_s = grow_up(&b, days);
    double before = baseline_usual(&b, FEATURE_SENT_BYTES);
    double spread = log(baseline_spread(&b, FEATURE_SENT_BYTES));
    double most = 0, x = 0;
    for (unsigned i = 0; i < DAY_WINDOWS; i++) {
        double anomaly = live(&b, now_s += 10, 1e30);
        x += 1 / (double)b.slow.weight;
        most = fmax(most, anomaly);
    }
    double moved = log(baseline_usual(&b, FEATURE_SENT_BYTES) / before);
    double bound = 0.75 * spread * (exp(4 * x) - 1);
    ck_assert_double_gt(moved, 0);
    ck_assert_msg(moved <= 1.01 * bound + 0.01, "moved by %.2f, not %.2f", moved,
                  bound);
    ck_assert_double_gt(moved, 0.5 * bound); /* that is what it comes to */
    ck_assert_double_le(x, log(2) / (1 - exp2(-(double)days)));
    ck_assert_double_gt(most, 2);
}
END_TEST

/* Told aloud: within minutes by the sum of windows, within hours by the drift. */
START_TEST(who_moves_it_that_far_is_told_long_before) {
    static struct baseline b;
    struct drifting drifting;
    uint64_t now_s = grow_up(&b, 3);
    double usual = baseline_usual(&b, FEATURE_SENT_BYTES), most = 0;
    unsigned windows = 0;
    for (; windows < DAY_WINDOWS && !drift_now(&b.drift, &drifting); windows++) {
        double anomaly = live(&b, now_s += 10, 1e30);
        if (windows < 30)
            most = fmax(most, anomaly);
    }
    ck_assert_double_gt(most, 3); /* in the first five minutes */
    ck_assert_uint_le(windows, 5 * 360);
    ck_assert_double_lt(baseline_usual(&b, FEATURE_SENT_BYTES), 4 * usual);
}
END_TEST

/* Who stays below what is noticed by the window is noticed by the day. */
START_TEST(a_patient_ramp_is_told_before_it_has_doubled) {
    static struct baseline b;
    uint64_t now_s = grow_up(&b, 9);
    struct drifting drifting;
    unsigned day = 0;
    for (; day < 70 && !drift_now(&b.drift, &drifting); day++)
        for (unsigned i = 0; i < DAY_WINDOWS; i += 10)
            live(&b, now_s += 100, 1000 * pow(1.01, day) * exp(0.1 * random_normal()));
    ck_assert_msg(pow(1.01, day) < 1.6, "told at %.2f times", pow(1.01, day));
    ck_assert_double_gt(drifting.factor, 1);
}
END_TEST

/* What is a little unusual all the time is not forgiven window by window. */
START_TEST(what_is_a_little_unusual_for_long_adds_up) {
    static struct baseline b;
    uint64_t now_s = grow_up(&b, 5);
    double alone = live(&b, now_s += 10, 1000 * exp(1.0)), most = alone;
    for (unsigned i = 0; i < 30; i++)
        most = fmax(most, live(&b, now_s += 10, 1000 * exp(1.0)));
    ck_assert_double_gt((double)b.sustained, 1);
    ck_assert_double_ge(most, alone);
    /* It is forgotten soon; but what is usual adds up now and then, too. */
    unsigned windows = 0;
    for (; b.sustained >= 1 && windows < 3 * 360; windows++)
        live(&b, now_s += 10, 1000 * exp(0.1 * random_normal()));
    ck_assert_uint_lt(windows, 3 * 360);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("poisoning");
    tcase_add_test(all, a_day_of_anything_moves_the_usual_by_a_bounded_factor);
    tcase_add_test(all, who_moves_it_that_far_is_told_long_before);
    tcase_add_test(all, a_patient_ramp_is_told_before_it_has_doubled);
    tcase_add_test(all, what_is_a_little_unusual_for_long_adds_up);
    tcase_set_timeout(all, 120);
    Suite *suite = suite_create("poisoning");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
