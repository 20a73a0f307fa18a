#include "web/tls.h"

#include "engine/base/log.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CHAIN = 8, NAME_BYTES = 256, REASON_BYTES = 256, TIME_BYTES = 32 };

const char tls_priorities[] = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:"
                              "-AES-128-CBC:-AES-256-CBC:-SHA1:%SERVER_PRECEDENCE";

/* All that was read at once. */
struct generation {
    unsigned references; /* under the lock */
    unsigned number;     /* from 1 on */
    gnutls_certificate_credentials_t credentials;
    gnutls_x509_trust_list_t trusted; /* NULL: nobody is asked for a certificate */
    time_t ends_s;
};

struct tls {
    struct tls_options options;
    pthread_mutex_t lock; /* of `current` and all references */
    struct generation *current;
    _Atomic unsigned number; /* of the current one */
    uint64_t refusals[TLS_REFUSALS];
    time_t told_s; /* when a refusal was logged last */
};

struct tls_connection {
    struct tls *tls;
    struct generation *generation;
    gnutls_session_t session;
    unsigned judged; /* by which generation; 0 not yet */
    const struct principal *principal;
    time_t ends_s; /* of the certificate */
};

/* --- generations --- */

static void release(struct tls *tls, struct generation *generation) {
    if (!generation)
        return;
    pthread_mutex_lock(&tls->lock);
    bool last = --generation->references == 0;
    pthread_mutex_unlock(&tls->lock);
    if (!last)
        return;
    if (generation->credentials)
        gnutls_certificate_free_credentials(generation->credentials);
    if (generation->trusted)
        gnutls_x509_trust_list_deinit(generation->trusted, 1);
    free(generation);
}

static struct generation *acquire(struct tls *tls) {
    pthread_mutex_lock(&tls->lock);
    struct generation *generation = tls->current;
    generation->references++;
    pthread_mutex_unlock(&tls->lock);
    return generation;
}

/* --- reading --- */

static bool fail(const char *path, const char *reason, char *error,
                 size_t error_bytes) {
    snprintf(error, error_bytes, "%s: %s", path, reason);
    return false;
}

/* To be freed by forget. */
static bool load(const char *path, gnutls_datum_t *out, char *error,
                 size_t error_bytes) {
    struct stat status;
    errno = 0;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        errno = EISDIR;
    else if (gnutls_load_file(path, out) == 0)
        return true;
    return fail(path, errno ? strerror(errno) : "cannot be read", error, error_bytes);
}

static void forget(gnutls_datum_t *datum) {
    if (datum->data)
        gnutls_memset(datum->data, 0, datum->size);
    gnutls_free(datum->data);
}

static bool is_private(const char *path, char *error, size_t error_bytes) {
    struct stat status;
    return stat(path, &status) != 0 || !(status.st_mode & S_IRWXO) ||
           fail(path, "others may read it, which is not for a private key", error,
                error_bytes);
}

static bool read_own(const struct tls_options *options, struct generation *generation,
                     char *error, size_t error_bytes) {
    gnutls_datum_t certificate = {NULL, 0}, key = {NULL, 0};
    gnutls_x509_crt_t *chain = NULL;
    unsigned count = 0;
    bool good = load(options->certificate, &certificate, error, error_bytes) &&
                is_private(options->key, error, error_bytes) &&
                load(options->key, &key, error, error_bytes);
    int result = good ? gnutls_x509_crt_list_import2(&chain, &count, &certificate,
                                                     GNUTLS_X509_FMT_PEM, 0)
                      : 0;
    if (good && result < 0)
        good = fail(options->certificate, gnutls_strerror(result), error, error_bytes);
    if (good && (result = gnutls_certificate_set_x509_key_mem2(
                     generation->credentials, &certificate, &key, GNUTLS_X509_FMT_PEM,
                     NULL, 0)) < 0)
        good = fail(options->key, gnutls_strerror(result), error, error_bytes);
    if (good)
        generation->ends_s = gnutls_x509_crt_get_expiration_time(chain[0]);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
    forget(&certificate);
    forget(&key);
    return good;
}

