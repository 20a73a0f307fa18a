#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "engine/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a handler may know of a request: plain text, nothing of the library beneath. */

enum { REQUEST_IDENTITY_BYTES = 256 };

struct pause;     /* web/http.h */
struct principal; /* web/principal.h */
struct scan_room; /* web/scan.h */

struct request {
    const char *method;
    const char *path;          /* as sent, still percent-encoded; begins with '/' */
    const char *query;         /* as sent, "" if none */
    const char *if_none_match; /* NULL if absent */
    const char *content_type;  /* NULL if absent */
    const char *body;          /* not terminated */
    size_t body_bytes;
    struct scan_room *room; /* for its tree, see body_read; of the server's thread */
    bool body_refused;      /* there was one, too long to be taken */
    const char *id;         /* X-Request-ID, where it may be echoed; NULL if none */
    const char *principal;  /* who was authenticated; NULL nobody */
    const struct principal *certified; /* whom the certificate shows; NULL nobody */
    struct address remote;             /* who asks; family 0: not known */
    const void *connection; /* for find_header alone; NULL where there are no headers */
    const char *(*find_header)(const void *connection, const char *name,
                               unsigned before_last);
    struct pause *pause; /* NULL: it cannot wait */
    void **kept;         /* the handler's from one call to the next; NULL at first */
    void (**drop)(
        void *kept); /* gives it back, if the handler does not; free at first */
    char identity[REQUEST_IDENTITY_BYTES]; /* the path's {id}, decoded; "" if none */
    const struct snapshot *snapshot;       /* what is answered from */
};

/* The value of a header, whose name is compared without case; NULL if it is absent. Of
   several of that name, the last: the nearest proxy's. */
const char *request_header(const struct request *request, const char *name);
/* Of several, the one that stands so many before the last; NULL if there is none. */
const char *request_header_before(const struct request *request, const char *name,
                                  unsigned before_last);

/* Split a request target (RFC 9112, origin or absolute form) in place. False if it is
   neither. */
bool request_split_target(char *target, struct request *request);

/* Strict: every '%' is followed by two hex digits, the result is UTF-8 without control
   characters and fits. `plus` reads '+' as a space, as forms write it. */
bool request_decode(const char *text, size_t length, bool plus, char *out, size_t size);

/* The path of a URI as whoever serves it will read it: without query and fragment, decoded
   once, without empty and dot segments (RFC 3986, 5.2.4), so that it cannot be spelt around a
   rule. Cut if it does not fit. */
void request_clean_path(const char *uri, char *out, size_t size);

enum query_value { QUERY_ABSENT, QUERY_PRESENT, QUERY_BAD };

/* The decoded value of a parameter. Absent also if empty; bad if it is given twice, is badly
   encoded or does not fit. */
enum query_value request_query(const struct request *request, const char *name,
                               char *out, size_t size);

/* Digits alone, `low` … `high`. */
bool request_parse_unsigned(const char *text, uint64_t low, uint64_t high,
                            uint64_t *value);

/* RFC 3339 date-time, or whole seconds since the epoch. Not before 1970 nor after 2500. */
bool request_parse_time(const char *text, uint64_t *time_ns);

/* Whether an If-None-Match (RFC 9110) holds for the tag, which includes its quotes. */
bool request_matches_etag(const char *if_none_match, const char *etag);

/* Whether an Accept-Encoding (RFC 9110; NULL: none) takes gzip. */
bool request_accepts_gzip(const char *accept_encoding);

#endif
