#ifndef ENGINE_STORE_HISTORY_H
#define ENGINE_STORE_HISTORY_H

#include "engine/engine.h"
#include "engine/store/store_sql.h"

/* Risk over time: a row of a device when its level changes, or its score by a point. After a
   while an hour's rows become one, and that is forgotten in the end. */

/* A device's risk from `time_s` on, until its next one. */
struct store_point {
    char device[DEVICE_ID_BYTES];
    uint64_t time_s;
    uint32_t span_s; /* 0: of that moment; 3600: stands for the hour that begins then */
    float score;     /* at the moment, or at the hour's end */
    float peak;      /* the highest within */
    float anomaly;   /* the highest since the point before */
    uint8_t level;   /* enum risk_level, with the score */
    uint8_t worst;   /* the highest level within, where UNKNOWN is the lowest */
};

/* Whether level `a` is worse than `b`, and the worse of the two. */
uint8_t store_worse_level(uint8_t a, uint8_t b);

/* --- the engine's thread: which windows make a point --- */

struct store_watch { /* zeroed: has seen nothing yet */
    struct store_watched {
        uint64_t device; /* checksum of its id, 0: none */
        float score, anomaly;
        uint8_t level;
    } * by_slot;
    uint32_t capacity;
};

/* Whether the row makes one, which is filled in. The first of a device always does. */
bool store_watch_row(struct store_watch *watch, const struct window_row *row,
                     struct store_point *point);
void store_watch_free(struct store_watch *watch);

/* --- the store's thread, inside of a transaction --- */

bool store_history_put(struct store_sql *sql, const struct store_point *point);

/* The next `count` devices in turn, after number `*turn`, which moves on (0: from the first):
   rows from before `fine_s` become an hour's, those from before `kept_s` go. */
bool store_history_thin(struct store_sql *sql, unsigned count, int64_t *turn,
                        uint64_t fine_s, uint64_t kept_s);

/* --- any thread with a connection of its own --- */

/* What a chart shows of one step of time. */
struct store_step {
    uint64_t time_s;       /* its beginning */
    double score, anomaly; /* the highest in it */
    enum risk_level level;
};

/* Hands out the steps of `step_s` > 0 seconds from `from_s` to before `to_s`, those before the
   device's first point left out. A day's and a year's rows at most are read: some milliseconds. */
bool store_history_read(struct store_sql *sql, const char *device, uint64_t from_s,
                        uint64_t to_s, uint64_t step_s,
                        void (*take)(void *context, const struct store_step *step),
                        void *context);

#endif
