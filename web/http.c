#include "web/http.h"

#include "engine/base/precedence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/abstract.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What is read of a body beyond its limit, to say so: 413 instead of a connection that
   breaks. Most clients send all that they have before they read. */
enum { DRAINED_BYTES = 4 << 20 };

/* A copy of a short answer costs less than a new buffer for the next one. */
enum { HANDED_OVER_BYTES = 65536 };

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    uint16_t port;
    size_t bodies_bytes; /* of all requests that are being read */
    struct text body; /* where the server's thread writes one answer after the other */
};

struct pause {
    struct MHD_Connection *connection;
};

/* A connection. */
struct visit {
    struct guest *guest;        /* NULL where there is no gate */
    struct tls_connection *tls; /* NULL: in the clear */
};

/* One request, from its first line to its end. */
struct exchange {
    struct pause pause;
    unsigned status; /* of the answer; 0 none yet */
    void *kept;      /* the handler's */
    void (*drop)(void *kept);
    bool begun;
    uint64_t begun_s; /* on the monotonic clock */
    struct text body;
    size_t body_bytes; /* received */
    size_t body_limit;
    bool body_refused; /* and dropped */
    bool unclear;      /* where it ends: nothing that follows is read */
    char target[];     /* as sent */
};

/* --- the listening socket --- */

static socklen_t fill_sockaddr(const struct http_options *options,
                               struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (options->address.family == 6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(options->port);
        memcpy(&in6->sin6_addr, options->address.bytes, 16);
        return sizeof *in6;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)storage;
    in->sin_family = AF_INET;
    in->sin_port = htons(options->port);
    memcpy(&in->sin_addr, options->address.bytes, 4);
    return sizeof *in;
}

/* Ours and not the library's, so that a failure has its own words. -1: `errno` says why. */
static int open_listener(const struct http_options *options, uint16_t *port) {
    struct sockaddr_storage name;
    socklen_t length = fill_sockaddr(options, &name);
    int one = 1;
    int listener =
        socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return -1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(listener, (struct sockaddr *)&name, length) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&name, &length) != 0) {
        int reason = errno;
        close(listener);
        errno = reason;
        return -1;
    }
    *port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                             : ((struct sockaddr_in *)&name)->sin_port);
    return listener;
}

/* --- connections --- */

static struct address read_sockaddr(const struct sockaddr *name) {
    struct address address = {.family = 0};
    if (name && name->sa_family == AF_INET) {
        address.family = 4;
        memcpy(address.bytes, &((const struct sockaddr_in *)name)->sin_addr, 4);
    } else if (name && name->sa_family == AF_INET6) {
        address.family = 6;
        memcpy(address.bytes, &((const struct sockaddr_in6 *)name)->sin6_addr, 16);
        address_unmap(&address); /* of a socket that takes both */
    }
    return address;
}

static const union MHD_ConnectionInfo *
connection_info(struct MHD_Connection *connection, enum MHD_ConnectionInfoType what) {
    static const union MHD_ConnectionInfo nothing;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, what);
    return info ? info : &nothing;
}

/* Whose connection it is. */
static struct address find_remote(struct MHD_Connection *connection) {
    return read_sockaddr(
        connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
}

static uint64_t monotonic_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec;
}

static enum MHD_Result admit(void *context, const struct sockaddr *name,
                             socklen_t length) {
    (void)length;
    struct http *http = context;
    struct address address = read_sockaddr(name);
    return !http->options.gate ||
                   gate_admits(http->options.gate, &address, monotonic_s())
               ? MHD_YES
               : MHD_NO;
}

static void begin_visit(struct http *http, struct MHD_Connection *connection,
                        void **state) {
    struct visit *visit = calloc(1, sizeof *visit);
    *state = visit;
    if (!visit)
        return;
    if (http->options.gate) {
        struct address remote = find_remote(connection);
        int socket =
            connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        visit->guest = gate_enter(http->options.gate, &remote, socket, monotonic_s());
    }
    if (http->options.tls)
        visit->tls =
            tls_connect(http->options.tls,
                        connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
                            ->tls_session);
}

static void see_connection(void *context, struct MHD_Connection *connection,
                           void **state, enum MHD_ConnectionNotificationCode code) {
    struct http *http = context;
    struct visit *visit = *state;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        begin_visit(http, connection, state);
    } else if (visit) {
        tls_disconnect(visit->tls);
        if (http->options.gate)
            gate_leave(http->options.gate, visit->guest);
        free(visit);
        *state = NULL;
    }
}

