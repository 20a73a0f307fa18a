#include "tests/suite.h"
#include "tests/traffic/load.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/watcher.h"

#include <check.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the simulator writes must be true to the wire, and lively: a watcher takes every frame
   of some days at each site. */

enum { DEVICES = 24 };

static const struct site *const sites[] = {&site_home, &site_building, &site_plant,
                                           &site_office};

struct order {
    const struct site *site;
    double days;
    uint64_t seed;
    size_t routed;
    bool churn, private_macs;
};

static struct watcher *watched(const struct order *order) {
    struct watcher *watcher = watcher_create(NULL);
    struct simulation simulation = {
        .seed = order->seed,
        .start_us = scenario_default.start_s * 1000000,
        .now_us = scenario_default.start_s * 1000000,
        .lease_s = order->churn ? 4 * 3600 : 86400,
        .loss = 0.0005,
        .pace = 0.1,
        .churn = order->churn,
        .private_macs = order->private_macs,
        .routed = order->routed,
        .sink = watcher_sink(watcher),
    };
    simulation.end_us = simulation.start_us + (uint64_t)(order->days * 86400e6);
    site_populate(&simulation, order->site, DEVICES);
    simulation_run(&simulation);
    simulation_clear(&simulation);
    return watcher;
}

START_TEST(same_seed_same_frames) {
    struct order order = {.site = sites[_i], .days = 0.2, .seed = 5};
    struct watcher *first = watched(&order), *second = watched(&order);
    order.seed = 6;
    struct watcher *other = watched(&order);
    ck_assert_uint_gt(first->packets, 1000);
    ck_assert_uint_eq(first->packets, second->packets);
    ck_assert_uint_eq(first->digest, second->digest);
    ck_assert_uint_ne(first->digest, other->digest);
    watcher_destroy(first);
    watcher_destroy(second);
    watcher_destroy(other);
}
END_TEST

START_TEST(frames_are_right) {
    struct order order = {.site = sites[_i], .days = 1, .seed = 3};
    struct watcher *watcher = watched(&order);
    ck_assert_msg(watcher->fault == NULL, "%s at %llu", watcher->fault,
                  (unsigned long long)watcher->fault_us);
    ck_assert_uint_gt(watcher->tcp, 5000);
    ck_assert_uint_gt(watcher->udp, 500);
    ck_assert_uint_eq(watcher->gaps, 0);
    /* Now and then a segment comes twice. */
    ck_assert_uint_gt(watcher->retransmissions, 0);
    ck_assert_uint_lt(watcher->retransmissions, watcher->tcp / 100);
    watcher_destroy(watcher);
}
END_TEST

START_TEST(everybody_speaks_and_no_stranger) {
    struct order order = {.site = sites[_i], .days = 1, .seed = 2};
    struct watcher *watcher = watched(&order);
    /* On a Monday, one or the other stays in bed. */
    ck_assert_uint_le(watcher->macs.count, DEVICES);
    ck_assert_uint_ge(watcher->macs.count, DEVICES - 3);
    watcher_destroy(watcher);
}
END_TEST

/* An office sleeps at night, a plant does not, and nobody's names stand for one address. */
START_TEST(days_have_hours) {
    struct order order = {.site = &site_office, .days = 1, .seed = 4};
    struct watcher *office = watched(&order);
    order.site = &site_plant;
    struct watcher *plant = watched(&order);
    ck_assert_uint_gt(office->hours[10] + office->hours[14],
                      2ull * (office->hours[1] + office->hours[4]));
    ck_assert_uint_lt(plant->hours[10] + plant->hours[14],
                      2ull * (plant->hours[1] + plant->hours[4]));
    ck_assert_uint_gt(office->addresses.count, 300);
    ck_assert_uint_lt(plant->addresses.count, 60);
    watcher_destroy(office);
    watcher_destroy(plant);
}
END_TEST

START_TEST(week_stays_small) {
    struct order order = {.site = &site_home, .days = 1, .seed = 1};
    struct watcher *watcher = watched(&order);
    ck_assert_uint_lt(watcher->packets, 1500000 / 7);
    watcher_destroy(watcher);
}
END_TEST

/* Behind a router, many hosts and one MAC; private addresses, one telephone and many. */
START_TEST(identities_as_ordered) {
    struct order order = {.site = &site_home, .days = 3, .seed = 8};
    struct watcher *plain = watched(&order);
    order.routed = 20;
    struct watcher *routed = watched(&order);
    ck_assert_uint_eq(routed->macs.count, plain->macs.count + 1);
    ck_assert_uint_gt(routed->packets, plain->packets + 5000);
    order.routed = 0;
    order.private_macs = true;
    order.churn = true;
    struct watcher *private = watched(&order);
    ck_assert_uint_gt(private->macs.count, plain->macs.count + 1);
    ck_assert_msg(routed->fault == NULL, "%s", routed->fault);
    ck_assert_msg(private->fault == NULL, "%s", private->fault);
    watcher_destroy(plain);
    watcher_destroy(routed);
    watcher_destroy(private);
}
END_TEST

/* --- files --- */

static char folder[64];

