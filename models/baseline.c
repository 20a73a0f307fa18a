#include "models/baseline.h"

#include "models/combine.h"
#include "models/ewma.h"
#include "models/histogram.h"
#include "models/logarithm.h"

#include <math.h>
#include <stddef.h>

/* Half-lives and floors that a prototype found to work (docs/detection.md). */
static const double slow_half_life_s = 86400, fast_half_life_s = 7200;
static const double tail_half_life_s = 3 * 86400, novelty_half_life_s = 3 * 86400;
static const float sd_floor = 0.3F;
static const float clip_young = 8, clip_grown = 3, young_windows = 30;
static const double feature_pool = 50, combined_pool = 200;
static const double shape_cap = 50, credible_windows = 10;
static const double enough_windows = 180, enough_age_s = 86400;
static const double sustained_half_life_s = 1800, sustained_allowance = 0.5,
                    sustained_most = 16;
static const double novelty_prior = 0.02, novelty_prior_weight = 20;
/* What the network at large already uses is half as surprising (in orders of magnitude). */
static const double shared_key_weight = 0.5;
/* To be called upon is less of a device's own doing than to call. */
static const double passive_key_weight = 0.6;

/* Of numbers: fmax and fmin, which mind what is none, are calls. */
static inline double larger(double a, double b) {
    return a > b ? a : b;
}

static inline double smaller(double a, double b) {
    return a < b ? a : b;
}

const uint8_t baseline_context_features[CONTEXT_QUANTITIES] = {
    FEATURE_SENT_PACKETS, FEATURE_SENT_BYTES, FEATURE_RECEIVED_BYTES,
    FEATURE_FLOWS_STARTED};

const char *baseline_feature_name(enum baseline_feature feature) {
    static const char *const names[FEATURE_COUNT] = {
#define BASELINE_NAME(id, name, family) name,
        BASELINE_FEATURES(BASELINE_NAME)
#undef BASELINE_NAME
    };
    return names[feature];
}

/* A deviation counts as far as both horizons agree: the slow one, which knows the hours of
   the day, forgives nothing that the fast one has got used to in two hours (evenings,
   shifts). What creeps in that way is the business of the lasting family. */
static void score_volume(const struct baseline *b, uint64_t now_s, float credible,
                         struct baseline_surprise *s) {
    float slow[FEATURE_VOLUME_COUNT], fast[FEATURE_VOLUME_COUNT];
    horizon_deviations(&b->slow, s->scaled, sd_floor, slow);
    horizon_deviations(&b->fast, s->scaled, sd_floor, fast);
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        unsigned f = baseline_context_features[q];
        double mean = context_mean(&b->context, now_s, q, (double)b->slow.mean[f]);
        slow[f] = horizon_deviation(&b->slow, f, s->scaled[f], (float)mean, sd_floor);
    }
    for (unsigned f = 0; f < FEATURE_VOLUME_COUNT; f++)
        s->score[f] = credible * (slow[f] < fast[f] ? slow[f] : fast[f]);
}

void baseline_recognize(const struct baseline *baseline,
                        struct baseline_observation *observation) {
    struct baseline_observation *o = observation;
    for (unsigned i = 0; i < o->key_count; i++) {
        const struct novelty_key *known =
            novelty_find(&baseline->novelty, o->keys[i].key, o->keys[i].kind);
        o->acquaintance[i] = !known                              ? KEY_NEW
                             : novelty_is_young(known, o->end_s) ? KEY_YOUNG
                                                                 : KEY_KNOWN;
        o->place[i] = (uint8_t)(known ? known - baseline->novelty.keys : 0);
    }
}

