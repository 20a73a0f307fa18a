#ifndef WEB_POST_H
#define WEB_POST_H

#include "engine/inbox.h"
#include "web/reply.h"
#include "web/request.h"

/* What is told to the engine: checked here, answered when the engine has applied it, and, where
   there is a state directory, when it is on the disk. */

struct service;

enum { POST_FACTS_MAX = 512 }; /* in one request */

/* POST /v1/devices/{id}/facts: one, or an array of them */
void post_facts(struct service *service, const struct request *request,
                struct reply *reply);
/* POST /v1/facts: an array of them, each with its device */
void post_all_facts(struct service *service, const struct request *request,
                    struct reply *reply);
/* POST /v1/devices/{id}/verdict */
void post_verdict(struct service *service, const struct request *request,
                  struct reply *reply);
/* POST /v1/devices/{id}/relearn */
void post_relearn(struct service *service, const struct request *request,
                  struct reply *reply);
/* PUT /v1/devices/{id} */
void post_settings(struct service *service, const struct request *request,
                   struct reply *reply);

/* For those who tell the engine something of their own: the handler is called twice, first to
   put the message (whose text and payload are taken), then when it was answered. */
enum post_state {
    POST_BEGINS,
    POST_APPLIED,
    POST_REFUSED, /* the reply says why */
};
enum post_state post_state(const struct request *request, struct reply *reply);
void post_message(struct service *service, const struct request *request,
                  const struct message *message, struct reply *reply);

/* … or as often as it puts more of them: how far it had come is what it hears the next time. */
struct post_progress {
    unsigned done;
    char after[DEVICE_ID_BYTES];
};
/* What was put last with; zeroed at the first call. */
struct post_progress post_progress(const struct request *request);
/* Takes the messages, malloced. */
void post_messages(struct service *service, const struct request *request,
                   struct message *messages, unsigned count,
                   const struct post_progress *progress, struct reply *reply);

#endif
