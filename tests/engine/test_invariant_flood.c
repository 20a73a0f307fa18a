#include "engine/invariant.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>

/* Floods: what is one, whom it is held against, and what only looks like one. */

static const struct invariant_limits *const limits = &engine_defaults.limits;

static struct invariant_state state;
static struct invariant_verdict verdicts[EVIDENCE_COUNT];
static unsigned verdict_count;
static double now_s;

static void setup(void) {
    memset(&state, 0, sizeof state);
    now_s = (double)make_epoch_s;
}

static const struct evidence *judged(enum evidence_kind kind) {
    verdict_count = invariant_judge(&state, limits, (uint64_t)now_s, verdicts);
    for (unsigned i = 0; i < verdict_count; i++)
        if (verdicts[i].evidence.kind == kind)
            return &verdicts[i].evidence;
    return NULL;
}

static struct make_end me(void) {
    return make_end(1, "10.0.0.1");
}

static struct make_end host(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(0x10000 + n)};
}

static void take(const struct record *record, bool peer_is_local) {
    invariant_flow(&state, limits, &record->flow, INITIATOR, peer_is_local,
                   (uint64_t)now_s);
}

/* --- into silence --- */

static void send_to(uint32_t peer, uint32_t packets, uint32_t size, bool is_local) {
    struct record record = make_attempt(now_s, me(), host(peer), UDP, 9);
    record.flow.events = 0;
    record.flow.packets[INITIATOR] = packets;
    record.flow.bytes[INITIATOR] = (uint64_t)packets * size;
    take(&record, is_local);
}

/* As many packets to a few are a flood of none of them. */
START_TEST(packets_count_by_whom_they_go_to) {
    uint32_t many = (uint32_t)(2 * limits->flood_packets_s);
    for (uint32_t peer = 0; peer < 4; peer++)
        send_to(peer, many / 4, 100, true);
    ck_assert_ptr_null(judged(EVIDENCE_FLOOD));
    send_to(7, many, 100, true);
    const struct evidence *e = judged(EVIDENCE_FLOOD);
    struct make_end victim = host(7);
    ck_assert_ptr_nonnull(e);
    ck_assert(address_equal(&e->peer, &victim.ip));
    ck_assert_float_eq(e->observed, (float)many);
    ck_assert_float_eq(e->expected, (float)limits->flood_packets_s);
}
END_TEST

/* The victim is found among more peers than there are places. */
START_TEST(a_flood_is_found_among_many_peers) {
    uint32_t many = (uint32_t)(3 * limits->flood_packets_s);
    for (uint32_t peer = 10; peer < 100; peer++) {
        send_to(peer, 1, 100, true);
        if (peer == 50)
            send_to(7, many, 100, true);
    }
    const struct evidence *e = judged(EVIDENCE_FLOOD);
    struct make_end victim = host(7);
    ck_assert_ptr_nonnull(e);
    ck_assert(address_equal(&e->peer, &victim.ip));
    ck_assert_float_le(e->observed, (float)many);
    ck_assert_float_ge(e->observed, (float)many - 90);
}
END_TEST

/* A camera pushes its picture at a recorder that says nothing; out into the world, or in
   small packets, that is nobody's picture. */
START_TEST(a_picture_is_no_flood) {
    send_to(7, (uint32_t)(2 * limits->flood_packets_s), 1200, true);
    ck_assert_ptr_null(judged(EVIDENCE_FLOOD));
    send_to(7, (uint32_t)(2 * limits->flood_packets_s), 90, true);
    ck_assert_ptr_nonnull(judged(EVIDENCE_FLOOD));
    send_to(7, (uint32_t)(2 * limits->flood_packets_s), 1200, false);
    ck_assert_ptr_nonnull(judged(EVIDENCE_FLOOD));
    send_to(7, (uint32_t)(6 * limits->flood_packets_s), 1200, true);
    ck_assert_ptr_nonnull(judged(EVIDENCE_FLOOD));
}
END_TEST

