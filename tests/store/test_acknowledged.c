#include "tests/store/scenario.h"
#include "tests/suite.h"

#include "engine/store/store_sql.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What was acknowledged is there, whatever happened to the process that did. */

static char directory[64];

static void start(void) {
    state_make(directory);
}

static void stop(void) {
    state_remove(directory);
}

/* The number in the table `damaged`, which takes anything; odd ones above a million are
   refused when half of the work is done. */
static bool put_number(struct store_sql *sql, const void *bytes, size_t size) {
    int64_t number;
    if (size != sizeof number)
        return false;
    memcpy(&number, bytes, sizeof number);
    sqlite3_stmt *s = store_sql_ready(
        sql, "INSERT INTO damaged(number, kind, reason) VALUES(?, '', '')");
    store_sql_number(s, 1, number);
    return store_sql_run(sql, s) && (number < 1000000 || number % 2 == 0);
}

static bool write_number(struct store *store, int64_t number) {
    return store_write_now(store, put_number, &number, sizeof number);
}

static bool count_numbers(struct store_sql *sql, void *context) {
    sqlite3_stmt *s = store_sql_ready(sql, "SELECT count(*) FROM damaged");
    *(int64_t *)context = store_sql_ask(sql, s, -1);
    return true;
}

static int64_t numbers(struct store *store) {
    int64_t count = 0;
    ck_assert(store_read(store, count_numbers, &count));
    return count;
}

START_TEST(a_write_that_fails_takes_none_with_it) {
    struct store *store = state_open(directory);
    ck_assert(write_number(store, 1));
    ck_assert(!write_number(store, 1)); /* there is one already */
    ck_assert(!write_number(store, 1000001));
    ck_assert(write_number(store, 1000002));
    ck_assert(!store_write_now(store, put_number, "", 0));
    ck_assert_int_eq(numbers(store), 2);
    ck_assert(!store_status(store).failing);
    store_close(store);
}
END_TEST

enum { WRITERS = 4, WRITES = 50 };

struct writer {
    struct store *store;
    int64_t first;
    unsigned good;
};

static void *write_some(void *argument) {
    struct writer *writer = argument;
    for (int64_t i = 0; i < WRITES; i++)
        writer->good += write_number(writer->store, writer->first + i);
    return NULL;
}

/* Of 1,000,000 … every second is refused; each writer is told of his own. */
START_TEST(many_wait_at_once) {
    struct store *store = state_open(directory);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){store, (i % 2 ? 1000000 : 1) + 1000 * i, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(writers[i].good, i % 2 ? WRITES / 2 : WRITES);
    }
    ck_assert_int_eq(numbers(store), WRITERS * WRITES * 3 / 4);
    store_close(store);
}
END_TEST

START_TEST(a_full_disk_acknowledges_nothing) {
    struct store *store = state_open(directory);
    struct rlimit before, full = {.rlim_cur = 8192};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    full.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &full);
    int64_t good = 0;
    for (int64_t i = 1; i <= 100; i++)
        good += write_number(store, i);
    ck_assert_int_lt(good, 100);
    ck_assert(store_status(store).failing);
    ck_assert_str_ne(store_status(store).reason, "");
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert(write_number(store, 1000));
    ck_assert(!store_status(store).failing);
    ck_assert_int_eq(numbers(store), good + 1);
    store_close(store);
}
END_TEST

/* The child tells each number that was acknowledged; some time it is killed. */
START_TEST(a_kill_takes_nothing_that_was_acknowledged) {
    random_start();
    int64_t told = 0;
    for (unsigned trial = 0; trial < rounds(12); trial++) {
        int ends[2];
        ck_assert_int_eq(pipe(ends), 0);
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct store *store = state_open(directory);
            for (int64_t i = told + 1;; i++)
                if (!write_number(store, i) || write(ends[1], &i, sizeof i) < 0)
                    _exit(1);
        }
        close(ends[1]);
        int64_t number;
        unsigned wanted = 1 + random_below(40);
        for (unsigned i = 0; i < wanted; i++) {
            ck_assert_int_eq(read(ends[0], &number, sizeof number), sizeof number);
            told = number;
        }
        usleep((useconds_t)random_below(3000));
        kill(child, SIGKILL);
        while (read(ends[0], &number, sizeof number) == sizeof number)
            told = number;
        close(ends[0]);
        waitpid(child, NULL, 0);
        struct store *store = state_open(directory);
        int64_t found = numbers(store);
        ck_assert_int_ge(found, told);
        ck_assert_int_le(found, told + 1); /* the last one may have been on its way */
        told = found;
        store_close(store);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("acknowledged");
    TCase *tcase = tcase_create("acknowledged");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, a_write_that_fails_takes_none_with_it);
    tcase_add_test(tcase, many_wait_at_once);
    tcase_add_test(tcase, a_full_disk_acknowledges_nothing);
    tcase_add_test(tcase, a_kill_takes_nothing_that_was_acknowledged);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
