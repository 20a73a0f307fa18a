#include "collectors/output.h"

void output_init(struct output *output, struct ring *ring, struct counters *counters,
                 uint16_t queue, bool live) {
    *output = (struct output){
        .ring = ring, .counters = counters, .queue = queue, .live = live};
}

/* Windows close by these: without one the engine would hang. */
static bool marks_time(enum record_kind kind) {
    return kind == RECORD_TICK || kind == RECORD_DISCONTINUITY || kind == RECORD_END;
}

void output_rank(struct output *output, enum output_phase phase, uint64_t number) {
    enum { PHASE_SHIFT = 60 };
    output->rank = (uint64_t)phase << PHASE_SHIFT | number;
}

struct record *output_reserve(struct output *output, enum record_kind kind,
                              uint64_t time_ns) {
    struct record *record = ring_reserve(output->ring);
    if (!record && (!output->live || marks_time(kind))) {
        record = ring_reserve_wait(output->ring);
        output->cancelled = !record;
    }
    if (!record)
        record = &output->spill;
    record->time_ns = time_ns;
    record->reached_ns = output->reached_ns;
    record->rank = output->rank;
    record->sequence = output->sequence;
    record->queue = output->queue;
    record->kind = (uint16_t)kind;
    return record;
}

void output_deliver(struct output *output, const struct record *record) {
    if (record == &output->spill) {
        counter_add(&output->counters->ring_drops, 1);
        return;
    }
    ring_publish(output->ring);
    output->sequence++;
    counter_add(&output->counters->records, 1);
}

void output_mark(struct output *output, enum record_kind kind, uint64_t time_ns) {
    output_deliver(output, output_reserve(output, kind, time_ns));
}
