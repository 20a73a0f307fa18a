#ifndef TESTS_STORE_KEEPING_H
#define TESTS_STORE_KEEPING_H

#include "tests/store/scenario.h"

#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>

/* A site of devices, and a state directory that one run after the other goes on from. */

static struct site site;
static char directory[64], database[96];

static inline void start(void) {
    site_make(&site, 11);
    state_make(directory);
    snprintf(database, sizeof database, "%s/wary.db", directory);
}

static inline void stop(void) {
    state_remove(directory);
    free(site.records);
    site = (struct site){0};
}

struct outcome {
    struct store_status store;
    struct engine_status engine;
    struct transcript said;
};

static inline bool read_nothing(struct store_sql *base, void *nothing) {
    (void)base;
    return nothing == NULL;
}

/* Restores, goes on to the second `to_s`, and saves if told so; all that it handed over is in the
   counts. */
static inline struct outcome go(double from_s, double to_s, bool save) {
    struct outcome outcome = {.said = {0}};
    struct store *store = state_open(directory);
    struct board *board = board_create();
    struct engine *engine = site_engine(64, board, &outcome.said, store);
    store_restore(store, engine);
    if (to_s > from_s)
        site_run(engine, &site, site_at(&site, from_s), site_at(&site, to_s));
    outcome.engine = *engine_status(engine);
    if (save)
        ck_assert(store_save(store, engine));
    store_read(store, read_nothing, NULL);
    engine_destroy(engine);
    board_destroy(board);
    outcome.store = store_status(store);
    store_close(store);
    return outcome;
}

static inline int64_t sql(const char *statement) {
    sqlite3 *db;
    sqlite3_stmt *s;
    int64_t answer = -1;
    ck_assert_int_eq(sqlite3_open(database, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, statement, -1, &s, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(db));
    int code = sqlite3_step(s);
    ck_assert_msg(code == SQLITE_ROW || code == SQLITE_DONE, "%s", sqlite3_errmsg(db));
    if (code == SQLITE_ROW)
        answer = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return answer;
}

#endif
