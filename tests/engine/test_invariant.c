#include "engine/invariant.h"
#include "tests/engine/make_records.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>

/* Rules are tried just below and just above the limits of the config; those whose figures
   are the rule's own, far below and far above. */
static const struct invariant_limits *const limits = &engine_defaults.limits;
static const double below = 0.7, above = 1.35;

static struct invariant_state state;
static struct invariant_verdict verdicts[EVIDENCE_COUNT];
static unsigned verdict_count;
static double now_s;

static void start(void) {
    memset(&state, 0, sizeof state);
    now_s = (double)make_epoch_s;
}

static void judge(void) {
    verdict_count = invariant_judge(&state, limits, (uint64_t)now_s, verdicts);
    ck_assert_uint_le(verdict_count, EVIDENCE_COUNT);
}

static const struct invariant_verdict *verdict_of(enum evidence_kind kind) {
    for (unsigned i = 0; i < verdict_count; i++)
        if (verdicts[i].evidence.kind == kind)
            return &verdicts[i];
    return NULL;
}

static bool holds(enum evidence_kind kind) {
    return verdict_of(kind) != NULL;
}

static void check_nothing_holds(void) {
    judge();
    for (unsigned i = 0; i < verdict_count; i++)
        ck_abort_msg("%s should not hold", evidence_name(verdicts[i].evidence.kind));
}

static struct make_end me(void) {
    return make_end(1, "10.0.0.1");
}

static struct make_end host(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(0x10000 + n)};
}

static void take(const struct record *record, unsigned side, bool peer_is_local) {
    invariant_flow(&state, limits, &record->flow, side, peer_is_local, (uint64_t)now_s);
}

/* The device tries a service in vain. */
static void attempt(struct make_end peer, uint8_t protocol, uint16_t port) {
    struct record record = make_attempt(now_s, me(), peer, protocol, port);
    take(&record, INITIATOR, true);
}

/* It uses one that answers. */
static void use(struct make_end peer, uint8_t protocol, uint16_t port) {
    struct record record = make_flow(now_s, me(), peer, protocol, port);
    take(&record, INITIATOR, true);
}

/* --- what each rule looks for, `n` times within its span --- */

/* Spread events over a good part of a span: all of them count, and none is in a hurry. */
static void step(double span_s, uint32_t n) {
    now_s += span_s * 0.7 / n;
}

static void scan_addresses(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        attempt(host(i), TCP, 8081);
        step(limits->scan_addresses_s, n);
    }
}

static void ping_addresses(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        attempt(host(i), ICMP, 8 << 8);
        step(limits->scan_addresses_s, n);
    }
}

static void ask_for_addresses(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct address ip = make_ip_number(i);
        invariant_unanswered_arp(&state, limits, &ip, (uint64_t)now_s);
        step(limits->scan_addresses_s, n);
    }
}

static void scan_ports(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        attempt(host(1), i % 2 ? TCP : UDP, (uint16_t)(1 + i));
        step(limits->scan_ports_s, n);
    }
}

static void answer_unasked(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        invariant_unsolicited_arp(&state, limits, (uint64_t)now_s);
        step(limits->arp_replies_s, n);
    }
}

static void log_in(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        use(host(1), TCP, 22);
        step(limits->logins_s, n);
    }
}

static void post_passwords(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct record record = make_flow(now_s, me(), host(1), TCP, 80);
        record.flow.events = i ? 0 : FLOW_NEW;
        record.flow.operations[0] =
            (struct operation_count){OPERATION_HTTP << 8 | 7, 1};
        take(&record, INITIATOR, true);
        step(limits->logins_s, n);
    }
}

static void fail_everywhere(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        attempt(host(i % 12), TCP, (uint16_t)(i % 2 + 1));
        step(limits->failing_s, n);
    }
}

static void fail_at_one(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        attempt(host(1), TCP, 8080);
        step(limits->failing_one_s, n);
    }
}

static void send_syns(uint32_t a_second) {
    for (int second = 0; second < 10; second++) {
        struct record record = make_flow(now_s, me(), host(1), TCP, 80);
        record.flow.syn[INITIATOR] = (uint16_t)a_second;
        take(&record, INITIATOR, true);
        now_s += 1;
    }
    now_s -= 1;
}

