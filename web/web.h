#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "engine/base/address.h"
#include "engine/base/counters.h"
#include "engine/policy/policy.h"
#include "engine/policy/zone.h"
#include "engine/snapshot.h"
#include "engine/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The HTTP API, the metrics and the page, served by one thread from the board's snapshots. */

enum { WEB_URL_BYTES = 256, WEB_PATH_BYTES = 1024 };

struct inbox;
struct ledger;
struct principal;

struct web_options {
    struct address
        address;   /* where to listen; other than loopback takes a certificate, and
                               tokens or client certificates */
    uint16_t port; /* 0: any that is free */
    unsigned connection_limit;         /* ≥ 1; those who wait longest make room */
    unsigned address_connection_limit; /* of one address that is none of `peps` */
    uint32_t handshake_rate_per_s;     /* TLS connections begun by others than `peps`, a
                                      quarter by one address; 0 any */
    uint32_t rate_per_s; /* requests of one principal or, without one, address; 0 any */
    uint32_t decision_rate_per_s; /* the same of decisions and risk */
    unsigned timeout_s;           /* an idle connection is closed after */
    size_t memory_bytes; /* for the request and headers of a connection, ≥ 4096 */
    unsigned max_age_s;  /* the engine's: an older score is stale */
    const char *version; /* the program's */
    char public_url[WEB_URL_BYTES]; /* https://…, as others reach it; "" as they ask */
    char policy_path[WEB_PATH_BYTES]; /* policy.json; "" the built-in policy */
    char tokens_path[WEB_PATH_BYTES]; /* see auth.h; "" everybody may everything */
    bool
        tokens_may_come; /* there may be no such file yet; nobody needs one until then */
    char audit_path[WEB_PATH_BYTES]; /* "" in memory alone */
    char certificate_path[WEB_PATH_BYTES], key_path[WEB_PATH_BYTES]; /* "" no TLS */
    char client_ca_path[WEB_PATH_BYTES];  /* "" no client is asked for a certificate */
    char client_crl_path[WEB_PATH_BYTES]; /* "" none is revoked */
    const struct principal *principals;   /* borrowed: whom certificates show */
    size_t principal_count;
    struct policy_bounds bounds;  /* of the levels */
    enum policy_mode mode;        /* where a zone has none of its own */
    const struct zone_set *zones; /* borrowed; NULL none */
    uint8_t zone_modes[ZONE_MAX]; /* 1 + enum policy_mode; 0 none of its own */
    const struct prefix *peps;    /* borrowed: whose word on a request is believed */
    size_t pep_count;
    struct inbox *inbox; /* of the engine, borrowed; NULL: nothing can be told to it */
    struct store *store; /* borrowed; NULL: nothing is kept */
    struct ledger *ledger; /* borrowed; NULL: no flows are kept */
};

extern const struct web_options web_defaults; /* 127.0.0.1:8731 */

/* One queue of capture, as shown in status and metrics. */
struct web_capture {
    const char *name; /* interface or "replay" */
    unsigned queue;   /* of its queues */
    const struct counters *counters;
};

struct web;

/* Listens and answers when it returns. The options are copied; board, counters and all names
   are borrowed until web_stop. On failure NULL and one clear line in `error`. */
struct web *web_start(const struct web_options *options, struct board *board,
                      const struct web_capture *captures, size_t capture_count,
                      char *error, size_t error_bytes);

/* Read the policy again and begin a new audit file, as a signal asks for; any thread. False: the
   policy has a mistake, which `error` tells, and the old one stays. */
bool web_reload(struct web *web, char *error, size_t error_bytes);

/* Of these options, mode, zone_modes and peps hold from the next request on; copied. Any
   thread. False: no memory. */
bool web_adopt(struct web *web, const struct web_options *options);

/* Read all certificates again; any thread. False: something is wrong, which `error` tells, and
   the old ones stay. */
bool web_reload_certificates(struct web *web, char *error, size_t error_bytes);

uint16_t web_port(const struct web *web); /* the one in use */

/* Answers what was begun and returns when the thread has ended; the inbox takes nothing from
   then on. NULL is allowed. */
void web_stop(struct web *web);

#endif
