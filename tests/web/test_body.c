#include "tests/suite.h"
#include "tests/web/site.h"
#include "web/body.h"
#include "web/http.h"
#include "web/scan.h"

#include <cjson/cJSON.h>

static struct scan_room room;

START_TEST(what_is_json_is_taken) {
    static const char *const good[] = {
        "{}",
        "[]",
        " null ",
        "true",
        "\"\"",
        "0",
        "-0",
        "1e308",
        "-1.5E-7",
        "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
        "{\"a\":1,\"A\":2,\"\":3}",
        ("[\"\\\"\\\\\\/\\b\\f\\n"
         "\\r\\t\\u00e9\\ud83d\\ude00\",\"\xc3\xa9\xf0\x9f\x98\x80\"]"),
        "\t\r\n[ 1 , 2 ]\n",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct scan_fault fault;
        cJSON *tree = scan_json(good[i], strlen(good[i]), &room, &fault);
        ck_assert_msg(tree, "%s: %s at %zu", good[i], fault.detail, fault.offset);
        cJSON *parsed = cJSON_Parse(good[i]);
        char *text = cJSON_PrintUnformatted(tree);
        char *wanted = cJSON_PrintUnformatted(parsed);
        ck_assert_str_eq(text, wanted);
        free(text);
        free(wanted);
        cJSON_Delete(parsed);
    }
}
END_TEST

