#include "collectors/collector.h"

#include "collectors/announce.h"
#include "collectors/banner.h"
#include "collectors/classify.h"
#include "collectors/decode.h"
#include "collectors/duplicate.h"
#include "collectors/facts.h"
#include "collectors/flow.h"
#include "collectors/output.h"
#include "collectors/pcap.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t SECOND_NS = 1000000000;
static const uint64_t LATE_NS = 60 * SECOND_NS;
static const uint64_t SILENCE_NS = 600 * SECOND_NS;

/* How far behind the system's clock an idle live capture ticks: a packet may wait in
   the kernel for the block time-out, and once more until we look. */
static const uint64_t IDLE_LAG_NS = (uint64_t)2 * PCAP_TIMEOUT_MS * 1000000;

const struct collector_options collector_defaults = {
    .snaplen = 2048,
    .buffer_bytes = 32 << 20,
    .flow_capacity = 100000,
    .dpi_capacity = 16384,
    .dpi_packets = 8,
    .idle_timeout_s = 300,
    .active_timeout_s = 1800,
    .duplicate_window_ms = 20,
    .growing_delay_s = 60,
};

struct collector {
    struct collector_options options;
    struct counters *counters;
    struct output output;
    struct pcap_source *source;
    struct classifier *classifier;
    struct flow_table *flows;
    struct duplicate_filter duplicates;
    atomic_bool stop;

    /* Capture time. */
    bool started;
    uint64_t now_ns;         /* reached, by a packet or by an idle live capture */
    uint64_t last_packet_ns; /* as counted */
    uint64_t boundary_ns;    /* the next whole second */
    bool is_late;            /* the packet at work, behind a newer one */
    uint32_t steps;          /* of those at the meeting, that were followed */
    uint64_t seen, lost;     /* up to the last tick */

    /* Growing: when a packet came last, by the monotonic clock; and before which time
       packets were read by an earlier run. */
    bool is_growing;
    uint64_t heard_ns, resume_ns;

    /* Where a paced replay's clock and capture time met last. */
    uint64_t pace_clock_ns, pace_capture_ns;
};

static bool is_stopped(const struct collector *collector) {
    return atomic_load_explicit(&collector->stop, memory_order_relaxed) ||
           collector->output.cancelled;
}

/* --- capture time --- */

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static uint64_t floor_second(uint64_t time_ns) {
    return time_ns - time_ns % SECOND_NS;
}

/* Let a paced replay reach a capture time no earlier than it should. */
static void pace(const struct collector *collector, uint64_t time_ns) {
    static const uint64_t NAP_NS = 100000000;
    if (collector->options.speed <= 0 || collector->options.live)
        return;
    double ahead_ns = (double)(time_ns - collector->pace_capture_ns);
    double wait_ns = ahead_ns / collector->options.speed;
    while (!is_stopped(collector)) {
        double left_ns =
            wait_ns - (double)(clock_ns(CLOCK_MONOTONIC) - collector->pace_clock_ns);
        if (left_ns <= 0)
            return;
        uint64_t nap_ns = left_ns < (double)NAP_NS ? (uint64_t)left_ns : NAP_NS;
        struct timespec nap = {.tv_nsec = (long)nap_ns};
        nanosleep(&nap, NULL);
    }
}

static void set_now(struct collector *collector, uint64_t time_ns) {
    collector->now_ns = time_ns;
    collector->output.reached_ns = time_ns;
}

static void begin_at(struct collector *collector, uint64_t time_ns) {
    collector->started = true;
    set_now(collector, time_ns);
    collector->last_packet_ns = time_ns;
    collector->boundary_ns = floor_second(time_ns) + SECOND_NS;
    collector->pace_capture_ns = time_ns;
    if (collector->options.speed > 0)
        collector->pace_clock_ns = clock_ns(CLOCK_MONOTONIC);
}

static void mark(struct collector *collector, enum record_kind kind, uint64_t time_ns) {
    collector->output.reached_ns = time_ns;
    output_rank(&collector->output, OUTPUT_TICK, 0);
    output_mark(&collector->output, kind, time_ns);
}

static void mark_tick(struct collector *collector, uint64_t boundary_ns) {
    const struct counters *counters = collector->counters;
    uint64_t seen = counter_read(&counters->packets);
    uint64_t lost =
        counter_read(&counters->kernel_drops) + counter_read(&counters->ring_drops);
    collector->output.reached_ns = boundary_ns;
    output_rank(&collector->output, OUTPUT_TICK, 0);
    struct record *record =
        output_reserve(&collector->output, RECORD_TICK, boundary_ns);
    record->tick = (struct tick_record){
        .seen = seen - collector->seen,
        .lost = lost - collector->lost,
        .outage = (uint8_t)counter_read(&counters->outage),
    };
    output_deliver(&collector->output, record);
    collector->seen = seen;
    collector->lost = lost;
}