/* The most surprising new key, and the deviation of them all together. */
static double novelty_score(const struct baseline *b,
                            const struct baseline_observation *o,
                            struct baseline_surprise *s) {
    double best = 0, sum = 0;
    int *strongest = &s->strongest[BASELINE_NOVELTY];
    *strongest = -1;
    for (unsigned i = 0; i < o->key_count; i++) {
        const struct baseline_key *k = &o->keys[i];
        if (o->acquaintance[i] != KEY_NEW)
            continue;
        s->new_keys++;
        s->new_passive += k->passive;
        s->own_keys += !k->shared;
        double a = combine_a_of_p(
            novelty_p(&b->novelty, k->kind, novelty_prior, novelty_prior_weight));
        if (k->shared)
            a *= shared_key_weight;
        if (k->passive)
            a *= passive_key_weight;
        sum += a;
        if (a > best) {
            best = a;
            *strongest = (int)i;
        }
    }
    /* A second new key seldom comes alone (peer, service and channel are new together), so
       it adds little. */
    return best + 0.25 * (sum - best);
}

static bool is_young(const struct baseline_observation *o, unsigned i) {
    return o->acquaintance[i] != KEY_KNOWN && !o->keys[i].shared;
}

/* On the scale of the others' deviations: from 20 kB on, each factor of ten is 2 more. */
static double young_bytes(const struct baseline_observation *o) {
    double sent = 0;
    for (unsigned i = 0; i < o->key_count; i++)
        if (o->keys[i].sent > 0 && is_young(o, i))
            sent += (double)o->keys[i].sent;
    return sent > 1 ? larger(0, 2 * logarithm_ten(sent) - 8.6) : 0;
}

static double young_share(const struct baseline_observation *o) {
    unsigned young = 0;
    for (unsigned i = 0; i < o->key_count; i++)
        young += is_young(o, i);
    return o->key_count ? (double)young / o->key_count : 0;
}

static struct tail feature_tail(const struct baseline_tails *tails, unsigned f) {
    return (struct tail){&tail_feature_scale, &tails->feature_fit[f], tails->feature[f],
                         tails->count};
}

static struct tail combined_tail(const struct baseline_tails *tails, unsigned c) {
    return (struct tail){&tail_combined_scale, &tails->combined_fit[c],
                         tails->combined[c], tails->count};
}

/* Of a run of features. */
static void score_tails(const struct baseline *b, const struct baseline_tails *pool,
                        struct baseline_surprise *s, unsigned first, unsigned n) {
    tail_levels(&tail_feature_scale, &s->score[first], n, &s->level[first]);
    for (unsigned f = first; f < first + n; f++) {
        s->p[f] = 1;
        if (s->level[f] == 0) /* usual values are the usual case */
            continue;
        struct tail own = feature_tail(&b->tails, f), others = feature_tail(pool, f);
        s->p[f] = tail_pooled_p(&own, &others, feature_pool, (unsigned)s->level[f],
                                s->score[f]);
    }
}

/* In one piece, whatever it calls: of many little functions a tenth is calling. */
__attribute__((flatten)) void
baseline_measure(const struct baseline *baseline,
                 const struct baseline_observation *observation,
                 struct baseline_surprise *surprise) {
    const struct baseline *b = baseline;
    const struct baseline_observation *o = observation;
    struct baseline_surprise *s = surprise;
    *s = (struct baseline_surprise){.windows = b->windows};
    if (b->last_s && o->end_s > b->last_s)
        s->elapsed_s = (double)(o->end_s - b->last_s);
    /* What deviates from two windows deviates from nothing. */
    double credible = (double)b->windows / ((double)b->windows + credible_windows);
    logarithm_scale(o->feature, s->scaled, FEATURE_VOLUME_COUNT);
    score_volume(b, o->end_s, (float)credible, s);
    double shapes[] = {
        histogram_divergence(b->sizes[0], BASELINE_SIZE_BINS, o->sizes[0], shape_cap),
        histogram_divergence(b->sizes[1], BASELINE_SIZE_BINS, o->sizes[1], shape_cap),
        histogram_divergence(b->protocols, BASELINE_PROTOCOL_BINS, o->protocols,
                             shape_cap)};
    for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        s->score[FEATURE_SENT_SHAPE + i] = (float)(credible * shapes[i]);
}

