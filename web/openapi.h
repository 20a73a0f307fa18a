#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "web/reply.h"
#include "web/request.h"

struct service;

/* GET /openapi.json: web/openapi.json, which describes every route */
void openapi_show(struct service *service, const struct request *request,
                  struct reply *reply);

#endif
