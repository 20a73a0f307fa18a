#include "tests/collectors/runs.h"
#include "tests/store/scenario.h"
#include "tests/suite.h"

#include <unistd.h>

/* Days of a simulated site with attacks, stopped and started again at moments that nobody chose:
   what is said of it is what one run says that never stopped, byte for byte. */

enum { CAPACITY = 64, STOPS_MOST = 4 };

static char directory[64];
static struct site site;

static void keep_record(struct run *run, const struct record *record) {
    (void)run;
    if (record->kind == RECORD_END)
        return;
    if ((site.count & (site.count - 1)) == 0)
        site.records =
            realloc(site.records, (site.count ? 2 * site.count : 1) * sizeof *record);
    ck_assert_ptr_nonnull(site.records);
    site.records[site.count++] = *record;
}

/* The records that a capture comes to, once for all tests. */
static void setup(void) {
    char path[96], command[512];
    struct run run = {.watch = keep_record};
    /* What is judged changes often: who breaks this sees it at once, and nobody else later.
       Any other seed is to do as well. */
    setenv("WARY_SEED", "1", 0);
    random_start();
    state_make(directory);
    snprintf(path, sizeof path, "%s/site.pcap", directory);
    snprintf(command, sizeof command,
             "'%s/traffic' --site home --days %s --devices 20 --seed 3"
             " --attack address-scan@0+07:00 --attack beacon@0+03:00:240"
             " --attack arp-mitm@0+09:00 --events /dev/null --out '%s' >/dev/null",
             getenv("BUILD_DIR"), rounds(4) == 4 ? "2.5" : "0.5", path);
    ck_assert_int_eq(system(command), 0);
    const char *const paths[] = {path};
    struct collector_options options = collector_defaults;
    options.seed = 7;
    ck_assert_msg(collect(&run, &options, paths, 1), "%s", run.error);
    ck_assert_msg(run.succeeded, "%s", run.error);
    ck_assert_uint_gt(site.count, 10000);
}

static void teardown(void) {
    state_remove(directory);
    free(site.records);
}

static void go(size_t first, size_t last, const char *state, struct transcript *said) {
    struct store *store = state ? state_open(state) : NULL;
    struct engine *engine = site_engine(CAPACITY, NULL, said, store);
    if (store)
        store_restore(store, engine);
    site_run(engine, &site, first, last);
    if (store)
        ck_assert(store_save(store, engine));
    engine_destroy(engine);
    store_close(store);
}

/* Behind the tick that ends a window, so that none is cut in two; and where the capture goes on
   soon: after a longer pause nobody knows whether the next window was watched whole. */
static bool is_between_windows(size_t i) {
    const struct record *tick = &site.records[i - 1];
    return tick->kind == RECORD_TICK && tick->time_ns % (10 * SECOND) == 0 &&
           site.records[i].time_ns - tick->time_ns <= 10 * SECOND;
}

static size_t random_place(void) {
    size_t i = 1 + random_bits() % (site.count - 1);
    while (i < site.count && !is_between_windows(i))
        i++;
    return i;
}

static int by_place(const void *a, const void *b) {
    const size_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void expect_same(const char *whole, const char *parts) {
    size_t at = 0;
    while (whole[at] && whole[at] == parts[at])
        at++;
    if (whole[at] == parts[at])
        return;
    while (at > 0 && whole[at - 1] != '\n')
        at--;
    ck_abort_msg("differ:\n%.*s\n%.*s", (int)strcspn(whole + at, "\n"), whole + at,
                 (int)strcspn(parts + at, "\n"), parts + at);
}

START_TEST(a_stop_changes_nothing) {
    struct transcript whole = {0};
    go(0, site.count, NULL, &whole);
    ck_assert_uint_gt(whole.lines, 1000);
    ck_assert_ptr_nonnull(strstr(whole.text, " scan "));
    for (unsigned trial = 0; trial < rounds(3); trial++) {
        struct transcript parts = {0};
        char state[96];
        size_t stops[STOPS_MOST + 1], at = 0;
        unsigned count = 1 + random_below(STOPS_MOST);
        for (unsigned i = 0; i < count; i++)
            stops[i] = random_place();
        stops[count] = site.count;
        qsort(stops, count, sizeof *stops, by_place);
        snprintf(state, sizeof state, "%s/state-%u", directory, trial);
        for (unsigned i = 0; i <= count; at = stops[i++])
            go(at, stops[i], state, &parts);
        expect_same(whole.text, parts.text);
        transcript_free(&parts);
    }
    transcript_free(&whole);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("restart");
    TCase *tcase = tcase_create("restart");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_stop_changes_nothing);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
