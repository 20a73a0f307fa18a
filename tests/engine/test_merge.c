#include "engine/merge.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The order in which the records of several queues are taken. */

enum { QUEUES = 3, PLACES = 64 };

static struct ring *rings[QUEUES];
static struct merge merge;

static void open_rings(void) {
    for (unsigned i = 0; i < QUEUES; i++)
        rings[i] = ring_create(PLACES, sizeof(struct record));
    merge_init(&merge, rings, QUEUES);
}

static void close_rings(void) {
    for (unsigned i = 0; i < QUEUES; i++)
        ring_destroy(rings[i]);
}

/* `number` is in the record's time, for the test to know it again. */
static void put(unsigned queue, enum record_kind kind, uint64_t reached_ns,
                uint64_t rank, uint64_t number) {
    struct record *record = ring_reserve(rings[queue]);
    *record = (struct record){.time_ns = number,
                              .reached_ns = reached_ns,
                              .rank = rank,
                              .queue = (uint16_t)queue,
                              .kind = (uint16_t)kind};
    ring_publish(rings[queue]);
}

static void end_all(void) {
    for (unsigned i = 0; i < QUEUES; i++)
        put(i, RECORD_END, UINT64_MAX, 0, 0);
}

/* The numbers of what comes, until all have ended or nothing is to be had. */
static const char *taken(void) {
    static char text[256];
    text[0] = '\0';
    for (unsigned misses = 0; merge_is_open(&merge) && misses < 2 * PLACES;) {
        const struct record *record = merge_next(&merge, 0);
        if (!record) {
            misses++;
            continue;
        }
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "%c", (char)record->time_ns);
        merge_release(&merge);
    }
    return text;
}

START_TEST(time_then_rank_then_queue) {
    open_rings();
    put(0, RECORD_FLOW, 10, 7, 'c');
    put(0, RECORD_FLOW, 20, 1, 'f');
    put(1, RECORD_FLOW, 10, 5, 'a');
    put(1, RECORD_FLOW, 10, 7, 'd');
    put(2, RECORD_FLOW, 10, 6, 'b');
    put(2, RECORD_FLOW, 11, 0, 'e');
    end_all();
    ck_assert_str_eq(taken(), "abcdef");
    ck_assert(!merge_is_open(&merge));
    close_rings();
}
END_TEST

START_TEST(nothing_is_taken_before_all_show_what_they_have) {
    open_rings();
    put(0, RECORD_FLOW, 10, 0, 'b');
    put(1, RECORD_FLOW, 12, 0, 'c');
    ck_assert_str_eq(taken(), "");
    put(2, RECORD_FLOW, 9, 0, 'a');
    ck_assert_str_eq(taken(), "a");
    put(2, RECORD_END, 9, 0, 0);
    ck_assert_str_eq(taken(), "b"); /* the third will send no more, the first may */
    close_rings();
}
END_TEST

START_TEST(a_step_is_one_for_all) {
    open_rings();
    put(0, RECORD_FLOW, 100, 0, 'b');
    put(0, RECORD_DISCONTINUITY, 10, 0, '|');
    put(0, RECORD_FLOW, 12, 0, 'd');
    put(1, RECORD_FLOW, 90, 0, 'a');
    put(1, RECORD_FLOW, 200, 0, 'c'); /* later than what follows the step */
    put(1, RECORD_DISCONTINUITY, 10, 0, '|');
    put(1, RECORD_FLOW, 13, 0, 'e');
    put(2, RECORD_DISCONTINUITY, 10, 0, '|');
    put(2, RECORD_FLOW, 14, 0, 'f');
    end_all();
    ck_assert_str_eq(taken(), "abc|def");
    close_rings();
}
END_TEST

START_TEST(each_step_is_shown) {
    open_rings();
    for (unsigned i = 0; i < QUEUES; i++) {
        put(i, RECORD_DISCONTINUITY, 10, 0, '|');
        put(i, RECORD_FLOW, 11, 0, 'a' + i);
        put(i, RECORD_DISCONTINUITY, 5, 0, '/');
    }
    end_all();
    ck_assert_str_eq(taken(), "|abc/");
    close_rings();
}
END_TEST

START_TEST(who_has_ended_holds_up_no_step) {
    open_rings();
    put(0, RECORD_END, 1, 0, 0);
    put(1, RECORD_DISCONTINUITY, 10, 0, '|');
    put(2, RECORD_DISCONTINUITY, 10, 0, '|');
    put(2, RECORD_FLOW, 10, 0, 'a');
    put(1, RECORD_END, 11, 0, 0);
    put(2, RECORD_END, 11, 0, 0);
    ck_assert_str_eq(taken(), "|a");
    close_rings();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("merge");
    TCase *order = tcase_create("order");
    tcase_add_test(order, time_then_rank_then_queue);
    tcase_add_test(order, nothing_is_taken_before_all_show_what_they_have);
    tcase_add_test(order, a_step_is_one_for_all);
    tcase_add_test(order, each_step_is_shown);
    tcase_add_test(order, who_has_ended_holds_up_no_step);
    suite_add_tcase(suite, order);
    return suite_run(suite);
}
