#ifndef MODELS_COMBINE_H
#define MODELS_COMBINE_H

/* Evidence as a = −log10 p, combined. All arguments ≥ 0 and finite. */

/* Fisher's method (1925): −2 Σ ln p ~ χ² with 2n degrees of freedom, in closed form for even
   degrees; returns −log10 of its upper tail, accurate beyond a = 300. n = 0 gives 0. */
double combine_fisher(const double *a, unsigned n);

/* Smallest p of n, corrected for the n looks (Šidák): −log10(1 − (1 − p)^n). */
double combine_best(double largest_a, unsigned n);

double combine_a_of_p(double p); /* p in (0, 1]; at most 300 */
double combine_p_of_a(double a);

#endif
