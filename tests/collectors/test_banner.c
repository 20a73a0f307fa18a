#include "collectors/banner.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static enum name_kind kind;
static char text[RECORD_TEXT_BYTES];

/* What a TCP payload says; NULL if nothing. Out of the heap, for the sanitizers' sake. */
static const char *said_bytes(const void *payload, size_t length, uint8_t protocol) {
    uint8_t *copy = malloc(length ? length : 1);
    memcpy(copy, payload, length);
    struct packet packet = {.protocol = protocol,
                            .payload = copy,
                            .payload_captured = (uint32_t)length,
                            .payload_length = (uint32_t)length};
    text[0] = '\0';
    bool found = banner_read(&packet, &kind, text);
    free(copy);
    return found ? text : NULL;
}

static const char *said(const char *payload) {
    return said_bytes(payload, strlen(payload), PROTOCOL_TCP);
}

START_TEST(who_asks_and_who_answers) {
    ck_assert_str_eq(
        said("GET / HTTP/1.1\r\nHost: x\r\nuser-agent:  Lamp/1.0 \r\n\r\n"),
        "Lamp/1.0 ");
    ck_assert_int_eq(kind, NAME_USER_AGENT);
    ck_assert_str_eq(said("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n"), "nginx");
    ck_assert_int_eq(kind, NAME_HTTP_SERVER);
    ck_assert_str_eq(said("SSH-2.0-OpenSSH_9.2\r\nmore"), "SSH-2.0-OpenSSH_9.2");
    ck_assert_int_eq(kind, NAME_SSH);
    ck_assert_str_eq(said("SSH-2.0-cut"), "SSH-2.0-cut");
    ck_assert_str_eq(said("SSH-2.0-\x01\x1b[2J\n"), "SSH-2.0-??[2J");
}
END_TEST

START_TEST(what_says_nothing) {
    ck_assert_ptr_null(said("GET / HTTP/1.1\r\nHost: x\r\n\r\nUser-Agent: body\r\n"));
    ck_assert_ptr_null(said("GET / HTTP/1.1\r\nUser-Agent: cut"));
    ck_assert_ptr_null(said("GET / HTTP/1.1\r\nUser-Agent:\r\n\r\n"));
    ck_assert_ptr_null(said("GET / HTTP/1.1"));
    ck_assert_ptr_null(said("BREW / HTTP/1.1\r\nUser-Agent: x\r\n\r\n"));
    ck_assert_ptr_null(said("SSH-"));
    ck_assert_ptr_null(said(""));
    const char *udp = "SSH-2.0-x\r\n";
    ck_assert_ptr_null(said_bytes(udp, strlen(udp), PROTOCOL_UDP));
}
END_TEST

START_TEST(cut_anywhere) {
    const char *whole = "HTTP/1.1 200 OK\r\nDate: x\r\nServer: nginx\r\n\r\n";
    for (size_t length = 0; length <= strlen(whole); length++) {
        const char *found = said_bytes(whole, length, PROTOCOL_TCP);
        ck_assert(!found || strcmp(found, "nginx") == 0);
        ck_assert_int_eq(found != NULL, length >= strlen(whole) - 2);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("banner");
    TCase *cases = tcase_create("banner");
    tcase_add_test(cases, who_asks_and_who_answers);
    tcase_add_test(cases, what_says_nothing);
    tcase_add_test(cases, cut_anywhere);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
