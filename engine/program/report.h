#ifndef ENGINE_PROGRAM_REPORT_H
#define ENGINE_PROGRAM_REPORT_H

#include "engine/program/jury.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What `evaluate` prints, as tables or as one line of JSON. */

struct report_entry {
    const char *name;
    const struct jury *jury;
};

struct report {
    double medium;          /* risk from which on a device is MEDIUM */
    double budget_per_week; /* false alarms per device */
    const struct report_entry *captures;
    size_t capture_count;
    struct report_entry pooled; /* all of them under one threshold */
};

/* False if there is no memory or `out` cannot be written. */
bool report_print_tables(const struct report *report, FILE *out);
bool report_print_json(const struct report *report, FILE *out);

#endif
