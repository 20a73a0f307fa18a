#include "engine/memory.h"
#include "engine/portrait.h"
#include "engine/reason.h"
#include "engine/state.h"

#include <math.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;
/* Nothing posted comes above it from the wire alone. */
static const double no_hardware_ceiling = 0.9;
enum { CONDEMNED_S = 86400, TAINT_S = 600 };

static const uint8_t evidence_of[POSTING_KINDS] = {
    [POSTING_ATTESTATION] = EVIDENCE_ATTESTATION,
    [POSTING_CERTIFICATE] = EVIDENCE_CERTIFICATE,
    [POSTING_FIRMWARE] = EVIDENCE_FIRMWARE,
    [POSTING_POSTURE] = EVIDENCE_POSTURE,
    [POSTING_VULNERABILITY] = EVIDENCE_VULNERABILITY,
    [POSTING_ENROLMENT] = EVIDENCE_ENROLMENT,
    [POSTING_TOKEN] = EVIDENCE_TOKEN,
    [POSTING_OWNER] = EVIDENCE_COUNT, /* says nothing against anybody */
};

static void show(struct engine *engine, const struct device *device) {
    engine->dirty[table_index(engine->devices.table, device)] = true;
}

/* --- what facts mean for a device that is there --- */

static struct wire_identity wire_of(struct device *device) {
    device->believed = 0;
    bool by_address = device->key.ip.family != 0;
    return (struct wire_identity){
        .confidence = identity_confidence(device),
        .ceiling = no_hardware_ceiling,
        .by_address = by_address,
        .reason = by_address                       ? "known by its address alone"
                  : device->is_shared              ? "several stand behind it"
                  : mac_is_local(&device->key.mac) ? "a MAC address that may be random"
                                                   : "a MAC address of a manufacturer",
    };
}

static void relearn_until(struct device *device, uint32_t until_s, uint64_t now_s) {
    if (until_s > now_s && device->relearn_s <= now_s)
        device->tainted_s = 0; /* it begins: learning resumes */
    device->relearn_s = until_s;
}

/* A fact holds: its evidence is as strong as the fact makes it, neither fading nor climbing.
   It is gone with the fact. */
static void hold(struct engine *engine, struct device *device,
                 struct standing *standing, enum posting_kind kind, uint64_t now_s) {
    enum evidence_kind evidence_kind = evidence_of[kind];
    double points = standing->assessment.evidence[kind].points;
    if (evidence_kind == EVIDENCE_COUNT)
        return;
    struct evidence *held = risk_held(&device->risk, evidence_kind);
    if (points <= 0) {
        risk_drop(&device->risk, evidence_kind);
        return;
    }
    struct evidence e = {
        .kind = (uint8_t)evidence_kind,
        .points = (float)points,
        .observed = (float)standing->assessment.evidence[kind].observed,
        .expected = (float)standing->assessment.evidence[kind].expected,
        .feature = standing->assessment.evidence[kind].feature,
    };
    if (held && (double)held->points > points)
        held->points = 0; /* it has become better */
    if (standing->assessment.evidence[kind].distrust &&
        !desk_excuses(engine, device, &e, now_s))
        risk_distrust_now(&device->risk, now_s);
    judge_evidence(engine, device, &e, 0, points, now_s);
}

static void follow(struct engine *engine, struct device *device,
                   struct standing *standing, uint64_t now_s) {
    struct assessment *assessment = &standing->assessment;
    if (!device->has_standing || now_s >= assessment->due_s) {
        const struct posting *postings[POSTING_MAX];
        size_t count =
            standing_postings(&engine->standings, &device->key, now_s, postings);
        struct wire_identity wire = wire_of(device);
        assess_postings(postings, count, &wire, standing->criticality, now_s,
                        assessment);
        if (count)
            device->believed = (float)assessment->confidence;
        device->has_standing = true;
        device->risk.odds = (float)assessment->odds;
        relearn_until(device,
                      assessment->relearn_until_s > standing->relearn_s
                          ? assessment->relearn_until_s
                          : standing->relearn_s,
                      now_s);
        show(engine, device);
    }
    for (unsigned kind = 0; kind < POSTING_KINDS; kind++)
        hold(engine, device, standing, kind, now_s);
    risk_update_level(&device->risk, &engine->rules, now_s);
    if (risk_score(&device->risk, &engine->rules, now_s, NULL) > 0)
        judge_set_active(engine, device, true);
}

void desk_follow(struct engine *engine, uint64_t now_s) {
    if (now_s / WINDOW_S == engine->followed_s / WINDOW_S)
        return;
    engine->followed_s = now_s;
    struct table *table = engine->standings.standings;
    for (struct standing *standing = table_newest(table, 0); standing;
         standing = table_older(table, standing)) {
        struct device *device =
            device_find(&engine->devices, table_key(table, standing));
        if (device)
            follow(engine, device, standing, now_s);
    }
}

bool desk_excuses(struct engine *engine, const struct device *device,
                  const struct evidence *evidence, uint64_t now_s) {
    struct standing *standing = standing_find(&engine->standings, &device->key);
    char peer[FACTOR_PEER_BYTES];
    if (!standing)
        return false;
    reason_peer(evidence, &engine->identity, peer, sizeof peer);
    return standing_excuses(standing, evidence->kind, peer, now_s);
}

/* --- what is told --- */

static void take_fact(struct engine *engine, const struct device_key *key,
                      const struct message *message) {
    struct posting posting = message->fact;
    posting.posted_s = (uint32_t)(message->time_ns / second_ns);
    standing_post(&engine->standings, key, &posting);
}