/* A flow for every datagram, from other ports to one service that is silent. */
START_TEST(a_flow_a_packet_is_a_flood) {
    uint32_t a_second = (uint32_t)(limits->flood_syns_s * 1.5);
    const struct evidence *e = NULL;
    for (unsigned second = 0; second < SLIDING_SLOTS && !e; second++) {
        for (uint32_t i = 0; i < a_second; i++) {
            struct record record = make_attempt(now_s, me(), host(7), UDP, 5060);
            record.flow.port[INITIATOR] = (uint16_t)(1024 + i);
            take(&record, true);
        }
        e = judged(EVIDENCE_FLOOD);
        now_s += 1;
    }
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->port, 5060);
    setup();
    for (unsigned second = 0; second < 60; second++) { /* questions that are answered */
        for (uint32_t i = 0; i < a_second; i++) {
            struct record record = make_flow(now_s, me(), host(7), UDP, 53);
            take(&record, true);
        }
        ck_assert_ptr_null(judged(EVIDENCE_FLOOD));
        now_s += 1;
    }
}
END_TEST

/* Answers do not excuse a flood of echoes, and a few echoes are none. */
START_TEST(a_flood_of_echoes_is_one_though_they_are_answered) {
    for (unsigned is_flood = 0; is_flood < 2; is_flood++) {
        struct record record = make_flow(now_s, me(), host(7), ICMP, 8 << 8);
        record.flow.packets[0] = record.flow.packets[1] = is_flood ? 500 : 20;
        take(&record, true);
        ck_assert_int_eq(judged(EVIDENCE_FLOOD) != NULL, is_flood);
    }
}
END_TEST

/* Segments of no connection: each from a port of its own, or all answered by resets. */
START_TEST(segments_of_no_connection_are_a_flood) {
    for (unsigned is_flow_each = 0; is_flow_each < 2; is_flow_each++) {
        const struct evidence *e = NULL;
        setup();
        for (unsigned second = 0; second < SLIDING_SLOTS; second++, now_s += 1) {
            for (unsigned i = 0; i < (is_flow_each ? 100 : 1); i++) {
                struct record record = make_flow(now_s, me(), host(7), TCP, 80);
                record.flow.syn[INITIATOR] = record.flow.syn[RESPONDER] = 0;
                record.flow.payload_packets[INITIATOR] = 0;
                record.flow.events = is_flow_each ? FLOW_NEW | FLOW_MIDSTREAM : 0;
                record.flow.rst[RESPONDER] = is_flow_each ? 1 : 100;
                take(&record, true);
            }
            const struct evidence *now = judged(EVIDENCE_FLOOD);
            e = now ? now : e;
        }
        ck_assert_ptr_nonnull(e);
        ck_assert_uint_eq(e->port, 80);
    }
    setup(); /* what goes on from before the capture, and what ends by a reset */
    for (unsigned second = 0; second < 60; second++, now_s += 1) {
        for (unsigned i = 0; i < 20; i++) {
            struct record record = make_flow(now_s, me(), host(7), TCP, 80);
            record.flow.syn[INITIATOR] = record.flow.syn[RESPONDER] = 0;
            record.flow.events = i % 2 ? FLOW_NEW | FLOW_MIDSTREAM : FLOW_END;
            record.flow.rst[RESPONDER] = 1;
            take(&record, true);
        }
        ck_assert_ptr_null(judged(EVIDENCE_FLOOD));
    }
}
END_TEST

/* --- fragments --- */

static void send_fragmented(unsigned begun, unsigned whole, unsigned bent) {
    struct record record = make_flow(now_s, me(), host(7), UDP, 9);
    record.flow.fragmented[INITIATOR] =
        (struct fragment_counts){(uint16_t)begun, (uint16_t)whole, (uint16_t)bent};
    take(&record, true);
}

START_TEST(fragments_that_overlap_are_evidence) {
    send_fragmented(3, 3, 0);
    ck_assert_ptr_null(judged(EVIDENCE_FRAGMENT_OVERLAP));
    send_fragmented(1, 0, 1);
    const struct evidence *e = judged(EVIDENCE_FRAGMENT_OVERLAP);
    struct make_end victim = host(7);
    ck_assert_ptr_nonnull(e);
    ck_assert(address_equal(&e->peer, &victim.ip));
    ck_assert_ptr_null(judged(EVIDENCE_FRAGMENT_OVERLAP)); /* it does not go on */
}
END_TEST

