#ifndef ENGINE_SIGHT_H
#define ENGINE_SIGHT_H

#include "engine/base/record.h"
#include "engine/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How well the sensor itself sees, from the ticks of live queues: what was lost, what is out,
   what is silent. It lowers the confidence of all that is told, and says which windows are no
   measure of anybody; nobody's risk comes from it. Embedded by its one user. */

enum { SIGHT_QUEUES = 256 };

struct sight {
    const char *const
        *names;          /* by queue: of its source; the same text, the same source */
    size_t queue_count;  /* 0: of a replay, in which nothing is lost */
    uint32_t silence_s;  /* a source without traffic for so long is told; 0: never */
    double loss;         /* share of the frames lost, lately */
    uint64_t seen, lost; /* in the open window */
    struct sight_queue {
        uint8_t outage;    /* enum outage */
        uint64_t seen_ns;  /* of a source's first queue: when any of its had traffic */
        bool told;         /* of its: that it is silent */
        uint32_t silent_s; /* of its: for how long, as an earlier run ended */
    } queues[SIGHT_QUEUES];
};

/* What is to be known after a restart: the silence of sources, by name. */
struct sight_kept {
    struct sight_silence {
        uint64_t name; /* its hash; 0: no more */
        uint32_t silent_s;
        uint32_t told;
    } silences[SIGHT_QUEUES];
};

enum sight_news {
    SIGHT_SAME,
    SIGHT_CUT,  /* a queue went out, or came back: the window is no measure */
    SIGHT_BACK, /* all had been out: nothing is to be judged across */
};

/* What it points to is borrowed. `queue_count` ≤ SIGHT_QUEUES. */
void sight_init(struct sight *sight, const char *const *names, size_t queue_count,
                uint32_t silence_s);

/* A tick of any queue. */
enum sight_news sight_take(struct sight *sight, const struct record *tick);

/* A source that has been silent for too long and was not told yet: fills a finding about the
   device "sensor", but for its id. To be called until false. O(queues). */
bool sight_tell(struct sight *sight, uint64_t now_ns, struct finding *finding);

/* Between two runs nobody looks, so that the silence of the earlier one goes on with the first
   tick of the later. Given back before that; of sources that are no more nothing is. */
void sight_keep(const struct sight *sight, uint64_t now_ns, struct sight_kept *kept);
void sight_restore(struct sight *sight, const struct sight_kept *kept);

/* The window is over. Whether so much of it was lost (a hundredth) that it is no measure. */
bool sight_close(struct sight *sight);

/* 0 … 1: what was lost lately is missing, and half of what is out. */
double sight_confidence(const struct sight *sight);

#endif
