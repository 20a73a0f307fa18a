#include "engine/inbox.h"
#include "engine/portrait.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>

/* What was learnt, as a person reads it. */

static const double epoch_s = 1700000000; /* make_epoch_s: a Tuesday, 22:13:20 UTC */

static struct rig rig;
static struct board *board;
static struct inbox *inbox;
static enum outcome outcome;
static unsigned answers;

static struct make_end host(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

/* Two hosts that speak with each other once a minute. */
static void talk(double from_s, double to_s) {
    for (double t = from_s; t < to_s; t += 60)
        rig_send(&rig, make_flow(t + 1, host(1), host(2), TCP, 443));
    rig_wait(&rig, to_s);
}

static void start(void) {
    board = board_create();
    inbox = inbox_create(16);
    struct engine_options options = engine_defaults;
    options.device_capacity = 64;
    rig_start(&rig, &options, board);
    engine_listen(rig.engine, inbox);
    answers = 0;
}

static void stop(void) {
    rig_end(&rig);
    board_destroy(board);
    inbox_close(inbox);
    inbox_destroy(inbox);
}

static void note(void *context, unsigned index, enum outcome said) {
    (void)context, (void)index;
    outcome = said;
    answers++;
}

static struct portrait look_at(const char *id) {
    struct portrait portrait = {.windows = -1};
    struct message message = {.kind = MESSAGE_LOOK, .look = &portrait, .done = note};
    snprintf(message.device, sizeof message.device, "%s", id);
    unsigned before = answers;
    ck_assert(inbox_put(inbox, &message, 1));
    engine_attend(rig.engine);
    ck_assert_uint_eq(answers, before + 1);
    return portrait;
}

START_TEST(what_it_does_is_told) {
    talk(epoch_s, epoch_s + 4 * 3600);
    struct portrait portrait = look_at(rig_id(1));
    ck_assert_int_eq(outcome, OUTCOME_APPLIED);
    ck_assert_double_ge(portrait.windows, 200);
    ck_assert_uint_gt(portrait.feature_count, 10);
    ck_assert_str_eq(portrait.features[0].name, "packets sent");
    for (unsigned i = 0; i < portrait.feature_count; i++) {
        ck_assert_double_ge(portrait.features[i].low, 0);
        ck_assert_double_le(portrait.features[i].low, portrait.features[i].mean + 1e-9);
        ck_assert_double_ge(portrait.features[i].high,
                            portrait.features[i].mean - 1e-9);
    }
    ck_assert_double_gt(portrait.features[0].mean, 0);
    for (unsigned way = 0; way < 2; way++) {
        double sum = 0;
        for (unsigned i = 0; i < PORTRAIT_SIZES; i++)
            sum += portrait.sizes[way][i];
        ck_assert(sum == 0 || fabs(sum - 1) < 1e-9);
    }
    ck_assert_uint_ge(portrait.kinds[0].known, 1);
    ck_assert_uint_ge(portrait.kinds[0].known, portrait.kinds[0].young);
}
END_TEST

/* From a Tuesday, 22:13 UTC, on: that hour and the next three, and no other. */
START_TEST(hours_stand_at_their_days) {
    talk(epoch_s, epoch_s + 4 * 3600);
    struct portrait portrait = look_at(rig_id(1));
    static const bool expected[PORTRAIT_DAYS][PORTRAIT_HOURS] = {
        [1] = {[22] = true, [23] = true}, [2] = {[0] = true, [1] = true}};
    for (unsigned day = 0; day < PORTRAIT_DAYS; day++)
        for (unsigned hour = 0; hour < PORTRAIT_HOURS; hour++)
            ck_assert_msg((portrait.week[day][hour] > 0) == expected[day][hour],
                          "day %u, %u:00: %g", day, hour, portrait.week[day][hour]);
    ck_assert_uint_eq(portrait.days, 2);
}
END_TEST

START_TEST(what_is_regular_is_a_beat) {
    talk(epoch_s, epoch_s + 2 * 3600);
    struct portrait portrait = look_at(rig_id(1));
    ck_assert_uint_eq(portrait.beat_count, 1);
    ck_assert_double_eq_tol(portrait.beats[0].gap_s, 60, 1);
    ck_assert_double_lt(portrait.beats[0].variation, 0.1);
}
END_TEST

START_TEST(who_was_never_heard_has_none) {
    talk(epoch_s, epoch_s + 60);
    struct portrait portrait = look_at("02:00:00:00:99:99");
    ck_assert_int_eq(outcome, OUTCOME_UNKNOWN);
    ck_assert(portrait.windows == -1); /* untouched */
    look_at("nobody");
    ck_assert_int_eq(outcome, OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(every_bin_has_a_name) {
    for (unsigned i = 0; i < PORTRAIT_SIZES; i++)
        ck_assert_str_ne(portrait_size_name(i), "");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("portrait");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, what_it_does_is_told);
    tcase_add_test(tests, hours_stand_at_their_days);
    tcase_add_test(tests, what_is_regular_is_a_beat);
    tcase_add_test(tests, who_was_never_heard_has_none);
    tcase_add_test(tests, every_bin_has_a_name);
    Suite *suite = suite_create("portrait");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
