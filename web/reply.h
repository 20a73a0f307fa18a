#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include "web/text.h"

#include <stdbool.h>
#include <stdint.h>

/* What a handler fills and the server sends. */

enum { REPLY_NOTES = 4 };

struct pause;
struct request;

/* A body that is made while it is sent. */
struct reply_stream {
    /* Up to `size` bytes. 0: there is nothing now, and `pause` has been paused (http_pause) until
       there is; −1: it ends. NULL: no stream. */
    int64_t (*read)(void *context, struct pause *pause, char *out, size_t size);
    void (*leave)(void *context); /* it is no longer read; called once */
    void *context;
};

struct reply {
    unsigned status;           /* HTTP */
    const char *content_type;  /* static */
    const char *cache_control; /* static */
    const char *csp;           /* static Content-Security-Policy, NULL for none */
    bool later;                /* the request was paused: nothing of this is sent */
    bool validated;            /* carries an ETag of its body, and may become a 304 */
    const char *content_encoding; /* static; NULL: the body is as it is */
    const char *vary;             /* static, NULL for none */
    char etag[24];                /* with its quotes; "" none */
    char allow[64];               /* "" none */
    const char *authenticate;     /* static WWW-Authenticate, NULL for none */
    unsigned note_count;
    struct reply_note {
        const char *name; /* static: a header */
        char value[64];
    } notes[REPLY_NOTES];
    char link[512];             /* "" none */
    char cookie[160];           /* Set-Cookie; "" none */
    struct reply_stream stream; /* instead of the body */
    struct text body;
};

/* 200, JSON, not to be cached, an empty body in `buffer`, which is lent until reply_end: that
   takes it back as it has grown, unless it has grown large. */
void reply_init(struct reply *reply, struct text *buffer);
void reply_end(struct reply *reply, struct text *buffer);

/* Turn it into an error of RFC 9457. reply_problem_open leaves the object open, for members
   of the caller's and json_close. */
void reply_problem(struct reply *reply, unsigned status, const char *detail);
void reply_problem_open(struct reply *reply, unsigned status, const char *detail);
/* 400 for a parameter of the query. */
void reply_bad_parameter(struct reply *reply, const char *name, const char *detail);

/* A header of the handler's own, cut if long; its value is printable ASCII, else it is left
   out. */
void reply_note(struct reply *reply, const char *name, const char *value);

/* The end of a page of a list: closes the array and the object, and names the next page (cursor
   "": there is none) in `next_cursor` and in Link (RFC 8288), which is the same request with
   that cursor. Where it is too long there is no Link, and the cursor has to do. */
void reply_close_page(struct reply *reply, const struct request *request,
                      const char *cursor);

/* Tag the body, and send none of it to those who have it. */
void reply_validate(struct reply *reply, const char *if_none_match);

#endif
