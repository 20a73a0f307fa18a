/* The rate of new things is the Krichevsky–Trofimov estimate ("The performance of universal
   encoding", IEEE Trans. IT, 1981) of a coin thrown once a window. Changed: its counts decay,
   and k windows of a pooled prior are mixed in while they are few. */

#include "models/novelty.h"

enum { HOUR_S = 3600, VOUCHED = 255 };

/* Where a key is looked for first; others follow, round the end. A place is never given up,
   so a free one ends the search. */
static unsigned home_of(uint64_t key) {
    return (unsigned)((key >> 32) * NOVELTY_KEYS >> 32);
}

static unsigned next_to(unsigned place) {
    return place + 1 < NOVELTY_KEYS ? place + 1 : 0;
}

const struct novelty_key *novelty_find(const struct novelty_set *set, uint64_t key,
                                       unsigned kind) {
    unsigned place = home_of(key);
    for (unsigned n = 0; n < NOVELTY_KEYS; n++, place = next_to(place)) {
        const struct novelty_key *candidate = &set->keys[place];
        if (candidate->key == key && candidate->kind == kind)
            return candidate;
        if (candidate->key == 0)
            return 0;
    }
    return 0;
}

bool novelty_is_young(const struct novelty_key *key, uint64_t now_s) {
    if (key->hours == VOUCHED)
        return false;
    uint16_t span_h = (uint16_t)(now_s / HOUR_S - key->first_h);
    return key->hours < NOVELTY_HOURS || span_h < NOVELTY_SPAN_H;
}

double novelty_p(const struct novelty_set *set, unsigned kind, double prior, double k) {
    return ((double)set->novel[kind] + 0.5 + k * prior) /
           ((double)set->windows[kind] + 1 + k);
}

/* Rare, and out of the way of what is known. */
static __attribute__((noinline)) struct novelty_key *
place_for_new(struct novelty_set *set, uint64_t key, uint64_t now_s) {
    struct novelty_key *place = 0;
    bool place_is_young = false;
    uint32_t place_age_s = 0;

    unsigned at = home_of(key);
    for (unsigned n = 0; n < NOVELTY_KEYS; n++, at = next_to(at)) {
        struct novelty_key *candidate = &set->keys[at];
        if (candidate->key == 0)
            return candidate;
        bool young = novelty_is_young(candidate, now_s);
        uint32_t age_s = (uint32_t)now_s - candidate->last_s;
        if (!place || young > place_is_young ||
            (young == place_is_young && age_s > place_age_s)) {
            place = candidate;
            place_is_young = young;
            place_age_s = age_s;
        }
    }
    return place;
}

bool novelty_use(struct novelty_set *set, uint64_t key, unsigned kind, uint64_t now_s) {
    struct novelty_key *known = (struct novelty_key *)novelty_find(set, key, kind);
    if (known) {
        novelty_use_again(known, now_s);
        return false;
    }
    *place_for_new(set, key, now_s) = (struct novelty_key){
        .key = key,
        .last_s = (uint32_t)now_s,
        .first_h = (uint16_t)(now_s / HOUR_S),
        .hours = 1,
        .kind = (uint8_t)kind,
    };
    return true;
}

void novelty_count(struct novelty_set *set, unsigned kind, bool had_new) {
    set->windows[kind] += 1;
    set->novel[kind] += had_new ? 1.0F : 0.0F;
}

void novelty_decay(struct novelty_set *set, double keep) {
    for (unsigned kind = 0; kind < NOVELTY_KINDS; kind++) {
        set->windows[kind] = (float)((double)set->windows[kind] * keep);
        set->novel[kind] = (float)((double)set->novel[kind] * keep);
    }
}

void novelty_vouch(struct novelty_set *set, uint64_t key, unsigned kind) {
    struct novelty_key *known = (struct novelty_key *)novelty_find(set, key, kind);
    if (known)
        known->hours = VOUCHED;
}
