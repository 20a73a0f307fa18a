#ifndef MODELS_DRIFT_H
#define MODELS_DRIFT_H

#include "models/context.h"

#include <stdbool.h>
#include <stdint.h>

/* Change too slow for any single window. Two watches over hourly means (on a logarithmic
   scale):
   - lagged: the last hours against hours that ended at least DRIFT_LAG_H hours before, so
     that what creeps in within a day meets a memory that it has not yet reached;
   - golden: each day's mean against days long ago that are frozen (the first
     DRIFT_GOLDEN_DAYS), by a one-sided CUSUM (Page, "Continuous inspection schemes",
     Biometrika, 1954) with an allowance of 1 and a limit of 8 spreads of a day: a
     growth of one percent a day passes it before it has become a third. What has stood out
     for DRIFT_TOLD_DAYS without anybody minding is how things are now, and freezes anew. */

enum {
    DRIFT_LAG_H = 4,
    DRIFT_GOLDEN_DAYS = 7,
    DRIFT_HOURS_A_DAY = 6,
    DRIFT_TOLD_DAYS = 14
};

struct drift {
    float lagged_weight, lagged_mean[CONTEXT_QUANTITIES],
        lagged_variance[CONTEXT_QUANTITIES]; /* of residuals that ended long ago */
    float day_sum[CONTEXT_QUANTITIES]; /* of the hourly means of the day at work */
    float golden_mean[CONTEXT_QUANTITIES], golden_variance[CONTEXT_QUANTITIES];
    float cusum[CONTEXT_QUANTITIES];                  /* in spreads of a day */
    int16_t waiting[DRIFT_LAG_H][CONTEXT_QUANTITIES]; /* residuals, newest first,
                                                         in 1/1024 */
    int16_t
        grown[CONTEXT_QUANTITIES]; /* yesterday against the golden days, in 1/1024 */
    uint8_t waiting_count;
    uint8_t day_hours;   /* in day_sum */
    uint8_t golden_days; /* of which golden_mean is, at most DRIFT_GOLDEN_DAYS */
    uint8_t told_days;   /* in a row on which a quantity was beyond the limit */
    uint16_t day;        /* at work, days since the epoch */
    uint8_t rising[CONTEXT_QUANTITIES]; /* hours in a row that stood out, saturating */
    uint16_t spare_too;
};

/* An hour is over. */
void drift_hour(struct drift *drift, const struct context_hour *past);

/* What drifts: a quantity, and by which factor it has grown; false if nothing does. */
struct drifting {
    unsigned quantity;
    double factor; /* against what it was, > 1 */
    bool golden;   /* against long ago; else within hours */
};
bool drift_now(const struct drift *drift, struct drifting *drifting);

/* What it is now is what it should be: both watches begin again. */
void drift_accept(struct drift *drift);

#endif