static void send_into_silence(uint32_t packets) {
    struct record record = make_attempt(now_s, me(), host(1), UDP, 9);
    record.flow.packets[INITIATOR] = packets;
    record.flow.bytes[INITIATOR] = UINT64_C(100) * packets;
    take(&record, INITIATOR, true);
}

static void ask_for_names(uint32_t queries, uint32_t failing, uint32_t name_bytes) {
    struct record record = make_flow(now_s, me(), host(1), UDP, 53);
    record.flow.dns_queries = (uint16_t)queries;
    record.flow.dns_nxdomain = (uint16_t)failing;
    record.flow.dns_query_bytes = (uint16_t)(queries * name_bytes);
    take(&record, INITIATOR, true);
}

static void ask_for_wrong_names(uint32_t n) {
    ask_for_names(n, n, 15);
}

static void ask_for_data(uint32_t n) {
    ask_for_names(n, 0, 120);
}

static const struct rule {
    enum evidence_kind kind;
    bool lasting;
    void (*happen)(uint32_t n);
    const double *limit; /* of the config, or … */
    uint32_t few, many;  /* … well below and well above */
} rules[] = {
#define LIMIT(name) &engine_defaults.limits.name
    {EVIDENCE_SCAN, false, scan_addresses, LIMIT(scan_addresses), 0, 0},
    {EVIDENCE_SCAN, false, ping_addresses, LIMIT(scan_addresses), 0, 0},
    {EVIDENCE_SCAN, false, ask_for_addresses, LIMIT(scan_addresses), 0, 0},
    {EVIDENCE_PORT_SCAN, false, scan_ports, LIMIT(scan_ports), 0, 0},
    {EVIDENCE_ARP_FLOOD, false, answer_unasked, LIMIT(arp_replies), 0, 0},
    {EVIDENCE_PASSWORD_GUESSING, false, log_in, LIMIT(logins), 0, 0},
    {EVIDENCE_PASSWORD_GUESSING, false, post_passwords, NULL, 14, 40},
    {EVIDENCE_FAILING, true, fail_everywhere, LIMIT(failing), 0, 0},
    {EVIDENCE_FAILING, true, fail_at_one, LIMIT(failing_one), 0, 0},
    {EVIDENCE_FLOOD, false, send_syns, LIMIT(flood_syns_s), 0, 0},
    {EVIDENCE_FLOOD, false, send_into_silence, LIMIT(flood_packets_s), 0, 0},
    {EVIDENCE_DNS_FAILURES, false, ask_for_wrong_names, NULL, 4, 500},
    {EVIDENCE_DNS_TUNNEL, false, ask_for_data, NULL, 4, 500},
#undef LIMIT
};
enum { RULES = sizeof rules / sizeof *rules };

START_TEST(a_rule_holds_above_its_limit) {
    const struct rule *rule = &rules[_i];
    start();
    uint32_t n = rule->limit ? (uint32_t)ceil(*rule->limit * above) : rule->many;
    rule->happen(n);
    judge();
    const struct invariant_verdict *verdict = verdict_of(rule->kind);
    ck_assert_msg(verdict != NULL, "%s does not hold", evidence_name(rule->kind));
    ck_assert_int_eq(verdict->lasting, rule->lasting);
    const struct evidence *e = &verdict->evidence;
    ck_assert(evidence_is_hard((enum evidence_kind)e->kind));
    ck_assert_double_ge((double)e->observed, (double)e->expected);
    ck_assert_double_ge((double)e->points, 5);
    if (rule->limit)
        ck_assert_double_eq_tol((double)e->expected, *rule->limit, 1e-3);
}
END_TEST

START_TEST(a_rule_is_silent_below_its_limit) {
    const struct rule *rule = &rules[_i];
    start();
    rule->happen(rule->limit ? (uint32_t)floor(*rule->limit * below) : rule->few);
    check_nothing_holds();
}
END_TEST

