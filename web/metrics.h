#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "web/reply.h"
#include "web/request.h"

#include <stddef.h>
#include <stdint.h>

/* What the program counts, in the text format 0.0.4 of Prometheus. */

struct service;
struct route;

enum { METRICS_ROUTES = 64, METRICS_BUCKETS = 9, METRICS_CODES = 16 };

/* How the API itself was used. Of the server's thread alone. */
struct metrics {
    uint64_t codes[METRICS_CODES];
    struct {
        const char *pattern; /* static, "other" for what has no route */
        uint64_t buckets[METRICS_BUCKETS];
        uint64_t count, ns;
    } routes[METRICS_ROUTES];
};

/* Count one answer; `pattern` is NULL if there was no route, `elapsed_ns` how long it took to
   make. */
void metrics_count(struct metrics *metrics, const char *pattern, unsigned status,
                   uint64_t elapsed_ns);

/* GET /metrics */
void metrics_show(struct service *service, const struct request *request,
                  struct reply *reply);

#endif