START_TEST(fragments_that_never_come_whole_are_evidence) {
    unsigned many = (unsigned)limits->fragments_unfinished, sent = many / 2 + many;
    send_fragmented(many / 2, 0, 0);
    ck_assert_ptr_null(judged(EVIDENCE_FRAGMENT_FLOOD));
    send_fragmented(many, 0, 0);
    const struct evidence *e = judged(EVIDENCE_FRAGMENT_FLOOD);
    ck_assert_ptr_nonnull(e);
    ck_assert_float_eq(e->observed, (float)sent);
    setup();
    send_fragmented(10 * many, 8 * many, 0); /* the mirror lost some */
    ck_assert_ptr_null(judged(EVIDENCE_FRAGMENT_FLOOD));
}
END_TEST

/* --- peers --- */

/* Whom a device calls is counted whether or not they answer, each once, and names itself a
   finding of the whole engine. */
START_TEST(who_speaks_with_everybody_is_told) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    double epoch_s = (double)make_epoch_s;
    uint32_t many = (uint32_t)(2 * limits->fan_out);
    for (uint32_t i = 0; i < many; i++) { /* over and over with the same */
        double at_s = epoch_s + 9.0 * i / many;
        rig_send(&rig,
                 make_flow(at_s, make_end(1, "10.0.0.1"), host(i % 20), TCP, 443));
    }
    rig_wait(&rig, epoch_s + 10);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(1), "fan_out"));
    for (uint32_t i = 0; i < many; i++) {
        double at_s = epoch_s + 10 + 9.0 * i / many;
        struct make_end peer = {make_mac(2),
                                {{93, (uint8_t)(i >> 8), (uint8_t)i, 1}, 4}};
        rig_send(&rig, make_flow(at_s, make_end(1, "10.0.0.1"), peer, TCP, 443));
    }
    rig_wait(&rig, epoch_s + 20);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "fan_out"));
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* --- to everybody --- */

static const struct evidence *shout_for(const char *group, uint32_t packets_a_second,
                                        uint32_t size) {
    const struct evidence *evidence = NULL;
    for (unsigned second = 0; second < 10; second++, now_s++) {
        struct record record = make_attempt(now_s, me(), make_end(0, group), UDP, 1900);
        memset(&record.flow.mac[RESPONDER], 0xff, sizeof record.flow.mac[RESPONDER]);
        record.flow.events = 0;
        record.flow.packets[INITIATOR] = packets_a_second;
        record.flow.bytes[INITIATOR] = (uint64_t)packets_a_second * size;
        take(&record, true);
        evidence = judged(EVIDENCE_FLOOD);
    }
    return evidence;
}

START_TEST(what_all_must_hear_is_a_storm_at_ten_times_the_rate) {
    static const char *const groups[] = {"224.0.0.251", "239.255.255.250", "ff02::1",
                                         "255.255.255.255", "10.0.0.255"};
    uint32_t many = (uint32_t)(10 * limits->flood_syns_s);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        setup();
        ck_assert_msg(!shout_for(groups[i], many - 1, 100), "%s", groups[i]);
        setup();
        const struct evidence *e = shout_for(groups[i], many, 100);
        ck_assert_msg(e, "%s", groups[i]);
        ck_assert_float_ge(e->observed, (float)many);
        ck_assert_float_eq(e->expected, (float)many);
        ck_assert_uint_eq(e->port, 1900);
    }
}
END_TEST

/* Sound and light go to many at a high rate, in groups of their own or in large packets. */
START_TEST(a_stream_to_many_is_no_storm) {
    ck_assert_ptr_null(shout_for("239.69.1.1", 1000, 300));
    ck_assert_ptr_null(shout_for("ff05::1", 1000, 300));
    ck_assert_ptr_null(shout_for("255.255.255.255", 440, 572));
}
END_TEST

