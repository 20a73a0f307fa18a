/* T. Finch, "Incremental calculation of weighted mean and variance" (Cambridge, 2009),
   §4 (weighted) rather than §9 (exponential): the decay is applied to the weight of the
   past, so the first sample does not count more than the second, and time between
   updates may be irregular. Changed: the variance is kept in place of the sum of squares,
   because it survives a decay unchanged and suits a float. */

#include "models/ewma.h"

#include <math.h>

double ewma_keep(double elapsed, double half_life) {
    return elapsed > 0 ? exp2(-elapsed / half_life) : 1;
}

void ewma_decay(struct ewma *ewma, double keep) {
    ewma->weight = (float)((double)ewma->weight * keep);
}

void ewma_add(struct ewma *ewma, double sample, double weight) {
    double past = (double)ewma->weight, total = past + weight;
    double step = sample - (double)ewma->mean, share = weight / total;

    ewma->weight = (float)total;
    if (step == 0 &&
        ewma->variance <= 0) /* most features of most devices: never used */
        return;
    ewma->mean = (float)((double)ewma->mean + share * step);
    ewma->variance =
        (float)(past / total * ((double)ewma->variance + share * step * step));
}

/* Of one more sample around the estimated mean: σ² of itself and σ²/n of the mean. The
   floor comes first, so that a young estimate is doubted even where all samples agreed. */
static double deviation(const struct ewma *ewma, double sd_floor) {
    double variance = fmax((double)ewma->variance, sd_floor * sd_floor);
    return sqrt(variance * (1 + 1 / (double)ewma->weight));
}

double ewma_z(const struct ewma *ewma, double sample, double sd_floor) {
    if (!(ewma->weight > 0) || sample == (double)ewma->mean)
        return 0;
    return (sample - (double)ewma->mean) / deviation(ewma, sd_floor);
}

double ewma_clip(const struct ewma *ewma, double sample, double sd_floor,
                 double limit) {
    if (!(ewma->weight > 0) || sample == (double)ewma->mean)
        return sample;
    double reach = limit * deviation(ewma, sd_floor), mean = (double)ewma->mean;
    return fmin(fmax(sample, mean - reach), mean + reach);
}
