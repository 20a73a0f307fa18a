#include "engine/store/store_message.h"

#include "engine/base/precedence.h"
#include "engine/store/store_sql.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_KEPT = 1000000, BATCH_BYTES = 1 << 19, TEXT_BYTES = 1 << 17 };

struct store_message {
    struct store *store;
    struct inbox *inbox;
    pthread_t thread;
    unsigned char *batch; /* BATCH_BYTES */
};

/* A batch is rows of: struct row, device, place and text, each terminated. */
struct row {
    uint64_t time_ns;
    size_t bytes; /* of the three texts */
};

/* --- the store's thread --- */

static bool write_row(struct store_sql *sql, const struct row *row, const char *texts) {
    static const char *const statements[] = {
        "INSERT OR REPLACE INTO messages(device, place, time_ns, text)"
        " VALUES(?, ?, ?, ?)",
        "INSERT INTO message_log(device, place, time_ns, text) VALUES(?, ?, ?, ?)"};
    const char *device = texts, *place = device + strlen(device) + 1;
    const char *text = place + strlen(place) + 1;
    for (size_t i = 0; i < 2; i++) {
        sqlite3_stmt *s = store_sql_ready(sql, statements[i]);
        store_sql_text(s, 1, device);
        store_sql_text(s, 2, place);
        store_sql_number(s, 3, (int64_t)row->time_ns);
        store_sql_text(s, 4, text);
        if (!store_sql_run(sql, s))
            return false;
    }
    return true;
}

static bool write_rows(struct store_sql *sql, const void *bytes, size_t size) {
    const char *at = bytes, *end = at + size;
    while (at < end) {
        struct row row;
        memcpy(&row, at, sizeof row);
        if (!write_row(sql, &row, at + sizeof row))
            return false;
        at += sizeof row + row.bytes;
    }
    sqlite3_stmt *trim =
        store_sql_ready(sql, "DELETE FROM message_log WHERE number <="
                             " (SELECT max(number) FROM message_log) - ?");
    store_sql_number(trim, 1, LOG_KEPT);
    return store_sql_run(sql, trim);
}

/* --- the keeper's thread --- */

static size_t put_text(unsigned char *at, const char *text) {
    size_t bytes = strlen(text) + 1;
    memcpy(at, text, bytes);
    return bytes;
}

/* As many as fit, at least one. */
static size_t pack(struct store_message *keeper, size_t count, size_t *bytes) {
    size_t used = 0, packed = 0;
    for (; packed < count; packed++) {
        const struct message *message = inbox_unkept(keeper->inbox, packed);
        if (!message->text)
            continue;
        struct row row = {.time_ns = message->time_ns};
        row.bytes = strlen(message->device) + strlen(message->place) +
                    strlen(message->text) + 3;
        if (used + sizeof row + row.bytes > BATCH_BYTES)
            break;
        memcpy(keeper->batch + used, &row, sizeof row);
        used += sizeof row;
        used += put_text(keeper->batch + used, message->device);
        used += put_text(keeper->batch + used, message->place);
        used += put_text(keeper->batch + used, message->text);
    }
    *bytes = used;
    return packed;
}
_Static_assert((int)TEXT_BYTES < (int)BATCH_BYTES, "a message fits a batch");

static void *keep(void *argument) {
    struct store_message *keeper = argument;
    size_t count, bytes;
    precedence_take(PRECEDENCE_USUAL);
    while ((count = inbox_wait(keeper->inbox)) > 0) {
        size_t packed = pack(keeper, count, &bytes);
        bool good = packed > 0 &&
                    (bytes == 0 ||
                     store_write_now(keeper->store, write_rows, keeper->batch, bytes));
        inbox_kept(keeper->inbox, packed ? packed : 1, good);
    }
    return NULL;
}

/* Signals are for other threads. */
static bool start_thread(struct store_message *keeper) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&keeper->thread, NULL, keep, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0;
}

struct store_message *store_message_start(struct store *store, struct inbox *inbox) {
    struct store_message *keeper = malloc(sizeof *keeper);
    if (!keeper)
        return NULL;
    *keeper = (struct store_message){.store = store, .inbox = inbox};
    keeper->batch = malloc(BATCH_BYTES);
    inbox_guard(inbox);
    if (keeper->batch && start_thread(keeper))
        return keeper;
    free(keeper->batch);
    free(keeper);
    return NULL;
}

void store_message_stop(struct store_message *keeper) {
    if (!keeper)
        return;
    inbox_unguard(keeper->inbox);
    pthread_join(keeper->thread, NULL);
    free(keeper->batch);
    free(keeper);
}

/* --- recall --- */

struct recall {
    void (*take)(void *context, const char *device, const char *place, const char *text,
                 uint64_t time_ns);
    void *context;
};

static bool read_rows(struct store_sql *sql, void *context) {
    const struct recall *recall = context;
    sqlite3_stmt *s = store_sql_ready(
        sql, "SELECT device, place, text, time_ns FROM messages ORDER BY number");
    while (store_sql_row(sql, s)) {
        const char *texts[3];
        for (int i = 0; i < 3; i++)
            texts[i] = (const char *)sqlite3_column_text(s, i);
        if (texts[0] && texts[1] && texts[2])
            recall->take(recall->context, texts[0], texts[1], texts[2],
                         (uint64_t)sqlite3_column_int64(s, 3));
    }
    return store_sql_end(sql, s);
}

bool store_message_recall(struct store *store,
                          void (*take)(void *context, const char *device,
                                       const char *place, const char *text,
                                       uint64_t time_ns),
                          void *context) {
    struct recall recall = {take, context};
    return store_read(store, read_rows, &recall);
}
