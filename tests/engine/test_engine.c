#include "engine/engine.h"
#include "tests/engine/rig.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

static const double hour_s = 3600, day_s = 86400;
static const double epoch_s = 1700000000; /* make_epoch_s */

static struct make_end device(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

static struct make_end server(void) {
    return make_end(9000, "10.9.0.1");
}

/* As many unanswered attempts within a second as are a scan beyond doubt. */
static void scan(struct rig *rig, double time_s, uint32_t n) {
    for (uint32_t i = 0; i < 200; i++) {
        struct make_end target = {make_mac(5000), make_ip_number(0x20000 + i)};
        rig_send(rig, make_attempt(time_s + i * 0.004, device(n), target, TCP, 23));
    }
}

/* --- the timeline --- */

START_TEST(a_window_with_packets_has_a_row) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s + 1, device(1), server(), TCP, 443));
    rig_send(&rig, make_flow(epoch_s + 9.9, device(1), server(), TCP, 443));
    rig_send(&rig, make_flow(epoch_s + 35, device(2), server(), TCP, 443));
    rig_wait(&rig, epoch_s + 100);
    ck_assert_uint_eq(rig.row_count, 4); /* two ends each; none for the silence */
    for (size_t i = 0; i < rig.row_count; i++) {
        const struct row *row = &rig.rows[i];
        ck_assert_uint_eq(row->end_s, make_epoch_s + (i < 2 ? 10 : 40));
        ck_assert_uint_eq(row->packets, i < 2 ? 20 : 10);
        ck_assert_double_eq(row->risk, 0);
        ck_assert_int_eq(row->state, STATE_LEARNING);
        ck_assert_int_eq(row->level, LEVEL_UNKNOWN);
    }
    ck_assert_str_eq(rig.rows[0].device, rig_id(1));
    ck_assert_str_eq(rig.rows[1].device, rig_id(9000));
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(a_row_comes_when_time_has_passed_its_window) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s + 9.5, device(1), server(), TCP, 443));
    ck_assert_uint_eq(rig.row_count, 0);
    rig_send(&rig, make_flow(epoch_s + 10, device(1), server(), TCP, 443));
    ck_assert_uint_eq(rig.row_count, 2); /* what comes at its end is the next one's */
    ck_assert_uint_eq(rig.rows[0].packets, 10);
    rig_end(&rig);
}
END_TEST

START_TEST(rows_of_a_window_come_in_order_of_device) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 500; i++)
        rig_send(&rig, make_flow(epoch_s + i * 0.1, device(random_below(40)), server(),
                                 TCP, 443));
    rig_wait(&rig, epoch_s + 60);
    ck_assert_uint_gt(rig.row_count, 100);
    for (size_t i = 1; i < rig.row_count; i++) {
        const struct row *row = &rig.rows[i], *before = row - 1;
        ck_assert_uint_le(before->end_s, row->end_s);
        ck_assert(before->end_s < row->end_s ||
                  strcmp(before->device, row->device) < 0);
    }
    rig_end(&rig);
}
END_TEST

