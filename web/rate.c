#include "web/rate.h"

#include "engine/base/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct rate {
    struct table *buckets; /* by name */
};

/* As the time at which it would be empty (a virtual clock, as in GCRA, ITU-T I.371). */
struct bucket {
    uint64_t empty_ns;
};

static const uint64_t second_ns = 1000000000;

struct rate *rate_create(void) {
    uint64_t seed = 0;
    struct rate *rate = calloc(1, sizeof *rate);
    if (rate && getrandom(&seed, sizeof seed, 0) == sizeof seed)
        rate->buckets =
            table_create(RATE_NAMES, RATE_NAME_BYTES, sizeof(struct bucket), seed);
    if (rate && rate->buckets)
        return rate;
    free(rate);
    return NULL;
}

void rate_destroy(struct rate *rate) {
    if (rate)
        table_destroy(rate->buckets);
    free(rate);
}

bool rate_take(struct rate *rate, const char *name, uint32_t per_s, uint64_t now_ns,
               uint32_t *wait_s) {
    char key[RATE_NAME_BYTES] = "";
    bool made;
    if (per_s == 0)
        return true;
    memcpy(key, name, strnlen(name, sizeof key - 1));
    struct bucket *bucket = table_force(rate->buckets, key, &made);
    uint64_t holds_ns = RATE_BURST_S * second_ns, cost_ns = second_ns / per_s;
    /* What would be taken has been earned since `empty_ns`. */
    if (made || bucket->empty_ns + holds_ns < now_ns)
        bucket->empty_ns = now_ns > holds_ns ? now_ns - holds_ns : 0;
    if (bucket->empty_ns + cost_ns > now_ns) {
        uint64_t missing_ns = bucket->empty_ns + cost_ns - now_ns;
        *wait_s = (uint32_t)((missing_ns + second_ns - 1) / second_ns);
        return false;
    }
    bucket->empty_ns += cost_ns;
    return true;
}
