/* What keeping costs: an engine with so many devices that have learnt is saved, saved again
   with nothing new, and given back; seconds, and bytes a device. Then a year of history of a
   thousand devices, and what it takes to look into it: milliseconds. */

#include "engine/store/store.h"
#include "engine/memory.h"
#include "engine/state.h"
#include "engine/store/store_reader.h"

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

/* Of all threads: what a busy machine stretches less. */
static double cpu_s(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

static struct engine *make_engine(uint32_t devices) {
    struct engine_options options = engine_defaults;
    options.device_capacity = devices;
    struct engine *engine = engine_create(&options, NULL, NULL, 0);
    if (!engine)
        exit(1);
    return engine;
}

/* Each speaks with a few others in twenty windows. */
static void teach(struct engine *engine, uint32_t devices) {
    struct record record = {.kind = RECORD_FLOW};
    for (uint64_t s = 1700000000; s < 1700000200; s += 10) {
        uint32_t turn = (uint32_t)(s / 10 % 1000);
        record.time_ns = s * 1000000000;
        for (uint32_t i = 0; i < devices; i++) {
            record.kind = RECORD_FLOW;
            record.flow = (struct flow_record){
                .mac = {{{0, 27, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}},
                        {{0, 27, 1, 0, 0, 1}}},
                .ip = {{{10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 4},
                       {{203, 0, (uint8_t)(i % 50), (uint8_t)(turn / 5)}, 4}},
                .port = {40000, 443},
                .ethertype = 0x0800,
                .protocol = 6,
                .state = FLOW_ANSWERED,
                .events = FLOW_NEW,
                .packets = {1 + (i + turn * 7) % 9, 1 + (i * 3 + turn) % 5},
                .bytes = {100 + i * turn % 999, 200 + i * turn % 77},
                .ttl = {64, 60},
            };
            engine_take(engine, &record);
        }
        record.kind = RECORD_TICK;
        record.time_ns += UINT64_C(9999999999);
        engine_take(engine, &record);
    }
}

/* As days leave them: half of what is kept of a device is not zero. */
static void ripen(struct engine *engine) {
    const struct table *table = engine->devices.table;
    uint32_t random = 1;
    for (uint32_t i = 0; i < table_capacity(table); i++) {
        struct device *device = table_at(table, i);
        unsigned char *at = device ? (void *)&device->baseline.tails : NULL;
        for (size_t n = 0; at && n < sizeof device->baseline.tails; n++) {
            random = random * 1664525 + 1013904223;
            at[n] |= (unsigned char)(random >> 24 | 1);
        }
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

/* --- a year of a thousand devices --- */

enum {
    QUESTIONS = 10,
    TRACKS = 1000,
    YEAR_H = 365 * 24,
    FINDINGS = 500000,
    DECISIONS = 1000000
};
static const uint64_t year_s = 1700000000 / 3600 * 3600;

static bool fill_year(struct store_sql *sql, void *context) {
    (void)context;
    bool good = store_sql_script(sql, "BEGIN");
    for (unsigned t = 0; good && t < TRACKS; t++)
        for (unsigned h = 0; good && h < YEAR_H; h++) {
            struct store_point point = {.time_s = year_s + h * UINT64_C(3600),
                                        .span_s = 3600,
                                        .score = (float)((t + h) % 90),
                                        .peak = (float)((t + h) % 97),
                                        .level = (h + t) % 4,
                                        .worst = (h + t) % 4};
            snprintf(point.device, sizeof point.device, "device-%u", t);
            good = store_history_put(sql, &point);
        }
    for (uint64_t id = 1; good && id <= FINDINGS; id++) {
        struct finding finding = {.id = id,
                                  .time_ns = (year_s + id * 3600 * YEAR_H / FINDINGS) *
                                             1000000000,
                                  .kind = id % 50     ? "volume"
                                          : id % 1000 ? "scan"
                                                      : "arp_spoof",
                                  .level = id % 100 ? LEVEL_LOW : LEVEL_HIGH};
        snprintf(finding.device, sizeof finding.device, "device-%u",
                 (unsigned)(id * 7919 % TRACKS));
        snprintf(finding.text, sizeof finding.text, "so many packets; usually fewer");
        good = store_findings_put(sql, &finding);
    }
    for (uint64_t seq = 1; good && seq <= DECISIONS; seq++) {
        char device[32];
        snprintf(device, sizeof device, "device-%u", (unsigned)(seq * 7919 % TRACKS));
        size_t size;
        void *bytes = store_decisions_pack(
            &(struct store_decision){.seq = seq,
                                     .time_ns = (year_s + seq) * 1000000000,
                                     .decided = true,
                                     .denied = seq % 500 == 0,
                                     .device = device,
                                     .api = "authz",
                                     .line = "{\"seq\":1,\"api\":\"authz\"}"},
            &size);
        good = bytes && store_decisions_put(sql, bytes, size);
        free(bytes);
    }
    return good && store_sql_script(sql, "COMMIT");
}

static void count_step(void *context, const struct store_step *step) {
    (void)step;
    ++*(unsigned *)context;
}
static void count_finding(void *context, const struct finding *finding) {
    (void)finding;
    ++*(unsigned *)context;
}
static void count_line(void *context, uint64_t seq, const char *line) {
    (void)seq, (void)line;
    ++*(unsigned *)context;
}

static bool ask_decisions(struct store_sql *sql, void *context) {
    static const struct store_decisions_filter filter = {
        .device = "", .api = "", .answer = STORE_ANSWER_DENY, .before = DECISIONS / 2};
    return store_decisions_list(sql, &filter, 100, count_line, context);
}

static bool ask_device_decisions(struct store_sql *sql, void *context) {
    static const struct store_decisions_filter filter = {
        .device = "device-7", .api = "", .before = DECISIONS / 2};
    return store_decisions_list(sql, &filter, 100, count_line, context);
}

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The median and the worst of ten, of questions of one kind. The first finds nothing in
   memory. */
static bool ask(struct store_reader *reader, unsigned kind, const char *name) {
    uint64_t end_s = year_s + YEAR_H * UINT64_C(3600);
    const struct store_findings_filter filters[] = {
        {.before = FINDINGS / 2},
        {.device = "device-77"},
        {.kind = "arp_spoof", .levels = 1U << LEVEL_HIGH},
        {.levels = 1U << LEVEL_HIGH | 1U << LEVEL_CRITICAL, .before = FINDINGS / 3},
        {.since_ns = (end_s - 86400) * 1000000000, .kind = "scan"},
    };
    double took_s[QUESTIONS];
    unsigned answers = 0;
    bool good = true;
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char device[32];
        snprintf(device, sizeof device, "device-%u", i * 97 % TRACKS);
        answers = 0;
        double start_s = clock_s();
        if (kind == 0)
            good &= store_reader_history(reader, device, year_s, end_s, 86400,
                                         count_step, &answers);
        else if (kind == 1)
            good &= store_reader_history(reader, device, end_s - 86400, end_s, 300,
                                         count_step, &answers);
        else if (kind < 7)
            good &= store_reader_findings(reader, &filters[kind - 2], 100,
                                          count_finding, &answers);
        else
            good &= store_reader_run(
                reader, kind == 7 ? ask_decisions : ask_device_decisions, &answers);
        took_s[i] = clock_s() - start_s;
    }
    qsort(took_s, QUESTIONS, sizeof *took_s, by_size);
    printf("%-34s %3u answers in %.2f ms, at worst %.2f\n", name, answers,
           took_s[QUESTIONS / 2] * 1e3, took_s[QUESTIONS - 1] * 1e3);
    return good && answers > 0;
}

static bool look_into_a_year(void) {
    static const char *const names[] = {"history of a year, by the day",
                                        "history of a day, by 5 minutes",
                                        "findings from the middle on",
                                        "findings of a device",
                                        "findings of a kind and a level",
                                        "findings of two levels",
                                        "findings of a kind since yesterday",
                                        "decisions that were denials",
                                        "decisions of a device"};
    char directory[] = "/tmp/wary-bench-XXXXXX", path[64], command[64];
    struct stat status;
    if (!mkdtemp(directory))
        return false;
    struct store *store = open_or_exit(directory);
    struct store_reader *reader = store_reader_create(store);
    double start_s = clock_s();
    bool good = reader && store_read(store, fill_year, NULL);
    double filled_s = clock_s() - start_s;
    store_close(store);
    snprintf(path, sizeof path, "%s/wary.db", directory);
    good = good && stat(path, &status) == 0;
    if (good)
        printf("a year of %d devices: %d rows of history, %d findings, %d decisions; "
               "%.0f MB, written in %.0f s\n",
               TRACKS, TRACKS * YEAR_H, FINDINGS, DECISIONS,
               (double)status.st_size / 1e6, filled_s);
    store_reader_destroy(reader);
    store = open_or_exit(directory);
    reader = store_reader_create(store);
    for (unsigned kind = 0; good && kind < sizeof names / sizeof *names; kind++)
        good = ask(reader, kind, names[kind]);
    store_reader_destroy(reader);
    store_close(store);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command) == 0 && good;
}

static bool keep_devices(uint32_t devices) {
    char directory[] = "/tmp/wary-bench-XXXXXX", path[64], command[64];
    struct stat status;
    double seconds[4];
    if (!mkdtemp(directory))
        return false;
    struct engine *engine = make_engine(devices);
    struct store *store = open_or_exit(directory);
    store_restore(store, engine);
    teach(engine, devices);
    ripen(engine);
    bool good = true;
    double start_s = clock_s(), start_cpu_s = cpu_s();
    good &= store_save(store, engine);
    seconds[0] = clock_s() - start_s;
    double save_cpu_s = cpu_s() - start_cpu_s;
    store_close(store);
    engine_destroy(engine);
    snprintf(path, sizeof path, "%s/wary.db", directory);
    good &= stat(path, &status) == 0;

    engine = make_engine(devices);
    start_s = clock_s();
    store = open_or_exit(directory);
    seconds[2] = clock_s() - start_s;
    start_s = clock_s();
    start_cpu_s = cpu_s();
    store_restore(store, engine);
    seconds[3] = clock_s() - start_s;
    double restore_cpu_s = cpu_s() - start_cpu_s;
    uint64_t restored = store_status(store).devices_restored;
    start_s = clock_s();
    good &= store_save(store, engine);
    seconds[1] = clock_s() - start_s;
    store_close(store);
    engine_destroy(engine);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    good &= system(command) == 0;
    printf(
        "%" PRIu32 " devices, %.0f bytes and %.0f µs each: saved in %.2f s (%.2f s of "
        "processor); opened in %.3f s, "
        "%" PRIu64 " given back in %.2f s (%.2f); saved with nothing new in %.2f s\n",
        devices, (double)status.st_size / devices, seconds[0] / devices * 1e6,
        seconds[0], save_cpu_s, seconds[2], restored, seconds[3], restore_cpu_s,
        seconds[1]);
    return good && restored >= devices;
}

/* store [DEVICES [devices|year]]: both parts, or one */
int main(int argc, char **argv) {
    uint32_t devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 50000;
    const char *part = argc > 2 ? argv[2] : "";
    bool good = strcmp(part, "year") == 0 || keep_devices(devices);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return (strcmp(part, "devices") == 0 || look_into_a_year()) && good ? 0 : 1;
}
