/* Siffer, Fouque, Termier and Largouet, "Anomaly detection in streams with extreme value
   theory" (SPOT), KDD 2017: beyond a high quantile the tail of nearly any distribution is
   a generalized Pareto one. Changed: the past is a decayed histogram in place of a list of
   peaks; the parameters are fitted by moments (Hosking and Wallis, "Parameter and quantile
   estimation for the generalized Pareto distribution", Technometrics, 1987), their k being
   minus our shape; every score is learnt, the surprising ones too; and the result never
   lies below the empirical count, because a fitted tail may be too light.
   A decayed count N of the newest scores sees about N back; a histogram of n bins costs 2n
   bytes and answers within 1/8 octave, 9 % of the score. */

#include "models/tail.h"

#include "models/histogram.h"

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
    unsigned bin = (unsigned)octave * TAIL_BINS_PER_OCTAVE;
    for (unsigned i = 0; i < TAIL_BINS_PER_OCTAVE;
         i++) /* the first always counts: bin 0 */
        bin += mantissa >= edges_of_octave[i];
    return bin < scale->n ? bin : scale->n - 1;
}

double tail_edge(const struct tail_scale *scale, unsigned bin) {
    if (bin == 0)
        return 0;
    unsigned step = bin - 1;
    return ldexp(edges_of_octave[step % TAIL_BINS_PER_OCTAVE],
                 scale->low + (int)(step / TAIL_BINS_PER_OCTAVE));
}

static uint32_t sum(const uint16_t *bins, unsigned n) {
    uint32_t total = 0;
    for (unsigned i = 0; i < n; i++)
        total += bins[i];
    return total;
}

double tail_count(const struct tail_scale *scale, const uint16_t *bins) {
    return sum(bins, scale->n);
}

struct halves {
    uint32_t below, beyond; /* `beyond` begins with the bin itself */
};

/* No branch depends on the score, and in its own scale n is a constant to the compiler: with
   vectors this halves the time of a look-up. */
static inline struct halves part(const uint16_t *bins, unsigned n, uint16_t bin) {
    uint32_t all = 0, beyond = 0;
    for (uint16_t i = 0; i < n; i++) {
        uint16_t counted = i >= bin ? bins[i] : 0;
        all += bins[i];
        beyond += counted;
    }
    return (struct halves){all - beyond, beyond};
}

static struct halves part_at(const uint16_t *bins, unsigned n, unsigned bin) {
    switch (n) {
    case TAIL_FEATURE_BINS:
        return part(bins, TAIL_FEATURE_BINS, (uint16_t)bin);
    case TAIL_COMBINED_BINS:
        return part(bins, TAIL_COMBINED_BINS, (uint16_t)bin);
    default:
        return part(bins, n, (uint16_t)bin);
    }
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
                   const uint16_t *bins, double score, double *count) {
    struct halves halves = part_at(bins, scale->n, tail_bin(scale, score));
    double below = halves.below, beyond = halves.beyond, total = below + beyond;

    *count = total;
    if (below <= 0) /* an empty tail, too */
        return 1;
    if (!fit->first)
        return (beyond + 1) / (total + 1);
    double empirical = beyond / total, fitted = pareto(scale, fit, score);
    return empirical > fitted ? empirical : fitted;
}

double tail_p(const struct tail_scale *scale, const struct tail_fit *fit,
              const uint16_t *bins, double score) {
    double count;
    return p_of(scale, fit, bins, score, &count);
}

double tail_pooled_p(const struct tail_scale *scale, const struct tail_fit *fit,
                     const uint16_t *bins, const struct tail_fit *pool_fit,
                     const uint16_t *pool_bins, double k, double score,
                     double *evidence) {
    /* Usual values are the usual case. */
    if (!evidence && tail_bin(scale, score) == 0)
        return 1;
    double count, pool_count;
    double own = p_of(scale, fit, bins, score, &count);
    double pool = p_of(scale, pool_fit, pool_bins, score, &pool_count);
    double all = count + pool_count, weight = count + k;

    if (evidence)
        *evidence = all < k ? all / k : 1;
    return weight > 0 ? (count * own + k * pool) / weight : 1;
}

/* Threshold: the lowest edge with at most EXCEEDING_MOST of the mass at or beyond it. */
static void refit(const struct tail_scale *scale, struct tail_fit *fit,
                  const uint16_t *bins) {
    double total = sum(bins, scale->n), beyond = 0;
    unsigned first = scale->n;
    while (first > 0 && beyond + bins[first - 1] <= EXCEEDING_MOST * total)
        beyond += bins[--first];

    *fit = (struct tail_fit){.first = 0};
    if (first == 0 || beyond < (double)scale->needed)
        return;

    double threshold = tail_edge(scale, first), mean = 0, square = 0;
    for (unsigned bin = first; bin < scale->n; bin++) {
        double excess = tail_edge(scale, bin) * MIDDLE_OF_BIN - threshold;
        mean += bins[bin] * excess;
        square += bins[bin] * excess * excess;
    }
    mean /= beyond;
    double variance = square / beyond - mean * mean;

    double shape = SHAPE_LEAST; /* all in one bin: no spread */
    if (variance > 0)
        shape = 0.5 * (1 - mean * mean / variance);
    shape = fmin(fmax(shape, SHAPE_LEAST), (double)scale->shape_max);
    fit->first = (uint8_t)first;
    fit->shape = (float)shape;
    fit->scale =
        (float)(mean * (1 - shape)); /* keeps the mean when the shape was held */
    fit->exceeding = (float)(beyond / total);
}

void tail_learn(const struct tail_scale *scale, struct tail_fit *fit, uint16_t *bins,
                double score) {
    unsigned bin = tail_bin(scale, score);
    if (bins[bin] == UINT16_MAX)
        tail_halve(scale, fit, bins);
    bins[bin]++;
    if (++fit->learned >= REFIT_AFTER)
        refit(scale, fit, bins);
}

void tail_halve(const struct tail_scale *scale, struct tail_fit *fit, uint16_t *bins) {
    histogram_halve(bins, scale->n);
    (void)fit; /* fractions and edges: halving all changes neither */
}
