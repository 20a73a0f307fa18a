#include "engine/store/store_base.h"

#include "engine/base/checksum.h"
#include "engine/base/log.h"
#include "engine/device.h"
#include "engine/store/store_pack.h"
#include "engine/store/store_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAMAGED_KEPT = 1000, DAMAGED_LOGGED = 10, VALUE_BYTES_MAX = 16 << 20 };

#define STATEMENTS(X)                                                                  \
    X(PUT_DEVICE, "INSERT OR REPLACE INTO devices VALUES(?,?,?,?)")                    \
    X(PUT_BASELINE, "INSERT OR REPLACE INTO baselines VALUES(?,?,?,?,?)")              \
    X(PUT_MEMORY, "INSERT OR REPLACE INTO memory VALUES(?,?,?,?,?,?,?)")               \
    X(FORGET_DEVICES, "DELETE FROM devices")                                           \
    X(FORGET_MEMORY, "DELETE FROM memory")                                             \
    X(FORGET_BASELINES,                                                                \
      "DELETE FROM baselines WHERE key NOT IN (SELECT key FROM devices)")              \
    X(GET_DEVICES, "SELECT key, checksum, value, size, segment, id FROM devices JOIN " \
                   "baselines USING(key)"                                              \
                   " ORDER BY place")                                                  \
    X(GET_MEMORY, "SELECT key, checksum, value, size FROM memory WHERE kind = ?"       \
                  " ORDER BY place")                                                   \
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
    X(PUT_FORMAT, "INSERT OR REPLACE INTO meta VALUES('format', ?)")                   \
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
    struct store_sql sql;
    uint64_t format;
    int64_t place, renewed; /* the last one given, upwards and downwards */
    struct store_room room; /* for a value, packed or unpacked */
};

static const char *const kind_names[MEMORY_KINDS] = {
    [MEMORY_CLOCK] = "clock",         [MEMORY_POOL] = "pool",
    [MEMORY_LEASERS] = "leasers",     [MEMORY_QUESTIONS] = "questions",
    [MEMORY_CHANGES] = "changes",     [MEMORY_SENSOR] = "sensor",
    [MEMORY_SIGHT] = "sight",         [MEMORY_DEVICE] = "device",
    [MEMORY_INVENTORY] = "inventory", [MEMORY_SHOWN] = "shown",
    [MEMORY_HOLDER] = "holder",       [MEMORY_BINDING] = "binding",
    [MEMORY_NAME] = "name",           [MEMORY_GROUP] = "group",
    [MEMORY_SHARED] = "shared",       [MEMORY_WAYS] = "ways",
    [MEMORY_SIGHTING] = "sighting",   [MEMORY_DOMAIN] = "domain",
};

static sqlite3_stmt *ready(struct store_base *base, enum statement statement) {
    return store_sql_ready(&base->sql, sql_of[statement]);
}

static bool run(struct store_base *base, enum statement statement) {
    return store_sql_run(&base->sql, ready(base, statement));
}

static bool run_number(struct store_base *base, enum statement statement,
                       int64_t number) {
    sqlite3_stmt *s = ready(base, statement);
    store_sql_number(s, 1, number);
    return store_sql_run(&base->sql, s);
}

const char *store_base_error(const struct store_base *base) {
    return base->sql.reason;
}

struct store_sql *store_base_sql(struct store_base *base) {
    return &base->sql;
}

bool store_base_is_broken(const struct store_base *base) {
    return base->sql.failure == SQLITE_CORRUPT || base->sql.failure == SQLITE_NOTADB;
}

/* SQLite asks for the disk's word outside of transactions only. */
bool store_base_begin(struct store_base *base, bool durable) {
    return store_sql_script(&base->sql, durable ? "PRAGMA synchronous = FULL"
                                                : "PRAGMA synchronous = NORMAL") &&
           store_sql_script(&base->sql, "BEGIN IMMEDIATE");
}

bool store_base_commit(struct store_base *base) {
    return store_sql_script(&base->sql, "COMMIT");
}

void store_base_roll_back(struct store_base *base) {
    if (!sqlite3_get_autocommit(
            base->sql.db)) /* a full disk has rolled it back already */
        sqlite3_exec(base->sql.db, "ROLLBACK", NULL, NULL, NULL);
}

bool store_base_try(struct store_base *base,
                    bool (*write)(struct store_sql *sql, const void *bytes,
                                  size_t size),
                    const void *bytes, size_t size, bool *written) {
    if (!store_sql_script(&base->sql, "SAVEPOINT try"))
        return false;
    *written = write(&base->sql, bytes, size);
    if (sqlite3_get_autocommit(base->sql.db))
        return false;
    return (*written || store_sql_script(&base->sql, "ROLLBACK TO try")) &&
           store_sql_script(&base->sql, "RELEASE try");
}

/* --- life --- */

