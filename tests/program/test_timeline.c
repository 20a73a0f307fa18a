#include "engine/program/timeline.h"
#include "tests/suite.h"

#include <cjson/cJSON.h>

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64], error[256], written[1 << 16];

static struct timeline *open_new(enum timeline_kind kind) {
    strcpy(path, "/tmp/timeline.XXXXXX");
    close(mkstemp(path));
    struct timeline *timeline = timeline_open(path, kind, error, sizeof error);
    ck_assert_msg(timeline, "%s", error);
    return timeline;
}

static const char *close_and_read(struct timeline *timeline) {
    ck_assert_msg(timeline_close(timeline, error, sizeof error), "%s", error);
    FILE *file = fopen(path, "r");
    size_t length = fread(written, 1, sizeof written - 1, file);
    written[length] = '\0';
    fclose(file);
    unlink(path);
    return written;
}

static const struct window_row row = {
    .end_s = 1770113730,
    .device = "02:00:00:aa:bb:cc",
    .state = STATE_ACTIVE,
    .packets = 412,
    .anomaly = 6.12345,
    .risk = 62.4567,
    .confidence = 0.934,
    .level = LEVEL_HIGH,
    .top_factor = "scan",
};

START_TEST(windows_are_rows_of_csv) {
    struct timeline *timeline = open_new(TIMELINE_WINDOWS);
    struct engine_sink sink = timeline_sink(timeline);
    ck_assert_ptr_null(sink.finding);
    sink.window(sink.context, &row);
    struct window_row quiet = row;
    quiet.device = "10.0.0.7";
    quiet.state = STATE_LEARNING;
    quiet.level = LEVEL_UNKNOWN;
    quiet.top_factor = "";
    quiet.packets = 0;
    quiet.anomaly = quiet.risk = quiet.confidence = 0;
    sink.window(sink.context, &quiet);
    ck_assert_str_eq(
        close_and_read(timeline),
        "time,device,state,packets,anomaly,risk,level,confidence,top_factor\n"
        "1770113730,02:00:00:aa:bb:cc,active,412,6.123,62.457,HIGH,0.93,scan\n"
        "1770113730,10.0.0.7,learning,0,0.000,0.000,UNKNOWN,0.00,\n");
}
END_TEST

START_TEST(fields_are_quoted_where_they_must_be) {
    struct timeline *timeline = open_new(TIMELINE_WINDOWS);
    struct engine_sink sink = timeline_sink(timeline);
    struct window_row zone = row;
    zone.device = "02:00:00:aa:bb:cc@the \"north\", 2";
    sink.window(sink.context, &zone);
    ck_assert_str_eq(strchr(close_and_read(timeline), '\n') + 1,
                     "1770113730,\"02:00:00:aa:bb:cc@the \"\"north\"\", 2\",active,412,"
                     "6.123,62.457,HIGH,0.93,scan\n");
}
END_TEST

START_TEST(numbers_are_numbers) {
    char text[TIMELINE_NUMBER_BYTES];
    static const struct {
        double score;
        const char *text;
    } cases[] = {{0, "0.000"},       {29.9996, "30.000"},      {29.9994, "29.999"},
                 {NAN, "0.000"},     {-1e-9, "0.000"},         {INFINITY, "0.000"},
                 {300.5, "300.500"}, {1e300, "1000000000.000"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(timeline_print_score(cases[i].score, text),
                         (int)strlen(cases[i].text));
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(findings_are_lines_of_json) {
    struct timeline *timeline = open_new(TIMELINE_FINDINGS);
    struct engine_sink sink = timeline_sink(timeline);
    ck_assert_ptr_null(sink.window);
    struct finding finding = {
        .id = 1,
        .time_ns = 1770113730000000000,
        .device = "02:00:00:aa:bb:cc",
        .kind = "scan",
        .level = LEVEL_CRITICAL,
        .contribution = 61.98765432,
        .observed = 41,
        .expected = 3,
        .peer = "198.51.100.0/24",
        .text = "reached 41 addresses in a minute; usually 3",
    };
    sink.finding(sink.context, &finding);
    ck_assert_str_eq(close_and_read(timeline),
                     "{\"time\":1770113730,\"device\":\"02:00:00:aa:bb:cc\","
                     "\"kind\":\"scan\",\"level\":\"CRITICAL\","
                     "\"contribution\":61.9877,\"observed\":41,\"expected\":3,"
                     "\"peer\":\"198.51.100.0/24\","
                     "\"text\":\"reached 41 addresses in a minute; usually 3\"}\n");
}
END_TEST

/* Whatever the bytes, each finding is one line that a parser reads. */
START_TEST(hostile_text_stays_text) {
    struct timeline *timeline = open_new(TIMELINE_FINDINGS);
    struct engine_sink sink = timeline_sink(timeline);
    struct finding finding = {
        .time_ns = 1770113730250000000,
        .device = "\"},{\n\"",
        .kind = "scan",
        .observed = NAN,
        .expected = INFINITY,
        .peer = "a\\\"b\x1b[31m\x7f",
    };
    memset(finding.text, 'x', sizeof finding.text - 1);
    finding.text[sizeof finding.text - 2] = (char)0xC3; /* cut inside a character */
    sink.finding(sink.context, &finding);
    const char *text = close_and_read(timeline);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    for (const char *c = text; *c; c++)
        ck_assert((*c >= ' ' && *c < 0x7f) || *c == '\n');
    cJSON *line = cJSON_Parse(text);
    ck_assert_ptr_nonnull(line);
    ck_assert_double_eq(cJSON_GetObjectItem(line, "time")->valuedouble, 1770113730.25);
    const char *device = cJSON_GetObjectItem(line, "device")->valuestring;
    ck_assert(strncmp(device, "\"},{", 4) == 0 && !strchr(device, '\n'));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(line, "observed")));
    ck_assert(strncmp(cJSON_GetObjectItem(line, "peer")->valuestring, "a\\\"b", 4) ==
              0);
    cJSON_Delete(line);
}
END_TEST

START_TEST(what_could_not_be_written_is_told) {
    struct timeline *timeline =
        timeline_open("/dev/full", TIMELINE_WINDOWS, error, sizeof error);
    ck_assert_msg(timeline, "%s", error);
    struct engine_sink sink = timeline_sink(timeline);
    for (int i = 0; i < 10000; i++)
        sink.window(sink.context, &row);
    ck_assert(!timeline_close(timeline, error, sizeof error));
    ck_assert_str_eq(error, "/dev/full: No space left on device");

    timeline = timeline_open("/dev/full", TIMELINE_FINDINGS, error, sizeof error);
    struct finding finding = {.kind = "scan"};
    sink = timeline_sink(timeline);
    sink.finding(sink.context, &finding); /* small: only close finds out */
    ck_assert(!timeline_close(timeline, error, sizeof error));

    ck_assert_ptr_null(
        timeline_open("/nowhere/x.csv", TIMELINE_WINDOWS, error, sizeof error));
    ck_assert_str_eq(error, "/nowhere/x.csv: No such file or directory");
    ck_assert(timeline_close(NULL, error, sizeof error));
}
END_TEST

int main(void) {
    TCase *all = tcase_create("timeline");
    tcase_add_test(all, windows_are_rows_of_csv);
    tcase_add_test(all, fields_are_quoted_where_they_must_be);
    tcase_add_test(all, numbers_are_numbers);
    tcase_add_test(all, findings_are_lines_of_json);
    tcase_add_test(all, hostile_text_stays_text);
    tcase_add_test(all, what_could_not_be_written_is_told);
    Suite *suite = suite_create("timeline");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
