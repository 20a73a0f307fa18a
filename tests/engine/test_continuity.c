#include "engine/continuity.h"
#include "engine/state.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>

/* Is it still who it was? First the rules alone, then in an engine. */

enum { NOW_S = 1700000000 };

/* --- two at the same time --- */

START_TEST(two_stacks_that_take_turns_are_two_devices) {
    struct continuity state = {0};
    enum doubt doubt = DOUBT_NONE;
    for (unsigned i = 0; i < 5 && doubt == DOUBT_NONE; i++)
        doubt = continuity_hop_limit(&state, i % 2 ? 128 : 64, NOW_S + i * 60);
    ck_assert_int_eq(doubt, DOUBT_TWO_STACKS);
}
END_TEST

START_TEST(another_system_at_the_next_start_is_one_device) {
    struct continuity state = {0};
    for (unsigned day = 0; day < 20; day++)
        for (unsigned i = 0; i < 10; i++)
            ck_assert_int_eq(continuity_hop_limit(&state, day % 2 ? 128 : 64,
                                                  NOW_S + day * 86400 + i),
                             DOUBT_NONE);
}
END_TEST

static enum doubt client(struct continuity *state, const char *options, bool is_boot,
                         uint64_t silent_s, uint32_t now_s) {
    return continuity_said(state, NAME_DHCP_FINGERPRINT, options, true, is_boot,
                           silent_s, now_s);
}

START_TEST(two_clients_that_take_turns_are_two_devices) {
    struct continuity state = {0};
    ck_assert_int_eq(client(&state, "1,3", false, 0, NOW_S), DOUBT_NONE);
    ck_assert_int_eq(client(&state, "1,6", false, 1, NOW_S + 100), DOUBT_NONE);
    ck_assert_int_eq(client(&state, "1,3", false, 1, NOW_S + 200), DOUBT_NONE);
    ck_assert_int_eq(client(&state, "1,6", false, 1, NOW_S + 300), DOUBT_TWO_STACKS);
}
END_TEST

START_TEST(a_start_from_the_network_is_one_device) {
    struct continuity told = {0}, quiet = {0};
    for (unsigned day = 0; day < 10; day++) {
        uint32_t now_s = NOW_S + day * 86400;
        /* The loader says what it is, or there is a silence before it. */
        ck_assert_int_eq(client(&told, "1,2,3", true, 1, now_s), DOUBT_NONE);
        ck_assert_int_eq(client(&told, "1,6", false, 1, now_s + 20), DOUBT_NONE);
        ck_assert_int_eq(client(&quiet, "1,2,3", false, 60, now_s), DOUBT_NONE);
        ck_assert_int_eq(client(&quiet, "1,6", false, 1, now_s + 20), DOUBT_NONE);
    }
}
END_TEST

START_TEST(steps_and_systems_show_what_is_behind) {
    struct continuity state = {0}, proxy = {0};
    for (unsigned i = 0; i < 20; i++) {
        ck_assert(!continuity_is_shared(&state) || i >= 8);
        continuity_hop_limit(&state, 63, NOW_S + i);
    }
    ck_assert(continuity_is_shared(&state));
    static const char *const browsers[] = {"Mozilla/5.0 (Windows NT 10.0)",
                                           "Mozilla/5.0 (iPhone; U)"};
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(!continuity_is_shared(&proxy));
        continuity_said(&proxy, NAME_USER_AGENT, browsers[i], true, false, 0, NOW_S);
    }
    ck_assert(continuity_is_shared(&proxy));
}
END_TEST

/* --- places --- */

