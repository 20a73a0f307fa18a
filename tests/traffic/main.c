#include "tests/traffic/attack.h"
#include "tests/traffic/load.h"
#include "tests/traffic/scenario.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: traffic [--site home|building|plant|office] [options] NAME.pcap\n"
    "       traffic --preset demo [options] NAME.pcap\n"
    "       traffic --suite DIR [--each] [options]\n"
    "       traffic --load tls|modbus|syn [options] NAME.pcap\n"
    "       traffic --list\n"
    "\n"
    "Writes a capture of a site, and NAME.events.json beside it: what was planted. The "
    "same\n"
    "options give the same bytes. A NAME of - is standard output, without labels.\n"
    "\n"
    "  --site NAME        who lives there (home)\n"
    "  --days N           how long, in days (7)\n"
    "  --devices N        how many devices, gateway included (30)\n"
    "  --seed N           what chance brings (1)\n"
    "  --start EPOCH      the first second (1769990400, a Monday); UTC is local time\n"
    "  --attack PLAN      KIND@DAY+HH:MM[:MINUTES][/DEVICE], from the start, days "
    "counted\n"
    "                     from 0, DEVICE a host name or label; again for more\n"
    "  --out FILE         the capture, where it is not the last word\n"
    "  --events FILE      the labels, where they do not go beside the capture\n"
    "  --evaluate-from D  days before which nothing is to be judged (0)\n"
    "  --write-from D     days that are lived through, but not written (0)\n"
    "  --snaplen N        bytes kept of each frame (all)\n"
    "  --loss P           probability that a TCP segment is sent twice (0.0005)\n"
    "  --pace P           of cyclic traffic: 1 is real life (0.1, to keep a week "
    "small)\n"
    "  --churn            DHCP gives another address at every join; leases of 4 h\n"
    "  --routed N         N more hosts, behind a router of the site\n"
    "  --private-macs     telephones take another MAC every day\n"
    "  --suite DIR        all sites: without attacks, infected from the start, all "
    "kinds\n"
    "                     that end, and those that do not; --each: a capture for "
    "every\n"
    "                     kind (12 devices where nothing is said)\n"
    "  --load SHAPE       for benchmarks: --flows N at once (100000), --devices N "
    "(50000),\n"
    "                     --packets N (5000000)\n"
    "  --list             the kinds of attacks\n";

static int complain(const char *what, const char *why) {
    fprintf(stderr, "traffic: %s: %s\n", what, why);
    return 2;
}

/* Options that are numbers; an option is its place in this table. */
enum value {
    DAYS,
    DEVICES,
    SEED,
    START,
    FROM,
    WRITE_FROM,
    SNAPLEN,
    LOSS,
    PACE,
    ROUTED,
    FLOWS,
    PACKETS
};

static const struct range {
    double low, high;
} ranges[] = {
    [DAYS] = {0.001, 3650},   [DEVICES] = {1, 1 << 22}, [SEED] = {0, 0x1p53},
    [START] = {86400, 4e9},   [FROM] = {0, 3650},       [WRITE_FROM] = {0, 3650},
    [SNAPLEN] = {64, 262144}, [LOSS] = {0, 0.5},        [PACE] = {0.001, 100},
    [ROUTED] = {0, 200},      [FLOWS] = {1, 16777216},  [PACKETS] = {1, 1e11},
};
enum { VALUES = sizeof ranges / sizeof ranges[0], HOSTS = 1000 };

static bool read_number(const char *text, struct range range, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value >= range.low && *value <= range.high;
}

/* What was said on the command line. */
struct order {
    struct scenario scenario;
    double values[VALUES];
    bool given[VALUES];
    const char *suite, *shape;
    bool each;
};

static void settle(struct order *order) {
    struct scenario *scenario = &order->scenario;
    const double *value = order->values;
    const bool *given = order->given;
    scenario->days = given[DAYS] ? value[DAYS] : scenario->days;
    scenario->devices = given[DEVICES] ? (size_t)value[DEVICES] : scenario->devices;
    scenario->seed = given[SEED] ? (uint64_t)value[SEED] : scenario->seed;
    scenario->start_s = given[START] ? (uint64_t)value[START] : scenario->start_s;
    scenario->evaluate_from_days = value[FROM];
    scenario->write_from_days = value[WRITE_FROM];
    scenario->snaplen = (uint32_t)value[SNAPLEN];
    scenario->loss = given[LOSS] ? value[LOSS] : scenario->loss;
    scenario->pace = given[PACE] ? value[PACE] : scenario->pace;
    scenario->routed = (size_t)value[ROUTED];
}