static void format_time(time_t time_s, char text[TIME_BYTES]) {
    struct tm parts;
    gmtime_r(&time_s, &parts);
    strftime(text, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* An old list goes on to hold: better than none, and than to answer nobody. */
static void tell_of_age(const char *path, gnutls_x509_crl_t list) {
    time_t next_s = gnutls_x509_crl_get_next_update(list);
    char end[TIME_BYTES];
    if (next_s <= 0 || next_s > time(NULL))
        return;
    format_time(next_s, end);
    log_line(LOG_LEVEL_WARNING, "%s: this revocation list is out of date since %s",
             path, end);
}

/* Certificates that a trust list will own. */
struct authorities {
    gnutls_x509_crt_t *at;
    unsigned count;
};

/* The library's own check would leak a list that is not to be believed. */
static bool is_theirs(gnutls_x509_crl_t list, const struct authorities *authorities) {
    unsigned status = 0;
    return gnutls_x509_crl_verify(list, authorities->at, authorities->count,
                                  GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) == 0 &&
           status == 0;
}

static bool read_revoked(const char *path, const struct authorities *authorities,
                         gnutls_x509_trust_list_t trusted, char *error,
                         size_t error_bytes) {
    gnutls_datum_t text = {NULL, 0};
    gnutls_x509_crl_t *lists = NULL;
    unsigned count = 0, good = 0;
    if (!load(path, &text, error, error_bytes))
        return false;
    int result =
        gnutls_x509_crl_list_import2(&lists, &count, &text, GNUTLS_X509_FMT_PEM, 0);
    forget(&text);
    if (result < 0)
        return fail(path, gnutls_strerror(result), error, error_bytes);
    while (good < count && is_theirs(lists[good], authorities))
        tell_of_age(path, lists[good++]);
    if (good == count)
        gnutls_x509_trust_list_add_crls(trusted, lists, count, 0, 0);
    for (unsigned i = 0; i < count && good < count; i++)
        gnutls_x509_crl_deinit(lists[i]);
    gnutls_free(lists);
    return good == count ||
           fail(path, "a revocation list in it is of no authority that is known", error,
                error_bytes);
}

static bool read_clients(const struct tls_options *options,
                         struct generation *generation, char *error,
                         size_t error_bytes) {
    gnutls_datum_t text = {NULL, 0};
    struct authorities authorities = {NULL, 0};
    if (!options->client_ca[0])
        return true;
    if (!load(options->client_ca, &text, error, error_bytes))
        return false;
    int result = gnutls_x509_crt_list_import2(&authorities.at, &authorities.count,
                                              &text, GNUTLS_X509_FMT_PEM, 0);
    forget(&text);
    if (result < 0)
        return fail(options->client_ca, gnutls_strerror(result), error, error_bytes);
    bool good = gnutls_x509_trust_list_init(&generation->trusted, 0) == 0;
    if (good)
        gnutls_x509_trust_list_add_cas(generation->trusted, authorities.at,
                                       authorities.count, 0);
    else
        fail(options->client_ca, "no memory", error, error_bytes);
    if (good && options->client_crl[0])
        good = read_revoked(options->client_crl, &authorities, generation->trusted,
                            error, error_bytes);
    gnutls_free(authorities.at);
    return good;
}

static struct generation *read_all(struct tls *tls, char *error, size_t error_bytes) {
    struct generation *generation = calloc(1, sizeof *generation);
    if (!generation ||
        gnutls_certificate_allocate_credentials(&generation->credentials) != 0) {
        snprintf(error, error_bytes, "no memory for certificates");
        free(generation);
        return NULL;
    }
    generation->references = 1;
    if (read_own(&tls->options, generation, error, error_bytes) &&
        read_clients(&tls->options, generation, error, error_bytes))
        return generation;
    release(tls, generation);
    return NULL;
}

bool tls_reload(struct tls *tls, char *error, size_t error_bytes) {
    struct generation *next = read_all(tls, error, error_bytes);
    if (!next)
        return false;
    char end[TIME_BYTES];
    format_time(next->ends_s, end);
    bool over = next->ends_s <= time(NULL);
    pthread_mutex_lock(&tls->lock);
    struct generation *old = tls->current;
    next->number = atomic_load(&tls->number) + 1;
    tls->current = next;
    atomic_store(&tls->number, next->number);
    pthread_mutex_unlock(&tls->lock);
    release(tls, old);
    log_line(over ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, "%s: this certificate %s %s",
             tls->options.certificate, over ? "has expired at" : "holds until", end);
    return true;
}

struct tls *tls_open(const struct tls_options *options, char *error,
                     size_t error_bytes) {
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls) {
        snprintf(error, error_bytes, "no memory for certificates");
        return NULL;
    }
    tls->options = *options;
    pthread_mutex_init(&tls->lock, NULL);
    if (tls_reload(tls, error, error_bytes))
        return tls;
    tls_close(tls);
    return NULL;
}

void tls_close(struct tls *tls) {
    if (!tls)
        return;
    release(tls, tls->current);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

int64_t tls_end_of_certificate(struct tls *tls) {
    struct generation *generation = acquire(tls);
    int64_t ends_s = generation->ends_s;
    release(tls, generation);
    return ends_s;
}

const uint64_t *tls_refusals(const struct tls *tls) {
    return tls->refusals;
}

/* --- connections --- */

struct tls_connection *tls_connect(struct tls *tls, void *session) {
    struct tls_connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    *connection = (struct tls_connection){
        .tls = tls, .generation = acquire(tls), .session = session};
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                           connection->generation->credentials);
    if (connection->generation->trusted)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    return connection;
}

void tls_disconnect(struct tls_connection *connection) {
    if (!connection)
        return;
    release(connection->tls, connection->generation);
    free(connection);
}

/* --- who it is --- */

static bool has_fingerprint(const struct principal *principal,
                            gnutls_x509_crt_t certificate) {
    unsigned char hash[AUTH_HASH_BYTES];
    size_t size = sizeof hash;
    return gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, hash,
                                           &size) == 0 &&
           principal_fits(principal, PRINCIPAL_SHA256, hash, size);
}

