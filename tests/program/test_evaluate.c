#include "engine/program/jury.h"
#include "engine/program/labels.h"
#include "engine/program/report.h"
#include "engine/program/tally.h"
#include "engine/program/timeline.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <cjson/cJSON.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A capture by hand: what is known of it, then its windows, then the jury. */
struct hearing {
    struct labels *labels;
    struct tally *tally;
    struct jury *jury;
};

static struct hearing begin(const char *events) {
    char error[256];
    struct hearing hearing = {
        .labels = labels_parse("events", events, strlen(events), error, sizeof error)};
    ck_assert_msg(hearing.labels, "%s", error);
    hearing.tally = tally_create(hearing.labels);
    return hearing;
}

static void add(struct hearing *hearing, unsigned end_s, const char *device,
                double anomaly, double risk) {
    struct engine_sink sink = tally_sink(hearing->tally);
    sink.window(sink.context, &(struct window_row){.end_s = end_s,
                                                   .device = device,
                                                   .packets = 1,
                                                   .anomaly = anomaly,
                                                   .risk = risk,
                                                   .top_factor = ""});
}

static void close_rows(struct hearing *hearing) {
    ck_assert(tally_close(hearing->tally));
    const struct tally *tally = hearing->tally;
    hearing->jury = jury_create(&tally, 1);
    ck_assert_ptr_nonnull(hearing->jury);
}

static void end(struct hearing *hearing) {
    jury_destroy(hearing->jury);
    tally_destroy(hearing->tally);
    labels_destroy(hearing->labels);
}

static struct jury_verdict judge(struct hearing *hearing) {
    close_rows(hearing);
    return jury_judge(hearing->jury, TALLY_RISK, 30);
}

#define NOTHING "{\"events\":[]}"
#define ONE(more)                                                                      \
    "{\"events\":[{\"start\":10000,\"end\":10100,\"what\":\"scan\"" more "}]}"

START_TEST(an_alarm_holds_for_15_minutes) {
    struct hearing h = begin(NOTHING);
    add(&h, 1000, "a", 0, 30); /* reaching is enough */
    add(&h, 1010, "a", 0, 5);
    add(&h, 1900, "a", 0, 31); /* 900 s later: the same alarm */
    add(&h, 2801, "a", 0, 31); /* 901 s: another */
    add(&h, 2801, "b", 0, 31); /* another device: another */
    ck_assert_double_eq(judge(&h).false_alarms, 3);
    end(&h);
}
END_TEST

START_TEST(a_lasting_alarm_counts_every_day) {
    struct hearing h = begin(NOTHING);
    for (unsigned t = 0; t <= 2 * 86400; t += 10)
        add(&h, 1000 + t, "a", 0, 50);
    struct jury_verdict verdict = judge(&h);
    ck_assert_double_eq(verdict.false_alarms, 3);
    ck_assert_double_eq(verdict.false_alarms_day, 1.5);
    end(&h);
}
END_TEST

/* A lone alarm, how long before or after the event. */
static double false_alarm_at(const char *events, unsigned time_s) {
    struct hearing h = begin(events);
    add(&h, time_s, "a", 0, 50);
    add(&h, 20000, "b", 0, 0);
    double false_alarms = judge(&h).false_alarms;
    end(&h);
    return false_alarms;
}

START_TEST(alarms_around_an_event_are_not_false) {
    ck_assert_double_eq(false_alarm_at(ONE(""), 9989), 1);
    ck_assert_double_eq(false_alarm_at(ONE(""), 9990), 0);
    ck_assert_double_eq(false_alarm_at(ONE(""), 10050), 0);
    ck_assert_double_eq(false_alarm_at(ONE(""), 11000), 0);
    ck_assert_double_eq(false_alarm_at(ONE(""), 11001), 1);
}
END_TEST

