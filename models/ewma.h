#ifndef MODELS_EWMA_H
#define MODELS_EWMA_H

/* Exponentially weighted mean and variance with an explicit weight, so that a young
   estimate is an average of all it saw and only an old one forgets.
   Source: T. Finch, "Incremental calculation of weighted mean and variance" (2009), with the
   decay applied to the weight, hence correct for irregular times between updates. */

struct ewma {
    float mean;
    float variance; /* of the weighted sample (no small-sample correction), ≥ 0 */
    float weight;   /* effective number of samples, decayed */
};

/* Fraction of weight kept after `elapsed` when half is kept after `half_life` (same unit, > 0). */
double ewma_keep(double elapsed, double half_life);

/* Forget: `keep` in 0..1. Mean and variance stay, their weight shrinks. */
void ewma_decay(struct ewma *ewma, double keep);

/* Add one finite sample with `weight` > 0. */
void ewma_add(struct ewma *ewma, double sample, double weight);

/* Signed distance of `sample` from the mean in standard deviations, with the variance of the
   mean itself added and the deviation never below `sd_floor` > 0. 0 while nothing was seen. */
double ewma_z(const struct ewma *ewma, double sample, double sd_floor);

/* `sample` moved towards the mean so that its z is at most `limit` standard deviations. */
double ewma_clip(const struct ewma *ewma, double sample, double sd_floor, double limit);

#endif
