#ifndef WEB_RULEBOOK_H
#define WEB_RULEBOOK_H

#include "engine/policy/policy.h"
#include "web/reply.h"
#include "web/request.h"

#include <pthread.h>
#include <stdbool.h>

/* The policy in force, and how another takes its place: whole, or not at all. Requests hold on
   to the one they began with. Any thread. */

struct service;

struct rulebook {
    pthread_mutex_t lock; /* of all below */
    struct policy *current;
    unsigned number;  /* of the policies so far */
    const char *path; /* borrowed; "" for the built-in policy */
    struct policy_bounds bounds;
};

/* Reads the file, if there is one. False: `mistake` says why. */
bool rulebook_open(struct rulebook *book, const char *path,
                   const struct policy_bounds *bounds, struct mistake *mistake);
void rulebook_close(struct rulebook *book);

struct policy *
rulebook_acquire(struct rulebook *book); /* policy_release gives it back */

/* Read the file again. On a mistake nothing changes. */
bool rulebook_reload(struct rulebook *book, struct mistake *mistake);
/* Take these bytes instead, until the next reload. */
bool rulebook_replace(struct rulebook *book, const char *text, size_t length,
                      struct mistake *mistake);

/* GET and PUT /v1/policy, POST /v1/policy/reload */
void rulebook_show(struct service *service, const struct request *request,
                   struct reply *reply);
void rulebook_put(struct service *service, const struct request *request,
                  struct reply *reply);
void rulebook_renew(struct service *service, const struct request *request,
                    struct reply *reply);

/* POST /v1/policy/test: what would be decided and why, by the policy in force or by the one in
   the member `policy`, rule by rule, without any effect */
void rulebook_test(struct service *service, const struct request *request,
                   struct reply *reply);

#endif
