#ifndef ENGINE_PROGRAM_JURY_H
#define ENGINE_PROGRAM_JURY_H

#include "engine/program/tally.h"

#include <stddef.h>

/* How well scores tell of events, over one capture or several under one threshold.

   - An alarm is a device's measure reaching the threshold. A fall of under 15 min does not end
     it; one that stays up counts again every day.
   - It is false if it begins outside every event, its 10 s before and its 15 min after; a
     false one that begins in a benign event is a trap that closed.
   - An event is detected when any device it names (any at all, if it names none) reaches the
     threshold between its start and 60 s after its end; the time to detect runs from its
     start, 0 if the device was up already.
   - AUC ranks the worst anomaly of each window with packets, within events against
     outside, among the devices that events name.
   - A budget is false alarms per device-day of quiet; the threshold is the lowest that
     keeps it. With under 0.02 device-days of quiet it means nothing.

   A number that does not exist is NAN. */

struct jury;

struct jury_overview {
    size_t devices, windows, events, traps; /* windows: ranked ones */
    double quiet_days, auc,
        worst_quiet; /* worst_quiet: the largest risk outside events */
};

struct jury_verdict {
    double threshold;
    double detected, recall;      /* events, and their share of all */
    double ttd_s;                 /* median time to detect */
    double false_alarms, trapped; /* trapped: those of them that began in a trap */
    double false_alarms_day;      /* per device and day of quiet */
};

/* Tallies must be closed; they are borrowed, their array is copied. NULL if there is no
   memory. */
struct jury *jury_create(const struct tally *const *tallies, size_t count);
void jury_destroy(struct jury *jury); /* NULL is allowed */

struct jury_overview jury_overview(const struct jury *jury);

/* At this threshold. O(windows). */
struct jury_verdict jury_judge(const struct jury *jury, enum tally_measure measure,
                               double threshold);

/* At the lowest threshold that keeps the budget. O(windows · log of distinct values). */
struct jury_verdict jury_judge_budget(const struct jury *jury,
                                      enum tally_measure measure,
                                      double false_alarms_day);

/* Events of one kind alone: `what` of at most `size` kinds, in order of name, each with how
   many there were, how many were detected, how fast, and which family counted most in the
   device's risk when it was. Returns how many kinds exist. */
struct jury_kind {
    const char *what;
    size_t events, detected;
    double ttd_s;            /* median */
    size_t by[FAMILY_COUNT]; /* of those detected */
};
size_t jury_kinds(const struct jury *jury, enum tally_measure measure, double threshold,
                  struct jury_kind *kinds, size_t size);

/* As printed: the nearest number of so many decimals. */
double jury_round(double number, int decimals);

#endif
