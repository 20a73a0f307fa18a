#include "web/overview.h"

#include "web/json.h"
#include "web/view.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 20, CHANGES = 20 };

static const uint64_t hour_ns = UINT64_C(3600) * 1000000000;
static const uint64_t week_ns = 7 * 24 * UINT64_C(3600) * 1000000000;

/* What a device may cost in false alarms (docs/detection.md). */
static const double medium_each_week = 1, high_each_week = 7 / 365.25;

/* --- devices --- */

static void add_distribution(struct text *text, const struct snapshot *snapshot) {
    uint64_t bins[BINS] = {0};
    for (uint32_t i = 0; i < snapshot_device_count(snapshot); i++) {
        unsigned bin = view_score(snapshot_device(snapshot, i)) / (100 / BINS);
        bins[bin < BINS ? bin : BINS - 1]++;
    }
    json_open(text, "distribution", '[');
    for (unsigned i = 0; i < BINS; i++)
        json_unsigned(text, NULL, bins[i]);
    json_close(text, ']');
}

static void add_matrix(struct text *text, const struct snapshot *snapshot) {
    uint64_t counts[LEVEL_UNKNOWN + 1][STATE_STALE + 1] = {{0}};
    for (uint32_t i = 0; i < snapshot_device_count(snapshot); i++) {
        const struct device_view *view = snapshot_device(snapshot, i);
        counts[view->level][view->state]++;
    }
    json_open(text, "matrix", '{');
    for (unsigned level = 0; level <= LEVEL_UNKNOWN; level++) {
        json_open(text, risk_level_name((enum risk_level)level), '{');
        for (unsigned state = 0; state <= STATE_STALE; state++)
            json_unsigned(text, device_state_name((enum device_state)state),
                          counts[level][state]);
        json_close(text, '}');
    }
    json_close(text, '}');
}

/* --- the last hour --- */

struct change {
    const struct device_view *view;
    const char *what; /* "new", "level" or "silent" */
    uint64_t time_ns;
};

/* The one thing to say of a device that changed after `from_ns`, if it did. */
static struct change change_of(const struct device_view *view, uint64_t from_ns) {
    if (view->first_seen_ns >= from_ns)
        return (struct change){view, "new", view->first_seen_ns};
    if (view->since_ns >= from_ns)
        return (struct change){view, "level", view->since_ns};
    if (view->state == STATE_STALE && view->last_seen_ns >= from_ns)
        return (struct change){view, "silent", view->last_seen_ns};
    return (struct change){0};
}

/* Whoever is at risk first, then the latest. */
static bool is_before(const struct change *a, const struct change *b) {
    bool a_risky = a->view->score >= 30, b_risky = b->view->score >= 30;
    return a_risky != b_risky ? a_risky : a->time_ns > b->time_ns;
}

static void add_changes(struct text *text, const struct snapshot *snapshot,
                        uint64_t from_ns) {
    struct change kept[CHANGES];
    unsigned count = 0;
    uint64_t newcomers = 0, total = 0;
    for (uint32_t i = 0; i < snapshot_device_count(snapshot); i++) {
        const struct device_view *view = snapshot_device(snapshot, i);
        struct change change = change_of(view, from_ns);
        if (!change.view)
            continue;
        total++;
        newcomers += view->first_seen_ns >= from_ns;
        unsigned at = count < CHANGES ? count++ : CHANGES;
        for (; at > 0 && is_before(&change, &kept[at - 1]); at--)
            if (at < CHANGES)
                kept[at] = kept[at - 1];
        if (at < CHANGES)
            kept[at] = change;
    }
    json_unsigned(text, "devices_new", newcomers);
    json_unsigned(text, "devices_changed", total);
    json_open(text, "changes", '[');
    for (unsigned i = 0; i < count; i++) {
        const struct device_view *view = kept[i].view;
        json_open(text, NULL, '{');
        json_string(text, "device", view->id);
        json_string(text, "name", view->name);
        json_string(text, "what", kept[i].what);
        json_string(text, "level", risk_level_name(view->level));
        json_unsigned(text, "score", view_score(view));
        json_time(text, "time", kept[i].time_ns);
        json_close(text, '}');
    }
    json_close(text, ']');
}

