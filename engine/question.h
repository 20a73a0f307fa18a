#ifndef ENGINE_QUESTION_H
#define ENGINE_QUESTION_H

#include "engine/base/record.h"

#include <stdbool.h>
#include <stdint.h>

/* What was asked for by ARP or neighbour discovery, until it is known whether somebody
   answers, who asks again and again, and who answers without having been asked; and who asks everybody
   on the link. Sets of a few places, found by a keyed hash, so that
   a flood of questions costs no more than one: it pushes out older ones, which are then
   judged early. Plain data: it can be kept as bytes. Owned by the engine's thread. */

enum {
    QUESTION_SETS = 512,
    QUESTION_WAYS = 4,
    QUESTION_ASKERS = 256,
    QUESTION_TELLERS = 256,
    QUESTION_TALES = 8,
    QUESTION_HAILS = 1024
};

struct question {
    struct mac asker;
    struct address ip; /* family 0: a free place */
    uint16_t vlan;
    bool open;        /* still to be judged */
    uint32_t repeats; /* asked so often in a row */
    uint64_t asked_ns, opened_ns;
};

/* The two addresses that one asker was last insistent about, the newer first. */
struct question_asker {
    struct mac mac;
    struct question_insistence {
        struct address ip;
        uint16_t vlan;
        uint64_t asked_ns;
    } about[2];
};

/* Who told whom, unasked, that it is somebody. */
struct question_teller {
    struct mac mac;
    uint32_t crossings; /* see question_tell */
    uint64_t crossed_ns;
    uint32_t next;
    struct question_tale {
        struct address ip, to; /* family 0: a free place */
        uint16_t vlan;
        uint64_t told_ns;
    } tales[QUESTION_TALES];
};

/* A port from which everybody on the link was asked something. */
struct question_hail {
    struct mac asker;
    uint16_t port;
    uint32_t asked_s; /* 0: a free place */
};

struct question_book {
    uint64_t seed;
    uint32_t open;
    uint32_t spare;
    struct question sets[QUESTION_SETS][QUESTION_WAYS];
    struct question_asker askers[QUESTION_ASKERS];
    struct question_teller tellers[QUESTION_TELLERS];
    struct question_hail hails[QUESTION_HAILS];
};

void question_init(struct question_book *book, uint64_t seed);
/* Time has stepped: no question is open any more. */
void question_forget(struct question_book *book);

/* Somebody asked for an address. Returns how often in a row (gaps of up to 15 s; 1: for the
   first time), or 0 if it is the mirror's copy of a question. `displaced` becomes the open
   question that had to go for it, of family 0 if none. O(1). */
uint32_t question_ask(struct question_book *book, const struct mac *asker,
                      const struct address *ip, uint16_t vlan, uint64_t now_ns,
                      struct question *displaced);

/* It insists. Returns the other address that it has been insistent about in the last 15 s,
   or NULL. O(1). */
const struct question_insistence *question_insist(struct question_book *book,
                                                  const struct mac *asker,
                                                  const struct address *ip,
                                                  uint16_t vlan, uint64_t now_ns);

/* Somebody asked one host directly, as to see whether it is still there: an answer is no
   surprise, and none no evidence. O(1). */
void question_check(struct question_book *book, const struct mac *asker,
                    const struct address *ip, uint16_t vlan, uint64_t now_ns);

/* Whether anybody but `answerer` asked for the address in the last 5 s. O(1). */
bool question_was_asked(const struct question_book *book, const struct mac *answerer,
                        const struct address *ip, uint16_t vlan, uint64_t now_ns);

/* `mac` tells `to`, unasked, that it is `ip`. Returns how often in a row (gaps of up to 5
   min) it had told each of two that it is the other within a minute. O(QUESTION_TALES). */
uint32_t question_tell(struct question_book *book, const struct mac *mac,
                       const struct address *ip, const struct address *to,
                       uint16_t vlan, uint64_t now_ns);

/* Remembers what asks everybody on the link (a lease, mDNS, SSDP). Whether the flow answers
   such a question, no older than a minute: a datagram to the port that asked opens a flow of
   its own, and is not answered in turn. O(1). */
bool question_was_to_all(struct question_book *book, const struct flow_record *flow,
                         uint64_t now_ns);

/* Close and return a question that has been open for a second, at or behind `*at` (0 at
   first, then as it was left); NULL if there is none. All of them: O(places). */
const struct question *question_due(struct question_book *book, uint32_t *at,
                                    uint64_t now_ns);

#endif
