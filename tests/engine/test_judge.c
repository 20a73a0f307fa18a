#include "engine/engine.h"
#include "tests/engine/rig.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

/* What the engine makes of whole stories: who is blamed, how soon, with what words; and who
   is not. */

static const double epoch_s = 1700000000; /* make_epoch_s */
static const double minute_s = 60, hour_s = 3600;

static struct rig rig;

static struct make_end device(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

static struct make_end target(uint32_t n) {
    return (struct make_end){make_mac(5000 + n), make_ip_number(0x20000 + n)};
}

static double worst_risk(const char *id) {
    double worst = 0;
    for (size_t i = 0; i < rig.row_count; i++)
        if (strcmp(rig.rows[i].device, id) == 0)
            worst = fmax(worst, rig.rows[i].risk);
    return worst;
}

static void check_only_blamed(uint32_t n) {
    for (size_t i = 0; i < rig.finding_count; i++)
        ck_assert_msg(strcmp(rig.findings[i].device, rig_id(n)) == 0, "%s: %s",
                      rig.findings[i].device, rig.findings[i].text);
}

static double time_of(const struct finding *finding) {
    return (double)finding->time_ns / 1e9;
}

/* --- an early look --- */

START_TEST(a_scan_is_found_within_two_seconds) {
    for (int offset = 0; offset < 20; offset++) {
        rig_start(&rig, &engine_defaults, NULL);
        double start_s = epoch_s + offset * 0.5, seen_s = 0;
        rig_send(&rig, make_flow(start_s, device(2), device(3), TCP, 443));
        for (uint32_t i = 0; i < 100; i++) {
            double now_s = start_s + i * 0.2;
            rig_send(&rig, make_attempt(now_s, device(1), target(i), TCP, 23));
            if (i == (uint32_t)(engine_defaults.limits.scan_addresses * 1.3))
                seen_s = now_s;
        }
        const struct finding *finding = rig_finding(&rig, 0, rig_id(1), "scan");
        ck_assert_ptr_nonnull(finding);
        ck_assert_double_le(time_of(finding), seen_s + 2);
        ck_assert_int_ge(finding->level, LEVEL_MEDIUM);
        ck_assert_ptr_nonnull(strstr(finding->text, "addresses"));
        rig_wait(&rig, start_s + 40);
        ck_assert_double_ge(worst_risk(rig_id(1)), 30);
        ck_assert_int_eq(rig.rows[0].state, STATE_LEARNING); /* in learning, too */
        check_only_blamed(1);
        rig_check(&rig);
        rig_end(&rig);
    }
}
END_TEST

/* It asks within a second for the whole network, and falls silent. */
START_TEST(a_sweep_by_arp_is_found_although_it_is_over) {
    for (int offset = 0; offset < 22; offset++) {
        rig_start(&rig, &engine_defaults, NULL);
        double start_s = epoch_s + offset * 0.5;
        for (uint32_t i = 0; i < 250; i++)
            rig_send(&rig, make_question(start_s + i * 0.002, device(1), target(i).ip));
        rig_wait(&rig, start_s + 20);
        const struct finding *finding = rig_finding(&rig, 0, rig_id(1), "scan");
        ck_assert_msg(finding != NULL, "a sweep %.1f s into a window", offset * 0.5);
        ck_assert_double_le(time_of(finding),
                            start_s + 0.5 + 1 + 2); /* 1 s to answer */
        rig_end(&rig);
    }
}
END_TEST

START_TEST(asking_for_those_who_are_there_is_no_scan) {
    rig_start(&rig, &engine_defaults, NULL);
    for (uint32_t i = 0; i < 100; i++) { /* half of them answer, half did before */
        if (i % 2)
            rig_send(&rig, make_flow(epoch_s, target(i), device(2), TCP, 443));
        struct record claim =
            make_claim(epoch_s, CLAIM_ARP_ANNOUNCE, target(i).mac, "");
        claim.claim.ip = claim.claim.target_ip = target(i).ip;
        if (i % 2)
            rig_send(&rig, claim);
    }
    for (uint32_t i = 0; i < 100; i++) {
        double now_s = epoch_s + 30 + i * 0.1;
        rig_send(&rig, make_question(now_s, device(1), target(i).ip));
        struct record reply =
            make_claim(now_s + 0.05, CLAIM_ARP_REPLY, target(i).mac, "");
        reply.claim.ip = target(i).ip;
        reply.claim.target_mac = device(1).mac;
        reply.claim.target_ip = device(1).ip;
        if (i % 2 == 0)
            rig_send(&rig, reply);
    }
    rig_wait(&rig, epoch_s + 120);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_end(&rig);
}
END_TEST

/* --- lasting conditions --- */

START_TEST(a_channel_that_never_answers_reaches_medium_in_five_minutes) {
    rig_start(&rig, &engine_defaults, NULL);
    struct make_end gone = make_end(9001, "93.184.216.34");
    double medium_s = 0, worst = 0;
    for (int i = 0; i < 6 * 360; i++) {
        rig_send(&rig, make_attempt(epoch_s + i * 10, device(1), gone, TCP, 4444));
        const struct row *row = rig_row(&rig, rig_id(1));
        if (row && row->level == LEVEL_MEDIUM && medium_s <= 0)
            medium_s = (double)row->end_s;
        if (medium_s > 0 && row) { /* it stays as it is, however long */
            ck_assert_int_eq(row->level, LEVEL_MEDIUM);
            worst = fmax(worst, row->risk);
        }
    }
    ck_assert_double_gt(medium_s, 0);
    ck_assert_double_le(medium_s, epoch_s + 5 * minute_s);
    ck_assert_double_lt(worst, engine_defaults.level_high);
    const struct finding *first =
        rig_finding(&rig, 0, rig_id(1), "failing_connections");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(
        rig_finding(&rig, (size_t)(first - rig.findings) + 1, rig_id(1),
                    "failing_connections")); /* one finding, still open */
    ck_assert_str_eq(first->peer, "93.184.216.34");
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* --- addresses --- */

static void announce(double time_s, uint32_t n, const char *ip) {
    rig_send(&rig, make_claim(time_s, CLAIM_ARP_ANNOUNCE, make_mac(n), ip));
}

START_TEST(who_takes_a_neighbours_address_is_blamed_and_not_the_neighbour) {
    rig_start(&rig, &engine_defaults, NULL);
    announce(epoch_s, 1, "10.0.0.1");
    announce(epoch_s, 2, "10.0.0.2");
    announce(epoch_s, 66, "10.0.0.66");
    rig_send(&rig, make_flow(epoch_s + 1, device(1), device(2), TCP, 443));
    for (int i = 0; i < 5; i++) {
        struct record lie =
            make_claim(epoch_s + 20 + i, CLAIM_ARP_REPLY, make_mac(66), "10.0.0.1");
        rig_send(&rig, lie);
        rig_send(&rig, make_flow(epoch_s + 20 + i, device(1), device(2), TCP, 443));
    }
    rig_wait(&rig, epoch_s + 60);
    const struct finding *finding = rig_finding(&rig, 0, rig_id(66), "arp_spoof");
    ck_assert_ptr_nonnull(finding);
    ck_assert_double_le(time_of(finding), epoch_s + 22);
    ck_assert_str_eq(finding->peer, "10.0.0.1");
    ck_assert_ptr_nonnull(strstr(finding->text, rig_id(1))); /* whose it is */
    check_only_blamed(66);
    ck_assert_double_lt(worst_risk(rig_id(1)), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(leases_explain_addresses) {
    rig_start(&rig, &engine_defaults, NULL);
    struct make_end dhcp = make_end(2, "10.0.0.2");
    announce(epoch_s, 1, "10.0.0.1");
    for (int i = 0; i < 5; i++) {
        char ip[ADDRESS_TEXT_BYTES];
        double now_s = epoch_s + 10 + i * hour_s;
        snprintf(ip, sizeof ip, "10.0.1.%d", i);
        rig_send(&rig, make_lease(now_s, dhcp, make_mac(1), ip));
        announce(now_s + 1, 1, ip);
    }
    rig_wait(&rig, epoch_s + 10 * hour_s);
    ck_assert_uint_eq(rig.finding_count, 0);
    announce(epoch_s + 10 * hour_s, 1, "10.0.2.1"); /* this one was given by hand */
    rig_wait(&rig, epoch_s + 10 * hour_s + 10);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "address_change"));
    check_only_blamed(1);
    rig_end(&rig);
}
END_TEST

START_TEST(a_second_dhcp_server_is_told) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 20; i++)
        rig_send(&rig, make_lease(epoch_s + i * minute_s, make_end(2, "10.0.0.2"),
                                  make_mac(100), "10.0.1.1"));
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_send(&rig, make_lease(epoch_s + hour_s, make_end(66, "10.0.0.66"),
                              make_mac(101), "10.0.1.2"));
    rig_wait(&rig, epoch_s + hour_s + 2);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(66), "rogue_dhcp"));
    check_only_blamed(66);
    rig_end(&rig);
}
END_TEST