START_TEST(the_more_there_is_the_stronger_it_is) {
    const struct rule *rule = &rules[_i];
    double weaker = 0;
    uint32_t n = rule->limit ? (uint32_t)ceil(*rule->limit * above) : rule->many;
    for (uint32_t factor = 1; factor <= 8; factor *= 2) {
        if (factor * n > UINT16_MAX && rule->happen == send_syns)
            break;
        start();
        rule->happen(n * factor < 500 || rule->limit ? n * factor : 500);
        judge();
        ck_assert(holds(rule->kind));
        double strength = (double)verdict_of(rule->kind)->evidence.points;
        ck_assert_double_ge(strength, weaker);
        weaker = strength;
    }
}
END_TEST

START_TEST(a_rule_holds_only_while_it_goes_on) {
    const struct rule *rule = &rules[_i];
    start();
    rule->happen(rule->limit ? (uint32_t)ceil(*rule->limit * above) : rule->many);
    judge();
    ck_assert(holds(rule->kind));
    now_s += 1;
    judge();
    ck_assert(!holds(rule->kind));
    now_s += 2 * 3600; /* … and long after it only what is new counts */
    use(host(1), TCP, 443);
    check_nothing_holds();
}
END_TEST

/* The same number of events at a pace at which they are nothing. */
START_TEST(what_is_slow_enough_is_no_scan) {
    start();
    uint32_t n = (uint32_t)(limits->scan_addresses * 5);
    for (uint32_t i = 0; i < n; i++) {
        attempt(host(i), UDP, 123);
        now_s += 90;
        judge();
        ck_assert(!holds(EVIDENCE_SCAN) && !holds(EVIDENCE_PORT_SCAN));
    }
}
END_TEST

/* Four a minute pass below the limit for a minute, and not below that for half an hour. */
START_TEST(who_takes_his_time_is_found_all_the_same) {
    for (unsigned of_ports = 0; of_ports < 2; of_ports++) {
        enum evidence_kind kind = of_ports ? EVIDENCE_PORT_SCAN : EVIDENCE_SCAN;
        bool found = false;
        start();
        for (uint32_t i = 0; i < 115 && !found; i++) {
            attempt(host(of_ports ? 1 : i), TCP, (uint16_t)(of_ports ? i + 1 : 23));
            now_s += 15;
            judge();
            found = holds(kind);
            ck_assert(!found || i > 15);
        }
        ck_assert(found);
    }
}
END_TEST

/* A service that is gone and tried again and again is one target. */
START_TEST(trying_the_same_again_is_no_scan) {
    start();
    for (uint32_t i = 0; i < 300; i++) {
        attempt(host(i % 3), UDP, (uint16_t)(5000 + i % 5));
        now_s += 10;
        judge();
        ck_assert(!holds(EVIDENCE_SCAN) && !holds(EVIDENCE_PORT_SCAN));
    }
}
END_TEST

START_TEST(a_scan_names_whom_it_tried_last) {
    start();
    scan_addresses(100);
    judge();
    struct make_end last = host(99);
    ck_assert(address_equal(&verdict_of(EVIDENCE_SCAN)->evidence.peer, &last.ip));
    start();
    scan_ports(100);
    judge();
    struct make_end victim = host(1);
    const struct evidence *e = &verdict_of(EVIDENCE_PORT_SCAN)->evidence;
    ck_assert(address_equal(&e->peer, &victim.ip));
    ck_assert(!holds(EVIDENCE_SCAN)); /* one host is not many */
}
END_TEST

START_TEST(many_hosts_on_one_port_are_not_many_ports) {
    start();
    scan_addresses(100);
    judge();
    ck_assert(holds(EVIDENCE_SCAN) && !holds(EVIDENCE_PORT_SCAN));
}
END_TEST

/* --- what must not be evidence --- */

START_TEST(a_busy_device_whose_attempts_are_answered_is_not_suspicious) {
    start();
    for (uint32_t i = 0; i < 2000; i++) {
        use(host(i), i % 3 ? TCP : UDP, (uint16_t)(443 + i % 50));
        now_s += 0.2;
        if (i % 5 == 0)
            check_nothing_holds();
    }
}
END_TEST

