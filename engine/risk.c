#include "engine/risk.h"

#include <math.h>
#include <string.h>

/* Score = 100 (1 − e^(−points/scale)): 1.19 points make 30, 3.05 make 60, 5.36 make 80. */
static const double points_scale = 3.333;
static const double points_max = 10, points_faded = 0.03;
/* Evidence of a kind is news again when what was there has faded below this. */
static const double hard_news = 0.5, soft_news = 0.1;

struct kind_info {
    const char *name, *unit;
    enum family family;
};

static const struct kind_info kinds[EVIDENCE_COUNT] = {
#define EVIDENCE_INFO(id, name, family, unit) {name, unit, FAMILY_##family},
    EVIDENCE_KINDS(EVIDENCE_INFO)
#undef EVIDENCE_INFO
};

const char *evidence_name(enum evidence_kind kind) {
    return kinds[kind].name;
}
const char *evidence_unit(enum evidence_kind kind) {
    return kinds[kind].unit;
}
enum family evidence_family(enum evidence_kind kind) {
    return kinds[kind].family;
}
bool evidence_is_hard(enum evidence_kind kind) {
    return kinds[kind].family == FAMILY_INVARIANT;
}

/* Of what is seen in passing, what is worth less is a remark, and no reason for distrust. Who calls in
   vain may be honest and broken. */
static const double remark = 1;

static bool is_seen_in_passing(enum evidence_kind kind) {
    return kind == EVIDENCE_SHOWN_CERTIFICATE || kind == EVIDENCE_WEB_ATTACK ||
           kind == EVIDENCE_CLEAR_TEXT;
}

static bool makes_distrust(const struct evidence *e) {
    return evidence_is_hard(e->kind) && e->kind != EVIDENCE_FAILING &&
           !(is_seen_in_passing(e->kind) && (double)e->points < remark);
}

bool evidence_is_soft(enum evidence_kind kind) {
    return !evidence_is_hard(kind) && evidence_family(kind) != FAMILY_FACT;
}

static double elapsed(uint64_t now_s, uint32_t then_s) {
    return now_s > then_s ? (double)(now_s - then_s) : 0;
}

static double points_now(const struct evidence *e, const struct risk_rules *rules,
                         uint64_t now_s) {
    if (e->points <= 0) /* nearly always */
        return 0;
    return (double)e->points * exp2(-elapsed(now_s, e->last_s) / rules->half_life_s);
}

/* The kind's own place, else a free one, else that of the weakest. */
static struct evidence *place_for(struct risk *risk, const struct risk_rules *rules,
                                  uint8_t kind, uint64_t now_s) {
    struct evidence *weakest = &risk->slots[0];
    for (unsigned i = 0; i < RISK_SLOTS; i++) {
        struct evidence *e = &risk->slots[i];
        if (e->points > 0 && e->kind == kind)
            return e;
        if (points_now(e, rules, now_s) < points_now(weakest, rules, now_s))
            weakest = e;
    }
    return weakest;
}

void risk_distrust_now(struct risk *risk, uint64_t now_s) {
    risk->distrust = 1;
    risk->distrust_s = (uint32_t)now_s;
}

static double news_below(enum evidence_kind kind) {
    return evidence_is_hard(kind) ? hard_news : soft_news;
}

bool risk_counts(const struct evidence *held, double points) {
    return (double)held->points >= fmin(points, news_below(held->kind));
}

bool risk_add(struct risk *risk, const struct risk_rules *rules,
              const struct evidence *evidence, double repeat, double ceiling,
              uint64_t now_s) {
    if (makes_distrust(evidence))
        risk_distrust_now(risk, now_s);
    struct evidence *e = place_for(risk, rules, evidence->kind, now_s);
    double before = points_now(e, rules, now_s);
    if (e->kind != evidence->kind || e->points <= 0) {
        if (e->points > 0 && before >= (double)evidence->points)
            return false; /* all places hold stronger evidence */
        before = 0;
    }
    bool news = before < news_below(evidence->kind);
    double points = (double)evidence->points;
    double after = fmax(points, before + repeat * points);
    after = fmax(before, fmin(after, ceiling));
    /* What is told stays what was strongest, as long as that is a good part of it. */
    if (news || points >= before / 2) {
        uint32_t since_s = news ? (uint32_t)now_s : e->since_s;
        uint8_t told = news ? TOLD_NOT : e->told;
        *e = *evidence;
        e->since_s = since_s;
        e->told = told;
    }
    e->points = (float)after;
    e->last_s = (uint32_t)now_s;
    return news;
}

