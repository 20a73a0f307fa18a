#ifndef ENGINE_STORE_POLICY_H
#define ENGINE_STORE_POLICY_H

#include "engine/store/store.h"

/* The policies that were in force, each from its time on: what a decision's revision names.
   The last STORE_POLICIES are kept. */

enum { STORE_POLICIES = 256 };

/* Texts are borrowed; those that are handed out only until `take` returns. */
struct store_policy {
    unsigned number;  /* how many there had been with it */
    uint64_t time_ns; /* of the clock */
    const char
        *revision;      /* its number and the hash of its text: "3-9c56cc51b374c3ba" */
    const char *origin; /* how it came: "start", "signal", "reload", "put" */
    const char *principal; /* who brought it; "" nobody that is known */
    unsigned rules;
    const char *text; /* as it was read; NULL in a list */
    size_t bytes;     /* of the text */
};

/* Acknowledged (store_write_now). False: it could not be kept. */
bool store_policy_keep(struct store *store, const struct store_policy *policy);

/* --- any thread with a connection of its own --- */

/* Those before number `before`, newest first, `limit` at most. */
bool store_policy_list(struct store_sql *sql, unsigned before, unsigned limit,
                       void (*take)(void *context, const struct store_policy *policy),
                       void *context);

/* The one of this number, with its text. `take` is not called where there is none. */
bool store_policy_find(struct store_sql *sql, unsigned number,
                       void (*take)(void *context, const struct store_policy *policy),
                       void *context);

#endif