/* One common name: of several, none is it. */
static bool has_common_name(const struct principal *principal,
                            gnutls_x509_crt_t certificate) {
    char name[NAME_BYTES];
    size_t size = sizeof name, none = 0;
    return gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 1, 0,
                                         NULL, &none) ==
               GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE &&
           gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                         name, &size) == 0 &&
           principal_fits(principal, PRINCIPAL_CN, name, size);
}

static bool has_alternative_name(const struct principal *principal,
                                 gnutls_x509_crt_t certificate) {
    for (unsigned i = 0;; i++) {
        enum principal_trait trait;
        char name[NAME_BYTES];
        size_t size = sizeof name;
        int kind =
            gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &size, NULL);
        switch (kind) {
        case GNUTLS_SAN_DNSNAME:
            trait = PRINCIPAL_DNS;
            break;
        case GNUTLS_SAN_URI:
            trait = PRINCIPAL_URI;
            break;
        case GNUTLS_SAN_RFC822NAME:
            trait = PRINCIPAL_EMAIL;
            break;
        case GNUTLS_SAN_IPADDRESS:
            trait = PRINCIPAL_IP;
            break;
        case GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE:
            return false;
        default:
            continue; /* too long, or of no kind that is listed */
        }
        if (principal_fits(principal, trait, name, size))
            return true;
    }
}

static const struct principal *find_principal(const struct tls_options *options,
                                              gnutls_x509_crt_t certificate) {
    for (size_t i = 0; i < options->principal_count; i++) {
        const struct principal *principal = &options->principals[i];
        bool fits = principal->trait == PRINCIPAL_SHA256
                        ? has_fingerprint(principal, certificate)
                    : principal->trait == PRINCIPAL_CN
                        ? has_common_name(principal, certificate)
                        : has_alternative_name(principal, certificate);
        if (fits)
            return principal;
    }
    return NULL;
}

/* Once a second is enough for who reads it. */
static void refuse(struct tls *tls, enum tls_refusal reason,
                   gnutls_x509_crt_t certificate) {
    static const char *const reasons[] = {
        [TLS_EXPIRED] = "is not valid at this time",
        [TLS_REVOKED] = "was revoked",
        [TLS_FOREIGN] = "is of no authority that is known, or not for clients",
        [TLS_UNLISTED] = "fits no line of 'clients'"};
    gnutls_datum_t subject = {NULL, 0};
    struct timespec now;
    tls->refusals[reason]++;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_sec == tls->told_s)
        return;
    tls->told_s = now.tv_sec;
    gnutls_x509_crt_get_dn3(certificate, &subject, 0);
    log_line(LOG_LEVEL_WARNING, "the client's certificate '%s' %s",
             subject.data ? (const char *)subject.data : "", reasons[reason]);
    gnutls_free(subject.data);
}

static bool verify(struct tls *tls, gnutls_x509_trust_list_t trusted,
                   gnutls_x509_crt_t *chain, unsigned count) {
    static char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st wanted = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose, .size = 0};
    unsigned status = 0;
    if (gnutls_x509_trust_list_verify_crt2(trusted, chain, count, &wanted, 1, 0,
                                           &status, NULL) < 0)
        status = GNUTLS_CERT_INVALID;
    if (status)
        refuse(tls,
               status & GNUTLS_CERT_REVOKED ? TLS_REVOKED
               : status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)
                   ? TLS_EXPIRED
                   : TLS_FOREIGN,
               chain[0]);
    return status == 0;
}

static void judge(struct tls_connection *connection,
                  const struct generation *generation) {
    struct tls *tls = connection->tls;
    gnutls_x509_crt_t chain[CHAIN];
    unsigned sent = 0, count = 0;
    const gnutls_datum_t *raw =
        gnutls_certificate_get_peers(connection->session, &sent);
    connection->judged = generation->number;
    connection->principal = NULL;
    if (!raw || !generation->trusted)
        return;
    for (; count < sent && count < CHAIN; count++) {
        if (gnutls_x509_crt_init(&chain[count]) != 0)
            break;
        if (gnutls_x509_crt_import(chain[count], &raw[count], GNUTLS_X509_FMT_DER) !=
            0) {
            gnutls_x509_crt_deinit(chain[count]);
            break;
        }
    }
    if (count > 0 && verify(tls, generation->trusted, chain, count)) {
        connection->principal = find_principal(&tls->options, chain[0]);
        connection->ends_s = gnutls_x509_crt_get_expiration_time(chain[0]);
        if (!connection->principal)
            refuse(tls, TLS_UNLISTED, chain[0]);
    }
    while (count > 0)
        gnutls_x509_crt_deinit(chain[--count]);
}

const struct principal *tls_principal(struct tls_connection *connection) {
    if (connection->judged != atomic_load(&connection->tls->number)) {
        struct generation *current = acquire(connection->tls);
        judge(connection, current);
        release(connection->tls, current);
    }
    return connection->principal && time(NULL) < connection->ends_s
               ? connection->principal
               : NULL;
}
