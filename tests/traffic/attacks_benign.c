#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

#include <string.h>

/* What only looks like an attack. */

static bool login_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->steps = 1 + rng_below(rng, 2);
    attacks_describe(simulation, attack, "SSH to %s", attack->victim->name);
    return true;
}

static double login_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    if (!attacks_open(simulation, attack, 22))
        return -1;
    verb_ssh_session(&attack->talk, 40 + rng_below(rng, 160), 250);
    verb_end(&attack->talk);
    double busy_us = attacks_busy_us(simulation, attack);
    return attack->step + 1 < attack->steps ? busy_us + 30e6 : -busy_us;
}

/* From where it has its updates anyway, or from its maker's cloud: megabytes, then a boot. */
static const char *update_server(const struct host *host) {
    const char *server = NULL;
    for (const struct actor *habit = host->actors; habit; habit = habit->next)
        if (habit->service->verb == VERB_TLS && habit->target == NULL &&
            (server == NULL || habit->service->down_bytes > 1000000))
            server = habit->service->peer;
    return server ? server : "firmware.vendor-cloud.example";
}

static void update(struct simulation *simulation, struct host *host,
                   struct attack *attack) {
    uint64_t time_us = simulation->now_us;
    uint32_t bytes = 2000000 + rng_below(&attack->rng, 6000000);
    verb_tls_once(simulation, host, update_server(host), 12, 443, 700, bytes,
                  &attack->rng, &time_us);
}

static bool update_begin(struct simulation *simulation, struct attack *attack) {
    attacks_describe(simulation, attack, "%s loads new firmware and boots",
                     attack->host->name);
    return true;
}

static double update_step(struct simulation *simulation, struct attack *attack) {
    switch (attack->step) {
    case 0:
        update(simulation, attack->host, attack);
        return rng_between(&attack->rng, 30e6, 120e6);
    case 1:
        behaviour_leave(attack->host);
        attack->host->hold = HOLD_DOWN;
        return rng_between(&attack->rng, 20e6, 70e6);
    default:
        attack->host->hold = HOLD_NONE;
        behaviour_join(simulation, attack->host);
        return -1;
    }
}

static bool roll_out_begin(struct simulation *simulation, struct attack *attack) {
    struct label *label = &simulation->truth.labels[attack->label];
    const char *kind = attack->host->profile->label;
    label->device_count = 0;
    for (size_t i = 0; i < simulation->host_count; i++)
        if (strcmp(simulation->hosts[i].profile->label, kind) == 0) {
            truth_device(label, &simulation->hosts[i].mac);
            attack->steps++;
        }
    attack->gap_us = rng_between(&attack->rng, 60e6, 240e6);
    attacks_describe(simulation, attack, "all %u of the kind %s", attack->steps, kind);
    return true;
}

static double roll_out_step(struct simulation *simulation, struct attack *attack) {
    struct host *host =
        simulation_find(simulation, attack->host->profile->label, attack->step);
    if (host->up)
        update(simulation, host, attack);
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.5)
               : -30e6;
}

static bool visit_begin(struct simulation *simulation, struct attack *attack) {
    attacks_describe(simulation, attack, "%s comes and leaves", attack->host->name);
    return true;
}

/* Its habits do the rest. */
static double visit_step(struct simulation *simulation, struct attack *attack) {
    (void)simulation;
    (void)attack;
    return 60e6;
}

static void visit_end(struct simulation *simulation, struct attack *attack) {
    (void)simulation;
    behaviour_leave(attack->host);
}

const struct attack_kind attacks_benign[] = {
    {"login", "somebody logs in by SSH, as he may", 20, true,
     "laptop,workstation,engineering,management", login_begin, login_step, NULL},
    {"update", "one device updates its firmware", 20, true, ATTACKS_THINGS,
     update_begin, update_step, NULL},
    {"update-all", "all devices of a kind update their firmware", 60, true,
     ATTACKS_THINGS, roll_out_begin, roll_out_step, NULL},
    {"visitor", "a new device comes, browses and leaves", 120, true, "visitor",
     visit_begin, visit_step, visit_end},
    {.name = NULL},
};
