#ifndef WEB_BODY_H
#define WEB_BODY_H

#include "web/reply.h"
#include "web/request.h"

#include <cjson/cJSON.h>

/* The JSON that came with a request. Names are compared exactly: take members with
   cJSON_GetObjectItemCaseSensitive. */

/* The body as a tree (scan.h) in the request's room; or NULL, and the reply says why:
   `wrong_type` (415, where no standard wants another) if it is not application/json, else
   400. */
cJSON *body_read(const struct request *request, unsigned wrong_type,
                 struct reply *reply);

/* 400 for the value at `pointer`, a JSON Pointer (scan_point); "" is the whole. */
void body_refuse(struct reply *reply, const char *pointer, const char *detail);

#endif
