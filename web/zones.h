#ifndef WEB_ZONES_H
#define WEB_ZONES_H

#include "web/reply.h"
#include "web/request.h"

struct service;

/* GET /v1/zones: the parts of the network, what each may open to which by the rules, what they
   were seen to open, and the flows that no rule allows. */
void zones_show(struct service *service, const struct request *request,
                struct reply *reply);

#endif