/* Whether time has stepped for another queue, which has to be followed. */
static bool is_called(const struct collector *collector) {
    const struct collector_meeting *meeting = collector->options.meeting;
    return meeting && atomic_load_explicit(&meeting->steps, memory_order_relaxed) !=
                          collector->steps;
}

/* Call the others, unless they are ahead; several that see the same do it once. */
static void call(struct collector *collector) {
    struct collector_meeting *meeting = collector->options.meeting;
    uint32_t steps = collector->steps++;
    if (meeting)
        atomic_compare_exchange_strong(&meeting->steps, &steps, collector->steps);
}

static bool is_silence(const struct collector *collector, uint64_t time_ns) {
    const struct collector_meeting *meeting = collector->options.meeting;
    uint64_t last_ns = collector->last_packet_ns;
    if (time_ns <= last_ns || time_ns - last_ns <= SILENCE_NS)
        return false;
    uint64_t others_ns =
        meeting ? atomic_load_explicit(&meeting->last_packet_ns, memory_order_relaxed)
                : 0;
    return time_ns > others_ns && time_ns - others_ns > SILENCE_NS;
}

/* Now and then is enough. */
static void tell_of_packets(const struct collector *collector) {
    struct collector_meeting *meeting = collector->options.meeting;
    if (meeting &&
        collector->last_packet_ns >
            atomic_load_explicit(&meeting->last_packet_ns, memory_order_relaxed))
        atomic_store_explicit(&meeting->last_packet_ns, collector->last_packet_ns,
                              memory_order_relaxed);
}

static void step_to(struct collector *collector, uint64_t time_ns) {
    call(collector);
    flow_flush(collector->flows, collector->now_ns);
    if (collector->options.share == 0)
        counter_add(&collector->counters->discontinuities, 1);
    begin_at(collector, time_ns);
    mark(collector, RECORD_DISCONTINUITY, time_ns);
}

static void tick(struct collector *collector, uint64_t boundary_ns) {
    pace(collector, boundary_ns);
    collector->output.reached_ns = boundary_ns;
    flow_tick(collector->flows, boundary_ns);
    pcap_source_count_drops(collector->source);
    tell_of_packets(collector);
    mark_tick(collector, boundary_ns);
}

/* Close the second in which something happened and, after a silence, all those in which
   nothing did by one more tick. */
static void move_to(struct collector *collector, uint64_t time_ns) {
    if (time_ns >= collector->boundary_ns) {
        uint64_t second_ns = floor_second(time_ns);
        tick(collector, collector->boundary_ns);
        if (second_ns > collector->boundary_ns)
            tick(collector, second_ns);
        collector->boundary_ns = second_ns + SECOND_NS;
    }
    set_now(collector, time_ns);
}

/* Capture files hold 32 unsigned bits of seconds, which libpcap takes for signed ones;
   others hold 64, of which the engine's nanoseconds reach to the year 2262. */
static uint64_t frame_time(const struct pcap_frame *frame) {
    int64_t seconds = frame->time_s;
    if (seconds < 0 && seconds >= INT32_MIN)
        seconds += (int64_t)1 << 32;
    if (seconds < 0)
        seconds = 0;
    if (seconds > INT64_MAX / (int64_t)SECOND_NS - 1)
        seconds = INT64_MAX / (int64_t)SECOND_NS - 1;
    int64_t remainder = frame->time_remainder;
    if (remainder < 0)
        remainder = 0;
    if (remainder >= (int64_t)SECOND_NS)
        remainder = (int64_t)SECOND_NS - 1;
    return (uint64_t)seconds * SECOND_NS + (uint64_t)remainder;
}

/* Bring capture time to a packet's; returns the time at which it counts. */
static uint64_t reach(struct collector *collector, uint64_t time_ns) {
    collector->is_late = false;
    while (is_called(collector))
        step_to(collector, time_ns);
    uint64_t now_ns = collector->now_ns;
    if (!collector->started) {
        begin_at(collector, time_ns);
    } else if (time_ns < now_ns && now_ns - time_ns > LATE_NS) {
        step_to(collector, time_ns);
    } else if (is_silence(collector, time_ns)) {
        step_to(collector, time_ns > now_ns ? time_ns : now_ns);
    } else if (time_ns < now_ns) {
        collector->is_late = true;
    } else {
        move_to(collector, time_ns);
    }
    pace(collector, collector->now_ns);
    collector->last_packet_ns = collector->now_ns;
    return collector->now_ns;
}

