#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "engine/base/address.h"
#include "web/gate.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/tls.h"

#include <stddef.h>
#include <stdint.h>

/* The server: libmicrohttpd, which nobody else knows, on one thread. Requests come in as plain
   text and go out as replies. */

enum {
    HTTP_BODY_BYTES = 65536, /* more is 413, where body_limit does not say otherwise */
    HTTP_BODIES_BYTES = 32 << 20, /* of all connections together: more is 413 too */
};

struct http_options {
    struct address address;
    uint16_t port;             /* 0: any that is free */
    unsigned connection_limit; /* that of the gate, where there is one */
    struct gate *gate; /* borrowed; NULL: whoever comes, as long as there is room */
    struct tls *tls;   /* borrowed; NULL: in the clear */
    unsigned
        timeout_s; /* without a byte, and of a body from its first byte to its last */
    size_t memory_bytes; /* for a connection's request line and headers */
    /* Called on the server's thread for each request: all but identity and
       snapshot is set; the reply is empty. */
    void (*answer)(void *context, struct request *request, struct reply *reply);
    /* How long a body this target (as sent) takes; NULL: HTTP_BODY_BYTES. 0 is for those that
       are always answered: whatever is too long is dropped. */
    size_t (*body_limit)(void *context, const char *target);
    void *context;
};

struct http;

/* Within `answer`, which then sets the reply's `later`: it is called for the same request once
   more after http_resume, which any thread may call from now on, once. Before http_stop all
   have been resumed. */
void http_pause(struct pause *pause);
void http_resume(struct pause *pause);

/* NULL on failure, and one clear line in `error`. */
struct http *http_start(const struct http_options *options, char *error,
                        size_t error_bytes);
uint16_t http_port(const struct http *http);
void http_stop(struct http *http); /* NULL is allowed */

#endif
