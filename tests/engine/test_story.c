#include "engine/state.h"
#include "tests/engine/rig.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

/* Stories in which one device's doing says something about another, or in which what was
   seen must not be learnt. Looks inside the engine where nothing comes out. */

static const double epoch_s = 1700000000; /* make_epoch_s */
static const double minute_s = 60, hour_s = 3600;

static struct rig rig;

static struct make_end device(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

static struct make_end target(uint32_t n) {
    return (struct make_end){make_mac(5000 + n), make_ip_number(0x20000 + n)};
}

static const struct device *inside(uint32_t n) {
    struct mac mac = make_mac(n);
    struct device_key key = device_key_of_mac(&mac);
    return device_find(&rig.engine->devices, &key);
}

static void announce(double time_s, uint32_t n, const char *ip) {
    rig_send(&rig, make_claim(time_s, CLAIM_ARP_ANNOUNCE, make_mac(n), ip));
}

/* `who` asks for `whom`, who answers. */
static void ask(double time_s, uint32_t who, uint32_t whom) {
    rig_send(&rig, make_question(time_s, device(who), device(whom).ip));
    struct record reply =
        make_claim(time_s + 0.001, CLAIM_ARP_REPLY, make_mac(whom), "");
    reply.claim.ip = device(whom).ip;
    reply.claim.target_mac = make_mac(who);
    reply.claim.target_ip = device(who).ip;
    rig_send(&rig, reply);
}

static void scan(double time_s, struct make_end who) {
    for (uint32_t i = 0; i < 200; i++)
        rig_send(&rig, make_attempt(time_s + i * 0.004, who, target(i), TCP, 8081));
}

/* --- claims --- */

START_TEST(answers_that_were_asked_for_are_no_flood) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 200; i++)
        ask(epoch_s + i * 0.2, 1 + (uint32_t)i % 50, 100);
    rig_wait(&rig, epoch_s + 60);
    ck_assert_uint_eq(rig.finding_count, 0);
    for (int i = 0; i < 200; i++) {
        struct record reply =
            make_claim(epoch_s + 100 + i * 0.2, CLAIM_ARP_REPLY, make_mac(100), "");
        reply.claim.ip = device(100).ip;
        rig_send(&rig, reply);
    }
    rig_wait(&rig, epoch_s + 160);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(100), "arp_flood"));
    rig_end(&rig);
}
END_TEST

START_TEST(a_lease_may_come_after_the_address_was_announced) {
    rig_start(&rig, &engine_defaults, NULL);
    announce(epoch_s, 1, "10.0.0.1");
    announce(epoch_s + hour_s, 1, "10.0.0.2");
    rig_send(&rig, make_lease(epoch_s + hour_s + 1, make_end(2, "10.0.0.254"),
                              make_mac(1), "10.0.0.2"));
    for (int i = 2; i < 20; i++)
        rig_send(&rig, make_flow(epoch_s + hour_s + i, make_end(1, "10.0.0.2"),
                                 device(3), TCP, 443));
    rig_wait(&rig, epoch_s + hour_s + 60);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_end(&rig);
}
END_TEST

START_TEST(an_address_that_was_given_up_is_anybodys) {
    rig_start(&rig, &engine_defaults, NULL);
    announce(epoch_s, 1, "10.0.0.1");
    rig_send(&rig, make_lease(epoch_s + 10, make_end(2, "10.0.0.254"), make_mac(1),
                              "10.0.0.9"));
    announce(epoch_s + 11, 1, "10.0.0.9");
    announce(epoch_s + 20, 3, "10.0.0.1");
    rig_wait(&rig, epoch_s + 30);
    ck_assert_uint_eq(rig.finding_count, 0);
    announce(epoch_s + 40, 3, "10.0.0.9"); /* that one is not */
    rig_wait(&rig, epoch_s + 50);
    ck_assert_uint_gt(rig.finding_count, 0);
    for (size_t i = 0; i < rig.finding_count; i++)
        ck_assert_str_eq(rig.findings[i].device, rig_id(3));
    rig_end(&rig);
}
END_TEST

