#ifndef WEB_CLERK_H
#define WEB_CLERK_H

#include "web/reply.h"
#include "web/request.h"

/* A thread beside the server's for answers that take long, a list of all devices say, so that
   decisions do not wait behind them. It makes them one after the other, as they came. */

struct clerk;
struct service;

/* NULL if there is no memory, or no thread. */
struct clerk *clerk_start(struct service *service, struct board *board);
/* Takes no more, and answers what still waits by 503; before http_stop. Then, after it: */
void clerk_end(struct clerk *clerk);
void clerk_destroy(struct clerk *clerk); /* both: NULL is allowed */

/* On the server's thread: the clerk is to make this answer, with a snapshot of its own. The reply is
   `later`, and there when the request is called again. `handle` must not touch what the server's
   thread changes. */
void clerk_answer(struct clerk *clerk,
                  void (*handle)(struct service *service, const struct request *request,
                                 struct reply *reply),
                  const struct request *request, struct reply *reply);

#endif
