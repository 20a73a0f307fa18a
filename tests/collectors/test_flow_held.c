#include "collectors/flow_record.h"
#include "tests/collectors/flows.h"
#include "tests/suite.h"

/* What is held back until a window's end, and what must not be. */

enum { CLIENT = 1, SERVER = 2, PORT = 502 };

static struct bench bench;

static const struct flow_options usual = {
    .capacity = 64,
    .idle_timeout_ns = 60000000000,
    .active_timeout_ns = 600000000000,
    .seed = 1,
};

static void setup(void) {
    bench_open(&bench, &usual);
}

static void teardown(void) {
    bench_close(&bench);
}

/* A segment with payload on a flow that needs no more inspection. */
static struct flow *say(unsigned from, uint16_t from_port, unsigned to,
                        uint16_t to_port, uint8_t flags) {
    struct packet packet =
        make_packet(&bench, PROTOCOL_TCP, from, from_port, to, to_port);
    packet.tcp_flags = flags;
    packet.payload_length = packet.payload_captured = 12;
    unsigned direction;
    struct flow_path path;
    flow_name(&packet, &path);
    flow_seek(bench.flows, &path);
    struct flow *flow = flow_count(bench.flows, &packet, &path, &direction);
    flow->inspection = INSPECTION_DONE;
    return flow;
}

static struct flow *ask(void) {
    return say(CLIENT, 50000, SERVER, PORT, TCP_ACK);
}

static struct flow *answer(void) {
    return say(SERVER, PORT, CLIENT, 50000, TCP_ACK);
}

static void exchange(unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        ask();
        answer();
    }
}

/* Records of the seconds up to `second` after the start. */
static unsigned records_until(uint64_t second) {
    bench_forget(&bench);
    bench_move(&bench, START + second * SECOND);
    return bench.count;
}

/* The start is a multiple of ten seconds. */
static void be_known(void) {
    ck_assert_uint_eq(START % (RECORD_HELD_S * SECOND), 0);
    exchange(2);
    ck_assert_uint_eq(records_until(1), 1);
    ck_assert_uint_eq(bench.records[0].flow.events, FLOW_NEW | FLOW_MIDSTREAM);
}

START_TEST(quiet_waits_for_the_window) {
    be_known();
    for (uint64_t second = 1; second < RECORD_HELD_S; second++) {
        exchange(1);
        ck_assert_uint_eq(records_until(second + 1), second + 1 == RECORD_HELD_S);
    }
    const struct record *record = &bench.records[0];
    ck_assert_uint_eq(record->flow.packets[INITIATOR], 9);
    ck_assert_uint_eq(record->flow.packets[RESPONDER], 9);
    ck_assert_uint_eq(record->flow.total_packets[INITIATOR], 11);
    ck_assert_uint_eq(record->flow.events, FLOW_MIDSTREAM);
    /* Once, and no more until there is something again. */
    ck_assert_uint_eq(records_until(30), 0);
    exchange(1);
    ck_assert_uint_eq(records_until(39), 0);
    ck_assert_uint_eq(records_until(40), 1);
    /* Never behind the tick before. */
    ck_assert_uint_ge(bench.records[0].time_ns, START + 39 * SECOND);
    ck_assert_uint_lt(bench.records[0].time_ns, START + 40 * SECOND);
}
END_TEST

/* What is more than some packets both ways. */
START_TEST(noisy_is_told) {
    be_known();
    exchange(128);
    ck_assert_uint_eq(records_until(2), 0);
    ask();
    ck_assert_uint_eq(records_until(3), 1); /* with what was held */
    ck_assert_uint_eq(bench.records[0].flow.packets[INITIATOR], 129);
    for (unsigned i = 0; i < 4; i++)
        ask();
    ck_assert_uint_eq(records_until(4), 0); /* the answer may come */
    ask();
    ck_assert_uint_eq(records_until(5), 1); /* but it did not */
    exchange(1);
    for (unsigned i = 0; i < 15; i++)
        ask();
    ck_assert_uint_eq(records_until(6), 1); /* hardly any answer */
    ck_assert_uint_eq(records_until(10), 0);
}
END_TEST

START_TEST(news_is_told) {
    be_known();
    exchange(1);
    ck_assert_uint_eq(records_until(2), 0);
    answer();
    flow_has_news(ask());
    ck_assert_uint_eq(records_until(3), 1);
    ck_assert_uint_eq(bench.records[0].flow.packets[INITIATOR], 2);
    exchange(1);
    say(CLIENT, 50000, SERVER, PORT, TCP_ACK | TCP_FIN);
    ck_assert_uint_eq(records_until(4), 1);
    exchange(1);
    ask()->inspection = 1; /* open, or still to be opened */
    ck_assert_uint_eq(records_until(5), 1);
    exchange(1);
    ck_assert_uint_eq(records_until(9), 0);
    ck_assert_uint_eq(records_until(10), 1);
}
END_TEST