/* ARP poisoning keeps asking for both ends, to tell them the wrong answer afterwards. */
START_TEST(who_keeps_asking_for_two_who_answer_is_told) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 12; i++) {
        ask(epoch_s + i * 10, 66, 1);
        ask(epoch_s + i * 10 + 1, 66, 2);
    }
    rig_wait(&rig, epoch_s + 130);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(66), "arp_insistence"));
    ck_assert_uint_eq(rig.finding_count, 1);
    rig_end(&rig);
}
END_TEST

/* A poller whose stations were switched off. */
START_TEST(who_asks_for_those_who_have_gone_is_not) {
    rig_start(&rig, &engine_defaults, NULL);
    ask(epoch_s, 66, 1);
    ask(epoch_s + 1, 66, 2);
    for (int i = 0; i < 50; i++)
        for (uint32_t n = 1; n < 3; n++)
            rig_send(&rig, make_question(epoch_s + 60 + i * 10 + n, device(66),
                                         device(n).ip));
    rig_wait(&rig, epoch_s + 600);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_end(&rig);
}
END_TEST

/* `who` says to `to`, unasked, that it is `claimed`. */
static void claim_to(double time_s, uint32_t who, uint32_t claimed, uint32_t to) {
    struct record reply = make_claim(time_s, CLAIM_ARP_REPLY, make_mac(who), "");
    reply.claim.ip = device(claimed).ip;
    reply.claim.target_mac = make_mac(to);
    reply.claim.target_ip = device(to).ip;
    rig_send(&rig, reply);
}

/* In the first seconds of a capture, by hosts that never spoke ARP in it. */
START_TEST(who_puts_himself_between_two_is_told_at_once) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 3; i++) {
        claim_to(epoch_s + i * 10, 66, 1, 2);
        claim_to(epoch_s + i * 10 + 0.1, 66, 2, 1);
    }
    rig_wait(&rig, epoch_s + 30);
    const struct finding *told = rig_finding(&rig, 0, rig_id(66), "arp_poisoning");
    ck_assert_ptr_nonnull(told);
    ck_assert(told->time_ns <= (uint64_t)((epoch_s + 11) * 1e9));
    ck_assert_uint_ge(told->level, LEVEL_MEDIUM);
    rig_end(&rig);
}
END_TEST

START_TEST(who_claims_what_anothers_frames_bear_is_told) {
    rig_start(&rig, &engine_defaults, NULL);
    rig_send(&rig, make_flow(epoch_s, device(1), device(2), TCP, 443));
    claim_to(epoch_s + 1, 66, 1, 2);
    rig_wait(&rig, epoch_s + 10);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(66), "duplicate_address"));
    ck_assert_uint_eq(rig.finding_count, 1);
    rig_end(&rig);
}
END_TEST

/* Neighbours that check on each other: the mirror may show no questions at all. */
START_TEST(who_answers_for_himself_is_never_told) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 100; i++)
        for (uint32_t to = 2; to < 12; to++) {
            claim_to(epoch_s + i * 30 + to, 1, 1, to);
            claim_to(epoch_s + i * 30 + to + 0.5, to, to, 1);
        }
    rig_wait(&rig, epoch_s + 3100);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_end(&rig);
}
END_TEST

START_TEST(who_asks_for_one_or_for_each_once_is_not) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 60; i++) {
        ask(epoch_s + i * 10, 7, 1);                    /* its gateway */
        ask(epoch_s + i * 10 + 5, 8, 10 + (uint32_t)i); /* one after the other */
    }
    for (int copy = 0; copy < 10;
         copy++) /* the mirror shows each packet twice or more */
        for (uint32_t n = 1; n < 3; n++)
            rig_send(&rig, make_question(epoch_s + 700 + copy * 0.01, device(9),
                                         device(n).ip));
    rig_wait(&rig, epoch_s + 800);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(7), "arp_insistence"));
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(8), "arp_insistence"));
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(9), "arp_insistence"));
    rig_end(&rig);
}
END_TEST

