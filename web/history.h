#ifndef WEB_HISTORY_H
#define WEB_HISTORY_H

#include "web/reply.h"
#include "web/request.h"

/* What was, as the store has kept it. */

struct service;

/* GET /v1/devices/{id}/history: risk and anomaly over time, in steps for a chart. */
void history_risk(struct service *service, const struct request *request,
                  struct reply *reply);

#endif
