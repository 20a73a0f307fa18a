#include "tests/traffic/scenario.h"

#include "tests/traffic/attack.h"
#include "tests/traffic/capture.h"

#include <stdio.h>
#include <string.h>

static const double day_us = 86400e6;

const struct scenario scenario_default = {
    .site = &site_home,
    .days = 7,
    .devices = 30,
    .seed = 1,
    .start_s = 1769990400, /* 2026-02-02, a Monday */
    .loss = 0.0005,
    .pace = 0.1,
};

const struct scenario scenario_demo = {
    .site = &site_building,
    .days = 7,
    .devices = 30,
    .seed = 7,
    .start_s = 1769623200, /* 2026-01-28 18:00, a Wednesday */
    .loss = 0.0005,
    .pace = 0.1,
    .attacks = {"login@1+17:00/workstation", "update-all@2+09:30:60/camera",
                "visitor@5+19:30:150", "beacon@6+14:20:580/camera",
                "address-scan@6+22:05/camera", "password-guessing@6+22:30:12/camera",
                "lateral@6+22:50:30/camera", "arp-mitm@6+23:25:10/reader",
                "exfiltration@6+23:40:15/camera"},
    .attack_count = 9,
};

/* NAME.pcap → NAME.events.json, and NAME without its folders. */
static void name_files(const struct scenario *scenario, char *events,
                       size_t events_bytes, char *name, size_t name_bytes) {
    const char *base = strrchr(scenario->out, '/');
    base = base ? base + 1 : scenario->out;
    size_t length = strlen(base), folder = (size_t)(base - scenario->out);
    if (length > 5 && strcmp(base + length - 5, ".pcap") == 0)
        length -= 5;
    snprintf(name, name_bytes, "%.*s", (int)length, base);
    if (scenario->events)
        snprintf(events, events_bytes, "%s", scenario->events);
    else
        snprintf(events, events_bytes, "%.*s.events.json", (int)(folder + length),
                 scenario->out);
}

static bool plant(struct simulation *simulation, const struct scenario *scenario,
                  char *error, size_t error_bytes) {
    for (size_t i = 0; i < scenario->attack_count; i++) {
        struct attack_plan plan;
        if (!attack_parse(scenario->attacks[i], &plan, error, error_bytes))
            return false;
        if (!attack_plant(simulation, &plan, (unsigned)i)) {
            snprintf(error, error_bytes, "%s: nobody to do it, or not within the days",
                     scenario->attacks[i]);
            return false;
        }
    }
    return true;
}

static bool run(struct simulation *simulation, const struct scenario *scenario,
                char *error, size_t error_bytes) {
    struct capture capture;
    char events[4096], name[256];
    if (!capture_open(&capture, scenario->out, scenario->snaplen, error, error_bytes))
        return false;
    capture.from_us =
        simulation->start_us + (uint64_t)(scenario->write_from_days * day_us);
    simulation->sink = capture_sink(&capture);
    simulation_run(simulation);
    if (!capture_close(&capture)) {
        snprintf(error, error_bytes, "%s: could not be written whole", scenario->out);
        return false;
    }
    name_files(scenario, events, sizeof events, name, sizeof name);
    if (scenario->events == NULL && strcmp(scenario->out, "-") == 0)
        return true;
    uint64_t from_us =
        simulation->start_us + (uint64_t)(scenario->evaluate_from_days * day_us);
    if (truth_write(&simulation->truth, events, name, from_us) != 0) {
        snprintf(error, error_bytes, "%s: could not be written", events);
        return false;
    }
    return true;
}

bool scenario_write(const struct scenario *scenario, char *error, size_t error_bytes) {
    struct simulation simulation = {
        .seed = scenario->seed,
        .start_us = scenario->start_s * 1000000,
        .now_us = scenario->start_s * 1000000,
        .lease_s = scenario->churn ? 4 * 3600 : 86400,
        .loss = scenario->loss,
        .pace = scenario->pace,
        .churn = scenario->churn,
        .routed = scenario->routed,
        .private_macs = scenario->private_macs,
        .relay_rng = rng_make(scenario->seed, 12),
    };
    simulation.end_us = simulation.start_us + (uint64_t)(scenario->days * day_us);
    site_populate(&simulation, scenario->site, scenario->devices);
    bool good = plant(&simulation, scenario, error, error_bytes) &&
                run(&simulation, scenario, error, error_bytes);
    if (good && !scenario->quiet)
        fprintf(stderr, "%s: %llu packets, %llu bytes, %zu devices, %zu events\n",
                scenario->out, (unsigned long long)simulation.packets,
                (unsigned long long)simulation.bytes, site_residents(&simulation),
                simulation.truth.count);
    simulation_clear(&simulation);
    return good;
}

/* --- suites --- */

static const struct site *const sites[] = {&site_home, &site_building, &site_plant,
                                           &site_office};

/* When a kind begins, in minutes from the start: at an hour of its own (and of its seed) on
   the last day but one; what lasts, when a third of the time has gone. */
