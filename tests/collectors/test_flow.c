#include "tests/collectors/flows.h"
#include "tests/suite.h"

#include <stdlib.h>

/* One flow at a time: who began it, in what state it is, how it ends. */

static struct bench bench;

static const struct flow_options usual = {
    .capacity = 64,
    .idle_timeout_ns = 60000000000,
    .active_timeout_ns = 600000000000,
    .seed = 1,
};

enum { CLIENT = 1, SERVER = 2, ROUTER = 3 };

static void setup(void) {
    bench_open(&bench, &usual);
}

static void teardown(void) {
    bench_close(&bench);
}

/* Let the second end; returns the flow's record, of which there must be one. */
static const struct flow_record *only_record(void) {
    bench_forget(&bench);
    bench_move(&bench, bench.now_ns + SECOND);
    ck_assert_uint_eq(bench.count, 1);
    ck_assert_uint_eq(bench.records[0].kind, RECORD_FLOW);
    return &bench.records[0].flow;
}

static void check_from_client(const struct flow_record *flow) {
    struct address client = host_ip(CLIENT), server = host_ip(SERVER);
    struct mac mac = host_mac(CLIENT);
    ck_assert(address_equal(&flow->ip[INITIATOR], &client));
    ck_assert(address_equal(&flow->ip[RESPONDER], &server));
    ck_assert(mac_equal(&flow->mac[INITIATOR], &mac));
}

START_TEST(handshake) {
    ck_assert_uint_eq(send_tcp(&bench, CLIENT, 50000, SERVER, 443, TCP_SYN, 100),
                      INITIATOR);
    const struct flow_record *flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->state, FLOW_ATTEMPT);
    ck_assert_uint_eq(flow->events, FLOW_NEW);
    ck_assert_uint_eq(flow->syn[INITIATOR], 1);
    ck_assert_uint_eq(flow->port[INITIATOR], 50000);
    ck_assert_uint_eq(flow->port[RESPONDER], 443);
    ck_assert_uint_eq(flow->ttl[INITIATOR], 51);
    ck_assert_uint_eq(flow->ttl[RESPONDER], 0);

    /* Half open is no answer yet: that is what a SYN scan leaves. */
    ck_assert_uint_eq(
        send_tcp(&bench, SERVER, 443, CLIENT, 50000, TCP_SYN | TCP_ACK, 900),
        RESPONDER);
    flow = only_record();
    ck_assert_uint_eq(flow->state, FLOW_ATTEMPT);
    ck_assert_uint_eq(flow->events, 0);
    ck_assert_uint_eq(flow->syn[RESPONDER], 1);
    ck_assert_uint_eq(flow->total_packets[INITIATOR], 1);
    ck_assert_uint_eq(flow->total_packets[RESPONDER], 1);

    send_tcp(&bench, CLIENT, 50000, SERVER, 443, TCP_ACK, 101);
    flow = only_record();
    ck_assert_uint_eq(flow->state, FLOW_ANSWERED);
    ck_assert_uint_eq(flow->packets[INITIATOR], 1);
    ck_assert_uint_eq(flow->bytes[INITIATOR], 80);
    ck_assert_uint_eq(flow->total_packets[INITIATOR], 2);
    ck_assert_uint_eq(flow->gap_bins[5] + flow->gap_bins[6], 1);
}
END_TEST

START_TEST(closed_port_refuses) {
    send_tcp(&bench, CLIENT, 50000, SERVER, 23, TCP_SYN, 100);
    send_tcp(&bench, SERVER, 23, CLIENT, 50000, TCP_RST | TCP_ACK, 0);
    const struct flow_record *flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->state, FLOW_REFUSED);
    ck_assert_uint_eq(flow->events, FLOW_NEW | FLOW_END);
    ck_assert_uint_eq(flow->end_reason, END_OF_FLOW);
    ck_assert_uint_eq(flow->rst[RESPONDER], 1);
}
END_TEST

