#ifndef TESTS_TRAFFIC_SCENARIO_H
#define TESTS_TRAFFIC_SCENARIO_H

#include "tests/traffic/site.h"

/* A simulation as it is ordered: a site, a length, attacks, a file. */

enum { SCENARIO_ATTACKS = 64 };

struct scenario {
    const struct site *site;
    double days;
    double evaluate_from_days; /* nothing is judged before; written into the labels */
    double write_from_days;    /* frames before are lived through, not written */
    size_t devices;            /* gateway included */
    uint64_t seed, start_s;
    uint32_t snaplen;   /* bytes kept of each frame, 0: all */
    double loss;        /* probability that a TCP segment is sent twice */
    double pace;        /* of cyclic traffic: 1 is real life */
    bool churn;         /* DHCP gives another address at every join */
    bool quiet;         /* says nothing on standard error */
    size_t routed;      /* hosts behind a router of the site */
    bool private_macs;  /* telephones change their MAC every day */
    const char *out;    /* the capture; "-" is standard output */
    const char *events; /* the labels; NULL: beside the capture, none for "-" */
    const char *attacks[SCENARIO_ATTACKS]; /* plans, as attack_parse reads them */
    size_t attack_count;
};

/* A week of thirty devices at home from a Monday on, without attacks. */
extern const struct scenario scenario_default;

/* The one that is shown around: a week in a building from a Wednesday, six in the evening;
   on the last afternoon a camera that was taken over in the morning goes to work. */
extern const struct scenario scenario_demo;

/* Simulate it and write both files. False with a line in `error`. */
bool scenario_write(const struct scenario *scenario, char *error, size_t error_bytes);

/* A set for evaluation in a directory that exists, of all sites: SITE-benign, SITE-infected
   from the first second, SITE-infected-later, SITE with all kinds that end, hours apart, and
   SITE-lasting with those that do not. Or `each`: a capture for every kind. What `like` says of length, devices and seed holds. */
bool scenario_write_suite(const struct scenario *like, const char *directory, bool each,
                          char *error, size_t error_bytes);

#endif
