#include "web/session.h"

#include "web/body.h"
#include "web/json.h"
#include "web/service.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

static const uint64_t lasts_ns = UINT64_C(12 * 3600) * 1000000000;
static const uint64_t idle_ns = UINT64_C(3600) * 1000000000;

/* The prefix makes browsers insist on Secure, on no Domain, and on this path. */
static const char cookie_name[] = "__Host-wary=";
static const char cookie_rules[] =
    "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=";

enum { SECRET_BYTES = 32, SECRET_DIGITS = 2 * SECRET_BYTES };

bool session_is_over(const struct session *session, uint64_t now_ns) {
    return session->begun_ns == 0 || now_ns - session->begun_ns > lasts_ns ||
           now_ns - session->used_ns > idle_ns;
}

/* The session of the request's cookie, or NULL. */
static struct session *find(struct sessions *sessions, const struct request *request,
                            uint64_t now_ns) {
    const char *cookies = request_header(request, "Cookie");
    const char *value = cookies ? strstr(cookies, cookie_name) : NULL;
    unsigned char hash[AUTH_HASH_BYTES];
    if (!value || (value != cookies && value[-1] != ' ' && value[-1] != ';'))
        return NULL;
    value += sizeof cookie_name - 1;
    if (strspn(value, "0123456789abcdef") != SECRET_DIGITS ||
        gnutls_hash_fast(GNUTLS_DIG_SHA256, value, SECRET_DIGITS, hash) != 0)
        return NULL;
    struct session *found = NULL;
    for (size_t i = 0; i < SESSIONS; i++)
        if (gnutls_memcmp(sessions->entries[i].cookie, hash, sizeof hash) == 0 &&
            !session_is_over(&sessions->entries[i], now_ns))
            found = &sessions->entries[i];
    return found;
}

/* Browsers say where a request comes from, and let no script lie about it: by Sec-Fetch-Site,
   older ones by Origin. */
static bool is_from_the_page(const struct request *request) {
    const char *site = request_header(request, "Sec-Fetch-Site");
    const char *origin = request_header(request, "Origin");
    const char *host = request_header(request, "Host");
    if (site)
        return strcmp(site, "same-origin") == 0;
    const char *authority = origin ? strstr(origin, "://") : NULL;
    return authority && host && strcmp(authority + 3, host) == 0;
}

bool session_is_foreign(const struct request *request) {
    bool tells = request_header(request, "Sec-Fetch-Site") != NULL ||
                 request_header(request, "Origin") != NULL;
    return tells && !is_from_the_page(request);
}

static bool writes(const struct request *request) {
    return strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0;
}

enum auth_result session_check(struct sessions *sessions, const struct auth *auth,
                               const struct request *request, enum auth_scope scope,
                               uint64_t now_ns, const char **name) {
    *name = NULL;
    struct session *session = find(sessions, request, now_ns);
    if (!session)
        return AUTH_UNKNOWN;
    if (writes(request) && !is_from_the_page(request))
        return AUTH_FORBIDDEN;
    session->used_ns = now_ns;
    return auth_check_hash(auth, session->token, scope, name);
}

static struct session *make_room(struct sessions *sessions, uint64_t now_ns) {
    struct session *chosen = &sessions->entries[0];
    for (size_t i = 0; i < SESSIONS; i++) {
        struct session *session = &sessions->entries[i];
        if (session_is_over(session, now_ns))
            return session;
        if (session->used_ns < chosen->used_ns)
            chosen = session;
    }
    return chosen;
}

static bool begin(struct sessions *sessions, const unsigned char token[AUTH_HASH_BYTES],
                  uint64_t now_ns, struct reply *reply) {
    unsigned char secret[SECRET_BYTES];
    char digits[SECRET_DIGITS + 1];
    struct session *session = make_room(sessions, now_ns);
    if (gnutls_rnd(GNUTLS_RND_KEY, secret, sizeof secret) != 0)
        return false;
    for (size_t i = 0; i < SECRET_BYTES; i++)
        snprintf(digits + 2 * i, 3, "%02x", secret[i]);
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, digits, SECRET_DIGITS, session->cookie) !=
        0)
        return false;
    memcpy(session->token, token, AUTH_HASH_BYTES);
    session->begun_ns = session->used_ns = now_ns;
    snprintf(reply->cookie, sizeof reply->cookie, "%s%s%s%u", cookie_name, digits,
             cookie_rules, (unsigned)(lasts_ns / 1000000000));
    return true;
}

static void login(struct service *service, const struct request *request,
                  const cJSON *body, struct reply *reply) {
    const cJSON *token = cJSON_GetObjectItemCaseSensitive(body, "token");
    unsigned char hash[AUTH_HASH_BYTES];
    const char *name;
    if (!cJSON_IsString(token)) {
        body_refuse(reply, "/token", "is not there, or no string");
    } else if (!is_from_the_page(request)) {
        reply_problem(reply, 403, "sign in on the page itself");
    } else if (!auth_hash(token->valuestring, hash) ||
               auth_check_hash(&service->auth, hash, AUTH_RISK_READ, &name) ==
                   AUTH_UNKNOWN) {
        reply_problem(reply, 401, "no such token is known");
    } else if (!begin(&service->sessions, hash, service_clock_ns(), reply)) {
        reply_problem(reply, 500, "no random numbers to be had");
    } else {
        json_open(&reply->body, NULL, '{');
        json_string(&reply->body, "name", name ? name : "");
        json_close(&reply->body, '}');
    }
}

void session_login(struct service *service, const struct request *request,
                   struct reply *reply) {
    cJSON *body = body_read(request, 415, reply);
    if (!body)
        return;
    if (cJSON_IsObject(body))
        login(service, request, body, reply);
    else
        body_refuse(reply, "", "is no object");
}

void session_logout(struct service *service, const struct request *request,
                    struct reply *reply) {
    struct session *session = find(&service->sessions, request, service_clock_ns());
    if (session && !is_from_the_page(request)) {
        reply_problem(reply, 403, "sign out on the page itself");
        return;
    }
    if (session)
        memset(session, 0, sizeof *session);
    snprintf(reply->cookie, sizeof reply->cookie, "%s%s0", cookie_name, cookie_rules);
    json_open(&reply->body, NULL, '{');
    json_close(&reply->body, '}');
}
