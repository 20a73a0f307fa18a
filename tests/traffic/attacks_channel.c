#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

#include <stdio.h>

/* What goes out to the world: channels, uploads, tunnels, habits that grow. */

/* A peer that nobody here has met, named as such peers like to be. */
static void new_peer(struct attack *attack) {
    static const char *const names[] = {"updatecheck", "syncpoint", "gstatus",
                                        "telemetria"};
    struct rng *rng = &attack->rng;
    unsigned individual = (unsigned)rng_next(rng) & 0xffff;
    snprintf(attack->peer_name, sizeof attack->peer_name, "%c%04x.%s%u.example",
             "acn"[rng_below(rng, 3)], individual, names[rng_below(rng, 4)],
             rng_below(rng, 90));
    attack->address = network_address(attack->peer_name, 1, 0);
    attack->port = rng_chance(rng, 0.7) ? 443 : 8443;
}

static bool beacon_begin(struct simulation *simulation, struct attack *attack) {
    new_peer(attack);
    attack->gap_us = exp(rng_between(&attack->rng, log(15e6), log(400e6)));
    attack->variant =
        rng_chance(&attack->rng, 0.3); /* no name: straight to the address */
    attacks_describe(simulation, attack, "TLS to %s%s each %.0f s", attack->peer_name,
                     attack->variant ? " by address" : "", attack->gap_us / 1e6);
    return true;
}

static double beacon_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    uint64_t time_us = simulation->now_us;
    uint32_t up = verb_amount(240, 0.2, rng);
    /* Now and then there is an order, and an answer to it. */
    uint32_t down = rng_chance(rng, 0.03) ? verb_amount(6000, 0.6, rng) : 120;
    if (!attack->variant)
        verb_tls_once(simulation, attack->host, attack->peer_name, 1, attack->port, up,
                      down, rng, &time_us);
    else if (talk_open(&attack->talk, simulation, attack->host,
                       (struct peer){NULL, attack->address}, attack->port, rng,
                       time_us) == TALK_OPEN) {
        talk_greet_tls(&attack->talk, 3, NULL);
        verb_exchange(&attack->talk, up, down, TALK_TLS);
        verb_end(&attack->talk);
    }
    return attack->gap_us * rng_between(rng, 0.85, 1.15);
}

static bool dead_begin(struct simulation *simulation, struct attack *attack) {
    new_peer(attack);
    attack->gap_us = exp(rng_between(&attack->rng, log(10e6), log(90e6)));
    attack->steps = 1 + rng_below(&attack->rng, 4);
    attacks_describe(simulation, attack, "unanswered SYNs to port %u, %u each %.0f s",
                     attack->port, attack->steps, attack->gap_us / 1e6);
    return true;
}

/* An honest device that was forgotten by its maker does the same, to its own old server. */
static bool broken_begin(struct simulation *simulation, struct attack *attack) {
    attack->gap_us = exp(rng_between(&attack->rng, log(20e6), log(120e6)));
    attack->steps = 2 + rng_below(&attack->rng, 2);
    attack->port = 8883;
    attack->address = network_address("retired.gadget-maker.example", 1, 0);
    attacks_describe(simulation, attack, "retries its dead server each %.0f s",
                     attack->gap_us / 1e6);
    return true;
}

static double dead_step(struct simulation *simulation, struct attack *attack) {
    talk_unanswered(simulation, attack->host, (struct peer){NULL, attack->address},
                    attack->port, &attack->rng, simulation->now_us, attack->steps);
    return attack->gap_us * rng_between(&attack->rng, 0.9, 1.1) +
           ((1u << attack->steps) - 1) * 1e6;
}

static bool exfiltration_begin(struct simulation *simulation, struct attack *attack) {
    double total = exp(rng_between(&attack->rng, log(2e6), log(25e6)));
    new_peer(attack);
    attack->steps = 8 + rng_below(&attack->rng, 40);
    attack->bytes = (uint64_t)total / attack->steps;
    attack->gap_us = exp(rng_between(&attack->rng, log(0.5e6), log(20e6)));
    attacks_describe(simulation, attack, "%.1f MB to %s in %u parts", total / 1e6,
                     attack->peer_name, attack->steps);
    return true;
}

