#include "tests/traffic/network.h"

#include "tests/traffic/payload.h"
#include "tests/traffic/site.h"

#include <stdio.h>
#include <string.h>

enum { DHCP_CLIENT = 68, DHCP_SERVER = 67, DNS = 53, MULTICAST_MDNS = 5353 };

static const struct mac nobody;

uint16_t network_port(struct host *host) {
    if (host->port < 32768 || host->port >= 60999)
        host->port = 32768;
    return host->port = (uint16_t)(host->port + 1 + rng_below(&host->rng, 3));
}

uint16_t network_multicast_port(const struct host *host) {
    return (uint16_t)(49152 + host->key % 8000);
}

uint32_t network_lag_us(uint32_t ip, bool local) {
    uint32_t individual = (uint32_t)(rng_mix(ip) % 1000);
    return local ? 250 + individual * 3 : 8000 + individual * 70;
}

uint8_t network_host_ttl(const struct host *host) {
    return (uint8_t)(host->profile->ttl - (host->via ? 1 : 0));
}

uint8_t network_ttl(uint32_t ip) {
    uint64_t individual = rng_mix(ip ^ 0x771);
    return (uint8_t)((individual & 3   ? 64
                      : individual & 4 ? 128
                                       : 255) -
                     (6 + individual / 16 % 14));
}

uint32_t network_address(const char *name, unsigned pool, unsigned number) {
    /* First halves of addresses that hosting companies and content networks use. */
    static const uint16_t blocks[] = {
        0x12c4, 0x1736, 0x1f0d, 0x2217, 0x22f4, 0x233d, 0x2d4f, 0x339e, 0x3445,
        0x36d6, 0x40e9, 0x4a7d, 0x5114, 0x591c, 0x5bd0, 0x6812, 0x6c8a, 0x8efa,
        0x9765, 0xacd9, 0xb9c7, 0xc039, 0xc739, 0xc6a8, 0xd83a,
    };
    uint64_t hash = rng_hash(name);
    uint64_t turn = number % (pool ? pool : 1);
    uint16_t block = blocks[(hash + turn / 24) % (sizeof blocks / sizeof blocks[0])];
    uint32_t third = ((uint32_t)(hash >> 16) + (uint32_t)(turn / 8 % 3)) & 0xff;
    uint32_t fourth = 1 + (uint32_t)(rng_mix(hash ^ turn) % 254);
    return (uint32_t)block << 16 | third << 8 | fourth;
}

static void send_arp(struct simulation *simulation, uint64_t time_us,
                     const struct host *from, const struct mac *to,
                     enum frame_arp_operation operation, uint32_t sender_ip,
                     const struct mac *target_mac, uint32_t target_ip) {
    uint8_t frame[FRAME_BYTES];
    size_t length = frame_arp(frame, &from->mac, to, operation, &from->mac, sender_ip,
                              target_mac, target_ip);
    simulation_send(simulation, time_us, frame, length);
}

bool network_resolve(struct simulation *simulation, struct host *from,
                     const struct host *to, uint64_t *time_us) {
    from = from->via ? from->via : from;
    to = to->via ? to->via : to;
    uint64_t *known =
        &simulation->known_until_us[from->index * simulation->host_count + to->index];
    if (to->up && *time_us < *known)
        return true;
    if (!to->up) {
        for (int i = 0; i < 3; i++, *time_us += 1000000 + rng_below(&from->rng, 24000))
            send_arp(simulation, *time_us, from, &frame_broadcast, ARP_REQUEST,
                     from->ip, &nobody, to->ip);
        *known = 0;
        return false;
    }
    /* A neighbour that was known a moment ago is asked directly first (RFC 4861's way). */
    bool direct = *known && *time_us - *known < 600000000;
    send_arp(simulation, *time_us, from, direct ? &to->mac : &frame_broadcast,
             ARP_REQUEST, from->ip, &nobody, to->ip);
    *time_us += network_lag_us(to->ip, true);
    send_arp(simulation, *time_us, to, &from->mac, ARP_REPLY, to->ip, &from->mac,
             from->ip);
    *time_us += 60;
    double fresh_us = rng_lognormal(&from->rng, from->profile->arp_s * 1e6, 0.3);
    *known = *time_us + (uint64_t)fresh_us;
    /* Who was asked has learnt the asker, too. */
    uint64_t *back =
        &simulation->known_until_us[to->index * simulation->host_count + from->index];
    if (*back < *known)
        *back = *known;
    return true;
}

void network_announce(struct simulation *simulation, const struct host *host,
                      uint64_t time_us) {
    send_arp(simulation, time_us, host, &frame_broadcast, ARP_REQUEST, host->ip,
             &nobody, host->ip);
}

