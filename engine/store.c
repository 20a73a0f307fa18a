#include "engine/store.h"

#include "engine/base/log.h"
#include "engine/memory.h"
#include "engine/store_base.h"
#include "engine/store_place.h"
#include "engine/store_queue.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for 500 devices, or 9,000 findings, that come while one batch is being written. */
enum { QUEUE_BYTES = 4 << 20 };

enum item_kind { ITEM_FINDING, ITEM_PIECE };
enum job { JOB_NONE, JOB_RESTORE, JOB_SAVE, JOB_END };

struct counts {
    _Atomic uint64_t findings_written, pieces_written, dropped, lost, damaged;
    _Atomic uint64_t devices_restored, findings_restored;
    _Atomic bool failing;
};

struct store {
    struct store_place place;
    struct store_base *base; /* the thread's, once it runs; NULL: cannot be opened */
    struct store_queue *queue;
    struct counts counts;
    pthread_t thread;

    /* The thread's own. */
    bool incomplete;   /* some piece that was offered is not there */
    bool broken;       /* what it restores from is damaged */
    unsigned replaced; /* databases set aside while it ran */
    uint64_t pieces;   /* of the save at work */
    uint64_t format;   /* of the pieces, once an engine has been restored */

    pthread_mutex_t lock; /* of the job */
    pthread_cond_t done;
    enum job job;
    struct engine *restored;
    const struct engine *saved;
    bool succeeded;
};