/* Live, nothing came: the one place where time is not the packets'. */
static void idle(struct collector *collector) {
    uint64_t time_ns = clock_ns(CLOCK_REALTIME) - IDLE_LAG_NS;
    while (is_called(collector))
        step_to(collector, time_ns);
    uint64_t now_ns = collector->now_ns;
    if (!collector->started)
        begin_at(collector, time_ns);
    else if ((time_ns > now_ns && time_ns - now_ns > SILENCE_NS) ||
             (time_ns < now_ns && now_ns - time_ns > LATE_NS))
        step_to(collector, time_ns); /* the clock was set, or we were suspended */
    else if (time_ns > now_ns)
        move_to(collector, time_ns);
}

/* The same of what another program writes, whose clock and habits are not known: what it saw
   may be written late, or be of another year. Time passes as it does here, but so far behind
   that what is still to be written is not late. */
static void idle_growing(void *context) {
    struct collector *collector = context;
    uint64_t delay_ns = collector->options.growing_delay_s * SECOND_NS;
    uint64_t quiet_ns = clock_ns(CLOCK_MONOTONIC) - collector->heard_ns;
    if (quiet_ns <= delay_ns)
        return;
    if (!collector->started)
        begin_at(collector, clock_ns(CLOCK_REALTIME) - delay_ns);
    uint64_t time_ns = collector->last_packet_ns + quiet_ns - delay_ns;
    if (time_ns > collector->now_ns)
        move_to(collector, time_ns);
}

/* --- one frame --- */

static void announce(struct collector *collector, const struct packet *packet) {
    struct record found[ANNOUNCE_RECORDS];
    unsigned count = announce_records(packet, found, ANNOUNCE_RECORDS);
    for (unsigned i = 0; i < count; i++) {
        struct record *record = output_reserve(
            &collector->output, (enum record_kind)found[i].kind, packet->time_ns);
        if (found[i].kind == RECORD_CLAIM)
            record->claim = found[i].claim;
        else
            record->name = found[i].name;
        output_deliver(&collector->output, record);
    }
}

/* What is said on the way: certificates, and what the ends run. */
static void overhear(struct collector *collector, const struct packet *packet) {
    struct certificate_record certificate;
    if (classify_certificate(collector->classifier, &certificate)) {
        struct record *record =
            output_reserve(&collector->output, RECORD_CERTIFICATE, packet->time_ns);
        record->certificate = certificate;
        output_deliver(&collector->output, record);
    }
    char text[RECORD_TEXT_BYTES];
    enum name_kind kind;
    if (!banner_read(packet, &kind, text))
        return;
    struct record *record =
        output_reserve(&collector->output, RECORD_NAME, packet->time_ns);
    record->name = (struct name_record){.mac = packet->mac[SOURCE],
                                        .ip = packet->ip[SOURCE],
                                        .vlan = packet->vlan,
                                        .kind = (uint8_t)kind};
    memcpy(record->name.text, text, sizeof text);
    output_deliver(&collector->output, record);
}

/* Frames on their way, several at a time: while the one is counted, what the next ones
   will touch is on its way from memory. */
struct batch {
    enum decode_result results[PCAP_FRAMES_MAX];
    struct packet packets[PCAP_FRAMES_MAX];
    struct duplicate_mark marks[PCAP_FRAMES_MAX];
    struct flow_path paths[PCAP_FRAMES_MAX];
};

/* Nothing here depends on what has been counted, nor on capture time. */
static void prepare(const struct collector *collector, struct batch *batch,
                    const struct pcap_frame *frames, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        batch->packets[i].time_ns = 0; /* not known yet */
        batch->packets[i].trust = &collector->options.trust;
        batch->results[i] =
            decode_frame(frames[i].link_type, frames[i].bytes, frames[i].captured,
                         frames[i].wire, &batch->packets[i]);
    }
    for (unsigned i = 0; i < count; i++)
        if (batch->results[i] == DECODE_OK) {
            batch->marks[i] =
                duplicate_mark(&collector->duplicates, &batch->packets[i]);
            flow_name(&batch->packets[i], &batch->paths[i]);
        }
    for (unsigned i = 0; i < count; i++)
        if (batch->results[i] == DECODE_OK)
            flow_seek(collector->flows, &batch->paths[i]);
    for (unsigned i = 0; i < count; i++)
        if (batch->results[i] == DECODE_OK)
            flow_fetch(collector->flows, &batch->paths[i]);
}

