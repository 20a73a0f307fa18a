#ifndef MODELS_BASELINE_H
#define MODELS_BASELINE_H

#include "models/context.h"
#include "models/drift.h"
#include "models/horizon.h"
#include "models/novelty.h"
#include "models/rhythm.h"
#include "models/tail.h"

#include <stdbool.h>
#include <stdint.h>

/* What is usual for one device, and how unusual one of its windows is. Numbers and 64-bit
   keys only: what they stand for is the caller's affair. Plain data, no pointers: it can be
   copied and stored as bytes.

   Two stages (docs/detection.md): each feature's deviation becomes a p-value by the tail of
   its own past deviations; these combine by Fisher's method within a family and
   across families; each result is calibrated once more by the tail of its own past, because
   features depend on each other. Score first, then learn. */

/* The numeric features: name, and the family that it speaks for. */
#define BASELINE_FEATURES(X)                                                           \
    X(SENT_PACKETS, "packets sent", VOLUME)                                            \
    X(RECEIVED_PACKETS, "packets received", VOLUME)                                    \
    X(SENT_BYTES, "bytes sent", VOLUME)                                                \
    X(RECEIVED_BYTES, "bytes received", VOLUME)                                        \
    X(FLOWS_STARTED, "flows started", VOLUME)                                          \
    X(FLOWS_ACCEPTED, "flows accepted", VOLUME)                                        \
    X(PEERS, "peers", VOLUME)                                                          \
    X(SERVICES, "services used", VOLUME)                                               \
    X(UNANSWERED, "unanswered attempts", VOLUME)                                       \
    X(RESETS, "resets", VOLUME)                                                        \
    X(DNS_QUERIES, "DNS queries", VOLUME)                                              \
    X(DNS_FAILURES, "DNS names not found", VOLUME)                                     \
    X(ARP_REQUESTS, "ARP requests", VOLUME)                                            \
    X(MULTICAST, "multicast packets sent", VOLUME)                                     \
    X(UPLOAD_SHARE, "share of bytes uploaded", VOLUME)                                 \
    X(SENT_SIZE, "mean size sent", VOLUME)                                             \
    X(RECEIVED_SIZE, "mean size received", VOLUME)                                     \
    X(LINK_PACKETS, "packets without IP", VOLUME)                                      \
    X(ICMP_PACKETS, "ICMP packets", VOLUME)                                            \
    X(OPERATIONS, "application operations", VOLUME)                                    \
    X(SENT_SHAPE, "sizes of packets sent", SHAPE)                                      \
    X(RECEIVED_SHAPE, "sizes of packets received", SHAPE)                              \
    X(PROTOCOL_SHAPE, "mix of protocols", SHAPE)                                       \
    X(YOUNG_KEYS, "share of young peers and services", LASTING)                        \
    X(YOUNG_BYTES, "bytes sent to peers that are new to it", LASTING)                  \
    X(SUSTAINED, "unusual windows in a row", LASTING)

enum baseline_feature {
#define BASELINE_ENUM(id, name, family) FEATURE_##id,
    BASELINE_FEATURES(BASELINE_ENUM)
#undef BASELINE_ENUM
        FEATURE_COUNT
};

enum { FEATURE_VOLUME_COUNT = FEATURE_SENT_SHAPE }; /* those with a mean and a spread */

/* Same order as the engine's families, less the invariants, which need no baseline. */
enum baseline_family {
    BASELINE_VOLUME,
    BASELINE_SHAPE,
    BASELINE_NOVELTY,
    BASELINE_LASTING,
    BASELINE_FAMILIES
};

enum { BASELINE_SIZE_BINS = 8, BASELINE_PROTOCOL_BINS = 16, BASELINE_WINDOW_KEYS = 24 };
enum { BASELINE_TOTAL = BASELINE_FAMILIES, BASELINE_COMBINED };

enum baseline_key_kind {
    KEY_PEER,
    KEY_SERVICE,
    KEY_PROTOCOL,
    KEY_OPERATION,
    KEY_CHANNEL
};

struct baseline_key {
    uint64_t key;     /* not 0 */
    uint8_t kind;     /* enum baseline_key_kind */
    bool shared : 1;  /* other devices of the network use it too */
    bool started : 1; /* the device itself began it: a beat of its rhythm */
    bool opened : 1;  /* and was seen to: no long connection that went on */
    bool passive : 1; /* only others opened it */
    float sent;       /* bytes sent to it, where it is a peer outside */
};

/* How well a device knows one of its keys. */
enum baseline_acquaintance { KEY_NEW, KEY_YOUNG, KEY_KNOWN };

/* The features whose hours of the day are known apart. */
extern const uint8_t baseline_context_features[CONTEXT_QUANTITIES];

/* One window of one device, in numbers. Counts are natural counts, not logarithms. */
struct baseline_observation {
    uint64_t end_s; /* the window's end, epoch seconds */
    float feature[FEATURE_VOLUME_COUNT];
    uint32_t sizes[2][BASELINE_SIZE_BINS]; /* packets sent, received by size */
    uint32_t protocols[BASELINE_PROTOCOL_BINS];
    unsigned key_count;
    struct baseline_key keys[BASELINE_WINDOW_KEYS];
    uint8_t acquaintance[BASELINE_WINDOW_KEYS]; /* of them; see baseline_recognize */
    uint8_t place[BASELINE_WINDOW_KEYS]; /* in the baseline, of what is not new */
};

