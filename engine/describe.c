#include "engine/describe.h"

#include <math.h>

static void describe_novelty(struct evidence *e, const struct open_window *open,
                             int index, unsigned new_keys) {
    static const uint8_t kinds[] = {
        [KEY_PEER] = EVIDENCE_NEW_PEER,
        [KEY_SERVICE] = EVIDENCE_NEW_SERVICE,
        [KEY_PROTOCOL] = EVIDENCE_NEW_PROTOCOL,
        [KEY_OPERATION] = EVIDENCE_NEW_OPERATION,
        [KEY_CHANNEL] = EVIDENCE_NEW_CHANNEL,
    };
    const struct window_subject *subject = &open->window.subjects[index];
    e->kind = kinds[subject->kind];
    e->peer = subject->ip;
    e->mac = subject->mac;
    e->protocol = subject->protocol;
    e->port = subject->port;
    e->observed =
        subject->kind == KEY_OPERATION ? (float)subject->operation : (float)new_keys;
}

/* To whom most of it went. */
static void describe_upload(struct evidence *e, const struct open_window *open,
                            const struct baseline_observation *observation) {
    const struct baseline_key *most = NULL;
    float sent = 0;
    for (unsigned i = 0; i < observation->key_count; i++) {
        const struct baseline_key *k = &observation->keys[i];
        if (k->shared || k->sent <= 0)
            continue;
        sent += k->sent;
        if (!most || k->sent > most->sent)
            most = k;
    }
    e->kind = EVIDENCE_EXFILTRATION;
    e->observed = sent;
    if (most)
        e->peer = open->window.subjects[most - observation->keys].ip;
}

/* The strongest family gives the evidence its name; of two that are nearly as strong, the
   one that tells a person more. */
static const double telling[BASELINE_FAMILIES] = {
    [BASELINE_VOLUME] = 1.1,
    [BASELINE_SHAPE] = 1,
    [BASELINE_NOVELTY] = 1.3,
    [BASELINE_LASTING] = 1.2,
};

bool describe_surprise(struct evidence *e, const struct open_window *open,
                       const struct baseline_observation *observation,
                       const struct baseline_surprise *s) {
    unsigned family = 0;
    for (unsigned i = 1; i < BASELINE_FAMILIES; i++)
        if (telling[i] * s->family[i] > telling[family] * s->family[family])
            family = i;
    if (s->sustained_a > s->family[family]) {
        e->kind = EVIDENCE_SUSTAINED;
        e->observed = (float)s->sustained;
        return true;
    }
    int index = s->strongest[family];
    if (index < 0)
        return false;
    const struct baseline *baseline = &open->device->baseline;
    switch ((enum baseline_family)family) {
    case BASELINE_NOVELTY:
        describe_novelty(e, open, index, s->new_keys);
        return true;
    case BASELINE_VOLUME:
        e->kind = EVIDENCE_VOLUME;
        e->feature = (uint8_t)index;
        e->observed = observation->feature[index];
        e->expected = (float)baseline_usual(baseline, (enum baseline_feature)index);
        return true;
    case BASELINE_SHAPE:
        e->kind = EVIDENCE_SHAPE;
        e->feature = (uint8_t)index;
        e->observed = s->score[index];
        return true;
    case BASELINE_LASTING:
        if (index == FEATURE_YOUNG_BYTES) {
            describe_upload(e, open, observation);
            return true;
        }
        e->kind = EVIDENCE_YOUNG_TRAFFIC;
        e->observed = s->score[FEATURE_YOUNG_KEYS] / 4;
        return true;
    case BASELINE_FAMILIES:
        break;
    }
    return false;
}
