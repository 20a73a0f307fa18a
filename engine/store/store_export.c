#include "engine/store/store_export.h"

#include "engine/store/store_base.h"
#include "engine/store/store_place.h"
#include "engine/store/store_policy.h"
#include "engine/store/store_schema.h"
#include "engine/store/store_tend.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 8 << 20, NAME_BYTES = 64 };

static bool say(char *error, size_t error_bytes, const char *path, const char *reason) {
    snprintf(error, error_bytes, "%s: %s", path, reason);
    return false;
}

/* --- a directory that is only read --- */

static bool open_to_read(struct store_sql *sql, const char *directory, char *error,
                         size_t error_bytes) {
    char path[STORE_PATH_BYTES];
    snprintf(path, sizeof path, "%s/wary.db", directory);
    if (access(path, R_OK) < 0)
        return say(error, error_bytes, path, strerror(errno));
    bool good = store_sql_open(sql, path, SQLITE_OPEN_READONLY) &&
                store_sql_script(sql, "BEGIN; SELECT count(*) FROM sqlite_schema");
    int64_t found = good ? store_schema_of(sql) : 0;
    if (good && found >= 1 && found <= STORE_SCHEMA)
        return true;
    if (!good)
        say(error, error_bytes, path, sql->reason);
    else if (found > STORE_SCHEMA)
        snprintf(error, error_bytes,
                 "%s: a newer wary wrote it (schema %" PRId64 ", this one knows %d)",
                 path, found, STORE_SCHEMA);
    else
        say(error, error_bytes, path, "there is nothing in it");
    store_sql_close(sql);
    return false;
}

static int64_t ask(struct store_sql *sql, const char *text) {
    return store_sql_ask(sql, store_sql_ready(sql, text), 0);
}

static void show_time(FILE *out, int64_t time_s) {
    struct tm parts;
    time_t seconds = (time_t)time_s;
    char text[32] = "?";
    if (gmtime_r(&seconds, &parts))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    fputs(text, out);
}

static void show_count(FILE *out, const char *what, int64_t count, int64_t first_s,
                       int64_t last_s) {
    fprintf(out, "%-10s %" PRId64, what, count);
    if (count > 0 && first_s > 0) {
        fputs(", ", out);
        show_time(out, first_s);
        fputs(" to ", out);
        show_time(out, last_s);
    }
    fputc('\n', out);
}

static void show_policy(void *out, const struct store_policy *policy) {
    fprintf(out, "policy     %s of ", policy->revision);
    show_time(out, (int64_t)(policy->time_ns / 1000000000));
    fprintf(out, ", by %s%s%s\n", policy->origin, policy->principal[0] ? ": " : "",
            policy->principal);
}

static void show_policies(struct store_sql *sql, FILE *out) {
    show_count(out, "policies", ask(sql, "SELECT count(*) FROM policies"),
               ask(sql, "SELECT min(time_ns) / 1000000000 FROM policies"),
               ask(sql, "SELECT max(time_ns) / 1000000000 FROM policies"));
    store_policy_list(sql, UINT_MAX, 1, show_policy, out);
    show_count(out, "addresses", ask(sql, "SELECT count(*) FROM tenancies"),
               ask(sql, "SELECT min(from_ns) / 1000000000 FROM tenancies"),
               ask(sql, "SELECT max(from_ns) / 1000000000 FROM tenancies"));
}

bool store_export_info(const char *directory, FILE *out, char *error,
                       size_t error_bytes) {
    struct store_sql sql;
    uint64_t used, unused;
    if (!open_to_read(&sql, directory, error, error_bytes))
        return false;
    int64_t schema = store_schema_of(&sql);
    store_tend_measure(&sql, &used, &unused);
    fprintf(out, "schema     %" PRId64 "%s\n", schema,
            schema < STORE_SCHEMA ? ", to be brought forward at the next start" : "");
    fprintf(out, "size       %.1f MB, %.1f MB of it free\n",
            (double)(used + unused) / 1e6, (double)unused / 1e6);
    show_count(out, "devices", ask(&sql, "SELECT count(*) FROM devices"), 0, 0);
    show_count(out, "findings", ask(&sql, "SELECT count(*) FROM findings"),
               ask(&sql, "SELECT min(time_ns) / 1000000000 FROM findings"),
               ask(&sql, "SELECT max(time_ns) / 1000000000 FROM findings"));
    if (schema >= 2)
        show_count(out, "history", ask(&sql, "SELECT count(*) FROM history"),
                   ask(&sql, "SELECT min(time_s) FROM history"),
                   ask(&sql, "SELECT max(time_s) FROM history"));
    if (schema >= 3)
        show_count(out, "told", ask(&sql, "SELECT count(*) FROM messages"), 0, 0);
    if (schema >= 4)
        show_count(out, "decisions", ask(&sql, "SELECT count(*) FROM decisions"),
                   ask(&sql, "SELECT min(time_ns) / 1000000000 FROM decisions"),
                   ask(&sql, "SELECT max(time_ns) / 1000000000 FROM decisions"));
    if (schema >= 5)
        show_policies(&sql, out);
    show_count(out, "set aside", ask(&sql, "SELECT count(*) FROM damaged"), 0, 0);
    store_sql_close(&sql);
    return true;
}

