#include "engine/store/store_policy.h"

#include <stdlib.h>
#include <string.h>

/* Before the four texts, each terminated. */
struct packed {
    uint64_t time_ns;
    unsigned number, rules;
};

static bool put(struct store_sql *sql, const void *bytes, size_t size) {
    struct packed packed;
    const char *text = (const char *)bytes + sizeof packed;
    if (size <= sizeof packed)
        return false;
    memcpy(&packed, bytes, sizeof packed);
    sqlite3_stmt *s = store_sql_ready(
        sql, "INSERT OR REPLACE INTO policies(number, time_ns, rules, revision, origin,"
             " principal, text) VALUES(?, ?, ?, ?, ?, ?, ?)");
    store_sql_number(s, 1, packed.number);
    store_sql_number(s, 2, (int64_t)packed.time_ns);
    store_sql_number(s, 3, packed.rules);
    for (int place = 4; place < 8; place++, text += strlen(text) + 1)
        store_sql_text(s, place, text);
    if (!store_sql_run(sql, s))
        return false;
    s = store_sql_ready(sql, "DELETE FROM policies WHERE number <= ?");
    store_sql_number(s, 1, (int64_t)packed.number - STORE_POLICIES);
    return store_sql_run(sql, s);
}

bool store_policy_keep(struct store *store, const struct store_policy *policy) {
    const struct packed packed = {policy->time_ns, policy->number, policy->rules};
    const char *const texts[] = {policy->revision, policy->origin, policy->principal,
                                 policy->text};
    size_t size = sizeof packed, used = sizeof packed;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        size += strlen(texts[i]) + 1;
    char *bytes = malloc(size);
    if (!bytes)
        return false;
    memcpy(bytes, &packed, sizeof packed);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t length = strlen(texts[i]) + 1;
        memcpy(bytes + used, texts[i], length);
        used += length;
    }
    bool kept = store_write_now(store, put, bytes, size);
    free(bytes);
    return kept;
}

/* --- reading --- */

static const char *text_at(sqlite3_stmt *s, int column) {
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? text : "";
}

static void hand_out(sqlite3_stmt *s, const char *text,
                     void (*take)(void *context, const struct store_policy *policy),
                     void *context) {
    take(context,
         &(struct store_policy){.number = (unsigned)sqlite3_column_int64(s, 0),
                                .time_ns = (uint64_t)sqlite3_column_int64(s, 1),
                                .rules = (unsigned)sqlite3_column_int64(s, 2),
                                .revision = text_at(s, 3),
                                .origin = text_at(s, 4),
                                .principal = text_at(s, 5),
                                .text = text,
                                .bytes = (size_t)sqlite3_column_int64(s, 6)});
}

#define COLUMNS                                                                        \
    "number, time_ns, rules, revision, origin, principal, length(CAST(text AS BLOB))"

bool store_policy_list(struct store_sql *sql, unsigned before, unsigned limit,
                       void (*take)(void *context, const struct store_policy *policy),
                       void *context) {
    sqlite3_stmt *s = store_sql_ready(sql, "SELECT " COLUMNS " FROM policies"
                                           " WHERE number < ? ORDER BY number DESC"
                                           " LIMIT ?");
    store_sql_number(s, 1, before);
    store_sql_number(s, 2, limit);
    while (store_sql_row(sql, s))
        hand_out(s, NULL, take, context);
    return store_sql_end(sql, s);
}

bool store_policy_find(struct store_sql *sql, unsigned number,
                       void (*take)(void *context, const struct store_policy *policy),
                       void *context) {
    sqlite3_stmt *s = store_sql_ready(sql, "SELECT " COLUMNS ", text FROM policies"
                                           " WHERE number = ?");
    store_sql_number(s, 1, number);
    if (store_sql_row(sql, s))
        hand_out(s, text_at(s, 7), take, context);
    return store_sql_end(sql, s);
}
