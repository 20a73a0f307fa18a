#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "engine/blackout.h"
#include "engine/certificate.h"
#include "engine/cohort.h"
#include "engine/device.h"
#include "engine/domain.h"
#include "engine/engine.h"
#include "engine/gateway.h"
#include "engine/identity.h"
#include "engine/inbox.h"
#include "engine/inventory.h"
#include "engine/pair.h"
#include "engine/question.h"
#include "engine/risk.h"
#include "engine/sensor.h"
#include "engine/sight.h"
#include "engine/standing.h"
#include "engine/tenancy.h"
#include "engine/window.h"

/* The engine's insides, shared by engine.c (what comes in), judge.c (what it means), memory.c
   (what of it can be kept) and nobody else. All of it belongs to the engine's thread. */

enum { ENGINE_SINKS = 4 };

/* A window at work, with what only the early look needs. */
struct open_window {
    struct window window;
    struct device *device; /* NULL: evicted meanwhile */
    bool touched;          /* since the last tick, maybe by one evicted meanwhile */
    uint32_t next_free;    /* of those evicted; TABLE_NONE at the end */
    float told[EVIDENCE_COUNT]; /* strength of each invariant told in this window */
};

/* What a device is to learn of its window: nothing, whom it met, all of it, or all of it more
   than once, as what was announced weighs more than the past. */
enum lesson { LESSON_NONE, LESSON_KEYS, LESSON_WHOLE, LESSON_AGAIN };
enum { RELEARN_WEIGHT = 3 };

/* A window between what it is by itself, what it means, and what is learnt of it. */
struct trial {
    struct baseline_observation observation;
    struct baseline_surprise surprise;
    enum lesson lesson;
};

/* A device on its way to be judged. */
struct ranked {
    uint64_t rank; /* the first bytes of its key, as they compare */
    struct device *device;
};

struct engine {
    struct engine_options options;
    _Atomic uint64_t turns; /* see engine_turns */
    struct risk_rules rules;
    struct engine_sink sinks[ENGINE_SINKS];
    size_t sink_count;
    struct board *board;

    struct device_table devices;
    struct identity identity;
    struct inventory inventory;
    struct standings standings;
    struct tenancies tenancies;
    struct inbox *inbox; /* borrowed; NULL: nobody tells it anything */
    uint64_t followed_s; /* when the standings were last looked at */
    struct certificates certificates;
    struct sight sight;
    double sight_told; /* its confidence, as readers see it */
    struct cohorts cohorts;
    struct table *domains; /* see domain.h */

    struct open_window *windows; /* one a device at most */
    uint32_t window_count;
    uint32_t free_window; /* whose device was evicted; TABLE_NONE: none */
    uint32_t *touched;    /* windows touched since the last tick */
    uint32_t touched_count;
    uint32_t *active; /* indices of devices with risk and no window of their own */
    uint32_t active_count;
    bool *dirty;          /* by device index: its view is old */
    uint8_t *silence;     /* by device index: view_silence of what is shown */
    uint64_t *steps;      /* by device index: steps of time that it has followed */
    struct ranked *order; /* scratch, a place a device: outputs are sorted by key */
    struct trial *trials; /* scratch, PAIR_ITEMS */
    struct pair *pair;    /* NULL before the first window that is worth it */

    struct profiled *profiled; /* by device index; NULL: there are no MUD profiles */
    struct mud_set *adopted; /* options.mud, where it is the engine's own; else NULL */
    _Atomic(struct mud_set *) offered; /* to take its place; set by any thread */
    struct table *answers;             /* see allowed.c; NULL too */
    struct table *ways;                /* see gateway.h */

    struct question_book questions;
    struct sensor sensor;
    struct blackout blackout;

    uint64_t window_end_s; /* of the open window; 0 before the first record */
    uint64_t ticked_s;     /* the last tick; 0 before the first since time stepped */
    uint64_t restored_ns;  /* of when what was given back is, until the first record */
    struct vantage *vantages; /* by device index: from where it was seen last */
    struct kept {          /* by device index: checksums of what was last kept of it: */
        uint64_t all, who; /* everything; who it is, and how bad */
    } * kept;
    uint64_t who_next, who_owed, early, early_owed; /* see offer_changed */
    uint64_t offered_s, offer_next, offer_owed;     /* see memory_offer */
    uint64_t looked_s;  /* when the silent were last looked for */
    uint64_t watched_s; /* from when on all was seen, as far as it matters to them */
    uint64_t heard_s;   /* anybody, last */
    uint64_t swept_s;   /* when those of made-up identity were last looked through */
    bool partial;       /* the open window was cut short: no measure of behaviour */
    struct engine_status status;
};

/* --- engine.c --- */

/* The device's open window, opened if need be, to be judged at the next tick. Never NULL. */
struct open_window *engine_window(struct engine *engine, struct device *device);

/* The device is heard of, or spoken to (`met`): one that is heard of again is no invention. */
void engine_hear(struct engine *engine, struct device *device, bool met,
                 uint64_t now_ns);

/* --- publish.c --- */

/* Number a finding and hand it to all who want it. */
void publish_finding(struct engine *engine, struct finding *finding);

/* What there is to say of the sensor itself, as a second ends. */
void publish_sight(struct engine *engine, uint64_t now_ns);