START_TEST(alarms_in_traps_are_false_and_told_apart) {
    struct hearing h = begin(ONE(",\"benign\":true"));
    add(&h, 9999, "a", 0, 50);
    add(&h, 10000, "b", 0, 50);
    add(&h, 10110, "c", 0, 50);
    add(&h, 10111, "d", 0, 50);
    struct jury_verdict verdict = judge(&h);
    ck_assert_double_eq(verdict.false_alarms, 4);
    ck_assert_double_eq(verdict.trapped, 2);
    ck_assert(isnan(verdict.recall) && isnan(verdict.ttd_s)); /* nothing to detect */
    ck_assert_uint_eq(jury_overview(h.jury).traps, 1);
    end(&h);

    /* In a trap, but within an event's cover as well: not false. */
    h = begin("{\"events\":[{\"start\":10000,\"end\":10100,\"what\":\"a\"},"
              "{\"start\":10500,\"end\":10600,\"what\":\"b\",\"benign\":true}]}");
    add(&h, 10550, "a", 0, 50);
    verdict = judge(&h);
    ck_assert_double_eq(verdict.false_alarms, 0);
    ck_assert_double_eq(verdict.trapped, 0);
    end(&h);
}
END_TEST

/* Time to detect of a lone rise at `time_s`; NAN if it counts as missed. */
static double ttd_of(const char *events, unsigned time_s, const char *device) {
    struct hearing h = begin(events);
    add(&h, time_s, device, 0, 50);
    struct jury_verdict verdict = judge(&h);
    ck_assert_double_eq(verdict.recall, isnan(verdict.ttd_s) ? 0 : 1);
    end(&h);
    return verdict.ttd_s;
}

START_TEST(an_event_is_detected_from_start_to_a_minute_after) {
    ck_assert(isnan(ttd_of(ONE(""), 9989, "a")));
    ck_assert_double_eq(ttd_of(ONE(""), 9990, "a"), 0); /* up already */
    ck_assert_double_eq(ttd_of(ONE(""), 10000, "a"), 0);
    ck_assert_double_eq(ttd_of(ONE(""), 10030, "a"), 30);
    ck_assert_double_eq(ttd_of(ONE(""), 10160, "a"), 160);
    ck_assert(isnan(ttd_of(ONE(""), 10161, "a")));
}
END_TEST

START_TEST(only_a_named_device_detects) {
    const char *named = ONE(",\"devices\":[\"02:AA\",\"02:BB\"]");
    ck_assert_double_eq(ttd_of(named, 10020, "02:bb"), 20);
    ck_assert_double_eq(ttd_of(named, 10020, "02:AA"), 20);
    ck_assert(isnan(ttd_of(named, 10020, "02:cc")));
    ck_assert_double_eq(ttd_of(ONE(",\"devices\":[]"), 10020, "02:cc"), 20);
}
END_TEST

START_TEST(the_first_device_and_the_median_event_count) {
    struct hearing h =
        begin("{\"events\":[{\"start\":1000,\"end\":1100,\"what\":\"a\"},"
              "{\"start\":5000,\"end\":5100,\"what\":\"b\"},"
              "{\"start\":9000,\"end\":9100,\"what\":\"a\"}]}");
    add(&h, 1040, "x", 0, 50);
    add(&h, 1020, "y", 0, 50);
    add(&h, 5050, "x", 0, 50);
    struct jury_verdict verdict = judge(&h);
    ck_assert_double_eq(verdict.detected, 2);
    ck_assert_double_eq(verdict.recall, 0.6667);
    ck_assert_double_eq(verdict.ttd_s, 35);

    struct jury_kind kinds[4];
    ck_assert_uint_eq(jury_kinds(h.jury, TALLY_RISK, 30, kinds, 4), 2);
    ck_assert_str_eq(kinds[0].what, "a");
    ck_assert_uint_eq(kinds[0].events, 2);
    ck_assert_uint_eq(kinds[0].detected, 1);
    ck_assert_double_eq(kinds[0].ttd_s, 20);
    ck_assert_str_eq(kinds[1].what, "b");
    ck_assert_double_eq(kinds[1].ttd_s, 50);
    ck_assert_uint_eq(jury_kinds(h.jury, TALLY_ANOMALY, 1, kinds, 1), 2);
    ck_assert_uint_eq(kinds[0].detected, 0);
    ck_assert(isnan(kinds[0].ttd_s));
    end(&h);
}
END_TEST

START_TEST(the_printed_number_counts) {
    struct hearing h = begin(NOTHING);
    add(&h, 1000, "a", 0, 29.9996); /* prints as 30.000 */
    add(&h, 1000, "b", 0, 29.9994);
    ck_assert_double_eq(judge(&h).false_alarms, 1);
    ck_assert_double_eq(jury_overview(h.jury).worst_quiet, 30);
    end(&h);
}
END_TEST