START_TEST(first_payload_is_told) {
    send_tcp(&bench, CLIENT, 50000, SERVER, PORT, TCP_SYN, 100);
    send_tcp(&bench, SERVER, PORT, CLIENT, 50000, TCP_SYN | TCP_ACK, 900);
    send_tcp(&bench, CLIENT, 50000, SERVER, PORT, TCP_ACK, 101);
    ck_assert_uint_eq(records_until(1), 1);
    exchange(1);
    ck_assert_uint_eq(records_until(2), 1);
    exchange(1);
    ck_assert_uint_eq(records_until(9), 0);
}
END_TEST

/* A group answers nobody, and who speaks without IP is no scanner: however much it is. */
START_TEST(to_a_group_or_without_ip) {
    struct packet packet = make_packet(&bench, 0, CLIENT, 0, SERVER, 0);
    packet.ethertype = 0x88b8;
    packet.ip[SOURCE] = packet.ip[DESTINATION] = (struct address){0};
    packet.transport = NULL;
    unsigned direction;
    struct flow_path path;
    for (uint64_t second = 0; second < RECORD_HELD_S; second++) {
        for (unsigned i = 0; i < 100; i++) {
            flow_name(&packet, &path);
            flow_seek(bench.flows, &path);
            packet.time_ns = bench.now_ns;
            flow_count(bench.flows, &packet, &path, &direction)->inspection =
                INSPECTION_DONE;
        }
        unsigned records = records_until(second + 1);
        ck_assert_uint_eq(records, second == 0 || second + 1 == RECORD_HELD_S);
    }
    ck_assert_uint_eq(bench.records[0].flow.packets[INITIATOR], 900);
}
END_TEST

/* In a silence there is one tick for all its seconds. */
START_TEST(silence_over_a_window) {
    be_known();
    exchange(1);
    ck_assert_uint_eq(records_until(2), 0);
    flow_tick(bench.flows, START + 27 * SECOND);
    bench_drain(&bench);
    ck_assert_uint_eq(bench.count, 1);
    ck_assert_uint_eq(bench.records[0].time_ns, START + 2 * SECOND);
}
END_TEST

/* What a flow does over and over is told once, what it has not done for long again. */
START_TEST(operations_are_remembered_for_a_while) {
    struct flow_facts *facts = flow_facts(bench.flows, ask());
    for (uint16_t operation = 1; operation <= 3; operation++) {
        ck_assert(!flow_record_has_told(facts, operation, bench.now_ns));
        facts->operations[0] = (struct operation_count){operation, 1};
        flow_has_news(answer());
        ask();
        ck_assert_uint_eq(records_until(operation), 1);
        ck_assert(flow_record_has_told(facts, operation, bench.now_ns));
    }
    for (uint16_t operation = 1; operation <= 3; operation++) {
        ck_assert(flow_record_has_told(facts, operation, START + 60 * SECOND));
        ck_assert(!flow_record_has_told(facts, operation, START + 180 * SECOND));
    }
    ck_assert(!flow_record_has_told(facts, 4, bench.now_ns));
}
END_TEST

/* All flows that there can be, each with a packet a second, one way and then the other. */
START_TEST(a_full_table_is_held) {
    for (uint64_t second = 0; second < 2 * RECORD_HELD_S; second++) {
        for (uint16_t i = 0; i < usual.capacity; i++) {
            uint16_t port = (uint16_t)(50000 + i);
            if (second % 2)
                say(SERVER, PORT, CLIENT, port, TCP_ACK);
            else
                say(CLIENT, port, SERVER, PORT, TCP_ACK);
        }
        bool is_told = second < 2 || (second + 1) % RECORD_HELD_S == 0;
        ck_assert_uint_eq(records_until(second + 1), is_told ? usual.capacity : 0);
    }
}
END_TEST

START_TEST(end_takes_it_along) {
    be_known();
    exchange(3);
    ck_assert_uint_eq(records_until(2), 0);
    flow_flush(bench.flows, bench.now_ns);
    bench_drain(&bench);
    ck_assert_uint_eq(bench.count, 1);
    ck_assert_uint_eq(bench.records[0].flow.packets[RESPONDER], 3);
    ck_assert_uint_eq(bench.records[0].flow.end_reason, END_FORCED);
    ck_assert_uint_eq(records_until(20), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("flow_held");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, quiet_waits_for_the_window);
    tcase_add_test(all, noisy_is_told);
    tcase_add_test(all, news_is_told);
    tcase_add_test(all, first_payload_is_told);
    tcase_add_test(all, to_a_group_or_without_ip);
    tcase_add_test(all, silence_over_a_window);
    tcase_add_test(all, operations_are_remembered_for_a_while);
    tcase_add_test(all, a_full_table_is_held);
    tcase_add_test(all, end_takes_it_along);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
