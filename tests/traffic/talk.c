#include "tests/traffic/talk.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/site.h"

#include <string.h>

enum { DELAYED_ACK_US = 40000 };

static void put(struct talk *talk, int from, unsigned flags, const void *bytes,
                size_t length, uint64_t time_us) {
    struct talk_side *my = &talk->side[from], *other = &talk->side[!from];
    struct path path = {my->mac, other->mac, my->ip, other->ip, my->id++, my->ttl};
    struct tcp_header header = {
        .source_port = my->port,
        .target_port = other->port,
        .sequence = my->sequence,
        .acknowledgement = flags & TCP_ACK ? my->acknowledged : 0,
        .window = flags & TCP_RST   ? 0
                  : flags & TCP_SYN ? 64240
                                    : 501,
        .flags = (uint8_t)flags,
    };
    uint8_t frame[FRAME_BYTES];
    size_t total = frame_tcp(frame, &path, &header, bytes, length);
    simulation_send(talk->simulation, time_us, frame, total);
    if (length && talk->simulation->loss > 0 &&
        rng_chance(talk->rng, talk->simulation->loss))
        simulation_send(talk->simulation,
                        time_us + 210000 + rng_below(talk->rng, 200000), frame, total);
    my->sequence += (uint32_t)length + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static void acknowledge(struct talk *talk, int from, uint64_t time_us) {
    talk->side[from].acknowledged = talk->side[!from].sequence;
    put(talk, from, TCP_ACK, NULL, 0, time_us);
}

static bool owes(const struct talk *talk, int who) {
    return talk->side[who].acknowledged != talk->side[!who].sequence;
}

static uint64_t lag(struct talk *talk, int who) {
    return (uint64_t)rng_lognormal(talk->rng, talk->side[who].lag_us, 0.15);
}

static struct talk_side side_of(const struct simulation *simulation, struct peer peer,
                                unsigned port, struct rng *rng) {
    const struct mac gateway = simulation->gateway->mac;
    const struct host *host = peer.host;
    return (struct talk_side){
        .mac = host ? host->mac : gateway,
        .ip = host ? host->ip : peer.ip,
        .sequence = (uint32_t)rng_next(rng),
        .lag_us = network_lag_us(host ? host->ip : peer.ip, host != NULL),
        .port = (uint16_t)port,
        .id = (uint16_t)rng_next(rng),
        .ttl = host ? network_host_ttl(host) : network_ttl(peer.ip),
    };
}

static enum talk_result prepare(struct talk *talk, struct simulation *simulation,
                                struct host *from, struct peer to, unsigned port,
                                struct rng *rng, uint64_t time_us) {
    memset(talk, 0, sizeof *talk);
    talk->simulation = simulation;
    talk->rng = rng;
    talk->time_us = time_us;
    talk->pace_us = (uint32_t)rng_lognormal(rng, 500, 0.6);
    struct host *next = to.host ? to.host : simulation->gateway;
    if (next != from && !network_resolve(simulation, from, next, &talk->time_us))
        return TALK_UNREACHABLE;
    struct peer me = {from, 0};
    talk->side[TALK_INITIATOR] = side_of(simulation, me, network_port(from), rng);
    talk->side[TALK_RESPONDER] = side_of(simulation, to, port, rng);
    return TALK_OPEN;
}

enum talk_result talk_open(struct talk *talk, struct simulation *simulation,
                           struct host *from, struct peer to, unsigned port,
                           struct rng *rng, uint64_t time_us) {
    enum talk_result result = prepare(talk, simulation, from, to, port, rng, time_us);
    if (result != TALK_OPEN)
        return result;
    put(talk, TALK_INITIATOR, TCP_SYN, NULL, 0, talk->time_us);
    talk->time_us += lag(talk, TALK_RESPONDER);
    talk->side[TALK_RESPONDER].acknowledged = talk->side[TALK_INITIATOR].sequence;
    put(talk, TALK_RESPONDER, TCP_SYN | TCP_ACK, NULL, 0, talk->time_us);
    talk->time_us += lag(talk, TALK_INITIATOR) / 4 + 30;
    acknowledge(talk, TALK_INITIATOR, talk->time_us);
    talk->time_us += 40;
    return TALK_OPEN;
}

enum talk_result talk_resume(struct talk *talk, struct simulation *simulation,
                             struct host *from, struct peer to, unsigned port,
                             struct rng *rng, uint64_t time_us) {
    enum talk_result result = prepare(talk, simulation, from, to, port, rng, time_us);
    for (int who = 0; who < 2; who++)
        talk->side[who].acknowledged = talk->side[!who].sequence;
    return result;
}

void talk_unanswered(struct simulation *simulation, struct host *from, struct peer to,
                     unsigned port, struct rng *rng, uint64_t time_us, unsigned tries) {
    struct talk talk;
    if (prepare(&talk, simulation, from, to, port, rng, time_us) != TALK_OPEN)
        return;
    uint64_t gap_us = 1000000;
    for (unsigned i = 0; i < tries; i++, gap_us *= 2) {
        put(&talk, TALK_INITIATOR, TCP_SYN, NULL, 0, talk.time_us);
        talk.side[TALK_INITIATOR].sequence--;
        talk.time_us += gap_us + rng_below(rng, 20000);
    }
}

void talk_probe(struct simulation *simulation, struct host *from, struct peer to,
                unsigned port, struct rng *rng, uint64_t time_us,
                enum talk_probe outcome) {
    struct talk talk;
    if (prepare(&talk, simulation, from, to, port, rng, time_us) != TALK_OPEN)
        return;
    put(&talk, TALK_INITIATOR, TCP_SYN, NULL, 0, talk.time_us);
    talk.time_us += lag(&talk, TALK_RESPONDER);
    talk.side[TALK_RESPONDER].acknowledged = talk.side[TALK_INITIATOR].sequence;
    if (outcome == PROBE_CLOSED) {
        talk.side[TALK_RESPONDER].sequence = 0;
        put(&talk, TALK_RESPONDER, TCP_RST | TCP_ACK, NULL, 0, talk.time_us);
    } else if (outcome == PROBE_OPEN) {
        put(&talk, TALK_RESPONDER, TCP_SYN | TCP_ACK, NULL, 0, talk.time_us);
        put(&talk, TALK_INITIATOR, TCP_RST, NULL, 0, talk.time_us + 90);
    }
}

static void take_turn(struct talk *talk, int from) {
    if (talk->last != from)
        talk->time_us += lag(talk, from);
    talk->last = from;
    talk->side[from].acknowledged = talk->side[!from].sequence;
}

void talk_say(struct talk *talk, int from, const struct message *message) {
    take_turn(talk, from);
    for (size_t at = 0; at < message->length;) {
        size_t part = message->length - at;
        bool more = part > FRAME_SEGMENT_BYTES;
        if (more)
            part = FRAME_SEGMENT_BYTES;
        put(talk, from, more ? TCP_ACK : TCP_ACK | TCP_PSH, message->bytes + at, part,
            talk->time_us);
        talk->time_us += 30 + part / 12;
        at += part;
    }
}

/* What a protocol puts before each piece, and how much of a segment that leaves. */
static void wrap_piece(struct message *message, enum talk_wrap wrap, size_t bytes,
                       uint64_t key) {
    message_clear(message);
    switch (wrap) {
    case TALK_TLS:
        payload_tls_data(message, key, bytes);
        return;
    case TALK_RTP:
        payload_rtp(message, key, bytes);
        return;
    case TALK_SMB:
        payload_smb_sealed(message, key, bytes);
        return;
    default:
        message_opaque(message, key, bytes);
    }
}

void talk_stream(struct talk *talk, int from, uint64_t bytes, enum talk_wrap wrap) {
    static const size_t overhead[] = {
        [TALK_PLAIN] = 0, [TALK_TLS] = 5, [TALK_RTP] = 16, [TALK_SMB] = 56};
    size_t content = FRAME_SEGMENT_BYTES - overhead[wrap];
    unsigned unacknowledged = 0, in_flight = 0;
    take_turn(talk, from);
    while (bytes > 0) {
        size_t part = bytes < content ? (size_t)bytes : content;
        struct message message;
        wrap_piece(&message, wrap, part, rng_next(talk->rng));
        bytes -= part;
        put(talk, from, bytes ? TCP_ACK : TCP_ACK | TCP_PSH, message.bytes,
            message.length, talk->time_us);
        if (++unacknowledged == 2) {
            acknowledge(talk, !from, talk->time_us + talk->side[!from].lag_us);
            unacknowledged = 0;
        }
        talk->time_us += talk->pace_us;
        if (++in_flight % 40 == 0) /* the window is full: wait for a round trip */
            talk->time_us += talk->side[!from].lag_us + talk->side[from].lag_us;
    }
}

void talk_pause(struct talk *talk, uint64_t pause_us) {
    for (int who = 0; who < 2; who++)
        if (owes(talk, who) && pause_us > DELAYED_ACK_US)
            acknowledge(talk, who, talk->time_us + DELAYED_ACK_US);
    talk->time_us += pause_us;
}

void talk_continue(struct talk *talk, uint64_t time_us) {
    if (time_us > talk->time_us)
        talk->time_us = time_us;
    talk->last = TALK_INITIATOR;
}

void talk_close(struct talk *talk, int from) {
    take_turn(talk, from);
    put(talk, from, TCP_FIN | TCP_ACK, NULL, 0, talk->time_us);
    talk->time_us += lag(talk, !from);
    talk->side[!from].acknowledged = talk->side[from].sequence;
    put(talk, !from, TCP_FIN | TCP_ACK, NULL, 0, talk->time_us);
    talk->time_us += lag(talk, from);
    acknowledge(talk, from, talk->time_us);
}

void talk_reset(struct talk *talk, int from) {
    take_turn(talk, from);
    put(talk, from, TCP_RST | TCP_ACK, NULL, 0, talk->time_us);
}

void talk_greet_tls(struct talk *talk, unsigned stack, const char *server_name) {
    struct message message;
    uint64_t key = rng_next(talk->rng);
    message_clear(&message);
    payload_tls_hello(&message, stack, server_name, key);
    talk_say(talk, TALK_INITIATOR, &message);
    message_clear(&message);
    payload_tls_answer(&message, stack, server_name, key, talk->simulation->now_us);
    talk_say(talk, TALK_RESPONDER, &message);
    message_clear(&message);
    payload_tls_finish(&message, stack, false, key);
    talk_say(talk, TALK_INITIATOR, &message);
    message_clear(&message);
    payload_tls_finish(&message, stack, true, ~key);
    talk_say(talk, TALK_RESPONDER, &message);
}