START_TEST(earlier_windows_are_not_judged) {
    struct hearing h = begin("{\"evaluate_from\":1000.5,\"events\":[]}");
    add(&h, 1000, "a", 9, 99);
    add(&h, 1010, "a", 2, 10);
    add(&h, 1000 + 86410, "a", 1, 10);
    ck_assert_double_eq(judge(&h).false_alarms, 0);
    struct jury_overview overview = jury_overview(h.jury);
    ck_assert_uint_eq(overview.windows, 2);
    ck_assert_double_eq(overview.quiet_days, 1);
    ck_assert_double_eq(overview.worst_quiet, 10);
    end(&h);
}
END_TEST

START_TEST(quiet_days_are_from_first_row_to_the_last_of_all) {
    struct hearing h = begin(ONE("")); /* cover: 9990 to 11000 */
    add(&h, 0, "a", 0, 0);
    add(&h, 10500, "b", 0, 0); /* of whom 500 s are covered */
    add(&h, 86400, "c", 0, 0);
    close_rows(&h);
    double seconds = (86400 - 1010) + (86400 - 10500 - 500);
    ck_assert_double_eq(jury_overview(h.jury).quiet_days,
                        jury_round(seconds / 86400, 3));
    end(&h);
}
END_TEST

/* Hot: 10000 … 10110; what fades until 10160 is neither hot nor quiet. */
static double auc_of(const char *events) {
    struct hearing h = begin(events);
    add(&h, 9000, "a", 1, 0);
    add(&h, 9010, "a", 2, 0);
    add(&h, 9010, "b", 3, 0);
    add(&h, 9991, "a", 9, 0); /* within 10 s before */
    add(&h, 10010, "a", 2, 0);
    add(&h, 10110, "b", 4, 0);
    add(&h, 10111, "a", 8, 0); /* fading */
    add(&h, 10161, "b", 3.5, 0);
    struct engine_sink sink = tally_sink(h.tally); /* a silent window does not count */
    sink.window(sink.context,
                &(struct window_row){
                    .end_s = 10050, .device = "a", .risk = 50, .top_factor = ""});
    close_rows(&h);
    double auc = jury_overview(h.jury).auc;
    end(&h);
    return auc;
}

START_TEST(auc_ranks_the_worst_device_of_each_window) {
    /* Hot 2 4; quiet 1 3 3.5: wins 1 + 3 of 6. */
    ck_assert_double_eq(auc_of(ONE("")), jury_round(4.0 / 6, 4));
    /* Of "a" alone, hot 2; quiet 1 2: a win and a tie. */
    ck_assert_double_eq(auc_of(ONE(",\"devices\":[\"a\"]")), 0.75);
    /* The network's level: what fades is quiet, too: 1 3 9 8 3.5. */
    ck_assert_double_eq(auc_of("{\"level\":\"network\",\"events\":[{\"start\":10000,"
                               "\"end\":10100,\"what\":\"x\",\"devices\":[\"a\"]}]}"),
                        0.4);
    ck_assert(isnan(auc_of(NOTHING)));
}
END_TEST

START_TEST(a_budget_buys_the_lowest_threshold) {
    struct hearing h = begin(ONE(""));
    for (unsigned i = 0; i < 10; i++) /* one false alarm at each of 1, 2, … 10 */
        add(&h, 20000 + i * 1000, "a", i + 1, (i + 1) * 10);
    add(&h, 10050, "b", 4.5, 75);
    add(&h, 10000 + 86400, "b", 0, 0);
    close_rows(&h);
    double days = jury_overview(h.jury).quiet_days;
    struct jury_verdict verdict =
        jury_judge_budget(h.jury, TALLY_RISK, 3 / days + 0.01);
    ck_assert_double_eq(verdict.threshold, 75); /* 80, 90 and 100 alarm falsely */
    ck_assert_double_eq(verdict.false_alarms, 3);
    ck_assert_double_eq(verdict.recall, 1);
    verdict = jury_judge_budget(h.jury, TALLY_ANOMALY, 3 / days + 0.01);
    ck_assert_double_eq(verdict.threshold, 8);
    ck_assert_double_eq(verdict.recall, 0);
    verdict = jury_judge_budget(h.jury, TALLY_RISK, 0);
    ck_assert(isnan(verdict.threshold)); /* only silence is so cheap */
    ck_assert_double_eq(verdict.recall, 0);
    ck_assert_double_eq(verdict.false_alarms, 0);
    end(&h);
}
END_TEST

