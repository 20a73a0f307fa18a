#include "engine/program/tally.h"

#include "engine/program/timeline.h"

#include <ctype.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Around an event: its first signs may be seen a window earlier, the window in which it
   ends closes up to 10 s later, anomaly fades for a minute, risk for a quarter of an hour. */
static const double before_s = 10, window_s = 10, fading_anomaly_s = 60,
                    fading_risk_s = 900;

static bool series_add(struct series *series, double time_s, double value,
                       enum family family) {
    if (series->count == series->room) {
        size_t room = series->room ? 2 * series->room : 64;
        void *samples = realloc(series->samples, room * sizeof *series->samples);
        if (!samples)
            return false;
        series->samples = samples;
        series->room = room;
    }
    series->samples[series->count++] = (struct sample){time_s, value, family};
    return true;
}

static int compare(double a, double b) {
    return (a > b) - (a < b);
}

static int by_time_and_value(const void *a, const void *b) {
    const struct sample *left = a, *right = b;
    int order = compare(left->time_s, right->time_s);
    return order ? order : compare(left->value, right->value);
}

static int by_value(const void *a, const void *b) {
    const struct sample *left = a, *right = b;
    return compare(left->value, right->value);
}

static void series_sort(struct series *series,
                        int (*order)(const void *, const void *)) {
    if (series->count > 1)
        qsort(series->samples, series->count, sizeof *series->samples, order);
}

