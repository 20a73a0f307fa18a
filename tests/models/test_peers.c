#include "models/peers.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>
#include <string.h>

static struct peers peers;

static void setup(void) {
    memset(&peers, 0, sizeof peers);
}

static void take(uint32_t user, uint32_t now_s, double value) {
    float values[PEERS_QUANTITIES];
    for (unsigned q = 0; q < PEERS_QUANTITIES; q++)
        values[q] = (float)value;
    peers_take(&peers, user, now_s, values);
}

static struct peers_outlier compare(uint32_t user, uint32_t now_s, double value) {
    float values[PEERS_QUANTITIES];
    for (unsigned q = 0; q < PEERS_QUANTITIES; q++)
        values[q] = (float)value;
    return peers_compare(&peers, user, now_s, values);
}

START_TEST(few_others_say_nothing) {
    for (uint32_t n = 1; n < PEERS_ENOUGH; n++)
        take(n, 1000, 1);
    take(99, 1000, 50); /* itself does not count */
    ck_assert_uint_eq(compare(99, 1000, 50).members, 0);
    ck_assert_double_eq(compare(99, 1000, 50).a, 0);
    take(50, 1000, 1);
    ck_assert_uint_eq(compare(99, 1000, 50).members, PEERS_ENOUGH);
    ck_assert_double_gt(compare(99, 1000, 50).a, 5);
}
END_TEST

START_TEST(the_others_are_forgotten_after_a_day) {
    for (uint32_t n = 1; n <= 10; n++)
        take(n, 1000, 1);
    ck_assert_uint_eq(compare(99, 1000 + 86400, 9).members, 10);
    ck_assert_uint_eq(compare(99, 1001 + 86400, 9).members, 0);
    for (uint32_t n = 101; n <= 100 + PEERS_MEMBERS; n++) /* and make room */
        take(n, 90000, 2);
    ck_assert_uint_eq(compare(1, 90000, 9).members, PEERS_MEMBERS);
}
END_TEST

/* Whoever comes first, and however often. */
START_TEST(the_sample_is_the_same_in_any_order) {
    enum { USERS = 500 };
    uint32_t users[USERS];
    struct peers first;
    for (unsigned i = 0; i < USERS; i++)
        users[i] = (uint32_t)random_bits() | 1;
    for (unsigned round = 0; round < 2; round++) {
        setup();
        for (unsigned i = 0; i < USERS; i++)
            take(users[round ? USERS - 1 - i : i], 1000, users[i] & 7);
        for (unsigned i = 0; i < USERS; i++)
            take(users[i], 1001, users[i] & 7);
        if (round == 0)
            first = peers;
    }
    for (unsigned i = 0; i < PEERS_MEMBERS; i++) {
        unsigned found = 0;
        for (unsigned j = 0; j < PEERS_MEMBERS; j++)
            found += first.members[i].user == peers.members[j].user;
        ck_assert_uint_eq(found, 1);
    }
}
END_TEST

/* Of its own kind, nobody is accused more often than is said: P(a ≥ x) ≤ 10^−x. */
START_TEST(who_is_like_the_others_is_seldom_an_outlier) {
    enum { TRIALS = 30000, DEEPEST = 3 };
    unsigned reached[DEEPEST + 1] = {0};
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        unsigned members = PEERS_ENOUGH + (unsigned)random_bits() % 20;
        double spread = 0.3 + 2 * random_unit();
        float values[PEERS_QUANTITIES];
        setup();
        for (uint32_t n = 1; n <= members + 1; n++) {
            for (unsigned q = 0; q < PEERS_QUANTITIES; q++)
                values[q] = (float)(5 + spread * random_normal());
            peers_take(&peers, n, 1000, values);
        }
        double a = peers_compare(&peers, members + 1, 1000, values).a;
        for (unsigned x = 1; x <= DEEPEST; x++)
            reached[x] += a >= x;
    }
    for (unsigned x = 1; x <= DEEPEST; x++) {
        double expected = TRIALS * pow(10, -(double)x);
        ck_assert_msg(reached[x] <= expected + 7 * sqrt(expected) + 7, "%u: %u of %u",
                      x, reached[x], TRIALS);
    }
}
END_TEST

/* A hundred times as much as each of the others; not where they are a motley crew, nor for
   doing less. */
START_TEST(who_does_far_more_than_all_others_stands_out) {
    enum { TRIALS = 1000 };
    unsigned seen = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        unsigned members = 8 + (unsigned)random_bits() % 20;
        setup();
        for (uint32_t n = 1; n <= members; n++)
            take(n, 1000, 5 + 0.2 * random_normal());
        seen += compare(999, 1000, 5 + log(100)).a > 3;
        ck_assert_double_eq(compare(999, 1000, 5 - log(100)).a, 0);
        setup();
        for (uint32_t n = 1; n <= members; n++)
            take(n, 1000, n % 2 ? 2 : 8);
        ck_assert_double_lt(compare(999, 1000, 5 + log(100)).a, 2);
    }
    /* A few happen to differ so much among themselves that he is no wonder. */
    ck_assert_uint_ge(seen, TRIALS - TRIALS / 100);
}
END_TEST

/* One that is infected too does not hide the other. */
START_TEST(two_of_many_are_both_seen) {
    for (uint32_t n = 1; n <= 14; n++)
        take(n, 1000, 5 + 0.2 * random_normal());
    double alone = compare(999, 1000, 11).a;
    take(20, 1000, 11);
    double together = compare(999, 1000, 11).a;
    ck_assert_double_gt(alone, 5);
    ck_assert_double_gt(together, 0.5);
    ck_assert_double_lt(together, alone);
}
END_TEST

/* More is never less of an outlier. */
START_TEST(farther_is_stranger) {
    for (uint32_t n = 1; n <= 9; n++)
        take(n, 1000, 5 + 0.5 * random_normal());
    double before = 0;
    for (double value = 0; value < 40; value += 0.25) {
        double a = compare(999, 1000, value).a;
        ck_assert(isfinite(a) && a >= before);
        before = a;
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("peers");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, few_others_say_nothing);
    tcase_add_test(all, the_others_are_forgotten_after_a_day);
    tcase_add_test(all, the_sample_is_the_same_in_any_order);
    tcase_add_test(all, who_is_like_the_others_is_seldom_an_outlier);
    tcase_add_test(all, who_does_far_more_than_all_others_stands_out);
    tcase_add_test(all, two_of_many_are_both_seen);
    tcase_add_test(all, farther_is_stranger);
    Suite *suite = suite_create("peers");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
