#include "engine/store/store_decisions.h"

#include <stdlib.h>
#include <string.h>

/* As they are kept; from ANSWER_DENY on they have an index of their own. */
enum answer { ANSWER_NONE, ANSWER_PERMIT, ANSWER_DENY, ANSWER_WOULD_DENY };

/* Before the three texts, each terminated. */
struct packed {
    uint64_t seq, time_ns;
    uint32_t answer;
    uint32_t device_bytes, api_bytes;
};

void *store_decisions_pack(const struct store_decision *decision, size_t *size) {
    struct packed packed = {
        .seq = decision->seq,
        .time_ns = decision->time_ns,
        .answer = !decision->decided     ? ANSWER_NONE
                  : decision->denied     ? ANSWER_DENY
                  : decision->would_deny ? ANSWER_WOULD_DENY
                                         : ANSWER_PERMIT,
        .device_bytes = (uint32_t)strlen(decision->device) + 1,
        .api_bytes = (uint32_t)strlen(decision->api) + 1,
    };
    size_t line_bytes = strlen(decision->line) + 1;
    *size = sizeof packed + packed.device_bytes + packed.api_bytes + line_bytes;
    char *bytes = malloc(*size), *at = bytes;
    if (!bytes)
        return NULL;
    memcpy(at, &packed, sizeof packed);
    at += sizeof packed;
    memcpy(at, decision->device, packed.device_bytes);
    at += packed.device_bytes;
    memcpy(at, decision->api, packed.api_bytes);
    memcpy(at + packed.api_bytes, decision->line, line_bytes);
    return bytes;
}

bool store_decisions_put(struct store_sql *sql, const void *bytes, size_t size) {
    struct packed packed;
    if (size <= sizeof packed)
        return false;
    memcpy(&packed, bytes, sizeof packed);
    const char *texts = (const char *)bytes + sizeof packed;
    sqlite3_stmt *s = store_sql_ready(
        sql, "INSERT OR REPLACE INTO decisions(seq, time_ns, device, api, answer, line)"
             " VALUES(?, ?, ?, ?, ?, ?)");
    store_sql_number(s, 1, (int64_t)packed.seq);
    store_sql_number(s, 2, (int64_t)packed.time_ns);
    store_sql_text(s, 3, texts);
    store_sql_text(s, 4, texts + packed.device_bytes);
    store_sql_number(s, 5, packed.answer);
    store_sql_text(s, 6, texts + packed.device_bytes + packed.api_bytes);
    return store_sql_run(sql, s);
}

uint64_t store_decisions_last(struct store_sql *sql) {
    return (uint64_t)store_sql_ask(
        sql, store_sql_ready(sql, "SELECT max(seq) FROM decisions"), 0);
}

/* Places: 1 device, 2 API, 3 and 4 answers, 5 before, 6 how many. */
#define LIST(plain)                                                                    \
    "SELECT seq, line FROM decisions WHERE " plain " seq < ?5"                         \
    " AND (?2 IS NULL OR api = ?2) AND (?3 IS NULL OR answer IN (?3, ?4))"             \
    " ORDER BY seq DESC LIMIT ?6"

bool store_decisions_list(struct store_sql *sql,
                          const struct store_decisions_filter *filter, unsigned limit,
                          void (*take)(void *context, uint64_t seq, const char *line),
                          void *context) {
    static const char of_device[] = LIST("device = ?1 AND"), of_any[] = LIST(""),
                      denied_ones[] = LIST("answer >= 2 AND");
    bool denied = filter->answer == STORE_ANSWER_DENY;
    sqlite3_stmt *s = store_sql_ready(sql, filter->device[0] ? of_device
                                           : denied          ? denied_ones
                                                             : of_any);
    if (filter->device[0])
        store_sql_text(s, 1, filter->device);
    if (filter->api[0])
        store_sql_text(s, 2, filter->api);
    if (filter->answer != STORE_ANSWER_ANY) {
        store_sql_number(s, 3, denied ? ANSWER_DENY : ANSWER_PERMIT);
        store_sql_number(s, 4, ANSWER_WOULD_DENY); /* it was permitted */
    }
    store_sql_number(s, 5, (int64_t)filter->before);
    store_sql_number(s, 6, limit);
    while (store_sql_row(sql, s)) {
        const char *line = (const char *)sqlite3_column_text(s, 1);
        if (line)
            take(context, (uint64_t)sqlite3_column_int64(s, 0), line);
    }
    return store_sql_end(sql, s);
}
