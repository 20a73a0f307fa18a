#include "engine/engine.h"

#include "engine/base/huge.h"
#include "engine/base/log.h"
#include "engine/memory.h"
#include "engine/merge.h"
#include "engine/state.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE_WAIT_MS = 50 };
static const uint64_t second_ns = 1000000000;
enum { BRIDGED_S = 600 }; /* no more than that lies between two packets of a capture */

/* RFC 1918, RFC 6598, RFC 3927, RFC 2544, RFC 4193 and RFC 4291 link-local. */
static const struct prefix private_networks[] = {
    {{{10}, 4}, 8},       {{{172, 16}, 4}, 12},    {{{192, 168}, 4}, 16},
    {{{100, 64}, 4}, 10}, {{{169, 254}, 4}, 16},   {{{198, 18}, 4}, 15},
    {{{0xfc}, 6}, 7},     {{{0xfe, 0x80}, 6}, 10},
};

const struct engine_options engine_defaults = {
    .device_capacity = 4096,
    .protected_share = 80,
    .paired_from = 1000,
    .local_networks = private_networks,
    .local_network_count = sizeof private_networks / sizeof private_networks[0],
    .half_life_s = 900,
    .distrust_half_life_s = 86400,
    .level_medium = 30,
    .level_high = 60,
    .level_critical = 80,
    .hysteresis = 3,
    .max_age_s = 300,
    .keep_interval_s = 3600,
    .no_traffic_s = 300,
    .limits =
        {
            .scan_addresses = 20,
            .scan_addresses_s = 60,
            .scan_ports = 15,
            .scan_ports_s = 60,
            .flood_syns_s = 12,
            .flood_packets_s = 1000,
            .arp_replies = 60,
            .arp_replies_s = 60,
            .logins = 10,
            .logins_s = 60,
            .failing = 60,
            .failing_s = 600,
            .failing_one = 20,
            .failing_one_s = 1800,
            .fan_out = 500,
            .newcomers = 200,
            .newcomers_s = 60,
            .victim_attempts_s = 100,
            .local_names = 4,
            .fragments_overlapping = 1,
            .fragments_unfinished = 100,
            .fragments_s = 60,
        },
    .seed = 1,
};

/* --- devices --- */

static void forget_device(void *context, struct device *device) {
    struct engine *engine = context;
    uint32_t index = table_index(engine->devices.table, device);
    if (device->window != TABLE_NONE) {
        struct open_window *open = &engine->windows[device->window];
        open->device = NULL;
        open->next_free = engine->free_window;
        engine->free_window = device->window;
    }
    judge_set_active(engine, device, false);
    inventory_forget(&engine->inventory, device);
    allowed_forget(engine, index);
    engine->dirty[index] = false;
    memset(&engine->vantages[index], 0, sizeof engine->vantages[index]);
    if (engine->board)
        board_put_device(engine->board, index, NULL);
}

struct open_window *engine_window(struct engine *engine, struct device *device) {
    uint32_t index = table_index(engine->devices.table, device);
    if (engine->steps[index] != engine->status.discontinuities) {
        engine->steps[index] = engine->status.discontinuities;
        device_step(device, engine->status.now_ns);
    }
    if (device->sorted < SORTED_AS_HOST + device->router)
        inventory_renew(&engine->inventory, device);
    if (device->window == TABLE_NONE) {
        device->window = engine->free_window != TABLE_NONE ? engine->free_window
                                                           : engine->window_count++;
        struct open_window *fresh = &engine->windows[device->window];
        if (device->window == engine->free_window)
            engine->free_window = fresh->next_free;
        bool listed = fresh->touched;
        memset(fresh, 0, sizeof *fresh);
        fresh->device = device;
        fresh->touched = listed;
    }
    struct open_window *open = &engine->windows[device->window];
    if (!open->touched) {
        open->touched = true;
        engine->touched[engine->touched_count++] = device->window;
    }
    engine->dirty[index] = true;
    return open;
}

