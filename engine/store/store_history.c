#include "engine/store/store_history.h"

#include "engine/base/checksum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_S = 3600 };

uint8_t store_worse_level(uint8_t a, uint8_t b) {
    if (a == LEVEL_UNKNOWN || b == LEVEL_UNKNOWN)
        return a == LEVEL_UNKNOWN ? b : a;
    return a > b ? a : b;
}

/* --- which windows make a point --- */

static struct store_watched *watched(struct store_watch *watch, uint32_t slot) {
    if (slot >= watch->capacity) {
        uint32_t capacity = slot < 256 ? 256 : slot * 2;
        struct store_watched *grown = realloc(watch->by_slot, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        memset(grown + watch->capacity, 0,
               (capacity - watch->capacity) * sizeof *grown);
        watch->by_slot = grown;
        watch->capacity = capacity;
    }
    return &watch->by_slot[slot];
}

bool store_watch_row(struct store_watch *watch, const struct window_row *row,
                     struct store_point *point) {
    struct store_watched *before = watched(watch, row->slot);
    if (!before)
        return false;
    uint64_t device = checksum_of(row->device, strlen(row->device), 0) | 1;
    bool is_new = before->device != device;
    float score = (float)row->risk, anomaly = (float)row->anomaly;
    if (is_new)
        *before = (struct store_watched){.device = device};
    before->anomaly = fmaxf(before->anomaly, anomaly);
    if (!is_new && before->level == row->level && fabsf(before->score - score) < 1)
        return false;
    *point = (struct store_point){.time_s = row->end_s,
                                  .score = score,
                                  .peak = score,
                                  .anomaly = before->anomaly,
                                  .level = (uint8_t)row->level,
                                  .worst = (uint8_t)row->level};
    snprintf(point->device, sizeof point->device, "%s", row->device);
    before->score = score;
    before->anomaly = 0;
    before->level = (uint8_t)row->level;
    return true;
}

void store_watch_free(struct store_watch *watch) {
    free(watch->by_slot);
    *watch = (struct store_watch){.by_slot = NULL};
}

/* --- writing --- */

static int64_t find_track(struct store_sql *sql, const char *device) {
    sqlite3_stmt *s =
        store_sql_ready(sql, "SELECT number FROM tracks WHERE device = ?");
    store_sql_text(s, 1, device);
    return store_sql_ask(sql, s, 0);
}

static bool put_row(struct store_sql *sql, int64_t track,
                    const struct store_point *point) {
    sqlite3_stmt *s = store_sql_ready(
        sql,
        "INSERT INTO history VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(track, time_s)"
        " DO UPDATE SET score = excluded.score, level = excluded.level,"
        " worst = excluded.worst, peak = max(peak, excluded.peak), anomaly = "
        "max(anomaly, excluded.anomaly)");
    store_sql_number(s, 1, track);
    store_sql_number(s, 2, (int64_t)point->time_s);
    store_sql_number(s, 3, point->span_s);
    store_sql_real(s, 4, (double)point->score);
    store_sql_real(s, 5, (double)point->peak);
    store_sql_real(s, 6, (double)point->anomaly);
    store_sql_number(s, 7, point->level);
    store_sql_number(s, 8, point->worst);
    return store_sql_run(sql, s);
}

bool store_history_put(struct store_sql *sql, const struct store_point *point) {
    int64_t track = find_track(sql, point->device);
    if (!track) {
        sqlite3_stmt *s =
            store_sql_ready(sql, "INSERT INTO tracks(device, done_s) VALUES(?, 0)");
        store_sql_text(s, 1, point->device);
        if (!store_sql_run(sql, s))
            return false;
        track = sqlite3_last_insert_rowid(sql->db);
    }
    return put_row(sql, track, point);
}

static void read_row(sqlite3_stmt *s, struct store_point *point) {
    point->time_s = (uint64_t)sqlite3_column_int64(s, 0);
    point->span_s = (uint32_t)sqlite3_column_int64(s, 1);
    point->score = (float)sqlite3_column_double(s, 2);
    point->peak = (float)sqlite3_column_double(s, 3);
    point->anomaly = (float)sqlite3_column_double(s, 4);
    point->level = (uint8_t)sqlite3_column_int(s, 5);
    point->worst = (uint8_t)sqlite3_column_int(s, 6);
}

/* What the device was at just before `time_s`. False: nothing is known. */
static bool read_before(struct store_sql *sql, int64_t track, uint64_t time_s,
                        struct store_point *point) {
    sqlite3_stmt *s = store_sql_ready(
        sql, "SELECT time_s, span_s, score, peak, anomaly, level, worst FROM history"
             " WHERE track = ? AND time_s < ? ORDER BY time_s DESC LIMIT 1");
    store_sql_number(s, 1, track);
    store_sql_number(s, 2, (int64_t)time_s);
    bool found = store_sql_row(sql, s);
    if (found)
        read_row(s, point);
    store_sql_end(sql, s);
    return found;
}

static sqlite3_stmt *read_between(struct store_sql *sql, int64_t track, uint64_t from_s,
                                  uint64_t to_s) {
    sqlite3_stmt *s = store_sql_ready(
        sql, "SELECT time_s, span_s, score, peak, anomaly, level, worst FROM history"
             " WHERE track = ? AND time_s >= ? AND time_s < ? ORDER BY time_s");
    store_sql_number(s, 1, track);
    store_sql_number(s, 2, (int64_t)from_s);
    store_sql_number(s, 3, (int64_t)to_s);
    return s;
}

/* --- thinning --- */

/* The hour's row is put in the place of its points: what it began with counts in it too. */
static bool end_hour(struct store_sql *sql, int64_t track,
                     const struct store_point *hour) {
    sqlite3_stmt *s = store_sql_ready(sql, "DELETE FROM history WHERE track = ?"
                                           " AND time_s >= ? AND time_s < ?");
    store_sql_number(s, 1, track);
    store_sql_number(s, 2, (int64_t)hour->time_s);
    store_sql_number(s, 3, (int64_t)hour->time_s + HOUR_S);
    return store_sql_run(sql, s) && put_row(sql, track, hour);
}

/* The first hour with points in it from `from_s` on. False: there is none before `to_s`. */
static bool sum_hour(struct store_sql *sql, int64_t track, uint64_t from_s,
                     uint64_t to_s, struct store_point *hour) {
    struct store_point before, point;
    bool found = false;
    sqlite3_stmt *s = read_between(sql, track, from_s, to_s);
    while (store_sql_row(sql, s)) {
        read_row(s, &point);
        uint64_t start_s = point.time_s / HOUR_S * HOUR_S;
        if (!found) {
            found = true;
            *hour = point;
            hour->time_s = start_s;
            hour->span_s = HOUR_S;
            if (point.time_s > start_s && read_before(sql, track, start_s, &before)) {
                hour->peak = fmaxf(hour->peak, before.score);
                hour->worst = store_worse_level(hour->worst, before.level);
            }
        } else if (start_s != hour->time_s) {
            break;
        }
        hour->score = point.score;
        hour->peak = fmaxf(hour->peak, point.peak);
        hour->anomaly = fmaxf(hour->anomaly, point.anomaly);
        hour->level = point.level;
        hour->worst = store_worse_level(hour->worst, point.worst);
    }
    return store_sql_end(sql, s) && found;
}

static bool thin_track(struct store_sql *sql, int64_t track, uint64_t done_s,
                       uint64_t fine_s, uint64_t kept_s) {
    struct store_point hour;
    bool good = true;
    uint64_t at_s = done_s;
    while (good && sum_hour(sql, track, at_s, fine_s, &hour)) {
        good = end_hour(sql, track, &hour);
        at_s = hour.time_s + HOUR_S;
    }
    sqlite3_stmt *s = store_sql_ready(
        sql, "UPDATE tracks SET done_s = max(done_s, ?) WHERE number = ?");
    store_sql_number(s, 1, (int64_t)fine_s);
    store_sql_number(s, 2, track);
    good = good && (fine_s <= done_s || store_sql_run(sql, s));
    s = store_sql_ready(sql, "DELETE FROM history WHERE track = ? AND time_s < ?");
    store_sql_number(s, 1, track);
    store_sql_number(s, 2, (int64_t)kept_s);
    good = good && store_sql_run(sql, s);
    s = store_sql_ready(sql, "DELETE FROM tracks WHERE number = ?1 AND NOT EXISTS"
                             " (SELECT 1 FROM history WHERE track = ?1)");
    store_sql_number(s, 1, track);
    return good && store_sql_run(sql, s);
}

bool store_history_thin(struct store_sql *sql, unsigned count, int64_t *turn,
                        uint64_t fine_s, uint64_t kept_s) {
    fine_s = fine_s / HOUR_S * HOUR_S; /* whole hours */
    bool good = true;
    for (unsigned i = 0; good && i < count; i++) {
        sqlite3_stmt *s =
            store_sql_ready(sql, "SELECT number, done_s FROM tracks WHERE number > ?"
                                 " ORDER BY number LIMIT 1");
        store_sql_number(s, 1, *turn);
        bool found = store_sql_row(sql, s);
        int64_t track = found ? sqlite3_column_int64(s, 0) : 0;
        uint64_t done_s = found ? (uint64_t)sqlite3_column_int64(s, 1) : 0;
        good = store_sql_end(sql, s);
        *turn = track;
        if (!found)
            break;
        good = good && thin_track(sql, track, done_s, fine_s, kept_s);
    }
    return good;
}

/* --- reading --- */

struct chart {
    uint64_t from_s, to_s, step_s;
    void (*take)(void *context, const struct store_step *step);
    void *context;
    bool known;    /* `step` says something */
    uint8_t level; /* of `step`, so far; and what it ends with … */
    float last_score;
    uint8_t last_level;
    struct store_step step;
};

static void begin_step(struct chart *chart, uint64_t time_s) {
    chart->step = (struct store_step){time_s, (double)chart->last_score, 0, LEVEL_LOW};
    chart->level = chart->last_level;
}

/* All steps that end at or before `time_s`. */
static void pass(struct chart *chart, uint64_t time_s) {
    while (chart->step.time_s < chart->to_s &&
           chart->step.time_s + chart->step_s <= time_s) {
        chart->step.level = (enum risk_level)chart->level;
        if (chart->known)
            chart->take(chart->context, &chart->step);
        begin_step(chart, chart->step.time_s + chart->step_s);
    }
}

static void add_point(struct chart *chart, const struct store_point *point) {
    uint64_t end_s = point->time_s + (point->span_s ? point->span_s - 1 : 0);
    pass(chart, point->time_s);
    if (!chart->known) {
        chart->known = true;
        chart->level = point->worst;
    }
    /* An hour's peak holds in all the steps that the hour covers: it is not known when. */
    for (;;) {
        chart->step.score = fmax(chart->step.score, (double)point->peak);
        chart->step.anomaly = fmax(chart->step.anomaly, (double)point->anomaly);
        chart->level = store_worse_level(chart->level, point->worst);
        uint64_t next_s = chart->step.time_s + chart->step_s;
        if (next_s > end_s || next_s >= chart->to_s)
            break;
        pass(chart, next_s);
    }
    chart->last_score = point->score;
    chart->last_level = point->level;
}

bool store_history_read(struct store_sql *sql, const char *device, uint64_t from_s,
                        uint64_t to_s, uint64_t step_s,
                        void (*take)(void *context, const struct store_step *step),
                        void *context) {
    struct chart chart = {.from_s = from_s,
                          .to_s = to_s,
                          .step_s = step_s,
                          .take = take,
                          .context = context};
    struct store_point point;
    int64_t track = find_track(sql, device);
    if (!track)
        return true;
    if (read_before(sql, track, from_s, &point)) {
        chart.known = true;
        chart.last_score = point.score;
        chart.last_level = point.level;
    }
    begin_step(&chart, from_s);
    sqlite3_stmt *s = read_between(sql, track, from_s, to_s);
    while (store_sql_row(sql, s)) {
        read_row(s, &point);
        add_point(&chart, &point);
    }
    bool good = store_sql_end(sql, s);
    if (good)
        pass(&chart, to_s);
    return good;
}
