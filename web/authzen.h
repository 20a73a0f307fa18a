#ifndef WEB_AUTHZEN_H
#define WEB_AUTHZEN_H

#include "web/reply.h"
#include "web/request.h"

/* OpenID AuthZEN Authorization API 1.0 (https://openid.net/specs/authorization-api-1_0.html). */

struct service;

/* POST /access/v1/evaluation, and /access/v1/evaluations: a list of them with defaults. An
   item's subject, action, resource or context replaces the default whole, but a default that is
   incomplete by itself, such as a resource without an id, is completed by the item's. */
void authzen_evaluation(struct service *service, const struct request *request,
                        struct reply *reply);
void authzen_evaluations(struct service *service, const struct request *request,
                         struct reply *reply);

/* POST /access/v1/search/subject, …/resource, …/action: of the policy's entities, and of the
   devices as subjects, those that would be permitted. */
void authzen_search_subject(struct service *service, const struct request *request,
                            struct reply *reply);
void authzen_search_resource(struct service *service, const struct request *request,
                             struct reply *reply);
void authzen_search_action(struct service *service, const struct request *request,
                           struct reply *reply);

/* GET /.well-known/authzen-configuration */
void authzen_discover(struct service *service, const struct request *request,
                      struct reply *reply);

#endif
