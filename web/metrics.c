#include "web/metrics.h"

#include "web/service.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- counting --- */

/* The last of each stands for all others. */
static const unsigned codes[METRICS_CODES] = {200, 304, 400, 401, 403, 404, 405, 409,
                                              410, 413, 415, 429, 500, 503, 0};

static const struct {
    uint64_t below_ns;
    const char *seconds;
} buckets[METRICS_BUCKETS] = {
    {20000, "0.00002"}, {50000, "0.00005"}, {100000, "0.0001"},
    {500000, "0.0005"}, {1000000, "0.001"}, {5000000, "0.005"},
    {20000000, "0.02"}, {100000000, "0.1"}, {UINT64_MAX, "+Inf"},
};

void metrics_count(struct metrics *metrics, const char *pattern, unsigned status,
                   uint64_t elapsed_ns) {
    unsigned code = 0, route = 0, bucket = 0;
    while (codes[code] && codes[code] != status)
        code++;
    metrics->codes[code]++;
    if (!pattern)
        pattern = "other";
    while (metrics->routes[route].pattern &&
           metrics->routes[route].pattern != pattern && route + 1 < METRICS_ROUTES)
        route++;
    if (!metrics->routes[route].pattern)
        metrics->routes[route].pattern = pattern;
    while (elapsed_ns > buckets[bucket].below_ns)
        bucket++;
    metrics->routes[route].buckets[bucket]++;
    metrics->routes[route].count++;
    metrics->routes[route].ns += elapsed_ns;
}

/* --- writing --- */

static void add_help(struct text *text, const char *name, const char *type,
                     const char *help) {
    text_add(text, "# HELP wary_");
    text_add(text, name);
    text_add(text, " ");
    text_add(text, help);
    text_add(text, "\n# TYPE wary_");
    text_add(text, name);
    text_add(text, " ");
    text_add(text, type);
    text_add(text, "\n");
}

/* A label's value may hold anything: an interface's name is the operator's. */
static void add_label(struct text *text, char before, const char *name,
                      const char *value) {
    text_add_bytes(text, &before, 1);
    text_add(text, name);
    text_add(text, "=\"");
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            text_add(text, "\\");
        if (*value == '\n')
            text_add(text, "\\n");
        else
            text_add_bytes(text, value, 1);
    }
    text_add(text, "\"");
}

/* A sample with one label, or none. */
static void add_sample(struct text *text, const char *name, const char *label,
                       const char *value, uint64_t number) {
    text_add(text, "wary_");
    text_add(text, name);
    if (label) {
        add_label(text, '{', label, value);
        text_add(text, "}");
    }
    text_add(text, " ");
    text_add_unsigned(text, number);
    text_add(text, "\n");
}

static void add_seconds(struct text *text, uint64_t ns) {
    char digits[10] = ".000000000";
    text_add_unsigned(text, ns / 1000000000);
    ns %= 1000000000;
    for (size_t i = sizeof digits - 1; i > 0; i--, ns /= 10)
        digits[i] = (char)('0' + ns % 10);
    text_add_bytes(text, digits, sizeof digits);
}

/* --- capture --- */

enum kind { COUNTER, GAUGE };

struct counter_metric {
    size_t offset;
    enum kind kind;
    const char *name, *help;
};

