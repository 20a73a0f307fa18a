/* What keeping costs: an engine with so many devices that have learnt is saved, saved again
   with nothing new, and given back; seconds, and bytes a device. */

#include "engine/store.h"
#include "engine/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static double clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct engine *make_engine(uint32_t devices) {
    struct engine_options options = engine_defaults;
    options.device_capacity = devices;
    struct engine *engine = engine_create(&options, NULL, NULL, 0);
    if (!engine)
        exit(1);
    return engine;
}

/* Each speaks with a few others in three windows. */
static void teach(struct engine *engine, uint32_t devices) {
    struct record record = {.kind = RECORD_FLOW};
    for (uint64_t s = 1700000000; s < 1700000040; s += 10) {
        record.time_ns = s * 1000000000;
        for (uint32_t i = 0; i < devices; i++) {
            record.kind = RECORD_FLOW;
            record.flow = (struct flow_record){
                .mac = {{{0, 27, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}},
                        {{0, 27, 1, 0, 0, 1}}},
                .ip = {{{10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 4},
                       {{203, 0, (uint8_t)(i % 50), (uint8_t)s}, 4}},
                .port = {40000, 443},
                .ethertype = 0x0800,
                .protocol = 6,
                .state = FLOW_ANSWERED,
                .events = FLOW_NEW,
                .packets = {1 + i % 7, 1 + i % 5},
                .bytes = {100 + i % 999, 200 + i % 77},
                .ttl = {64, 60},
            };
            engine_take(engine, &record);
        }
        record.kind = RECORD_TICK;
        record.time_ns += UINT64_C(9999999999);
        engine_take(engine, &record);
    }
}

static struct store *open_or_exit(const char *directory) {
    char error[256];
    struct store *store = store_open(directory, error, sizeof error);
    if (!store) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    return store;
}

int main(int argc, char **argv) {
    uint32_t devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 50000;
    char directory[] = "/tmp/wary-bench-XXXXXX", path[64], command[64];
    struct stat status;
    double seconds[4];
    if (!mkdtemp(directory))
        return 1;
    struct engine *engine = make_engine(devices);
    struct store *store = open_or_exit(directory);
    store_restore(store, engine);
    teach(engine, devices);
    bool good = true;
    for (unsigned i = 0; i < 2; i++) {
        double start_s = clock_s();
        good &= store_save(store, engine);
        seconds[i] = clock_s() - start_s;
    }
    store_close(store);
    engine_destroy(engine);
    snprintf(path, sizeof path, "%s/wary.db", directory);
    good &= stat(path, &status) == 0;

    engine = make_engine(devices);
    double start_s = clock_s();
    store = open_or_exit(directory);
    seconds[2] = clock_s() - start_s;
    start_s = clock_s();
    store_restore(store, engine);
    seconds[3] = clock_s() - start_s;
    uint64_t restored = store_status(store).devices_restored;
    store_close(store);
    engine_destroy(engine);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    good &= system(command) == 0;
    printf("%" PRIu32
           " devices, %.0f bytes each: saved in %.2f s, again %.2f s; opened in "
           "%.3f s, %" PRIu64 " given back in %.2f s\n",
           devices, (double)status.st_size / devices, seconds[0], seconds[1],
           seconds[2], restored, seconds[3]);
    return good && restored >= devices ? 0 : 1;
}
