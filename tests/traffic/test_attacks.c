#include "tests/suite.h"
#include "tests/traffic/attack.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/watcher.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each kind of attack, at each site: it is in the capture when its label says, by whom its
   label says, and it does what it is called. */

static const struct site *const sites[] = {&site_home, &site_building, &site_plant,
                                           &site_office};
enum { SITES = sizeof sites / sizeof sites[0], DEVICES = 12 };

static const uint64_t hour_us = 3600000000u;

/* A simulation of some hours with a plan, watched. */
struct trial {
    struct simulation simulation;
    struct watcher *watcher;
    struct watcher_tally *tally; /* of the first label */
};

/* False where the site cannot do what is planned; NULL plans nothing. */
static bool try(struct trial *trial, const struct site *site, const char *text,
                double days, uint64_t seed) {
    memset(trial, 0, sizeof *trial);
    trial->watcher = watcher_create(&trial->simulation.truth);
    trial->tally = &trial->watcher->tallies[0];
    trial->simulation = (struct simulation){
        .seed = seed,
        .start_us = scenario_default.start_s * 1000000,
        .now_us = scenario_default.start_s * 1000000,
        .lease_s = 86400,
        .loss = 0.0005,
        .pace = 0.1,
        .relay_rng = rng_make(seed, 12),
        .sink = watcher_sink(trial->watcher),
    };
    trial->simulation.end_us = trial->simulation.start_us + (uint64_t)(days * 86400e6);
    site_populate(&trial->simulation, site, DEVICES);
    struct attack_plan plan;
    char error[160] = "";
    if (text == NULL)
        return true;
    ck_assert_msg(attack_parse(text, &plan, error, sizeof error), "%s", error);
    return attack_plant(&trial->simulation, &plan, 0);
}

static void finish(struct trial *trial) {
    simulation_clear(&trial->simulation);
    watcher_destroy(trial->watcher);
}

/* At least (and, where it is not 0, at most) so much of something, a uint64_t of a tally. */
struct claim {
    const char *kind;
    size_t offset;
    uint64_t least, most;
};

#define CLAIM(kind, member, least, most)                                               \
    { kind, offsetof(struct watcher_tally, member), least, most }

static const struct claim claims[] = {
    CLAIM("address-scan", arp_targets, 200, 0),
    CLAIM("address-scan-wide", targets, 100, 0),
    CLAIM("port-scan", ports, 180, 0),
    CLAIM("port-scan-slow", ports, 100, 0),
    CLAIM("arp-mitm", claims, 2, 0),
    CLAIM("arp-mitm", sources, 2, 0),
    CLAIM("duplicate-address", claims, 2, 0),
    CLAIM("rogue-dhcp", offers, 2, 0),
    CLAIM("beacon", syns, 20, 0),
    CLAIM("beacon-dead", syns, 60, 0),
    CLAIM("exfiltration", bytes_out, 2000000, 0),
    CLAIM("exfiltration-slow", bytes_out, 50000, 0),
    CLAIM("dns-tunnel", long_names, 300, 0),
    CLAIM("dns-generated", missing_names, 50, 0),
    CLAIM("syn-flood", syns, 5000, 0),
    CLAIM("syn-flood-spoofed", sources, 5000, 0),
    CLAIM("udp-flood", bytes_out, 500000, 0),
    CLAIM("flow-flood", packets, 5000, 0),
    CLAIM("peer-flood", targets, 5000, 0),
    CLAIM("mac-flood", packets, 200, 0),
    CLAIM("ping-flood", echoes, 5000, 0),
    CLAIM("broadcast-storm", broadcasts, 5000, 0),
    CLAIM("request-flood", packets, 10000, 0),
    CLAIM("request-flood", syns, 1, 30),
    CLAIM("reflection", bytes_out, 2000000, 0),
    CLAIM("lateral", syns, 2, 0),
    CLAIM("password-guessing", login_syns, 70, 0),
    CLAIM("telnet-guessing", login_syns, 70, 0),
    CLAIM("web-guessing", refusals, 70, 0),
    CLAIM("mqtt-guessing", refusals, 70, 0),
    CLAIM("web-attack", commands, 1, 0),
    CLAIM("icmp-redirect", redirects, 20, 0),
    CLAIM("name-poisoning", local_answers, 15, 0),
    CLAIM("dns-spoofing", sources, 2, 0),
    CLAIM("dns-spoofing", answered, 10, 0),
    CLAIM("form-guessing", forms, 150, 0),
    CLAIM("command-injection", writes, 20, 0),
    CLAIM("controller-stop", stops, 1, 3),
    CLAIM("mac-cloning", hop_limits, 2, 0),
    CLAIM("address-spoofing", sources, 20, 0),
    CLAIM("gateway-bypass", ways, 1, 0),
    CLAIM("gateway-bypass", bytes_out, 20000, 0),
    CLAIM("ramp-fast", packets, 1, 0),
    CLAIM("ramp-slow", packets, 1, 0),
    CLAIM("replacement", packets, 20, 0),
    CLAIM("replacement", before, 0, 1),
    CLAIM("login", login_syns, 1, 2),
    CLAIM("update", bytes_in, 1900000, 0),
    CLAIM("update-all", bytes_in, 1900000, 0),
    CLAIM("visitor", packets, 100, 0),
    CLAIM("visitor", before, 0, 1),
    CLAIM("broken", syns, 60, 0),
};

