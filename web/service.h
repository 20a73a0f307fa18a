#ifndef WEB_SERVICE_H
#define WEB_SERVICE_H

#include "engine/store/store_reader.h"
#include "web/audit.h"
#include "web/auth.h"
#include "web/decide.h"
#include "web/events.h"
#include "web/gate.h"
#include "web/metrics.h"
#include "web/rate.h"
#include "web/rulebook.h"
#include "web/scan.h"
#include "web/session.h"
#include "web/tls.h"
#include "web/walk.h"
#include "web/web.h"

enum { SERVICE_BODY_BYTES = 65536 };

/* What the handlers share; the server's thread alone calls them, but for those of long answers,
   which are the clerk's. */
struct service {
    struct web_options options;
    struct board *board;
    const struct web_capture *captures;
    size_t capture_count;
    struct store_reader *reader; /* of options.store; NULL: nothing is kept */
    struct walks walks;          /* of whoever makes long answers */
    struct metrics metrics;
    struct auth auth;
    struct tls *tls; /* NULL: in the clear */
    struct gate *gate;
    struct rate *named, *nameless; /* who asks how often: principals, and addresses */
    uint64_t limited;              /* requests that were too many */
    struct sessions sessions;
    struct audit audit;
    struct events *events; /* NULL: nobody can listen */
    struct clerk *clerk;   /* NULL: long answers are made as short ones are */
    struct decide_counts decisions;
    struct rulebook rulebook;
    const struct policy *policy;           /* that answers the request at hand */
    struct scan_room room;                 /* for its body's tree */
    struct service_change *change;         /* that is in force; NULL none yet */
    struct service_change *_Atomic coming; /* to be taken by the server's thread */
};

/* The options, board and captures are set. False: one clear line in `error`. */
bool service_open(struct service *service, char *error, size_t error_bytes);
void service_close(struct service *service);

/* See web_adopt. */
bool service_change(struct service *service, const struct web_options *options);

/* All that is served. */
const struct route *service_routes(size_t *count);

/* How long a body the target of a request may bring; see http.h. */
size_t service_body_limit(const char *target);

/* A clock that only goes forward: for what is the server's and not the capture's. */
uint64_t service_clock_ns(void);

/* Whether the request may do what is of this scope: by its token, its certificate, or as who has
   signed in on the page; request->principal says who. */
enum auth_result service_check(struct service *service, const struct request *request,
                               enum auth_scope scope, const char **name);

/* Answer a request: route it, let its handler write, tag and count the reply. */
void service_answer(struct service *service, struct request *request,
                    struct reply *reply);

#endif
