#include "engine/base/log.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one call writes to standard error. */
static const char *logged(enum log_level level, const char *text) {
    static char out[4096];
    int ends[2], saved = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_line(level, "%s", text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t length = read(ends[0], out, sizeof out - 1);
    close(ends[0]);
    ck_assert_int_ge(length, 0);
    out[length] = '\0';
    return out;
}

START_TEST(says_the_level_in_words) {
    unsetenv("JOURNAL_STREAM");
    ck_assert_str_eq(logged(LOG_LEVEL_ERROR, "no such file"), "error: no such file\n");
    ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "late"), "warning: late\n");
}
END_TEST

START_TEST(says_the_level_in_numbers_to_the_journal) {
    setenv("JOURNAL_STREAM", "8:1", 1);
    ck_assert_str_eq(logged(LOG_LEVEL_ERROR, "no such file"), "<3>no such file\n");
    ck_assert_str_eq(logged(LOG_LEVEL_NOTICE, "up"), "<5>up\n");
}
END_TEST

START_TEST(drops_what_is_below_the_level) {
    unsetenv("JOURNAL_STREAM");
    ck_assert_str_eq(logged(LOG_LEVEL_INFO, "x"), "");
    log_set_level(LOG_LEVEL_DEBUG);
    ck_assert_str_ne(logged(LOG_LEVEL_DEBUG, "x"), "");
    log_set_level(LOG_LEVEL_ERROR);
    ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "x"), "");
}
END_TEST

START_TEST(is_one_bounded_harmless_line) {
    unsetenv("JOURNAL_STREAM");
    ck_assert_str_eq(logged(LOG_LEVEL_ERROR, "a\nerror: forged\x1b[2J"),
                     "error: a?error: forged?[2J\n");
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const char *line = logged(LOG_LEVEL_ERROR, text);
    ck_assert_uint_le(strlen(line), 1024);
    ck_assert_uint_ge(strlen(line), 1000);
    ck_assert_int_eq(line[strlen(line) - 1], '\n');
}
END_TEST

START_TEST(leaves_errno_alone) {
    errno = ENOENT;
    logged(LOG_LEVEL_ERROR, "x");
    int saved = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    errno = ENOENT;
    log_line(LOG_LEVEL_ERROR, "nobody hears this");
    int after = errno;
    dup2(saved, STDERR_FILENO);
    close(saved);
    ck_assert_int_eq(after, ENOENT);
}
END_TEST

int main(void) {
    TCase *all = tcase_create("log");
    tcase_add_test(all, says_the_level_in_words);
    tcase_add_test(all, says_the_level_in_numbers_to_the_journal);
    tcase_add_test(all, drops_what_is_below_the_level);
    tcase_add_test(all, is_one_bounded_harmless_line);
    tcase_add_test(all, leaves_errno_alone);
    Suite *suite = suite_create("log");
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