/* A connection without a certificate of its own, for want of memory, has none. */
static int have_no_certificate(gnutls_session_t session, const gnutls_datum_t *names,
                               int name_count, const gnutls_pk_algorithm_t *algorithms,
                               int algorithm_count, gnutls_pcert_st **certificates,
                               unsigned *certificate_count, gnutls_privkey_t *key) {
    (void)session, (void)names, (void)name_count, (void)algorithms;
    (void)algorithm_count, (void)certificates, (void)certificate_count, (void)key;
    return -1;
}

static struct visit *find_visit(struct MHD_Connection *connection) {
    return connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
        ->socket_context;
}

/* --- requests --- */

static void *begin_exchange(void *context, const char *target,
                            struct MHD_Connection *connection) {
    (void)context, (void)connection;
    size_t bytes = strlen(target) + 1;
    struct exchange *exchange = malloc(sizeof *exchange + bytes);
    if (!exchange)
        return NULL;
    memset(exchange, 0, sizeof *exchange);
    memcpy(exchange->target, target, bytes);
    exchange->drop = free;
    return exchange;
}

static void drop_body(struct http *http, struct exchange *exchange) {
    http->bodies_bytes -= exchange->body.size;
    text_free(&exchange->body);
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
    struct http *http = context;
    struct exchange *exchange = *state;
    const struct visit *visit = find_visit(connection);
    if (visit && visit->guest)
        gate_served(http->options.gate, visit->guest,
                    code == MHD_REQUEST_TERMINATED_COMPLETED_OK && exchange &&
                        exchange->status > 0 && exchange->status < 400,
                    monotonic_s());
    if (exchange) {
        drop_body(http, exchange);
        if (exchange->kept)
            exchange->drop(exchange->kept);
    }
    free(exchange);
    *state = NULL;
}

/* Percent-encoding is for request.c to judge, which sees the target as it was sent. */
static size_t leave_encoded(void *context, struct MHD_Connection *connection,
                            char *text) {
    (void)context, (void)connection;
    return strlen(text);
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* A short id of plain characters; anything else is not echoed. */
static bool is_request_id(const char *id) {
    size_t length = strlen(id);
    return length > 0 && length <= 128 &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                      "-._~:+/=@") == length;
}

/* A stream at work. */
struct streaming {
    struct reply_stream stream;
    struct pause pause;
};

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t size) {
    (void)position;
    struct streaming *streaming = context;
    int64_t got =
        streaming->stream.read(streaming->stream.context, &streaming->pause, out, size);
    return got < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)got;
}

static void leave_stream(void *context) {
    struct streaming *streaming = context;
    streaming->stream.leave(streaming->stream.context);
    free(streaming);
}

/* NULL if there is no memory: the stream has been left. */
static struct MHD_Response *begin_stream(struct MHD_Connection *connection,
                                         const struct reply_stream *stream) {
    enum { BLOCK_BYTES = 4096 };
    struct MHD_Response *response = NULL;
    struct streaming *streaming = malloc(sizeof *streaming);
    if (streaming) {
        *streaming = (struct streaming){*stream, {connection}};
        response = MHD_create_response_from_callback(
            MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, streaming, leave_stream);
    }
    if (!response) {
        stream->leave(stream->context);
        free(streaming);
    }
    return response;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection,
                                  struct reply *reply) {
    if (reply->body.failed && !reply->stream.read)
        return MHD_NO;
    bool given = !reply->stream.read && reply->body.size > HANDED_OVER_BYTES;
    struct MHD_Response *response =
        reply->stream.read ? begin_stream(connection, &reply->stream)
                           : MHD_create_response_from_buffer(
                                 reply->body.used, reply->body.bytes,
                                 given ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    if (given)
        reply->body = (struct text){.bytes = NULL};
    const char *id = header(connection, "X-Request-ID");
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Type", reply->content_type},
        {"Cache-Control", reply->cache_control},
        {"X-Content-Type-Options", "nosniff"},
        {"ETag", reply->etag[0] ? reply->etag : NULL},
        {"Allow", reply->allow[0] ? reply->allow : NULL},
        {"Link", reply->link[0] ? reply->link : NULL},
        {"Content-Security-Policy", reply->csp},
        {"WWW-Authenticate", reply->authenticate},
        {"Content-Encoding", reply->content_encoding},
        {"Vary", reply->vary},
        {"Set-Cookie", reply->cookie[0] ? reply->cookie : NULL},
        {"X-Request-ID", id && is_request_id(id) ? id : NULL},
    };
    enum MHD_Result result = MHD_YES;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (headers[i].value && result == MHD_YES)
            result =
                MHD_add_response_header(response, headers[i].name, headers[i].value);
    for (unsigned i = 0; i < reply->note_count && result == MHD_YES; i++)
        result = MHD_add_response_header(response, reply->notes[i].name,
                                         reply->notes[i].value);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Headers of one name, and which of them is looked for. */
struct search {
    const char *name, *value;
    unsigned count, wanted;
};

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind,
                                  const char *name, const char *value) {
    (void)kind;
    struct search *search = context;
    if (strcasecmp(name, search->name) == 0 && search->count++ <= search->wanted)
        search->value = value;
    return MHD_YES;
}

