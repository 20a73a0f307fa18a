#include "engine/engine.h"

#include "engine/base/log.h"
#include "engine/memory.h"
#include "engine/merge.h"
#include "engine/order.h"
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

/* --- flows --- */

static struct window_peer peer_of(struct engine *engine, const struct flow_record *flow,
                                  unsigned side, const struct device *device) {
    struct window_peer peer = {.local = true};
    const struct address *ip = &flow->ip[side];
    if (mac_is_multicast(&flow->mac[side]) || (ip->family && address_is_multicast(ip)))
        return peer;
    if (device) {
        peer.mac = device->key.mac;
        peer.key = device->key.ip.family ? window_address_key(&device->key.ip)
                                         : window_mac_key(&device->key.mac);
        return peer;
    }
    if (!ip->family) {
        peer.mac = flow->mac[side];
        peer.key = window_mac_key(&peer.mac);
        return peer;
    }
    peer.local = identity_is_local(&engine->identity, ip, flow->vlan);
    if (peer.local) {
        peer.key = window_address_key(ip);
        return peer;
    }
    identity_use_name(&engine->identity, ip);
    const char *name = side == RESPONDER && flow->name[0] && flow->port[RESPONDER] != 53
                           ? flow->name
                           : identity_name_of(&engine->identity, ip);
    peer.named = name[0] != 0;
    peer.key = peer.named ? window_domain_key(name) : window_prefix_key(ip);
    return peer;
}

/* What a router forwards for a device behind it passes through its hands, but says nothing
   about its own behaviour. */
static void count_carried(struct engine *engine, const struct device *device,
                          const struct flow_record *flow) {
    struct device *carrier = device_of_mac(&engine->devices, &device->carrier);
    if (carrier)
        engine_window(engine, carrier)->window.packets +=
            (uint64_t)flow->packets[0] + flow->packets[1];
}

/* A server that a device has long known may be down; one that it has just met may be a
   command server that was taken away. */
static bool is_call_in_vain(const struct device *device, const struct flow_record *flow,
                            const struct window_peer *peer, uint64_t now_s) {
    if (peer->local || flow->protocol != 6 || flow->state == FLOW_ANSWERED ||
        !(flow->events & FLOW_NEW))
        return false;
    const struct novelty_key *known =
        novelty_find(&device->baseline.novelty, peer->key, KEY_PEER);
    return !known || novelty_is_young(known, now_s);
}

/* Where a flow leads. An address that a server of names has given is no guess. */
static enum invariant_peer place_of(const struct engine *engine,
                                    const struct flow_record *flow, unsigned side,
                                    const struct window_peer *peer) {
    if (peer->local)
        return PEER_LOCAL;
    bool asks =
        side == INITIATOR && flow->events & FLOW_NEW && flow->state != FLOW_ANSWERED;
    return asks && identity_name_of(&engine->identity, &flow->ip[RESPONDER])[0]
               ? PEER_NAMED
               : PEER_OUTSIDE;
}

static void take_flow(struct engine *engine, const struct record *record) {
    const struct flow_record *flow = &record->flow;
    struct flow_record answer;
    if (question_was_to_all(&engine->questions, flow, record->time_ns)) {
        answer = *flow;
        answer.state = FLOW_ANSWERED;
        flow = &answer;
    }
    uint64_t now_s = record->time_ns / second_ns;
    struct device *devices[2];
    for (unsigned side = 0; side < 2; side++) {
        devices[side] = identity_endpoint(&engine->identity, flow, side,
                                          flow->packets[side] > 0, record->time_ns);
        /* Heard of: so making the responder cannot evict the initiator. */
        if (devices[side])
            device_touch(&engine->devices, devices[side]);
    }
    for (unsigned side = 0; side < 2; side++) {
        struct device *device = devices[side];
        if (!device)
            continue;
        struct open_window *open = engine_window(engine, device);
        engine_hear(engine, device, flow->packets[!side] > 0, record->time_ns);
        if (flow->packets[side])
            engine->vantages[table_index(engine->devices.table, device)] =
                flow->vantage;
        if (flow->packets[side])
            device->last_ns =
                record->time_ns > device->last_ns ? record->time_ns : device->last_ns;
        if (device->key.ip.family)
            count_carried(engine, device, flow);
        struct window_peer peer = peer_of(engine, flow, !side, devices[!side]);
        if (!peer.local)
            blackout_flow(&engine->blackout, flow, side,
                          table_index(engine->devices.table, device), now_s);
        window_add(&open->window, flow, side, &peer);
        uint64_t packets = (uint64_t)flow->packets[0] + flow->packets[1];
        uint64_t bytes = flow->bytes[0] + flow->bytes[1];
        if (side == RESPONDER && (invariant_is_shell(flow) || invariant_is_echo(flow)))
            open->window.imposed += (float)bytes;
        else if (side == INITIATOR && peer.local && invariant_is_shell(flow))
            open->window.logs_in += (float)bytes;
        device->packets += packets;
        device->bytes += bytes;
        struct device_contacts *contacts = device_contacts_of(&engine->devices, device);
        if (peer.key && flow->ip[!side].family)
            device_count_peer(contacts, &flow->ip[!side], (double)bytes,
                              (uint32_t)now_s);
        if (flow->protocol)
            device_count_service(contacts, flow->protocol, flow->port[RESPONDER],
                                 flow->application, (double)bytes, (uint32_t)now_s);
        invariant_flow(&device->invariant, &engine->options.limits, flow, side,
                       place_of(engine, flow, side, &peer), now_s);
        if (side == INITIATOR && is_call_in_vain(device, flow, &peer, now_s))
            invariant_calls_in_vain(&device->invariant, flow, now_s);
        uint16_t order = side == RESPONDER && devices[INITIATOR]
                             ? order_of_stranger(flow, device, peer.key, now_s)
                             : 0;
        if (order) {
            open->window.stranger = peer.key;
            invariant_strange_order(&devices[INITIATOR]->invariant, flow, order);
        }
    }
    if (devices[RESPONDER] && flow->packets[RESPONDER])
        devices[RESPONDER]->field |= invariant_is_industrial(flow);
    if (devices[0] && devices[1] && devices[0]->field && devices[1]->field)
        invariant_between_field(&devices[INITIATOR]->invariant, flow);
    const struct address *source = &flow->ip[INITIATOR];
    if (devices[INITIATOR] && source->family && !address_is_unspecified(source) &&
        identity_is_spoofed(devices[INITIATOR], flow, INITIATOR, record->time_ns) &&
        !identity_is_local(&engine->identity, source, flow->vlan))
        invariant_spoofs(&devices[INITIATOR]->invariant, &engine->options.limits,
                         source, now_s);
    sensor_flow(&engine->sensor, flow);
    allowed_flow(engine, flow, devices, now_s);
    signs_flow(engine, flow, devices, now_s);
    if (devices[INITIATOR] && (flow->risks || flow->dns_queries))
        request_take(engine, flow, devices[INITIATOR], now_s);
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
        take_flow(engine, record);
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
    engine->windows = calloc(capacity, sizeof *engine->windows);
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
