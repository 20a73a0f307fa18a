#include "tests/suite.h"
#include "tests/web/site.h"

#include "web/http.h"

#include <pthread.h>
#include <stdatomic.h>

static void open_site(void) {
    site_open();
    for (uint32_t slot = 0; slot < 50; slot++) {
        char id[DEVICE_ID_BYTES];
        snprintf(id, sizeof id, "02:00:00:00:00:%02x", slot);
        board_put_device(site_board, slot, site_view(id, "", slot));
    }
    site_publish(50);
}

static const char risk_target[] = "/v1/devices/02:00:00:00:00:07/risk";
static const char risk_request[] =
    "GET /v1/devices/02:00:00:00:00:07/risk HTTP/1.1\r\nHost: localhost\r\n\r\n";

START_TEST(one_connection_serves_many_requests) {
    for (unsigned i = 0; i < 2000; i++) {
        struct answer answer = site_get(risk_target);
        ck_assert_int_eq(answer.status, 200);
        ck_assert_str_ne(answer_header(&answer, "Connection"), "close");
    }
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order) {
    enum { REQUESTS = 20 };
    char all[8192] = "";
    for (unsigned i = 0; i < REQUESTS; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used,
                 "GET /v1/devices/02:00:00:00:00:%02x/risk HTTP/1.1\r\nHost: a\r\n\r\n",
                 i);
    }
    client_say(site_client, all);
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct answer answer = client_take(site_client, false);
        cJSON *risk = answer_json(&answer);
        ck_assert(json_number_at(risk, "score") == i);
        cJSON_Delete(risk);
    }
}
END_TEST

START_TEST(half_requests_wait_and_harm_nobody) {
    enum { IDLE = 40 };
    struct client *idle[IDLE];
    for (unsigned i = 0; i < IDLE; i++) {
        idle[i] = client_open(web_port(site_web));
        client_send(idle[i], risk_request, i * (sizeof risk_request - 2) / IDLE);
    }
    ck_assert_int_eq(site_get(risk_target).status, 200);
    for (unsigned i = 0; i < IDLE; i += 2) {
        size_t sent = i * (sizeof risk_request - 2) / IDLE;
        for (const char *byte = risk_request + sent; *byte; byte++)
            client_send(idle[i], byte, 1);
        ck_assert_int_eq(client_take(idle[i], false).status, 200);
    }
    for (unsigned i = 0; i < IDLE; i++)
        client_close(idle[i]);
    ck_assert_int_eq(site_get(risk_target).status, 200);
}
END_TEST

