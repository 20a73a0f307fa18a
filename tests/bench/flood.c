/* Somebody who wants to keep a server from its work: as many connections as are given at once,
   COMING a second, each with half a request that never goes on; one that the server closes is
   opened anew.

   flood PORT CONNECTIONS COMING SECONDS
   → how many were begun, and how many were held at the end */
#include <arpa/inet.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1024, OTHERS = 16 };

static const char half[] = "GET /v1/status HTTP/1.1\r\nHost: here\r\n";

static unsigned held;
static uint64_t begun;

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void begin(int waiting, uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct linger at_once = {.l_onoff = 1};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct epoll_event event = {.events = EPOLLOUT, .data = {.fd = fd}};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    begun++;
    if (fd < 0)
        return;
    /* So that none of its ports waits for a minute. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connect(fd, (struct sockaddr *)&to, sizeof to);
    if (epoll_ctl(waiting, EPOLL_CTL_ADD, fd, &event) != 0)
        err(1, "epoll");
    held++;
}

static void go_on(int waiting, const struct epoll_event *event) {
    struct epoll_event next = {.events = EPOLLIN, .data = event->data};
    if (event->events == EPOLLOUT &&
        send(event->data.fd, half, sizeof half - 1, MSG_NOSIGNAL) > 0) {
        epoll_ctl(waiting, EPOLL_CTL_MOD, event->data.fd, &next);
        return;
    }
    close(event->data.fd);
    held--;
}

static void ask_for_descriptors(unsigned count) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = count + OTHERS;
    if (limit.rlim_max < limit.rlim_cur)
        limit.rlim_max = limit.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        err(1, "%u descriptors", count);
}

int main(int argc, char **argv) {
    if (argc != 5)
        errx(2, "flood PORT CONNECTIONS COMING SECONDS");
    uint16_t port = (uint16_t)strtoul(argv[1], NULL, 10);
    unsigned wanted = (unsigned)strtoul(argv[2], NULL, 10);
    uint64_t rate = strtoull(argv[3], NULL, 10);
    uint64_t began_ns = clock_ns(), now_ns = began_ns;
    uint64_t end_ns = began_ns + strtoull(argv[4], NULL, 10) * 1000000000;
    uint64_t due = 0;
    struct epoll_event events[EVENTS];
    int waiting = epoll_create1(0);
    ask_for_descriptors(wanted);
    for (; now_ns < end_ns; now_ns = clock_ns()) {
        /* What could not come, for there were enough, does not come later at once. */
        for (; due < (now_ns - began_ns) * rate / 1000000000; due++)
            if (held < wanted)
                begin(waiting, port);
        int count = epoll_wait(waiting, events, EVENTS, 1);
        for (int i = 0; i < count; i++)
            go_on(waiting, &events[i]);
    }
    printf("%llu %u\n", (unsigned long long)begun, held);
    return 0;
}