/* To readers: what has changed of devices, and the status. There is a board. */
void publish_devices(struct engine *engine);

/* --- traffic.c --- */

/* Counts a flow record in the windows, contacts and invariants of both its ends. */
void traffic_take(struct engine *engine, const struct record *record);

/* --- claim.c --- */

/* A MAC says that it has an address, or asks who has one: who is right, who is insistent,
   who hands out leases beside the server? */
void claim_take(struct engine *engine, const struct record *record);

/* --- steer.c --- */

/* A DHCP server speaks. Whether it is a rogue: one beside the established server, or one that
   nobody knew and that sends others where the network does not go. */
bool steer_lease(struct engine *engine, struct device *server,
                 const struct claim_record *claim, uint64_t now_ns);
/* A router advertises itself. */
void steer_advertise(struct engine *engine, struct device *device,
                     const struct claim_record *claim, uint64_t now_ns);
/* Somebody says that another way is better (ICMP). */
void steer_redirect(struct engine *engine, struct device *device,
                    const struct claim_record *claim, uint64_t now_ns);

/* --- poison.c --- */

/* A device says how it is called, maybe because it was asked. */
void poison_name(struct engine *engine, struct device *device,
                 const struct name_record *record, uint64_t now_s);
/* Two answers to one question differ. */
void poison_contradict(struct engine *engine, const struct claim_record *claim,
                       uint64_t now_ns);

/* --- signs.c --- */

/* What records tell about who a device is: what it says of itself, the services at its ends,
   and whether it can still be the one that it was. */
void signs_flow(struct engine *engine, const struct flow_record *flow,
                struct device *const devices[2], uint64_t now_s);
void signs_name(struct engine *engine, const struct record *record);
void signs_certificate(struct engine *engine, const struct record *record);
/* An hour has passed: devices with a private MAC that were silent for a day are forgotten,
   unless there is evidence against them. */
void signs_sweep(struct engine *engine, uint64_t now_s);
/* Its window is over, and not yet learnt. */
void signs_window(struct engine *engine, struct device *device,
                  const struct baseline_observation *observation, uint64_t end_s);

/* --- request.c --- */

/* What inspection says of the requests in a flow, which `initiator` opened: attacks on the
   server, passwords in the clear; and what the names say that it asks for. O(1). */
void request_take(struct engine *engine, const struct flow_record *flow,
                  struct device *initiator, uint64_t now_s);

/* --- judge.c --- */

/* Evidence about who a device is, worth `evidence->points`: told once in a window. */
void judge_identity(struct engine *engine, struct device *device,
                    const struct evidence *evidence, uint64_t now_s);

/* The early look: what do the invariants say of those who did something this second? */
void judge_tick(struct engine *engine, uint64_t now_s);

/* A question has had its time, or has to make room: was it answered? */
void judge_question(struct engine *engine, const struct question *question,
                    uint64_t now_s);

/* What the device's window means, and what is to be learnt of it. To be asked of one device
   after the other, in their order: what some do others are measured by. Its own baseline
   only counts the window; the rest of the lesson is the caller's. */
void judge_behaviour(struct engine *engine, struct open_window *open,
                     struct trial *trial, uint64_t end_s);

/* Add it (as risk_add does) and tell of it, unless it is excused. */
void judge_evidence(struct engine *engine, struct device *device,
                    const struct evidence *evidence, double repeat, double ceiling,
                    uint64_t now_s);

/* On or off the list of those whose risk is followed through silence. */
void judge_set_active(struct engine *engine, struct device *device, bool active);

/* Add what is no accusation, and tell of it whatever the level. */
void judge_remark(struct engine *engine, struct device *device,
                  const struct evidence *evidence, uint64_t now_s);

/* --- closing.c --- */

/* Score, learn, tell: the window that ends at `end_s` is over. */
void closing_window(struct engine *engine, uint64_t end_s);

/* --- silence.c --- */

/* Once a minute: who was nearly always there, or called like clockwork, and has been silent
   for ten minutes in an hour in which it speaks? Told once, until it is heard again; not
   where the sensor saw nothing. O(devices). */
void silence_look(struct engine *engine, uint64_t now_s);

/* --- allowed.c --- */

/* What is kept of devices that have a MUD profile; nothing where there are no profiles.
   False if there is no memory. */
bool allowed_init(struct engine *engine);
void allowed_free(struct engine *engine);
/* Take the profiles that were offered, if there are any. */
void allowed_adopt(struct engine *engine);
/* The device at this index is gone. */
void allowed_forget(struct engine *engine, uint32_t index);

/* A flow against the zones' rules and the profiles of both its ends. Where its beginning was
   not seen, who began is a guess: then either order will do. */
void allowed_flow(struct engine *engine, const struct flow_record *flow,
                  struct device *const devices[2], uint64_t now_s);

/* A device was told what a name stands for. */
void allowed_answer(struct engine *engine, const struct name_record *answer);

/* --- desk.c --- */

/* Apply what somebody told, at once. */
enum outcome desk_take(struct engine *engine, const struct message *message);

/* Once a window: facts that run out, evidence that goes on, devices that came back. */
void desk_follow(struct engine *engine, uint64_t now_s);

/* Whether a person has found that this is harmless. */
bool desk_excuses(struct engine *engine, const struct device *device,
                  const struct evidence *evidence, uint64_t now_s);

#endif
