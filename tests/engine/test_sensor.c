#include "engine/memory.h"
#include "engine/state.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>

/* What is held against nobody: devices that are invented, a service that everybody tries. And
   that it costs those who are real nothing. */

static const double epoch_s = 1700000000; /* make_epoch_s */

static struct rig rig;

static struct make_end invented(uint32_t n) {
    return (struct make_end){make_mac(100000 + n), make_ip_number(0x30000 + n)};
}

/* A frame to somewhere, from somebody nobody knows. */
static void invent(double time_s, uint32_t n) {
    rig_send(&rig, make_attempt(time_s, invented(n), invented(n + 1000000), TCP, 80));
}

START_TEST(invented_devices_are_told_of_the_sensor) {
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s, make_end(1, "10.0.0.1"), make_end(2, "10.0.0.2"),
                             TCP, 443));
    for (uint32_t i = 0; i < 5000; i++)
        invent(epoch_s + 100 + i * 0.002, i);
    rig_wait(&rig, epoch_s + 115);
    ck_assert_uint_eq(rig.finding_count, 1); /* one thing is told once */
    const struct finding *finding = rig_finding(&rig, 0, SENSOR_ID, "mac_flood");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_le(finding->time_ns, (uint64_t)((epoch_s + 102) * 1e9));
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* What is known of no device alone; devices themselves may well be forgotten. */
static bool hand_over(void *engine, const struct memory *piece) {
    return piece->key_bytes > 0 || memory_restore(engine, piece);
}

static void restart(void) {
    const struct engine_sink sink = {
        .context = &rig, .window = rig_keep_row, .finding = rig_keep_finding};
    struct engine *earlier = rig.engine;
    rig.engine = engine_create(&engine_defaults, NULL, &sink, 1);
    ck_assert_ptr_nonnull(rig.engine);
    ck_assert(memory_each(earlier, hand_over, rig.engine));
    engine_destroy(earlier);
}

/* Cut before the finding (`_i` 0), it comes when it would have; after, not twice. */
START_TEST(a_restart_neither_loses_nor_repeats_a_flood) {
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s, make_end(1, "10.0.0.1"), make_end(2, "10.0.0.2"),
                             TCP, 443));
    for (uint32_t i = 0; i < 1200; i++) {
        if (i == (_i ? 280 : 150)) {
            ck_assert_uint_eq(rig.finding_count, (size_t)_i);
            restart();
        }
        invent(epoch_s + 100 + i * 0.1, i);
    }
    rig_wait(&rig, epoch_s + 225);
    ck_assert_uint_eq(rig.finding_count, 1);
    const struct finding *finding = rig_finding(&rig, 0, SENSOR_ID, "mac_flood");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_le(finding->time_ns, (uint64_t)((epoch_s + 125) * 1e9));
    rig_end(&rig);
}
END_TEST

/* A site comes up: many devices at once, who are answered or heard again. */
START_TEST(a_site_that_comes_up_is_no_flood) {
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s, make_end(1, "10.0.0.1"), make_end(2, "10.0.0.2"),
                             TCP, 443));
    for (uint32_t i = 0; i < 1000; i++) {
        double time_s = epoch_s + 100 + i * 0.002;
        struct make_end server = make_end(2, "10.0.0.2");
        if (i % 2)
            rig_send(&rig, make_flow(time_s, invented(i), server, TCP, 443));
        else
            invent(time_s, i);
        if (i % 2 == 0)
            rig_send(&rig, make_flow(time_s + 3, invented(i), server, TCP, 443));
    }
    rig_wait(&rig, epoch_s + 200);
    ck_assert_ptr_null(rig_finding(&rig, 0, SENSOR_ID, "mac_flood"));
    rig_end(&rig);
}
END_TEST

/* At the first minute everybody is new; a flood that goes on is seen then. */
START_TEST(a_beginning_is_no_flood) {
    rig_start(&rig, &engine_defaults, NULL);
    for (uint32_t i = 0; i < 1000; i++)
        invent(epoch_s + i * 0.01, i);
    rig_wait(&rig, epoch_s + 50);
    ck_assert_uint_eq(rig.finding_count, 0);
    for (uint32_t i = 0; i < 1000; i++)
        invent(epoch_s + 55 + i * 0.01, 2000 + i);
    rig_wait(&rig, epoch_s + 70);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, SENSOR_ID, "mac_flood"));
    rig_end(&rig);
}
END_TEST

static void try_service(double time_s, unsigned sources, uint32_t attempts) {
    for (uint32_t i = 0; i < attempts; i++) {
        struct make_end from = {make_mac(7), {{93, 0, (uint8_t)(i % sources), 1}, 4}};
        rig_send(&rig, make_attempt(time_s + i * 0.001, from, make_end(2, "10.0.0.2"),
                                    TCP, 443));
    }
}

START_TEST(a_service_tried_from_everywhere_is_named) {
    rig_start(&rig, &engine_defaults, NULL);
    try_service(epoch_s, 3, 2000); /* a few clients of a dead server */
    rig_wait(&rig, epoch_s + 10);
    ck_assert_ptr_null(rig_finding(&rig, 0, SENSOR_ID, "under_attack"));
    try_service(epoch_s + 11, 200, 2000);
    rig_wait(&rig, epoch_s + 20);
    const struct finding *finding = rig_finding(&rig, 0, SENSOR_ID, "under_attack");
    ck_assert_ptr_nonnull(finding);
    ck_assert_str_eq(finding->peer, "10.0.0.2");
    rig_end(&rig);
}
END_TEST

/* More invented devices in one window than there are places: who is real keeps its windows
   and its rows. */
START_TEST(windows_are_not_used_up) {
    struct engine_options options = engine_defaults;
    options.device_capacity = 64;
    rig_start(&rig, &options, NULL);
    for (uint32_t i = 0; i < 20000; i++) {
        double time_s = epoch_s + i * 0.002;
        invent(time_s, i);
        if (i % 50 == 0)
            rig_send(&rig, make_flow(time_s, make_end(1, "10.0.0.1"),
                                     make_end(2, "10.0.0.2"), TCP, 443));
    }
    rig_wait(&rig, epoch_s + 41);
    unsigned rows = 0;
    for (size_t i = 0; i < rig.row_count; i++)
        if (strcmp(rig.rows[i].device, rig_id(1)) == 0) {
            ck_assert_uint_eq(rig.rows[i].packets, 1000);
            rows++;
        }
    ck_assert_uint_eq(rows, 4);
    ck_assert_uint_le(rig.engine->window_count, 64);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

int main(void) {
    TCase *all = tcase_create("sensor");
    tcase_add_loop_test(all, a_restart_neither_loses_nor_repeats_a_flood, 0, 2);
    tcase_add_test(all, invented_devices_are_told_of_the_sensor);
    tcase_add_test(all, a_site_that_comes_up_is_no_flood);
    tcase_add_test(all, a_beginning_is_no_flood);
    tcase_add_test(all, a_service_tried_from_everywhere_is_named);
    tcase_add_test(all, windows_are_not_used_up);
    Suite *suite = suite_create("sensor");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
