#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/base/record.h"
#include "engine/base/ring.h"
#include "engine/policy/zone.h"
#include "engine/registry.h"
#include "engine/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one writer: takes records in order, keeps devices and their windows, judges, learns and
   publishes. Reads no clock: all time comes with the records. */

struct invariant_limits {
    /* each: how many in how long make hard evidence */
    double scan_addresses, scan_addresses_s;
    double scan_ports, scan_ports_s;
    double flood_syns_s;               /* SYNs to one service, per second over five */
    double flood_packets_s;            /* packets sent into silence, per second */
    double arp_replies, arp_replies_s; /* unsolicited */
    double logins, logins_s;
    double failing, failing_s;         /* unanswered attempts in all */
    double failing_one, failing_one_s; /* to one peer and service, never answered */
    double fan_out;                    /* peers that flows are opened to, in 10 s */
    double newcomers, newcomers_s;     /* devices that appear and are not heard again */
    double victim_attempts_s; /* in vain at one service, by everybody, per second */
    double local_names;       /* that one answers to on its link, in half an hour */
    double fragments_overlapping, fragments_unfinished, fragments_s;
};

struct group_set;
struct ledger;
struct mud_set;

struct engine_options {
    uint32_t device_capacity;
    uint32_t protected_share; /* percent of the devices kept for those that learnt */
    /* Devices whose windows take a second thread. What comes out is the same. */
    uint32_t paired_from;
    const struct prefix *local_networks;
    size_t local_network_count;
    double half_life_s; /* of evidence */
    double distrust_half_life_s;
    double level_medium, level_high, level_critical; /* scores */
    double hysteresis;     /* points below a bound before the level falls */
    uint32_t max_age_s;    /* without data for longer: stale */
    unsigned families_off; /* bit set of enum family, for ablation */
    struct invariant_limits limits;
    const struct zone_set *zones;   /* borrowed; NULL: the network has no parts */
    const struct mud_set *mud;      /* borrowed; NULL: no profiles */
    const struct group_set *groups; /* borrowed; NULL: peers are who seem to be */
    struct ledger *ledger; /* borrowed; NULL: nobody wants to know who opens what */
    const struct registry *registry; /* borrowed; NULL: no vendors by address */
    uint32_t keep_interval_s; /* a changed device is offered to be kept so often */
    uint64_t seed;            /* of keyed hashes; fixed in a replay */
    bool live;
    bool is_clocked;            /* live: capture time is that of the system's clock */
    const char *const *sources; /* live: the interface of each queue; borrowed */
    size_t source_count;        /* queues, 0 in a replay */
    uint32_t no_traffic_s;      /* a source without is told; 0: never */
};

extern const struct engine_options engine_defaults;

/* A row of the timeline: one closed window of one device. */
struct window_row {
    uint64_t end_s;
    const char *device; /* its id */
    uint32_t slot;      /* its place, for as long as it is known */
    enum device_state state;
    uint64_t packets;
    double anomaly, risk, confidence;
    enum risk_level level;
    const char *top_factor; /* kind of the largest factor, "" if none */
    enum family top_family; /* its family, where there is one */
};

struct memory;

/* Called on the engine's thread, in a deterministic order; must not block for long. */
struct engine_sink {
    void *context;
    void (*window)(void *context, const struct window_row *row);
    void (*finding)(void *context, const struct finding *finding);
    /* Who holds an address is another, or has it no more: a number's latest word holds. */
    void (*tenancy)(void *context, uint64_t number, const struct tenancy *tenancy);
    /* A piece of memory (engine/memory.h) whose turn to be kept has come. False if it could
       not be taken: it is offered again at its next turn. */
    bool (*keep)(void *context, const struct memory *piece);
};

struct engine;
struct inbox;
struct message;

/* The sinks' array is copied, the board borrowed (may be NULL: nothing is published). NULL if
   there is no memory. */
struct engine *engine_create(const struct engine_options *options, struct board *board,
                             const struct engine_sink *sinks, size_t sink_count);
void engine_destroy(struct engine *engine);

/* Take one record; those of all queues in the order of engine/merge.h. */
void engine_take(struct engine *engine, const struct record *record);

/* Merge the rings until each has sent END or `stop` is set; then close the last windows and
   publish. To be the body of the engine's thread. */
void engine_run(struct engine *engine, struct ring *const *rings, size_t count,
                const _Atomic bool *stop);

/* From now on it takes what is put there, between records. Borrowed. */
void engine_listen(struct engine *engine, struct inbox *inbox);

/* From any thread: these profiles take the place of those it has, at the next tick; they are
   the engine's from now on. */
void engine_adopt(struct engine *engine, struct mud_set *profiles);

/* Takes all that is there now, and publishes what changes: for the engine's thread, or for
   another once engine_run is over. */
void engine_attend(struct engine *engine);

/* Something that was told to an earlier run. Before engine_run. */
void engine_recall(struct engine *engine, const struct message *message);

/* Before the first record: the capture time up to which it knows from an earlier run; 0 none. */
uint64_t engine_restored_ns(const struct engine *engine);

const struct engine_status *engine_status(const struct engine *engine);

/* Any thread: how often engine_run has looked for something to do, several times a second at
   least. If it stands still, so does the engine. */
uint64_t engine_turns(const struct engine *engine);

#endif
