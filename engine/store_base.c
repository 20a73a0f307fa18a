#include "engine/store_base.h"

#include "engine/base/checksum.h"
#include "engine/base/log.h"
#include "engine/device.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINDINGS_KEPT = 1000000, DAMAGED_KEPT = 1000, DAMAGED_LOGGED = 10 };

/* Devices apart from their baselines: who is there, and in which order, is written often,
   the 8 KiB of a baseline seldom. */
static const char schema[] =
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
    " key BLOB, reason TEXT NOT NULL, value BLOB);";

#define STATEMENTS(X)                                                                  \
    X(PUT_FINDING, "INSERT OR REPLACE INTO findings VALUES(?,?,?,?,?,?,?,?,?,?)")      \
    X(TRIM_FINDINGS, "DELETE FROM findings WHERE id <= ?")                             \
    X(PUT_DEVICE, "INSERT OR REPLACE INTO devices VALUES(?,?,?,?)")                    \
    X(PUT_BASELINE, "INSERT OR REPLACE INTO baselines VALUES(?,?,?,?)")                \
    X(PUT_MEMORY, "INSERT OR REPLACE INTO memory VALUES(?,?,?,?,?,?)")                 \
    X(FORGET_DEVICES, "DELETE FROM devices")                                           \
    X(FORGET_MEMORY, "DELETE FROM memory")                                             \
    X(FORGET_BASELINES,                                                                \
      "DELETE FROM baselines WHERE key NOT IN (SELECT key FROM devices)")              \
    X(GET_DEVICES, "SELECT key, checksum, value, segment, id FROM devices JOIN "       \
                   "baselines USING(key)"                                              \
                   " ORDER BY place")                                                  \
    X(GET_MEMORY, "SELECT key, checksum, value FROM memory WHERE kind = ?"             \
                  " ORDER BY place")                                                   \
    X(GET_FINDINGS,                                                                    \
      "SELECT * FROM (SELECT * FROM findings ORDER BY id DESC LIMIT ?) ORDER BY id")   \
    X(SET_ASIDE, "INSERT INTO damaged(kind, key, reason, value) VALUES(?,?,?,?)")      \
    X(SET_ASIDE_FOREIGN, "INSERT INTO damaged(kind, key, reason, value) SELECT"        \
                         " 'device', key, 'another version', value FROM baselines"     \
                         " WHERE format <> ?")                                         \
    X(FORGET_FOREIGN_BASELINES, "DELETE FROM baselines WHERE format <> ?")             \
    X(FORGET_FOREIGN_MEMORY, "DELETE FROM memory WHERE format <> ?")                   \
    X(SET_ASIDE_LOST, "INSERT INTO damaged(kind, key, reason, value) SELECT"           \
                      " 'device', key, 'whose', value FROM baselines"                  \
                      " WHERE key NOT IN (SELECT key FROM devices)")                   \
    X(FORGET_DAMAGED_BASELINES,                                                        \
      "DELETE FROM baselines WHERE key IN"                                             \
      " (SELECT key FROM damaged WHERE kind = 'device' AND number > ?)")               \
    X(FORGET_DAMAGED_MEMORY, "DELETE FROM memory WHERE (kind, key) IN"                 \
                             " (SELECT kind, key FROM damaged WHERE number > ?)")      \
    X(TRIM_DAMAGED, "DELETE FROM damaged WHERE number <="                              \
                    " (SELECT max(number) FROM damaged) - ?")                          \
    X(PUT_META, "INSERT OR REPLACE INTO meta VALUES(?,?)")                             \
    X(GET_META, "SELECT value FROM meta WHERE name = ?")                               \
    X(GET_PLACE, "SELECT max(coalesce((SELECT max(place) FROM devices), 0),"           \
                 " coalesce((SELECT max(place) FROM memory), 0))")                     \
    X(CHECK, "PRAGMA integrity_check(1)")                                              \
    X(GET_DAMAGED, "SELECT coalesce(max(number), 0) FROM damaged")