/* --- who is not to blame --- */

START_TEST(who_is_attacked_is_not_suspicious) {
    rig_start(&rig, &engine_defaults, NULL);
    struct make_end victim = device(1), attacker = device(66);
    for (int i = 0; i < 300; i++) {
        double now_s = epoch_s + i;
        struct record flood = make_attempt(now_s, attacker, victim, UDP, 9);
        flood.flow.packets[INITIATOR] = 5000;
        struct record syns = make_flow(now_s, attacker, victim, TCP, 80);
        syns.flow.syn[INITIATOR] = syns.flow.syn[RESPONDER] = 500;
        syns.flow.packets[INITIATOR] = syns.flow.packets[RESPONDER] = 2000;
        rig_send(&rig, make_flow(now_s, victim, device(2), TCP, 443));
        rig_send(&rig, flood);
        rig_send(&rig, syns);
        rig_send(&rig, make_flow(now_s, attacker, victim, TCP, 22));
        rig_send(&rig, make_attempt(now_s, attacker, victim, TCP, (uint16_t)(100 + i)));
    }
    rig_wait(&rig, epoch_s + 310);
    ck_assert_double_ge(worst_risk(rig_id(66)), 60);
    ck_assert_double_lt(worst_risk(rig_id(1)), 30);
    check_only_blamed(66);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(a_busy_network_in_its_first_hour_is_quiet) {
    rig_start(&rig, &engine_defaults, NULL);
    struct make_end outside = make_end(9001, "93.184.216.34");
    for (int half = 0; half < 2 * 3600; half++)
        for (uint32_t n = 1; n <= 6; n++) {
            outside.ip.bytes[1] = (uint8_t)random_below(250);
            rig_send(&rig, make_flow(epoch_s + half * 0.5, device(n), device(7), TCP,
                                     (uint16_t)(400 + n)));
            if (random_below(3) == 0)
                rig_send(&rig,
                         make_flow(epoch_s + half * 0.5, device(n), outside, TCP, 443));
            if (random_below(200) == 0) /* now and then somebody does not answer */
                rig_send(&rig, make_attempt(epoch_s + half * 0.5, device(n),
                                            target(random_below(5)), TCP, 443));
        }
    for (size_t i = 0; i < rig.row_count; i++)
        ck_assert_double_lt(rig.rows[i].risk, engine_defaults.level_medium);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* --- what readers see --- */

START_TEST(factors_add_up_to_the_score_largest_first) {
    struct engine_options options = engine_defaults;
    options.live = true; /* a picture at every tick */
    struct board *board = board_create();
    rig_start(&rig, &options, board);
    for (uint32_t i = 0; i < 200; i++) {
        rig_send(&rig, make_attempt(epoch_s + i * 0.01, device(1), target(i), TCP, 23));
        rig_send(&rig, make_flow(epoch_s + i * 0.01, device(1), device(2), TCP, 22));
    }
    struct record names = make_flow(epoch_s + 2, device(1), device(2), UDP, 53);
    names.flow.dns_queries = names.flow.dns_nxdomain = 500;
    names.flow.dns_query_bytes = 60000;
    rig_send(&rig, names);
    rig_wait(&rig, epoch_s + 300);

    const struct snapshot *snapshot = board_acquire(board);
    uint32_t index;
    ck_assert_uint_eq(snapshot_find(snapshot, rig_id(1), &index, 1), 1);
    const struct device_view *view = snapshot_device(snapshot, index);
    ck_assert_uint_ge(view->factor_count, 4);
    double sum = 0;
    for (unsigned i = 0; i < view->factor_count; i++) {
        const struct factor *factor = &view->factors[i];
        ck_assert(factor->kind[0] && factor->text[0]);
        ck_assert_double_gt(factor->contribution, 0);
        ck_assert_uint_ge(factor->since_ns, (uint64_t)(epoch_s * 1e9));
        ck_assert_uint_le(factor->since_ns, view->computed_at_ns);
        if (i)
            ck_assert_double_le(factor->contribution,
                                view->factors[i - 1].contribution);
        sum += factor->contribution;
    }
    ck_assert_double_eq_tol(sum, view->score, 1e-9);
    const struct row *row = rig_row(&rig, rig_id(1));
    ck_assert_double_eq_tol(view->score, row->risk, 1e-9);
    ck_assert_int_eq(view->level, row->level);
    ck_assert_str_eq(view->factors[0].kind, row->top_factor);
    ck_assert_uint_eq(snapshot_finding_count(snapshot), rig.finding_count);
    board_release(snapshot);
    rig_end(&rig);
    board_destroy(board);
}
END_TEST

START_TEST(a_view_says_who_it_is_and_with_whom_it_speaks) {
    struct engine_options options = engine_defaults;
    options.live = true;
    struct board *board = board_create();
    rig_start(&rig, &options, board);
    struct make_end outside = make_end(9001, "93.184.216.34");
    announce(epoch_s, 1, "10.0.0.1");
    rig_send(&rig,
             make_lease(epoch_s, device(2), make_mac(1), "0.0.0.0")); /* an INFORM */
    rig_send(&rig, make_name(epoch_s, NAME_MDNS, device(1), "camera-7"));
    rig_send(&rig, make_name(epoch_s, NAME_DHCP_VENDOR, device(1), "Cameras Ltd"));
    rig_send(&rig, make_name(epoch_s, NAME_DNS_ANSWER, outside, "cloud.example.com"));
    struct record flow = make_flow(epoch_s + 1, device(1), outside, TCP, 443);
    snprintf(flow.flow.application, sizeof flow.flow.application, "TLS");
    rig_send(&rig, flow);
    rig_send(&rig, make_name(epoch_s + 1, NAME_DHCP_HOST, device(1), "cam\x1b[2J"));
    rig_wait(&rig, epoch_s + 20);

    const struct snapshot *snapshot = board_acquire(board);
    uint32_t index;
    ck_assert_uint_eq(snapshot_find(snapshot, "10.0.0.1", &index, 1), 1);
    const struct device_view *view = snapshot_device(snapshot, index);
    ck_assert_str_eq(view->id, rig_id(1));
    ck_assert_str_eq(view->name, "cam?[2J"); /* harmless, and the host's own */
    ck_assert_str_eq(view->vendor, "Cameras Ltd");
    ck_assert_uint_eq(view->address_count, 1);
    ck_assert_uint_eq(view->packets, 10);
    ck_assert_uint_eq(view->bytes, 1000);
    ck_assert_uint_eq(view->top_peer_count, 1);
    ck_assert_str_eq(view->top_peers[0].name, "cloud.example.com");
    ck_assert_uint_eq(view->top_services[0].bytes, 1000);
    ck_assert_str_eq(view->top_services[0].name, "tcp/443 TLS");
    board_release(snapshot);
    rig_end(&rig);
    board_destroy(board);
}
END_TEST

START_TEST(what_is_switched_off_is_silent) {
    struct engine_options options = engine_defaults;
    options.families_off = 1U << FAMILY_INVARIANT;
    rig_start(&rig, &options, NULL);
    for (uint32_t i = 0; i < 300; i++)
        rig_send(&rig, make_attempt(epoch_s + i * 0.01, device(1), target(i), TCP, 23));
    rig_wait(&rig, epoch_s + 60);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(1), "scan"));
    rig_end(&rig);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("judge");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, a_scan_is_found_within_two_seconds);
    tcase_add_test(all, a_sweep_by_arp_is_found_although_it_is_over);
    tcase_add_test(all, asking_for_those_who_are_there_is_no_scan);
    tcase_add_test(all, a_channel_that_never_answers_reaches_medium_in_five_minutes);
    tcase_add_test(all, who_takes_a_neighbours_address_is_blamed_and_not_the_neighbour);
    tcase_add_test(all, leases_explain_addresses);
    tcase_add_test(all, a_second_dhcp_server_is_told);
    tcase_add_test(all, who_is_attacked_is_not_suspicious);
    tcase_add_test(all, a_busy_network_in_its_first_hour_is_quiet);
    tcase_add_test(all, factors_add_up_to_the_score_largest_first);
    tcase_add_test(all, a_view_says_who_it_is_and_with_whom_it_speaks);
    tcase_add_test(all, what_is_switched_off_is_silent);
    Suite *suite = suite_create("judge");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
