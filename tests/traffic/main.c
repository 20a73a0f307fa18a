#include "tests/traffic/attack.h"
#include "tests/traffic/capture.h"
#include "tests/traffic/site.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTACKS = 64 };

static const char usage[] =
    "usage: traffic [--site home|building|plant|office] [options] NAME.pcap\n"
    "       traffic --list\n"
    "\n"
    "  --site NAME        who lives there\n"
    "  --days N           how long, in days (7)\n"
    "  --devices N        how many devices, gateway included (30)\n"
    "  --seed N           same seed, same options: same bytes (1)\n"
    "  --start EPOCH      the first second (1769990400, a Monday)\n"
    "  --attack PLAN      KIND@DAY+HH:MM[:MINUTES][/DEVICE]; again for more\n"
    "  --out FILE         the capture, another way to say it; - is standard output\n"
    "  --events FILE      the labels (FILE.events.json beside the capture)\n"
    "  --evaluate-from D  days before which nothing is judged (0)\n"
    "  --snaplen N        bytes kept of each frame (all)\n"
    "  --loss P           probability that a TCP segment is sent twice (0.0005)\n"
    "  --pace P           of cyclic traffic: 1 is real life (0.1, to keep a week "
    "small)\n"
    "  --churn            DHCP gives another address at every join\n"
    "  --list             the kinds of attacks\n";

struct options {
    const struct site *site;
    double days, evaluate_from_days, loss, pace;
    size_t devices;
    uint64_t seed, start_s;
    uint32_t snaplen;
    bool churn;
    const char *out, *events;
    const char *attacks[ATTACKS];
    size_t attack_count;
};

static int complain(const char *what, const char *why) {
    fprintf(stderr, "traffic: %s: %s\n", what, why);
    return 2;
}

/* NAME.pcap → NAME.events.json */
static void beside(char *path, size_t bytes, const char *capture) {
    size_t length = strlen(capture);
    if (length > 5 && strcmp(capture + length - 5, ".pcap") == 0)
        length -= 5;
    snprintf(path, bytes, "%.*s.events.json", (int)length, capture);
}

static int simulate(const struct options *options) {
    struct simulation simulation = {
        .seed = options->seed,
        .start_us = options->start_s * 1000000,
        .lease_s = 86400,
        .loss = options->loss,
        .pace = options->pace,
        .churn = options->churn,
        .relay_rng = rng_make(options->seed, 12),
    };
    struct capture capture;
    char error[PCAP_ERRBUF_SIZE], events[4096], name[256];
    simulation.end_us = simulation.start_us + (uint64_t)(options->days * 86400e6);
    simulation.now_us = simulation.start_us;
    site_populate(&simulation, options->site, options->devices);
    for (size_t i = 0; i < options->attack_count; i++) {
        struct attack_plan plan;
        if (!attack_parse(options->attacks[i], &plan, error, sizeof error))
            return complain("--attack", error);
        if (!attack_plant(&simulation, &plan, (unsigned)i))
            return complain(options->attacks[i],
                            "nobody to do it, or not within the days");
    }
    if (!capture_open(&capture, options->out, options->snaplen, error, sizeof error))
        return complain("capture", error);
    simulation.sink = capture_sink(&capture);
    simulation_run(&simulation);
    if (!capture_close(&capture))
        return complain(options->out, "could not be written whole");
    if (options->events)
        snprintf(events, sizeof events, "%s", options->events);
    else
        beside(events, sizeof events, options->out);
    const char *base = strrchr(options->out, '/');
    snprintf(name, sizeof name, "%s", base ? base + 1 : options->out);
    name[strcspn(name, ".")] = '\0';
    uint64_t from_us =
        simulation.start_us + (uint64_t)(options->evaluate_from_days * 86400e6);
    if ((options->events || strcmp(options->out, "-") != 0) &&
        labels_write(&simulation.labels, events, name, from_us) != 0)
        return complain(events, "could not be written");
    fprintf(stderr, "traffic: %llu packets, %llu bytes, %zu devices, %zu events\n",
            (unsigned long long)simulation.packets,
            (unsigned long long)simulation.bytes, site_residents(&simulation),
            simulation.labels.count);
    simulation_clear(&simulation);
    return 0;
}

static bool number(const char *text, double low, double high, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value >= low && *value <= high;
}

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"site", 1, NULL, 's'},          {"days", 1, NULL, 'd'},
        {"devices", 1, NULL, 'n'},       {"seed", 1, NULL, 'r'},
        {"start", 1, NULL, 't'},         {"attack", 1, NULL, 'a'},
        {"out", 1, NULL, 'o'},           {"events", 1, NULL, 'e'},
        {"evaluate-from", 1, NULL, 'f'}, {"snaplen", 1, NULL, 'l'},
        {"loss", 1, NULL, 'p'},          {"churn", 0, NULL, 'c'},
        {"pace", 1, NULL, 'q'},          {"list", 0, NULL, 'L'},
        {"help", 0, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    struct options options = {.site = &site_home,
                              .days = 7,
                              .devices = 30,
                              .seed = 1,
                              .start_s = 1769990400,
                              .loss = 0.0005,
                              .pace = 0.1};
    double value = 0;
    bool good = true;
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 's':
            options.site = site_by_name(optarg);
            if (options.site == NULL)
                return complain(optarg, "no such site");
            break;
        case 'd':
            good = number(optarg, 0.001, 3650, &options.days);
            break;
        case 'n':
            good = number(optarg, 1, 1000, &value);
            options.devices = (size_t)value;
            break;
        case 'r':
            good = number(optarg, 0, 0x1p53, &value);
            options.seed = (uint64_t)value;
            break;
        case 't':
            good = number(optarg, 86400, 4e9, &value);
            options.start_s = (uint64_t)value;
            break;
        case 'a':
            if (options.attack_count == ATTACKS)
                return complain("--attack", "too many");
            options.attacks[options.attack_count++] = optarg;
            break;
        case 'o':
            options.out = optarg;
            break;
        case 'e':
            options.events = optarg;
            break;
        case 'f':
            good = number(optarg, 0, 3650, &options.evaluate_from_days);
            break;
        case 'l':
            good = number(optarg, 64, 262144, &value);
            options.snaplen = (uint32_t)value;
            break;
        case 'p':
            good = number(optarg, 0, 0.5, &options.loss);
            break;
        case 'q':
            good = number(optarg, 0.001, 100, &options.pace);
            break;
        case 'c':
            options.churn = true;
            break;
        case 'L':
            attack_list(stdout);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 2;
        }
        if (!good)
            return complain(optarg, "out of range");
    }
    if (options.out == NULL && optind < argc)
        options.out = argv[optind++];
    if (options.out == NULL || optind < argc) {
        fputs(usage, stderr);
        return 2;
    }
    return simulate(&options);
}
