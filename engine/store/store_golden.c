#include "engine/store/store_golden.h"

#include "engine/memory.h"
#include "engine/store/store_base.h"
#include "models/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)GOLDEN_SHIFTS >= (int)FEATURE_VOLUME_COUNT, "each has a place");
_Static_assert((int)GOLDEN_KINDS <= (int)NOVELTY_KINDS, "kinds are counted");

static const char *const key_kinds[GOLDEN_KINDS] = {[KEY_PEER] = "peers",
                                                    [KEY_SERVICE] = "services",
                                                    [KEY_PROTOCOL] = "protocols",
                                                    [KEY_OPERATION] = "operations",
                                                    [KEY_CHANNEL] = "channels"};

/* --- saving --- */

struct order {
    uint64_t time_ns;
    char device[DEVICE_ID_BYTES]; /* "": all */
};

#define COPY                                                                           \
    "INSERT OR REPLACE INTO golden(device, time_ns, format, checksum, value, size)"    \
    " SELECT id, ?, format, checksum, value, size FROM devices JOIN baselines"         \
    " USING(key)"

static bool copy(struct store_sql *sql, const void *bytes, size_t size) {
    struct order order;
    if (size != sizeof order)
        return false;
    memcpy(&order, bytes, sizeof order);
    sqlite3_stmt *s =
        store_sql_ready(sql, order.device[0] ? COPY " WHERE id = ?" : COPY);
    store_sql_number(s, 1, (int64_t)order.time_ns);
    if (order.device[0])
        store_sql_text(s, 2, order.device);
    return store_sql_run(sql, s) && sqlite3_changes64(sql->db) > 0;
}

bool store_golden_save(struct store *store, const char *device, uint64_t time_ns) {
    struct order order = {.time_ns = time_ns};
    if (device)
        snprintf(order.device, sizeof order.device, "%s", device);
    return store_write_now(store, copy, &order, sizeof order);
}

/* --- reading --- */

/* A baseline out of a row of checksum, value and size. The value begins with the key. */
static bool read_baseline(sqlite3_stmt *s, int column, struct store_room *room,
                          struct baseline *baseline) {
    size_t size, key_bytes = memory_device_key_bytes();
    const void *value = store_base_value(s, column + 1, column + 2, room, &size);
    return value && size > key_bytes &&
           store_base_sum("device", value, key_bytes,
                          sqlite3_column_blob(s, column + 1),
                          (size_t)sqlite3_column_bytes(s, column + 1)) ==
               (uint64_t)sqlite3_column_int64(s, column) &&
           memory_device_baseline(value, size, baseline);
}

struct question {
    const char *device;
    uint64_t time_ns;
    struct baseline before, after;
    bool found;
};

/* What was learnt in the format of today, which is that of what is learnt now. */
#define PAIRS                                                                          \
    "SELECT g.time_ns, g.checksum, g.value, g.size, b.checksum, b.value, b.size,"      \
    " g.device FROM golden g JOIN devices d ON d.id = g.device"                        \
    " JOIN baselines b ON b.key = d.key AND b.format = g.format WHERE g.device "

static void read_pair(sqlite3_stmt *s, struct store_room *room,
                      struct question *question) {
    question->time_ns = (uint64_t)sqlite3_column_int64(s, 0);
    question->found = read_baseline(s, 1, room, &question->before) &&
                      read_baseline(s, 4, room, &question->after);
}

static bool find(struct store_sql *sql, void *context) {
    struct question *question = context;
    struct store_room room = {NULL, 0};
    sqlite3_stmt *s = store_sql_ready(sql, PAIRS "= ?");
    store_sql_text(s, 1, question->device);
    if (store_sql_row(sql, s))
        read_pair(s, &room, question);
    free(room.bytes);
    return store_sql_end(sql, s);
}

static enum golden_answer ask(struct store_reader *reader, struct question *question) {
    if (!store_reader_run(reader, find, question))
        return GOLDEN_UNREADABLE;
    return question->found ? GOLDEN_FOUND : GOLDEN_NONE;
}

static void tell_shift(const struct compare_shift *shift, struct golden_shift *told) {
    told->feature = baseline_feature_name(shift->feature);
    told->before = shift->before;
    told->after = shift->after;
    told->spreads = shift->spreads;
    if (fabs(shift->spreads) < 1)
        snprintf(told->text, sizeof told->text,
                 "%s: about %.3g in a window as before, but otherwise spread",
                 told->feature, shift->after);
    else
        snprintf(told->text, sizeof told->text,
                 "%s: %.3g in a window, %.3g before: %s by %.1f times what is usual "
                 "between windows",
                 told->feature, shift->after, shift->before,
                 shift->spreads > 0 ? "more" : "less", fabs(shift->spreads));
}

