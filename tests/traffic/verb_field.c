#include "tests/traffic/verb.h"

#include "tests/traffic/payload.h"

#include <stdio.h>

/* Sensors, controllers, cameras: what talks within the site. */

enum { PORT_BACNET = 47808 };

void verb_mqtt(struct simulation *simulation, struct actor *actor) {
    enum verb_channel state = verb_channel(simulation, actor);
    struct talk *talk = &actor->talk;
    struct message message = {0};
    if (state == CHANNEL_NONE)
        return;
    if (state == CHANNEL_NEW) {
        payload_mqtt_connect(&message, actor->host->name, NULL, 120);
        verb_say(talk, TALK_INITIATOR, &message);
        payload_mqtt_answer(&message, true);
        verb_say(talk, TALK_RESPONDER, &message);
    }
    if (actor->service->text) {
        payload_mqtt_publish(&message, actor->host->name, actor->service->text,
                             rng_next(&actor->rng));
        verb_say(talk, TALK_INITIATOR, &message);
    } else {
        payload_mqtt_ping(&message, false);
        verb_say(talk, TALK_INITIATOR, &message);
        payload_mqtt_ping(&message, true);
        verb_say(talk, TALK_RESPONDER, &message);
    }
    talk_pause(talk, VERB_SETTLE_US);
}

void verb_modbus(struct simulation *simulation, struct actor *actor) {
    if (verb_channel(simulation, actor) == CHANNEL_NONE)
        return;
    struct message message = {0};
    struct talk *talk = &actor->talk;
    unsigned id = actor->turn & 0xffff;
    unsigned count = 8 + (unsigned)(actor->target->key % 24);
    if (actor->service->verb == VERB_MODBUS_WRITE) {
        unsigned value = 1000 + rng_below(&actor->rng, 500);
        for (int who = 0; who < 2; who++) {
            payload_modbus_write(&message, id, 1, 40, value);
            verb_say(talk, who, &message);
        }
    } else {
        payload_modbus_read(&message, id, 1, 100, count);
        verb_say(talk, TALK_INITIATOR, &message);
        payload_modbus_values(&message, id, 1, count, rng_next(&actor->rng));
        verb_say(talk, TALK_RESPONDER, &message);
    }
    talk_pause(talk, VERB_SETTLE_US);
}

void verb_bacnet(struct simulation *simulation, struct actor *actor) {
    unsigned object = (unsigned)(actor->target->key + actor->turn) % 6;
    struct message question = {0}, answer = {0};
    payload_bacnet_read(&question, actor->turn & 0xff, object);
    payload_bacnet_value(&answer, actor->turn & 0xff, object, rng_next(&actor->rng));
    struct verb_question ask = {PORT_BACNET, PORT_BACNET, &question, &answer};
    struct peer peer = {actor->target, 0};
    verb_ask(simulation, actor->host, peer, &ask, simulation->now_us);
}

/* Who is there? Every controller says so, to all, in its own time. */
void verb_bacnet_who_is(struct simulation *simulation, struct actor *actor) {
    struct message message = {0};
    uint32_t everyone = simulation->network | 0xff;
    uint64_t now_us = simulation->now_us;
    payload_bacnet_who_is(&message);
    network_multicast(simulation, actor->host, everyone, PORT_BACNET, now_us,
                      message.bytes, message.length);
    for (size_t i = 0; i < simulation->host_count; i++) {
        const struct host *host = &simulation->hosts[i];
        if (!host->up || !host->profile->bacnet)
            continue;
        message_clear(&message);
        payload_bacnet_i_am(&message, 1000 + host->index);
        network_multicast(simulation, host, everyone, PORT_BACNET,
                          now_us + 8000 + rng_below(&actor->rng, 900000), message.bytes,
                          message.length);
    }
}

/* A recorder keeps its session alive; when something moves, the camera sends pictures. */
void verb_rtsp(struct simulation *simulation, struct actor *actor) {
    enum verb_channel state = verb_channel(simulation, actor);
    struct talk *talk = &actor->talk;
    struct message message = {0};
    char url[64];
    if (state == CHANNEL_NONE)
        return;
    uint32_t ip = actor->target->ip;
    snprintf(url, sizeof url, "rtsp://%u.%u.%u.%u/stream1", ip >> 24, ip >> 16 & 255,
             ip >> 8 & 255, ip & 255);
    static const char *const methods[] = {"OPTIONS", "DESCRIBE", "PLAY",
                                          "GET_PARAMETER"};
    for (unsigned i = state == CHANNEL_NEW ? 0 : 3; i < 4; i++)
        for (int who = 0; who < 2; who++) {
            payload_rtsp(&message, methods[i], url, actor->turn + i, who);
            verb_say(talk, who, &message);
        }
    if (rng_chance(&actor->rng,
                   0.25 * schedule_rhythm(RHYTHM_OFFICE, simulation->now_us)))
        talk_stream(talk, TALK_RESPONDER, verb_down(actor), TALK_RTP);
    talk_pause(talk, VERB_SETTLE_US);
}

static void layer_two(struct simulation *simulation, const struct host *from,
                      struct mac to, unsigned ethertype, const struct message *message,
                      uint64_t time_us) {
    uint8_t frame[FRAME_BYTES];
    size_t length = frame_ethernet(frame, &from->mac, &to, ethertype, message->bytes,
                                   message->length);
    simulation_send(simulation, time_us, frame, length);
}

/* The state is repeated at leisure; a change is said several times in quick succession. */
void verb_goose(struct simulation *simulation, struct actor *actor) {
    static const uint64_t after_us[] = {0, 4000, 12000, 40000, 160000};
    struct mac group = {{0x01, 0x0c, 0xcd, 0x01, 0, (uint8_t)actor->host->index}};
    bool change = rng_chance(&actor->rng, 0.0008);
    if (change) {
        actor->address++; /* the state's number; it has no peer of its own */
        actor->turn = 0;
    }
    for (unsigned i = 0; i < (change ? 5u : 1u); i++) {
        struct message message = {0};
        uint64_t time_us = simulation->now_us + after_us[i];
        payload_goose(&message, actor->host->name, 1 + actor->address, actor->turn + i,
                      time_us);
        layer_two(simulation, actor->host, group, 0x88b8, &message, time_us);
    }
}

/* Who is there, in PROFINET: a DCP identify request. */
void verb_profinet(struct simulation *simulation, struct actor *actor) {
    static const struct mac identify = {{0x01, 0x0e, 0xcf, 0, 0, 0}};
    struct message message = {0};
    payload_profinet_identify(&message, (uint32_t)rng_next(&actor->rng));
    layer_two(simulation, actor->host, identify, 0x8892, &message, simulation->now_us);
}

void verb_ptp(struct simulation *simulation, struct actor *actor) {
    static const struct mac group = {{0x01, 0x1b, 0x19, 0, 0, 0}};
    struct message message = {0};
    payload_ptp_sync(&message, &actor->host->mac, actor->turn, simulation->now_us);
    layer_two(simulation, actor->host, group, 0x88f7, &message, simulation->now_us);
}
