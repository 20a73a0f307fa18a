#ifndef COLLECTORS_DECODE_H
#define COLLECTORS_DECODE_H

#include "collectors/packet.h"

#include <stdint.h>

enum decode_result {
    DECODE_OK,          /* payload may still be cut by the snap length */
    DECODE_TRUNCATED,   /* the capture ends inside a header */
    DECODE_MALFORMED,   /* headers contradict themselves or each other */
    DECODE_UNSUPPORTED, /* a link type, or a protocol on it, that is not decoded */
};

/* Understand one frame, and what the tunnels bring that it may hold (docs/capture.md).
   `link_type` is a DLT_ number (pcap_datalink). `bytes` holds `captured` bytes of a
   frame that had `wire` on the wire. Fills all of `packet` but its time_ns
   and trust; packet borrows `bytes`. On another result than DECODE_OK only what lies before the fault is
   filled. Hostile input is safe: every length is held against what is left. No
   allocation, no state; O(headers), of which there are at most four tunnels, and in each
   four tags, eight IPv6 extensions and eight labels. */
enum decode_result decode_frame(int link_type, const uint8_t *bytes, uint32_t captured,
                                uint32_t wire, struct packet *packet);

/* Whether decode_frame knows the link type at all. */
bool decode_knows(int link_type);

#endif
