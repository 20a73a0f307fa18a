#ifndef TESTS_ENGINE_RIG_H
#define TESTS_ENGINE_RIG_H

#include "engine/engine.h"
#include "tests/engine/make_records.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

/* A whole engine with all that came out of it. Records go in as from a collector: ticks go
   before them when capture time crosses a second, one more after a silence. */

struct row {
    uint64_t end_s, packets;
    char device[DEVICE_ID_BYTES], top_factor[32];
    enum device_state state;
    enum risk_level level;
    double anomaly, risk, confidence;
};

struct rig {
    struct engine *engine;
    uint64_t boundary_ns; /* the next tick; 0 before the first record */
    struct row *rows;
    size_t row_count;
    struct finding *findings;
    size_t finding_count;
};

/* Room for one more, doubled when full. */
static inline void *rig_grow(void *elements, size_t count, size_t size) {
    if (count & (count - 1))
        return elements;
    elements = realloc(elements, (count ? 2 * count : 1) * size);
    ck_assert_ptr_nonnull(elements);
    return elements;
}

static inline void rig_keep_row(void *context, const struct window_row *row) {
    struct rig *rig = context;
    rig->rows = rig_grow(rig->rows, rig->row_count, sizeof *rig->rows);
    struct row *kept = &rig->rows[rig->row_count++];
    memset(kept, 0, sizeof *kept); /* rows are compared as bytes */
    kept->end_s = row->end_s;
    kept->packets = row->packets;
    kept->state = row->state;
    kept->level = row->level;
    kept->anomaly = row->anomaly;
    kept->risk = row->risk;
    kept->confidence = row->confidence;
    snprintf(kept->device, sizeof kept->device, "%s", row->device);
    snprintf(kept->top_factor, sizeof kept->top_factor, "%s", row->top_factor);
}

static inline void rig_keep_finding(void *context, const struct finding *finding) {
    struct rig *rig = context;
    rig->findings = rig_grow(rig->findings, rig->finding_count, sizeof *rig->findings);
    rig->findings[rig->finding_count++] = *finding;
}

/* The rig must stay where it is: the engine's sink points to it. The board may be NULL. */
static inline void rig_start(struct rig *rig, const struct engine_options *options,
                             struct board *board) {
    *rig = (struct rig){.engine = NULL};
    const struct engine_sink sink = {
        .context = rig, .window = rig_keep_row, .finding = rig_keep_finding};
    rig->engine = engine_create(options, board, &sink, 1);
    ck_assert_ptr_nonnull(rig->engine);
}

static inline void rig_end(struct rig *rig) {
    engine_destroy(rig->engine);
    free(rig->rows);
    free(rig->findings);
    *rig = (struct rig){.engine = NULL};
}

static inline void rig_tick(struct rig *rig, uint64_t time_ns) {
    struct record tick = {.time_ns = time_ns, .kind = RECORD_TICK};
    engine_take(rig->engine, &tick);
}

static inline void rig_reach(struct rig *rig, uint64_t time_ns) {
    const uint64_t second_ns = 1000000000;
    uint64_t floor_ns = time_ns / second_ns * second_ns;
    if (rig->boundary_ns && time_ns >= rig->boundary_ns) {
        rig_tick(rig, rig->boundary_ns);
        if (floor_ns > rig->boundary_ns)
            rig_tick(rig, floor_ns);
    }
    if (time_ns >= rig->boundary_ns)
        rig->boundary_ns = floor_ns + second_ns;
}

static inline void rig_send(struct rig *rig, struct record record) {
    rig_reach(rig, record.time_ns);
    engine_take(rig->engine, &record);
}

/* Nothing happens until `time_s`. */
static inline void rig_wait(struct rig *rig, double time_s) {
    uint64_t time_ns = (uint64_t)(time_s * 1e9);
    while (rig->boundary_ns && rig->boundary_ns < time_ns)
        rig_reach(rig, rig->boundary_ns);
    rig_reach(rig, time_ns);
}

/* Time steps to `time_s`, as after a long silence or between two captures. */
static inline void rig_step(struct rig *rig, double time_s) {
    struct record step = make_mark(time_s, RECORD_DISCONTINUITY);
    engine_take(rig->engine, &step);
    rig->boundary_ns = step.time_ns / 1000000000 * 1000000000 + 1000000000;
}

static inline const char *rig_id(uint32_t mac) {
    static char text[4][MAC_TEXT_BYTES];
    static unsigned next;
    struct mac address = make_mac(mac);
    char *id = text[next++ % 4];
    mac_format(&address, id);
    return id;
}

/* The first finding of this kind about the device from `since` on; NULL if there is none. */
static inline const struct finding *rig_finding(const struct rig *rig, size_t since,
                                                const char *device, const char *kind) {
    for (size_t i = since; i < rig->finding_count; i++)
        if (strcmp(rig->findings[i].device, device) == 0 &&
            strcmp(rig->findings[i].kind, kind) == 0)
            return &rig->findings[i];
    return NULL;
}

/* The device's last row; NULL if it never had one. */
static inline const struct row *rig_row(const struct rig *rig, const char *device) {
    for (size_t i = rig->row_count; i > 0; i--)
        if (strcmp(rig->rows[i - 1].device, device) == 0)
            return &rig->rows[i - 1];
    return NULL;
}

/* What must be so of all that came out, whatever went in. */
static inline void rig_check(const struct rig *rig) {
    for (size_t i = 0; i < rig->row_count; i++) {
        const struct row *row = &rig->rows[i];
        ck_assert_uint_eq(row->end_s % 10, 0);
        ck_assert(row->device[0]);
        ck_assert(isfinite(row->anomaly) && row->anomaly >= 0);
        ck_assert(row->risk >= 0 && row->risk <= 100);
        ck_assert(row->confidence >= 0 && row->confidence <= 1);
        ck_assert_uint_le(row->state, STATE_STALE);
        ck_assert_uint_le(row->level, LEVEL_UNKNOWN);
        if (row->level == LEVEL_UNKNOWN)
            ck_assert_double_lt(row->risk, engine_defaults.level_medium);
        ck_assert_int_eq(row->risk > 0, row->top_factor[0] != 0);
    }
    for (size_t i = 0; i < rig->finding_count; i++) {
        const struct finding *finding = &rig->findings[i];
        ck_assert_uint_eq(finding->id, i + 1);
        ck_assert(finding->device[0] && finding->kind[0] && finding->text[0]);
        ck_assert(isfinite(finding->observed) && isfinite(finding->expected));
        ck_assert(finding->contribution >= 0 && finding->contribution <= 100);
        ck_assert_uint_lt(finding->level, LEVEL_UNKNOWN);
    }
}

#endif