START_TEST(a_page_full_of_connections_to_one_server_is_no_flood) {
    const uint32_t few = (uint32_t)(limits->flood_syns_s * SLIDING_SLOTS * below);
    start();
    for (uint32_t i = 0; i < few; i++)
        use(host(1), TCP, 443);
    check_nothing_holds();
    now_s += 1;
    for (uint32_t i = 0; i < few; i++)
        use(host(2), TCP, 443);
    check_nothing_holds();
}
END_TEST

START_TEST(a_few_log_ins_are_work) {
    start();
    for (int hour = 0; hour < 24; hour++) {
        use(host(1), TCP, 22);
        use(host(2), TCP, 3389);
        use(host(3), TCP, 445);
        check_nothing_holds();
        now_s += 3600;
    }
}
END_TEST

START_TEST(one_long_log_in_counts_once) {
    start();
    struct record record = make_flow(now_s, me(), host(1), TCP, 22);
    for (int i = 0; i < 600; i++) {
        take(&record, INITIATOR, true);
        record.flow.events = 0;
        record.flow.syn[0] = record.flow.syn[1] = 0;
        now_s += 1;
        check_nothing_holds();
    }
}
END_TEST

START_TEST(a_download_or_a_stream_that_is_acknowledged_is_no_flood) {
    start();
    struct record record = make_flow(now_s, me(), host(1), TCP, 443);
    record.flow.packets[INITIATOR] = (uint32_t)limits->flood_packets_s * 20;
    record.flow.packets[RESPONDER] = (uint32_t)limits->flood_packets_s * 10;
    for (int i = 0; i < 60; i++) {
        take(&record, INITIATOR, true);
        record.flow.events = 0;
        record.flow.syn[0] = record.flow.syn[1] = 0;
        now_s += 1;
        check_nothing_holds();
    }
}
END_TEST

START_TEST(sending_to_a_group_is_no_flood) {
    start();
    struct make_end group = {{{1, 0, 0x5e, 1, 1, 1}}, make_ip("239.1.1.1")};
    for (int i = 0; i < 10; i++) {
        struct record record = make_attempt(now_s, me(), group, UDP, 5004);
        record.flow.packets[INITIATOR] = (uint32_t)limits->flood_packets_s * 20;
        take(&record, INITIATOR, true);
        check_nothing_holds();
        now_s += 1;
    }
}
END_TEST

START_TEST(a_server_under_attack_is_not_the_attacker) {
    start();
    const uint32_t many = (uint32_t)limits->flood_packets_s * 10;
    for (uint32_t i = 0; i < 1000; i++) {
        struct make_end attacker = host(i % 5);
        struct record scan = make_attempt(now_s, attacker, me(), TCP, (uint16_t)i);
        struct record login = make_flow(now_s, attacker, me(), TCP, 22);
        struct record flood = make_attempt(now_s, attacker, me(), UDP, 9);
        flood.flow.packets[INITIATOR] = many;
        struct record syns = make_flow(now_s, attacker, me(), TCP, 80);
        syns.flow.syn[INITIATOR] = syns.flow.syn[RESPONDER] = 1000;
        syns.flow.packets[INITIATOR] = syns.flow.packets[RESPONDER] = many;
        struct record names = make_flow(now_s, attacker, me(), UDP, 53);
        names.flow.dns_queries = names.flow.dns_nxdomain = 500;
        names.flow.dns_query_bytes = 60000;
        take(&scan, RESPONDER, true);
        take(&login, RESPONDER, true);
        take(&flood, RESPONDER, true);
        take(&syns, RESPONDER, true);
        take(&names, RESPONDER, true);
        now_s += 0.1;
        if (i % 10 == 9)
            check_nothing_holds();
    }
}
END_TEST

START_TEST(names_that_are_asked_for_in_good_faith_are_no_tunnel) {
    start();
    ask_for_names(300, 0, 22); /* a browser at work */
    check_nothing_holds();
    start();
    ask_for_names(3, 0, 90); /* a long name now and then */
    check_nothing_holds();
}
END_TEST

