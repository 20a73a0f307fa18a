#include "engine/pair.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

enum { PLACES = PAIR_ITEMS / PAIR_BATCH };
_Static_assert(PAIR_ITEMS % PAIR_BATCH == 0, "places are of whole batches");

enum place { FREE, AT_WORK, PREPARED, DECIDED };

struct pair {
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool ends;
    const struct pair_work *work;
    uint32_t count, batches;               /* of the run */
    uint32_t next_prepared, next_finished; /* batches that nobody has begun with */
    uint32_t finished;
    enum place places[PLACES]; /* of the batches on their way */
};

static enum place *place_of(struct pair *pair, uint32_t batch) {
    return &pair->places[batch % PLACES];
}

static void run_stage(const struct pair_work *work, pair_stage *stage, uint32_t batch,
                      uint32_t count) {
    uint32_t first = batch * PAIR_BATCH;
    stage(work->context, first,
          count - first < PAIR_BATCH ? count : first + PAIR_BATCH);
}

/* The lock is held before and after, and not meanwhile. */
static void work_at(struct pair *pair, pair_stage *stage, uint32_t batch,
                    enum place then) {
    *place_of(pair, batch) = AT_WORK;
    pthread_mutex_unlock(&pair->lock);
    run_stage(pair->work, stage, batch, pair->count);
    pthread_mutex_lock(&pair->lock);
    *place_of(pair, batch) = then;
    pthread_cond_signal(&pair->changed);
}

/* What keeps the decisions going comes first. False if there is nothing to do now. */
static bool help(struct pair *pair) {
    if (pair->next_prepared < pair->batches &&
        *place_of(pair, pair->next_prepared) == FREE) {
        work_at(pair, pair->work->prepare, pair->next_prepared++, PREPARED);
        return true;
    }
    if (pair->next_finished < pair->batches &&
        *place_of(pair, pair->next_finished) == DECIDED) {
        work_at(pair, pair->work->finish, pair->next_finished++, FREE);
        pair->finished++;
        return true;
    }
    return false;
}

static void help_or_wait(struct pair *pair) {
    if (!help(pair))
        pthread_cond_wait(&pair->changed, &pair->lock);
}

static void *be_second(void *context) {
    struct pair *pair = context;
    pthread_setname_np(pthread_self(), "engine-second");
    pthread_mutex_lock(&pair->lock);
    while (!pair->ends)
        help_or_wait(pair);
    pthread_mutex_unlock(&pair->lock);
    return NULL;
}

struct pair *pair_create(void) {
    struct pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return NULL;
    pthread_mutex_init(&pair->lock, NULL);
    pthread_cond_init(&pair->changed, NULL);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&pair->thread, NULL, be_second, pair);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0)
        return pair;
    pthread_cond_destroy(&pair->changed);
    pthread_mutex_destroy(&pair->lock);
    free(pair);
    return NULL;
}

void pair_destroy(struct pair *pair) {
    if (!pair)
        return;
    pthread_mutex_lock(&pair->lock);
    pair->ends = true;
    pthread_cond_signal(&pair->changed);
    pthread_mutex_unlock(&pair->lock);
    pthread_join(pair->thread, NULL);
    pthread_cond_destroy(&pair->changed);
    pthread_mutex_destroy(&pair->lock);
    free(pair);
}

static void run_alone(const struct pair_work *work, uint32_t count, uint32_t batches) {
    for (uint32_t batch = 0; batch < batches; batch++) {
        run_stage(work, work->prepare, batch, count);
        run_stage(work, work->decide, batch, count);
        run_stage(work, work->finish, batch, count);
    }
}

void pair_run(struct pair *pair, const struct pair_work *work, uint32_t count) {
    uint32_t batches = count / PAIR_BATCH + (count % PAIR_BATCH > 0);
    if (!pair) {
        run_alone(work, count, batches);
        return;
    }
    pthread_mutex_lock(&pair->lock);
    pair->work = work;
    pair->count = count;
    pair->batches = batches;
    pair->next_prepared = pair->next_finished = pair->finished = 0;
    pthread_cond_signal(&pair->changed);
    for (uint32_t batch = 0; batch < batches; batch++) {
        while (*place_of(pair, batch) != PREPARED)
            help_or_wait(pair);
        work_at(pair, work->decide, batch, DECIDED);
    }
    while (pair->finished < batches)
        help_or_wait(pair);
    pthread_mutex_unlock(&pair->lock);
}
