#include "engine/portrait.h"

#include "engine/device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;
static const double regular = 0.5; /* a larger variation is no beat */

_Static_assert((int)FEATURE_VOLUME_COUNT <= PORTRAIT_FEATURES, "all features fit");
_Static_assert((int)BASELINE_SIZE_BINS == PORTRAIT_SIZES, "all bins fit");
_Static_assert((int)RHYTHM_CHANNELS <= PORTRAIT_BEATS, "all channels fit");

const char *portrait_size_name(unsigned bin) {
    static const char *const names[PORTRAIT_SIZES] = {
        "to 64",   "65–128",   "129–256",   "257–512",
        "513–768", "769–1024", "1025–1280", "over 1280"};
    return names[bin];
}

static void take_features(struct portrait *portrait, const struct baseline *baseline) {
    for (unsigned f = 0; f < FEATURE_VOLUME_COUNT; f++) {
        double mean = (double)baseline->slow.mean[f];
        double sd = sqrt((double)baseline->slow.variance[f]);
        portrait->features[f].name = baseline_feature_name((enum baseline_feature)f);
        portrait->features[f].mean = expm1(mean);
        portrait->features[f].low = expm1(fmax(0, mean - 2 * sd));
        portrait->features[f].high = expm1(mean + 2 * sd);
    }
    portrait->feature_count = baseline->windows > 0 ? FEATURE_VOLUME_COUNT : 0;
}

static void take_sizes(struct portrait *portrait, const struct baseline *baseline) {
    for (unsigned way = 0; way < 2; way++) {
        double sum = 0;
        for (unsigned i = 0; i < PORTRAIT_SIZES; i++)
            sum += baseline->sizes[way][i];
        for (unsigned i = 0; i < PORTRAIT_SIZES; i++)
            portrait->sizes[way][i] = sum > 0 ? baseline->sizes[way][i] / sum : 0;
    }
}

/* The context counts hours from the epoch, a Thursday. */
static void take_week(struct portrait *portrait, const struct baseline *baseline) {
    const struct context *context = &baseline->context;
    double overall = (double)baseline->slow.mean[baseline_context_features[0]];
    for (unsigned day = 0; day < PORTRAIT_DAYS; day++)
        for (unsigned hour = 0; hour < PORTRAIT_HOURS; hour++) {
            unsigned bit = (day + 4) % PORTRAIT_DAYS * PORTRAIT_HOURS + hour;
            /* A window belongs to the hour that it ends with. */
            uint64_t at_s = (uint64_t)bit * 3600 + 3600;
            if (context->active[bit / 8] >> (bit % 8) & 1)
                portrait->week[day][hour] =
                    expm1(context_mean(context, at_s, 0, overall));
        }
    portrait->days = context->days;
}

static void take_kinds(struct portrait *portrait, const struct novelty_set *set,
                       uint64_t now_s) {
    static const char *const names[PORTRAIT_KINDS] = {[KEY_PEER] = "peers",
                                                      [KEY_SERVICE] = "services",
                                                      [KEY_PROTOCOL] = "protocols",
                                                      [KEY_OPERATION] = "operations",
                                                      [KEY_CHANNEL] =
                                                          "peers by service"};
    for (unsigned kind = 0; kind < PORTRAIT_KINDS; kind++)
        portrait->kinds[kind].name = names[kind];
    for (unsigned i = 0; i < NOVELTY_KEYS; i++) {
        const struct novelty_key *key = &set->keys[i];
        if (!key->key || key->kind >= PORTRAIT_KINDS)
            continue;
        portrait->kinds[key->kind].known++;
        portrait->kinds[key->kind].young += novelty_is_young(key, now_s);
    }
}

static int by_gap(const void *left, const void *right) {
    const double *a = left, *b = right; /* gap_s is the first member */
    return (*a > *b) - (*a < *b);
}

static void take_beats(struct portrait *portrait, const struct rhythm_set *set) {
    for (unsigned i = 0; i < RHYTHM_CHANNELS; i++) {
        const struct rhythm_channel *channel = &set->channels[i];
        double variation = channel->key ? rhythm_variation(channel) : regular + 1;
        if (variation > regular)
            continue;
        unsigned at = portrait->beat_count++;
        portrait->beats[at].gap_s = exp((double)channel->mean);
        portrait->beats[at].variation = variation;
        portrait->beats[at].last_ns = channel->last_s * second_ns;
    }
    qsort(portrait->beats, portrait->beat_count, sizeof portrait->beats[0], by_gap);
}

void portrait_take(struct portrait *portrait, const struct device *device,
                   uint64_t now_s) {
    const struct baseline *baseline = &device->baseline;
    memset(portrait, 0, sizeof *portrait);
    portrait->windows = (double)baseline->windows;
    portrait->first_ns = baseline->first_s * second_ns;
    portrait->last_ns = baseline->last_s * second_ns;
    take_features(portrait, baseline);
    take_sizes(portrait, baseline);
    take_week(portrait, baseline);
    take_kinds(portrait, &baseline->novelty, now_s);
    take_beats(portrait, &baseline->rhythm);
}
