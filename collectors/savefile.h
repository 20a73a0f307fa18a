#ifndef COLLECTORS_SAVEFILE_H
#define COLLECTORS_SAVEFILE_H

#include "collectors/pcap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Capture files in the classic format (pcap-savefile(5), version 2.4), read in large blocks
   and handed out in place. libpcap reads a frame by two calls of stdio and copies it, which
   is four times the work, and its frame is gone when the next one comes: several at once
   are what lets the memory that they will need be fetched ahead. All else (pcapng, other
   versions, pipes, filters) stays with libpcap, and so does a file's header. */

struct savefile {
    int descriptor; /* borrowed; -1: none */
    bool is_swapped, is_nano;
    int link_type;
    uint32_t snaplen;
    uint64_t bytes_read;
    uint8_t *block; /* kept for the next file */
    size_t at, end; /* what of it is still to be handed out */
};

enum savefile_result {
    SAVEFILE_FRAMES,
    SAVEFILE_ENDED,
    SAVEFILE_CUT,    /* inside a record */
    SAVEFILE_BROKEN, /* a record is longer than any can be */
    SAVEFILE_FAILED, /* errno says why */
};

void savefile_init(struct savefile *file);
void savefile_free(struct savefile *file);

/* Whether `descriptor` is a regular file of this format, and can be taken over: then it is
   read on from behind its header. `link_type` and `snaplen` are as libpcap understands the
   header. Else it stays where it was. */
bool savefile_open(struct savefile *file, int descriptor, int link_type,
                   uint32_t snaplen);
void savefile_close(struct savefile *file);

/* Where the next record begins, or would. */
uint64_t savefile_position(const struct savefile *file);

/* The next frames, at most `size` > 0, as libpcap would give them; good until the next
   call. What comes before a cut or a broken record is handed out first. */
enum savefile_result savefile_read(struct savefile *file, struct pcap_frame *frames,
                                   unsigned size, unsigned *count);

#endif
