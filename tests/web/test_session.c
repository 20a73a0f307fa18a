#include "tests/suite.h"
#include "tests/web/site.h"
#include "web/session.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* Signing in on the page: a token once, then a cookie that only the page can use. */

static const char reader[] = "reads-and-nothing-else", admin[] = "may-do-everything";
static char tokens_path[64];

static void add_token(FILE *file, const char *name, const char *scope,
                      const char *token) {
    unsigned char hash[32];
    gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), hash);
    fprintf(file, "%s %s ", name, scope);
    for (size_t i = 0; i < sizeof hash; i++)
        fprintf(file, "%02x", hash[i]);
    fputc('\n', file);
}

static void open_site(void) {
    strcpy(tokens_path, "/tmp/wary-session-XXXXXX");
    FILE *file = fdopen(mkstemp(tokens_path), "w");
    add_token(file, "eyes", "risk.read", reader);
    add_token(file, "chief", "admin", admin);
    fclose(file);
    site_begin();
    snprintf(site_options.tokens_path, sizeof site_options.tokens_path, "%s",
             tokens_path);
    site_start();
    board_put_device(site_board, 0, site_view("02:00:00:aa:bb:cc", "camera-1", 87));
    site_publish(1);
}

static void close_site(void) {
    site_close();
    unlink(tokens_path);
}

static struct answer post(const char *target, const char *headers, const char *body) {
    char request[2048];
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n%s\r\n%s",
             target, strlen(body), headers, body);
    client_say(site_client, request);
    return client_take(site_client, false);
}