static void add_hour(struct text *text, const struct snapshot *snapshot,
                     uint64_t now_ns) {
    uint64_t from_ns = now_ns > hour_ns ? now_ns - hour_ns : 0, findings = 0;
    for (uint32_t i = 0; i < snapshot_finding_count(snapshot); i++)
        findings += snapshot_finding(snapshot, i)->time_ns >= from_ns;
    json_open(text, "hour", '{');
    json_unsigned(text, "findings", findings);
    add_changes(text, snapshot, from_ns);
    json_close(text, '}');
}

/* --- the budget --- */

static int by_device_and_time(const void *left, const void *right) {
    const struct finding *a = *(const struct finding *const *)left;
    const struct finding *b = *(const struct finding *const *)right;
    int order = strcmp(a->device, b->device);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* Findings of one device less than an hour apart are one alarm. */
static uint64_t count_alarms(const struct finding *const *findings, size_t count,
                             enum risk_level least) {
    const struct finding *last = NULL;
    uint64_t alarms = 0;
    for (size_t i = 0; i < count; i++) {
        const struct finding *finding = findings[i];
        if (finding->level < least || finding->level == LEVEL_UNKNOWN)
            continue;
        alarms += !last || strcmp(last->device, finding->device) != 0 ||
                  finding->time_ns > last->time_ns + hour_ns;
        last = finding;
    }
    return alarms;
}

static void add_share(struct text *text, const char *name, uint64_t alarms,
                      double budget) {
    json_open(text, name, '{');
    json_unsigned(text, "alarms", alarms);
    json_number(text, "budget", budget);
    json_close(text, '}');
}

/* False if there is no memory. */
static bool add_budget(struct text *text, const struct snapshot *snapshot,
                       const struct engine_status *status) {
    uint64_t from_ns = status->now_ns > week_ns ? status->now_ns - week_ns : 0;
    uint32_t held = snapshot_finding_count(snapshot);
    const struct finding **findings = malloc((held + (size_t)1) * sizeof(void *));
    if (!findings)
        return false;
    size_t count = 0;
    while (count < held &&
           snapshot_finding(snapshot, (uint32_t)count)->time_ns >= from_ns) {
        findings[count] = snapshot_finding(snapshot, (uint32_t)count);
        count++;
    }
    qsort(findings, count, sizeof *findings, by_device_and_time);
    double devices = snapshot_device_count(snapshot);
    json_open(text, "budget", '{');
    json_time(text, "week_from", from_ns);
    /* Of the newest alone that are kept, some of the week may be gone. */
    json_bool(text, "complete", count < held || status->findings_total <= held);
    add_share(text, "medium", count_alarms(findings, count, LEVEL_MEDIUM),
              devices * medium_each_week);
    add_share(text, "high", count_alarms(findings, count, LEVEL_HIGH),
              devices * high_each_week);
    json_close(text, '}');
    free(findings);
    return true;
}

void overview_show(struct service *service, const struct request *request,
                   struct reply *reply) {
    (void)service;
    const struct engine_status *status = snapshot_status(request->snapshot);
    struct text *text = &reply->body;
    json_open(text, NULL, '{');
    json_time(text, "now", status->now_ns);
    add_distribution(text, request->snapshot);
    add_matrix(text, request->snapshot);
    add_hour(text, request->snapshot, status->now_ns);
    if (!add_budget(text, request->snapshot, status)) {
        reply_problem(reply, 500, "out of memory");
        return;
    }
    json_close(text, '}');
    reply->cache_control = "no-cache";
    reply->validated = true;
}