START_TEST(a_budget_needs_quiet_time) {
    struct hearing h = begin(ONE(""));
    add(&h, 10050, "a", 9, 99);
    add(&h, 11000 + 1727, "a", 0, 0); /* just under 0.02 days after the cover */
    ck_assert_double_eq(judge(&h).recall, 1);
    struct jury_verdict verdict = jury_judge_budget(h.jury, TALLY_RISK, 1);
    ck_assert(isnan(verdict.threshold) && isnan(verdict.recall) &&
              isnan(verdict.false_alarms) && isnan(verdict.ttd_s));
    end(&h);
}
END_TEST

START_TEST(several_captures_share_one_threshold) {
    struct hearing a = begin(ONE("")), b = begin(NOTHING);
    add(&a, 10050, "x", 5, 40);
    add(&a, 10000 + 86400, "x", 1, 0);
    add(&b, 0, "x", 2, 0);
    add(&b, 50000, "x", 6, 60);
    add(&b, 86400, "x", 1, 0);
    close_rows(&a);
    close_rows(&b);
    const struct tally *tallies[] = {a.tally, b.tally};
    struct jury *pooled = jury_create(tallies, 2);
    struct jury_overview overview = jury_overview(pooled);
    ck_assert_uint_eq(overview.devices, 2);
    ck_assert_uint_eq(overview.windows, 5);
    ck_assert_double_eq(overview.worst_quiet, 60);
    ck_assert_double_eq(overview.auc, 0.75); /* 5 against 1 2 6 1 */
    ck_assert_double_eq_tol(
        overview.quiet_days,
        jury_overview(a.jury).quiet_days + jury_overview(b.jury).quiet_days, 0.0011);
    struct jury_verdict verdict = jury_judge(pooled, TALLY_RISK, 30);
    ck_assert_double_eq(verdict.recall, 1);
    ck_assert_double_eq(verdict.false_alarms, 1);
    /* Alone, the first capture needs no threshold above 40; together they do. */
    ck_assert_double_eq(jury_judge_budget(a.jury, TALLY_RISK, 0).threshold, 40);
    ck_assert(isnan(jury_judge_budget(pooled, TALLY_RISK, 0).threshold));
    jury_destroy(pooled);
    end(&a);
    end(&b);
}
END_TEST

START_TEST(nothing_at_all_is_no_danger) {
    struct hearing h = begin(ONE(""));
    struct jury_verdict verdict = judge(&h);
    ck_assert_double_eq(verdict.recall, 0);
    ck_assert(isnan(verdict.false_alarms_day));
    ck_assert(isnan(jury_overview(h.jury).auc));
    end(&h);
}
END_TEST

/* --- against the reference in Python --- */

static const char *shared_path(const char *name) {
    static char path[4096];
    const char *shared = getenv("WARY_SHARED");
    snprintf(path, sizeof path, "%s/%s", shared ? shared : SOURCE_DIR "/../shared",
             name);
    return path;
}

static unsigned random_time(unsigned span_s) {
    return 1000000 + random_below(span_s);
}

static void write_random_events(const char *path, unsigned span_s) {
    static const char *const names[] = {"02:00:00:00:00:0A", "02:00:00:00:00:0b",
                                        "10.0.0.7", "nobody"};
    FILE *file = fopen(path, "w");
    fprintf(file, "{\"name\":\"random\",\"evaluate_from\":%.3f,%s\"events\":[",
            1000000 + random_between(-100, span_s / 4.0),
            random_below(4) ? "" : "\"level\":\"network\",");
    for (unsigned i = 0, n = random_below(12); i < n; i++) {
        double start = random_time(span_s) + (random_below(2) ? random_unit() : 0);
        fprintf(file, "%s{\"start\":%.6f,\"end\":%.6f,\"what\":\"k%u\"", i ? "," : "",
                start, start + pow(10, random_between(0, 3.3)), random_below(3));
        if (random_below(4) == 0)
            fputs(",\"benign\":true", file);
        unsigned devices = random_below(6) ? 1 + random_below(3) : 0;
        fputs(devices ? ",\"devices\":[" : ",\"devices\":null", file);
        for (unsigned d = 0; d < devices; d++)
            fprintf(file, "%s\"%s\"", d ? "," : "", names[random_below(4)]);
        fputs(devices ? "]}" : "}", file);
    }
    fputs("]}", file);
    fclose(file);
}

