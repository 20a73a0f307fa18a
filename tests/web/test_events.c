#include "tests/suite.h"
#include "tests/web/site.h"
#include "web/events.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

/* The stream of events: what happens is told once, in order, to all who listen, and to those
   who come back what they missed. */

static void open_site(void) {
    site_open();
    board_put_device(site_board, 0, site_view("02:00:00:00:00:01", "one", 10));
    site_publish(1);
}

/* A client that has sent its request and taken the head of the answer. */
static struct client *listen_as(const char *headers) {
    struct client *client = client_open(web_port(site_web));
    char request[512];
    snprintf(request, sizeof request, "GET /v1/events HTTP/1.1\r\nHost: a\r\n%s\r\n",
             headers);
    client_say(client, request);
    while (!strstr(client->bytes, "retry: 3000"))
        ck_assert(client_fill(client));
    return client;
}

/* Reads on until the text is there; returns where. */
static const char *hear(struct client *client, const char *text) {
    const char *found;
    while (!(found = strstr(client->bytes, text)))
        ck_assert_msg(client_fill(client), "'%s' never came: %s", text, client->bytes);
    return found;
}

static void change_score(uint32_t slot, const char *id, double score) {
    board_put_device(site_board, slot, site_view(id, "one", score));
    site_publish(1);
}