START_TEST(scan_of_an_open_port_is_an_attempt) {
    send_tcp(&bench, CLIENT, 50000, SERVER, 22, TCP_SYN, 100);
    send_tcp(&bench, SERVER, 22, CLIENT, 50000, TCP_SYN | TCP_ACK, 900);
    send_tcp(&bench, CLIENT, 50000, SERVER, 22, TCP_RST, 101);
    const struct flow_record *flow = only_record();
    ck_assert_uint_eq(flow->state, FLOW_ATTEMPT);
    ck_assert_uint_eq(flow->events, FLOW_NEW | FLOW_END);
    ck_assert_uint_eq(flow->end_reason, END_OF_FLOW);
}
END_TEST

START_TEST(syn_ack_first) {
    ck_assert_uint_eq(
        send_tcp(&bench, SERVER, 40001, CLIENT, 40000, TCP_SYN | TCP_ACK, 900),
        RESPONDER);
    /* The SYN that a mirror delivers late is the same flow's. */
    ck_assert_uint_eq(send_tcp(&bench, CLIENT, 40000, SERVER, 40001, TCP_SYN, 100),
                      INITIATOR);
    send_tcp(&bench, CLIENT, 40000, SERVER, 40001, TCP_ACK, 101);
    ck_assert_uint_eq(send_tcp(&bench, CLIENT, 40000, SERVER, 40001, TCP_SYN, 100),
                      INITIATOR);
    const struct flow_record *flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->events, FLOW_NEW);
    ck_assert_uint_eq(flow->state, FLOW_ANSWERED);
    ck_assert_uint_eq(flow->packets[INITIATOR], 3);
}
END_TEST

START_TEST(midstream_by_port) {
    ck_assert_uint_eq(send_tcp(&bench, SERVER, 20000, CLIENT, 50000, TCP_ACK, 7),
                      RESPONDER);
    const struct flow_record *flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->events, FLOW_NEW | FLOW_MIDSTREAM);
    ck_assert_uint_eq(flow->state, FLOW_ANSWERED);

    ck_assert_uint_eq(send_tcp(&bench, CLIENT, 50001, SERVER, 443, TCP_ACK, 7),
                      INITIATOR);
    flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->events, FLOW_NEW | FLOW_MIDSTREAM);
    ck_assert_uint_eq(flow->state, FLOW_ATTEMPT);

    /* Nothing tells the ends apart: who was seen first. */
    ck_assert_uint_eq(send_tcp(&bench, CLIENT, 50002, SERVER, 50003, TCP_ACK, 7),
                      INITIATOR);
}
END_TEST

START_TEST(syn_decides) {
    send_tcp(&bench, SERVER, 50000, CLIENT, 50001, TCP_ACK, 7);
    bench_forget(&bench);
    ck_assert_uint_eq(send_tcp(&bench, CLIENT, 50001, SERVER, 50000, TCP_SYN, 100),
                      INITIATOR);
    ck_assert_uint_eq(bench.count, 1);
    ck_assert_uint_eq(bench.records[0].flow.events,
                      FLOW_NEW | FLOW_END | FLOW_MIDSTREAM);
    const struct flow_record *flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->events, FLOW_NEW);
}
END_TEST

START_TEST(udp) {
    ck_assert_uint_eq(send_udp(&bench, CLIENT, 50000, SERVER, 53), INITIATOR);
    const struct flow_record *flow = only_record();
    ck_assert_uint_eq(flow->state, FLOW_ATTEMPT);
    ck_assert_uint_eq(flow->payload_packets[INITIATOR], 1);
    ck_assert_uint_eq(send_udp(&bench, SERVER, 53, CLIENT, 50000), RESPONDER);
    flow = only_record();
    ck_assert_uint_eq(flow->state, FLOW_ANSWERED);
    ck_assert_uint_eq(flow->payload_packets[RESPONDER], 1);

    ck_assert_uint_eq(send_udp(&bench, SERVER, 53, CLIENT, 50001), RESPONDER);
    flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->events, FLOW_NEW);

    /* What is sent to all answers nobody. */
    struct packet packet = make_packet(&bench, PROTOCOL_UDP, SERVER, 53, CLIENT, 50002);
    packet.mac[DESTINATION] = (struct mac){{255, 255, 255, 255, 255, 255}};
    ck_assert_uint_eq(bench_count(&bench, &packet), INITIATOR);
}
END_TEST

