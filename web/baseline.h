#ifndef WEB_BASELINE_H
#define WEB_BASELINE_H

#include "web/reply.h"
#include "web/request.h"

struct service;

/* GET /v1/devices/{id}/baseline: what was learnt of a device. The engine is asked, and the
   request waits for it; 503 if it does not answer. */
void baseline_show(struct service *service, const struct request *request,
                   struct reply *reply);

#endif