static const struct counter_metric counter_metrics[] = {
#define COUNTER_METRIC(member, kind, help)                                             \
    {offsetof(struct counters, member), kind, #member, help},
    COLLECTOR_COUNTERS(COUNTER_METRIC)
#undef COUNTER_METRIC
};

/* Counters whose metric is not called as they are. Those of one metric are neighbours in the
   list of counters, as the format wants them. */
static const struct rename {
    const char *member, *name, *reason, *help;
} renames[] = {
    {"bytes", "captured_bytes_total", NULL, NULL},
    {"truncated", "undecoded_packets_total", "truncated",
     "Frames that were not, or not wholly, decoded"},
    {"malformed", "undecoded_packets_total", "malformed", NULL},
    {"unsupported", "undecoded_packets_total", "unsupported", NULL},
    {"late", "late_packets_total", NULL, NULL},
    {"kernel_drops", "dropped_packets_total", "kernel",
     "Packets dropped before they were seen"},
    {"interface_drops", "dropped_packets_total", "interface", NULL},
    {"ring_drops", "dropped_records_total", "ring", NULL},
    {"capture_time_ns", "capture_time_seconds", NULL, NULL},
};

static void add_counter(struct text *text, const struct service *service,
                        const struct counter_metric *metric, const char **last) {
    struct rename as = {.name = metric->name};
    for (size_t i = 0; i < sizeof renames / sizeof *renames; i++)
        if (strcmp(renames[i].member, metric->name) == 0)
            as = renames[i];
    char name[64];
    bool plain = !as.member && metric->kind == COUNTER;
    snprintf(name, sizeof name, "%s%s", as.name, plain ? "_total" : "");
    if (strcmp(*last, as.name) != 0)
        add_help(text, name, metric->kind == GAUGE ? "gauge" : "counter",
                 as.help ? as.help : metric->help);
    *last = as.name;
    for (size_t i = 0; i < service->capture_count; i++) {
        const struct web_capture *capture = &service->captures[i];
        const char *at = (const char *)capture->counters + metric->offset;
        uint64_t value = counter_read((const _Atomic uint64_t *)at);
        text_add(text, "wary_");
        text_add(text, name);
        char queue[16];
        snprintf(queue, sizeof queue, "%u", capture->queue);
        add_label(text, '{', "interface", capture->name);
        add_label(text, ',', "queue", queue);
        if (as.reason)
            add_label(text, ',', "reason", as.reason);
        text_add(text, "} ");
        if (strcmp(as.name, "capture_time_seconds") == 0)
            add_seconds(text, value);
        else
            text_add_unsigned(text, value);
        text_add(text, "\n");
    }
}

/* --- the engine --- */

static void add_findings(struct text *text, const struct snapshot *snapshot) {
    const struct finding_tally *tallies;
    unsigned count = snapshot_tallies(snapshot, &tallies);
    add_help(text, "findings_total", "counter",
             "Findings by kind, and by the level their device had with them");
    for (unsigned i = 0; i < count; i++) {
        for (unsigned level = 0; level <= LEVEL_UNKNOWN; level++) {
            if (!tallies[i].by_level[level])
                continue;
            text_add(text, "wary_findings_total");
            add_label(text, '{', "kind", tallies[i].kind);
            add_label(text, ',', "level", risk_level_name((enum risk_level)level));
            text_add(text, "} ");
            text_add_unsigned(text, tallies[i].by_level[level]);
            text_add(text, "\n");
        }
    }
}

static void add_engine(struct text *text, const struct snapshot *snapshot) {
    const struct engine_status *status = snapshot_status(snapshot);
    add_help(text, "devices", "gauge", "Devices by state");
    for (unsigned i = 0; i <= STATE_STALE; i++)
        add_sample(text, "devices", "state", device_state_name((enum device_state)i),
                   status->devices_by_state[i]);
    add_help(text, "devices_by_level", "gauge", "Devices by level of risk");
    for (unsigned i = 0; i <= LEVEL_UNKNOWN; i++)
        add_sample(text, "devices_by_level", "level",
                   risk_level_name((enum risk_level)i), status->devices_by_level[i]);
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } plain[] = {
        {"devices_capacity", "gauge", "Places in the device table",
         status->devices_capacity},
        {"devices_evicted_total", "counter", "Devices forgotten because it was full",
         status->devices_evicted},
        {"windows_total", "counter", "Windows of the network that were closed",
         status->windows_closed},
        {"device_windows_total", "counter", "Windows of devices that were scored",
         status->device_windows},
        {"engine_records_total", "counter", "Records taken by the engine",
         status->records},
        {"engine_discontinuities_total", "counter",
         "Steps of capture time as the engine saw them", status->discontinuities},
        {"ready", "gauge", "Whether the answers are the whole picture",
         !status->replaying},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        add_help(text, plain[i].name, plain[i].type, plain[i].help);
        add_sample(text, plain[i].name, NULL, NULL, plain[i].value);
    }
}

static void add_store(struct text *text, struct store *store) {
    struct store_status status = store_status(store);
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } plain[] = {
        {"store_failing", "gauge", "Whether the last write to the disk failed",
         status.failing},
        {"store_behind", "gauge", "Whether the disk is too slow for what is to be kept",
         status.behind},
        {"store_findings_written_total", "counter", "Findings kept",
         status.findings_written},
        {"store_pieces_written_total", "counter",
         "Devices and other pieces of memory kept", status.pieces_written},
        {"store_points_written_total", "counter", "Points of risk over time kept",
         status.points_written},
        {"store_tenancies_written_total", "counter",
         "Changes of who holds an address kept", status.tenancies_written},
        {"store_decisions_written_total", "counter", "Decisions kept",
         status.decisions_written},
        {"store_dropped_total", "counter", "What found the queue to the disk full",
         status.dropped},
        {"store_lost_total", "counter", "What was in a write that failed", status.lost},
        {"store_damaged_total", "counter", "Pieces found damaged and set aside",
         status.damaged},
        {"store_devices_restored", "gauge", "Devices known from before the start",
         status.devices_restored},
        {"store_findings_restored", "gauge", "Findings known from before the start",
         status.findings_restored},
        {"store_replaced_total", "counter", "Databases set aside as damaged",
         status.replaced},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        add_help(text, plain[i].name, plain[i].type, plain[i].help);
        add_sample(text, plain[i].name, NULL, NULL, plain[i].value);
    }
}

/* --- the process --- */

static void add_memory(struct text *text) {
    unsigned long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    if (fscanf(file, "%llu %llu", &pages, &resident) == 2) {
        add_help(text, "resident_memory_bytes", "gauge", "Memory that is in use");
        add_sample(text, "resident_memory_bytes", NULL, NULL,
                   resident * (uint64_t)sysconf(_SC_PAGESIZE));
    }
    fclose(file);
}

