#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "web/auth.h"
#include "web/reply.h"
#include "web/request.h"

#include <stdint.h>

/* Who has signed in on the page: a token is shown once and exchanged for a cookie, which a script
   cannot read and no other site can use. Of both only a SHA-256 is kept, in memory. A
   session ends 12 h after it began, after 1 h without a request, and with its token. Of the
   server's thread alone. */

enum { SESSIONS = 64 }; /* the one used longest ago makes room */

struct session {
    unsigned char cookie[AUTH_HASH_BYTES], token[AUTH_HASH_BYTES];
    uint64_t begun_ns, used_ns; /* of a clock that only goes forward; begun 0: free */
};

/* Zeroed: nobody. */
struct sessions {
    struct session entries[SESSIONS];
};

bool session_is_over(const struct session *session, uint64_t now_ns);

struct service;

/* By the request's cookie; as auth_check. A request that writes must come from the page
   itself: another site's is AUTH_FORBIDDEN, cookie or not. */
enum auth_result session_check(struct sessions *sessions, const struct auth *auth,
                               const struct request *request, enum auth_scope scope,
                               uint64_t now_ns, const char **name);

/* Whether a browser says that another site made it ask: what it sends unasked, as a cookie or a
   certificate, is no sign of the person's will then. */
bool session_is_foreign(const struct request *request);

/* POST /login: {"token": …}; 401 for one that is not known. POST /logout: the cookie's session
   ends, if there is one. */
void session_login(struct service *service, const struct request *request,
                   struct reply *reply);
void session_logout(struct service *service, const struct request *request,
                    struct reply *reply);

#endif