static unsigned when(const struct scenario *scenario, const struct attack_kind *kind) {
    uint64_t individual = rng_mix(scenario->seed ^ rng_hash(attack_name(kind)));
    unsigned total = (unsigned)(scenario->days * 1440);
    if (attack_lasts(kind))
        return total / 3 + (unsigned)(individual % 600);
    unsigned spare = total > 2880 ? 2160 : total / 2;
    return total - spare + (unsigned)(individual % (spare / 2));
}

static void say_plan(char *text, size_t bytes, const struct attack_kind *kind,
                     unsigned minute) {
    snprintf(text, bytes, "%s@%u+%02u:%02u", attack_name(kind), minute / 1440,
             minute / 60 % 24, minute % 60);
}

/* Whether the site has who could do it, and to whom. */
static bool possible(const struct scenario *scenario, const char *text) {
    struct attack_plan plan;
    char error[160];
    struct simulation simulation = {.seed = scenario->seed,
                                    .pace = scenario->pace,
                                    .start_us = scenario->start_s * 1000000};
    simulation.end_us = simulation.start_us + (uint64_t)(scenario->days * day_us);
    site_populate(&simulation, scenario->site, scenario->devices);
    bool good = attack_parse(text, &plan, error, sizeof error) &&
                attack_plant(&simulation, &plan, 0);
    simulation_clear(&simulation);
    return good;
}

static bool write_one(struct scenario *scenario, const char *directory,
                      const char *what, char *error, size_t error_bytes) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s%s.pcap", directory, scenario->site->name,
             *what ? "-" : "", what);
    scenario->out = path;
    bool good = scenario_write(scenario, error, error_bytes);
    scenario->out = NULL;
    return good;
}

/* Without attacks; infected before anybody looked; and an hour after. */
static bool write_beginnings(const struct scenario *like, const char *directory,
                             char *error, size_t error_bytes) {
    struct scenario scenario = *like;
    scenario.attack_count = 0;
    if (!write_one(&scenario, directory, "benign", error, error_bytes))
        return false;
    scenario.attack_count = 1;
    scenario.attacks[0] = "beacon@0+00:00:100000";
    if (!write_one(&scenario, directory, "infected", error, error_bytes))
        return false;
    scenario.attacks[0] = "beacon@0+01:00:100000";
    return write_one(&scenario, directory, "infected-later", error, error_bytes);
}

static bool write_each(const struct scenario *like, const char *directory, char *error,
                       size_t error_bytes) {
    struct scenario scenario = *like;
    if (!write_beginnings(like, directory, error, error_bytes))
        return false;
    scenario.attack_count = 1;
    for (size_t i = 0; attack_kind(i); i++) {
        char text[64];
        say_plan(text, sizeof text, attack_kind(i), when(&scenario, attack_kind(i)));
        scenario.attacks[0] = text;
        if (possible(&scenario, text) &&
            !write_one(&scenario, directory, attack_name(attack_kind(i)), error,
                       error_bytes))
            return false;
    }
    return true;
}

/* What is kept out of company: it fills every table with names that nobody bears. */
static const char spoiler[] = "mac-flood";

static bool belongs(const struct attack_kind *kind, bool lasting) {
    return attack_lasts(kind) == lasting && strcmp(attack_name(kind), spoiler) != 0;
}

/* All that last, or all that do not, one after the other over the second half. */
static bool write_together(const struct scenario *like, const char *directory,
                           bool lasting, char *error, size_t error_bytes) {
    struct scenario scenario = *like;
    char texts[SCENARIO_ATTACKS][64];
    unsigned half = (unsigned)(scenario.days * 720), count = 0, at = 0;
    for (size_t i = 0; attack_kind(i); i++)
        count += belongs(attack_kind(i), lasting);
    scenario.attack_count = 0;
    for (size_t i = 0; attack_kind(i) && at < SCENARIO_ATTACKS; i++) {
        if (!belongs(attack_kind(i), lasting))
            continue;
        say_plan(texts[at], sizeof *texts, attack_kind(i),
                 half + at * half / (count + 1));
        if (possible(&scenario, texts[at]))
            scenario.attacks[scenario.attack_count++] = texts[at];
        at++;
    }
    return write_one(&scenario, directory, lasting ? "lasting" : "", error,
                     error_bytes);
}

static bool write_few(const struct scenario *like, const char *directory, char *error,
                      size_t error_bytes) {
    return write_beginnings(like, directory, error, error_bytes) &&
           write_together(like, directory, false, error, error_bytes) &&
           write_together(like, directory, true, error, error_bytes);
}

bool scenario_write_suite(const struct scenario *like, const char *directory, bool each,
                          char *error, size_t error_bytes) {
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++) {
        struct scenario scenario = *like;
        scenario.site = sites[i];
        scenario.events = NULL;
        if (!(each ? write_each : write_few)(&scenario, directory, error, error_bytes))
            return false;
    }
    return true;
}
