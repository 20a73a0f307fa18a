#include "engine/assess.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

/* What facts add up to: by example, and that worse is never better. */

static const uint64_t now_s = 1700000000;
static const struct wire_identity by_mac = {0.9, 0.9, false, "a MAC address"};
static const struct wire_identity by_random_mac = {0.6, 0.9, false, "a random MAC"};
static const struct wire_identity by_address = {0.5, 0.9, true, "an address"};

static struct posting make(enum posting_kind kind) {
    struct posting p;
    memset(&p, 0, sizeof p);
    p.kind = (uint8_t)kind;
    p.posted_s = (uint32_t)now_s;
    return p;
}

static struct posting attestation(enum attestation_method method, bool passed,
                                  uint32_t age_s) {
    struct posting p = make(POSTING_ATTESTATION);
    p.attestation.method = (uint8_t)method;
    p.attestation.passed = passed;
    p.attestation.strength = 1;
    p.attestation.measured_s = (uint32_t)now_s - age_s;
    p.attestation.max_age_s = 86400;
    return p;
}

static struct assessment judge(const struct posting *postings, size_t count,
                               const struct wire_identity *wire,
                               enum criticality criticality) {
    const struct posting *each[POSTING_MAX];
    struct assessment a;
    for (size_t i = 0; i < count; i++)
        each[i] = &postings[i];
    assess_postings(each, count, wire, criticality, now_s, &a);
    return a;
}

static bool says(const struct assessment *a, const char *reason) {
    for (unsigned i = 0; i < a->reason_count; i++)
        if (strcmp(a->reasons[i], reason) == 0)
            return true;
    return false;
}

START_TEST(without_facts_it_is_what_the_wire_says) {
    const struct wire_identity *wires[] = {&by_mac, &by_random_mac, &by_address};
    for (unsigned i = 0; i < 3; i++) {
        struct assessment a = judge(NULL, 0, wires[i], CRITICALITY_NORMAL);
        ck_assert_double_eq_tol(a.confidence, wires[i]->confidence, 1e-12);
        ck_assert(a.odds == 1);
        for (unsigned kind = 0; kind < POSTING_KINDS; kind++)
            ck_assert(a.evidence[kind].points == 0);
        ck_assert(says(&a, wires[i]->reason) && says(&a, "no hardware identity"));
        ck_assert_uint_eq(a.due_s, UINT32_MAX);
    }
}
END_TEST

START_TEST(only_hardware_lifts_the_ceiling) {
    struct posting enrolment = make(POSTING_ENROLMENT),
                   certificate = make(POSTING_CERTIFICATE);
    enrolment.enrolment.enrolled = true;
    certificate.certificate.not_after_s = (uint32_t)now_s + 1000;
    struct posting software[] = {attestation(ATTESTATION_SOFTWARE, true, 0), enrolment,
                                 certificate};
    struct assessment a = judge(software, 3, &by_random_mac, CRITICALITY_NORMAL);
    ck_assert_double_eq_tol(a.confidence, 0.9, 1e-9);
    ck_assert_uint_eq(a.due_s, now_s + 1000);
    struct posting tpm = attestation(ATTESTATION_TPM, true, 0);
    a = judge(&tpm, 1, &by_random_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.confidence, 0.95);
    ck_assert(says(&a, "attested by a TPM 2.0"));
    ck_assert(!says(&a, "no hardware identity"));
    /* An address is never more than an address. */
    a = judge(&tpm, 1, &by_address, CRITICALITY_NORMAL);
    ck_assert_double_le(a.confidence, 0.5);
}
END_TEST

START_TEST(what_is_wrong_is_evidence) {
    struct posting p = attestation(ATTESTATION_TPM, false, 0);
    struct assessment a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.evidence[POSTING_ATTESTATION].points, 3.05); /* HIGH */
    ck_assert(a.evidence[POSTING_ATTESTATION].distrust);
    ck_assert_double_lt(a.confidence, 0.2);
    ck_assert_double_gt(a.odds, 1.5);

    p = attestation(ATTESTATION_TPM, true, 86400);
    a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.evidence[POSTING_ATTESTATION].points, 0);
    ck_assert_double_lt(a.evidence[POSTING_ATTESTATION].points, 1.19); /* not MEDIUM */
    ck_assert(a.evidence[POSTING_ATTESTATION].observed == 24);

    p = attestation(ATTESTATION_TPM, true, 86399);
    a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert(a.evidence[POSTING_ATTESTATION].points == 0);
    ck_assert_uint_eq(a.due_s, now_s + 1);

    p = make(POSTING_CERTIFICATE);
    p.certificate.revoked = true;
    a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.evidence[POSTING_CERTIFICATE].points, 5.36); /* CRITICAL */
    ck_assert_double_lt(a.confidence, 0.05);

    p.certificate.revoked = false;
    p.certificate.not_after_s = (uint32_t)now_s;
    a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.evidence[POSTING_CERTIFICATE].points, 1.19);
    ck_assert_double_lt(a.evidence[POSTING_CERTIFICATE].points, 3.05);

    p = make(POSTING_OWNER);
    a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert(a.odds == 1 && a.confidence == by_mac.confidence);
}
END_TEST

