#include "engine/store/store.h"

#include "engine/base/log.h"
#include "engine/base/precedence.h"
#include "engine/memory.h"
#include "engine/store/store_ack.h"
#include "engine/store/store_base.h"
#include "engine/store/store_findings.h"
#include "engine/store/store_history.h"
#include "engine/store/store_place.h"
#include "engine/store/store_queue.h"
#include "engine/store/store_tenancy.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for 500 devices, or 9,000 findings, that come while one batch is being written. */
enum { QUEUE_BYTES = 4 << 20, WRITE_WAIT_MS = 5000, SUCCESSES_TOLD = 16 };

enum item_kind {
    ITEM_FINDING,
    ITEM_PIECE,
    ITEM_POINT,
    ITEM_TENANCY,
    ITEM_DECISION,
    ITEM_WRITE
};

/* Ends an item of a write that somebody waits for. */
struct write {
    bool (*run)(struct store_sql *sql, const void *bytes, size_t size);
    uint64_t number;
};

struct counts {
    _Atomic uint64_t findings_written, pieces_written, points_written;
    _Atomic uint64_t decisions_written, tenancies_written;
    _Atomic uint64_t dropped, lost, damaged;
    _Atomic unsigned replaced; /* databases set aside while it ran */
    _Atomic uint64_t devices_restored, findings_restored;
    _Atomic bool failing, behind;
};

struct store {
    struct store_place place;
    struct store_base *base; /* the thread's, once it runs; NULL: cannot be opened */
    struct store_queue *queue;
    struct counts counts;
    pthread_t thread;

    struct store_watch watch; /* the engine's thread's */

    /* The thread's own. */
    struct store_limits limits;
    struct store_tending tending;
    /* Of capture: what is committed reaches the disk once a minute at least. */
    uint64_t now_s, flushed_s;
    bool told;          /* that it fails */
    unsigned successes; /* since it last did */
    bool incomplete;    /* some piece that was offered is not there */
    bool broken;        /* what it restores from is damaged */
    uint64_t pieces;    /* of the save at work */
    uint64_t format;    /* of the pieces, once an engine has been restored */

    struct store_ack ack;

    pthread_mutex_t lock; /* of the job, and of the reason */
    pthread_cond_t done;
    const struct job *job; /* what somebody waits for; NULL: nothing */
    bool succeeded, ending;
    char reason[STORE_ERROR_BYTES]; /* of the last failure */
};

/* Work on the store's thread, while the one who wants it waits. */
struct job {
    bool (*run)(struct store *store, const struct job *job);
    struct engine *restored;
    const struct engine *saved;
    bool (*read)(struct store_sql *sql, void *context);
    void *context;
};

