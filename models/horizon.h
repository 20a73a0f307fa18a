#ifndef MODELS_HORIZON_H
#define MODELS_HORIZON_H

/* Exponentially weighted means and spreads of many quantities that are measured together, so
   that they share one weight and lie side by side: ewma.h four at once, in floats. */

enum { HORIZON_QUANTITIES = 20 };

struct horizon {
    float weight; /* effective number of samples, decayed */
    float mean[HORIZON_QUANTITIES], variance[HORIZON_QUANTITIES];
};

/* How far each sample lies from its mean, in standard deviations of at least `sd_floor` > 0,
   that of the mean itself included; 0 while nothing was seen. */
void horizon_deviations(const struct horizon *horizon,
                        const float samples[HORIZON_QUANTITIES], float sd_floor,
                        float *restrict deviations);

/* The same of quantity `q`, whose mean is known to be another now. */
float horizon_deviation(const struct horizon *horizon, unsigned q, float sample,
                        float mean, float sd_floor);

/* Forget all but `keep` (0 … 1) of the weight and take the samples in, each moved towards its
   mean to be at most `limit` standard deviations away. */
void horizon_learn(struct horizon *horizon, const float samples[HORIZON_QUANTITIES],
                   float keep, float sd_floor, float limit);

#endif