START_TEST(a_few_names_that_fail_in_turn_are_no_search) {
    start();
    for (uint32_t i = 0; i < 200; i++) {
        struct record record = make_flow(now_s, me(), host(1), UDP, 53);
        record.flow.dns_queries = record.flow.dns_nxdomain = 1;
        snprintf(record.flow.name, sizeof record.flow.name, "wpad%u.lan", i % 6);
        take(&record, INITIATOR, true);
        now_s += 0.2;
        check_nothing_holds();
    }
}
END_TEST

/* Sites that are half out of order are no scan; ports of one whose name was asked for are. */
START_TEST(a_visit_in_vain_to_whom_a_name_was_asked_for_is_no_scan) {
    for (int web = 0; web < 2; web++) {
        start();
        for (uint16_t i = 0; i < 60; i++) {
            struct record record =
                make_attempt(now_s, me(), host(1000u + i), TCP, web ? 443 : 1000);
            invariant_flow(&state, limits, &record.flow, INITIATOR, PEER_NAMED,
                           (uint64_t)now_s);
            now_s += 0.5;
        }
        judge();
        ck_assert_int_eq(holds(EVIDENCE_SCAN), !web);
        ck_assert(!web || !holds(EVIDENCE_PORT_SCAN));
    }
}
END_TEST

START_TEST(calls_that_are_excused_are_forgotten) {
    start();
    for (uint32_t i = 0; i < 2 * limits->failing; i++)
        attempt(host(1), TCP, 8080);
    invariant_excuse_calls(&state);
    attempt(host(1), TCP, 8080);
    judge();
    ck_assert(!holds(EVIDENCE_FAILING));
}
END_TEST

START_TEST(what_answers_in_the_end_was_not_failing) {
    start();
    uint32_t n = (uint32_t)(limits->failing_one * below);
    for (int round = 0; round < 10; round++) {
        for (uint32_t i = 0; i < n; i++)
            attempt(host(1), TCP, 8080);
        now_s += 1;
        judge();
        ck_assert(!holds(EVIDENCE_FAILING));
        use(host(1), TCP, 8080);
        now_s += limits->failing_s * 1.2; /* past the rule for all of them together */
    }
}
END_TEST

START_TEST(a_channel_that_never_answers_is_named) {
    start();
    fail_at_one((uint32_t)(limits->failing_one * above) + 1);
    judge();
    const struct invariant_verdict *verdict = verdict_of(EVIDENCE_FAILING);
    struct make_end peer = host(1);
    ck_assert(address_equal(&verdict->evidence.peer, &peer.ip));
    ck_assert_uint_eq(verdict->evidence.port, 8080);
    ck_assert_uint_eq(verdict->evidence.protocol, TCP);
}
END_TEST

/* Other attempts, fewer than the places for channels, do not hide it. */
START_TEST(a_failing_channel_is_found_among_others) {
    start();
    bool found = false;
    for (uint32_t i = 0; i < limits->failing_one * 3; i++) {
        attempt(host(1), TCP, 8080);
        attempt(host(2 + i % (INVARIANT_CHANNELS - 1)), TCP, 9090);
        now_s += 20;
        judge();
        found |= holds(EVIDENCE_FAILING) &&
                 verdict_of(EVIDENCE_FAILING)->evidence.port == 8080;
    }
    ck_assert(found);
}
END_TEST

START_TEST(guessing_is_found_among_other_log_ins) {
    start();
    bool found = false;
    for (uint32_t i = 0; i < limits->logins * 3; i++) {
        use(host(1), TCP, 22);
        if (i % 4 == 0)
            use(host(2 + i), TCP, 22);
        now_s += limits->logins_s / (limits->logins * 2.5);
        judge();
        const struct invariant_verdict *v = verdict_of(EVIDENCE_PASSWORD_GUESSING);
        struct make_end victim = host(1);
        if (v) {
            ck_assert(address_equal(&v->evidence.peer, &victim.ip));
            ck_assert_uint_eq(v->evidence.port, 22);
            found = true;
        }
    }
    ck_assert(found);
}
END_TEST

/* --- whatever comes --- */