START_TEST(risk_has_rows_in_silence_until_it_falls_below_one) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    scan(&rig, epoch_s + 3, 1);
    rig_wait(&rig, epoch_s + day_s);
    ck_assert_uint_gt(rig.row_count, 10);
    for (size_t i = 0; i < rig.row_count; i++) {
        const struct row *row = &rig.rows[i];
        ck_assert_str_eq(row->device, rig_id(1));
        ck_assert_uint_eq(row->end_s,
                          make_epoch_s + 10 * (i + 1)); /* none is missing */
        ck_assert_uint_eq(row->packets, i == 0 ? 200 : 0);
        ck_assert_int_eq(row->risk < 1, i == rig.row_count - 1); /* one, at the end */
        if (i > 0)
            ck_assert_double_le(row->risk, rig.rows[i - 1].risk);
        if (i > 0)
            ck_assert_double_eq(row->anomaly, 0);
    }
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* Several kinds of evidence may be something together while each has faded to nothing. */
START_TEST(the_last_row_is_below_one_whatever_the_evidence) {
    struct engine_options options = engine_defaults;
    options.half_life_s = 20;
    for (uint16_t bytes = 20000; bytes < 60000; bytes += 1000) {
        struct rig rig;
        rig_start(&rig, &options, NULL);
        struct record names = make_flow(epoch_s + 4, device(1), server(), UDP, 53);
        names.flow.dns_queries = names.flow.dns_nxdomain = 400;
        names.flow.dns_query_bytes = bytes;
        rig_send(&rig, names);
        rig_wait(&rig, epoch_s + hour_s);
        ck_assert_uint_ge(rig.finding_count, 2);
        ck_assert_double_lt(rig_row(&rig, rig_id(1))->risk, 1);
        rig_end(&rig);
    }
}
END_TEST

START_TEST(who_only_claims_an_address_has_no_packets_and_no_row) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig,
             make_claim(epoch_s + 1, CLAIM_ARP_ANNOUNCE, make_mac(1), "10.0.0.1"));
    rig_wait(&rig, epoch_s + 60);
    ck_assert_uint_eq(rig.row_count, 0);
    rig_end(&rig);
}
END_TEST

/* --- time --- */

START_TEST(a_silence_costs_nothing) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s, device(1), server(), TCP, 443));
    rig_send(&rig, make_flow(epoch_s + 599, device(1), server(), TCP, 443));
    rig_wait(&rig, epoch_s + 700);
    ck_assert_uint_eq(rig.row_count, 4);
    /* Half a century, and back: it takes no longer. */
    for (int i = 0; i < 1000; i++) {
        double time_s = epoch_s + (i % 2 ? 50 * 365 * day_s : 0);
        rig_step(&rig, time_s);
        rig_send(&rig, make_flow(time_s, device(1), server(), TCP, 443));
    }
    ck_assert_uint_eq(engine_status(rig.engine)->discontinuities, 1000);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* Nobody watched, and yet risk is shown to fade: who follows it sees no new alarm after. */
START_TEST(risk_fades_in_the_sight_of_all_while_nobody_watches) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    scan(&rig, epoch_s + 3, 1);
    rig_wait(&rig, epoch_s + 10);
    size_t seen = rig.row_count;
    double before = rig.rows[seen - 1].risk;
    rig_step(&rig, epoch_s + 10 * day_s);
    ck_assert_uint_gt(rig.row_count, seen);
    for (size_t i = seen; i < rig.row_count; i++) {
        ck_assert_uint_le(rig.rows[i].end_s - rig.rows[i - 1].end_s, 600);
        ck_assert_double_lt(rig.rows[i].risk, before);
        before = rig.rows[i].risk;
    }
    ck_assert_double_lt(before, 1);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(a_step_of_time_divides_windows) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s + 1, device(1), server(), TCP, 443));
    rig_step(&rig, epoch_s + hour_s + 4);
    ck_assert_uint_eq(rig.row_count, 2); /* what was open has been closed */
    ck_assert_uint_eq(rig.rows[0].end_s, make_epoch_s + 10);
    rig_send(&rig, make_flow(epoch_s + hour_s + 5, device(1), server(), TCP, 443));
    rig_step(&rig, epoch_s - hour_s);
    rig_send(&rig, make_flow(epoch_s - hour_s + 1, device(1), server(), TCP, 443));
    rig_wait(&rig, epoch_s - hour_s + 10);
    ck_assert_uint_eq(rig.row_count, 6);
    ck_assert_uint_eq(rig.rows[2].end_s, make_epoch_s + 3610);
    ck_assert_uint_eq(rig.rows[4].end_s, make_epoch_s - 3590);
    ck_assert_uint_eq(engine_status(rig.engine)->discontinuities, 2);
    ck_assert_uint_eq(engine_status(rig.engine)->now_ns,
                      (make_epoch_s - 3590) * 1000000000);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(nothing_is_counted_across_a_step_of_time) {
    for (int steps = 0; steps < 2; steps++) {
        struct rig rig;
        rig_start(&rig, &engine_defaults, NULL);
        for (int part = 0; part < 2; part++) {
            for (int i = 0; i < engine_defaults.limits.logins * 0.7; i++)
                rig_send(&rig, make_flow(epoch_s + 5 + part * 10, device(1), server(),
                                         TCP, 22));
            if (steps)
                rig_step(&rig, epoch_s + 14);
        }
        rig_wait(&rig, epoch_s + 60);
        ck_assert_int_eq(rig.finding_count == 0, steps);
        rig_end(&rig);
    }
}
END_TEST