static double exfiltration_step(struct simulation *simulation, struct attack *attack) {
    struct talk *talk = &attack->talk;
    uint64_t time_us = simulation->now_us;
    if (attack->step == 0) {
        struct peer peer = {NULL,
                            network_lookup(simulation, attack->host, attack->peer_name,
                                           1, &attack->rng, &time_us)};
        if (peer.ip == 0 || talk_open(talk, simulation, attack->host, peer,
                                      attack->port, &attack->rng, time_us) != TALK_OPEN)
            return -1;
        talk_greet_tls(talk, 3, attack->peer_name);
    }
    talk_continue(talk, time_us);
    talk_stream(talk, TALK_INITIATOR, attack->bytes, TALK_TLS);
    talk_pause(talk, 20000);
    talk_stream(talk, TALK_RESPONDER, 60, TALK_TLS);
    double gap_us = rng_lognormal(&attack->rng, attack->gap_us, 0.5);
    double busy_us = attacks_busy_us(simulation, attack);
    return attack->step + 1 < attack->steps ? busy_us + gap_us : -busy_us;
}

static void exfiltration_end(struct simulation *simulation, struct attack *attack) {
    (void)simulation;
    if (attack->talk.simulation) /* it did get through */
        verb_end(&attack->talk);
}

static bool trickle_begin(struct simulation *simulation, struct attack *attack) {
    new_peer(attack);
    attack->bytes = 8000 + rng_below(&attack->rng, 60000);
    attack->gap_us = exp(rng_between(&attack->rng, log(90e6), log(900e6)));
    attacks_describe(simulation, attack, "%llu kB to %s each %.0f s",
                     (unsigned long long)attack->bytes / 1000, attack->peer_name,
                     attack->gap_us / 1e6);
    return true;
}

static double trickle_step(struct simulation *simulation, struct attack *attack) {
    uint64_t time_us = simulation->now_us;
    verb_tls_once(simulation, attack->host, attack->peer_name, 1, attack->port,
                  verb_amount((uint32_t)attack->bytes, 0.3, &attack->rng), 150,
                  &attack->rng, &time_us);
    return rng_lognormal(&attack->rng, attack->gap_us, 0.2);
}

/* Something it does anyway, it does more and more often: what is added here comes factor − 1
   times as often as the habit itself. */
static struct actor *habit_of(const struct host *host) {
    for (struct actor *habit = host->actors; habit; habit = habit->next) {
        enum verb verb = habit->service->verb;
        double period_s = habit->service->schedule.period_s;
        if ((verb == VERB_TLS || verb == VERB_TLS_CHANNEL || verb == VERB_MQTT ||
             verb == VERB_MODBUS || verb == VERB_HTTP) &&
            period_s > 0 && period_s <= 3600)
            return habit;
    }
    return NULL;
}

static bool ramp_begin(struct simulation *simulation, struct attack *attack) {
    struct label *label = &simulation->truth.labels[attack->label];
    attack->habit = habit_of(attack->host);
    for (int tries = 0; tries < 50 && attack->habit == NULL; tries++) {
        attack->host = attacks_choose(simulation, attacks_anybody, simulation->gateway,
                                      &attack->rng);
        attack->habit = habit_of(attack->host);
    }
    if (attack->habit == NULL)
        return false;
    label->devices[0] = attack->host->mac;
    attack->variant = attack->kind->minutes > 0; /* fast */
    const struct actor *habit = attack->habit;
    attacks_describe(simulation, attack, "traffic to %s grows by %s",
                     habit->target ? habit->target->name : habit->service->peer,
                     attack->variant ? "30 % an hour" : "1 % a day");
    return true;
}

static double ramp_step(struct simulation *simulation, struct attack *attack) {
    double age_h = (double)(simulation->now_us - attack->start_us) / 3600e6;
    double factor = attack->variant ? pow(1.3, age_h) : pow(1.01, age_h / 24);
    double period_us = attack->habit->service->schedule.period_s * 1e6;
    if (attack->habit->service->schedule.timing == TIMING_CYCLE)
        period_us /= simulation->pace;
    if (attack->bytes && attack->host->up) {
        struct rng own =
            attack->habit->rng; /* so that what it does anyway stays the same */
        attack->habit->rng = attack->rng;
        verb_act(simulation, attack->habit);
        attack->rng = attack->habit->rng;
        attack->habit->rng = own;
        attack->habit->turn++;
    }
    /* Look again at least twice an hour; an exponential gap may be cut anywhere. */
    double gap_us = rng_exponential(&attack->rng, period_us / (factor - 1 + 1e-4));
    attack->bytes = gap_us <= 1800e6;
    return attack->bytes ? gap_us : 1800e6;
}

