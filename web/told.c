#include "web/told.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;
enum { DAY_S = 86400, ATTESTATION_AGE_S = 86400, TOKEN_LASTS_S = 3600 };

static const char *kind_at(unsigned i) {
    return i < POSTING_KINDS ? posting_kind_name((enum posting_kind)i) : NULL;
}

static const char *method_at(unsigned i) {
    return posting_method_name((enum attestation_method)i);
}

static const char *problem_at(unsigned i) {
    return posting_problem_name((enum token_problem)i);
}

static const char *criticality_at(unsigned i) {
    return posting_criticality_name((enum criticality)i);
}

static const char *verdict_at(unsigned i) {
    static const char *const names[] = {"unknown", "benign", "malicious"};
    return i < 3 ? names[i] : NULL;
}

static const char *result_at(unsigned i) {
    return i == 0 ? "fail" : i == 1 ? "pass" : NULL;
}

/* --- facts: the value of each kind --- */

static void read_attestation(struct fields *value, struct posting *p, uint64_t now_s) {
    static const float strengths[] = {[ATTESTATION_SOFTWARE] = 0.3f,
                                      [ATTESTATION_PUF] = 0.8f,
                                      [ATTESTATION_ELEMENT] = 0.9f,
                                      [ATTESTATION_TPM] = 1};
    unsigned method = 0, result = 0;
    double strength, age_s = 0, max_age_s = ATTESTATION_AGE_S;
    fields_choice(value, "method", true, method_at, &method);
    fields_choice(value, "result", true, result_at, &result);
    p->attestation.method = (uint8_t)method;
    p->attestation.passed = result == 1;
    p->attestation.strength = strengths[method < 4 ? method : 0];
    if (fields_number(value, "strength", false, 0, 1, &strength))
        p->attestation.strength = (float)strength;
    fields_number(value, "age_s", false, 0, 100 * 365.0 * DAY_S, &age_s);
    fields_number(value, "max_age_s", false, 1, 365.0 * DAY_S, &max_age_s);
    p->attestation.measured_s =
        now_s > (uint64_t)age_s ? (uint32_t)(now_s - (uint64_t)age_s) : 0;
    fields_time(value, "at", false, &p->attestation.measured_s);
    p->attestation.max_age_s = (uint32_t)max_age_s;
}

static void read_certificate(struct fields *value, struct posting *p) {
    bool subject = fields_text(value, "subject", false, p->certificate.subject,
                               sizeof p->certificate.subject);
    bool serial = fields_text(value, "serial", false, p->certificate.serial,
                              sizeof p->certificate.serial);
    if (!subject && !serial)
        fields_refuse(value, "subject", "or serial is to be there");
    fields_text(value, "issuer", false, p->certificate.issuer,
                sizeof p->certificate.issuer);
    fields_time(value, "not_after", false, &p->certificate.not_after_s);
    fields_flag(value, "revoked", false, &p->certificate.revoked);
}

static void read_firmware(struct fields *value, struct posting *p, uint64_t now_s) {
    struct fields update;
    bool version = fields_text(value, "version", false, p->firmware.version,
                               sizeof p->firmware.version);
    bool hash =
        fields_text(value, "hash", false, p->firmware.hash, sizeof p->firmware.hash);
    if (!fields_object(value, "update", false, &update)) {
        if (!version && !hash)
            fields_refuse(value, "version", "or hash or update is to be there");
        return;
    }
    uint32_t until_s = (uint32_t)now_s + DAY_S;
    fields_text(&update, "version", true, p->firmware.update,
                sizeof p->firmware.update);
    fields_time(&update, "until", false, &until_s);
    if (until_s <= now_s)
        fields_refuse(&update, "until", "is over already");
    p->firmware.update_until_s =
        until_s < now_s + RELEARN_S_MAX ? until_s : (uint32_t)now_s + RELEARN_S_MAX;
    if (!fields_end(&update) && !value->fault) {
        value->fault = update.fault;
        memcpy(value->pointer, update.pointer, sizeof value->pointer);
    }
}

static void read_posture(struct fields *value, struct posting *p) {
    bool compliant = true;
    double score = 0;
    bool told = fields_flag(value, "compliant", false, &compliant);
    bool scored = fields_number(value, "score", false, 0, 1, &score);
    if (!told && !scored)
        fields_refuse(value, "compliant", "or score is to be there");
    p->posture.score = scored ? (float)score : compliant ? 1.0f : 0.0f;
    fields_text(value, "text", false, p->posture.text, sizeof p->posture.text);
}