static uint64_t value_of(const struct watcher_tally *tally, const struct claim *claim) {
    uint64_t value;
    memcpy(&value, (const char *)tally + claim->offset, sizeof value);
    return value;
}

static void check_claims(const char *kind, const char *site,
                         const struct watcher_tally *tally) {
    size_t found = 0;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        const struct claim *claim = &claims[i];
        if (strcmp(claim->kind, kind) != 0)
            continue;
        uint64_t value = value_of(tally, claim);
        found++;
        ck_assert_msg(value >= claim->least, "%s, %s: %llu, at least %llu wanted (%zu)",
                      site, kind, (unsigned long long)value,
                      (unsigned long long)claim->least, claim->offset);
        ck_assert_msg(claim->most == 0 || value <= claim->most,
                      "%s, %s: %llu, at most %llu wanted", site, kind,
                      (unsigned long long)value, (unsigned long long)claim->most);
    }
    ck_assert_msg(found > 0, "nothing is claimed of %s", kind);
}

START_TEST(does_what_it_is_called) {
    const char *name = attack_name(attack_kind((size_t)_i));
    unsigned possible = 0;
    for (size_t i = 0; i < SITES; i++) {
        char plan[64];
        struct trial trial;
        snprintf(plan, sizeof plan, "%s@0+04:30", name);
        if (try(&trial, sites[i], plan, 0.32, 21)) {
            trial.tally->absent_us = hour_us;
            simulation_run(&trial.simulation);
            const struct watcher *watcher = trial.watcher;
            const struct label *label = &trial.simulation.truth.labels[0];
            ck_assert_msg(watcher->fault == NULL, "%s: %s", name, watcher->fault);
            ck_assert_uint_ge(label->device_count, 1);
            ck_assert_uint_lt(label->start_us, label->end_us);
            ck_assert_uint_ge(label->start_us, watcher->first_us);
            ck_assert_uint_le(label->end_us, watcher->last_us + 60000000);
            ck_assert_str_eq(label->what, name);
            ck_assert_uint_gt(strlen(label->detail), 0);
            check_claims(name, sites[i]->name, trial.tally);
            possible++;
        }
        finish(&trial);
    }
    ck_assert_msg(possible >= 1, "%s is possible nowhere", name);
}
END_TEST

/* A ramp shows against the same days without it. */
START_TEST(ramps_grow) {
    static const char *const plans[] = {"ramp-fast@0+01:00", "ramp-slow@0+01:00"};
    static const double days[] = {0.46, 2};
    uint64_t more = 0;
    for (size_t i = 0; i < SITES; i++) {
        struct trial with, without;
        ck_assert(try(&with, sites[i], plans[_i], days[_i], 9));
        try(&without, sites[i], NULL, days[_i], 9);
        without.watcher->truth = &with.simulation.truth;
        simulation_run(&with.simulation);
        simulation_run(&without.simulation);
        uint64_t grown = with.tally->packets, usual = without.tally->packets;
        ck_assert_msg(grown + 20 >= usual && (_i || grown > usual + usual / 10),
                      "%s: %llu, usually %llu", sites[i]->name,
                      (unsigned long long)grown, (unsigned long long)usual);
        more += grown > usual ? grown - usual : 0;
        finish(&with);
        finish(&without);
    }
    ck_assert_uint_gt(more, 20);
}
END_TEST

START_TEST(plans_are_read) {
    struct attack_plan plan;
    char error[160];
    ck_assert(attack_parse("beacon@6+14:20:90/cam-01", &plan, error, sizeof error));
    ck_assert_str_eq(attack_name(plan.kind), "beacon");
    ck_assert_uint_eq(plan.start_us, (6ull * 1440 + 14ull * 60 + 20) * 60000000);
    ck_assert_uint_eq(plan.length_us, 90ull * 60000000);
    ck_assert_str_eq(plan.device, "cam-01");
    static const char *const bad[] = {"",
                                      "beacon",
                                      "beacon@1",
                                      "beacon@1+24:00",
                                      "beacon@1+10:60",
                                      "beacon@1+10:00x",
                                      "nosuch@1+10:00",
                                      "@1+10:00"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error[0] = '\0';
        ck_assert_msg(!attack_parse(bad[i], &plan, error, sizeof error), "%s", bad[i]);
        ck_assert_uint_gt(strlen(error), 0);
    }
}
END_TEST

START_TEST(nobody_acts_beyond_the_end) {
    struct trial trial;
    ck_assert(!try(&trial, &site_home, "beacon@1+00:00", 0.5, 1));
    ck_assert_uint_eq(trial.simulation.truth.count, 0);
    finish(&trial);
    ck_assert(!try(&trial, &site_home, "command-injection@0+01:00", 0.5, 1));
    finish(&trial);
}
END_TEST

int main(void) {
    int kinds = 0;
    while (attack_kind((size_t)kinds))
        kinds++;
    Suite *suite = suite_create("attacks");
    TCase *cases = tcase_create("attacks");
    tcase_set_timeout(cases, 300);
    tcase_add_loop_test(cases, does_what_it_is_called, 0, kinds);
    tcase_add_loop_test(cases, ramps_grow, 0, 2);
    tcase_add_test(cases, plans_are_read);
    tcase_add_test(cases, nobody_acts_beyond_the_end);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
