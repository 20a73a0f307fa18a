#include "models/compare.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>

static struct baseline before, after;
static struct compare_result result;

static void observe(struct baseline *baseline, uint64_t s, float packets, uint64_t peer,
                    unsigned size) {
    struct baseline_observation o = {.end_s = s, .key_count = 1};
    struct baseline_surprise surprise;
    static const struct baseline_tails pool;
    o.feature[FEATURE_SENT_PACKETS] = packets;
    o.sizes[0][size] = 10;
    o.keys[0] = (struct baseline_key){.key = peer, .kind = KEY_PEER};
    baseline_recognize(baseline, &o);
    baseline_measure(baseline, &o, &surprise);
    baseline_score(baseline, &pool, &o, 0, &surprise);
    baseline_count(baseline, o.end_s);
    baseline_learn(baseline, &o, &surprise);
}

static void live(struct baseline *baseline, uint64_t from_s, float packets,
                 uint64_t peer, unsigned size) {
    for (unsigned i = 0; i < 2000; i++)
        observe(baseline, from_s + 10 * i, packets + (float)(i % 3), peer, size);
}

static void start(void) {
    before = (struct baseline){.windows = 0};
    live(&before, 1700000000, 10, 7, 2);
    after = before;
}

START_TEST(the_same_has_not_changed) {
    compare_baselines(&before, &after, &result);
    ck_assert_uint_eq(result.shift_count, 0);
    ck_assert_uint_eq(result.new_keys[KEY_PEER], 0);
    ck_assert_uint_eq(result.gone_keys[KEY_PEER], 0);
    ck_assert_double_eq(result.sizes[0], 0);
    /* Nor what went on as it was. */
    live(&after, 1700020000, 10, 7, 2);
    compare_baselines(&before, &after, &result);
    ck_assert_uint_eq(result.shift_count, 0);
    ck_assert_double_lt(result.sizes[0], 0.01);
}
END_TEST

START_TEST(what_changed_is_told_largest_first) {
    live(&after, 1700020000, 100, 8, 5);
    live(&after, 1700040000, 100, 9, 5);
    compare_baselines(&before, &after, &result);
    ck_assert_uint_ge(result.shift_count, 1);
    ck_assert_int_eq(result.shifts[0].feature, FEATURE_SENT_PACKETS);
    ck_assert_double_eq_tol(result.shifts[0].before, 11, 1);
    ck_assert_double_gt(result.shifts[0].after, 20);
    ck_assert_double_gt(result.shifts[0].spreads, 2);
    ck_assert_uint_eq(result.new_keys[KEY_PEER], 2);
    ck_assert_double_gt(result.sizes[0], 0.05);
    ck_assert_double_le(result.sizes[0], 1);
    /* Backwards it is the same the other way round. */
    struct compare_result back;
    compare_baselines(&after, &before, &back);
    ck_assert_uint_eq(back.gone_keys[KEY_PEER], 2);
    ck_assert_double_lt(back.shifts[0].spreads, 0);
    ck_assert_double_eq(back.sizes[0], result.sizes[0]);
}
END_TEST

START_TEST(nothing_learnt_is_no_change) {
    static const struct baseline nothing;
    compare_baselines(&nothing, &after, &result);
    ck_assert_uint_eq(result.shift_count, 0);
    ck_assert_uint_eq(result.new_keys[KEY_PEER], 1);
    ck_assert_double_eq(result.sizes[0], 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("compare");
    TCase *tcase = tcase_create("compare");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, the_same_has_not_changed);
    tcase_add_test(tcase, what_changed_is_told_largest_first);
    tcase_add_test(tcase, nothing_learnt_is_no_change);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
