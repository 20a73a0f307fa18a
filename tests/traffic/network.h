#ifndef TESTS_TRAFFIC_NETWORK_H
#define TESTS_TRAFFIC_NETWORK_H

#include "tests/traffic/simulation.h"

/* What every host does without being asked: ARP, DHCP, look-ups; and the world outside. */

enum { NETWORK_POOL_ADDRESSES = 4 };

/* Make sure `from` knows the MAC of `to`, by ARP where its cache ran out; moves *time_us to
   when it does. False, after three questions, where nobody answers. */
bool network_resolve(struct simulation *simulation, struct host *from,
                     const struct host *to, uint64_t *time_us);

/* Say which address one has: a gratuitous ARP. */
void network_announce(struct simulation *simulation, const struct host *host,
                      uint64_t time_us);

/* Come up at *time_us: DHCP where the profile uses it (the whole exchange, or only a request
   for the address it had), ARP. Moves *time_us to when the host can speak. */
void network_join(struct simulation *simulation, struct host *host, uint64_t *time_us);

/* Renew the lease with the server. */
void network_renew(struct simulation *simulation, struct host *host, uint64_t time_us);

/* Ask the gateway for a name and move *time_us to its answer. `pool` is how many addresses
   stand behind the name (1: a fixed host, tens: a content network that answers by turns).
   The address chosen; 0 where the gateway is out of reach. */
uint32_t network_lookup(struct simulation *simulation, struct host *host,
                        const char *name, unsigned pool, struct rng *rng,
                        uint64_t *time_us);

/* Ask for a name that does not exist, and be told so. */
void network_lookup_missing(struct simulation *simulation, struct host *host,
                            const char *name, uint64_t *time_us);

/* The number-th of a name's `pool` addresses in the world, in ranges that look public. */
uint32_t network_address(const char *name, unsigned pool, unsigned number);

/* One UDP datagram; the peer's MAC is the gateway's where peer is NULL. */
struct datagram {
    const struct host *from, *to; /* one of them NULL: out in the world */
    uint32_t world_ip;
    uint16_t from_port, to_port;
};

void network_datagram(struct simulation *simulation, const struct datagram *datagram,
                      uint64_t time_us, const void *payload, size_t length);

/* A datagram to a multicast group, or to 255.255.255.255. */
void network_multicast(struct simulation *simulation, const struct host *from,
                       uint32_t group, unsigned port, uint64_t time_us,
                       const void *payload, size_t length);

/* The port from which a host searches (SSDP), the same for its life. */
uint16_t network_multicast_port(const struct host *host);

/* The next ephemeral port of a host. */
uint16_t network_port(struct host *host);

/* How long after a request the answer of an address comes by the sensor, in µs. */
uint32_t network_lag_us(uint32_t ip, bool local);

/* The TTL of a host's packets where the sensor sees them. */
uint8_t network_host_ttl(const struct host *host);

/* The hops left on arrival of an address in the world. */
uint8_t network_ttl(uint32_t ip);

#endif
