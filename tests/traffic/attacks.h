#ifndef TESTS_TRAFFIC_ATTACKS_H
#define TESTS_TRAFFIC_ATTACKS_H

#include "tests/traffic/behaviour.h"

/* The attacks themselves. Each draws its parameters when it is planted and then goes on step
   by step; attack.c chooses who does it, drives the steps and keeps the label. */

struct attack;

struct attack_kind {
    const char *name, *help;
    unsigned minutes; /* where the plan does not say; 0: to the end of the capture */
    bool benign;
    const char *by; /* labels of those it suits, any of them */
    /* Draw parameters, describe. False where the site lacks what it needs. */
    bool (*begin)(struct simulation *simulation, struct attack *attack);
    /* Do the next step; how long until the one after it in µs. Negative: that was the last,
       and it takes so long. */
    double (*step)(struct simulation *simulation, struct attack *attack);
    /* What is left to do when it ends; NULL: nothing. */
    void (*end)(struct simulation *simulation, struct attack *attack);
};

struct attack {
    struct task task;
    const struct attack_kind *kind;
    struct host *host;   /* who does it */
    struct host *victim; /* to whom, where there is one */
    struct host *other;  /* and who is concerned beside */
    struct rng rng;
    uint64_t start_us, end_us;
    size_t label; /* its place among the simulation's labels */
    unsigned step, steps;
    double gap_us;    /* between steps */
    uint64_t bytes;   /* of a step */
    uint32_t address; /* a peer in the world */
    uint16_t port;
    bool last;           /* no more steps */
    bool variant;        /* one of two ways to do it */
    char peer_name[64];  /* the peer's name */
    struct actor *habit; /* what it overdoes */
    struct talk talk;
};

/* Say what it is; printf. */
__attribute__((format(printf, 3, 4))) void
attacks_describe(struct simulation *simulation, const struct attack *attack,
                 const char *format, ...);

/* How long what the attack has said is still on its way, in µs. */
double attacks_busy_us(const struct simulation *simulation,
                       const struct attack *attack);

/* One of those with any of the labels (comma between them), always there if there is such a
   one, and not `other`; where labels is NULL or matches nobody: NULL. */
struct host *attacks_choose(const struct simulation *simulation, const char *labels,
                            const struct host *other, struct rng *rng);
extern const char attacks_anybody[];

/* The table of kinds, in the order in which they are listed; name NULL ends it. */
extern const struct attack_kind attacks_kinds[];

bool attacks_scan_begin(struct simulation *simulation, struct attack *attack);
double attacks_scan_step(struct simulation *simulation, struct attack *attack);
bool attacks_wide_begin(struct simulation *simulation, struct attack *attack);
double attacks_wide_step(struct simulation *simulation, struct attack *attack);
bool attacks_ports_begin(struct simulation *simulation, struct attack *attack);
double attacks_ports_step(struct simulation *simulation, struct attack *attack);
bool attacks_flood_begin(struct simulation *simulation, struct attack *attack);
double attacks_syn_flood_step(struct simulation *simulation, struct attack *attack);
double attacks_spoofed_flood_step(struct simulation *simulation, struct attack *attack);
double attacks_udp_flood_step(struct simulation *simulation, struct attack *attack);
double attacks_flow_flood_step(struct simulation *simulation, struct attack *attack);
double attacks_peer_flood_step(struct simulation *simulation, struct attack *attack);
double attacks_mac_flood_step(struct simulation *simulation, struct attack *attack);
bool attacks_beacon_begin(struct simulation *simulation, struct attack *attack);
double attacks_beacon_step(struct simulation *simulation, struct attack *attack);
bool attacks_dead_begin(struct simulation *simulation, struct attack *attack);
double attacks_dead_step(struct simulation *simulation, struct attack *attack);
bool attacks_exfiltration_begin(struct simulation *simulation, struct attack *attack);
double attacks_exfiltration_step(struct simulation *simulation, struct attack *attack);
void attacks_exfiltration_end(struct simulation *simulation, struct attack *attack);
bool attacks_trickle_begin(struct simulation *simulation, struct attack *attack);
double attacks_trickle_step(struct simulation *simulation, struct attack *attack);
bool attacks_ramp_begin(struct simulation *simulation, struct attack *attack);
double attacks_ramp_step(struct simulation *simulation, struct attack *attack);
bool attacks_tunnel_begin(struct simulation *simulation, struct attack *attack);
double attacks_tunnel_step(struct simulation *simulation, struct attack *attack);
bool attacks_names_begin(struct simulation *simulation, struct attack *attack);
double attacks_names_step(struct simulation *simulation, struct attack *attack);
bool attacks_middle_begin(struct simulation *simulation, struct attack *attack);
double attacks_middle_step(struct simulation *simulation, struct attack *attack);
void attacks_middle_end(struct simulation *simulation, struct attack *attack);
bool attacks_lateral_begin(struct simulation *simulation, struct attack *attack);
double attacks_lateral_step(struct simulation *simulation, struct attack *attack);
bool attacks_guess_begin(struct simulation *simulation, struct attack *attack);
double attacks_guess_ssh_step(struct simulation *simulation, struct attack *attack);
double attacks_guess_telnet_step(struct simulation *simulation, struct attack *attack);
bool attacks_command_begin(struct simulation *simulation, struct attack *attack);
double attacks_command_step(struct simulation *simulation, struct attack *attack);
bool attacks_rogue_begin(struct simulation *simulation, struct attack *attack);
double attacks_rogue_step(struct simulation *simulation, struct attack *attack);
void attacks_rogue_end(struct simulation *simulation, struct attack *attack);
bool attacks_duplicate_begin(struct simulation *simulation, struct attack *attack);
double attacks_duplicate_step(struct simulation *simulation, struct attack *attack);
bool attacks_replace_begin(struct simulation *simulation, struct attack *attack);
double attacks_replace_step(struct simulation *simulation, struct attack *attack);

bool attacks_login_begin(struct simulation *simulation, struct attack *attack);
double attacks_login_step(struct simulation *simulation, struct attack *attack);
bool attacks_update_begin(struct simulation *simulation, struct attack *attack);
double attacks_update_step(struct simulation *simulation, struct attack *attack);
bool attacks_roll_out_begin(struct simulation *simulation, struct attack *attack);
double attacks_roll_out_step(struct simulation *simulation, struct attack *attack);
bool attacks_visit_begin(struct simulation *simulation, struct attack *attack);
double attacks_visit_step(struct simulation *simulation, struct attack *attack);
void attacks_visit_end(struct simulation *simulation, struct attack *attack);
bool attacks_broken_begin(struct simulation *simulation, struct attack *attack);

#endif