/* --- the API --- */

static void add_requests(struct text *text, const struct metrics *metrics) {
    add_help(text, "http_requests_total", "counter", "Answers by status");
    for (unsigned i = 0; i < METRICS_CODES && (i == 0 || codes[i - 1]); i++) {
        char code[] = "other";
        if (codes[i])
            snprintf(code, sizeof code, "%u", codes[i]);
        add_sample(text, "http_requests_total", "code", code, metrics->codes[i]);
    }
    add_help(text, "http_request_duration_seconds", "histogram",
             "Time to make an answer, without sending it");
    for (unsigned i = 0; i < METRICS_ROUTES && metrics->routes[i].pattern; i++) {
        const char *pattern = metrics->routes[i].pattern;
        uint64_t below = 0;
        for (unsigned b = 0; b < METRICS_BUCKETS; b++) {
            below += metrics->routes[i].buckets[b];
            text_add(text, "wary_http_request_duration_seconds_bucket");
            add_label(text, '{', "route", pattern);
            add_label(text, ',', "le", buckets[b].seconds);
            text_add(text, "} ");
            text_add_unsigned(text, below);
            text_add(text, "\n");
        }
        text_add(text, "wary_http_request_duration_seconds_sum");
        add_label(text, '{', "route", pattern);
        text_add(text, "} ");
        add_seconds(text, metrics->routes[i].ns);
        text_add(text, "\n");
        add_sample(text, "http_request_duration_seconds_count", "route", pattern,
                   metrics->routes[i].count);
    }
}

/* Connections and certificates. */
static void add_door(struct text *text, const struct service *service) {
    static const char *const reasons[] = {[TLS_EXPIRED] = "expired",
                                          [TLS_REVOKED] = "revoked",
                                          [TLS_FOREIGN] = "foreign",
                                          [TLS_UNLISTED] = "unlisted"};
    struct gate_counts counts = gate_counts(service->gate);
    add_help(text, "http_connections", "gauge", "Connections to the API");
    add_sample(text, "http_connections", NULL, NULL, counts.open);
    add_help(text, "http_connections_closed_total", "counter",
             "Connections that were not let in, made room, or did not ask in time");
    add_sample(text, "http_connections_closed_total", "reason", "refused",
               counts.refused);
    add_sample(text, "http_connections_closed_total", "reason", "ousted",
               counts.ousted);
    add_sample(text, "http_connections_closed_total", "reason", "late", counts.late);
    add_help(text, "http_limited_total", "counter",
             "Requests beyond what one may ask in a second");
    add_sample(text, "http_limited_total", NULL, NULL, service->limited);
    if (!service->tls)
        return;
    add_help(text, "certificate_end_time_seconds", "gauge",
             "When the API's certificate expires, since the epoch");
    add_sample(text, "certificate_end_time_seconds", NULL, NULL,
               (uint64_t)tls_end_of_certificate(service->tls));
    add_help(text, "client_certificates_refused_total", "counter",
             "Certificates that did not make a client known");
    for (unsigned i = 0; i < TLS_REFUSALS; i++)
        add_sample(text, "client_certificates_refused_total", "reason", reasons[i],
                   tls_refusals(service->tls)[i]);
}

static void add_decisions(struct text *text, const struct decide_counts *counts) {
    add_help(text, "decisions_total", "counter",
             "Decisions; those that shadow mode would have denied are permitted too");
    for (unsigned api = 0; api < DECIDE_API_COUNT; api++) {
        const struct {
            const char *decision;
            uint64_t count;
        } samples[] = {{"permit", counts->permitted[api]},
                       {"deny", counts->denied[api]},
                       {"would_deny", counts->would_deny[api]}};
        for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
            text_add(text, "wary_decisions_total");
            add_label(text, '{', "api", decide_api_name((enum decide_api)api));
            add_label(text, ',', "decision", samples[i].decision);
            text_add(text, "} ");
            text_add_unsigned(text, samples[i].count);
            text_add(text, "\n");
        }
    }
}

void metrics_show(struct service *service, const struct request *request,
                  struct reply *reply) {
    struct text *text = &reply->body;
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    add_help(text, "build_info", "gauge", "The program's version");
    add_sample(text, "build_info", "version", service->options.version, 1);
    const char *last = "";
    for (size_t i = 0; i < sizeof counter_metrics / sizeof *counter_metrics; i++)
        add_counter(text, service, &counter_metrics[i], &last);
    add_engine(text, request->snapshot);
    add_findings(text, request->snapshot);
    add_decisions(text, &service->decisions);
    add_help(text, "audit_lost_total", "counter", "Entries that no file took");
    add_sample(text, "audit_lost_total", NULL, NULL, service->audit.lost);
    add_help(text, "audit_left_out_total", "counter",
             "Refusals that were too many for the audit");
    add_sample(text, "audit_left_out_total", NULL, NULL, service->audit.left_out);
    if (service->options.store)
        add_store(text, service->options.store);
    add_memory(text);
    add_requests(text, &service->metrics);
    add_door(text, service);
}