static void count(_Atomic uint64_t *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* --- handing over --- */

static bool hand_over(struct store *store, enum item_kind kind,
                      const struct store_part *parts, size_t parts_count) {
    bool taken = store_queue_put(store->queue, kind, parts, parts_count);
    if (!taken)
        count(&store->counts.dropped, 1);
    return taken;
}

static void take_finding(void *context, const struct finding *finding) {
    const struct store_part part = {finding, sizeof *finding};
    hand_over(context, ITEM_FINDING, &part, 1);
}

static bool take_piece(void *context, const struct memory *piece) {
    /* The value first: there it is aligned. */
    const struct store_part parts[] = {{piece->value, piece->value_bytes},
                                       {piece->key, piece->key_bytes},
                                       {piece, sizeof *piece}};
    return hand_over(context, ITEM_PIECE, parts, 3);
}

struct engine_sink store_sink(struct store *store) {
    return (struct engine_sink){
        .context = store, .finding = take_finding, .keep = take_piece};
}

/* --- the store's thread --- */

/* The first of a row of failures is told, and their end. */
static void tell_failure(struct store *store, const char *reason) {
    if (!atomic_exchange(&store->counts.failing, true))
        log_line(LOG_LEVEL_ERROR, "%s: cannot be written: %s; going on without",
                 store->place.database, reason);
}

static void tell_success(struct store *store) {
    if (atomic_exchange(&store->counts.failing, false))
        log_line(LOG_LEVEL_NOTICE, "%s: can be written again", store->place.database);
}

static bool reopen(struct store *store, char reason[STORE_ERROR_BYTES]) {
    if (store_base_open(store->place.database, &store->base, reason) != STORE_OPENED)
        return false;
    store_base_set_format(store->base, store->format);
    return true;
}

/* A database that is damaged inside is read as far as it goes, and then begun anew. */
static void replace(struct store *store) {
    char reason[STORE_ERROR_BYTES];
    snprintf(reason, sizeof reason, "%s", store_base_error(store->base));
    store_base_close(store->base);
    store->base = NULL;
    store->incomplete = true;
    store->replaced++;
    if (!store_place_set_aside(&store->place, reason) || !reopen(store, reason))
        tell_failure(store, reason);
}

static bool give_up(struct store *store) {
    store_base_roll_back(store->base);
    if (store_base_is_broken(store->base))
        replace(store);
    else
        tell_failure(store, store_base_error(store->base));
    return false;
}

static bool begin(struct store *store) {
    char reason[STORE_ERROR_BYTES];
    if (store->base || reopen(store, reason))
        return store_base_begin(store->base) || give_up(store);
    tell_failure(store, reason);
    return false;
}

/* Ends the transaction: with all of it or, where something failed, with nothing. */
static bool end(struct store *store, bool good) {
    if (!good || !store_base_commit(store->base))
        return give_up(store);
    tell_success(store);
    return true;
}

static bool write_item(struct store *store, const struct store_item *item) {
    if (item->kind == ITEM_FINDING) {
        struct finding finding;
        memcpy(&finding, item->bytes, sizeof finding);
        return store_base_put_finding(store->base, &finding);
    }
    struct memory piece;
    memcpy(&piece, item->bytes + item->size - sizeof piece, sizeof piece);
    piece.value = item->bytes;
    piece.key = item->bytes + piece.value_bytes;
    return store_base_put_piece(store->base, &piece);
}

static void write_batch(struct store *store) {
    struct store_item item;
    uint64_t findings = 0, pieces = 0;
    if (!store_queue_next(store->queue, &item))
        return;
    bool begun = begin(store), good = begun;
    do {
        *(item.kind == ITEM_FINDING ? &findings : &pieces) += 1;
        good = good && write_item(store, &item);
    } while (store_queue_next(store->queue, &item));
    good = begun && end(store, good);
    count(good ? &store->counts.findings_written : &store->counts.lost, findings);
    count(good ? &store->counts.pieces_written : &store->counts.lost, pieces);
    store->incomplete |= !good && pieces;
}

static bool save_piece(void *context, const struct memory *piece) {
    struct store *store = context;
    store->pieces++;
    return store_base_renew_piece(store->base, piece,
                                  piece->changed || store->incomplete);
}

static bool save_once(struct store *store) {
    if (!begin(store))
        return false;
    store->pieces = 0;
    bool good = store_base_renew_begin(store->base) &&
                memory_each(store->saved, save_piece, store) &&
                store_base_renew_end(store->base);
    good = end(store, good);
    count(good ? &store->counts.pieces_written : &store->counts.lost, store->pieces);
    store->incomplete |= !good;
    return good;
}

static bool save(struct store *store) {
    /* Again, into a new one, if it was damage that was in the way. */
    unsigned before = store->replaced;
    return save_once(store) || (store->replaced != before && save_once(store));
}

static bool restore_piece(void *context, const struct memory *piece) {
    struct store *store = context;
    bool taken = memory_restore(store->restored, piece);
    if (taken && piece->kind == MEMORY_DEVICE)
        count(&store->counts.devices_restored, 1);
    return taken;
}

static void restore_finding(void *context, const struct finding *finding) {
    struct store *store = context;
    count(&store->counts.findings_restored, 1);
    memory_restore_finding(store->restored, finding);
    if (store->broken)
        take_finding(store, finding); /* for the database that follows */
}

static void restore(struct store *store) {
    uint64_t damaged = 0, foreign = 0;
    store->format = memory_format(store->restored);
    store_base_set_format(store->base, store->format);
    if (!begin(store))
        return;
    store->broken = !store_base_is_whole(store->base);
    bool good =
        store_base_load_pieces(store->base, restore_piece, store, &damaged, &foreign);
    good &= store_base_load_findings(store->base, SNAPSHOT_FINDINGS, restore_finding,
                                     store);
    store->incomplete |= !end(store, good && !store->broken);
    count(&store->counts.damaged, damaged);
    if (damaged)
        log_line(LOG_LEVEL_ERROR, "%s: %" PRIu64 " pieces were damaged and set aside",
                 store->place.database, damaged);
    if (foreign)
        log_line(LOG_LEVEL_WARNING,
                 "%s: another version of wary learnt %" PRIu64
                 " devices in its own way: set aside, to be learnt anew",
                 store->place.database, foreign);
}

static void do_job(struct store *store, enum job job) {
    if (job == JOB_RESTORE && store->base)
        restore(store);
    store->succeeded = job == JOB_SAVE ? save(store) : true;
    pthread_mutex_lock(&store->lock);
    store->job = JOB_NONE;
    pthread_cond_signal(&store->done);
    pthread_mutex_unlock(&store->lock);
}

static void *work(void *argument) {
    struct store *store = argument;
    enum job job;
    do {
        store_queue_wait(store->queue);
        /* Asked for first: what was handed over before the job is in the batch then, and
           cannot be written over what the job writes. */
        pthread_mutex_lock(&store->lock);
        job = store->job;
        pthread_mutex_unlock(&store->lock);
        store_queue_take(store->queue);
        write_batch(store);
        if (job != JOB_NONE)
            do_job(store, job);
    } while (job != JOB_END);
    return NULL;
}

/* --- life --- */

/* What was handed over before comes first. */
static bool have_done(struct store *store, enum job job) {
    pthread_mutex_lock(&store->lock);
    store->job = job;
    store_queue_wake(store->queue);
    while (store->job != JOB_NONE)
        pthread_cond_wait(&store->done, &store->lock);
    pthread_mutex_unlock(&store->lock);
    return store->succeeded;
}

void store_restore(struct store *store, struct engine *engine) {
    store->restored = engine;
    have_done(store, JOB_RESTORE);
}

bool store_save(struct store *store, const struct engine *engine) {
    store->saved = engine;
    return have_done(store, JOB_SAVE);
}

static bool open_base(struct store *store, char *error, size_t error_bytes) {
    char reason[STORE_ERROR_BYTES];
    enum store_opening outcome =
        store_base_open(store->place.database, &store->base, reason);
    if (outcome == STORE_BROKEN && store_place_set_aside(&store->place, reason))
        outcome = store_base_open(store->place.database, &store->base, reason);
    if (outcome != STORE_OPENED)
        snprintf(error, error_bytes, "%s: %s", store->place.database, reason);
    return outcome == STORE_OPENED;
}

/* Signals are for other threads. */
static int start_thread(struct store *store) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&store->thread, NULL, work, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

struct store *store_open(const char *directory, char *error, size_t error_bytes) {
    struct store *store = calloc(1, sizeof *store);
    snprintf(error, error_bytes, "not enough memory");
    if (!store)
        return NULL;
    if (!store_place_open(&store->place, directory, error, error_bytes))
        goto fail_place;
    if (!open_base(store, error, error_bytes))
        goto fail_base;
    store->queue = store_queue_create(QUEUE_BYTES);
    if (!store->queue)
        goto fail_queue;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->done, NULL);
    int failure = start_thread(store);
    if (failure == 0)
        return store;
    snprintf(error, error_bytes, "no thread: %s", strerror(failure));
    pthread_cond_destroy(&store->done);
    pthread_mutex_destroy(&store->lock);
    store_queue_destroy(store->queue);
fail_queue:
    store_base_close(store->base);
fail_base:
    store_place_close(&store->place);
fail_place:
    free(store);
    return NULL;
}

void store_close(struct store *store) {
    if (!store)
        return;
    have_done(store, JOB_END);
    pthread_join(store->thread, NULL);
    pthread_cond_destroy(&store->done);
    pthread_mutex_destroy(&store->lock);
    store_queue_destroy(store->queue);
    store_base_close(store->base);
    store_place_close(&store->place);
    free(store);
}

struct store_status store_status(const struct store *store) {
    const struct counts *c = &store->counts;
    return (struct store_status){
        .findings_written = atomic_load(&c->findings_written),
        .pieces_written = atomic_load(&c->pieces_written),
        .dropped = atomic_load(&c->dropped),
        .lost = atomic_load(&c->lost),
        .damaged = atomic_load(&c->damaged),
        .devices_restored = atomic_load(&c->devices_restored),
        .findings_restored = atomic_load(&c->findings_restored),
        .failing = atomic_load(&c->failing),
    };
}
