#include "engine/sight.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

/* How well the sensor sees, and what that means for what is said of others. */

static const char *const names[] = {"eth1", "eth1", "eth2"};
enum { QUEUES = 3 };

static struct sight sight;
static const uint64_t second = 1000000000;

static struct record tick(uint16_t queue, uint64_t time_s, uint64_t seen, uint64_t lost,
                          enum outage outage) {
    return (struct record){.time_ns = time_s * second,
                           .reached_ns = time_s * second,
                           .queue = queue,
                           .kind = RECORD_TICK,
                           .tick = {seen, lost, (uint8_t)outage}};
}

static enum sight_news take(uint16_t queue, uint64_t time_s, uint64_t seen,
                            uint64_t lost, enum outage outage) {
    struct record record = tick(queue, time_s, seen, lost, outage);
    return sight_take(&sight, &record);
}

START_TEST(a_silent_source_is_told_once) {
    struct finding finding;
    sight_init(&sight, names, QUEUES, 60);
    for (uint16_t queue = 0; queue < QUEUES; queue++)
        take(queue, 1000, 1, 0, OUTAGE_NONE);
    take(1, 1030, 5, 0, OUTAGE_NONE); /* the other queue of eth1 has traffic */
    ck_assert(!sight_tell(&sight, 1059 * second, &finding));
    ck_assert(sight_tell(&sight, 1060 * second, &finding));
    ck_assert_str_eq(finding.device, "sensor");
    ck_assert_str_eq(finding.kind, "no_traffic");
    ck_assert_str_eq(finding.peer, "eth2");
    ck_assert_int_eq(finding.level, LEVEL_LOW);
    ck_assert_double_eq(finding.contribution, 0);
    ck_assert_double_eq(finding.observed, 60);
    ck_assert(!sight_tell(&sight, 1061 * second, &finding));
    ck_assert(sight_tell(&sight, 1090 * second, &finding));
    ck_assert_str_eq(finding.peer, "eth1");
    take(2, 1100, 1, 0, OUTAGE_NONE);
    ck_assert(!sight_tell(&sight, 1159 * second, &finding));
    ck_assert(sight_tell(&sight, 1160 * second, &finding));
    ck_assert_str_eq(finding.peer, "eth2");
}
END_TEST

/* As the program starts again, its interfaces in another order. */
START_TEST(a_restart_neither_loses_nor_repeats_a_silence) {
    static const char *const after[] = {"eth3", "eth2", "eth2", "eth1"};
    struct finding finding;
    struct sight_kept kept;
    sight_init(&sight, names, QUEUES, 60);
    for (uint16_t queue = 0; queue < QUEUES; queue++)
        take(queue, 1000, 1, 0, OUTAGE_NONE);
    take(0, 1030, 1, 0, OUTAGE_NONE);
    ck_assert(sight_tell(&sight, 1070 * second, &finding));
    ck_assert_str_eq(finding.peer, "eth2");
    sight_keep(&sight, 1070 * second, &kept);
    sight_init(&sight, after, 4, 60);
    sight_restore(&sight, &kept);
    sight_keep(&sight, 1070 * second, &kept); /* stopped before the first tick */
    sight_init(&sight, after, 4, 60);
    sight_restore(&sight, &kept);
    for (uint16_t queue = 0; queue < 4; queue++)
        take(queue, 5000, 0, 0, OUTAGE_NONE);
    ck_assert(!sight_tell(&sight, 5019 * second, &finding));
    ck_assert(sight_tell(&sight, 5020 * second, &finding)); /* 40 s before, 20 after */
    ck_assert_str_eq(finding.peer, "eth1");
    ck_assert_double_eq(finding.observed, 60);
    ck_assert(!sight_tell(&sight, 5059 * second, &finding));
    ck_assert(sight_tell(&sight, 5060 * second, &finding));
    ck_assert_str_eq(finding.peer, "eth3"); /* which is new */
    ck_assert(!sight_tell(&sight, 9000 * second, &finding));
}
END_TEST

START_TEST(nobody_asked_for_silence) {
    struct finding finding;
    sight_init(&sight, names, QUEUES, 0);
    take(0, 1000, 1, 0, OUTAGE_NONE);
    ck_assert(!sight_tell(&sight, 1000000 * second, &finding));
}
END_TEST

START_TEST(losses_lower_confidence_and_fade) {
    sight_init(&sight, names, QUEUES, 60);
    ck_assert_double_eq(sight_confidence(&sight), 1);
    take(0, 1000, 995, 5, OUTAGE_NONE);
    ck_assert(!sight_close(&sight)); /* half a hundredth is borne */
    ck_assert_double_eq_tol(sight_confidence(&sight), 0.995, 1e-9);
    take(0, 1001, 600, 0, OUTAGE_NONE);
    take(1, 1001, 0, 400, OUTAGE_NONE);
    ck_assert(sight_close(&sight));
    ck_assert_double_eq_tol(sight_confidence(&sight), 0.6, 1e-9);
    for (unsigned window = 0; window < 10; window++)
        ck_assert(!sight_close(&sight));
    ck_assert_double_eq_tol(sight_confidence(&sight), 0.8, 0.001);
}
END_TEST

