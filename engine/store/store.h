#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H

#include "engine/engine.h"
#include "engine/store/store_decisions.h"
#include "engine/store/store_tend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that survives: an SQLite database (wary.db, write-ahead log) in the state directory.
   A thread of its own is the only one that writes; others hand it what is to be kept through
   a bounded queue and never wait for the disk. What does not fit is dropped and counted; a
   disk that fails is told once and counted, and learning goes on without it. */

struct store;

/* The directory is made (0700) if it is not there. NULL, with one clear line in `error`, if it
   cannot be written, another process uses it, or a newer wary wrote it. A database that is
   none is set aside under another name, which is logged, and a new one begun. */
struct store *store_open(const char *directory, char *error, size_t error_bytes);

/* How long what is kept is kept: before anything is handed over. */
void store_limit(struct store *store, const struct store_limits *limits);

/* What was handed over is written first. NULL is allowed. */
void store_close(struct store *store);

/* --- the engine's thread, or any while that does not run --- */

/* To be one of the engine's: findings, changes of risk and of addresses, and each piece of its
   memory when its turn comes. */
struct engine_sink store_sink(struct store *store);

/* Gives an engine that has not begun yet all that is known, and readers the latest findings.
   A piece that is damaged is set aside (table `damaged`), logged and counted; the rest
   loads. Waits for the disk. */
void store_restore(struct store *store, struct engine *engine);

/* A clean stop: all that the engine knows, in one transaction. Waits for the disk. False if
   it could not be written; what was kept before is still there then. */
bool store_save(struct store *store, const struct engine *engine);

/* Runs `read` on the store's thread, behind all that was handed over, and waits for it.
   False if it says so, or if there is no database to read from. */
bool store_read(struct store *store, bool (*read)(struct store_sql *sql, void *context),
                void *context);

/* --- any thread --- */

/* What somebody is told only when it cannot be lost any more: `write` is run on the store's
   thread with a copy of the bytes (`size` ≤ 2 MiB), inside of a transaction that is then
   committed to the disk itself. True: it is there, whatever happens now. False: `write` said
   so and nothing of it was done, or it could not be written, or not within 5 s (then it may
   still come to be); do not acknowledge. Waits for the disk, some milliseconds; not
   for the engine's thread. Several that wait share a commit. */
bool store_write_now(struct store *store,
                     bool (*write)(struct store_sql *sql, const void *bytes,
                                   size_t size),
                     const void *bytes, size_t size);

/* Keep a decision, without waiting for it. False if it was dropped: the queue is full. */
bool store_keep_decision(struct store *store, const struct store_decision *decision);

struct store_status {
    uint64_t findings_written, pieces_written;
    uint64_t points_written; /* of risk over time */
    uint64_t decisions_written;
    uint64_t tenancies_written; /* holders of addresses */
    uint64_t dropped;           /* of all of these, what found the queue full */
    uint64_t lost;              /* that were in a transaction which failed */
    uint64_t damaged;           /* pieces set aside */
    uint64_t devices_restored, findings_restored;
    unsigned replaced; /* databases that were set aside as damaged since the start */
    bool failing;      /* the last transaction failed: the disk is full, say; why … */
    char reason[256];  /* … says the last one that did; "" none ever did */
    bool behind; /* the disk is slow: the queue was full since the last transaction */
};

struct store_status store_status(struct store *store);

/* The database's file. */
const char *store_path(const struct store *store);

#endif
