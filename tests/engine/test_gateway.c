#include "engine/gateway.h"

#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>

/* Who leaves the network by another way than the others. */

static struct table *networks;
static const uint64_t begin_s = 1700000000;

static void start(void) {
    networks = gateway_create(7);
}

static void stop(void) {
    table_destroy(networks);
}

static bool leaves(uint32_t by, const char *host, uint64_t after_s) {
    struct mac mac = make_mac(by);
    struct address ip = make_ip(host);
    return gateway_is_strange(networks, 5, &ip, NULL, &mac, begin_s + after_s);
}

START_TEST(ways_of_the_first_hour_are_usual) {
    ck_assert(!leaves(1, "10.0.0.7", 0));
    ck_assert(!leaves(2, "10.0.0.8", 3600));
    for (uint64_t s = 3700; s < 8000; s += 60) {
        ck_assert(!leaves(1, "10.0.0.7", s));
        ck_assert(!leaves(2, "10.0.0.8", s));
    }
}
END_TEST

START_TEST(a_later_one_is_strange_while_the_usual_is_used) {
    leaves(1, "10.0.0.7", 0);
    leaves(1, "10.0.0.7", 5000);
    ck_assert(!leaves(2, "10.0.0.8", 5001)); /* maybe the first of all to change */
    ck_assert(!leaves(2, "10.0.0.8", 5040));
    leaves(1, "10.0.0.7", 5060);
    ck_assert(leaves(2, "10.0.0.8", 5061));
    ck_assert(leaves(2, "10.0.0.8", 5660));
    ck_assert(!leaves(2, "10.0.0.8", 5661)); /* nobody to compare with */
    /* of another network, VLAN or family nothing is known */
    ck_assert(!leaves(2, "10.0.1.8", 5062));
    ck_assert(!leaves(2, "2001:db8::8", 5062));
}
END_TEST

START_TEST(a_router_that_is_replaced_accuses_nobody) {
    leaves(1, "10.0.0.7", 0);
    leaves(1, "10.0.0.7", 9000);
    leaves(1, "10.0.0.8", 9001);
    for (uint64_t s = 9002; s < 200000; s += 30)
        ck_assert(!leaves(3, s % 60 ? "10.0.0.7" : "10.0.0.8", s));
}
END_TEST

START_TEST(trust_is_earned_in_hours_over_days) {
    uint64_t s = 4000;
    leaves(1, "10.0.0.7", 0);
    leaves(2, "10.0.0.8", s);
    leaves(1, "10.0.0.7", s + 40);
    for (s += 60; s < 4000 + 3 * 86400; s += 300) {
        leaves(1, "10.0.0.7", s);
        ck_assert(leaves(2, "10.0.0.8", s + 1));
    }
    leaves(1, "10.0.0.7", s + 3600);
    ck_assert(!leaves(2, "10.0.0.8", s + 3601));
}
END_TEST

START_TEST(many_strange_ways_do_not_crowd_out_the_usual_one) {
    leaves(1, "10.0.0.7", 0);
    for (uint32_t by = 2; by < 200; by++) {
        uint64_t s = 5000 + 100 * (uint64_t)by;
        leaves(by, "10.0.0.8", s);
        ck_assert(!leaves(1, "10.0.0.7", s + 40));
        ck_assert(leaves(by, "10.0.0.8", s + 50));
    }
}
END_TEST

START_TEST(time_that_steps_back_begins_anew) {
    leaves(1, "10.0.0.7", 500000);
    leaves(1, "10.0.0.7", 600000);
    ck_assert(!leaves(2, "10.0.0.8", 10));
    ck_assert(!leaves(1, "10.0.0.7", 100));
    ck_assert(!leaves(2, "10.0.0.8", 110));
}
END_TEST

static bool goes(uint32_t by, const char *host, const char *to, uint64_t after_s) {
    struct mac mac = make_mac(by);
    struct address ip = make_ip(host), inner = make_ip(to);
    return gateway_is_strange(networks, 5, &ip, &inner, &mac, begin_s + after_s);
}

/* Machines that stand in two networks at once. */
START_TEST(local_networks_have_usual_ways_of_their_own) {
    goes(1, "10.0.0.7", "10.7.0.1", 0);
    goes(1, "10.0.0.7", "10.7.0.2", 5000);
    ck_assert(!goes(2, "10.0.0.8", "10.7.0.3", 5001));
    goes(1, "10.0.0.7", "10.7.0.1", 5060);
    ck_assert(goes(2, "10.0.0.8", "10.7.0.3", 5061));
    ck_assert(!goes(2, "10.0.0.8", "10.8.0.3", 5062)); /* whom nobody else reaches */
    ck_assert(!goes(2, "10.0.0.8", "10.0.0.9", 5062)); /* no other network */
    ck_assert(!goes(2, "10.0.1.8", "10.7.0.3", 5062)); /* of another network */
    ck_assert(!leaves(2, "10.0.0.8", 5063));           /* the world is learnt apart */
}
END_TEST