START_TEST(outages_cut_the_window_or_the_time) {
    sight_init(&sight, names, QUEUES, 60);
    for (uint16_t queue = 0; queue < QUEUES; queue++)
        ck_assert_int_eq(take(queue, 1000, 1, 0, OUTAGE_NONE), SIGHT_SAME);
    ck_assert_int_eq(take(2, 1001, 0, 0, OUTAGE_DOWN), SIGHT_CUT);
    ck_assert_int_eq(take(2, 1002, 0, 0, OUTAGE_GONE), SIGHT_SAME);
    ck_assert_double_eq_tol(sight_confidence(&sight), 1 - 1.0 / 6, 1e-9);
    ck_assert_int_eq(take(2, 1003, 0, 0, OUTAGE_NONE), SIGHT_CUT);
    for (uint16_t queue = 0; queue < QUEUES; queue++)
        ck_assert_int_eq(take(queue, 1004, 0, 0, OUTAGE_DOWN), SIGHT_CUT);
    ck_assert_double_eq_tol(sight_confidence(&sight), 0.5, 1e-9);
    ck_assert_int_eq(take(1, 1010, 1, 0, OUTAGE_NONE), SIGHT_BACK);
    ck_assert_int_eq(take(0, 1010, 1, 0, OUTAGE_NONE), SIGHT_CUT);
}
END_TEST

START_TEST(a_replay_loses_nothing) {
    struct finding finding;
    sight_init(&sight, NULL, 0, 60);
    ck_assert_int_eq(take(0, 1000, 1, 99, OUTAGE_DOWN), SIGHT_SAME);
    ck_assert(!sight_close(&sight));
    ck_assert(!sight_tell(&sight, 2000 * second, &finding));
    ck_assert_double_eq(sight_confidence(&sight), 1);
}
END_TEST

/* --- in the engine --- */

/* Twenty windows of the same; in the last, `lost` frames and an outage. */
static void live_through(struct rig *rig, uint64_t lost, enum outage outage) {
    struct engine_options options = engine_defaults;
    options.sources = names;
    options.source_count = 1;
    rig_start(rig, &options, NULL);
    for (uint64_t s = 0; s < 200; s++) {
        struct record flow =
            make_flow((double)(make_epoch_s + s) + 0.5, make_end(1, "10.0.0.1"),
                      make_end(2, "10.0.0.2"), TCP, 443);
        engine_take(rig->engine, &flow);
        bool last = s == 195;
        struct record t = tick(0, make_epoch_s + s + 1, 10, last ? lost : 0,
                               last ? outage : OUTAGE_NONE);
        engine_take(rig->engine, &t);
    }
}

static const struct row *last_row(const struct rig *rig) {
    return &rig->rows[rig->row_count - 1];
}

START_TEST(loss_lowers_confidence_and_raises_no_risk) {
    struct rig whole, lossy;
    live_through(&whole, 0, OUTAGE_NONE);
    live_through(&lossy, 100, OUTAGE_NONE);
    ck_assert_uint_eq(whole.row_count, lossy.row_count);
    ck_assert_double_lt(last_row(&lossy)->confidence,
                        0.6 * last_row(&whole)->confidence);
    ck_assert_double_eq(last_row(&lossy)->anomaly, 0);
    ck_assert_double_le(last_row(&lossy)->risk, last_row(&whole)->risk);
    ck_assert_uint_eq(lossy.finding_count, whole.finding_count);
    rig_end(&whole);
    rig_end(&lossy);
}
END_TEST

START_TEST(what_comes_back_is_another_stretch_of_time) {
    struct rig rig;
    live_through(&rig, 0, OUTAGE_DOWN);
    ck_assert_uint_eq(engine_status(rig.engine)->discontinuities, 1);
    rig_end(&rig);
    live_through(&rig, 0, OUTAGE_NONE);
    ck_assert_uint_eq(engine_status(rig.engine)->discontinuities, 0);
    rig_end(&rig);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sight");
    TCase *alone = tcase_create("alone");
    tcase_add_test(alone, a_silent_source_is_told_once);
    tcase_add_test(alone, a_restart_neither_loses_nor_repeats_a_silence);
    tcase_add_test(alone, nobody_asked_for_silence);
    tcase_add_test(alone, losses_lower_confidence_and_fade);
    tcase_add_test(alone, outages_cut_the_window_or_the_time);
    tcase_add_test(alone, a_replay_loses_nothing);
    suite_add_tcase(suite, alone);
    TCase *engine = tcase_create("engine");
    tcase_add_test(engine, loss_lowers_confidence_and_raises_no_risk);
    tcase_add_test(engine, what_comes_back_is_another_stretch_of_time);
    suite_add_tcase(suite, engine);
    return suite_run(suite);
}