void network_datagram(struct simulation *simulation, const struct datagram *datagram,
                      uint64_t time_us, const void *payload, size_t length) {
    const struct host *from = datagram->from, *to = datagram->to;
    const struct mac gateway = simulation->gateway->mac;
    uint32_t source_ip = from ? from->ip : datagram->world_ip;
    struct path path = {
        .source = from ? from->mac : gateway,
        .target = to ? to->mac : gateway,
        .source_ip = source_ip,
        .target_ip = to ? to->ip : datagram->world_ip,
        .id = (uint16_t)rng_mix(time_us ^ source_ip),
        .ttl = from ? network_host_ttl(from) : network_ttl(source_ip),
    };
    uint8_t frame[FRAME_BYTES];
    simulation_send(simulation, time_us, frame,
                    frame_udp(frame, &path, datagram->from_port, datagram->to_port,
                              payload, length));
}

void network_multicast(struct simulation *simulation, const struct host *from,
                       uint32_t group, unsigned port, uint64_t time_us,
                       const void *payload, size_t length) {
    struct path path = {
        .source = from->mac,
        .target = group >> 28 == 0xe ? frame_multicast_mac(group) : frame_broadcast,
        .source_ip = from->ip,
        .target_ip = group,
        .id = (uint16_t)rng_mix(time_us ^ from->ip),
        .ttl = port == MULTICAST_MDNS ? 255
               : group >> 28 == 0xe   ? 4
                                      : 64,
    };
    uint8_t frame[FRAME_BYTES];
    unsigned source_port = port == 1900 ? network_multicast_port(from) : port;
    simulation_send(simulation, time_us, frame,
                    frame_udp(frame, &path, source_port, port, payload, length));
}

static void dhcp(struct simulation *simulation, const struct host *host,
                 const struct host *server, bool from_server, bool unicast,
                 enum dhcp_kind kind, const struct dhcp_lease *lease,
                 uint64_t time_us) {
    const struct host *sender = from_server ? server : host;
    const struct host *receiver = from_server ? host : server;
    struct path path = {
        .source = sender->mac,
        .target = from_server || unicast ? receiver->mac : frame_broadcast,
        .source_ip = from_server ? sender->ip
                     : unicast   ? host->ip
                                 : 0,
        .target_ip = from_server ? lease->offered_ip
                     : unicast   ? receiver->ip
                                 : 0xffffffff,
        .id = (uint16_t)rng_mix(time_us),
        .ttl = 64,
    };
    struct message message;
    uint8_t frame[FRAME_BYTES];
    message_clear(&message);
    payload_dhcp(&message, kind, lease, from_server);
    size_t length = frame_udp(frame, &path, from_server ? DHCP_SERVER : DHCP_CLIENT,
                              from_server ? DHCP_CLIENT : DHCP_SERVER, message.bytes,
                              message.length);
    simulation_send(simulation, time_us, frame, length);
}

static struct dhcp_lease lease_of(struct simulation *simulation, struct host *host) {
    return (struct dhcp_lease){
        .client = host->mac,
        .transaction = (uint32_t)rng_next(&host->rng),
        .router_ip = simulation->gateway->ip,
        .lease_s = simulation->lease_s,
        .host_name = host->profile->silent_name ? NULL : host->name,
        .vendor_class = host->profile->vendor_class,
        .parameters = host->profile->dhcp_parameters,
    };
}

/* With churn the address moves on at every join: 100 to 239, skipping what others hold. */
static uint32_t next_address(const struct simulation *simulation,
                             const struct host *host) {
    uint32_t candidate = host->ip;
    for (int tries = 0; tries < 256; tries++) {
        uint32_t last = (candidate & 0xff) + 37;
        candidate = (candidate & ~0xffu) | (100 + (last - 100) % 140);
        bool taken = false;
        for (size_t i = 0; i < simulation->host_count; i++)
            taken |= simulation->hosts[i].ip == candidate;
        if (!taken)
            return candidate;
    }
    return host->ip;
}

/* Another day, another MAC: to the network it is somebody new. */
static void renew_identity(const struct simulation *simulation, struct host *host) {
    uint64_t day = simulation->now_us / 86400000000u;
    uint64_t key = rng_mix(host->key ^ rng_mix(day));
    struct mac mac;
    for (int i = 0; i < 6; i++)
        mac.bytes[i] = (uint8_t)(key >> (8 * i + 8));
    mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xf0) | 0x02);
    if (frame_same_mac(&mac, &host->mac))
        return;
    host->mac = mac;
    host->ip = next_address(simulation, host);
    host->boots = 1;
}

/* The whole exchange, or only a request for the address it had. A rogue server that is near
   offers first, and has the client's ear. */
