#include "engine/store/store_findings.h"

#include "engine/risk.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                        \
    "id, time_ns, device, kind, level, contribution, observed, expected, peer, text"

bool store_findings_put(struct store_sql *sql, const struct finding *finding) {
    sqlite3_stmt *s = store_sql_ready(sql, "INSERT OR REPLACE INTO findings(" COLUMNS
                                           ") VALUES(?,?,?,?,?,?,?,?,?,?)");
    store_sql_number(s, 1, (int64_t)finding->id);
    store_sql_number(s, 2, (int64_t)finding->time_ns);
    store_sql_text(s, 3, finding->device);
    store_sql_text(s, 4, finding->kind);
    store_sql_text(s, 5, risk_level_name(finding->level));
    store_sql_real(s, 6, finding->contribution);
    store_sql_real(s, 7, finding->observed);
    store_sql_real(s, 8, finding->expected);
    store_sql_text(s, 9, finding->peer);
    store_sql_text(s, 10, finding->text);
    return store_sql_run(sql, s);
}

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

/* A row as COLUMNS have it. False: of a kind that is no more. */
static bool read_row(sqlite3_stmt *s, struct finding *finding) {
    char kind[64], level[16];
    *finding = (struct finding){
        .id = (uint64_t)sqlite3_column_int64(s, 0),
        .time_ns = (uint64_t)sqlite3_column_int64(s, 1),
        .contribution = sqlite3_column_double(s, 5),
        .observed = sqlite3_column_double(s, 6),
        .expected = sqlite3_column_double(s, 7),
    };
    store_sql_copy(s, 2, finding->device, sizeof finding->device);
    store_sql_copy(s, 3, kind, sizeof kind);
    store_sql_copy(s, 4, level, sizeof level);
    store_sql_copy(s, 8, finding->peer, sizeof finding->peer);
    store_sql_copy(s, 9, finding->text, sizeof finding->text);
    finding->kind = find_kind(kind);
    finding->level = find_level(level);
    return finding->kind != NULL;
}

bool store_findings_load(struct store_sql *sql, unsigned count,
                         void (*take)(void *context, const struct finding *finding),
                         void *context) {
    sqlite3_stmt *s = store_sql_ready(sql, "SELECT * FROM (SELECT " COLUMNS
                                           " FROM findings ORDER BY id DESC LIMIT ?)"
                                           " ORDER BY id");
    struct finding finding;
    store_sql_number(s, 1, count);
    while (store_sql_row(sql, s))
        if (read_row(s, &finding))
            take(context, &finding);
    return store_sql_end(sql, s);
}

/* --- by filters --- */

/* Places: 1 device, 2 kind, 3 level, 4 before, 5 at least, 6 since, 7 how many. What an index
   was chosen for is compared plainly, the rest where it is given. */
#define LIST(plain, rest)                                                              \
    "SELECT " COLUMNS " FROM findings WHERE " plain " id < ?4 AND id >= ?5"            \
    " AND time_ns >= ?6" rest " ORDER BY id DESC LIMIT ?7"
#define REST_KIND  " AND (?2 IS NULL OR kind = ?2)"
#define REST_LEVEL " AND (?3 IS NULL OR level = ?3)"

static const char *const lists[] = {
    LIST("device = ?1 AND", REST_KIND REST_LEVEL),
    LIST("kind = ?2 AND", REST_LEVEL),
    LIST("level = ?3 AND", ""),
    LIST("", ""),
};

static int by_id(const void *a, const void *b) {
    uint64_t x = ((const struct finding *)a)->id, y = ((const struct finding *)b)->id;
    return (x < y) - (x > y);
}

/* Ids go up with time as long as that does: what is from since then has an id of at least … */
static int64_t least_id(struct store_sql *sql, uint64_t since_ns) {
    int64_t since = (int64_t)since_ns;
    int64_t first = store_sql_ask(
        sql, store_sql_ready(sql, "SELECT min(time_ns) FROM findings"), INT64_MAX);
    if (since <= first)
        return 0;
    sqlite3_stmt *s =
        store_sql_ready(sql, "SELECT min(+id) FROM findings INDEXED BY findings_at"
                             " WHERE time_ns >= ?");
    store_sql_number(s, 1, since);
    return store_sql_ask(sql, s, INT64_MAX);
}

struct listing {
    const struct store_findings_filter *filter;
    int64_t least_id;
    unsigned limit;
    size_t count;
    struct finding *found;
};

/* Of one level (NULL: of any), `limit` at most. */
static bool collect(struct store_sql *sql, struct listing *listing, const char *level) {
    const struct store_findings_filter *filter = listing->filter;
    bool of_device = filter->device && filter->device[0];
    bool of_kind = filter->kind && filter->kind[0];
    sqlite3_stmt *s = store_sql_ready(sql, lists[of_device ? 0
                                                 : of_kind ? 1
                                                 : level   ? 2
                                                           : 3]);
    if (of_device)
        store_sql_text(s, 1, filter->device);
    if (of_kind)
        store_sql_text(s, 2, filter->kind);
    if (level)
        store_sql_text(s, 3, level);
    store_sql_number(s, 4, filter->before ? (int64_t)filter->before : INT64_MAX);
    store_sql_number(s, 5, listing->least_id);
    store_sql_number(s, 6, (int64_t)filter->since_ns);
    store_sql_number(s, 7, listing->limit);
    while (store_sql_row(sql, s))
        if (read_row(s, &listing->found[listing->count]))
            listing->count++;
    return store_sql_end(sql, s);
}

bool store_findings_list(struct store_sql *sql,
                         const struct store_findings_filter *filter, unsigned limit,
                         void (*take)(void *context, const struct finding *finding),
                         void *context) {
    size_t sets = filter->levels ? LEVEL_UNKNOWN + 1 : 1;
    struct listing listing = {.filter = filter, .limit = limit};
    listing.least_id = filter->since_ns ? least_id(sql, filter->since_ns) : 0;
    listing.found = malloc((sets * limit + 1) * sizeof *listing.found);
    bool good = listing.found != NULL;
    if (good && !filter->levels)
        good = collect(sql, &listing, NULL);
    for (enum risk_level i = 0; good && filter->levels && i <= LEVEL_UNKNOWN; i++)
        if (filter->levels >> i & 1)
            good = collect(sql, &listing, risk_level_name(i));
    if (good)
        qsort(listing.found, listing.count, sizeof *listing.found, by_id);
    for (size_t i = 0; good && i < listing.count && i < limit; i++)
        take(context, &listing.found[i]);
    free(listing.found);
    return good;
}
