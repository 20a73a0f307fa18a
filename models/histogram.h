#ifndef MODELS_HISTOGRAM_H
#define MODELS_HISTOGRAM_H

#include <stdint.h>

/* Decayed histograms in 16-bit bins, and how far a window's histogram lies from a profile. */

enum { HISTOGRAM_BINS_MAX = 64 };

/* Add `counts` (n bins, at most HISTOGRAM_BINS_MAX) to `bins`, scaled down so that one window
   adds at most `cap` in all (a busy window teaches no more than a quiet one). When a bin
   would overflow, all are halved first. A `cap` above 65535 counts as 65535. */
void histogram_learn(uint16_t *bins, unsigned n, const uint32_t *counts, uint32_t cap);

/* Forget half. Odd counts are rounded down and up in turn, so that thin bins do not all
   vanish at once and the total is halved exactly (down). */
void histogram_halve(uint16_t *bins, unsigned n);

uint32_t histogram_total(const uint16_t *bins, unsigned n);

/* sqrt(2 · min(N, cap) · KL(window ‖ profile)), N the window's count: the root of the
   likelihood-ratio statistic G, so about a χ score with n − 1 degrees of freedom when the
   profile holds (half-normal for two bins). The profile is smoothed with half a count in
   each bin (Krichevsky–Trofimov). The divergence itself is right to 2e-6.
   0 for an empty window or an empty profile. */
double histogram_divergence(const uint16_t *profile, unsigned n, const uint32_t *counts,
                            double cap);

/* −log10 of the smoothed probability of `bin` in the profile; 0 while it is empty. */
double histogram_surprise(const uint16_t *profile, unsigned n, unsigned bin);

#endif
