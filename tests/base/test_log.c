#include "engine/base/log.h"
#include "tests/suite.h"

#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum stream { UNNAMED, NAMED, ANOTHER };

/* What one call writes to standard error, which JOURNAL_STREAM may name. */
static const char *logged_to(enum stream stream, enum log_level level,
                             const char *text) {
    static char out[4096];
    char name[64];
    struct stat status;
    int ends[2], saved = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(fstat(ends[1], &status), 0);
    dup2(ends[1], STDERR_FILENO);
    snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino + (stream == ANOTHER));
    if (stream == UNNAMED)
        unsetenv("JOURNAL_STREAM");
    else
        setenv("JOURNAL_STREAM", name, 1);
    log_line(level, "%s", text);
    dup2(saved, STDERR_FILENO);
    unsetenv("JOURNAL_STREAM");
    close(saved);
    close(ends[1]);
    ssize_t length = read(ends[0], out, sizeof out - 1);
    close(ends[0]);
    ck_assert_int_ge(length, 0);
    out[length] = '\0';
    return out;
}

static const char *logged(enum log_level level, const char *text) {
    return logged_to(UNNAMED, level, text);
}

START_TEST(says_the_level_in_words) {
    ck_assert_str_eq(logged(LOG_LEVEL_ERROR, "no such file"), "error: no such file\n");
    ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "late"), "warning: late\n");
}
END_TEST

START_TEST(says_the_level_in_numbers_to_the_journal) {
    ck_assert_str_eq(logged_to(NAMED, LOG_LEVEL_ERROR, "no such file"),
                     "<3>no such file\n");
    ck_assert_str_eq(logged_to(NAMED, LOG_LEVEL_NOTICE, "up"), "<5>up\n");
    /* Somebody has turned standard error elsewhere since. */
    ck_assert_str_eq(logged_to(ANOTHER, LOG_LEVEL_NOTICE, "up"), "notice: up\n");
}
END_TEST

START_TEST(drops_what_is_below_the_level) {
    ck_assert_str_eq(logged(LOG_LEVEL_INFO, "x"), "");
    log_set_level(LOG_LEVEL_DEBUG);
    ck_assert_str_ne(logged(LOG_LEVEL_DEBUG, "x"), "");
    log_set_level(LOG_LEVEL_ERROR);
    ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "x"), "");
}
END_TEST

START_TEST(is_one_bounded_harmless_line) {
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

static uint64_t now_s;
static uint64_t tell_now(void) {
    return now_s;
}

START_TEST(withholds_too_many_and_counts_them) {
    now_s = 1000;
    log_limit(tell_now);
    for (int i = 0; i < LOG_BURST; i++)
        ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "late"), "warning: late\n");
    for (int i = 0; i < 7; i++)
        ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "late"), "");
    now_s += LOG_PERIOD_S - 1;
    ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "late"), "");
    now_s++;
    ck_assert_str_eq(logged(LOG_LEVEL_NOTICE, "up"),
                     "warning: 8 more lines like this: %s\nnotice: up\n");
    log_limit(NULL);
    for (int i = 0; i < 2 * LOG_BURST; i++)
        ck_assert_str_eq(logged(LOG_LEVEL_WARNING, "late"), "warning: late\n");
}
END_TEST

START_TEST(withholds_one_kind_and_no_other) {
    now_s = 5;
    log_limit(tell_now);
    for (int i = 0; i < 2 * LOG_BURST; i++)
        logged(LOG_LEVEL_WARNING, "late");
    int ends[2], saved = dup(STDERR_FILENO);
    char out[256];
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_line(LOG_LEVEL_NOTICE, "another %d", 1);
    log_settle(false); /* nothing is over */
    log_settle(true);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t length = read(ends[0], out, sizeof out - 1);
    close(ends[0]);
    ck_assert_int_ge(length, 0);
    out[length] = '\0';
    ck_assert_str_eq(out, "notice: another 1\nwarning: 20 more lines like this: %s\n");
    log_limit(NULL);
}
END_TEST

int main(void) {
    TCase *all = tcase_create("log");
    tcase_add_test(all, says_the_level_in_words);
    tcase_add_test(all, says_the_level_in_numbers_to_the_journal);
    tcase_add_test(all, drops_what_is_below_the_level);
    tcase_add_test(all, is_one_bounded_harmless_line);
    tcase_add_test(all, leaves_errno_alone);
    tcase_add_test(all, withholds_too_many_and_counts_them);
    tcase_add_test(all, withholds_one_kind_and_no_other);
    Suite *suite = suite_create("log");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
