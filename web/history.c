#include "web/history.h"

#include "web/json.h"
#include "web/lookup.h"
#include "web/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, STEPS_MAX = 2000, STEPS_WANTED = 300, TEXT_BYTES = 64 };
static const uint64_t second_ns = 1000000000;

/* A parameter that is a time; `seconds` stays as it is where it is absent. */
static bool take_time(const struct request *request, struct reply *reply,
                      const char *name, uint64_t *seconds) {
    char text[TEXT_BYTES];
    uint64_t time_ns;
    switch (request_query(request, name, text, sizeof text)) {
    case QUERY_ABSENT:
        return true;
    case QUERY_PRESENT:
        if (request_parse_time(text, &time_ns)) {
            *seconds = time_ns / second_ns;
            return true;
        }
        break;
    case QUERY_BAD:
        break;
    }
    reply_bad_parameter(reply, name,
                        "is an RFC 3339 time, or whole seconds since the epoch");
    return false;
}

/* The first usual step that makes no more points than a chart has room for. */
static uint64_t usual_step(uint64_t span_s) {
    static const uint64_t steps[] = {10,   30,   60,    300,   600,  1800,
                                     3600, 7200, 21600, 43200, DAY_S};
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps && span_s / steps[i] > STEPS_WANTED)
        i++;
    return steps[i];
}

static bool take_step(const struct request *request, struct reply *reply,
                      uint64_t span_s, uint64_t *step_s) {
    char text[TEXT_BYTES];
    enum query_value value = request_query(request, "step", text, sizeof text);
    *step_s = usual_step(span_s);
    if (value != QUERY_ABSENT &&
        (value == QUERY_BAD ||
         !request_parse_unsigned(text, 1, 366 * (uint64_t)DAY_S, step_s))) {
        reply_bad_parameter(reply, "step", "is a whole number of seconds");
        return false;
    }
    if (span_s / *step_s <= STEPS_MAX)
        return true;
    reply_bad_parameter(reply, "step", "makes more than 2000 points");
    return false;
}

static void add_step(void *context, const struct store_step *step) {
    struct text *text = context;
    json_open(text, NULL, '{');
    json_time(text, "time", step->time_s * second_ns);
    json_number(text, "score", step->score);
    json_string(text, "level", risk_level_name(step->level));
    json_number(text, "anomaly", step->anomaly);
    json_close(text, '}');
}

void history_risk(struct service *service, const struct request *request,
                  struct reply *reply) {
    const struct device_view *view =
        lookup_device(request->snapshot, request->identity, reply);
    if (!view)
        return;
    if (!service->reader) {
        reply_problem(reply, 404, "no history is kept: there is no state directory");
        return;
    }
    uint64_t now_s = snapshot_status(request->snapshot)->now_ns / second_ns;
    uint64_t to_s = now_s, from_s, step_s;
    if (!take_time(request, reply, "to", &to_s))
        return;
    from_s = to_s > DAY_S ? to_s - DAY_S : 0;
    if (!take_time(request, reply, "from", &from_s))
        return;
    if (from_s > to_s) {
        reply_bad_parameter(reply, "from", "is after to");
        return;
    }
    if (!take_step(request, reply, to_s - from_s, &step_s))
        return;
    /* Whole steps, none of them wholly in the future. */
    from_s = from_s / step_s * step_s;
    if (to_s > now_s)
        to_s = now_s;
    to_s = to_s / step_s * step_s + step_s;
    struct text *text = &reply->body;
    json_open(text, NULL, '{');
    json_string(text, "device", view->id);
    json_time(text, "from", from_s * second_ns);
    json_time(text, "to", to_s * second_ns);
    json_unsigned(text, "step_s", step_s);
    json_open(text, "points", '[');
    bool good =
        from_s >= to_s || store_reader_history(service->reader, view->id, from_s, to_s,
                                               step_s, add_step, text);
    if (!good) {
        reply_problem(reply, 503, "the history cannot be read now");
        return;
    }
    json_close(text, ']');
    json_close(text, '}');
    reply->cache_control = "no-cache";
    reply->validated = true;
}
