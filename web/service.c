#include "web/service.h"

#include "web/api.h"
#include "web/authzen.h"
#include "web/baseline.h"
#include "web/clerk.h"
#include "web/forward.h"
#include "web/golden.h"
#include "web/history.h"
#include "web/list.h"
#include "web/map.h"
#include "web/openapi.h"
#include "web/overview.h"
#include "web/page.h"
#include "web/post.h"
#include "web/profile.h"
#include "web/route.h"
#include "web/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* What is served; what is asked for at each access comes first. */
static const struct route routes[] = {
    {"GET", "/v1/devices/{id}/risk", AUTH_RISK_READ, api_risk},
    {"POST", "/access/v1/evaluation", AUTH_DECIDE, authzen_evaluation},
    {"POST", "/access/v1/evaluations", AUTH_DECIDE, authzen_evaluations},
    {NULL, "/authz", AUTH_DECIDE, forward_authz},
    {"GET", "/v1/devices/{id}/baseline", AUTH_RISK_READ, baseline_show},
    {"GET", "/v1/devices/{id}/history", AUTH_RISK_READ, history_risk},
    {"GET", "/v1/devices/{id}/mud", AUTH_RISK_READ, profile_show},
    {"GET", "/v1/devices/{id}", AUTH_RISK_READ, api_device},
    {"PUT", "/v1/devices/{id}", AUTH_ADMIN, post_settings},
    {"POST", "/v1/devices/{id}/facts", AUTH_FACTS_WRITE, post_facts},
    {"POST", "/v1/devices/{id}/verdict", AUTH_ADMIN, post_verdict},
    {"POST", "/v1/devices/{id}/relearn", AUTH_ADMIN, post_relearn},
    {"POST", "/v1/devices/{id}/golden", AUTH_ADMIN, golden_save},
    {"GET", "/v1/devices/{id}/golden/compare", AUTH_RISK_READ, golden_compare},
    {"POST", "/v1/devices/{id}/golden/rollback", AUTH_ADMIN, golden_roll_back},
    {"GET", "/v1/golden", AUTH_RISK_READ, golden_list},
    {"POST", "/v1/golden", AUTH_ADMIN, golden_save_all},
    {"GET", "/v1/golden/compare", AUTH_RISK_READ, golden_compare_all},
    {"POST", "/v1/golden/rollback", AUTH_ADMIN, golden_roll_back_all},
    {"POST", "/v1/facts", AUTH_FACTS_WRITE, post_all_facts},
    {"GET", "/v1/devices", AUTH_RISK_READ, list_devices},
    {"GET", "/v1/findings", AUTH_RISK_READ, list_findings},
    {"GET", "/v1/events", AUTH_RISK_READ, events_stream},
    {"GET", "/v1/status", AUTH_RISK_READ, api_status},
    {"GET", "/v1/overview", AUTH_RISK_READ, overview_show},
    {"GET", "/v1/map", AUTH_RISK_READ, map_show},
    {"GET", "/v1/zones", AUTH_RISK_READ, zones_show},
    {"GET", "/v1/policy/export", AUTH_RISK_READ, profile_export},
    {"GET", "/v1/audit", AUTH_ADMIN, audit_list},
    {"GET", "/v1/policy", AUTH_ADMIN, rulebook_show},
    {"PUT", "/v1/policy", AUTH_ADMIN, rulebook_put},
    {"GET", "/v1/policy/revisions/{id}", AUTH_ADMIN, rulebook_find},
    {"GET", "/v1/policy/revisions", AUTH_ADMIN, rulebook_list},
    {"POST", "/v1/policy/reload", AUTH_ADMIN, rulebook_renew},
    {"POST", "/v1/policy/test", AUTH_DECIDE, rulebook_test},
    {"POST", "/access/v1/search/subject", AUTH_DECIDE, authzen_search_subject},
    {"POST", "/access/v1/search/resource", AUTH_DECIDE, authzen_search_resource},
    {"POST", "/access/v1/search/action", AUTH_DECIDE, authzen_search_action},
    {"GET", "/.well-known/authzen-configuration", AUTH_NOBODY, authzen_discover},
    {"POST", "/authz/emqx", AUTH_DECIDE, forward_emqx},
    {"POST", "/authz/mosquitto", AUTH_DECIDE, forward_mosquitto},
    {"POST", "/authz/mosquitto/*", AUTH_DECIDE, forward_mosquitto},
    {NULL, "/authz/*", AUTH_DECIDE, forward_authz},
    {"GET", "/metrics", AUTH_RISK_READ, metrics_show},
    {"GET", "/openapi.json", AUTH_NOBODY, openapi_show},
    {"GET", "/livez", AUTH_NOBODY, api_livez},
    {"GET", "/readyz", AUTH_NOBODY, api_readyz},
    {"POST", "/login", AUTH_NOBODY, session_login},
    {"POST", "/logout", AUTH_NOBODY, session_logout},
    {"GET", "/", AUTH_NOBODY, page_show}, /* who may not read it may sign in there */
    {"GET", "/page.css", AUTH_NOBODY, page_style},
    {"GET", "/page.js", AUTH_NOBODY, page_script},
};

