#include "engine/beacon.h"
#include "tests/engine/make_records.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <math.h>

/* Of a channel that calls like clockwork, what makes it an alarm and what a remark. */

enum { SERVER_KEY = 77, GROUP = 5, KINDRED = 4 };
static const double alarm_points = 1.19;

static struct device device;
static struct cohorts cohorts;
static struct window window;
static struct baseline_observation observation;
static uint64_t now_s;

struct channel {
    double gap_s, share; /* between calls, give or take */
    unsigned calls;
    double after_s; /* the device's age at the first */
    bool opened, nameless, silent;
    uint8_t oddities;
};

static struct channel honest(void) {
    return (struct channel){.gap_s = random_between(60, 300),
                            .share = random_between(0, 0.3),
                            .calls = 64,
                            .opened = true};
}

static void use(struct device *user, uint64_t key) {
    novelty_use(&user->baseline.novelty, key, KEY_CHANNEL, now_s);
    cohort_use(&cohorts, key, user);
}

/* A device that has lived for `after_s`, and then has called. */
static void live(const struct channel *c) {
    memset(&device, 0, sizeof device);
    memset(&window, 0, sizeof window);
    memset(&observation, 0, sizeof observation);
    ck_assert(cohorts_init(&cohorts, 1));
    device.key.mac = make_mac(1);
    device.group = GROUP;
    device.baseline.first_s = make_epoch_s;
    now_s = make_epoch_s + (uint64_t)c->after_s;
    for (unsigned i = 0; i < 200 && c->after_s > 0; i++)
        novelty_count(&device.baseline.novelty, KEY_PEER, i < 2);
    use(&device, SERVER_KEY);
    double time_s = (double)now_s;
    for (unsigned i = 0; i < c->calls; i++) {
        now_s = (uint64_t)time_s;
        rhythm_start(&device.baseline.rhythm, SERVER_KEY, now_s, c->opened,
                     now_s - make_epoch_s);
        time_s += c->gap_s * random_between(1 - c->share, 1 + c->share);
    }
    observation.key_count = 1;
    window.key_count = 1;
    observation.end_s = now_s;
    observation.keys[0] = (struct baseline_key){
        .key = SERVER_KEY, .kind = KEY_CHANNEL, .started = true, .opened = c->opened};
    observation.acquaintance[0] = KEY_YOUNG;
    window.keys[0] = observation.keys[0];
    window.subjects[0] = (struct window_subject){.ip = make_ip("93.184.216.34"),
                                                 .port = 443,
                                                 .protocol = TCP,
                                                 .outside = true,
                                                 .named = !c->nameless,
                                                 .asked = !c->silent,
                                                 .answered = !c->silent,
                                                 .oddities = c->oddities};
}

/* Points held against it; 0 none. */
static double judge(void) {
    struct evidence e = {.points = 0};
    bool found = beacon_find(&cohorts, &device, &window, &observation, &e);
    ck_assert_int_eq(found, e.points > 0);
    return (double)e.points;
}

static double points(struct channel c) {
    live(&c);
    double p = judge();
    cohorts_free(&cohorts);
    return p;
}

START_TEST(a_named_poll_is_a_remark) {
    double p = points(honest());
    ck_assert_double_gt(p, 0);
    ck_assert_double_lt(p, alarm_points);
}
END_TEST

START_TEST(without_a_name_it_is_an_alarm) {
    struct channel c = honest();
    c.nameless = true;
    c.gap_s = random_between(16, 130);
    ck_assert_double_ge(points(c), alarm_points);
    c.oddities = ODD_PORT; /* and so it is where it calls seldom */
    c.gap_s = random_between(130, 500);
    ck_assert_double_ge(points(c), alarm_points);
}
END_TEST

/* The points that it gives last until the next call: else the device would be suspected anew
   each time. 1.05 are what the hysteresis leaves. */
