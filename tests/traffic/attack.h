#ifndef TESTS_TRAFFIC_ATTACK_H
#define TESTS_TRAFFIC_ATTACK_H

#include "tests/traffic/simulation.h"

#include <stdio.h>

/* Attacks, and things that only look like one, planted into a site and labelled. */

struct attack_plan {
    const struct attack_kind *kind;
    uint64_t start_us;  /* from the start of the simulation */
    uint64_t length_us; /* 0: the kind's own */
    char device[32]; /* who does it, by host name or label; empty: the kind's choice */
};

/* "KIND@DAY+HH:MM[:MINUTES][/DEVICE]", days counted from 0. False with a reason in `error`. */
bool attack_parse(const char *text, struct attack_plan *plan, char *error,
                  size_t error_bytes);

/* Put it on the agenda; the site must be populated. `number` tells equal plans apart. False
   where the site has nobody who could do it. */
bool attack_plant(struct simulation *simulation, const struct attack_plan *plan,
                  unsigned number);

/* All kinds, a line each. */
void attack_list(FILE *file);

/* The kinds by number, NULL beyond the last: for whoever wants all of them. */
const struct attack_kind *attack_kind(size_t number);
const char *attack_name(const struct attack_kind *kind);

/* Whether it goes on to the end of the capture where nothing else is said. */
bool attack_lasts(const struct attack_kind *kind);

#endif
