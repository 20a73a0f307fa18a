#include "tests/traffic/attacks.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/verb.h"

/* Floods, in batches: a step is BATCH frames. */

enum { BATCH = 40 };

static bool flood_begin(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    double rate = rng_between(rng, 150, 700);
    attack->victim = attacks_choose(simulation, attacks_anybody, attack->host, rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = BATCH * 1e6 / rate;
    attack->port = (uint16_t)(rng_chance(rng, 0.5) ? 80 : 443);
    attack->bytes = 64 + rng_below(rng, 900);
    attack->address = network_address(attack->kind->name, 200, rng_below(rng, 200));
    attacks_describe(simulation, attack, "%s, %.0f frames/s", attack->kind->help, rate);
    return true;
}

static struct path towards(const struct simulation *simulation,
                           const struct attack *attack, uint32_t ip, struct rng *rng) {
    const struct host *host = attack->host;
    bool outside = ip == attack->address;
    return (struct path){
        .source = host->mac,
        .target = outside ? simulation->gateway->mac : attack->victim->mac,
        .source_ip = host->ip,
        .target_ip = ip,
        .id = (uint16_t)rng_next(rng),
        .ttl = host->profile->ttl,
    };
}

static struct path back(const struct simulation *simulation, struct path path,
                        bool to_world) {
    struct mac source = path.target;
    uint32_t source_ip = path.target_ip;
    path.target = to_world ? simulation->gateway->mac : path.source;
    path.source = source;
    path.target_ip = path.source_ip;
    path.source_ip = source_ip;
    path.ttl = 64;
    return path;
}

/* The victim answers while it can. */
static double syn_flood(struct simulation *simulation, struct attack *attack,
                        bool spoof) {
    struct rng *rng = &attack->rng;
    uint64_t time_us = simulation->now_us;
    uint8_t frame[FRAME_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        struct path path = towards(simulation, attack, attack->victim->ip, rng);
        struct tcp_header syn = {(uint16_t)(1024 + rng_below(rng, 64000)),
                                 attack->port,
                                 (uint32_t)rng_next(rng),
                                 0,
                                 1024,
                                 TCP_SYN};
        if (spoof)
            path.source_ip =
                (11u + rng_below(rng, 80)) << 24 | rng_below(rng, 1u << 24);
        simulation_send(simulation, time_us, frame,
                        frame_tcp(frame, &path, &syn, NULL, 0));
        if (rng_chance(rng, 0.4)) {
            struct tcp_header answer = {
                attack->port,     syn.source_port, (uint32_t)rng_next(rng),
                syn.sequence + 1, 64240,           TCP_SYN | TCP_ACK};
            path = back(simulation, path, spoof);
            simulation_send(simulation, time_us + 300 + rng_below(rng, 500), frame,
                            frame_tcp(frame, &path, &answer, NULL, 0));
        }
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

static double syn_flood_step(struct simulation *simulation, struct attack *attack) {
    return syn_flood(simulation, attack, false);
}

static double spoofed_flood_step(struct simulation *simulation, struct attack *attack) {
    return syn_flood(simulation, attack, true);
}

static double udp_flood_step(struct simulation *simulation, struct attack *attack) {
    uint64_t time_us = simulation->now_us;
    uint8_t frame[FRAME_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        struct path path = towards(simulation, attack, attack->address, &attack->rng);
        struct message message = {0};
        message_opaque(&message, rng_next(&attack->rng), attack->bytes);
        simulation_send(simulation, time_us, frame,
                        frame_udp(frame, &path, 40000, attack->port, message.bytes,
                                  message.length));
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

/* From another port each time: no two datagrams are of one flow. */
static double flow_flood_step(struct simulation *simulation, struct attack *attack) {
    uint64_t time_us = simulation->now_us;
    uint8_t frame[FRAME_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        struct path path =
            towards(simulation, attack, attack->victim->ip, &attack->rng);
        struct message message = {0};
        message_opaque(&message, rng_next(&attack->rng), attack->bytes);
        uint16_t port = (uint16_t)(1024 + rng_below(&attack->rng, 64000));
        simulation_send(
            simulation, time_us, frame,
            frame_udp(frame, &path, port, 9999, message.bytes, message.length));
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

/* Some of whom answer. */
static double peer_flood_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    uint64_t time_us = simulation->now_us;
    uint8_t frame[FRAME_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        attack->address = (11u + rng_below(rng, 80)) << 24 | rng_below(rng, 1u << 24);
        struct path path = towards(simulation, attack, attack->address, rng);
        struct message message = {0};
        message_opaque(&message, rng_next(rng), 64);
        simulation_send(
            simulation, time_us, frame,
            frame_udp(frame, &path, 40000, 6881, message.bytes, message.length));
        if (rng_chance(rng, 0.3)) {
            path = back(simulation, path, false);
            simulation_send(
                simulation, time_us + 20000, frame,
                frame_udp(frame, &path, 6881, 40000, message.bytes, message.length));
        }
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

/* What overflows a switch's address table: nobody sent these frames. The attacker's own MAC
   is in none of them, so they bear an address of its in the first of each batch. */
static double mac_flood_step(struct simulation *simulation, struct attack *attack) {
    struct rng *rng = &attack->rng;
    uint64_t time_us = simulation->now_us;
    uint8_t frame[FRAME_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        struct path path = towards(simulation, attack, attack->victim->ip, rng);
        uint64_t random = rng_next(rng);
        for (int byte = 0; i > 0 && byte < 6; byte++) {
            path.source.bytes[byte] = (uint8_t)(random >> 8 * byte);
            path.target.bytes[byte] = (uint8_t)(rng_next(rng) & 0xfe);
        }
        path.source.bytes[0] &= 0xfe;
        path.source_ip = 0x0a000000 | rng_below(rng, 1u << 24);
        struct tcp_header syn = {1024, attack->port, (uint32_t)random, 0, 512, TCP_SYN};
        simulation_send(simulation, time_us, frame,
                        frame_tcp(frame, &path, &syn, NULL, 0));
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

/* Echoes, which the victim answers. */
static double ping_flood_step(struct simulation *simulation, struct attack *attack) {
    static const uint8_t data[56];
    struct rng *rng = &attack->rng;
    uint64_t time_us = simulation->now_us;
    uint8_t frame[FRAME_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        struct path path = towards(simulation, attack, attack->victim->ip, rng);
        uint32_t rest = attack->step * BATCH + i;
        simulation_send(simulation, time_us, frame,
                        frame_icmp(frame, &path, 8, 0, rest, data, sizeof data));
        path = back(simulation, path, false);
        simulation_send(simulation, time_us + 300, frame,
                        frame_icmp(frame, &path, 0, 0, rest, data, sizeof data));
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

static double broadcast_storm_step(struct simulation *simulation,
                                   struct attack *attack) {
    uint64_t time_us = simulation->now_us;
    for (unsigned i = 0; i < BATCH; i++) {
        struct message message = {0};
        message_opaque(&message, rng_next(&attack->rng), attack->bytes);
        network_multicast(simulation, attack->host, 0xffffffff, 9999, time_us,
                          message.bytes, message.length);
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

/* Somebody in the world asks under the name of his victim, briefly; the answers are long. */
static double reflection_step(struct simulation *simulation, struct attack *attack) {
    enum { SSDP = 1900, ANSWERS = 3 };
    const struct host *host = attack->host;
    uint64_t time_us = simulation->now_us;
    for (unsigned i = 0; i < BATCH; i++) {
        struct message question = {0}, answer = {0};
        uint16_t port = (uint16_t)(1024 + rng_below(&attack->rng, 64000));
        struct datagram ask = {NULL, host, attack->address, port, SSDP};
        struct datagram tell = {host, NULL, attack->address, SSDP, port};
        payload_ssdp_search(&question, "ssdp:all");
        network_datagram(simulation, &ask, time_us, question.bytes, question.length);
        payload_ssdp_found(&answer, host->name, host->ip);
        for (unsigned j = 0; j < ANSWERS; j++)
            network_datagram(simulation, &tell, time_us + 400 + j * 50ull, answer.bytes,
                             answer.length);
        time_us += (uint64_t)(attack->gap_us / BATCH);
    }
    return attack->gap_us;
}

/* Within one connection, without waiting for the answers. */
static bool request_flood_begin(struct simulation *simulation, struct attack *attack) {
    double rate = rng_between(&attack->rng, 500, 2500);
    attack->victim = attacks_choose(simulation, "plc", attack->host, &attack->rng);
    bool field = attack->victim != NULL;
    if (!field)
        attack->victim =
            attacks_choose(simulation, attacks_anybody, attack->host, &attack->rng);
    if (attack->victim == NULL)
        return false;
    attack->gap_us = BATCH * 1e6 / rate;
    attack->port = field ? 502 : 80;
    attacks_describe(simulation, attack, "%.0f requests/s to port %u of %s", rate,
                     attack->port, attack->victim->name);
    return true;
}

static void say_request(struct attack *attack, int from, unsigned number) {
    struct message message = {0};
    if (attack->port == 502 && from == TALK_INITIATOR)
        payload_modbus_read(&message, number & 0xffff, 1, number % 4096, 8);
    else if (attack->port == 502)
        payload_modbus_values(&message, number & 0xffff, 1, 8, number);
    else if (from == TALK_INITIATOR)
        payload_http_get(&message, attack->victim->name, "/status", "bench/1.0");
    else
        payload_http_ok(&message, "text/plain", 0);
    verb_say(&attack->talk, from, &message);
}

static double request_flood_step(struct simulation *simulation, struct attack *attack) {
    if (attack->step == 0 && !attacks_open(simulation, attack, attack->port))
        return -1;
    talk_continue(&attack->talk, simulation->now_us);
    for (int from = 0; from < 2; from++)
        for (unsigned i = 0; i < BATCH; i++)
            say_request(attack, from, attack->step * BATCH + i);
    double busy_us = attacks_busy_us(simulation, attack);
    return busy_us < attack->gap_us ? attack->gap_us : busy_us;
}

const struct attack_kind attacks_flood[] = {
    {"syn-flood", "SYNs to one service", 1, false, ATTACKS_THINGS, flood_begin,
     syn_flood_step, NULL},
    {"syn-flood-spoofed", "SYNs from made-up addresses", 1, false, ATTACKS_THINGS,
     flood_begin, spoofed_flood_step, NULL},
    {"udp-flood", "datagrams to a host in the world", 1, false, ATTACKS_THINGS,
     flood_begin, udp_flood_step, NULL},
    {"flow-flood", "a flow for every datagram, to one service", 1, false,
     ATTACKS_THINGS, flood_begin, flow_flood_step, NULL},
    {"peer-flood", "speaks with everybody in the world once", 1, false, ATTACKS_THINGS,
     flood_begin, peer_flood_step, NULL},
    {"mac-flood", "frames from made-up MAC addresses", 1, false, ATTACKS_THINGS,
     flood_begin, mac_flood_step, NULL},
    {"ping-flood", "echoes to one host", 1, false, ATTACKS_THINGS, flood_begin,
     ping_flood_step, NULL},
    {"broadcast-storm", "datagrams to everybody on the link", 1, false, ATTACKS_THINGS,
     flood_begin, broadcast_storm_step, NULL},
    {"request-flood", "requests without end in one connection", 1, false,
     ATTACKS_THINGS, request_flood_begin, request_flood_step, NULL},
    {"reflection", "answers at length whoever asks from the world", 1, false,
     ATTACKS_THINGS, flood_begin, reflection_step, NULL},
    {.name = NULL},
};
