#ifndef WEB_TLS_H
#define WEB_TLS_H

#include "web/principal.h"

#include <stdint.h>

/* TLS (GnuTLS): the server's certificate, and whom it knows by theirs. All files can be read again
   at any time: connections go on with the certificate they began with, but who is at their
   other end is judged anew. */

enum tls_refusal {
    TLS_EXPIRED, /* or not yet valid */
    TLS_REVOKED,
    TLS_FOREIGN,  /* not of a known authority, or not for clients */
    TLS_UNLISTED, /* good, but no line of the config fits */
    TLS_REFUSALS
};

struct tls_options {
    const char *certificate, *key;      /* paths, PEM */
    const char *client_ca;              /* "": no certificate is asked for */
    const char *client_crl;             /* revocation lists; "" none */
    const struct principal *principals; /* borrowed */
    size_t principal_count;
};

/* Whom to speak of for libmicrohttpd: TLS 1.2 and 1.3, forward secrecy, authenticated ciphers. */
extern const char tls_priorities[];

struct tls;

/* What `options` points to is borrowed. NULL: one clear line in `error`. */
struct tls *tls_open(const struct tls_options *options, char *error,
                     size_t error_bytes);
void tls_close(struct tls *tls); /* NULL is allowed; all connections have ended */

/* Any thread. False: one clear line in `error`, and all stays as it was. */
bool tls_reload(struct tls *tls, char *error, size_t error_bytes);

/* When the certificate ends, in seconds since the epoch; any thread. */
int64_t tls_end_of_certificate(struct tls *tls);

/* --- the server's thread --- */

struct tls_connection;

/* A connection ahead of its handshake; `session` is a gnutls_session_t. NULL: no memory. */
struct tls_connection *tls_connect(struct tls *tls, void *session);
void tls_disconnect(struct tls_connection *connection); /* NULL is allowed */

/* Who is at the other end by a certificate that is good now; NULL nobody. The chain is verified
   once, and again after a reload. */
const struct principal *tls_principal(struct tls_connection *connection);

/* Certificates that did not make anybody known, by reason. */
const uint64_t *tls_refusals(const struct tls *tls);

#endif