/* --- within a connection --- */

static const struct evidence *ask_for(uint32_t requests_a_second, uint32_t sent) {
    const struct evidence *evidence = NULL;
    for (unsigned second = 0; second < 10; second++, now_s++) {
        struct record record = make_flow(now_s, me(), host(9), TCP, 502);
        record.flow.events = 0;
        record.flow.syn[INITIATOR] = 0;
        record.flow.payload_packets[INITIATOR] = sent;
        record.flow.operations[0] = (struct operation_count){
            OPERATION_MODBUS << 8 | 3, (uint16_t)requests_a_second};
        take(&record, true);
        evidence = judged(EVIDENCE_FLOOD);
    }
    return evidence;
}

START_TEST(requests_are_a_flood_at_a_rate_that_no_work_needs) {
    ck_assert_ptr_null(ask_for(200, 200));
    setup();
    const struct evidence *e = ask_for(800, 800);
    ck_assert_ptr_nonnull(e);
    ck_assert_float_eq(e->observed, 800);
    ck_assert_float_eq(e->expected, 32 * (float)limits->flood_syns_s);
    setup();
    ck_assert_ptr_null(ask_for(800, 0)); /* what it was sent */
}
END_TEST

/* --- answers to those who have not asked --- */

static void answer_for(unsigned side, uint16_t port, uint32_t times, bool is_local) {
    for (unsigned second = 0; second < 10; second++, now_s++) {
        struct record record = side == RESPONDER
                                   ? make_flow(now_s, host(9), me(), UDP, port)
                                   : make_flow(now_s, me(), host(9), UDP, 80);
        record.flow.packets[side] = 20;
        record.flow.total_bytes[!side] = 1000;
        record.flow.total_bytes[side] = 1000 * (uint64_t)times;
        record.flow.port[side] = port;
        invariant_flow(&state, limits, &record.flow, side, is_local, (uint64_t)now_s);
    }
    now_s--;
}

START_TEST(large_answers_to_small_questions_from_outside_are_a_flood) {
    struct make_end victim = host(9);
    /* Who began may be mistaken where the victim's own service is named as the asker. */
    for (unsigned side = 0; side < 2; side++) {
        setup();
        answer_for(side, 1900, 3, false);
        const struct evidence *e = judged(EVIDENCE_FLOOD);
        ck_assert_ptr_nonnull(e);
        ck_assert(address_equal(&e->peer, &victim.ip));
        ck_assert_uint_eq(e->port, 1900);
    }
    setup();
    answer_for(RESPONDER, 123, 1, false); /* what time it is */
    ck_assert_ptr_null(judged(EVIDENCE_FLOOD));
    answer_for(RESPONDER, 1900, 3, true); /* to a neighbour */
    ck_assert_ptr_null(judged(EVIDENCE_FLOOD));
    answer_for(RESPONDER, 3478, 9, false); /* pictures */
    ck_assert_ptr_null(judged(EVIDENCE_FLOOD));
}
END_TEST

int main(void) {
    TCase *all = tcase_create("invariant, floods");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, packets_count_by_whom_they_go_to);
    tcase_add_test(all, a_flood_is_found_among_many_peers);
    tcase_add_test(all, a_picture_is_no_flood);
    tcase_add_test(all, a_flow_a_packet_is_a_flood);
    tcase_add_test(all, a_flood_of_echoes_is_one_though_they_are_answered);
    tcase_add_test(all, segments_of_no_connection_are_a_flood);
    tcase_add_test(all, fragments_that_overlap_are_evidence);
    tcase_add_test(all, fragments_that_never_come_whole_are_evidence);
    tcase_add_test(all, who_speaks_with_everybody_is_told);
    tcase_add_test(all, what_all_must_hear_is_a_storm_at_ten_times_the_rate);
    tcase_add_test(all, a_stream_to_many_is_no_storm);
    tcase_add_test(all, requests_are_a_flood_at_a_rate_that_no_work_needs);
    tcase_add_test(all, large_answers_to_small_questions_from_outside_are_a_flood);
    Suite *suite = suite_create("invariant, floods");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