START_TEST(icmp_echo_is_one_flow) {
    struct packet packet =
        make_packet(&bench, PROTOCOL_ICMP, CLIENT, 0, SERVER, 8 << 8);
    ck_assert_uint_eq(bench_count(&bench, &packet), INITIATOR);
    packet = make_packet(&bench, PROTOCOL_ICMP, SERVER, 0, CLIENT, 0);
    ck_assert_uint_eq(bench_count(&bench, &packet), RESPONDER);
    const struct flow_record *flow = only_record();
    check_from_client(flow);
    ck_assert_uint_eq(flow->state, FLOW_ANSWERED);
    ck_assert_uint_eq(flow->port[INITIATOR], 0);
    ck_assert_uint_eq(flow->port[RESPONDER], 8 << 8);

    packet = make_packet(&bench, PROTOCOL_ICMP, ROUTER, 0, CLIENT, 11 << 8);
    ck_assert_uint_eq(bench_count(&bench, &packet), INITIATOR);
    flow = only_record();
    ck_assert_uint_eq(flow->port[RESPONDER], 11 << 8);
}
END_TEST

static struct packet unreachable(unsigned from, unsigned to) {
    struct packet error = make_packet(&bench, PROTOCOL_ICMP, from, 0, to, 3 << 8 | 3);
    error.is_unreachable = true;
    error.quote = (struct packet_quote){.ip = {host_ip(CLIENT), host_ip(SERVER)},
                                        .port = {50000, 161},
                                        .protocol = PROTOCOL_UDP};
    return error;
}

START_TEST(icmp_refuses_what_it_quotes) {
    send_udp(&bench, CLIENT, 50000, SERVER, 161);
    only_record();
    struct packet error = unreachable(SERVER, CLIENT);
    bench_forget(&bench);
    bench_count(&bench, &error);
    bench_move(&bench, bench.now_ns + SECOND);
    ck_assert_uint_eq(bench.count,
                      2); /* the refused flow's, without packets, and ICMP's */
    const struct flow_record *flow = &bench.records[0].flow;
    ck_assert_uint_eq(flow->protocol, PROTOCOL_UDP);
    ck_assert_uint_eq(flow->state, FLOW_REFUSED);
    ck_assert_uint_eq(flow->packets[INITIATOR] + flow->packets[RESPONDER], 0);
    ck_assert_uint_eq(bench.records[1].flow.protocol, PROTOCOL_ICMP);

    /* An answer is an answer all the same, and cannot be refused any more. */
    send_udp(&bench, SERVER, 161, CLIENT, 50000);
    ck_assert_uint_eq(only_record()->state, FLOW_ANSWERED);
    bench_count(&bench, &error);
    ck_assert_uint_eq(only_record()->protocol, PROTOCOL_ICMP);
}
END_TEST

/* From a service's port to ports that are none: by the ports an answer, but nobody asked. */
START_TEST(a_scan_from_a_services_port_is_a_scan) {
    send_udp(&bench, CLIENT, 53, SERVER, 40000);
    struct packet error = unreachable(SERVER, CLIENT);
    error.quote.port[SOURCE] = 53;
    error.quote.port[DESTINATION] = 40000;
    bench_count(&bench, &error);
    bench_move(&bench, bench.now_ns + SECOND);
    const struct flow_record *flow = &bench.records[0].flow;
    struct address scanner = host_ip(CLIENT);
    ck_assert(address_equal(&flow->ip[INITIATOR], &scanner));
    ck_assert_uint_eq(flow->port[RESPONDER], 40000);
    ck_assert_uint_eq(flow->state, FLOW_REFUSED);
    ck_assert_uint_eq(flow->packets[INITIATOR], 1);
    ck_assert_uint_eq(flow->packets[RESPONDER], 0);
    ck_assert_uint_eq(flow->payload_packets[INITIATOR], 1);
    ck_assert_uint_eq(flow->ttl[RESPONDER], 0);
    bench_forget(&bench);

    /* Who was asked, and answers too late, did not begin. */
    send_udp(&bench, CLIENT, 40001, SERVER, 53);
    send_udp(&bench, SERVER, 53, CLIENT, 40001);
    error = unreachable(CLIENT, SERVER);
    error.quote.port[SOURCE] = 53;
    error.quote.port[DESTINATION] = 40001;
    bench_count(&bench, &error);
    bench_move(&bench, bench.now_ns + SECOND);
    flow = &bench.records[0].flow;
    ck_assert(address_equal(&flow->ip[INITIATOR], &scanner));
    ck_assert_uint_eq(flow->state, FLOW_ANSWERED);
}
END_TEST

