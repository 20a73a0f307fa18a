#include "web/service.h"

#include "web/api.h"
#include "web/list.h"
#include "web/map.h"
#include "web/overview.h"
#include "web/page.h"
#include "web/route.h"

#include <time.h>

/* What is served. */
static const struct route routes[] = {
    {"GET", "/v1/devices/{id}/risk", api_risk},
    {"GET", "/v1/devices/{id}", api_device},
    {"GET", "/v1/devices", list_devices},
    {"GET", "/v1/findings", list_findings},
    {"GET", "/v1/status", api_status},
    {"GET", "/v1/overview", overview_show},
    {"GET", "/v1/map", map_show},
    {"GET", "/metrics", metrics_show},
    {"GET", "/livez", api_livez},
    {"GET", "/readyz", api_readyz},
    {"GET", "/", page_show},
    {"GET", "/page.css", page_style},
    {"GET", "/page.js", page_script},
};

/* Of an answer's duration, which is the machine's and not the capture's. */
static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void service_answer(struct service *service, struct request *request,
                    struct reply *reply) {
    uint64_t began_ns = monotonic_ns();
    const struct route *route =
        route_find(routes, sizeof routes / sizeof *routes, request, reply);
    if (route) {
        request->snapshot = board_acquire(service->board);
        route->handle(service, request, reply);
        board_release(request->snapshot);
        if (reply->validated)
            reply_validate(reply, request->if_none_match);
    }
    metrics_count(&service->metrics, route ? route->pattern : NULL, reply->status,
                  monotonic_ns() - began_ns);
}
