#include "collectors/gather.h"

#include <string.h>

bool gather_keep(struct gather *gather, const struct pcap_frame *frame) {
    if (gather->count == PCAP_FRAMES_MAX ||
        frame->captured > sizeof gather->bytes - gather->used)
        return false;
    uint8_t *copy = gather->bytes + gather->used;
    memcpy(copy, frame->bytes, frame->captured);
    gather->frames[gather->count] = *frame;
    gather->frames[gather->count++].bytes = copy;
    gather->used += frame->captured;
    return true;
}

void gather_clear(struct gather *gather) {
    gather->count = 0;
    gather->used = 0;
}
