#include "tests/traffic/schedule.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static const double second_us = 1e6;

static uint64_t day_of(uint64_t time_us) {
    return time_us / 1000000 / DAY_S;
}

static int weekday_of(uint64_t time_us) {
    return (int)((time_us / 1000000 / DAY_S + 4) % 7); /* 1970 began on a Thursday */
}

static double hour_of(uint64_t time_us) {
    return (double)(time_us / 1000000 % DAY_S) / HOUR_S;
}

/* Percent of full activity in each hour, on weekdays and at weekends. */
static const uint8_t hours[RHYTHM_COUNT][2][24] = {
    [RHYTHM_FLAT] = {{100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
                      100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100},
                     {100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
                      100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100}},
    [RHYTHM_HOME] = {{8,  4,  2,  2,  2,  6,  30, 55, 40,  20, 16, 18,
                      24, 20, 18, 24, 36, 60, 80, 95, 100, 90, 55, 22},
                     {14, 8,  4,  2,  2,  3,  8,  22, 45,  65, 70, 65,
                      70, 62, 58, 60, 66, 75, 85, 95, 100, 92, 65, 30}},
    [RHYTHM_OFFICE] = {{2,  2,  2,  2,  2,  3,  12, 40, 85, 100, 95, 88,
                        55, 80, 95, 92, 80, 50, 18, 8,  5,  4,   3,  2},
                       {2, 2, 2, 2, 2, 2, 3, 4, 6, 8, 8, 8,
                        6, 6, 6, 6, 5, 4, 3, 2, 2, 2, 2, 2}},
    [RHYTHM_SHIFT] = {{10, 8,  8,  8,   10,  40, 95,  100, 100, 85, 100, 100,
                       80, 95, 70, 100, 100, 85, 100, 90,  80,  60, 20,  12},
                      {8,  8,  8, 8, 10, 25, 50, 55, 55, 50, 50, 45,
                       30, 15, 8, 8, 8,  8,  8,  8,  8,  8,  8,  8}},
    [RHYTHM_DAYLIGHT] = {{10, 10, 10, 10, 12, 20,  50, 70, 80, 75, 75, 80,
                          85, 80, 78, 80, 90, 100, 90, 60, 40, 30, 20, 12},
                         {12, 10, 10, 10, 10, 14, 25, 45, 65, 80, 90, 95,
                          95, 90, 90, 90, 90, 95, 85, 60, 45, 35, 25, 15}},
};

double schedule_rhythm(enum rhythm rhythm, uint64_t time_us) {
    int weekday = weekday_of(time_us);
    const uint8_t *day = hours[rhythm][weekday == 0 || weekday == 6];
    double hour = hour_of(time_us) - 0.5;
    int before = (int)floor(hour), at = (before + 24) % 24;
    double part = hour - before;
    return (day[at] * (1.0 - part) + day[(at + 1) % 24] * part) / 100.0;
}

/* Some days are busier than others, for everyone in his own way: ± 30 %. */
static double mood_of_day(uint64_t mood, uint64_t time_us) {
    struct rng rng = rng_make(mood, day_of(time_us));
    double factor = rng_lognormal(&rng, 0.75, 0.3);
    return factor > 1.0 ? 1.0 : factor;
}

static uint64_t next_by_people(const struct schedule *schedule, uint64_t now_us,
                               uint64_t mood, struct rng *rng) {
    if (rng_chance(rng, 0.2)) /* what people do, they often do again at once */
        return now_us + (uint64_t)(rng_lognormal(rng, 20.0, 0.9) * second_us);
    for (int tries = 0; tries < 4096; tries++) {
        now_us += (uint64_t)(rng_exponential(rng, schedule->period_s) * second_us);
        if (rng_chance(rng, schedule_rhythm(schedule->rhythm, now_us) *
                                mood_of_day(mood, now_us)))
            break;
    }
    return now_us;
}

static uint64_t next_at_hour(const struct schedule *schedule, uint64_t now_us,
                             struct rng *rng) {
    uint64_t midnight_us = now_us - now_us % ((uint64_t)DAY_S * 1000000);
    double hour = schedule->hour + schedule->jitter * rng_uniform(rng);
    uint64_t next_us = midnight_us + (uint64_t)(hour * HOUR_S * second_us);
    while (next_us <= now_us || (schedule->timing == TIMING_WEEKLY &&
                                 weekday_of(next_us) != schedule->weekday))
        next_us += (uint64_t)DAY_S * 1000000;
    return next_us;
}

uint64_t schedule_next(const struct schedule *schedule, uint64_t now_us, uint64_t mood,
                       struct rng *rng) {
    switch (schedule->timing) {
    case TIMING_PEOPLE:
        return next_by_people(schedule, now_us, mood, rng);
    case TIMING_DAILY:
    case TIMING_WEEKLY:
        return next_at_hour(schedule, now_us, rng);
    default:
        return now_us +
               (uint64_t)(rng_lognormal(rng, schedule->period_s, schedule->jitter) *
                          second_us);
    }
}

/* Between two hours of a day, each moved a little from day to day. */
static bool between(uint64_t time_us, struct rng *rng, double from, double to,
                    double spread) {
    double begin = from + spread * (rng_uniform(rng) - 0.5);
    double end = to + spread * (rng_uniform(rng) - 0.5);
    double hour = hour_of(time_us);
    return hour >= begin && hour < end;
}

bool schedule_present(enum presence presence, uint64_t time_us, uint64_t mood) {
    struct rng rng = rng_make(mood, 7 + day_of(time_us));
    int weekday = weekday_of(time_us);
    bool weekend = weekday == 0 || weekday == 6;
    switch (presence) {
    case PRESENCE_RESIDENT:
        if (weekend)
            return !(rng_chance(&rng, 0.6) && between(time_us, &rng, 13.5, 16.5, 3.0));
        return rng_chance(&rng, 0.2) || !between(time_us, &rng, 8.0, 17.3, 1.4);
    case PRESENCE_WORKER:
        return !weekend && rng_chance(&rng, 0.92) &&
               between(time_us, &rng, 8.3, 17.2, 1.8);
    case PRESENCE_OPENING:
        return !weekend && between(time_us, &rng, 7.3, 19.0, 1.0);
    case PRESENCE_TELEVISION:
        return rng_chance(&rng, 0.9) &&
               between(time_us, &rng, weekend ? 15.0 : 18.0, 23.2, 2.0);
    case PRESENCE_NEVER:
        return false;
    default:
        return true;
    }
}
