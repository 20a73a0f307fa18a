#ifndef ENGINE_STANDING_H
#define ENGINE_STANDING_H

#include "engine/assess.h"
#include "engine/base/table.h"
#include "engine/device.h"
#include "engine/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What people and other systems have said of devices, apart from the devices themselves: few
   have any, and it outlives their eviction. Fixed tables; the one least recently told of makes
   room. Owned by the engine's thread. */

enum { STANDING_EXCUSES = 8 };

/* A condition that a person found harmless: held against nobody while it goes on. */
struct excuse {
    uint8_t kind; /* enum evidence_kind */
    bool any_peer;
    uint64_t peer;   /* hash of its name */
    uint32_t last_s; /* last seen; 0: free */
};

struct standing {
    char name[DEVICE_LABEL_BYTES], group[DEVICE_LABEL_BYTES]; /* "": not set */
    uint8_t zone;                                             /* 0: not set */
    uint8_t criticality;                                      /* enum criticality */
    uint8_t posted;          /* set of kinds with a posting */
    uint8_t vulnerabilities; /* set of places with one */
    uint32_t relearn_s;      /* asked for until then; 0 not */
    struct excuse excuses[STANDING_EXCUSES];
    struct assessment assessment;
};

struct standings {
    struct table *standings; /* device key → struct standing */
    struct table *postings;  /* device key, kind and place → struct posting */
    uint64_t evicted;        /* postings and standings that made room */
};

/* False if there is no memory. Room for `capacity` devices with four postings each; it takes
   none before it is used. */
bool standings_init(struct standings *standings, uint32_t capacity, uint64_t seed);
void standings_free(struct standings *standings);

/* NULL: nothing was said of it. */
struct standing *standing_find(const struct standings *standings,
                               const struct device_key *key);
/* Never NULL. */
struct standing *standing_get(struct standings *standings,
                              const struct device_key *key);

/* Take a fact in, in the place of the one that it follows. */
void standing_post(struct standings *standings, const struct device_key *key,
                   const struct posting *posting);
/* Those of a device that are not over at `now_s`, by kind; others are forgotten. */
size_t standing_postings(struct standings *standings, const struct device_key *key,
                         uint64_t now_s, const struct posting *postings[POSTING_MAX]);

/* Whether evidence of this kind against `peer` ("" nobody) is excused, which lasts until it
   has not been seen for a day. */
bool standing_excuses(struct standing *standing, unsigned kind, const char *peer,
                      uint64_t now_s);
/* Excuse it, or no longer. */
void standing_excuse(struct standing *standing, unsigned kind, bool any_peer,
                     const char *peer, uint64_t now_s);
void standing_accuse(struct standing *standing, unsigned kind);

#endif
