#include "tests/store/keeping.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What becomes of a state whose bytes are not what was written. */

START_TEST(a_damaged_piece_is_set_aside_alone) {
    struct outcome first = go(0, 3000, true);
    sql("UPDATE baselines SET value = zeroblob(length(value)) WHERE key ="
        " (SELECT key FROM devices WHERE id = '00:1b:00:00:00:04')");
    sql("UPDATE baselines SET value = x'00' WHERE key ="
        " (SELECT key FROM devices WHERE id = '00:1b:00:00:00:05')");
    sql("UPDATE devices SET key = x'77' WHERE id = '00:1b:00:00:00:06'");
    sql("UPDATE memory SET checksum = checksum + 1 WHERE kind = 'pool'");
    struct outcome second = go(3000, 3600, true);
    ck_assert_uint_eq(second.store.damaged, 4);
    ck_assert_uint_eq(second.store.devices_restored, first.engine.devices - 3);
    ck_assert_int_eq(sql("SELECT count(*) FROM damaged"), 4);
    ck_assert_uint_eq(second.engine.devices, first.engine.devices); /* learnt anew */
    struct outcome third = go(3600, 4200, true);
    ck_assert_uint_eq(third.store.damaged, 0);
    ck_assert_uint_eq(third.store.devices_restored, first.engine.devices);
    transcript_free(&first.said);
    transcript_free(&second.said);
    transcript_free(&third.said);
}
END_TEST

START_TEST(another_version_is_learnt_anew) {
    struct outcome first = go(0, 3000, true);
    sql("UPDATE baselines SET format = format + 1");
    sql("UPDATE memory SET format = format + 1");
    struct outcome second = go(3000, 3600, true);
    ck_assert_uint_eq(second.store.devices_restored, 0);
    ck_assert_uint_gt(second.store.findings_restored, 0);
    ck_assert_int_eq(
        sql("SELECT count(*) FROM damaged WHERE reason = 'another version'"),
        first.engine.devices);
    struct outcome third = go(3600, 4200, false);
    ck_assert_uint_ge(third.store.devices_restored, SITE_DEVICES);
    transcript_free(&first.said);
    transcript_free(&second.said);
    transcript_free(&third.said);
}
END_TEST