static void lease(struct simulation *simulation, struct host *host, uint64_t *time_us) {
    struct dhcp_lease lease = lease_of(simulation, host);
    const struct host *server = simulation->gateway, *rogue = simulation->rogue;
    bool whole =
        simulation->churn || host->boots == 1 || rogue || rng_chance(&host->rng, 0.2);
    uint32_t lag_us = 900 + rng_below(&host->rng, 4000);
    if (simulation->churn)
        host->ip = next_address(simulation, host);
    if (whole) {
        dhcp(simulation, host, server, false, false, DHCP_DISCOVER, &lease, *time_us);
        lease.offered_ip = host->ip;
        if (rogue) {
            lease.server_ip = lease.router_ip = rogue->ip;
            dhcp(simulation, host, rogue, true, true, DHCP_OFFER, &lease,
                 *time_us + lag_us / 3);
        }
        lease.server_ip = lease.router_ip = server->ip;
        dhcp(simulation, host, server, true, true, DHCP_OFFER, &lease,
             *time_us += lag_us);
        if (rogue) {
            server = rogue;
            lease.server_ip = lease.router_ip = rogue->ip;
        }
    }
    lease.requested_ip = host->ip;
    lease.offered_ip = host->ip;
    dhcp(simulation, host, server, false, false, DHCP_REQUEST, &lease,
         *time_us += 1400);
    lease.server_ip = server->ip;
    dhcp(simulation, host, server, true, true, DHCP_ACK, &lease, *time_us += lag_us);
}

void network_join(struct simulation *simulation, struct host *host, uint64_t *time_us) {
    host->up = true;
    host->boots++;
    size_t count = simulation->host_count;
    if (host->via)
        return;
    for (size_t i = 0; i < count; i++)
        simulation->known_until_us[host->index * count + i] = 0;
    if (simulation->private_macs && host->mac.bytes[0] & 2)
        renew_identity(simulation, host);
    if (host->profile->dhcp_parameters)
        lease(simulation, host, time_us);
    *time_us += 20000 + rng_below(&host->rng, 80000);
    network_announce(simulation, host, *time_us);
    *time_us += 1000;
}

void network_renew(struct simulation *simulation, struct host *host, uint64_t time_us) {
    if (!network_resolve(simulation, host, simulation->gateway, &time_us))
        return;
    struct dhcp_lease lease = lease_of(simulation, host);
    lease.client_ip = host->ip;
    dhcp(simulation, host, simulation->gateway, false, true, DHCP_REQUEST, &lease,
         time_us);
    lease.offered_ip = host->ip;
    lease.server_ip = simulation->gateway->ip;
    dhcp(simulation, host, simulation->gateway, true, true, DHCP_ACK, &lease,
         time_us + 900 + rng_below(&host->rng, 3000));
}

uint32_t network_lookup(struct simulation *simulation, struct host *host,
                        const char *name, unsigned pool, struct rng *rng,
                        uint64_t *time_us) {
    if (!network_resolve(simulation, host, simulation->gateway, time_us))
        return 0;
    uint32_t answers[NETWORK_POOL_ADDRESSES] = {0};
    unsigned count = pool < NETWORK_POOL_ADDRESSES ? pool : NETWORK_POOL_ADDRESSES;
    unsigned first = rng_below(rng, pool);
    for (unsigned i = 0; i < count; i++)
        answers[i] = network_address(name, pool, first + i);
    uint16_t port = network_port(host), id = (uint16_t)rng_next(rng);
    struct datagram ask = {host, simulation->gateway, 0, port, DNS};
    struct datagram tell = {simulation->gateway, host, 0, DNS, port};
    uint64_t asked_us = *time_us;
    /* A proxy that knows the answer is quick; otherwise it has to ask further. */
    *time_us += (uint64_t)rng_lognormal(rng, rng_chance(rng, 0.4) ? 700 : 14000, 0.5);
    for (int wide = 0; wide < (host->profile->dual_stack ? 2 : 1); wide++) {
        enum dns_type type = wide ? DNS_AAAA : DNS_A;
        struct message message;
        message_clear(&message);
        payload_dns_query(&message, (unsigned)(id + wide), name, type);
        network_datagram(simulation, &ask, asked_us + (uint64_t)wide * 90,
                         message.bytes, message.length);
        message_clear(&message);
        payload_dns_answer(&message, (unsigned)(id + wide), name, type,
                           pool > 4 ? 60 : 300, answers, count);
        network_datagram(simulation, &tell, *time_us += 130, message.bytes,
                         message.length);
    }
    *time_us += 150;
    return answers[0];
}

void network_lookup_missing(struct simulation *simulation, struct host *host,
                            const char *name, uint64_t *time_us) {
    if (!network_resolve(simulation, host, simulation->gateway, time_us))
        return;
    uint16_t port = network_port(host), id = (uint16_t)rng_next(&host->rng);
    struct datagram ask = {host, simulation->gateway, 0, port, DNS};
    struct datagram tell = {simulation->gateway, host, 0, DNS, port};
    struct message message = {0};
    payload_dns_query(&message, id, name, DNS_A);
    network_datagram(simulation, &ask, *time_us, message.bytes, message.length);
    message_clear(&message);
    payload_dns_missing(&message, id, name);
    *time_us += (uint64_t)rng_lognormal(&host->rng, 16000, 0.5);
    network_datagram(simulation, &tell, *time_us, message.bytes, message.length);
}
