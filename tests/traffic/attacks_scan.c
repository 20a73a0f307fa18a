#include "tests/traffic/attacks.h"

enum { SWEEP = 254, SECOND_US = 1000000 };

static const struct mac nobody;

static struct host *at_address(const struct simulation *simulation, uint32_t ip) {
    for (size_t i = 0; i < simulation->host_count; i++)
        if (simulation->hosts[i].ip == ip && simulation->hosts[i].up)
            return &simulation->hosts[i];
    return NULL;
}

/* --- a sweep asks for each address by ARP, as any scanner on the same segment must, and
   tries some ports of those that answer --- */

static bool scan_begin(struct simulation *simulation, struct attack *attack) {
    attack->steps = SWEEP;
    attack->gap_us = exp(rng_between(&attack->rng, log(4e3), log(1.5e6)));
    attack->variant = rng_chance(&attack->rng, 0.5);
    attack->port = (uint16_t)(2 + rng_below(&attack->rng, 250));
    attacks_describe(simulation, attack,
                     "sweep of %d local addresses, one each %.0f ms", SWEEP,
                     attack->gap_us / 1e3);
    return true;
}

static double scan_step(struct simulation *simulation, struct attack *attack) {
    static const uint16_t ports[] = {23, 22, 80, 445, 8080, 502};
    /* 1 … 254 in order, or in one of the scanner's own (multiples modulo a prime). */
    uint32_t place = attack->step + 1;
    uint32_t ip = simulation->network +
                  (attack->variant ? place * attack->port % 257 % 255 : place);
    struct host *host = attack->host, *target = at_address(simulation, ip);
    uint64_t time_us = simulation->now_us;
    if (target == NULL) {
        uint8_t frame[FRAME_BYTES];
        size_t length = frame_arp(frame, &host->mac, &frame_broadcast, ARP_REQUEST,
                                  &host->mac, host->ip, &nobody, ip);
        simulation_send(simulation, time_us, frame, length);
        if (attack->gap_us > 50e3)
            simulation_send(simulation, time_us + SECOND_US, frame, length);
    } else if (target != host) {
        for (unsigned i = 0; i < 3; i++, time_us += 3000)
            talk_probe(simulation, host, (struct peer){target, 0},
                       ports[(attack->port + i) % 6], &attack->rng, time_us,
                       rng_chance(&attack->rng, 0.2) ? PROBE_OPEN : PROBE_CLOSED);
    }
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.4)
               : -1;
}

/* --- a worm's search: random addresses of the world, a port or two, hardly any answer --- */

static bool wide_begin(struct simulation *simulation, struct attack *attack) {
    attack->gap_us = 1e6 / exp(rng_between(&attack->rng, log(2.0), log(40.0)));
    attack->port = rng_chance(&attack->rng, 0.6) ? 23 : 5555;
    attacks_describe(simulation, attack, "worm's search at port %u, %.0f addresses/s",
                     attack->port, 1e6 / attack->gap_us);
    return true;
}

static double wide_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    struct peer peer = {NULL,
                        (1u + rng_below(rng, 222)) << 24 | rng_below(rng, 1u << 24)};
    unsigned port = attack->port == 23 && rng_chance(rng, 0.1) ? 2323 : attack->port;
    if (peer.ip >> 24 != 10 && peer.ip >> 24 != 127 && peer.ip >> 16 != 0xc0a8 &&
        peer.ip >> 20 != 0xac1 && peer.ip >> 16 != 0xa9fe)
        talk_probe(simulation, attack->host, peer, port, rng, simulation->now_us,
                   rng_chance(rng, 0.03) ? PROBE_CLOSED : PROBE_SILENT);
    return rng_exponential(rng, attack->gap_us);
}

/* --- the ports of one neighbour --- */

static bool ports_begin(struct simulation *simulation, struct attack *attack) {
    bool slow = attack->kind->minutes > 60;
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = slow ? rng_between(rng, 10e6, 60e6)
                          : exp(rng_between(rng, log(3e3), log(400e3)));
    attack->steps = slow ? 1000 : 200 + rng_below(rng, 824);
    attack->variant = rng_chance(rng, 0.4);
    attack->port = (uint16_t)(1 + 2 * rng_below(rng, 500));
    attacks_describe(simulation, attack, "ports of %s, one each %.0f ms, %s",
                     attack->victim->name, attack->gap_us / 1e3,
                     attack->variant ? "dropped" : "refused");
    return true;
}

static double ports_step(struct simulation *simulation, struct attack *attack) {
    /* Odd multiples modulo 1024 visit each port once, in an order of the attack's own. */
    unsigned port = attack->step * attack->port % 1024 + 1;
    bool open = port == 22 || port == 80 || port == 443 || port == 502;
    talk_probe(simulation, attack->host, (struct peer){attack->victim, 0}, port,
               &attack->rng, simulation->now_us,
               open              ? PROBE_OPEN
               : attack->variant ? PROBE_SILENT
                                 : PROBE_CLOSED);
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.3)
               : -1;
}

const struct attack_kind attacks_scan[] = {
    {"address-scan", "sweep of the site's addresses", 10, false, ATTACKS_THINGS,
     scan_begin, scan_step, NULL},
    {"address-scan-wide", "looks for victims all over the world", 4, false,
     ATTACKS_THINGS, wide_begin, wide_step, NULL},
    {"port-scan", "tries the ports of a neighbour", 10, false, ATTACKS_THINGS,
     ports_begin, ports_step, NULL},
    {"port-scan-slow", "the same, a port a minute", 240, false, ATTACKS_THINGS,
     ports_begin, ports_step, NULL},
    {.name = NULL},
};