/* --- check --- */

static uint64_t check_pages(struct store_sql *sql, FILE *out) {
    uint64_t faults = 0;
    sqlite3_stmt *s = store_sql_ready(sql, "PRAGMA integrity_check(100)");
    while (store_sql_row(sql, s)) {
        const char *line = (const char *)sqlite3_column_text(s, 0);
        if (!line || strcmp(line, "ok") == 0)
            continue;
        fprintf(out, "%s\n", line);
        faults++;
    }
    if (!store_sql_end(sql, s)) {
        fprintf(out, "%s\n", sql->reason);
        faults++;
    }
    return faults;
}

/* Rows of kind, name, checksum, key, value. */
static uint64_t check_pieces(struct store_sql *sql, FILE *out, const char *text) {
    uint64_t faults = 0;
    sqlite3_stmt *s = store_sql_ready(sql, text);
    while (store_sql_row(sql, s)) {
        const char *kind = (const char *)sqlite3_column_text(s, 0);
        const char *name = (const char *)sqlite3_column_text(s, 1);
        uint64_t sum = store_base_sum(kind ? kind : "", sqlite3_column_blob(s, 3),
                                      (size_t)sqlite3_column_bytes(s, 3),
                                      sqlite3_column_blob(s, 4),
                                      (size_t)sqlite3_column_bytes(s, 4));
        if (sum == (uint64_t)sqlite3_column_int64(s, 2))
            continue;
        fprintf(out, "%s %s: the checksum is wrong\n", kind ? kind : "?",
                name ? name : "");
        faults++;
    }
    if (!store_sql_end(sql, s)) {
        fprintf(out, "%s\n", sql->reason);
        faults++;
    }
    return faults;
}

bool store_export_check(const char *directory, FILE *out, char *error,
                        size_t error_bytes) {
    struct store_sql sql;
    if (!open_to_read(&sql, directory, error, error_bytes))
        return false;
    uint64_t faults = check_pages(&sql, out);
    faults += check_pieces(&sql, out,
                           "SELECT 'device', id, checksum, key, value FROM baselines"
                           " LEFT JOIN devices USING(key)");
    faults +=
        check_pieces(&sql, out, "SELECT kind, '', checksum, key, value FROM memory");
    store_sql_close(&sql);
    if (!faults)
        return true;
    snprintf(error, error_bytes,
             "%s: %" PRIu64 " faults; a start loads the rest and sets aside what is "
             "damaged",
             directory, faults);
    return false;
}

bool store_export_backup(const char *directory, const char *path, char *error,
                         size_t error_bytes) {
    struct store_sql sql;
    char part[STORE_PATH_BYTES];
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return say(error, error_bytes, path, strerror(ENAMETOOLONG));
    if (access(path, F_OK) == 0)
        return say(error, error_bytes, path, strerror(EEXIST));
    if (!open_to_read(&sql, directory, error, error_bytes))
        return false;
    store_sql_script(&sql, "COMMIT");
    unlink(part); /* of a backup that was interrupted */
    bool good = store_schema_copy(&sql, part);
    if (!good)
        say(error, error_bytes, path, sql.reason);
    store_sql_close(&sql);
    if (good && rename(part, path) < 0) {
        unlink(part);
        return say(error, error_bytes, path, strerror(errno));
    }
    return good;
}

/* --- lines --- */

