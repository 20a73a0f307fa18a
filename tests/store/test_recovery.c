#include "tests/store/keeping.h"
#include "tests/suite.h"

#include "engine/device.h"
#include "engine/store/store_schema.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What becomes of the state when something goes wrong. */

static unsigned mode_of(const char *path) {
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 0777;
}

START_TEST(nobody_else_reads_it) {
    char inner[128], path[160];
    umask(0);
    snprintf(inner, sizeof inner, "%s/made", directory);
    char error[256];
    struct store *store = store_open(inner, error, sizeof error);
    ck_assert_msg(store != NULL, "%s", error);
    ck_assert_uint_eq(mode_of(inner), 0700);
    static const char *const files[] = {"wary.db", "wary.db-wal", "wary.db-shm",
                                        "lock"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", inner, files[i]);
        ck_assert_uint_eq(mode_of(path), 0600);
    }
    store_close(store);
}
END_TEST

START_TEST(the_second_process_is_refused) {
    char error[256], expected[256];
    struct store *store = state_open(directory);
    ck_assert_ptr_null(store_open(directory, error, sizeof error));
    snprintf(expected, sizeof expected, "%s: another process, %d keeps its state there",
             directory, (int)getpid());
    ck_assert_str_eq(error, expected);
    store_close(store);
    store_close(state_open(directory)); /* free again */
}
END_TEST

START_TEST(what_cannot_be_opened_is_told) {
    char error[256], path[128], expected[256];
    ck_assert_ptr_null(store_open("/proc/nowhere/state", error, sizeof error));
    ck_assert_str_eq(error, "/proc/nowhere/state: No such file or directory");
    snprintf(path, sizeof path, "%s/file", directory);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    ck_assert_ptr_null(store_open(path, error, sizeof error));
    snprintf(expected, sizeof expected, "%s/lock: Not a directory", path);
    ck_assert_str_eq(error, expected);
}
END_TEST

START_TEST(a_newer_schema_is_refused) {
    char error[256], expected[256];
    store_close(state_open(directory));
    sql("UPDATE meta SET value = value + 1 WHERE name = 'schema'");
    ck_assert_ptr_null(store_open(directory, error, sizeof error));
    snprintf(expected, sizeof expected,
             "%s: a newer wary wrote it (schema %d, this one knows %d)", database,
             STORE_SCHEMA + 1, STORE_SCHEMA);
    ck_assert_str_eq(error, expected);
    ck_assert_int_eq(sql("SELECT value FROM meta WHERE name = 'schema'"),
                     STORE_SCHEMA + 1);
}
END_TEST