START_TEST(a_fact_that_ran_out_says_nothing) {
    struct posting p = make(POSTING_POSTURE);
    p.expires_s = (uint32_t)now_s + 1;
    struct assessment a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.evidence[POSTING_POSTURE].points, 0);
    ck_assert_uint_eq(a.due_s, now_s + 1);
    p.expires_s = (uint32_t)now_s;
    a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert(a.evidence[POSTING_POSTURE].points == 0);
    /* … but an attestation that did is one that nobody renewed */
    p = attestation(ATTESTATION_TPM, true, 10);
    p.expires_s = (uint32_t)now_s;
    a = judge(&p, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.evidence[POSTING_ATTESTATION].points, 0);
}
END_TEST

START_TEST(firmware_that_changes_must_be_announced) {
    struct posting before = make(POSTING_FIRMWARE), after = make(POSTING_FIRMWARE);
    strcpy(before.firmware.version, "1.0");
    strcpy(before.firmware.hash, "aa");
    posting_follow(&before, NULL);
    ck_assert_uint_eq(before.firmware.changed_s, 0);
    strcpy(after.firmware.version, "1.0");
    posting_follow(&after, &before);
    ck_assert_uint_eq(after.firmware.changed_s, 0);
    /* the same version with another hash */
    strcpy(after.firmware.hash, "bb");
    posting_follow(&after, &before);
    ck_assert_uint_eq(after.firmware.changed_s, now_s);
    struct assessment a = judge(&after, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_double_gt(a.evidence[POSTING_FIRMWARE].points, 1.19);
    ck_assert_uint_eq(a.due_s, now_s + 86400);
    /* it lasts while the same is said again, until it is announced after all */
    struct posting again = after;
    again.firmware.changed_s = 0;
    posting_follow(&again, &after);
    ck_assert_uint_eq(again.firmware.changed_s, now_s);
    struct posting late = make(POSTING_FIRMWARE);
    strcpy(late.firmware.update, "1.0");
    late.firmware.update_until_s = (uint32_t)now_s + 60;
    posting_follow(&late, &again);
    ck_assert_uint_eq(late.firmware.changed_s, 0);
    ck_assert_str_eq(late.firmware.hash, "bb");
    /* an announced one opens a relearn and is no evidence, another one is */
    struct posting announced = make(POSTING_FIRMWARE), updated = make(POSTING_FIRMWARE);
    strcpy(announced.firmware.update, "2.0");
    announced.firmware.update_until_s = (uint32_t)now_s + 3600;
    posting_follow(&announced, &before);
    a = judge(&announced, 1, &by_mac, CRITICALITY_NORMAL);
    ck_assert_uint_eq(a.relearn_until_s, now_s + 3600);
    strcpy(updated.firmware.version, "2.0");
    strcpy(updated.firmware.hash, "cc");
    posting_follow(&updated, &announced);
    ck_assert_uint_eq(updated.firmware.changed_s, 0);
    ck_assert_str_eq(updated.firmware.update, "2.0");
    struct posting other = make(POSTING_FIRMWARE);
    strcpy(other.firmware.version, "6.66");
    posting_follow(&other, &announced);
    ck_assert_uint_eq(other.firmware.changed_s, now_s);
    /* too late */
    struct posting late_update = make(POSTING_FIRMWARE);
    late_update.posted_s = (uint32_t)now_s + 3601;
    strcpy(late_update.firmware.version, "2.0");
    posting_follow(&late_update, &announced);
    ck_assert_uint_eq(late_update.firmware.changed_s, now_s + 3601);
}
END_TEST

/* --- worse is never better --- */

static struct posting draw(enum posting_kind kind) {
    struct posting p = make(kind);
    switch (kind) {
    case POSTING_ATTESTATION:
        p = attestation(random_below(4), random_below(2), random_below(200000));
        p.attestation.strength = (float)random_unit();
        break;
    case POSTING_CERTIFICATE:
        p.certificate.revoked = random_below(4) == 0;
        p.certificate.not_after_s = (uint32_t)now_s - 50000 + random_below(100000);
        break;
    case POSTING_FIRMWARE:
        p.firmware.changed_s = random_below(2) ? (uint32_t)now_s - 10 : 0;
        break;
    case POSTING_POSTURE:
        p.posture.score = (float)random_unit();
        break;
    case POSTING_VULNERABILITY:
        p.vulnerability.cvss = (float)random_between(0, 10);
        p.vulnerability.epss = (float)random_unit();
        p.vulnerability.exploited = random_below(2);
        p.vulnerability.fixed = random_below(4) == 0;
        break;
    case POSTING_ENROLMENT:
        p.enrolment.enrolled = random_below(2);
        break;
    case POSTING_TOKEN:
        p.token.problem = (uint8_t)random_below(4);
        p.token.count = random_below(100);
        break;
    default:
        break;
    }
    return p;
}

/* The same fact, and something in it worse. */
static struct posting worsen(struct posting p) {
    switch ((enum posting_kind)p.kind) {
    case POSTING_ATTESTATION:
        switch (random_below(3)) {
        case 0:
            p.attestation.passed = false;
            break;
        case 1:
            p.attestation.measured_s -= random_below(100000);
            break;
        default:
            p.attestation.strength *= (float)random_unit();
        }
        break;
    case POSTING_CERTIFICATE:
        if (random_below(2))
            p.certificate.revoked = true;
        else
            p.certificate.not_after_s -= random_below(100000);
        break;
    case POSTING_FIRMWARE:
        p.firmware.changed_s = (uint32_t)now_s;
        break;
    case POSTING_POSTURE:
        p.posture.score *= (float)random_unit();
        break;
    case POSTING_VULNERABILITY:
        p.vulnerability.cvss += (float)random_unit() * (10 - p.vulnerability.cvss);
        p.vulnerability.epss += (float)random_unit() * (1 - p.vulnerability.epss);
        p.vulnerability.exploited |= random_below(2);
        p.vulnerability.fixed &= random_below(2);
        break;
    case POSTING_ENROLMENT:
        p.enrolment.enrolled = false;
        break;
    case POSTING_TOKEN:
        p.token.count += random_below(100);
        if (p.token.problem < TOKEN_REPLAYED)
            p.token.problem++;
        break;
    default:
        break;
    }
    return p;
}

static void expect_not_better(const struct assessment *worse,
                              const struct assessment *better) {
    ck_assert_double_le(worse->confidence, better->confidence + 1e-9);
    ck_assert_double_ge(worse->odds, better->odds - 1e-9);
    for (unsigned kind = 0; kind < POSTING_KINDS; kind++)
        ck_assert_double_ge(worse->evidence[kind].points,
                            better->evidence[kind].points - 1e-9);
}

START_TEST(worse_is_never_better) {
    random_start();
    const struct wire_identity *wires[] = {&by_mac, &by_random_mac, &by_address};
    static const enum criticality in_order[] = {CRITICALITY_LOW, CRITICALITY_NORMAL,
                                                CRITICALITY_HIGH, CRITICALITY_CRITICAL};
    for (unsigned round = 0; round < 20000; round++) {
        struct posting postings[POSTING_MAX];
        size_t count = random_below(POSTING_MAX) + 1;
        const struct wire_identity *wire = wires[random_below(3)];
        unsigned criticality = random_below(3);
        for (size_t i = 0; i < count; i++)
            postings[i] =
                draw(i < POSTING_KINDS ? (enum posting_kind)i : POSTING_VULNERABILITY);
        struct assessment before = judge(postings, count, wire, in_order[criticality]);
        ck_assert(before.confidence > 0 && before.confidence <= 0.99);
        ck_assert(before.odds > 0 && isfinite(before.odds));
        struct assessment after =
            judge(postings, count, wire, in_order[criticality + 1]);
        expect_not_better(&after, &before);
        size_t which = random_below((unsigned)count);
        postings[which] = worsen(postings[which]);
        after = judge(postings, count, wire, in_order[criticality]);
        expect_not_better(&after, &before);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("assess");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, without_facts_it_is_what_the_wire_says);
    tcase_add_test(tests, only_hardware_lifts_the_ceiling);
    tcase_add_test(tests, what_is_wrong_is_evidence);
    tcase_add_test(tests, a_fact_that_ran_out_says_nothing);
    tcase_add_test(tests, firmware_that_changes_must_be_announced);
    tcase_add_test(tests, worse_is_never_better);
    Suite *suite = suite_create("assess");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