START_TEST(what_is_not_is_refused_by_name) {
    static const struct {
        const char *body, *pointer, *detail;
    } bad[] = {
        {"", "", "it ends where a value should be"},
        {" ", "", "it ends where a value should be"},
        {"{", "", "a member begins with its name"},
        {"{\"a\":1", "/a", "an object goes on with a comma or ends"},
        {"{\"a\":1,}", "", "a member begins with its name"},
        {"{\"a\" 1}", "/a", "a colon follows the name"},
        {"[1,]", "/1", "not a JSON value"},
        {"[1 2]", "/0", "an array goes on with a comma or ends"},
        {"{} {}", "", "something follows the value"},
        {"nul", "", "not a JSON value"},
        {"NaN", "", "not a JSON value"},
        {"[1,Infinity]", "/1", "not a JSON value"},
        {"+1", "", "not a JSON value"},
        {"01", "", "not a JSON value"},
        {"-", "", "not a JSON value"},
        {".5", "", "not a JSON value"},
        {"{\"a\":1.}", "/a", "a decimal point without decimals"},
        {"1e", "", "an exponent without digits"},
        {"[1e999]", "/0", "a number beyond a double"},
        {"{\"a\":{\"b\":1,\"c\":2,\"b\":3}}", "/a/b", "a member that is there twice"},
        {"{\"a\":1,\"\\u0061\":2}", "/a", "a member that is there twice"},
        {"{\"a~/b\":[0,{\"c\":tru}]}", "/a~0~1b/1/c", "not a JSON value"},
        {"{\"a\":\"\xff\"}", "/a", "not UTF-8"},
        {"\"\xc0\x80\"", "", "not UTF-8"},
        {"\"\xed\xa0\x80\"", "", "not UTF-8"},
        {"\"\xf4\x90\x80\x80\"", "", "not UTF-8"},
        {"\"\xe2\x82\"", "", "not UTF-8"},
        {"\xef\xbb\xbf{}", "", "not a JSON value"},
        {"{\"a\":\"\\u0000\"}", "/a", "U+0000 is not taken"},
        {"\"\\ud800\"", "", "a surrogate without its partner"},
        {"\"\\udc00\\ud800\"", "", "a surrogate without its partner"},
        {"\"\\ud800\\u0041\"", "", "a surrogate without its partner"},
        {"\"\\u00g0\"", "", "\\u is followed by four hex digits"},
        {"\"\\x\"", "", "an escape that JSON does not have"},
        {"\"a\nb\"", "", "a control character in a string"},
        {"\"a", "", "a string without an end"},
        {"'a'", "", "not a JSON value"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scan_fault fault;
        ck_assert_msg(!scan_json(bad[i].body, strlen(bad[i].body), &room, &fault), "%s",
                      bad[i].body);
        ck_assert_msg(strcmp(fault.detail, bad[i].detail) == 0, "%s: %s", bad[i].body,
                      fault.detail);
        ck_assert_str_eq(fault.pointer, bad[i].pointer);
    }
    struct scan_fault fault;
    ck_assert(
        !scan_json("\"a\0b\"", 5, &room, &fault)); /* a NUL is a byte like others */
    ck_assert(!scan_json("{}\0", 3, &room, &fault));
}
END_TEST

/* "before", `count` times "each", "after". */
static char *repeat(const char *before, const char *each, size_t count,
                    const char *after) {
    char *text =
        malloc(strlen(before) + strlen(each) * count + 16 * count + strlen(after) + 1);
    size_t used = (size_t)sprintf(text, "%s", before);
    for (size_t i = 0; i < count; i++)
        used += (size_t)sprintf(text + used, each, i);
    sprintf(text + used, "%s", after);
    return text;
}

/* `detail`: NULL if it is taken. */
static void expect(char *text, const char *detail) {
    struct scan_fault fault;
    cJSON *tree = scan_json(text, strlen(text), &room, &fault);
    ck_assert(!tree == !!detail);
    ck_assert_pstr_eq(fault.detail, detail);
    free(text);
}

START_TEST(all_is_bounded) {
    char closing[SCAN_DEPTH + 2] = "";
    memset(closing, ']', SCAN_DEPTH);
    expect(repeat("", "[", SCAN_DEPTH, closing), NULL);
    memset(closing, ']', SCAN_DEPTH + 1);
    expect(repeat("", "[", SCAN_DEPTH + 1, closing), "nested too deeply");
    expect(repeat("", "[", 100000, ""), "nested too deeply");
    expect(repeat("{", "\"%zu\":1,", SCAN_MEMBERS - 1, "\"a\":0}"), NULL);
    expect(repeat("{", "\"%zu\":1,", SCAN_MEMBERS, "\"a\":0}"), "too many members");
    expect(repeat("[", "1,", SCAN_VALUES - 2, "1]"), NULL);
    expect(repeat("[", "1,", SCAN_VALUES - 1, "1]"), "too many values");
    expect(repeat("{\"", "a", SCAN_NAME_BYTES - 1, "\":0}"), NULL);
    expect(repeat("{\"", "a", SCAN_NAME_BYTES, "\":0}"), "a member's name is too long");
    expect(repeat("", "1", 63, ""), NULL);
    expect(repeat("", "1", 64, ""), "a number of too many digits");
}
END_TEST

START_TEST(a_pointer_that_is_too_long_loses_its_end) {
    char pointer[12] = "";
    scan_point(pointer, sizeof pointer, "a~/");
    ck_assert_str_eq(pointer, "/a~0~1");
    scan_point_at(pointer, sizeof pointer, 123456);
    ck_assert_str_eq(pointer, "/a~0~1/1234");
    scan_point(pointer, sizeof pointer, "more");
    ck_assert_str_eq(pointer, "/a~0~1/1234");
}
END_TEST

static struct reply reply;
static struct text buffer;

static cJSON *read_body(const char *type, const char *body) {
    const struct request request = {
        .content_type = type, .body = body, .body_bytes = strlen(body), .room = &room};
    reply_init(&reply, &buffer);
    cJSON *tree = body_read(&request, 415, &reply);
    buffer = reply.body;
    text_add_bytes(&buffer, "", 1);
    return tree;
}

START_TEST(a_body_is_json_by_its_type) {
    static const char *const good[] = {"application/json", "Application/JSON",
                                       "application/json; charset=utf-8",
                                       "application/json ;"};
    static const char *const bad[] = {NULL,
                                      "",
                                      "text/json",
                                      "application/jsonx",
                                      "application/x-www-form-urlencoded",
                                      "application/json-seq"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cJSON *tree = read_body(good[i], "{\"a\":1}");
        ck_assert_ptr_nonnull(tree);
        ck_assert(cJSON_GetObjectItemCaseSensitive(tree, "a")->valuedouble == 1);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_ptr_null(read_body(bad[i], "{}"));
        ck_assert_uint_eq(reply.status, 415);
    }
    ck_assert_ptr_null(read_body(good[0], ""));
    ck_assert_uint_eq(reply.status, 400);
    ck_assert_ptr_null(read_body(good[0], "{\"a\":[1,\"\\\"\":2]}"));
    ck_assert_uint_eq(reply.status, 400);
    ck_assert_str_eq(
        buffer.bytes,
        "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
        "\"detail\":\"/a/1: an array goes on with a comma or ends (at byte 12)\","
        "\"pointer\":\"/a/1\"}");
}
END_TEST

/* --- over the wire --- */

static struct http *server;
static struct client *client;

/* Says what it got. */
static void echo(void *context, struct request *request, struct reply *answer) {
    (void)context;
    text_add_bytes(&answer->body, request->body, request->body_bytes);
}

static void start_server(void) {
    char error[256] = "";
    const struct http_options options = {
        .address = {.bytes = {127, 0, 0, 1}, .family = 4},
        .connection_limit = 8,
        .timeout_s = 30,
        .memory_bytes = 8192,
        .answer = echo,
    };
    server = http_start(&options, error, sizeof error);
    ck_assert_msg(server != NULL, "%s", error);
    client = client_open(http_port(server));
}

static void stop_server(void) {
    client_close(client);
    http_stop(server);
}

START_TEST(bodies_arrive_whole) {
    static const size_t sizes[] = {0, 1, 100, 8192, 40000, HTTP_BODY_BYTES};
    char *body = malloc(HTTP_BODY_BYTES);
    for (size_t i = 0; i < HTTP_BODY_BYTES; i++)
        body[i] = (char)(i * 31 >> 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char head[128];
        sprintf(head, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                sizes[i]);
        client_say(client, head);
        client_send(client, body, sizes[i]);
        struct answer answer = client_take(client, false);
        ck_assert_int_eq(answer.status, 200);
        ck_assert_uint_eq(answer.length, sizes[i]);
        ck_assert_mem_eq(answer.body, body, sizes[i]);
    }
    /* in pieces, and slowly */
    client_say(client,
               "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < 1000; i++) {
        client_say(client, "3\r\n");
        client_say(client, "ab");
        client_say(client, "c\r\n");
    }
    client_say(client, "0\r\n\r\n");
    struct answer answer = client_take(client, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_eq(answer.length, 3000);
    free(body);
}
END_TEST

START_TEST(what_is_too_large_is_413_with_a_length_or_without) {
    client_say(client,
               "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    char piece[4096];
    memset(piece, 'x', sizeof piece);
    for (size_t sent = 0; sent <= HTTP_BODY_BYTES; sent += sizeof piece) {
        client_say(client, "1000\r\n");
        client_send(client, piece, sizeof piece);
        client_say(client, "\r\n");
    }
    client_say(client, "0\r\n\r\n");
    struct answer answer = client_take(client, false);
    site_problem(&answer, 413, NULL, NULL);
    client_say(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_int_eq(client_take(client, false).status, 200);
    struct client *other = client_open(http_port(server));
    client_say(other, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
    answer = client_take(other, false);
    site_problem(&answer, 413, NULL, NULL);
    client_close(other);
}
END_TEST

/* Most clients send all before they read: they are heard out, and the connection stays. */
START_TEST(a_body_that_is_somewhat_too_large_is_heard_out) {
    enum { BODY_BYTES = 1200000 };
    char *body = malloc(BODY_BYTES), head[128];
    ck_assert_ptr_nonnull(body);
    memset(body, 'x', BODY_BYTES);
    snprintf(head, sizeof head,
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", BODY_BYTES);
    for (unsigned i = 0; i < 3; i++) {
        client_say(client, head);
        client_send(client, body, BODY_BYTES);
        struct answer answer = client_take(client, false);
        site_problem(&answer, 413, NULL, NULL);
    }
    free(body);
    client_say(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n"
                       "Expect: 100-continue\r\n\r\n");
    struct answer answer = client_take(client, false);
    site_problem(&answer, 413, NULL, NULL);
}
END_TEST

START_TEST(a_client_that_asks_first_is_told_to_go_on) {
    client_say(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                       "Expect: 100-continue\r\n\r\n");
    struct answer answer = client_take(client, true);
    ck_assert_int_eq(answer.status, 100);
    client_say(client, "{}");
    answer = client_take(client, false);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_str_eq(answer.body, "{}");
}
END_TEST

int main(void) {
    TCase *pure = tcase_create("body"), *wire = tcase_create("wire");
    tcase_set_timeout(pure, 0);
    tcase_add_test(pure, what_is_json_is_taken);
    tcase_add_test(pure, what_is_not_is_refused_by_name);
    tcase_add_test(pure, all_is_bounded);
    tcase_add_test(pure, a_pointer_that_is_too_long_loses_its_end);
    tcase_add_test(pure, a_body_is_json_by_its_type);
    tcase_set_timeout(wire, 0);
    tcase_add_checked_fixture(wire, start_server, stop_server);
    tcase_add_test(wire, bodies_arrive_whole);
    tcase_add_test(wire, a_body_that_is_somewhat_too_large_is_heard_out);
    tcase_add_test(wire, what_is_too_large_is_413_with_a_length_or_without);
    tcase_add_test(wire, a_client_that_asks_first_is_told_to_go_on);
    Suite *suite = suite_create("body");
    suite_add_tcase(suite, pure);
    suite_add_tcase(suite, wire);
    return suite_run(suite);
}