void engine_hear(struct engine *engine, struct device *device, bool met,
                 uint64_t now_ns) {
    const struct invariant_limits *limits = &engine->options.limits;
    if (device->settled)
        return;
    uint64_t age_s = now_ns / second_ns - device->first_ns / second_ns;
    if (!device->born) {
        device->born = true;
        sensor_born(&engine->sensor, limits, &device->key.mac, &device->key.ip,
                    now_ns / second_ns);
    }
    if (met || age_s > 0) {
        device->settled = true;
        sensor_settled(&engine->sensor, limits, age_s, now_ns / second_ns);
    }
}

/* --- names --- */

static void take_name(struct engine *engine, const struct record *record) {
    const struct name_record *name = &record->name;
    if (name->kind == NAME_DNS_ANSWER) {
        identity_name(&engine->identity, &name->ip, name->text);
        allowed_answer(engine, name);
        return;
    }
    signs_name(engine, record);
}

/* --- time --- */

static uint64_t window_after(uint64_t time_s) {
    return time_s / WINDOW_S * WINDOW_S + WINDOW_S;
}

/* The first window of a stretch of capture is cut short at its start. */
static void open_window_at(struct engine *engine, uint64_t time_ns) {
    engine->window_end_s = window_after(time_ns / second_ns);
    engine->partial = true;
}

/* Close every window that ends at or before `now_s`; silent stretches cost nothing. */
static void advance(struct engine *engine, uint64_t now_s) {
    while (engine->window_end_s && engine->window_end_s <= now_s) {
        engine->partial |= sight_close(&engine->sight);
        if (engine->window_count || engine->active_count)
            closing_window(engine, engine->window_end_s);
        engine->partial = false;
        if (!engine->active_count)
            engine->window_end_s = window_after(now_s);
        else
            engine->window_end_s += WINDOW_S;
    }
}

/* What was seen before the step still counts, but a window that was cut short is no measure
   of anything. */
static void close_open(struct engine *engine) {
    engine->partial = true;
    if (engine->window_count)
        closing_window(engine, engine->window_end_s);
}

/* Nobody watched, yet risk fades all the same: who follows it is told now and then. */
static void fade(struct engine *engine, uint64_t until_s) {
    enum { STEP_S = 600, STEPS = 144 };
    uint64_t end_s = engine->window_end_s - WINDOW_S + STEP_S;
    for (unsigned i = 0; i < STEPS && engine->active_count && end_s < until_s; i++) {
        closing_window(engine, end_s);
        end_s += STEP_S;
    }
}

static void take_discontinuity(struct engine *engine, const struct record *record) {
    close_open(engine);
    if (engine->window_end_s)
        fade(engine, record->time_ns / second_ns);
    question_forget(&engine->questions);
    sensor_forget(&engine->sensor);
    engine->status.discontinuities++;
    engine->ticked_s = 0;
    engine->watched_s = record->time_ns / second_ns;
    engine->status.now_ns = record->time_ns;
    open_window_at(engine, record->time_ns);
}

static void take_tick(struct engine *engine, const struct record *record) {
    uint64_t now_s = record->time_ns / second_ns;
    enum sight_news news = sight_take(&engine->sight, record);
    if (news == SIGHT_BACK)
        take_discontinuity(engine, record);
    engine->partial |= news == SIGHT_CUT;
    if (news != SIGHT_SAME)
        engine->watched_s = now_s;
    if (now_s == engine->ticked_s)
        return; /* another queue's of the same second */
    engine->ticked_s = now_s;
    publish_sight(engine, record->time_ns);
    allowed_adopt(engine);
    judge_tick(engine, now_s);
    desk_follow(engine, now_s);
    advance(engine, now_s);
    signs_sweep(engine, now_s);
    silence_look(engine, now_s);
    memory_offer(engine, now_s);
    if (engine->board && (engine->options.live || board_wanted(engine->board)))
        publish_devices(engine);
}

/* What was given back meets the capture, and goes on if the capture does: else time stepped
   between them. A window of which nobody knows whether it was watched whole measures nothing. */
