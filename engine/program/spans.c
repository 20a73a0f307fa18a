#include "engine/program/spans.h"

#include <math.h>
#include <stdlib.h>

bool spans_init(struct spans *spans, size_t capacity) {
    *spans = (struct spans){.at = calloc(capacity + 1, sizeof *spans->at)};
    return spans->at;
}

void spans_free(struct spans *spans) {
    free(spans->at);
    *spans = (struct spans){0};
}

void spans_add(struct spans *spans, double from_s, double upto_s) {
    spans->at[spans->count++] = (struct span){from_s, upto_s};
}

static int by_start(const void *a, const void *b) {
    const struct span *left = a, *right = b;
    return (left->from_s > right->from_s) - (left->from_s < right->from_s);
}

void spans_merge(struct spans *spans) {
    size_t merged = 0;
    if (spans->count)
        qsort(spans->at, spans->count, sizeof *spans->at, by_start);
    for (size_t i = 0; i < spans->count; i++) {
        const struct span next = spans->at[i];
        struct span *last = merged ? &spans->at[merged - 1] : NULL;
        if (last && next.from_s <= last->upto_s)
            last->upto_s = fmax(last->upto_s, next.upto_s);
        else
            spans->at[merged++] = next;
    }
    spans->count = merged;
}

bool spans_hold(const struct spans *spans, double time_s) {
    size_t low = 0, high = spans->count; /* spans that begin by then: [0, low) */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans->at[middle].from_s <= time_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && time_s <= spans->at[low - 1].upto_s;
}

double spans_overlap(const struct spans *spans, double from_s, double upto_s) {
    double overlap_s = 0;
    for (size_t i = 0; i < spans->count; i++)
        overlap_s += fmax(0, fmin(upto_s, spans->at[i].upto_s) -
                                 fmax(from_s, spans->at[i].from_s));
    return overlap_s;
}
