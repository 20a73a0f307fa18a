#include "engine/base/fetch.h"
#include "engine/reason.h"
#include "engine/state.h"
#include "engine/view.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const double row_risk = 1; /* below this a silent device has no row */
static const uint64_t second_ns = 1000000000;
enum { WINDOW_USUAL_KEYS = 12 };

/* NULL if nothing is held against it. */
static const struct evidence *largest_factor(const struct engine *engine,
                                             const struct device *device,
                                             uint64_t now_s) {
    double shares[RISK_SLOTS];
    risk_score(&device->risk, &engine->rules, now_s, shares);
    unsigned largest = 0;
    for (unsigned i = 1; i < RISK_SLOTS; i++)
        if (shares[i] > shares[largest])
            largest = i;
    return shares[largest] > 0 ? &device->risk.slots[largest] : NULL;
}

static bool has_window_sink(const struct engine *engine) {
    for (size_t i = 0; i < engine->sink_count; i++)
        if (engine->sinks[i].window)
            return true;
    return false;
}

static void send_row(struct engine *engine, const struct device *device,
                     uint64_t packets, double anomaly, double risk, uint64_t end_s) {
    if (!has_window_sink(engine))
        return;
    const uint32_t max_age_s = engine->options.max_age_s;
    char id[DEVICE_ID_BYTES];
    device_id(device, id, sizeof id);
    enum device_state state = view_state(device, max_age_s, end_s * second_ns);
    const struct evidence *largest = largest_factor(engine, device, end_s);
    struct window_row row = {
        .end_s = end_s,
        .device = id,
        .slot = table_index(engine->devices.table, device),
        .state = state,
        .packets = packets,
        .anomaly = anomaly,
        .risk = risk,
        .confidence = view_confidence(device, max_age_s, end_s * second_ns) *
                      sight_confidence(&engine->sight),
        .level = view_level(device),
        .top_factor = largest ? evidence_name((enum evidence_kind)largest->kind) : "",
        .top_family = largest ? evidence_family((enum evidence_kind)largest->kind)
                              : FAMILY_INVARIANT,
    };
    for (size_t i = 0; i < engine->sink_count; i++)
        if (engine->sinks[i].window)
            engine->sinks[i].window(engine->sinks[i].context, &row);
}

static int compare_ranked(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return memcmp(&x->device->key, &y->device->key, sizeof(struct device_key));
}

/* By the beginning of the key, so that sorting need not go to each device for it. */
static struct ranked ranked(struct device *device) {
    uint64_t rank = 0;
    const uint8_t *key = (const uint8_t *)&device->key;
    for (unsigned i = 0; i < sizeof rank; i++)
        rank = rank << 8 | key[i];
    return (struct ranked){rank, device};
}

/* Devices whose risk fades in silence: a row while it is worth one, and one at its end. */
static void judge_silent(struct engine *engine, uint64_t end_s) {
    struct ranked *silent = engine->order;
    uint32_t n = 0;
    for (uint32_t i = 0; i < engine->active_count; i++) {
        struct device *device = table_at(engine->devices.table, engine->active[i]);
        if (device->window == TABLE_NONE)
            silent[n++] = ranked(device);
    }
    qsort(silent, n, sizeof *silent, compare_ranked);
    for (uint32_t i = 0; i < n; i++) {
        struct device *device = silent[i].device;
        device->anomaly = 0;
        risk_update_level(&device->risk, &engine->rules, end_s);
        double risk = risk_score(&device->risk, &engine->rules, end_s, NULL);
        send_row(engine, device, 0, 0, risk, end_s);
        engine->dirty[table_index(engine->devices.table, device)] = true;
        risk_expire(&device->risk, &engine->rules, end_s);
        judge_set_active(engine, device, risk >= row_risk);
    }
}

/* A window at its end. */
struct closing {
    struct engine *engine;
    const struct ranked *order;
    uint32_t count;
    uint64_t end_s;
};

static struct trial *trial_of(const struct closing *closing, uint32_t i) {
    return &closing->engine->trials[i % PAIR_ITEMS];
}

static struct open_window *window_of(const struct closing *closing, uint32_t i) {
    return &closing->engine->windows[closing->order[i].device->window];
}

/* Let a device and its window come from memory while another is at work: of many, none is in
   the cache. */
static inline __attribute__((always_inline)) void
fetch_measured(const struct closing *closing, uint32_t i) {
    const struct baseline *baseline = &closing->order[i].device->baseline;
    fetch_bytes(baseline, offsetof(struct baseline, rhythm));
    fetch_bytes(window_of(closing, i),
                offsetof(struct open_window, window.keys[WINDOW_USUAL_KEYS]));
}