START_TEST(who_moves_with_a_lease_has_moved) {
    struct continuity state = {0};
    continuity_place(&state, 10, 0, NOW_S);
    ck_assert_int_eq(continuity_place(&state, 20, 0, NOW_S + 4000), DOUBT_NONE);
    ck_assert_int_eq(continuity_settle(&state, 0, NOW_S + 4005), DOUBT_NONE);
    ck_assert_int_eq(continuity_settle(&state, NOW_S + 4003, NOW_S + 4010), DOUBT_NONE);
    /* It is at home there now; and back, without a lease. */
    ck_assert_int_eq(continuity_place(&state, 10, 0, NOW_S + 8000), DOUBT_NONE);
    ck_assert_int_eq(continuity_settle(&state, NOW_S + 4003, NOW_S + 8010),
                     DOUBT_VLAN_HOP);
    ck_assert_int_eq(continuity_settle(&state, NOW_S + 4003, NOW_S + 8020), DOUBT_NONE);
}
END_TEST

START_TEST(a_link_of_several_vlans_is_one_place) {
    struct continuity state = {0};
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert_int_eq(continuity_place(&state, (uint16_t)(10 + i % 3), 0, NOW_S + i),
                         DOUBT_NONE);
        ck_assert_int_eq(continuity_settle(&state, 0, NOW_S + i), DOUBT_NONE);
    }
}
END_TEST

START_TEST(with_its_tag_and_without_is_one_place) {
    struct continuity state = {0};
    for (unsigned i = 0; i < 2000; i++) {
        ck_assert_int_eq(continuity_place(&state, i % 2 ? 10 : 0, 0, NOW_S + i),
                         DOUBT_NONE);
        ck_assert_int_eq(continuity_settle(&state, 0, NOW_S + i), DOUBT_NONE);
    }
}
END_TEST

START_TEST(in_two_vlans_at_once_are_two_devices) {
    struct continuity state = {0};
    enum doubt doubt = DOUBT_NONE;
    for (unsigned i = 0; i < 700; i++)
        ck_assert_int_eq(continuity_place(&state, 10, 0, NOW_S + i), DOUBT_NONE);
    unsigned steps = 0;
    for (; steps < 50 && doubt == DOUBT_NONE; steps++)
        doubt = continuity_place(&state, steps % 2 ? 10 : 20, 0, NOW_S + 700 + steps);
    ck_assert_int_eq(doubt, DOUBT_TWO_PLACES);
    ck_assert_uint_gt(steps, 4);
}
END_TEST

/* --- who comes back --- */

START_TEST(one_difference_is_an_update_two_are_another_device) {
    struct continuity state = {0};
    client(&state, "1,3", false, 0, NOW_S);
    continuity_hop_limit(&state, 64, NOW_S);
    continuity_return(&state, NOW_S + 7200);
    ck_assert_int_eq(client(&state, "1,6", false, 7200, NOW_S + 7200), DOUBT_NONE);
    ck_assert_int_eq(continuity_hop_limit(&state, 128, NOW_S + 7210), DOUBT_REPLACED);
    ck_assert_uint_eq(state.differences, DIFFERENCE_CLIENT | DIFFERENCE_STACK);
    /* Told once. */
    ck_assert_int_eq(continuity_habits(&state, 20, 20, NOW_S + 7220), DOUBT_NONE);
}
END_TEST

START_TEST(the_same_two_without_an_absence_say_nothing) {
    struct continuity state = {0};
    client(&state, "1,3", false, 0, NOW_S);
    continuity_hop_limit(&state, 64, NOW_S);
    ck_assert_int_eq(client(&state, "1,6", false, 60, NOW_S + 100), DOUBT_NONE);
    ck_assert_int_eq(continuity_hop_limit(&state, 128, NOW_S + 100), DOUBT_NONE);
    /* And long after a return. */
    continuity_return(&state, NOW_S + 200);
    ck_assert_int_eq(client(&state, "1,3", false, 60, NOW_S + 90000), DOUBT_NONE);
    ck_assert_int_eq(continuity_hop_limit(&state, 64, NOW_S + 90000), DOUBT_NONE);
}
END_TEST

/* --- in an engine --- */

static const double start_s = 1700000000;

/* A gateway that forwards, a server of leases, and a host. */
static struct make_end gateway, server, host;