const struct route *service_routes(size_t *count) {
    *count = sizeof routes / sizeof *routes;
    return routes;
}

uint64_t service_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void close_door(struct service *service) {
    rate_destroy(service->named);
    rate_destroy(service->nameless);
    gate_destroy(service->gate);
    tls_close(service->tls);
}

/* Certificates, who may connect, and how often one may ask. */
static bool open_door(struct service *service, char *error, size_t error_bytes) {
    const struct web_options *options = &service->options;
    const struct tls_options tls = {
        options->certificate_path, options->key_path,   options->client_ca_path,
        options->client_crl_path,  options->principals, options->principal_count};
    const struct gate_options gate = {
        .limit = options->connection_limit,
        .address_limit = options->address_connection_limit,
        .rate_per_s = options->certificate_path[0] ? options->handshake_rate_per_s : 0,
        .patience_s = 2 * options->timeout_s,
        .listed = options->peps,
        .listed_count = options->pep_count};
    if (options->certificate_path[0] &&
        !(service->tls = tls_open(&tls, error, error_bytes)))
        return false;
    service->gate = gate_create(&gate);
    service->named = rate_create();
    service->nameless = rate_create();
    bool good = service->gate && service->named && service->nameless;
    if (!good)
        snprintf(error, error_bytes, "no memory for the HTTP server");
    return good;
}

bool service_open(struct service *service, char *error, size_t error_bytes) {
    const struct web_options *options = &service->options;
    struct mistake mistake;
    if (options->store && !(service->reader = store_reader_create(options->store))) {
        snprintf(error, error_bytes, "no memory for the HTTP server");
        return false;
    }
    if (!rulebook_open(&service->rulebook, options->policy_path, &options->bounds,
                       options->store, service->reader, &mistake)) {
        snprintf(error, error_bytes, "%s", mistake.text);
        store_reader_destroy(service->reader);
        return false;
    }
    if (open_door(service, error, error_bytes) &&
        auth_read(&service->auth, service->options.tokens_path,
                  options->tokens_may_come, error, error_bytes) &&
        audit_open(&service->audit, options->audit_path, options->store,
                   service->reader, error, error_bytes)) {
        service->auth.required |= options->client_ca_path[0] != '\0';
        return true;
    }
    close_door(service);
    rulebook_close(&service->rulebook);
    store_reader_destroy(service->reader);
    return false;
}

void service_close(struct service *service) {
    walk_clear(&service->walks);
    audit_close(&service->audit);
    scan_room_free(&service->room);
    close_door(service);
    rulebook_close(&service->rulebook);
    store_reader_destroy(service->reader);
    free(service->coming);
    free(service->change);
}

size_t service_body_limit(const char *target) {
    static const struct {
        const char *prefix;
        size_t bytes;
    } limits[] = {{"/authz", 0},
                  {"/access/v1/evaluations", POLICY_BYTES},
                  {"/v1/policy", POLICY_BYTES}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strncmp(target, limits[i].prefix, strlen(limits[i].prefix)) == 0)
            return limits[i].bytes;
    return SERVICE_BODY_BYTES;
}

struct service_change {
    enum policy_mode mode;
    uint8_t zone_modes[ZONE_MAX];
    size_t pep_count;
    struct prefix peps[];
};

bool service_change(struct service *service, const struct web_options *options) {
    size_t bytes = options->pep_count * sizeof options->peps[0];
    struct service_change *change = malloc(sizeof *change + bytes);
    if (!change)
        return false;
    change->mode = options->mode;
    change->pep_count = options->pep_count;
    memcpy(change->zone_modes, options->zone_modes, sizeof change->zone_modes);
    if (bytes)
        memcpy(change->peps, options->peps, bytes);
    free(atomic_exchange(&service->coming, change));
    return true;
}

static void take_change(struct service *service) {
    struct web_options *options = &service->options;
    struct service_change *change = atomic_exchange(&service->coming, NULL);
    if (!change)
        return;
    options->mode = change->mode;
    memcpy(options->zone_modes, change->zone_modes, sizeof options->zone_modes);
    options->pep_count = change->pep_count;
    options->peps = change->peps;
    gate_list(service->gate, options->peps, options->pep_count);
    free(service->change);
    service->change = change;
}

