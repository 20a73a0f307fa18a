#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Who sends others where the network does not go: by leases, advertisements, redirects. */

enum { HOST = 1, NEIGHBOUR = 2, ROUTER = 3, RESOLVER = 4, SECOND = 5, LIAR = 66 };

static struct rig rig;
static double now_s;
static struct zone_set *zones;

static struct make_end end_of(uint32_t number) {
    char ip[16];
    snprintf(ip, sizeof ip, "10.0.0.%u", number);
    return make_end(number, ip);
}

/* Half an hour in which all leave by the router and ask the resolver; the second router
   carries others, and the liar is there, too. Nobody hands out leases. */
static void start(void) {
    static const struct address behind[] = {{{203, 0, 113, 1}, 4},
                                            {{203, 0, 113, 2}, 4}};
    const struct make_end site = make_end(ROUTER, "198.51.100.1");
    rig_start(&rig, &engine_defaults, NULL);
    double start_s = (double)make_epoch_s + 1;
    static const uint32_t all[] = {HOST, NEIGHBOUR, ROUTER, RESOLVER, SECOND, LIAR};
    for (now_s = start_s; now_s < start_s + 1800; now_s += 20) {
        for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
            struct make_end who = end_of(all[i]);
            char ip[ADDRESS_TEXT_BYTES];
            address_format(&who.ip, ip);
            rig_send(&rig, make_claim(now_s, CLAIM_ARP_ANNOUNCE, who.mac, ip));
        }
        rig_send(&rig, make_flow(now_s + 1, end_of(HOST), site, TCP, 443));
        rig_send(&rig, make_flow(now_s + 1, end_of(NEIGHBOUR), site, TCP, 443));
        rig_send(&rig, make_flow(now_s + 1, end_of(HOST), end_of(RESOLVER), UDP, 53));
        rig_send(&rig, make_flow(now_s + 1, end_of(LIAR), end_of(HOST), TCP, 80));
        for (unsigned i = 0; i < 2; i++)
            rig_send(&rig, make_flow(now_s + 1,
                                     (struct make_end){make_mac(SECOND), behind[i]},
                                     end_of(HOST), TCP, 80));
    }
    rig_wait(&rig, now_s);
    ck_assert_uint_eq(rig.finding_count, 0);
}

static void stop(void) {
    rig_check(&rig);
    rig_end(&rig);
}

static void lease(uint32_t server, uint32_t router, uint32_t resolver) {
    struct make_end who = end_of(server);
    struct record record = make_lease(now_s += 30, who, make_mac(100), "10.0.0.100");
    record.claim.router = router ? end_of(router).ip : make_ip("");
    record.claim.resolver = resolver ? end_of(resolver).ip : make_ip("");
    rig_send(&rig, record);
    rig_wait(&rig, now_s + 2);
}

static const struct finding *told(const char *kind) {
    return rig_finding(&rig, 0, rig_id(LIAR), kind);
}

START_TEST(the_first_lease_may_name_the_gateway_of_all) {
    lease(LIAR, ROUTER, RESOLVER);
    lease(LIAR, ROUTER, 0);
    lease(LIAR, 0, 0);
    ck_assert_uint_eq(rig.finding_count, 0);
}
END_TEST

START_TEST(one_that_names_another_gateway_is_a_lie) {
    lease(LIAR, LIAR, RESOLVER);
    const struct finding *finding = told("rogue_dhcp");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    ck_assert_str_eq(finding->peer, "10.0.0.66");
    ck_assert_ptr_nonnull(strstr(finding->text, "10.0.0.66 the gateway"));
    lease(ROUTER, ROUTER, ROUTER); /* it is not remembered: the true one is no rogue */
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(ROUTER), "rogue_dhcp"));
}
END_TEST

START_TEST(so_is_one_that_names_an_accomplice) {
    lease(LIAR, NEIGHBOUR, 0);
    ck_assert_ptr_nonnull(told("rogue_dhcp"));
    ck_assert_ptr_nonnull(strstr(told("rogue_dhcp")->text, "10.0.0.2 the gateway"));
}
END_TEST

START_TEST(one_that_names_a_stranger_for_names_is_a_lie) {
    lease(LIAR, ROUTER, LIAR);
    const struct finding *finding = told("rogue_dhcp");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    ck_assert_ptr_nonnull(strstr(finding->text, "10.0.0.66 the name server"));
}
END_TEST

/* As over IPv6 in a network that knows none: its own address is never claimed. */
START_TEST(a_server_speaks_for_its_own_address) {
    struct make_end liar = make_end(LIAR, "fe80::66");
    struct record record = make_lease(now_s += 30, liar, make_mac(HOST), "fd00::7");
    record.claim.resolver = liar.ip;
    rig_send(&rig, record);
    rig_wait(&rig, now_s + 2);
    ck_assert_ptr_nonnull(told("rogue_dhcp"));
}
END_TEST

