#include "tests/traffic/behaviour.h"

#include "tests/traffic/payload.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_US = 1000000, SETTLE_US = 60000 };
enum { PORT_NTP = 123, PORT_MDNS = 5353, PORT_SSDP = 1900, PORT_BACNET = 47808 };
enum { GROUP_MDNS = 0xe00000fb, GROUP_SSDP = 0xeffffffa, GROUP_ALL = 0xe0000001 };

uint32_t verb_amount(uint32_t median, double spread, struct rng *rng) {
    double amount = rng_lognormal(rng, median, spread);
    double limit = 40.0 * median;
    return (uint32_t)(amount < 1 ? 1 : amount > limit ? limit : amount);
}

static double think_us(struct rng *rng) {
    return rng_lognormal(rng, 9000, 0.7);
}

/* Up, a moment of thought, down. */
static void exchange(struct talk *talk, uint32_t up_bytes, uint32_t down_bytes,
                     enum talk_wrap wrap) {
    if (up_bytes)
        talk_stream(talk, TALK_INITIATOR, up_bytes, wrap);
    talk_pause(talk, (uint64_t)think_us(talk->rng));
    if (down_bytes)
        talk_stream(talk, TALK_RESPONDER, down_bytes, wrap);
}

/* Whom the service means; a name is looked up again when its answer has aged. */
static bool find_peer(struct simulation *simulation, struct actor *actor,
                      struct peer *peer, uint64_t *time_us) {
    const struct service *service = actor->service;
    *peer = (struct peer){actor->target, 0};
    if (actor->target)
        return true;
    unsigned pool = service->pool ? service->pool : 1;
    if (actor->address == 0 || *time_us >= actor->address_until_us) {
        actor->address = network_lookup(simulation, actor->host, service->peer, pool,
                                        &actor->rng, time_us);
        actor->address_until_us =
            *time_us + (uint64_t)(pool > 4 ? 60 : 300) * SECOND_US;
    }
    peer->ip = actor->address;
    return actor->address != 0;
}

static enum talk_result connect_peer(struct simulation *simulation,
                                     struct actor *actor) {
    struct peer peer;
    uint64_t time_us = simulation->now_us;
    if (!find_peer(simulation, actor, &peer, &time_us))
        return TALK_UNREACHABLE;
    return talk_open(&actor->talk, simulation, actor->host, peer, actor->service->port,
                     &actor->rng, time_us);
}

static uint32_t up_amount(struct actor *actor) {
    const struct service *service = actor->service;
    return verb_amount(service->up_bytes, service->spread, &actor->rng);
}

static uint32_t down_amount(struct actor *actor) {
    const struct service *service = actor->service;
    return verb_amount(service->down_bytes, service->spread, &actor->rng);
}

static void end(struct talk *talk) {
    talk_pause(talk, (uint64_t)rng_lognormal(talk->rng, 90000, 1.0));
    if (rng_chance(talk->rng, 0.08))
        talk_reset(talk, TALK_INITIATOR);
    else
        talk_close(talk, rng_chance(talk->rng, 0.75) ? TALK_INITIATOR : TALK_RESPONDER);
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
    exchange(&talk, up_bytes, down_bytes, TALK_TLS);
    end(&talk);
    *time_us = talk.time_us;
    return true;
}

static void tls(struct simulation *simulation, struct actor *actor) {
    if (connect_peer(simulation, actor) != TALK_OPEN)
        return;
    talk_greet_tls(&actor->talk, actor->host->profile->tls_stack, actor->service->peer);
    unsigned rounds = 1 + rng_below(&actor->rng, 2);
    for (unsigned i = 0; i < rounds; i++)
        exchange(&actor->talk, up_amount(actor), down_amount(actor), TALK_TLS);
    end(&actor->talk);
}

/* Connections that last: give up one whose time has come or whose end was switched off, and
   see that there is one. The very first was there before the capture began. */
enum channel { CHANNEL_NONE, CHANNEL_NEW, CHANNEL_OLD };

static enum channel channel(struct simulation *simulation, struct actor *actor) {
    struct host *target = actor->target;
    double life_s = actor->service->life_s > 0 ? actor->service->life_s : 7 * 86400.0;
    uint64_t life_us = (uint64_t)(rng_exponential(&actor->rng, life_s) * SECOND_US);
    if (actor->connected && (actor->boots != actor->host->boots ||
                             (target && actor->target_boots != target->boots)))
        actor->connected = false;
    if (actor->connected && simulation->now_us > actor->until_us) {
        talk_continue(&actor->talk, simulation->now_us);
        end(&actor->talk);
        actor->connected = false;
    }
    if (actor->connected) {
        talk_continue(&actor->talk, simulation->now_us);
        return CHANNEL_OLD;
    }
    enum channel result = CHANNEL_NEW;
    if (actor->turn == 0 && actor->host->boots == 1 && (target == NULL || target->up)) {
        unsigned pool = actor->service->pool ? actor->service->pool : 1;
        struct peer peer = {target, 0};
        if (target == NULL)
            peer.ip = network_address(actor->service->peer, pool,
                                      rng_below(&actor->rng, pool));
        if (talk_resume(&actor->talk, simulation, actor->host, peer,
                        actor->service->port, &actor->rng,
                        simulation->now_us) != TALK_OPEN)
            return CHANNEL_NONE;
        result = CHANNEL_OLD;
    } else if (connect_peer(simulation, actor) != TALK_OPEN) {
        return CHANNEL_NONE;
    }
    actor->connected = true;
    actor->boots = actor->host->boots;
    actor->target_boots = target ? target->boots : 0;
    actor->until_us = simulation->now_us + life_us;
    return result;
}

