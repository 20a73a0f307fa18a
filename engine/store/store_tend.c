#include "engine/store/store_tend.h"

#include "engine/store/store_history.h"
#include "engine/store/store_tenancy.h"

#include <math.h>

enum { MINUTE_S = 60, MINUTES = 60, DAY_S = 86400, TENANCIES_FORGOTTEN = 5000 };
/* A minute's share: of rows to forget, of pages to give back to the system. */
#define ROWS_FORGOTTEN "5000"
#define PAGES_RETURNED "256"

/* All ages shrink by so much in a minute while there is too much, and grow back. */
static const double shrinking = 0.03, shrunk_most = 0.99, room = 0.9;
/* So much of the file may be empty. */
static const double empty_most = 0.125;

const struct store_limits store_limits_default = {
    .fine_s = DAY_S,
    .history_s = 365U * DAY_S,
    .findings_s = 365U * DAY_S,
    .decisions_s = 90U * DAY_S,
    .size_bytes = UINT32_C(2) << 30,
};

void store_tend_measure(struct store_sql *sql, uint64_t *used, uint64_t *unused) {
    uint64_t bytes =
        (uint64_t)store_sql_ask(sql, store_sql_ready(sql, "PRAGMA page_size"), 0);
    uint64_t pages =
        (uint64_t)store_sql_ask(sql, store_sql_ready(sql, "PRAGMA page_count"), 0);
    uint64_t empty =
        (uint64_t)store_sql_ask(sql, store_sql_ready(sql, "PRAGMA freelist_count"), 0);
    *used = (pages - empty) * bytes;
    *unused = empty * bytes;
}

/* The moment before which what may be `age_s` old is forgotten. */
static uint64_t before(const struct store_tending *tending, uint64_t now_s,
                       uint32_t age_s) {
    double age = (double)age_s * (1 - tending->shrunk);
    return now_s > (uint64_t)age ? now_s - (uint64_t)age : 0;
}

static bool forget(struct store_sql *sql, const char *statement, uint64_t before_s) {
    sqlite3_stmt *s = store_sql_ready(sql, statement);
    store_sql_number(s, 1, (int64_t)before_s * 1000000000);
    return store_sql_run(sql, s);
}

static bool give_back(struct store_sql *sql, uint64_t used, uint64_t unused) {
    return (double)unused <= empty_most * (double)(used + unused) ||
           store_sql_run(sql, store_sql_ready(sql, "PRAGMA incremental_vacuum(" //
                                              PAGES_RETURNED ")"));
}

bool store_tend(struct store_tending *tending, struct store_sql *sql,
                const struct store_limits *limits, uint64_t now_s) {
    if (now_s / MINUTE_S == tending->done_s / MINUTE_S)
        return true;
    tending->done_s = now_s;
    uint64_t used, unused;
    store_tend_measure(sql, &used, &unused);
    if (used > limits->size_bytes)
        tending->shrunk =
            fmin(shrunk_most, 1 - (1 - tending->shrunk) * (1 - shrinking));
    else if ((double)used < room * (double)limits->size_bytes)
        tending->shrunk = fmax(0, 1 - (1 - tending->shrunk) / (1 - shrinking));
    int64_t tracks =
        store_sql_ask(sql, store_sql_ready(sql, "SELECT max(number) FROM tracks"), 0);
    return store_history_thin(sql, (unsigned)(tracks / MINUTES) + 1, &tending->turn,
                              before(tending, now_s, limits->fine_s),
                              before(tending, now_s, limits->history_s)) &&
           forget(sql,
                  "DELETE FROM findings WHERE id IN (SELECT id FROM findings"
                  " WHERE time_ns < ? ORDER BY time_ns LIMIT " ROWS_FORGOTTEN ")",
                  before(tending, now_s, limits->findings_s)) &&
           forget(sql,
                  "DELETE FROM decisions WHERE seq IN (SELECT seq FROM decisions"
                  " WHERE time_ns < ? ORDER BY time_ns LIMIT " ROWS_FORGOTTEN ")",
                  before(tending, now_s, limits->decisions_s)) &&
           store_tenancy_forget(sql, before(tending, now_s, limits->history_s),
                                TENANCIES_FORGOTTEN) &&
           give_back(sql, used, unused);
}
