/* Siffer, Fouque, Termier and Largouet, "Anomaly detection in streams with extreme value
   theory" (SPOT), KDD 2017: beyond a high quantile the tail of nearly any distribution is
   a generalized Pareto one. Changed: the past is a decayed histogram in place of a list of
   peaks; the parameters are fitted by moments (Hosking and Wallis, "Parameter and quantile
   estimation for the generalized Pareto distribution", Technometrics, 1987), their k being
   minus our shape; every score is learnt, the surprising ones too; and the result never
   lies below the empirical count, because a fitted tail may be too light.
   A decayed count N of the newest scores sees about N back; a histogram of n bins costs 2n
   bytes and answers within 1/8 octave, 9 % of the score. It is kept summed up from above:
   most scores lie in the lowest bins and raise few sums, and what is asked of it is one sum
   and the whole. */

#include "models/tail.h"

#include <math.h>
#include <string.h>

const struct tail_scale tail_feature_scale = {TAIL_FEATURE_BINS, -2, 0.5F, 10};
const struct tail_scale tail_combined_scale = {TAIL_COMBINED_BINS, -6, 0.3F, 20};

enum { REFIT_AFTER = 32 };
static const double EXCEEDING_MOST = 0.02;
static const double SHAPE_LEAST = 0.05;
static const double SMALLEST_P = 1e-300;
static const double MIDDLE_OF_BIN =
    1.0442737824274138; /* 2^(1/16), the geometric one */

/* 2^(i/8). Edges come from this table and the exponent's bits alone, so that a bin and its
   edge agree to the last bit on every libm. */
static const double edges_of_octave[TAIL_BINS_PER_OCTAVE] = {
    1.0,
    1.0905077326652577,
    1.189207115002721,
    1.2968395546510096,
    1.4142135623730951,
    1.5422108254079407,
    1.681792830507429,
    1.8340080864093424,
};

unsigned tail_bin(const struct tail_scale *scale, double score) {
    uint64_t bits;
    memcpy(&bits, &score, sizeof bits);
    int octave = (int)(bits >> 52 & 0x7FF) - 1023 - scale->low;
    if (octave < 0 || !(score > 0)) /* not a number, too */
        return 0;

    uint64_t mantissa_bits = (bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000;
    double mantissa;
    memcpy(&mantissa, &mantissa_bits, sizeof mantissa);
    unsigned step = 0;
    for (unsigned half = TAIL_BINS_PER_OCTAVE / 2; half > 0; half /= 2)
        step += mantissa >= edges_of_octave[step + half] ? half : 0;
    unsigned bin = (unsigned)octave * TAIL_BINS_PER_OCTAVE + step + 1; /* after bin 0 */
    return bin < scale->n ? bin : scale->n - 1;
}

double tail_edge(const struct tail_scale *scale, unsigned bin) {
    if (bin == 0)
        return 0;
    unsigned step = bin - 1;
    int octave = scale->low + (int)(step / TAIL_BINS_PER_OCTAVE);
    uint64_t bits = (uint64_t)(1023 + octave) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return edges_of_octave[step % TAIL_BINS_PER_OCTAVE] * power;
}

double tail_count(const uint16_t *beyond) {
    return beyond[0];
}

static double pareto(const struct tail_scale *scale, const struct tail_fit *fit,
                     double score) {
    double excess = score - tail_edge(scale, fit->first);
    if (!(excess > 0))
        return (double)fit->exceeding;
    double shape = (double)fit->shape;
    double p = (double)fit->exceeding *
               pow(1 + shape * excess / (double)fit->scale, -1 / shape);
    return p > SMALLEST_P ? p : SMALLEST_P;
}

/* Below the threshold the fitted part stays at `exceeding`, which the empirical count
   passes unless it was decayed since the fit: so p never rises with the score. */
static double p_of(const struct tail_scale *scale, const struct tail_fit *fit,
                   const uint16_t *beyond, unsigned bin, double score) {
    double reached = beyond[bin], total = beyond[0];
    if (reached >= total) /* an empty tail, too */
        return 1;
    if (!fit->first)
        return (reached + 1) / (total + 1);
    double empirical = reached / total;
    if (bin < fit->first && empirical >= (double)fit->exceeding)
        return empirical;
    double fitted = pareto(scale, fit, score);
    return empirical > fitted ? empirical : fitted;
}

double tail_p(const struct tail_scale *scale, const struct tail_fit *fit,
              const uint16_t *beyond, double score) {
    return p_of(scale, fit, beyond, tail_bin(scale, score), score);
}

double tail_pooled_p(const struct tail_scale *scale, const struct tail_fit *fit,
                     const uint16_t *beyond, const struct tail_fit *pool_fit,
                     const uint16_t *pool_beyond, double k, double score,
                     double *evidence) {
    unsigned bin = tail_bin(scale, score);
    /* Usual values are the usual case. */
    if (!evidence && bin == 0)
        return 1;
    double own = p_of(scale, fit, beyond, bin, score);
    double pool = p_of(scale, pool_fit, pool_beyond, bin, score);
    double count = beyond[0], all = count + pool_beyond[0], weight = count + k;

    if (evidence)
        *evidence = all < k ? all / k : 1;
    return weight > 0 ? (count * own + k * pool) / weight : 1;
}

/* Threshold: the lowest edge with at most EXCEEDING_MOST of the mass at or beyond it. Seldom
   called: what it needs of registers is not to be saved at each score. */
__attribute__((noinline)) static void
refit(const struct tail_scale *scale, struct tail_fit *fit, const uint16_t *beyond) {
    double total = beyond[0];
    uint16_t most = (uint16_t)(EXCEEDING_MOST * total);
    unsigned first = scale->n;
    while (first > 0 && beyond[first - 1] <= most)
        first--;

    *fit = (struct tail_fit){.first = 0};
    if (first == 0 || first == scale->n || beyond[first] < scale->needed)
        return;

    double exceeding = beyond[first], threshold = tail_edge(scale, first);
    double mean = 0, square = 0;
    for (unsigned bin = first; bin < scale->n && beyond[bin]; bin++) {
        unsigned above = bin + 1 < scale->n ? beyond[bin + 1] : 0;
        double held = beyond[bin] - above;
        double excess = tail_edge(scale, bin) * MIDDLE_OF_BIN - threshold;
        mean += held * excess;
        square += held * excess * excess;
    }
    mean /= exceeding;
    double variance = square / exceeding - mean * mean;

    double shape = SHAPE_LEAST; /* all in one bin: no spread */
    if (variance > 0)
        shape = 0.5 * (1 - mean * mean / variance);
    shape = fmin(fmax(shape, SHAPE_LEAST), (double)scale->shape_max);
    fit->first = (uint8_t)first;
    fit->shape = (float)shape;
    fit->scale =
        (float)(mean * (1 - shape)); /* keeps the mean when the shape was held */
    fit->exceeding = (float)(exceeding / total);
}

void tail_learn(const struct tail_scale *scale, struct tail_fit *fit, uint16_t *beyond,
                double score) {
    unsigned bin = tail_bin(scale, score);
    if (beyond[0] == UINT16_MAX)
        tail_halve(scale, beyond);
    for (unsigned i = 0; i <= bin; i++)
        beyond[i]++;
    if (++fit->learned >= REFIT_AFTER)
        refit(scale, fit, beyond);
}

/* The sums are cut, so what is odd in one bin goes to the one below. The fit consists of
   fractions and edges: halving all changes neither. */
void tail_halve(const struct tail_scale *scale, uint16_t *beyond) {
    for (unsigned i = 0; i < scale->n; i++)
        beyond[i] >>= 1;
}
