#ifndef MODELS_CONTEXT_H
#define MODELS_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

/* What is usual at this hour: a mean for each hour of the day, for a few quantities, and for
   each hour of the week whether there was anything at all. A context decays by its
   visits, half-life CONTEXT_HALF_LIFE of them, and not by time: three Mondays say the same
   whether they were the last three or not. Where it is thin, the caller's mean over all
   hours speaks (back-off by weight, as in Jelinek and Mercer, "Interpolated estimation of
   Markov source parameters from sparse data", 1980). Hours are of UTC. */

enum { CONTEXT_QUANTITIES = 4, CONTEXT_HALF_LIFE = 4 };

struct context {
    uint32_t hour;    /* at work, hours since the epoch; 0 before the first sample */
    uint16_t samples; /* taken in it, saturating */
    uint8_t days;     /* distinct days seen, saturating */
    uint8_t spare;
    float sum[CONTEXT_QUANTITIES];        /* of them */
    uint8_t mean[24][CONTEXT_QUANTITIES]; /* in twelfths */
    uint8_t visits[24];                   /* decayed, in quarters */
    uint8_t active[21];                   /* a bit for each hour of the week */
};

/* An hour that is over: its means, and what they differ from what such an hour had. */
struct context_hour {
    uint32_t hour; /* hours since the epoch */
    double mean[CONTEXT_QUANTITIES], residual[CONTEXT_QUANTITIES];
};

/* Take a sample of each quantity (0 … 21, a logarithm of a count) at `now_s`. Returns
   whether another hour was over with it, which `past` then describes; residuals are
   against `overall` where the context is empty. O(1). */
bool context_take(struct context *context, uint64_t now_s,
                  const double sample[CONTEXT_QUANTITIES],
                  const double overall[CONTEXT_QUANTITIES], struct context_hour *past);

/* The mean of a quantity at this hour, drawn towards `overall` while the context is thin. */
double context_mean(const struct context *context, uint64_t now_s, unsigned quantity,
                    double overall);

/* Whether there was ever something at this hour of the week, or, before a second week has
   begun, at this hour of any day. */
bool context_is_usual_hour(const struct context *context, uint64_t now_s);

#endif
