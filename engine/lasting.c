#include "engine/lasting.h"

#include "engine/invariant.h"

#include <math.h>

/* A program that asks its master for orders opens sessions one after the other, by a timer.
   Benign devices keep theirs open, or are irregular: the most that one opened to one service
   outside in ten minutes was 8, with gaps that spread by a factor of two; command channels,
   some 270 and 1.07. A slow one may be any honest poll, so before the device has a past
   that it is new to, it is worth less than an alarm. */
enum { FAST_GAPS = 18, SLOW_GAPS = 12, PAST_H = 1, TCP = 6 };
static const double guess_gap_s = 30, fast_gap_s = 15, slow_gap_s = 300,
                    slow_spread = 0.35;
static const double alarming = 1.3, visible = 0.9;

static double beacon_points(const struct baseline *baseline,
                            const struct rhythm_channel *channel,
                            const struct novelty_key *known) {
    double gap_s = exp((double)channel->mean);
    double spread = sqrt((double)channel->variance);
    if (spread > slow_spread)
        return 0;
    if (channel->gaps >= FAST_GAPS && gap_s <= fast_gap_s)
        return alarming;
    if (channel->gaps < SLOW_GAPS || gap_s > slow_gap_s)
        return 0;
    uint16_t age_h = (uint16_t)(known->first_h - baseline->first_s / 3600);
    return age_h > PAST_H ? alarming : visible;
}

static bool find_beacon(const struct baseline *baseline, const struct window *window,
                        const struct baseline_observation *observation,
                        struct evidence *evidence) {
    double most = 0;
    for (unsigned i = 0; i < observation->key_count; i++) {
        const struct baseline_key *k = &observation->keys[i];
        const struct window_subject *subject = &window->subjects[i];
        if (k->kind != KEY_CHANNEL || !k->started || k->shared || !subject->outside ||
            subject->protocol != TCP || observation->acquaintance[i] == KEY_KNOWN)
            continue;
        const struct rhythm_channel *channel = rhythm_find(&baseline->rhythm, k->key);
        const struct novelty_key *known =
            novelty_find(&baseline->novelty, k->key, k->kind);
        if (!channel || !known || !novelty_is_young(known, observation->end_s))
            continue;
        double points = beacon_points(baseline, channel, known);
        if (points <= most)
            continue;
        most = points;
        *evidence = (struct evidence){
            .kind = EVIDENCE_BEACON,
            .points = (float)points,
            .observed = channel->gaps,
            .expected = (float)exp((double)channel->mean),
            .peer = subject->ip,
            .protocol = subject->protocol,
            .port = subject->port,
        };
    }
    return most > 0;
}

/* Sessions at a neighbour's shell one after the other, by a timer: each minute alone is few
   enough for a person, eighteen in a row are not one. Who does so for a day has reason to. */
static bool find_guessing(const struct baseline *baseline, const struct window *window,
                          const struct baseline_observation *observation,
                          struct evidence *evidence) {
    for (unsigned i = 0; i < observation->key_count; i++) {
        const struct baseline_key *k = &observation->keys[i];
        const struct window_subject *subject = &window->subjects[i];
        if (k->kind != KEY_CHANNEL || !k->started || subject->protocol != TCP ||
            !invariant_is_shell_port(subject->port))
            continue;
        const struct rhythm_channel *channel = rhythm_find(&baseline->rhythm, k->key);
        const struct novelty_key *known =
            novelty_find(&baseline->novelty, k->key, k->kind);
        if (!channel || channel->gaps < FAST_GAPS ||
            exp((double)channel->mean) > guess_gap_s || !known ||
            !novelty_is_young(known, observation->end_s))
            continue;
        *evidence = (struct evidence){
            .kind = EVIDENCE_PASSWORD_GUESSING,
            .points = (float)alarming,
            .observed = channel->gaps,
            .expected = FAST_GAPS,
            .peer = subject->ip,
            .protocol = subject->protocol,
            .port = subject->port,
        };
        return true;
    }
    return false;
}

unsigned lasting_find(const struct baseline *baseline, const struct window *window,
                      const struct baseline_observation *observation,
                      struct evidence found[LASTING_MAX]) {
    unsigned n = 0;
    if (find_beacon(baseline, window, observation, &found[n]))
        n++;
    if (find_guessing(baseline, window, observation, &found[n]))
        n++;
    struct drifting drifting;
    if (drift_now(&baseline->drift, &drifting))
        found[n++] = (struct evidence){
            .kind = EVIDENCE_DRIFT,
            .points = (float)alarming,
            .feature = baseline_context_features[drifting.quantity],
            .observed = (float)drifting.factor,
            .expected = drifting.golden ? 1 : 0,
        };
    return n;
}
