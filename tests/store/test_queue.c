#include "engine/store/store_queue.h"
#include "tests/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PRODUCERS = 3, ITEMS = 20000 };

static bool put(struct store_queue *queue, unsigned kind, const void *a, size_t a_size,
                const void *b, size_t b_size) {
    const struct store_part parts[] = {{a, a_size}, {b, b_size}};
    return store_queue_put(queue, kind, parts, 2);
}

START_TEST(what_goes_in_comes_out_in_order) {
    struct store_queue *queue = store_queue_create(1000);
    struct store_item item;
    ck_assert(put(queue, 1, "ab", 2, "cde", 3));
    ck_assert(put(queue, 2, NULL, 0, NULL, 0));
    ck_assert(put(queue, 3, "12345678901234567", 17, "", 0));
    ck_assert(!store_queue_next(queue, &item)); /* not before a take */
    store_queue_take(queue);
    ck_assert(put(queue, 4, "later", 5, "", 0)); /* of the next batch */
    ck_assert(store_queue_next(queue, &item));
    ck_assert_uint_eq(item.kind, 1);
    ck_assert_uint_eq(item.size, 5);
    ck_assert_mem_eq(item.bytes, "abcde", 5);
    ck_assert(store_queue_next(queue, &item));
    ck_assert_uint_eq(item.size, 0);
    ck_assert(store_queue_next(queue, &item));
    ck_assert_uint_eq((uintptr_t)item.bytes % _Alignof(max_align_t), 0);
    ck_assert_mem_eq(item.bytes, "12345678901234567", 17);
    ck_assert(!store_queue_next(queue, &item));
    store_queue_wait(queue);
    store_queue_take(queue);
    ck_assert(store_queue_next(queue, &item));
    ck_assert_uint_eq(item.kind, 4);
    store_queue_destroy(queue);
}
END_TEST

START_TEST(what_does_not_fit_is_refused_whole) {
    char bytes[100] = "";
    struct store_queue *queue = store_queue_create(256);
    struct store_item item;
    unsigned taken = 0;
    ck_assert(!put(queue, 1, bytes, 100, bytes, 100 + 57)); /* larger than all */
    while (put(queue, 1, bytes, 50, bytes, 10))
        taken++;
    ck_assert_uint_eq(taken, 3); /* 16 + 64 each */
    store_queue_take(queue);
    for (unsigned i = 0; i < taken; i++) {
        ck_assert(store_queue_next(queue, &item));
        ck_assert_uint_eq(item.size, 60);
    }
    ck_assert(!store_queue_next(queue, &item));
    ck_assert(put(queue, 1, bytes, 50, bytes, 10)); /* there is room again */
    store_queue_destroy(queue);
}
END_TEST

START_TEST(a_wake_is_not_lost) {
    struct store_queue *queue = store_queue_create(256);
    struct store_item item;
    store_queue_wake(queue);
    store_queue_wait(queue); /* returns */
    store_queue_take(queue);
    ck_assert(!store_queue_next(queue, &item));
    store_queue_destroy(queue);
    store_queue_destroy(NULL);
}
END_TEST

static _Atomic unsigned producers_over;

struct producer {
    struct store_queue *queue;
    unsigned number;
    uint64_t taken;
};

static void *produce(void *argument) {
    struct producer *producer = argument;
    for (uint64_t i = 0; i < ITEMS; i++) {
        char filler[64] = "";
        /* A number that was refused is given to the next. */
        if (put(producer->queue, producer->number, &producer->taken, sizeof(uint64_t),
                filler, i % sizeof filler))
            producer->taken++;
    }
    atomic_fetch_add(&producers_over, 1);
    store_queue_wake(producer->queue);
    return NULL;
}

/* All that was taken comes out once, of each producer in its order. */
START_TEST(many_producers) {
    struct store_queue *queue = store_queue_create(8192);
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    uint64_t seen[PRODUCERS] = {0};
    for (unsigned i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){queue, i, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (bool over = false; !over;) {
        struct store_item item;
        over = atomic_load(&producers_over) == PRODUCERS;
        if (over)
            store_queue_wake(queue);
        store_queue_wait(queue);
        store_queue_take(queue);
        while (store_queue_next(queue, &item)) {
            uint64_t number;
            ck_assert_uint_lt(item.kind, PRODUCERS);
            memcpy(&number, item.bytes, sizeof number);
            ck_assert_uint_eq(number, seen[item.kind]);
            seen[item.kind]++;
        }
    }
    for (unsigned i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < PRODUCERS; i++)
        ck_assert_uint_eq(seen[i], producers[i].taken);
    store_queue_destroy(queue);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("queue");
    TCase *tcase = tcase_create("queue");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_goes_in_comes_out_in_order);
    tcase_add_test(tcase, what_does_not_fit_is_refused_whole);
    tcase_add_test(tcase, a_wake_is_not_lost);
    tcase_add_test(tcase, many_producers);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
