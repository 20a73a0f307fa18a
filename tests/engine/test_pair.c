#include "engine/pair.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <stdint.h>
#include <string.h>

/* --- stages --- */

enum { ITEMS_MOST = 3000 };
enum stage { UNTOUCHED, WAS_PREPARED, WAS_DECIDED, WAS_FINISHED };

struct course {
    uint8_t stages[ITEMS_MOST];
    uint32_t scratch[PAIR_ITEMS];
    uint32_t decided;
};

static void prepare(void *context, uint32_t first, uint32_t end) {
    struct course *course = context;
    for (uint32_t i = first; i < end; i++) {
        ck_assert_uint_eq(course->stages[i], UNTOUCHED);
        course->stages[i] = WAS_PREPARED;
        course->scratch[i % PAIR_ITEMS] = i;
    }
}

static void decide(void *context, uint32_t first, uint32_t end) {
    struct course *course = context;
    for (uint32_t i = first; i < end; i++) {
        ck_assert_uint_eq(course->stages[i], WAS_PREPARED);
        ck_assert_uint_eq(course->decided++, i);
        course->stages[i] = WAS_DECIDED;
    }
}

static void finish(void *context, uint32_t first, uint32_t end) {
    struct course *course = context;
    for (uint32_t i = first; i < end; i++) {
        ck_assert_uint_eq(course->stages[i], WAS_DECIDED);
        ck_assert_uint_eq(course->scratch[i % PAIR_ITEMS], i);
        course->stages[i] = WAS_FINISHED;
    }
}

static void run_course(struct pair *pair, uint32_t count) {
    static struct course course;
    memset(&course, 0, sizeof course);
    const struct pair_work work = {prepare, decide, finish, &course};
    pair_run(pair, &work, count);
    ck_assert_uint_eq(course.decided, count);
    for (uint32_t i = 0; i < ITEMS_MOST; i++)
        ck_assert_uint_eq(course.stages[i], i < count ? WAS_FINISHED : UNTOUCHED);
}

static const uint32_t counts[] = {0,          1,   PAIR_BATCH, PAIR_BATCH + 1,
                                  PAIR_ITEMS, 257, 999,        ITEMS_MOST};
enum { COUNTS = sizeof counts / sizeof counts[0] };

START_TEST(takes_each_item_through_all_stages) {
    struct pair *pair = pair_create();
    ck_assert_ptr_nonnull(pair);
    for (unsigned repeat = 0; repeat < 20; repeat++)
        for (unsigned i = 0; i < COUNTS; i++)
            run_course(pair, counts[i]);
    pair_destroy(pair);
}
END_TEST

START_TEST(needs_no_second) {
    for (unsigned i = 0; i < COUNTS; i++)
        run_course(NULL, counts[i]);
    pair_destroy(NULL);
}
END_TEST

/* --- windows --- */

enum { DEVICES = 150, WINDOWS = 40 };

static uint32_t chance(uint64_t *state) {
    *state = *state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(*state >> 33);
}

/* A network with habits, and now and then somebody who tries many ports. */
static void live(struct rig *rig, uint32_t paired_from) {
    struct engine_options options = engine_defaults;
    options.paired_from = paired_from;
    rig_start(rig, &options, NULL);
    uint64_t state = 11;
    for (unsigned w = 0; w < WINDOWS; w++) {
        double begin_s = (double)make_epoch_s + w * 600.0;
        for (uint32_t d = 0; d < DEVICES; d++) {
            struct make_end self = {make_mac(d), make_ip_number(d + 1)};
            struct make_end server = {make_mac(9000 + d % 3), make_ip_number(70000)};
            unsigned flows = 1 + chance(&state) % 3;
            bool scans = w > WINDOWS / 2 && chance(&state) % 2000 == 0;
            for (unsigned i = 0; i < (scans ? 60 : flows); i++) {
                uint16_t port = (uint16_t)(scans ? 1000 + i : 440 + d % 5 + i);
                struct record record = make_flow(begin_s + 1, self, server, TCP, port);
                record.flow.bytes[0] += chance(&state) % 5000;
                rig_send(rig, record);
            }
        }
    }
}

START_TEST(says_the_same_with_two_threads) {
    struct rig alone, paired;
    live(&alone, UINT32_MAX);
    live(&paired, 1);
    ck_assert_uint_ge(alone.row_count, DEVICES * (WINDOWS - 1));
    ck_assert_uint_gt(alone.finding_count, 0);
    ck_assert_uint_eq(alone.row_count, paired.row_count);
    ck_assert_int_eq(
        memcmp(alone.rows, paired.rows, alone.row_count * sizeof *alone.rows), 0);
    ck_assert_uint_eq(alone.finding_count, paired.finding_count);
    for (size_t i = 0; i < alone.finding_count; i++) {
        ck_assert_str_eq(alone.findings[i].device, paired.findings[i].device);
        ck_assert_str_eq(alone.findings[i].text, paired.findings[i].text);
    }
    rig_end(&alone);
    rig_end(&paired);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pair");
    TCase *stages = tcase_create("stages");
    tcase_add_test(stages, takes_each_item_through_all_stages);
    tcase_add_test(stages, needs_no_second);
    suite_add_tcase(suite, stages);
    TCase *windows = tcase_create("windows");
    tcase_add_test(windows, says_the_same_with_two_threads);
    suite_add_tcase(suite, windows);
    return suite_run(suite);
}
