#include "engine/base/checksum.h"
#include "engine/base/fetch.h"
#include "engine/describe.h"
#include "engine/excuse.h"
#include "engine/lasting.h"
#include "engine/reason.h"
#include "engine/state.h"
#include "engine/view.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* From strengths (−log10 p) to points of risk. Hard evidence starts above MEDIUM and climbs
   while it repeats; soft evidence counts from a bar on that depends on the device. */
static const double hard_base = 3, hard_repeat = 0.25, hard_ceiling = 7;
static const double lasting_points = 1.3, lasting_slope = 0.15, lasting_least = 0.1;
static const double growth_told = 0.1;
static const double identity_serious = 1; /* below this a remark, no attack */
static const double carrier_points = 1.4, carrier_ceiling = 2.5;
static const double soft_margin = 1.5, soft_least = 2.4, soft_distrusted = 1.0,
                    soft_step = 2.5, soft_ceiling = 2.9;
static const double soft_ceiling_distrusted = 5, soft_ceiling_passive = 1;
static const unsigned roll_out_devices = 3;
static const uint64_t comparing_s = 120, turns = 120 / WINDOW_S;
static const uint64_t taint_s = 600, arrival_s = 300;
static const double suspected = 0.1, doubtful_distrust = 0.3, doubtful_anomaly = 1;
static const uint64_t second_ns = 1000000000;

/* Hand a finding out, whose device, level and contribution are filled in. */
static void hand_out(struct engine *engine, struct finding *finding,
                     const struct evidence *evidence, uint64_t now_s) {
    finding->time_ns = now_s * second_ns;
    finding->kind = evidence_name(evidence->kind);
    finding->observed = (double)evidence->observed;
    finding->expected = (double)evidence->expected;
    reason_peer(evidence, &engine->identity, finding->peer, sizeof finding->peer);
    reason_text(evidence, &engine->identity, finding->text, sizeof finding->text);
    publish_finding(engine, finding);
}

static void tell(struct engine *engine, struct device *device,
                 const struct evidence *evidence, uint64_t now_s) {
    struct finding finding = {.level = (enum risk_level)device->risk.level};
    double shares[RISK_SLOTS];
    risk_score(&device->risk, &engine->rules, now_s, shares);
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        if (device->risk.slots[i].points > 0 &&
            device->risk.slots[i].kind == evidence->kind)
            finding.contribution = shares[i];
    device_id(device, finding.device, sizeof finding.device);
    hand_out(engine, &finding, evidence, now_s);
}

void judge_evidence(struct engine *engine, struct device *device,
                    const struct evidence *evidence, double repeat, double ceiling,
                    uint64_t now_s) {
    if (device->has_standing && desk_excuses(engine, device, evidence, now_s))
        return;
    risk_add(&device->risk, &engine->rules, evidence, repeat, ceiling, now_s);
    struct evidence *held = risk_held(&device->risk, evidence->kind);
    risk_update_level(&device->risk, &engine->rules, now_s);
    /* Hard evidence is news by itself, soft evidence once it has moved the level. */
    bool alarms = device->risk.level > LEVEL_LOW;
    bool matters = evidence_is_hard(evidence->kind) || alarms;
    if (held && matters && risk_counts(held, (double)evidence->points) &&
        held->told < (alarms ? TOLD_AS_ALARM : TOLD_AS_REMARK)) {
        held->told = alarms ? TOLD_AS_ALARM : TOLD_AS_REMARK;
        tell(engine, device, evidence, now_s);
    }
}

void judge_remark(struct engine *engine, struct device *device,
                  const struct evidence *evidence, uint64_t now_s) {
    judge_evidence(engine, device, evidence, 0, (double)evidence->points, now_s);
    struct evidence *held =
        risk_held(&device->risk, (enum evidence_kind)evidence->kind);
    if (held && held->told == TOLD_NOT) {
        held->told = TOLD_AS_REMARK;
        tell(engine, device, evidence, now_s);
    }
    judge_set_active(engine, device, held || device->active_index != TABLE_NONE);
}

