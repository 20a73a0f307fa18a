#include "engine/program/jury.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double hold_s = 900, alarm_again_s = 86400, grace_s = 60, window_s = 10;
static const double least_quiet_days = 0.02;

/* One event of one capture. */
struct charge {
    const struct tally *tally;
    const struct label *event;
};

struct jury {
    const struct tally **tallies;
    size_t count;
    struct charge *charges; /* by what, then start */
    size_t charge_count;
    double *times; /* room for a time to detect of each */
    double
        *candidates[TALLY_MEASURES]; /* thresholds worth trying: the distinct values */
    size_t candidate_count[TALLY_MEASURES];
};

double jury_round(double number, int decimals) {
    char text[64];
    snprintf(text, sizeof text, "%.*f", decimals, number);
    return isfinite(number) ? strtod(text, NULL) : number;
}

/* --- putting it together --- */

static int by_number(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static int by_what(const void *a, const void *b) {
    const struct charge *left = a, *right = b;
    int order = strcmp(left->event->what, right->event->what);
    if (order)
        return order;
    return (left->event->start_s > right->event->start_s) -
           (left->event->start_s < right->event->start_s);
}

static bool gather_charges(struct jury *jury) {
    size_t room = 1;
    for (size_t t = 0; t < jury->count; t++)
        room += jury->tallies[t]->labels->event_count;
    jury->charges = calloc(room, sizeof *jury->charges);
    jury->times = calloc(room, sizeof *jury->times);
    if (!jury->charges || !jury->times)
        return false;
    for (size_t t = 0; t < jury->count; t++) {
        const struct labels *labels = jury->tallies[t]->labels;
        for (size_t i = 0; i < labels->event_count; i++)
            if (!labels->events[i].benign)
                jury->charges[jury->charge_count++] =
                    (struct charge){jury->tallies[t], &labels->events[i]};
    }
    qsort(jury->charges, jury->charge_count, sizeof *jury->charges, by_what);
    return true;
}

static bool gather_candidates(struct jury *jury, enum tally_measure measure) {
    size_t room = 1, count = 0, distinct = 0;
    for (size_t t = 0; t < jury->count; t++)
        for (size_t d = 0; d < jury->tallies[t]->device_count; d++)
            room += jury->tallies[t]->devices[d]->series[measure].count;
    double *values = calloc(room, sizeof *values);
    if (!values)
        return false;
    for (size_t t = 0; t < jury->count; t++)
        for (size_t d = 0; d < jury->tallies[t]->device_count; d++) {
            const struct series *series =
                &jury->tallies[t]->devices[d]->series[measure];
            for (size_t i = 0; i < series->count; i++)
                if (series->samples[i].value > 0)
                    values[count++] = series->samples[i].value;
        }
    qsort(values, count, sizeof *values, by_number);
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || values[i] > values[distinct - 1])
            values[distinct++] = values[i];
    jury->candidates[measure] = values;
    jury->candidate_count[measure] = distinct;
    return true;
}

struct jury *jury_create(const struct tally *const *tallies, size_t count) {
    struct jury *jury = calloc(1, sizeof *jury);
    if (!jury)
        return NULL;
    jury->tallies = calloc(count + 1, sizeof(struct tally *));
    for (; jury->tallies && jury->count < count; jury->count++)
        jury->tallies[jury->count] = tallies[jury->count];
    if (jury->tallies && gather_charges(jury) && gather_candidates(jury, TALLY_RISK) &&
        gather_candidates(jury, TALLY_ANOMALY))
        return jury;
    jury_destroy(jury);
    return NULL;
}

void jury_destroy(struct jury *jury) {
    if (!jury)
        return;
    free(jury->tallies);
    free(jury->charges);
    free(jury->times);
    free(jury->candidates[TALLY_RISK]);
    free(jury->candidates[TALLY_ANOMALY]);
    free(jury);
}

/* --- ranks --- */

/* Pairs of a hot and a quiet value of which the hot one is larger; ties are half a pair. */
static double count_wins(const struct series *hot, const struct series *quiet) {
    double wins = 0;
    size_t below = 0, upto = 0;
    for (size_t i = 0; i < hot->count; i++) {
        double value = hot->samples[i].value;
        while (below < quiet->count && quiet->samples[below].value < value)
            below++;
        while (upto < quiet->count && quiet->samples[upto].value <= value)
            upto++;
        wins += (double)(below + upto) / 2;
    }
    return wins;
}