static double settle(struct rig *rig) {
    gateway = make_end(1, "10.0.0.1");
    server = make_end(2, "10.0.0.2");
    host = make_end(3, "10.0.0.3");
    double now_s = start_s;
    for (; now_s < start_s + 900; now_s += 10) {
        struct make_end far = {gateway.mac, make_ip("198.51.100.7")};
        struct make_end further = {gateway.mac, make_ip("203.0.113.7")};
        rig_send(rig, make_claim(now_s, CLAIM_ARP_REPLY, gateway.mac, "10.0.0.1"));
        rig_send(rig, make_claim(now_s, CLAIM_ARP_REPLY, host.mac, "10.0.0.3"));
        rig_send(rig, make_flow(now_s + 1, host, far, UDP, 443));
        rig_send(rig, make_flow(now_s + 2, host, further, UDP, 443));
        rig_send(rig, make_lease(now_s + 3, server, host.mac, "10.0.0.3"));
    }
    ck_assert_uint_eq(rig->finding_count, 0);
    return now_s;
}

static void start(struct rig *rig) {
    rig_start(rig, &engine_defaults, NULL);
}

START_TEST(who_takes_the_gateways_address_is_told_as_such) {
    struct rig rig;
    start(&rig);
    double now_s = settle(&rig);
    rig_send(&rig, make_claim(now_s, CLAIM_ARP_REPLY, make_mac(66), "10.0.0.66"));
    rig_send(&rig, make_claim(now_s + 1, CLAIM_ARP_REPLY, make_mac(66), "10.0.0.1"));
    rig_send(&rig, make_claim(now_s + 1, CLAIM_ARP_REPLY, make_mac(66), "10.0.0.3"));
    rig_wait(&rig, now_s + 20);
    const struct finding *finding =
        rig_finding(&rig, 0, rig_id(66), "gateway_impersonation");
    ck_assert_ptr_nonnull(finding);
    ck_assert_str_eq(finding->peer, "10.0.0.1");
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(a_lease_that_nobody_asked_for_takes_no_address) {
    struct rig rig;
    start(&rig);
    double now_s = settle(&rig);
    /* Under the server's own name: 10.0.0.3 to another. */
    rig_send(&rig, make_lease(now_s, server, make_mac(66), "10.0.0.3"));
    rig_send(&rig, make_claim(now_s + 1, CLAIM_ARP_REPLY, host.mac, "10.0.0.3"));
    rig_wait(&rig, now_s + 20);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(2), "forged_lease"));
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(3), "duplicate_address"));
    ck_assert_uint_eq(rig.finding_count, 1);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(a_lease_that_was_asked_for_moves_an_address) {
    struct rig rig;
    start(&rig);
    double now_s = settle(&rig);
    rig_send(&rig, make_claim(now_s, CLAIM_DHCP_REQUEST, make_mac(4), ""));
    rig_send(&rig, make_lease(now_s + 1, server, make_mac(4), "10.0.0.3"));
    rig_send(&rig, make_claim(now_s + 2, CLAIM_ARP_ANNOUNCE, make_mac(4), "10.0.0.3"));
    rig_wait(&rig, now_s + 20);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_end(&rig);
}
END_TEST

static struct record advertise(double now_s, uint32_t mac, const char *ip) {
    return make_claim(now_s, CLAIM_ROUTER_ADVERTISE, make_mac(mac), ip);
}

START_TEST(a_router_beside_the_established_one_is_rogue) {
    struct rig rig;
    start(&rig);
    double now_s = start_s;
    rig_send(&rig, advertise(now_s, 1, "fe80::1"));
    rig_send(&rig, advertise(now_s + 1, 2, "fe80::2")); /* two from the beginning */
    for (; now_s < start_s + 1200; now_s += 60) {
        rig_send(&rig, advertise(now_s + 2, 1, "fe80::1"));
        rig_send(&rig, advertise(now_s + 2, 2, "fe80::2"));
    }
    rig_wait(&rig, now_s);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_send(&rig, advertise(now_s + 2, 66, "fe80::66"));
    rig_wait(&rig, now_s + 20);
    ck_assert_uint_eq(rig.finding_count, 1);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(66), "rogue_router"));
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