static struct record random_flow(void) {
    static const uint8_t protocols[] = {0, 1, 6, 17, 58, 132, 255};
    struct record record =
        make_flow(now_s, me(), host(random_below(300)),
                  protocols[random_below(sizeof protocols)], (uint16_t)random_bits());
    struct flow_record *flow = &record.flow;
    flow->state = (uint8_t)random_below(4);
    flow->events = (uint8_t)random_below(8);
    flow->syn[0] = (uint16_t)(random_bits() >> (48 + random_below(16)));
    flow->packets[0] = (uint32_t)(random_bits() >> (32 + random_below(32)));
    flow->packets[1] = (uint32_t)(random_bits() >> (32 + random_below(32)));
    flow->dns_queries = (uint16_t)random_below(100);
    flow->dns_nxdomain = (uint16_t)random_below(100);
    flow->dns_query_bytes = (uint16_t)random_bits();
    flow->operations[random_below(RECORD_OPERATIONS)] =
        (struct operation_count){(uint16_t)random_bits(), (uint16_t)random_bits()};
    if (random_below(8) == 0)
        flow->ip[random_below(2)] = make_ip("");
    return record;
}

START_TEST(whatever_comes_verdicts_are_whole) {
    for (int round = 0; round < 50; round++) {
        start();
        for (int i = 0; i < 300; i++) {
            struct record record = random_flow();
            take(&record, random_below(2), random_below(2));
            now_s += random_below(4) ? random_unit() : random_between(0, 1e6);
            if (random_below(100) == 0)
                now_s =
                    random_between(0, 1.8e10); /* any time that 64 bits of ns hold */
            judge();
            for (unsigned v = 0; v < verdict_count; v++) {
                const struct evidence *e = &verdicts[v].evidence;
                ck_assert_uint_lt(e->kind, EVIDENCE_COUNT);
                ck_assert(evidence_is_hard((enum evidence_kind)e->kind));
                ck_assert(e->points >= 5 && isfinite(e->points));
                ck_assert(isfinite(e->observed) && isfinite(e->expected));
                for (unsigned w = 0; w < v; w++)
                    ck_assert_uint_ne(e->kind, verdicts[w].evidence.kind);
            }
        }
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("invariant");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, a_rule_holds_above_its_limit, 0, RULES);
    tcase_add_loop_test(all, a_rule_is_silent_below_its_limit, 0, RULES);
    tcase_add_loop_test(all, the_more_there_is_the_stronger_it_is, 0, RULES);
    tcase_add_loop_test(all, a_rule_holds_only_while_it_goes_on, 0, RULES);
    tcase_add_test(all, what_is_slow_enough_is_no_scan);
    tcase_add_test(all, who_takes_his_time_is_found_all_the_same);
    tcase_add_test(all, trying_the_same_again_is_no_scan);
    tcase_add_test(all, a_scan_names_whom_it_tried_last);
    tcase_add_test(all, many_hosts_on_one_port_are_not_many_ports);
    tcase_add_test(all, a_busy_device_whose_attempts_are_answered_is_not_suspicious);
    tcase_add_test(all, a_page_full_of_connections_to_one_server_is_no_flood);
    tcase_add_test(all, a_few_log_ins_are_work);
    tcase_add_test(all, one_long_log_in_counts_once);
    tcase_add_test(all, a_download_or_a_stream_that_is_acknowledged_is_no_flood);
    tcase_add_test(all, sending_to_a_group_is_no_flood);
    tcase_add_test(all, a_server_under_attack_is_not_the_attacker);
    tcase_add_test(all, names_that_are_asked_for_in_good_faith_are_no_tunnel);
    tcase_add_test(all, a_few_names_that_fail_in_turn_are_no_search);
    tcase_add_test(all, a_visit_in_vain_to_whom_a_name_was_asked_for_is_no_scan);
    tcase_add_test(all, calls_that_are_excused_are_forgotten);
    tcase_add_test(all, what_answers_in_the_end_was_not_failing);
    tcase_add_test(all, a_channel_that_never_answers_is_named);
    tcase_add_test(all, a_failing_channel_is_found_among_others);
    tcase_add_test(all, guessing_is_found_among_other_log_ins);
    tcase_add_test(all, whatever_comes_verdicts_are_whole);
    Suite *suite = suite_create("invariant");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
