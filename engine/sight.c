#include "engine/sight.h"

#include "engine/base/fnv.h"
#include "engine/sensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double measure_loss = 0.01;
static const double loss_fading = 0.933; /* by a window: half in ten */
static const uint64_t second_ns = 1000000000;

void sight_init(struct sight *sight, const char *const *names, size_t queue_count,
                uint32_t silence_s) {
    memset(sight, 0, sizeof *sight);
    sight->names = names;
    sight->queue_count = queue_count;
    sight->silence_s = silence_s;
}

/* Its first queue stands for a source. */
static size_t source_of(const struct sight *sight, size_t queue) {
    size_t first = 0;
    while (strcmp(sight->names[first], sight->names[queue]) != 0)
        first++;
    return first;
}

static uint64_t hash_of(const char *name) {
    uint64_t hash = fnv_64(name, strlen(name));
    return hash ? hash : 1;
}

static size_t count_out(const struct sight *sight) {
    size_t out = 0;
    for (size_t i = 0; i < sight->queue_count; i++)
        out += sight->queues[i].outage != 0;
    return out;
}

enum sight_news sight_take(struct sight *sight, const struct record *tick) {
    if (tick->queue >= sight->queue_count)
        return SIGHT_SAME;
    struct sight_queue *queue = &sight->queues[tick->queue];
    struct sight_queue *source = &sight->queues[source_of(sight, tick->queue)];
    sight->seen += tick->tick.seen;
    sight->lost += tick->tick.lost;
    if (tick->tick.seen > 0) {
        source->seen_ns = tick->time_ns;
        source->told = false;
    } else if (source->seen_ns == 0) {
        uint64_t silent_ns = source->silent_s * second_ns;
        source->seen_ns = tick->time_ns > silent_ns ? tick->time_ns - silent_ns : 1;
    }
    bool was_blind = count_out(sight) == sight->queue_count;
    bool changed = (queue->outage != 0) != (tick->tick.outage != 0);
    queue->outage = tick->tick.outage;
    if (!changed)
        return SIGHT_SAME;
    return was_blind ? SIGHT_BACK : SIGHT_CUT;
}

bool sight_tell(struct sight *sight, uint64_t now_ns, struct finding *finding) {
    for (size_t i = 0; sight->silence_s > 0 && i < sight->queue_count; i++) {
        struct sight_queue *queue = &sight->queues[i];
        if (source_of(sight, i) != i || queue->told || queue->seen_ns == 0 ||
            now_ns < queue->seen_ns + sight->silence_s * second_ns)
            continue;
        queue->told = true;
        uint64_t silent_s = (now_ns - queue->seen_ns) / second_ns;
        *finding = (struct finding){
            .time_ns = now_ns,
            .device = SENSOR_ID,
            .kind = "no_traffic",
            .level = LEVEL_LOW,
            .observed = (double)silent_s,
            .expected = (double)sight->silence_s,
        };
        snprintf(finding->peer, sizeof finding->peer, "%s", sight->names[i]);
        snprintf(finding->text, sizeof finding->text,
                 "%.60s has shown no frame for %llu s: nothing behind it is watched",
                 sight->names[i], (unsigned long long)silent_s);
        return true;
    }
    return false;
}

void sight_keep(const struct sight *sight, uint64_t now_ns, struct sight_kept *kept) {
    memset(kept, 0, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; i < sight->queue_count; i++) {
        const struct sight_queue *queue = &sight->queues[i];
        if (source_of(sight, i) != i)
            continue;
        uint64_t silent_s = queue->silent_s;
        if (queue->seen_ns)
            silent_s =
                now_ns > queue->seen_ns ? (now_ns - queue->seen_ns) / second_ns : 0;
        kept->silences[count++] = (struct sight_silence){
            .name = hash_of(sight->names[i]),
            .silent_s = silent_s < UINT32_MAX ? (uint32_t)silent_s : UINT32_MAX,
            .told = queue->told,
        };
    }
}

void sight_restore(struct sight *sight, const struct sight_kept *kept) {
    for (size_t i = 0; i < sight->queue_count; i++) {
        uint64_t name = hash_of(sight->names[i]);
        for (size_t k = 0; k < SIGHT_QUEUES; k++)
            if (kept->silences[k].name == name) {
                sight->queues[i].silent_s = kept->silences[k].silent_s;
                sight->queues[i].told = kept->silences[k].told != 0;
            }
    }
}

bool sight_close(struct sight *sight) {
    double all = (double)sight->seen + (double)sight->lost;
    double loss = all > 0 ? (double)sight->lost / all : 0;
    sight->seen = sight->lost = 0;
    sight->loss = fmax(loss, sight->loss * loss_fading);
    return loss > measure_loss;
}

double sight_confidence(const struct sight *sight) {
    if (sight->queue_count == 0)
        return 1;
    double out = (double)count_out(sight) / (double)sight->queue_count;
    return (1 - sight->loss) * (1 - out / 2);
}
