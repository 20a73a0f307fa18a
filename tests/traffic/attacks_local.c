#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

#include <stdio.h>
#include <string.h>

/* What stays within the site: in the middle, sideways, guessing, commanding. */

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

bool attacks_middle_begin(struct simulation *simulation, struct attack *attack) {
    if (!find_conversation(simulation, attack))
        return false;
    attack->gap_us = rng_chance(&attack->rng, 0.5) ? 2e6 : 10e6;
    attacks_describe(simulation, attack, "between %s and %s, a claim each %.0f s",
                     attack->victim->name, attack->other->name, attack->gap_us / 1e6);
    return true;
}

double attacks_middle_step(struct simulation *simulation, struct attack *attack) {
    const struct host *me = attack->host, *victim = attack->victim,
                      *other = attack->other;
    claim(simulation, attack, victim, other->ip, &me->mac, simulation->now_us);
    claim(simulation, attack, other, victim->ip, &me->mac, simulation->now_us + 120);
    simulation->relay = (struct relay){me, victim, other};
    return attack->step < 4 ? 1e6 : rng_lognormal(&attack->rng, attack->gap_us, 0.02);
}

/* A careful attacker puts things right when it leaves. */
void attacks_middle_end(struct simulation *simulation, struct attack *attack) {
    const struct host *victim = attack->victim, *other = attack->other;
    simulation->relay.attacker = NULL;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t time_us = simulation->now_us + (uint64_t)i * SECOND_US;
        claim(simulation, attack, victim, other->ip, &other->mac, time_us);
        claim(simulation, attack, other, victim->ip, &victim->mac, time_us + 120);
    }
}

bool attacks_lateral_begin(struct simulation *simulation, struct attack *attack) {
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

double attacks_lateral_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (talk_open(&attack->talk, simulation, attack->host,
                  (struct peer){attack->victim, 0}, attack->port, rng,
                  simulation->now_us) == TALK_OPEN) {
        speak(attack);
        verb_end(&attack->talk);
    }
    double busy_us = attacks_busy_us(simulation, attack);
    return attack->step + 1 < attack->steps
               ? busy_us + rng_lognormal(rng, attack->gap_us, 0.4)
               : -busy_us;
}

bool attacks_guess_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = exp(rng_between(rng, log(0.4e6), log(5e6)));
    attack->steps = 80 + rng_below(rng, 400);
    attacks_describe(simulation, attack, "%u sessions with %s, one each %.1f s",
                     attack->steps, attack->victim->name, attack->gap_us / 1e6);
    return true;
}

static bool guess_open(struct simulation *simulation, struct attack *attack,
                       unsigned port) {
    return talk_open(&attack->talk, simulation, attack->host,
                     (struct peer){attack->victim, 0}, port, &attack->rng,
                     simulation->now_us) == TALK_OPEN;
}

static double guess_again(struct attack *attack) {
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.25)
               : -1;
}

/* After three wrong passwords the server hangs up. */
double attacks_guess_ssh_step(struct simulation *simulation, struct attack *attack) {
    if (guess_open(simulation, attack, 22)) {
        verb_ssh_session(&attack->talk, 3, 52);
        talk_close(&attack->talk, TALK_RESPONDER);
    }
    return guess_again(attack);
}

double attacks_guess_telnet_step(struct simulation *simulation, struct attack *attack) {
    static const char *const users[] = {"root", "admin", "support", "user", "guest"};
    static const char *const words[] = {"xc3511", "vizxv",   "888888",  "123456",
                                        "admin",  "default", "juantech"};
    struct talk *talk = &attack->talk;
    struct message message = {0};
    if (guess_open(simulation, attack, 23)) {
        message_put(&message, "\xff\xfd\x01\xff\xfd\x1f", 6);
        message_text(&message, "\r\nlogin: ");
        verb_say(talk, TALK_RESPONDER, &message);
        message_print(&message, "%s\r\n", users[rng_below(&attack->rng, 5)]);
        verb_say(talk, TALK_INITIATOR, &message);
        message_text(&message, "Password: ");
        verb_say(talk, TALK_RESPONDER, &message);
        message_print(&message, "%s\r\n", words[rng_below(&attack->rng, 7)]);
        verb_say(talk, TALK_INITIATOR, &message);
        message_text(&message, "\r\nLogin incorrect\r\n");
        verb_say(talk, TALK_RESPONDER, &message);
        talk_close(talk, TALK_RESPONDER);
    }
    return guess_again(attack);
}

bool attacks_command_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, "plc,meter,rtu", attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = exp(rng_between(rng, log(0.3e6), log(8e6)));
    attacks_describe(simulation, attack, "register writes to %s each %.1f s",
                     attack->victim->name, attack->gap_us / 1e6);
    return true;
}

double attacks_command_step(struct simulation *simulation, struct attack *attack) {
    struct talk *talk = &attack->talk;
    struct message message = {0};
    if (attack->step == 0 && !guess_open(simulation, attack, 502))
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

/* --- identities --- */

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

bool attacks_rogue_begin(struct simulation *simulation, struct attack *attack) {
    attack->gap_us = rng_between(&attack->rng, 40e6, 120e6);
    attacks_describe(simulation, attack, "offers addresses with itself as the gateway");
    return client(simulation, attack->host, 0) != NULL;
}

/* It waits for somebody who asks; whose radio lost its network asks anew. */
double attacks_rogue_step(struct simulation *simulation, struct attack *attack) {
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

void attacks_rogue_end(struct simulation *simulation, struct attack *attack) {
    (void)attack;
    simulation->rogue = NULL;
}

bool attacks_duplicate_begin(struct simulation *simulation, struct attack *attack) {
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
double attacks_duplicate_step(struct simulation *simulation, struct attack *attack) {
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
bool attacks_replace_begin(struct simulation *simulation, struct attack *attack) {
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

double attacks_replace_step(struct simulation *simulation, struct attack *attack) {
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
