#ifndef WEB_WALK_H
#define WEB_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rest of a list that somebody is reading page by page. Scores change while they read, so
   the order is fixed when the first page is made: each device comes once, whatever happens to it
   meanwhile. Kept are only the ids; the least recently used walk makes room for a new one. */

enum { WALKS = 16, WALK_QUERY_BYTES = 384 };

struct walk {
    uint32_t serial; /* 0: free */
    uint64_t used_at;
    unsigned char query[WALK_QUERY_BYTES]; /* the caller's: what was asked for */
    char *ids;                             /* terminated strings, end to end */
    size_t bytes;
};

/* Zeroed: empty. Of one thread. */
struct walks {
    struct walk entries[WALKS];
    uint32_t serial;
    uint64_t clock; /* counts uses */
};

/* Keep `ids` (malloced, `bytes` < 2^32, now the walks'). The same rest of the same query is
   kept once, so that asking again gives the same cursor. */
const struct walk *walk_keep(struct walks *walks,
                             const unsigned char query[WALK_QUERY_BYTES], char *ids,
                             size_t bytes);

/* A place in a walk as a number, never 0; and back. NULL for a place that never was,
   or is no longer kept. */
uint64_t walk_cursor(const struct walk *walk, size_t offset);
const struct walk *walk_find(struct walks *walks, uint64_t cursor, size_t *offset);

void walk_clear(struct walks *walks);

#endif
