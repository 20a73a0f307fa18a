#include "engine/inbox.h"
#include "tests/suite.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Every message is answered once, in order, whoever is in a hurry. */

static _Atomic unsigned answered[5];

static void count_answer(void *context, unsigned index, enum outcome outcome) {
    (void)context, (void)index;
    atomic_fetch_add(&answered[outcome], 1);
}

static void forget_answers(void) {
    for (unsigned i = 0; i < 5; i++)
        atomic_store(&answered[i], 0);
}

static struct message make(unsigned index) {
    return (struct message){.kind = MESSAGE_FACT,
                            .time_ns = index,
                            .text = strdup("text"),
                            .done = count_answer,
                            .index = index};
}

/* Whatever is not put is still the caller's. */
static bool put(struct inbox *inbox, unsigned index) {
    struct message message = make(index);
    bool taken = inbox_put(inbox, &message, 1);
    if (!taken)
        free(message.text);
    return taken;
}

static bool is_readable(const struct inbox *inbox) {
    struct pollfd fd = {.fd = inbox_descriptor(inbox), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

START_TEST(it_is_bounded_and_takes_all_or_none) {
    struct inbox *inbox = inbox_create(3);
    struct message message, four[4] = {make(0), make(1), make(2), make(3)};
    forget_answers();
    ck_assert(!inbox_has(inbox) && !is_readable(inbox));
    ck_assert(!inbox_put(inbox, four, 4));
    ck_assert(!inbox_take(inbox, &message));
    ck_assert(inbox_put(inbox, four, 2));
    ck_assert(!inbox_put(inbox, four + 2, 2));
    ck_assert(inbox_put(inbox, four + 2, 1));
    ck_assert(inbox_has(inbox) && is_readable(inbox));
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(inbox_take(inbox, &message));
        ck_assert_uint_eq(message.index, i);
        inbox_answer(inbox, &message, OUTCOME_APPLIED);
    }
    ck_assert(!inbox_has(inbox) && !is_readable(inbox));
    ck_assert(inbox_put(inbox, four + 3, 1)); /* there is room again */
    inbox_close(inbox);
    ck_assert_uint_eq(answered[OUTCOME_APPLIED], 3);
    ck_assert_uint_eq(answered[OUTCOME_CLOSED], 1);
    ck_assert(!put(inbox, 9));
    inbox_destroy(inbox);
    inbox_destroy(NULL);
}
END_TEST

START_TEST(what_is_not_kept_is_not_seen) {
    struct inbox *inbox = inbox_create(8);
    struct message message;
    forget_answers();
    inbox_guard(inbox);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(put(inbox, i));
    ck_assert(!inbox_has(inbox) && !inbox_take(inbox, &message));
    ck_assert_uint_eq(inbox_wait(inbox), 3);
    ck_assert_uint_eq(inbox_unkept(inbox, 2)->index, 2);
    inbox_kept(inbox, 1, true);
    ck_assert(inbox_take(inbox, &message));
    ck_assert_uint_eq(message.index, 0);
    ck_assert(!inbox_take(inbox, NULL));
    inbox_answer(inbox, &message, OUTCOME_APPLIED);
    inbox_kept(inbox, 1, false); /* the second could not be */
    ck_assert_uint_eq(answered[OUTCOME_FAILED], 1);
    ck_assert(!inbox_has(inbox));
    inbox_kept(inbox, 1, true);
    ck_assert(inbox_take(inbox, &message));
    ck_assert_uint_eq(message.index, 2);
    inbox_answer(inbox, &message, OUTCOME_APPLIED);
    inbox_unguard(inbox);
    ck_assert_uint_eq(inbox_wait(inbox), 0);
    ck_assert(!put(inbox, 4)); /* nobody is there to keep it */
    inbox_close(inbox);
    inbox_destroy(inbox);
}
END_TEST

enum { PRODUCERS = 3, MESSAGES = 3000 };

static struct inbox *shared;
static _Atomic unsigned refused;
static _Atomic bool over;

static void *produce(void *argument) {
    (void)argument;
    for (unsigned i = 0; i < MESSAGES;) {
        if (put(shared, i))
            i++;
        else
            atomic_fetch_add(&refused, 1);
    }
    return NULL;
}

/* Every seventh batch fails. */
static void *keep(void *argument) {
    (void)argument;
    for (size_t count, batch = 1; (count = inbox_wait(shared)) > 0; batch++) {
        for (size_t i = 0; i < count; i++)
            ck_assert_str_eq(inbox_unkept(shared, i)->text, "text");
        inbox_kept(shared, count, batch % 7 != 0);
    }
    return NULL;
}

static void *serve(void *argument) {
    (void)argument;
    struct message message;
    while (!atomic_load(&over))
        if (inbox_take(shared, &message))
            inbox_answer(shared, &message, OUTCOME_APPLIED);
    return NULL;
}

START_TEST(many_producers_a_keeper_and_an_engine) {
    pthread_t producers[PRODUCERS], keeper, engine;
    forget_answers();
    shared = inbox_create(64);
    inbox_guard(shared);
    atomic_store(&over, false);
    pthread_create(&keeper, NULL, keep, NULL);
    pthread_create(&engine, NULL, serve, NULL);
    for (unsigned i = 0; i < PRODUCERS; i++)
        pthread_create(&producers[i], NULL, produce, NULL);
    for (unsigned i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i], NULL);
    inbox_close(shared);
    atomic_store(&over, true);
    pthread_join(engine, NULL);
    inbox_unguard(shared);
    pthread_join(keeper, NULL);
    ck_assert_uint_eq(answered[OUTCOME_APPLIED] + answered[OUTCOME_FAILED] +
                          answered[OUTCOME_CLOSED],
                      PRODUCERS * MESSAGES);
    ck_assert_uint_gt(answered[OUTCOME_FAILED], 0);
    ck_assert_uint_gt(answered[OUTCOME_APPLIED], 0);
    inbox_destroy(shared);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("inbox");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, it_is_bounded_and_takes_all_or_none);
    tcase_add_test(tests, what_is_not_kept_is_not_seen);
    tcase_add_test(tests, many_producers_a_keeper_and_an_engine);
    Suite *suite = suite_create("inbox");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
