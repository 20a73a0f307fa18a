#include "engine/base/precedence.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel has it: its header and libc's cannot be included at once. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t turn_ns, deadline_ns, period_ns;
};

static struct attributes look(void) {
    struct attributes attributes;
    memset(&attributes, 0, sizeof attributes);
    ck_assert_int_eq(syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0),
                     0);
    return attributes;
}

static void *look_elsewhere(void *attributes) {
    *(struct attributes *)attributes = look();
    return NULL;
}

static void *be_patient(void *attributes) {
    precedence_take(PRECEDENCE_PATIENT);
    return look_elsewhere(attributes);
}

/* A child's, which is as who starts it. */
static struct attributes look_at(void *(*child)(void *)) {
    struct attributes attributes;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, child, &attributes), 0);
    pthread_join(thread, NULL);
    return attributes;
}

static void check_turns(const struct attributes *before, int niceness) {
    precedence_take(PRECEDENCE_PROMPT);
    struct attributes prompt = look_at(look_elsewhere);
    struct attributes patient = look_at(be_patient);
    precedence_take(PRECEDENCE_USUAL);
    struct attributes usual = look_at(look_elsewhere);
    ck_assert_uint_eq(prompt.policy, before->policy);
    ck_assert_uint_eq(usual.policy, before->policy);
    ck_assert_int_eq(usual.nice, before->nice);
    ck_assert_int_eq(patient.nice, before->nice);
    if (before->policy != SCHED_OTHER)
        return; /* whoever started this has decided */
    ck_assert_int_eq(prompt.nice, niceness);
    ck_assert_uint_eq(patient.policy, SCHED_BATCH);
    /* Older kernels know of no turns and tell of none. */
    ck_assert_uint_eq(prompt.turn_ns, before->turn_ns > 0 ? 100000 : 0);
    ck_assert_uint_eq(usual.turn_ns, before->turn_ns);
}

START_TEST(a_thread_takes_its_turn_as_it_was_told) {
    struct attributes before = look();
    check_turns(&before, before.nice);
}
END_TEST

static void *ask_for_less(void *niceness) {
    return setpriority(PRIO_PROCESS, 0, *(const int *)niceness) == 0 ? niceness : NULL;
}

START_TEST(what_was_reserved_is_for_the_prompt) {
    struct attributes before = look();
    int less = before.nice > -15 ? before.nice - 5 : -20;
    pthread_t thread;
    void *may;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_for_less, &less), 0);
    pthread_join(thread, &may);
    precedence_reserve();
    check_turns(&before, may ? less : before.nice);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("precedence");
    TCase *tests = tcase_create("precedence");
    tcase_add_test(tests, a_thread_takes_its_turn_as_it_was_told);
    tcase_add_test(tests, what_was_reserved_is_for_the_prompt);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures > 0;
}