static double calibrated(const struct baseline *b, const struct baseline_tails *pool,
                         unsigned which, struct baseline_surprise *s) {
    tail_levels(&tail_combined_scale, &s->combined[which], 1,
                &s->combined_level[which]);
    if (s->combined_level[which] == 0)
        return 0;
    struct tail own = combined_tail(&b->tails, which);
    struct tail others = combined_tail(pool, which);
    return combine_a_of_p(tail_pooled_p(&own, &others, combined_pool,
                                        (unsigned)s->combined_level[which],
                                        s->combined[which]));
}

/* Whose features lie side by side; what is sustained is made of the families, so it speaks
   for none. */
static const struct {
    uint8_t first, n;
} features_of[BASELINE_FAMILIES] = {
    [BASELINE_VOLUME] = {0, FEATURE_VOLUME_COUNT},
    [BASELINE_SHAPE] = {FEATURE_SENT_SHAPE, FEATURE_YOUNG_KEYS - FEATURE_SENT_SHAPE},
    [BASELINE_LASTING] = {FEATURE_YOUNG_KEYS, FEATURE_SUSTAINED - FEATURE_YOUNG_KEYS},
};

/* All of them together, or the best alone. */
static double combine_features(struct baseline_surprise *s, unsigned family) {
    unsigned first = features_of[family].first, n = features_of[family].n;
    double smallest = 1;
    s->strongest[family] = -1;
    for (unsigned f = first; f < first + n; f++)
        if (s->p[f] < smallest) {
            smallest = s->p[f];
            s->strongest[family] = (int)f;
        }
    if (s->strongest[family] < 0)
        return 0;
    double together = combine_fisher(combine_sum(&s->p[first], n), n);
    return larger(together, combine_best(smallest, n));
}

static void score_family(const struct baseline *b, const struct baseline_tails *pool,
                         unsigned family, unsigned off, struct baseline_surprise *s) {
    if (family != BASELINE_NOVELTY)
        s->combined[family] = (float)combine_features(s, family);
    if (!(off & (1u << family)))
        s->family[family] = calibrated(b, pool, family, s);
}

/* What has added up with this window, of what the window is by itself. */
static double add_up(const struct baseline *b, const struct baseline_observation *o,
                     const struct baseline_surprise *s) {
    double elapsed_s = o->end_s > b->last_s ? (double)(o->end_s - b->last_s) : 0;
    double alone = 0;
    for (unsigned family = 0; family < BASELINE_LASTING; family++)
        alone = larger(alone, s->family[family]);
    alone = larger(0, alone - log10(BASELINE_LASTING));
    double sum = (double)b->sustained * ewma_keep(elapsed_s, sustained_half_life_s) +
                 alone - sustained_allowance;
    return smaller(sustained_most, larger(0, sum));
}

__attribute__((flatten)) void
baseline_score(const struct baseline *baseline, const struct baseline_tails *pool,
               const struct baseline_observation *observation, unsigned off,
               struct baseline_surprise *surprise) {
    struct baseline_surprise *s = surprise;
    s->score[FEATURE_YOUNG_KEYS] = (float)(4 * young_share(observation));
    s->score[FEATURE_YOUNG_BYTES] = (float)young_bytes(observation);
    score_tails(baseline, pool, s, 0, FEATURE_SUSTAINED);
    s->combined[BASELINE_NOVELTY] = (float)novelty_score(baseline, observation, s);
    for (unsigned family = 0; family < BASELINE_FAMILIES; family++)
        score_family(baseline, pool, family, off, s);
    s->sustained = add_up(baseline, observation, s);
    s->score[FEATURE_SUSTAINED] = (float)s->sustained;
    score_tails(baseline, pool, s, FEATURE_SUSTAINED, 1);

    /* It is made of the families, so it is held beside them, at a handicap, and not combined
       with them. */
    bool lasts = !(off & (1u << BASELINE_LASTING));
    s->sustained_a = combine_a_of_p(s->p[FEATURE_SUSTAINED]) - log10(2);
    double largest = lasts ? s->sustained_a : 0, sum = 0;
    unsigned n = 0;
    for (unsigned family = 0; family < BASELINE_FAMILIES; family++) {
        if (off & (1u << family))
            continue;
        n++;
        sum += s->family[family];
        largest = larger(largest, s->family[family]);
    }
    s->combined[BASELINE_TOTAL] = (float)combine_fisher(sum, n);
    double total = calibrated(baseline, pool, BASELINE_TOTAL, s);
    /* The best of several looks pays for the looking. */
    s->anomaly = larger(0, larger(total, largest) - log10(BASELINE_FAMILIES + 1));
}

