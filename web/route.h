#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/auth.h"
#include "web/reply.h"
#include "web/request.h"

#include <stddef.h>

/* Which handler a request goes to. */

struct service;

struct route {
    const char *method; /* NULL: any */
    const char
        *pattern; /* path; "{id}" stands for one segment, "*" at its end for any rest */
    enum auth_scope scope; /* that a token must have */
    void (*handle)(struct service *service, const struct request *request,
                   struct reply *reply);
};

/* The route of the request, whose identity is filled in; HEAD goes where GET goes. NULL if there
   is none: `reply` then says why (404, 405 with the methods that are allowed, or 400
   for an identity that is badly encoded). O(routes · path). */
const struct route *route_find(const struct route *routes, size_t count,
                               struct request *request, struct reply *reply);

#endif