/* Its turn to be inspected comes when it is answered. */
static bool is_put_off(const struct collector *collector, const struct packet *packet,
                       const struct flow *flow) {
    return flow->inspection == INSPECTION_DUE && flow->state != FLOW_ANSWERED &&
           packet->ip[SOURCE].family && packet->payload_captured > 0 &&
           classify_is_crowded(collector->classifier);
}

static void count_flow(struct collector *collector, const struct packet *packet,
                       const struct flow_path *path) {
    unsigned direction;
    struct flow *flow = flow_count(collector->flows, packet, path, &direction);
    struct flow_facts *facts = flow_facts(collector->flows, flow);
    bool has_news =
        flow->inspection != INSPECTION_DONE && !is_put_off(collector, packet, flow);
    if (has_news) {
        classify_packet(collector->classifier, &flow->inspection, packet,
                        &facts->verdict);
        overhear(collector, packet);
    }
    has_news |= facts_count(packet, direction, facts);
    if (has_news)
        flow_has_news(flow);
    announce(collector, packet);
}

/* Which share two ends belong to: what is not IP to the first. Nothing but addresses
   tells, so that the fragments of a packet and both directions are together. */
static uint16_t share_of(const struct collector *collector,
                         const struct address ends[2]) {
    uint64_t a[2], b[2];
    memcpy(a, ends[SOURCE].bytes, sizeof a);
    memcpy(b, ends[DESTINATION].bytes, sizeof b);
    uint64_t mixed = ((a[0] ^ b[0]) + (a[1] ^ b[1])) * 0x9e3779b97f4a7c15;
    return (uint16_t)((mixed >> 32) % collector->options.shares);
}

static bool is_own(const struct collector *collector, const struct address ends[2]) {
    return collector->options.shares < 2 || collector->options.live ||
           share_of(collector, ends) == collector->options.share;
}

static void count_frame(struct collector *collector, const struct pcap_frame *frame) {
    counter_add(&collector->counters->packets, 1);
    counter_add(&collector->counters->bytes, frame->wire);
    if (collector->is_late)
        counter_add(&collector->counters->late, 1);
}

static void take_packet(struct collector *collector, const struct pcap_frame *frame,
                        const struct packet *packet, struct duplicate_mark mark,
                        const struct flow_path *path) {
    bool own = is_own(collector, packet->ip);
    if (own)
        count_frame(collector, frame);
    if (duplicate_is_copy(&collector->duplicates, mark, packet->time_ns)) {
        if (own)
            counter_add(&collector->counters->duplicates, 1);
        return;
    }
    if (packet->is_unreachable && is_own(collector, packet->quote.ip))
        flow_refuse(collector->flows, packet);
    if (!own)
        return;
    if (packet->is_fragment && !packet->is_first_fragment)
        counter_add(&collector->counters->fragments, 1);
    count_flow(collector, packet, path);
}

/* Nobody knows whose it is: the first share counts it. */
static void take_undecoded(struct collector *collector, const struct pcap_frame *frame,
                           _Atomic uint64_t *counter) {
    if (collector->options.share > 0 && !collector->options.live)
        return;
    count_frame(collector, frame);
    counter_add(counter, 1);
}

static void take_frames(void *context, const struct pcap_frame *frames,
                        unsigned count) {
    struct collector *collector = context;
    struct counters *counters = collector->counters;
    struct batch batch;
    if (collector->is_growing)
        collector->heard_ns = clock_ns(CLOCK_MONOTONIC);
    prepare(collector, &batch, frames, count);
    for (unsigned i = 0; i < count && !is_stopped(collector); i++) {
        struct packet *packet = &batch.packets[i];
        collector->output.frame++;
        uint64_t time_ns = frame_time(&frames[i]);
        if (time_ns < collector->resume_ns)
            continue;
        packet->time_ns = reach(collector, time_ns);
        counter_set(&counters->capture_time_ns, packet->time_ns);
        switch (batch.results[i]) {
        case DECODE_OK:
            take_packet(collector, &frames[i], packet, batch.marks[i], &batch.paths[i]);
            break;
        case DECODE_TRUNCATED:
            take_undecoded(collector, &frames[i], &counters->truncated);
            break;
        case DECODE_MALFORMED:
            take_undecoded(collector, &frames[i], &counters->malformed);
            break;
        case DECODE_UNSUPPORTED:
            take_undecoded(collector, &frames[i], &counters->unsupported);
            break;
        }
    }
}

/* --- the whole --- */