START_TEST(a_gateway_leases_what_it_likes) {
    lease(ROUTER, SECOND, HOST);
    lease(ROUTER, LIAR, LIAR);
    ck_assert_uint_eq(rig.finding_count, 0);
}
END_TEST

/* Long known, it names another one: a remark. */
START_TEST(an_established_server_that_changes_its_mind_is_looked_at) {
    lease(LIAR, ROUTER, RESOLVER);
    for (double end_s = now_s + 400; now_s < end_s;) {
        rig_send(&rig, make_flow(now_s + 1, end_of(HOST),
                                 make_end(ROUTER, "198.51.100.1"), TCP, 443));
        lease(LIAR, SECOND, RESOLVER);
    }
    const struct finding *finding = told("rogue_dhcp");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_lt(finding->level, LEVEL_MEDIUM);
    ck_assert_uint_eq(rig.finding_count, 1);
}
END_TEST

/* Where nobody left lately, nobody knows by whom one leaves. */
START_TEST(a_network_that_is_silent_contradicts_nobody) {
    rig_wait(&rig, now_s += 1200);
    lease(LIAR, LIAR, LIAR);
    ck_assert_ptr_null(told("rogue_dhcp"));
}
END_TEST

START_TEST(a_router_by_which_nobody_leaves_is_told) {
    rig_send(&rig, make_claim(now_s + 1, CLAIM_ROUTER_ADVERTISE, make_mac(ROUTER),
                              "fe80::3"));
    rig_wait(&rig, now_s + 3);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_send(&rig,
             make_claim(now_s + 4, CLAIM_ROUTER_ADVERTISE, make_mac(LIAR), "fe80::66"));
    rig_wait(&rig, now_s + 6);
    ck_assert_ptr_nonnull(told("rogue_router"));
    ck_assert_uint_ge(told("rogue_router")->level, LEVEL_MEDIUM);
    ck_assert_ptr_nonnull(strstr(told("rogue_router")->text, "leaves by another"));
}
END_TEST

static void redirect(uint32_t by, uint32_t better) {
    struct record record =
        make_claim(now_s += 5, CLAIM_REDIRECT, make_mac(by), "198.51.100.1");
    record.claim.ip = end_of(better).ip;
    record.claim.target_mac = make_mac(HOST);
    rig_send(&rig, record);
    rig_wait(&rig, now_s + 2);
}

START_TEST(a_host_that_redirects_is_told) {
    redirect(LIAR, LIAR);
    const struct finding *finding = told("icmp_redirect");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    ck_assert_str_eq(finding->peer, "10.0.0.66");
    ck_assert_ptr_nonnull(strstr(finding->text, rig_id(HOST)));
}
END_TEST

START_TEST(routers_know_each_other) {
    redirect(ROUTER, SECOND);
    redirect(SECOND, ROUTER);
    redirect(ROUTER, 200); /* who has said nothing yet */
    ck_assert_uint_eq(rig.finding_count, 0);
}
END_TEST

/* In the router's name, towards a host that is none: no accusation, but a remark. */
START_TEST(a_router_that_redirects_to_a_host_is_looked_at) {
    for (unsigned i = 0; i < 40; i++)
        redirect(ROUTER, LIAR);
    const struct finding *finding =
        rig_finding(&rig, 0, rig_id(ROUTER), "icmp_redirect");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_lt(finding->level, LEVEL_MEDIUM);
    ck_assert_uint_eq(rig.finding_count, 1);
}
END_TEST

/* It may be a router of which nothing was seen yet. */
START_TEST(who_has_just_come_is_given_time) {
    rig_end(&rig);
    rig_start(&rig, &engine_defaults, NULL);
    redirect(LIAR, SECOND);
    ck_assert_ptr_nonnull(told("icmp_redirect"));
    ck_assert_uint_lt(told("icmp_redirect")->level, LEVEL_MEDIUM);
}
END_TEST

/* --- what zones list --- */

/* A cell whose gateway is the router, from the first packet on. */
static void start_listed(void) {
    struct engine_options options = engine_defaults;
    char error[ZONE_ERROR_BYTES];
    uint8_t zone, other;
    zones = calloc(1, sizeof *zones);
    ck_assert_ptr_nonnull(zones);
    zone_init(zones);
    ck_assert(zone_add(zones, "cell", &zone, error));
    ck_assert(zone_add(zones, "plant", &other, error));
    ck_assert(zone_add_member(zones, zone, ZONE_VLAN, "0", error));
    ck_assert(zone_add_member(zones, other, ZONE_PREFIX, "10.0.1.0/24", error));
    ck_assert(zone_add_member(zones, zone, ZONE_GATEWAY, rig_id(ROUTER), error));
    ck_assert(zone_add_member(zones, other, ZONE_GATEWAY, rig_id(SECOND), error));
    options.zones = zones;
    rig_start(&rig, &options, NULL);
    now_s = (double)make_epoch_s + 1;
    static const uint32_t all[] = {HOST, ROUTER, RESOLVER, SECOND, LIAR};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        struct make_end who = end_of(all[i]);
        char ip[ADDRESS_TEXT_BYTES];
        address_format(&who.ip, ip);
        rig_send(&rig, make_claim(now_s, CLAIM_ARP_ANNOUNCE, who.mac, ip));
    }
}

