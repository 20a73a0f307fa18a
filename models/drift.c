#include "models/drift.h"

#include "models/ewma.h"

#include <math.h>
#include <string.h>

enum { DAY_H = 24, RISING_HOURS = 3, NEEDED_HOURS = 12 };
static const double lagged_sd_floor = 0.25, lagged_limit = 3.5;
static const double lagged_half_life_h = 72;
static const double golden_sd_floor = 0.1, allowance = 1, golden_limit = 8;
static const double cusum_most = 16;
static const double steps = 1024;

static int16_t fixed(double value) {
    return (int16_t)fmin(INT16_MAX, fmax(INT16_MIN, round(value * steps)));
}

static struct ewma lagged_of(const struct drift *d, unsigned q) {
    return (struct ewma){d->lagged_mean[q], d->lagged_variance[q], d->lagged_weight};
}

static double standing_out(const struct drift *d, unsigned q, double residual) {
    if ((double)d->lagged_weight < NEEDED_HOURS)
        return 0;
    struct ewma lagged = lagged_of(d, q);
    return ewma_z(&lagged, residual, lagged_sd_floor);
}

/* The oldest of the waiting hours is long enough ago to be compared with. */
static void learn_lagged(struct drift *d) {
    const int16_t *oldest = d->waiting[DRIFT_LAG_H - 1];
    struct ewma lagged = {0};
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        lagged = lagged_of(d, q);
        double residual = oldest[q] / steps;
        ewma_decay(&lagged, ewma_keep(1, lagged_half_life_h));
        ewma_add(&lagged, ewma_clip(&lagged, residual, lagged_sd_floor, 3), 1);
        d->lagged_mean[q] = lagged.mean;
        d->lagged_variance[q] = lagged.variance;
    }
    d->lagged_weight = lagged.weight;
}

static void watch_hours(struct drift *d, const struct context_hour *past) {
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        if (standing_out(d, q, past->residual[q]) < lagged_limit)
            d->rising[q] = 0;
        else if (d->rising[q] < UINT8_MAX)
            d->rising[q]++;
    }
    if (d->waiting_count == DRIFT_LAG_H)
        learn_lagged(d);
    else
        d->waiting_count++;
    memmove(d->waiting[1], d->waiting[0], sizeof d->waiting - sizeof d->waiting[0]);
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++)
        d->waiting[0][q] = fixed(past->residual[q]);
}

static void forget_golden(struct drift *d) {
    d->golden_days = d->told_days = 0;
    memset(d->golden_mean, 0, sizeof d->golden_mean);
    memset(d->golden_variance, 0, sizeof d->golden_variance);
    memset(d->cusum, 0, sizeof d->cusum);
}

static void learn_golden(struct drift *d, unsigned q, double mean) {
    struct ewma golden = {d->golden_mean[q], d->golden_variance[q],
                          (float)d->golden_days};
    ewma_add(&golden, mean, 1);
    d->golden_mean[q] = golden.mean;
    d->golden_variance[q] = golden.variance;
}

static bool compare_with_golden(struct drift *d, unsigned q, double mean) {
    struct ewma golden = {d->golden_mean[q], d->golden_variance[q],
                          (float)d->golden_days};
    double z = ewma_z(&golden, mean, golden_sd_floor);
    double sum = (double)d->cusum[q] + z - allowance;
    d->cusum[q] = (float)fmin(cusum_most, fmax(0, sum));
    d->grown[q] = fixed(mean - (double)golden.mean);
    return sum >= golden_limit;
}

static void end_day(struct drift *d) {
    bool learning = d->golden_days < DRIFT_GOLDEN_DAYS, stands_out = false;
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        double mean = (double)d->day_sum[q] / d->day_hours;
        if (learning)
            learn_golden(d, q, mean);
        else
            stands_out |= compare_with_golden(d, q, mean);
    }
    d->golden_days += learning;
    d->told_days = stands_out ? (uint8_t)(d->told_days + 1) : 0;
    if (d->told_days >= DRIFT_TOLD_DAYS)
        forget_golden(d);
}

static void watch_days(struct drift *d, const struct context_hour *past) {
    uint16_t day = (uint16_t)(past->hour / DAY_H);
    if (day != d->day) {
        if (d->day_hours >= DRIFT_HOURS_A_DAY)
            end_day(d);
        d->day = day;
        d->day_hours = 0;
        memset(d->day_sum, 0, sizeof d->day_sum);
    }
    d->day_hours++;
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++)
        d->day_sum[q] += (float)past->mean[q];
}

void drift_hour(struct drift *drift, const struct context_hour *past) {
    watch_hours(drift, past);
    watch_days(drift, past);
}

bool drift_now(const struct drift *drift, struct drifting *drifting) {
    double most = 0;
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        if ((double)drift->cusum[q] < golden_limit && drift->rising[q] < RISING_HOURS)
            continue;
        double golden = (double)drift->cusum[q] / golden_limit;
        double lagged = (double)drift->rising[q] / RISING_HOURS;
        if (fmax(golden, lagged) <= most)
            continue;
        most = fmax(golden, lagged);
        drifting->quantity = q;
        drifting->golden = golden >= lagged;
        double hours = drift->waiting[0][q] / steps - (double)drift->lagged_mean[q];
        double grown = drifting->golden ? drift->grown[q] / steps : hours;
        drifting->factor = exp(fmax(0, grown));
    }
    return most > 0;
}

void drift_accept(struct drift *drift) {
    memset(drift, 0, sizeof *drift);
}
