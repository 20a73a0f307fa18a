#ifndef ENGINE_INBOX_H
#define ENGINE_INBOX_H

#include "engine/posting.h"
#include "engine/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What people and other systems tell the engine: from many threads to one, bounded. Where there
   is a keeper, a message is kept before the engine sees it; each is answered
   once, when it has been applied or will not be. */

enum setting { SETTING_NAME, SETTING_GROUP, SETTING_ZONE, SETTING_CRITICALITY };
enum message_kind {
    MESSAGE_FACT,
    MESSAGE_VERDICT,
    MESSAGE_RELEARN,
    MESSAGE_SETTING,
    MESSAGE_LOOK, /* changes nothing */
    MESSAGE_GOLDEN, /* hand the device to the store, gone back to `payload` if there is one */
};
enum finding_verdict { VERDICT_UNKNOWN, VERDICT_BENIGN, VERDICT_MALICIOUS };

enum outcome {
    OUTCOME_APPLIED,
    OUTCOME_UNKNOWN, /* there is no such device any more */
    OUTCOME_FAILED,  /* it could not be kept */
    OUTCOME_CLOSED,  /* the program ends */
};

enum {
    MESSAGE_LABEL_BYTES = 48,
    RELEARN_S_MAX = 7 * 86400, /* no maintenance is longer */
};

struct message {
    uint8_t kind; /* enum message_kind */
    char device[DEVICE_ID_BYTES];
    uint64_t time_ns; /* of capture, when it was told */
    union {
        struct posting fact;
        struct {
            uint64_t finding;
            uint8_t verdict;
            char kind[MESSAGE_LABEL_BYTES]; /* the finding's */
            char peer[FACTOR_PEER_BYTES];
        } verdict;
        struct {
            uint64_t until_s;
        } relearn;
        struct {
            uint8_t which;                   /* enum setting: one a message */
            char label[MESSAGE_LABEL_BYTES]; /* of a name or a group; "" none */
            uint8_t zone; /* of the zone set; 0: as the traffic says */
            uint8_t criticality;
        } setting;
        struct portrait *look; /* to be filled before it is answered */
    };
    /* What is kept of it: one that has the same device and the same `place` goes in its
       stead. Malloced, NULL: nothing is to be kept. The inbox's once it is put. */
    char *text;
    char place[MESSAGE_LABEL_BYTES];
    void
        *payload; /* a struct baseline, malloced, or NULL; the inbox's once it is put */
    /* Called once, by whoever answers it: the engine's thread, the keeper's or the closer's. */
    void (*done)(void *context, unsigned index, enum outcome outcome);
    void *context;
    unsigned index;
};

struct inbox;

/* NULL if there is no memory. */
struct inbox *inbox_create(uint32_t capacity);
/* All of them have been answered (inbox_close). NULL is allowed. */
void inbox_destroy(struct inbox *inbox);

/* --- any thread --- */

/* All of them or, if there is no room or it is closed, none. Copied. */
bool inbox_put(struct inbox *inbox, const struct message *messages, size_t count);
/* Takes no more and returns when all that were put have been answered. For one thread; the
   engine need not run any more, the keeper must. */
void inbox_close(struct inbox *inbox);

/* --- the keeper's thread --- */

/* From now on the engine sees only what has been kept. Before anything is put. */
void inbox_guard(struct inbox *inbox);
/* Sleeps until there is something to keep, and says how many; 0: inbox_unguard was called. */
size_t inbox_wait(struct inbox *inbox);
/* The i-th of these; its place and text are not to be changed. */
const struct message *inbox_unkept(const struct inbox *inbox, size_t i);
/* The first `count` are kept; or could not be, and are answered so. */
void inbox_kept(struct inbox *inbox, size_t count, bool good);
/* Any thread: the keeper is to end, with what is there; or there will be none. Nothing is taken
   from now on. */
void inbox_unguard(struct inbox *inbox);

/* --- the engine's thread, or whoever stands in for it --- */

/* Cheap; may be late by an instant. */
bool inbox_has(const struct inbox *inbox);
/* Readable while it has something. */
int inbox_descriptor(const struct inbox *inbox);
/* The next one, to be answered by inbox_answer. False if there is none. */
bool inbox_take(struct inbox *inbox, struct message *message);
void inbox_answer(struct inbox *inbox, struct message *message, enum outcome outcome);

#endif