static void stop_listed(void) {
    stop();
    free(zones);
}

START_TEST(a_lease_past_the_listed_gateway_is_a_lie_at_once) {
    lease(LIAR, ROUTER, RESOLVER);
    lease(ROUTER, ROUTER, ROUTER);
    lease(ROUTER, LIAR, 0); /* its business */
    ck_assert_uint_eq(rig.finding_count, 0);
    lease(LIAR, SECOND, RESOLVER); /* for another zone; and it is long known itself */
    ck_assert_ptr_nonnull(told("rogue_dhcp"));
    ck_assert_uint_ge(told("rogue_dhcp")->level, LEVEL_MEDIUM);
    ck_assert_ptr_nonnull(strstr(told("rogue_dhcp")->text, "10.0.0.5 the gateway"));
}
END_TEST

/* Where the address that is leased stands, and not who leases it. */
START_TEST(each_zone_has_a_gateway_of_its_own) {
    struct record record =
        make_lease(now_s += 30, end_of(LIAR), make_mac(100), "10.0.1.100");
    record.claim.router = end_of(SECOND).ip;
    rig_send(&rig, record);
    rig_wait(&rig, now_s + 2);
    ck_assert_uint_eq(rig.finding_count, 0);
    record.time_ns += 10000000000;
    record.claim.router = end_of(ROUTER).ip;
    rig_send(&rig, record);
    rig_wait(&rig, now_s += 12);
    ck_assert_ptr_nonnull(told("rogue_dhcp"));
}
END_TEST

START_TEST(an_advertised_router_that_is_not_listed_is_told_at_once) {
    rig_send(&rig,
             make_claim(now_s, CLAIM_ROUTER_ADVERTISE, make_mac(ROUTER), "fe80::3"));
    rig_send(&rig, make_claim(now_s + 1, CLAIM_ROUTER_ADVERTISE, make_mac(SECOND),
                              "fe80::5"));
    rig_wait(&rig, now_s + 3);
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_send(&rig,
             make_claim(now_s + 4, CLAIM_ROUTER_ADVERTISE, make_mac(LIAR), "fe80::66"));
    rig_wait(&rig, now_s + 6);
    ck_assert_ptr_nonnull(told("rogue_router"));
    ck_assert_ptr_nonnull(strstr(told("rogue_router")->text, "leaves by another"));
}
END_TEST

START_TEST(a_redirect_past_the_listed_gateway_is_told_at_once) {
    redirect(SECOND, ROUTER); /* both are listed */
    ck_assert_uint_eq(rig.finding_count, 0);
    redirect(LIAR, LIAR);
    ck_assert_ptr_nonnull(told("icmp_redirect"));
    ck_assert_uint_ge(told("icmp_redirect")->level, LEVEL_MEDIUM);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("steer");
    TCase *all = tcase_create("steer");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, start, stop);
    tcase_add_test(all, the_first_lease_may_name_the_gateway_of_all);
    tcase_add_test(all, one_that_names_another_gateway_is_a_lie);
    tcase_add_test(all, so_is_one_that_names_an_accomplice);
    tcase_add_test(all, one_that_names_a_stranger_for_names_is_a_lie);
    tcase_add_test(all, a_server_speaks_for_its_own_address);
    tcase_add_test(all, a_gateway_leases_what_it_likes);
    tcase_add_test(all, an_established_server_that_changes_its_mind_is_looked_at);
    tcase_add_test(all, a_network_that_is_silent_contradicts_nobody);
    tcase_add_test(all, a_router_by_which_nobody_leaves_is_told);
    tcase_add_test(all, a_host_that_redirects_is_told);
    tcase_add_test(all, routers_know_each_other);
    tcase_add_test(all, a_router_that_redirects_to_a_host_is_looked_at);
    tcase_add_test(all, who_has_just_come_is_given_time);
    suite_add_tcase(suite, all);
    TCase *listed = tcase_create("listed");
    tcase_add_checked_fixture(listed, start_listed, stop_listed);
    tcase_add_test(listed, a_lease_past_the_listed_gateway_is_a_lie_at_once);
    tcase_add_test(listed, each_zone_has_a_gateway_of_its_own);
    tcase_add_test(listed, an_advertised_router_that_is_not_listed_is_told_at_once);
    tcase_add_test(listed, a_redirect_past_the_listed_gateway_is_told_at_once);
    suite_add_tcase(suite, listed);
    return suite_run(suite);
}
