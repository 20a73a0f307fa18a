#include "tests/collectors/runs.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Live, on the loopback interface of a network namespace that the test has for
   itself. */

static struct run run;

static void rest(long milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static bool has_namespace(void) {
    int control = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    bool has = unshare(CLONE_NEWNET) == 0;
    close(control);
    control = socket(AF_INET, SOCK_DGRAM, 0);
    has = has && ioctl(control, SIOCSIFFLAGS, &loopback) == 0;
    close(control);
    if (!has)
        printf("SKIPPED: no network namespaces here\n");
    return has;
}

static void send_datagrams(unsigned count) {
    int out = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(9999),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(sendto(out, "hello", 5, 0, (struct sockaddr *)&to, sizeof to),
                         5);
    close(out);
}

static struct collector *open_loopback(struct ring *ring) {
    struct collector_options options = quick();
    options.filter = "udp";
    struct collector *collector = collector_open_interface(
        &options, "lo", ring, &run.counters, run.error, sizeof run.error);
    ck_assert_msg(collector != NULL, "%s", run.error);
    return collector;
}

static void *play(void *collector) {
    rest(300);
    send_datagrams(50);
    rest(2500);
    send_datagrams(1);
    rest(300);
    collector_stop(collector);
    return NULL;
}

START_TEST(silence_ticks) {
    if (!has_namespace())
        return;
    begin_run(&run);
    struct collector *collector = open_loopback(run.ring);
    pthread_t player;
    pthread_create(&player, NULL, play, collector);
    finish_run(&run, collector);
    pthread_join(player, NULL);
    end_run(&run, collector);
    ck_assert_msg(run.succeeded && run.in_order, "%s", run.error);
    ck_assert_uint_ge(run.flow_packets, 51); /* loopback shows some twice */
    unsigned ticks = 0, silent_ticks = 0;
    for (uint64_t i = 0; i < run.count; i++) {
        if (run.records[i].kind != RECORD_TICK)
            continue;
        ticks++;
        silent_ticks += i > 0 && run.records[i - 1].kind == RECORD_TICK;
    }
    ck_assert_uint_ge(ticks, 3);
    ck_assert_uint_ge(silent_ticks, 1);
    ck_assert_uint_eq(counter_read(&run.counters.ring_drops), 0);
    time_t now_s = time(NULL);
    ck_assert_int_le(labs((long)(run.records[run.count - 1].time_ns / SECOND) - now_s),
                     3);
}
END_TEST

static void *read_slowly(void *context) {
    struct run *taken = context;
    rest(1800);
    return take_records(taken);
}

static void *flood(void *collector) {
    for (unsigned i = 0; i < 14; i++) { /* a flow each, more than the ring has places */
        rest(100);
        for (unsigned j = 0; j < 20; j++)
            send_datagrams(1);
    }
    rest(1500);
    collector_stop(collector);
    return NULL;
}

START_TEST(full_ring_drops_and_counts) {
    if (!has_namespace())
        return;
    begin_run(&run);
    struct collector *collector = open_loopback(run.ring);
    pthread_t consumer, player;
    pthread_create(&consumer, NULL, read_slowly, &run);
    pthread_create(&player, NULL, flood, collector);
    ck_assert(collector_run(collector, run.error, sizeof run.error));
    pthread_join(consumer, NULL);
    pthread_join(player, NULL);
    end_run(&run, collector);
    ck_assert(run.in_order); /* no gap in the sequence: drops are counted apart */
    ck_assert_uint_gt(counter_read(&run.counters.ring_drops), 0);
    ck_assert_uint_eq(counter_read(&run.counters.records), run.count);
    ck_assert_uint_lt(run.flow_packets, counter_read(&run.counters.packets));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("live");
    TCase *loopback = tcase_create("loopback");
    tcase_set_timeout(loopback, 60);
    tcase_add_test(loopback, silence_ticks);
    tcase_add_test(loopback, full_ring_drops_and_counts);
    suite_add_tcase(suite, loopback);
    return suite_run(suite);
}
