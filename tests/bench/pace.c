/* Requests at a given rate, whether answers come or not: each is due at its own instant, and its
   latency counts from there, so that a server that stands still for a while is not asked less
   for it. What this program waits for a core itself is none of the server's: where a connection
   is free a request counts from when it is sent, and each until the kernel has its answer. A
   request whose connection the server closes is asked again over a new one, and counts on.

   pace PORT RATE SECONDS <QUESTIONS, each a line: TARGET, or TARGET BODY to be posted
   → requests/s, then the latency in ms below which 50, 99 and 99.9 % were, and the worst; and
   below which 99 % were from when they were due until they were read here; and how many
   connections were closed */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, QUESTIONS = 1000, ANSWER_BYTES = 16384, CLOSED_MAX = 1000000 };

static struct connection {
    int fd;
    bool busy;
    const char *question; /* while it is busy */
    uint64_t due_ns, from_ns;
    size_t used;
    char answer[ANSWER_BYTES];
} connections[CONNECTIONS];

static uint16_t port;
static uint64_t closed_count;
static char *questions[QUESTIONS];
static size_t question_count;

static uint64_t in_ns(const struct timespec *time) {
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

/* The clock that the kernel stamps packets with. */
static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return in_ns(&now);
}

static void read_questions(void) {
    char line[2048], text[4096];
    while (question_count < QUESTIONS && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *body = strchr(line, ' ');
        if (body)
            *body++ = '\0';
        int length = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: here\r\n",
                              body ? "POST" : "GET", line);
        snprintf(text + length, sizeof text - (size_t)length,
                 body
                     ? "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s"
                     : "\r\n",
                 body ? strlen(body) : 0, body);
        questions[question_count++] = strdup(text);
    }
    if (question_count == 0)
        errx(1, "no questions");
}

static void open_connection(struct connection *connection) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->fd, (struct sockaddr *)&to, sizeof to) != 0)
        err(1, "port %u", port);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(connection->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
}

/* The server has closed it. */
static void renew(struct connection *connection) {
    if (++closed_count == CLOSED_MAX)
        errx(1, "closed %d times", CLOSED_MAX);
    close(connection->fd);
    open_connection(connection);
}

static void send_question(struct connection *connection) {
    const char *question = connection->question;
    connection->used = 0;
    while (send(connection->fd, question, strlen(question), MSG_NOSIGNAL) !=
           (ssize_t)strlen(question))
        renew(connection);
}

/* `late`: it could not be asked when it was due, as all connections were busy. */
static void ask(struct connection *connection, uint64_t due_ns, bool late) {
    static uint32_t chance = 1;
    chance = chance * 1664525 + 1013904223;
    connection->question = questions[(chance >> 8) % question_count];
    connection->busy = true;
    connection->due_ns = due_ns;
    connection->from_ns = late ? due_ns : clock_ns();
    send_question(connection);
}

/* Whether the answer is there, whole; since when in `came_ns`. */
static bool take(struct connection *connection, uint64_t *came_ns) {
    char *answer = connection->answer;
    union {
        struct cmsghdr first;
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
    } notes;
    struct iovec room = {answer + connection->used,
                         sizeof connection->answer - 1 - connection->used};
    struct msghdr message = {.msg_iov = &room,
                             .msg_iovlen = 1,
                             .msg_control = &notes,
                             .msg_controllen = sizeof notes};
    ssize_t got = recvmsg(connection->fd, &message, 0);
    const struct cmsghdr *note = CMSG_FIRSTHDR(&message);
    struct timespec time;
    if (note && note->cmsg_type == SCM_TIMESTAMPNS) {
        memcpy(&time, CMSG_DATA(note), sizeof time);
        *came_ns = in_ns(&time);
    }
    if (got <= 0) {
        renew(connection);
        send_question(connection);
        return false;
    }
    connection->used += (size_t)got;
    answer[connection->used] = '\0';
    const char *body = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, "\r\nContent-Length:");
    if (!body || !length ||
        connection->used < (size_t)(body + 4 - answer) + strtoul(length + 17, NULL, 10))
        return false;
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0)
        errx(1, "not 200: %.200s", answer);
    connection->busy = false;
    return true;
}

/* In a static array of as many as are wanted. */
struct latencies {
    uint32_t *ns;
    uint64_t count;
};

static void add(struct latencies *latencies, uint64_t from_ns, uint64_t to_ns) {
    uint64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;
    latencies->ns[latencies->count++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static int compare(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* In ms, of sorted ones: what that share of them is below. */
static double below(const struct latencies *latencies, double share) {
    uint64_t at = (uint64_t)((double)latencies->count * share);
    return latencies->ns[at < latencies->count ? at : latencies->count - 1] / 1e6;
}

static void sort(struct latencies *latencies) {
    qsort(latencies->ns, latencies->count, sizeof *latencies->ns, compare);
}

int main(int argc, char **argv) {
    if (argc != 4)
        errx(2, "pace PORT RATE SECONDS");
    uint64_t rate = strtoull(argv[2], NULL, 10), asked = 0;
    uint64_t wanted = rate * strtoull(argv[3], NULL, 10);
    struct latencies served = {calloc(wanted, sizeof *served.ns), 0};
    struct latencies seen = {calloc(wanted, sizeof *seen.ns), 0};
    struct pollfd waiting[CONNECTIONS];
    if (!wanted || !served.ns || !seen.ns)
        errx(2, "a rate and a time, both of 1 or more");
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    read_questions();
    for (unsigned i = 0; i < CONNECTIONS; i++)
        open_connection(&connections[i]);
    uint64_t began_ns = clock_ns(), now_ns = began_ns, crowded_ns = 0;
    while (seen.count < wanted) {
        uint64_t due_ns = began_ns + asked * 1000000000 / rate;
        for (unsigned i = 0; i < CONNECTIONS && asked < wanted && due_ns <= now_ns; i++)
            if (!connections[i].busy) {
                ask(&connections[i], due_ns, due_ns <= crowded_ns);
                due_ns = began_ns + ++asked * 1000000000 / rate;
            }
        unsigned busy = 0;
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            waiting[i] = (struct pollfd){
                .fd = connections[i].busy ? connections[i].fd : -1, .events = POLLIN};
            busy += connections[i].busy;
        }
        uint64_t rest_ns =
            due_ns > now_ns && asked < wanted ? due_ns - now_ns : 1000000;
        struct timespec rest = {.tv_nsec = (long)(rest_ns % 1000000000)};
        ppoll(waiting, CONNECTIONS, &rest, NULL);
        now_ns = clock_ns();
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            uint64_t came_ns = now_ns;
            if (!waiting[i].revents || !take(&connections[i], &came_ns))
                continue;
            add(&served, connections[i].from_ns, came_ns);
            add(&seen, connections[i].due_ns, now_ns);
            if (busy == CONNECTIONS && came_ns > crowded_ns)
                crowded_ns = came_ns;
        }
    }
    sort(&served);
    sort(&seen);
    printf("%.0f %.3f %.3f %.3f %.3f %.3f %" PRIu64 "\n",
           (double)wanted * 1e9 / (double)(clock_ns() - began_ns), below(&served, 0.5),
           below(&served, 0.99), below(&served, 0.999), below(&served, 1),
           below(&seen, 0.99), closed_count);
    return 0;
}
