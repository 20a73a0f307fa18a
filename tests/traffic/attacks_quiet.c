#include "tests/traffic/attacks.h"

#include "tests/traffic/verb.h"

#include <stdio.h>

enum { SECOND_US = 1000000 };

static void beacon_step(struct simulation *simulation, struct task *task) {
    struct attack *attack = (struct attack *)task;
    if (simulation->now_us >= attack->end_us) {
        attacks_finish(simulation, attack);
        return;
    }
    if (attack->step++ == 0 && !attack->host->up)
        behaviour_join(simulation, attack->host);
    uint64_t time_us = simulation->now_us;
    verb_tls_once(simulation, attack->host, attack->peer_name, 1, attack->port, 260,
                  verb_amount(180, 0.3, &attack->rng), &attack->rng, &time_us);
    double gap_us = attack->gap_us * rng_between(&attack->rng, 0.85, 1.15);
    simulation_at(simulation, simulation->now_us + (uint64_t)gap_us, task);
}

void attacks_beacon(struct simulation *simulation, struct attack *attack) {
    attack->task.run = beacon_step;
    attack->gap_us = rng_between(&attack->rng, 20, 240) * SECOND_US;
    attack->port = rng_chance(&attack->rng, 0.7) ? 443 : 8443;
    snprintf(attack->peer_name, sizeof attack->peer_name,
             "cdn-%04x.updatecheck%u.example",
             (unsigned)rng_next(&attack->rng) & 0xffff, rng_below(&attack->rng, 90));
    attack->host->held = true;
    attacks_describe(simulation, attack, "TLS to %s each %.0f s", attack->peer_name,
                     attack->gap_us / 1e6);
    simulation_at(simulation, attack->start_us, &attack->task);
}
