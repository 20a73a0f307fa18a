#ifndef COLLECTORS_ANSWER_H
#define COLLECTORS_ANSWER_H

#include "collectors/packet.h"
#include "engine/base/record.h"

#include <stdbool.h>
#include <stdint.h>

/* Answers of DNS over UDP that differ though the question was the same one, asked once: who
   races a resolver with an answer of his own cannot keep the true one from coming, too. What
   is asked again may be answered otherwise, and is no contradiction. The table is of fixed
   size and forgets the oldest. Embedded by its one user. */

enum { ANSWER_SETS = 512, ANSWER_WAYS = 4 };

struct answer_book {
    uint64_t seed;
    struct answer_question {
        uint64_t time_ns; /* asked or answered last; 0: free */
        uint64_t key;     /* hash of both ends, id and question */
        uint64_t said;    /* hash of the first answer, in whatever order */
        struct mac by;    /* who brought it */
        uint8_t asked, answered;
    } sets[ANSWER_SETS][ANSWER_WAYS];
};

void answer_init(struct answer_book *book, uint64_t seed);

/* Whether a packet is an answer that contradicts one within the last 5 s; then `claim` says
   so (CLAIM_CONTRADICTION). O(1); all but DNS leave after comparing a port. */
bool answer_contradicts(struct answer_book *book, const struct packet *packet,
                        struct claim_record *claim);

#endif
