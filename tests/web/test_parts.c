#include "tests/suite.h"
#include "web/json.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/route.h"
#include "web/view.h"
#include "web/walk.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t random_state = 11;

static uint64_t draw(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* The text so far, terminated, and then empty again. */
static const char *taken(struct text *text) {
    static char out[1 << 16];
    ck_assert(!text->failed);
    ck_assert_uint_lt(text->used, sizeof out);
    memcpy(out, text->bytes, text->used);
    out[text->used] = '\0';
    text->used = 0;
    return out;
}

/* --- text --- */

START_TEST(numbers_are_short_and_right) {
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},          {-0.0, "0"},
                 {1, "1"},          {-1, "-1"},
                 {0.5, "0.5"},      {3.25, "3.25"},
                 {0.001, "0.001"},  {0.0004, "0"},
                 {-0.0004, "0"},    {99.9996, "100"},
                 {0.93, "0.93"},    {1e6, "1000000"},
                 {NAN, "0"},        {INFINITY, "0"},
                 {-INFINITY, "0"},  {1e300, "1000000000000000"},
                 {-12.34, "-12.34"}};
    struct text text = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_add_number(&text, cases[i].value);
        ck_assert_str_eq(taken(&text), cases[i].text);
    }
    for (unsigned i = 0; i < 20000; i++) {
        double value = ((double)draw() / 1e10 - 9e8) / (double)(1 + draw() % 1000000);
        text_add_number(&text, value);
        ck_assert(fabs(strtod(taken(&text), NULL) - value) < 0.000501);
    }
    text_add_unsigned(&text, UINT64_MAX);
    ck_assert_str_eq(taken(&text), "18446744073709551615");
    text_free(&text);
}
END_TEST

START_TEST(times_are_those_of_the_c_library) {
    struct text text = {0};
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t ns = i ? draw() % UINT64_C(18446744073709551615) : 0;
        time_t s = (time_t)(ns / 1000000000);
        struct tm tm;
        gmtime_r(&s, &tm);
        char expected[64], digits[32];
        strftime(digits, sizeof digits, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(expected, sizeof expected, "%s.%03uZ", digits,
                 (unsigned)(ns / 1000000 % 1000));
        text_add_time(&text, ns);
        ck_assert_str_eq(taken(&text), expected);
        uint64_t back = 0;
        if (tm.tm_year + 1900 <= 2500) {
            ck_assert(request_parse_time(expected, &back));
            ck_assert_uint_eq(back, ns / 1000000 * 1000000);
        }
    }
    text_free(&text);
}
END_TEST

START_TEST(html_is_escaped) {
    struct text text = {0};
    text_add_html(&text, "<a href='x' class=\"y\">&amp;</a>é");
    ck_assert_str_eq(taken(&text), "&lt;a href=&#39;x&#39; class=&quot;y&quot;&gt;"
                                   "&amp;amp;&lt;/a&gt;é");
    text_add_html(&text, "");
    ck_assert_str_eq(taken(&text), "");
    text_free(&text);
}
END_TEST

/* --- JSON --- */

START_TEST(any_bytes_make_valid_json) {
    struct text text = {0};
    for (unsigned i = 0; i < 5000; i++) {
        char value[64];
        size_t length = draw() % sizeof value;
        bool nasty = draw() % 2;
        for (size_t k = 0; k < length; k++)
            value[k] = nasty ? "\"\\\xe2\x82\xac\xc3\xa9\x01\x7f"[draw() % 10]
                             : (char)(1 + draw() % 255);
        value[length] = '\0';
        size_t limit = draw() % 2 ? SIZE_MAX : 3 + draw() % 60;
        json_open(&text, NULL, '{');
        json_string_cut(&text, "a", value, limit);
        json_unsigned(&text, "b", 1);
        json_close(&text, '}');
        size_t used = text.used;
        const char *written = taken(&text);
        cJSON *json = cJSON_Parse(written);
        ck_assert_msg(json != NULL, "%s", written);
        ck_assert_int_eq(cJSON_GetArraySize(json), 2);
        if (limit != SIZE_MAX)
            ck_assert_uint_le(used, limit + strlen("{\"a\":\"\",\"b\":1}"));
        cJSON_Delete(json);
    }
    text_free(&text);
}
END_TEST