START_TEST(known_routers_may_carry_what_they_like) {
    leaves(3, "10.0.0.7", 0);
    goes(1, "10.0.0.7", "10.7.0.1", 0);
    goes(2, "10.0.0.7", "10.8.0.1", 0);
    leaves(3, "10.0.0.7", 5000);
    for (uint64_t s = 5000; s < 5400; s += 40) {
        goes(1, "10.0.0.7", "10.7.0.2", s);
        ck_assert(!goes(2, "10.0.0.8", "10.7.0.3", s + 1));
        ck_assert(!goes(3, "10.0.0.9", "10.7.0.3", s + 1));
    }
}
END_TEST

/* Who meets ever new local networks does not make it forget the ways to the world. */
START_TEST(local_networks_do_not_crowd_out_the_world) {
    leaves(1, "10.0.0.7", 0);
    for (unsigned i = 0; i < 4 * GATEWAY_NETWORKS; i++) {
        char to[24];
        snprintf(to, sizeof to, "10.%u.%u.1", 1 + i / 250, i % 250);
        goes(2, "10.0.0.8", to, 4000);
    }
    leaves(1, "10.0.0.7", 5000);
    leaves(2, "10.0.0.8", 5000);
    leaves(1, "10.0.0.7", 5040);
    ck_assert(leaves(2, "10.0.0.8", 5041));
}
END_TEST

/* --- in the engine --- */

enum { HOST = 1, NEIGHBOUR = 2, ROUTER = 3, HOTSPOT = 4 };

/* An hour and a half in which all leave by the router. */
static void learn(struct rig *rig) {
    struct make_end site = make_end(ROUTER, "198.51.100.1");
    for (double s = 1; s < 5400; s += 20) {
        double t = (double)make_epoch_s + s;
        rig_send(rig, make_flow(t, make_end(HOST, "10.0.0.1"), site, TCP, 443));
        rig_send(rig, make_flow(t, make_end(NEIGHBOUR, "10.0.0.2"), site, TCP, 443));
    }
}

static void go_on(struct rig *rig, struct make_end by, bool lasting) {
    struct make_end site = make_end(ROUTER, "198.51.100.1");
    for (double s = 5401; s < 5500; s += 20) {
        double t = (double)make_epoch_s + s;
        struct record host = make_flow(t, make_end(HOST, "10.0.0.1"), by, TCP, 443);
        if (lasting && s > 5401)
            host.flow.events &= (uint8_t)~FLOW_NEW;
        rig_send(rig, host);
        rig_send(rig, make_flow(t, make_end(NEIGHBOUR, "10.0.0.2"), site, TCP, 443));
    }
    rig_wait(rig, (double)make_epoch_s + 5520);
}

/* By ever new flows, or by one that lasts. */
START_TEST(who_goes_past_the_gateway_is_told) {
    struct rig rig;
    struct engine_options options = engine_defaults;
    options.device_capacity = 64;
    rig_start(&rig, &options, NULL);
    learn(&rig);
    go_on(&rig, make_end(HOTSPOT, "203.0.113.7"), _i);
    const struct finding *told = rig_finding(&rig, 0, rig_id(HOST), "gateway_bypass");
    ck_assert_ptr_nonnull(told);
    ck_assert_str_eq(told->text, "leaves its network by 00:1b:00:00:00:04, past its "
                                 "gateway: 203.0.113.7 on tcp/443");
    ck_assert_int_ge(told->level, LEVEL_MEDIUM);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(NEIGHBOUR), "gateway_bypass"));
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* To a network of the site, which all reach by the router: by somebody who stands in both. */
START_TEST(who_reaches_a_local_network_past_the_router_is_told) {
    struct rig rig;
    struct engine_options options = engine_defaults;
    options.device_capacity = 64;
    rig_start(&rig, &options, NULL);
    struct make_end plant = make_end(ROUTER, "10.7.0.1"),
                    bridge = make_end(HOTSPOT, "10.7.0.1"),
                    host = make_end(HOST, "10.0.0.1"),
                    neighbour = make_end(NEIGHBOUR, "10.0.0.2");
    double t = (double)make_epoch_s;
    learn(&rig);
    /* Both carry what is not their own: others know them for routers. */
    for (unsigned i = 0; i < 8; i++) {
        char behind[16];
        snprintf(behind, sizeof behind, "10.7.0.%u", i + 1);
        rig_send(&rig, make_flow(t + 5400, make_end(ROUTER, behind), host, TCP, 80));
        rig_send(&rig, make_flow(t + 5400, make_end(HOTSPOT, behind), host, TCP, 80));
    }
    for (double s = 5401; s < 9500; s += 20)
        rig_send(&rig, make_flow(t + s, neighbour, plant, TCP, 443));
    size_t before = rig.finding_count;
    for (double s = 9500; s < 9640; s += 20) {
        rig_send(&rig, make_flow(t + s, host, _i ? bridge : plant, TCP, 443));
        rig_send(&rig, make_flow(t + s, neighbour, plant, TCP, 443));
    }
    rig_wait(&rig, t + 9660);
    ck_assert_int_eq(rig_finding(&rig, before, rig_id(HOST), "gateway_bypass") != NULL,
                     _i);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(NEIGHBOUR), "gateway_bypass"));
    rig_end(&rig);
}
END_TEST

