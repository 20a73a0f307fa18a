#ifndef WEB_RATE_H
#define WEB_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* How often somebody may ask: a token bucket for each name, of `per_s` requests a second, that
   holds those of RATE_BURST_S seconds. Names are forgotten when there are too many, those who asked
   longest ago first. Of the server's thread alone. */

enum { RATE_BURST_S = 2, RATE_NAMES = 1024, RATE_NAME_BYTES = 72 };

struct rate;

struct rate *rate_create(void);       /* NULL: no memory */
void rate_destroy(struct rate *rate); /* NULL is allowed */

/* Take one of the bucket of `name`; 0 `per_s` is no limit. False: there is none, and will not be
   for `wait_s` (≥ 1) seconds. O(1). */
bool rate_take(struct rate *rate, const char *name, uint32_t per_s, uint64_t now_ns,
               uint32_t *wait_s);

#endif
