#include "engine/blackout.h"

static const uint64_t patience_s = 10;

static void add_caller(struct blackout *blackout, uint32_t device, uint64_t now_s) {
    for (uint32_t i = 0; i < blackout->count; i++)
        if (blackout->callers[i] == device)
            return;
    if (blackout->count == BLACKOUT_CALLERS)
        return;
    if (blackout->count == 0)
        blackout->since_s = now_s;
    blackout->callers[blackout->count++] = device;
}

void blackout_flow(struct blackout *blackout, const struct flow_record *flow,
                   unsigned side, uint32_t device, uint64_t now_s) {
    if (flow->packets[!side]) {
        blackout->heard = true;
        blackout->count = 0;
    } else if (side == INITIATOR && flow->events & FLOW_NEW) {
        add_caller(blackout, device, now_s);
    }
}

bool blackout_lasts(const struct blackout *blackout, uint64_t now_s) {
    return blackout->heard && blackout->count == BLACKOUT_CALLERS &&
           now_s >= blackout->since_s + patience_s;
}