START_TEST(icmp_of_others_refuses_nothing) {
    send_udp(&bench, CLIENT, 50000, SERVER, 161);
    only_record();
    struct packet error = unreachable(SERVER, CLIENT);
    error.quote.port[DESTINATION] = 162;
    bench_count(&bench, &error);
    only_record();
    error = unreachable(SERVER, CLIENT);
    error.quote.ip[SOURCE] = host_ip(SERVER); /* as if the responder had been refused */
    error.quote.ip[DESTINATION] = host_ip(CLIENT);
    error.quote.port[SOURCE] = 161;
    error.quote.port[DESTINATION] = 50000;
    error.mac[SOURCE] = host_mac(CLIENT);
    error.mac[DESTINATION] = host_mac(SERVER);
    bench_count(&bench, &error);
    bench_move(&bench, bench.now_ns + SECOND);
    send_udp(&bench, CLIENT, 50000, SERVER, 161);
    ck_assert_uint_eq(only_record()->state, FLOW_ATTEMPT);
}
END_TEST

static void converse(uint16_t port) {
    send_tcp(&bench, CLIENT, port, SERVER, 443, TCP_SYN, 100);
    send_tcp(&bench, SERVER, 443, CLIENT, port, TCP_SYN | TCP_ACK, 900);
    send_tcp(&bench, CLIENT, port, SERVER, 443, TCP_ACK, 101);
}

static void hang_up(uint16_t port) {
    send_tcp(&bench, CLIENT, port, SERVER, 443, TCP_FIN | TCP_ACK, 200);
    send_tcp(&bench, SERVER, 443, CLIENT, port, TCP_FIN | TCP_ACK, 950);
}

START_TEST(last_acknowledgement_makes_no_ghost) {
    converse(50000);
    hang_up(50000);
    const struct flow_record *flow = only_record();
    ck_assert_uint_eq(flow->events, FLOW_NEW | FLOW_END);
    ck_assert_uint_eq(flow->end_reason, END_OF_FLOW);
    ck_assert_uint_eq(flow->fin[INITIATOR] + flow->fin[RESPONDER], 2);
    send_tcp(&bench, CLIENT, 50000, SERVER, 443, TCP_ACK, 201);
    flow = only_record();
    ck_assert_uint_eq(flow->events, 0);
    ck_assert_uint_eq(flow->packets[INITIATOR], 1);
    ck_assert_uint_eq(flow->total_packets[INITIATOR], 4);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_created), 1);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_active), 0);

    bench_forget(&bench);
    bench_move(&bench, bench.now_ns + 4 * SECOND);
    ck_assert_uint_eq(bench.count, 0);
    send_tcp(&bench, CLIENT, 50000, SERVER, 443, TCP_ACK, 201);
    ck_assert_uint_eq(only_record()->events, FLOW_NEW | FLOW_MIDSTREAM);
}
END_TEST

