#include "engine/state.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>

/* What people and other systems tell the engine changes what it says of a device at once, for
   as long as it holds, and is named. */

static const double epoch_s = 1700000000; /* make_epoch_s */

static struct rig rig;
static struct board *board;
static struct inbox *inbox;
static unsigned answers;

static struct make_end host(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

static void note(void *context, unsigned index, enum outcome outcome) {
    (void)context, (void)index;
    ck_assert_int_eq(outcome, OUTCOME_APPLIED);
    answers++;
}

/* Two hosts that speak with each other once a window. */
static void talk(double from_s, double to_s) {
    for (double t = from_s; t < to_s; t += 10)
        rig_send(&rig, make_flow(t + 1, host(1), host(2), TCP, 443));
    rig_wait(&rig, to_s);
}

static void start(void) {
    board = board_create();
    inbox = inbox_create(16);
    answers = 0;
    struct engine_options options = engine_defaults;
    options.live = true; /* publishes every second */
    options.device_capacity = 64;
    rig_start(&rig, &options, board);
    engine_listen(rig.engine, inbox);
    talk(epoch_s, epoch_s + 60);
}

static void stop(void) {
    rig_end(&rig);
    board_destroy(board);
    inbox_close(inbox);
    inbox_destroy(inbox);
}

static void tell(struct message message) {
    message.done = note;
    message.time_ns = engine_status(rig.engine)->now_ns;
    snprintf(message.device, sizeof message.device, "%s", rig_id(1));
    ck_assert(inbox_put(inbox, &message, 1));
    unsigned before = answers;
    engine_attend(rig.engine);
    ck_assert_uint_eq(answers, before + 1);
}

static void tell_fact(struct posting posting) {
    snprintf(posting.source, sizeof posting.source, "verifier");
    tell((struct message){.kind = MESSAGE_FACT, .fact = posting});
}

static struct posting attestation(bool passed) {
    struct posting posting = {.kind = POSTING_ATTESTATION};
    posting.attestation.method = ATTESTATION_TPM;
    posting.attestation.passed = passed;
    posting.attestation.strength = 1;
    posting.attestation.measured_s =
        (uint32_t)(engine_status(rig.engine)->now_ns / 1000000000);
    posting.attestation.max_age_s = 600;
    return posting;
}

/* The device as it is served; the snapshot is released at once, which a test may do. */
static struct device_view *served(uint32_t n) {
    static union {
        struct device_view view;
        char bytes[sizeof(struct device_view) + FACTORS_MAX * sizeof(struct factor)];
    } copy;
    const struct snapshot *snapshot = board_acquire(board);
    uint32_t index;
    ck_assert_uint_eq(snapshot_find(snapshot, rig_id(n), &index, 1), 1);
    const struct device_view *view = snapshot_device(snapshot, index);
    memcpy(&copy, view, sizeof *view + view->factor_count * sizeof view->factors[0]);
    copy.view.facts = NULL;
    board_release(snapshot);
    return &copy.view;
}

static const struct factor *factor(const struct device_view *view, const char *kind) {
    for (unsigned i = 0; i < view->factor_count; i++)
        if (strcmp(view->factors[i].kind, kind) == 0)
            return &view->factors[i];
    return NULL;
}

START_TEST(an_attestation_that_fails_is_seen_at_once_and_ends_with_the_next) {
    ck_assert(served(1)->score == 0);
    ck_assert_double_eq_tol(served(1)->identity_confidence, 0.9, 1e-6);
    tell_fact(attestation(true));
    ck_assert(served(1)->score == 0);
    ck_assert_double_gt(served(1)->identity_confidence, 0.9);
    tell_fact(attestation(false));
    const struct device_view *view = served(1);
    ck_assert_int_eq(view->level, LEVEL_HIGH);
    ck_assert_str_eq(factor(view, "attestation")->text,
                     "failed its TPM 2.0 attestation");
    ck_assert_int_eq(factor(view, "attestation")->family, FAMILY_FACT);
    ck_assert_double_lt(view->identity_confidence, 0.3);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "attestation"));
    size_t told = rig.finding_count;
    double score = view->score;
    /* it neither fades nor climbs nor is told again while it lasts */
    talk(epoch_s + 60, epoch_s + 3600);
    ck_assert_double_eq_tol(served(1)->score, score, 1e-3);
    ck_assert_uint_eq(rig.finding_count, told);
    ck_assert_double_eq_tol(rig_row(&rig, rig_id(1))->risk, score, 1e-3);
    ck_assert_str_eq(rig_row(&rig, rig_id(1))->top_factor, "attestation");
    ck_assert(served(2)->score == 0);
    tell_fact(attestation(true));
    ck_assert(served(1)->score == 0);
    ck_assert_double_gt(served(1)->identity_confidence, 0.9);
}
END_TEST

