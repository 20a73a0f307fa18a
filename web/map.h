#ifndef WEB_MAP_H
#define WEB_MAP_H

#include "web/reply.h"
#include "web/request.h"

struct service;

/* GET /v1/map: the riskiest 1000 devices and whom each speaks with most, which of them it may
   not speak with. O(devices · log + 1000 · peers · log). */
void map_show(struct service *service, const struct request *request,
              struct reply *reply);

#endif