static void read_vulnerability(struct fields *value, struct posting *p) {
    double cvss = 0, epss = 0;
    fields_text(value, "id", true, p->vulnerability.id, sizeof p->vulnerability.id);
    fields_number(value, "cvss", true, 0, 10, &cvss);
    fields_number(value, "epss", false, 0, 1, &epss);
    fields_flag(value, "kev", false, &p->vulnerability.exploited);
    fields_flag(value, "fixed", false, &p->vulnerability.fixed);
    p->vulnerability.cvss = (float)cvss;
    p->vulnerability.epss = (float)epss;
}

static void read_enrolment(struct fields *value, struct posting *p) {
    fields_flag(value, "enrolled", true, &p->enrolment.enrolled);
    fields_text(value, "provider", false, p->enrolment.provider,
                sizeof p->enrolment.provider);
    fields_text(value, "subject", false, p->enrolment.subject,
                sizeof p->enrolment.subject);
}

static void read_token(struct fields *value, struct posting *p, uint64_t now_s) {
    unsigned problem = 0;
    double count = 1;
    fields_choice(value, "problem", true, problem_at, &problem);
    fields_number(value, "count", false, 0, 1e9, &count);
    p->token.problem = (uint8_t)problem;
    p->token.count = (uint32_t)count;
    if (!p->expires_s)
        p->expires_s = (uint32_t)now_s + TOKEN_LASTS_S;
}

static void read_owner(struct fields *value, struct posting *p) {
    fields_text(value, "name", true, p->owner.name, sizeof p->owner.name);
    fields_text(value, "contact", false, p->owner.contact, sizeof p->owner.contact);
}

static void read_value(struct fields *value, struct posting *p, uint64_t now_s) {
    switch ((enum posting_kind)p->kind) {
    case POSTING_ATTESTATION:
        read_attestation(value, p, now_s);
        break;
    case POSTING_CERTIFICATE:
        read_certificate(value, p);
        break;
    case POSTING_FIRMWARE:
        read_firmware(value, p, now_s);
        break;
    case POSTING_POSTURE:
        read_posture(value, p);
        break;
    case POSTING_VULNERABILITY:
        read_vulnerability(value, p);
        break;
    case POSTING_ENROLMENT:
        read_enrolment(value, p);
        break;
    case POSTING_TOKEN:
        read_token(value, p, now_s);
        break;
    case POSTING_OWNER:
        read_owner(value, p);
        break;
    case POSTING_KINDS:
        break;
    }
}

bool told_fact(struct fields *fields, const struct told *told,
               struct message *message) {
    struct posting *p = &message->fact;
    struct fields value;
    uint64_t now_s = told->now_ns / second_ns;
    unsigned kind = 0;
    message->kind = MESSAGE_FACT;
    message->time_ns = told->now_ns;
    fields_choice(fields, "kind", true, kind_at, &kind);
    fields_text(fields, "source", true, p->source, sizeof p->source);
    if (fields_time(fields, "expires", false, &p->expires_s) && p->expires_s <= now_s)
        fields_refuse(fields, "expires", "is over already, by the capture's time");
    p->kind = (uint8_t)kind;
    p->posted_s = (uint32_t)now_s;
    if (fields_object(fields, "value", true, &value)) {
        read_value(&value, p, now_s);
        if (!fields_end(&value)) {
            fields->fault = value.fault;
            memcpy(fields->pointer, value.pointer, sizeof fields->pointer);
        }
    }
    if (kind == POSTING_VULNERABILITY)
        snprintf(message->place, sizeof message->place, "fact %s %.24s", kind_at(kind),
                 p->vulnerability.id);
    else
        snprintf(message->place, sizeof message->place, "fact %s", kind_at(kind));
    return fields_end(fields);
}

/* --- verdicts, maintenance, settings --- */

bool told_verdict(struct fields *fields, struct message *message) {
    char ignored[256];
    double finding = 0;
    unsigned verdict = 0;
    message->kind = MESSAGE_VERDICT;
    if (fields_number(fields, "finding", true, 1, 9007199254740992.0, &finding) &&
        trunc(finding) < finding)
        fields_refuse(fields, "finding", "is no whole number");
    fields_choice(fields, "verdict", true, verdict_at, &verdict);
    fields_text(fields, "by", true, ignored, 128);
    fields_text(fields, "note", false, ignored, sizeof ignored);
    message->verdict.finding = (uint64_t)finding;
    message->verdict.verdict = (uint8_t)verdict;
    snprintf(message->place, sizeof message->place, "verdict %" PRIu64,
             message->verdict.finding);
    return fields_end(fields);
}