START_TEST(the_request_id_is_echoed_if_it_is_harmless) {
    static const struct {
        const char *sent, *echoed;
    } ids[] = {
        {"X-Request-ID: 7b44-a.b_c~d:e/f+g=h@i\r\n", "7b44-a.b_c~d:e/f+g=h@i"},
        {"x-request-id: 1\r\n", "1"},
        {"X-Request-ID: a b\r\n", ""},
        {"X-Request-ID: <script>\r\n", ""},
        {"X-Request-ID: \r\n", ""},
        {"X-Request-ID: a\x01\r\n", ""},
        {"X-Request-ID: caf\xc3\xa9\r\n", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct answer answer = client_ask(site_client, "GET", risk_target, ids[i].sent);
        if (answer.status == 400) { /* the library's own judgement, and as good */
            client_close(site_client);
            site_client = client_open(web_port(site_web));
            continue;
        }
        ck_assert_int_eq(answer.status, 200);
        ck_assert_str_eq(answer_header(&answer, "X-Request-ID"), ids[i].echoed);
    }
    char longest[160] = "X-Request-ID: ";
    memset(longest + strlen(longest), 'a', 129);
    strcat(longest, "\r\n");
    struct answer answer = client_ask(site_client, "GET", risk_target, longest);
    ck_assert_str_eq(answer_header(&answer, "X-Request-ID"), "");
}
END_TEST

/* What one sends on a connection of its own, and the status it deserves; 0: may be cut. */
static void expect(const char *name, const char *bytes, size_t length, int low,
                   int high) {
    struct client *client = client_open(web_port(site_web));
    client_send(client, bytes, length);
    shutdown(client->fd, SHUT_WR);
    struct answer answer = client_take(client, false);
    ck_assert_msg(answer.status >= low && answer.status <= high, "%s: %d", name,
                  answer.status);
    client_close(client);
    ck_assert_int_eq(site_get(risk_target).status, 200);
}

static void expect_text(const char *text, int low, int high) {
    expect(text, text, strlen(text), low, high);
}

START_TEST(malformed_requests) {
    expect_text("\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n", 200, 200);
    expect_text("nonsense\r\n\r\n", 0, 499);
    expect_text("GET\r\n\r\n", 0, 499);
    expect_text("GET / HTTP/9.9\r\n\r\n", 0, 505);
    expect_text("GET /livez HTTP/1.1\r\n\r\n", 400, 400); /* no Host */
    expect_text("GET livez HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400);
    expect_text("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400);
    expect_text("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400);
    expect_text("GET http://a/livez HTTP/1.1\r\nHost: a\r\n\r\n", 200, 200);
    expect_text("GET /livez HTTP/1.0\r\n\r\n", 200, 200);
    expect_text("GET /livez?\xff\xfe%zz&=&& HTTP/1.1\r\nHost: a\r\n\r\n", 200, 200);
    expect_text("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 0, 499);
    expect_text("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 12x\r\n\r\n", 0,
                499);
    expect_text(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 0,
        499);
    static const char binary[] =
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\r\n\r\n";
    expect("TLS", binary, sizeof binary - 1, 0, 499);
}
END_TEST

START_TEST(oversized_requests) {
    enum { BYTES = 1 << 17 };
    char *request = malloc(BYTES + 256);
    size_t used = (size_t)sprintf(request, "GET /");
    memset(request + used, 'a', BYTES);
    sprintf(request + used + BYTES, " HTTP/1.1\r\nHost: a\r\n\r\n");
    expect("a long target", request, strlen(request), 0, 431);

    used = (size_t)sprintf(request, "GET /livez HTTP/1.1\r\nHost: a\r\nX-Long: ");
    memset(request + used, 'a', BYTES);
    sprintf(request + used + BYTES, "\r\n\r\n");
    expect("a long header", request, strlen(request), 0, 431);

    used = (size_t)sprintf(request, "GET /livez HTTP/1.1\r\nHost: a\r\n");
    while (used < BYTES)
        used += (size_t)sprintf(request + used, "X-%zu: a\r\n", used);
    sprintf(request + used, "\r\n");
    expect("many headers", request, strlen(request), 0, 431);

    /* refused by what is announced; nothing of it need be sent */
    struct client *client = client_open(web_port(site_web));
    client_say(client, "POST /v1/devices HTTP/1.1\r\nHost: a\r\n"
                       "Content-Length: 99999999\r\n\r\n");
    struct answer answer = client_take(client, false);
    site_problem(&answer, 413, NULL, NULL);
    client_close(client);
    /* … and one that is just not too large does no harm: the next request is understood */
    used = (size_t)sprintf(request,
                           "POST /v1/devices HTTP/1.1\r\nHost: a\r\n"
                           "Content-Length: %d\r\n\r\n",
                           HTTP_BODY_BYTES);
    client_send(site_client, request, used);
    memset(request, 'x', HTTP_BODY_BYTES);
    client_send(site_client, request, HTTP_BODY_BYTES);
    ck_assert_int_eq(client_take(site_client, false).status, 405);
    ck_assert_int_eq(site_get(risk_target).status, 200);

    /* without a length, it ends when it is too much */
    client = client_open(web_port(site_web));
    client_say(client,
               "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    bool open = true;
    for (unsigned i = 0; i < 1 << 16 && open; i++) {
        open = client_say(client, "100\r\n") && client_send(client, request, 256) &&
               client_say(client, "\r\n");
    }
    ck_assert(!open);
    client_close(client);
    ck_assert_int_eq(site_get(risk_target).status, 200);
    free(request);
}
END_TEST

START_TEST(five_long_factors_fit_into_two_kilobytes) {
    struct device_view *view = site_view("02:00:00:00:00:07", "", 100);
    memset(view->id + 17, '@', DEVICE_ID_BYTES - 18);
    char hostile[FACTOR_TEXT_BYTES], wide[FACTOR_TEXT_BYTES];
    memset(hostile, '"', sizeof hostile - 1); /* each doubles */
    hostile[sizeof hostile - 1] = '\0';
    for (size_t i = 0; i + 3 < sizeof wide; i += 3)
        memcpy(wide + i, "€", 4);
    for (unsigned i = 0; i < FACTORS_MAX; i++)
        site_add_factor(view, "a_rather_long_kind", 100.0 / FACTORS_MAX, hostile,
                        i % 2 ? wide : hostile);
    char target[256];
    snprintf(target, sizeof target, "/v1/devices/%s/risk", view->id);
    board_put_device(site_board, 7, view);
    site_publish(50);
    struct answer answer = site_get(target);
    ck_assert_int_eq(answer.status, 200);
    ck_assert_uint_le(answer.length, 2048);
    cJSON *risk = answer_json(&answer);
    const cJSON *factor, *factors = json_at(risk, "factors");
    ck_assert_int_eq(cJSON_GetArraySize(factors), 5);
    cJSON_ArrayForEach(factor, factors) {
        const char *text = json_text_at(factor, "text");
        ck_assert_uint_gt(strlen(text), 20);
        ck_assert_str_eq(text + strlen(text) - strlen("…"), "…");
    }
    cJSON_Delete(risk);
}
END_TEST

/* Readers of all kinds while the board is published: to be run under a sanitizer. */
static void *ask_on(void *stop) {
    static const char *const targets[] = {"/v1/devices?limit=20",
                                          "/v1/devices/02:00:00:00:00:01/risk",
                                          "/v1/devices/02:00:00:00:00:02",
                                          "/metrics",
                                          "/",
                                          "/v1/findings",
                                          "/v1/status"};
    struct client *client = client_open(web_port(site_web));
    for (size_t i = 0; !atomic_load((_Atomic bool *)stop); i++) {
        char request[256];
        size_t length =
            (size_t)snprintf(request, sizeof request,
                             "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", targets[i % 7]);
        char answer[32768];
        if (!client_send(client, request, length) ||
            recv(client->fd, answer, sizeof answer, 0) <= 0)
            break;
    }
    client_close(client);
    return NULL;
}

START_TEST(answers_and_publications_do_not_mind_each_other) {
    pthread_t readers[2];
    _Atomic bool stop = false;
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, ask_on, &stop), 0);
    for (unsigned round = 0; round < 300; round++) {
        for (uint32_t slot = 0; slot < 50; slot++) {
            char id[DEVICE_ID_BYTES];
            snprintf(id, sizeof id, "02:00:00:00:00:%02x", slot);
            bool gone = slot > 10 && (slot + round) % 9 == 0;
            board_put_device(site_board, slot, gone ? NULL : site_view(id, "", slot));
        }
        struct finding finding = {.id = round + 1, .kind = "scan"};
        board_put_finding(site_board, &finding);
        counter_add(&site_counters[0].packets, 1);
        site_publish(50);
    }
    ck_assert_int_eq(site_get(risk_target).status, 200);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(readers[i], NULL);
}
END_TEST

START_TEST(a_port_in_use_is_one_clear_line) {
    char error[256] = "";
    struct web_options options = site_options;
    options.port = web_port(site_web);
    ck_assert_ptr_null(web_start(&options, site_board, NULL, 0, error, sizeof error));
    char expected[256];
    snprintf(expected, sizeof expected,
             "cannot listen on 127.0.0.1 port %u: Address already in use",
             options.port);
    ck_assert_str_eq(error, expected);
}
END_TEST

START_TEST(only_loopback_is_served) {
    static const char *const refused[] = {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char error[256] = "";
        struct web_options options = site_options;
        ck_assert(address_parse(refused[i], &options.address));
        ck_assert_ptr_null(
            web_start(&options, site_board, NULL, 0, error, sizeof error));
        ck_assert_ptr_nonnull(strstr(error, "only loopback"));
        ck_assert_ptr_nonnull(strstr(error, refused[i]));
        ck_assert_ptr_null(strchr(error, '\n'));
    }
}
END_TEST

START_TEST(it_stops_and_starts_again_on_the_same_port) {
    char error[256] = "";
    struct web_options options = site_options;
    options.port = web_port(site_web);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(site_get(risk_target).status, 200);
        web_stop(site_web);
        client_close(site_client);
        site_web = web_start(&options, site_board, NULL, 0, error, sizeof error);
        ck_assert_msg(site_web != NULL, "%s", error);
        site_client = client_open(options.port);
    }
    web_stop(NULL);
}
END_TEST

START_TEST(connections_are_limited) {
    char error[256] = "";
    struct web_options options = site_options;
    options.connection_limit = 4;
    options.port = 0;
    struct web *small = web_start(&options, site_board, NULL, 0, error, sizeof error);
    ck_assert_msg(small != NULL, "%s", error);
    struct client *clients[8];
    for (unsigned i = 0; i < 8; i++)
        clients[i] = client_open(web_port(small));
    /* Those who came last have been let in when the last of them is answered; those who came
       first have said nothing, and made room. */
    for (unsigned i = 8; i-- > 4;)
        ck_assert_int_eq(client_ask(clients[i], "GET", "/livez", "").status, 200);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(client_ask(clients[i], "GET", "/livez", "").status, 0);
    for (unsigned i = 0; i < 8; i++)
        client_close(clients[i]);
    web_stop(small);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("http");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, site_close);
    tcase_add_test(tests, one_connection_serves_many_requests);
    tcase_add_test(tests, pipelined_requests_are_answered_in_order);
    tcase_add_test(tests, half_requests_wait_and_harm_nobody);
    tcase_add_test(tests, the_request_id_is_echoed_if_it_is_harmless);
    tcase_add_test(tests, malformed_requests);
    tcase_add_test(tests, oversized_requests);
    tcase_add_test(tests, five_long_factors_fit_into_two_kilobytes);
    tcase_add_test(tests, answers_and_publications_do_not_mind_each_other);
    tcase_add_test(tests, a_port_in_use_is_one_clear_line);
    tcase_add_test(tests, only_loopback_is_served);
    tcase_add_test(tests, it_stops_and_starts_again_on_the_same_port);
    tcase_add_test(tests, connections_are_limited);
    Suite *suite = suite_create("http");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
