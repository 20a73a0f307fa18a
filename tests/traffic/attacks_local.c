#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

#include <stdio.h>
#include <string.h>

/* What stays within the site: in the middle, sideways. */

enum { SECOND_US = 1000000 };

/* "sender_ip is at mac", told to one host. */
static void claim(struct simulation *simulation, const struct attack *attack,
                  const struct host *to, uint32_t sender_ip, const struct mac *mac,
                  uint64_t time_us) {
    uint8_t frame[FRAME_BYTES];
    size_t length = frame_arp(frame, &attack->host->mac, &to->mac, ARP_REPLY, mac,
                              sender_ip, &to->mac, to->ip);
    simulation_send(simulation, time_us, frame, length);
}

/* Somebody who speaks often enough, and to whom: a neighbour, or the world by the gateway. */
static bool find_conversation(struct simulation *simulation, struct attack *attack) {
    for (int tries = 0; tries < 60; tries++) {
        struct host *host =
            attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng);
        for (const struct actor *habit = host ? host->actors : NULL; habit;
             habit = habit->next) {
            double period_s = habit->service->schedule.period_s;
            bool world = habit->service->peer && habit->service->peer[0] != '@';
            if (habit->target == attack->host || period_s <= 0 || period_s > 400 ||
                (!world && habit->target == NULL))
                continue;
            attack->victim = host;
            attack->other = habit->target ? habit->target : simulation->gateway;
            return true;
        }
    }
    return false;
}

static bool middle_begin(struct simulation *simulation, struct attack *attack) {
    if (!find_conversation(simulation, attack))
        return false;
    attack->gap_us = rng_chance(&attack->rng, 0.5) ? 2e6 : 10e6;
    attacks_describe(simulation, attack, "between %s and %s, a claim each %.0f s",
                     attack->victim->name, attack->other->name, attack->gap_us / 1e6);
    return true;
}

static double middle_step(struct simulation *simulation, struct attack *attack) {
    const struct host *me = attack->host, *victim = attack->victim,
                      *other = attack->other;
    claim(simulation, attack, victim, other->ip, &me->mac, simulation->now_us);
    claim(simulation, attack, other, victim->ip, &me->mac, simulation->now_us + 120);
    simulation->relay = (struct relay){me, victim, other};
    return attack->step < 4 ? 1e6 : rng_lognormal(&attack->rng, attack->gap_us, 0.02);
}

/* A careful attacker puts things right when it leaves. */
static void middle_end(struct simulation *simulation, struct attack *attack) {
    const struct host *victim = attack->victim, *other = attack->other;
    simulation->relay.attacker = NULL;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t time_us = simulation->now_us + (uint64_t)i * SECOND_US;
        claim(simulation, attack, victim, other->ip, &other->mac, time_us);
        claim(simulation, attack, other, victim->ip, &victim->mac, time_us + 120);
    }
}

static bool lateral_begin(struct simulation *simulation, struct attack *attack) {
    static const uint16_t ports[] = {22, 445, 502, 80};
    struct rng *rng = &attack->rng;
    attack->port = ports[rng_below(rng, 4)];
    attack->steps = 2 + rng_below(rng, 4);
    attack->gap_us = rng_between(rng, 60e6, 300e6);
    attacks_describe(simulation, attack, "to port %u of %u neighbours", attack->port,
                     attack->steps);
    return attacks_choose(simulation, attacks_anybody, attack->host, rng) != NULL;
}

static void speak(struct attack *attack) {
    struct talk *talk = &attack->talk;
    struct message message = {0};
    switch (attack->port) {
    case 22:
        verb_ssh_session(talk, 12 + rng_below(&attack->rng, 20), 300);
        talk_stream(talk, TALK_INITIATOR, 150000, TALK_PLAIN);
        break;
    case 445:
        for (int who = 0; who < 2; who++) {
            payload_smb_negotiate(&message, who, rng_next(&attack->rng));
            verb_say(talk, who, &message);
        }
        verb_exchange(talk, 2000, 3000, TALK_SMB);
        verb_exchange(talk, 120000, 300, TALK_SMB);
        break;
    case 502:
        for (unsigned i = 0; i < 40; i++) {
            payload_modbus_read(&message, i, 1, i * 16, 16);
            verb_say(talk, TALK_INITIATOR, &message);
            payload_modbus_values(&message, i, 1, 16, rng_next(&attack->rng));
            verb_say(talk, TALK_RESPONDER, &message);
        }
        break;
    default:
        payload_http_get(&message, attack->victim->name, "/cgi-bin/config.exp",
                         "curl/7.64");
        verb_say(talk, TALK_INITIATOR, &message);
        payload_http_ok(&message, "text/plain", 24000);
        verb_say(talk, TALK_RESPONDER, &message);
        talk_stream(talk, TALK_RESPONDER, 24000, TALK_PLAIN);
    }
}

static double lateral_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attacks_open(simulation, attack, attack->port)) {
        speak(attack);
        verb_end(&attack->talk);
    }
    double busy_us = attacks_busy_us(simulation, attack);
    return attack->step + 1 < attack->steps
               ? busy_us + rng_lognormal(rng, attack->gap_us, 0.4)
               : -busy_us;
}

const struct attack_kind attacks_local[] = {
    {"arp-mitm", "puts itself between a neighbour and the gateway", 8, false,
     ATTACKS_THINGS, middle_begin, middle_step, middle_end},
    {"lateral", "services between devices that never spoke", 25, false, ATTACKS_THINGS,
     lateral_begin, lateral_step, NULL},
    {.name = NULL},
};