static void tell(const struct question *question, struct golden_report *report) {
    struct compare_result result;
    compare_baselines(&question->before, &question->after, &result);
    *report = (struct golden_report){.time_ns = question->time_ns,
                                     .shift_count = result.shift_count,
                                     .sizes_sent = result.sizes[0],
                                     .sizes_received = result.sizes[1],
                                     .protocols = result.protocols};
    for (unsigned i = 0; i < result.shift_count; i++)
        tell_shift(&result.shifts[i], &report->shifts[i]);
    memcpy(report->new_keys, result.new_keys, sizeof report->new_keys);
    memcpy(report->gone_keys, result.gone_keys, sizeof report->gone_keys);
    memcpy(report->key_kinds, key_kinds, sizeof report->key_kinds);
}

enum golden_answer store_golden_compare(struct store_reader *reader, const char *device,
                                        struct golden_report *report) {
    struct question *question = calloc(1, sizeof *question);
    if (!question)
        return GOLDEN_UNREADABLE;
    question->device = device;
    enum golden_answer answer = ask(reader, question);
    if (answer == GOLDEN_FOUND)
        tell(question, report);
    free(question);
    return answer;
}

struct comparison {
    const char *after;
    unsigned limit;
    void (*take)(void *context, const char *device, const struct golden_report *report);
    void *context;
    struct question question;
    struct golden_report report;
};

static bool compare_page(struct store_sql *sql, void *context) {
    struct comparison *page = context;
    struct store_room room = {NULL, 0};
    sqlite3_stmt *s = store_sql_ready(sql, PAIRS "> ? ORDER BY g.device LIMIT ?");
    store_sql_text(s, 1, page->after);
    store_sql_number(s, 2, page->limit);
    while (store_sql_row(sql, s)) {
        char device[DEVICE_ID_BYTES];
        store_sql_copy(s, 7, device, sizeof device);
        read_pair(s, &room, &page->question);
        if (!page->question.found)
            continue;
        tell(&page->question, &page->report);
        page->take(page->context, device, &page->report);
    }
    free(room.bytes);
    return store_sql_end(sql, s);
}

bool store_golden_compare_all(struct store_reader *reader, const char *after,
                              unsigned limit,
                              void (*take)(void *context, const char *device,
                                           const struct golden_report *report),
                              void *context) {
    struct comparison *page = malloc(sizeof *page);
    if (!page)
        return false;
    page->after = after;
    page->limit = limit;
    page->take = take;
    page->context = context;
    bool good = store_reader_run(reader, compare_page, page);
    free(page);
    return good;
}

enum golden_answer store_golden_get(struct store_reader *reader, const char *device,
                                    void **baseline, size_t *size) {
    struct question *question = calloc(1, sizeof *question);
    *baseline = NULL;
    *size = sizeof question->before;
    if (!question)
        return GOLDEN_UNREADABLE;
    question->device = device;
    enum golden_answer answer = ask(reader, question);
    if (answer == GOLDEN_FOUND && !(*baseline = malloc(*size)))
        answer = GOLDEN_UNREADABLE;
    if (*baseline)
        memcpy(*baseline, &question->before, *size);
    free(question);
    return answer;
}

struct listing {
    const char *after;
    unsigned limit;
    void (*take)(void *context, const char *device, uint64_t time_ns);
    void *context;
};

static bool list(struct store_sql *sql, void *context) {
    const struct listing *listing = context;
    sqlite3_stmt *s =
        store_sql_ready(sql, "SELECT device, time_ns FROM golden WHERE device > ?"
                             " ORDER BY device LIMIT ?");
    store_sql_text(s, 1, listing->after);
    store_sql_number(s, 2, listing->limit);
    while (store_sql_row(sql, s)) {
        char device[DEVICE_ID_BYTES];
        store_sql_copy(s, 0, device, sizeof device);
        listing->take(listing->context, device, (uint64_t)sqlite3_column_int64(s, 1));
    }
    return store_sql_end(sql, s);
}

bool store_golden_list(struct store_reader *reader, const char *after, unsigned limit,
                       void (*take)(void *context, const char *device,
                                    uint64_t time_ns),
                       void *context) {
    struct listing listing = {after, limit, take, context};
    return store_reader_run(reader, list, &listing);
}