static bool set_up(struct store_base *base, const char *path) {
    static const char options[] =
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
        "PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON;"
        "PRAGMA cache_size = -8192;" /* keys come in any order: their trees fit */
        "PRAGMA trusted_schema = OFF;";
    if (!store_sql_script(&base->sql, options) ||
        !store_schema_bring(&base->sql, path, STORE_SCHEMA) ||
        !store_schema_is_right(&base->sql))
        return false;
    base->place = store_sql_ask(&base->sql, ready(base, GET_PLACE), 0);
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
    bool good = store_sql_open(&base->sql, path, SQLITE_OPEN_READWRITE);
    int64_t found = good ? store_schema_of(&base->sql) : 0;
    if (found > STORE_SCHEMA) {
        snprintf(error, STORE_ERROR_BYTES,
                 "a newer wary wrote it (schema %lld, this one knows %d)",
                 (long long)found, STORE_SCHEMA);
    } else if (good && set_up(base, path)) {
        *opened = base;
        return STORE_OPENED;
    } else {
        snprintf(error, STORE_ERROR_BYTES, "%s", store_base_error(base));
        /* Our own SQL is wrong only where the schema has been damaged. */
        if (store_base_is_broken(base) || base->sql.failure == SQLITE_ERROR)
            outcome = STORE_BROKEN;
    }
    store_base_close(base);
    return outcome;
}

void store_base_close(struct store_base *base) {
    if (!base)
        return;
    store_sql_close(&base->sql);
    free(base->room.bytes);
    free(base);
}

void store_base_set_format(struct store_base *base, uint64_t format) {
    base->format = format;
}

/* --- writing --- */

/* Damage anywhere in the row is found: kind, key and value. */
uint64_t store_base_sum(const char *kind, const void *key, size_t key_bytes,
                        const void *value, size_t value_bytes) {
    uint64_t sum = checksum_of(kind, strlen(kind), 0);
    sum = checksum_of(key, key_bytes, sum);
    return checksum_of(value, value_bytes, sum);
}

static void *make_room(struct store_room *room, size_t size) {
    void *bytes = room->size < size ? realloc(room->bytes, size) : room->bytes;
    if (bytes && room->size < size)
        *room = (struct store_room){bytes, size};
    return bytes;
}

/* To three places from `at` on: checksum, value, size. */
static bool bind_value(struct store_base *base, sqlite3_stmt *s, int at,
                       const struct memory *piece) {
    void *packed = make_room(&base->room, piece->value_bytes + STORE_PACK_MORE);
    if (!packed) {
        base->sql.failure = SQLITE_NOMEM;
        snprintf(base->sql.reason, sizeof base->sql.reason, "not enough memory");
        return false;
    }
    size_t bytes = store_pack(piece->value, piece->value_bytes, packed);
    store_sql_number(s, at,
                     (int64_t)store_base_sum(kind_names[piece->kind], piece->key,
                                             piece->key_bytes, packed, bytes));
    store_sql_blob(s, at + 1, packed, bytes);
    store_sql_number(s, at + 2, (int64_t)piece->value_bytes);
    return true;
}

static bool put_device(struct store_base *base, const struct memory *piece,
                       int64_t place, bool with_value) {
    char id[DEVICE_ID_BYTES];
    device_id(piece->value, id, sizeof id);
    sqlite3_stmt *s = ready(base, PUT_DEVICE);
    store_sql_blob(s, 1, piece->key, piece->key_bytes);
    store_sql_text(s, 2, id);
    store_sql_number(s, 3, piece->segment);
    store_sql_number(s, 4, place);
    if (!store_sql_run(&base->sql, s))
        return false;
    if (!with_value)
        return true;
    s = ready(base, PUT_BASELINE);
    store_sql_blob(s, 1, piece->key, piece->key_bytes);
    store_sql_number(s, 2, (int64_t)base->format);
    return bind_value(base, s, 3, piece) && store_sql_run(&base->sql, s);
}

static bool put_memory(struct store_base *base, const struct memory *piece,
                       int64_t place) {
    sqlite3_stmt *s = ready(base, PUT_MEMORY);
    store_sql_text(s, 1, kind_names[piece->kind]);
    store_sql_blob(s, 2, piece->key, piece->key_bytes);
    store_sql_number(s, 3, place);
    store_sql_number(s, 4, (int64_t)base->format);
    return bind_value(base, s, 5, piece) && store_sql_run(&base->sql, s);
}

bool store_base_put_piece(struct store_base *base, const struct memory *piece) {
    int64_t place = ++base->place;
    return piece->kind == MEMORY_DEVICE ? put_device(base, piece, place, true)
                                        : put_memory(base, piece, place);
}

bool store_base_renew_begin(struct store_base *base) {
    base->renewed = 0;
    return run(base, FORGET_DEVICES) && run(base, FORGET_MEMORY);
}

bool store_base_renew_piece(struct store_base *base, const struct memory *piece,
                            bool with_value) {
    int64_t place = --base->renewed;
    return piece->kind == MEMORY_DEVICE ? put_device(base, piece, place, with_value)
                                        : put_memory(base, piece, place);
}

bool store_base_renew_end(struct store_base *base) {
    base->place = 0;
    return run(base, FORGET_BASELINES) &&
           run_number(base, PUT_FORMAT, (int64_t)base->format);
}