/* The area under the curve is the share of pairs that are won (Mann and Whitney, 1947). */
static double rank_auc(const struct jury *jury) {
    double wins = 0, hot = 0, quiet = 0;
    for (size_t t = 0; t < jury->count; t++) {
        hot += (double)jury->tallies[t]->hot.count;
        quiet += (double)jury->tallies[t]->quiet.count;
        for (size_t u = 0; u < jury->count; u++)
            wins += count_wins(&jury->tallies[t]->hot, &jury->tallies[u]->quiet);
    }
    return hot > 0 && quiet > 0 ? wins / (hot * quiet) : NAN;
}

static double worst_quiet(const struct tally *tally) {
    double worst = 0;
    for (size_t d = 0; d < tally->device_count; d++) {
        const struct series *series = &tally->devices[d]->series[TALLY_RISK];
        for (size_t i = 0; i < series->count; i++)
            if (series->samples[i].value > worst &&
                !spans_hold(&tally->cover, series->samples[i].time_s))
                worst = series->samples[i].value;
    }
    return worst;
}

static double quiet_days(const struct jury *jury) {
    double days = 0;
    for (size_t t = 0; t < jury->count; t++)
        days += jury->tallies[t]->quiet_days;
    return days;
}

struct jury_overview jury_overview(const struct jury *jury) {
    struct jury_overview overview = {
        .events = jury->charge_count,
        .quiet_days = jury_round(quiet_days(jury), 3),
        .auc = jury_round(rank_auc(jury), 4),
    };
    for (size_t t = 0; t < jury->count; t++) {
        const struct tally *tally = jury->tallies[t];
        overview.devices += tally->device_count;
        overview.windows += tally->hot.count + tally->quiet.count;
        overview.traps += tally->labels->event_count;
        overview.worst_quiet = fmax(overview.worst_quiet, worst_quiet(tally));
    }
    overview.traps -= jury->charge_count;
    return overview;
}

/* --- alarms and detections --- */

static void count_alarms(const struct tally *tally, const struct series *series,
                         struct jury_verdict *verdict) {
    const struct sample *alarm = NULL, *up = NULL;
    for (size_t i = 0; i < series->count; i++) {
        const struct sample *now = &series->samples[i];
        if (now->value < verdict->threshold)
            continue;
        if (!alarm || now->time_s - up->time_s > hold_s ||
            now->time_s - alarm->time_s >= alarm_again_s) {
            bool is_false = !spans_hold(&tally->cover, now->time_s);
            verdict->false_alarms += is_false;
            verdict->trapped += is_false && spans_hold(&tally->traps, now->time_s);
            alarm = now;
        }
        up = now;
    }
}

struct detection {
    double ttd_s; /* NAN: none */
    enum family family;
};

/* From the event's start until the series reaches the threshold. */
static struct detection time_to_reach(const struct series *series,
                                      const struct label *event, double threshold) {
    size_t low = 0, high = series->count;
    while (low < high) { /* the first sample from the start on */
        size_t middle = low + (high - low) / 2;
        if (series->samples[middle].time_s < event->start_s)
            low = middle + 1;
        else
            high = middle;
    }
    const struct sample *before = low > 0 ? &series->samples[low - 1] : NULL;
    if (before && before->value >= threshold &&
        event->start_s - before->time_s <= window_s)
        return (struct detection){0, before->family};
    for (size_t i = low;
         i < series->count && series->samples[i].time_s <= event->end_s + grace_s; i++)
        if (series->samples[i].value >= threshold)
            return (struct detection){series->samples[i].time_s - event->start_s,
                                      series->samples[i].family};
    return (struct detection){NAN, FAMILY_INVARIANT};
}

static struct detection sooner(struct detection a, struct detection b) {
    return isnan(a.ttd_s) || b.ttd_s < a.ttd_s ? b : a;
}

