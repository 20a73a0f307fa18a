#ifndef ENGINE_PROGRAM_SPANS_H
#define ENGINE_PROGRAM_SPANS_H

#include <stdbool.h>
#include <stddef.h>

/* Stretches of time, ends included. Add them all, merge, then ask. */

struct span {
    double from_s, upto_s;
};

struct spans {
    struct span *at; /* merged: in order and apart */
    size_t count;
};

/* Room for `capacity` spans. False if there is no memory. */
bool spans_init(struct spans *spans, size_t capacity);
void spans_free(struct spans *spans);

void spans_add(struct spans *spans, double from_s, double upto_s); /* within the room */
void spans_merge(struct spans *spans);

bool spans_hold(const struct spans *spans, double time_s); /* O(log n) */

/* How much of from … upto lies inside. O(n) */
double spans_overlap(const struct spans *spans, double from_s, double upto_s);

#endif
