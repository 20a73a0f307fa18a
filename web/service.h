#ifndef WEB_SERVICE_H
#define WEB_SERVICE_H

#include "web/audit.h"
#include "web/auth.h"
#include "web/decide.h"
#include "web/metrics.h"
#include "web/rulebook.h"
#include "web/walk.h"
#include "web/web.h"

enum { SERVICE_BODY_BYTES = 65536 };

/* What the handlers share; the server's thread alone calls them. */
struct service {
    struct web_options options;
    struct board *board;
    const struct web_capture *captures;
    size_t capture_count;
    struct walks walks;
    struct metrics metrics;
    struct auth auth;
    struct audit audit;
    struct decide_counts decisions;
    struct rulebook rulebook;
    const struct policy *policy; /* that answers the request at hand */
};

/* The options, board and captures are set. False: one clear line in `error`. */
bool service_open(struct service *service, char *error, size_t error_bytes);
void service_close(struct service *service);

/* How long a body the target of a request may bring; see http.h. */
size_t service_body_limit(const char *target);

/* Answer a request: route it, let its handler write, tag and count the reply. */
void service_answer(struct service *service, struct request *request,
                    struct reply *reply);

#endif