static void halve_tails(struct baseline_tails *tails) {
    tails->count >>= 1;
    for (unsigned f = 0; f < FEATURE_COUNT; f++)
        tail_halve(&tail_feature_scale, tails->feature[f]);
    for (unsigned c = 0; c < BASELINE_COMBINED; c++)
        tail_halve(&tail_combined_scale, tails->combined[c]);
}

/* Tails forget in halves, at most often enough to be empty. */
static void forget(struct baseline *b, uint64_t now_s) {
    if (b->halved_s == 0)
        b->halved_s = now_s;
    for (int i = 0; i < 16 && now_s >= b->halved_s + (uint64_t)tail_half_life_s; i++) {
        halve_tails(&b->tails);
        histogram_halve(b->sizes[0], BASELINE_SIZE_BINS);
        histogram_halve(b->sizes[1], BASELINE_SIZE_BINS);
        histogram_halve(b->protocols, BASELINE_PROTOCOL_BINS);
        b->halved_s += (uint64_t)tail_half_life_s;
    }
    if (now_s >= b->halved_s + (uint64_t)tail_half_life_s)
        b->halved_s = now_s;
}

static void learn_volume(struct baseline *b, const struct baseline_surprise *s) {
    float limit = s->windows < young_windows ? clip_young : clip_grown;
    horizon_learn(&b->slow, s->scaled, (float)ewma_keep(s->elapsed_s, slow_half_life_s),
                  sd_floor, limit);
    horizon_learn(&b->fast, s->scaled, (float)ewma_keep(s->elapsed_s, fast_half_life_s),
                  sd_floor, limit);
}

static void learn_hours(struct baseline *b, uint64_t end_s,
                        const float samples[FEATURE_VOLUME_COUNT]) {
    double sample[CONTEXT_QUANTITIES], overall[CONTEXT_QUANTITIES];
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        sample[q] = (double)samples[baseline_context_features[q]];
        overall[q] = (double)b->slow.mean[baseline_context_features[q]];
    }
    struct context_hour past;
    if (context_take(&b->context, end_s, sample, overall, &past))
        drift_hour(&b->drift, &past);
}

void baseline_note(struct baseline *baseline,
                   const struct baseline_surprise *surprise) {
    baseline->sustained = (float)surprise->sustained;
}

/* Mostly one that was found before the window was scored, and is where it was. */
static bool use_key(struct novelty_set *set, const struct baseline_observation *o,
                    unsigned i) {
    const struct baseline_key *k = &o->keys[i];
    struct novelty_key *known = &set->keys[o->place[i]];
    if (known->key != k->key || known->kind != k->kind)
        return novelty_use(set, k->key, k->kind, o->end_s);
    novelty_use_again(known, o->end_s);
    return false;
}

void baseline_learn_keys(struct baseline *baseline,
                         const struct baseline_observation *observation) {
    struct baseline *b = baseline;
    const struct baseline_observation *o = observation;
    bool used[NOVELTY_KINDS] = {false}, had_new[NOVELTY_KINDS] = {false};
    for (unsigned i = 0; i < o->key_count; i++) {
        const struct baseline_key *k = &o->keys[i];
        used[k->kind] = true;
        had_new[k->kind] |= use_key(&b->novelty, o, i);
        if (k->started && k->kind == KEY_CHANNEL)
            rhythm_start(&b->rhythm, k->key, o->end_s, k->opened,
                         b->first_s && b->first_s < o->end_s ? o->end_s - b->first_s
                                                             : 0);
    }
    for (unsigned kind = 0; kind < NOVELTY_KINDS; kind++)
        if (used[kind])
            novelty_count(&b->novelty, kind, had_new[kind]);
}

