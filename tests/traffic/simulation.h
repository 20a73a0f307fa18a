#ifndef TESTS_TRAFFIC_SIMULATION_H
#define TESTS_TRAFFIC_SIMULATION_H

#include "tests/traffic/agenda.h"
#include "tests/traffic/frame.h"
#include "tests/traffic/rng.h"
#include "tests/traffic/truth.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The state of one simulated site: hosts on a switch, a gateway to the world behind it, and
   the agenda that drives them. The sensor is the switch's span port: it sees what hosts send
   each other and to the gateway, never the gateway's far side.

   How the rooms hang together:

       site_*.c     who lives there: tables of profiles and of their services
       behaviour    a host comes and goes; each of its services is an actor
       schedule     when an actor wakes: intervals, people's days and weeks, hours
       verb*        what it does then, by protocol
       talk         a TCP conversation; network: ARP, DHCP, DNS, datagrams
       payload*     application messages; message: bytes in the making
       frame        Ethernet, IP, TCP, UDP with their check sums
       agenda       frames and tasks in order of time; simulation runs it
       capture      the pcap file; truth: the labels beside it
       attack*      what is planted; scenario: demo and suites; load: for benchmarks
       watcher      checks every frame, for the tests

   A new device is a table in site_*.c, a new protocol a payload and a verb, a new attack a
   line in the table of an attacks_*.c, with its begin and step. Chance comes from streams of the seed, one for
   each actor, and time from the agenda: the same order gives the same bytes. */

struct profile;
struct actor;

enum hold { HOLD_NONE, HOLD_UP, HOLD_DOWN };

struct host {
    const struct profile *profile;
    char name[32];
    struct mac mac;
    uint32_t ip; /* 0 until it has one */
    uint32_t index;
    uint64_t key;   /* stands for what is individual about it */
    struct rng rng; /* of its own chores */
    uint32_t boots; /* connections of an earlier boot are gone */
    uint16_t port;  /* the last ephemeral port it used */
    bool up;
    uint64_t awake_until_us; /* of one that sleeps between what it has to say */
    enum hold hold;          /* stays or stays away, whatever its presence says */
    struct host *via; /* the router it lives behind; its frames bear that one's MAC */
    struct actor *actors; /* its habits, a list */
};

/* A man in the middle: unicast IP between the two victims goes by way of the attacker. */
struct relay {
    const struct host *attacker, *victim, *other;
};

/* Where frames go, in order of time. */
struct sink {
    void (*write)(void *context, uint64_t time_us, const uint8_t *frame, size_t length);
    void *context;
};

struct simulation {
    uint64_t seed, start_us, end_us, now_us;
    struct agenda agenda;
    struct host *hosts;
    size_t host_count;
    struct host *gateway;
    uint32_t network; /* the site's /24 or /22 */
    uint32_t lease_s;
    uint64_t *known_until_us; /* ARP caches: [asker × host_count + asked] */
    double pace;        /* of cyclic traffic: 1 is real life, 0.1 ten times slower */
    double loss;        /* probability that a TCP segment is sent twice */
    size_t routed;      /* hosts behind a router, made by site_populate */
    bool private_macs;  /* telephones take another MAC every day */
    bool churn;         /* every join gets another address */
    struct relay relay; /* attacker NULL: none */
    struct host *rogue; /* answers DHCP beside the gateway; NULL: nobody */
    struct rng relay_rng;
    struct sink sink;
    struct truth truth;
    uint64_t packets, bytes;
    struct block *blocks; /* what simulation_allocate gave */
};

/* Zeroed memory that lives as long as the simulation. */
void *simulation_allocate(struct simulation *simulation, size_t bytes);

/* Put a frame on the wire at a time that is not before now. */
void simulation_send(struct simulation *simulation, uint64_t time_us,
                     const uint8_t *frame, size_t length);

/* Let a task run at a time; its run function re-enters itself by calling this again. */
void simulation_at(struct simulation *simulation, uint64_t time_us, struct task *task);

/* Run until the end of the simulated time. */
void simulation_run(struct simulation *simulation);

/* Frees what the simulation owns, hosts included. */
void simulation_clear(struct simulation *simulation);

/* The number-th (modulo their count) host whose profile has this label; NULL if none. */
struct host *simulation_find(const struct simulation *simulation, const char *label,
                             uint64_t number);

#endif
