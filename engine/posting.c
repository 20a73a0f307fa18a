#include "engine/posting.h"

#include <stdio.h>
#include <string.h>

static const char *name_of(const char *const *names, size_t count, unsigned i) {
    return i < count ? names[i] : "";
}
#define NAME_OF(names, i) name_of(names, sizeof names / sizeof *names, i)

const char *posting_kind_name(enum posting_kind kind) {
    static const char *const names[] = {"attestation", "certificate",   "firmware",
                                        "posture",     "vulnerability", "enrolment",
                                        "token",       "owner"};
    return NAME_OF(names, kind);
}

const char *posting_method_name(enum attestation_method method) {
    static const char *const names[] = {"software", "puf", "secure_element", "tpm2.0"};
    return NAME_OF(names, method);
}

const char *posting_problem_name(enum token_problem problem) {
    static const char *const names[] = {"expired", "invalid", "reused", "replayed"};
    return NAME_OF(names, problem);
}

const char *posting_criticality_name(enum criticality criticality) {
    static const char *const names[] = {"normal", "low", "high", "critical"};
    return NAME_OF(names, criticality);
}

void posting_follow(struct posting *posting, const struct posting *before) {
    if (posting->kind != POSTING_FIRMWARE || !before)
        return;
    if (!posting->firmware.version[0] && !posting->firmware.hash[0]) {
        /* Only an announcement: what runs is still what ran. */
        memcpy(posting->firmware.version, before->firmware.version,
               sizeof posting->firmware.version);
        memcpy(posting->firmware.hash, before->firmware.hash,
               sizeof posting->firmware.hash);
        posting->firmware.changed_s =
            strcmp(posting->firmware.update, before->firmware.version) == 0
                ? 0
                : before->firmware.changed_s;
        return;
    }
    bool other_version =
        before->firmware.version[0] && posting->firmware.version[0] &&
        strcmp(before->firmware.version, posting->firmware.version) != 0;
    bool other_hash = before->firmware.hash[0] && posting->firmware.hash[0] &&
                      strcmp(before->firmware.hash, posting->firmware.hash) != 0;
    bool announced = before->firmware.update[0] &&
                     posting->posted_s <= before->firmware.update_until_s &&
                     (!posting->firmware.version[0] ||
                      strcmp(posting->firmware.version, before->firmware.update) == 0);
    if ((other_version || other_hash) && !announced)
        posting->firmware.changed_s = posting->posted_s;
    else if (!other_version && !other_hash)
        posting->firmware.changed_s = before->firmware.changed_s;
    /* The announcement goes on until its end: it is installed in more than one step. */
    if (!posting->firmware.update[0] && announced) {
        memcpy(posting->firmware.update, before->firmware.update,
               sizeof posting->firmware.update);
        posting->firmware.update_until_s = before->firmware.update_until_s;
    }
}

bool posting_is_over(const struct posting *posting, uint64_t now_s) {
    /* What has run out is a statement too, of an attestation. */
    return posting->expires_s && posting->expires_s <= now_s &&
           posting->kind != POSTING_ATTESTATION;
}

void posting_text(const struct posting *p, char *text, size_t size) {
    switch ((enum posting_kind)p->kind) {
    case POSTING_ATTESTATION:
        snprintf(text, size, "%s %s", posting_method_name(p->attestation.method),
                 p->attestation.passed ? "pass" : "fail");
        break;
    case POSTING_CERTIFICATE:
        snprintf(text, size, "%s%s%s%s", p->certificate.revoked ? "revoked " : "",
                 p->certificate.subject, p->certificate.serial[0] ? " serial " : "",
                 p->certificate.serial);
        break;
    case POSTING_FIRMWARE:
        snprintf(text, size, "%s%s%s%s", p->firmware.version,
                 p->firmware.changed_s ? ", changed without announcement" : "",
                 p->firmware.update[0] ? ", update announced: " : "",
                 p->firmware.update);
        break;
    case POSTING_POSTURE:
        snprintf(text, size, "%.2f%s%s", (double)p->posture.score,
                 p->posture.text[0] ? " " : "", p->posture.text);
        break;
    case POSTING_VULNERABILITY:
        snprintf(text, size, "%s CVSS %.1f%s%s", p->vulnerability.id,
                 (double)p->vulnerability.cvss,
                 p->vulnerability.exploited ? ", exploited" : "",
                 p->vulnerability.fixed ? ", fixed" : "");
        break;
    case POSTING_ENROLMENT:
        snprintf(text, size, "%s%s%s", p->enrolment.enrolled ? "enrolled" : "withdrawn",
                 p->enrolment.provider[0] ? ", " : "", p->enrolment.provider);
        break;
    case POSTING_TOKEN:
        snprintf(text, size, "%u %s", p->token.count,
                 posting_problem_name(p->token.problem));
        break;
    case POSTING_OWNER:
        snprintf(text, size, "%s", p->owner.name);
        break;
    case POSTING_KINDS:
        snprintf(text, size, "%s", "");
        break;
    }
}