static void tls_channel(struct simulation *simulation, struct actor *actor) {
    enum channel state = channel(simulation, actor);
    if (state == CHANNEL_NONE)
        return;
    if (state == CHANNEL_NEW)
        talk_greet_tls(&actor->talk, actor->host->profile->tls_stack,
                       actor->service->peer);
    exchange(&actor->talk, up_amount(actor), down_amount(actor), TALK_TLS);
    talk_pause(&actor->talk, SETTLE_US);
}

static void say(struct talk *talk, int from, struct message *message) {
    talk_say(talk, from, message);
    message_clear(message);
}

static void mqtt(struct simulation *simulation, struct actor *actor) {
    enum channel state = channel(simulation, actor);
    struct message message = {0};
    if (state == CHANNEL_NONE)
        return;
    if (state == CHANNEL_NEW) {
        payload_mqtt_connect(&message, actor->host->name, 120);
        say(&actor->talk, TALK_INITIATOR, &message);
        payload_mqtt_accept(&message);
        say(&actor->talk, TALK_RESPONDER, &message);
    }
    if (actor->service->text) {
        payload_mqtt_publish(&message, actor->host->name, actor->service->text,
                             rng_next(&actor->rng));
        say(&actor->talk, TALK_INITIATOR, &message);
    } else {
        payload_mqtt_ping(&message, false);
        say(&actor->talk, TALK_INITIATOR, &message);
        payload_mqtt_ping(&message, true);
        say(&actor->talk, TALK_RESPONDER, &message);
    }
    talk_pause(&actor->talk, SETTLE_US);
}

static void http(struct simulation *simulation, struct actor *actor) {
    const struct service *service = actor->service;
    struct message message = {0};
    uint32_t up = up_amount(actor), down = down_amount(actor);
    char host[48];
    if (connect_peer(simulation, actor) != TALK_OPEN)
        return;
    uint32_t ip = actor->talk.side[TALK_RESPONDER].ip;
    snprintf(host, sizeof host, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
             ip & 255);
    const char *name = actor->target ? host : service->peer;
    if (service->up_bytes > service->down_bytes) {
        payload_http_post(&message, name, service->text, "application/octet-stream",
                          up);
        say(&actor->talk, TALK_INITIATOR, &message);
        talk_stream(&actor->talk, TALK_INITIATOR, up, TALK_PLAIN);
    } else {
        payload_http_get(&message, name, service->text, actor->host->profile->label);
        say(&actor->talk, TALK_INITIATOR, &message);
    }
    talk_pause(&actor->talk, (uint64_t)think_us(&actor->rng));
    payload_http_ok(&message, "application/octet-stream", down);
    say(&actor->talk, TALK_RESPONDER, &message);
    talk_stream(&actor->talk, TALK_RESPONDER, down, TALK_PLAIN);
    end(&actor->talk);
}

/* A page: a site of one's own favourites or of the wide world, and what it pulls in. */
static void browse(struct simulation *simulation, struct actor *actor) {
    static const char *const words[] = {
        "news", "shop",  "mail", "video", "wiki", "forum",  "maps",  "blog",
        "bank", "photo", "game", "sport", "cook", "travel", "music", "code"};
    struct rng *rng = &actor->rng;
    uint64_t time_us = simulation->now_us;
    char name[64];
    uint32_t rank =
        rng_chance(rng, 0.6)
            ? (uint32_t)rng_mix(actor->host->key ^ rng_below(rng, 20)) % 4000
            : (uint32_t)exp(rng_between(rng, 0, log(4000.0)));
    snprintf(name, sizeof name, "www.%s%u.example", words[rank % 16], rank / 16);
    verb_tls_once(simulation, actor->host, name, 2, 443, verb_amount(700, 0.5, rng),
                  verb_amount(18000, 0.9, rng), rng, &time_us);
    unsigned parts = rng_below(rng, 4);
    for (unsigned i = 0; i < parts; i++) {
        uint32_t which = (uint32_t)exp(rng_between(rng, 0, log(60.0)));
        uint64_t part_us = simulation->now_us + 150000 + rng_below(rng, 900000);
        snprintf(name, sizeof name, "%c%u.cdn%u-assets.example", "asi"[which % 3],
                 rng_below(rng, 40), which);
        verb_tls_once(simulation, actor->host, name, 64, 443,
                      verb_amount(500, 0.4, rng), verb_amount(9000, 1.0, rng), rng,
                      &part_us);
    }
}