static int write_load(const struct order *order) {
    struct load load = load_default;
    const double *value = order->values;
    char error[512];
    if (!load_shape_by_name(order->shape, &load.shape))
        return complain(order->shape, "no such shape of load");
    load.seed = order->scenario.seed;
    load.start_s = order->scenario.start_s;
    load.flows = order->given[FLOWS] ? (uint32_t)value[FLOWS] : load.flows;
    load.devices = order->given[DEVICES] ? (uint32_t)value[DEVICES] : load.devices;
    load.packets = order->given[PACKETS] ? (uint64_t)value[PACKETS] : load.packets;
    if (!load_write(&load, order->scenario.out, error, sizeof error))
        return complain("load", error);
    return 0;
}

static int carry_out(struct order *order) {
    char error[512];
    settle(order);
    if (order->shape && order->scenario.out)
        return write_load(order);
    if (order->scenario.devices > HOSTS)
        return complain("--devices", "at most 1000 of them can live at a site");
    if (order->suite) {
        if (!order->given[DEVICES])
            order->scenario.devices = 12;
        if (!scenario_write_suite(&order->scenario, order->suite, order->each, error,
                                  sizeof error))
            return complain(order->suite, error);
        return 0;
    }
    if (order->scenario.out == NULL) {
        fputs(usage, stderr);
        return 2;
    }
    if (!scenario_write(&order->scenario, error, sizeof error))
        return complain(order->scenario.out, error);
    return 0;
}

int main(int argc, char **argv) {
    enum {
        SITE = VALUES,
        PRESET,
        ATTACK,
        OUT,
        EVENTS,
        CHURN,
        PRIVATE,
        SUITE,
        EACH,
        LOAD,
        LIST,
        HELP
    };
    static const struct option options[] = {
        {"days", 1, NULL, DAYS},
        {"devices", 1, NULL, DEVICES},
        {"seed", 1, NULL, SEED},
        {"start", 1, NULL, START},
        {"evaluate-from", 1, NULL, FROM},
        {"write-from", 1, NULL, WRITE_FROM},
        {"snaplen", 1, NULL, SNAPLEN},
        {"loss", 1, NULL, LOSS},
        {"pace", 1, NULL, PACE},
        {"routed", 1, NULL, ROUTED},
        {"flows", 1, NULL, FLOWS},
        {"packets", 1, NULL, PACKETS},
        {"site", 1, NULL, SITE},
        {"preset", 1, NULL, PRESET},
        {"attack", 1, NULL, ATTACK},
        {"out", 1, NULL, OUT},
        {"events", 1, NULL, EVENTS},
        {"churn", 0, NULL, CHURN},
        {"private-macs", 0, NULL, PRIVATE},
        {"suite", 1, NULL, SUITE},
        {"each", 0, NULL, EACH},
        {"load", 1, NULL, LOAD},
        {"list", 0, NULL, LIST},
        {"help", 0, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct order order = {.scenario = scenario_default};
    struct scenario *scenario = &order.scenario;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option >= 0 && option < VALUES) {
            if (!read_number(optarg, ranges[option], &order.values[option]))
                return complain(optarg, "not a number that makes sense here");
            order.given[option] = true;
            continue;
        }
        switch (option) {
        case SITE:
            scenario->site = site_by_name(optarg);
            if (scenario->site == NULL)
                return complain(optarg, "no such site");
            break;
        case PRESET:
            if (strcmp(optarg, "demo") != 0)
                return complain(optarg, "no such preset");
            *scenario = scenario_demo;
            break;
        case ATTACK:
            if (scenario->attack_count == SCENARIO_ATTACKS)
                return complain("--attack", "too many");
            scenario->attacks[scenario->attack_count++] = optarg;
            break;
        case OUT:
            scenario->out = optarg;
            break;
        case EVENTS:
            scenario->events = optarg;
            break;
        case CHURN:
            scenario->churn = true;
            break;
        case PRIVATE:
            scenario->private_macs = true;
            break;
        case SUITE:
            order.suite = optarg;
            break;
        case EACH:
            order.each = true;
            break;
        case LOAD:
            order.shape = optarg;
            break;
        case LIST:
            attack_list(stdout);
            return 0;
        case HELP:
            fputs(usage, stdout);
            return 0;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    if (scenario->out == NULL && optind < argc)
        scenario->out = argv[optind++];
    if (optind < argc)
        return complain(argv[optind], "one capture at a time");
    return carry_out(&order);
}
