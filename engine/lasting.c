#include "engine/lasting.h"

#include "engine/beacon.h"
#include "engine/invariant.h"

#include <math.h>

enum { GUESSES = 18, TCP = 6 };
static const double guess_gap_s = 30;
static const double alarming = 1.3;

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
        if (!channel || channel->gaps < GUESSES ||
            exp((double)channel->mean) > guess_gap_s || !known ||
            !novelty_is_young(known, observation->end_s))
            continue;
        *evidence = (struct evidence){
            .kind = EVIDENCE_PASSWORD_GUESSING,
            .points = (float)alarming,
            .observed = channel->gaps,
            .expected = GUESSES,
            .peer = subject->ip,
            .protocol = subject->protocol,
            .port = subject->port,
        };
        return true;
    }
    return false;
}

unsigned lasting_find(const struct cohorts *cohorts, const struct device *device,
                      const struct window *window,
                      const struct baseline_observation *observation,
                      struct evidence found[LASTING_MAX]) {
    const struct baseline *baseline = &device->baseline;
    unsigned n = 0;
    if (beacon_find(cohorts, device, window, observation, &found[n]))
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
