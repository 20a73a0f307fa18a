#include "tests/traffic/verb.h"

#include "tests/traffic/payload.h"

#include <string.h>

/* Small talk: time, presence, management. */

enum { SECOND_US = 1000000 };
enum { PORT_NTP = 123, PORT_SNMP = 161, PORT_SYSLOG = 514, PORT_SSDP = 1900 };
enum { PORT_SIP = 5060, PORT_MDNS = 5353 };

static const uint32_t group_all = 0xe0000001, group_mdns = 0xe00000fb,
                      group_ssdp = 0xeffffffa;

void verb_ntp(struct simulation *simulation, struct actor *actor) {
    struct peer peer;
    uint64_t time_us = simulation->now_us;
    if (!verb_find_peer(simulation, actor, &peer, &time_us))
        return;
    uint32_t lag_us = network_lag_us(peer.host ? peer.host->ip : peer.ip, peer.host);
    struct message question = {0}, answer = {0};
    payload_ntp(&question, false, time_us, 0);
    payload_ntp(&answer, true, time_us + lag_us / 2, time_us);
    if (rng_chance(&actor->rng, 0.01)) /* UDP gets lost */
        message_clear(&answer);
    struct verb_question ask = {PORT_NTP, PORT_NTP, &question, &answer};
    verb_ask(simulation, actor->host, peer, &ask, time_us);
}

void verb_mdns(struct simulation *simulation, struct actor *actor) {
    struct message message = {0};
    uint64_t time_us = simulation->now_us;
    const struct host *host = actor->host;
    if (host->profile->presence != PRESENCE_RESIDENT &&
        host->profile->presence != PRESENCE_WORKER) {
        payload_mdns_announce(&message, actor->service->text, host->name, host->ip);
        network_multicast(simulation, host, group_mdns, PORT_MDNS, time_us + SECOND_US,
                          message.bytes, message.length);
    } else { /* who carries a screen looks for things */
        payload_mdns_query(&message, actor->service->text);
    }
    network_multicast(simulation, host, group_mdns, PORT_MDNS, time_us, message.bytes,
                      message.length);
}

/* Who offers what was searched for says so to the asker alone. */
static void answer_search(struct simulation *simulation, struct actor *actor) {
    for (size_t i = 0; i < simulation->host_count; i++) {
        struct host *host = &simulation->hosts[i];
        bool offers = false;
        for (const struct actor *habit = host->actors; habit; habit = habit->next)
            offers |= habit->service->verb == VERB_SSDP && habit->service->text == NULL;
        uint64_t time_us = simulation->now_us + 20000 + rng_below(&actor->rng, 2500000);
        if (!offers || !host->up || host == actor->host ||
            !network_resolve(simulation, host, actor->host, &time_us))
            continue;
        struct message message = {0};
        payload_ssdp_found(&message, host->name, host->ip);
        struct datagram tell = {host, actor->host, 0, PORT_SSDP,
                                network_multicast_port(actor->host)};
        network_datagram(simulation, &tell, time_us, message.bytes, message.length);
    }
}

void verb_ssdp(struct simulation *simulation, struct actor *actor) {
    struct message message = {0};
    if (actor->service->text)
        payload_ssdp_search(&message, actor->service->text);
    else
        payload_ssdp_notify(&message, actor->host->name, actor->host->ip);
    for (unsigned i = 0; i < 3; i++)
        network_multicast(simulation, actor->host, group_ssdp, PORT_SSDP,
                          simulation->now_us + i * 140000ull, message.bytes,
                          message.length);
    if (actor->service->text)
        answer_search(simulation, actor);
}

static void igmp(struct simulation *simulation, const struct host *from, unsigned type,
                 uint32_t group, uint64_t time_us) {
    uint32_t to = group ? group : group_all;
    struct path path = {from->mac, frame_multicast_mac(to),    from->ip,
                        to,        (uint16_t)rng_mix(time_us), 1};
    uint8_t frame[FRAME_BYTES];
    simulation_send(simulation, time_us, frame, frame_igmp(frame, &path, type, group));
}

