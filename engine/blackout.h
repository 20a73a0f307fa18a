#ifndef ENGINE_BLACKOUT_H
#define ENGINE_BLACKOUT_H

#include "engine/base/record.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether anybody outside can be reached at all. Where several devices call and nobody out
   there says a word, it is the way out that is down, and who calls in vain is no suspect. A
   network that never heard from outside has no way out that could be down. Fixed size; owned
   by the engine's thread. */

enum { BLACKOUT_CALLERS = 3 };

struct blackout {
    bool heard;                                /* ever */
    uint32_t callers[BLACKOUT_CALLERS], count; /* indices; since somebody was heard */
    uint64_t since_s;                          /* when the first of them called */
};

/* A flow of the device at this index (its own side is `side`) with somebody outside. */
void blackout_flow(struct blackout *blackout, const struct flow_record *flow,
                   unsigned side, uint32_t device, uint64_t now_s);

/* Whether three devices at least have been calling in vain, the first for ten seconds. */
bool blackout_lasts(const struct blackout *blackout, uint64_t now_s);

#endif