START_TEST(an_alarm_stays_one_until_the_next_call) {
    struct channel c = honest();
    c.nameless = true;
    c.oddities = ODD_PORT;
    c.gap_s = random_between(16, 500);
    ck_assert_double_gt(points(c) * exp2(-c.gap_s * (1 + c.share) / 900), 1.05);
    ck_assert_double_lt(points(c), 2.9);
}
END_TEST

START_TEST(what_carries_no_orders_is_a_remark) {
    struct channel c = honest();
    c.nameless = true;
    c.gap_s = 60;
    ck_assert_double_ge(points(c), alarm_points);
    struct channel silent = c, resumed = c, few = c, person = c;
    silent.silent = true;
    ck_assert_double_lt(points(silent), alarm_points);
    resumed.opened = false;
    ck_assert_double_lt(points(resumed), alarm_points);
    few.calls = 12;
    ck_assert_double_eq(points(few), 0);
    person.share = 0.98;
    ck_assert_double_eq(points(person), 0);
}
END_TEST

/* The device lived without for half an hour, and met nobody: then it began. */
START_TEST(what_begins_late_is_an_alarm) {
    struct channel c = honest();
    c.gap_s = random_between(60, 240);
    c.after_s = 1800;
    ck_assert_double_ge(points(c), alarm_points);
    live(&c);
    for (unsigned i = 0; i < 200; i++) /* somebody browses there */
        novelty_count(&device.baseline.novelty, KEY_PEER, i % 2);
    ck_assert_double_lt(judge(), alarm_points);
    cohorts_free(&cohorts);
}
END_TEST

/* Others of its kind, seen for as long, have all that it has but for this. */
static double beside_its_kind(unsigned others, unsigned common) {
    struct channel c = honest();
    c.gap_s = random_between(30, 60);
    live(&c);
    for (unsigned i = 0; i < common; i++)
        use(&device, 1000 + i);
    for (unsigned n = 0; n < others; n++) {
        static struct device other;
        struct evidence e;
        memset(&other, 0, sizeof other);
        other.key.mac = make_mac(10 + n);
        other.group = GROUP;
        other.baseline.windows = 100;
        for (unsigned i = 0; i < common; i++)
            use(&other, 1000 + i);
        cohort_compare(&cohorts, &other, now_s, &e);
    }
    double p = judge();
    cohorts_free(&cohorts);
    return p;
}

START_TEST(its_kind_speaks) {
    ck_assert_double_ge(beside_its_kind(KINDRED, 4), alarm_points);
    ck_assert_double_lt(beside_its_kind(0, 4), alarm_points);
    /* A group that has nothing in common is none. */
    ck_assert_double_lt(beside_its_kind(KINDRED, 0), alarm_points);
}
END_TEST

/* Whatever is seen, it is nothing, a remark or an alarm, and never beyond soft evidence. */
START_TEST(points_are_bounded) {
    struct channel c = {.gap_s = exp(random_between(log(1), log(3000))),
                        .share = random_between(0, 0.9),
                        .calls = (unsigned)random_between(0, 100),
                        .after_s = random_between(0, 100000),
                        .opened = random_between(0, 1) < 0.5,
                        .nameless = random_between(0, 1) < 0.5,
                        .silent = random_between(0, 1) < 0.5,
                        .oddities = (uint8_t)random_between(0, 8)};
    double p = points(c);
    ck_assert_double_ge(p, 0);
    ck_assert_double_lt(p, 2.9);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("beacon");
    tcase_add_loop_test(all, a_named_poll_is_a_remark, 0, 20);
    tcase_add_loop_test(all, without_a_name_it_is_an_alarm, 0, 20);
    tcase_add_loop_test(all, an_alarm_stays_one_until_the_next_call, 0, 20);
    tcase_add_test(all, what_carries_no_orders_is_a_remark);
    tcase_add_loop_test(all, what_begins_late_is_an_alarm, 0, 20);
    tcase_add_loop_test(all, its_kind_speaks, 0, 20);
    tcase_add_loop_test(all, points_are_bounded, 0, 200);
    Suite *suite = suite_create("beacon");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