START_TEST(one_that_nobody_renews_goes_stale_by_itself) {
    tell_fact(attestation(true));
    talk(epoch_s + 60, epoch_s + 600);
    ck_assert(served(1)->score == 0);
    talk(epoch_s + 600, epoch_s + 700);
    const struct device_view *view = served(1);
    ck_assert_double_gt(view->score, 10);
    ck_assert_double_lt(view->score, 30);
    ck_assert_str_eq(factor(view, "attestation")->text,
                     "its last TPM 2.0 attestation is 0 hours old; it holds for 0");
}
END_TEST

START_TEST(a_revocation_is_critical_in_silence_too) {
    struct posting posting = {.kind = POSTING_CERTIFICATE};
    posting.certificate.revoked = true;
    tell_fact(posting);
    ck_assert_int_eq(served(1)->level, LEVEL_CRITICAL);
    ck_assert_str_eq(factor(served(1), "certificate")->text,
                     "its certificate was revoked");
    rig_wait(&rig, epoch_s + 3000);
    ck_assert_int_eq(rig_row(&rig, rig_id(1))->level, LEVEL_CRITICAL);
    ck_assert_uint_eq(rig_row(&rig, rig_id(1))->end_s % 10, 0);
    ck_assert_uint_ge(rig_row(&rig, rig_id(1))->end_s, make_epoch_s + 2980);
}
END_TEST

START_TEST(facts_multiply_what_else_is_held_against_it_and_never_alarm_alone) {
    struct message setting = {.kind = MESSAGE_SETTING};
    setting.setting.which = SETTING_NAME;
    snprintf(setting.setting.label, sizeof setting.setting.label, "the pump");
    tell(setting);
    setting.setting.which = SETTING_CRITICALITY;
    setting.setting.criticality = CRITICALITY_CRITICAL;
    tell(setting);
    ck_assert(served(1)->score == 0);
    ck_assert_str_eq(served(1)->name, "the pump");
    ck_assert_str_eq(served(1)->criticality, "critical");
    struct posting posting = {.kind = POSTING_POSTURE};
    tell_fact(posting);
    double critical = served(1)->score;
    setting.setting.criticality = CRITICALITY_NORMAL;
    tell(setting);
    double normal = served(1)->score;
    ck_assert_double_gt(normal, 30);
    ck_assert_double_gt(critical, normal + 10);
    /* the odds are doubled */
    ck_assert_double_eq_tol(critical / (100 - critical), 2 * normal / (100 - normal),
                            1e-3);
    ck_assert_str_eq(served(1)->name, "the pump");
}
END_TEST

/* Somebody new outside in every window: for an old device that is much. */
static void wander(double from_s, double to_s) {
    for (double t = from_s; t < to_s; t += 10) {
        struct make_end peer = host(2);
        peer.ip = (struct address){
            {(uint8_t)(20 + (unsigned)t / 10 % 100), (uint8_t)((unsigned)t / 1000), 3},
            4};
        rig_send(&rig, make_flow(t + 2, host(1), peer, TCP, 4444));
    }
}

static void grow_old(void) {
    talk(epoch_s + 60, epoch_s + 4 * 86400);
    ck_assert_int_eq(served(1)->state, STATE_ACTIVE);
    ck_assert(served(1)->score == 0);
}

START_TEST(an_announced_update_opens_a_relearn_that_ends) {
    grow_old();
    double now_s = epoch_s + 4 * 86400;
    struct posting posting = {.kind = POSTING_FIRMWARE};
    snprintf(posting.firmware.version, sizeof posting.firmware.version, "1.0");
    tell_fact(posting);
    ck_assert(served(1)->relearn_until_ns == 0);
    struct posting update = {.kind = POSTING_FIRMWARE};
    snprintf(update.firmware.update, sizeof update.firmware.update, "1.1");
    update.firmware.update_until_s = (uint32_t)now_s + 1800;
    tell_fact(update);
    ck_assert(served(1)->relearn_until_ns == ((uint64_t)now_s + 1800) * 1000000000);
    wander(now_s, now_s + 600);
    ck_assert(served(1)->score == 0);
    snprintf(posting.firmware.version, sizeof posting.firmware.version, "1.1");
    tell_fact(posting);
    ck_assert(served(1)->score == 0);
    snprintf(posting.firmware.version, sizeof posting.firmware.version, "6.6");
    tell_fact(posting);
    ck_assert_ptr_nonnull(factor(served(1), "firmware_change"));
    ck_assert_int_eq(served(1)->level, LEVEL_MEDIUM);
    talk(now_s + 600, now_s + 1900);
    ck_assert(served(1)->relearn_until_ns == 0);
}
END_TEST