static void write_text(FILE *out, const char *text, size_t length) {
    fputc('"', out);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void write_value(FILE *out, sqlite3_stmt *s, int column) {
    static const char digits[] = "0123456789abcdef";
    size_t length = (size_t)sqlite3_column_bytes(s, column);
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
        fprintf(out, "%lld", (long long)sqlite3_column_int64(s, column));
        break;
    case SQLITE_FLOAT:
        fprintf(out, "{\"real\":\"%.17g\"}", sqlite3_column_double(s, column));
        break;
    case SQLITE_TEXT:
        write_text(out, (const char *)sqlite3_column_text(s, column), length);
        break;
    case SQLITE_BLOB: {
        const unsigned char *bytes = sqlite3_column_blob(s, column);
        fputs("{\"hex\":\"", out);
        for (size_t i = 0; i < length; i++) {
            fputc(digits[bytes[i] >> 4], out);
            fputc(digits[bytes[i] & 15], out);
        }
        fputs("\"}", out);
        break;
    }
    default:
        fputs("null", out);
        break;
    }
}

/* In the order of the primary key, whatever that is: the same state gives the same lines. */
static bool write_table(struct store_sql *sql, const char *table, FILE *out) {
    char text[2 * NAME_BYTES + 64];
    sqlite3_stmt *s = NULL;
    snprintf(text, sizeof text, "SELECT * FROM \"%s\" ORDER BY 1, 2", table);
    if (sqlite3_prepare_v2(sql->db, text, -1, &s, NULL) != SQLITE_OK)
        return store_sql_fail(sql);
    while (store_sql_row(sql, s)) {
        fprintf(out, "{\"table\":\"%s\",\"row\":{", table);
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            fprintf(out, "%s\"%s\":", i ? "," : "", sqlite3_column_name(s, i));
            write_value(out, s, i);
        }
        fputs("}}\n", out);
    }
    bool good = store_sql_end(sql, s);
    sqlite3_finalize(s);
    return good;
}

