#include "collectors/batch.h"

void batch_prepare(struct batch *batch, const struct pcap_frame *frames, unsigned count,
                   const struct tunnel_trust *trust,
                   const struct duplicate_filter *duplicates,
                   const struct flow_table *flows) {
    for (unsigned i = 0; i < count; i++) {
        batch->packets[i].time_ns = 0;
        batch->packets[i].trust = trust;
        batch->results[i] =
            decode_frame(frames[i].link_type, frames[i].bytes, frames[i].captured,
                         frames[i].wire, &batch->packets[i]);
    }
    for (unsigned i = 0; i < count; i++)
        if (batch->results[i] == DECODE_OK) {
            batch->marks[i] = duplicate_mark(duplicates, &batch->packets[i]);
            flow_name(&batch->packets[i], &batch->paths[i]);
        }
    for (unsigned i = 0; i < count; i++)
        if (batch->results[i] == DECODE_OK)
            flow_seek(flows, &batch->paths[i]);
    for (unsigned i = 0; i < count; i++)
        if (batch->results[i] == DECODE_OK)
            flow_fetch(flows, &batch->paths[i]);
}