START_TEST(after_time_has_stepped_back_the_engine_still_sees) {
    static const double steps_s[] = {120, 900, 7200, 86400, 1e6, 6e8};
    for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++) {
        struct rig rig;
        rig_start(&rig, &engine_defaults, NULL);
        scan(&rig, epoch_s + 3, 1);
        rig_wait(&rig, epoch_s + 20);
        ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "scan"));
        double then_s = epoch_s - steps_s[i];
        rig_step(&rig, then_s);
        rig_send(&rig, make_flow(then_s, device(1), server(), TCP, 443));
        rig_wait(&rig, then_s + 6 * hour_s); /* what it did fades */
        ck_assert_double_lt(rig_row(&rig, rig_id(1))->risk, 1);
        size_t before = rig.finding_count;
        scan(&rig, then_s + 6 * hour_s, 1);
        rig_wait(&rig, then_s + 6 * hour_s + 3);
        ck_assert_ptr_nonnull(rig_finding(&rig, before, rig_id(1), "scan"));
        rig_check(&rig);
        rig_end(&rig);
    }
}
END_TEST

/* --- learning --- */

/* A small site at work: every device with a rhythm of its own. */
static void work(struct rig *rig, double from_s, double to_s, unsigned device_count) {
    static struct make_end outside = {.ip = {{93, 184, 216, 34}, 4}};
    outside.mac = make_mac(9001);
    for (int second = 0; from_s + second < to_s; second++)
        for (unsigned n = 1; n <= device_count; n++) {
            if (random_unit() > 1.0 / (2 + n))
                continue;
            bool goes_out = random_below(3) == 0;
            struct record record =
                make_flow(from_s + second + random_unit() * 0.9, device(n),
                          goes_out ? outside : server(), TCP,
                          goes_out ? 443 : (uint16_t)(1000 + n));
            for (unsigned side = 0; side < 2; side++) {
                record.flow.packets[side] = 4 + random_below(6);
                record.flow.bytes[side] =
                    UINT64_C(10) * record.flow.packets[side] * (8 + n);
            }
            snprintf(record.flow.application, sizeof record.flow.application, "TLS");
            rig_send(rig, record);
        }
}

START_TEST(a_device_becomes_active_by_what_it_showed) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    work(&rig, epoch_s, epoch_s + 4 * hour_s, 1);
    const struct row *last = rig_row(&rig, rig_id(1));
    ck_assert_int_eq(last->state, STATE_ACTIVE);
    ck_assert_int_eq(last->level, LEVEL_LOW);
    bool was_active = false;
    double confidence = 0;
    for (size_t i = 0; i < rig.row_count; i++) {
        const struct row *row = &rig.rows[i];
        if (strcmp(row->device, rig_id(1)) != 0)
            continue;
        ck_assert(row->state == STATE_ACTIVE || !was_active); /* and stays so */
        was_active |= row->state == STATE_ACTIVE;
        if (row->risk < engine_defaults.level_medium - engine_defaults.hysteresis)
            ck_assert_int_eq(row->level == LEVEL_UNKNOWN, !was_active);
        ck_assert_double_ge(row->confidence, confidence - 1e-9);
        confidence = row->confidence;
    }
    ck_assert_int_eq(rig.rows[0].state, STATE_LEARNING);
    rig_end(&rig);
}
END_TEST

