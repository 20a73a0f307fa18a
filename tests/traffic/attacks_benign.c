#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

#include <string.h>

/* What only looks like an attack. */

bool attacks_login_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->steps = 1 + rng_below(rng, 2);
    attacks_describe(simulation, attack, "SSH to %s", attack->victim->name);
    return true;
}

double attacks_login_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    if (talk_open(&attack->talk, simulation, attack->host,
                  (struct peer){attack->victim, 0}, 22, rng,
                  simulation->now_us) != TALK_OPEN)
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

bool attacks_update_begin(struct simulation *simulation, struct attack *attack) {
    attacks_describe(simulation, attack, "%s loads new firmware and boots",
                     attack->host->name);
    return true;
}

double attacks_update_step(struct simulation *simulation, struct attack *attack) {
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

bool attacks_roll_out_begin(struct simulation *simulation, struct attack *attack) {
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

double attacks_roll_out_step(struct simulation *simulation, struct attack *attack) {
    struct host *host =
        simulation_find(simulation, attack->host->profile->label, attack->step);
    if (host->up)
        update(simulation, host, attack);
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.5)
               : -30e6;
}

bool attacks_visit_begin(struct simulation *simulation, struct attack *attack) {
    attacks_describe(simulation, attack, "%s comes and leaves", attack->host->name);
    return true;
}

/* Its habits do the rest. */
double attacks_visit_step(struct simulation *simulation, struct attack *attack) {
    (void)simulation;
    (void)attack;
    return 60e6;
}

void attacks_visit_end(struct simulation *simulation, struct attack *attack) {
    (void)simulation;
    behaviour_leave(attack->host);
}
