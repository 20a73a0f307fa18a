#include "engine/base/ring.h"
#include "tests/suite.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* Wider than a word, so that a torn or early element shows. */
struct element {
    uint64_t value, copies[6];
};

static void fill(struct element *element, uint64_t value) {
    element->value = value;
    for (size_t i = 0; i < 6; i++)
        element->copies[i] = value * (i + 3);
}

static bool is_whole(const struct element *element, uint64_t value) {
    for (size_t i = 0; i < 6; i++)
        if (element->copies[i] != value * (i + 3))
            return false;
    return element->value == value;
}

START_TEST(rounds_its_capacity_up) {
    static const size_t wanted[] = {0, 1, 2, 3, 5, 1000}, got[] = {1, 1, 2, 4, 8, 1024};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct ring *ring = ring_create(wanted[i], 24);
        ck_assert_uint_eq(ring_capacity(ring), got[i]);
        ring_destroy(ring);
    }
    ck_assert_ptr_null(ring_create(SIZE_MAX, 8));
    ck_assert_ptr_null(ring_create(SIZE_MAX / 16, 1024));
    ck_assert_ptr_null(ring_create(8, SIZE_MAX));
    ring_destroy(NULL);
}
END_TEST

START_TEST(keeps_order_through_many_wraps) {
    struct ring *ring = ring_create(8, sizeof(struct element));
    uint64_t in = 0, out = 0;
    for (unsigned step = 1; step <= 3000; step++) {
        for (unsigned n = step * 7 % 9; n; n--) {
            struct element *element = ring_reserve(ring);
            ck_assert_int_eq(element == NULL, in - out == 8);
            if (!element)
                break;
            ck_assert_ptr_eq(ring_reserve(ring), element);
            fill(element, in++);
            ck_assert_uint_eq(ring_used(ring), in - 1 - out);
            ring_publish(ring);
        }
        for (unsigned n = step * 5 % 9; n; n--) {
            const struct element *element = ring_front(ring);
            ck_assert_int_eq(element == NULL, in == out);
            if (!element)
                break;
            ck_assert_ptr_eq(ring_front(ring), element);
            ck_assert(is_whole(element, out++));
            ring_release(ring);
        }
        ck_assert_uint_eq(ring_used(ring), in - out);
    }
    ck_assert_uint_gt(out, 5000);
    ring_destroy(ring);
}
END_TEST

START_TEST(waits_no_longer_than_told) {
    struct ring *ring = ring_create(4, 8);
    ck_assert_ptr_null(ring_front_wait(ring, 0));
    for (unsigned i = 0; i < 22; i++) /* across a whole second of the clock */
        ck_assert_ptr_null(ring_front_wait(ring, 50));
    ring_reserve(ring);
    ck_assert_ptr_null(ring_front_wait(ring, 1));
    ring_publish(ring);
    ck_assert_ptr_nonnull(ring_front_wait(ring, 1000000));
    ck_assert_ptr_nonnull(ring_front_wait(ring, -1));
    ring_destroy(ring);
}
END_TEST

/* Two threads. `ways` varies who waits and who polls, so that every pairing is
   tried. */
enum {
    POLLS_RESERVE = 1,
    POLLS_FRONT = 2,
    TIMED_FRONT = 4,
    SLOW_CONSUMER = 8,
    SLOW_PRODUCER = 16
};

struct exchange {
    struct ring *ring;
    unsigned ways;
    uint64_t count;
};

static void pause_sometimes(uint64_t i) {
    if (i % 512 == 0)
        usleep(200);
}

static void *produce(void *context) {
    struct exchange *exchange = context;
    for (uint64_t i = 0; i < exchange->count; i++) {
        struct element *element;
        if (exchange->ways & POLLS_RESERVE)
            while (!(element = ring_reserve(exchange->ring)))
                sched_yield();
        else
            element = ring_reserve_wait(exchange->ring);
        fill(element, i);
        ring_publish(exchange->ring);
        if (exchange->ways & SLOW_PRODUCER)
            pause_sometimes(i);
    }
    return NULL;
}

START_TEST(two_threads_lose_and_tear_nothing) {
    unsigned ways = (unsigned)_i;
    for (size_t capacity = 1; capacity <= 256; capacity *= 16) {
        struct exchange exchange = {
            .ring = ring_create(capacity, sizeof(struct element)),
            .ways = ways,
            .count = 4000,
        };
        pthread_t producer;
        ck_assert_int_eq(pthread_create(&producer, NULL, produce, &exchange), 0);
        for (uint64_t i = 0; i < exchange.count; i++) {
            const struct element *element;
            if (ways & POLLS_FRONT)
                while (!(element = ring_front(exchange.ring)))
                    sched_yield();
            else if (ways & TIMED_FRONT)
                while (!(element = ring_front_wait(exchange.ring, 1)))
                    continue;
            else
                element = ring_front_wait(exchange.ring, -1);
            ck_assert_msg(is_whole(element, i), "capacity %zu: element %zu", capacity,
                          (size_t)i);
            ring_release(exchange.ring);
            if (ways & SLOW_CONSUMER)
                pause_sometimes(i);
        }
        pthread_join(producer, NULL);
        ck_assert_ptr_null(ring_front(exchange.ring));
        ring_destroy(exchange.ring);
    }
}
END_TEST

static void *wait_for_place(void *ring) {
    return ring_reserve_wait(ring);
}

static void *wait_for_element(void *ring) {
    return (void *)ring_front_wait(ring, -1);
}

START_TEST(cancel_wakes_both_sides_for_good) {
    for (unsigned round = 0; round < 20; round++) {
        struct ring *empty = ring_create(2, 8), *full = ring_create(2, 8);
        ring_publish((ring_reserve(full), full));
        ring_publish((ring_reserve(full), full));
        pthread_t consumer, producer;
        void *got = empty;
        pthread_create(&consumer, NULL, wait_for_element, empty);
        pthread_create(&producer, NULL, wait_for_place, full);
        usleep(round * 100); /* before, while and after they fall asleep */
        ring_cancel(empty);
        ring_cancel(full);
        pthread_join(consumer, &got);
        ck_assert_ptr_null(got);
        pthread_join(producer, &got);
        ck_assert_ptr_null(got);
        /* From now on nobody waits, but what was published can be read. */
        ck_assert_ptr_null(ring_front_wait(full, -1));
        ck_assert_ptr_nonnull(ring_front(full));
        ring_release(full);
        ck_assert_ptr_null(ring_reserve_wait(full));
        ring_destroy(empty);
        ring_destroy(full);
    }
}
END_TEST

int main(void) {
    TCase *all = tcase_create("ring");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, rounds_its_capacity_up);
    tcase_add_test(all, keeps_order_through_many_wraps);
    tcase_add_test(all, waits_no_longer_than_told);
    tcase_add_loop_test(all, two_threads_lose_and_tear_nothing, 0, 32);
    tcase_add_test(all, cancel_wakes_both_sides_for_good);
    Suite *suite = suite_create("ring");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
