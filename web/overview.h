#ifndef WEB_OVERVIEW_H
#define WEB_OVERVIEW_H

#include "web/reply.h"
#include "web/request.h"

struct service;

/* GET /v1/overview: devices by score, by level and state; what changed in the last hour; the
   alarms of the last week against what quiet traffic may cost. O(devices + findings · log). */
void overview_show(struct service *service, const struct request *request,
                   struct reply *reply);

#endif
