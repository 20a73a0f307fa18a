#ifndef ENGINE_STORE_TEND_H
#define ENGINE_STORE_TEND_H

#include "engine/store/store_sql.h"

/* How long what is kept is kept: a little at a time, so that nobody waits for it. */

struct store_limits {
    uint32_t fine_s;    /* risk in every step, before an hour's become one */
    uint32_t history_s; /* risk by the hour */
    uint32_t findings_s;
    uint32_t decisions_s;
    uint32_t size_bytes; /* of all, in the database: beyond, all ages shrink alike */
};

extern const struct store_limits store_limits_default;

/* Zeroed: begins. */
struct store_tending {
    uint64_t done_s; /* a multiple of a minute */
    int64_t turn;    /* see store_history_thin */
    double shrunk;   /* which part of the ages is taken away */
};

/* To be called with every batch, inside of its transaction; does a minute's share of the work
   when a minute of capture time has passed: each device has its turn once an hour. What is
   from after `now_s` stays. */
bool store_tend(struct store_tending *tending, struct store_sql *sql,
                const struct store_limits *limits, uint64_t now_s);

/* Bytes in use, and those in the file that are free. */
void store_tend_measure(struct store_sql *sql, uint64_t *used, uint64_t *unused);

#endif