/* Of its tails, what usual scores touch. */
static inline __attribute__((always_inline)) void
fetch_judged(const struct closing *closing, uint32_t i) {
    const struct device *device = closing->order[i].device;
    const struct baseline_tails *tails = &device->baseline.tails;
    fetch_bytes(device, offsetof(struct device, invariant));
    fetch_bytes(&device->invariant.moved_s, 1);
    fetch_bytes(&device->risk, sizeof device->risk);
    fetch_bytes(tails, offsetof(struct baseline_tails, feature));
    for (unsigned f = 0; f < FEATURE_COUNT; f++)
        fetch_bytes(tails->feature[f], 1);
    for (unsigned c = 0; c < BASELINE_COMBINED; c++)
        fetch_bytes(tails->combined[c], sizeof tails->combined[c] / 2);
}

static void measure(void *context, uint32_t first, uint32_t end) {
    const struct closing *closing = context;
    for (uint32_t i = first; i < end; i++) {
        if (i + 1 < end)
            fetch_measured(closing, i + 1);
        const struct baseline *baseline = &closing->order[i].device->baseline;
        struct trial *trial = trial_of(closing, i);
        window_observe(&window_of(closing, i)->window, closing->end_s,
                       &trial->observation);
        baseline_recognize(baseline, &trial->observation);
        baseline_measure(baseline, &trial->observation, &trial->surprise);
    }
}

static void judge_one(struct engine *engine, struct device *device, struct trial *trial,
                      uint64_t end_s) {
    struct open_window *open = &engine->windows[device->window];
    judge_behaviour(engine, open, trial, end_s);
    tenancy_follow(&engine->tenancies, device, (end_s - WINDOW_S) * second_ns,
                   end_s * second_ns);
    bool suspect = !risk_is_blank(&device->risk);
    if (suspect)
        risk_update_level(&device->risk, &engine->rules, end_s);
    double risk = suspect ? risk_score(&device->risk, &engine->rules, end_s, NULL) : 0;
    if (open->window.packets || risk >= row_risk || device->active_index != TABLE_NONE)
        send_row(engine, device, open->window.packets, device->anomaly, risk, end_s);
    if (suspect)
        risk_expire(&device->risk, &engine->rules, end_s);
    judge_set_active(engine, device, risk >= row_risk);
    engine->dirty[table_index(engine->devices.table, device)] = true;
}

static void judge(void *context, uint32_t first, uint32_t end) {
    const struct closing *closing = context;
    for (uint32_t i = first; i < end; i++) {
        if (i + 1 < closing->count)
            fetch_judged(closing, i + 1);
        judge_one(closing->engine, closing->order[i].device, trial_of(closing, i),
                  closing->end_s);
    }
}

static void learn_again(struct baseline *baseline, struct trial *trial) {
    const struct baseline_observation *o = &trial->observation;
    trial->surprise.elapsed_s = 0;
    for (unsigned i = 1; i < RELEARN_WEIGHT; i++) {
        trial->surprise.windows += 1;
        baseline_learn(baseline, o, &trial->surprise);
    }
    for (unsigned i = 0; i < o->key_count; i++)
        novelty_vouch(&baseline->novelty, o->keys[i].key, o->keys[i].kind);
}

static void learn(void *context, uint32_t first, uint32_t end) {
    const struct closing *closing = context;
    for (uint32_t i = first; i < end; i++) {
        struct baseline *baseline = &closing->order[i].device->baseline;
        struct trial *trial = trial_of(closing, i);
        if (trial->lesson == LESSON_KEYS)
            baseline_learn_keys(baseline, &trial->observation);
        if (trial->lesson >= LESSON_WHOLE)
            baseline_learn(baseline, &trial->observation, &trial->surprise);
        if (trial->lesson == LESSON_AGAIN)
            learn_again(baseline, trial);
    }
}

/* What a device is by itself, and what it learns, concerns nobody else: two threads can be
   at that. What it means is judged one after the other. */
static void judge_all(struct engine *engine, const struct ranked *order, uint32_t count,
                      uint64_t end_s) {
    struct closing closing = {engine, order, count, end_s};
    const struct pair_work work = {measure, judge, learn, &closing};
    bool is_paired = count >= engine->options.paired_from;
    if (is_paired && !engine->pair)
        engine->pair = pair_create();
    pair_run(is_paired ? engine->pair : NULL, &work, count);
}

void closing_window(struct engine *engine, uint64_t end_s) {
    struct ranked *order = engine->order;
    uint32_t n = 0;
    for (uint32_t i = 0; i < engine->window_count; i++)
        if (engine->windows[i].device)
            order[n++] = ranked(engine->windows[i].device);
    qsort(order, n, sizeof *order, compare_ranked);
    judge_all(engine, order, n, end_s);
    if (engine->active_count)
        judge_silent(engine, end_s);
    if (n)
        engine->status.windows_closed++;
    for (uint32_t i = 0; i < engine->window_count; i++) {
        engine->windows[i].touched = false;
        if (engine->windows[i].device)
            engine->windows[i].device->window = TABLE_NONE;
    }
    engine->window_count = 0;
    engine->free_window = TABLE_NONE;
    engine->touched_count = 0;
}
