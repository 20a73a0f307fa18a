#ifndef MODELS_LOGARITHM_H
#define MODELS_LOGARITHM_H

/* Logarithms that are right to six digits and cost a few instructions: S. L. Moshier's
   polynomial (Cephes, logf), without a branch, so that four are computed at once.
   The error lies below 4e-7, absolute or relative, whichever is larger; the same bits on
   every machine. */

/* ln(1 + count) of n counts ≥ 0, finite. `scaled` may not overlap `counts`. */
void logarithm_scale(const float *counts, float *scaled, unsigned n);

/* ln x of n numbers, normal and positive; of 0 some finite number. */
void logarithm_of(const float *x, float *ln, unsigned n);

/* log10 x of any normal positive double. */
double logarithm_ten(double x);

#endif
