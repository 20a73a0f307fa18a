#ifndef WEB_EVENTS_H
#define WEB_EVENTS_H

#include "web/reply.h"
#include "web/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens, as it happens, to those who listen (server-sent events, WHATWG HTML 9.2). The last
   ones are kept, for who was cut off and comes back; a reader that falls behind them is cut. */

enum {
    EVENTS_KEPT = 1024,
    EVENTS_BYTES = 4096,   /* of one; longer ones are left out */
    EVENTS_READERS = 64,   /* at most */
    EVENTS_COMMENT_S = 15, /* silence is broken so often */
};

struct service;
struct events;

/* With a thread that keeps readers awake, and asks the board for pictures while there are
   some. `first_id`: of the first event, beyond those of earlier runs. `connections`: of the server;
   readers keep theirs for long, so they get a quarter at most. NULL if there is no memory or no
   thread. */
struct events *events_start(struct board *board, uint64_t first_id,
                            unsigned connections);
/* Ends all streams; then, when the server has let go of them, frees. NULL is allowed. */
void events_end(struct events *events);
void events_destroy(struct events *events);

/* --- any thread --- */

/* Whether somebody listens, or did a minute ago: else events need not be made. */
bool events_wanted(const struct events *events);
/* `type` is a word, `data` JSON in a line. */
void events_tell(struct events *events, const char *type, const struct text *data);

/* --- the server's thread --- */

/* GET /v1/events */
void events_stream(struct service *service, const struct request *request,
                   struct reply *reply);

#endif