enum statement {
#define STATEMENT_ENUM(id, sql) id,
    STATEMENTS(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        STATEMENT_COUNT
};

static const char *const sql_of[] = {
#define STATEMENT_SQL(id, sql) sql,
    STATEMENTS(STATEMENT_SQL)
#undef STATEMENT_SQL
};

struct store_base {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    uint64_t format;
    int64_t place, renewed; /* the last one given, upwards and downwards */
    int failure;            /* of what failed last */
    char reason[STORE_ERROR_BYTES];
};

static const char *const kind_names[MEMORY_KINDS] = {
    [MEMORY_CLOCK] = "clock",     [MEMORY_POOL] = "pool",
    [MEMORY_LEASERS] = "leasers", [MEMORY_QUESTIONS] = "questions",
    [MEMORY_DEVICE] = "device",   [MEMORY_BINDING] = "binding",
    [MEMORY_NAME] = "name",       [MEMORY_SHARED] = "shared",
};

/* --- a statement's life: bind, run, and it is ready for the next --- */

static void bind_text(sqlite3_stmt *s, int at, const char *text) {
    sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* A blob of no bytes is no NULL. */
static void bind_blob(sqlite3_stmt *s, int at, const void *bytes, size_t size) {
    sqlite3_bind_blob(s, at, size ? bytes : "", (int)size, SQLITE_STATIC);
}

/* The reason is kept: what is done afterwards has a success of its own. */
static bool fail(struct store_base *base) {
    base->failure = sqlite3_errcode(base->db);
    snprintf(base->reason, sizeof base->reason, "%s", sqlite3_errmsg(base->db));
    return false;
}

static bool run(struct store_base *base, sqlite3_stmt *s) {
    int code = sqlite3_step(s);
    bool good = code == SQLITE_DONE || code == SQLITE_ROW || fail(base);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return good;
}

static bool run_text(struct store_base *base, const char *sql) {
    return sqlite3_exec(base->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(base);
}

static bool run_number(struct store_base *base, enum statement statement,
                       int64_t number) {
    sqlite3_stmt *s = base->statements[statement];
    if (sqlite3_bind_parameter_count(s))
        sqlite3_bind_int64(s, 1, number);
    return run(base, s);
}

/* The number that it answers; `missing` if none. */
static int64_t ask(struct store_base *base, enum statement statement, const char *name,
                   int64_t missing) {
    sqlite3_stmt *s = base->statements[statement];
    if (name)
        bind_text(s, 1, name);
    int64_t answer =
        sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : missing;
    sqlite3_reset(s);
    return answer;
}

const char *store_base_error(const struct store_base *base) {
    return base->reason;
}

bool store_base_is_broken(const struct store_base *base) {
    return base->failure == SQLITE_CORRUPT || base->failure == SQLITE_NOTADB;
}

bool store_base_begin(struct store_base *base) {
    return run_text(base, "BEGIN IMMEDIATE");
}

bool store_base_commit(struct store_base *base) {
    return run_text(base, "COMMIT");
}

void store_base_roll_back(struct store_base *base) {
    if (!sqlite3_get_autocommit(base->db)) /* a full disk has rolled it back already */
        sqlite3_exec(base->db, "ROLLBACK", NULL, NULL, NULL);
}

/* --- life --- */

static bool prepare(struct store_base *base) {
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(base->db, sql_of[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &base->statements[i], NULL) != SQLITE_OK)
            return fail(base);
    return true;
}

/* A newer wary may have changed any table but meta. */
static int64_t schema_of(struct store_base *base) {
    sqlite3_stmt *s = NULL;
    int64_t found = 0;
    if (sqlite3_prepare_v2(base->db, "SELECT value FROM meta WHERE name = 'schema'", -1,
                           &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        found = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return found;
}

static bool put_meta(struct store_base *base, const char *name, int64_t value) {
    sqlite3_stmt *s = base->statements[PUT_META];
    bind_text(s, 1, name);
    sqlite3_bind_int64(s, 2, value);
    return run(base, s);
}

static bool set_up(struct store_base *base) {
    static const char options[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;";
    sqlite3_busy_timeout(base->db, 5000);
    sqlite3_db_config(base->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (!run_text(base, options) || !run_text(base, schema) || !prepare(base) ||
        !put_meta(base, "schema", STORE_SCHEMA))
        return false;
    base->place = ask(base, GET_PLACE, NULL, 0);
    return true;
}

enum store_opening store_base_open(const char *path, struct store_base **opened,
                                   char error[STORE_ERROR_BYTES]) {
    enum store_opening outcome = STORE_REFUSED;
    struct store_base *base = calloc(1, sizeof *base);
    *opened = NULL;
    snprintf(error, STORE_ERROR_BYTES, "not enough memory");
    if (!base)
        return STORE_REFUSED;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    bool good =
        sqlite3_open_v2(path, &base->db, flags, NULL) == SQLITE_OK || fail(base);
    int64_t found = good ? schema_of(base) : 0;
    if (found > STORE_SCHEMA) {
        snprintf(error, STORE_ERROR_BYTES,
                 "a newer wary wrote it (schema %lld, this one knows %d)",
                 (long long)found, STORE_SCHEMA);
    } else if (good && set_up(base)) {
        *opened = base;
        return STORE_OPENED;
    } else if (base->db) {
        snprintf(error, STORE_ERROR_BYTES, "%s", store_base_error(base));
        /* Our own SQL is wrong only where the schema has been damaged. */
        if (store_base_is_broken(base) || base->failure == SQLITE_ERROR)
            outcome = STORE_BROKEN;
    }
    store_base_close(base);
    return outcome;
}

void store_base_close(struct store_base *base) {
    if (!base)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(base->statements[i]);
    sqlite3_close(base->db);
    free(base);
}

void store_base_set_format(struct store_base *base, uint64_t format) {
    base->format = format;
}

/* --- writing --- */

bool store_base_put_finding(struct store_base *base, const struct finding *finding) {
    sqlite3_stmt *s = base->statements[PUT_FINDING];
    sqlite3_bind_int64(s, 1, (int64_t)finding->id);
    sqlite3_bind_int64(s, 2, (int64_t)finding->time_ns);
    bind_text(s, 3, finding->device);
    bind_text(s, 4, finding->kind);
    bind_text(s, 5, risk_level_name(finding->level));
    sqlite3_bind_double(s, 6, finding->contribution);
    sqlite3_bind_double(s, 7, finding->observed);
    sqlite3_bind_double(s, 8, finding->expected);
    bind_text(s, 9, finding->peer);
    bind_text(s, 10, finding->text);
    if (!run(base, s))
        return false;
    return finding->id % 1024 != 0 || finding->id < FINDINGS_KEPT ||
           run_number(base, TRIM_FINDINGS, (int64_t)finding->id - FINDINGS_KEPT);
}

/* Damage anywhere in the row is found: kind, key and value. */
static uint64_t sum_of(const struct memory *piece) {
    const char *kind = kind_names[piece->kind];
    uint64_t sum = checksum_of(kind, strlen(kind), 0);
    sum = checksum_of(piece->key, piece->key_bytes, sum);
    return checksum_of(piece->value, piece->value_bytes, sum);
}

static bool put_device(struct store_base *base, const struct memory *piece,
                       int64_t place, bool with_value) {
    char id[DEVICE_ID_BYTES];
    device_id(piece->value, id, sizeof id);
    sqlite3_stmt *s = base->statements[PUT_DEVICE];
    bind_blob(s, 1, piece->key, piece->key_bytes);
    bind_text(s, 2, id);
    sqlite3_bind_int64(s, 3, piece->segment);
    sqlite3_bind_int64(s, 4, place);
    if (!run(base, s))
        return false;
    if (!with_value)
        return true;
    s = base->statements[PUT_BASELINE];
    bind_blob(s, 1, piece->key, piece->key_bytes);
    sqlite3_bind_int64(s, 2, (int64_t)base->format);
    sqlite3_bind_int64(s, 3, (int64_t)sum_of(piece));
    bind_blob(s, 4, piece->value, piece->value_bytes);
    return run(base, s);
}

static bool put_memory(struct store_base *base, const struct memory *piece,
                       int64_t place) {
    sqlite3_stmt *s = base->statements[PUT_MEMORY];
    bind_text(s, 1, kind_names[piece->kind]);
    bind_blob(s, 2, piece->key, piece->key_bytes);
    sqlite3_bind_int64(s, 3, place);
    sqlite3_bind_int64(s, 4, (int64_t)base->format);
    sqlite3_bind_int64(s, 5, (int64_t)sum_of(piece));
    bind_blob(s, 6, piece->value, piece->value_bytes);
    return run(base, s);
}

bool store_base_put_piece(struct store_base *base, const struct memory *piece) {
    int64_t place = ++base->place;
    return piece->kind == MEMORY_DEVICE ? put_device(base, piece, place, true)
                                        : put_memory(base, piece, place);
}

bool store_base_renew_begin(struct store_base *base) {
    base->renewed = 0;
    return run_number(base, FORGET_DEVICES, 0) && run_number(base, FORGET_MEMORY, 0);
}

bool store_base_renew_piece(struct store_base *base, const struct memory *piece,
                            bool with_value) {
    int64_t place = --base->renewed;
    return piece->kind == MEMORY_DEVICE ? put_device(base, piece, place, with_value)
                                        : put_memory(base, piece, place);
}

bool store_base_renew_end(struct store_base *base) {
    base->place = 0;
    return run_number(base, FORGET_BASELINES, 0) &&
           put_meta(base, "format", (int64_t)base->format);
}

/* --- reading --- */

bool store_base_is_whole(struct store_base *base) {
    sqlite3_stmt *s = base->statements[CHECK];
    const char *answer = sqlite3_step(s) == SQLITE_ROW
                             ? (const char *)sqlite3_column_text(s, 0)
                             : sqlite3_errmsg(base->db);
    bool whole = answer && strcmp(answer, "ok") == 0;
    if (!whole) {
        base->failure = SQLITE_CORRUPT;
        snprintf(base->reason, sizeof base->reason, "%s", answer ? answer : "damaged");
    }
    sqlite3_reset(s);
    return whole;
}

static bool set_aside(struct store_base *base, const struct memory *piece,
                      const char *reason) {
    sqlite3_stmt *s = base->statements[SET_ASIDE];
    bind_text(s, 1, kind_names[piece->kind]);
    bind_blob(s, 2, piece->key, piece->key_bytes);
    bind_text(s, 3, reason);
    bind_blob(s, 4, piece->value, piece->value_bytes);
    return run(base, s);
}

static bool set_foreign_aside(struct store_base *base, uint64_t *foreign) {
    int64_t format = (int64_t)base->format;
    bool good = run_number(base, SET_ASIDE_FOREIGN, format);
    *foreign = good ? (uint64_t)sqlite3_changes64(base->db) : 0;
    return good && run_number(base, FORGET_FOREIGN_BASELINES, format) &&
           run_number(base, FORGET_FOREIGN_MEMORY, format);
}

/* Rows of key, checksum, value; of a device also segment and id. */
static bool load_kind(struct store_base *base, enum memory_kind kind,
                      bool (*take)(void *context, const struct memory *piece),
                      void *context, uint64_t *damaged) {
    bool is_device = kind == MEMORY_DEVICE;
    sqlite3_stmt *s = base->statements[is_device ? GET_DEVICES : GET_MEMORY];
    if (!is_device)
        bind_text(s, 1, kind_names[kind]);
    int code;
    bool good = true;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        struct memory piece = {.kind = kind,
                               .segment =
                                   is_device ? (unsigned)sqlite3_column_int(s, 3) : 0,
                               .key = sqlite3_column_blob(s, 0),
                               .key_bytes = (size_t)sqlite3_column_bytes(s, 0),
                               .value = sqlite3_column_blob(s, 2),
                               .value_bytes = (size_t)sqlite3_column_bytes(s, 2)};
        const char *reason = "checksum";
        if (sum_of(&piece) == (uint64_t)sqlite3_column_int64(s, 1)) {
            if (take(context, &piece))
                continue;
            reason = "contents";
        }
        const char *id = is_device ? (const char *)sqlite3_column_text(s, 4) : NULL;
        if (++*damaged <= DAMAGED_LOGGED)
            log_line(LOG_LEVEL_ERROR,
                     "what was kept of %s %s is damaged (%s): set aside, to be learnt "
                     "anew",
                     kind_names[kind], id ? id : "", reason);
        good &= set_aside(base, &piece, reason);
    }
    if (code != SQLITE_DONE)
        good = fail(base);
    sqlite3_reset(s);
    return good;
}

bool store_base_load_pieces(struct store_base *base,
                            bool (*take)(void *context, const struct memory *piece),
                            void *context, uint64_t *damaged, uint64_t *foreign) {
    bool good = set_foreign_aside(base, foreign);
    int64_t before = ask(base, GET_DAMAGED, NULL, 0);
    for (enum memory_kind kind = 0; kind < MEMORY_KINDS; kind++)
        good &= load_kind(base, kind, take, context, damaged);
    /* A baseline whose key, or whose device's key, has been damaged is nobody's. */
    good = good && run_number(base, SET_ASIDE_LOST, 0);
    *damaged += good ? (uint64_t)sqlite3_changes64(base->db) : 0;
    return good && run_number(base, FORGET_DAMAGED_BASELINES, before) &&
           run_number(base, FORGET_DAMAGED_MEMORY, before) &&
           run_number(base, TRIM_DAMAGED, DAMAGED_KEPT);
}

static void copy_text(char *out, size_t size, sqlite3_stmt *s, int column) {
    const void *text = sqlite3_column_text(s, column);
    text_copy_untrusted(out, size, text ? text : "",
                        text ? (size_t)sqlite3_column_bytes(s, column) : 0);
}

/* Names that have one of ours; findings of a kind that is no more are history alone. */
static const char *find_kind(const char *name) {
    for (unsigned i = 0; i < EVIDENCE_COUNT; i++)
        if (!strcmp(evidence_name((enum evidence_kind)i), name))
            return evidence_name((enum evidence_kind)i);
    return NULL;
}

static enum risk_level find_level(const char *name) {
    enum risk_level level = LEVEL_LOW;
    while (level < LEVEL_UNKNOWN && strcmp(risk_level_name(level), name) != 0)
        level++;
    return level;
}

bool store_base_load_findings(struct store_base *base, unsigned count,
                              void (*take)(void *context,
                                           const struct finding *finding),
                              void *context) {
    sqlite3_stmt *s = base->statements[GET_FINDINGS];
    sqlite3_bind_int64(s, 1, count);
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        char kind[64], level[16];
        struct finding finding = {
            .id = (uint64_t)sqlite3_column_int64(s, 0),
            .time_ns = (uint64_t)sqlite3_column_int64(s, 1),
            .contribution = sqlite3_column_double(s, 5),
            .observed = sqlite3_column_double(s, 6),
            .expected = sqlite3_column_double(s, 7),
        };
        copy_text(finding.device, sizeof finding.device, s, 2);
        copy_text(kind, sizeof kind, s, 3);
        copy_text(level, sizeof level, s, 4);
        copy_text(finding.peer, sizeof finding.peer, s, 8);
        copy_text(finding.text, sizeof finding.text, s, 9);
        finding.kind = find_kind(kind);
        finding.level = find_level(level);
        if (finding.kind)
            take(context, &finding);
    }
    bool good = code == SQLITE_DONE || fail(base);
    sqlite3_reset(s);
    return good;
}