static int by_id(const void *a, const void *b) {
    const struct tally_device *left = a, *right = b;
    return strcmp(left->id, right->id);
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Whose anomaly counts: the devices that an event names, or all, if one names none. */
static bool gather_named(struct tally *tally) {
    const struct labels *labels = tally->labels;
    if (labels->network)
        return true;
    for (size_t i = 0; i < labels->event_count; i++)
        if (!labels->events[i].benign && labels->events[i].device_count == 0)
            return true;
    for (size_t i = 0; i < labels->event_count; i++)
        for (size_t d = 0;
             !labels->events[i].benign && d < labels->events[i].device_count; d++)
            if (!tsearch(labels->events[i].devices[d], &tally->named, by_text))
                return false;
    return true;
}

struct tally *tally_create(const struct labels *labels) {
    struct tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        return NULL;
    tally->labels = labels;
    if (!spans_init(&tally->cover, labels->event_count) ||
        !spans_init(&tally->traps, labels->event_count) || !gather_named(tally)) {
        tally_destroy(tally);
        return NULL;
    }
    for (size_t i = 0; i < labels->event_count; i++) {
        const struct label *event = &labels->events[i];
        if (event->benign)
            spans_add(&tally->traps, event->start_s, event->end_s + window_s);
        else
            spans_add(&tally->cover, event->start_s - before_s,
                      event->end_s + fading_risk_s);
    }
    spans_merge(&tally->cover);
    spans_merge(&tally->traps);
    return tally;
}

static void keep_text(void *text) {
    (void)text;
}

void tally_destroy(struct tally *tally) {
    if (!tally)
        return;
    tdestroy(tally->ids, keep_text);
    tdestroy(tally->named, keep_text);
    for (size_t i = 0; i < tally->device_count; i++) {
        free(tally->devices[i]->series[TALLY_RISK].samples);
        free(tally->devices[i]->series[TALLY_ANOMALY].samples);
        free(tally->devices[i]);
    }
    free(tally->devices);
    free(tally->worst.samples);
    free(tally->hot.samples);
    free(tally->quiet.samples);
    spans_free(&tally->cover);
    spans_free(&tally->traps);
    free(tally);
}

static void set_id(struct tally_device *device, const char *id) {
    size_t i = 0;
    for (; id[i] && i < sizeof device->id - 1; i++)
        device->id[i] = (char)tolower((unsigned char)id[i]);
    device->id[i] = '\0';
}

const struct tally_device *tally_find(const struct tally *tally, const char *id) {
    struct tally_device wanted;
    set_id(&wanted, id);
    struct tally_device *const *found = tfind(&wanted, &tally->ids, by_id);
    return found ? *found : NULL;
}

static struct tally_device *get_device(struct tally *tally, const char *id,
                                       double now_s) {
    struct tally_device *known = (struct tally_device *)tally_find(tally, id);
    if (known)
        return known;
    if (tally->device_count == tally->device_room) {
        size_t room = tally->device_room ? 2 * tally->device_room : 64;
        void *devices = realloc(tally->devices, room * sizeof(struct tally_device *));
        if (!devices)
            return NULL;
        tally->devices = devices;
        tally->device_room = room;
    }
    struct tally_device *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    set_id(made, id);
    made->first_s = now_s;
    if (!tsearch(made, &tally->ids, by_id)) {
        free(made);
        return NULL;
    }
    return tally->devices[tally->device_count++] = made;
}

static double as_printed(double score) {
    char text[TIMELINE_NUMBER_BYTES];
    timeline_print_score(score, text);
    return strtod(text, NULL);
}

static bool take_worst(struct tally *tally, const char *id, double time_s,
                       double anomaly) {
    struct series *worst = &tally->worst;
    if (tally->named && !tfind(id, &tally->named, by_text))
        return true;
    /* Windows come nearly in order: one sample for all devices of the same window. */
    if (worst->count && worst->samples[worst->count - 1].time_s == time_s) {
        struct sample *last = &worst->samples[worst->count - 1];
        last->value = fmax(last->value, anomaly);
        return true;
    }
    return series_add(worst, time_s, anomaly, FAMILY_INVARIANT);
}

static void take_window(void *context, const struct window_row *row) {
    struct tally *tally = context;
    double time_s = (double)row->end_s, anomaly = as_printed(row->anomaly);
    if (time_s < tally->labels->evaluate_from_s)
        return;
    struct tally_device *device = get_device(tally, row->device, time_s);
    if (!device ||
        !series_add(&device->series[TALLY_RISK], time_s, as_printed(row->risk),
                    row->top_family) ||
        !series_add(&device->series[TALLY_ANOMALY], time_s, anomaly, row->top_family) ||
        (row->packets > 0 && !take_worst(tally, device->id, time_s, anomaly))) {
        tally->out_of_memory = true;
        return;
    }
    device->first_s = fmin(device->first_s, time_s);
    tally->last_s = fmax(tally->last_s, time_s);
}

struct engine_sink tally_sink(struct tally *tally) {
    return (struct engine_sink){.context = tally, .window = take_window};
}

/* Spans of all events that are none of the traps, wider at the end by `after_s`. */
static bool event_spans(const struct labels *labels, double earlier_s, double after_s,
                        struct spans *spans) {
    if (!spans_init(spans, labels->event_count))
        return false;
    for (size_t i = 0; i < labels->event_count; i++)
        if (!labels->events[i].benign)
            spans_add(spans, labels->events[i].start_s - earlier_s,
                      labels->events[i].end_s + after_s);
    spans_merge(spans);
    return true;
}

/* Who did it is not known on the network's level, so what fades there is quiet already. */
static bool part_windows(struct tally *tally) {
    struct series *worst = &tally->worst;
    struct spans hot, warm = {0};
    bool parted = event_spans(tally->labels, 0, window_s, &hot) &&
                  event_spans(tally->labels, before_s, fading_anomaly_s, &warm);
    series_sort(worst, by_time_and_value);
    for (size_t i = 0; parted && i < worst->count; i++) {
        struct sample sample = worst->samples[i];
        if (i + 1 < worst->count && worst->samples[i + 1].time_s == sample.time_s)
            continue; /* the next one is worse */
        if (spans_hold(&hot, sample.time_s))
            parted =
                series_add(&tally->hot, sample.time_s, sample.value, sample.family);
        else if (tally->labels->network || !spans_hold(&warm, sample.time_s))
            parted =
                series_add(&tally->quiet, sample.time_s, sample.value, sample.family);
    }
    spans_free(&hot);
    spans_free(&warm);
    series_sort(&tally->hot, by_value);
    series_sort(&tally->quiet, by_value);
    return parted;
}

bool tally_close(struct tally *tally) {
    double quiet_s = 0;
    for (size_t i = 0; i < tally->device_count; i++) {
        struct tally_device *device = tally->devices[i];
        double first_s = device->first_s, last_s = tally->last_s;
        for (int measure = 0; measure < TALLY_MEASURES; measure++)
            series_sort(&device->series[measure], by_time_and_value);
        quiet_s +=
            fmax(0, last_s - first_s - spans_overlap(&tally->cover, first_s, last_s));
    }
    tally->quiet_days = quiet_s / 86400;
    return part_windows(tally) && !tally->out_of_memory;
}
