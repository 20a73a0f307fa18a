#include "engine/assess.h"

#include <math.h>
#include <string.h>

/* Each support takes its share of the doubt that is left; each objection its share of the
   confidence. */
static const double attestation_support = 0.95, certificate_support = 0.5,
                    enrolment_support = 0.4;
static const double failed_keeps = 0.2, stale_keeps = 0.7, revoked_keeps = 0.05,
                    expired_keeps = 0.5, changed_keeps = 0.6, withdrawn_keeps = 0.3,
                    token_keeps = 0.6;
static const double hardware_ceiling = 0.99;

/* 1.19 points are MEDIUM, 3.05 HIGH, 5.36 CRITICAL. */
static const double failed_points = 3.6, failed_software_points = 2.0,
                    stale_points = 0.8, revoked_points = 5.6, expired_points = 1.3,
                    changed_points = 1.8, posture_points = 1.5,
                    vulnerability_points = 1.1, withdrawn_points = 1.5;
static const double token_points[] = {
    [TOKEN_EXPIRED] = 0.3,
    [TOKEN_INVALID] = 0.8,
    [TOKEN_REUSED] = 1.3,
    [TOKEN_REPLAYED] = 2.0,
};
static const double token_growth = 0.3, token_ceiling = 3;

/* Doubt that facts have sown multiplies what else is held against the device. */
static const double doubt_odds = 1;
static const double criticality_odds[] = {
    [CRITICALITY_NORMAL] = 1,
    [CRITICALITY_LOW] = 0.7,
    [CRITICALITY_HIGH] = 1.5,
    [CRITICALITY_CRITICAL] = 2,
};

enum { CHANGE_LASTS_S = 86400 };

static void give_reason(struct assessment *a, const char *reason) {
    if (a->reason_count < ASSESS_REASONS)
        a->reasons[a->reason_count++] = reason;
}

static void be_due(struct assessment *a, uint64_t when_s, uint64_t now_s) {
    if (when_s > now_s && when_s < a->due_s)
        a->due_s = (uint32_t)when_s;
}

static void hold_against(struct assessment *a, enum posting_kind kind, double points,
                         double observed, double expected, unsigned feature,
                         uint32_t since_s) {
    if (points <= a->evidence[kind].points)
        return;
    a->evidence[kind].points = points;
    a->evidence[kind].observed = observed;
    a->evidence[kind].expected = expected;
    a->evidence[kind].feature = (uint8_t)feature;
    a->evidence[kind].since_s = since_s;
}

/* What the facts add up to, one after the other. */
struct sum {
    double doubt, kept; /* of what is left, of what is believed */
    double unharmed;    /* none of the vulnerabilities is used, as a probability */
    bool hardware;
};

static uint64_t stale_from(const struct posting *p) {
    uint64_t end_s = (uint64_t)p->attestation.measured_s + p->attestation.max_age_s;
    return p->expires_s && p->expires_s < end_s ? p->expires_s : end_s;
}

static void assess_attestation(struct assessment *a, struct sum *sum,
                               const struct posting *p, uint64_t now_s) {
    uint64_t end_s = stale_from(p);
    bool software = p->attestation.method == ATTESTATION_SOFTWARE;
    if (!p->attestation.passed) {
        sum->kept *= failed_keeps;
        hold_against(a, POSTING_ATTESTATION,
                     software ? failed_software_points : failed_points, 0, 0,
                     p->attestation.method, p->attestation.measured_s);
        a->evidence[POSTING_ATTESTATION].distrust = true;
        give_reason(a, "its attestation failed");
        return;
    }
    be_due(a, end_s, now_s);
    if (now_s >= end_s) {
        double age_s = now_s > p->attestation.measured_s
                           ? (double)(now_s - p->attestation.measured_s)
                           : 0;
        sum->kept *= stale_keeps;
        hold_against(a, POSTING_ATTESTATION, stale_points, age_s / 3600,
                     (double)(end_s - p->attestation.measured_s) / 3600,
                     p->attestation.method, (uint32_t)end_s);
        give_reason(a, "its last attestation is too old");
        return;
    }
    static const char *const reasons[] = {
        "attested by its own software", "attested by a physical unclonable function",
        "attested by a secure element", "attested by a TPM 2.0"};
    sum->doubt *= 1 - attestation_support * (double)p->attestation.strength;
    sum->hardware |= !software;
    give_reason(a, reasons[p->attestation.method]);
}

static void assess_certificate(struct assessment *a, struct sum *sum,
                               const struct posting *p, uint64_t now_s) {
    uint32_t end_s = p->certificate.not_after_s;
    if (p->certificate.revoked) {
        sum->kept *= revoked_keeps;
        hold_against(a, POSTING_CERTIFICATE, revoked_points, 1, 0, true, p->posted_s);
        a->evidence[POSTING_CERTIFICATE].distrust = true;
        give_reason(a, "its certificate is revoked");
    } else if (end_s && now_s >= end_s) {
        sum->kept *= expired_keeps;
        hold_against(a, POSTING_CERTIFICATE, expired_points,
                     (double)(now_s - end_s) / 86400, 0, false, end_s);
        give_reason(a, "its certificate has expired");
    } else {
        be_due(a, end_s, now_s);
        sum->doubt *= 1 - certificate_support;
        give_reason(a, "its certificate is valid");
    }
}

