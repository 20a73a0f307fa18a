/* What a packet costs, stage by stage: each is measured with all before it, in processor time
   of its own thread, and the difference told, in nanoseconds a packet. The engine has room for
   50,000 devices, the flow table for 100,000 flows.
   stages FILE…: a line for each. */

#include "collectors/collector.h"
#include "collectors/decode.h"
#include "collectors/pcap.h"
#include "engine/engine.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS = 1 << 11, DEVICES = 50016, WINDOW_S = 10, RUNS = 3 };

static const uint64_t second_ns = 1000000000;

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void fail(const char *reason) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
}

/* --- reading, and decoding --- */

struct reading {
    uint64_t packets, understood;
    bool decodes;
};

static void look(void *context, const struct pcap_frame *frames, unsigned count) {
    struct reading *reading = context;
    struct packet packet = {0};
    reading->packets += count;
    for (unsigned i = 0; reading->decodes && i < count; i++)
        reading->understood +=
            decode_frame(frames[i].link_type, frames[i].bytes, frames[i].captured,
                         frames[i].wire, &packet) == DECODE_OK;
}

static double read_ns(const char *path, struct reading *reading) {
    static atomic_bool stop;
    struct counters counters = {0};
    struct pcap_options options = {.counters = &counters, .stop = &stop};
    char error[256];
    struct pcap_source *source =
        pcap_source_open_files(&options, &path, 1, error, sizeof error);
    if (!source)
        fail(error);
    reading->packets = reading->understood = 0;
    double begin_ns = cpu_ns();
    while (pcap_source_read(source, look, reading, error, sizeof error) == PCAP_FRAMES)
        continue;
    double taken_ns = cpu_ns() - begin_ns;
    pcap_source_close(source);
    return taken_ns;
}

/* --- collecting, with or without inspection and an engine behind --- */

struct taking {
    struct ring *ring;
    struct engine *engine; /* NULL: records are thrown away */
    struct board *board;   /* somebody asks, each second */
    double all_ns, windows_ns, publish_ns;
    uint64_t records;
};

/* Each tick is measured: those that close a window, and the others, which publish. */
static void take_tick(struct taking *taking, const struct record *record) {
    if (taking->board)
        board_release(board_acquire(taking->board));
    double begin_ns = cpu_ns();
    engine_take(taking->engine, record);
    double *sum = record->time_ns / second_ns % WINDOW_S ? &taking->publish_ns
                                                         : &taking->windows_ns;
    *sum += cpu_ns() - begin_ns;
}

static void *take(void *context) {
    struct taking *taking = context;
    double begin_ns = cpu_ns();
    for (bool ended = false; !ended; ring_release(taking->ring)) {
        const struct record *record = ring_front_wait(taking->ring, -1);
        ended = record->kind == RECORD_END;
        taking->records++;
        if (taking->engine && record->kind == RECORD_TICK)
            take_tick(taking, record);
        else if (taking->engine && !ended)
            engine_take(taking->engine, record);
    }
    taking->all_ns = cpu_ns() - begin_ns;
    return NULL;
}

static double collect_ns(const char *path, bool inspects, struct taking *taking) {
    struct collector_options options = collector_defaults;
    if (!inspects)
        options.dpi_capacity = 0;
    struct counters *counters = calloc(1, sizeof *counters);
    char error[256] = "no memory";
    taking->ring = ring_create(RECORDS, sizeof(struct record));
    struct collector *collector =
        counters && taking->ring
            ? collector_open_files(&options, &path, 1, taking->ring, counters, error,
                                   sizeof error)
            : NULL;
    pthread_t consumer = {0};
    if (!collector || pthread_create(&consumer, NULL, take, taking) != 0)
        fail(error);
    double begin_ns = cpu_ns();
    collector_run(collector, error, sizeof error);
    double taken_ns = cpu_ns() - begin_ns;
    pthread_join(consumer, NULL);
    collector_close(collector);
    ring_destroy(taking->ring);
    free(counters);
    return taken_ns;
}

static struct engine *make_engine(struct board *board) {
    struct engine_options options = engine_defaults;
    options.device_capacity = DEVICES;
    struct engine *engine = engine_create(&options, board, NULL, 0);
    if (!engine)
        fail("no memory for the engine");
    return engine;
}

/* --- the table --- */

enum stage { READ, DECODE, FLOW, INSPECT, HAND_OVER, JUDGE, CLOSE, PUBLISH, STAGES };

static void measure(const char *path, double ns[STAGES], uint64_t *packets) {
    struct reading plain = {0}, decoding = {.decodes = true};
    ns[READ] = read_ns(path, &plain);
    ns[DECODE] = read_ns(path, &decoding) - ns[READ];
    struct taking bare = {0}, thrown = {0}, judged = {.engine = make_engine(NULL)};
    ns[FLOW] = collect_ns(path, false, &bare) - ns[READ] - ns[DECODE];
    ns[INSPECT] = collect_ns(path, true, &thrown) - ns[FLOW] - ns[READ] - ns[DECODE];
    collect_ns(path, true, &judged);
    engine_destroy(judged.engine);
    struct taking shown = {.board = board_create()};
    shown.engine = make_engine(shown.board);
    collect_ns(path, true, &shown);
    engine_destroy(shown.engine);
    board_destroy(shown.board);
    ns[HAND_OVER] = thrown.all_ns;
    ns[CLOSE] = judged.windows_ns;
    ns[JUDGE] = judged.all_ns - judged.windows_ns - thrown.all_ns;
    ns[PUBLISH] = shown.publish_ns - judged.publish_ns;
    *packets = plain.packets;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **paths) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%-16s %9s %6s %6s %6s %6s | %9s %6s %6s %7s   ns a packet\n", "", "packets",
           "read", "decode", "flow", "DPI", "hand over", "judge", "window", "publish");
    for (int i = 1; i < count; i++) {
        double ns[STAGES], runs[STAGES][RUNS];
        uint64_t packets = 0;
        for (unsigned run = 0; run < RUNS; run++) {
            measure(paths[i], ns, &packets);
            for (unsigned stage = 0; stage < STAGES; stage++)
                runs[stage][run] = ns[stage] / (double)packets;
        }
        for (unsigned stage = 0; stage < STAGES; stage++) {
            qsort(runs[stage], RUNS, sizeof runs[stage][0], compare);
            ns[stage] = runs[stage][RUNS / 2] > 0 ? runs[stage][RUNS / 2] : 0;
        }
        const char *name = strrchr(paths[i], '/');
        printf("%-16s %9llu %6.0f %6.0f %6.0f %6.0f | %9.0f %6.0f %6.0f %7.0f\n",
               name ? name + 1 : paths[i], (unsigned long long)packets, ns[READ],
               ns[DECODE], ns[FLOW], ns[INSPECT], ns[HAND_OVER], ns[JUDGE], ns[CLOSE],
               ns[PUBLISH]);
    }
    return 0;
}
