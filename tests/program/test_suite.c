#include "engine/program/evaluate.h"
#include "tests/suite.h"

#include <cjson/cJSON.h>

#include <check.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `wary evaluate` from captures to its last line, on folders made here. */

enum { PATH_BYTES = 512, START_S = 1700000000 };
static char folder[] = "/tmp/suite.XXXXXX", error[512], printed[1 << 15];
static struct config config;

static const char *in_folder(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static const char *in_folder(const char *format, ...) {
    static char paths[4][PATH_BYTES]; /* the last four are good */
    static unsigned next;
    char *path = paths[next++ % 4];
    va_list arguments;
    int length = snprintf(path, PATH_BYTES, "%s/", folder);
    va_start(arguments, format);
    vsnprintf(path + length, PATH_BYTES - (size_t)length, format, arguments);
    va_end(arguments);
    return path;
}

static void set_up(void) {
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    config_init(&config);
}

static void tear_down(void) {
    DIR *directory = opendir(folder);
    for (struct dirent *entry; (entry = readdir(directory));)
        unlink(in_folder("%s", entry->d_name));
    closedir(directory);
    rmdir(folder);
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    ck_assert_int_ge(fputs(text, file), 0);
    fclose(file);
}

/* A minute in which one device sends a UDP datagram each second. */
static void write_capture(const char *path) {
    static const uint32_t head[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
    static const uint8_t frame[60] = {
        2,    0, 0,  0,  0, 2, 2,  0,  0,  0,  0, 1,  8,  0,  /* Ethernet, IPv4 */
        0x45, 0, 0,  46, 0, 0, 0,  0,  64, 17, 0, 0,  10, 0,  /* UDP, 10.0.0.1 */
        0,    1, 10, 0,  0, 2, 39, 15, 39, 16, 0, 26, 0,  0}; /* 9999 to 10000 */
    FILE *file = fopen(path, "w");
    fwrite(head, sizeof head, 1, file);
    for (uint32_t i = 0; i < 60; i++) {
        const uint32_t packet[] = {START_S + i, 0, sizeof frame, sizeof frame};
        fwrite(packet, sizeof packet, 1, file);
        fwrite(frame, sizeof frame, 1, file);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static bool evaluate(struct evaluate_options options) {
    options.config = &config;
    memset(printed, 0, sizeof printed);
    *error = '\0';
    FILE *out = fmemopen(printed, sizeof printed, "w");
    bool done = evaluate_run(&options, out, error, sizeof error);
    fclose(out);
    return done;
}

static const char *const event =
    "{\"name\":\"minute\",\"events\":[{\"start\":1700000020,\"end\":1700000030,"
    "\"what\":\"nothing really\",\"devices\":[\"02:00:00:00:00:01\"]}]}";

static double number(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItem(object, name);
    ck_assert_msg(cJSON_IsNumber(item), "%s is no number", name);
    return item->valuedouble;
}

START_TEST(a_suite_is_judged_capture_by_capture_and_together) {
    write_capture(in_folder("b.pcap"));
    write_capture(in_folder("a.pcap"));
    write_capture(in_folder("c.pcapng"));
    write_text(in_folder("b.events.json"), event);
    write_text(in_folder("README"), "no capture");
    ck_assert_msg(evaluate((struct evaluate_options){
                      .suite = folder, .json = true, .timeline = in_folder("out.csv")}),
                  "%s", error);
    cJSON *line = cJSON_Parse(printed);
    const cJSON *captures = cJSON_GetObjectItem(line, "captures");
    ck_assert_int_eq(cJSON_GetArraySize(captures), 3);
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        const cJSON *capture = cJSON_GetArrayItem(captures, i);
        ck_assert_str_eq(cJSON_GetObjectItem(capture, "name")->valuestring, names[i]);
        ck_assert_double_eq(number(capture, "events"), i == 1);
        ck_assert_double_ge(number(capture, "devices"), 1);
        ck_assert_int_eq(access(in_folder("out.%s.csv", names[i]), R_OK), 0);
    }
    const cJSON *pooled = cJSON_GetObjectItem(line, "pooled");
    ck_assert_double_eq(number(pooled, "devices"),
                        3 * number(cJSON_GetArrayItem(captures, 0), "devices"));
    ck_assert_double_eq(number(pooled, "recall"), 0);
    ck_assert_double_eq(number(line, "budget_per_week"), 1);
    cJSON_Delete(line);

    ck_assert(evaluate((struct evaluate_options){.suite = folder}));
    ck_assert_ptr_nonnull(strstr(printed, "\nall together"));
    ck_assert_ptr_nonnull(strstr(printed, "\nnothing really"));
}
END_TEST

START_TEST(captures_with_events_are_one_stretch_of_time) {
    const char *capture = in_folder("x.pcap");
    const char *const captures[] = {capture};
    write_capture(capture);
    write_text(in_folder("known.json"), event);
    const struct evaluate_options options = {.captures = captures,
                                             .capture_count = 1,
                                             .events = in_folder("known.json"),
                                             .timeline = in_folder("out.csv"),
                                             .budget_per_week = 3.5,
                                             .json = true};
    ck_assert_msg(evaluate(options), "%s", error);
    cJSON *line = cJSON_Parse(printed);
    const cJSON *only = cJSON_GetArrayItem(cJSON_GetObjectItem(line, "captures"), 0);
    ck_assert_str_eq(cJSON_GetObjectItem(only, "name")->valuestring, "minute");
    ck_assert_double_eq(number(line, "budget_per_week"), 3.5);
    cJSON_Delete(line);
    ck_assert_int_eq(access(in_folder("out.csv"), R_OK), 0);
}
END_TEST

/* One clear line, and no report. */
static void expect_error(const struct evaluate_options *options, const char *expected) {
    ck_assert(!evaluate(*options));
    ck_assert_str_eq(error, expected);
    ck_assert_str_eq(printed, "");
}

START_TEST(mistakes_are_told) {
    char expected[PATH_BYTES];
    struct evaluate_options options = {.suite = folder};
    snprintf(expected, sizeof expected, "%s: no captures (NAME.pcap)", folder);
    expect_error(&options, expected);

    write_capture(in_folder("a.pcap"));
    write_text(in_folder("a.events.json"), "{\"events\":[{}]}");
    snprintf(expected, sizeof expected, "%s/a.events.json: /events/0/start: missing",
             folder);
    expect_error(&options, expected);

    options.suite = "/nowhere";
    expect_error(&options, "/nowhere: No such file or directory");

    const char *const captures[] = {in_folder("a.pcap")};
    options = (struct evaluate_options){
        .captures = captures, .capture_count = 1, .events = "/nowhere.json"};
    expect_error(&options, "/nowhere.json: No such file or directory");

    write_text(in_folder("a.events.json"), "{\"events\":[]}");
    options.events = in_folder("a.events.json");
    options.timeline = "/dev/full";
    expect_error(&options, "/dev/full: No space left on device");

    /* What was written before stays as it was if the capture cannot be read. */
    const char *const absent[] = {in_folder("absent.pcap")};
    write_text(in_folder("old.csv"), "precious");
    options.captures = absent;
    options.timeline = in_folder("old.csv");
    ck_assert(!evaluate(options));
    ck_assert_ptr_nonnull(strstr(error, "absent.pcap: "));
    char kept[16] = "";
    FILE *file = fopen(in_folder("old.csv"), "r");
    ck_assert_ptr_nonnull(fgets(kept, sizeof kept, file));
    fclose(file);
    ck_assert_str_eq(kept, "precious");
}
END_TEST

int main(void) {
    TCase *all = tcase_create("suite");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, a_suite_is_judged_capture_by_capture_and_together);
    tcase_add_test(all, captures_with_events_are_one_stretch_of_time);
    tcase_add_test(all, mistakes_are_told);
    tcase_set_timeout(all, 60);
    Suite *suite = suite_create("suite");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