/* A general query; of each group the quickest member answers for all (RFC 2236). */
void verb_igmp(struct simulation *simulation, struct actor *actor) {
    uint64_t now_us = simulation->now_us;
    igmp(simulation, actor->host, 0x11, 0, now_us);
    uint32_t first = rng_below(&actor->rng, (uint32_t)simulation->host_count);
    bool mdns = false, ssdp = false;
    for (size_t i = 0; i < simulation->host_count; i++) {
        const struct host *host =
            &simulation->hosts[(first + i) % simulation->host_count];
        for (const struct actor *habit = host->actors; host->up && habit;
             habit = habit->next) {
            uint64_t then_us = now_us + rng_below(&actor->rng, 9 * SECOND_US);
            if (habit->service->verb == VERB_MDNS && !mdns) {
                igmp(simulation, host, 0x16, group_mdns, then_us);
                mdns = true;
            } else if (habit->service->verb == VERB_SSDP && !ssdp) {
                igmp(simulation, host, 0x16, group_ssdp, then_us);
                ssdp = true;
            }
        }
    }
}

/* Four echoes, a second apart; a host that is off is asked for by ARP alone. */
void verb_ping(struct simulation *simulation, struct actor *actor) {
    const struct host *from = actor->host, *to = actor->target;
    uint64_t time_us = simulation->now_us;
    uint8_t frame[FRAME_BYTES], data[56] = {0};
    if (!network_resolve(simulation, actor->host, to, &time_us))
        return;
    struct path there = {from->mac, to->mac, from->ip, to->ip, 0, from->profile->ttl};
    struct path back = {to->mac, from->mac, to->ip, from->ip, 0, to->profile->ttl};
    for (uint32_t i = 0; i < 4; i++, time_us += SECOND_US) {
        uint32_t rest = (uint32_t)(from->key & 0xffff) << 16 | (4 * actor->turn + i);
        there.id = back.id = (uint16_t)rng_next(&actor->rng);
        simulation_send(simulation, time_us, frame,
                        frame_icmp(frame, &there, 8, 0, rest, data, sizeof data));
        simulation_send(simulation, time_us + network_lag_us(to->ip, true), frame,
                        frame_icmp(frame, &back, 0, 0, rest, data, sizeof data));
    }
}

void verb_snmp(struct simulation *simulation, struct actor *actor) {
    struct message question = {0}, answer = {0};
    uint32_t request = (uint32_t)rng_next(&actor->rng);
    payload_snmp(&question, false, request, 0);
    payload_snmp(&answer, true, request, simulation->now_us / 10000);
    struct verb_question ask = {network_port(actor->host), PORT_SNMP, &question,
                                &answer};
    struct peer peer = {actor->target, 0};
    verb_ask(simulation, actor->host, peer, &ask, simulation->now_us);
}

void verb_syslog(struct simulation *simulation, struct actor *actor) {
    struct message line = {0}, none = {0};
    payload_syslog(&line, actor->host->name, rng_next(&actor->rng));
    struct verb_question ask = {PORT_SYSLOG, PORT_SYSLOG, &line, &none};
    struct peer peer = {actor->target, 0};
    verb_ask(simulation, actor->host, peer, &ask, simulation->now_us);
}

/* A telephone registers anew with its exchange. */
void verb_sip(struct simulation *simulation, struct actor *actor) {
    struct message question = {0}, answer = {0};
    payload_sip_register(&question, actor->host->name, actor->turn, false);
    payload_sip_register(&answer, actor->host->name, actor->turn, true);
    struct verb_question ask = {PORT_SIP, PORT_SIP, &question, &answer};
    uint64_t time_us = simulation->now_us;
    struct peer peer;
    if (verb_find_peer(simulation, actor, &peer, &time_us))
        verb_ask(simulation, actor->host, peer, &ask, time_us);
}

void verb_lldp(struct simulation *simulation, struct actor *actor) {
    static const struct mac nearest_bridge = {{0x01, 0x80, 0xc2, 0, 0, 0x0e}};
    const struct host *host = actor->host;
    struct message message = {0};
    uint8_t frame[FRAME_BYTES];
    payload_lldp(&message, &host->mac, host->name, host->profile->label);
    size_t length = frame_ethernet(frame, &host->mac, &nearest_bridge, 0x88cc,
                                   message.bytes, message.length);
    simulation_send(simulation, simulation->now_us, frame, length);
}

void verb_stp(struct simulation *simulation, struct actor *actor) {
    static const struct mac bridges = {{0x01, 0x80, 0xc2, 0, 0, 0}};
    const struct host *host = actor->host;
    struct message message = {0};
    uint8_t frame[FRAME_BYTES];
    payload_stp(&message, &host->mac);
    size_t length =
        frame_ethernet(frame, &host->mac, &bridges, 0, message.bytes, message.length);
    simulation_send(simulation, simulation->now_us, frame, length);
}
