#include "engine/merge.h"

#include <string.h>

void merge_init(struct merge *merge, struct ring *const *rings, size_t count) {
    memset(merge, 0, sizeof *merge);
    merge->rings = rings;
    merge->count = merge->open = count;
}

bool merge_is_open(const struct merge *merge) {
    return merge->open > 0;
}

/* The steps up to and with this one. */
static uint32_t steps_at(const struct merge *merge, size_t queue,
                         const struct record *record) {
    return merge->queues[queue].steps + (record->kind == RECORD_DISCONTINUITY);
}

static bool is_before(const struct record *a, uint32_t a_steps, const struct record *b,
                      uint32_t b_steps) {
    if (a_steps != b_steps)
        return a_steps < b_steps;
    if (a->reached_ns != b->reached_ns)
        return a->reached_ns < b->reached_ns;
    return a->rank < b->rank;
}

/* The next in order can only be told when every open queue shows its oldest. */
static const struct record *find_first(struct merge *merge, int timeout_ms) {
    const struct record *first = NULL;
    uint32_t first_steps = 0;
    for (size_t i = 0; i < merge->count; i++) {
        if (merge->queues[i].ended)
            continue;
        const struct record *front = ring_front_wait(merge->rings[i], timeout_ms);
        if (!front)
            return NULL;
        uint32_t steps = steps_at(merge, i, front);
        if (!first || is_before(front, steps, first, first_steps)) {
            first = front;
            first_steps = steps;
            merge->from = i;
        }
    }
    return first;
}

static bool is_taken_by_another(const struct merge *merge, uint32_t steps) {
    for (size_t i = 0; i < merge->count; i++)
        if (merge->queues[i].steps >= steps)
            return true;
    return false;
}

const struct record *merge_next(struct merge *merge, int timeout_ms) {
    const struct record *record = find_first(merge, timeout_ms);
    if (!record)
        return NULL;
    struct merge_queue *queue = &merge->queues[merge->from];
    bool is_shown = true;
    if (record->kind == RECORD_DISCONTINUITY) {
        is_shown = !is_taken_by_another(merge, queue->steps + 1);
        queue->steps++;
    } else if (record->kind == RECORD_END) {
        queue->ended = true;
        merge->open--;
        is_shown = false;
    }
    if (is_shown)
        return record;
    merge_release(merge);
    return NULL;
}

void merge_release(struct merge *merge) {
    ring_release(merge->rings[merge->from]);
}
