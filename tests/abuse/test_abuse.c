#include "tests/suite.h"

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The program under those who want to keep it from its work: somebody else's decisions are made all
   the while, its memory has a bound, and what no two readers understand alike is refused.
   CONNECTIONS: how many are opened at once (default 500); LIMIT: how many it holds of them (default
   128; both less under a sanitizer). Times are printed, not judged. */

enum { SOCKETS = 20000, TIMES = 1 << 20, TIMEOUT_S = 60 };

static char scratch[64];
static uint16_t port;
static pid_t server;
static unsigned connections, limit;

/* --- the server --- */

static void write_config(void) {
    char path[96];
    snprintf(path, sizeof path, "%s/wary.conf", scratch);
    FILE *file = fopen(path, "w");
    fprintf(file, "api { connections = %u timeout = 5 }\n", limit);
    fclose(file);
}

static uint16_t read_port(const char *log) {
    char line[512];
    unsigned found = 0;
    for (int tries = 0; tries < 600 && !found; tries++) {
        FILE *file = fopen(log, "r");
        while (file && fgets(line, sizeof line, file))
            if (strstr(line, "answering at"))
                sscanf(strstr(line, "127.0.0.1:"), "127.0.0.1:%u", &found);
        if (file)
            fclose(file);
        if (!found)
            poll(NULL, 0, 100);
    }
    ck_assert_uint_ne(found, 0);
    return (uint16_t)found;
}

static void start_server(void) {
    const char *build = getenv("BUILD_DIR");
    char command[512], program[256], log[96], config[96], capture[96];
    ck_assert_ptr_nonnull(build);
    strcpy(scratch, "/tmp/wary-abuse-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    write_config();
    snprintf(capture, sizeof capture, "%s/capture.pcap", scratch);
    snprintf(log, sizeof log, "%s/log", scratch);
    snprintf(config, sizeof config, "%s/wary.conf", scratch);
    snprintf(program, sizeof program, "%s/wary", build);
    snprintf(command, sizeof command,
             "%s/traffic --days 0.01 --devices 3 --out %s >/dev/null", build, capture);
    ck_assert_int_eq(system(command), 0);
    server = fork();
    if (server == 0) {
        int file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(file, STDERR_FILENO);
        execl(program, "wary", "replay", "-c", config, "--serve", "--listen",
              "127.0.0.1:0", capture, (char *)NULL);
        _exit(127);
    }
    port = read_port(log);
}

static void stop_server(void) {
    char command[96];
    int status = -1;
    kill(server, SIGTERM);
    ck_assert_int_eq(waitpid(server, &status, 0), server);
    ck_assert_int_eq(status, 0); /* it lived, and ended as it should */
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    ck_assert_int_eq(system(command), 0);
}

static unsigned long peak_kib(void) {
    char path[64], line[256];
    unsigned long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)server);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "VmHWM: %lu", &kib);
    if (file)
        fclose(file);
    return kib;
}

static unsigned count_descriptors(void) {
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)server);
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

/* --- a client that says anything --- */

static int dial(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static void say(int fd, const char *bytes, size_t length) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    (void)sent; /* who is sent away finds out when he listens */
}

/* The status of the next answer, whose body is dropped; 0 where it ends instead. It reads no byte
   of what lies behind. */
static int hear(int fd) {
    char text[16384];
    size_t used = 0, wanted = 0;
    int status = 0;
    do {
        /* Byte by byte, then the body as a whole. */
        ssize_t got = recv(fd, text + used, wanted > 0 ? wanted - used : 1, 0);
        if (got <= 0)
            return 0;
        used += (size_t)got;
        text[used] = '\0';
        if (wanted == 0 && used >= 4 && strcmp(text + used - 4, "\r\n\r\n") == 0) {
            const char *length = strcasestr(text, "\r\nContent-Length:");
            wanted = used + (length ? strtoul(length + 17, NULL, 10) : 0);
        }
        ck_assert_uint_lt(wanted > used ? wanted : used, sizeof text - 1);
    } while (wanted == 0 || used < wanted);
    sscanf(text, "HTTP/1.1 %d", &status);
    return status;
}

/* --- somebody who needs decisions --- */

static struct {
    pthread_t thread;
    atomic_bool over;
    atomic_uint answered, failed, again;
    uint32_t times_us[TIMES];
} customer;

static uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

#define POST                                                                           \
    "POST /access/v1/evaluation HTTP/1.1\r\nHost: a\r\nContent-Type: "                 \
    "application/json\r\n"

static const char question[] = POST
    "Content-Length: 105\r\n\r\n"
    "{\"subject\":{\"type\":\"device\",\"id\":\"x\"},\"action\":{\"name\":\"connect\"},"
    "\"resource\":{\"type\":\"service\",\"id\":\"1\"}}";

/* A connection that waited may have made room for others: as every client does, ask again on a
   new one, a little later. */