bool store_export_write(const char *directory, FILE *out, char *error,
                        size_t error_bytes) {
    struct store_sql sql;
    if (!open_to_read(&sql, directory, error, error_bytes))
        return false;
    fprintf(out, "{\"wary\":\"state\",\"schema\":%" PRId64 "}\n",
            store_schema_of(&sql));
    sqlite3_stmt *tables =
        store_sql_ready(&sql, "SELECT name FROM sqlite_schema WHERE type = 'table'"
                              " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                              " ORDER BY name = 'meta', name");
    bool good = true;
    while (good && store_sql_row(&sql, tables)) {
        char name[NAME_BYTES];
        store_sql_copy(tables, 0, name, sizeof name);
        good = write_table(&sql, name, out);
    }
    good = store_sql_end(&sql, tables) && good;
    if (!good)
        say(error, error_bytes, directory, sql.reason);
    store_sql_close(&sql);
    if (good && (fflush(out) != 0 || ferror(out)))
        return say(error, error_bytes, "export", strerror(errno));
    return good;
}

/* --- reading lines: SQLite's own JSON does it --- */

static int from_hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes in the place of their digits. False if there are others. */
static bool unhex(char *text, size_t *length) {
    size_t digits = strlen(text);
    for (size_t i = 0; i + 1 < digits; i += 2) {
        int high = from_hex(text[i]), low = from_hex(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        text[i / 2] = (char)(high << 4 | low);
    }
    *length = digits / 2;
    return digits % 2 == 0;
}

/* One member of a row, to its place in the statement that inserts it. */
static const char *bind_member(sqlite3_stmt *member, sqlite3_stmt *insert, int at) {
    const char *type = (const char *)sqlite3_column_text(member, 1);
    const char *real = (const char *)sqlite3_column_text(member, 3);
    const char *hex = (const char *)sqlite3_column_text(member, 4);
    if (strcmp(type, "object") != 0) {
        sqlite3_bind_value(insert, at, sqlite3_column_value(member, 2));
    } else if (real) {
        char *end;
        double number = strtod(real, &end);
        if (end == real || *end)
            return "not a number";
        sqlite3_bind_double(insert, at, number);
    } else if (hex) {
        char *bytes = strdup(hex);
        size_t length = 0;
        if (!bytes || !unhex(bytes, &length)) {
            free(bytes);
            return "not hexadecimal";
        }
        sqlite3_bind_blob(insert, at, bytes, (int)length, free);
    } else {
        return "a value of no kind that there is";
    }
    return NULL;
}

/* Only names that are in the schema become SQL. */
static bool is_name(const char *name) {
    return name && name[0] && strlen(name) < NAME_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name);
}

/* NULL, or what is wrong with the line. */
static const char *take_row(struct store_sql *sql, const char *line) {
    char text[1024], name[NAME_BYTES];
    sqlite3_stmt *insert = NULL;
    sqlite3_stmt *table = store_sql_ready(sql, "SELECT json_extract(?1, '$.table')");
    store_sql_text(table, 1, line);
    bool found = store_sql_row(sql, table);
    if (found)
        store_sql_copy(table, 0, name, sizeof name);
    if (!store_sql_end(sql, table) || !found || !is_name(name))
        return "not a row of JSON";

    static const char members[] =
        "SELECT key, type, value, iif(type = 'object', json_extract(value, '$.real'),"
        " NULL), iif(type = 'object', json_extract(value, '$.hex'), NULL)"
        " FROM json_each(?1, '$.row')";
    sqlite3_stmt *member = store_sql_ready(sql, members);
    store_sql_text(member, 1, line);
    size_t used = (size_t)snprintf(text, sizeof text, "INSERT INTO \"%s\"(", name);
    char places[256] = "";
    int count = 0;
    while (store_sql_row(sql, member) && used < sizeof text - NAME_BYTES - 300) {
        const char *column = (const char *)sqlite3_column_text(member, 0);
        if (!is_name(column) || count == 64) {
            store_sql_end(sql, member);
            return "a column of no such name";
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\"",
                                 count ? "," : "", column);
        strcat(places, count++ ? ",?" : "?");
    }
    if (!store_sql_end(sql, member) || !count)
        return "not a row of JSON";
    snprintf(text + used, sizeof text - used, ") VALUES(%s)", places);
    if (sqlite3_prepare_v2(sql->db, text, -1, &insert, NULL) != SQLITE_OK) {
        store_sql_fail(sql);
        return sql->reason;
    }
    const char *fault = NULL;
    int at = 0;
    while (!fault && store_sql_row(sql, member))
        fault = bind_member(member, insert, ++at);
    store_sql_end(sql, member);
    if (!fault && !store_sql_run(sql, insert))
        fault = sql->reason;
    sqlite3_finalize(insert);
    return fault;
}

/* Of the first line; 0 if it is none of ours. */
static int64_t schema_of_line(struct store_sql *sql, const char *line) {
    sqlite3_stmt *s =
        store_sql_ready(sql, "SELECT iif(json_extract(?1, '$.wary') = 'state',"
                             " json_extract(?1, '$.schema'), 0) WHERE json_valid(?1)");
    store_sql_text(s, 1, line);
    return store_sql_ask(sql, s, 0);
}

static bool take_lines(struct store_sql *sql, const char *path, FILE *in,
                       const char *name, char *error, size_t error_bytes) {
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t length;
    const char *fault = NULL;
    char reason[320];
    int64_t schema = 0;
    while (!fault && (length = getline(&line, &size, in)) >= 0) {
        number++;
        if (length > LINE_BYTES_MAX || strlen(line) != (size_t)length) {
            fault = "not a line of an export";
        } else if (number > 1) {
            fault = take_row(sql, line);
        } else if ((schema = store_schema_of(sql)) != 0) {
            fault = "there is a state already";
        } else if ((schema = schema_of_line(sql, line)) < 1) {
            fault = "not an export of a state";
        } else if (schema > STORE_SCHEMA) {
            snprintf(reason, sizeof reason,
                     "of a newer wary (schema %" PRId64 ", this one knows %d)", schema,
                     STORE_SCHEMA);
            fault = reason;
        } else if (!store_schema_bring(sql, path, schema) ||
                   !store_sql_script(sql, "BEGIN IMMEDIATE; DELETE FROM meta")) {
            fault = sql->reason;
        }
    }
    free(line);
    if (!fault && ferror(in))
        fault = strerror(errno);
    if (!fault && number == 0)
        fault = "there is nothing in it";
    if (!fault && !store_sql_script(sql, "COMMIT"))
        fault = sql->reason;
    if (!fault && store_schema_of(sql) != schema)
        fault = "cut short, or the rows are of another schema than it says";
    if (fault)
        snprintf(error, error_bytes, "%s:%zu: %s", name, number, fault);
    return !fault;
}

bool store_export_read(const char *directory, FILE *in, const char *name, char *error,
                       size_t error_bytes) {
    struct store_place place;
    struct store_sql sql;
    if (!store_place_open(&place, directory, error, error_bytes))
        return false;
    bool good = store_sql_open(&sql, place.database, SQLITE_OPEN_READWRITE) &&
                store_sql_script(&sql, "PRAGMA auto_vacuum = INCREMENTAL");
    if (!good)
        say(error, error_bytes, place.database, sql.reason);
    bool was_empty = good && store_schema_of(&sql) == 0;
    good = good && take_lines(&sql, place.database, in, name, error, error_bytes);
    store_sql_close(&sql);
    /* A state that came half is none. */
    if (!good && was_empty)
        unlink(place.database);
    store_place_close(&place);
    return good;
}
