#include "tests/traffic/attacks.h"

#include "tests/traffic/verb.h"

/* Addresses, identities and ways that are not one's own. */

enum { SECOND_US = 1000000 };

/* Who has an address by DHCP, and is there to ask for one: the number-th of them. */
static struct host *client(const struct simulation *simulation,
                           const struct host *other, uint32_t number) {
    uint32_t count = 0;
    for (size_t i = 1; i < 2 * simulation->host_count; i++) {
        struct host *host = &simulation->hosts[i % simulation->host_count];
        if (host != other && host->profile->dhcp_parameters && !host->via &&
            host->profile->presence == PRESENCE_ALWAYS && count++ == number)
            return host;
    }
    return NULL;
}

static bool rogue_begin(struct simulation *simulation, struct attack *attack) {
    attack->gap_us = rng_between(&attack->rng, 40e6, 120e6);
    attacks_describe(simulation, attack, "offers addresses with itself as the gateway");
    return client(simulation, attack->host, 0) != NULL;
}

/* It waits for somebody who asks; whose radio lost its network asks anew. */
static double rogue_step(struct simulation *simulation, struct attack *attack) {
    simulation->rogue = attack->host;
    uint32_t hosts = (uint32_t)simulation->host_count;
    struct host *asker =
        client(simulation, attack->host, rng_below(&attack->rng, hosts));
    if (asker == NULL)
        asker = client(simulation, attack->host, 0);
    if (asker->up && asker->hold == HOLD_NONE)
        behaviour_join(simulation, asker);
    return rng_lognormal(&attack->rng, attack->gap_us, 0.3);
}

static void rogue_end(struct simulation *simulation, struct attack *attack) {
    (void)attack;
    simulation->rogue = NULL;
}

static bool duplicate_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = rng_between(rng, 8e6, 45e6);
    attacks_describe(simulation, attack, "takes the address of %s",
                     attack->victim->name);
    truth_device(&simulation->truth.labels[attack->label], &attack->victim->mac);
    return true;
}

/* It announces the address and speaks from it; the owner defends it (RFC 5227). */
static double duplicate_step(struct simulation *simulation, struct attack *attack) {
    struct host *me = attack->host;
    uint32_t mine = me->ip;
    uint64_t time_us = simulation->now_us;
    me->ip = attack->victim->ip;
    network_announce(simulation, me, time_us);
    network_announce(simulation, attack->victim,
                     time_us + 900 + rng_below(&attack->rng, 900));
    time_us += 300000;
    verb_tls_once(simulation, me, "status.vendor-cloud.example", 2, 443, 400, 600,
                  &attack->rng, &time_us);
    me->ip = mine;
    return rng_lognormal(&attack->rng, attack->gap_us, 0.3);
}

/* The device is gone for some hours; what comes back under its MAC and address lives like
   another kind of device. */
static bool replace_begin(struct simulation *simulation, struct attack *attack) {
    uint64_t hours_us = (2 + rng_below(&attack->rng, 3)) * 3600ull * SECOND_US;
    attack->victim =
        attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng);
    for (int tries = 0; tries < 50 && attack->victim &&
                        attack->victim->profile == attack->host->profile;
         tries++)
        attack->victim =
            attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng);
    if (attack->victim == NULL || attack->start_us < simulation->start_us + hours_us)
        return false;
    attacks_describe(simulation, attack, "comes back after %llu h, behaving like a %s",
                     (unsigned long long)(hours_us / 3600 / SECOND_US),
                     attack->victim->profile->label);
    attack->host->hold = HOLD_NONE;
    attack->gap_us = (double)hours_us;
    attack->start_us -= hours_us;
    return true;
}

static double replace_step(struct simulation *simulation, struct attack *attack) {
    struct host *host = attack->host;
    if (attack->step == 0) {
        behaviour_leave(host);
        host->hold = HOLD_DOWN;
        return attack->gap_us;
    }
    if (attack->step == 1) {
        behaviour_become(simulation, host, attack->victim->profile);
        host->hold = HOLD_NONE;
        behaviour_join(simulation, host);
    }
    return 600e6;
}

