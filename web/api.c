#include "web/api.h"

#include "web/decide.h"
#include "web/json.h"
#include "web/lookup.h"
#include "web/service.h"
#include "web/view.h"

#include <stdio.h>

void api_risk(struct service *service, const struct request *request,
              struct reply *reply) {
    const struct device_view *view = lookup_request(request, service->reader, reply);
    if (!view)
        return;
    view_risk(&reply->body, view, policy_mode_name(decide_mode(service, view)),
              service->options.max_age_s);
    reply->cache_control = "private, max-age=1";
}

void api_device(struct service *service, const struct request *request,
                struct reply *reply) {
    const struct device_view *view = lookup_request(request, service->reader, reply);
    if (!view)
        return;
    view_full(&reply->body, view, service->options.max_age_s);
    reply->cache_control = "no-cache";
    reply->validated = true;
}

/* --- status --- */

struct counter_field {
    const char *name;
    size_t offset;
};

static const struct counter_field counter_fields[] = {
#define COUNTER_FIELD(member, kind, help) {#member, offsetof(struct counters, member)},
    COLLECTOR_COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
};

static uint64_t read_field(const struct counters *counters, size_t offset) {
    return counter_read((const _Atomic uint64_t *)((const char *)counters + offset));
}

static uint64_t sum(const struct service *service, size_t offset) {
    uint64_t total = 0;
    for (size_t i = 0; i < service->capture_count; i++)
        total += read_field(service->captures[i].counters, offset);
    return total;
}
#define SUM(service, member) sum(service, offsetof(struct counters, member))

static const char *state_of(const struct web_capture *capture) {
    static const char *const names[] = {[OUTAGE_NONE] = "watched",
                                        [OUTAGE_DOWN] = "down",
                                        [OUTAGE_GONE] = "gone",
                                        [OUTAGE_REFUSED] = "refused"};
    uint64_t outage = counter_read(&capture->counters->outage);
    return outage < sizeof names / sizeof names[0] ? names[outage] : "";
}

static void add_capture(struct text *text, const struct service *service) {
    json_open(text, "capture", '{');
    json_unsigned(text, "packets", SUM(service, packets));
    json_unsigned(text, "bytes", SUM(service, bytes));
    json_open(text, "drops", '{');
    json_unsigned(text, "kernel", SUM(service, kernel_drops));
    json_unsigned(text, "interface", SUM(service, interface_drops));
    json_unsigned(text, "ring", SUM(service, ring_drops));
    json_close(text, '}');
    json_open(text, "interfaces", '[');
    for (size_t i = 0; i < service->capture_count; i++) {
        const struct web_capture *capture = &service->captures[i];
        json_open(text, NULL, '{');
        json_string(text, "name", capture->name);
        json_unsigned(text, "queue", capture->queue);
        json_string(text, "state", state_of(capture));
        for (size_t f = 0; f < sizeof counter_fields / sizeof *counter_fields; f++)
            json_unsigned(text, counter_fields[f].name,
                          read_field(capture->counters, counter_fields[f].offset));
        json_close(text, '}');
    }
    json_close(text, ']');
    json_close(text, '}');
}

static void add_table(struct text *text, const char *name, uint64_t used,
                      uint64_t capacity, uint64_t evicted) {
    json_open(text, name, '{');
    json_unsigned(text, "used", used);
    json_unsigned(text, "capacity", capacity);
    json_unsigned(text, "evicted", evicted);
    json_close(text, '}');
}

static void add_devices(struct text *text, const struct engine_status *status) {
    json_open(text, "devices", '{');
    json_unsigned(text, "count", status->devices);
    json_open(text, "by_state", '{');
    for (unsigned i = 0; i <= STATE_STALE; i++)
        json_unsigned(text, device_state_name((enum device_state)i),
                      status->devices_by_state[i]);
    json_close(text, '}');
    json_open(text, "by_level", '{');
    for (unsigned i = 0; i <= LEVEL_UNKNOWN; i++)
        json_unsigned(text, risk_level_name((enum risk_level)i),
                      status->devices_by_level[i]);
    json_close(text, '}');
    json_close(text, '}');
}