/* An address behind a router is a weak identity; the router that carries it is the only
   strong one that a decision can be held against. */
static void add_to_carrier(struct engine *engine, const struct device *device,
                           const struct evidence *evidence, uint64_t now_s) {
    struct device *carrier = device_of_mac(&engine->devices, &device->carrier);
    if (!device->key.ip.family || !carrier)
        return;
    struct evidence e = *evidence;
    e.points = fminf(e.points, (float)carrier_points);
    judge_evidence(engine, carrier, &e, hard_repeat, carrier_ceiling, now_s);
    judge_set_active(engine, carrier, true);
    if (carrier->window != TABLE_NONE) {
        struct window *window = &engine->windows[carrier->window].window;
        window->hard_strength = fmaxf(window->hard_strength, evidence->points);
    }
}

void judge_identity(struct engine *engine, struct device *device,
                    const struct evidence *evidence, uint64_t now_s) {
    struct open_window *open = engine_window(engine, device);
    if (!open || engine->options.families_off & (1u << FAMILY_INVARIANT))
        return;
    float strength = evidence->points + (float)hard_base;
    if (open->told[evidence->kind] >= strength)
        return;
    open->told[evidence->kind] = strength;
    if (evidence->points >= (float)identity_serious) {
        open->window.hard = true;
        open->window.hard_strength = fmaxf(open->window.hard_strength, strength);
    }
    judge_evidence(engine, device, evidence, hard_repeat, hard_ceiling, now_s);
}

/* What is done to a device is no habit of its own. */
static void mark_victim(struct engine *engine, const struct device *device,
                        const struct address *ip) {
    struct device *victim =
        ip->family ? identity_holder(&engine->identity, ip, device->vlan) : NULL;
    if (victim && victim != device && victim->window != TABLE_NONE)
        engine->windows[victim->window].window.struck = true;
}

/* A broken device, or a program whose home is gone: by itself, and with what is unusual about
   the same calls, it is an alarm, and not HIGH. */
static double lasting_ceiling(const struct engine *engine, const struct device *device,
                              const struct evidence *evidence, uint64_t now_s) {
    if (evidence->kind != EVIDENCE_FAILING ||
        risk_distrust(&device->risk, &engine->rules, now_s) > suspected)
        return hard_ceiling;
    return fmax(lasting_least,
                soft_ceiling - risk_soft_beside(&device->risk, &engine->rules,
                                                EVIDENCE_FAILING, now_s));
}

static void judge_invariants(struct engine *engine, struct open_window *open,
                             uint64_t now_s) {
    struct device *device = open->device;
    const struct invariant_limits *limits = &engine->options.limits;
    struct invariant_verdict verdicts[EVIDENCE_COUNT];
    if (device->invariant.news.failing && blackout_lasts(&engine->blackout, now_s))
        invariant_excuse_calls(&device->invariant);
    unsigned n = invariant_judge(&device->invariant, limits, now_s, verdicts);
    const struct window *window = &open->window;
    if (window->feature[FEATURE_FLOWS_STARTED] >= limits->fan_out)
        n += invariant_judge_reach(limits, window_reached(window),
                                   &window->last_reached, &verdicts[n]);
    for (unsigned i = 0; i < n; i++) {
        struct evidence e = verdicts[i].evidence;
        double strength = (double)e.points, told = (double)open->told[e.kind];
        /* Within one window a condition counts once, and then only what it grew by. */
        if (strength <= told + growth_told)
            continue;
        open->told[e.kind] = e.points;
        open->window.hard_strength = fmaxf(open->window.hard_strength, e.points);
        if (verdicts[i].lasting) {
            e.points = (float)(lasting_points + lasting_slope * (strength - hard_base));
            judge_evidence(engine, device, &e, 0,
                           lasting_ceiling(engine, device, &e, now_s), now_s);
        } else {
            open->window.hard = true;
            mark_victim(engine, device, &e.peer);
            e.points = (float)(told > 0 ? strength - told : strength - hard_base);
            judge_evidence(engine, device, &e, told > 0 ? 1 : hard_repeat, hard_ceiling,
                           now_s);
        }
        add_to_carrier(engine, device, &e, now_s);
    }
}

