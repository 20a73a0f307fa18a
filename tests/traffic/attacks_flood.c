#include "tests/traffic/attacks.h"

#include "tests/traffic/message.h"

/* Floods, in batches: a step is BATCH frames. */

enum { BATCH = 40 };

bool attacks_flood_begin(struct simulation *simulation, struct attack *attack) {
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

double attacks_syn_flood_step(struct simulation *simulation, struct attack *attack) {
    return syn_flood(simulation, attack, false);
}

double attacks_spoofed_flood_step(struct simulation *simulation,
                                  struct attack *attack) {
    return syn_flood(simulation, attack, true);
}

double attacks_udp_flood_step(struct simulation *simulation, struct attack *attack) {
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
double attacks_flow_flood_step(struct simulation *simulation, struct attack *attack) {
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
double attacks_peer_flood_step(struct simulation *simulation, struct attack *attack) {
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
double attacks_mac_flood_step(struct simulation *simulation, struct attack *attack) {
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