static struct record show(double now_s, uint32_t mac, const char *ip, unsigned serial,
                          const char *issuer) {
    struct record record = make_mark(now_s, RECORD_CERTIFICATE);
    struct certificate_record *c = &record.certificate;
    *c = (struct certificate_record){.mac = make_mac(mac),
                                     .ip = make_ip(ip),
                                     .port = 443,
                                     .not_after_s = (uint64_t)start_s + 86400,
                                     .self_signed = !issuer};
    c->fingerprint[0] = (uint8_t)serial;
    snprintf(c->subject, sizeof c->subject, "CN=device-%u", mac);
    snprintf(c->issuer, sizeof c->issuer, "%s", issuer ? issuer : c->subject);
    return record;
}

START_TEST(a_certificate_that_changes_its_signer_is_told) {
    struct rig rig;
    start(&rig);
    double now_s = settle(&rig);
    rig_send(&rig, show(now_s, 3, "10.0.0.3", 1, "Acme CA"));
    rig_send(&rig, show(now_s + 1, 3, "10.0.0.3", 1, "Acme CA"));
    rig_send(&rig, show(now_s + 2, 3, "10.0.0.3", 2, "Acme CA")); /* renewed */
    rig_send(&rig, show(now_s + 3, 2, "10.0.0.2", 9, NULL));
    rig_send(&rig, show(now_s + 4, 2, "10.0.0.2", 8, NULL));
    rig_wait(&rig, now_s + 20);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_send(&rig, show(now_s + 21, 3, "10.0.0.3", 3, NULL));
    rig_wait(&rig, now_s + 40);
    const struct finding *finding =
        rig_finding(&rig, 0, rig_id(3), "shown_certificate");
    ck_assert_ptr_nonnull(finding);
    ck_assert_ptr_nonnull(strstr(finding->text, "it signed itself"));
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    ck_assert_uint_eq(rig.finding_count, 1);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* What the collector's inspection made of it: JA3, or JA4. */
START_TEST(a_hello_is_a_fact_of_its_kind) {
    static const char *const hellos[] = {"e7d705a3286e19ea42f587b344ee6865",
                                         "t13d1516h2_8daaf6152771_b186095e22b6"};
    static const enum fact_kind kinds[] = {FACT_JA3, FACT_JA4};
    struct rig rig;
    start(&rig);
    host = make_end(3, "10.0.0.3");
    for (unsigned i = 0; i < 2; i++) {
        struct record record =
            make_flow(start_s + i, host, make_end(2, "10.0.0.2"), TCP, 443);
        snprintf(record.flow.hello, sizeof record.flow.hello, "%s", hellos[i]);
        rig_send(&rig, record);
    }
    rig_wait(&rig, start_s + 20);
    struct device_key key = device_key_of_mac(&host.mac);
    const struct inventory_entry *entry =
        inventory_find(&rig.engine->inventory, device_find(&rig.engine->devices, &key));
    ck_assert_ptr_nonnull(entry);
    for (unsigned i = 0; i < 2; i++) {
        unsigned found = 0;
        for (unsigned k = 0; k < INVENTORY_FACTS; k++)
            found += entry->facts[k].last_s && entry->facts[k].kind == kinds[i] &&
                     strcmp(entry->facts[k].text, hellos[i]) == 0;
        ck_assert_uint_eq(found, 1);
    }
    rig_end(&rig);
}
END_TEST

START_TEST(an_old_or_a_common_certificate_is_a_remark) {
    struct rig rig;
    start(&rig);
    double now_s = settle(&rig);
    struct record record = show(now_s, 3, "10.0.0.3", 1, "Acme CA");
    record.certificate.not_after_s = (uint64_t)start_s;
    for (unsigned i = 0; i < 50; i++, now_s += 60) {
        record.time_ns = (uint64_t)(now_s * 1e9);
        rig_send(&rig, record);
    }
    ck_assert_uint_eq(rig.finding_count, 1);
    ck_assert_ptr_nonnull(strstr(rig.findings[0].text, "expired"));
    ck_assert_uint_eq(rig.findings[0].level, LEVEL_LOW);
    record.time_ns = (uint64_t)(now_s * 1e9);
    record.certificate.not_after_s = 0;
    record.certificate.mac = server.mac;
    record.certificate.ip = server.ip;
    rig_send(&rig, make_claim(now_s, CLAIM_ARP_REPLY, server.mac, "10.0.0.2"));
    rig_send(&rig, make_claim(now_s, CLAIM_ARP_REPLY, host.mac, "10.0.0.3"));
    rig_send(&rig, record);
    rig_wait(&rig, now_s + 20);
    const struct finding *finding =
        rig_finding(&rig, 0, rig_id(2), "shown_certificate");
    ck_assert_ptr_nonnull(finding);
    ck_assert_ptr_nonnull(strstr(finding->text, rig_id(3)));
    ck_assert_uint_eq(finding->level, LEVEL_LOW);
    ck_assert_uint_eq(rig.finding_count, 2);
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

static uint32_t count_devices(struct board *board) {
    const struct snapshot *snapshot = board_acquire(board);
    uint32_t count = snapshot_device_count(snapshot);
    board_release(snapshot);
    return count;
}

START_TEST(a_private_mac_is_forgotten_after_a_day_of_silence) {
    struct rig rig;
    struct board *board = board_create();
    struct engine_options options = engine_defaults;
    options.live = true;
    rig_start(&rig, &options, board);
    struct make_end private = make_end(7, "10.0.0.7"), other = make_end(8, "10.0.0.8");
    private.mac.bytes[0] = 2;
    struct make_end quiet = make_end(6, "10.0.0.6");
    rig_send(&rig, make_flow(start_s, quiet, other, TCP, 443));
    rig_send(&rig, make_flow(start_s, private, other, TCP, 443));
    rig_wait(&rig, start_s + 20);
    ck_assert_uint_eq(count_devices(board), 3);
    double now_s = start_s;
    for (; now_s < start_s + 95000; now_s += 600)
        rig_send(&rig, make_flow(now_s, other, make_end(9, "10.0.0.9"), TCP, 443));
    rig_wait(&rig, now_s);
    ck_assert_uint_eq(count_devices(board), 3); /* one more, and one less */
    ck_assert_uint_eq(engine_status(rig.engine)->devices_evicted, 0);
    rig_end(&rig);
    board_destroy(board);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("continuity");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, two_stacks_that_take_turns_are_two_devices);
    tcase_add_test(rules, another_system_at_the_next_start_is_one_device);
    tcase_add_test(rules, two_clients_that_take_turns_are_two_devices);
    tcase_add_test(rules, a_start_from_the_network_is_one_device);
    tcase_add_test(rules, steps_and_systems_show_what_is_behind);
    tcase_add_test(rules, who_moves_with_a_lease_has_moved);
    tcase_add_test(rules, a_link_of_several_vlans_is_one_place);
    tcase_add_test(rules, with_its_tag_and_without_is_one_place);
    tcase_add_test(rules, in_two_vlans_at_once_are_two_devices);
    tcase_add_test(rules, one_difference_is_an_update_two_are_another_device);
    tcase_add_test(rules, the_same_two_without_an_absence_say_nothing);
    suite_add_tcase(suite, rules);
    TCase *engine = tcase_create("engine");
    tcase_set_timeout(engine, 60);
    tcase_add_test(engine, who_takes_the_gateways_address_is_told_as_such);
    tcase_add_test(engine, a_lease_that_nobody_asked_for_takes_no_address);
    tcase_add_test(engine, a_lease_that_was_asked_for_moves_an_address);
    tcase_add_test(engine, a_router_beside_the_established_one_is_rogue);
    tcase_add_test(engine, a_certificate_that_changes_its_signer_is_told);
    tcase_add_test(engine, a_hello_is_a_fact_of_its_kind);
    tcase_add_test(engine, an_old_or_a_common_certificate_is_a_remark);
    tcase_add_test(engine, a_private_mac_is_forgotten_after_a_day_of_silence);
    suite_add_tcase(suite, engine);
    return suite_run(suite);
}