/* What a scan reaches for changes by the second; other conditions have one other side. */
static bool is_of_any_peer(enum evidence_kind kind) {
    return kind == EVIDENCE_SCAN || kind == EVIDENCE_PORT_SCAN ||
           evidence_family(kind) == FAMILY_FACT;
}

static bool is_harmless(const struct risk *risk) {
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        if (risk->slots[i].points > 0 && evidence_is_hard(risk->slots[i].kind))
            return false;
    return true;
}

/* What the device met since then is its own from now on. */
static void vouch_since(struct device *device, uint64_t since_s, uint64_t now_s) {
    struct novelty_set *set = &device->baseline.novelty;
    for (unsigned i = 0; i < NOVELTY_KEYS; i++)
        if (set->keys[i].key && set->keys[i].last_s + WINDOW_S >= since_s &&
            novelty_is_young(&set->keys[i], now_s))
            novelty_vouch(set, set->keys[i].key, set->keys[i].kind);
}

static void acquit(struct device *device, struct standing *standing,
                   enum evidence_kind kind, const struct message *message,
                   uint64_t now_s) {
    const struct evidence *held = risk_held(&device->risk, kind);
    enum family family = evidence_family(kind);
    uint64_t since_s = held ? held->since_s : message->time_ns / second_ns;
    if (family == FAMILY_INVARIANT || family == FAMILY_FACT)
        standing_excuse(standing, kind, is_of_any_peer(kind), message->verdict.peer,
                        now_s);
    else
        vouch_since(device, since_s, now_s);
    if (kind == EVIDENCE_DRIFT)
        drift_accept(&device->baseline.drift);
    risk_drop(&device->risk, kind);
    if (is_harmless(&device->risk)) {
        device->risk.distrust = 0;
        device->tainted_s = 0;
    }
}

static void take_verdict(struct device *device, struct standing *standing,
                         const struct message *message, uint64_t now_s) {
    unsigned kind = 0;
    while (kind < EVIDENCE_COUNT &&
           strcmp(evidence_name(kind), message->verdict.kind) != 0)
        kind++;
    if (kind == EVIDENCE_COUNT)
        return; /* of another version of wary */
    standing_accuse(standing, kind);
    switch ((enum finding_verdict)message->verdict.verdict) {
    case VERDICT_BENIGN:
        acquit(device, standing, kind, message, now_s);
        break;
    case VERDICT_MALICIOUS:
        risk_distrust_now(&device->risk, now_s);
        device->tainted_s = message->time_ns / second_ns + CONDEMNED_S;
        break;
    case VERDICT_UNKNOWN:
        if (device->tainted_s > now_s + TAINT_S)
            device->tainted_s = 0;
        break;
    }
}

static void take_setting(struct standing *standing, const struct message *message) {
    switch ((enum setting)message->setting.which) {
    case SETTING_NAME:
        memcpy(standing->name, message->setting.label, sizeof standing->name);
        break;
    case SETTING_GROUP:
        memcpy(standing->group, message->setting.label, sizeof standing->group);
        break;
    case SETTING_ZONE:
        standing->zone = message->setting.zone;
        break;
    case SETTING_CRITICALITY:
        standing->criticality = message->setting.criticality;
        break;
    }
}
_Static_assert((int)MESSAGE_LABEL_BYTES == (int)DEVICE_LABEL_BYTES,
               "labels are copied whole");

static enum outcome look(const struct engine *engine, const struct device *device,
                         const struct message *message) {
    if (!device)
        return OUTCOME_UNKNOWN;
    portrait_take(message->look, device, engine->status.now_ns / second_ns);
    return OUTCOME_APPLIED;
}

/* What it has learnt since is forgotten where there is a baseline to go back to; either way the
   store has it next. */
static enum outcome take_golden(struct engine *engine, struct device *device,
                                const struct baseline *baseline) {
    if (!device)
        return OUTCOME_UNKNOWN;
    if (baseline && !memory_is_sane_baseline(baseline))
        return OUTCOME_FAILED;
    if (baseline)
        device->baseline = *baseline;
    show(engine, device);
    return memory_offer_device(engine, device) ? OUTCOME_APPLIED : OUTCOME_FAILED;
}

enum outcome desk_take(struct engine *engine, const struct message *message) {
    struct device_key key;
    if (!device_key_parse(message->device, &key))
        return OUTCOME_UNKNOWN;
    struct device *device = device_find(&engine->devices, &key);
    if (message->kind == MESSAGE_LOOK)
        return look(engine, device, message);
    if (message->kind == MESSAGE_GOLDEN)
        return take_golden(engine, device, message->payload);
    struct standing *standing = standing_get(&engine->standings, &key);
    uint64_t told_s = message->time_ns / second_ns;
    uint64_t now_s = engine->status.now_ns / second_ns;
    switch ((enum message_kind)message->kind) {
    case MESSAGE_FACT:
        take_fact(engine, &key, message);
        break;
    case MESSAGE_VERDICT:
        if (device)
            take_verdict(device, standing, message, now_s);
        break;
    case MESSAGE_RELEARN:
        standing->relearn_s =
            (uint32_t)(message->relearn.until_s < told_s + RELEARN_S_MAX
                           ? message->relearn.until_s
                           : told_s + RELEARN_S_MAX);
        break;
    case MESSAGE_SETTING:
        take_setting(standing, message);
        if (device && message->setting.which == SETTING_GROUP)
            inventory_join(&engine->inventory, device, standing->group);
        break;
    case MESSAGE_LOOK:
    case MESSAGE_GOLDEN:
        break;
    }
    if (!device)
        return OUTCOME_APPLIED;   /* it will meet it when it comes back */
    device->has_standing = false; /* to be assessed anew */
    follow(engine, device, standing, now_s);
    show(engine, device);
    return OUTCOME_APPLIED;
}