static void ntp(struct simulation *simulation, struct actor *actor) {
    struct peer peer;
    uint64_t time_us = simulation->now_us;
    if (!find_peer(simulation, actor, &peer, &time_us))
        return;
    if (peer.host && !network_resolve(simulation, actor->host, peer.host, &time_us))
        return;
    struct datagram ask = {actor->host, peer.host, peer.ip, PORT_NTP, PORT_NTP};
    struct datagram tell = {peer.host, actor->host, peer.ip, PORT_NTP, PORT_NTP};
    struct message message = {0};
    payload_ntp(&message, false, time_us, 0);
    network_datagram(simulation, &ask, time_us, message.bytes, message.length);
    uint32_t lag_us =
        network_lag_us(peer.host ? peer.host->ip : peer.ip, peer.host != NULL);
    message_clear(&message);
    payload_ntp(&message, true, time_us + lag_us / 2, time_us);
    network_datagram(simulation, &tell, time_us + lag_us, message.bytes,
                     message.length);
}

static void mdns(struct simulation *simulation, struct actor *actor) {
    struct message message = {0};
    uint64_t time_us = simulation->now_us;
    const struct host *host = actor->host;
    if (host->profile->presence == PRESENCE_RESIDENT) {
        payload_mdns_query(&message, actor->service->text);
        network_multicast(simulation, host, GROUP_MDNS, PORT_MDNS, time_us,
                          message.bytes, message.length);
        return;
    }
    payload_mdns_announce(&message, actor->service->text, host->name, host->ip);
    for (int i = 0; i < 2; i++)
        network_multicast(simulation, host, GROUP_MDNS, PORT_MDNS,
                          time_us + (uint64_t)i * SECOND_US, message.bytes,
                          message.length);
}

static void ssdp(struct simulation *simulation, struct actor *actor) {
    struct message message = {0};
    if (actor->service->text)
        payload_ssdp_search(&message, actor->service->text);
    else
        payload_ssdp_notify(&message, actor->host->name, actor->host->ip);
    for (unsigned i = 0; i < 3; i++)
        network_multicast(simulation, actor->host, GROUP_SSDP, PORT_SSDP,
                          simulation->now_us + i * 140000, message.bytes,
                          message.length);
}

static void modbus(struct simulation *simulation, struct actor *actor) {
    if (channel(simulation, actor) == CHANNEL_NONE)
        return;
    struct message message = {0};
    struct talk *talk = &actor->talk;
    unsigned count = 8 + (unsigned)(actor->target->key % 24);
    unsigned id = actor->turn & 0xffff;
    if (actor->service->verb == VERB_MODBUS_WRITE) {
        unsigned value = 1000 + rng_below(&actor->rng, 500);
        for (int who = 0; who < 2; who++) {
            payload_modbus_write(&message, id, 1, 40, value);
            say(talk, who, &message);
        }
    } else {
        payload_modbus_read(&message, id, 1, 100, count);
        say(talk, TALK_INITIATOR, &message);
        payload_modbus_values(&message, id, 1, count, rng_next(&actor->rng));
        say(talk, TALK_RESPONDER, &message);
    }
    talk_pause(talk, SETTLE_US);
}

void verb_ssh_session(struct talk *talk, unsigned rounds, uint32_t down_bytes) {
    struct message message = {0};
    for (int who = 1; who >= 0; who--) {
        payload_ssh_banner(&message, who);
        say(talk, who, &message);
    }
    for (int who = 0; who < 2; who++) {
        payload_ssh_offer(&message, rng_next(talk->rng));
        say(talk, who, &message);
    }
    for (int who = 0; who < 2; who++) {
        payload_ssh_exchange(&message, who, rng_next(talk->rng));
        say(talk, who, &message);
    }
    for (unsigned i = 0; i < rounds; i++) {
        talk_stream(talk, TALK_INITIATOR, 36 + 8 * rng_below(talk->rng, 6), TALK_PLAIN);
        talk_stream(talk, TALK_RESPONDER, verb_amount(down_bytes, 0.5, talk->rng),
                    TALK_PLAIN);
    }
}

bool verb_lasts(enum verb verb) {
    return verb == VERB_TLS_CHANNEL || verb == VERB_MQTT || verb == VERB_MODBUS ||
           verb == VERB_MODBUS_WRITE || verb == VERB_RTSP;
}

void verb_act(struct simulation *simulation, struct actor *actor) {
    static void (*const verbs[])(struct simulation *, struct actor *) = {
        [VERB_TLS] = tls,       [VERB_TLS_CHANNEL] = tls_channel,
        [VERB_MQTT] = mqtt,     [VERB_HTTP] = http,
        [VERB_BROWSE] = browse, [VERB_NTP] = ntp,
        [VERB_MDNS] = mdns,     [VERB_SSDP] = ssdp,
        [VERB_MODBUS] = modbus, [VERB_MODBUS_WRITE] = modbus,
        [VERB_STP] = NULL,
    };
    if (verbs[actor->service->verb])
        verbs[actor->service->verb](simulation, actor);
}