START_TEST(json_is_as_written) {
    struct text text = {0};
    json_open(&text, NULL, '{');
    json_open(&text, "list", '[');
    json_unsigned(&text, NULL, UINT64_C(1) << 53);
    json_unsigned(&text, NULL, (UINT64_C(1) << 53) + 1);
    json_string(&text, NULL, "a\"b\\c");
    json_null(&text, NULL);
    json_close(&text, ']');
    json_bool(&text, "yes", true);
    json_number(&text, "half", 0.5);
    json_open(&text, "empty", '{');
    json_close(&text, '}');
    json_string_cut(&text, "cut", "abcdefgh", 5);
    json_string_cut(&text, "fits", "abcde", 5);
    json_string_cut(&text, "wide", "ééé", 5);
    json_close(&text, '}');
    ck_assert_str_eq(
        taken(&text),
        "{\"list\":[9007199254740992,\"9007199254740993\",\"a\\\"b\\\\c\",null],"
        "\"yes\":true,\"half\":0.5,\"empty\":{},\"cut\":\"ab…\","
        "\"fits\":\"abcde\",\"wide\":\"é…\"}");
    text_free(&text);
}
END_TEST

/* --- requests --- */

START_TEST(targets_are_split) {
    static const struct {
        const char *target, *path, *query;
    } cases[] = {{"/", "/", ""},
                 {"/a?", "/a", ""},
                 {"/a?b=c?d", "/a", "b=c?d"},
                 {"http://host/a?b", "/a", "b"},
                 {"HTTPS://host:1/a", "/a", ""},
                 {"", NULL, NULL},
                 {"*", NULL, NULL},
                 {"a/b", NULL, NULL},
                 {"http://host", NULL, NULL},
                 {"ftp://host/", NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[64];
        struct request request = {0};
        snprintf(target, sizeof target, "%s", cases[i].target);
        ck_assert(request_split_target(target, &request) == (cases[i].path != NULL));
        if (!cases[i].path)
            continue;
        ck_assert_str_eq(request.path, cases[i].path);
        ck_assert_str_eq(request.query, cases[i].query);
    }
}
END_TEST

START_TEST(percent_encoding_is_strict) {
    static const struct {
        const char *text, *decoded;
    } cases[] = {{"", ""},
                 {"a+b", "a+b"},
                 {"%61%2F%2f", "a//"},
                 {"caf%C3%A9", "café"},
                 {"café", "café"},
                 {"%", NULL},
                 {"%4", NULL},
                 {"%4g", NULL},
                 {"%-1", NULL},
                 {"% 1", NULL},
                 {"%00", NULL},
                 {"a%0Ab", NULL},
                 {"%7f", NULL},
                 {"%c3", NULL},
                 {"%c0%af", NULL},
                 {"%ed%a0%80", NULL},
                 {"12345678", NULL},
                 {"1234567", "1234567"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[8];
        bool good = request_decode(cases[i].text, strlen(cases[i].text), false, out,
                                   sizeof out);
        ck_assert_msg(good == (cases[i].decoded != NULL), "%s", cases[i].text);
        if (good)
            ck_assert_str_eq(out, cases[i].decoded);
    }
}
END_TEST

START_TEST(parameters_are_found) {
    struct request request = {.query = "a=1&b=&c=x+y%26&%64=4&e&a%00=9&f=1&f=2&g=%"};
    static const struct {
        const char *name;
        enum query_value found;
        const char *value;
    } cases[] = {{"a", QUERY_PRESENT, "1"},    {"b", QUERY_ABSENT, ""},
                 {"c", QUERY_PRESENT, "x y&"}, {"d", QUERY_PRESENT, "4"},
                 {"e", QUERY_ABSENT, ""},      {"f", QUERY_BAD, NULL},
                 {"g", QUERY_BAD, NULL},       {"h", QUERY_ABSENT, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[8];
        ck_assert_int_eq(request_query(&request, cases[i].name, out, sizeof out),
                         cases[i].found);
        if (cases[i].value)
            ck_assert_str_eq(out, cases[i].value);
    }
}
END_TEST

START_TEST(entity_tags_are_compared) {
    static const struct {
        const char *header;
        bool matches;
    } cases[] = {{"\"ab\"", true},
                 {"*", true},
                 {" \t\"x\" , \"ab\"", true},
                 {"W/\"ab\"", true},
                 {"\"a,b\",\"ab\"", true},
                 {"", false},
                 {"ab", false},
                 {"\"ab", false},
                 {"\"abc\"", false},
                 {"\"a\"", false},
                 {"w/\"ab\"", false},
                 {"\"x\"\"ab\"", true},
                 {",,,", false},
                 {"W/", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(request_matches_etag(cases[i].header, "\"ab\"") ==
                          cases[i].matches,
                      "%s", cases[i].header);
}
END_TEST

START_TEST(times_are_parsed) {
    static const struct {
        const char *text;
        uint64_t ns; /* 1: no time */
    } cases[] = {{"0", 0},
                 {"1770113730", UINT64_C(1770113730000000000)},
                 {"2026-02-03T10:15:30Z", UINT64_C(1770113730000000000)},
                 {"2026-02-03t10:15:30.25z", UINT64_C(1770113730250000000)},
                 {"2026-02-03T11:15:30+01:00", UINT64_C(1770113730000000000)},
                 {"2026-02-03T05:45:30-04:30", UINT64_C(1770113730000000000)},
                 {"2026-02-03T10:15:30.1234567891234Z", UINT64_C(1770113730123456789)},
                 {"1970-01-01T00:00:00Z", 0},
                 {"1970-01-01T00:00:00+00:01", 1},
                 {"2026-02-03T10:15Z", UINT64_C(1770113700000000000)},
                 {"2026-02-03T10:15.5Z", 1},
                 {"2026-02-03", 1},
                 {"2026-02-03T10:15:30", 1},
                 {"2026-02-03T10:15:30Zx", 1},
                 {"2026-02-03T10:15:30.Z", 1},
                 {"2026-02-03T24:15:30Z", 1},
                 {"2026-00-03T10:15:30Z", 1},
                 {"2026-02-03T10:15:30+0100", 1},
                 {"1e9", 1},
                 {"-1", 1},
                 {"", 1},
                 {"99999999999999", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t ns = 1;
        bool parsed = request_parse_time(cases[i].text, &ns);
        ck_assert_msg(parsed == (cases[i].ns != 1), "%s", cases[i].text);
        if (parsed)
            ck_assert_uint_eq(ns, cases[i].ns);
    }
}
END_TEST

static void nothing(struct service *service, const struct request *request,
                    struct reply *reply) {
    (void)service, (void)request, (void)reply;
}

START_TEST(routes_are_matched) {
    static const struct route routes[] = {{"GET", "/a", AUTH_NOBODY, nothing},
                                          {"GET", "/a/{id}", AUTH_NOBODY, nothing},
                                          {"PUT", "/a/{id}", AUTH_NOBODY, nothing},
                                          {"POST", "/a/{id}/b", AUTH_NOBODY, nothing},
                                          {"POST", "/b/c", AUTH_NOBODY, nothing},
                                          {NULL, "/b/*", AUTH_NOBODY, nothing}};
    static const struct {
        const char *method, *path;
        int route; /* -1: none */
        unsigned status;
        const char *allow;
    } cases[] = {{"GET", "/a", 0, 200, ""},
                 {"HEAD", "/a", 0, 200, ""},
                 {"GET", "/a/x%20y", 1, 200, ""},
                 {"PUT", "/a/x", 2, 200, ""},
                 {"POST", "/a/x/b", 3, 200, ""},
                 {"GET", "/a/x/b", -1, 405, "POST"},
                 {"DELETE", "/a/x", -1, 405, "GET, HEAD, PUT"},
                 {"get", "/a", -1, 405, "GET, HEAD"},
                 {"GET", "/a/%", -1, 400, ""},
                 {"GET", "/a/", -1, 404, ""},
                 {"GET", "/a//b", -1, 404, ""},
                 {"GET", "/", -1, 404, ""},
                 {"GET", "/a/x/b/", -1, 404, ""},
                 {"POST", "/b/c", 4, 200, ""},
                 {"BREW", "/b/c", 5, 200, ""},
                 {"GET", "/b/%/d", 5, 200, ""},
                 {"GET", "/b", -1, 404, ""}};
    struct text buffer = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct request request = {.method = cases[i].method, .path = cases[i].path};
        struct reply reply;
        reply_init(&reply, &buffer);
        const struct route *route = route_find(routes, 6, &request, &reply);
        ck_assert_int_eq(route ? (int)(route - routes) : -1, cases[i].route);
        ck_assert_uint_eq(reply.status, cases[i].status);
        ck_assert_str_eq(reply.allow, cases[i].allow);
        if (cases[i].route == 1)
            ck_assert_str_eq(request.identity, "x y");
        reply_end(&reply, &buffer);
    }
    text_free(&buffer);
}
END_TEST

START_TEST(paths_cannot_be_spelt_around_a_rule) {
    static const struct {
        const char *uri, *path;
    } cases[] = {{"/", "/"},
                 {"", "/"},
                 {"/a", "/a"},
                 {"/a/", "/a/"},
                 {"/a//b", "/a/b"},
                 {"/a/./b", "/a/b"},
                 {"/a/../b?x=/../c", "/b"},
                 {"/a/..", "/"},
                 {"/../x#y", "/x"},
                 {"/%61dmin", "/admin"},
                 {"/%2561", "/%61"},
                 {"/a/%2e%2e/b", "/b"},
                 {"/a%2F..%2Fb", "/b"},
                 {"/a/b/../../../c", "/c"},
                 {"//", "/"},
                 {"/.", "/"},
                 {"/a/.", "/a"},
                 {"/...", "/..."},
                 {"/a/..b", "/a/..b"},
                 {"/a/b%", "/a/b%"},
                 {"/%00x", "/x"}};
    char path[16];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        request_clean_path(cases[i].uri, path, sizeof path);
        ck_assert_str_eq(path, cases[i].path);
    }
    request_clean_path("/0123456789/0123456789/..", path, sizeof path);
    ck_assert_uint_lt(strlen(path), sizeof path);
    char uri[64];
    for (unsigned i = 0; i < 200000; i++) {
        size_t length = draw() % sizeof uri;
        for (size_t k = 0; k < length; k++)
            uri[k] = "/..%2eEfF?a0"[draw() % 12];
        uri[length] = '\0';
        request_clean_path(uri, path, 2 + draw() % (sizeof path - 2));
        ck_assert_msg(!strstr(path, "//") && !strstr(path, "/../") &&
                          !strstr(path, "/./"),
                      "%s gives %s", uri, path);
    }
}
END_TEST

/* --- views --- */

START_TEST(points_add_up_and_keep_their_order) {
    struct device_view *view =
        calloc(1, sizeof *view + FACTORS_MAX * sizeof *view->factors);
    for (unsigned round = 0; round < 5000; round++) {
        view->factor_count = (unsigned)(draw() % (FACTORS_MAX + 1));
        double left = (double)(draw() % 100000) / 1000;
        view->score = view->factor_count ? left : 0;
        for (unsigned i = 0; i < view->factor_count; i++) {
            bool last = i + 1 == view->factor_count;
            double share = last ? left : left / (double)(1 + draw() % 4);
            view->factors[i].contribution = share;
            left -= share;
        }
        for (unsigned i = 0; i < view->factor_count; i++) /* largest first */
            for (unsigned k = i + 1; k < view->factor_count; k++)
                if (view->factors[k].contribution > view->factors[i].contribution) {
                    double other = view->factors[i].contribution;
                    view->factors[i].contribution = view->factors[k].contribution;
                    view->factors[k].contribution = other;
                }
        int points[FACTORS_MAX], sum = 0;
        view_points(view, points);
        for (unsigned i = 0; i < view->factor_count; i++) {
            sum += points[i];
            ck_assert_int_le(points[i], i ? points[i - 1] : 100);
            ck_assert(fabs(points[i] - view->factors[i].contribution) < 1.000001);
        }
        ck_assert_int_eq(sum, (int)view_score(view));
    }
    /* nonsense stays within bounds */
    view->factor_count = 2;
    view->factors[0].contribution = NAN;
    view->factors[1].contribution = -1e300;
    int points[FACTORS_MAX];
    view_points(view, points);
    ck_assert_int_le(abs(points[0]) + abs(points[1]), 101);
    static const double scores[][2] = {{NAN, 0},   {-5, 0},     {INFINITY, 100},
                                       {1e9, 100}, {29.99, 29}, {30, 30},
                                       {100, 100}, {0.4, 0}};
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        view->score = scores[i][0];
        ck_assert_uint_eq(view_score(view), (unsigned)scores[i][1]);
    }
    free(view);
}
END_TEST

/* --- walks --- */

START_TEST(walks_are_kept_and_forgotten) {
    struct walks walks = {0};
    unsigned char query[WALK_QUERY_BYTES] = {0};
    size_t offset;
    ck_assert_ptr_null(walk_find(&walks, 0, &offset));
    ck_assert_ptr_null(walk_find(&walks, 7, &offset));
    static const char ids[] = "one\0two\0three";
    uint64_t cursors[2 * WALKS];
    for (unsigned i = 0; i < 2 * WALKS; i++) {
        query[0] = (unsigned char)i;
        const struct walk *walk = walk_keep(
            &walks, query, memcpy(malloc(sizeof ids), ids, sizeof ids), sizeof ids);
        cursors[i] = walk_cursor(walk, 4);
        ck_assert_ptr_eq(walk, walk_keep(&walks, query,
                                         memcpy(malloc(sizeof ids), ids, sizeof ids),
                                         sizeof ids));
    }
    for (unsigned i = 0; i < 2 * WALKS; i++) {
        const struct walk *walk = walk_find(&walks, cursors[i], &offset);
        ck_assert((walk != NULL) == (i >= WALKS));
        if (walk)
            ck_assert_str_eq(walk->ids + offset, "two");
        ck_assert_ptr_null(walk_find(&walks, cursors[i] + 1, &offset));
        ck_assert_ptr_null(walk_find(&walks, cursors[i] + 10, &offset));
        ck_assert_ptr_null(walk_find(&walks, cursors[i] | UINT32_MAX, &offset));
    }
    walk_clear(&walks);
    ck_assert_ptr_null(walk_find(&walks, cursors[2 * WALKS - 1], &offset));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("parts");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, numbers_are_short_and_right);
    tcase_add_test(tests, times_are_those_of_the_c_library);
    tcase_add_test(tests, html_is_escaped);
    tcase_add_test(tests, any_bytes_make_valid_json);
    tcase_add_test(tests, json_is_as_written);
    tcase_add_test(tests, targets_are_split);
    tcase_add_test(tests, percent_encoding_is_strict);
    tcase_add_test(tests, parameters_are_found);
    tcase_add_test(tests, entity_tags_are_compared);
    tcase_add_test(tests, times_are_parsed);
    tcase_add_test(tests, routes_are_matched);
    tcase_add_test(tests, paths_cannot_be_spelt_around_a_rule);
    tcase_add_test(tests, points_add_up_and_keep_their_order);
    tcase_add_test(tests, walks_are_kept_and_forgotten);
    Suite *suite = suite_create("parts");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
