#ifndef MODELS_COMPARE_H
#define MODELS_COMPARE_H

#include "models/baseline.h"

/* What has changed from one baseline of a device to a later one of it. Pure. */

struct compare_shift {
    enum baseline_feature feature;
    double before, after; /* what was and is usual in a window, natural counts */
    double spreads;       /* distance of the means, in spreads of the one before */
};

struct compare_result {
    /* Where the mean has moved by a spread and by a fifth at least, or the spread itself has
       doubled or halved; the largest first. */
    unsigned shift_count;
    struct compare_shift shifts[FEATURE_VOLUME_COUNT];
    unsigned new_keys[NOVELTY_KINDS], gone_keys[NOVELTY_KINDS]; /* by kind */
    /* Jensen–Shannon divergence in bits, 0 the same … 1 nothing in common: of packet sizes sent
       and received, and of the mix of protocols. */
    double sizes[2], protocols;
};

/* About ten microseconds. */
void compare_baselines(const struct baseline *before, const struct baseline *after,
                       struct compare_result *result);

#endif