static struct collector *create(const struct collector_options *options,
                                struct ring *ring, struct counters *counters,
                                bool live) {
    struct collector *collector = calloc(1, sizeof *collector);
    if (!collector)
        return NULL;
    collector->options = *options;
    collector->options.live = live;
    collector->counters = counters;
    output_init(&collector->output, ring, counters, options->queue, live);
    collector->classifier = classify_create(options->dpi_capacity, options->dpi_packets,
                                            options->seed, counters);
    if (collector->classifier)
        classify_follow(collector->classifier, options->local_networks,
                        options->local_network_count);
    struct flow_options flow = {
        .capacity = options->flow_capacity,
        .idle_timeout_ns = options->idle_timeout_s * SECOND_NS,
        .active_timeout_ns = options->active_timeout_s * SECOND_NS,
        .seed = options->seed,
    };
    duplicate_init(&collector->duplicates,
                   options->duplicate_window_ms * (SECOND_NS / 1000), options->seed);
    collector->flows = flow_create(&flow, collector->classifier, &collector->output);
    if (!collector->classifier || !collector->flows) {
        collector_close(collector);
        return NULL;
    }
    return collector;
}

/* Of several that read the same, one tells of it. */
static struct pcap_options pcap_options(struct collector *collector) {
    return (struct pcap_options){
        .filter = collector->options.filter,
        .snaplen = collector->options.snaplen,
        .buffer_bytes = collector->options.buffer_bytes,
        .counters = collector->counters,
        .stop = &collector->stop,
        .is_echo = collector->options.share > 0,
        .is_shared = collector->options.shares > 1,
        .group = collector->options.group,
    };
}

static struct collector *keep_if_open(struct collector *collector) {
    if (collector->source)
        return collector;
    collector_close(collector);
    return NULL;
}

struct collector *collector_open_files(const struct collector_options *options,
                                       const char *const *paths, size_t count,
                                       struct ring *ring, struct counters *counters,
                                       char *error, size_t error_bytes) {
    struct collector *collector = create(options, ring, counters, false);
    if (!collector) {
        snprintf(error, error_bytes, "no memory for the flow table or the classifier");
        return NULL;
    }
    struct pcap_options source = pcap_options(collector);
    collector->source =
        pcap_source_open_files(&source, paths, count, error, error_bytes);
    return keep_if_open(collector);
}

struct collector *collector_open_interface(const struct collector_options *options,
                                           const char *interface, struct ring *ring,
                                           struct counters *counters, char *error,
                                           size_t error_bytes) {
    struct collector *collector = create(options, ring, counters, true);
    if (!collector) {
        snprintf(error, error_bytes, "no memory for the flow table or the classifier");
        return NULL;
    }
    struct pcap_options source = pcap_options(collector);
    collector->source =
        pcap_source_open_interface(&source, interface, error, error_bytes);
    return keep_if_open(collector);
}

struct collector *collector_open_growing(const struct collector_options *options,
                                         const char *path, struct ring *ring,
                                         struct counters *counters, char *error,
                                         size_t error_bytes) {
    struct collector *collector = create(options, ring, counters, false);
    if (!collector) {
        snprintf(error, error_bytes, "no memory for the flow table or the classifier");
        return NULL;
    }
    struct pcap_options source = pcap_options(collector);
    source.idle = idle_growing;
    source.context = collector;
    collector->is_growing = true;
    collector->heard_ns = clock_ns(CLOCK_MONOTONIC);
    collector->source = pcap_source_open_growing(&source, path, error, error_bytes);
    return keep_if_open(collector);
}

void collector_resume(struct collector *collector, uint64_t time_ns) {
    collector->resume_ns = time_ns + 1;
}

void collector_stop(struct collector *collector) {
    atomic_store(&collector->stop, true);
}

void collector_close(struct collector *collector) {
    if (!collector)
        return;
    pcap_source_close(collector->source);
    flow_destroy(collector->flows);
    classify_destroy(collector->classifier);
    free(collector);
}

bool collector_run(struct collector *collector, char *error, size_t error_bytes) {
    enum pcap_result result;
    do {
        counter_add(&collector->counters->turns, 1);
        result = pcap_source_read(collector->source, take_frames, collector, error,
                                  error_bytes);
        if (result == PCAP_IDLE && collector->is_growing)
            idle_growing(collector);
        else if (result == PCAP_IDLE)
            idle(collector);
    } while ((result == PCAP_FRAMES || result == PCAP_IDLE) && !is_stopped(collector));

    flow_flush(collector->flows, collector->now_ns);
    if (collector->started)
        mark_tick(collector, collector->boundary_ns);
    mark(collector, RECORD_END, collector->boundary_ns);
    return result != PCAP_FAILED;
}
