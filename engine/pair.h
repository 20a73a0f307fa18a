#ifndef ENGINE_PAIR_H
#define ENGINE_PAIR_H

#include <stdint.h>

/* Two threads at one row of items. Each item is prepared, decided and finished: decided by
   the caller alone and in order, which is where items may know of each other; prepared and
   finished by whichever of the two has nothing better to do. So what comes out is the same
   whether there is a second thread or none, and whether it gets a core or not. */

enum {
    PAIR_BATCH = 32,
    PAIR_ITEMS = 256, /* on their way at once: item i may use the place i % PAIR_ITEMS
                         of some scratch from its beginning to its end */
};

/* What is done to items first … end − 1, at most PAIR_BATCH of them. */
typedef void pair_stage(void *context, uint32_t first, uint32_t end);

struct pair_work {
    pair_stage *prepare; /* any thread, in any order: of these items alone */
    pair_stage *decide;  /* the caller's thread, in order */
    pair_stage *finish;  /* as prepare */
    void *context;
};

/* Starts the second thread, which sleeps between runs and takes no signals. NULL if there can
   be none. */
struct pair *pair_create(void);
void pair_destroy(struct pair *pair); /* NULL is allowed */

/* All stages of all items are over when it returns. NULL: the caller works alone. */
void pair_run(struct pair *pair, const struct pair_work *work, uint32_t count);

#endif
