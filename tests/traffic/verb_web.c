#include "tests/traffic/verb.h"

#include "tests/traffic/payload.h"

#include <stdio.h>

/* Streams with peers in the world, and what people do at their desks. */

void verb_tls(struct simulation *simulation, struct actor *actor) {
    if (!verb_connect(simulation, actor))
        return;
    const char *name = actor->target ? NULL : actor->service->peer;
    talk_greet_tls(&actor->talk, actor->host->profile->tls_stack, name);
    unsigned rounds = 1 + rng_below(&actor->rng, 2);
    for (unsigned i = 0; i < rounds; i++)
        verb_exchange(&actor->talk, verb_up(actor), verb_down(actor), TALK_TLS);
    verb_end(&actor->talk);
}

void verb_tls_channel(struct simulation *simulation, struct actor *actor) {
    enum verb_channel state = verb_channel(simulation, actor);
    const char *name = actor->target ? NULL : actor->service->peer;
    if (state == CHANNEL_NONE)
        return;
    if (state == CHANNEL_NEW)
        talk_greet_tls(&actor->talk, actor->host->profile->tls_stack, name);
    verb_exchange(&actor->talk, verb_up(actor), verb_down(actor), TALK_TLS);
    talk_pause(&actor->talk, VERB_SETTLE_US);
}

bool verb_tls_once(struct simulation *simulation, struct host *host, const char *name,
                   unsigned pool, unsigned port, uint32_t up_bytes, uint32_t down_bytes,
                   struct rng *rng, uint64_t *time_us) {
    struct talk talk;
    struct peer peer = {NULL,
                        network_lookup(simulation, host, name, pool, rng, time_us)};
    if (peer.ip == 0 ||
        talk_open(&talk, simulation, host, peer, port, rng, *time_us) != TALK_OPEN)
        return false;
    talk_greet_tls(&talk, host->profile->tls_stack, name);
    verb_exchange(&talk, up_bytes, down_bytes, TALK_TLS);
    verb_end(&talk);
    *time_us = talk.time_us;
    return true;
}

void verb_http(struct simulation *simulation, struct actor *actor) {
    static const char type[] = "application/octet-stream";
    const struct service *service = actor->service;
    struct message message = {0};
    struct talk *talk = &actor->talk;
    uint32_t up = verb_up(actor), down = verb_down(actor);
    char address[48];
    if (!verb_connect(simulation, actor))
        return;
    uint32_t ip = talk->side[TALK_RESPONDER].ip;
    snprintf(address, sizeof address, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255,
             ip >> 8 & 255, ip & 255);
    bool numbered = actor->target || service->peer[0] == '!';
    const char *name = numbered ? address : service->peer;
    bool push = service->up_bytes > service->down_bytes;
    if (push)
        payload_http_post(&message, name, service->text, type, up);
    else
        payload_http_get(&message, name, service->text, actor->host->profile->label);
    verb_say(talk, TALK_INITIATOR, &message);
    if (push)
        talk_stream(talk, TALK_INITIATOR, up, TALK_PLAIN);
    verb_think(talk);
    payload_http_ok(&message, type, down);
    verb_say(talk, TALK_RESPONDER, &message);
    talk_stream(talk, TALK_RESPONDER, down, TALK_PLAIN);
    verb_end(talk);
}

/* One of one's own favourites, or one of the wide world's, the popular ones more often. */
static uint32_t choose_site(const struct host *host, struct rng *rng) {
    if (rng_chance(rng, 0.6))
        return (uint32_t)rng_mix(host->key ^ rng_below(rng, 20)) % 4000;
    return (uint32_t)exp(rng_between(rng, 0, log(4000.0)));
}

