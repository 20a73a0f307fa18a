#include "tests/engine/rig.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

/* Who is usually there and is not: told once, and nothing worse; and not where it was the
   sensor that saw nothing. */

static const double epoch_s = 1700006400; /* midnight */
static const double hour_s = 3600;
static struct rig rig;

static struct make_end device(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

static void say(double time_s, uint32_t who, uint32_t to) {
    rig_send(&rig, make_flow(time_s, device(who), device(to), TCP, 443));
}

/* Device 1 speaks with `to`, each five seconds; devices 2 and 3 among themselves. */
static void live(double from_s, double to_s, bool with_one) {
    for (double now_s = from_s; now_s < to_s; now_s += 5) {
        if (with_one)
            say(now_s, 1, 2);
        say(now_s + 1, 2, 3);
    }
}

static unsigned told(uint32_t n) {
    unsigned count = 0;
    for (size_t i = 0; i < rig.finding_count; i++)
        count += strcmp(rig.findings[i].kind, "silence") == 0 &&
                 strcmp(rig.findings[i].device, rig_id(n)) == 0;
    return count;
}

static void start(void) {
    rig_start(&rig, &engine_defaults, NULL);
}

static void stop(void) {
    rig_check(&rig);
    rig_end(&rig);
}

START_TEST(who_is_always_there_and_falls_silent_is_told_once) {
    live(epoch_s, epoch_s + 3 * hour_s, true);
    live(epoch_s + 3 * hour_s, epoch_s + 3 * hour_s + 590, false);
    ck_assert_uint_eq(told(1), 0);
    live(epoch_s + 3 * hour_s + 590, epoch_s + 6 * hour_s, false);
    ck_assert_uint_eq(told(1), 1);
    ck_assert_uint_eq(rig.finding_count, 1);
    ck_assert_uint_eq(rig.findings[0].level, LEVEL_LOW);
    ck_assert_double_gt(rig.findings[0].contribution, 0);
    ck_assert_uint_le(rig.findings[0].time_ns / 1000000000,
                      (uint64_t)(epoch_s + 3 * hour_s + 600 + 65));
    for (size_t i = 0; i < rig.row_count; i++)
        ck_assert_double_lt(rig.rows[i].risk, 10);
    /* It came back, and fell silent again. */
    live(epoch_s + 6 * hour_s, epoch_s + 20 * hour_s, true);
    ck_assert_uint_eq(told(1), 1);
    live(epoch_s + 20 * hour_s, epoch_s + 22 * hour_s, false);
    ck_assert_uint_eq(told(1), 2);
}
END_TEST

START_TEST(what_the_sensor_did_not_see_is_nobodys_silence) {
    live(epoch_s, epoch_s + 3 * hour_s, true);
    rig_step(&rig, epoch_s + 3 * hour_s + 1200); /* of the capture */
    live(epoch_s + 3 * hour_s + 1200, epoch_s + 3 * hour_s + 1790, false);
    ck_assert_uint_eq(told(1), 0);
    live(epoch_s + 3 * hour_s + 1790, epoch_s + 4 * hour_s, true);
    rig_wait(&rig, epoch_s + 5 * hour_s); /* nobody is heard at all */
    live(epoch_s + 5 * hour_s, epoch_s + 5 * hour_s + 590, false);
    ck_assert_uint_eq(told(1), 0);
    ck_assert_uint_eq(rig.finding_count, 0);
}
END_TEST

START_TEST(who_comes_and_goes_may_go) {
    for (int i = 0; i < 24; i++) {
        double from_s = epoch_s + i * hour_s;
        live(from_s, from_s + 1500 + 300 * random_between(0, 1), true);
        live(from_s + 1800, from_s + hour_s, false);
    }
    ck_assert_uint_le(told(1), 1); /* the first time nobody knows its ways */
}
END_TEST

/* Calls each five minutes, by day; by night it sleeps, as ever. */
static void work(double day_s, double from_h, double to_h) {
    for (double now_s = day_s; now_s < day_s + 24 * hour_s; now_s += 30) {
        bool is_call = (uint64_t)(now_s - day_s) % 300 == 0;
        if (is_call && now_s >= day_s + from_h * hour_s &&
            now_s < day_s + to_h * hour_s)
            say(now_s, 1, 2);
        say(now_s + 1, 2, 3);
    }
}

START_TEST(a_caller_is_missed_in_the_hours_in_which_it_calls) {
    for (int day = 0; day < 5; day++)
        work(epoch_s + day * 24 * hour_s, 8, 18);
    unsigned before = told(1);
    ck_assert_uint_le(before, 1); /* the first evening: nobody knew */
    work(epoch_s + 5 * 24 * hour_s, 8, 12);
    ck_assert_uint_eq(told(1), before + 1);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("silence");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, start, stop);
    tcase_add_test(all, who_is_always_there_and_falls_silent_is_told_once);
    tcase_add_test(all, what_the_sensor_did_not_see_is_nobodys_silence);
    tcase_add_test(all, who_comes_and_goes_may_go);
    tcase_add_test(all, a_caller_is_missed_in_the_hours_in_which_it_calls);
    Suite *suite = suite_create("silence");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