/* What is done in its name from now on may be another's doing. */
START_TEST(whose_address_is_taken_is_distrusted_but_not_at_risk) {
    rig_start(&rig, &engine_defaults, NULL);
    announce(epoch_s, 1, "10.0.0.1");
    announce(epoch_s + 1, 66, "10.0.0.66");
    rig_send(&rig, make_claim(epoch_s + 5, CLAIM_ARP_REPLY, make_mac(66), "10.0.0.1"));
    rig_wait(&rig, epoch_s + 10);
    ck_assert_double_gt((double)inside(1)->risk.distrust, 0);
    ck_assert_double_eq(
        risk_score(&inside(1)->risk, &rig.engine->rules, make_epoch_s + 10, NULL), 0);
    rig_end(&rig);
}
END_TEST

/* --- behind a router --- */

START_TEST(what_is_done_behind_a_router_weighs_on_it_too) {
    rig_start(&rig, &engine_defaults, NULL);
    announce(epoch_s, 1, "10.0.0.1");
    rig_send(&rig,
             make_flow(epoch_s + 1, make_end(1, "10.0.0.1"), device(3), TCP, 443));
    for (uint32_t i = 1; i < 9; i++) { /* it forwards for the world */
        struct make_end outer = {make_mac(1), {{93, 184, 216, (uint8_t)i}, 4}};
        rig_send(&rig, make_flow(epoch_s + 2, outer, device(3), TCP, 443));
    }
    ck_assert(inside(1)->router);
    rig_wait(&rig, epoch_s + 20);
    size_t rows = rig.row_count;
    struct make_end behind = make_end(1, "10.5.0.7");
    scan(epoch_s + 23, behind);
    rig_wait(&rig, epoch_s + 30);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, "10.5.0.7", "scan"));
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "scan"));
    const struct row *host = rig_row(&rig, "10.5.0.7");
    const struct row *router = rig_row(&rig, rig_id(1));
    ck_assert_double_gt(host->risk, router->risk);
    ck_assert_double_gt(router->risk, 0);
    ck_assert_double_le(host->confidence, 0.5);
    ck_assert_uint_eq(host->packets, 200);
    ck_assert_uint_eq(router->packets, 200); /* they passed through its hands */
    ck_assert_uint_eq(rig.row_count, rows + 2);
    rig_end(&rig);
}
END_TEST

/* --- zones, the field, false sources --- */

START_TEST(what_the_rules_do_not_allow_is_told_of_who_opened_it) {
    struct engine_options options = engine_defaults;
    struct zone_set *zones = calloc(1, sizeof *zones);
    char error[ZONE_ERROR_BYTES];
    uint8_t cameras;
    zone_init(zones);
    ck_assert(zone_add(zones, "cameras", &cameras, error));
    ck_assert(zone_add_member(zones, cameras, ZONE_PREFIX, "10.0.0.0/24", error));
    ck_assert(zone_add_rule(zones, "cameras -> other : tcp/554", error));
    options.zones = zones;
    rig_start(&rig, &options, NULL);
    struct make_end camera = make_end(1, "10.0.0.1"),
                    recorder = make_end(2, "10.7.0.1");
    rig_send(&rig, make_flow(epoch_s, camera, recorder, TCP, 554));
    rig_send(&rig, make_flow(epoch_s + 1, recorder, camera, TCP, 80));
    rig_wait(&rig, epoch_s + 10);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_send(&rig, make_flow(epoch_s + 11, camera, recorder, TCP, 22));
    rig_wait(&rig, epoch_s + 13);
    ck_assert_uint_eq(rig.finding_count, 1);
    ck_assert_str_eq(rig.findings[0].device, rig_id(1));
    ck_assert_str_eq(rig.findings[0].peer, "10.7.0.1");
    rig_check(&rig);
    rig_end(&rig);
    free(zones);
}
END_TEST

