#include "tests/store/scenario.h"
#include "tests/suite.h"

#include "engine/store/store_reader.h"
#include "engine/store/store_schema.h"
#include "engine/store/store_tenancy.h"

#include <check.h>
#include <math.h>

/* Risk over time: what makes a point, what is left of it after a while, what a chart shows. */

static char directory[64];
static struct store_sql sql;
static struct store_watch watch;

static void start(void) {
    char path[96];
    state_make(directory);
    snprintf(path, sizeof path, "%s/history.db", directory);
    ck_assert(store_sql_open(&sql, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    ck_assert(store_schema_bring(&sql, path, STORE_SCHEMA));
    ck_assert(store_sql_script(&sql, "PRAGMA synchronous = OFF")); /* no power fails */
    watch = (struct store_watch){.by_slot = NULL};
}

static void stop(void) {
    store_watch_free(&watch);
    store_sql_close(&sql);
    state_remove(directory);
}

static bool makes_point(uint32_t slot, const char *device, double risk, double anomaly,
                        enum risk_level level, struct store_point *point) {
    struct window_row row = {.end_s = 1000,
                             .device = device,
                             .slot = slot,
                             .anomaly = anomaly,
                             .risk = risk,
                             .level = level};
    return store_watch_row(&watch, &row, point);
}

START_TEST(a_point_is_a_change) {
    struct store_point point;
    ck_assert(makes_point(3, "a", 0, 0.5, LEVEL_UNKNOWN, &point));
    ck_assert(!makes_point(3, "a", 0, 2.5, LEVEL_UNKNOWN, &point));
    ck_assert(!makes_point(3, "a", 0.9, 1, LEVEL_UNKNOWN, &point));
    ck_assert(makes_point(3, "a", 1, 0.1, LEVEL_UNKNOWN, &point));
    ck_assert_float_eq(point.anomaly, 2.5F); /* the highest since */
    ck_assert(makes_point(3, "a", 1, 0, LEVEL_LOW, &point));
    ck_assert_float_eq(point.anomaly, 0);
    ck_assert_str_eq(point.device, "a");
    ck_assert_uint_eq(point.time_s, 1000);
    ck_assert(!makes_point(3, "a", 1.5, 0, LEVEL_LOW, &point));
    ck_assert(makes_point(3, "b", 1.5, 0, LEVEL_LOW, &point)); /* moved in */
    ck_assert(makes_point(70000, "c", 0, 0, LEVEL_LOW, &point));
    ck_assert(!makes_point(3, "b", 1.5, 0, LEVEL_LOW, &point));
}
END_TEST

static void put(const char *device, uint64_t time_s, double score, double anomaly,
                enum risk_level level) {
    struct store_point point = {.time_s = time_s,
                                .score = (float)score,
                                .peak = (float)score,
                                .anomaly = (float)anomaly,
                                .level = (uint8_t)level,
                                .worst = (uint8_t)level};
    snprintf(point.device, sizeof point.device, "%s", device);
    ck_assert_msg(store_history_put(&sql, &point), "%s", sql.reason);
}

struct chart {
    struct store_step steps[1000];
    size_t count;
};

static void add_step(void *context, const struct store_step *step) {
    struct chart *chart = context;
    ck_assert_uint_lt(chart->count, 1000);
    chart->steps[chart->count++] = *step;
}

static struct chart *draw(const char *device, uint64_t from_s, uint64_t to_s,
                          uint64_t step_s) {
    static struct chart chart;
    chart.count = 0;
    ck_assert(store_history_read(&sql, device, from_s, to_s, step_s, add_step, &chart));
    return &chart;
}

static void expect_step(const struct chart *chart, size_t i, uint64_t time_s,
                        double score, double anomaly, enum risk_level level) {
    ck_assert_uint_gt(chart->count, i);
    const struct store_step *step = &chart->steps[i];
    ck_assert_uint_eq(step->time_s, time_s);
    ck_assert_double_eq(step->score, score);
    ck_assert_double_eq(step->anomaly, anomaly);
    ck_assert_int_eq(step->level, level);
}

START_TEST(a_step_shows_its_worst) {
    put("a", 1005, 10, 1, LEVEL_LOW);
    put("a", 1040, 87, 6, LEVEL_CRITICAL);
    put("a", 1050, 20, 2, LEVEL_LOW);
    put("b", 1042, 99, 9, LEVEL_CRITICAL); /* another's */
    struct chart *chart = draw("a", 980, 1120, 20);
    ck_assert_uint_eq(chart->count, 6); /* none from before it was known */
    expect_step(chart, 0, 1000, 10, 1, LEVEL_LOW);
    expect_step(chart, 1, 1020, 10, 0, LEVEL_LOW); /* as it was */
    expect_step(chart, 2, 1040, 87, 6, LEVEL_CRITICAL);
    expect_step(chart, 3, 1060, 20, 0, LEVEL_LOW);
    expect_step(chart, 5, 1100, 20, 0, LEVEL_LOW);
    /* From the middle on: it is known what was before. */
    chart = draw("a", 1060, 1080, 20);
    ck_assert_uint_eq(chart->count, 1);
    expect_step(chart, 0, 1060, 20, 0, LEVEL_LOW);
    ck_assert_uint_eq(draw("nobody", 0, 2000, 10)->count, 0);
    ck_assert_uint_eq(draw("a", 0, 1000, 10)->count, 0);
}
END_TEST

static int64_t ask(const char *text) {
    return store_sql_ask(&sql, store_sql_ready(&sql, text), -1);
}

START_TEST(hours_become_rows) {
    uint64_t hour = 3600 * 1000;
    put("a", hour - 100, 50, 3, LEVEL_MEDIUM);
    put("a", hour + 600, 10, 1, LEVEL_LOW);
    put("a", hour + 700, 20, 4, LEVEL_LOW);
    put("a", hour + 7200, 70, 2, LEVEL_HIGH); /* nothing in the hour between */
    put("a", hour + 7300, 5, 0, LEVEL_LOW);
    put("a", hour + 3 * 3600 + 10, 1, 0, LEVEL_LOW);
    int64_t turn = 0;
    ck_assert(store_history_thin(&sql, 1, &turn, hour + 3 * 3600 + 1800, 0));
    ck_assert_int_eq(ask("SELECT count(*) FROM history"), 4);
    ck_assert_int_eq(ask("SELECT count(*) FROM history WHERE span_s = 3600"), 3);
    struct chart *chart = draw("a", hour - 3600, hour + 4 * 3600, 3600);
    ck_assert_uint_eq(chart->count, 5);
    expect_step(chart, 0, hour - 3600, 50, 3, LEVEL_MEDIUM);
    expect_step(chart, 1, hour, 50, 4, LEVEL_MEDIUM); /* it began with 50 */
    expect_step(chart, 2, hour + 3600, 20, 0, LEVEL_LOW);
    expect_step(chart, 3, hour + 7200, 70, 2, LEVEL_HIGH);
    expect_step(chart, 4, hour + 10800, 5, 0, LEVEL_LOW);
    /* In finer steps an hour's peak is everywhere in it, and nowhere else. */
    chart = draw("a", hour + 7200, hour + 4 * 3600, 600);
    ck_assert_uint_eq(chart->count, 12);
    for (size_t i = 0; i < 6; i++)
        expect_step(chart, i, hour + 7200 + 600 * i, 70, 2, LEVEL_HIGH);
    expect_step(chart, 6, hour + 10800, 5, 0, LEVEL_LOW);
    expect_step(chart, 7, hour + 11400, 1, 0, LEVEL_LOW);
    /* Again changes nothing. */
    ck_assert(store_history_thin(&sql, 5, &turn, hour + 3 * 3600 + 1800, 0));
    ck_assert(store_history_thin(&sql, 5, &turn, hour + 3 * 3600 + 1800, 0));
    ck_assert_int_eq(ask("SELECT count(*) FROM history"), 4);
    /* And in the end it is gone, with its name. */
    ck_assert(store_history_thin(&sql, 5, &turn, hour, hour + 86400));
    ck_assert_int_eq(ask("SELECT count(*) FROM history"), 0);
    ck_assert_int_eq(ask("SELECT count(*) FROM tracks"), 0);
}
END_TEST

/* However it came about, thinned at whatever times: each hour's peak stays what it was. */
START_TEST(thinning_keeps_every_peak) {
    static double peaks[200];
    random_start();
    double score = 0;
    uint64_t hour = 3600 * 500000, now_s = hour;
    int64_t turn = 0;
    for (unsigned i = 0; i < 4000; i++) {
        now_s += 1 + random_below(300);
        size_t at = (now_s - hour) / 3600;
        if (at >= 190)
            break;
        double next = random_below(100);
        for (size_t h = (size_t)(now_s - hour) / 3600; h > 0 && peaks[h] <= 0 && i; h--)
            peaks[h] = score; /* carried over */
        peaks[at] = fmax(peaks[at], next);
        score = next;
        put("a", now_s, score, 0, LEVEL_LOW);
        if (random_below(20) == 0)
            ck_assert(
                store_history_thin(&sql, 1, &turn, now_s - random_below(9000), 0));
    }
    ck_assert(store_history_thin(&sql, 2, &turn, now_s, 0));
    ck_assert(store_history_thin(&sql, 2, &turn, now_s, 0));
    struct chart *chart = draw("a", hour, now_s / 3600 * 3600, 3600);
    ck_assert_uint_gt(chart->count, 100);
    for (size_t i = 1; i < chart->count; i++)
        ck_assert_double_ge(chart->steps[i].score,
                            peaks[(chart->steps[i].time_s - hour) / 3600]);
    ck_assert_int_gt(ask("SELECT count(*) FROM history WHERE span_s = 3600"), 100);
    ck_assert_int_le(ask("SELECT count(*) FROM history"), (int64_t)chart->count + 80);
}
END_TEST

/* --- limits --- */

static void put_finding(uint64_t id, uint64_t time_s, const char *device,
                        const char *kind, enum risk_level level) {
    struct finding finding = {.id = id,
                              .time_ns = time_s * UINT64_C(1000000000),
                              .kind = kind,
                              .level = level};
    snprintf(finding.device, sizeof finding.device, "%s", device);
    ck_assert_msg(store_findings_put(&sql, &finding), "%s", sql.reason);
}

START_TEST(what_is_old_goes) {
    struct store_limits limits = store_limits_default;
    struct store_tending tending = {.done_s = 0};
    limits.findings_s = 1000;
    for (uint64_t i = 1; i <= 20; i++)
        put_finding(i, 100000 + 100 * i, "a", "scan", LEVEL_HIGH);
    ck_assert(store_tend(&tending, &sql, &limits, 102000));
    ck_assert_int_eq(ask("SELECT min(id) FROM findings"), 10);
    ck_assert(store_tend(&tending, &sql, &limits, 102010)); /* not within a minute */
    ck_assert_int_eq(ask("SELECT min(id) FROM findings"), 10);
    ck_assert(store_tend(&tending, &sql, &limits, 102100));
    ck_assert_int_eq(ask("SELECT min(id) FROM findings"), 11);
    /* Time that stepped back takes nothing. */
    ck_assert(store_tend(&tending, &sql, &limits, 50));
    ck_assert_int_eq(ask("SELECT count(*) FROM findings"), 10);
}
END_TEST

static void put_tenancy(uint64_t number, uint64_t from_s, uint64_t to_s) {
    struct tenancy tenancy = {.from_ns = from_s * UINT64_C(1000000000),
                              .to_ns = to_s * UINT64_C(1000000000),
                              .device = "a"};
    ck_assert(address_parse("192.0.2.7", &tenancy.ip));
    ck_assert(store_tenancy_put(&sql, number, &tenancy));
}

/* Whoever has it still is known however long he has had it; not beyond the last ones. */
START_TEST(addresses_are_forgotten) {
    struct store_limits limits = store_limits_default;
    struct store_tending tending = {.done_s = 0};
    limits.history_s = 1000;
    put_tenancy(1, 100000, 0);
    put_tenancy(2, 100000, 100900);
    put_tenancy(3, 100000, 101100);
    ck_assert(store_tend(&tending, &sql, &limits, 102000));
    ck_assert_int_eq(ask("SELECT count(*) FROM tenancies"), 2);
    ck_assert_int_eq(ask("SELECT min(number) FROM tenancies"), 1);
    put_tenancy(STORE_TENANCIES + 1, 102000, 0);
    ck_assert(store_tend(&tending, &sql, &limits, 102060));
    ck_assert_int_eq(ask("SELECT count(*) FROM tenancies"), 2);
    ck_assert_int_eq(ask("SELECT min(number) FROM tenancies"), 3);
}
END_TEST

START_TEST(what_is_too_much_goes_by_age) {
    struct store_limits limits = store_limits_default;
    struct store_tending tending = {.done_s = 0};
    uint64_t used, unused, id = 0, now_s = 1000000;
    limits.size_bytes = 600000;
    limits.findings_s = limits.history_s = 40000;
    for (unsigned minute = 0; minute < 1000; minute++, now_s += 60) {
        ck_assert(store_sql_script(&sql, "BEGIN"));
        for (unsigned i = 0; i < 20; i++) {
            char device[8];
            snprintf(device, sizeof device, "%u", i);
            put_finding(++id, now_s, device, "scan", LEVEL_LOW);
            put(device, now_s + i, minute * 2 % 99, 0, LEVEL_LOW);
        }
        ck_assert_msg(store_tend(&tending, &sql, &limits, now_s), "%s", sql.reason);
        ck_assert(store_sql_script(&sql, "COMMIT"));
    }
    store_tend_measure(&sql, &used, &unused);
    ck_assert_uint_lt(used, 800000);
    ck_assert_int_gt(ask("SELECT count(*) FROM findings"), 1000); /* and no more */
    ck_assert_int_eq(ask("SELECT max(id) FROM findings"), (int64_t)id);
    ck_assert_int_gt(ask("SELECT count(*) FROM history"), 100);
    ck_assert_double_gt(tending.shrunk, 0.1);
    /* There is room again: the ages grow back. */
    limits.size_bytes = UINT32_MAX;
    for (unsigned minute = 0; minute < 200; minute++, now_s += 60)
        ck_assert(store_tend(&tending, &sql, &limits, now_s));
    ck_assert_double_eq(tending.shrunk, 0);
}
END_TEST

/* --- findings by filters --- */

struct found {
    uint64_t ids[2000];
    size_t count;
};

static void add_found(void *context, const struct finding *finding) {
    struct found *found = context;
    ck_assert_uint_lt(found->count, 2000);
    found->ids[found->count++] = finding->id;
}

/* Whatever is asked for: what a walk over all of them finds. */
START_TEST(filters_find_what_a_walk_finds) {
    static const char *const kinds[] = {"scan", "volume", "flood"};
    static const char *const devices[] = {"a", "b", "c", "d"};
    enum { COUNT = 600 };
    struct {
        uint64_t time_s;
        unsigned device, kind, level;
    } all[COUNT + 1];
    random_start();
    for (uint64_t i = 1; i <= COUNT; i++) {
        all[i].time_s = 1000 + i + (i > 400 ? 0 : 300); /* time stepped back once */
        all[i].device = (unsigned)random_below(4);
        all[i].kind = (unsigned)random_below(3);
        all[i].level = (unsigned)random_below(5);
        put_finding(i, all[i].time_s, devices[all[i].device], kinds[all[i].kind],
                    (enum risk_level)all[i].level);
    }
    for (unsigned trial = 0; trial < 300; trial++) {
        unsigned device = (unsigned)random_below(5), kind = (unsigned)random_below(4);
        struct store_findings_filter filter = {
            .device = device < 4  ? devices[device]
                      : trial % 2 ? ""
                                  : NULL,
            .kind = kind < 3 ? kinds[kind] : NULL,
            .levels = random_below(2) ? (unsigned)random_below(32) : 0,
            .since_ns = random_below(2) ? (900 + random_below(900)) * 1000000000 : 0,
            .before = random_below(2) ? random_below(COUNT + 2) : 0,
        };
        unsigned limit = 1 + (unsigned)random_below(100);
        struct found found = {.count = 0};
        ck_assert_msg(store_findings_list(&sql, &filter, limit, add_found, &found),
                      "%s", sql.reason);
        size_t expected = 0;
        for (uint64_t i = COUNT; i > 0 && expected < limit; i--) {
            if ((filter.before && i >= filter.before) ||
                (device < 4 && all[i].device != device) ||
                (kind < 3 && all[i].kind != kind) ||
                (filter.levels && !(filter.levels >> all[i].level & 1)) ||
                all[i].time_s * 1000000000 < filter.since_ns)
                continue;
            ck_assert_uint_lt(expected, found.count);
            ck_assert_uint_eq(found.ids[expected++], i);
        }
        ck_assert_uint_eq(found.count, expected);
    }
}
END_TEST

/* --- beside the one that writes --- */

static void count_step(void *context, const struct store_step *step) {
    (void)step;
    ++*(unsigned *)context;
}

static void count_finding(void *context, const struct finding *finding) {
    (void)finding;
    ++*(unsigned *)context;
}

START_TEST(a_reader_sees_what_is_written) {
    struct site site = {.records = NULL};
    struct transcript said = {0};
    site_make(&site, 11);
    struct store *store = state_open(directory);
    struct store_reader *reader = store_reader_create(store);
    struct engine *engine = site_engine(64, NULL, &said, store);
    store_restore(store, engine);
    site_run(engine, &site, 0, site.count);
    ck_assert(store_save(store, engine)); /* all is behind us then */
    unsigned steps = 0, findings = 0;
    ck_assert(store_reader_history(reader, "00:1b:00:00:00:05", make_epoch_s,
                                   make_epoch_s + SITE_S, 60, count_step, &steps));
    ck_assert_uint_gt(steps, 100);
    ck_assert(store_reader_findings(reader,
                                    &(struct store_findings_filter){.before = 0}, 100,
                                    count_finding, &findings));
    ck_assert_uint_eq(findings, engine_status(engine)->findings_total);
    ck_assert_uint_gt(store_status(store).points_written, 20);
    engine_destroy(engine);
    store_reader_destroy(reader);
    store_close(store);
    transcript_free(&said);
    free(site.records);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("history");
    TCase *tcase = tcase_create("history");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, a_point_is_a_change);
    tcase_add_test(tcase, a_step_shows_its_worst);
    tcase_add_test(tcase, hours_become_rows);
    tcase_add_test(tcase, thinning_keeps_every_peak);
    tcase_add_test(tcase, what_is_old_goes);
    tcase_add_test(tcase, addresses_are_forgotten);
    tcase_add_test(tcase, what_is_too_much_goes_by_age);
    tcase_add_test(tcase, filters_find_what_a_walk_finds);
    tcase_add_test(tcase, a_reader_sees_what_is_written);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
