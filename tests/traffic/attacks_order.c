#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

/* Who gives orders to controllers, and is not their master. */

/* Those that could be misused near a controller. */
#define NEARBY "camera,engineering,rtu,meter,reader"

static bool command_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, "plc,meter,rtu", attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = exp(rng_between(rng, log(0.3e6), log(8e6)));
    attacks_describe(simulation, attack, "register writes to %s each %.1f s",
                     attack->victim->name, attack->gap_us / 1e6);
    return true;
}

static double command_step(struct simulation *simulation, struct attack *attack) {
    struct talk *talk = &attack->talk;
    struct message message = {0};
    if (attack->step == 0 && !attacks_open(simulation, attack, 502))
        return -1;
    talk_continue(talk, simulation->now_us);
    unsigned target = rng_below(&attack->rng, 200),
             value = rng_below(&attack->rng, 65536);
    for (int who = 0; who < 2; who++) {
        payload_modbus_write(&message, attack->step, 1, target, value);
        verb_say(talk, who, &message);
    }
    talk_pause(talk, VERB_SETTLE_US);
    return rng_lognormal(&attack->rng, attack->gap_us, 0.3);
}

static bool stop_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, "plc,controller", attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->variant = attack->victim->profile->bacnet;
    attack->steps = 1 + rng_below(rng, 3);
    attack->gap_us = rng_between(rng, 20e6, 90e6);
    attacks_describe(simulation, attack, "%s to %s, %u times",
                     attack->variant ? "BACnet reinitialize" : "S7 stop",
                     attack->victim->name, attack->steps);
    return true;
}

static void stop_s7(struct simulation *simulation, struct attack *attack) {
    if (!attacks_open(simulation, attack, 102))
        return;
    for (enum s7_message what = S7_CONNECT; what <= S7_STOP; what++)
        for (int from = 0; from < 2; from++) {
            struct message message = {0};
            payload_s7(&message, what, from == TALK_RESPONDER);
            verb_say(&attack->talk, from, &message);
        }
    verb_end(&attack->talk);
}

static double stop_step(struct simulation *simulation, struct attack *attack) {
    enum { BACNET = 47808 };
    if (attack->variant) {
        struct message question = {0}, answer = {0};
        payload_bacnet_reinitialize(&question, attack->step, false);
        payload_bacnet_reinitialize(&answer, attack->step, true);
        struct verb_question ask = {BACNET, BACNET, &question, &answer};
        verb_ask(simulation, attack->host, (struct peer){attack->victim, 0}, &ask,
                 simulation->now_us);
    } else {
        stop_s7(simulation, attack);
    }
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.3)
               : -10e6;
}

const struct attack_kind attacks_order[] = {
    {"command-injection", "writes to controllers it never spoke to", 6, false, NEARBY,
     command_begin, command_step, NULL},
    {"controller-stop", "stops or restarts a controller", 10, false, NEARBY, stop_begin,
     stop_step, NULL},
    {.name = NULL},
};