/* Whatever version it is of, what it holds is there afterwards, and beside it as it was. */
START_TEST(an_older_schema_is_brought_forward) {
    static const char finding[] = "INSERT INTO findings VALUES(7, 1700000000000000000, "
                                  "'00:1b:00:00:00:01', 'scan', 'HIGH', 5, 6,"
                                  " 7, 'peer', 'text')";
    for (int version = 1; version < STORE_SCHEMA; version++) {
        char copy[128], command[256];
        snprintf(command, sizeof command, "rm -f '%s'*", database);
        ck_assert_int_eq(system(command), 0);
        struct store_sql old;
        ck_assert(
            store_sql_open(&old, database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
        ck_assert_msg(store_schema_bring(&old, database, version), "%s", old.reason);
        ck_assert_msg(store_sql_script(&old, finding), "%s", old.reason);
        store_sql_close(&old);

        struct outcome outcome = go(0, 60, true);
        ck_assert_uint_eq(outcome.store.findings_restored, 1);
        ck_assert_int_eq(sql("SELECT value FROM meta WHERE name = 'schema'"),
                         STORE_SCHEMA);
        ck_assert_int_eq(sql("SELECT id FROM findings WHERE device LIKE '00:1b%'"), 7);
        snprintf(copy, sizeof copy, "%s.schema-%d", database, version);
        ck_assert_uint_eq(mode_of(copy), 0600);
        ck_assert(store_sql_open(&old, copy, SQLITE_OPEN_READONLY));
        ck_assert_int_eq(store_schema_of(&old), version);
        store_sql_close(&old);
        transcript_free(&outcome.said);
        /* And not again. */
        unlink(copy);
        store_close(state_open(directory));
        ck_assert_int_ne(access(copy, F_OK), 0);
    }
}
END_TEST

/* Nothing is changed where it cannot be copied first. */
START_TEST(no_step_without_a_copy) {
    char error[256];
    struct store_sql old;
    ck_assert(
        store_sql_open(&old, database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    ck_assert(store_schema_bring(&old, database, 1));
    store_sql_close(&old);
    struct rlimit before, full = {.rlim_cur = 4096};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    full.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &full);
    ck_assert_ptr_null(store_open(directory, error, sizeof error));
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(sql("SELECT value FROM meta WHERE name = 'schema'"), 1);
    store_close(state_open(directory));
    ck_assert_int_eq(sql("SELECT value FROM meta WHERE name = 'schema'"), STORE_SCHEMA);
}
END_TEST

START_TEST(findings_come_back) {
    struct outcome first = go(0, SITE_S, true);
    ck_assert_uint_gt(first.engine.findings_total, 2);
    ck_assert_uint_eq(first.store.findings_written, first.engine.findings_total);

    struct board *board = board_create();
    struct transcript again = {0};
    struct store *store = state_open(directory);
    struct engine *engine = site_engine(64, board, &again, store);
    store_restore(store, engine);
    site_run(engine, &site, site.count, site.count); /* publishes */
    const struct snapshot *snapshot = board_acquire(board);
    uint32_t n = snapshot_finding_count(snapshot);
    ck_assert_uint_eq(n, first.engine.findings_total);
    for (uint32_t i = n; i > 0; i--)
        transcript_finding(&again, snapshot_finding(snapshot, i - 1));
    for (const char *line = again.text; *line; line = strchr(line, '\n') + 1) {
        char text[600];
        snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
        ck_assert_msg(strstr(first.said.text, text) != NULL, "never said: %s", text);
    }
    ck_assert_uint_eq(snapshot_device_count(snapshot), first.engine.devices);
    ck_assert_uint_eq(engine_status(engine)->findings_total,
                      first.engine.findings_total);
    board_release(snapshot);
    engine_destroy(engine);
    store_close(store);
    board_destroy(board);
    transcript_free(&again);
    transcript_free(&first.said);
}
END_TEST

static void expect_holder(struct board *board, const char *ip, double at_s,
                          const char *id) {
    char found[DEVICE_ID_BYTES];
    struct address address;
    const struct snapshot *snapshot = board_acquire(board);
    ck_assert(address_parse(ip, &address));
    snapshot_held(snapshot, &address, (uint64_t)(((double)make_epoch_s + at_s) * 1e9),
                  found);
    ck_assert_str_eq(found, id);
    board_release(snapshot);
}

/* Also where nothing was saved; and whoever has it still is not taken for a new holder. */
START_TEST(who_held_an_address_is_not_forgotten) {
    struct outcome said = go(0, 3000, false);
    transcript_free(&said.said);
    ck_assert_uint_ge(said.store.tenancies_written, SITE_DEVICES);
    struct store *store = state_open(directory);
    struct board *board = board_create();
    struct engine *engine = site_engine(64, board, &said.said, store);
    store_restore(store, engine);
    site_run(engine, &site, site_at(&site, 3000), site_at(&site, 4000));
    expect_holder(board, "10.0.0.4", 1500, "00:1b:00:00:00:04");
    expect_holder(board, "10.0.0.4", 3900, "00:1b:00:00:00:04");
    expect_holder(board, "10.0.0.77", 1500, "");
    engine_destroy(engine);
    board_destroy(board);
    store_close(store);
    ck_assert_int_eq(sql("SELECT count(*) FROM tenancies WHERE address = '10.0.0.4'"),
                     1);
    transcript_free(&said.said);
}
END_TEST

/* Not saved: what was offered in the meantime is there. */
START_TEST(the_interval_keeps_what_a_kill_would_lose) {
    struct outcome outcome = go(0, SITE_S, false);
    ck_assert_uint_eq(outcome.store.lost, 0);
    ck_assert_uint_eq(outcome.store.dropped, 0);
    ck_assert_uint_ge(outcome.store.pieces_written, SITE_DEVICES);
    int64_t written = (int64_t)outcome.store.pieces_written;
    transcript_free(&outcome.said);
    outcome = go(0, 0, false);
    ck_assert_uint_ge(outcome.store.devices_restored, SITE_DEVICES);
    ck_assert_uint_eq(outcome.store.damaged, 0);
    ck_assert_uint_gt(outcome.store.findings_restored, 2);
    ck_assert_int_lt(sql("SELECT count(*) FROM devices"), written);
}
END_TEST

/* Who was there a minute ago, and how bad it was, is not lost, however long the interval is;
   nor what time it was. */
START_TEST(who_is_there_is_kept_within_a_minute) {
    struct outcome outcome = go(0, 5400, false); /* the scan was seconds after 5000 */
    transcript_free(&outcome.said);
    struct store *store = state_open(directory);
    struct engine *engine = site_engine(64, NULL, &outcome.said, store);
    store_restore(store, engine);
    ck_assert_uint_eq(store_status(store).devices_restored, outcome.engine.devices);
    ck_assert_uint_ge(engine_status(engine)->now_ns + 61 * UINT64_C(1000000000),
                      outcome.engine.now_ns);
    /* What it says of the scanner next is no lower than what is left of it. */
    site_run(engine, &site, site_at(&site, 5400), site_at(&site, 5500));
    ck_assert_ptr_nonnull(strstr(outcome.said.text, "00:1b:00:00:00:05"));
    ck_assert_ptr_nonnull(strstr(outcome.said.text, " scan\n"));
    engine_destroy(engine);
    store_close(store);
    transcript_free(&outcome.said);
}
END_TEST

static bool hand_over_stale(void *sink, const struct memory *piece) {
    struct { /* what is kept of a device begins with it */
        struct device device;
        char rest[4096];
    } stale;
    struct memory copy = *piece;
    const struct engine_sink *keep = sink;
    if (piece->kind != MEMORY_DEVICE)
        return true;
    ck_assert_uint_le(piece->value_bytes, sizeof stale);
    memcpy(&stale, piece->value, piece->value_bytes);
    stale.device.packets = 1;
    copy.value = &stale;
    for (unsigned i = 0; i < 5; i++)
        ck_assert(keep->keep(keep->context, &copy));
    return true;
}

static bool find_stale(void *found, const struct memory *piece) {
    struct device device;
    if (piece->kind != MEMORY_DEVICE)
        return true;
    memcpy(&device, piece->value, sizeof device);
    *(bool *)found |= device.packets == 1;
    return true;
}

/* What was handed over before a save is not written after it. */
START_TEST(the_save_has_the_last_word) {
    struct outcome first = go(0, 600, true);
    for (unsigned round = 0; round < rounds(80); round++) {
        struct store *store = state_open(directory);
        struct engine_sink sink = store_sink(store);
        struct engine *engine = site_engine(64, NULL, &first.said, store);
        bool stale = false;
        store_restore(store, engine);
        memory_each(engine, find_stale, &stale);
        ck_assert(!stale);
        /* A minute in which each of them changes. */
        site_run(engine, &site, site_at(&site, 600 + 60 * round),
                 site_at(&site, 660 + 60 * round));
        memory_each(engine, hand_over_stale, &sink);
        ck_assert(store_save(store, engine));
        engine_destroy(engine);
        store_close(store);
    }
    transcript_free(&first.said);
}
END_TEST

START_TEST(what_did_not_change_is_not_written_again) {
    struct outcome first = go(0, 3000, true);
    sql("CREATE TABLE changes(n INTEGER)");
    sql("CREATE TRIGGER note AFTER INSERT ON baselines BEGIN"
        " INSERT INTO changes VALUES(1); END");
    struct outcome second = go(3000, 3000, true);
    ck_assert_int_eq(sql("SELECT count(*) FROM changes"), 0);
    ck_assert_int_eq(sql("SELECT count(*) FROM baselines"), first.engine.devices);
    struct outcome third = go(3000, 3600, true);
    ck_assert_int_gt(sql("SELECT count(*) FROM changes"), SITE_DEVICES - 1);
    transcript_free(&first.said);
    transcript_free(&second.said);
    transcript_free(&third.said);
}
END_TEST

/* The disk is full for a while: learning goes on, and writing when there is room again. */
START_TEST(a_full_disk_is_outlived) {
    struct outcome said = {.said = {0}};
    struct store *store = state_open(directory);
    struct board *board = board_create();
    struct engine *engine = site_engine(64, board, &said.said, store);
    struct rlimit before, full = {.rlim_cur = 8192};
    store_restore(store, engine);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    full.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &full);
    site_run(engine, &site, 0, site_at(&site, 6000));
    ck_assert(!store_save(store, engine));
    ck_assert(store_status(store).failing);
    ck_assert_uint_gt(store_status(store).lost, 0);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert(store_save(store, engine));
    ck_assert(!store_status(store).failing);
    uint32_t devices = engine_status(engine)->devices;
    ck_assert_uint_ge(devices, SITE_DEVICES);
    engine_destroy(engine);
    board_destroy(board);
    store_close(store);
    struct outcome second = go(6000, 6000, false);
    ck_assert_uint_eq(second.store.devices_restored, devices);
    transcript_free(&said.said);
}
END_TEST

/* Killed at any moment: what was whole before is whole after. */
START_TEST(a_kill_loses_no_more_than_an_interval) {
    random_start();
    struct outcome first = go(0, 1200, true);
    for (unsigned trial = 0; trial < rounds(12); trial++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            for (;;) /* over the same time again and again, saving each time */
                go(0, 1200, true);
        }
        usleep(20000 + random_below(400000));
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        struct outcome after = go(1200, 1200, false);
        ck_assert_uint_eq(after.store.devices_restored, first.engine.devices);
        ck_assert_uint_eq(after.store.damaged, 0);
        ck_assert_int_eq(sql("PRAGMA integrity_check"), 0); /* "ok" as a number */
    }
    transcript_free(&first.said);
}
END_TEST

/* The state is from later than the capture: baselines stay, nothing is judged across. */
START_TEST(a_state_from_the_future) {
    struct outcome first = go(0, 4500, true);
    struct outcome second = go(0, 600, true);
    ck_assert_uint_eq(second.engine.discontinuities, 1);
    /* Still known, and not as new: nobody begins to learn. */
    ck_assert_ptr_nonnull(strstr(first.said.text, "00:1b:00:00:00:01 1 "));
    ck_assert_ptr_nonnull(strstr(second.said.text, "00:1b:00:00:00:01 1 "));
    ck_assert_ptr_null(strstr(second.said.text, "00:1b:00:00:00:01 0 "));
    /* No row before its time. */
    for (const char *line = second.said.text; *line; line = strchr(line, '\n') + 1)
        ck_assert_uint_le(strtoull(line, NULL, 10), make_epoch_s + 600);
    transcript_free(&first.said);
    transcript_free(&second.said);
}
END_TEST

START_TEST(a_long_pause_is_a_step) {
    struct outcome first = go(0, 1200, true), second = go(1300, 1500, false);
    ck_assert_uint_eq(second.engine.discontinuities, 0);
    struct outcome third = go(2400, 3000, false);
    ck_assert_uint_eq(third.engine.discontinuities, 1);
    transcript_free(&first.said);
    transcript_free(&second.said);
    transcript_free(&third.said);
}
END_TEST

/* A window cut by the split is not learnt from; its like is hardly different. */
START_TEST(a_split_within_a_window) {
    struct transcript whole = {0};
    struct engine *engine = site_engine(64, NULL, &whole, NULL);
    site_run(engine, &site, 0, site.count);
    engine_destroy(engine);
    struct outcome first = go(0, 4013.7, true), second = go(4013.7, SITE_S, true);
    const char *rest = strstr(whole.text, "\n1700004030 ");
    const char *line = strstr(second.said.text, "\n1700004030 ");
    ck_assert(rest && line);
    unsigned rows = 0;
    double worst = 0;
    while (*++line && *++rest) {
        char device[2][32], finding[2][32];
        double risk[2], ignored;
        const char *lines[] = {rest, line};
        for (unsigned i = 0; i < 2; i++)
            ck_assert_int_ge(sscanf(lines[i], "%lf %31s %31s %lf %lf %lf", &ignored,
                                    device[i], finding[i], &ignored, &ignored,
                                    &risk[i]),
                             3);
        line = strchr(line, '\n');
        rest = strchr(rest, '\n');
        if (!strcmp(finding[0], "finding") || !strcmp(finding[1], "finding"))
            continue;
        if (strcmp(device[0], device[1]) != 0)
            break; /* one has a row of a risk just above 1 that the other has not */
        rows++;
        worst = fmax(worst, fabs(risk[0] - risk[1]));
    }
    ck_assert_uint_gt(rows, 100);
    ck_assert_double_lt(worst, 3);
    transcript_free(&whole);
    transcript_free(&first.said);
    transcript_free(&second.said);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("recovery");
    TCase *tcase = tcase_create("recovery");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, nobody_else_reads_it);
    tcase_add_test(tcase, the_second_process_is_refused);
    tcase_add_test(tcase, what_cannot_be_opened_is_told);
    tcase_add_test(tcase, a_newer_schema_is_refused);
    tcase_add_test(tcase, an_older_schema_is_brought_forward);
    tcase_add_test(tcase, no_step_without_a_copy);
    tcase_add_test(tcase, findings_come_back);
    tcase_add_test(tcase, who_held_an_address_is_not_forgotten);
    tcase_add_test(tcase, the_interval_keeps_what_a_kill_would_lose);
    tcase_add_test(tcase, who_is_there_is_kept_within_a_minute);
    tcase_add_test(tcase, the_save_has_the_last_word);
    tcase_add_test(tcase, what_did_not_change_is_not_written_again);
    tcase_add_test(tcase, a_full_disk_is_outlived);
    tcase_add_test(tcase, a_kill_loses_no_more_than_an_interval);
    tcase_add_test(tcase, a_state_from_the_future);
    tcase_add_test(tcase, a_long_pause_is_a_step);
    tcase_add_test(tcase, a_split_within_a_window);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
