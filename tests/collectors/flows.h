#ifndef TESTS_COLLECTORS_FLOWS_H
#define TESTS_COLLECTORS_FLOWS_H

#include "collectors/flow.h"

#include <check.h>
#include <string.h>

/* A flow table with its output in a ring that the test drains, and packets made by
   hand. */

enum { BENCH_RECORDS = 1 << 14 };

static const uint64_t SECOND = 1000000000, START = 1700000000 * (uint64_t)1000000000;

struct bench {
    struct ring *ring;
    struct counters counters;
    struct output output;
    struct flow_table *flows;
    uint64_t now_ns;
    struct record records[BENCH_RECORDS]; /* all that came out since bench_forget */
    unsigned count;
};

static inline void bench_open(struct bench *bench, const struct flow_options *options) {
    memset(bench, 0, sizeof *bench);
    bench->ring = ring_create(BENCH_RECORDS, sizeof(struct record));
    output_init(&bench->output, bench->ring, &bench->counters, 3, false);
    bench->flows = flow_create(options, NULL, &bench->output);
    bench->now_ns = START;
    ck_assert_ptr_nonnull(bench->flows);
}

static inline void bench_close(struct bench *bench) {
    flow_destroy(bench->flows);
    ring_destroy(bench->ring);
}

static inline void bench_drain(struct bench *bench) {
    const struct record *record;
    while ((record = ring_front(bench->ring))) {
        if (bench->count == BENCH_RECORDS)
            ck_abort_msg("too many records");
        bench->records[bench->count++] = *record;
        ring_release(bench->ring);
    }
}

static inline void bench_forget(struct bench *bench) {
    bench->count = 0;
}

/* Move to a time, with a tick at each second on the way. */
static inline void bench_move(struct bench *bench, uint64_t time_ns) {
    for (uint64_t next = bench->now_ns - bench->now_ns % SECOND + SECOND;
         next <= time_ns; next += SECOND)
        flow_tick(bench->flows, next);
    bench->now_ns = time_ns;
    bench_drain(bench);
}

static inline struct mac host_mac(unsigned host) {
    return (struct mac){{2, 0, 0, 0, (uint8_t)(host >> 8), (uint8_t)host}};
}

static inline struct address host_ip(unsigned host) {
    return (struct address){.bytes = {10, 0, (uint8_t)(host >> 8), (uint8_t)host},
                            .family = 4};
}

/* A packet from host to host, now; TCP wants flags. */
static inline struct packet make_packet(const struct bench *bench, uint8_t protocol,
                                        unsigned from, uint16_t from_port, unsigned to,
                                        uint16_t to_port) {
    static const uint8_t bytes[64];
    return (struct packet){
        .time_ns = bench->now_ns,
        .wire_length = 80,
        .captured_length = 80,
        .mac = {host_mac(from), host_mac(to)},
        .ethertype = ETHERTYPE_IPV4,
        .ip = {host_ip(from), host_ip(to)},
        .protocol = protocol,
        .ttl = (uint8_t)(50 + from),
        .port = {from_port, to_port},
        .network = bytes,
        .network_captured = 60,
        .network_length = 60,
        .transport = bytes,
        .transport_captured = 40,
    };
}

/* Make a piece of a packet of it. */
static inline void make_fragment(struct packet *packet, uint32_t id, uint32_t offset,
                                 uint32_t length, bool is_last) {
    packet->is_fragment = true;
    packet->is_first_fragment = offset == 0;
    packet->is_last_fragment = is_last;
    packet->fragment_id = id;
    packet->fragment_offset = offset;
    packet->fragment_length = length;
    packet->network_length = length + 20;
    packet->network_captured = length + 20 < 60 ? length + 20 : 60;
    packet->fragment = packet->network + 20;
    if (offset) {
        packet->port[SOURCE] = packet->port[DESTINATION] = 0;
        packet->tcp_flags = 0;
        packet->transport = NULL;
    }
}

static inline unsigned bench_count(struct bench *bench, const struct packet *packet) {
    unsigned direction = 9;
    struct flow_path path;
    flow_name(packet, &path);
    flow_seek(bench->flows, &path);
    flow_fetch(bench->flows, &path);
    flow_refuse(bench->flows, packet);
    struct flow *flow = flow_count(bench->flows, packet, &path, &direction);
    if (!flow || !flow_facts(bench->flows, flow))
        ck_abort_msg("a packet without a flow");
    bench_drain(bench);
    return direction;
}

/* Count a TCP segment without payload; returns its direction. */
static inline unsigned send_tcp(struct bench *bench, unsigned from, uint16_t from_port,
                                unsigned to, uint16_t to_port, uint8_t flags,
                                uint32_t sequence) {
    struct packet packet =
        make_packet(bench, PROTOCOL_TCP, from, from_port, to, to_port);
    packet.tcp_flags = flags;
    packet.tcp_sequence = sequence;
    packet.tcp_acknowledgement = 101;
    return bench_count(bench, &packet);
}

static inline unsigned send_udp(struct bench *bench, unsigned from, uint16_t from_port,
                                unsigned to, uint16_t to_port) {
    struct packet packet =
        make_packet(bench, PROTOCOL_UDP, from, from_port, to, to_port);
    packet.payload_length = 8;
    return bench_count(bench, &packet);
}

#endif