static bool ask_for_decision(int *fd) {
    for (int tries = 0; tries < 3000; tries++) {
        if (*fd < 0)
            *fd = dial();
        say(*fd, question, sizeof question - 1);
        int status = hear(*fd);
        if (status != 0)
            return status == 200;
        close(*fd);
        *fd = -1;
        atomic_fetch_add(&customer.again, 1);
        poll(NULL, 0, 10);
    }
    return false;
}

/* One connection for all questions, and a new one for each sixteenth. */
static void *need_decisions(void *nothing) {
    int kept = -1;
    for (unsigned i = 0; !atomic_load(&customer.over); i++) {
        uint64_t began_us = now_us();
        int fd = i % 16 == 15 ? -1 : kept;
        if (ask_for_decision(&fd))
            customer.times_us[atomic_fetch_add(&customer.answered, 1) % TIMES] =
                (uint32_t)(now_us() - began_us);
        else
            atomic_fetch_add(&customer.failed, 1);
        if (i % 16 == 15 && fd >= 0)
            close(fd);
        else if (i % 16 != 15)
            kept = fd;
        poll(NULL, 0, 1);
    }
    if (kept >= 0)
        close(kept);
    return nothing;
}

static void begin_customer(void) {
    atomic_store(&customer.over, false);
    atomic_store(&customer.answered, 0);
    atomic_store(&customer.failed, 0);
    atomic_store(&customer.again, 0);
    ck_assert_int_eq(pthread_create(&customer.thread, NULL, need_decisions, NULL), 0);
}

