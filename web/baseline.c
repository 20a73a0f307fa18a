#include "web/baseline.h"

#include "engine/inbox.h"
#include "engine/portrait.h"
#include "web/http.h"
#include "web/json.h"
#include "web/lookup.h"
#include "web/service.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* A request that waits for the engine to fill the portrait; freed with the request. */
struct sitting {
    struct pause *pause;
    _Atomic unsigned outcome; /* enum outcome */
    struct portrait portrait;
};

static void note_answer(void *context, unsigned index, enum outcome outcome) {
    struct sitting *sitting = context;
    (void)index;
    atomic_store(&sitting->outcome, (unsigned)outcome);
    http_resume(sitting->pause);
}

static void add_features(struct text *text, const struct portrait *portrait) {
    json_open(text, "features", '[');
    for (unsigned i = 0; i < portrait->feature_count; i++) {
        json_open(text, NULL, '{');
        json_string(text, "name", portrait->features[i].name);
        json_number(text, "mean", portrait->features[i].mean);
        json_number(text, "low", portrait->features[i].low);
        json_number(text, "high", portrait->features[i].high);
        json_close(text, '}');
    }
    json_close(text, ']');
}

static void add_histograms(struct text *text, const struct portrait *portrait) {
    static const char *const names[] = {"sizes of packets sent",
                                        "sizes of packets received"};
    json_open(text, "histograms", '[');
    for (unsigned way = 0; way < 2; way++) {
        json_open(text, NULL, '{');
        json_string(text, "name", names[way]);
        json_open(text, "bins", '[');
        for (unsigned i = 0; i < PORTRAIT_SIZES; i++) {
            json_open(text, NULL, '{');
            json_string(text, "label", portrait_size_name(i));
            json_number(text, "share", portrait->sizes[way][i]);
            json_close(text, '}');
        }
        json_close(text, ']');
        json_close(text, '}');
    }
    json_close(text, ']');
}

static void add_week(struct text *text, const struct portrait *portrait) {
    json_unsigned(text, "days", portrait->days);
    json_open(text, "hours", '[');
    for (unsigned day = 0; day < PORTRAIT_DAYS; day++) {
        json_open(text, NULL, '[');
        for (unsigned hour = 0; hour < PORTRAIT_HOURS; hour++)
            json_number(text, NULL, portrait->week[day][hour]);
        json_close(text, ']');
    }
    json_close(text, ']');
}

static void add_known(struct text *text, const struct portrait *portrait) {
    json_open(text, "known", '[');
    for (unsigned i = 0; i < PORTRAIT_KINDS; i++) {
        json_open(text, NULL, '{');
        json_string(text, "name", portrait->kinds[i].name);
        json_unsigned(text, "count", portrait->kinds[i].known);
        json_unsigned(text, "young", portrait->kinds[i].young);
        json_close(text, '}');
    }
    json_close(text, ']');
    json_open(text, "heartbeats", '[');
    for (unsigned i = 0; i < portrait->beat_count; i++) {
        json_open(text, NULL, '{');
        json_number(text, "period_s", portrait->beats[i].gap_s);
        json_number(text, "variation", portrait->beats[i].variation);
        json_time(text, "last_seen", portrait->beats[i].last_ns);
        json_close(text, '}');
    }
    json_close(text, ']');
}

static void show(const struct sitting *sitting, struct reply *reply) {
    const struct portrait *portrait = &sitting->portrait;
    struct text *text = &reply->body;
    enum outcome outcome = (enum outcome)atomic_load(&sitting->outcome);
    if (outcome != OUTCOME_APPLIED) {
        reply_problem(reply, 503,
                      outcome == OUTCOME_UNKNOWN ? "the device is gone"
                                                 : "the engine does not answer");
        reply_note(reply, "Retry-After", "1");
        return;
    }
    json_open(text, NULL, '{');
    json_number(text, "windows", portrait->windows);
    json_time(text, "first", portrait->first_ns);
    json_time(text, "last", portrait->last_ns);
    add_features(text, portrait);
    add_histograms(text, portrait);
    add_week(text, portrait);
    add_known(text, portrait);
    json_close(text, '}');
}

static void ask(struct service *service, const struct request *request,
                const struct device_view *view, struct reply *reply) {
    struct sitting *sitting = calloc(1, sizeof *sitting);
    struct message message = {.kind = MESSAGE_LOOK,
                              .time_ns = snapshot_status(request->snapshot)->now_ns,
                              .done = note_answer,
                              .context = sitting};
    if (!sitting || !service->options.inbox || !request->pause) {
        reply_problem(reply, 503, "the engine cannot be asked now");
        free(sitting);
        return;
    }
    message.look = &sitting->portrait;
    snprintf(message.device, sizeof message.device, "%s", view->id);
    sitting->pause = request->pause;
    *request->kept = sitting;
    /* First: the answer may be there before the next line is. */
    http_pause(request->pause);
    reply->later = true;
    if (!inbox_put(service->options.inbox, &message, 1))
        note_answer(sitting, 0, OUTCOME_CLOSED);
}

void baseline_show(struct service *service, const struct request *request,
                   struct reply *reply) {
    const struct sitting *sitting = request->kept ? *request->kept : NULL;
    if (sitting) {
        show(sitting, reply);
        return;
    }
    const struct device_view *view =
        lookup_device(request->snapshot, request->identity, reply);
    if (view)
        ask(service, request, view, reply);
}
