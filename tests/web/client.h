#ifndef TESTS_WEB_CLIENT_H
#define TESTS_WEB_CLIENT_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* An HTTP client that sends whatever it is told, well formed or not, over one connection. */

enum { CLIENT_BYTES = 1 << 20, CLIENT_TIMEOUT_S = 20 };

struct client {
    int fd;
    size_t used; /* received, not yet taken */
    char bytes[CLIENT_BYTES];
};

struct answer {
    int status;      /* 0: the connection was closed instead */
    char head[4096]; /* status line and headers */
    char *body;      /* terminated; valid until the next answer */
    size_t length;
};

/* Who looks at each answer to a whole request; NULL: nobody. */
static void (*client_witness)(const char *method, const char *target,
                              const struct answer *answer);

static inline struct client *client_open(uint16_t port) {
    struct client *client = calloc(1, sizeof *client);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval timeout = {.tv_sec = CLIENT_TIMEOUT_S};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ck_assert_int_eq(connect(client->fd, (struct sockaddr *)&to, sizeof to), 0);
    return client;
}

static inline void client_close(struct client *client) {
    close(client->fd);
    free(client);
}

static inline bool client_send(struct client *client, const char *bytes,
                               size_t length) {
    while (length > 0) {
        ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static inline bool client_say(struct client *client, const char *text) {
    return client_send(client, text, strlen(text));
}

/* More bytes; false at the end. */
static inline bool client_fill(struct client *client) {
    ssize_t got = recv(client->fd, client->bytes + client->used,
                       sizeof client->bytes - 1 - client->used, 0);
    if (got <= 0)
        return false;
    client->used += (size_t)got;
    client->bytes[client->used] = '\0';
    return true;
}

/* The value of a header, "" if absent; valid until the next call. */
static inline const char *answer_header(const struct answer *answer, const char *name) {
    static char value[1024];
    size_t length = strlen(name);
    value[0] = '\0';
    for (const char *line = strstr(answer->head, "\r\n"); line;
         line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
            sscanf(line + 2 + length + 1, " %1023[^\r]", value);
    return value;
}

/* The next answer; `head` if it answers a HEAD, and so has no body. */
static inline struct answer client_take(struct client *client, bool head) {
    struct answer answer = {0};
    char *end;
    client->bytes[client->used] = '\0';
    while (!(end = strstr(client->bytes, "\r\n\r\n")))
        if (!client_fill(client))
            return answer;
    size_t head_bytes = (size_t)(end - client->bytes) + 4;
    ck_assert_uint_lt(head_bytes, sizeof answer.head);
    memcpy(answer.head, client->bytes, head_bytes);
    sscanf(answer.head, "HTTP/1.%*d %d", &answer.status);
    if (!head && answer.status != 304)
        answer.length = strtoul(answer_header(&answer, "Content-Length"), NULL, 10);
    while (client->used < head_bytes + answer.length)
        if (!client_fill(client))
            return (struct answer){0};
    static char *body;
    free(body);
    body = calloc(1, answer.length + 1);
    memcpy(body, client->bytes + head_bytes, answer.length);
    answer.body = body;
    client->used -= head_bytes + answer.length;
    memmove(client->bytes, client->bytes + head_bytes + answer.length, client->used);
    return answer;
}

/* The same with a body. */
static inline struct answer client_post(struct client *client, const char *method,
                                        const char *target, const char *headers,
                                        const char *body) {
    size_t size = strlen(headers) + strlen(body) + strlen(target) + 256;
    char *request = calloc(1, size);
    snprintf(request, size,
             "%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n%s",
             method, target, headers, strlen(body), body);
    client_say(client, request);
    free(request);
    struct answer answer = client_take(client, strcmp(method, "HEAD") == 0);
    if (client_witness)
        client_witness(method, target, &answer);
    return answer;
}

/* One request over the connection; `headers` are lines of their own, or "". */
static inline struct answer client_ask(struct client *client, const char *method,
                                       const char *target, const char *headers) {
    char request[8192];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
             method, target, headers);
    client_say(client, request);
    struct answer answer = client_take(client, strcmp(method, "HEAD") == 0);
    if (client_witness)
        client_witness(method, target, &answer);
    return answer;
}

#endif
