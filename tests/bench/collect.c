/* What the collectors cost alone: files in, records thrown away by another thread.
   Prints packets, seconds, packets per second and what was counted. */

#include "collectors/collector.h"
#include "engine/base/record.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *throw_away(void *ring) {
    for (bool ended = false; !ended;) {
        const struct record *record = ring_front_wait(ring, -1);
        ended = record->kind == RECORD_END;
        ring_release(ring);
    }
    return NULL;
}

int main(int count, char **arguments) {
    enum { RECORDS = 1 << 11 };
    static struct counters counters;
    struct ring *ring = ring_create(RECORDS, sizeof(struct record));
    char error[256] = "no memory";
    struct collector *collector =
        ring ? collector_open_files(
                   &collector_defaults, (const char *const *)arguments + 1,
                   (size_t)count - 1, ring, &counters, error, sizeof error)
             : NULL;
    if (!collector) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    pthread_t consumer;
    pthread_create(&consumer, NULL, throw_away, ring);
    double start_s = now_s();
    bool whole = collector_run(collector, error, sizeof error);
    double seconds = now_s() - start_s;
    pthread_join(consumer, NULL);
    collector_close(collector);
    ring_destroy(ring);
    if (!whole)
        fprintf(stderr, "%s\n", error);
    double packets = (double)counter_read(&counters.packets);
    printf("%.0f packets, %.3f s, %.0f packets/s\n", packets, seconds,
           packets / seconds);
#define PRINT(member, kind, help)                                                      \
    if (counter_read(&counters.member))                                                \
        printf("%s %llu\n", #member,                                                   \
               (unsigned long long)counter_read(&counters.member));
    COLLECTOR_COUNTERS(PRINT)
#undef PRINT
    return whole ? 0 : 1;
}