static void make_folder(void) {
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/traffic-XXXXXX", base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void drop_folder(void) {
    static const char *const names[] = {"a.pcap", "b.pcap", "a.events.json",
                                        "b.events.json"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static char *slurp(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    ck_assert_uint_eq(fread(bytes, 1, *length, file), *length);
    bytes[*length] = '\0';
    fclose(file);
    return bytes;
}

START_TEST(files_are_the_same_and_readable) {
    char error[PCAP_ERRBUF_SIZE], a[96], b[96];
    struct scenario scenario = scenario_default;
    scenario.quiet = true;
    scenario.days = 0.1;
    scenario.devices = 8;
    scenario.attacks[scenario.attack_count++] = "address-scan@0+01:00";
    snprintf(a, sizeof a, "%s/a.pcap", folder);
    snprintf(b, sizeof b, "%s/b.pcap", folder);
    scenario.out = a;
    ck_assert_msg(scenario_write(&scenario, error, sizeof error), "%s", error);
    scenario.out = b;
    ck_assert_msg(scenario_write(&scenario, error, sizeof error), "%s", error);
    size_t a_length, b_length;
    char *a_bytes = slurp(a, &a_length), *b_bytes = slurp(b, &b_length);
    ck_assert_uint_eq(a_length, b_length);
    ck_assert_int_eq(memcmp(a_bytes, b_bytes, a_length), 0);
    free(a_bytes);
    free(b_bytes);

    pcap_t *pcap = pcap_open_offline(a, error);
    ck_assert_msg(pcap != NULL, "%s", error);
    ck_assert_int_eq(pcap_datalink(pcap), DLT_EN10MB);
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int result, count = 0;
    while ((result = pcap_next_ex(pcap, &header, &bytes)) == 1)
        count++;
    ck_assert_int_eq(result, PCAP_ERROR_BREAK);
    ck_assert_int_gt(count, 500);
    pcap_close(pcap);

    snprintf(a, sizeof a, "%s/a.events.json", folder);
    char *labels = slurp(a, &a_length);
    ck_assert_ptr_nonnull(strstr(labels, "\"name\":\t\"a\""));
    ck_assert_ptr_nonnull(strstr(labels, "\"evaluate_from\":\t1769990400"));
    ck_assert_ptr_nonnull(strstr(labels, "\"start\":\t1769994000"));
    ck_assert_ptr_nonnull(strstr(labels, "address-scan"));
    free(labels);
}
END_TEST

START_TEST(nothing_is_written_where_nothing_can_be) {
    char error[512] = "";
    struct scenario scenario = scenario_default;
    scenario.quiet = true;
    scenario.days = 0.01;
    scenario.out = "/nonexistent/x.pcap";
    ck_assert(!scenario_write(&scenario, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "/nonexistent/x.pcap"));
}
END_TEST

/* The load keeps its promises: so many packets, in order, whole frames, as many flows. */
START_TEST(load_is_as_ordered) {
    static const uint32_t packets[] = {20000, 3000, 5000};
    struct load load = load_default;
    char error[PCAP_ERRBUF_SIZE] = "", path[96];
    load.shape = (enum load_shape)_i;
    load.flows = 700;
    load.devices = 300;
    load.packets = packets[_i];
    snprintf(path, sizeof path, "%s/a.pcap", folder);
    ck_assert_msg(load_write(&load, path, error, sizeof error), "%s", error);

    struct watcher *watcher = watcher_create(NULL);
    struct sink sink = watcher_sink(watcher);
    pcap_t *pcap = pcap_open_offline(path, error);
    ck_assert_msg(pcap != NULL, "%s", error);
    struct pcap_pkthdr *header;
    const u_char *bytes;
    while (pcap_next_ex(pcap, &header, &bytes) == 1)
        sink.write(sink.context,
                   (uint64_t)header->ts.tv_sec * 1000000 + (uint64_t)header->ts.tv_usec,
                   bytes, header->caplen);
    pcap_close(pcap);
    ck_assert_msg(watcher->fault == NULL, "%s", watcher->fault);
    ck_assert_uint_eq(watcher->packets, load.packets);
    ck_assert_uint_eq(watcher->gaps, 0);
    ck_assert_uint_ge(watcher->macs.count, 270);
    if (load.shape == LOAD_SYN)
        ck_assert_uint_gt(watcher->sequences.count, 4900);
    if (load.shape == LOAD_MODBUS)
        ck_assert_uint_eq(watcher->sequences.count, 1400);
    watcher_destroy(watcher);
}
END_TEST

int main(void) {
    enum { SITES = sizeof sites / sizeof sites[0] };
    Suite *suite = suite_create("traffic");
    TCase *frames = tcase_create("frames");
    tcase_set_timeout(frames, 300);
    tcase_add_loop_test(frames, same_seed_same_frames, 0, SITES);
    tcase_add_loop_test(frames, frames_are_right, 0, SITES);
    tcase_add_loop_test(frames, everybody_speaks_and_no_stranger, 0, SITES);
    tcase_add_test(frames, days_have_hours);
    tcase_add_test(frames, week_stays_small);
    tcase_add_test(frames, identities_as_ordered);
    suite_add_tcase(suite, frames);
    TCase *files = tcase_create("files");
    tcase_set_timeout(files, 300);
    tcase_add_checked_fixture(files, make_folder, drop_folder);
    tcase_add_test(files, files_are_the_same_and_readable);
    tcase_add_test(files, nothing_is_written_where_nothing_can_be);
    tcase_add_loop_test(files, load_is_as_ordered, 0, 3);
    suite_add_tcase(suite, files);
    return suite_run(suite);
}
