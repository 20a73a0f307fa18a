#include "engine/store/store_sql.h"

#include "engine/base/address.h"

#include <stdio.h>
#include <string.h>

bool store_sql_open(struct store_sql *sql, const char *path, int flags) {
    *sql = (struct store_sql){.db = NULL};
    snprintf(sql->reason, sizeof sql->reason, "not enough memory");
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(path, &sql->db, flags, NULL) != SQLITE_OK)
        return store_sql_fail(sql);
    sqlite3_busy_timeout(sql->db, 5000);
    sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return true;
}

void store_sql_close(struct store_sql *sql) {
    for (unsigned i = 0; i < STORE_STATEMENTS; i++)
        sqlite3_finalize(sql->statements[i].statement);
    sqlite3_close(sql->db);
    *sql = (struct store_sql){.db = NULL};
}

/* The reason is kept: what is done afterwards has a success of its own. */
bool store_sql_fail(struct store_sql *sql) {
    if (!sql->db)
        return false;
    sql->failure = sqlite3_errcode(sql->db);
    snprintf(sql->reason, sizeof sql->reason, "%s", sqlite3_errmsg(sql->db));
    return false;
}

/* A text's place stands for it: the program has fewer of them than there are slots. */
sqlite3_stmt *store_sql_ready(struct store_sql *sql, const char *text) {
    unsigned i = (unsigned)((uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15) >> 57);
    while (sql->statements[i].text && sql->statements[i].text != text)
        i = (i + 1) % STORE_STATEMENTS;
    if (!sql->statements[i].statement &&
        sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT,
                           &sql->statements[i].statement, NULL) != SQLITE_OK) {
        store_sql_fail(sql);
        return NULL;
    }
    sql->statements[i].text = text;
    sqlite3_clear_bindings(sql->statements[i].statement);
    return sql->statements[i].statement;
}

void store_sql_text(sqlite3_stmt *s, int at, const char *text) {
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* A blob of no bytes is no NULL. */
void store_sql_blob(sqlite3_stmt *s, int at, const void *bytes, size_t size) {
    sqlite3_bind_blob(s, at, size ? bytes : "", (int)size, SQLITE_STATIC);
}

void store_sql_number(sqlite3_stmt *s, int at, int64_t number) {
    sqlite3_bind_int64(s, at, number);
}

void store_sql_real(sqlite3_stmt *s, int at, double number) {
    sqlite3_bind_double(s, at, number);
}

bool store_sql_row(struct store_sql *sql, sqlite3_stmt *s) {
    if (!s)
        return false;
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        store_sql_fail(sql);
    return false;
}

bool store_sql_end(struct store_sql *sql, sqlite3_stmt *s) {
    (void)sql;
    /* Reset repeats the code of the step that failed, and is good after all others. */
    return s && sqlite3_reset(s) == SQLITE_OK;
}

bool store_sql_run(struct store_sql *sql, sqlite3_stmt *s) {
    while (store_sql_row(sql, s))
        continue;
    return store_sql_end(sql, s);
}

bool store_sql_script(struct store_sql *sql, const char *text) {
    return sqlite3_exec(sql->db, text, NULL, NULL, NULL) == SQLITE_OK ||
           store_sql_fail(sql);
}

int64_t store_sql_ask(struct store_sql *sql, sqlite3_stmt *s, int64_t missing) {
    int64_t answer = missing;
    if (store_sql_row(sql, s) && sqlite3_column_type(s, 0) != SQLITE_NULL)
        answer = sqlite3_column_int64(s, 0);
    store_sql_end(sql, s);
    return answer;
}

void store_sql_copy(sqlite3_stmt *s, int column, char *out, size_t size) {
    const void *text = sqlite3_column_text(s, column);
    text_copy_untrusted(out, size, text ? text : "",
                        text ? (size_t)sqlite3_column_bytes(s, column) : 0);
}
