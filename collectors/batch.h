#ifndef COLLECTORS_BATCH_H
#define COLLECTORS_BATCH_H

#include "collectors/decode.h"
#include "collectors/duplicate.h"
#include "collectors/flow.h"
#include "collectors/packet.h"
#include "collectors/pcap.h"

/* Frames on their way, several at a time: while the one is counted, what the next ones
   will touch is on its way from memory. */
struct batch {
    enum decode_result results[PCAP_FRAMES_MAX];
    struct packet packets[PCAP_FRAMES_MAX]; /* time_ns is not known yet */
    struct duplicate_mark marks[PCAP_FRAMES_MAX];
    struct flow_path paths[PCAP_FRAMES_MAX];
};

/* `count` ≤ PCAP_FRAMES_MAX; marks and paths are those of frames that could be decoded.
   Nothing here depends on what has been counted, nor on capture time. */
void batch_prepare(struct batch *batch, const struct pcap_frame *frames, unsigned count,
                   const struct tunnel_trust *trust,
                   const struct duplicate_filter *duplicates,
                   const struct flow_table *flows);

#endif
