#ifndef MODELS_NOVELTY_H
#define MODELS_NOVELTY_H

#include <stdbool.h>
#include <stdint.h>

/* Which keys (peers, services, operations, …) a device has used, and how surprising one is
   that it never used. The probability of something new comes from the device's own rate,
   (novel windows + ½) / (windows + 1), the Krichevsky–Trofimov estimate, decayed.
   A key is on probation ("young") until it was used in NOVELTY_HOURS distinct hours over
   at least NOVELTY_SPAN_H hours, or somebody vouched for it. */

enum { NOVELTY_KEYS = 48, NOVELTY_KINDS = 6, NOVELTY_HOURS = 4, NOVELTY_SPAN_H = 24 };

struct novelty_key {
    uint64_t key;     /* 0: free place */
    uint32_t last_s;  /* last use, epoch seconds */
    uint16_t first_h; /* first use, hours since the epoch modulo 65536 */
    uint8_t hours;    /* distinct hours of use, saturating; 255: vouched for */
    uint8_t kind;     /* caller's, < NOVELTY_KINDS */
};

struct novelty_set {
    struct novelty_key keys[NOVELTY_KEYS];
    float
        windows[NOVELTY_KINDS]; /* windows in which the kind was used at all, decayed */
    float novel[NOVELTY_KINDS]; /* of these, with something new, decayed */
};

const struct novelty_key *novelty_find(const struct novelty_set *set, uint64_t key,
                                       unsigned kind);
bool novelty_is_young(const struct novelty_key *key, uint64_t now_s);

/* P(a window that uses this kind has something new), own counts pooled with a prior:
   (novel + ½ + k·prior) / (windows + 1 + k). prior in 0..1, k ≥ 0. */
double novelty_p(const struct novelty_set *set, unsigned kind, double prior, double k);

/* Use of a key. A new one takes a free place, else evicts the key least recently used,
   young ones first. `key` ≠ 0. Returns whether it was new. O(NOVELTY_KEYS). */
bool novelty_use(struct novelty_set *set, uint64_t key, unsigned kind, uint64_t now_s);

/* The same of one that was found in the set. */
static inline void novelty_use_again(struct novelty_key *key, uint64_t now_s) {
    enum { HOUR_S = 3600, MOST_HOURS = 254 };
    if (now_s / HOUR_S > key->last_s / HOUR_S && key->hours < MOST_HOURS)
        key->hours++;
    key->last_s = (uint32_t)now_s;
}

/* Count one window in which `kind` was used. */
void novelty_count(struct novelty_set *set, unsigned kind, bool had_new);
void novelty_decay(struct novelty_set *set, double keep);
void novelty_vouch(struct novelty_set *set, uint64_t key,
                   unsigned kind); /* if present */

#endif
