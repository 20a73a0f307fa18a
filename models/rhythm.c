/* A renewal process with log-normal gaps (after Cox, "Renewal Theory", 1962): the age of the
   current silence against the survival function of the gaps. Changed: mean and variance
   of ln(gap) are decayed (ewma.h) over the last GAPS_KEPT gaps, and the deviation has a
   floor, so that a perfect timer that slips by a second is not an outage. */

#include "models/rhythm.h"

#include "models/combine.h"
#include "models/ewma.h"

#include <math.h>

enum { GAPS_NEEDED = 8, GAPS_KEPT = 64 };
static const double SD_FLOOR = 0.15;
static const double UNKNOWN_VARIATION = 1e9;

/* A channel that started only once counts as silent after this: many new ones in a second
   evict each other, and not a channel that has kept its rhythm. */
static const double UNPROVEN_GAP_S = 1.0 / 16;

static void learn_gap(struct rhythm_channel *channel, double gap_s) {
    struct ewma log_gap = {channel->mean, channel->variance, channel->gaps};
    ewma_add(&log_gap, log(gap_s), 1);
    channel->mean = log_gap.mean;
    channel->variance = log_gap.variance;
    if (channel->gaps < GAPS_KEPT)
        channel->gaps++;
}

static double silence_in_gaps(const struct rhythm_channel *channel, uint64_t now_s) {
    double silence_s = (double)((uint32_t)now_s - channel->last_s) + 1;
    double gap_s = channel->gaps > 0 ? exp((double)channel->mean) : UNPROVEN_GAP_S;
    return silence_s / gap_s;
}

static struct rhythm_channel *place_for_new(struct rhythm_set *set, uint64_t now_s) {
    struct rhythm_channel *place = &set->channels[0];
    double longest = 0;
    for (unsigned i = 0; i < RHYTHM_CHANNELS; i++) {
        struct rhythm_channel *candidate = &set->channels[i];
        if (candidate->key == 0)
            return candidate;
        double silence = silence_in_gaps(candidate, now_s);
        if (silence > longest) {
            place = candidate;
            longest = silence;
        }
    }
    return place;
}

void rhythm_start(struct rhythm_set *set, uint64_t key, uint64_t now_s, bool opened,
                  uint64_t age_s) {
    struct rhythm_channel *channel = (struct rhythm_channel *)rhythm_find(set, key);
    if (!channel) {
        uint64_t late = age_s / RHYTHM_LATE_S;
        *place_for_new(set, now_s) = (struct rhythm_channel){
            .key = key,
            .last_s = (uint32_t)now_s,
            .opened = opened,
            .late = late < UINT8_MAX ? (uint8_t)late : UINT8_MAX,
        };
        return;
    }
    if (!opened)
        channel->opened = 0;
    else if (channel->opened < UINT8_MAX)
        channel->opened++;
    /* Modulo 2^32 a step back in time looks like a gap of decades: begin anew from there. */
    uint32_t gap_s = (uint32_t)now_s - channel->last_s;
    if (gap_s > 0 && gap_s <= INT32_MAX)
        learn_gap(channel, gap_s);
    channel->last_s = (uint32_t)now_s;
}

const struct rhythm_channel *rhythm_find(const struct rhythm_set *set, uint64_t key) {
    for (unsigned i = 0; i < RHYTHM_CHANNELS; i++)
        if (set->channels[i].key == key)
            return &set->channels[i];
    return 0;
}

double rhythm_overdue(const struct rhythm_channel *channel, uint64_t now_s) {
    uint32_t silence_s = (uint32_t)now_s - channel->last_s;
    if (channel->gaps < GAPS_NEEDED || silence_s == 0 || silence_s > INT32_MAX)
        return 0;
    struct ewma log_gap = {channel->mean, channel->variance, channel->gaps};
    double z = ewma_z(&log_gap, log(silence_s), SD_FLOOR);
    return combine_a_of_p(0.5 * erfc(z * 0.70710678118654752440));
}

double rhythm_variation(const struct rhythm_channel *channel) {
    if (channel->gaps < GAPS_NEEDED)
        return UNKNOWN_VARIATION;
    return sqrt(expm1((double)channel->variance));
}
