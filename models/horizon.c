#include "models/horizon.h"

#include <math.h>

/* σ² of one more sample, and σ²/n of the mean. */
static float widening(float weight) {
    return weight > 0 ? 1 + 1 / weight : INFINITY;
}

static inline float spread_of(float variance, float sd_floor, float widen) {
    float least = sd_floor * sd_floor;
    return sqrtf((variance > least ? variance : least) * widen);
}

float horizon_deviation(const struct horizon *horizon, unsigned q, float sample,
                        float mean, float sd_floor) {
    return fabsf(sample - mean) /
           spread_of(horizon->variance[q], sd_floor, widening(horizon->weight));
}

void horizon_deviations(const struct horizon *horizon,
                        const float samples[HORIZON_QUANTITIES], float sd_floor,
                        float *restrict deviations) {
    float widen = widening(horizon->weight);
    for (unsigned q = 0; q < HORIZON_QUANTITIES; q++)
        deviations[q] = fabsf(samples[q] - horizon->mean[q]) /
                        spread_of(horizon->variance[q], sd_floor, widen);
}

void horizon_learn(struct horizon *horizon, const float samples[HORIZON_QUANTITIES],
                   float keep, float sd_floor, float limit) {
    float past = horizon->weight * keep, total = past + 1;
    float widen = widening(past), share = 1 / total, kept = past / total;
    for (unsigned q = 0; q < HORIZON_QUANTITIES; q++) {
        float mean = horizon->mean[q], variance = horizon->variance[q];
        float reach = limit * spread_of(variance, sd_floor, widen);
        float step = samples[q] - mean;
        step = step > reach ? reach : step;
        step = step < -reach ? -reach : step;
        horizon->mean[q] = mean + share * step;
        horizon->variance[q] = kept * (variance + share * step * step);
    }
    horizon->weight = total;
}