static double random_score(double largest) {
    double score = random_below(2) ? 0 : random_exponential() * largest / 5;
    return fmin(random_below(2) ? floor(score) : score, largest);
}

/* The same rows for both; steps back, doubles and silent windows among them. */
static void add_random_rows(const struct engine_sink *sinks, unsigned span_s) {
    static const char *const devices[] = {"02:00:00:00:00:0a", "02:00:00:00:00:0b",
                                          "10.0.0.7", "02:00:00:00:00:0c@a, \"b\"",
                                          "fe80::1"};
    for (unsigned i = 0, n = random_below(3000); i < n; i++) {
        unsigned end_s = random_below(20) ? 1000000 + i * (span_s / n) / 10 * 10
                                          : random_time(span_s);
        struct window_row row = {.end_s = end_s,
                                 .device = devices[random_below(5)],
                                 .packets = random_below(3),
                                 .anomaly = random_score(20),
                                 .risk = random_score(100),
                                 .top_factor = ""};
        for (int s = 0; s < 2; s++)
            sinks[s].window(sinks[s].context, &row);
    }
}

static cJSON *ask_reference(const char *timeline, const char *events, const char *how) {
    char command[9000], line[4096] = "";
    snprintf(command, sizeof command, "python3 '%s' %s %s %s",
             shared_path("tools/score.py"), timeline, events, how);
    FILE *pipe = popen(command, "r");
    ck_assert(fgets(line, sizeof line, pipe));
    ck_assert_int_eq(pclose(pipe), 0);
    cJSON *answer = cJSON_Parse(line);
    ck_assert_msg(answer, "%s", line);
    return answer;
}

static void agree(const cJSON *reference, const char *name, double number) {
    const cJSON *item = cJSON_GetObjectItem(reference, name);
    ck_assert_msg(item, "%s is missing", name);
    double expected = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    ck_assert_msg((isnan(expected) && isnan(number)) || expected == number,
                  "%s: %.17g, but the reference has %.17g", name, number, expected);
}

static void agree_on_verdict(const cJSON *reference,
                             const struct jury_verdict *verdict) {
    agree(reference, "threshold", verdict->threshold);
    agree(reference, "recall", verdict->recall);
    agree(reference, "ttd", verdict->ttd_s);
    agree(reference, "fa", verdict->false_alarms);
    agree(reference, "trap", verdict->trapped);
    agree(reference, "fa_day", verdict->false_alarms_day);
}

static void agree_on_random_capture(const char *folder) {
    char timeline_path[256], events_path[256], error[256], how[64];
    snprintf(timeline_path, sizeof timeline_path, "%s/timeline.csv", folder);
    snprintf(events_path, sizeof events_path, "%s/events.json", folder);
    unsigned span_s = (unsigned)pow(10, random_between(2.5, 5.5));
    write_random_events(events_path, span_s);

    struct hearing h = {.labels = labels_read(events_path, error, sizeof error)};
    ck_assert_msg(h.labels, "%s", error);
    h.tally = tally_create(h.labels);
    struct timeline *timeline =
        timeline_open(timeline_path, TIMELINE_WINDOWS, error, sizeof error);
    ck_assert_msg(timeline, "%s", error);
    struct engine_sink sinks[] = {tally_sink(h.tally), timeline_sink(timeline)};
    add_random_rows(sinks, span_s);
    ck_assert(timeline_close(timeline, error, sizeof error));
    close_rows(&h);

    double threshold = floor(random_between(0, 60)), budget = random_between(0, 20);
    snprintf(how, sizeof how, "--threshold %.1f", threshold);
    cJSON *reference = ask_reference(timeline_path, events_path, how);
    struct jury_overview overview = jury_overview(h.jury);
    agree(reference, "devices", (double)overview.devices);
    agree(reference, "quiet_device_days", overview.quiet_days);
    agree(reference, "windows", (double)overview.windows);
    agree(reference, "auc", overview.auc);
    agree(reference, "worst_quiet", overview.worst_quiet);
    struct jury_verdict verdict = jury_judge(h.jury, TALLY_RISK, threshold);
    agree_on_verdict(reference, &verdict);
    cJSON_Delete(reference);

    snprintf(how, sizeof how, "--budget %.17g", budget);
    reference = ask_reference(timeline_path, events_path, how);
    verdict = jury_judge_budget(h.jury, TALLY_RISK, budget);
    agree_on_verdict(reference, &verdict);
    verdict = jury_judge_budget(h.jury, TALLY_ANOMALY, budget);
    agree(reference, "fresh", verdict.recall);
    agree(reference, "fresh_ttd", verdict.ttd_s);
    cJSON_Delete(reference);
    end(&h);
    unlink(timeline_path);
    unlink(events_path);
}

