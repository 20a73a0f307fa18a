#include "engine/beacon.h"

#include <math.h>

/* Benign devices keep their sessions open, or are irregular: the most that one opened to one
   service outside in ten minutes was 8, with gaps that spread by a factor of two; command
   channels, some 270 and 1.07. */
enum { FAST_GAPS = 18, SLOW_GAPS = 12, TCP = 6 };
static const double fast_gap_s = 15, slow_gap_s = 300, slowest_gap_s = 600,
                    slow_spread = 0.35, past_s = 7200;
static const double alarming = 1.3, visible = 0.9, least_visible = 0.3;
/* Evidence fades; until the next call an alarm is to stay one. */
static const double fading_s = 900;

/* Decades: an honest poll of its own is some hundred times as frequent as an infection, but
   asked about once in a device's life; so ten times as likely is enough to ask. */
static const double enough = 0.8;
/* Makers change their servers, and so give them names. */
static const double nameless = 1.0;
static const double odd_port = 0.3, odd_certificate = 0.3, odd_repute = 0.6;
/* Orders are asked for once a minute or oftener; news, each few minutes or hours. */
static const double usual_gap_s = 60, quick_weight = 1, slow_weight = 0.5,
                    quick_most = 0.6, slow_least = -0.4;
/* Each of its kind that does without, up to what is surprising of it at all. */
static const double by_companion = 0.45;
/* Before so much it was not there, while the device was. */
static const double late_gaps = 5, late_least_s = 600;
/* Who polls several polls for a living. */
static const double by_habit = 0.5;

static bool is_regular(const struct rhythm_channel *channel) {
    return sqrt((double)channel->variance) <= slow_spread;
}

/* −log10 of how often what such a device has is its own, by those channels that it has alone
   or with its kind (Krichevsky and Trofimov); what everybody has says nothing. */
static double surprise_of_own(const struct cohorts *cohorts,
                              const struct device *device) {
    const struct novelty_set *novelty = &device->baseline.novelty;
    unsigned own = 0, common = 0;
    for (unsigned i = 0; i < NOVELTY_KEYS; i++) {
        const struct novelty_key *k = &novelty->keys[i];
        if (!k->key || k->kind != KEY_CHANNEL)
            continue;
        own += !cohort_shares(cohorts, k->key, device->group);
        common += cohort_is_kin(cohorts, k->key, device->group);
    }
    double others = own > 0 ? own - 1 : 0; /* but for this one */
    return -log10((others + 0.5) / (others + common + 1));
}

static double doubt_by_company(const struct cohorts *cohorts,
                               const struct device *device, uint64_t now_s) {
    double most = by_companion * cohort_companions(cohorts, device, now_s);
    return most > 0 ? fmin(most, surprise_of_own(cohorts, device)) : 0;
}

/* How long the device did without before. Both that remember it may have been crowded out. */
static double late_s(const struct baseline *baseline,
                     const struct rhythm_channel *channel,
                     const struct novelty_key *known) {
    uint16_t first_h = (uint16_t)(known->first_h - baseline->first_s / 3600);
    return fmin(channel->late * (double)RHYTHM_LATE_S, first_h * 3600.0 + 3600);
}

/* Who meets somebody new all the time has met one more. */
static double doubt_by_past(const struct baseline *baseline, double late,
                            double gap_s) {
    return late >= fmax(late_least_s, late_gaps * gap_s)
               ? -log10(novelty_p(&baseline->novelty, KEY_PEER, 0, 0))
               : 0;
}

static double doubt_by_habits(const struct cohorts *cohorts,
                              const struct device *device,
                              const struct rhythm_channel *channel) {
    unsigned others = 0;
    for (unsigned i = 0; i < RHYTHM_CHANNELS; i++) {
        const struct rhythm_channel *other = &device->baseline.rhythm.channels[i];
        others += other != channel && other->key && other->opened >= SLOW_GAPS &&
                  is_regular(other) &&
                  !cohort_shares(cohorts, other->key, device->group);
    }
    return others > 1 ? -by_habit * (others - 1) : 0;
}

static double doubt_by_pace(double gap_s) {
    double faster = log10(usual_gap_s / gap_s);
    return faster > 0 ? fmin(quick_weight * faster, quick_most)
                      : fmax(slow_weight * faster, slow_least);
}

static double doubt_by_looks(const struct window_subject *subject) {
    return (subject->named ? 0 : nameless) +
           (subject->oddities & ODD_PORT ? odd_port : 0) +
           (subject->oddities & ODD_CERTIFICATE ? odd_certificate : 0) +
           (subject->oddities & ODD_REPUTE ? odd_repute : 0);
}

static double points_of(const struct cohorts *cohorts, const struct device *device,
                        const struct window_subject *subject,
                        const struct rhythm_channel *channel,
                        const struct novelty_key *known, uint64_t now_s) {
    const struct baseline *baseline = &device->baseline;
    double gap_s = exp((double)channel->mean);
    if (!is_regular(channel))
        return 0;
    if (channel->gaps >= FAST_GAPS && gap_s <= fast_gap_s)
        return alarming;
    if (channel->gaps < SLOW_GAPS || gap_s > slowest_gap_s)
        return 0;
    double lasting = alarming * exp2(gap_s / fading_s);
    double late = late_s(baseline, channel, known);
    if (late >= past_s && gap_s <= slow_gap_s)
        return lasting;
    /* What carries nothing brings no orders; what was not seen to open may be one long
       session that rests between its words. */
    double doubt = 0;
    if (subject->asked && subject->answered && channel->opened >= SLOW_GAPS)
        doubt = doubt_by_pace(gap_s) + doubt_by_looks(subject) +
                doubt_by_habits(cohorts, device, channel) +
                doubt_by_company(cohorts, device, now_s) +
                doubt_by_past(baseline, late, gap_s);
    if (doubt >= enough)
        return lasting;
    double share = fmin(fmax(doubt / enough, 0), 1);
    return gap_s <= slow_gap_s ? least_visible + (visible - least_visible) * share : 0;
}

bool beacon_find(const struct cohorts *cohorts, const struct device *device,
                 const struct window *window,
                 const struct baseline_observation *observation,
                 struct evidence *evidence) {
    const struct baseline *baseline = &device->baseline;
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
        double points =
            points_of(cohorts, device, subject, channel, known, observation->end_s);
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