START_TEST(a_field_device_that_goes_to_another_is_told) {
    rig_start(&rig, &engine_defaults, NULL);
    struct make_end master = device(1), plc = device(2), other = device(3);
    for (int i = 0; i < 10; i++)
        for (uint32_t n = 2; n < 4; n++) {
            struct record poll = make_flow(epoch_s + i, master, device(n), TCP, 502);
            poll.flow.operations[0] =
                (struct operation_count){OPERATION_MODBUS << 8 | 3, 5};
            rig_send(&rig, poll);
        }
    rig_send(&rig, make_flow(epoch_s + 10, master, plc, TCP, 80)); /* to configure it */
    rig_wait(&rig, epoch_s + 20);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_send(&rig, make_flow(epoch_s + 21, plc, other, TCP, 80));
    rig_wait(&rig, epoch_s + 23);
    ck_assert_uint_eq(rig.finding_count, 1);
    ck_assert_str_eq(rig.findings[0].device, rig_id(2));
    rig_end(&rig);
}
END_TEST

START_TEST(who_sends_from_invented_addresses_is_told_and_is_no_router) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 100; i++)
        rig_send(&rig, make_flow(epoch_s + i * 10, device(1), device(2), TCP, 443));
    for (uint32_t i = 0; i < 100; i++) {
        struct make_end invented = {make_mac(1), {{93, 184, 216, (uint8_t)i}, 4}};
        rig_send(&rig,
                 make_attempt(epoch_s + 1001 + i * 0.05, invented, device(2), TCP, 80));
    }
    rig_wait(&rig, epoch_s + 1020);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "address_spoofing"));
    ck_assert(!inside(1)->router);
    rig_end(&rig);
}
END_TEST

/* In as many names as it takes to empty the server's purse; a client that asks again and again
   does so in its own. */
START_TEST(who_asks_for_leases_in_many_names_is_told) {
    for (unsigned in_own = 0; in_own < 2; in_own++) {
        rig_start(&rig, &engine_defaults, NULL);
        for (uint32_t i = 0; i < 40; i++) {
            struct record record = make_claim(epoch_s + i, CLAIM_DHCP_REQUEST,
                                              make_mac(in_own ? 1 : 500 + i), "");
            record.claim.frame_mac = make_mac(1);
            rig_send(&rig, record);
        }
        rig_wait(&rig, epoch_s + 60);
        const struct finding *finding =
            rig_finding(&rig, 0, rig_id(1), "address_spoofing");
        ck_assert_int_eq(finding == NULL, (int)in_own);
        rig_end(&rig);
    }
}
END_TEST

/* --- what is not learnt, and not held against anybody --- */

static void work(double from_s, double to_s) {
    for (int i = 0; from_s + 2 * i < to_s; i++) {
        struct record record =
            make_flow(from_s + 2 * i, device(1), device(2), TCP, 443);
        record.flow.packets[0] = record.flow.packets[1] = 3 + random_below(5);
        rig_send(&rig, record);
    }
}

START_TEST(nothing_is_learnt_for_a_while_after_hard_evidence) {
    rig_start(&rig, &engine_defaults, NULL);
    work(epoch_s, epoch_s + 10 * minute_s);
    scan(epoch_s + 10 * minute_s + 1, device(1));
    rig_wait(&rig, epoch_s + 10 * minute_s + 10);
    double before = (double)inside(1)->baseline.windows;
    ck_assert_double_gt(before, 50);
    work(epoch_s + 10 * minute_s + 10, epoch_s + 15 * minute_s);
    ck_assert_double_eq((double)inside(1)->baseline.windows, before);
    ck_assert_double_gt((double)inside(2)->baseline.windows, before); /* others do */
    rig_end(&rig);
}
END_TEST

