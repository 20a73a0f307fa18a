/* What closing a window costs: so many devices, each with a few flows in every window, are
   scored and learnt at one tick. Prints a line for each of several numbers of devices:
   how long the last windows took to close, median and longest, the processor time that all
   threads spent on it, and what a record costs on the way there.
   windows [DEVICES…] */

#include "engine/engine.h"
#include "engine/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Warmed up over a day and a half, so that nothing is new any more. */
enum { FLOWS = 4, WARM_WINDOWS = 60, WARM_STEP_S = 2160, TIMED_WINDOWS = 24 };

static const uint64_t second_ns = 1000000000, start_s = 1700000000;

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct spent {
    double wall_s, processor_s; /* others at work stretch the one and not the other */
};

static struct spent now_spent(void) {
    return (struct spent){seconds_of(CLOCK_MONOTONIC),
                          seconds_of(CLOCK_PROCESS_CPUTIME_ID)};
}

static uint32_t chance(void) {
    static uint64_t state = 7;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(state >> 33);
}

/* One flow of a device's usual ones: polls its controller, talks to a server outside, asks
   names, and hears from a neighbour. */
static void send_flow(struct engine *engine, uint64_t time_ns, uint32_t device,
                      unsigned i, bool is_new) {
    static const uint16_t ports[FLOWS] = {502, 443, 53, 8883};
    static const char *const applications[FLOWS] = {"Modbus", "TLS", "DNS", "MQTT"};
    bool is_outside = i % 2;
    /* In no order: devices lie in memory as they came, and are judged by their keys. */
    uint32_t serial = device * 2654435761;
    uint32_t sent = 2 + chance() % 16, got = 2 + chance() % 16;
    struct record record = {
        .kind = RECORD_FLOW,
        .time_ns = time_ns,
        .flow = {
            .mac = {{{0, 27, 0, (uint8_t)(serial >> 16), (uint8_t)(serial >> 8),
                      (uint8_t)serial}},
                    {{0, 27, 1, 0, 0, (uint8_t)i}}},
            .ip = {{{10, (uint8_t)(device >> 16), (uint8_t)(device >> 8),
                     (uint8_t)device},
                    4},
                   {{is_outside ? 203 : 10, is_outside ? 0 : 255, 113, (uint8_t)i}, 4}},
            .port = {(uint16_t)(40000 + i), ports[i]},
            .ethertype = 0x0800,
            .protocol = i == 2 ? 17 : 6,
            .state = FLOW_ANSWERED,
            .events = is_new ? FLOW_NEW : 0,
            .ttl = {64, 60},
            .packets = {sent, got},
            .bytes = {sent * (60 + chance() % 200), got * (60 + chance() % 900)},
            .size_bins = {{(uint16_t)(sent / 2), (uint16_t)(sent - sent / 2)},
                          {(uint16_t)(got / 2), 0, 0, (uint16_t)(got - got / 2)}},
            .dns_queries = i == 2,
        }};
    snprintf(record.flow.application, sizeof record.flow.application, "%s",
             applications[i]);
    engine_take(engine, &record);
}

/* Apart, so that a profiler can be told to look at nothing else. */
__attribute__((noinline)) static struct spent close_window(struct engine *engine,
                                                           uint64_t time_ns) {
    struct record tick = {.kind = RECORD_TICK, .time_ns = time_ns};
    struct spent before = now_spent();
    engine_take(engine, &tick);
    struct spent after = now_spent();
    return (struct spent){after.wall_s - before.wall_s,
                          after.processor_s - before.processor_s};
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[TIMED_WINDOWS]) {
    qsort(values, TIMED_WINDOWS, sizeof values[0], compare);
    return values[TIMED_WINDOWS / 2];
}

static int measure(uint32_t devices) {
    struct engine_options options = engine_defaults;
    options.device_capacity = devices + 16;
    struct engine *engine = engine_create(&options, NULL, NULL, 0);
    if (!engine)
        return 1;
    double wall_s[TIMED_WINDOWS], processor_s[TIMED_WINDOWS], taking_s = 0;
    uint64_t records = 0, now_s = start_s;
    for (unsigned w = 0; w < WARM_WINDOWS + TIMED_WINDOWS; w++) {
        uint64_t begin_ns = now_s * second_ns;
        double before_s = now_spent().processor_s;
        for (uint32_t device = 0; device < devices; device++)
            for (unsigned i = 0; i < FLOWS; i++) {
                bool uses = chance() % 8 || i == 0;
                if (uses)
                    send_flow(engine, begin_ns + 1, device, i, chance() % 4 == 0);
                records += uses;
            }
        taking_s += now_spent().processor_s - before_s;
        uint64_t end_ns = begin_ns + WINDOW_S * second_ns;
        if (w < WARM_WINDOWS) {
            struct record tick = {.kind = RECORD_TICK, .time_ns = end_ns};
            engine_take(engine, &tick);
            now_s += WARM_STEP_S;
        } else {
            struct spent spent = close_window(engine, end_ns);
            wall_s[w - WARM_WINDOWS] = spent.wall_s;
            processor_s[w - WARM_WINDOWS] = spent.processor_s;
            now_s += WINDOW_S;
        }
    }
    double median_ms = median(wall_s) * 1e3; /* and sorted */
    double processor_ms = median(processor_s) * 1e3;
    printf(
        "%" PRIu32
        " devices: a window closes in %.1f ms, the longest in %.1f, %.1f of processor "
        "(%.2f us a device), %.2f us a record\n",
        devices, median_ms, wall_s[TIMED_WINDOWS - 1] * 1e3, processor_ms,
        processor_ms * 1e3 / devices, taking_s * 1e6 / (double)records);
    engine_destroy(engine);
    return 0;
}

int main(int argc, char **argv) {
    static const uint32_t usual[] = {500, 5000, 50000};
    int failed = 0;
    if (argc == 1)
        for (unsigned i = 0; i < sizeof usual / sizeof usual[0]; i++)
            failed |= measure(usual[i]);
    for (int i = 1; i < argc; i++)
        failed |= measure((uint32_t)strtoul(argv[i], NULL, 10));
    return failed;
}