static void count(_Atomic uint64_t *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* --- handing over --- */

static bool hand_over(struct store *store, enum item_kind kind,
                      const struct store_part *parts, size_t parts_count) {
    bool taken = store_queue_put(store->queue, kind, parts, parts_count);
    if (!taken) {
        count(&store->counts.dropped, 1);
        atomic_store(&store->counts.behind, true);
    }
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

static void take_row(void *context, const struct window_row *row) {
    struct store *store = context;
    struct store_point point;
    const struct store_part part = {&point, sizeof point};
    if (store_watch_row(&store->watch, row, &point))
        hand_over(store, ITEM_POINT, &part, 1);
}

static void take_tenancy(void *context, uint64_t number,
                         const struct tenancy *tenancy) {
    const struct store_part parts[] = {{&number, sizeof number},
                                       {tenancy, sizeof *tenancy}};
    hand_over(context, ITEM_TENANCY, parts, 2);
}

struct engine_sink store_sink(struct store *store) {
    return (struct engine_sink){.context = store,
                                .window = take_row,
                                .finding = take_finding,
                                .tenancy = take_tenancy,
                                .keep = take_piece};
}

bool store_keep_decision(struct store *store, const struct store_decision *decision) {
    size_t size;
    void *bytes = store_decisions_pack(decision, &size);
    const struct store_part part = {bytes, size};
    bool taken = bytes && hand_over(store, ITEM_DECISION, &part, 1);
    free(bytes);
    return taken;
}

bool store_write_now(struct store *store,
                     bool (*write)(struct store_sql *sql, const void *bytes,
                                   size_t size),
                     const void *bytes, size_t size) {
    struct write end = {.run = write};
    const struct store_part parts[] = {{bytes, size}, {&end, sizeof end}};
    if (!store_ack_begin(&store->ack, &end.number))
        return false;
    bool handed = hand_over(store, ITEM_WRITE, parts, 2);
    store_queue_wake(store->queue);
    return store_ack_wait(&store->ack, end.number, handed, WRITE_WAIT_MS);
}

/* --- the store's thread --- */

/* The first of a row of failures is told, and their end; a disk that is nearly full takes
   one and not the other, which is no end. */
static void tell_failure(struct store *store, const char *reason) {
    pthread_mutex_lock(&store->lock);
    snprintf(store->reason, sizeof store->reason, "%s", reason);
    pthread_mutex_unlock(&store->lock);
    atomic_store(&store->counts.failing, true);
    store->successes = 0;
    if (!store->told)
        log_line(LOG_LEVEL_ERROR, "%s: cannot be written: %s; going on without",
                 store->place.database, reason);
    store->told = true;
}

static void tell_success(struct store *store) {
    atomic_store(&store->counts.behind, false);
    atomic_store(&store->counts.failing, false);
    if (!store->told || ++store->successes < SUCCESSES_TOLD)
        return;
    log_line(LOG_LEVEL_NOTICE, "%s: can be written again", store->place.database);
    store->told = false;
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
    atomic_fetch_add(&store->counts.replaced, 1);
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

static bool begin(struct store *store, bool durable) {
    char reason[STORE_ERROR_BYTES];
    if (store->base || reopen(store, reason))
        return store_base_begin(store->base, durable) || give_up(store);
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

/* What a batch held. */
struct batch {
    uint64_t findings, pieces, points, tenancies, decisions;
    uint64_t time_s;  /* the latest of a point; 0 none */
    uint64_t awaited; /* the last number of a write that somebody waits for; 0 none */
};

/* Counts the item, and writes it as long as all is well. */
static bool write_item(struct store *store, const struct store_item *item,
                       struct batch *batch, bool good) {
    switch ((enum item_kind)item->kind) {
    case ITEM_FINDING: {
        struct finding finding;
        memcpy(&finding, item->bytes, sizeof finding);
        batch->findings++;
        return good && store_findings_put(store_base_sql(store->base), &finding);
    }
    case ITEM_PIECE: {
        struct memory piece;
        memcpy(&piece, item->bytes + item->size - sizeof piece, sizeof piece);
        piece.value = item->bytes;
        piece.key = item->bytes + piece.value_bytes;
        batch->pieces++;
        return good && store_base_put_piece(store->base, &piece);
    }
    case ITEM_POINT: {
        struct store_point point;
        memcpy(&point, item->bytes, sizeof point);
        batch->points++;
        if (batch->time_s < point.time_s)
            batch->time_s = point.time_s;
        return good && store_history_put(store_base_sql(store->base), &point);
    }
    case ITEM_TENANCY: {
        uint64_t number;
        struct tenancy tenancy;
        memcpy(&number, item->bytes, sizeof number);
        memcpy(&tenancy, item->bytes + sizeof number, sizeof tenancy);
        batch->tenancies++;
        return good && store_tenancy_put(store_base_sql(store->base), number, &tenancy);
    }
    case ITEM_DECISION:
        batch->decisions++;
        return good && store_decisions_put(store_base_sql(store->base), item->bytes,
                                           item->size);
    case ITEM_WRITE: {
        struct write write;
        size_t size = item->size - sizeof write;
        bool written = false;
        memcpy(&write, item->bytes + size, sizeof write);
        batch->awaited = write.number;
        good =
            good && store_base_try(store->base, write.run, item->bytes, size, &written);
        store_ack_note(&store->ack, write.number, written);
        return good;
    }
    }
    return good;
}

static void write_batch(struct store *store) {
    struct store_item item;
    struct batch batch = {0};
    if (!store_queue_next(store->queue, &item))
        return;
    bool durable = store_ack_awaited(&store->ack) || store->flushed_s != store->now_s;
    bool begun = begin(store, durable), good = begun;
    do
        good = write_item(store, &item, &batch, good);
    while (store_queue_next(store->queue, &item));
    if (good && batch.time_s)
        good = store_tend(&store->tending, store_base_sql(store->base), &store->limits,
                          batch.time_s);
    good = begun && end(store, good);
    count(good ? &store->counts.findings_written : &store->counts.lost, batch.findings);
    count(good ? &store->counts.pieces_written : &store->counts.lost, batch.pieces);
    count(good ? &store->counts.points_written : &store->counts.lost, batch.points);
    count(good ? &store->counts.decisions_written : &store->counts.lost,
          batch.decisions);
    count(good ? &store->counts.tenancies_written : &store->counts.lost,
          batch.tenancies);
    store->incomplete |= !good && batch.pieces;
    if (good && durable)
        store->flushed_s = store->now_s;
    if (batch.time_s / 60 > store->now_s / 60)
        store->now_s = batch.time_s;
    if (batch.awaited)
        store_ack_settle(&store->ack, batch.awaited, good);
}

static bool save_piece(void *context, const struct memory *piece) {
    struct store *store = context;
    store->pieces++;
    return store_base_renew_piece(store->base, piece,
                                  piece->changed || store->incomplete);
}

static bool save_once(struct store *store, const struct engine *engine) {
    if (!begin(store, true))
        return false;
    store->pieces = 0;
    bool good = store_base_renew_begin(store->base) &&
                memory_each(engine, save_piece, store) &&
                store_base_renew_end(store->base);
    good = end(store, good);
    count(good ? &store->counts.pieces_written : &store->counts.lost, store->pieces);
    store->incomplete |= !good;
    return good;
}

static bool save(struct store *store, const struct job *job) {
    /* Again, into a new one, if it was damage that was in the way. */
    unsigned before = atomic_load(&store->counts.replaced);
    return save_once(store, job->saved) ||
           (atomic_load(&store->counts.replaced) != before &&
            save_once(store, job->saved));
}

static bool restore_piece(void *context, const struct memory *piece) {
    struct store *store = context;
    bool taken = memory_restore(store->job->restored, piece);
    if (taken && piece->kind == MEMORY_DEVICE)
        count(&store->counts.devices_restored, 1);
    return taken;
}

static void restore_finding(void *context, const struct finding *finding) {
    struct store *store = context;
    count(&store->counts.findings_restored, 1);
    memory_restore_finding(store->job->restored, finding);
    if (store->broken)
        take_finding(store, finding); /* for the database that follows */
}

static void restore_tenancy(void *context, uint64_t number,
                            const struct tenancy *tenancy) {
    struct store *store = context;
    memory_restore_tenancy(store->job->restored, number, tenancy);
    if (store->broken)
        take_tenancy(store, number, tenancy);
}

static bool restore(struct store *store, const struct job *job) {
    uint64_t damaged = 0, foreign = 0;
    store->format = memory_format(job->restored);
    if (store->base)
        store_base_set_format(store->base, store->format);
    if (!store->base || !begin(store, false))
        return false;
    store->broken = !store_base_is_whole(store->base);
    bool good =
        store_base_load_pieces(store->base, restore_piece, store, &damaged, &foreign);
    good &= store_findings_load(store_base_sql(store->base), SNAPSHOT_FINDINGS,
                                restore_finding, store);
    good &= store_tenancy_load(store_base_sql(store->base), SNAPSHOT_TENANCIES,
                               restore_tenancy, store);
    good = end(store, good && !store->broken);
    store->incomplete |= !good;
    count(&store->counts.damaged, damaged);
    if (damaged)
        log_line(LOG_LEVEL_ERROR, "%s: %" PRIu64 " pieces were damaged and set aside",
                 store->place.database, damaged);
    if (foreign)
        log_line(LOG_LEVEL_WARNING,
                 "%s: another version of wary learnt %" PRIu64
                 " devices in its own way: set aside, to be learnt anew",
                 store->place.database, foreign);
    return good;
}

static bool read_all(struct store *store, const struct job *job) {
    return store->base && job->read(store_base_sql(store->base), job->context);
}

static void do_job(struct store *store, const struct job *job) {
    bool succeeded = job->run(store, job);
    pthread_mutex_lock(&store->lock);
    store->job = NULL;
    store->succeeded = succeeded;
    pthread_cond_signal(&store->done);
    pthread_mutex_unlock(&store->lock);
}

static void *work(void *argument) {
    struct store *store = argument;
    const struct job *job;
    pthread_setname_np(pthread_self(), "store");
    precedence_take(PRECEDENCE_PATIENT);
    do {
        store_queue_wait(store->queue);
        /* Asked for first: what was handed over before the job is in the batch then, and
           cannot be written over what the job writes. */
        pthread_mutex_lock(&store->lock);
        job = store->job;
        pthread_mutex_unlock(&store->lock);
        store_queue_take(store->queue);
        write_batch(store);
        if (job)
            do_job(store, job);
    } while (!store->ending);
    return NULL;
}

/* --- life --- */

/* What was handed over before comes first. One job at a time: they are of one thread. */
static bool have_done(struct store *store, const struct job *job) {
    pthread_mutex_lock(&store->lock);
    store->job = job;
    store_queue_wake(store->queue);
    while (store->job)
        pthread_cond_wait(&store->done, &store->lock);
    bool succeeded = store->succeeded;
    pthread_mutex_unlock(&store->lock);
    return succeeded;
}

void store_restore(struct store *store, struct engine *engine) {
    have_done(store, &(struct job){.run = restore, .restored = engine});
}

bool store_save(struct store *store, const struct engine *engine) {
    return have_done(store, &(struct job){.run = save, .saved = engine});
}

bool store_read(struct store *store, bool (*read)(struct store_sql *sql, void *context),
                void *context) {
    return have_done(store,
                     &(struct job){.run = read_all, .read = read, .context = context});
}

static bool finish(struct store *store, const struct job *job) {
    (void)job;
    return store->ending = true;
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
    store->limits = store_limits_default;
    if (!store_place_open(&store->place, directory, error, error_bytes))
        goto fail_place;
    if (!open_base(store, error, error_bytes))
        goto fail_base;
    store->queue = store_queue_create(QUEUE_BYTES);
    if (!store->queue)
        goto fail_queue;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->done, NULL);
    store_ack_init(&store->ack);
    int failure = start_thread(store);
    if (failure == 0)
        return store;
    snprintf(error, error_bytes, "no thread: %s", strerror(failure));
    store_ack_free(&store->ack);
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
    have_done(store, &(struct job){.run = finish});
    pthread_join(store->thread, NULL);
    store_ack_free(&store->ack);
    pthread_cond_destroy(&store->done);
    pthread_mutex_destroy(&store->lock);
    store_queue_destroy(store->queue);
    store_base_close(store->base);
    store_place_close(&store->place);
    store_watch_free(&store->watch);
    free(store);
}

void store_limit(struct store *store, const struct store_limits *limits) {
    store->limits = *limits;
}

struct store_status store_status(struct store *store) {
    struct counts *c = &store->counts;
    struct store_status status = {
        .findings_written = atomic_load(&c->findings_written),
        .pieces_written = atomic_load(&c->pieces_written),
        .points_written = atomic_load(&c->points_written),
        .decisions_written = atomic_load(&c->decisions_written),
        .tenancies_written = atomic_load(&c->tenancies_written),
        .dropped = atomic_load(&c->dropped),
        .lost = atomic_load(&c->lost),
        .damaged = atomic_load(&c->damaged),
        .devices_restored = atomic_load(&c->devices_restored),
        .findings_restored = atomic_load(&c->findings_restored),
        .failing = atomic_load(&c->failing),
        .behind = atomic_load(&c->behind),
        .replaced = atomic_load(&c->replaced),
    };
    pthread_mutex_lock(&store->lock);
    snprintf(status.reason, sizeof status.reason, "%s", store->reason);
    pthread_mutex_unlock(&store->lock);
    return status;
}

const char *store_path(const struct store *store) {
    return store->place.database;
}
