#include "engine/program/labels.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char error[256];

static struct labels *parse(const char *text) {
    *error = '\0';
    return labels_parse("known.json", text, strlen(text), error, sizeof error);
}

START_TEST(takes_all_members) {
    struct labels *labels = parse(
        "{\"name\":\"site\",\"evaluate_from\":12.5,\"level\":\"network\",\"x\":[],"
        "\"events\":["
        "{\"start\":300,\"end\":310.25,\"what\":\"scan\",\"devices\":null},"
        "{\"start\":200,\"end\":200,\"what\":\"update\",\"benign\":true},"
        "{\"start\":100,\"end\":110,\"what\":\"flood\","
        "\"devices\":[\"02:00:00:AA:BB:CC\",\"10.0.0.7\"]}]}\n");
    ck_assert_msg(labels, "%s", error);
    ck_assert_str_eq(labels->name, "site");
    ck_assert_double_eq(labels->evaluate_from_s, 12.5);
    ck_assert(labels->network);
    ck_assert_uint_eq(labels->event_count, 3);
    const struct label *flood = &labels->events[0], *update = &labels->events[1],
                       *scan = &labels->events[2]; /* by start */
    ck_assert_str_eq(flood->what, "flood");
    ck_assert_uint_eq(flood->device_count, 2);
    ck_assert_str_eq(flood->devices[0], "02:00:00:aa:bb:cc");
    ck_assert_str_eq(flood->devices[1], "10.0.0.7");
    ck_assert(!flood->benign && update->benign && !scan->benign);
    ck_assert_uint_eq(update->device_count, 0);
    ck_assert_double_eq(scan->end_s, 310.25);
    labels_destroy(labels);
}
END_TEST

START_TEST(little_is_enough) {
    struct labels *labels = parse("{\"events\":[]}");
    ck_assert_msg(labels, "%s", error);
    ck_assert_ptr_null(labels->name);
    ck_assert_double_eq(labels->evaluate_from_s, 0);
    ck_assert(!labels->network);
    ck_assert_uint_eq(labels->event_count, 0);
    labels_destroy(labels);

    labels = labels_create_benign();
    ck_assert_uint_eq(labels->event_count, 0);
    labels_destroy(labels);
    labels_destroy(NULL);
}
END_TEST

#define EVENT(members)                                                                 \
    "{\"events\":[{\"start\":1,\"end\":2,\"what\":\"a\"},{" members "}]}"

static const struct {
    const char *text, *error;
} mistakes[] = {
    {"", "known.json: line 1 is not JSON"},
    {"{\"events\":\n[}", "known.json: line 2 is not JSON"},
    {"{\"events\":[]} {}", "known.json: line 1 is not JSON"},
    {"[]", "known.json: not an object"},
    {"{}", "known.json: /events: missing"},
    {"{\"events\":{}}", "known.json: /events: not an array"},
    {"{\"name\":7,\"events\":[]}", "known.json: /name: not a string"},
    {"{\"level\":\"city\",\"events\":[]}", "known.json: /level: not \"network\""},
    {"{\"evaluate_from\":\"now\",\"events\":[]}",
     "known.json: /evaluate_from: not a number"},
    {"{\"events\":[7]}", "known.json: /events/0: not an object"},
    {EVENT(""), "known.json: /events/1/start: missing"},
    {EVENT("\"start\":1e99"),
     "known.json: /events/1/start: not a time in epoch seconds"},
    {EVENT("\"start\":1e999"),
     "known.json: /events/1/start: not a time in epoch seconds"},
    {EVENT("\"start\":5"), "known.json: /events/1/end: missing"},
    {EVENT("\"start\":5,\"end\":4"), "known.json: /events/1/end: before the start"},
    {EVENT("\"start\":5,\"end\":6"), "known.json: /events/1/what: missing"},
    {EVENT("\"start\":5,\"end\":6,\"what\":\"\""),
     "known.json: /events/1/what: not between 1 and 127 bytes"},
    {EVENT("\"start\":5,\"end\":6,\"what\":\"a\",\"benign\":1"),
     "known.json: /events/1/benign: not true or false"},
    {EVENT("\"start\":5,\"end\":6,\"what\":\"a\",\"devices\":\"b\""),
     "known.json: /events/1/devices: neither an array nor null"},
    {EVENT("\"start\":5,\"end\":6,\"what\":\"a\",\"devices\":[\"b\",[]]"),
     "known.json: /events/1/devices/1: not a string"},
};

START_TEST(names_the_place_of_a_mistake) {
    ck_assert_ptr_null(parse(mistakes[_i].text));
    ck_assert_str_eq(error, mistakes[_i].error);
}
END_TEST

START_TEST(deep_nesting_is_no_danger) {
    enum { DEPTH = 100000 };
    char *text = malloc(DEPTH);
    memset(text, '[', DEPTH);
    ck_assert_ptr_null(labels_parse("deep", text, DEPTH, error, sizeof error));
    ck_assert_str_eq(error, "deep: line 1 is not JSON");
    free(text);
}
END_TEST

START_TEST(any_cut_is_an_error) {
    const char *whole = "{\"name\":\"a\",\"events\":[{\"start\":1,\"end\":2,"
                        "\"what\":\"\\u00e4\",\"devices\":[\"b\"]}]}";
    for (size_t length = 0; length < strlen(whole); length++) {
        char *part =
            malloc(length + 1); /* exactly, so that a sanitizer sees overreads */
        memcpy(part, whole, length);
        char *cut = realloc(part, length ? length : 1);
        ck_assert_ptr_null(labels_parse("cut", cut, length, error, sizeof error));
        free(cut);
    }
    struct labels *labels = parse(whole);
    ck_assert_ptr_nonnull(labels);
    labels_destroy(labels);
}
END_TEST

START_TEST(reads_files) {
    char path[] = "/tmp/labels.XXXXXX", expected[128];
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, "{\"events\":[]}", 13), 13);
    struct labels *labels = labels_read(path, error, sizeof error);
    ck_assert_msg(labels, "%s", error);
    labels_destroy(labels);

    ck_assert_int_eq(ftruncate(file, (16 << 20) + 1), 0);
    ck_assert_ptr_null(labels_read(path, error, sizeof error));
    snprintf(expected, sizeof expected, "%s: longer than 16 MiB", path);
    ck_assert_str_eq(error, expected);
    close(file);
    unlink(path);

    ck_assert_ptr_null(labels_read(path, error, sizeof error));
    snprintf(expected, sizeof expected, "%s: No such file or directory", path);
    ck_assert_str_eq(error, expected);
    ck_assert_ptr_null(labels_read("/tmp", error, sizeof error));
    ck_assert_str_eq(error, "/tmp: Is a directory");
}
END_TEST

int main(void) {
    TCase *all = tcase_create("labels");
    tcase_add_test(all, takes_all_members);
    tcase_add_test(all, little_is_enough);
    tcase_add_loop_test(all, names_the_place_of_a_mistake, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(all, deep_nesting_is_no_danger);
    tcase_add_test(all, any_cut_is_an_error);
    tcase_add_test(all, reads_files);
    Suite *suite = suite_create("labels");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
