#ifndef ENGINE_STORE_DECISIONS_H
#define ENGINE_STORE_DECISIONS_H

#include "engine/store/store_sql.h"

/* Who asked what, and what was decided, each as the line of JSON in which it is told; beside
   it what it may be looked for by. */

struct store_decision {
    uint64_t seq, time_ns;
    bool denied, would_deny;
    bool decided;                    /* else it was an order, or refused before */
    const char *device, *api, *line; /* "" no device is known */
};

/* The store's thread, inside of a transaction: what store_decisions_pack has made. */
bool store_decisions_put(struct store_sql *sql, const void *bytes, size_t size);

/* A decision in one piece; malloced, NULL if there is no memory. */
void *store_decisions_pack(const struct store_decision *decision, size_t *size);

/* The last seq that was kept; 0 none. */
uint64_t store_decisions_last(struct store_sql *sql);

enum store_decisions_answer {
    STORE_ANSWER_ANY,
    STORE_ANSWER_PERMIT,
    STORE_ANSWER_DENY, /* or what would have been denied */
};

struct store_decisions_filter {
    const char *device, *api; /* "": any */
    enum store_decisions_answer answer;
    uint64_t before; /* only smaller seqs */
};

/* Those that pass, newest first, `limit` at most. */
bool store_decisions_list(struct store_sql *sql,
                          const struct store_decisions_filter *filter, unsigned limit,
                          void (*take)(void *context, uint64_t seq, const char *line),
                          void *context);

#endif