/* The Cookie header of one who has signed in with the token. */
static const char *sign_in(const char *token) {
    static char header[160];
    char body[128];
    snprintf(body, sizeof body, "{\"token\":\"%s\"}", token);
    struct answer answer = post("/login", "Sec-Fetch-Site: same-origin\r\n", body);
    ck_assert_int_eq(answer.status, 200);
    const char *cookie = answer_header(&answer, "Set-Cookie");
    static const char *const rules[] = {"; Path=/", "; Secure", "; HttpOnly",
                                        "; SameSite=Strict", "; Max-Age=43200"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        ck_assert_ptr_nonnull(strstr(cookie, rules[i]));
    ck_assert_ptr_null(strstr(cookie, "Domain"));
    ck_assert_ptr_null(strstr(answer.body, token));
    int length = (int)strcspn(cookie, ";");
    ck_assert_int_eq(strncmp(cookie, "__Host-wary=", 12), 0);
    snprintf(header, sizeof header, "Cookie: a=b; %.*s\r\n", length, cookie);
    return header;
}

static int status_of(const char *method, const char *target, const char *headers) {
    return client_ask(site_client, method, target, headers).status;
}

START_TEST(without_a_token_there_is_only_the_door) {
    struct answer page = site_get("/");
    ck_assert_int_eq(page.status, 200);
    ck_assert_ptr_null(strstr(page.body, "camera-1"));
    ck_assert_ptr_null(strstr(page.body, "data-device"));
    ck_assert_int_eq(status_of("GET", "/v1/devices", ""), 401);
    ck_assert_int_ne(status_of("GET", "/page.js", ""), 401);
    ck_assert_int_eq(status_of("GET", "/v1/devices", "Cookie: __Host-wary=00\r\n"),
                     401);
}
END_TEST

START_TEST(a_token_becomes_a_cookie) {
    const char *cookie = sign_in(reader);
    ck_assert_int_eq(status_of("GET", "/v1/devices", cookie), 200);
    ck_assert_int_eq(status_of("GET", "/v1/audit", cookie), 403);
    struct answer page = client_ask(site_client, "GET", "/", cookie);
    ck_assert_ptr_nonnull(strstr(page.body, "camera-1"));
    ck_assert_ptr_nonnull(strstr(page.body, "name=\"principal\" content=\"eyes\""));
    /* Nearly the same is not the same. */
    char other[160];
    snprintf(other, sizeof other, "%s", cookie);
    char *digit = strstr(other, "wary=") + 5;
    *digit = *digit == '0' ? '1' : '0';
    ck_assert_int_eq(status_of("GET", "/v1/devices", other), 401);
    snprintf(other, sizeof other, "Cookie: X%s", cookie + strlen("Cookie: a=b; "));
    ck_assert_int_eq(status_of("GET", "/v1/devices", other), 401);
}
END_TEST

START_TEST(a_wrong_token_is_refused) {
    static const char page[] = "Sec-Fetch-Site: same-origin\r\n";
    struct answer answer = post("/login", page, "{\"token\":\"guess\"}");
    ck_assert_int_eq(answer.status, 401);
    ck_assert_str_eq(answer_header(&answer, "Set-Cookie"), "");
    ck_assert_int_eq(post("/login", page, "{\"token\":7}").status, 400);
    ck_assert_int_eq(post("/login", page, "[]").status, 400);
    ck_assert_int_eq(post("/login", page, "{}").status, 400);
}
END_TEST

/* Another site may make a browser send the cookie, were it not for SameSite; it cannot say that
   it is the page. */
START_TEST(another_site_cannot_write) {
    static const char right[] = "{\"token\":\"may-do-everything\"}";
    ck_assert_int_eq(post("/login", "", right).status, 403);
    ck_assert_int_eq(post("/login", "Sec-Fetch-Site: cross-site\r\n", right).status,
                     403);
    ck_assert_int_eq(post("/login", "Origin: http://evil.example\r\n", right).status,
                     403);
    const char *cookie = sign_in(admin);
    static const struct {
        const char *from;
        int status;
    } cases[] = {{"", 403},
                 {"Sec-Fetch-Site: cross-site\r\n", 403},
                 {"Sec-Fetch-Site: same-site\r\n", 403},
                 {"Sec-Fetch-Site: none\r\n", 403},
                 {"Origin: http://evil.example\r\n", 403},
                 {"Origin: null\r\n", 403},
                 {"Sec-Fetch-Site: cross-site\r\nOrigin: http://localhost\r\n", 403},
                 {"Origin: http://localhost\r\n", 200},
                 {"Sec-Fetch-Site: same-origin\r\n", 200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char headers[512];
        snprintf(headers, sizeof headers, "%s%s", cookie, cases[i].from);
        ck_assert_msg(post("/v1/policy/reload", headers, "").status == cases[i].status,
                      "%s", cases[i].from);
    }
}
END_TEST

START_TEST(signing_out_ends_it) {
    const char *cookie = sign_in(reader);
    char headers[512];
    snprintf(headers, sizeof headers, "%sSec-Fetch-Site: cross-site\r\n", cookie);
    ck_assert_int_eq(post("/logout", headers, "").status, 403);
    ck_assert_int_eq(status_of("GET", "/v1/devices", cookie), 200);
    snprintf(headers, sizeof headers, "%sSec-Fetch-Site: same-origin\r\n", cookie);
    struct answer answer = post("/logout", headers, "");
    ck_assert_int_eq(answer.status, 200);
    ck_assert_ptr_nonnull(strstr(answer_header(&answer, "Set-Cookie"), "Max-Age=0"));
    ck_assert_int_eq(status_of("GET", "/v1/devices", cookie), 401);
}
END_TEST

/* More than are kept: the one used longest ago has to sign in again. */
START_TEST(sessions_are_bounded) {
    char first[160], second[160];
    snprintf(first, sizeof first, "%s", sign_in(reader));
    snprintf(second, sizeof second, "%s", sign_in(reader));
    for (unsigned i = 0; i < SESSIONS - 2; i++)
        sign_in(reader);
    ck_assert_int_eq(status_of("GET", "/v1/devices", first), 200);
    sign_in(reader);
    ck_assert_int_eq(status_of("GET", "/v1/devices", first), 200);
    ck_assert_int_eq(status_of("GET", "/v1/devices", second), 401);
}
END_TEST

/* By a clock of the test's own. */
START_TEST(sessions_end) {
    static const uint64_t hour_ns = 3600 * UINT64_C(1000000000);
    struct auth auth = {.required = true};
    struct sessions sessions = {0};
    const char *name;
    struct request request = {.method = "GET"};
    ck_assert_int_eq(
        session_check(&sessions, &auth, &request, AUTH_RISK_READ, 99 * hour_ns, &name),
        AUTH_UNKNOWN);
    ck_assert(!session_is_over(
        &(struct session){.begun_ns = hour_ns, .used_ns = hour_ns}, 2 * hour_ns));
    ck_assert(session_is_over(
        &(struct session){.begun_ns = hour_ns, .used_ns = hour_ns}, 2 * hour_ns + 1));
    ck_assert(
        session_is_over(&(struct session){.begun_ns = hour_ns, .used_ns = 13 * hour_ns},
                        13 * hour_ns + 1));
    ck_assert(session_is_over(&(struct session){0}, 1));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("session");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, open_site, close_site);
    tcase_add_test(tests, without_a_token_there_is_only_the_door);
    tcase_add_test(tests, a_token_becomes_a_cookie);
    tcase_add_test(tests, a_wrong_token_is_refused);
    tcase_add_test(tests, another_site_cannot_write);
    tcase_add_test(tests, signing_out_ends_it);
    tcase_add_test(tests, sessions_are_bounded);
    tcase_add_test(tests, sessions_end);
    Suite *suite = suite_create("session");
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
