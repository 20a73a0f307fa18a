#include "engine/memory.h"
#include "engine/state.h"
#include "engine/view.h"

#include <math.h>
#include <string.h>

static const double confidence_told = 0.005;

void publish_finding(struct engine *engine, struct finding *finding) {
    finding->id = ++engine->status.findings_total;
    for (size_t i = 0; i < engine->sink_count; i++)
        if (engine->sinks[i].finding)
            engine->sinks[i].finding(engine->sinks[i].context, finding);
    if (engine->board)
        board_put_finding(engine->board, finding);
    if (strcmp(finding->device, SENSOR_ID) == 0)
        memory_offer_sensor(engine);
}

void publish_sight(struct engine *engine, uint64_t now_ns) {
    struct finding finding;
    while (sight_tell(&engine->sight, now_ns, &finding))
        publish_finding(engine, &finding);
    double confidence = sight_confidence(&engine->sight);
    if (fabs(confidence - engine->sight_told) < confidence_told)
        return;
    engine->sight_told = confidence;
    uint32_t capacity = table_capacity(engine->devices.table);
    for (uint32_t i = 0; i < capacity; i++)
        engine->dirty[i] |= table_at(engine->devices.table, i) != NULL;
}

static void count_devices(struct engine *engine) {
    struct engine_status *status = &engine->status;
    const struct table *table = engine->devices.table;
    memset(status->devices_by_state, 0, sizeof status->devices_by_state);
    memset(status->devices_by_level, 0, sizeof status->devices_by_level);
    for (unsigned segment = 0; segment < TABLE_SEGMENTS; segment++)
        for (const struct device *d = table_newest(table, segment); d;
             d = table_older(table, d)) {
            enum device_state state =
                view_state(d, engine->options.max_age_s, status->now_ns);
            status->devices_by_state[state]++;
            uint32_t index = table_index(table, d);
            uint8_t silence =
                view_silence(d, engine->options.max_age_s, status->now_ns);
            engine->dirty[index] |= silence != engine->silence[index];
            engine->silence[index] = silence;
            status->devices_by_level[view_level(d)]++;
        }
    status->devices = table_used(table);
    status->devices_evicted = engine->devices.evicted;
}

void publish_devices(struct engine *engine) {
    count_devices(engine);
    uint32_t capacity = table_capacity(engine->devices.table);
    for (uint32_t i = 0; i < capacity; i++) {
        if (!engine->dirty[i])
            continue;
        engine->dirty[i] = false;
        const struct device *device = table_at(engine->devices.table, i);
        struct device_view *view =
            device
                ? view_of_device(device, device_contacts_of(&engine->devices, device),
                                 &engine->identity, &engine->inventory, &engine->rules,
                                 engine->options.max_age_s, engine->status.now_ns)
                : NULL;
        if (!view)
            continue;
        view->vantage = engine->vantages[i];
        view->confidence *= sight_confidence(&engine->sight);
        board_put_device(engine->board, i, view);
    }
    board_publish(engine->board, &engine->status);
}