START_TEST(the_same_without_an_announcement_is_evidence) {
    grow_old();
    double now_s = epoch_s + 4 * 86400;
    wander(now_s, now_s + 600);
    ck_assert_double_gt(served(1)->score, 0);
}
END_TEST

START_TEST(invariants_run_while_it_relearns) {
    struct message relearn = {.kind = MESSAGE_RELEARN};
    relearn.relearn.until_s = (uint64_t)epoch_s + 30 * 86400;
    tell(relearn);
    /* no longer than a week */
    uint64_t until_s = served(1)->relearn_until_ns / 1000000000;
    ck_assert_uint_eq(until_s,
                      engine_status(rig.engine)->now_ns / 1000000000 + RELEARN_S_MAX);
    for (uint32_t i = 0; i < 200; i++)
        rig_send(&rig, make_attempt(epoch_s + 70 + i * 0.01, host(1), host(1000 + i),
                                    TCP, 8081));
    rig_wait(&rig, epoch_s + 80);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "scan"));
}
END_TEST

static void call_in_vain(double from_s, double to_s) {
    for (double t = from_s; t < to_s; t += 5)
        rig_send(&rig, make_attempt(t, host(1), host(9), TCP, 502));
}

START_TEST(a_verdict_ends_what_lasts_or_keeps_distrust) {
    call_in_vain(epoch_s + 60, epoch_s + 900);
    const struct finding *finding =
        rig_finding(&rig, 0, rig_id(1), "failing_connections");
    ck_assert_ptr_nonnull(finding);
    ck_assert_double_gt(served(1)->score, 30);
    struct message verdict = {.kind = MESSAGE_VERDICT};
    verdict.verdict.verdict = VERDICT_BENIGN;
    snprintf(verdict.verdict.kind, sizeof verdict.verdict.kind, "%s", finding->kind);
    snprintf(verdict.verdict.peer, sizeof verdict.verdict.peer, "%s", finding->peer);
    tell(verdict);
    ck_assert(served(1)->score == 0);
    /* and it stays ended while it goes on */
    size_t told = rig.finding_count;
    call_in_vain(epoch_s + 900, epoch_s + 3000);
    ck_assert(served(1)->score == 0);
    ck_assert_uint_eq(rig.finding_count, told);
    /* until somebody thinks better of it */
    verdict.verdict.verdict = VERDICT_MALICIOUS;
    tell(verdict);
    call_in_vain(epoch_s + 3000, epoch_s + 3100);
    ck_assert_double_gt(served(1)->score, 30);
    struct mac mac = make_mac(1);
    const struct device *device = device_of_mac(&rig.engine->devices, &mac);
    ck_assert_double_gt(
        risk_distrust(&device->risk, &rig.engine->rules, (uint64_t)epoch_s + 3100),
        0.9);
    ck_assert_uint_gt(device->tainted_s, (uint64_t)epoch_s + 3000 + 80000);
    verdict.verdict.verdict = VERDICT_UNKNOWN;
    tell(verdict);
    ck_assert_uint_eq(device->tainted_s, 0);
}
END_TEST

/* A habit that has grown, and a person who knows why: it is how things are from now on. */
START_TEST(a_habit_that_may_have_grown_is_the_new_one) {
    struct mac mac = make_mac(1);
    struct device *device = device_of_mac(&rig.engine->devices, &mac);
    struct drift *drift = &device->baseline.drift;
    struct drifting drifting;
    drift->golden_days = DRIFT_GOLDEN_DAYS;
    drift->cusum[1] = 9; /* as after weeks */
    talk(epoch_s + 60, epoch_s + 120);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "drift"));
    ck_assert_double_ge(served(1)->score, 30);
    struct message verdict = {.kind = MESSAGE_VERDICT};
    verdict.verdict.verdict = VERDICT_BENIGN;
    snprintf(verdict.verdict.kind, sizeof verdict.verdict.kind, "drift");
    tell(verdict);
    ck_assert(!drift_now(drift, &drifting));
    ck_assert_uint_eq(drift->golden_days, 0);
    size_t told = rig.finding_count;
    talk(epoch_s + 120, epoch_s + 300);
    ck_assert_uint_eq(rig.finding_count, told);
    ck_assert(served(1)->score == 0);
}
END_TEST

START_TEST(what_is_said_of_somebody_unheard_waits_for_him) {
    struct posting posting = {.kind = POSTING_CERTIFICATE};
    posting.certificate.revoked = true;
    struct message message = {.kind = MESSAGE_FACT, .fact = posting, .done = note};
    snprintf(message.device, sizeof message.device, "%s", rig_id(7));
    message.time_ns = engine_status(rig.engine)->now_ns;
    engine_recall(rig.engine, &message);
    rig_send(&rig, make_flow(epoch_s + 61, host(7), host(2), TCP, 443));
    rig_wait(&rig, epoch_s + 75);
    ck_assert_int_eq(served(7)->level, LEVEL_CRITICAL);
}
END_TEST

