#ifndef WEB_SERVICE_H
#define WEB_SERVICE_H

#include "web/metrics.h"
#include "web/walk.h"
#include "web/web.h"

/* What the handlers share; the server's thread alone calls them. */
struct service {
    struct web_options options;
    struct board *board;
    const struct web_capture *captures;
    size_t capture_count;
    struct walks walks;
    struct metrics metrics;
};

/* Answer a request: route it, let its handler write, tag and count the reply. */
void service_answer(struct service *service, struct request *request,
                    struct reply *reply);

#endif