/* Half a window is no measure of what is usual in a whole one. */
START_TEST(a_window_cut_short_is_no_surprise_and_teaches_no_counts) {
    double anomaly[2];
    for (int is_cut = 0; is_cut < 2; is_cut++) {
        rig_start(&rig, &engine_defaults, NULL);
        work(epoch_s, epoch_s + 2 * hour_s);
        double now_s = epoch_s + 2 * hour_s;
        if (is_cut)
            rig_step(&rig, now_s);
        double before = (double)inside(1)->baseline.windows;
        struct record burst = make_flow(now_s + 1, device(1), device(2), TCP, 443);
        burst.flow.packets[0] = 50000;
        burst.flow.packets[1] = 40000;
        burst.flow.bytes[0] = burst.flow.bytes[1] = 60000000;
        rig_send(&rig, burst);
        rig_wait(&rig, now_s + 10);
        anomaly[is_cut] = rig_row(&rig, rig_id(1))->anomaly;
        ck_assert_int_eq((double)inside(1)->baseline.windows > before, !is_cut);
        rig_end(&rig);
    }
    ck_assert_double_gt(anomaly[0], 1);
    ck_assert_double_eq(anomaly[1], 0);
}
END_TEST

START_TEST(a_question_is_not_unanswered_because_time_stepped) {
    rig_start(&rig, &engine_defaults, NULL);
    for (uint32_t i = 0; i < 200; i++)
        rig_send(&rig, make_question(epoch_s + 5, device(1), target(i).ip));
    rig_step(&rig, epoch_s + hour_s);
    rig_send(&rig, make_flow(epoch_s + hour_s, device(1), device(2), TCP, 443));
    rig_wait(&rig, epoch_s + hour_s + 20);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_end(&rig);
}
END_TEST

/* One device's habit is not the network's; that of several is. */
/* In a network where nothing was new for half an hour: one who joins it asks for a lease, for names,
   for the time, and calls home. */
START_TEST(who_has_just_come_is_not_strange) {
    rig_start(&rig, &engine_defaults, NULL);
    for (double at_s = 0; at_s < 40 * minute_s; at_s += 5)
        for (uint32_t n = 1; n < 9; n++)
            rig_send(&rig, make_flow(epoch_s + at_s, device(n), device(9), TCP, 502));
    static const uint16_t services[] = {67, 53, 123, 5353, 443, 80, 8883, 1900};
    double come_s = epoch_s + 40 * minute_s;
    for (uint32_t i = 0; i < 16; i++)
        rig_send(&rig, make_flow(come_s + 1.1 * i, device(50), device(60 + i / 2),
                                 i % 8 < 4 ? UDP : TCP, services[i % 8]));
    rig_wait(&rig, come_s + 5 * minute_s);
    bool was_seen = false;
    for (size_t i = 0; i < rig.row_count; i++)
        if (strcmp(rig.rows[i].device, rig_id(50)) == 0) {
            was_seen = true;
            ck_assert_double_lt(rig.rows[i].risk, 30);
        }
    ck_assert(was_seen);
    rig_end(&rig);
}
END_TEST

START_TEST(the_network_knows_what_several_use) {
    rig_start(&rig, &engine_defaults, NULL);
    struct make_end recorder = make_end(9001, "10.0.9.1");
    uint64_t key = window_mac_key(&recorder.mac);
    for (uint32_t n = 1; n < 4; n++) {
        double now_s = epoch_s + n * 100;
        rig_send(&rig, make_flow(now_s + 1, device(n), device(9), TCP, 80));
        rig_send(&rig, make_flow(now_s + 11, device(n), recorder, TCP, 8443));
        rig_wait(&rig, now_s + 30);
        ck_assert_int_eq(cohort_shares(&rig.engine->cohorts, key, 0), n > 1);
    }
    rig_end(&rig);
}
END_TEST

