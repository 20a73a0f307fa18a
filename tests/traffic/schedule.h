#ifndef TESTS_TRAFFIC_SCHEDULE_H
#define TESTS_TRAFFIC_SCHEDULE_H

#include "tests/traffic/rng.h"

#include <stdbool.h>
#include <stdint.h>

/* When something happens: at intervals, at the whim of people who have days and weeks, or at
   an hour. UTC is the site's local time. */

enum timing {
    TIMING_EVERY, /* each period_s, log-normal by jitter */
    TIMING_CYCLE, /* the same, but stretched by the simulation's pace */
    TIMING_PEOPLE, /* on average each period_s while the rhythm is full; comes in bursts */
    TIMING_DAILY,  /* at hour, within jitter hours after it */
    TIMING_WEEKLY, /* the same, on one weekday */
};

enum rhythm {
    RHYTHM_FLAT,
    RHYTHM_HOME,   /* mornings and evenings, more at weekends */
    RHYTHM_OFFICE, /* working hours of weekdays */
    RHYTHM_SHIFT,  /* two shifts, six days */
    RHYTHM_DAYLIGHT,
    RHYTHM_COUNT,
};

struct schedule {
    enum timing timing;
    enum rhythm rhythm;
    double period_s;
    double jitter;
    double hour;
    int weekday; /* 0 is Sunday */
};

/* How busy a rhythm is at a time: 0 … 1. */
double schedule_rhythm(enum rhythm rhythm, uint64_t time_us);

/* The next time after now; `mood` individualises whose days are busy and whose quiet. */
uint64_t schedule_next(const struct schedule *schedule, uint64_t now_us, uint64_t mood,
                       struct rng *rng);

/* A presence: the time at which the state that holds now ends, and which state that is. */
enum presence {
    PRESENCE_ALWAYS,
    PRESENCE_RESIDENT, /* leaves home for work on weekdays, and now and then otherwise */
    PRESENCE_WORKER,   /* in the building on weekdays */
    PRESENCE_OPENING,  /* switched off at night and at weekends */
    PRESENCE_TELEVISION, /* on in the evening */
    PRESENCE_NEVER,      /* only when something else says so */
};

/* Whether it is there at a time; constant over days it plans by (mood, day). */
bool schedule_present(enum presence presence, uint64_t time_us, uint64_t mood);

#endif
