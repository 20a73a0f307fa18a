#include "web/web.h"

#include "engine/inbox.h"
#include "web/clerk.h"
#include "web/events.h"
#include "web/http.h"
#include "web/news.h"
#include "web/service.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct prefix loopback[] = {{{.bytes = {127}, .family = 4}, 8},
                                         {{.bytes = {[15] = 1}, .family = 6}, 128}};

const struct web_options web_defaults = {
    .address = {.bytes = {127, 0, 0, 1}, .family = 4},
    .port = 8731,
    .connection_limit = 512,
    .address_connection_limit = 64,
    .handshake_rate_per_s = 100,
    .rate_per_s = 200,
    .decision_rate_per_s = 20000,
    .timeout_s = 30,
    .memory_bytes = 8192,
    .max_age_s = 10,
    .bounds = {30, 60, 80},
    .mode = MODE_ENFORCE,
    .peps = loopback,
    .pep_count = sizeof loopback / sizeof *loopback,
    .version = "unknown",
};

struct web {
    struct service service;
    struct http *http;
};

static void answer(void *context, struct request *request, struct reply *reply) {
    service_answer(context, request, reply);
}

static size_t body_limit(void *context, const char *target) {
    (void)context;
    return service_body_limit(target);
}

/* Beyond those of any earlier run, and exact as a double: a million a second from then on. */
static uint64_t first_event(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec << 20;
}

static bool is_loopback(const struct address *address) {
    static const struct address ipv6 = {.bytes = {[15] = 1}, .family = 6};
    return address_equal(address, &ipv6) ||
           (address->family == 4 && address->bytes[0] == 127);
}

/* What is served elsewhere than on loopback is secret, and not everybody's. */
static bool may_listen(const struct service *service, char *error, size_t error_bytes) {
    const struct web_options *options = &service->options;
    char address[ADDRESS_TEXT_BYTES];
    const char *want = !service->tls             ? "TLS (certificate and key)"
                       : !service->auth.required ? "tokens or client certificates"
                                                 : NULL;
    if (!want || is_loopback(&options->address))
        return true;
    address_format(&options->address, address);
    snprintf(error, error_bytes,
             "cannot listen on %s: without %s only loopback is served", address, want);
    return false;
}

struct web *web_start(const struct web_options *options, struct board *board,
                      const struct web_capture *captures, size_t capture_count,
                      char *error, size_t error_bytes) {
    struct web *web = calloc(1, sizeof *web);
    if (!web) {
        snprintf(error, error_bytes, "no memory for the HTTP server");
        return NULL;
    }
    web->service = (struct service){.options = *options,
                                    .board = board,
                                    .captures = captures,
                                    .capture_count = capture_count};
    if (!service_open(&web->service, error, error_bytes)) {
        free(web);
        return NULL;
    }
    const struct http_options http_options = {
        .address = options->address,
        .port = options->port,
        .connection_limit = options->connection_limit,
        .gate = web->service.gate,
        .tls = web->service.tls,
        .timeout_s = options->timeout_s,
        .memory_bytes = options->memory_bytes,
        .answer = answer,
        .body_limit = body_limit,
        .context = &web->service,
    };
    bool allowed = may_listen(&web->service, error, error_bytes);
    if (allowed)
        web->service.events =
            events_start(board, first_event(), options->connection_limit);
    web->service.clerk = allowed ? clerk_start(&web->service, board) : NULL;
    if (allowed && (!web->service.events || !web->service.clerk))
        snprintf(error, error_bytes, "no memory or no thread beside the HTTP server's");
    else if (allowed && (web->http = http_start(&http_options, error, error_bytes))) {
        news_begin(&web->service);
        return web;
    }
    events_end(web->service.events);
    clerk_end(web->service.clerk);
    clerk_destroy(web->service.clerk);
    events_destroy(web->service.events);
    service_close(&web->service);
    free(web);
    return NULL;
}

bool web_reload(struct web *web, char *error, size_t error_bytes) {
    struct mistake mistake;
    atomic_store(&web->service.audit.moved, true);
    if (rulebook_reload(&web->service.rulebook, NULL, &mistake) == RULEBOOK_TAKEN)
        return true;
    snprintf(error, error_bytes, "%s", mistake.text);
    return false;
}

bool web_adopt(struct web *web, const struct web_options *options) {
    return service_change(&web->service, options);
}

bool web_reload_certificates(struct web *web, char *error, size_t error_bytes) {
    return !web->service.tls || tls_reload(web->service.tls, error, error_bytes);
}

uint16_t web_port(const struct web *web) {
    return http_port(web->http);
}

void web_stop(struct web *web) {
    if (!web)
        return;
    /* So that nobody waits for an answer any more. */
    if (web->service.options.inbox)
        inbox_close(web->service.options.inbox);
    news_end(&web->service);
    events_end(web->service.events);
    clerk_end(web->service.clerk);
    http_stop(web->http);
    clerk_destroy(web->service.clerk);
    events_destroy(web->service.events);
    service_close(&web->service);
    free(web);
}