static const char *find_header(const void *connection, const char *name,
                               unsigned before_last) {
    struct MHD_Connection *from = (struct MHD_Connection *)connection;
    struct search search = {name, NULL, 0, UINT_MAX};
    MHD_get_connection_values(from, MHD_HEADER_KIND, see_header, &search);
    if (before_last == 0 || before_last >= search.count)
        return before_last == 0 ? search.value : NULL;
    search = (struct search){name, NULL, 0, search.count - 1 - before_last};
    MHD_get_connection_values(from, MHD_HEADER_KIND, see_header, &search);
    return search.value;
}

/* How a body's length is told. */
struct framing {
    unsigned lengths, codings;
    bool wrong;
};

static enum MHD_Result see_framing(void *context, enum MHD_ValueKind kind,
                                   const char *name, const char *value) {
    (void)kind;
    struct framing *framing = context;
    if (strcasecmp(name, "Content-Length") == 0) {
        framing->lengths++;
        framing->wrong |= !*value || value[strspn(value, "0123456789")];
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->codings++;
        framing->wrong |= strcasecmp(value, "chunked") != 0;
    }
    return MHD_YES;
}

/* What a proxy ahead of this may have taken to end elsewhere (RFC 9112, 6.3 and 11.2). */
static bool ends_unclearly(struct MHD_Connection *connection) {
    struct framing framing = {.lengths = 0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, see_framing, &framing);
    return framing.wrong || framing.lengths + framing.codings > 1;
}

static bool announces_more(struct MHD_Connection *connection, size_t limit_bytes) {
    const char *length = header(connection, "Content-Length");
    uint64_t bytes;
    return length && !request_parse_unsigned(length, 0, limit_bytes, &bytes);
}

/* Who waits for a word before it sends, or has too much to be heard out, is told at once. */
static bool is_hopeless(struct MHD_Connection *connection, size_t limit_bytes) {
    return header(connection, "Expect") ||
           announces_more(connection, limit_bytes + DRAINED_BYTES);
}

static void begin_body(const struct http *http, struct exchange *exchange) {
    exchange->begun = true;
    exchange->begun_s = monotonic_s();
    exchange->body_limit =
        http->options.body_limit
            ? http->options.body_limit(http->options.context, exchange->target)
            : HTTP_BODY_BYTES;
}

/* A piece of a body. False: enough is enough, and the connection is closed. */
static bool take_piece(struct http *http, struct exchange *exchange, const char *bytes,
                       size_t length) {
    size_t limit = exchange->body_limit ? exchange->body_limit : HTTP_BODY_BYTES;
    exchange->body_bytes += length;
    exchange->body_refused |=
        exchange->body_bytes > limit || http->bodies_bytes > HTTP_BODIES_BYTES;
    if (exchange->body_refused) {
        drop_body(http, exchange);
    } else {
        http->bodies_bytes -= exchange->body.size;
        text_add_bytes(&exchange->body, bytes, length);
        http->bodies_bytes += exchange->body.size;
    }
    return !exchange->body.failed && exchange->body_bytes <= limit + DRAINED_BYTES &&
           monotonic_s() - exchange->begun_s <= http->options.timeout_s;
}

static void answer(struct http *http, struct exchange *exchange,
                   struct MHD_Connection *connection, const char *method,
                   struct reply *reply) {
    const char *id = header(connection, "X-Request-ID");
    const struct visit *visit = find_visit(connection);
    struct request request = {
        .method = method,
        .if_none_match = header(connection, "If-None-Match"),
        .content_type = header(connection, "Content-Type"),
        .body = exchange->body.bytes,
        .body_bytes = exchange->body.used,
        .body_refused = exchange->body_refused,
        .id = id && is_request_id(id) ? id : NULL,
        .remote = find_remote(connection),
        .certified = visit && visit->tls ? tls_principal(visit->tls) : NULL,
        .connection = connection,
        .find_header = find_header,
        .pause = &exchange->pause,
        .kept = &exchange->kept,
        .drop = &exchange->drop};
    if (exchange->unclear) {
        reply_problem(reply, 400, "the request does not say clearly where it ends");
        reply_note(reply, "Connection", "close");
    } else if (exchange->body_refused && exchange->body_limit > 0)
        reply_problem(reply, 413, "the body is too long, or there are too many");
    else if (!request_split_target(exchange->target, &request))
        reply_problem(reply, 400, "the request's target is no path");
    else
        http->options.answer(http->options.context, &request, reply);
}

