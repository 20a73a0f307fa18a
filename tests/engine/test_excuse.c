#include "engine/excuse.h"
#include "tests/engine/make_records.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

/* What a window itself explains, and what it does not. */

enum { SSH = 22 };
static const float person = 100, thing = 2; /* windows with somebody new, lately */
static const uint64_t now_s = make_epoch_s + 10;

static struct device device;
static struct window window;
static struct baseline_observation observation;

static void begin(float ever_new) {
    device = (struct device){0};
    window = (struct window){0};
    device.baseline.novelty.novel[KEY_PEER] = ever_new;
}

/* A session with neighbour n, as engine.c counts it. */
static void log_in(uint32_t n, double time_s, uint64_t bytes) {
    struct record record =
        make_flow(time_s, make_end(1, "10.0.0.1"),
                  (struct make_end){make_mac(n), make_ip_number(n)}, TCP, SSH);
    struct flow_record *flow = &record.flow;
    struct window_peer peer = {.local = true, .mac = make_mac(n)};
    peer.key = window_mac_key(&peer.mac);
    flow->bytes[0] = flow->bytes[1] = bytes / 2;
    window_add(&window, flow, INITIATOR, &peer);
    window.logs_in += (float)bytes;
    struct invariant_limits limits = engine_defaults.limits;
    invariant_flow(&device.invariant, &limits, flow, INITIATOR, true, (uint64_t)time_s);
}

static bool is_excused(void) {
    window_observe(&window, now_s, &observation);
    baseline_recognize(&device.baseline, &observation);
    return excuse_window(&device, &window, &observation, now_s);
}

START_TEST(a_person_may_log_in_to_a_neighbour) {
    begin(person);
    log_in(2, make_epoch_s, 20000);
    ck_assert(is_excused());
    for (unsigned i = 0; i < observation.key_count; i++)
        ck_assert(excuse_new(&device, &window, &observation, i, now_s));
}
END_TEST

START_TEST(a_thing_may_not) {
    begin(thing);
    log_in(2, make_epoch_s, 20000);
    ck_assert(!is_excused());
    for (unsigned i = 0; i < observation.key_count; i++)
        ck_assert(!excuse_new(&device, &window, &observation, i, now_s));
}
END_TEST

START_TEST(nor_may_anybody_to_several) {
    begin(person);
    log_in(2, make_epoch_s, 20000);
    log_in(3, make_epoch_s + 5, 20000);
    ck_assert(!is_excused());
}
END_TEST

/* Who opens one session after the other is no person, whoever he is. */
START_TEST(nor_again_and_again) {
    begin(person);
    log_in(2, make_epoch_s, 20000);
    ck_assert(is_excused());
    for (unsigned i = 0; i < observation.key_count; i++)
        for (unsigned n = 0; n < 6 && observation.keys[i].kind == KEY_CHANNEL; n++)
            rhythm_start(&device.baseline.rhythm, observation.keys[i].key,
                         make_epoch_s - 600 + n * 100, true, 0);
    ck_assert(!is_excused());
}
END_TEST

/* Beside something larger the log-in is still excused, and the rest is not. */
START_TEST(what_else_it_did_is_no_log_in) {
    begin(person);
    log_in(2, make_epoch_s, 20000);
    struct flow_record flow = make_flow(make_epoch_s, make_end(1, "10.0.0.1"),
                                        make_end(9, "93.184.216.34"), TCP, 443)
                                  .flow;
    flow.bytes[INITIATOR] = 1000000;
    window_add(&window, &flow, INITIATOR, &(struct window_peer){.key = 7});
    ck_assert(!is_excused());
    unsigned excused = 0;
    for (unsigned i = 0; i < observation.key_count; i++) {
        bool is_shell = window.subjects[i].port == SSH;
        ck_assert_int_eq(excuse_new(&device, &window, &observation, i, now_s),
                         is_shell);
        excused += is_shell;
    }
    ck_assert_uint_ge(excused, 3); /* peer, service, channel */
}
END_TEST

START_TEST(what_others_do_to_it_is_their_affair) {
    for (int i = 0; i < 200; i++) {
        begin(thing);
        float bytes = (float)(1 + random_below(100000)), share = (float)random_unit();
        window.feature[FEATURE_SENT_BYTES] = window.feature[FEATURE_RECEIVED_BYTES] =
            bytes;
        window.imposed = 2 * bytes * share;
        if (fabsf(share - 0.5F) > 1e-3F)
            ck_assert_int_eq(is_excused(), share > 0.5F);
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("excuse");
    tcase_add_test(all, a_person_may_log_in_to_a_neighbour);
    tcase_add_test(all, a_thing_may_not);
    tcase_add_test(all, nor_may_anybody_to_several);
    tcase_add_test(all, nor_again_and_again);
    tcase_add_test(all, what_else_it_did_is_no_log_in);
    tcase_add_test(all, what_others_do_to_it_is_their_affair);
    Suite *suite = suite_create("excuse");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
