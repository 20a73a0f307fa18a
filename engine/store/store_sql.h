#ifndef ENGINE_STORE_SQL_H
#define ENGINE_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A connection to the database, with its statements and what failed on it last. One thread
   at a time; zeroed, it is closed. All that returns a bool: false means that it failed, and
   `reason` says why. */

enum { STORE_ERROR_BYTES = 256, STORE_STATEMENTS = 128 };

struct store_sql {
    sqlite3 *db;
    int failure; /* SQLite's code of what failed last */
    char reason[STORE_ERROR_BYTES];
    struct {
        const char *text;
        sqlite3_stmt *statement;
    } statements[STORE_STATEMENTS]; /* by the hash of the text's place */
};

/* `flags` as of sqlite3_open_v2. Closed again by store_sql_close, also after a failure. */
bool store_sql_open(struct store_sql *sql, const char *path, int flags);
void store_sql_close(struct store_sql *sql);

/* The statement of a text that stays where it is, with nothing bound; prepared when it is
   first asked for. NULL if it cannot be (then the others take NULL and fail). */
sqlite3_stmt *store_sql_ready(struct store_sql *sql, const char *text);

/* Bind: what is pointed to stays until the statement has run. Places count from 1. */
void store_sql_text(sqlite3_stmt *s, int at, const char *text);
void store_sql_blob(sqlite3_stmt *s, int at, const void *bytes, size_t size);
void store_sql_number(sqlite3_stmt *s, int at, int64_t number);
void store_sql_real(sqlite3_stmt *s, int at, double number);

/* Run to the end, whatever it answers. */
bool store_sql_run(struct store_sql *sql, sqlite3_stmt *s);
/* One row after the other: false with the last behind it, or when it failed; which of the
   two is what store_sql_end says, which is to be called in any case. */
bool store_sql_row(struct store_sql *sql, sqlite3_stmt *s);
bool store_sql_end(struct store_sql *sql, sqlite3_stmt *s);

/* Statements that are used once, divided by semicolons. */
bool store_sql_script(struct store_sql *sql, const char *text);
/* The number in the first place of the first row; `missing` if there is none. */
int64_t store_sql_ask(struct store_sql *sql, sqlite3_stmt *s, int64_t missing);

/* Copies a text column: terminated, without control characters, cut to fit. */
void store_sql_copy(sqlite3_stmt *s, int column, char *out, size_t size);

/* Note that something failed. Always false. */
bool store_sql_fail(struct store_sql *sql);

#endif
