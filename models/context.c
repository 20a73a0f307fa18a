#include "models/context.h"

#include <math.h>
#include <string.h>

enum { HOUR_S = 3600, DAY_H = 24, WEEK_H = 168, A_WEEK_D = 8 };
static const double steps = 12, quarters = 4;
static const double backoff = 1.5; /* visits' worth of the mean over all hours */

static double visits_of(const struct context *context, unsigned hour) {
    return context->visits[hour] / quarters;
}

static double mean_of(const struct context *context, unsigned hour, unsigned quantity) {
    return context->mean[hour][quantity] / steps;
}

/* The hour at work ends: into its context, whose older visits fade. */
static void fold(struct context *c, const double overall[CONTEXT_QUANTITIES],
                 struct context_hour *past) {
    unsigned at = c->hour % DAY_H;
    double keep = exp2(-1.0 / CONTEXT_HALF_LIFE), before = keep * visits_of(c, at);
    past->hour = c->hour;
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++) {
        double mean = (double)c->sum[q] / c->samples;
        double usual = before > 0 ? mean_of(c, at, q) : overall[q];
        past->mean[q] = mean;
        past->residual[q] = mean - usual;
        double folded = before > 0 ? usual + (mean - usual) / (before + 1) : mean;
        c->mean[at][q] = (uint8_t)fmin(255, fmax(0, round(folded * steps)));
    }
    c->visits[at] = (uint8_t)fmin(255, round((before + 1) * quarters));
    unsigned bit = c->hour % WEEK_H;
    c->active[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

bool context_take(struct context *context, uint64_t now_s,
                  const double sample[CONTEXT_QUANTITIES],
                  const double overall[CONTEXT_QUANTITIES], struct context_hour *past) {
    /* A window belongs to the hour that it ends in or with. */
    uint32_t hour = (uint32_t)((now_s - (now_s > 0)) / HOUR_S);
    bool over = context->samples > 0 && hour != context->hour;
    if (over)
        fold(context, overall, past);
    if (over || context->samples == 0) {
        if (context->days < UINT8_MAX &&
            (context->days == 0 || hour / DAY_H != context->hour / DAY_H))
            context->days++;
        context->hour = hour;
        context->samples = 0;
        memset(context->sum, 0, sizeof context->sum);
    }
    if (context->samples == UINT16_MAX)
        return over;
    context->samples++;
    for (unsigned q = 0; q < CONTEXT_QUANTITIES; q++)
        context->sum[q] += (float)sample[q];
    return over;
}

double context_mean(const struct context *context, uint64_t now_s, unsigned quantity,
                    double overall) {
    unsigned hour = (unsigned)((now_s - (now_s > 0)) / HOUR_S % DAY_H);
    double visits = visits_of(context, hour);
    return (visits * mean_of(context, hour, quantity) + backoff * overall) /
           (visits + backoff);
}

bool context_is_usual_hour(const struct context *context, uint64_t now_s) {
    uint32_t hour = (uint32_t)((now_s - (now_s > 0)) / HOUR_S);
    if (hour == context->hour)
        return true;
    unsigned bit = hour % WEEK_H;
    if (context->active[bit / 8] >> (bit % 8) & 1)
        return true;
    return context->days < A_WEEK_D && context->visits[hour % DAY_H];
}
