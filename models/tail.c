/* An empirical tail in a logarithmic histogram, extrapolated by a generalized Pareto
   distribution (sources in the header). Changed against SPOT: counts decay, the fit is by
   moments of the binned exceedances instead of likelihood, and the result never falls below
   the count that was seen. The shape never falls below 0.05: a light tail that was fitted to
   few exceedances would call the next larger one impossible. The histogram is kept summed
   up from above: what is asked of it is one sum. Its edges are where the exponent and the
   first three bits of the mantissa of a float change: no logarithm is taken to find a level,
   and a level and its edge agree to the last bit. */

#include "models/tail.h"

#include <math.h>
#include <string.h>

const struct tail_scale tail_feature_scale = {TAIL_FEATURE_EDGES, -2, 0.5F, 10};
const struct tail_scale tail_combined_scale = {TAIL_COMBINED_EDGES, -6, 0.3F, 20};

enum { MANTISSA_BITS = 23, STEP_BITS = 3, EXPONENT_BIAS = 127 };
_Static_assert(TAIL_EDGES_PER_OCTAVE == 1 << STEP_BITS, "steps are bits of a mantissa");

static const double exceeding_most = 0.02;
static const double shape_least = 0.05;
static const double smallest_p = 1e-300;

void tail_levels(const struct tail_scale *scale, const float *scores, unsigned n,
                 int32_t *levels) {
    int32_t most = (int32_t)scale->n;
    int32_t below = ((EXPONENT_BIAS + scale->low) << STEP_BITS) - 1;
    for (unsigned i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, &scores[i], sizeof bits);
        int32_t level = (bits >> (MANTISSA_BITS - STEP_BITS)) - below;
        level = level > most ? most : level;
        level = level < 0 ? 0 : level;
        levels[i] = scores[i] > 0 ? level : 0;
    }
}

double tail_edge(const struct tail_scale *scale, unsigned level) {
    if (level == 0)
        return 0;
    uint32_t bits =
        (uint32_t)((EXPONENT_BIAS + scale->low) * TAIL_EDGES_PER_OCTAVE) + level - 1;
    bits <<= MANTISSA_BITS - STEP_BITS;
    float edge;
    memcpy(&edge, &bits, sizeof edge);
    return (double)edge;
}

static double pareto(const struct tail *tail, double score) {
    const struct tail_fit *fit = tail->fit;
    double excess = score - tail_edge(tail->scale, fit->first);
    if (!(excess > 0))
        return (double)fit->exceeding;
    double shape = (double)fit->shape;
    double p = (double)fit->exceeding *
               pow(1 + shape * excess / (double)fit->scale, -1 / shape);
    return p > smallest_p ? p : smallest_p;
}

/* N·p, which saves a division where it is a count. Below the threshold the fitted part stays
   at `exceeding`, which the empirical count passes unless it was decayed since the fit: so
   p never rises with the score. */
static double mass(const struct tail *tail, unsigned level, float score) {
    const struct tail_fit *fit = tail->fit;
    double total = tail->count;
    double reached = level > 0 ? tail->beyond[level - 1] : total;
    if (reached >= total) /* an empty tail, too */
        return total;
    if (!fit->first)
        return (reached + 1) * total / (total + 1);
    if (level < fit->first && reached >= total * (double)fit->exceeding)
        return reached;
    double fitted = total * pareto(tail, (double)score);
    return reached > fitted ? reached : fitted;
}

double tail_p(const struct tail *tail, unsigned level, float score) {
    return tail->count > 0 ? mass(tail, level, score) / tail->count : 1;
}

double tail_pooled_p(const struct tail *own, const struct tail *pool, double k,
                     unsigned level, float score) {
    return (mass(own, level, score) + k * tail_p(pool, level, score)) /
           (own->count + k);
}

enum { EIGHT = TAIL_EDGES_PER_OCTAVE };

/* The sums apart: then one instruction adds them. */
static inline void add_eight(uint16_t *beyond, const uint16_t *add) {
    uint16_t sums[EIGHT];
    for (unsigned i = 0; i < EIGHT; i++)
        sums[i] = (uint16_t)(beyond[i] + add[i]);
    memcpy(beyond, sums, sizeof sums);
}

/* Eight at once, and no more of them than there is something to be counted in. */
void tail_learn(uint16_t *beyond, unsigned level) {
    static const uint16_t ones_then_zeros[2 * EIGHT] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (; level > EIGHT; level -= EIGHT, beyond += EIGHT)
        add_eight(beyond, ones_then_zeros);
    add_eight(beyond, &ones_then_zeros[EIGHT - level]);
}

/* The lowest level at or beyond whose edge there is at most `most`, looked for from where it
   was. */
static unsigned threshold_of(const struct tail *tail, double most) {
    unsigned first = tail->fit->first ? tail->fit->first : 1;
    while (first <= tail->scale->n && tail->beyond[first - 1] > most)
        first++;
    while (first > 1 && tail->beyond[first - 2] <= most)
        first--;
    return first;
}

void tail_refit(const struct tail *tail, struct tail_fit *fit) {
    const uint16_t *beyond = tail->beyond;
    unsigned n = tail->scale->n;
    double total = tail->count;
    unsigned first = threshold_of(tail, exceeding_most * total);
    *fit = (struct tail_fit){.first = 0};
    if (first > n || beyond[first - 1] < (double)tail->scale->needed)
        return;

    double exceeding = beyond[first - 1], threshold = tail_edge(tail->scale, first);
    double mean = 0, square = 0, edge = threshold;
    for (unsigned level = first; level <= n && beyond[level - 1]; level++) {
        double next = tail_edge(tail->scale, level + 1);
        double held = beyond[level - 1] - (level < n ? beyond[level] : 0);
        double excess = (edge + next) / 2 - threshold;
        mean += held * excess;
        square += held * excess * excess;
        edge = next;
    }
    mean /= exceeding;
    double variance = square / exceeding - mean * mean;

    double shape = shape_least; /* all on one level: no spread */
    if (variance > 0)
        shape = 0.5 * (1 - mean * mean / variance);
    shape = fmin(fmax(shape, shape_least), (double)tail->scale->shape_max);
    fit->first = (uint8_t)first;
    fit->shape = (float)shape;
    fit->scale =
        (float)(mean * (1 - shape)); /* keeps the mean when the shape was held */
    fit->exceeding = (float)(exceeding / total);
}

/* The sums are cut, so what is odd on one level goes to the one below. */
void tail_halve(const struct tail_scale *scale, uint16_t *beyond) {
    for (unsigned i = 0; i < scale->n; i++)
        beyond[i] >>= 1;
}
