#include "engine/cohort.h"

#include "engine/base/fnv.h"
#include "engine/window.h"

#include <string.h>

static const uint32_t together_s = 3600;
/* Windows before a group speaks for its members. */
static const double group_windows = 2000;

/* By what makes the device one; never 0. */
static uint32_t user_of(const struct device *device) {
    uint32_t hash = fnv_32(&device->key, sizeof device->key);
    return hash ? hash : 1;
}

/* Who updates together: those of one maker, whatever they were taken for; of a made-up MAC
   there is only the group. 0: nobody. */
static uint32_t fleet_of(const struct device *device) {
    const uint8_t *mac = device->key.mac.bytes;
    if (device->key.ip.family || mac_is_local(&device->key.mac))
        return device->group;
    return 1u << 24 | (uint32_t)mac[0] << 16 | (uint32_t)mac[1] << 8 | mac[2];
}

bool cohorts_init(struct cohorts *cohorts, uint64_t seed) {
    memset(cohorts, 0, sizeof *cohorts);
    cohorts->pools = table_create(COHORT_GROUPS, sizeof(uint32_t),
                                  sizeof(struct cohort_pool), seed ^ 5);
    cohorts->habits = table_create(COHORT_HABITS, sizeof(uint64_t),
                                   sizeof(struct cohort_habit), seed ^ 3);
    return cohorts->pools && cohorts->habits;
}

void cohorts_free(struct cohorts *cohorts) {
    table_destroy(cohorts->pools);
    table_destroy(cohorts->habits);
    cohorts->pools = cohorts->habits = NULL;
}

static const struct cohort_pool *find_pool(const struct cohorts *cohorts,
                                           uint32_t group) {
    return group == cohorts->latest_group ? cohorts->latest
                                          : table_find(cohorts->pools, &group);
}

static struct cohort_pool *get_pool(struct cohorts *cohorts, uint32_t group) {
    bool made;
    if (group != cohorts->latest_group)
        cohorts->latest = table_force(cohorts->pools, &group, &made);
    cohorts->latest_group = group;
    return cohorts->latest;
}

const struct baseline_tails *cohort_tails(const struct cohorts *cohorts,
                                          const struct device *device) {
    bool young = baseline_maturity(&device->baseline, BASELINE_VOLUME) < 1;
    const struct cohort_pool *pool =
        young && device->group ? find_pool(cohorts, device->group) : NULL;
    return pool && baseline_tails_windows(&pool->tails) >= group_windows
               ? &pool->tails
               : &cohorts->network.tails;
}

static void pool_learn(struct cohort_pool *pool, uint64_t end_s,
                       const struct baseline *baseline,
                       const struct baseline_surprise *surprise) {
    if (pool->end_s != end_s) {
        pool->each_nth =
            pool->offered / COHORT_SAMPLE + (pool->offered < COHORT_SAMPLE);
        pool->offered = 0;
        pool->end_s = end_s;
    }
    if ((pool->offered++ + end_s / WINDOW_S) % pool->each_nth == 0)
        baseline_pool(&pool->tails, baseline, surprise);
}

void cohort_learn(struct cohorts *cohorts, uint32_t group, uint64_t end_s,
                  const struct baseline *baseline,
                  const struct baseline_surprise *surprise) {
    pool_learn(&cohorts->network, end_s, baseline, surprise);
    if (group)
        pool_learn(get_pool(cohorts, group), end_s, baseline, surprise);
}

bool cohort_shares(const struct cohorts *cohorts, uint64_t key, uint32_t group) {
    const struct cohort_habit *habit = table_find(cohorts->habits, &key);
    return habit && !habit->user && (!habit->group || !group || habit->group == group);
}

void cohort_use(struct cohorts *cohorts, uint64_t key, const struct device *device) {
    uint32_t user = user_of(device);
    bool made;
    struct cohort_habit *habit = table_force(cohorts->habits, &key, &made);
    if (made) {
        *habit = (struct cohort_habit){user, device->group};
        return;
    }
    if (habit->user == user) {
        habit->group = device->group; /* it may have become known since */
        return;
    }
    habit->user = 0;
    if (habit->group != device->group)
        habit->group = 0;
}

unsigned cohort_change(struct cohorts *cohorts, const struct device *device,
                       uint64_t what, uint64_t now_s, bool *joins) {
    uint32_t user = user_of(device);
    uint32_t fleet = fleet_of(device);
    unsigned devices = 1;
    bool noted = false;
    *joins = true;
    if (!fleet)
        return devices;
    for (unsigned i = 0; i < COHORT_CHANGES; i++) {
        struct cohort_change *c = &cohorts->changes.at[i];
        if (!c->time_s || c->fleet != fleet || c->what != what ||
            c->time_s + together_s < now_s)
            continue;
        if (c->user == user) {
            c->time_s = (uint32_t)now_s;
            noted = true;
        } else {
            devices++;
        }
    }
    *joins = !noted;
    if (!noted)
        cohorts->changes.at[cohorts->changes.next++ % COHORT_CHANGES] =
            (struct cohort_change){what, fleet, user, (uint32_t)now_s};
    return devices;
}