START_TEST(who_keeps_to_it_or_to_neighbours_is_not) {
    static const struct {
        uint32_t mac;
        const char *ip;
    } ways[] = {{ROUTER, "203.0.113.7"}, {HOTSPOT, "10.0.0.4"}, {HOTSPOT, "10.9.9.9"}};
    struct rig rig;
    struct engine_options options = engine_defaults;
    options.device_capacity = 64;
    rig_start(&rig, &options, NULL);
    learn(&rig);
    go_on(&rig, make_end(ways[_i].mac, ways[_i].ip), false);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(HOST), "gateway_bypass"));
    rig_end(&rig);
}
END_TEST

/* A zone that lists its ways out has nothing to learn; the way to another network by somebody
   who stands in both counts, too. */
START_TEST(a_listed_gateway_holds_from_the_first_packet) {
    static const struct {
        uint32_t by;
        const char *to;
        bool told;
    } flows[] = {{ROUTER, "198.51.100.1", false},
                 {HOTSPOT, "198.51.100.1", true},
                 {HOTSPOT, "10.7.0.1", true},
                 {ROUTER, "10.7.0.1", false}};
    struct zone_set zones;
    char error[ZONE_ERROR_BYTES];
    uint8_t zone;
    struct rig rig;
    struct engine_options options = engine_defaults;
    zone_init(&zones);
    ck_assert(zone_add(&zones, "cell", &zone, error));
    ck_assert(zone_add_member(&zones, zone, ZONE_VLAN, "0", error));
    ck_assert(zone_add_member(&zones, zone, ZONE_GATEWAY, rig_id(ROUTER), error));
    options.device_capacity = 64;
    options.zones = &zones;
    rig_start(&rig, &options, NULL);
    double t = (double)make_epoch_s;
    /* Both carry what is not their own: others know them for routers. */
    for (unsigned i = 0; i < 8; i++, t++) {
        struct make_end host = make_end(HOST, "10.0.0.1");
        char behind[16];
        snprintf(behind, sizeof behind, "10.7.0.%u", i + 1);
        rig_send(&rig, make_flow(t, make_end(flows[_i].by, behind), host, TCP, 80));
    }
    size_t before = rig.finding_count;
    rig_send(&rig, make_flow(t, make_end(HOST, "10.0.0.1"),
                             make_end(flows[_i].by, flows[_i].to), TCP, 443));
    rig_wait(&rig, t + 3);
    ck_assert_int_eq(rig_finding(&rig, before, rig_id(HOST), "gateway_bypass") != NULL,
                     flows[_i].told);
    rig_end(&rig);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gateway");
    TCase *learnt = tcase_create("learnt"), *engine = tcase_create("engine");
    tcase_add_checked_fixture(learnt, start, stop);
    tcase_add_test(learnt, ways_of_the_first_hour_are_usual);
    tcase_add_test(learnt, a_later_one_is_strange_while_the_usual_is_used);
    tcase_add_test(learnt, a_router_that_is_replaced_accuses_nobody);
    tcase_add_test(learnt, trust_is_earned_in_hours_over_days);
    tcase_add_test(learnt, many_strange_ways_do_not_crowd_out_the_usual_one);
    tcase_add_test(learnt, time_that_steps_back_begins_anew);
    tcase_add_test(learnt, local_networks_have_usual_ways_of_their_own);
    tcase_add_test(learnt, known_routers_may_carry_what_they_like);
    tcase_add_test(learnt, local_networks_do_not_crowd_out_the_world);
    tcase_add_loop_test(engine, who_reaches_a_local_network_past_the_router_is_told, 0,
                        2);
    tcase_add_loop_test(engine, who_goes_past_the_gateway_is_told, 0, 2);
    tcase_add_loop_test(engine, who_keeps_to_it_or_to_neighbours_is_not, 0, 3);
    tcase_add_loop_test(engine, a_listed_gateway_holds_from_the_first_packet, 0, 4);
    suite_add_tcase(suite, learnt);
    suite_add_tcase(suite, engine);
    return suite_run(suite);
}