/* Waits until so many more decisions were made. */
static void await_decisions(unsigned more) {
    unsigned wanted = atomic_load(&customer.answered) + more;
    for (int tries = 0; tries < 3000 && atomic_load(&customer.answered) < wanted &&
                        atomic_load(&customer.failed) == 0;
         tries++)
        poll(NULL, 0, 20);
    ck_assert_uint_eq(atomic_load(&customer.failed), 0);
    ck_assert_uint_ge(atomic_load(&customer.answered), wanted);
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void end_customer(const char *under) {
    atomic_store(&customer.over, true);
    pthread_join(customer.thread, NULL);
    unsigned count = atomic_load(&customer.answered);
    ck_assert_uint_eq(atomic_load(&customer.failed), 0);
    if (count > TIMES)
        count = TIMES;
    qsort(customer.times_us, count, sizeof *customer.times_us, compare);
    printf("%-25s %5u decisions, median %5u us, p99 %6u us, %u again; peak %lu KiB\n",
           under, count, customer.times_us[count / 2],
           customer.times_us[count * 99 / 100], atomic_load(&customer.again),
           peak_kib());
}

/* --- attacks --- */

static int sockets[SOCKETS];

/* Opens so many, each says `text`; as many stay as the server lets. */
static void open_many(unsigned count, const char *text) {
    for (unsigned i = 0; i < count; i++) {
        sockets[i] = dial();
        if (sockets[i] >= 0)
            say(sockets[i], text, strlen(text));
    }
}

static void close_many(unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (sockets[i] >= 0)
            close(sockets[i]);
}

static const struct {
    const char *name, *first, *more;
} attacks[] = {
    {"nobody", NULL, NULL},
    {"silence", "", NULL},
    {"slow headers", "GET / HTTP/1.1\r\nHost: a\r\n", "X-More: 1\r\n"},
    {"slow bodies",
     "POST /access/v1/evaluation HTTP/1.1\r\nHost: a\r\nContent-Type: "
     "application/json\r\nContent-Length: 60000\r\n\r\n{",
     " "},
    {"half a request line", "GET /v1/dev", "i"},
    {"pages that nobody reads",
     "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL},
    {"events that nobody reads", "GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n", NULL},
    {"noise", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \r\n\r\n", "\x80\r\n"},
};

START_TEST(decisions_are_made_all_the_same) {
    const char *text = attacks[_i].first, *more = attacks[_i].more;
    unsigned count = text ? connections : 0, descriptors = count_descriptors();
    unsigned long before = peak_kib();
    begin_customer();
    await_decisions(20);
    open_many(count, text ? text : "");
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; more && i < count; i++)
            if (sockets[i] >= 0)
                say(sockets[i], more, strlen(more));
        await_decisions(100);
    }
    end_customer(attacks[_i].name);
    close_many(count);
    /* 8 KiB of each connection for headers, and what belongs to it; 32 MiB for all bodies. */
    const char *sanitized = getenv("SANITIZED");
    if (!sanitized || !*sanitized)
        ck_assert_uint_lt(peak_kib() - before, limit * 24 + 32768 + 16384);
    if (text && strstr(text, "/v1/events"))
        return; /* that a reader is gone is seen at the next word to him, in 15 s */
    for (int tries = 0; tries < 600 && count_descriptors() > descriptors + 2; tries++)
        poll(NULL, 0, 100);
    ck_assert_uint_le(count_descriptors(), descriptors + 2);
}
END_TEST

/* --- what nobody should say --- */

#define SMUGGLED "GET /v1/status HTTP/1.1\r\nHost: b\r\n\r\n"
static const struct {
    const char *name, *text;
    size_t length; /* 0: up to its end */
} shapes[] = {
    {"length and chunks",
     POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
     0},
    {"chunks and length",
     POST "Transfer-Encoding: chunked\r\nContent-Length: 40\r\n\r\n0\r\n\r\n" SMUGGLED,
     0},
    {"two lengths", POST "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" SMUGGLED,
     0},
    {"a list of lengths", POST "Content-Length: 2, 2\r\n\r\n{}" SMUGGLED, 0},
    {"a signed length", POST "Content-Length: +2\r\n\r\n{}" SMUGGLED, 0},
    {"a negative length", POST "Content-Length: -2\r\n\r\n{}" SMUGGLED, 0},
    {"a length in hexadecimal", POST "Content-Length: 0x2\r\n\r\n{}" SMUGGLED, 0},
    {"a length beyond all",
     POST "Content-Length: 18446744073709551618\r\n\r\n{}" SMUGGLED, 0},
    {"a coding of its own", POST "Transfer-Encoding: xchunked\r\n\r\n{}" SMUGGLED, 0},
    {"chunks that are not the last coding",
     POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" SMUGGLED, 0},
    {"two codings",
     POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
          "identity\r\n\r\n0\r\n\r\n" SMUGGLED,
     0},
    {"a chunk without size",
     POST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n" SMUGGLED, 0},
    {"a chunk longer than it says",
     POST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}junk\r\n0\r\n\r\n" SMUGGLED, 0},
    {"a chunk of 2^64 bytes",
     POST
     "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n" SMUGGLED,
     0},
    {"no host", "GET /v1/status HTTP/1.1\r\n\r\n", 0},
    {"a NUL in the path", "GET /v1/\0status HTTP/1.1\r\nHost: a\r\n\r\n", 37},
    {"a NUL, encoded", "GET /v1/devices/%00/risk HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a way up", "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a way up, encoded", "GET /..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a way up, encoded twice",
     "GET /%252e%252e%252fetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"a way up in an identity",
     "GET /v1/devices/..%2f..%2fstatus HTTP/1.1\r\nHost: a\r\n\r\n", 0},
};

/* Refused, or cut off; and what lies behind is not taken for another request. */
START_TEST(what_can_be_read_in_two_ways_is_refused) {
    size_t length = shapes[_i].length ? shapes[_i].length : strlen(shapes[_i].text);
    int fd = dial();
    ck_assert_int_ge(fd, 0);
    say(fd, shapes[_i].text, length);
    shutdown(fd, SHUT_WR);
    int status = hear(fd);
    ck_assert_msg(status == 0 || (status >= 400 && status < 500), "%s: %d",
                  shapes[_i].name, status);
    status = hear(fd);
    ck_assert_msg(status == 0 || status >= 400, "%s: %d behind it", shapes[_i].name,
                  status);
    close(fd);
}
END_TEST

START_TEST(what_is_too_long_is_refused) {
    static const struct {
        const char *head, *filler;
        int status;
    } cases[] = {{"GET /", "a", 414},
                 {"GET / HTTP/1.1\r\nHost: a\r\nX: ", "a", 431},
                 {"GET / HTTP/1.1\r\nHost: a\r\n", "X: a\r\n", 431},
                 {POST "Content-Length: 99999999\r\n\r\n", "{", 413}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = dial();
        say(fd, cases[i].head, strlen(cases[i].head));
        char filler[16384];
        size_t unit = strlen(cases[i].filler);
        for (size_t at = 0; at < sizeof filler; at++)
            filler[at] = cases[i].filler[at % unit];
        say(fd, filler, sizeof filler / unit * unit);
        int status = hear(fd);
        /* Unread bytes may make the kernel cut the connection ahead of the answer. */
        ck_assert_msg(status == cases[i].status || status == 0, "%zu: %d", i, status);
        close(fd);
    }
}
END_TEST

static unsigned read_count(const char *name, unsigned otherwise) {
    const char *text = getenv(name);
    return text ? (unsigned)atoi(text) : otherwise;
}

int main(void) {
    struct rlimit descriptors;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    const char *sanitized = getenv("SANITIZED");
    bool slow = sanitized && *sanitized;
    connections = read_count("CONNECTIONS", slow ? 150 : 500);
    limit = read_count("LIMIT", slow ? 64 : 128);
    if (connections > SOCKETS)
        connections = SOCKETS;
    if (descriptors.rlim_cur < connections + 64)
        connections = (unsigned)descriptors.rlim_cur - 64;
    Suite *suite = suite_create("abuse");
    TCase *tests = tcase_create("abuse");
    tcase_set_timeout(tests, 120);
    tcase_add_unchecked_fixture(tests, start_server, stop_server);
    tcase_add_loop_test(tests, decisions_are_made_all_the_same, 0,
                        sizeof attacks / sizeof *attacks);
    tcase_add_loop_test(tests, what_can_be_read_in_two_ways_is_refused, 0,
                        sizeof shapes / sizeof *shapes);
    tcase_add_test(tests, what_is_too_long_is_refused);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