/* By the first device that noticed. */
static struct detection find_detection(const struct charge *charge,
                                       enum tally_measure measure, double threshold) {
    const struct label *event = charge->event;
    const struct tally *tally = charge->tally;
    struct detection first = {NAN, FAMILY_INVARIANT};
    for (size_t d = 0; d < event->device_count; d++) {
        const struct tally_device *device = tally_find(tally, event->devices[d]);
        if (device)
            first = sooner(first,
                           time_to_reach(&device->series[measure], event, threshold));
    }
    for (size_t d = 0; event->device_count == 0 && d < tally->device_count; d++)
        first = sooner(first, time_to_reach(&tally->devices[d]->series[measure], event,
                                            threshold));
    return first;
}

/* Sorts. */
static double median(double *values, size_t count) {
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof *values, by_number);
    return count % 2 ? values[count / 2]
                     : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Times to detect of the charges first … upto - 1, into jury->times; returns how many of them
   were detected, and counts by which family. */
static size_t detect(const struct jury *jury, enum tally_measure measure,
                     double threshold, size_t first, size_t upto,
                     size_t by[FAMILY_COUNT]) {
    size_t detected = 0;
    for (size_t i = first; i < upto; i++) {
        struct detection d = find_detection(&jury->charges[i], measure, threshold);
        if (isnan(d.ttd_s))
            continue;
        jury->times[detected++] = d.ttd_s;
        by[d.family]++;
    }
    return detected;
}

static struct jury_verdict judge_alarms(const struct jury *jury,
                                        enum tally_measure measure, double threshold) {
    struct jury_verdict verdict = {.threshold = threshold};
    for (size_t t = 0; t < jury->count; t++)
        for (size_t d = 0; d < jury->tallies[t]->device_count; d++)
            count_alarms(jury->tallies[t],
                         &jury->tallies[t]->devices[d]->series[measure], &verdict);
    double days = quiet_days(jury);
    verdict.false_alarms_day =
        days > 0 ? jury_round(verdict.false_alarms / days, 3) : NAN;
    return verdict;
}

struct jury_verdict jury_judge(const struct jury *jury, enum tally_measure measure,
                               double threshold) {
    struct jury_verdict verdict = judge_alarms(jury, measure, threshold);
    size_t events = jury->charge_count;
    size_t by[FAMILY_COUNT] = {0};
    size_t detected = detect(jury, measure, threshold, 0, events, by);
    verdict.detected = (double)detected;
    verdict.recall = events ? jury_round(verdict.detected / (double)events, 4) : NAN;
    verdict.ttd_s = jury_round(median(jury->times, detected), 1);
    return verdict;
}

struct jury_verdict jury_judge_budget(const struct jury *jury,
                                      enum tally_measure measure,
                                      double false_alarms_day) {
    const struct jury_verdict nothing = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (quiet_days(jury) < least_quiet_days)
        return nothing;
    /* False alarms fall, nearly monotonically, with the threshold. */
    size_t low = 0, high = jury->candidate_count[measure], best = high;
    while (low < high) {
        size_t middle = (low + high - 1) / 2;
        double threshold = jury->candidates[measure][middle];
        if (judge_alarms(jury, measure, threshold).false_alarms_day <= false_alarms_day)
            best = high = middle;
        else
            low = middle + 1;
    }
    if (best < jury->candidate_count[measure])
        return jury_judge(jury, measure, jury->candidates[measure][best]);

    struct jury_verdict silent = nothing; /* only silence keeps it */
    silent.detected = silent.false_alarms = silent.false_alarms_day = 0;
    silent.recall = jury->charge_count ? 0 : NAN;
    return silent;
}

size_t jury_kinds(const struct jury *jury, enum tally_measure measure, double threshold,
                  struct jury_kind *kinds, size_t size) {
    size_t count = 0, upto;
    for (size_t first = 0; first < jury->charge_count; first = upto, count++) {
        const char *what = jury->charges[first].event->what;
        for (upto = first; upto < jury->charge_count; upto++)
            if (strcmp(jury->charges[upto].event->what, what) != 0)
                break;
        if (count >= size)
            continue;
        struct jury_kind *kind = &kinds[count];
        *kind = (struct jury_kind){.what = what, .events = upto - first};
        kind->detected = detect(jury, measure, threshold, first, upto, kind->by);
        kind->ttd_s = jury_round(median(jury->times, kind->detected), 1);
    }
    return count;
}