START_TEST(no_database_is_set_aside_whole) {
    char path[128];
    FILE *file = fopen(database, "w");
    for (unsigned i = 0; i < 3000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    struct outcome first = go(0, 600, true);
    snprintf(path, sizeof path, "%s.damaged-1", database);
    ck_assert_int_eq(access(path, F_OK), 0);
    struct outcome second = go(600, 600, false);
    ck_assert_uint_eq(second.store.devices_restored, first.engine.devices);
    transcript_free(&first.said);
}
END_TEST

static void flip_bytes(const char *path, unsigned count) {
    struct stat status;
    int file = open(path, O_RDWR);
    if (file < 0 || fstat(file, &status) < 0 || status.st_size == 0) {
        if (file >= 0)
            close(file);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned char byte;
        off_t at = (off_t)(random_bits() % (uint64_t)status.st_size);
        ck_assert_int_eq(pread(file, &byte, 1, at), 1);
        byte ^= (unsigned char)(1 + random_below(255));
        ck_assert_int_eq(pwrite(file, &byte, 1, at), 1);
    }
    close(file);
}

/* Wherever the bytes are wrong: it starts, believes nothing that is damaged, and what it
   saves then is whole. Where the page of the schema's number is hit, it may be refused. */
START_TEST(flipped_bytes_stop_nobody) {
    char copy[128], command[400], error[256];
    random_start();
    struct outcome first = go(0, 1200, true);
    snprintf(copy, sizeof copy, "%s/copy", directory);
    snprintf(command, sizeof command, "cp '%s' '%s'", database, copy);
    ck_assert_int_eq(system(command), 0);
    unsigned refused = 0;
    for (unsigned trial = 0; trial < rounds(60); trial++) {
        snprintf(command, sizeof command, "rm -f '%s'*; cp '%s' '%s'", database, copy,
                 database);
        ck_assert_int_eq(system(command), 0);
        flip_bytes(database, trial % 3 == 0 ? 1 : trial % 3 == 1 ? 10 : 300);
        struct store *store = store_open(directory, error, sizeof error);
        if (!store) {
            ck_assert_ptr_nonnull(strstr(error, "wary.db: "));
            ck_assert_uint_le(++refused, 10); /* a few of the 300 bytes may hit it */
            continue;
        }
        store_close(store);
        struct outcome second = go(1200, 1260, false);
        ck_assert_uint_le(second.store.devices_restored, first.engine.devices);
        struct outcome third = go(1260, 1320, true);
        struct outcome fourth = go(1320, 1320, false);
        ck_assert_uint_eq(fourth.store.damaged, 0);
        ck_assert_uint_eq(fourth.store.devices_restored, third.engine.devices);
        transcript_free(&second.said);
        transcript_free(&third.said);
    }
    transcript_free(&first.said);
}
END_TEST

/* The three files of a database at one moment, while it is written: as a power cut leaves
   them. Numbers in the table `damaged` say what was acknowledged by then. */
static bool put_number(struct store_sql *base, const void *bytes, size_t size) {
    int64_t number;
    ck_assert_uint_eq(size, sizeof number);
    memcpy(&number, bytes, size);
    sqlite3_stmt *s = store_sql_ready(
        base, "INSERT INTO damaged(number, kind, reason) VALUES(?, '', '')");
    store_sql_number(s, 1, number);
    return store_sql_run(base, s);
}

static void copy_files(const char *from, const char *to) {
    char command[800];
    snprintf(command, sizeof command,
             "rm -f '%s' '%s'-wal '%s'-shm; for part in '' -wal -shm; do"
             " cp '%s'$part '%s'$part; done",
             to, to, to, from, to);
    ck_assert_int_eq(system(command), 0);
}

static int64_t start_with_flips(const char *copy, const char *const parts[2],
                                unsigned trial) {
    char path[128];
    copy_files(copy, database);
    for (unsigned i = 0; i < 2; i++)
        if (parts[i]) {
            snprintf(path, sizeof path, "%s%s", database, parts[i]);
            flip_bytes(path, trial % 3 == 0 ? 1 : trial % 3 == 1 ? 10 : 300);
        }
    struct outcome outcome = go(1200, 1200, false);
    ck_assert_uint_le(outcome.store.devices_restored, SITE_DEVICES + 2);
    struct outcome next = go(1200, 1260, true), last = go(1260, 1260, false);
    ck_assert_uint_eq(last.store.damaged, 0);
    ck_assert_uint_eq(last.store.devices_restored, next.engine.devices);
    transcript_free(&next.said);
    return sql("SELECT coalesce(max(number), 0) FROM damaged WHERE kind = ''");
}

/* The log and its index are damaged, or both: it starts, and what it saves is whole. The
   index is made anew whatever is in it, so that there nothing is lost. */
START_TEST(flipped_bytes_in_the_log_stop_nobody) {
    static const char *const parts[][2] = {{"-shm"}, {"-wal"}, {"-wal", "-shm"}};
    char copy[128];
    random_start();
    struct outcome first = go(0, 600, true);
    transcript_free(&first.said);
    snprintf(copy, sizeof copy, "%s/copy", directory);
    struct store *store = state_open(directory);
    struct transcript said = {0};
    struct engine *engine = site_engine(64, NULL, &said, store);
    store_restore(store, engine);
    site_run(engine, &site, site_at(&site, 600), site_at(&site, 1200));
    for (int64_t number = 1; number <= 20; number++)
        ck_assert(store_write_now(store, put_number, &number, sizeof number));
    copy_files(database, copy);
    engine_destroy(engine);
    store_close(store);
    transcript_free(&said);
    for (unsigned trial = 0; trial < rounds(18); trial++) {
        const char *const *hit = parts[trial % 3];
        int64_t found = start_with_flips(copy, hit, trial / 3);
        if (strcmp(hit[0], "-shm") == 0)
            ck_assert_int_eq(found, 20);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("damage");
    TCase *tcase = tcase_create("damage");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, a_damaged_piece_is_set_aside_alone);
    tcase_add_test(tcase, another_version_is_learnt_anew);
    tcase_add_test(tcase, no_database_is_set_aside_whole);
    tcase_add_test(tcase, flipped_bytes_stop_nobody);
    tcase_add_test(tcase, flipped_bytes_in_the_log_stop_nobody);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
