#include "tests/store/scenario.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct site site;
static char directory[64];

static void start(void) {
    site_make(&site, 7);
    state_make(directory);
}

static void stop(void) {
    state_remove(directory);
    free(site.records);
    site = (struct site){0};
}

/* One run, or two with the state between them. */
static struct transcript run_whole(uint32_t capacity) {
    struct transcript said = {0};
    struct engine *engine = site_engine(capacity, NULL, &said, NULL);
    site_run(engine, &site, 0, site.count);
    engine_destroy(engine);
    return said;
}

static void run_part(uint32_t capacity, size_t first, size_t last,
                     struct transcript *said) {
    struct store *store = state_open(directory);
    struct engine *engine = site_engine(capacity, NULL, said, store);
    store_restore(store, engine);
    site_run(engine, &site, first, last);
    ck_assert(store_save(store, engine));
    engine_destroy(engine);
    ck_assert_uint_eq(store_status(store).lost, 0);
    ck_assert_uint_eq(store_status(store).damaged, 0);
    store_close(store);
}

static void expect_same(const struct transcript *a, const struct transcript *b) {
    const char *x = a->text, *y = b->text;
    ck_assert_uint_gt(a->lines, 1000);
    while (*x && *y) {
        size_t m = strcspn(x, "\n") + 1, n = strcspn(y, "\n") + 1;
        if (m != n || memcmp(x, y, m) != 0)
            ck_abort_msg("differ:\n%.*s%.*s", (int)m, x, (int)n, y);
        x += m;
        y += n;
    }
    ck_assert_msg(!*x && !*y, "one of them ends early");
}

/* Splits at a window's end, so that none is cut: before there is much, while risk is there,
   in the middle of the scan, and twice. */
static const struct {
    uint32_t capacity;
    unsigned at_s[3];
} splits[] = {{64, {2000, 5020}}, {9, {5010, 5030}}, {64, {1200, 1210}}, {64, {10}},
              {64, {600}},        {64, {3600}},      {64, {5010}},       {9, {3600}},
              {64, {100, 6500}},  {64, {7190}}};

START_TEST(a_split_run_says_what_a_whole_one_says) {
    struct transcript whole = run_whole(splits[_i].capacity), parts = {0};
    size_t at = 0;
    for (unsigned i = 0; splits[_i].at_s[i]; i++) {
        size_t next = site_at(&site, splits[_i].at_s[i]);
        run_part(splits[_i].capacity, at, next, &parts);
        at = next;
    }
    run_part(splits[_i].capacity, at, site.count, &parts);
    expect_same(&whole, &parts);
    ck_assert_ptr_nonnull(strstr(whole.text, " finding "));
    ck_assert_ptr_nonnull(strstr(whole.text, " scan "));
    transcript_free(&whole);
    transcript_free(&parts);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_loop_test(tcase, a_split_run_says_what_a_whole_one_says, 0,
                        (int)rounds(sizeof splits / sizeof splits[0]));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