bool told_relearn(struct fields *fields, const struct told *told,
                  struct message *message) {
    char ignored[256];
    uint32_t until_s = 0;
    uint64_t now_s = told->now_ns / second_ns;
    message->kind = MESSAGE_RELEARN;
    message->time_ns = told->now_ns;
    fields_text(fields, "reason", true, ignored, sizeof ignored);
    if (fields_time(fields, "until", true, &until_s)) {
        if (until_s < now_s)
            fields_refuse(fields, "until", "is over already, by the capture's time");
        if (until_s > now_s + RELEARN_S_MAX)
            fields_refuse(fields, "until", "is more than seven days away");
    }
    message->relearn.until_s = until_s;
    snprintf(message->place, sizeof message->place, "relearn");
    return fields_end(fields);
}

static void read_zone(struct fields *fields, const struct told *told, uint8_t *zone) {
    char name[ZONE_NAME_BYTES];
    if (!fields_text(fields, "zone", false, name, sizeof name))
        return;
    *zone = told->zones ? zone_find(told->zones, name) : ZONE_NONE;
    if (*zone == ZONE_NONE || *zone < ZONE_FIRST)
        fields_refuse(fields, "zone", "is no zone of the configuration");
}

bool told_setting(const cJSON *member, const struct told *told, struct fields *fields,
                  struct message *message) {
    static const char *const names[] = {"name", "group", "zone", "criticality"};
    unsigned which = 0, criticality = CRITICALITY_NORMAL;
    while (which < SETTING_CRITICALITY && strcmp(names[which], member->string) != 0)
        which++;
    message->kind = MESSAGE_SETTING;
    message->time_ns = told->now_ns;
    message->setting.which = (uint8_t)which;
    switch ((enum setting)which) {
    case SETTING_NAME:
    case SETTING_GROUP:
        fields_text(fields, names[which], false, message->setting.label,
                    sizeof message->setting.label);
        break;
    case SETTING_ZONE:
        read_zone(fields, told, &message->setting.zone);
        break;
    case SETTING_CRITICALITY:
        /* The last, so that what is none of them is refused here as not known. */
        fields_choice(fields, "criticality", false, criticality_at, &criticality);
        message->setting.criticality = (uint8_t)criticality;
        break;
    }
    snprintf(message->place, sizeof message->place, "setting %s", names[which]);
    return fields_end(fields);
}

/* --- what is kept --- */

/* A verdict's text also holds what its finding was. */
char *told_text(const cJSON *object, const struct message *message) {
    cJSON *copy = cJSON_Duplicate(object, true);
    if (copy && message->kind == MESSAGE_VERDICT) {
        cJSON_AddStringToObject(copy, "finding_kind", message->verdict.kind);
        if (message->verdict.peer[0])
            cJSON_AddStringToObject(copy, "finding_peer", message->verdict.peer);
    }
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "device");
    char *text = copy ? cJSON_PrintUnformatted(copy) : NULL;
    cJSON_Delete(copy);
    return text;
}

static bool read_again(struct fields *fields, const char *place,
                       const struct told *told, struct message *message) {
    if (strncmp(place, "fact ", 5) == 0)
        return told_fact(fields, told, message);
    if (strcmp(place, "relearn") == 0)
        return told_relearn(fields, told, message);
    if (strncmp(place, "setting ", 8) == 0 && fields->object->child)
        return told_setting(fields->object->child, told, fields, message);
    if (strncmp(place, "verdict ", 8) != 0)
        return false;
    fields_text(fields, "finding_kind", true, message->verdict.kind,
                sizeof message->verdict.kind);
    fields_text(fields, "finding_peer", false, message->verdict.peer,
                sizeof message->verdict.peer);
    return told_verdict(fields, message);
}

bool told_again(const char *place, const char *text, uint64_t time_ns,
                const struct told *told, struct message *message) {
    struct scan_room room = {.nodes = NULL};
    struct scan_fault fault;
    struct fields fields;
    const struct told then = {time_ns, told->zones};
    const cJSON *object = scan_json(text, strlen(text), &room, &fault);
    bool good = object != NULL;
    if (good) {
        memset(message, 0, sizeof *message);
        message->time_ns = time_ns;
        fields_begin(&fields, object, "");
        good = read_again(&fields, place, &then, message);
    }
    scan_room_free(&room);
    return good;
}