/* One fit a window, in turn: so no window costs more than another. */
static void refit_next(struct baseline_tails *tails) {
    unsigned f = tails->turn, c = f - FEATURE_COUNT;
    struct tail tail =
        f < FEATURE_COUNT ? feature_tail(tails, f) : combined_tail(tails, c);
    tail_refit(&tail,
               f < FEATURE_COUNT ? &tails->feature_fit[f] : &tails->combined_fit[c]);
    tails->turn = (uint16_t)((f + 1) % (FEATURE_COUNT + BASELINE_COMBINED));
}

static void learn_tails(struct baseline_tails *tails,
                        const struct baseline_surprise *surprise) {
    if (tails->count == UINT16_MAX)
        halve_tails(tails);
    tails->count++;
    for (unsigned f = 0; f < FEATURE_COUNT; f++)
        if (surprise->level[f] > 0)
            tail_learn(tails->feature[f], (unsigned)surprise->level[f]);
    for (unsigned c = 0; c < BASELINE_COMBINED; c++)
        if (surprise->combined_level[c] > 0)
            tail_learn(tails->combined[c], (unsigned)surprise->combined_level[c]);
    refit_next(tails);
}

/* The very first window has nothing to deviate from: its zeros would teach the tails that
   this device never surprises. */
static bool can_deviate(const struct baseline_surprise *surprise) {
    return surprise->windows > 0;
}

void baseline_pool(struct baseline_tails *pool,
                   const struct baseline_surprise *surprise) {
    if (can_deviate(surprise))
        learn_tails(pool, surprise);
}

double baseline_tails_windows(const struct baseline_tails *tails) {
    return tails->count;
}

void baseline_count(struct baseline *baseline, uint64_t end_s) {
    if (baseline->first_s == 0)
        baseline->first_s = end_s;
    baseline->windows += 1;
    baseline->last_s = end_s;
}

__attribute__((flatten)) void
baseline_learn(struct baseline *baseline,
               const struct baseline_observation *observation,
               const struct baseline_surprise *surprise) {
    struct baseline *b = baseline;
    const struct baseline_observation *o = observation;
    forget(b, o->end_s);
    if (can_deviate(surprise))
        learn_tails(&b->tails, surprise);
    learn_hours(b, o->end_s, surprise->scaled);
    learn_volume(b, surprise);
    histogram_learn(b->sizes[0], BASELINE_SIZE_BINS, o->sizes[0], (uint32_t)shape_cap);
    histogram_learn(b->sizes[1], BASELINE_SIZE_BINS, o->sizes[1], (uint32_t)shape_cap);
    histogram_learn(b->protocols, BASELINE_PROTOCOL_BINS, o->protocols,
                    (uint32_t)shape_cap);
    novelty_decay(&b->novelty, ewma_keep(surprise->elapsed_s, novelty_half_life_s));
    baseline_learn_keys(b, o);
}

double baseline_usual(const struct baseline *baseline, enum baseline_feature feature) {
    unsigned f = feature;
    return f < FEATURE_VOLUME_COUNT ? expm1((double)baseline->slow.mean[f]) : 0;
}

double baseline_spread(const struct baseline *baseline, enum baseline_feature feature) {
    unsigned f = feature;
    if (f >= FEATURE_VOLUME_COUNT)
        return 1;
    return exp(larger((double)sd_floor, sqrt((double)baseline->slow.variance[f])));
}

double baseline_windows_a_day(const struct baseline *baseline) {
    double age_s = (double)(baseline->last_s - baseline->first_s) + 3600;
    double most = enough_age_s / 10;
    return smaller(most, larger(1, (double)baseline->windows * enough_age_s / age_s));
}

double baseline_maturity(const struct baseline *baseline, enum baseline_family family) {
    double windows = smaller(1, (double)baseline->windows / enough_windows);
    if (family != BASELINE_LASTING)
        return windows;
    return smaller(windows,
                   (double)(baseline->last_s - baseline->first_s) / enough_age_s);
}