START_TEST(port_is_used_again) {
    converse(50000);
    hang_up(50000);
    only_record();
    send_tcp(&bench, CLIENT, 50000, SERVER, 443, TCP_SYN, 77000);
    const struct flow_record *flow = only_record();
    ck_assert_uint_eq(flow->events, FLOW_NEW);
    ck_assert_uint_eq(flow->state, FLOW_ATTEMPT);
    ck_assert_uint_eq(flow->total_packets[INITIATOR], 1);

    /* Even where the end of the first was not seen; repeating a SYN is another
       thing. */
    converse(50001);
    send_tcp(&bench, CLIENT, 50001, SERVER, 443, TCP_SYN, 100);
    only_record();
    bench_forget(&bench);
    send_tcp(&bench, CLIENT, 50001, SERVER, 443, TCP_SYN, 88000);
    ck_assert_uint_eq(bench.count, 1);
    ck_assert_uint_eq(bench.records[0].flow.events, FLOW_END);
    ck_assert_uint_eq(bench.records[0].flow.end_reason, END_OF_FLOW);
    ck_assert_uint_eq(only_record()->events, FLOW_NEW);
}
END_TEST

START_TEST(silence_ends) {
    send_udp(&bench, CLIENT, 50000, SERVER, 9999);
    only_record();
    bench_forget(&bench);
    bench_move(&bench, START + 59 * SECOND);
    ck_assert_uint_eq(bench.count, 0);
    bench_move(&bench, START + 62 * SECOND);
    ck_assert_uint_eq(bench.count, 1);
    const struct record *record = &bench.records[0];
    ck_assert_uint_eq(record->flow.events, FLOW_END);
    ck_assert_uint_eq(record->flow.end_reason, END_IDLE_TIMEOUT);
    ck_assert_uint_eq(record->flow.packets[INITIATOR], 0);
    ck_assert_uint_eq(record->time_ns % SECOND, SECOND - 1);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_active), 0);
}
END_TEST

START_TEST(long_flow_is_cut_and_goes_on) {
    unsigned cuts = 0;
    for (unsigned i = 0; i < 1300; i++) {
        send_udp(&bench, CLIENT, 50000, SERVER, 9999);
        const struct flow_record *flow = only_record();
        ck_assert_uint_eq(flow->events, i == 0 ? FLOW_NEW : 0);
        ck_assert_uint_eq(flow->total_packets[INITIATOR], i + 1);
        cuts += flow->end_reason == END_ACTIVE_TIMEOUT;
    }
    ck_assert_uint_eq(cuts, 2);
}
END_TEST

START_TEST(no_record_holds_more_than_16_bits) {
    for (unsigned i = 0; i < 70000; i++)
        send_udp(&bench, CLIENT, 50000, SERVER, 9999);
    bench_move(&bench, bench.now_ns + SECOND);
    ck_assert_uint_eq(bench.count, 2);
    ck_assert_uint_eq(bench.records[0].flow.packets[INITIATOR], 65535);
    ck_assert_uint_eq(bench.records[0].flow.size_bins[INITIATOR][0], 65535);
    ck_assert_uint_eq(bench.records[1].flow.packets[INITIATOR], 70000 - 65535);
    ck_assert_uint_eq(bench.records[1].flow.events, 0);
}
END_TEST

START_TEST(what_makes_a_flow_another) {
    struct packet packet =
        make_packet(&bench, PROTOCOL_UDP, CLIENT, 5000, SERVER, 9999);
    bench_count(&bench, &packet);
    packet.vlan = 7;
    bench_count(&bench, &packet);
    packet.inner_vlan = 8;
    bench_count(&bench, &packet);
    packet.mac[DESTINATION] =
        host_mac(ROUTER); /* the copy that a man in the middle relays */
    bench_count(&bench, &packet);
    packet.port[SOURCE]++;
    bench_count(&bench, &packet);
    packet.protocol = PROTOCOL_SCTP;
    bench_count(&bench, &packet);
    packet.ip[SOURCE].family = packet.ip[DESTINATION].family = 6;
    bench_count(&bench, &packet);
    bench_move(&bench, bench.now_ns + SECOND);
    ck_assert_uint_eq(bench.count, 7);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_created), 7);
}
END_TEST