/* A page, and what it pulls in from elsewhere. */
void verb_browse(struct simulation *simulation, struct actor *actor) {
    static const char *const words[] = {
        "news", "shop",  "mail", "video", "wiki", "forum",  "maps",  "blog",
        "bank", "photo", "game", "sport", "cook", "travel", "music", "code"};
    struct rng *rng = &actor->rng;
    struct host *host = actor->host;
    uint64_t time_us = simulation->now_us;
    char name[64];
    uint32_t site = choose_site(host, rng);
    snprintf(name, sizeof name, "www.%s%u.example", words[site % 16], site / 16);
    if (rng_chance(rng, 0.02)) { /* mistyped */
        network_lookup_missing(simulation, host, name + 4, &time_us);
        return;
    }
    verb_tls_once(simulation, host, name, 2, 443, verb_amount(700, 0.5, rng),
                  verb_amount(18000, 0.9, rng), rng, &time_us);
    for (unsigned parts = rng_below(rng, 4); parts > 0; parts--) {
        uint32_t which = (uint32_t)exp(rng_between(rng, 0, log(60.0)));
        uint64_t part_us = simulation->now_us + 150000 + rng_below(rng, 900000);
        snprintf(name, sizeof name, "%c%u.cdn%u-assets.example", "asi"[which % 3],
                 rng_below(rng, 40), which);
        verb_tls_once(simulation, host, name, 64, 443, verb_amount(500, 0.4, rng),
                      verb_amount(9000, 1.0, rng), rng, &part_us);
    }
}

/* A job to port 9100. A printer that is off is asked for in vain. */
void verb_print(struct simulation *simulation, struct actor *actor) {
    struct message message = {0};
    if (!verb_connect(simulation, actor))
        return;
    message_print(&message,
                  "\033%%-12345X@PJL JOB NAME = \"%s-%u\"\r\n@PJL ENTER "
                  "LANGUAGE = PCL\r\n",
                  actor->host->name, actor->turn);
    verb_say(&actor->talk, TALK_INITIATOR, &message);
    talk_stream(&actor->talk, TALK_INITIATOR, verb_up(actor), TALK_PLAIN);
    verb_end(&actor->talk);
}

void verb_smb(struct simulation *simulation, struct actor *actor) {
    struct message message = {0};
    struct talk *talk = &actor->talk;
    if (!verb_connect(simulation, actor))
        return;
    for (int who = 0; who < 2; who++) {
        payload_smb_negotiate(&message, who, rng_next(&actor->rng));
        verb_say(talk, who, &message);
    }
    for (unsigned rounds = 2 + rng_below(&actor->rng, 3); rounds > 0; rounds--)
        verb_exchange(talk, 180, 200, TALK_SMB);
    verb_exchange(talk, verb_up(actor), verb_down(actor), TALK_SMB);
    verb_end(talk);
}

void verb_ssh_session(struct talk *talk, unsigned rounds, uint32_t down_bytes) {
    struct message message = {0};
    for (int who = 1; who >= 0; who--) {
        payload_ssh_banner(&message, who);
        verb_say(talk, who, &message);
    }
    for (int who = 0; who < 2; who++) {
        payload_ssh_offer(&message, rng_next(talk->rng));
        verb_say(talk, who, &message);
    }
    for (int who = 0; who < 2; who++) {
        payload_ssh_exchange(&message, who, rng_next(talk->rng));
        verb_say(talk, who, &message);
    }
    for (unsigned i = 0; i < rounds; i++) {
        talk_stream(talk, TALK_INITIATOR, 36 + 8 * rng_below(talk->rng, 6), TALK_PLAIN);
        talk_stream(talk, TALK_RESPONDER, verb_amount(down_bytes, 0.5, talk->rng),
                    TALK_PLAIN);
        talk_pause(talk, (uint64_t)rng_lognormal(talk->rng, 700000, 1.0));
    }
}

void verb_ssh(struct simulation *simulation, struct actor *actor) {
    if (!verb_connect(simulation, actor))
        return;
    verb_ssh_session(&actor->talk, 10 + rng_below(&actor->rng, 60), verb_down(actor));
    verb_end(&actor->talk);
}