/* The library calls first with the headers, then with each piece of the body, then once more.
   Answering the first call makes it close the connection: right for a body that is
   refused unread, a waste for all else. */
static enum MHD_Result take_request(void *context, struct MHD_Connection *connection,
                                    const char *url, const char *method,
                                    const char *version, const char *body,
                                    size_t *body_bytes, void **state) {
    (void)url, (void)version;
    struct http *http = context;
    struct exchange *exchange = *state;
    if (!exchange)
        return MHD_NO;
    if (!exchange->begun) {
        begin_body(http, exchange);
        size_t limit = exchange->body_limit;
        exchange->body_refused = limit > 0 && announces_more(connection, limit);
        exchange->unclear = ends_unclearly(connection);
        if (!exchange->unclear &&
            !(exchange->body_refused && is_hopeless(connection, limit)))
            return MHD_YES;
    }
    if (*body_bytes > 0) {
        bool taken = take_piece(http, exchange, body, *body_bytes);
        *body_bytes = 0;
        return taken ? MHD_YES : MHD_NO;
    }
    const struct visit *visit = find_visit(connection);
    if (visit && visit->guest)
        gate_serve(http->options.gate, visit->guest);
    struct reply reply;
    reply_init(&reply, &http->body);
    exchange->pause = (struct pause){.connection = connection};
    answer(http, exchange, connection, method, &reply);
    enum MHD_Result result = reply.later ? MHD_YES : send_reply(connection, &reply);
    exchange->status = reply.status;
    reply_end(&reply, &http->body);
    return result;
}

void http_pause(struct pause *pause) {
    MHD_suspend_connection(pause->connection);
}

void http_resume(struct pause *pause) {
    MHD_resume_connection(pause->connection);
}

/* What clients do wrong is theirs to know, not the log's. */
static void keep_quiet(void *context, const char *format, va_list arguments) {
    (void)context, (void)format, (void)arguments;
}

/* --- start and stop --- */

/* One for each connection, and some for the rest of the program, as far as the system lets. */
static void ask_for_descriptors(unsigned connections) {
    enum { OTHERS = 256 };
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + OTHERS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct http *http_start(const struct http_options *options, char *error,
                        size_t error_bytes) {
    struct http *http = calloc(1, sizeof *http);
    if (!http) {
        snprintf(error, error_bytes, "no memory for the HTTP server");
        return NULL;
    }
    http->options = *options;
    ask_for_descriptors(options->connection_limit + GATE_LEAVING);
    int listener = open_listener(options, &http->port);
    if (listener < 0) {
        char address[ADDRESS_TEXT_BYTES];
        address_format(&options->address, address);
        snprintf(error, error_bytes, "cannot listen on %s port %u: %s", address,
                 (unsigned)options->port, strerror(errno));
        free(http);
        return NULL;
    }
    struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)have_no_certificate},
        {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    precedence_take(PRECEDENCE_PROMPT); /* the library's thread is as who starts it */
    http->daemon = MHD_start_daemon(
        flags | (options->tls ? MHD_USE_TLS : 0), 0, admit, http, take_request, http,
        MHD_OPTION_EXTERNAL_LOGGER, keep_quiet, NULL, MHD_OPTION_LISTEN_SOCKET,
        listener, MHD_OPTION_CONNECTION_LIMIT,
        options->connection_limit + (options->gate ? GATE_LEAVING : 0),
        MHD_OPTION_CONNECTION_TIMEOUT, options->timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->memory_bytes,
        MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        end_exchange, http, MHD_OPTION_NOTIFY_CONNECTION, see_connection, http,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_ARRAY, options->tls ? secure : &secure[2], MHD_OPTION_END);
    int reason = errno;
    precedence_take(PRECEDENCE_USUAL);
    if (!http->daemon) {
        snprintf(error, error_bytes, "cannot start the HTTP server: %s",
                 strerror(reason));
        close(listener);
        free(http);
        return NULL;
    }
    return http;
}

uint16_t http_port(const struct http *http) {
    return http->port;
}

void http_stop(struct http *http) {
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    text_free(&http->body);
    free(http);
}