/* Ten sensors, of which one has done something else from its first second: it is like its own
   past, and learns nothing of what is usual but from the others. */
START_TEST(who_was_never_like_its_peers_is_told) {
    enum { MEMBERS = 10, WINDOWS = 120 };
    struct make_end server = device(500);
    server.mac.bytes[0] = 0x10; /* of another maker */
    rig_start(&rig, &engine_defaults, NULL);
    for (uint32_t window = 0; window < WINDOWS; window++)
        for (uint32_t n = 1; n <= MEMBERS; n++) {
            double now_s = epoch_s + window * 10 + n * 0.5;
            struct record flow = make_flow(now_s, device(n), server, TCP, 443);
            if (n == MEMBERS)
                flow.flow.bytes[INITIATOR] = 600000;
            rig_send(&rig, flow);
        }
    const struct finding *told = rig_finding(&rig, 0, rig_id(MEMBERS), "peer_outlier");
    ck_assert_ptr_nonnull(told);
    ck_assert_int_eq(told->level, LEVEL_MEDIUM);
    ck_assert_msg(strstr(told->text,
                         "usual among 9 others of its group, 00:1b:00 is 500") != NULL,
                  "%s", told->text);
    for (size_t i = 0; i < rig.finding_count; i++)
        ck_assert_str_eq(rig.findings[i].device, rig_id(MEMBERS));
    rig_end(&rig);
}
END_TEST

/* So that no window costs more than another, not all of a group come at once; and nobody waits
   for longer than two minutes. */
START_TEST(peers_are_compared_in_turn) {
    enum { MEMBERS = 24, WINDOWS = 60, TURNS = 12 };
    struct make_end server = device(500);
    server.mac.bytes[0] = 0x10; /* of another maker */
    rig_start(&rig, &engine_defaults, NULL);
    for (uint32_t window = 0; window < WINDOWS; window++)
        for (uint32_t n = 1; n <= MEMBERS; n++)
            rig_send(&rig, make_flow(epoch_s + window * 10 + n * 0.25, device(n),
                                     server, TCP, 443));
    rig_wait(&rig, epoch_s + WINDOWS * 10);
    struct make_end first = device(1);
    const struct device *one = device_of_mac(&rig.engine->devices, &first.mac);
    const struct cohort_group *group =
        table_find(rig.engine->cohorts.groups, &one->group);
    ck_assert_ptr_nonnull(group);
    unsigned members = 0, turns[TURNS] = {0}, distinct = 0;
    uint32_t end_s = (uint32_t)make_epoch_s + WINDOWS * 10;
    for (unsigned i = 0; i < PEERS_MEMBERS; i++) {
        uint32_t last_s = group->peers.members[i].last_s;
        if (!group->peers.members[i].user)
            continue;
        members++;
        ck_assert_uint_lt(end_s - last_s, 120);
        distinct += turns[last_s / 10 % TURNS]++ == 0;
    }
    ck_assert_uint_eq(members, MEMBERS);
    ck_assert_uint_gt(distinct, TURNS / 2);
    for (unsigned i = 0; i < TURNS; i++)
        ck_assert_uint_le(turns[i], MEMBERS / 3);
    rig_end(&rig);
}
END_TEST

static void request(double time_s, uint32_t who, unsigned risk) {
    struct record flow = make_flow(time_s, device(who), device(500), TCP, 80);
    flow.flow.risks = UINT64_C(1) << risk;
    rig_send(&rig, flow);
}

