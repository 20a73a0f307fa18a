#include "web/clerk.h"

#include "tests/suite.h"
#include "tests/web/client.h"
#include "web/http.h"

#include <semaphore.h>

/* Long answers beside short ones, which do not wait for them. */

static struct board *board;
static struct clerk *clerk;
static struct http *server;
static sem_t begun, may_end;

static void answer_long(struct service *service, const struct request *request,
                        struct reply *reply) {
    (void)service;
    ck_assert_ptr_nonnull(request->snapshot);
    sem_post(&begun);
    sem_wait(&may_end);
    text_add(&reply->body, "long ");
    text_add(&reply->body, request->query);
    reply->validated = true;
}

static void answer(void *context, struct request *request, struct reply *reply) {
    (void)context;
    if (strcmp(request->path, "/long") == 0)
        clerk_answer(clerk, answer_long, request, reply);
    else
        text_add(&reply->body, "short");
}

static void start(void) {
    char error[128];
    const struct http_options options = {.address = {{127, 0, 0, 1}, 4},
                                         .connection_limit = 16,
                                         .timeout_s = 20,
                                         .memory_bytes = 4096,
                                         .answer = answer};
    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    board = board_create();
    clerk = clerk_start(NULL, board);
    server = http_start(&options, error, sizeof error);
    ck_assert(clerk && server);
}

static void stop(void) {
    clerk_end(clerk);
    http_stop(server);
    clerk_destroy(clerk);
    board_destroy(board);
}

static struct client *ask(const char *target) {
    char request[128];
    struct client *client = client_open(http_port(server));
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: here\r\n\r\n", target);
    client_say(client, request);
    return client;
}

static void expect(struct client *client, int status, const char *body) {
    struct answer got = client_take(client, false);
    ck_assert_int_eq(got.status, status);
    ck_assert_str_eq(got.body, body);
}

START_TEST(a_short_answer_does_not_wait) {
    struct client *first = ask("/long?1"), *second, *other;
    sem_wait(&begun);
    second = ask("/long?2");
    other = ask("/short");
    expect(other, 200, "short");
    sem_post(&may_end);
    expect(first, 200, "long 1");
    client_say(first, "GET /short HTTP/1.1\r\nHost: here\r\n\r\n"); /* goes on */
    expect(first, 200, "short");
    sem_post(&may_end);
    expect(second, 200, "long 2");
    client_close(first);
    client_close(second);
    client_close(other);
    stop();
}
END_TEST

START_TEST(a_long_answer_is_tagged) {
    struct client *client = ask("/long?");
    sem_post(&may_end);
    struct answer got = client_take(client, false);
    const char *tag = strstr(got.head, "ETag: ");
    ck_assert_ptr_nonnull(tag);
    char request[256];
    snprintf(request, sizeof request,
             "GET /long? HTTP/1.1\r\nHost: here\r\nIf-None-Match: %.18s\r\n\r\n",
             tag + 6);
    client_say(client, request);
    sem_post(&may_end);
    got = client_take(client, true);
    ck_assert_int_eq(got.status, 304);
    client_close(client);
    stop();
}
END_TEST

START_TEST(who_goes_away_leaves_nothing_behind) {
    for (unsigned i = 0; i < 20; i++) {
        client_close(ask("/long?"));
        sem_wait(&begun);
        sem_post(&may_end);
    }
    struct client *client = ask("/short");
    expect(client, 200, "short");
    client_close(client);
    stop();
}
END_TEST

START_TEST(at_the_end_nobody_waits) {
    struct client *first = ask("/long?1"), *second = ask("/long?2");
    sem_wait(&begun);
    sem_post(&may_end);
    sem_post(&may_end); /* the second may have been begun, too */
    stop();
    client_close(first);
    client_close(second);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("clerk");
    TCase *all = tcase_create("clerk");
    tcase_add_checked_fixture(all, start, NULL);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_short_answer_does_not_wait);
    tcase_add_test(all, a_long_answer_is_tagged);
    tcase_add_test(all, who_goes_away_leaves_nothing_behind);
    tcase_add_test(all, at_the_end_nobody_waits);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