/* Not never an alarm, but seldom: with a budget of one a device-week, in which this is, so
   many come of a million runs in one. */
START_TEST(devices_at_their_usual_work_are_trusted) {
    size_t alarms = 0;
    for (int round = 0; round < 2; round++) {
        struct rig rig;
        rig_start(&rig, &engine_defaults, NULL);
        work(&rig, epoch_s, epoch_s + 12 * hour_s, 5);
        for (size_t i = 0; i < rig.row_count; i++)
            ck_assert_double_lt(rig.rows[i].risk, engine_defaults.level_critical);
        alarms += rig.finding_count;
        rig_check(&rig);
        rig_end(&rig);
    }
    ck_assert_uint_le(alarms, 8);
}
END_TEST

START_TEST(who_is_not_heard_of_grows_stale) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    scan(&rig, epoch_s + 3, 1);
    rig_wait(&rig, epoch_s + 3 * hour_s);
    for (size_t i = 0; i < rig.row_count; i++)
        if (rig.rows[i].risk < 27) /* it never learnt, so nobody knows that it is LOW */
            ck_assert_int_eq(rig.rows[i].level, LEVEL_UNKNOWN);
    ck_assert_double_lt(rig.rows[rig.row_count - 1].risk, 27);
    for (size_t i = 0; i < rig.row_count; i++)
        ck_assert_int_eq(rig.rows[i].state == STATE_STALE,
                         rig.rows[i].end_s > make_epoch_s + 4 + 300);
    double before = rig.rows[0].confidence;
    ck_assert_double_lt(rig.rows[rig.row_count - 1].confidence, before);
    rig_end(&rig);
}
END_TEST

/* Nothing happens to a device that is silent: yet it must not look as it did. */
START_TEST(who_is_silent_is_shown_so) {
    struct rig rig;
    struct board *board = board_create();
    struct engine_options options = engine_defaults;
    options.live = true; /* publishes at each tick */
    rig_start(&rig, &options, board);
    struct make_end peer = {make_mac(5000), make_ip_number(0x20000)};
    rig_send(&rig, make_attempt(epoch_s + 3, device(1), peer, TCP, 80));
    double before = 2;
    static const double after_s[] = {10, 290, 310, 2 * 3600, 12 * 3600};
    for (size_t i = 0; i < sizeof after_s / sizeof *after_s; i++) {
        rig_wait(&rig, epoch_s + 3 + after_s[i]);
        const struct snapshot *snapshot = board_acquire(board);
        const struct device_view *view = snapshot_device(snapshot, 0);
        ck_assert_int_eq(view->state == STATE_STALE, after_s[i] > 300);
        if (after_s[i] > 310)
            ck_assert_double_lt(view->confidence, 0.8 * before);
        before = view->confidence;
        board_release(snapshot);
    }
    rig_end(&rig);
    board_destroy(board);
}
END_TEST

/* --- the same again --- */

static void play_a_site(struct rig *rig, uint64_t seed) {
    random_state = seed;
    rig_start(rig, &engine_defaults, NULL);
    work(rig, epoch_s, epoch_s + hour_s, 8);
    scan(rig, epoch_s + hour_s, 3);
    work(rig, epoch_s + hour_s + 1, epoch_s + 2 * hour_s, 8);
    rig_step(rig, epoch_s + day_s);
    work(rig, epoch_s + day_s, epoch_s + day_s + hour_s, 9);
}