START_TEST(agrees_with_the_reference) {
    if (access(shared_path("tools/score.py"), R_OK) != 0 ||
        system("python3 -c 'import statistics' 2>/dev/null") != 0) {
        printf("skipped: %s or python3 is absent\n", shared_path("tools/score.py"));
        return;
    }
    char folder[] = "/tmp/evaluate.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int round = 0; round < 12; round++)
        agree_on_random_capture(folder);
    rmdir(folder);
}
END_TEST

/* --- the report --- */

START_TEST(the_report_says_it_all) {
    struct hearing h = begin(ONE(",\"devices\":[\"a\"]"));
    add(&h, 0, "a", 1, 0);
    add(&h, 10020, "a", 5, 40);
    add(&h, 50000, "a", 2, 33);
    add(&h, 86400, "a", 1, 0);
    close_rows(&h);
    struct report_entry entry = {"site\x1b[31m", h.jury};
    struct report report = {.medium = 30,
                            .budget_per_week = 7,
                            .captures = &entry,
                            .capture_count = 1,
                            .pooled = {"all together", h.jury}};
    char text[8192] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    ck_assert(report_print_json(&report, out));
    fclose(out);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    cJSON *line = cJSON_Parse(text);
    const cJSON *capture = cJSON_GetArrayItem(cJSON_GetObjectItem(line, "captures"), 0);
    agree(capture, "auc", 1);
    agree(capture, "recall", 1);
    agree(capture, "ttd", 20);
    agree(capture, "fa", 1);
    agree(capture, "trap", 0);
    agree(capture, "worst_quiet", 33);
    agree(cJSON_GetObjectItem(capture, "budget"), "threshold", 40);
    agree(cJSON_GetObjectItem(capture, "fresh"), "threshold", 5);
    const cJSON *kind = cJSON_GetArrayItem(cJSON_GetObjectItem(capture, "kinds"), 0);
    agree(kind, "events", 1);
    agree(kind, "fresh", 1);
    agree(cJSON_GetObjectItem(line, "pooled"), "recall", 1);
    cJSON_Delete(line);

    memset(text, 0, sizeof text);
    out = fmemopen(text, sizeof text, "w");
    ck_assert(report_print_tables(&report, out));
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "capture"));
    ck_assert_ptr_nonnull(strstr(text, "\nsite?[31m"));
    ck_assert_ptr_null(strchr(text, '\x1b'));
    ck_assert_ptr_nonnull(strstr(text, "1.0000 | 1.0000   20.0     1"));
    ck_assert_ptr_nonnull(strstr(text, "\nscan "));

    out = fopen("/dev/full", "w");
    ck_assert(!report_print_tables(&report, out));
    fclose(out);
    out = fopen("/dev/full", "w");
    ck_assert(!report_print_json(&report, out));
    fclose(out);
    end(&h);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("evaluate");
    tcase_add_test(all, an_alarm_holds_for_15_minutes);
    tcase_add_test(all, a_lasting_alarm_counts_every_day);
    tcase_add_test(all, alarms_around_an_event_are_not_false);
    tcase_add_test(all, alarms_in_traps_are_false_and_told_apart);
    tcase_add_test(all, an_event_is_detected_from_start_to_a_minute_after);
    tcase_add_test(all, only_a_named_device_detects);
    tcase_add_test(all, the_first_device_and_the_median_event_count);
    tcase_add_test(all, the_printed_number_counts);
    tcase_add_test(all, earlier_windows_are_not_judged);
    tcase_add_test(all, quiet_days_are_from_first_row_to_the_last_of_all);
    tcase_add_test(all, auc_ranks_the_worst_device_of_each_window);
    tcase_add_test(all, a_budget_buys_the_lowest_threshold);
    tcase_add_test(all, a_budget_needs_quiet_time);
    tcase_add_test(all, several_captures_share_one_threshold);
    tcase_add_test(all, nothing_at_all_is_no_danger);
    tcase_add_test(all, agrees_with_the_reference);
    tcase_add_test(all, the_report_says_it_all);
    tcase_set_timeout(all, 120);
    Suite *suite = suite_create("evaluate");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
