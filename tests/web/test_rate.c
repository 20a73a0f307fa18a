#include "tests/suite.h"
#include "tests/web/site.h"
#include "web/rate.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* How often one may ask. */

static const uint64_t second_ns = 1000000000;

static unsigned taken(struct rate *rate, const char *name, uint32_t per_s,
                      uint64_t now_ns, unsigned tries) {
    unsigned count = 0;
    uint32_t wait_s = 0;
    for (unsigned i = 0; i < tries; i++) {
        bool granted = rate_take(rate, name, per_s, now_ns, &wait_s);
        count += granted;
        ck_assert(granted || wait_s >= 1);
    }
    return count;
}

START_TEST(a_bucket_fills_again) {
    struct rate *rate = rate_create();
    uint64_t now_ns = 1000 * second_ns;
    ck_assert_uint_eq(taken(rate, "a", 10, now_ns, 100), 10 * RATE_BURST_S);
    ck_assert_uint_eq(taken(rate, "a", 10, now_ns + second_ns / 2, 100), 5);
    ck_assert_uint_eq(taken(rate, "a", 10, now_ns + 3600 * second_ns, 100),
                      10 * RATE_BURST_S);
    ck_assert_uint_eq(taken(rate, "b", 10, now_ns, 100), 10 * RATE_BURST_S);
    ck_assert_uint_eq(taken(rate, "c", 0, now_ns, 100), 100);
    rate_destroy(rate);
}
END_TEST

START_TEST(it_says_when_to_come_again) {
    struct rate *rate = rate_create();
    uint64_t now_ns = 1000 * second_ns;
    uint32_t wait_s = 0;
    ck_assert_uint_eq(taken(rate, "a", 1, now_ns, 10), RATE_BURST_S);
    ck_assert(!rate_take(rate, "a", 1, now_ns, &wait_s));
    ck_assert_uint_eq(wait_s, 1);
    ck_assert(rate_take(rate, "a", 1, now_ns + wait_s * second_ns, &wait_s));
    rate_destroy(rate);
}
END_TEST

/* Whoever is there among so many has what is left, or a full bucket: never less. */
START_TEST(many_names_make_nobody_wait) {
    struct rate *rate = rate_create();
    char name[32];
    for (unsigned i = 0; i < 10 * RATE_NAMES; i++) {
        snprintf(name, sizeof name, "name-%u", i);
        ck_assert_uint_eq(taken(rate, name, 1, 1000 * second_ns, 3), RATE_BURST_S);
    }
    rate_destroy(rate);
}
END_TEST

/* --- over the wire --- */

static char tokens_path[64], audit_path[64];

static void open_site(void) {
    static const char *const names[] = {"first", "second"};
    strcpy(tokens_path, "/tmp/wary-rate-XXXXXX");
    strcpy(audit_path, "/tmp/wary-rate-XXXXXX");
    close(mkstemp(audit_path));
    FILE *file = fdopen(mkstemp(tokens_path), "w");
    for (size_t i = 0; i < 2; i++) {
        unsigned char hash[32];
        gnutls_hash_fast(GNUTLS_DIG_SHA256, names[i], strlen(names[i]), hash);
        fprintf(file, "%s admin ", names[i]);
        for (size_t digit = 0; digit < sizeof hash; digit++)
            fprintf(file, "%02x", hash[digit]);
        fputc('\n', file);
    }
    fclose(file);
    site_begin();
    strcpy(site_options.tokens_path, tokens_path);
    strcpy(site_options.audit_path, audit_path);
    site_options.rate_per_s = 1;
    site_start();
    site_publish(0);
}

static void close_site(void) {
    site_close();
    unlink(tokens_path);
    unlink(audit_path);
}

/* How many of so many requests at once are answered so. */
static unsigned ask_often(const char *target, const char *token, int status) {
    enum { TIMES = 100 };
    char request[256], all[TIMES * sizeof request] = "";
    unsigned count = 0;
    int length =
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n",
                 target, token);
    for (int i = 0; i < TIMES; i++)
        memcpy(all + i * length, request, (size_t)length + 1);
    client_say(site_client, all);
    for (int i = 0; i < TIMES; i++) {
        struct answer answer = client_take(site_client, false);
        count += answer.status == status;
        if (answer.status != 429)
            continue;
        site_problem(&answer, 429, "title", "Too Many Requests");
        ck_assert_int_ge(atoi(answer_header(&answer, "Retry-After")), 1);
    }
    return count;
}

START_TEST(who_asks_too_often_is_told) {
    ck_assert_uint_ge(ask_often("/v1/devices", "first", 429), 1);
    struct answer answer = client_ask(site_client, "GET", "/v1/devices",
                                      "Authorization: Bearer second\r\n");
    ck_assert_int_eq(answer.status, 200);
    answer =
        client_ask(site_client, "GET", "/metrics", "Authorization: Bearer second\r\n");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_null(strstr(answer.body, "\nwary_http_limited_total 0\n"));
    ck_assert_ptr_nonnull(strstr(answer.body, "\nwary_http_limited_total "));
}
END_TEST

/* Risk has a limit of its own, and the hook none. */
START_TEST(decisions_are_not_kept_waiting) {
    ck_assert_uint_eq(ask_often("/v1/devices/x/risk", "first", 404), 100);
    ck_assert_uint_eq(ask_often("/authz/x", "first", 429), 0);
    ck_assert_uint_ge(ask_often("/v1/devices", "nobody", 401), 1);
    ck_assert_uint_ge(ask_often("/v1/devices", "nobody", 429), 1);
}
END_TEST

static unsigned count_lines(const char *with) {
    char line[1024];
    unsigned count = 0;
    FILE *file = fopen(audit_path, "r");
    while (fgets(line, sizeof line, file))
        count += strstr(line, with) != NULL;
    fclose(file);
    return count;
}

/* At 10 a second and 20 at once, 300 refusals would be all there only after half a minute. */
START_TEST(refusals_are_remembered_within_bounds) {
    for (unsigned i = 0; i < 3; i++)
        ask_often("/v1/devices", "nobody", 401);
    ck_assert_uint_ge(count_lines("\"api\":\"refused\""), 20);
    ck_assert_uint_lt(count_lines("\"api\":\"refused\""), 300);
    ck_assert_uint_ge(count_lines("\"status\":401"), 1);
    ck_assert_uint_ge(count_lines("\"status\":429"), 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rate");
    TCase *pure = tcase_create("pure"), *wire = tcase_create("wire");
    tcase_add_test(pure, a_bucket_fills_again);
    tcase_add_test(pure, it_says_when_to_come_again);
    tcase_add_test(pure, many_names_make_nobody_wait);
    tcase_add_checked_fixture(wire, open_site, close_site);
    tcase_add_test(wire, who_asks_too_often_is_told);
    tcase_add_test(wire, decisions_are_not_kept_waiting);
    tcase_add_test(wire, refusals_are_remembered_within_bounds);
    suite_add_tcase(suite, pure);
    suite_add_tcase(suite, wire);
    return suite_run(suite);
}
