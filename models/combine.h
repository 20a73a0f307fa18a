#ifndef MODELS_COMBINE_H
#define MODELS_COMBINE_H

/* Evidence combined: probabilities p in (0, 1], or a = −log10 p, finite. To six digits. */

/* Σ −log10 p of n, with one logarithm for all of them that are not tiny. */
double combine_sum(const double *p, unsigned n);

/* Fisher's method (1925): −2 Σ ln p ~ χ² with 2n degrees of freedom, in closed form for even
   degrees; returns −log10 of its upper tail, accurate beyond a = 300. n = 0 gives 0. */
double combine_fisher(double sum_of_a, unsigned n);

/* Smallest p of n, corrected for the n looks (Šidák): −log10(1 − (1 − p)^n). */
double combine_best(double smallest_p, unsigned n);

double combine_a_of_p(double p); /* at most 300 */

#endif
