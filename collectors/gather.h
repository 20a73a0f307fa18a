#ifndef COLLECTORS_GATHER_H
#define COLLECTORS_GATHER_H

#include "collectors/pcap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies of frames that are lent one at a time, until there are enough of them to be worked
   on together. A copy is a few hundred bytes that the decoder wants in the cache anyway; what
   all of a batch wait for, they wait for at once. Embedded by its one user, zeroed. */

enum { GATHER_BYTES = 64 * 1024 };

struct gather {
    struct pcap_frame frames[PCAP_FRAMES_MAX]; /* of `bytes` */
    unsigned count;
    size_t used;
    uint8_t bytes[GATHER_BYTES];
};

/* False, and nothing is kept, if there is no room; of one that is longer than all of
   GATHER_BYTES there never is. */
bool gather_keep(struct gather *gather, const struct pcap_frame *frame);
void gather_clear(struct gather *gather);

#endif
