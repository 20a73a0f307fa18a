#ifndef ENGINE_COHORT_H
#define ENGINE_COHORT_H

#include "engine/base/table.h"
#include "engine/device.h"
#include "models/baseline.h"
#include "models/peers.h"

#include <stdbool.h>
#include <stdint.h>

/* What devices of one peer group have in common: how far their windows deviate, as a prior
   for those that know little yet; what they use, so that it surprises less; and what they
   change together, so that a roll-out is one piece of news and not fifty. Fixed
   memory; of the engine's thread. */

enum {
    COHORT_HABITS = 65536,
    COHORT_GROUPS = 64,
    COHORT_CHANGES = 128,
    COHORT_SAMPLE = 256
};

/* Who uses a peer, a service, …: by hashes, for which a device's place in a table is nothing. */
struct cohort_habit {
    uint32_t user;  /* the one device; 0: several */
    uint32_t group; /* of all of them; 0: several, or unknown */
};

struct cohort_change {
    uint64_t what;
    uint32_t fleet, user;
    uint32_t time_s; /* 0: a free place */
};

struct cohort_changes { /* the last ones, to be kept as they are */
    struct cohort_change at[COHORT_CHANGES];
    uint32_t next;
};

/* Tails that many devices fill. Of what a window brings, some are enough: it learns from each
   n-th device, the first of them another one in each window. */
struct cohort_pool {
    struct baseline_tails tails;
    uint64_t end_s;   /* of the window at work */
    uint32_t offered; /* devices in it so far */
    uint32_t
        each_nth; /* such that it is COHORT_SAMPLE … 2 COHORT_SAMPLE of a window, if
                           it is like the one before */
};

struct cohort_group {
    struct cohort_pool pool;
    struct peers peers;
};

struct cohorts {
    struct cohort_pool network; /* all devices together */
    struct table *groups;       /* group → struct cohort_group */
    struct cohort_group
        *latest;           /* of `latest_group`: devices come by their makers, so */
    uint32_t latest_group; /* the next one is often of the same; 0 none */
    struct table *habits;  /* key → struct cohort_habit */
    struct cohort_changes changes;
};

/* False if there is no memory. */
bool cohorts_init(struct cohorts *cohorts, uint64_t seed);
void cohorts_free(struct cohorts *cohorts);

/* The tails to be compared with while the own ones are thin: for a device that still learns its
   group's, if that has seen enough; else the network's, which are many enough to be a
   sober prior for what has never happened. O(1). */
const struct baseline_tails *cohort_tails(const struct cohorts *cohorts,
                                          const struct device *device);

/* Take a window's deviations into both, if they still want any. */
void cohort_learn(struct cohorts *cohorts, uint32_t group, uint64_t end_s,
                  const struct baseline_surprise *surprise);

/* What its baseline says of it is among the far ends of its group: evidence of how far it
   lies above the others, of points 0 where it does not, or they are too few. To be asked
   now and then; the others are told of it. */
void cohort_compare(struct cohorts *cohorts, const struct device *device,
                    uint64_t now_s, struct evidence *evidence);

/* How many others of its group were seen within a day, as far as they are compared. */
unsigned cohort_companions(const struct cohorts *cohorts, const struct device *device,
                           uint64_t now_s);

/* Whether several devices have this key, and not all of them are of another group: what only
   controllers do is no habit of a sensor's. */
bool cohort_shares(const struct cohorts *cohorts, uint64_t key, uint32_t group);
/* Whether several have it, and all of them are of this group. */
bool cohort_is_kin(const struct cohorts *cohorts, uint64_t key, uint32_t group);
void cohort_use(struct cohorts *cohorts, uint64_t key, const struct device *device);

/* The same of all keys of a window that its device does not know well: which of them the
   network at large knows; and that it uses them. After baseline_recognize. */
void cohort_recognize(const struct cohorts *cohorts, const struct device *device,
                      struct baseline_observation *observation);
void cohort_learn_keys(struct cohorts *cohorts, const struct device *device,
                       const struct baseline_observation *observation);

/* The device has just done something unusual that `what` stands for: how many devices of its
   maker have done so within the last hour, this one among them; `joins`:
   it had not yet. O(COHORT_CHANGES). */
unsigned cohort_change(struct cohorts *cohorts, const struct device *device,
                       uint64_t what, uint64_t now_s, bool *joins);

#endif
