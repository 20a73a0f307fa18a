#include "tests/traffic/verb.h"

enum { SECOND_US = 1000000 };

static const double unanswered = 0.0006; /* of connections to the world */

uint32_t verb_amount(uint32_t median, double spread, struct rng *rng) {
    double amount = rng_lognormal(rng, median, spread);
    double limit = 40.0 * median;
    return (uint32_t)(amount < 1 ? 1 : amount > limit ? limit : amount);
}

uint32_t verb_up(struct actor *actor) {
    const struct service *service = actor->service;
    return verb_amount(service->up_bytes, service->spread, &actor->rng);
}

uint32_t verb_down(struct actor *actor) {
    const struct service *service = actor->service;
    return verb_amount(service->down_bytes, service->spread, &actor->rng);
}

bool verb_find_peer(struct simulation *simulation, struct actor *actor,
                    struct peer *peer, uint64_t *time_us) {
    const struct service *service = actor->service;
    *peer = (struct peer){actor->target, 0};
    if (actor->target)
        return true;
    unsigned pool = service->pool ? service->pool : 1;
    if (service->peer[0] == '!') {
        peer->ip = network_address(service->peer + 1, pool, 0);
        return true;
    }
    if (actor->address == 0 || *time_us >= actor->address_until_us) {
        actor->address = network_lookup(simulation, actor->host, service->peer, pool,
                                        &actor->rng, time_us);
        actor->address_until_us =
            *time_us + (uint64_t)(pool > 4 ? 60 : 300) * SECOND_US;
    }
    peer->ip = actor->address;
    return actor->address != 0;
}

bool verb_connect(struct simulation *simulation, struct actor *actor) {
    struct peer peer;
    uint64_t time_us = simulation->now_us;
    unsigned port = actor->service->port;
    if (!verb_find_peer(simulation, actor, &peer, &time_us))
        return false;
    if (peer.host == NULL && rng_chance(&actor->rng, unanswered)) {
        unsigned tries = 2 + rng_below(&actor->rng, 3);
        talk_unanswered(simulation, actor->host, peer, port, &actor->rng, time_us,
                        tries);
        return false;
    }
    return talk_open(&actor->talk, simulation, actor->host, peer, port, &actor->rng,
                     time_us) == TALK_OPEN;
}

/* As if the handshake had been before the capture began. */
static bool resume(struct simulation *simulation, struct actor *actor) {
    unsigned pool = actor->service->pool ? actor->service->pool : 1;
    struct peer peer = {actor->target, 0};
    if (peer.host == NULL)
        peer.ip =
            network_address(actor->service->peer, pool, rng_below(&actor->rng, pool));
    return talk_resume(&actor->talk, simulation, actor->host, peer,
                       actor->service->port, &actor->rng,
                       simulation->now_us) == TALK_OPEN;
}

enum verb_channel verb_channel(struct simulation *simulation, struct actor *actor) {
    const struct host *target = actor->target;
    double life_s = actor->service->life_s > 0 ? actor->service->life_s : 7 * 86400.0;
    uint64_t life_us = (uint64_t)(rng_exponential(&actor->rng, life_s) * SECOND_US);
    bool gone = actor->boots != actor->host->boots ||
                (target && (actor->target_boots != target->boots || !target->up));
    if (gone)
        actor->connected = false;
    if (actor->connected) {
        talk_continue(&actor->talk, simulation->now_us);
        if (simulation->now_us <= actor->until_us)
            return CHANNEL_OLD;
        verb_end(&actor->talk);
        actor->connected = false;
    }
    bool earlier =
        actor->turn == 0 && actor->host->boots == 1 && (!target || target->up);
    if (!(earlier ? resume : verb_connect)(simulation, actor))
        return CHANNEL_NONE;
    actor->connected = true;
    actor->boots = actor->host->boots;
    actor->target_boots = target ? target->boots : 0;
    actor->until_us = simulation->now_us + life_us;
    return earlier ? CHANNEL_OLD : CHANNEL_NEW;
}

void verb_think(struct talk *talk) {
    talk_pause(talk, (uint64_t)rng_lognormal(talk->rng, 9000, 0.7));
}

void verb_exchange(struct talk *talk, uint32_t up_bytes, uint32_t down_bytes,
                   enum talk_wrap wrap) {
    if (up_bytes)
        talk_stream(talk, TALK_INITIATOR, up_bytes, wrap);
    verb_think(talk);
    if (down_bytes)
        talk_stream(talk, TALK_RESPONDER, down_bytes, wrap);
}

void verb_say(struct talk *talk, int from, struct message *message) {
    talk_say(talk, from, message);
    message_clear(message);
}

void verb_end(struct talk *talk) {
    talk_pause(talk, (uint64_t)rng_lognormal(talk->rng, 90000, 1.0));
    if (rng_chance(talk->rng, 0.06))
        talk_reset(talk, TALK_INITIATOR);
    else
        talk_close(talk, rng_chance(talk->rng, 0.75) ? TALK_INITIATOR : TALK_RESPONDER);
}

bool verb_ask(struct simulation *simulation, struct host *from, struct peer to,
              const struct verb_question *question, uint64_t time_us) {
    struct host *next = to.host ? to.host : simulation->gateway;
    if (next != from && !network_resolve(simulation, from, next, &time_us))
        return false;
    struct datagram ask = {from, to.host, to.ip, question->from_port,
                           question->to_port};
    network_datagram(simulation, &ask, time_us, question->question->bytes,
                     question->question->length);
    if (question->answer->length == 0)
        return true;
    struct datagram tell = {to.host, from, to.ip, question->to_port,
                            question->from_port};
    time_us += network_lag_us(to.host ? to.host->ip : to.ip, to.host != NULL);
    network_datagram(simulation, &tell, time_us + rng_below(&from->rng, 400),
                     question->answer->bytes, question->answer->length);
    return true;
}

static void (*const verbs[])(struct simulation *, struct actor *) = {
    [VERB_TLS] = verb_tls,           [VERB_TLS_CHANNEL] = verb_tls_channel,
    [VERB_MQTT] = verb_mqtt,         [VERB_HTTP] = verb_http,
    [VERB_BROWSE] = verb_browse,     [VERB_NTP] = verb_ntp,
    [VERB_MDNS] = verb_mdns,         [VERB_SSDP] = verb_ssdp,
    [VERB_MODBUS] = verb_modbus,     [VERB_MODBUS_WRITE] = verb_modbus,
    [VERB_BACNET] = verb_bacnet,     [VERB_BACNET_WHO_IS] = verb_bacnet_who_is,
    [VERB_PING] = verb_ping,         [VERB_SNMP] = verb_snmp,
    [VERB_SYSLOG] = verb_syslog,     [VERB_SIP] = verb_sip,
    [VERB_RTSP] = verb_rtsp,         [VERB_PRINT] = verb_print,
    [VERB_SMB] = verb_smb,           [VERB_SSH] = verb_ssh,
    [VERB_IGMP] = verb_igmp,         [VERB_GOOSE] = verb_goose,
    [VERB_PROFINET] = verb_profinet, [VERB_PTP] = verb_ptp,
    [VERB_LLDP] = verb_lldp,         [VERB_STP] = verb_stp,
};

void verb_act(struct simulation *simulation, struct actor *actor) {
    verbs[actor->service->verb](simulation, actor);
}

bool verb_lasts(enum verb verb) {
    return verb == VERB_TLS_CHANNEL || verb == VERB_MQTT || verb == VERB_MODBUS ||
           verb == VERB_MODBUS_WRITE || verb == VERB_RTSP;
}