struct evidence *risk_held(struct risk *risk, enum evidence_kind kind) {
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        if (risk->slots[i].points > 0 && risk->slots[i].kind == kind)
            return &risk->slots[i];
    return NULL;
}

void risk_drop(struct risk *risk, enum evidence_kind kind) {
    struct evidence *held = risk_held(risk, kind);
    if (held)
        memset(held, 0, sizeof *held);
}

/* Points are the logarithm of what is left of trust: e^points − 1 are the odds against it. */
static double score_of(double points, double odds) {
    double left = exp(-fmin(points, points_max) / points_scale);
    if (odds <= 0 || odds == 1)
        return 100 * (1 - left);
    double against = odds * (1 / left - 1);
    return 100 * against / (1 + against);
}

/* Calls in vain, and that they are new and many, are one thing seen twice. */
static bool shares_ceiling(enum evidence_kind kind) {
    return evidence_is_soft(kind) || kind == EVIDENCE_FAILING;
}

double risk_soft_beside(const struct risk *risk, const struct risk_rules *rules,
                        enum evidence_kind kind, uint64_t now_s) {
    double points = 0;
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        if (risk->slots[i].kind != kind &&
            shares_ceiling((enum evidence_kind)risk->slots[i].kind))
            points += points_now(&risk->slots[i], rules, now_s);
    return points;
}

double risk_score(const struct risk *risk, const struct risk_rules *rules,
                  uint64_t now_s, double shares[RISK_SLOTS]) {
    double points[RISK_SLOTS], total = 0;
    for (unsigned i = 0; i < RISK_SLOTS; i++) {
        points[i] = points_now(&risk->slots[i], rules, now_s);
        total += points[i];
    }
    double score = total > 0 ? score_of(total, (double)risk->odds) : 0;
    if (shares)
        for (unsigned i = 0; i < RISK_SLOTS; i++)
            shares[i] = total > 0 ? score * points[i] / total : 0;
    return score;
}

bool risk_is_blank(const struct risk *risk) {
    float most = risk->distrust;
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        most = risk->slots[i].points > most ? risk->slots[i].points : most;
    return most <= 0 && risk->level == LEVEL_LOW;
}

double risk_distrust(const struct risk *risk, const struct risk_rules *rules,
                     uint64_t now_s) {
    if (risk->distrust <= 0)
        return 0;
    return (double)risk->distrust *
           exp2(-elapsed(now_s, risk->distrust_s) / rules->distrust_half_life_s);
}

bool risk_update_level(struct risk *risk, const struct risk_rules *rules,
                       uint64_t now_s) {
    const double bounds[] = {0, rules->medium, rules->high, rules->critical};
    double score = risk_score(risk, rules, now_s, NULL);
    uint8_t level = LEVEL_LOW;
    while (level < LEVEL_CRITICAL && score >= bounds[level + 1])
        level++;
    if (level < risk->level && score >= bounds[risk->level] - rules->hysteresis)
        level = risk->level;
    if (level == risk->level)
        return false;
    risk->level = level;
    risk->since_s = (uint32_t)now_s;
    return true;
}

enum risk_level risk_told(const struct risk *risk, bool learning) {
    return learning && risk->level == LEVEL_LOW ? LEVEL_UNKNOWN
                                                : (enum risk_level)risk->level;
}

/* What time has stepped back behind happened now, or it would never fade. */
static void not_after(uint32_t *time_s, uint64_t now_s) {
    if (*time_s > now_s)
        *time_s = (uint32_t)now_s;
}

bool risk_expire(struct risk *risk, const struct risk_rules *rules, uint64_t now_s) {
    bool any = false;
    not_after(&risk->distrust_s, now_s);
    for (unsigned i = 0; i < RISK_SLOTS; i++) {
        struct evidence *e = &risk->slots[i];
        not_after(&e->since_s, now_s);
        not_after(&e->last_s, now_s);
        if (points_now(e, rules, now_s) >= points_faded)
            any = true;
        else
            memset(e, 0, sizeof *e);
    }
    return any;
}
