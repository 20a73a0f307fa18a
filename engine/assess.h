#ifndef ENGINE_ASSESS_H
#define ENGINE_ASSESS_H

#include "engine/posting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What facts mean for who a device is, and how far it may be trusted: docs/identity.md has
   the sums. Pure. */

enum { ASSESS_REASONS = 12 };

/* What is known of a device's identity from the wire alone. */
struct wire_identity {
    double confidence;  /* 0 … 1 */
    double ceiling;     /* not exceeded without a hardware identity; with one .99 */
    bool by_address;    /* a weak identity: never above its confidence */
    const char *reason; /* static */
};

struct assessment {
    double confidence; /* that it is who it seems, 0 … 1 */
    double odds;       /* what the odds of its risk are multiplied by, > 0 */
    struct {
        double points; /* of evidence, as risk_add counts them; 0 none */
        double observed, expected;
        uint8_t feature; /* what the sentence needs beside: a method, a problem … */
        bool distrust;   /* as hard evidence leaves it */
        uint32_t since_s;
    } evidence[POSTING_KINDS];
    const char *reasons[ASSESS_REASONS]; /* static, of the confidence */
    unsigned reason_count;
    uint32_t due_s;           /* when it would be another one; UINT32_MAX never */
    uint32_t relearn_until_s; /* of an announced update, 0 none */
};

/* Those of one device that are not over, in any order. Worse facts never make confidence
   rise nor odds or points fall. O(count). */
void assess_postings(const struct posting *const *postings, size_t count,
                     const struct wire_identity *wire, enum criticality criticality,
                     uint64_t now_s, struct assessment *assessment);

#endif