static void bridge(struct engine *engine, const struct record *record) {
    uint64_t then_ns = engine->restored_ns, now_ns = record->time_ns;
    engine->restored_ns = 0;
    if (now_ns < then_ns)
        memory_rewind(engine, now_ns);
    if (now_ns < then_ns || now_ns - then_ns > BRIDGED_S * second_ns) {
        take_discontinuity(engine, record);
        return;
    }
    advance(engine, now_ns / second_ns);
    if (now_ns - then_ns > WINDOW_S * second_ns) {
        engine->partial = true;
        engine->watched_s = now_ns / second_ns;
    }
}

void engine_take(struct engine *engine, const struct record *record) {
    engine->status.records++;
    if (engine->restored_ns)
        bridge(engine, record);
    if (record->kind == RECORD_DISCONTINUITY) {
        take_discontinuity(engine, record);
        return;
    }
    if (record->time_ns > engine->status.now_ns)
        engine->status.now_ns = record->time_ns;
    if (!engine->window_end_s)
        open_window_at(engine, record->time_ns);
    if (record->kind == RECORD_FLOW || record->kind == RECORD_CLAIM)
        engine->heard_s = record->time_ns / second_ns;
    switch ((enum record_kind)record->kind) {
    case RECORD_FLOW:
        traffic_take(engine, record);
        break;
    case RECORD_CLAIM:
        claim_take(engine, record);
        break;
    case RECORD_NAME:
        take_name(engine, record);
        break;
    case RECORD_CERTIFICATE:
        signs_certificate(engine, record);
        break;
    case RECORD_TICK:
        take_tick(engine, record);
        break;
    case RECORD_DISCONTINUITY:
    case RECORD_END:
        break;
    }
}

/* --- life --- */

static void finish(struct engine *engine) {
    close_open(engine);
    engine->status.replaying = false;
    if (engine->board)
        publish_devices(engine);
}

void engine_listen(struct engine *engine, struct inbox *inbox) {
    engine->inbox = inbox;
}

void engine_attend(struct engine *engine) {
    /* What was told is seen by all before it is answered; hence in batches. */
    enum { BATCH = 32 };
    struct message batch[BATCH];
    enum outcome outcomes[BATCH];
    unsigned count;
    if (!engine->inbox || !inbox_has(engine->inbox))
        return;
    do {
        for (count = 0; count < BATCH && inbox_take(engine->inbox, &batch[count]);
             count++)
            outcomes[count] = desk_take(engine, &batch[count]);
        if (count && engine->board)
            publish_devices(engine);
        for (unsigned i = 0; i < count; i++)
            inbox_answer(engine->inbox, &batch[i], outcomes[i]);
    } while (count == BATCH);
}

void engine_recall(struct engine *engine, const struct message *message) {
    desk_take(engine, message);
}

void engine_run(struct engine *engine, struct ring *const *rings, size_t count,
                const _Atomic bool *stop) {
    struct merge merge;
    merge_init(&merge, rings, count);
    while (merge_is_open(&merge) && !atomic_load_explicit(stop, memory_order_relaxed)) {
        counter_add(&engine->turns, 1);
        engine_attend(engine);
        const struct record *record = merge_next(&merge, IDLE_WAIT_MS);
        if (!record)
            continue;
        engine_take(engine, record);
        merge_release(&merge);
    }
    finish(engine);
}

static void show_tenancy(void *context, uint64_t number,
                         const struct tenancy *tenancy) {
    struct engine *engine = context;
    for (size_t i = 0; i < engine->sink_count; i++)
        if (engine->sinks[i].tenancy)
            engine->sinks[i].tenancy(engine->sinks[i].context, number, tenancy);
    if (engine->board)
        board_put_tenancy(engine->board, (uint32_t)(number % SNAPSHOT_TENANCIES),
                          tenancy);
}

/* Only for those who want to know. */
static void follow_tenancies(struct engine *engine) {
    bool wanted = engine->board != NULL;
    for (size_t i = 0; i < engine->sink_count; i++)
        wanted |= engine->sinks[i].tenancy != NULL;
    engine->tenancies.show = wanted ? show_tenancy : NULL;
    engine->tenancies.context = engine;
}

