#include "engine/invariant.h"
#include "tests/engine/make_records.h"
#include "tests/suite.h"

#include <check.h>

/* Rules that need no rate: once is evidence, or a few. */

static const struct invariant_limits *const limits = &engine_defaults.limits;

static struct invariant_state state;
static struct invariant_verdict verdicts[EVIDENCE_COUNT];
static unsigned verdict_count;
static uint64_t now_s;

static void start(void) {
    memset(&state, 0, sizeof state);
    now_s = make_epoch_s;
}

static unsigned judge(void) {
    verdict_count = invariant_judge(&state, limits, now_s, verdicts);
    return verdict_count;
}

/* The one verdict there is. */
static const struct evidence *only(enum evidence_kind kind) {
    ck_assert_uint_eq(verdict_count, 1);
    ck_assert_str_eq(evidence_name((enum evidence_kind)verdicts[0].evidence.kind),
                     evidence_name(kind));
    return &verdicts[0].evidence;
}

static struct make_end host(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

static void take(const struct record *record) {
    invariant_flow(&state, limits, &record->flow, INITIATOR, true, now_s);
}

static struct record with_operation(uint16_t operation, uint16_t count) {
    struct record record = make_flow((double)now_s, host(1), host(2), TCP, 102);
    record.flow.operations[1] = (struct operation_count){operation, count};
    return record;
}

/* --- claims --- */

START_TEST(a_conflict_names_the_address_and_its_holder) {
    struct mac holder = make_mac(2);
    struct address ip = make_ip("10.0.0.2");
    for (int spoofs = 0; spoofs < 2; spoofs++) {
        start();
        invariant_conflict(&state, &ip, &holder, spoofs, false);
        invariant_conflict(&state, &ip, &holder, false, false);
        judge();
        const struct evidence *e =
            only(spoofs ? EVIDENCE_ARP_SPOOF : EVIDENCE_DUPLICATE_ADDRESS);
        ck_assert_double_eq((double)e->observed, 2);
        ck_assert(address_equal(&e->peer, &ip));
        ck_assert(mac_equal(&e->mac, &holder));
        ck_assert_uint_eq(judge(), 0); /* until it happens again */
    }
}
END_TEST

START_TEST(an_address_taken_by_hand_is_evidence_unless_a_lease_follows) {
    struct address ip = make_ip("10.0.0.7");
    for (int leased = 0; leased < 2; leased++) {
        start();
        invariant_moved(&state, &ip, now_s);
        ck_assert_uint_eq(judge(), 0); /* it may be asking for one just now */
        now_s += 1;
        if (leased)
            invariant_leased(&state);
        now_s += 5;
        judge();
        if (leased) {
            ck_assert_uint_eq(verdict_count, 0);
        } else {
            ck_assert(address_equal(&only(EVIDENCE_ADDRESS_CHANGE)->peer, &ip));
            ck_assert(verdicts[0].lasting);
        }
        ck_assert_uint_eq(judge(), 0);
    }
}
END_TEST

START_TEST(who_asks_again_for_those_who_answer_is_told) {
    struct address ip = make_ip("10.0.0.7");
    start();
    invariant_insists(&state, &ip, 4);
    judge();
    ck_assert(address_equal(&only(EVIDENCE_ARP_INSISTENCE)->peer, &ip));
    ck_assert_uint_eq(judge(), 0);
}
END_TEST

START_TEST(sources_that_are_not_its_own_count_when_they_are_many) {
    struct address source = make_ip("93.184.216.34");
    start();
    for (int i = 0; i < limits->scan_addresses * 0.7; i++)
        invariant_spoofs(&state, limits, &source, now_s);
    ck_assert_uint_eq(judge(), 0);
    for (int i = 0; i < limits->scan_addresses * 0.7; i++)
        invariant_spoofs(&state, limits, &source, now_s + 1);
    now_s += 1;
    judge();
    ck_assert(address_equal(&only(EVIDENCE_ADDRESS_SPOOFING)->peer, &source));
    ck_assert_uint_eq(judge(), 0);
}
END_TEST

/* --- who goes where --- */

START_TEST(what_the_zones_forbid_is_lasting_evidence) {
    struct record record = make_flow((double)now_s, host(1), host(2), TCP, 502);
    start();
    invariant_breach(&state, &record.flow, 3);
    judge();
    const struct evidence *e = only(EVIDENCE_SEGMENTATION);
    ck_assert(address_equal(&e->peer, &record.flow.ip[RESPONDER]));
    ck_assert_uint_eq(e->port, 502);
    ck_assert_uint_eq(e->protocol, TCP);
    ck_assert(verdicts[0].lasting);
    ck_assert_uint_eq(judge(), 0);
}
END_TEST

START_TEST(seats_taken_at_many_neighbours_are_a_spreading) {
    start();
    for (uint32_t i = 0; i < INVARIANT_LOGIN_HOSTS; i++) {
        ck_assert_uint_eq(judge(), 0);
        struct record record = make_flow((double)now_s, host(1), host(2 + i), TCP, 22);
        take(&record);
        take(&record); /* the same one twice is one */
        now_s += 60;
    }
    judge();
    const struct evidence *e = only(EVIDENCE_LATERAL);
    struct make_end last = host(1 + INVARIANT_LOGIN_HOSTS);
    ck_assert(address_equal(&e->peer, &last.ip));
    ck_assert_double_eq((double)e->observed, INVARIANT_LOGIN_HOSTS);
}
END_TEST

START_TEST(log_ins_far_apart_or_to_mere_services_are_no_spreading) {
    static const uint16_t services[] = {445, 3306, 5432, 1433, 143, 443};
    start();
    for (uint32_t i = 0; i < 40; i++) {
        struct record record = make_flow((double)now_s, host(1), host(2 + i), TCP,
                                         services[i % (sizeof services / 2)]);
        take(&record);
        now_s += 12;
        ck_assert_uint_eq(judge(), 0);
    }
    start();
    for (uint32_t i = 0; i < 2 * INVARIANT_LOGIN_HOSTS; i++) { /* nobody let it in */
        struct record record =
            make_attempt((double)now_s, host(1), host(2 + i), TCP, 22);
        take(&record);
        now_s += 20;
        ck_assert_uint_eq(judge(), 0);
    }
    start();
    for (uint32_t i = 0; i < 40; i++) {
        struct record record = make_flow((double)now_s, host(1), host(2 + i), TCP, 22);
        take(&record);
        now_s += 600;
        ck_assert_uint_eq(judge(), 0);
    }
}
END_TEST

START_TEST(field_devices_speak_their_own_tongue_among_themselves) {
    static const struct {
        uint8_t protocol;
        uint16_t port;
        enum flow_state state;
        bool payload, told;
    } cases[] = {
        {TCP, 502, FLOW_ANSWERED, true, false},  {TCP, 80, FLOW_ANSWERED, true, true},
        {TCP, 80, FLOW_ATTEMPT, true, false},    {TCP, 80, FLOW_ANSWERED, false, false},
        {UDP, 2222, FLOW_ANSWERED, true, false}, {TCP, 102, FLOW_ANSWERED, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record record = make_flow((double)make_epoch_s, host(1), host(2),
                                         cases[i].protocol, cases[i].port);
        record.flow.state = (uint8_t)cases[i].state;
        record.flow.payload_packets[INITIATOR] = cases[i].payload;
        start();
        invariant_between_field(&state, &record.flow);
        ck_assert_uint_eq(judge(), cases[i].told);
        if (cases[i].told)
            ck_assert_uint_eq(only(EVIDENCE_LATERAL)->port, cases[i].port);
    }
}
END_TEST

/* --- operations --- */

START_TEST(operations_that_stop_a_controller_are_evidence) {
    static const uint16_t stops[] = {
        OPERATION_DNP3 << 8 | 13,    /* cold restart */
        OPERATION_DNP3 << 8 | 18,    /* stop application */
        OPERATION_S7 << 8 | 0x29,    /* PLC stop */
        OPERATION_IEC104 << 8 | 105, /* reset process */
    };
    static const uint16_t work[] = {
        OPERATION_DNP3 << 8 | 1,    OPERATION_DNP3 << 8 | 129,
        OPERATION_S7 << 8 | 0x04,   OPERATION_IEC104 << 8 | 36,
        OPERATION_MODBUS << 8 | 13, OPERATION_HTTP << 8 | 3,
    };
    struct make_end controller = host(2);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        start();
        struct record record = with_operation(stops[i], 1);
        take(&record);
        judge();
        const struct evidence *e = only(EVIDENCE_CONTROL_OPERATION);
        ck_assert_double_eq((double)e->observed, stops[i]);
        ck_assert(address_equal(&e->peer, &controller.ip));
        /* The controller itself is not to blame. */
        start();
        invariant_flow(&state, limits, &record.flow, RESPONDER, true, now_s);
        ck_assert_uint_eq(judge(), 0);
    }
    for (size_t i = 0; i < sizeof work / sizeof *work; i++) {
        start();
        struct record record = with_operation(work[i], 500);
        take(&record);
        ck_assert_uint_eq(judge(), 0);
    }
}
END_TEST

START_TEST(requests_refused_again_and_again_are_evidence) {
    start();
    struct record once = with_operation(OPERATION_MODBUS << 8 | 0x83, 2);
    take(&once);
    ck_assert_uint_eq(judge(), 0); /* a slip */
    struct record often = with_operation(OPERATION_MODBUS << 8 | 0x83, 500);
    take(&often);
    judge();
    ck_assert(address_equal(&only(EVIDENCE_REFUSED_OPERATIONS)->peer,
                            &often.flow.ip[RESPONDER]));
    ck_assert_uint_eq(judge(), 0);
}
END_TEST

/* A camera that asks for the password of each picture is no broken door. */
START_TEST(a_question_who_asks_is_no_refusal) {
    for (unsigned is_let_in = 0; is_let_in < 2; is_let_in++) {
        start();
        for (unsigned i = 0; i < 50; i++) {
            struct record record =
                with_operation(OPERATION_HTTP << 8 | OPERATION_REFUSED, 1);
            record.flow.operations[0] = (struct operation_count){
                OPERATION_HTTP << 8 | 1, (uint16_t)(1 + is_let_in)};
            take(&record);
        }
        judge();
        ck_assert_int_eq(verdict_count != 0, !is_let_in);
    }
}
END_TEST

START_TEST(only_who_answers_to_a_field_protocol_is_a_field_device) {
    struct record modbus = with_operation(OPERATION_MODBUS << 8 | 3, 1);
    struct record web = with_operation(OPERATION_HTTP << 8 | 1, 1);
    struct record mqtt = with_operation(OPERATION_MQTT << 8 | 3, 1);
    struct record none = with_operation(OPERATION_MODBUS << 8 | 3, 0);
    ck_assert(invariant_is_industrial(&modbus.flow));
    ck_assert(!invariant_is_industrial(&web.flow));
    ck_assert(!invariant_is_industrial(&mqtt.flow));
    ck_assert(!invariant_is_industrial(&none.flow));
}
END_TEST

int main(void) {
    TCase *all = tcase_create("invariant_event");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_conflict_names_the_address_and_its_holder);
    tcase_add_test(all, an_address_taken_by_hand_is_evidence_unless_a_lease_follows);
    tcase_add_test(all, who_asks_again_for_those_who_answer_is_told);
    tcase_add_test(all, sources_that_are_not_its_own_count_when_they_are_many);
    tcase_add_test(all, what_the_zones_forbid_is_lasting_evidence);
    tcase_add_test(all, seats_taken_at_many_neighbours_are_a_spreading);
    tcase_add_test(all, log_ins_far_apart_or_to_mere_services_are_no_spreading);
    tcase_add_test(all, field_devices_speak_their_own_tongue_among_themselves);
    tcase_add_test(all, operations_that_stop_a_controller_are_evidence);
    tcase_add_test(all, requests_refused_again_and_again_are_evidence);
    tcase_add_test(all, a_question_who_asks_is_no_refusal);
    tcase_add_test(all, only_who_answers_to_a_field_protocol_is_a_field_device);
    Suite *suite = suite_create("invariant_event");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
