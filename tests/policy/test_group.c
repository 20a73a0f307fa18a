#include "engine/policy/group.h"

#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct group_set groups;

static void start(void) {
    memset(&groups, 0, sizeof groups);
}

/* Whatever the order they come in: each is found where it was put, and nobody else. */
START_TEST(each_is_in_its_group) {
    enum { MEMBERS = 1000 };
    static uint8_t of[MEMBERS];
    char error[GROUP_ERROR_BYTES], text[40];
    random_start();
    for (unsigned i = 0; i < MEMBERS; i++) {
        unsigned n = i * 7919 % MEMBERS; /* each once, in no order */
        snprintf(text, sizeof text, "group %u", random_below(GROUP_MAX));
        ck_assert(group_get(&groups, text, &of[n], error));
        snprintf(text, sizeof text, n % 2 ? "02:00:00:00:%02x:%02x" : "10.9.%u.%u",
                 n >> 8, n & 255);
        ck_assert_msg(group_add(&groups, of[n], text, error), "%s", error);
        ck_assert(group_add(&groups, of[n], text, error)); /* again changes nothing */
        ck_assert(!group_add(&groups, (uint8_t)(of[n] + 1), text, error));
    }
    ck_assert_uint_eq(groups.member_count, MEMBERS);
    for (unsigned n = 0; n < 2 * MEMBERS; n++) {
        struct mac mac = {{2, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n}};
        struct address ip = {.family = 0};
        snprintf(text, sizeof text, "10.9.%u.%u", n >> 8, n & 255);
        if (n % 2 == 0)
            ck_assert(address_parse(text, &ip));
        const char *name = group_of(&groups, &mac, &ip);
        if (n < MEMBERS)
            ck_assert_str_eq(name, groups.names[of[n]]);
        else
            ck_assert_ptr_null(name);
    }
}
END_TEST

START_TEST(there_are_not_more_than_fit) {
    char error[GROUP_ERROR_BYTES], text[80];
    uint8_t group;
    for (unsigned i = 0; i < GROUP_MAX; i++) {
        snprintf(text, sizeof text, "%u", i);
        ck_assert(group_get(&groups, text, &group, error));
    }
    ck_assert(!group_get(&groups, "one more", &group, error));
    ck_assert_str_eq(error, "more than 128 groups");
    ck_assert(group_get(&groups, "7", &group, error));
    for (unsigned i = 0; i < GROUP_MEMBERS; i++) {
        snprintf(text, sizeof text, "10.0.%u.%u", i >> 8, i & 255);
        ck_assert(group_add(&groups, group, text, error));
    }
    ck_assert(!group_add(&groups, group, "192.0.2.1", error));
    ck_assert_str_eq(error, "more than 4096 devices in groups");
    start();
    memset(text, 'x', GROUP_NAME_BYTES);
    text[GROUP_NAME_BYTES] = '\0';
    ck_assert(!group_get(&groups, text, &group, error));
    ck_assert(!group_get(&groups, "a\nb", &group, error));
    text[GROUP_NAME_BYTES - 1] = '\0';
    ck_assert(group_get(&groups, text, &group, error));
    ck_assert(!group_add(&groups, group, "a name", error));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("group");
    TCase *tcase = tcase_create("group");
    tcase_add_checked_fixture(tcase, start, NULL);
    tcase_add_test(tcase, each_is_in_its_group);
    tcase_add_test(tcase, there_are_not_more_than_fit);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