/* --- who held an address when --- */

static void expect_holder(const char *ip, double at_s, const char *id) {
    const struct snapshot *snapshot = board_acquire(board);
    struct address address = make_ip(ip);
    char held[DEVICE_ID_BYTES];
    snapshot_held(snapshot, &address, (uint64_t)(at_s * 1e9), held);
    ck_assert_msg(strcmp(held, id) == 0, "%s at %.0f: '%s'", ip, at_s, held);
    board_release(snapshot);
}

START_TEST(an_address_is_whose_it_was_then) {
    struct make_end server = host(2);
    const struct make_end first = {make_mac(1), make_ip("10.0.0.77")};
    const struct make_end second = {make_mac(9), make_ip("10.0.0.77")};
    rig_send(&rig, make_lease(epoch_s + 61, server, first.mac, "10.0.0.77"));
    rig_send(&rig, make_flow(epoch_s + 62, first, server, TCP, 443));
    rig_wait(&rig, epoch_s + 5000);
    rig_send(&rig, make_lease(epoch_s + 5001, server, second.mac, "10.0.0.77"));
    rig_send(&rig, make_flow(epoch_s + 5002, second, server, TCP, 443));
    rig_wait(&rig, epoch_s + 5020);
    expect_holder("10.0.0.77", epoch_s + 50, "");
    expect_holder("10.0.0.77", epoch_s + 65, rig_id(1));
    expect_holder("10.0.0.77", epoch_s + 4900, rig_id(1));
    expect_holder("10.0.0.77", epoch_s + 5015, rig_id(9));
    expect_holder("10.0.0.78", epoch_s + 65, "");
}
END_TEST

static void put_on_board(void *context, uint64_t number,
                         const struct tenancy *tenancy) {
    board_put_tenancy(context, (uint32_t)(number % SNAPSHOT_TENANCIES), tenancy);
}

/* The last ones are kept, whoever makes up how many. */
START_TEST(the_past_of_addresses_is_bounded) {
    struct tenancies tenancies;
    struct device device;
    memset(&device, 0, sizeof device);
    ck_assert(tenancy_init(&tenancies, 1));
    tenancies.show = put_on_board;
    tenancies.context = board;
    device.address_count = 1;
    for (uint64_t i = 0; i < 3 * SNAPSHOT_TENANCIES; i++) {
        device.key.mac = make_mac((uint32_t)i);
        device.addresses[0] = make_ip_number((uint32_t)i);
        tenancy_follow(&tenancies, &device, i * 1000, i * 1000 + 1000);
    }
    /* and one address that wanders */
    device.addresses[0] = make_ip("192.0.2.1");
    for (uint64_t i = 0; i < 2 * SNAPSHOT_TENANCIES; i++) {
        device.key.mac = make_mac((uint32_t)i);
        device.address_sum = 0;
        tenancy_follow(&tenancies, &device, (i + 1) * 1000000, (i + 2) * 1000000);
    }
    rig_tick(&rig, UINT64_C(1700000090000000000));
    const uint32_t last = 2 * SNAPSHOT_TENANCIES - 1;
    expect_holder("192.0.2.1", (last + 1.5) * 1e-3, rig_id(last));
    expect_holder("192.0.2.1", (last - 99 + 0.5) * 1e-3, rig_id(last - 100));
    expect_holder("192.0.2.1", 5e-3, "");
    tenancy_free(&tenancies);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("desk");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests,
                   an_attestation_that_fails_is_seen_at_once_and_ends_with_the_next);
    tcase_add_test(tests, one_that_nobody_renews_goes_stale_by_itself);
    tcase_add_test(tests, a_revocation_is_critical_in_silence_too);
    tcase_add_test(tests,
                   facts_multiply_what_else_is_held_against_it_and_never_alarm_alone);
    tcase_add_test(tests, an_announced_update_opens_a_relearn_that_ends);
    tcase_add_test(tests, the_same_without_an_announcement_is_evidence);
    tcase_add_test(tests, invariants_run_while_it_relearns);
    tcase_add_test(tests, a_verdict_ends_what_lasts_or_keeps_distrust);
    tcase_add_test(tests, a_habit_that_may_have_grown_is_the_new_one);
    tcase_add_test(tests, an_address_is_whose_it_was_then);
    tcase_add_test(tests, the_past_of_addresses_is_bounded);
    tcase_add_test(tests, what_is_said_of_somebody_unheard_waits_for_him);
    Suite *suite = suite_create("desk");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
