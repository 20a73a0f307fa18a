#ifndef MODELS_RHYTHM_H
#define MODELS_RHYTHM_H

#include <stdbool.h>
#include <stdint.h>

/* The gaps between starts on a channel (peer and service), as a decayed log-normal. Says how
   overdue a silent channel is and how regular a channel was. */

enum { RHYTHM_CHANNELS = 16, RHYTHM_LATE_S = 120 };

struct rhythm_channel {
    uint64_t key;    /* 0: free place */
    uint32_t last_s; /* last start, epoch seconds */
    float mean;      /* of ln(gap in s) */
    float variance;
    uint8_t gaps;   /* seen, saturating at those kept */
    uint8_t decade; /* the caller's: decade of silence already told */
    uint8_t opened; /* the last starts in a row that were seen to open, saturating */
    uint8_t
        late; /* the device's age at the first start, in RHYTHM_LATE_S, saturating */
};

struct rhythm_set {
    struct rhythm_channel channels[RHYTHM_CHANNELS];
};

/* A start on a channel; several in a second are one. A new channel takes a free place, else
   the place of the channel longest silent relative to its own mean gap (of one that started
   only once: 1/16 s). A step back in time starts the gap anew. `key` ≠ 0; `opened`: its
   handshake was seen, so that it is a session of its own; age_s: since its device is known. */
void rhythm_start(struct rhythm_set *set, uint64_t key, uint64_t now_s, bool opened,
                  uint64_t age_s);

const struct rhythm_channel *rhythm_find(const struct rhythm_set *set, uint64_t key);

/* −log10 P(gap ≥ now − last) under the channel's model, sd of ln(gap) never below 0.15;
   0 with fewer than 8 gaps. */
double rhythm_overdue(const struct rhythm_channel *channel, uint64_t now_s);

/* Coefficient of variation of the gaps, sqrt(exp(variance) − 1); a huge value if fewer
   than 8 gaps were seen. */
double rhythm_variation(const struct rhythm_channel *channel);

#endif