START_TEST(flow_without_ip) {
    struct packet packet = {.time_ns = bench.now_ns,
                            .wire_length = 60,
                            .mac = {host_mac(CLIENT), {{1, 12, 205, 1, 0, 1}}},
                            .ethertype = 0x88b8,
                            .network_length = 46};
    ck_assert_uint_eq(bench_count(&bench, &packet), INITIATOR);
    const struct flow_record *flow = only_record();
    struct mac mac = host_mac(CLIENT);
    ck_assert(mac_equal(&flow->mac[INITIATOR], &mac));
    ck_assert_uint_eq(flow->ip[INITIATOR].family, 0);
    ck_assert_uint_eq(flow->ethertype, 0x88b8);
    packet.is_llc = true;
    bench_count(&bench, &packet);
    ck_assert_uint_eq(only_record()->events, FLOW_NEW);
    ck_assert_uint_eq(bench.records[0].flow.ip[RESPONDER].family, 0);
}
END_TEST

/* As in Linux's cooked captures. */
START_TEST(link_that_tells_the_sender_alone) {
    struct packet packet = make_packet(&bench, PROTOCOL_UDP, CLIENT, 50000, SERVER, 53);
    packet.mac[DESTINATION] = (struct mac){{0}};
    ck_assert_uint_eq(bench_count(&bench, &packet), INITIATOR);
    packet = make_packet(&bench, PROTOCOL_UDP, SERVER, 53, CLIENT, 50000);
    packet.mac[DESTINATION] = (struct mac){{0}};
    ck_assert_uint_eq(bench_count(&bench, &packet), RESPONDER);
    const struct flow_record *flow = only_record();
    check_from_client(flow);
    struct mac server = host_mac(SERVER);
    ck_assert(mac_equal(&flow->mac[RESPONDER], &server));
}
END_TEST

START_TEST(fragments_follow_their_first) {
    struct packet packet =
        make_packet(&bench, PROTOCOL_UDP, CLIENT, 5000, SERVER, 9999);
    make_fragment(&packet, 4711, 0, 40, false);
    bench_count(&bench, &packet);
    make_fragment(&packet, 4711, 40, 40, true);
    bench_count(&bench, &packet);
    const struct flow_record *flow = only_record();
    ck_assert_uint_eq(flow->packets[INITIATOR], 2);
    ck_assert_uint_eq(flow->fragments, 1);
    ck_assert_uint_eq(flow->port[RESPONDER], 9999);
    ck_assert_uint_eq(flow->fragmented[INITIATOR].begun, 1);
    ck_assert_uint_eq(flow->fragmented[INITIATOR].whole, 1);
    ck_assert_uint_eq(flow->fragmented[INITIATOR].bent, 0);

    packet.fragment_id++;
    bench_count(&bench, &packet);
    flow = only_record();
    ck_assert_uint_eq(flow->events, FLOW_NEW);
    ck_assert_uint_eq(flow->port[RESPONDER], 0);
    ck_assert_uint_eq(flow->fragments, 1);

    /* What was remembered for long is another packet's. */
    packet.fragment_id--;
    bench_move(&bench, bench.now_ns + 31 * SECOND);
    packet.time_ns = bench.now_ns;
    bench_count(&bench, &packet);
    ck_assert_uint_eq(only_record()->port[RESPONDER], 0);
}
END_TEST

START_TEST(sizes_and_gaps) {
    static const uint32_t sizes[] = {0,   64,  65,  128,  129,  256,  257,  512,
                                     513, 768, 769, 1024, 1025, 1280, 1281, 65535};
    static const uint64_t gaps_us[] = {
        0,     999,    1000,   3999,    4000,    15999,   16000,   63999,
        64000, 255999, 256000, 1023999, 1024000, 4095999, 4096000, 9000000};
    bench_count(&bench, &(struct packet){.time_ns = START, .network_length = 9000});
    unsigned sized[RECORD_SIZE_BINS] = {0}, gapped[RECORD_GAP_BINS] = {0};
    for (unsigned i = 0; i < 16; i++) {
        bench_move(&bench, bench.now_ns + gaps_us[i] * 1000);
        bench_count(&bench, &(struct packet){.time_ns = bench.now_ns,
                                             .network_length = sizes[i]});
    }
    bench_move(&bench, bench.now_ns + SECOND);
    for (unsigned i = 0; i < bench.count; i++)
        for (unsigned bin = 0; bin < 8; bin++) {
            sized[bin] += bench.records[i].flow.size_bins[INITIATOR][bin];
            gapped[bin] += bench.records[i].flow.gap_bins[bin];
        }
    for (unsigned bin = 0; bin < 8; bin++) {
        ck_assert_uint_eq(sized[bin], bin == 7 ? 3 : 2);
        ck_assert_uint_eq(gapped[bin], 2);
    }
}
END_TEST