START_TEST(requests_that_carry_an_attack_are_told) {
    rig_start(&rig, &engine_defaults, NULL);
    request(epoch_s, 1, RISK_COMMAND);
    request(epoch_s, 2, RISK_SQL);
    request(epoch_s, 4, RISK_CLEAR_TEXT);
    request(epoch_s, 5, 5); /* a risk of another kind */
    for (int i = 0; i < 6; i++)
        request(epoch_s + i * 10, 3, RISK_SQL);
    rig_wait(&rig, epoch_s + 70);
    ck_assert_int_eq(rig_finding(&rig, 0, rig_id(1), "web_attack")->level,
                     LEVEL_MEDIUM);
    ck_assert_int_lt(inside(2)->risk.level, LEVEL_MEDIUM); /* it may be a name */
    ck_assert_int_ge(inside(3)->risk.level, LEVEL_MEDIUM);
    ck_assert_int_lt(inside(4)->risk.level, LEVEL_MEDIUM);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(4), "clear_text"));
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(5), "web_attack"));
    const struct risk_rules *rules = &rig.engine->rules;
    for (uint32_t n = 2; n < 5; n += 2) /* a remark leaves no distrust */
        ck_assert_double_eq(risk_distrust(&inside(n)->risk, rules, 1700000070), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(data_that_leaves_in_names_is_told_however_slowly) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 120; i++) {
        struct record flow =
            make_flow(epoch_s + i * 10, device(1), device(500), UDP, 53);
        flow.flow.dns_queries = 1;
        flow.flow.dns_query_bytes = 40;
        for (unsigned c = 0; c < 28; c++)
            flow.flow.name[c] = "abcdefghijklmnopqrstuvwxyz234567"[random_below(32)];
        strcpy(flow.flow.name + 28, ".example.org");
        rig_send(&rig, flow);
        snprintf(flow.flow.name, sizeof flow.flow.name, "www%d.example.org", i);
        flow.flow.mac[INITIATOR] = make_mac(2);
        flow.flow.ip[INITIATOR] = make_ip_number(2);
        rig_send(&rig, flow);
    }
    rig_wait(&rig, epoch_s + 1300);
    const struct finding *told = rig_finding(&rig, 0, rig_id(1), "dns_labels");
    ck_assert_ptr_nonnull(told);
    ck_assert_int_ge(told->level, LEVEL_MEDIUM);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(2), "dns_labels"));
    rig_end(&rig);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("story");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, answers_that_were_asked_for_are_no_flood);
    tcase_add_test(all, a_lease_may_come_after_the_address_was_announced);
    tcase_add_test(all, an_address_that_was_given_up_is_anybodys);
    tcase_add_test(all, who_keeps_asking_for_two_who_answer_is_told);
    tcase_add_test(all, who_asks_for_those_who_have_gone_is_not);
    tcase_add_test(all, who_puts_himself_between_two_is_told_at_once);
    tcase_add_test(all, who_claims_what_anothers_frames_bear_is_told);
    tcase_add_test(all, who_answers_for_himself_is_never_told);
    tcase_add_test(all, who_asks_for_one_or_for_each_once_is_not);
    tcase_add_test(all, whose_address_is_taken_is_distrusted_but_not_at_risk);
    tcase_add_test(all, what_is_done_behind_a_router_weighs_on_it_too);
    tcase_add_test(all, what_the_rules_do_not_allow_is_told_of_who_opened_it);
    tcase_add_test(all, a_field_device_that_goes_to_another_is_told);
    tcase_add_test(all, who_sends_from_invented_addresses_is_told_and_is_no_router);
    tcase_add_test(all, who_asks_for_leases_in_many_names_is_told);
    tcase_add_test(all, nothing_is_learnt_for_a_while_after_hard_evidence);
    tcase_add_test(all, a_window_cut_short_is_no_surprise_and_teaches_no_counts);
    tcase_add_test(all, a_question_is_not_unanswered_because_time_stepped);
    tcase_add_test(all, who_has_just_come_is_not_strange);
    tcase_add_test(all, the_network_knows_what_several_use);
    tcase_add_test(all, who_was_never_like_its_peers_is_told);
    tcase_add_test(all, peers_are_compared_in_turn);
    tcase_add_test(all, requests_that_carry_an_attack_are_told);
    tcase_add_test(all, data_that_leaves_in_names_is_told_however_slowly);
    Suite *suite = suite_create("story");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
