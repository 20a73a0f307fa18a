#include "web/route.h"

#include <stdio.h>
#include <string.h>

enum match { MATCH_NONE, MATCH_FOUND, MATCH_BAD_IDENTITY };

static enum match match_path(const char *pattern, struct request *request) {
    const char *path = request->path;
    while (*pattern != '{') {
        if (*pattern == '*')
            return MATCH_FOUND;
        if (*pattern != *path)
            return MATCH_NONE;
        if (!*pattern)
            return MATCH_FOUND;
        pattern++, path++;
    }
    size_t length = strcspn(path, "/");
    if (length == 0 || strcmp(strchr(pattern, '}') + 1, path + length) != 0)
        return MATCH_NONE;
    bool decoded = request_decode(path, length, false, request->identity,
                                  sizeof request->identity);
    return decoded ? MATCH_FOUND : MATCH_BAD_IDENTITY;
}

static void allow(struct reply *reply, const char *method) {
    size_t used = strlen(reply->allow);
    snprintf(reply->allow + used, sizeof reply->allow - used, "%s%s", used ? ", " : "",
             strcmp(method, "GET") == 0 ? "GET, HEAD" : method);
}

const struct route *route_find(const struct route *routes, size_t count,
                               struct request *request, struct reply *reply) {
    const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
    for (size_t i = 0; i < count; i++) {
        enum match match = match_path(routes[i].pattern, request);
        if (match == MATCH_NONE)
            continue;
        if (routes[i].method && strcmp(routes[i].method, method) != 0) {
            allow(reply, routes[i].method);
        } else if (match == MATCH_FOUND) {
            reply->allow[0] = '\0';
            return &routes[i];
        } else {
            reply_problem(reply, 400,
                          "the identity is not percent-encoded UTF-8, or too long");
            return NULL;
        }
    }
    if (reply->allow[0])
        reply_problem(reply, 405, "this resource does not take the method");
    else
        reply_problem(reply, 404, "there is nothing at this path");
    return NULL;
}
