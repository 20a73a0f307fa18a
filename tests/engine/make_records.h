#ifndef TESTS_ENGINE_MAKE_RECORDS_H
#define TESTS_ENGINE_MAKE_RECORDS_H

#include "engine/base/record.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Records as a collector would hand them out, made by hand. Each function returns a whole
   one with the usual values; a test then changes what it is about. */

enum { TCP = 6, UDP = 17, ICMP = 1 };
enum { MAKE_IP = 0x0800, MAKE_ARP = 0x0806, MAKE_IP6 = 0x86DD };

static const uint64_t make_epoch_s = 1700000000; /* a window begins here */

static inline struct address make_ip(const char *text) {
    struct address address = {.family = 0};
    ck_assert_msg(!text[0] || address_parse(text, &address), "%s", text);
    return address;
}

/* The n-th address of 10.0.0.0/8. */
static inline struct address make_ip_number(uint32_t n) {
    return (struct address){{10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 4};
}

/* The n-th MAC of one maker. */
static inline struct mac make_mac(uint32_t n) {
    return (struct mac){{0x00, 0x1b, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
                         (uint8_t)(n >> 8), (uint8_t)n}};
}

static inline struct mac make_broadcast(void) {
    return (struct mac){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
}

static inline struct record make_mark(double time_s, enum record_kind kind) {
    uint64_t time_ns = (uint64_t)(time_s * 1e9);
    return (struct record){
        .time_ns = time_ns, .reached_ns = time_ns, .kind = (uint16_t)kind};
}

/* One end of a flow. */
struct make_end {
    struct mac mac;
    struct address ip;
};

static inline struct make_end make_end(uint32_t mac, const char *ip) {
    return (struct make_end){make_mac(mac), make_ip(ip)};
}

/* A short new flow that was answered: five packets and 500 bytes each way. */
static inline struct record make_flow(double time_s, struct make_end initiator,
                                      struct make_end responder, uint8_t protocol,
                                      uint16_t port) {
    struct record record = make_mark(time_s, RECORD_FLOW);
    record.flow = (struct flow_record){
        .mac = {initiator.mac, responder.mac},
        .ip = {initiator.ip, responder.ip},
        .port = {protocol == ICMP ? 0 : 40000, port},
        .ethertype = initiator.ip.family == 6   ? MAKE_IP6
                     : initiator.ip.family == 4 ? MAKE_IP
                                                : 0x88b8,
        .protocol = initiator.ip.family ? protocol : 0,
        .state = FLOW_ANSWERED,
        .events = FLOW_NEW,
        .ttl = {64, 64},
        .start_ns = record.time_ns,
        .total_packets = {5, 5},
        .total_bytes = {500, 500},
        .bytes = {500, 500},
        .packets = {5, 5},
        .payload_packets = {3, 3},
        .syn = {protocol == TCP, protocol == TCP},
        .size_bins = {{2, 3}, {2, 3}},
        .gap_bins = {5, 5},
    };
    return record;
}

/* A first packet that nobody answered (yet). */
static inline struct record make_attempt(double time_s, struct make_end initiator,
                                         struct make_end responder, uint8_t protocol,
                                         uint16_t port) {
    struct record record = make_flow(time_s, initiator, responder, protocol, port);
    struct flow_record *flow = &record.flow;
    flow->state = FLOW_ATTEMPT;
    flow->total_packets[INITIATOR] = flow->packets[INITIATOR] = 1;
    flow->total_bytes[INITIATOR] = flow->bytes[INITIATOR] = 60;
    flow->total_packets[RESPONDER] = flow->total_bytes[RESPONDER] = 0;
    flow->packets[RESPONDER] = flow->payload_packets[RESPONDER] = 0;
    flow->bytes[RESPONDER] = 0;
    flow->payload_packets[INITIATOR] = protocol == UDP;
    flow->syn[RESPONDER] = 0;
    memset(flow->size_bins, 0, sizeof flow->size_bins);
    flow->size_bins[INITIATOR][0] = 1;
    return record;
}

/* `who` says in a frame of its own that it has `claimed`; ARP unless `kind` says else. */
static inline struct record make_claim(double time_s, enum claim_kind kind,
                                       struct mac who, const char *claimed) {
    struct record record = make_mark(time_s, RECORD_CLAIM);
    record.claim = (struct claim_record){.mac = who,
                                         .frame_mac = who,
                                         .target_mac = make_broadcast(),
                                         .ip = make_ip(claimed),
                                         .target_ip = make_ip(claimed),
                                         .kind = (uint8_t)kind};
    return record;
}

/* `who` asks by ARP for `target`. */
static inline struct record make_question(double time_s, struct make_end who,
                                          struct address target) {
    struct record record = make_claim(time_s, CLAIM_ARP_REQUEST, who.mac, "");
    record.claim.ip = who.ip;
    record.claim.target_ip = target;
    return record;
}

/* `server` gives `client` the address `leased`. */
static inline struct record make_lease(double time_s, struct make_end server,
                                       struct mac client, const char *leased) {
    struct record record = make_claim(time_s, CLAIM_DHCP_ACK, client, leased);
    record.claim.frame_mac = record.claim.target_mac = server.mac;
    record.claim.target_ip = server.ip;
    return record;
}

static inline struct record make_name(double time_s, enum name_kind kind,
                                      struct make_end whose, const char *text) {
    struct record record = make_mark(time_s, RECORD_NAME);
    record.name =
        (struct name_record){.mac = whose.mac, .ip = whose.ip, .kind = (uint8_t)kind};
    snprintf(record.name.text, sizeof record.name.text, "%s", text);
    return record;
}

#endif