static void add_store(struct text *text, struct store *store) {
    if (!store) {
        json_null(text, "store");
        return;
    }
    struct store_status status = store_status(store);
    json_open(text, "store", '{');
    json_string(text, "state",
                status.failing  ? "failing"
                : status.behind ? "behind"
                                : "good");
    if (status.reason[0])
        json_string(text, "last_failure", status.reason);
    json_unsigned(text, "findings_written", status.findings_written);
    json_unsigned(text, "pieces_written", status.pieces_written);
    json_unsigned(text, "dropped", status.dropped);
    json_unsigned(text, "lost", status.lost);
    json_unsigned(text, "damaged", status.damaged);
    json_unsigned(text, "devices_restored", status.devices_restored);
    json_unsigned(text, "findings_restored", status.findings_restored);
    json_close(text, '}');
}

void api_status(struct service *service, const struct request *request,
                struct reply *reply) {
    const struct engine_status *status = snapshot_status(request->snapshot);
    struct text *text = &reply->body;
    json_open(text, NULL, '{');
    json_string(text, "version", service->options.version);
    json_bool(text, "ready", !status->replaying);
    json_bool(text, "live", status->live);
    json_time(text, "now", status->now_ns);
    json_unsigned(text, "max_age_s", service->options.max_age_s);
    add_capture(text, service);
    json_open(text, "tables", '{');
    add_table(text, "devices", status->devices, status->devices_capacity,
              status->devices_evicted);
    add_table(text, "flows", SUM(service, flows_active), SUM(service, flows_capacity),
              SUM(service, flows_evicted));
    json_close(text, '}');
    json_open(text, "windows", '{');
    json_unsigned(text, "closed", status->windows_closed);
    json_unsigned(text, "devices", status->device_windows);
    json_unsigned(text, "discontinuities", status->discontinuities);
    json_close(text, '}');
    add_devices(text, status);
    json_unsigned(text, "records", status->records);
    json_unsigned(text, "findings", status->findings_total);
    add_store(text, service->options.store);
    json_close(text, '}');
}

/* --- health --- */

void api_livez(struct service *service, const struct request *request,
               struct reply *reply) {
    (void)service, (void)request;
    reply->content_type = "text/plain; charset=utf-8";
    text_add(&reply->body, "ok\n");
}

static const struct web_capture *find_outage(const struct service *service) {
    for (size_t i = 0; i < service->capture_count; i++)
        if (counter_read(&service->captures[i].counters->outage) != OUTAGE_NONE)
            return &service->captures[i];
    return NULL;
}

static void not_ready(struct reply *reply, const char *reason, const char *detail) {
    char text[320];
    snprintf(text, sizeof text, "%s: %s", reason, detail);
    reply_problem_open(reply, 503, text);
    json_string(&reply->body, "reason", reason);
    json_close(&reply->body, '}');
}

void api_readyz(struct service *service, const struct request *request,
                struct reply *reply) {
    struct store_status store = {.failing = false};
    if (service->options.store)
        store = store_status(service->options.store);
    if (store.failing) {
        not_ready(reply, "store", store.reason);
        return;
    }
    if (snapshot_status(request->snapshot)->replaying) {
        not_ready(reply, "replaying", "the capture is still being read");
        return;
    }
    const struct web_capture *out = find_outage(service);
    if (out) {
        char detail[128];
        snprintf(detail, sizeof detail, "%.64s is %s", out->name, state_of(out));
        not_ready(reply, "capture", detail);
        return;
    }
    api_livez(service, request, reply);
    if (store.behind)
        text_add(&reply->body, "store: the disk is slow, some of it was not kept\n");
}
