#ifndef MODELS_PEERS_H
#define MODELS_PEERS_H

#include <stdbool.h>
#include <stdint.h>

/* A device beside others of its kind: how far a number of its own lies above theirs. Of a
   large group a sample is kept, of those whose identities hash lowest (a bottom-k sample):
   the same whoever comes first. Plain data, no pointers: it can be kept as bytes. */

enum { PEERS_MEMBERS = 32, PEERS_QUANTITIES = 8, PEERS_ENOUGH = 5 };

struct peers_member {
    uint32_t user; /* a hash of who it is; 0: a free place */
    uint32_t last_s;
    float value[PEERS_QUANTITIES];
};

struct peers {
    struct peers_member members[PEERS_MEMBERS];
};

struct peers_outlier {
    unsigned quantity;
    double a;     /* −log10 p that one of its kind lies so far above; 0: none does */
    double usual; /* the others' median */
    unsigned members; /* with whom it was compared; 0: too few */
};

/* What is seen of a member now, on a logarithmic scale. O(PEERS_MEMBERS). */
void peers_take(struct peers *peers, uint32_t user, uint32_t now_s,
                const float value[PEERS_QUANTITIES]);

/* How many others were seen within a day, of those kept. */
unsigned peers_others(const struct peers *peers, uint32_t user, uint32_t now_s);

/* Compare it with the others, of which PEERS_ENOUGH must have been seen within a day; it is
   not among those it is compared with. Location and scale are median and MAD (Hampel, JASA
   1974), the scale no less than two fifths of the others' range, so that a group that is none
   accuses nobody; a prediction by Student's t, less the looks at each quantity. At
   most one of the others may be as far out. Of who is not ahead of the rest
   O(PEERS_QUANTITIES · PEERS_MEMBERS), else times PEERS_MEMBERS. */
struct peers_outlier peers_compare(const struct peers *peers, uint32_t user,
                                   uint32_t now_s, const float value[PEERS_QUANTITIES]);

#endif