/* --- reading --- */

bool store_base_is_whole(struct store_base *base) {
    sqlite3_stmt *s = ready(base, CHECK);
    const char *answer =
        store_sql_row(&base->sql, s) ? (const char *)sqlite3_column_text(s, 0) : NULL;
    bool whole = answer && strcmp(answer, "ok") == 0;
    if (!whole) {
        base->sql.failure = SQLITE_CORRUPT;
        if (answer)
            snprintf(base->sql.reason, sizeof base->sql.reason, "%s", answer);
    }
    store_sql_end(&base->sql, s);
    return whole;
}

static bool set_aside(struct store_base *base, const struct memory *piece,
                      const char *reason) {
    sqlite3_stmt *s = ready(base, SET_ASIDE);
    store_sql_text(s, 1, kind_names[piece->kind]);
    store_sql_blob(s, 2, piece->key, piece->key_bytes);
    store_sql_text(s, 3, reason);
    store_sql_blob(s, 4, piece->value, piece->value_bytes);
    return store_sql_run(&base->sql, s);
}

static bool set_foreign_aside(struct store_base *base, uint64_t *foreign) {
    int64_t format = (int64_t)base->format;
    bool good = run_number(base, SET_ASIDE_FOREIGN, format);
    *foreign = good ? (uint64_t)sqlite3_changes64(base->sql.db) : 0;
    return good && run_number(base, FORGET_FOREIGN_BASELINES, format) &&
           run_number(base, FORGET_FOREIGN_MEMORY, format);
}

const void *store_base_value(sqlite3_stmt *s, int value, int size,
                             struct store_room *room, size_t *bytes) {
    const void *kept = sqlite3_column_blob(s, value);
    size_t kept_bytes = (size_t)sqlite3_column_bytes(s, value);
    int64_t whole = sqlite3_column_int64(s, size);
    *bytes = whole ? (size_t)whole : kept_bytes;
    if (!whole)
        return kept ? kept : "";
    if (whole < 0 || whole > VALUE_BYTES_MAX || !make_room(room, *bytes) ||
        !store_unpack(kept, kept_bytes, room->bytes, *bytes))
        return NULL;
    return room->bytes;
}

/* Rows of key, checksum, value, size; of a device also segment and id. */
static bool load_kind(struct store_base *base, enum memory_kind kind,
                      bool (*take)(void *context, const struct memory *piece),
                      void *context, uint64_t *damaged) {
    bool is_device = kind == MEMORY_DEVICE;
    sqlite3_stmt *s = ready(base, is_device ? GET_DEVICES : GET_MEMORY);
    if (!is_device)
        store_sql_text(s, 1, kind_names[kind]);
    bool good = true;
    while (store_sql_row(&base->sql, s)) {
        struct memory piece = {.kind = kind,
                               .segment =
                                   is_device ? (unsigned)sqlite3_column_int(s, 4) : 0,
                               .key = sqlite3_column_blob(s, 0),
                               .key_bytes = (size_t)sqlite3_column_bytes(s, 0),
                               .value = sqlite3_column_blob(s, 2),
                               .value_bytes = (size_t)sqlite3_column_bytes(s, 2)};
        struct memory whole = piece;
        const char *reason = "checksum";
        if (store_base_sum(kind_names[kind], piece.key, piece.key_bytes, piece.value,
                           piece.value_bytes) == (uint64_t)sqlite3_column_int64(s, 1)) {
            whole.value = store_base_value(s, 2, 3, &base->room, &whole.value_bytes);
            if (whole.value && take(context, &whole))
                continue;
            reason = "contents";
        }
        const char *id = is_device ? (const char *)sqlite3_column_text(s, 5) : NULL;
        if (++*damaged <= DAMAGED_LOGGED)
            log_line(LOG_LEVEL_ERROR,
                     "what was kept of %s %s is damaged (%s): set aside, to be learnt "
                     "anew",
                     kind_names[kind], id ? id : "", reason);
        good &= set_aside(base, &piece, reason);
    }
    return store_sql_end(&base->sql, s) && good;
}

bool store_base_load_pieces(struct store_base *base,
                            bool (*take)(void *context, const struct memory *piece),
                            void *context, uint64_t *damaged, uint64_t *foreign) {
    bool good = set_foreign_aside(base, foreign);
    int64_t before = store_sql_ask(&base->sql, ready(base, GET_DAMAGED), 0);
    for (enum memory_kind kind = 0; kind < MEMORY_KINDS; kind++)
        good &= load_kind(base, kind, take, context, damaged);
    /* A baseline whose key, or whose device's key, has been damaged is nobody's. */
    good = good && run(base, SET_ASIDE_LOST);
    *damaged += good ? (uint64_t)sqlite3_changes64(base->sql.db) : 0;
    return good && run_number(base, FORGET_DAMAGED_BASELINES, before) &&
           run_number(base, FORGET_DAMAGED_MEMORY, before) &&
           run_number(base, TRIM_DAMAGED, DAMAGED_KEPT);
}
