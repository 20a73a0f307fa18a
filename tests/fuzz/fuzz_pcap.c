/* Any bytes as a capture file, through the whole collector: records come out in order,
   as many packets in them as were understood, and it ends. */
#include "collectors/collector.h"
#include "engine/base/log.h"
#include "engine/base/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RECORDS = 1 << 18 };

static void check(struct ring *ring, const struct counters *counters) {
    uint64_t packets = 0, sequence = 0, tick_ns = 0;
    bool ended = false;
    const struct record *record;
    while ((record = ring_front(ring))) {
        if (ended || record->sequence != sequence++)
            abort();
        ended = record->kind == RECORD_END;
        if (record->kind == RECORD_FLOW)
            packets +=
                record->flow.packets[INITIATOR] + record->flow.packets[RESPONDER];
        if (record->kind != RECORD_DISCONTINUITY && record->time_ns < tick_ns)
            abort();
        if (record->kind == RECORD_TICK || record->kind == RECORD_DISCONTINUITY)
            tick_ns = record->time_ns;
        ring_release(ring);
    }
    uint64_t understood =
        counter_read(&counters->packets) - counter_read(&counters->truncated) -
        counter_read(&counters->malformed) - counter_read(&counters->unsupported) -
        counter_read(&counters->duplicates);
    if (!ended || packets != understood)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without inspection: loading nDPI's tables takes a thousand times what the rest
   does. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct ring *ring;
    if (!ring) {
        ring = ring_create(RECORDS, sizeof(struct record));
        log_set_level(LOG_LEVEL_ERROR);
    }
    struct counters counters = {0};
    struct collector_options options = collector_defaults;
    options.dpi_capacity = 0;
    options.flow_capacity = 16;
    options.idle_timeout_s = 30;
    if (size >
        RECORDS) /* no packet is less than 16 bytes nor makes more than 16 records */
        return 0;
    char path[64], error[256];
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data, size) != (ssize_t)size)
        abort();
    const char *paths[] = {path};
    struct collector *collector =
        collector_open_files(&options, paths, 1, ring, &counters, error, sizeof error);
    if (collector) {
        collector_run(collector, error, sizeof error);
        collector_close(collector);
        check(ring, &counters);
    }
    close(file);
    return 0;
}
