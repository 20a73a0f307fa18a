#include "engine/standing.h"

#include "engine/base/checksum.h"

#include <string.h>

enum { POSTINGS_EACH = 4, EXCUSE_LASTS_S = 86400 };

struct posting_key {
    struct device_key device;
    uint8_t kind, place;
};
_Static_assert(sizeof(struct posting_key) ==
                   sizeof(struct device_key) + 2 * sizeof(uint8_t),
               "a hashed key has no padding at its end");

bool standings_init(struct standings *standings, uint32_t capacity, uint64_t seed) {
    *standings = (struct standings){
        .standings = table_create(capacity, sizeof(struct device_key),
                                  sizeof(struct standing), seed ^ 5),
        .postings = table_create(capacity * POSTINGS_EACH, sizeof(struct posting_key),
                                 sizeof(struct posting), seed ^ 6),
    };
    return standings->standings && standings->postings;
}

void standings_free(struct standings *standings) {
    table_destroy(standings->standings);
    table_destroy(standings->postings);
    *standings = (struct standings){.standings = NULL};
}

struct standing *standing_find(const struct standings *standings,
                               const struct device_key *key) {
    return table_used(standings->standings) ? table_find(standings->standings, key)
                                            : NULL;
}

static struct posting_key posting_key(const struct device_key *device, unsigned kind,
                                      unsigned place) {
    struct posting_key key;
    memset(&key, 0, sizeof key);
    key.device = *device;
    key.kind = (uint8_t)kind;
    key.place = (uint8_t)place;
    return key;
}

/* The postings of a standing that goes, go with it. */
static void forget(struct standings *standings, struct standing *standing) {
    const struct device_key *device = table_key(standings->standings, standing);
    for (unsigned kind = 0; kind < POSTING_KINDS; kind++)
        for (unsigned place = 0; place < POSTING_PLACES; place++) {
            struct posting_key key = posting_key(device, kind, place);
            struct posting *posting = table_find(standings->postings, &key);
            if (posting)
                table_remove(standings->postings, posting);
        }
    table_remove(standings->standings, standing);
    standings->evicted++;
}

struct standing *standing_get(struct standings *standings,
                              const struct device_key *key) {
    bool made;
    struct standing *standing = table_get(standings->standings, key, &made);
    if (!standing) {
        forget(standings, table_oldest(standings->standings, 0));
        standing = table_get(standings->standings, key, &made);
    }
    table_touch(standings->standings, standing);
    return standing;
}

/* --- postings --- */

/* The one of the same vulnerability, else a free place, else that of the oldest. */
static unsigned vulnerability_place(const struct standings *standings,
                                    const struct standing *standing,
                                    const struct device_key *device,
                                    const struct posting *posting) {
    unsigned place = 0;
    uint32_t oldest_s = UINT32_MAX;
    for (unsigned i = 0; i < POSTING_PLACES; i++) {
        struct posting_key key = posting_key(device, POSTING_VULNERABILITY, i);
        const struct posting *there = standing->vulnerabilities >> i & 1
                                          ? table_find(standings->postings, &key)
                                          : NULL;
        if (there && strcmp(there->vulnerability.id, posting->vulnerability.id) == 0)
            return i;
        uint32_t posted_s = there ? there->posted_s : 0;
        if (posted_s < oldest_s) {
            oldest_s = posted_s;
            place = i;
        }
    }
    return place;
}

static void make_room(struct standings *standings) {
    struct posting *oldest = table_oldest(standings->postings, 0);
    table_remove(standings->postings, oldest);
    standings->evicted++;
}

void standing_post(struct standings *standings, const struct device_key *key,
                   const struct posting *posting) {
    struct standing *standing = standing_get(standings, key);
    unsigned place = 0;
    if (posting->kind == POSTING_VULNERABILITY) {
        place = vulnerability_place(standings, standing, key, posting);
        standing->vulnerabilities |= (uint8_t)(1u << place);
    }
    standing->posted |= (uint8_t)(1u << posting->kind);
    struct posting_key posted = posting_key(key, posting->kind, place);
    bool made;
    struct posting *there = table_get(standings->postings, &posted, &made);
    if (!there) {
        make_room(standings);
        there = table_get(standings->postings, &posted, &made);
    }
    struct posting taken = *posting;
    posting_follow(&taken, made ? NULL : there);
    *there = taken;
    table_touch(standings->postings, there);
}

/* NULL also if it had to make room, or is over. */
static const struct posting *look_up(struct standings *standings,
                                     const struct device_key *device, unsigned kind,
                                     unsigned place, uint64_t now_s) {
    struct posting_key key = posting_key(device, kind, place);
    struct posting *posting = table_find(standings->postings, &key);
    if (!posting || !posting_is_over(posting, now_s))
        return posting;
    table_remove(standings->postings, posting);
    return NULL;
}

size_t standing_postings(struct standings *standings, const struct device_key *key,
                         uint64_t now_s, const struct posting *postings[POSTING_MAX]) {
    struct standing *standing = standing_find(standings, key);
    size_t count = 0;
    for (unsigned kind = 0; standing && kind < POSTING_KINDS; kind++) {
        if (!(standing->posted >> kind & 1))
            continue;
        unsigned places = kind == POSTING_VULNERABILITY ? POSTING_PLACES : 1;
        size_t before = count;
        for (unsigned place = 0; place < places; place++) {
            const struct posting *posting = look_up(standings, key, kind, place, now_s);
            if (posting)
                postings[count++] = posting;
        }
        if (count == before)
            standing->posted &= (uint8_t) ~(1u << kind);
    }
    return count;
}

/* --- excuses --- */

static uint64_t hash_of(const char *peer) {
    return checksum_of(peer, strlen(peer), 0);
}

bool standing_excuses(struct standing *standing, unsigned kind, const char *peer,
                      uint64_t now_s) {
    for (unsigned i = 0; i < STANDING_EXCUSES; i++) {
        struct excuse *e = &standing->excuses[i];
        if (!e->last_s || e->kind != kind || (!e->any_peer && e->peer != hash_of(peer)))
            continue;
        bool holds = now_s < (uint64_t)e->last_s + EXCUSE_LASTS_S;
        e->last_s = holds ? (uint32_t)now_s : 0;
        return holds;
    }
    return false;
}

void standing_excuse(struct standing *standing, unsigned kind, bool any_peer,
                     const char *peer, uint64_t now_s) {
    struct excuse *place = &standing->excuses[0];
    for (unsigned i = 0; i < STANDING_EXCUSES; i++) {
        struct excuse *e = &standing->excuses[i];
        if (e->last_s && e->kind == kind && e->peer == hash_of(peer)) {
            place = e;
            break;
        }
        if (e->last_s < place->last_s)
            place = e;
    }
    *place = (struct excuse){(uint8_t)kind, any_peer, hash_of(peer), (uint32_t)now_s};
}

void standing_accuse(struct standing *standing, unsigned kind) {
    for (unsigned i = 0; i < STANDING_EXCUSES; i++)
        if (standing->excuses[i].kind == kind)
            standing->excuses[i].last_s = 0;
}
