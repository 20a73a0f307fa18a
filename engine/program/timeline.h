#ifndef ENGINE_PROGRAM_TIMELINE_H
#define ENGINE_PROGRAM_TIMELINE_H

#include "engine/engine.h"

#include <stdbool.h>
#include <stddef.h>

/* What a replay writes: a row of CSV for each window, or a line of JSON for each finding. */

enum timeline_kind {
    TIMELINE_WINDOWS, /* time,device,state,packets,anomaly,risk,level,confidence,top_factor */
    TIMELINE_FINDINGS, /* {time, device, kind, level, contribution, observed, …} */
};

enum { TIMELINE_NUMBER_BYTES = 48 };

struct timeline;

/* "-" */
bool timeline_is_standard_output(const char *path);

/* Creates or empties the file, "-" is standard output. On failure NULL and one clear line in `error`. */
struct timeline *timeline_open(const char *path, enum timeline_kind kind, char *error,
                               size_t error_bytes);

/* To be handed to the engine; the timeline must outlive it. Fails silently: see close. */
struct engine_sink timeline_sink(struct timeline *timeline);

/* Whether all was written; if not, one clear line in `error`. Frees. NULL is allowed. */
bool timeline_close(struct timeline *timeline, char *error, size_t error_bytes);

/* Anomaly and risk as they are printed, three decimals; returns the length. Whoever judges
   by the printed numbers (evaluate) rounds here. */
int timeline_print_score(double score, char text[TIMELINE_NUMBER_BYTES]);

#endif