START_TEST(what_happens_is_told) {
    struct client *client = listen_as("");
    ck_assert_ptr_nonnull(strstr(client->bytes, "200 OK"));
    ck_assert_ptr_nonnull(strstr(client->bytes, "Content-Type: text/event-stream"));
    ck_assert_ptr_nonnull(strstr(client->bytes, "Cache-Control: no-store"));
    change_score(0, "02:00:00:00:00:01", 45);
    const char *risk =
        hear(client, "event: risk\ndata: {\"device\":\"02:00:00:00:00:01\"");
    ck_assert_ptr_nonnull(strstr(risk, "\"score\":45"));
    hear(client, "\"factors\":[]}\n\n");
    struct finding finding = {.id = 3, .kind = "scan", .time_ns = site_now_ns};
    snprintf(finding.text, sizeof finding.text, "line\nbreak");
    board_put_finding(site_board, &finding);
    hear(client, "event: finding\ndata: {\"id\":3");
    hear(client, "line?break"); /* a line stays a line */
    struct device_view *view = site_view("02:00:00:00:00:02", "two", 0);
    view->first_seen_ns = view->computed_at_ns;
    board_put_device(site_board, 1, view);
    hear(client,
         "event: device\ndata: {\"device\":\"02:00:00:00:00:02\",\"event\":\"new\"");
    view = site_view("02:00:00:00:00:02", "two", 0);
    view->state = STATE_STALE;
    board_put_device(site_board, 1, view);
    hear(client, "\"event\":\"departed\"");
    board_put_device(site_board, 1, site_view("02:00:00:00:00:02", "two", 0));
    hear(client, "\"event\":\"returned\"");
    board_put_device(site_board, 1, site_view("02:00:00:00:00:02", "three", 0));
    hear(client, "\"event\":\"changed\"");
    board_put_device(site_board, 1, NULL);
    hear(client, "\"event\":\"gone\"}");
    char body[] = "{\"subject\":{\"type\":\"device\",\"id\":\"one\"},"
                  "\"action\":{\"name\":\"connect\"},"
                  "\"resource\":{\"type\":\"service\",\"id\":\"tcp/443\"}}";
    char request[512];
    snprintf(request, sizeof request,
             "POST /access/v1/evaluation HTTP/1.1\r\nHost: a\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    client_say(site_client, request);
    ck_assert_int_eq(client_take(site_client, false).status, 200);
    hear(client, "event: decision\ndata: {");
    client_close(client);
}
END_TEST

static uint64_t last_id(const struct client *client) {
    uint64_t id = 0;
    for (const char *at = client->bytes; (at = strstr(at, "id: ")); at++)
        if (at[-1] == '\n')
            id = strtoull(at + 4, NULL, 10);
    return id;
}

START_TEST(who_comes_back_gets_what_he_missed) {
    struct client *client = listen_as("");
    change_score(0, "02:00:00:00:00:01", 20);
    hear(client, "\"score\":20");
    hear(client, "\"factors\":[]}\n\n");
    uint64_t id = last_id(client);
    ck_assert_uint_gt(id, 1000000000000000);
    ck_assert_uint_lt(id, UINT64_C(1) << 53);
    client_close(client);
    change_score(0, "02:00:00:00:00:01", 21);
    change_score(0, "02:00:00:00:00:01", 22);
    char header[64];
    snprintf(header, sizeof header, "Last-Event-ID: %" PRIu64 "\r\n", id);
    client = listen_as(header);
    const char *first = hear(client, "\"score\":21"),
               *second = hear(client, "\"score\":22");
    ck_assert_ptr_null(strstr(client->bytes, "\"score\":20"));
    ck_assert(first < second);
    ck_assert_uint_eq(last_id(client), id + 2);
    client_close(client);
    /* of another run, or none: what comes from now on */
    static const char *const others[] = {"Last-Event-ID: 5\r\n",
                                         "Last-Event-ID: 99999999999999999\r\n",
                                         "Last-Event-ID: nonsense\r\n", ""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        client = listen_as(others[i]);
        change_score(0, "02:00:00:00:00:01", 30 + (double)i);
        hear(client, "event: risk");
        ck_assert_ptr_null(strstr(client->bytes, "\"score\":22"));
        client_close(client);
    }
    /* more than is kept: from the oldest that is */
    client = listen_as("");
    for (unsigned i = 0; i < EVENTS_KEPT + 100; i++)
        change_score(0, "02:00:00:00:00:01", i % 2 ? 50 : 51);
    client_close(client);
    client = listen_as(header);
    hear(client, "\"score\":50");
    ck_assert_uint_ge(strtoull(hear(client, "\nid: ") + 5, NULL, 10), id + 100);
    client_close(client);
}
END_TEST

START_TEST(readers_are_counted_and_slow_ones_cut) {
    struct client *clients[EVENTS_READERS];
    for (unsigned i = 0; i < EVENTS_READERS; i++)
        clients[i] = listen_as("");
    struct answer answer = site_get("/v1/events");
    site_problem(&answer, 503, NULL, NULL);
    ck_assert_str_eq(answer_header(&answer, "Retry-After"), "10");
    ck_assert_int_eq(site_get("/v1/devices/one/risk").status, 200);
    /* all but the first read; nobody holds the others up */
    struct finding finding = {.kind = "scan"};
    memset(finding.text, 'x', sizeof finding.text - 1);
    for (unsigned i = 0; i < 3 * EVENTS_KEPT; i++) {
        finding.id++;
        board_put_finding(site_board, &finding);
        if (i % 256 == 0)
            ck_assert_int_eq(site_get("/livez").status, 200);
    }
    for (unsigned i = 0; i < EVENTS_READERS; i++)
        client_close(clients[i]);
    for (unsigned tries = 0; tries < 200; tries++) {
        finding.id++;
        board_put_finding(site_board, &finding); /* wakes those who are gone */
        struct client *late = client_open(web_port(site_web));
        client_say(late, "GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n");
        while (!strstr(late->bytes, "\r\n\r\n"))
            ck_assert(client_fill(late));
        bool served = strstr(late->bytes, "200 OK") != NULL;
        client_close(late);
        if (served)
            return;
        usleep(20000);
    }
    ck_abort_msg("no place was ever free again");
}
END_TEST

START_TEST(it_ends_with_the_server) {
    char error[256];
    struct client *client = listen_as("");
    web_stop(site_web);
    while (client_fill(client)) /* until it is closed */
        ck_assert_uint_lt(client->used, 4096);
    client_close(client);
    site_web = web_start(&site_options, site_board, NULL, 0, error, sizeof error);
    ck_assert_msg(site_web != NULL, "%s", error);
}
END_TEST

/* To be run under a sanitizer. */
static _Atomic bool over;

static void *come_and_go(void *argument) {
    (void)argument;
    while (!atomic_load(&over)) {
        struct client *client = listen_as("");
        client_fill(client);
        client_close(client);
    }
    return NULL;
}

START_TEST(readers_come_and_go_while_things_happen) {
    pthread_t readers[3];
    atomic_store(&over, false);
    for (unsigned i = 0; i < 3; i++)
        pthread_create(&readers[i], NULL, come_and_go, NULL);
    for (unsigned i = 0; i < 2000; i++)
        change_score(0, "02:00:00:00:00:01", i % 100);
    atomic_store(&over, true);
    for (unsigned i = 0; i < 1000; i++) { /* for those who wait for a word */
        change_score(0, "02:00:00:00:00:01", i % 100);
        usleep(100);
    }
    for (unsigned i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    ck_assert_int_eq(site_get("/livez").status, 200);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("events");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, site_close);
    tcase_add_test(tests, what_happens_is_told);
    tcase_add_test(tests, who_comes_back_gets_what_he_missed);
    tcase_add_test(tests, readers_are_counted_and_slow_ones_cut);
    tcase_add_test(tests, it_ends_with_the_server);
    tcase_add_test(tests, readers_come_and_go_while_things_happen);
    Suite *suite = suite_create("events");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