/* Another machine under its MAC and address, beside it. */
static bool clone_begin(struct simulation *simulation, struct attack *attack) {
    struct host *clone = simulation_allocate(simulation, sizeof *clone);
    struct rng *rng = &attack->rng;
    for (int tries = 0; tries < 50 && attack->victim == NULL; tries++) {
        struct host *like =
            attacks_choose(simulation, attacks_anybody, attack->host, rng);
        if (like && like->profile->ttl != attack->host->profile->ttl)
            attack->victim = like;
    }
    if (attack->victim == NULL)
        return false;
    clone->profile = attack->victim->profile;
    clone->mac = attack->host->mac;
    clone->index = attack->host->index;
    clone->rng = rng_make(rng_next(rng), 0);
    attack->other = clone;
    attack->gap_us = rng_between(rng, 8e6, 40e6);
    attacks_describe(simulation, attack, "something like a %s uses its MAC, too",
                     clone->profile->label);
    return true;
}

static double clone_step(struct simulation *simulation, struct attack *attack) {
    uint64_t time_us = simulation->now_us;
    attack->other->ip = attack->host->ip;
    verb_tls_once(simulation, attack->other, "portal.vendor-cloud.example", 2, 443, 600,
                  2000, &attack->rng, &time_us);
    return rng_lognormal(&attack->rng, attack->gap_us, 0.4);
}

static struct path way(const struct attack *attack, uint32_t from, uint32_t to) {
    return (struct path){.source = attack->host->mac,
                         .target = attack->victim->mac,
                         .source_ip = from,
                         .target_ip = to,
                         .id = (uint16_t)rng_mix(from ^ attack->step),
                         .ttl = attack->host->profile->ttl};
}

static bool spoof_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = exp(rng_between(rng, log(0.1e6), log(2e6)));
    attacks_describe(simulation, attack, "calls %s under any address, each %.1f s",
                     attack->victim->name, attack->gap_us / 1e6);
    return true;
}

static double spoof_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    uint32_t from = simulation->network + 2 + rng_below(rng, 252);
    struct path path = way(attack, from, attack->victim->ip);
    struct tcp_header syn = {.source_port = (uint16_t)(1024 + rng_below(rng, 64000)),
                             .target_port = 80,
                             .sequence = (uint32_t)rng_next(rng),
                             .window = 64240,
                             .flags = TCP_SYN};
    uint8_t frame[FRAME_BYTES];
    simulation_send(simulation, simulation->now_us, frame,
                    frame_tcp(frame, &path, &syn, NULL, 0));
    return rng_exponential(rng, attack->gap_us);
}

/* A neighbour with a modem of its own. */
static bool bypass_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->address = network_address("relay.tunnel.example", 1, 0);
    attack->gap_us = exp(rng_between(rng, log(0.2e6), log(5e6)));
    attacks_describe(simulation, attack, "a tunnel to the world by way of %s",
                     attack->victim->name);
    return true;
}

static double bypass_step(struct simulation *simulation, struct attack *attack) {
    enum { PORT = 51820 };
    struct host *me = attack->host;
    struct rng *rng = &attack->rng;
    uint64_t time_us = simulation->now_us;
    if (!network_resolve(simulation, me, attack->victim, &time_us))
        return 10e6;
    struct path there = way(attack, me->ip, attack->address);
    struct path back = way(attack, attack->address, me->ip);
    back.source = there.target;
    back.target = there.source;
    back.ttl = network_ttl(attack->address);
    for (int answer = 0; answer < 2; answer++, time_us += 40000) {
        struct message message = {0};
        uint8_t frame[FRAME_BYTES];
        message_opaque(&message, rng_next(rng), 100 + rng_below(rng, 1100));
        simulation_send(simulation, time_us, frame,
                        frame_udp(frame, answer ? &back : &there, PORT, PORT,
                                  message.bytes, message.length));
    }
    return rng_lognormal(rng, attack->gap_us, 0.5);
}

const struct attack_kind attacks_identity[] = {
    {"duplicate-address", "uses the address of another", 10, false, ATTACKS_THINGS,
     duplicate_begin, duplicate_step, NULL},
    {"rogue-dhcp", "hands out addresses that are not its own", 15, false,
     ATTACKS_THINGS, rogue_begin, rogue_step, rogue_end},
    {"replacement", "comes back after an absence as something else", 0, false,
     ATTACKS_THINGS, replace_begin, replace_step, NULL},
    {"mac-cloning", "another machine under its MAC, beside it", 30, false,
     ATTACKS_THINGS, clone_begin, clone_step, NULL},
    {"address-spoofing", "calls a neighbour under addresses of others", 5, false,
     ATTACKS_THINGS, spoof_begin, spoof_step, NULL},
    {"gateway-bypass", "leaves for the world by another router", 10, false,
     ATTACKS_THINGS, bypass_begin, bypass_step, NULL},
    {.name = NULL},
};
