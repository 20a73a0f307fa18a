#include "engine/store/store_schema.h"

#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COPIES_MAX = 100 };

static const char *const steps[STORE_SCHEMA] = {
    /* 1. Devices apart from their baselines: who is there, and in which order, is written
       often, the 8 KiB of a baseline seldom. */
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS devices(key BLOB PRIMARY KEY, id TEXT NOT NULL,"
    " segment INTEGER NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS baselines(key BLOB PRIMARY KEY, format INTEGER NOT "
    "NULL,"
    " checksum INTEGER NOT NULL, value BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS memory(kind TEXT NOT NULL, key BLOB NOT NULL,"
    " place INTEGER NOT NULL, format INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " value BLOB NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS findings(id INTEGER PRIMARY KEY, time_ns INTEGER NOT "
    "NULL,"
    " device TEXT NOT NULL, kind TEXT NOT NULL, level TEXT NOT NULL,"
    " contribution REAL NOT NULL, observed REAL NOT NULL, expected REAL NOT NULL,"
    " peer TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS findings_of_device ON findings(device, id);"
    "CREATE TABLE IF NOT EXISTS damaged(number INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
    " key BLOB, reason TEXT NOT NULL, value BLOB);",

    /* 2. Risk over time. A device's rows lie together, so that a chart is one stretch of
       the tree; `span_s` is 0 where a row is of a moment and 3600 where it stands for an
       hour; `done_s` up to when a device's rows have been thinned. */
    "CREATE TABLE tracks(number INTEGER PRIMARY KEY, device TEXT NOT NULL UNIQUE,"
    " done_s INTEGER NOT NULL);"
    "CREATE TABLE history(track INTEGER NOT NULL, time_s INTEGER NOT NULL,"
    " span_s INTEGER NOT NULL, score REAL NOT NULL, peak REAL NOT NULL,"
    " anomaly REAL NOT NULL, level INTEGER NOT NULL, worst INTEGER NOT NULL,"
    " PRIMARY KEY(track, time_s))"
    " WITHOUT ROWID;"
    "CREATE INDEX findings_of_kind ON findings(kind, id);"
    "CREATE INDEX findings_of_level ON findings(level, id);"
    "CREATE INDEX findings_at ON findings(time_ns);",

    /* 3. What was told to the engine: what holds, the last of each device and place, and a
       log of all that was ever told. */
    "CREATE TABLE messages(number INTEGER PRIMARY KEY, device TEXT NOT NULL,"
    " place TEXT NOT NULL, time_ns INTEGER NOT NULL, text TEXT NOT NULL,"
    " UNIQUE(device, place));"
    "CREATE TABLE message_log(number INTEGER PRIMARY KEY, device TEXT NOT NULL,"
    " place TEXT NOT NULL, time_ns INTEGER NOT NULL, text TEXT NOT NULL);",

    /* 4. Decisions as they are told; and a baseline of each device as it once was. */
    "CREATE TABLE decisions(seq INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL,"
    " device TEXT NOT NULL, api TEXT NOT NULL, answer INTEGER NOT NULL,"
    " line TEXT NOT NULL);"
    "CREATE INDEX decisions_of_device ON decisions(device, seq);"
    "CREATE INDEX decisions_at ON decisions(time_ns);"
    "CREATE TABLE golden(device TEXT PRIMARY KEY, time_ns INTEGER NOT NULL,"
    " format INTEGER NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL);",

    /* 5. The policies that were in force; and who held which address when (`to_ns` is 0 for
       whoever holds it still). Denials are few among decisions, and looked for most. Values
       are packed (engine/store/store_pack.h) where `size` says how
       long they are then; 0: they are as they are. */
    "ALTER TABLE baselines ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE memory ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE golden ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE policies(number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL,"
    " rules INTEGER NOT NULL, revision TEXT NOT NULL, origin TEXT NOT NULL,"
    " principal TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE tenancies(number INTEGER PRIMARY KEY, address TEXT NOT NULL,"
    " device TEXT NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL);"
    "CREATE INDEX tenancies_of_address ON tenancies(address, from_ns);"
    "CREATE INDEX tenancies_ended ON tenancies(to_ns) WHERE to_ns <> 0;"
    "CREATE INDEX decisions_denied ON decisions(seq) WHERE answer >= 2;",
};

/* A newer wary may have changed any table but this one. */
int64_t store_schema_of(struct store_sql *sql) {
    sqlite3_stmt *s = NULL;
    int64_t found = 0;
    if (sqlite3_prepare_v2(sql->db, "SELECT value FROM meta WHERE name = 'schema'", -1,
                           &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        found = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return found;
}

bool store_schema_copy(struct store_sql *sql, const char *path) {
    /* Made here, because SQLite would ask the umask; it fills a file that is empty. */
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        sql->failure = SQLITE_CANTOPEN;
        snprintf(sql->reason, sizeof sql->reason, "%.200s: %s", path, strerror(errno));
        return false;
    }
    sqlite3_stmt *s = store_sql_ready(sql, "VACUUM INTO ?");
    store_sql_text(s, 1, path);
    bool good = store_sql_run(sql, s);
    if (good && fsync(file) < 0) {
        snprintf(sql->reason, sizeof sql->reason, "%.200s: %s", path, strerror(errno));
        good = false;
    }
    close(file);
    if (!good)
        unlink(path);
    return good;
}

static bool leave_copy(struct store_sql *sql, const char *path, int64_t version) {
    char copy[1280];
    unsigned number = 0;
    do
        snprintf(copy, sizeof copy, number ? "%s.schema-%lld-%u" : "%s.schema-%lld",
                 path, (long long)version, number);
    while (access(copy, F_OK) == 0 && ++number < COPIES_MAX);
    if (!store_schema_copy(sql, copy))
        return false;
    log_line(LOG_LEVEL_NOTICE,
             "%s: brought from schema %lld to %d; a copy of what was there is %s", path,
             (long long)version, STORE_SCHEMA, copy);
    return true;
}

static bool put_version(struct store_sql *sql, int64_t version) {
    sqlite3_stmt *s =
        store_sql_ready(sql, "INSERT OR REPLACE INTO meta VALUES('schema', ?)");
    store_sql_number(s, 1, version);
    return store_sql_run(sql, s);
}

bool store_schema_bring(struct store_sql *sql, const char *path, int64_t to) {
    int64_t from = store_schema_of(sql);
    if (from >= to)
        return true;
    if (from < 0)
        from = 0;
    if (from > 0 && !leave_copy(sql, path, from))
        return false;
    bool good = store_sql_script(sql, "BEGIN IMMEDIATE");
    for (int64_t step = from; good && step < to; step++)
        good = store_sql_script(sql, steps[step]);
    good = good && put_version(sql, to) && store_sql_script(sql, "COMMIT");
    if (!good && !sqlite3_get_autocommit(sql->db))
        sqlite3_exec(sql->db, "ROLLBACK", NULL, NULL, NULL);
    return good;
}

/* Held against a database that the steps have just made. */
bool store_schema_is_right(struct store_sql *sql) {
    struct store_sql model;
    bool right = store_sql_open(&model, ":memory:", SQLITE_OPEN_READWRITE) &&
                 store_schema_bring(&model, ":memory:", STORE_SCHEMA);
    sqlite3_stmt *each =
        store_sql_ready(&model, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
    sqlite3_stmt *same =
        store_sql_ready(sql, "SELECT count(*) FROM sqlite_schema WHERE sql = ?");
    while (right && store_sql_row(&model, each)) {
        store_sql_text(same, 1, (const char *)sqlite3_column_text(each, 0));
        right = store_sql_ask(sql, same, 0) == 1;
    }
    store_sql_close(&model);
    if (!right) {
        sql->failure = SQLITE_CORRUPT;
        snprintf(sql->reason, sizeof sql->reason, "tables are missing or not as made");
    }
    return right;
}
