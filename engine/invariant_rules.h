#ifndef ENGINE_INVARIANT_RULES_H
#define ENGINE_INVARIANT_RULES_H

#include "engine/invariant.h"

#include <math.h>

/* The figures that counting (invariant.c) and judging (invariant_judge.c) must agree on:
   private to the two. */

/* Spans of counts whose limits are not the config's. */
static const double tunnel_s = 60, dns_failed_s = 60, refused_s = 60;
static const uint32_t tries_gap_s = 120;
enum { patience_s = 1800 };
/* What all on a link must hear, and what is asked within a connection, weighs so much less
   than a connection. */
enum { storm_share = 10, request_share = 32 };
/* A form is posted twice as often in good faith. */
enum { form_share = 2 };

/* The slot of a sliding count over `span_s` that holds `now_s`. */
static inline uint32_t slot_of(uint64_t now_s, double span_s) {
    double length = fmax(1, span_s / SLIDING_SLOTS);
    return (uint32_t)((double)now_s / length);
}

#endif
