#include "engine/cohort.h"

#include "engine/base/fnv.h"
#include "engine/window.h"

#include <math.h>
#include <string.h>

static const uint32_t together_s = 3600;
/* Windows before a group speaks for its members. */
static const double group_windows = 2000;

/* What a device is compared by; the last is how much of the day it is active. */
static const uint8_t compared[PEERS_QUANTITIES] = {
    FEATURE_SENT_PACKETS,  FEATURE_SENT_BYTES, FEATURE_RECEIVED_BYTES,
    FEATURE_FLOWS_STARTED, FEATURE_PEERS,      FEATURE_SERVICES,
    FEATURE_UNANSWERED,    FEATURE_COUNT,
};
/* Before so many windows it is not yet what it will be. */
static const float comparable_windows = 30;
static const double outlier_bar = 3, outlier_base = 0.6, outlier_slope = 0.3,
                    outlier_ceiling = 1.6;

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
    cohorts->groups = table_create(COHORT_GROUPS, sizeof(uint32_t),
                                   sizeof(struct cohort_group), seed ^ 5);
    cohorts->habits = table_create(COHORT_HABITS, sizeof(uint64_t),
                                   sizeof(struct cohort_habit), seed ^ 3);
    return cohorts->groups && cohorts->habits;
}

void cohorts_free(struct cohorts *cohorts) {
    table_destroy(cohorts->groups);
    table_destroy(cohorts->habits);
    cohorts->groups = cohorts->habits = NULL;
}

static const struct cohort_group *find_group(const struct cohorts *cohorts,
                                             uint32_t group) {
    return group == cohorts->latest_group ? cohorts->latest
                                          : table_find(cohorts->groups, &group);
}

static struct cohort_group *get_group(struct cohorts *cohorts, uint32_t group) {
    bool made;
    if (group != cohorts->latest_group)
        cohorts->latest = table_force(cohorts->groups, &group, &made);
    cohorts->latest_group = group;
    return cohorts->latest;
}

const struct baseline_tails *cohort_tails(const struct cohorts *cohorts,
                                          const struct device *device) {
    bool young = baseline_maturity(&device->baseline, BASELINE_VOLUME) < 1;
    const struct cohort_group *group =
        young && device->group ? find_group(cohorts, device->group) : NULL;
    return group && baseline_tails_windows(&group->pool.tails) >= group_windows
               ? &group->pool.tails
               : &cohorts->network.tails;
}

static void pool_learn(struct cohort_pool *pool, uint64_t end_s,
                       const struct baseline_surprise *surprise) {
    if (pool->end_s != end_s) {
        pool->each_nth =
            pool->offered / COHORT_SAMPLE + (pool->offered < COHORT_SAMPLE);
        pool->offered = 0;
        pool->end_s = end_s;
    }
    if ((pool->offered++ + end_s / WINDOW_S) % pool->each_nth == 0)
        baseline_pool(&pool->tails, surprise);
}

void cohort_learn(struct cohorts *cohorts, uint32_t group, uint64_t end_s,
                  const struct baseline_surprise *surprise) {
    pool_learn(&cohorts->network, end_s, surprise);
    if (group)
        pool_learn(&get_group(cohorts, group)->pool, end_s, surprise);
}

/* In the order of `compared`: means of logarithms, and how much of the day. */
static void measure(const struct baseline *baseline, float value[PEERS_QUANTITIES]) {
    for (unsigned q = 0; q < PEERS_QUANTITIES - 1; q++)
        value[q] = baseline->slow.mean[compared[q]];
    value[PEERS_QUANTITIES - 1] = (float)log1p(baseline_windows_a_day(baseline));
}

void cohort_compare(struct cohorts *cohorts, const struct device *device,
                    uint64_t now_s, struct evidence *evidence) {
    *evidence = (struct evidence){.kind = EVIDENCE_PEER_OUTLIER};
    if (!device->group || device->baseline.windows < comparable_windows)
        return;
    float value[PEERS_QUANTITIES];
    struct cohort_group *group = get_group(cohorts, device->group);
    measure(&device->baseline, value);
    struct peers_outlier outlier =
        peers_compare(&group->peers, user_of(device), (uint32_t)now_s, value);
    peers_take(&group->peers, user_of(device), (uint32_t)now_s, value);
    double excess = outlier.a - outlier_bar;
    if (excess <= 0)
        return;
    evidence->points =
        (float)fmin(outlier_base + outlier_slope * excess, outlier_ceiling);
    evidence->observed = (float)expm1((double)value[outlier.quantity]);
    evidence->expected = (float)expm1(outlier.usual);
    evidence->feature = compared[outlier.quantity];
    evidence->port = (uint16_t)outlier.members;
    evidence->peer = device->key.ip;
    evidence->mac = device->key.mac;
}

unsigned cohort_companions(const struct cohorts *cohorts, const struct device *device,
                           uint64_t now_s) {
    const struct cohort_group *group =
        device->group ? find_group(cohorts, device->group) : NULL;
    return group ? peers_others(&group->peers, user_of(device), (uint32_t)now_s) : 0;
}

bool cohort_shares(const struct cohorts *cohorts, uint64_t key, uint32_t group) {
    const struct cohort_habit *habit = table_find(cohorts->habits, &key);
    return habit && !habit->user && (!habit->group || !group || habit->group == group);
}

bool cohort_is_kin(const struct cohorts *cohorts, uint64_t key, uint32_t group) {
    const struct cohort_habit *habit = table_find(cohorts->habits, &key);
    return habit && !habit->user && habit->group && habit->group == group;
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

void cohort_recognize(const struct cohorts *cohorts, const struct device *device,
                      struct baseline_observation *observation) {
    for (unsigned i = 0; i < observation->key_count; i++) {
        struct baseline_key *k = &observation->keys[i];
        if (observation->acquaintance[i] != KEY_KNOWN)
            k->shared = cohort_shares(cohorts, k->key, device->group);
    }
}

void cohort_learn_keys(struct cohorts *cohorts, const struct device *device,
                       const struct baseline_observation *observation) {
    for (unsigned i = 0; i < observation->key_count; i++)
        /* What it has long used it has told before. */
        if (observation->acquaintance[i] != KEY_KNOWN)
            cohort_use(cohorts, observation->keys[i].key, device);
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
