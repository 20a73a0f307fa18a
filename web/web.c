#include "web/web.h"

#include "web/http.h"
#include "web/service.h"

#include <stdio.h>
#include <stdlib.h>

const struct web_options web_defaults = {
    .address = {.bytes = {127, 0, 0, 1}, .family = 4},
    .port = 8731,
    .connection_limit = 512,
    .timeout_s = 30,
    .memory_bytes = 8192,
    .max_age_s = 10,
    .version = "unknown",
};

struct web {
    struct service service;
    struct http *http;
};

static void answer(void *context, struct request *request, struct reply *reply) {
    service_answer(context, request, reply);
}

static bool is_loopback(const struct address *address) {
    static const struct address ipv6 = {.bytes = {[15] = 1}, .family = 6};
    return address_equal(address, &ipv6) ||
           (address->family == 4 && address->bytes[0] == 127);
}

struct web *web_start(const struct web_options *options, struct board *board,
                      const struct web_capture *captures, size_t capture_count,
                      char *error, size_t error_bytes) {
    if (!is_loopback(&options->address)) {
        char address[ADDRESS_TEXT_BYTES];
        address_format(&options->address, address);
        snprintf(error, error_bytes,
                 "cannot listen on %s: without TLS and tokens only loopback is served",
                 address);
        return NULL;
    }
    struct web *web = calloc(1, sizeof *web);
    if (!web) {
        snprintf(error, error_bytes, "no memory for the HTTP server");
        return NULL;
    }
    web->service = (struct service){.options = *options,
                                    .board = board,
                                    .captures = captures,
                                    .capture_count = capture_count};
    const struct http_options http_options = {
        .address = options->address,
        .port = options->port,
        .connection_limit = options->connection_limit,
        .timeout_s = options->timeout_s,
        .memory_bytes = options->memory_bytes,
        .answer = answer,
        .context = &web->service,
    };
    web->http = http_start(&http_options, error, error_bytes);
    if (!web->http) {
        free(web);
        return NULL;
    }
    return web;
}

uint16_t web_port(const struct web *web) {
    return http_port(web->http);
}

void web_stop(struct web *web) {
    if (!web)
        return;
    http_stop(web->http);
    walk_clear(&web->service.walks);
    free(web);
}
