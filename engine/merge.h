#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

#include "engine/base/record.h"
#include "engine/base/ring.h"

#include <stdbool.h>
#include <stddef.h>

/* The records of several queues in one order, which does not depend on how many queues
   there are: by reached_ns and rank, of equals the queue with the lower number first.
   Time may step, in all queues equally often: what came before a step goes before what
   comes after it in any queue. The consumer's thread only. */

enum { MERGE_QUEUES = 256 };

struct merge {
    struct ring *const *rings; /* borrowed */
    size_t count, open;
    size_t from; /* the queue that merge_next took from */
    struct merge_queue {
        bool ended;
        uint32_t steps; /* discontinuities that were taken */
    } queues[MERGE_QUEUES];
};

/* `count` ≤ MERGE_QUEUES. */
void merge_init(struct merge *merge, struct ring *const *rings, size_t count);

/* Whether some queue has not sent END. */
bool merge_is_open(const struct merge *merge);

/* The next record, good until merge_release; of a step that all queues take the first
   one's alone, and no END. NULL if it can not be told yet: some open queue showed none
   for `timeout_ms`, or what came was not to be shown. O(queues). */
const struct record *merge_next(struct merge *merge, int timeout_ms);

/* Done with what merge_next returned. */
void merge_release(struct merge *merge);

#endif
