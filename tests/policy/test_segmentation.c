#include "engine/engine.h"

#include "tests/engine/make_records.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The zones' rules at work: what the engine makes of flows that keep to them or do not. */

static struct zone_set zones;
static struct engine *engine;
static struct board *board;
static struct finding told[16];
static unsigned told_count;

static void take_finding(void *context, const struct finding *finding) {
    (void)context;
    if (told_count < sizeof told / sizeof told[0])
        told[told_count++] = *finding;
}

static void add(const char *name, enum zone_member kind, const char *member) {
    char error[ZONE_ERROR_BYTES];
    uint8_t zone = zone_find(&zones, name);
    ck_assert(zone != ZONE_NONE || zone_add(&zones, name, &zone, error));
    ck_assert_msg(zone_add_member(&zones, zone, kind, member, error), "%s", error);
}

static void start(void) {
    char error[ZONE_ERROR_BYTES];
    zone_init(&zones);
    add("cameras", ZONE_VLAN, "10");
    add("storage", ZONE_PREFIX, "10.0.2.0/24");
    add("guests", ZONE_VLAN, "20");
    add("admin", ZONE_MAC, "00:1b:00:00:00:07");
    ck_assert(zone_add_rule(&zones, "cameras -> storage : tcp/554", error));
    ck_assert(zone_add_rule(&zones, "guests -> internet : any", error));
    struct engine_options options = engine_defaults;
    struct engine_sink sink = {.finding = take_finding};
    options.device_capacity = 64;
    options.zones = &zones;
    board = board_create();
    engine = engine_create(&options, board, &sink, 1);
    told_count = 0;
}

static void stop(void) {
    engine_destroy(engine);
    board_destroy(board);
}

static void take(struct record record, uint16_t vlan) {
    record.flow.vlan = vlan;
    engine_take(engine, &record);
}

static void tick(double time_s) {
    struct record record = make_mark(time_s, RECORD_TICK);
    engine_take(engine, &record);
}

/* One flow a second after the last, then the early look. Returns whether it was told. */
static bool is_told(struct record record, uint16_t vlan) {
    unsigned before = told_count;
    take(record, vlan);
    tick((double)make_epoch_s + 2);
    ck_assert_uint_le(told_count, before + 1);
    if (told_count == before)
        return false;
    ck_assert_str_eq(told[before].kind, "segmentation");
    return true;
}

enum { CAMERA = 1, STORE = 2, GUEST = 3, GATEWAY = 4, ADMIN = 7, SILENT = 9 };

START_TEST(a_flow_that_keeps_to_the_rules_is_not_told) {
    double t = (double)make_epoch_s + 1;
    struct make_end camera = make_end(CAMERA, "10.0.1.1");
    struct make_end store = make_end(STORE, "10.0.2.1");
    struct make_end guest = make_end(GUEST, "10.0.3.1");
    struct make_end admin = make_end(ADMIN, "10.0.1.7");
    struct make_end site = make_end(GATEWAY, "198.51.100.1");
    struct make_end group = {make_broadcast(), make_ip("10.0.1.255")};
    ck_assert(!is_told(make_flow(t, camera, store, TCP, 554), 10));
    ck_assert(!is_told(make_flow(t, store, camera, TCP, 22), 10)); /* not closed */
    ck_assert(!is_told(make_flow(t, guest, site, TCP, 443), 20));
    ck_assert(!is_told(make_flow(t, site, camera, TCP, 443), 10)); /* not ours */
    ck_assert(!is_told(make_flow(t, admin, camera, TCP, 22), 10)); /* MAC before VLAN */
    ck_assert(!is_told(make_attempt(t, camera, group, UDP, 137), 10));
    ck_assert(!is_told(make_flow(t, camera, store, TCP, 22), 30)); /* of no zone */

    /* Not at its beginning; and one whose beginning nobody saw, the other way round. */
    struct record later = make_flow(t, camera, admin, TCP, 80);
    later.flow.events = 0;
    ck_assert(!is_told(later, 10));
    struct record guess = make_flow(t, camera, store, TCP, 40000);
    guess.flow.events = FLOW_NEW | FLOW_MIDSTREAM;
    guess.flow.port[INITIATOR] = 554;
    ck_assert(!is_told(guess, 10));
}
END_TEST

START_TEST(a_flow_against_the_rules_is_told) {
    double t = (double)make_epoch_s + 1;
    struct make_end camera = make_end(CAMERA, "10.0.1.1");
    struct make_end store = make_end(STORE, "10.0.2.1");
    ck_assert(is_told(make_attempt(t, camera, store, TCP, 22), 10));
    ck_assert_str_eq(told[0].device, "00:1b:00:00:00:01");
    ck_assert_str_eq(told[0].peer, "10.0.2.1");
    ck_assert_double_eq(told[0].observed, 1);
    ck_assert_int_eq(told[0].level, LEVEL_MEDIUM);
    ck_assert_str_eq(told[0].text, "reached for 10.0.2.1 in zone storage on tcp/22, "
                                   "which no rule allows its own zone");
}
END_TEST

START_TEST(every_way_out_is_closed) {
    static const struct {
        uint32_t mac, peer_mac;
        const char *ip, *peer;
        uint16_t vlan, port;
    } ways[] = {
        {CAMERA, GATEWAY, "10.0.1.1", "198.51.100.1", 10, 443}, /* the internet */
        {CAMERA, 5, "10.0.1.1", "10.0.1.5", 10, 554},           /* its own zone */
        {CAMERA, 5, "10.0.1.1", "192.168.7.7", 10, 80},         /* the rest */
        {CAMERA, GATEWAY, "2001:db8::1", "2001:db8:9::9", 10, 443},
        {GUEST, GATEWAY, "10.0.3.1", "10.0.9.9", 20, 53},
        {GUEST, SILENT, "10.0.3.1", "10.0.2.200", 20, 443}, /* who never spoke */
    };
    double t = (double)make_epoch_s + 1;
    struct record record =
        make_attempt(t, make_end(ways[_i].mac, ways[_i].ip),
                     make_end(ways[_i].peer_mac, ways[_i].peer), TCP, ways[_i].port);
    ck_assert(is_told(record, ways[_i].vlan));
}
END_TEST

START_TEST(a_habit_keeps_its_level) {
    struct make_end camera = make_end(CAMERA, "10.0.1.1");
    struct make_end site = make_end(GATEWAY, "198.51.100.1");
    for (unsigned i = 1; i < 1800; i++) {
        double t = (double)make_epoch_s + i;
        if (i % 30 == 1)
            take(make_flow(t, camera, site, TCP, 443), 10);
        tick(t + 0.5);
    }
    board_release(board_acquire(board));
    tick((double)make_epoch_s + 1801);
    const struct snapshot *snapshot = board_acquire(board);
    uint32_t index;
    ck_assert_uint_eq(snapshot_find(snapshot, "00:1b:00:00:00:01", &index, 1), 1);
    const struct device_view *view = snapshot_device(snapshot, index);
    ck_assert_int_eq(view->level, LEVEL_MEDIUM);
    ck_assert_str_eq(view->zone, "cameras");
    ck_assert_str_eq(view->factors[0].kind, "segmentation");
    ck_assert_uint_eq(told_count, 1);
    board_release(snapshot);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("segmentation");
    TCase *tcase = tcase_create("segmentation");
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, a_flow_that_keeps_to_the_rules_is_not_told);
    tcase_add_test(tcase, a_flow_against_the_rules_is_told);
    tcase_add_loop_test(tcase, every_way_out_is_closed, 0, 6);
    tcase_add_test(tcase, a_habit_keeps_its_level);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