START_TEST(flood_evicts_itself) {
    converse(50000);
    for (unsigned i = 0; i < 3; i++) { /* what machines publish is never answered */
        struct packet goose = {.time_ns = bench.now_ns,
                               .mac = {host_mac(CLIENT), {{1, 12, 205, 1, 0, 1}}},
                               .ethertype = 0x88b8};
        bench_count(&bench, &goose);
        bench_move(&bench, bench.now_ns + SECOND);
    }
    bench_forget(&bench);
    for (unsigned i = 0; i < 1000; i++)
        send_tcp(&bench, 100 + i, 50000, SERVER, 80, TCP_SYN, i);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_evicted), 1002 - 64);
    unsigned next = 100;
    for (unsigned i = 0; i < bench.count; i++) {
        const struct flow_record *flow = &bench.records[i].flow;
        if (!(flow->events & FLOW_END))
            continue;
        struct address oldest = host_ip(next++);
        ck_assert(address_equal(&flow->ip[INITIATOR], &oldest));
        ck_assert_uint_eq(flow->end_reason, END_LACK_OF_RESOURCES);
    }
    ck_assert_uint_eq(next, 100 + 1002 - 64);

    /* Even a flow that is over stays, as long as there is a flood. */
    bench_move(&bench, bench.now_ns + SECOND);
    hang_up(50000);
    bench_move(&bench, bench.now_ns + SECOND);
    send_tcp(&bench, 2000, 50000, SERVER, 80, TCP_SYN, 1);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_evicted), 1003 - 64);

    /* With only steady ones left, the oldest of them goes. */
    for (uint16_t port = 1; port <= 200; port++)
        converse(port);
    bench_move(&bench, bench.now_ns + SECOND);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_active), 64);

    /* Then one that is over gives way before those that are not. */
    uint64_t evicted = counter_read(&bench.counters.flows_evicted);
    hang_up(200);
    bench_move(&bench, bench.now_ns + SECOND);
    send_tcp(&bench, 2000, 50000, SERVER, 80, TCP_SYN, 1);
    ck_assert_uint_eq(counter_read(&bench.counters.flows_evicted), evicted);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("flow");
    TCase *one = tcase_create("one");
    tcase_add_checked_fixture(one, setup, teardown);
    tcase_add_test(one, handshake);
    tcase_add_test(one, closed_port_refuses);
    tcase_add_test(one, scan_of_an_open_port_is_an_attempt);
    tcase_add_test(one, syn_ack_first);
    tcase_add_test(one, midstream_by_port);
    tcase_add_test(one, syn_decides);
    tcase_add_test(one, udp);
    tcase_add_test(one, icmp_echo_is_one_flow);
    tcase_add_test(one, icmp_refuses_what_it_quotes);
    tcase_add_test(one, a_scan_from_a_services_port_is_a_scan);
    tcase_add_test(one, icmp_of_others_refuses_nothing);
    tcase_add_test(one, last_acknowledgement_makes_no_ghost);
    tcase_add_test(one, port_is_used_again);
    tcase_add_test(one, silence_ends);
    tcase_add_test(one, long_flow_is_cut_and_goes_on);
    tcase_add_test(one, no_record_holds_more_than_16_bits);
    tcase_add_test(one, what_makes_a_flow_another);
    tcase_add_test(one, flow_without_ip);
    tcase_add_test(one, link_that_tells_the_sender_alone);
    tcase_add_test(one, fragments_follow_their_first);
    tcase_add_test(one, sizes_and_gaps);
    tcase_add_test(one, flood_evicts_itself);
    suite_add_tcase(suite, one);
    return suite_run(suite);
}
