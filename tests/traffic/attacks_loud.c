#include "tests/traffic/attacks.h"

#include "tests/traffic/verb.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SECOND_US = 1000000 };

void attacks_describe(struct simulation *simulation, const struct attack *attack,
                      const char *format, ...) {
    struct label *label = &simulation->labels.labels[attack->label];
    int used = snprintf(label->what, sizeof label->what, "%s: ", attack->kind->name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(label->what + used, sizeof label->what - (size_t)used, format, arguments);
    va_end(arguments);
}

void attacks_finish(struct simulation *simulation, struct attack *attack) {
    struct label *label = &simulation->labels.labels[attack->label];
    label->end_us =
        simulation->now_us > label->start_us ? simulation->now_us : label->start_us + 1;
    attack->host->held = false;
}

static void again(struct simulation *simulation, struct attack *attack, double gap_us) {
    simulation_at(simulation, simulation->now_us + (uint64_t)gap_us, &attack->task);
}

/* A sweep asks for each address by ARP, as every scanner on the same segment does, and tries
   a port of those that answer. */
static void scan_step(struct simulation *simulation, struct task *task) {
    static const uint16_t ports[] = {23, 22, 80, 445, 8080, 502};
    struct attack *attack = (struct attack *)task;
    if (attack->step == 0 && !attack->host->up)
        behaviour_join(simulation, attack->host);
    if (attack->step == attack->steps || simulation->now_us >= attack->end_us) {
        attacks_finish(simulation, attack);
        return;
    }
    /* 1 … 254 in an order of the attack's own: a multiplication modulo the prime 257. */
    uint32_t place = attack->step++ + 1, last = place;
    if (attack->port)
        last = place * attack->port % 257;
    uint32_t ip = simulation->network + last % 255;
    struct host *target = NULL;
    for (size_t i = 0; i < simulation->host_count; i++)
        if (simulation->hosts[i].ip == ip)
            target = &simulation->hosts[i];
    uint64_t time_us = simulation->now_us;
    if (target == NULL || !target->up) {
        static const struct mac nobody;
        uint8_t frame[FRAME_BYTES];
        const struct host *host = attack->host;
        size_t length = frame_arp(frame, &host->mac, &frame_broadcast, ARP_REQUEST,
                                  &host->mac, host->ip, &nobody, ip);
        simulation_send(simulation, time_us, frame, length);
    } else if (target != attack->host) {
        for (unsigned i = 0; i < 3; i++, time_us += 3000)
            talk_refused(simulation, attack->host, (struct peer){target, 0},
                         ports[(attack->number + i) % 6], &attack->rng, time_us);
    }
    again(simulation, attack, rng_lognormal(&attack->rng, attack->gap_us, 0.4));
}

void attacks_address_scan(struct simulation *simulation, struct attack *attack) {
    attack->task.run = scan_step;
    attack->steps = 254;
    attack->gap_us = exp(rng_between(&attack->rng, log(4000.0), log(600000.0)));
    attack->port = rng_chance(&attack->rng, 0.5)
                       ? (uint16_t)(2 + rng_below(&attack->rng, 250))
                       : 0;
    attack->host->held = true;
    attacks_describe(simulation, attack,
                     "sweep of 254 local addresses, one each %.0f ms",
                     attack->gap_us / 1e3);
    simulation_at(simulation, attack->start_us, &attack->task);
}