static void assess_firmware(struct assessment *a, struct sum *sum,
                            const struct posting *p, uint64_t now_s) {
    uint64_t over_s = (uint64_t)p->firmware.changed_s + CHANGE_LASTS_S;
    if (p->firmware.update[0] && p->firmware.update_until_s > now_s) {
        a->relearn_until_s = p->firmware.update_until_s;
        be_due(a, p->firmware.update_until_s, now_s);
    }
    if (!p->firmware.changed_s || now_s >= over_s)
        return;
    be_due(a, over_s, now_s);
    sum->kept *= changed_keeps;
    hold_against(a, POSTING_FIRMWARE, changed_points, 1, 0, 0, p->firmware.changed_s);
    give_reason(a, "its firmware changed without an announcement");
}

static void assess_vulnerability(struct assessment *a, struct sum *sum,
                                 const struct posting *p) {
    if (p->vulnerability.fixed)
        return;
    double likely =
        p->vulnerability.exploited ? 1 : 0.2 + 0.8 * (double)p->vulnerability.epss;
    double harm = (double)p->vulnerability.cvss / 10 * likely;
    sum->unharmed *= 1 - harm;
    hold_against(a, POSTING_VULNERABILITY, vulnerability_points * harm,
                 (double)p->vulnerability.cvss, 0, p->vulnerability.exploited,
                 p->posted_s);
}

static void assess_enrolment(struct assessment *a, struct sum *sum,
                             const struct posting *p) {
    if (p->enrolment.enrolled) {
        sum->doubt *= 1 - enrolment_support;
        give_reason(a, "its identity provider knows it");
        return;
    }
    sum->kept *= withdrawn_keeps;
    hold_against(a, POSTING_ENROLMENT, withdrawn_points, 1, 0, 0, p->posted_s);
    give_reason(a, "its identity provider does not know it");
}

static void assess_token(struct assessment *a, struct sum *sum,
                         const struct posting *p) {
    if (p->token.count == 0)
        return;
    double points = token_points[p->token.problem] *
                    (1 + token_growth * log2((double)p->token.count));
    sum->kept *= token_keeps;
    hold_against(a, POSTING_TOKEN, fmin(points, token_ceiling), (double)p->token.count,
                 0, p->token.problem, p->posted_s);
    give_reason(a, "there are problems with its tokens");
}

static void assess(struct assessment *a, struct sum *sum, const struct posting *p,
                   uint64_t now_s) {
    if (p->kind != POSTING_ATTESTATION)
        be_due(a, p->expires_s, now_s);
    switch ((enum posting_kind)p->kind) {
    case POSTING_ATTESTATION:
        assess_attestation(a, sum, p, now_s);
        break;
    case POSTING_CERTIFICATE:
        assess_certificate(a, sum, p, now_s);
        break;
    case POSTING_FIRMWARE:
        assess_firmware(a, sum, p, now_s);
        break;
    case POSTING_POSTURE:
        hold_against(a, POSTING_POSTURE,
                     posture_points * (1 - (double)p->posture.score),
                     (double)p->posture.score, 1, 0, p->posted_s);
        break;
    case POSTING_VULNERABILITY:
        assess_vulnerability(a, sum, p);
        break;
    case POSTING_ENROLMENT:
        assess_enrolment(a, sum, p);
        break;
    case POSTING_TOKEN:
        assess_token(a, sum, p);
        break;
    case POSTING_OWNER:
    case POSTING_KINDS:
        break;
    }
}

void assess_postings(const struct posting *const *postings, size_t count,
                     const struct wire_identity *wire, enum criticality criticality,
                     uint64_t now_s, struct assessment *assessment) {
    struct assessment *a = assessment;
    struct sum sum = {.doubt = 1 - wire->confidence, .kept = 1, .unharmed = 1};
    memset(a, 0, sizeof *a);
    a->due_s = UINT32_MAX;
    give_reason(a, wire->reason);
    for (size_t i = 0; i < count; i++)
        if (!posting_is_over(postings[i], now_s))
            assess(a, &sum, postings[i], now_s);
    /* Several vulnerabilities are worse than the worst of them. */
    if (a->evidence[POSTING_VULNERABILITY].points > 0)
        a->evidence[POSTING_VULNERABILITY].points =
            vulnerability_points * (1 - sum.unharmed);
    double ceiling = wire->by_address ? wire->confidence
                     : sum.hardware   ? hardware_ceiling
                                      : wire->ceiling;
    if (!sum.hardware)
        give_reason(a, "no hardware identity");
    a->confidence = fmin(1 - sum.doubt, ceiling) * sum.kept;
    a->odds = criticality_odds[criticality] *
              (1 + doubt_odds * fmax(0, wire->confidence - a->confidence)) *
              (2 - sum.unharmed);
}