struct engine *engine_create(const struct engine_options *options, struct board *board,
                             const struct engine_sink *sinks, size_t sink_count) {
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return NULL;
    uint32_t capacity = options->device_capacity;
    engine->options = *options;
    engine->board = board;
    engine->rules = (struct risk_rules){
        .half_life_s = options->half_life_s,
        .distrust_half_life_s = options->distrust_half_life_s,
        .medium = options->level_medium,
        .high = options->level_high,
        .critical = options->level_critical,
        .hysteresis = options->hysteresis,
    };
    for (size_t i = 0; i < sink_count && i < ENGINE_SINKS; i++)
        engine->sinks[engine->sink_count++] = sinks[i];
    engine->status.devices_capacity = capacity;
    engine->status.live = options->live;
    engine->status.is_clocked = options->is_clocked;
    sight_init(&engine->sight, options->sources, options->source_count,
               options->no_traffic_s);
    engine->sight_told = 1;
    engine->status.replaying = !options->live;
    question_init(&engine->questions, options->seed ^ 4);
    engine->free_window = TABLE_NONE;
    engine->devices.on_evict = forget_device;
    engine->devices.context = engine;
    engine->windows = huge_calloc(capacity, sizeof *engine->windows);
    engine->touched = calloc(capacity, sizeof *engine->touched);
    engine->active = calloc(capacity, sizeof *engine->active);
    engine->dirty = calloc(capacity, sizeof *engine->dirty);
    engine->silence = calloc(capacity, sizeof *engine->silence);
    engine->steps = calloc(capacity, sizeof *engine->steps);
    engine->vantages = calloc(capacity, sizeof *engine->vantages);
    engine->kept = calloc(capacity, sizeof *engine->kept);
    engine->order = calloc(capacity, sizeof *engine->order);
    engine->trials = calloc(PAIR_ITEMS, sizeof *engine->trials);
    if (engine->windows && engine->touched && engine->active && engine->dirty &&
        engine->silence && engine->steps && engine->vantages && engine->kept &&
        engine->order && engine->trials &&
        cohorts_init(&engine->cohorts, options->seed) &&
        (engine->domains = domain_create(options->seed ^ 7)) &&
        device_table_init(&engine->devices, capacity, options->protected_share,
                          options->seed) &&
        identity_init(&engine->identity, &engine->devices, capacity,
                      options->local_networks, options->local_network_count,
                      options->seed) &&
        certificate_init(&engine->certificates, options->seed) &&
        inventory_init(&engine->inventory, capacity, options->seed,
                       options->registry) &&
        standings_init(&engine->standings, capacity, options->seed) &&
        tenancy_init(&engine->tenancies, options->seed) && allowed_init(engine)) {
        follow_tenancies(engine);
        engine->inventory.groups = options->groups;
        engine->identity.zones = options->zones;
        engine->identity.standings = &engine->standings;
        engine->identity.inventory = &engine->inventory;
        return engine;
    }
    engine_destroy(engine);
    return NULL;
}

void engine_destroy(struct engine *engine) {
    if (!engine)
        return;
    allowed_free(engine);
    inventory_free(&engine->inventory);
    tenancy_free(&engine->tenancies);
    standings_free(&engine->standings);
    certificate_free(&engine->certificates);
    identity_free(&engine->identity);
    device_table_free(&engine->devices);
    cohorts_free(&engine->cohorts);
    table_destroy(engine->domains);
    pair_destroy(engine->pair);
    free(engine->trials);
    free(engine->order);
    free(engine->kept);
    free(engine->vantages);
    free(engine->steps);
    free(engine->dirty);
    free(engine->silence);
    free(engine->active);
    free(engine->touched);
    free(engine->windows);
    free(engine);
}

uint64_t engine_restored_ns(const struct engine *engine) {
    return engine->restored_ns;
}

const struct engine_status *engine_status(const struct engine *engine) {
    return &engine->status;
}

uint64_t engine_turns(const struct engine *engine) {
    return counter_read(&engine->turns);
}