static bool reads(const struct request *request) {
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* Whoever orders something is remembered, and who asks in vain: of these not so many that they
   would crowd out the others. To ask for what is not there orders nothing, nor does a
   search or a trial of a policy. */
static void audit_rest(struct service *service, const struct request *request,
                       const struct reply *reply, const struct route *route,
                       bool refused, uint64_t seq) {
    enum { REFUSALS_PER_S = 10 };
    uint32_t ignored;
    bool orders = route && !reads(request) &&
                  !(route->scope == AUTH_DECIDE && reply->status == 200);
    bool is_new = service->audit.seq == seq && (refused || orders);
    if (is_new && refused &&
        !rate_take(service->nameless, "refusals", REFUSALS_PER_S, service_clock_ns(),
                   &ignored)) {
        service->audit.left_out++;
    } else if (is_new) {
        struct audit_entry *entry =
            audit_begin(&service->audit, reads(request) ? "refused" : "order", request);
        entry->status = reply->status;
        audit_commit(&service->audit, entry);
    }
    if (service->audit.seq != seq)
        audit_flush(&service->audit);
}

static enum auth_result check_certificate(const struct request *request,
                                          enum auth_scope scope, const char **name) {
    const struct principal *principal = request->certified;
    *name = principal->name;
    return (reads(request) || !session_is_foreign(request)) &&
                   principal->scopes & (1U << scope | 1U << AUTH_ADMIN)
               ? AUTH_GRANTED
               : AUTH_FORBIDDEN;
}

enum auth_result service_check(struct service *service, const struct request *request,
                               enum auth_scope scope, const char **name) {
    enum auth_result result = auth_check(
        &service->auth, request_header(request, "Authorization"), scope, name);
    if (result == AUTH_UNKNOWN && request->certified)
        return check_certificate(request, scope, name);
    return result == AUTH_UNKNOWN
               ? session_check(&service->sessions, &service->auth, request, scope,
                               service_clock_ns(), name)
               : result;
}

/* RFC 6750, 3: who shows a token is told what is wrong with it. */
static const char *challenge(const struct request *request, enum auth_result result) {
    const char *shown = request_header(request, "Authorization");
    bool bearer = shown && strncasecmp(shown, "Bearer ", 7) == 0;
    if (result == AUTH_UNKNOWN)
        return bearer ? "Bearer realm=\"wary\", error=\"invalid_token\""
                      : "Bearer realm=\"wary\"";
    return bearer ? "Bearer realm=\"wary\", error=\"insufficient_scope\"" : NULL;
}

/* False: the reply says why not, to a hook without a body. Listed enforcement points show who they
   are by their address. */
static bool may(struct service *service, const struct route *route,
                struct request *request, struct reply *reply) {
    bool is_hook = strncmp(route->pattern, "/authz", 6) == 0;
    enum auth_result result =
        service_check(service, request, route->scope, &request->principal);
    if (result == AUTH_GRANTED || (is_hook && forward_is_trusted(service, request)))
        return true;
    if (result == AUTH_UNKNOWN)
        reply_problem(reply, 401, "this needs a token or a certificate that is known");
    else
        reply_problem(reply, 403, "who asks does not have the scope");
    reply->authenticate = challenge(request, result);
    if (is_hook) {
        reply->body.used = 0;
        reply->content_type = NULL;
    }
    return false;
}

/* False: whoever it is has asked too often, and the reply says when to come again. Nobody is
   counted where everybody may everything; nor is a hook, whose answers are 200, 401 and 403. */
static bool is_in_time(struct service *service, const struct route *route,
                       const struct request *request, struct reply *reply) {
    const struct web_options *options = &service->options;
    bool decides = route->scope == AUTH_DECIDE || route->handle == api_risk;
    char name[RATE_NAME_BYTES], address[ADDRESS_TEXT_BYTES], seconds[12];
    uint32_t wait_s = 0;
    if (!service->auth.required || strncmp(route->pattern, "/authz", 6) == 0 ||
        (request->kept && *request->kept))
        return true;
    address_format(&request->remote, address);
    snprintf(name, sizeof name, "%c%s", decides ? 'd' : 'r',
             request->principal ? request->principal : address);
    if (rate_take(request->principal ? service->named : service->nameless, name,
                  decides ? options->decision_rate_per_s : options->rate_per_s,
                  service_clock_ns(), &wait_s))
        return true;
    reply_problem(reply, 429, "too many requests");
    snprintf(seconds, sizeof seconds, "%u", wait_s);
    reply_note(reply, "Retry-After", seconds);
    reply->authenticate = NULL;
    service->limited++;
    return false;
}

/* Answers that grow with the network; they touch nothing of the service but its walks. */
static bool is_long(const struct route *route) {
    return route->handle == list_devices || route->handle == overview_show ||
           route->handle == map_show || route->handle == profile_export;
}

void service_answer(struct service *service, struct request *request,
                    struct reply *reply) {
    uint64_t began_ns = service_clock_ns();
    auth_refresh(&service->auth);
    take_change(service);
    const struct route *route =
        route_find(routes, sizeof routes / sizeof *routes, request, reply);
    uint64_t seq = service->audit.seq;
    bool granted = route && may(service, route, request, reply);
    granted = route && is_in_time(service, route, request, reply) && granted;
    if (granted) {
        struct policy *policy = rulebook_acquire(&service->rulebook);
        service->policy = policy;
        request->snapshot = board_acquire(service->board);
        request->room = &service->room;
        if (service->clerk && is_long(route))
            clerk_answer(service->clerk, route->handle, request, reply);
        else
            route->handle(service, request, reply);
        board_release(request->snapshot);
        policy_release(policy);
        if (reply->validated)
            reply_validate(reply, request->if_none_match);
    }
    if (reply->later)
        return; /* to be called again */
    audit_rest(service, request, reply, route, route && !granted, seq);
    metrics_count(&service->metrics, route ? route->pattern : NULL, reply->status,
                  service_clock_ns() - began_ns);
}
