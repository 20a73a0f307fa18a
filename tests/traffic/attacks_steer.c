#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

#include <stdio.h>
#include <string.h>

/* Drawing others to oneself: by redirects, by names on the link, by answers of a resolver that
   are not its own; and the door of a page that asks for a password. */

enum { DNS = 53, LLMNR = 5355, NAMES = 8 };

/* Somebody who asks for names, and is there. */
static struct host *choose_asker(const struct simulation *simulation,
                                 struct attack *attack) {
    struct host *host =
        attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng);
    return host && host->up ? host : attack->victim;
}

static bool redirect_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->address = network_address("www.search.example", 4, 1);
    attack->gap_us = rng_between(rng, 1e6, 8e6);
    attacks_describe(simulation, attack, "tells %s that it is the way to the world",
                     attack->victim->name);
    return true;
}

/* In the gateway's name, with the head of a packet that the victim might have sent. */
static double redirect_step(struct simulation *simulation, struct attack *attack) {
    const struct host *me = attack->host, *victim = attack->victim;
    uint8_t frame[FRAME_BYTES], quoted[FRAME_BYTES];
    const struct path lost = {.source = victim->mac,
                              .target = simulation->gateway->mac,
                              .source_ip = victim->ip,
                              .target_ip = attack->address,
                              .id = (uint16_t)rng_next(&attack->rng),
                              .ttl = 63};
    const struct path path = {.source = me->mac,
                              .target = victim->mac,
                              .source_ip = simulation->gateway->ip,
                              .target_ip = victim->ip,
                              .id = (uint16_t)rng_next(&attack->rng),
                              .ttl = 64};
    frame_udp(quoted, &lost, 40000, 443, "", 0);
    size_t length = frame_icmp(frame, &path, 5, 1, me->ip, quoted + FRAME_ETHERNET, 28);
    simulation_send(simulation, simulation->now_us, frame, length);
    return rng_lognormal(&attack->rng, attack->gap_us, 0.2);
}

static bool poison_begin(struct simulation *simulation, struct attack *attack) {
    attack->victim =
        attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = rng_between(&attack->rng, 4e6, 30e6);
    attacks_describe(simulation, attack, "is whoever is asked for on the link");
    return true;
}

/* Somebody mistypes; nobody but the attacker has such a name. */
static double poison_step(struct simulation *simulation, struct attack *attack) {
    static const char *const names[NAMES] = {"fileserver", "prinetr", "wpad",
                                             "intranet",   "backup",  "exchnge",
                                             "nas1",       "scanner"};
    struct rng *rng = &attack->rng;
    struct host *asker = attack->victim = choose_asker(simulation, attack);
    const char *name = names[rng_below(rng, NAMES)];
    unsigned id = (unsigned)rng_next(rng) & 0xffff;
    uint64_t time_us = simulation->now_us;
    const struct datagram tell = {attack->host, asker, 0, LLMNR,
                                  network_multicast_port(asker)};
    struct message message = {0};
    payload_dns_query(&message, id, name, DNS_A);
    network_multicast(simulation, asker, 0xe00000fc, LLMNR, time_us, message.bytes,
                      message.length);
    message_clear(&message);
    payload_dns_answer(&message, id, name, DNS_A, 30, &attack->host->ip, 1);
    network_datagram(simulation, &tell, time_us + 900, message.bytes, message.length);
    return rng_lognormal(rng, attack->gap_us, 0.4);
}

static bool resolve_begin(struct simulation *simulation, struct attack *attack) {
    attack->victim =
        attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = rng_between(&attack->rng, 5e6, 40e6);
    attacks_describe(simulation, attack, "answers ahead of the gateway what %s asks it",
                     attack->victim->name);
    return true;
}

/* It hears the question, and is quicker. */
static double resolve_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    struct host *asker = attack->victim;
    const struct host *gateway = simulation->gateway;
    static const char name[] = "www.search.example";
    uint64_t time_us = simulation->now_us;
    uint16_t port = network_port(asker), id = (uint16_t)rng_next(rng);
    const struct datagram ask = {asker, gateway, 0, port, DNS};
    const struct datagram tell = {gateway, asker, 0, DNS, port};
    uint32_t true_address = network_address(name, 4, rng_below(rng, 4));
    struct message message = {0};
    uint8_t frame[FRAME_BYTES];
    payload_dns_query(&message, id, name, DNS_A);
    network_datagram(simulation, &ask, time_us, message.bytes, message.length);
    message_clear(&message);
    payload_dns_answer(&message, id, name, DNS_A, 60, &attack->host->ip, 1);
    const struct path lie = {.source = attack->host->mac,
                             .target = asker->mac,
                             .source_ip = gateway->ip,
                             .target_ip = asker->ip,
                             .id = (uint16_t)rng_next(rng),
                             .ttl = 64};
    simulation_send(simulation, time_us + 400, frame,
                    frame_udp(frame, &lie, DNS, port, message.bytes, message.length));
    message_clear(&message);
    payload_dns_answer(&message, id, name, DNS_A, 300, &true_address, 1);
    network_datagram(simulation, &tell, time_us + 14000, message.bytes, message.length);
    return rng_lognormal(rng, attack->gap_us, 0.4);
}

static bool form_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = exp(rng_between(rng, log(0.1e6), log(1.5e6)));
    attack->steps = 200 + rng_below(rng, 300);
    attacks_describe(simulation, attack,
                     "%u passwords for the page of %s, one each %.1f s", attack->steps,
                     attack->victim->name, attack->gap_us / 1e6);
    return true;
}

/* The page says in words that it was wrong: 200. Some dozens on a connection. */
static double form_step(struct simulation *simulation, struct attack *attack) {
    enum { ON_A_CONNECTION = 40 };
    struct talk *talk = &attack->talk;
    struct message message = {0};
    if (attack->step % ON_A_CONNECTION == 0) {
        if (attack->step) {
            talk_continue(talk, simulation->now_us);
            verb_end(talk);
        }
        if (talk_open(talk, simulation, attack->host, (struct peer){attack->victim, 0},
                      80, &attack->rng, simulation->now_us) != TALK_OPEN)
            return -1;
    }
    talk_continue(talk, simulation->now_us);
    payload_http_post(&message, attack->victim->name, "/cgi-bin/login.cgi",
                      "application/x-www-form-urlencoded", 29);
    message_print(&message, "username=admin&password=%06u",
                  rng_below(&attack->rng, 1000000));
    verb_say(talk, TALK_INITIATOR, &message);
    payload_http_ok(&message, "text/html", 640);
    message_opaque(&message, rng_next(&attack->rng), 640);
    verb_say(talk, TALK_RESPONDER, &message);
    talk_pause(talk, VERB_SETTLE_US);
    double busy_us = attacks_busy_us(simulation, attack);
    return attack->step + 1 < attack->steps
               ? busy_us + rng_lognormal(&attack->rng, attack->gap_us, 0.25)
               : -busy_us;
}

const struct attack_kind attacks_steer[] = {
    {"icmp-redirect", "tells a neighbour that it is the way out", 10, false,
     ATTACKS_THINGS, redirect_begin, redirect_step, NULL},
    {"name-poisoning", "answers on the link for names that nobody has", 15, false,
     ATTACKS_THINGS, poison_begin, poison_step, NULL},
    {"dns-spoofing", "answers ahead of the gateway, in its name", 10, false,
     ATTACKS_THINGS, resolve_begin, resolve_step, NULL},
    {"form-guessing", "passwords for a page that answers all of them alike", 15, false,
     ATTACKS_THINGS, form_begin, form_step, NULL},
    {.name = NULL},
};
