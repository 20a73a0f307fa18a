#include "collectors/collector.h"

#include "collectors/announce.h"
#include "collectors/answer.h"
#include "collectors/banner.h"
#include "collectors/batch.h"
#include "collectors/capture_time.h"
#include "collectors/classify.h"
#include "collectors/facts.h"
#include "collectors/flow.h"
#include "collectors/output.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t SECOND_NS = 1000000000;

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
    struct answer_book answers;
    atomic_bool stop;

    struct capture_time time;
    bool is_late; /* the packet at work, behind a newer one */
    bool is_growing;
    uint64_t resume_ns; /* packets before were read by an earlier run */
};

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
    struct claim_record contradiction;
    if (!answer_contradicts(&collector->answers, packet, &contradiction))
        return;
    struct record *record =
        output_reserve(&collector->output, RECORD_CLAIM, packet->time_ns);
    record->claim = contradiction;
    output_deliver(&collector->output, record);
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
        capture_time_hear(&collector->time);
    batch_prepare(&batch, frames, count, &collector->options.trust,
                  &collector->duplicates, collector->flows);
    for (unsigned i = 0; i < count && !capture_time_is_stopped(&collector->time); i++) {
        struct packet *packet = &batch.packets[i];
        collector->output.frame++;
        uint64_t time_ns = capture_time_of_frame(&frames[i]);
        if (time_ns < collector->resume_ns)
            continue;
        packet->time_ns =
            capture_time_reach(&collector->time, time_ns, &collector->is_late);
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
    answer_init(&collector->answers, options->seed);
    collector->flows = flow_create(&flow, collector->classifier, &collector->output);
    if (!collector->classifier || !collector->flows) {
        collector_close(collector);
        return NULL;
    }
    capture_time_init(&collector->time, &collector->options, &collector->stop,
                      &collector->output, collector->flows);
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
    collector->time.source = collector->source;
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

static void idle_growing(void *context) {
    struct collector *collector = context;
    capture_time_idle_growing(&collector->time);
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
    capture_time_hear(&collector->time);
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
            capture_time_idle_growing(&collector->time);
        else if (result == PCAP_IDLE)
            capture_time_idle(&collector->time);
    } while ((result == PCAP_FRAMES || result == PCAP_IDLE) &&
             !capture_time_is_stopped(&collector->time));
    capture_time_end(&collector->time);
    return result != PCAP_FAILED;
}