/* Hexadecimal labels of what is to be carried, and TXT answers with the orders. */
static bool tunnel_begin(struct simulation *simulation, struct attack *attack) {
    attack->gap_us = 1e6 / exp(rng_between(&attack->rng, log(0.7), log(12.0)));
    snprintf(attack->peer_name, sizeof attack->peer_name, "t%u.freshroute%u.example",
             rng_below(&attack->rng, 10), rng_below(&attack->rng, 90));
    attacks_describe(simulation, attack, "%.1f queries/s under %s",
                     1e6 / attack->gap_us, attack->peer_name);
    return true;
}

static double tunnel_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    struct message question = {0}, answer = {0};
    char name[160];
    unsigned id = (unsigned)rng_next(rng) & 0xffff;
    snprintf(name, sizeof name, "%016llx%016llx%08x.%016llx%016llx.%s",
             (unsigned long long)rng_next(rng), (unsigned long long)rng_next(rng),
             attack->step, (unsigned long long)rng_next(rng),
             (unsigned long long)rng_next(rng), attack->peer_name);
    payload_dns_query(&question, id, name, DNS_TXT);
    payload_dns_text(&answer, id, name, rng_next(rng), 20 + rng_below(rng, 120));
    struct verb_question ask = {network_port(attack->host), 53, &question, &answer};
    struct peer proxy = {simulation->gateway, 0};
    verb_ask(simulation, attack->host, proxy, &ask, simulation->now_us);
    return rng_exponential(rng, attack->gap_us);
}

/* Where is my master today? Most of the names do not exist. */
static bool names_begin(struct simulation *simulation, struct attack *attack) {
    attack->gap_us = exp(rng_between(&attack->rng, log(0.3e6), log(4e6)));
    attack->steps = 60 + rng_below(&attack->rng, 240);
    attacks_describe(simulation, attack, "%u made-up names, one each %.1f s",
                     attack->steps, attack->gap_us / 1e6);
    return true;
}

static double names_step(struct simulation *simulation, struct attack *attack) {
    char name[64];
    unsigned length = 10 + rng_below(&attack->rng, 10);
    for (unsigned i = 0; i < length; i++)
        name[i] = (char)('a' + rng_below(&attack->rng, 26));
    snprintf(name + length, sizeof name - length, ".example");
    uint64_t time_us = simulation->now_us;
    network_lookup_missing(simulation, attack->host, name, &time_us);
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.5)
               : -1;
}

const struct attack_kind attacks_channel[] = {
    {"beacon", "calls home by TLS, to a peer of its own", 240, false, ATTACKS_THINGS,
     beacon_begin, beacon_step, NULL},
    {"beacon-dead", "calls a home that does not answer any more", 240, false,
     ATTACKS_THINGS, dead_begin, dead_step, NULL},
    {"exfiltration", "uploads to a new peer, all at once", 30, false, ATTACKS_THINGS,
     exfiltration_begin, exfiltration_step, exfiltration_end},
    {"exfiltration-slow", "uploads to a new peer, little by little", 480, false,
     ATTACKS_THINGS, trickle_begin, trickle_step, NULL},
    {"dns-tunnel", "carries data in the names it asks for", 12, false, ATTACKS_THINGS,
     tunnel_begin, tunnel_step, NULL},
    {"dns-generated", "asks for names made up by an algorithm", 6, false,
     ATTACKS_THINGS, names_begin, names_step, NULL},
    {"ramp-fast", "one of its habits grows by three tenths an hour", 600, false,
     ATTACKS_THINGS, ramp_begin, ramp_step, NULL},
    {"ramp-slow", "one of its habits grows by a hundredth a day", 0, false,
     ATTACKS_THINGS, ramp_begin, ramp_step, NULL},
    {"broken", "an honest device asks for a dead server for ever", 0, true,
     ATTACKS_THINGS, broken_begin, dead_step, NULL},
    {.name = NULL},
};
