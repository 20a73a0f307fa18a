#ifndef ENGINE_PROGRAM_EVALUATE_H
#define ENGINE_PROGRAM_EVALUATE_H

#include "engine/program/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Replays captures and holds what was found against what is known (labels.h), by the rules
   of jury.h: at the bound of MEDIUM, at a budget of false alarms, and, "fresh", by windows
   alone at that budget. */

struct evaluate_options {
    const struct config *config;
    /* Captures that are one stretch of time, with their EVENTS.json; or a folder of
       NAME.pcap, each with its NAME.events.json or, without one, benign. */
    const char *const *captures;
    size_t capture_count;
    const char *events;
    const char *suite;
    const char *timeline;   /* NULL: none. Of a suite OUT.csv becomes OUT.NAME.csv */
    double budget_per_week; /* false alarms per device; 0: 1 */
    bool json;              /* one line in place of a table */
    bool progress;          /* a line on standard error while it works */
};

/* Prints to `out`. On failure false, one clear line in `error`, and nothing on `out`. */
bool evaluate_run(const struct evaluate_options *options, FILE *out, char *error,
                  size_t error_bytes);

#endif