/* At the window's end. Of what was touched before the last tick the early look has said all,
   but for what waits for its time. */
static void judge_rest(struct engine *engine, struct open_window *open,
                       uint64_t end_s) {
    bool waits = open->touched || open->device->invariant.moved_s;
    if (waits && !(engine->options.families_off & (1u << FAMILY_INVARIANT)))
        judge_invariants(engine, open, end_s);
}

/* An address that somebody has claimed in the last ten minutes is there, even if its answer
   was not mirrored. */
void judge_question(struct engine *engine, const struct question *question,
                    uint64_t now_s) {
    struct device *asker = device_of_mac(&engine->devices, &question->asker);
    if (!asker || identity_is_held(&engine->identity, &question->ip, question->vlan,
                                   now_s * second_ns, taint_s))
        return;
    engine_window(engine, asker);
    invariant_unanswered_arp(&asker->invariant, &engine->options.limits, &question->ip,
                             now_s);
}

/* Nobody's risk: a person is to look. */
static void judge_sensor(struct engine *engine, uint64_t now_s) {
    struct evidence news[SENSOR_KINDS];
    unsigned n = sensor_judge(&engine->sensor, &engine->options.limits, now_s, news);
    if (engine->options.families_off & (1u << FAMILY_INVARIANT))
        return;
    for (unsigned i = 0; i < n; i++) {
        struct finding finding = {.device = SENSOR_ID, .level = LEVEL_MEDIUM};
        hand_out(engine, &finding, &news[i], now_s);
    }
}

static inline __attribute__((always_inline)) void
fetch_invariants(const struct engine *engine, uint32_t i) {
    const struct device *device =
        i < engine->touched_count ? engine->windows[engine->touched[i]].device : NULL;
    if (device)
        fetch_bytes(&device->invariant.news, sizeof device->invariant.news);
}

void judge_tick(struct engine *engine, uint64_t now_s) {
    judge_sensor(engine, now_s);
    const struct question *due;
    for (uint32_t at = 0;
         (due = question_due(&engine->questions, &at, now_s * second_ns));)
        judge_question(engine, due, now_s);
    for (uint32_t i = 0; i < engine->touched_count; i++) {
        struct open_window *open = &engine->windows[engine->touched[i]];
        fetch_invariants(engine, i + 1);
        open->touched = false;
        if (open->device && !(engine->options.families_off & (1u << FAMILY_INVARIANT)))
            judge_invariants(engine, open, now_s);
    }
    engine->touched_count = 0;
}

/* From where on soft evidence counts: such that on clean traffic a device passes it about
   as often whether it wakes twice an hour or never sleeps. The budget is per device-week,
   not per window. Distrust makes it one a day. */
static double soft_bar(const struct baseline *baseline) {
    double week = log10(7 * baseline_windows_a_day(baseline));
    return fmax(soft_least, week - soft_margin);
}

/* What several devices of a group begin within an hour, nobody of them has begun by himself:
   an update, a new server. It is told once, of the group; those that come after are not
   accused. Hard evidence is not softened by company. */
static bool is_roll_out(struct engine *engine, struct device *device,
                        const struct evidence *evidence, uint64_t now_s) {
    /* To whom it speaks anew; or that it is not as it was, in whatever way. */
    uint64_t what =
        evidence->peer.family ? window_prefix_key(&evidence->peer) ^ evidence->port : 0;
    bool joins;
    unsigned devices = cohort_change(&engine->cohorts, device, what, now_s, &joins);
    if (joins && devices == roll_out_devices) {
        struct evidence together = *evidence;
        together.kind = EVIDENCE_GROUP_CHANGE;
        together.feature = evidence->kind;
        together.observed = (float)devices;
        tell(engine, device, &together, now_s);
    }
    return devices >= roll_out_devices;
}

/* Soft evidence of all kinds together has one ceiling: many little surprises about an honest
   device are not one great one. */