struct baseline_tails {
    uint16_t count; /* windows in each of them, decayed */
    uint16_t turn;  /* whose fit is next */
    struct tail_fit feature_fit[FEATURE_COUNT];
    struct tail_fit combined_fit[BASELINE_COMBINED];
    uint16_t feature[FEATURE_COUNT][TAIL_FEATURE_EDGES];
    uint16_t combined[BASELINE_COMBINED][TAIL_COMBINED_EDGES];
};

_Static_assert((int)FEATURE_VOLUME_COUNT == (int)HORIZON_QUANTITIES, "a mean for each");

struct baseline {
    uint64_t first_s, last_s;  /* windows learnt */
    uint64_t halved_s;         /* the tails' last halving */
    float windows;             /* learnt, not decayed */
    float sustained;           /* see baseline_note */
    struct horizon slow, fast; /* of the features' logarithms */
    uint16_t sizes[2][BASELINE_SIZE_BINS];
    uint16_t protocols[BASELINE_PROTOCOL_BINS];
    struct context context; /* of baseline_context_features */
    struct drift drift;
    struct novelty_set novelty;
    struct rhythm_set rhythm;
    struct baseline_tails tails;
};

/* What a window's scoring found. */
struct baseline_surprise {
    float windows;                      /* that the baseline had learnt before it */
    double elapsed_s;                   /* since the last of them; 0 before the first */
    double anomaly;                     /* calibrated −log10 p of the window, ≥ 0 */
    double family[BASELINE_FAMILIES];   /* each family's own calibrated one */
    float combined[BASELINE_COMBINED];  /* scores before the second calibration */
    float scaled[FEATURE_VOLUME_COUNT]; /* ln(1 + count) of the volume features */
    float score[FEATURE_COUNT];         /* deviations, ≥ 0 */
    double p[FEATURE_COUNT];            /* of such a one or a larger */
    int32_t level[FEATURE_COUNT], combined_level[BASELINE_COMBINED]; /* in the tails */
    int strongest
        [BASELINE_FAMILIES]; /* feature or, in novelty, index of key; −1 none */
    double sustained;        /* what the window leaves of it, see baseline_note */
    double sustained_a;      /* how unusual that is, at a handicap; may be below 0 */
    unsigned new_keys;       /* never used before */
    unsigned new_passive;    /* of these, only others opened */
    unsigned own_keys;       /* of these, unknown to the rest of the network too */
};

/* Which of a window's keys the device knows: once, for all that ask below. */
void baseline_recognize(const struct baseline *baseline,
                        struct baseline_observation *observation);

/* How far a window deviates from what its device knows by itself. Pure: needs nothing but
   these. */
void baseline_measure(const struct baseline *baseline,
                      const struct baseline_observation *observation,
                      struct baseline_surprise *surprise);

/* −log10 p of each family and of the whole, of what was recognized and measured. `off`: bit
   set of families left out. Changes neither baseline nor pool. */
void baseline_score(const struct baseline *baseline, const struct baseline_tails *pool,
                    const struct baseline_observation *observation, unsigned off,
                    struct baseline_surprise *surprise);

/* One more window is learnt, and how much is: after it was scored, before or while
   baseline_learn, which reads nothing of this, takes in the rest. */
void baseline_count(struct baseline *baseline, uint64_t end_s);

/* Take the window in: means clipped by how surprising it was, tails at full weight. Not to be
   called for windows that hard evidence marks. Of this device alone. */
void baseline_learn(struct baseline *baseline,
                    const struct baseline_observation *observation,
                    const struct baseline_surprise *surprise);

/* The same of tails that several devices have together. */
void baseline_pool(struct baseline_tails *pool,
                   const struct baseline_surprise *surprise);
/* Windows that are in it, decayed. */
double baseline_tails_windows(const struct baseline_tails *tails);

/* Take note of a window that was scored, learnt or not: what is a little unusual for many windows in a
   row adds up (Page's CUSUM of the anomaly, halved each half hour) and is calibrated like
   any other feature. */
void baseline_note(struct baseline *baseline, const struct baseline_surprise *surprise);

/* Take in only the keys, of a window that was cut short: whom a device meets then is met,
   but its counts measure nothing. */
void baseline_learn_keys(struct baseline *baseline,
                         const struct baseline_observation *observation);

/* What is usual: mean and spread of a volume feature in natural counts (the spread as the
   factor of one standard deviation). */
double baseline_usual(const struct baseline *baseline, enum baseline_feature feature);
/* Windows a day, as far as the baseline can tell; 8640 is always. */
double baseline_windows_a_day(const struct baseline *baseline);
double baseline_spread(const struct baseline *baseline, enum baseline_feature feature);

/* Evidence gathered, 0 none … 1 enough. */
double baseline_maturity(const struct baseline *baseline, enum baseline_family family);

const char *baseline_feature_name(enum baseline_feature feature);

#endif