START_TEST(the_same_records_give_the_same_rows) {
    struct rig first, second;
    uint64_t seed = random_bits();
    play_a_site(&first, seed);
    play_a_site(&second, seed);
    ck_assert_uint_gt(first.row_count, 1000);
    ck_assert_uint_eq(first.row_count, second.row_count);
    ck_assert_mem_eq(first.rows, second.rows, first.row_count * sizeof *first.rows);
    ck_assert_uint_gt(first.finding_count, 0);
    ck_assert_uint_eq(first.finding_count, second.finding_count);
    for (size_t i = 0; i < first.finding_count; i++) {
        ck_assert_str_eq(first.findings[i].text, second.findings[i].text);
        ck_assert_double_eq(first.findings[i].contribution,
                            second.findings[i].contribution);
    }
    rig_end(&first);
    rig_end(&second);
}
END_TEST

/* --- more devices than places --- */

START_TEST(devices_may_go_while_their_windows_are_open) {
    struct engine_options options = engine_defaults;
    for (uint32_t capacity = 2; capacity < 40; capacity += 7) {
        struct rig rig;
        options.device_capacity = capacity;
        rig_start(&rig, &options, NULL);
        for (uint32_t i = 0; i < 2000; i++)
            rig_send(&rig, make_flow(epoch_s + i * 0.05, device(i % 500), server(), TCP,
                                     443));
        rig_wait(&rig, epoch_s + 200);
        ck_assert_uint_gt(rig.row_count, 0);
        size_t at_once = 0;
        for (size_t i = 0; i < rig.row_count; i++) {
            at_once = i && rig.rows[i].end_s == rig.rows[i - 1].end_s ? at_once + 1 : 1;
            ck_assert_uint_le(at_once, capacity);
        }
        rig_check(&rig);
        rig_end(&rig);
    }
}
END_TEST

START_TEST(invented_devices_cost_nobody_his_baseline) {
    struct engine_options options = engine_defaults;
    options.device_capacity = 100;
    struct rig rig;
    rig_start(&rig, &options, NULL);
    work(&rig, epoch_s, epoch_s + 3 * hour_s, 2);
    ck_assert_int_eq(rig_row(&rig, rig_id(1))->state, STATE_ACTIVE);
    double now_s = epoch_s + 3 * hour_s;
    for (uint32_t i = 0; i < 5000; i++)
        rig_send(&rig, make_flow(now_s + i * 0.01, device(100000 + i),
                                 device(200000 + i), UDP, 9));
    work(&rig, now_s + 60, now_s + 120, 2);
    rig_wait(&rig, now_s + 130);
    ck_assert_int_eq(rig_row(&rig, rig_id(1))->state, STATE_ACTIVE);
    ck_assert_int_eq(rig_row(&rig, rig_id(2))->state, STATE_ACTIVE);
    rig_end(&rig);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("engine");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, a_window_with_packets_has_a_row);
    tcase_add_test(all, a_row_comes_when_time_has_passed_its_window);
    tcase_add_test(all, rows_of_a_window_come_in_order_of_device);
    tcase_add_test(all, risk_has_rows_in_silence_until_it_falls_below_one);
    tcase_add_test(all, the_last_row_is_below_one_whatever_the_evidence);
    tcase_add_test(all, who_only_claims_an_address_has_no_packets_and_no_row);
    tcase_add_test(all, a_silence_costs_nothing);
    tcase_add_test(all, risk_fades_in_the_sight_of_all_while_nobody_watches);
    tcase_add_test(all, a_step_of_time_divides_windows);
    tcase_add_test(all, nothing_is_counted_across_a_step_of_time);
    tcase_add_test(all, after_time_has_stepped_back_the_engine_still_sees);
    tcase_add_test(all, a_device_becomes_active_by_what_it_showed);
    tcase_add_test(all, devices_at_their_usual_work_are_trusted);
    tcase_add_test(all, who_is_not_heard_of_grows_stale);
    tcase_add_test(all, who_is_silent_is_shown_so);
    tcase_add_test(all, the_same_records_give_the_same_rows);
    tcase_add_test(all, devices_may_go_while_their_windows_are_open);
    tcase_add_test(all, invented_devices_cost_nobody_his_baseline);
    Suite *suite = suite_create("engine");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