static void add_soft(struct engine *engine, struct device *device,
                     const struct evidence *evidence, bool passive, uint64_t now_s) {
    bool distrusted = risk_distrust(&device->risk, &engine->rules, now_s) > suspected;
    double ceiling = distrusted ? soft_ceiling_distrusted
                     : passive  ? soft_ceiling_passive
                                : soft_ceiling;
    if (!distrusted && !passive && is_roll_out(engine, device, evidence, now_s))
        ceiling = soft_ceiling_passive;
    ceiling -= risk_soft_beside(&device->risk, &engine->rules,
                                (enum evidence_kind)evidence->kind, now_s);
    /* What lasts keeps its level; what is a sum already is not summed once more. */
    bool lasts =
        evidence->kind == EVIDENCE_SUSTAINED || evidence->kind == EVIDENCE_BEACON ||
        evidence->kind == EVIDENCE_DRIFT || evidence->kind == EVIDENCE_PEER_OUTLIER;
    double repeat = lasts ? 0 : 1;
    if (ceiling > 0)
        judge_evidence(engine, device, evidence, repeat, ceiling, now_s);
}

static void judge_lasting(struct engine *engine, struct open_window *open,
                          const struct baseline_observation *observation,
                          uint64_t end_s) {
    struct evidence found[LASTING_MAX];
    unsigned n =
        lasting_find(&engine->cohorts, open->device, &open->window, observation, found);
    for (unsigned i = 0; i < n; i++) {
        enum family family = evidence_family((enum evidence_kind)found[i].kind);
        if (engine->options.families_off & (1u << family))
            continue;
        if (evidence_is_hard((enum evidence_kind)found[i].kind)) {
            open->window.hard_strength =
                fmaxf(open->window.hard_strength, found[i].points + (float)hard_base);
            judge_evidence(engine, open->device, &found[i], 0, hard_ceiling, end_s);
        } else {
            add_soft(engine, open->device, &found[i], false, end_s);
        }
    }
}

/* Whether its turn has come since it last learnt: each has one in two minutes, by what makes
   the device one, so that no window costs more than another. */
static bool is_its_turn(const struct device *device, uint64_t end_s) {
    uint64_t turn = checksum_of(&device->key, sizeof device->key, 0) % turns * WINDOW_S;
    return (end_s + turn) / comparing_s !=
           (device->baseline.last_s + turn) / comparing_s;
}

/* What it is, beside others of its kind: of one that was bad from its first second nothing
   else tells. */
static void judge_among_peers(struct engine *engine, struct device *device,
                              uint64_t end_s) {
    struct evidence e;
    if (!is_its_turn(device, end_s) ||
        engine->options.families_off & (1u << FAMILY_LASTING))
        return;
    cohort_compare(&engine->cohorts, device, end_s, &e);
    if (e.points > 0)
        add_soft(engine, device, &e, false, end_s);
}

/* An order does not introduce who gives it: a controller has to meet him otherwise. */
static void leave_out(struct baseline_observation *observation, uint64_t stranger) {
    for (unsigned i = 0; stranger && i < observation->key_count; i++)
        if (observation->keys[i].key == stranger &&
            observation->keys[i].kind == KEY_PEER)
            observation->keys[i] = observation->keys[--observation->key_count];
}

void judge_behaviour(struct engine *engine, struct open_window *open,
                     struct trial *trial, uint64_t end_s) {
    struct device *device = open->device;
    struct baseline_observation *observation = &trial->observation;
    struct baseline_surprise *surprise = &trial->surprise;
    judge_rest(engine, open, end_s);
    cohort_recognize(&engine->cohorts, device, observation);
    signs_window(engine, device, observation, end_s);
    unsigned off = 0;
    static const enum family family_of[BASELINE_FAMILIES] = {
        FAMILY_VOLUME, FAMILY_SHAPE, FAMILY_NOVELTY, FAMILY_LASTING};
    for (unsigned i = 0; i < BASELINE_FAMILIES; i++)
        if (engine->options.families_off & (1u << family_of[i]))
            off |= 1u << i;
    baseline_score(&device->baseline, cohort_tails(&engine->cohorts, device),
                   observation, off, surprise);

    /* What is said aloud need not be summed up, too; and of who has just come, all is new. */
    bool arrives = device->first_ns / second_ns + arrival_s >= end_s;
    if (open->window.hard || arrives)
        surprise->sustained = 0;
    bool excused =
        excuse_window(device, &open->window, observation, end_s) ||
        (surprise->new_keys > 0 && surprise->new_keys == surprise->new_passive);
    if (excused)
        surprise->sustained =
            fmin(surprise->sustained, (double)device->baseline.sustained);
    if (!engine->partial)
        baseline_note(&device->baseline, surprise);

    double distrust = risk_distrust(&device->risk, &engine->rules, end_s);
    /* Where the bar is does not matter to what stays below wherever it could be. */
    bool matters = distrust > 0 || surprise->anomaly > soft_least;
    double bar = matters ? soft_bar(&device->baseline) : soft_least;
    /* Distrust lowers it to one a day, and the whole scale, so that the timeline shows it. */
    double lowered = bar - distrust * soft_distrusted;
    double anomaly = engine->partial ? 0 : surprise->anomaly * bar / lowered;
    /* While it is relearning, what is unusual is what was announced. */
    bool relearning = end_s <= device->relearn_s;
    double excess = engine->partial || relearning ? 0 : surprise->anomaly - lowered;
    double points = fmin(excess * (1 + distrust), soft_step);
    struct evidence e = {.points = (float)points};
    if (excess > 0 && describe_surprise(&e, open, observation, surprise)) {
        int new_key = evidence_family((enum evidence_kind)e.kind) == FAMILY_NOVELTY
                          ? surprise->strongest[BASELINE_NOVELTY]
                          : -1;
        excused |=
            arrives || (new_key >= 0 && excuse_new(device, &open->window, observation,
                                                   (unsigned)new_key, end_s));
        add_soft(engine, device, &e, excused, end_s);
    }

    if (!relearning)
        judge_lasting(engine, open, observation, end_s);
    if (!engine->partial)
        judge_among_peers(engine, device, end_s);
    device->anomaly = fmax(anomaly, (double)open->window.hard_strength);
    if (open->window.hard)
        device->tainted_s = end_s + taint_s;
    leave_out(observation, open->window.stranger);
    /* Who is distrusted teaches nothing new: else an attacker that rests between his attacks
       becomes the habit. */
    bool doubtful = !relearning && distrust > doubtful_distrust &&
                    (surprise->own_keys || surprise->anomaly > doubtful_anomaly);
    trial->lesson = LESSON_NONE;
    if (end_s < device->tainted_s || doubtful || open->window.struck) {
        /* learns nothing */
    } else if (engine->partial) {
        trial->lesson = LESSON_KEYS;
    } else {
        trial->lesson = relearning ? LESSON_AGAIN : LESSON_WHOLE;
        cohort_learn(&engine->cohorts, device->group, end_s, surprise);
        /* Who was heard once may be an invention: others do not learn from it. */
        if (device->settled)
            cohort_learn_keys(&engine->cohorts, device, observation);
        /* What was announced is its own from the first time on, and weighs more than the
           past. */
        for (unsigned i = 0; i < (relearning ? RELEARN_WEIGHT : 1); i++)
            baseline_count(&device->baseline, end_s);
        if (baseline_maturity(&device->baseline, BASELINE_VOLUME) >= 1)
            device_protect(&engine->devices, device);
    }
    engine->status.device_windows++;
}

void judge_set_active(struct engine *engine, struct device *device, bool active) {
    if (active && device->active_index == TABLE_NONE) {
        device->active_index = engine->active_count;
        engine->active[engine->active_count++] =
            table_index(engine->devices.table, device);
    } else if (!active && device->active_index != TABLE_NONE) {
        uint32_t last = engine->active[--engine->active_count];
        struct device *moved = table_at(engine->devices.table, last);
        engine->active[device->active_index] = last;
        moved->active_index = device->active_index;
        device->active_index = TABLE_NONE;
    }
}
