#include "engine/base/address.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <check.h>
#include <string.h>

START_TEST(mac_spellings) {
    static const char *const spellings[] = {"00:1a:2B:3c:4D:5e", "00-1A-2b-3C-4d-5E",
                                            "001a.2b3c.4d5e", "001a2b3c4d5e"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct mac mac = {{0}};
        char text[MAC_TEXT_BYTES];
        ck_assert_msg(mac_parse(spellings[i], &mac), "%s", spellings[i]);
        mac_format(&mac, text);
        ck_assert_str_eq(text, "00:1a:2b:3c:4d:5e");
    }
}
END_TEST

START_TEST(mac_misspellings) {
    static const char *const wrong[] = {"",
                                        "0",
                                        "00",
                                        "00:1a",
                                        "00:1a:2b:3c:4d:5",
                                        "00:1a:2b:3c:4d:5e:",
                                        "00:1a:2b:3c:4d:5g",
                                        "00:1a-2b:3c:4d:5e",
                                        "001a.2b3c:4d5e",
                                        "001a2b3c4d5",
                                        "001a2b3c4d5e6",
                                        "+01a2b3c4d5e",
                                        "00:1a:2b:3c:4d5e",
                                        "0.01a2b3c4d5e",
                                        "001a.2b3c4.d5e",
                                        "00 1a 2b 3c 4d 5e"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct mac mac = {{1, 2, 3, 4, 5, 6}}, before = mac;
        ck_assert_msg(!mac_parse(wrong[i], &mac), "%s", wrong[i]);
        ck_assert(mac_equal(&mac, &before));
    }
}
END_TEST

START_TEST(mac_kinds) {
    struct mac zero = {{0}}, broadcast = {{255, 255, 255, 255, 255, 255}},
               group = {{1, 0, 0x5e, 0, 0, 1}}, local = {{2, 0, 0, 0, 0, 1}},
               vendor = {{0, 0, 0x5e, 0, 0, 1}};
    ck_assert(mac_is_zero(&zero) && !mac_is_zero(&vendor));
    ck_assert(mac_is_multicast(&broadcast) && mac_is_multicast(&group));
    ck_assert(!mac_is_multicast(&local) && !mac_is_multicast(&vendor));
    ck_assert(mac_is_local(&local) && !mac_is_local(&vendor));
    ck_assert(!mac_equal(&local, &vendor));
}
END_TEST

static void check_address(const char *text, const char *expected) {
    struct address address;
    char out[ADDRESS_TEXT_BYTES];
    ck_assert_msg(address_parse(text, &address), "%s", text);
    address_format(&address, out);
    ck_assert_str_eq(out, expected);
}

START_TEST(address_texts) {
    check_address("10.0.0.255", "10.0.0.255");
    /* RFC 5952: no leading zeros, the longest run of zeros, the first of two alike, no
       run of one, lower case. */
    check_address("2001:0DB8::0001", "2001:db8::1");
    check_address("2001:db8:0:0:0:0:2:1", "2001:db8::2:1");
    check_address("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    check_address("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
    check_address("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    check_address("0:0:0:0:0:0:0:0", "::");
    check_address("::ffff:192.0.2.1", "192.0.2.1");
    check_address("::fffe:c000:201", "::fffe:c000:201");
    check_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    struct address none = {0};
    char out[ADDRESS_TEXT_BYTES] = "x";
    address_format(&none, out);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(address_mistakes) {
    static const char *const wrong[] = {
        "",           "10",        "10.0.0",     "10.0.0.256", "10.0.0.1 ",
        "01.2.3.4.5", "1::2::3",   "fe80::1%lo", ":",          "1:2:3:4:5:6:7:8:9",
        "::g",        "10.0.0.1/8"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct address address;
        ck_assert_msg(!address_parse(wrong[i], &address), "%s", wrong[i]);
    }
}
END_TEST

START_TEST(address_equality_is_of_family_too) {
    struct address four, six = {.family = 6};
    ck_assert(address_parse("10.0.0.1", &four));
    memcpy(six.bytes, four.bytes, sizeof six.bytes);
    ck_assert(address_equal(&four, &four));
    ck_assert(!address_equal(&four, &six));
}
END_TEST

START_TEST(address_multicast) {
    static const struct {
        const char *text;
        bool is;
    } cases[] = {{"224.0.0.1", true},        {"239.255.255.250", true},
                 {"223.255.255.255", false}, {"240.0.0.1", false},
                 {"255.255.255.255", true},  {"255.255.255.254", false},
                 {"ff02::1", true},          {"fe80::1", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        ck_assert(address_parse(cases[i].text, &address));
        ck_assert_msg(address_is_multicast(&address) == cases[i].is, "%s",
                      cases[i].text);
    }
    ck_assert(!address_is_multicast(&(struct address){0}));
}
END_TEST

START_TEST(prefix_texts) {
    static const char *const cases[][2] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"192.168.1.255/31", "192.168.1.254/31"},
        {"10.0.0.1", "10.0.0.1/32"},
        {"fe80::/10", "fe80::/10"},
        {"febf::1/10", "fe80::/10"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"::/0", "::/0"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        /* IPv4 in IPv6, as sockets for both show it */
        {"::ffff:10.1.2.3", "10.1.2.3/32"},
        {"::ffff:10.1.2.3/104", "10.0.0.0/8"},
        {"::ffff:0:0/96", "0.0.0.0/0"},
        {"::/95", "::/95"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prefix prefix;
        char text[PREFIX_TEXT_BYTES];
        ck_assert_msg(prefix_parse(cases[i][0], &prefix), "%s", cases[i][0]);
        prefix_format(&prefix, text);
        ck_assert_str_eq(text, cases[i][1]);
    }
    static const char *const wrong[] = {
        "10.0.0.0/33", "10.0.0.0/",   "10.0.0.0/-1", "::/129",
        "/8",          "10.0.0.0/8x", "10.0.0.0/ 8", "10.0.0.0/99999999999999999999",
        "ten/8"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct prefix prefix;
        ck_assert_msg(!prefix_parse(wrong[i], &prefix), "%s", wrong[i]);
    }
}
END_TEST

/* The reference looks at one bit after the other. */
static bool contains_bit_by_bit(const struct prefix *prefix,
                                const struct address *address) {
    for (unsigned bit = 0; bit < prefix->length; bit++) {
        unsigned mask = 0x80u >> bit % 8;
        if ((prefix->address.bytes[bit / 8] ^ address->bytes[bit / 8]) & mask)
            return false;
    }
    return prefix->address.family == address->family;
}

START_TEST(prefix_contains_bit_by_bit) {
    unsigned inside = 0;
    for (unsigned round = 0; round < 20000; round++) {
        bool is_6 = random_below(2);
        struct prefix prefix = {.address.family = is_6 ? 6 : 4,
                                .length = (uint8_t)random_below(is_6 ? 129 : 33)};
        for (unsigned i = 0; i < (is_6 ? 16u : 4u); i++)
            prefix.address.bytes[i] = (uint8_t)random_bits();
        struct address address = prefix.address;
        for (unsigned flips = random_below(3); flips; flips--) {
            unsigned bit = random_below(is_6 ? 128 : 32);
            address.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        if (random_below(20) == 0)
            address.family = is_6 ? 4 : 6;
        bool expected = contains_bit_by_bit(&prefix, &address);
        ck_assert(prefix_contains(&prefix, &address) == expected);
        inside += expected;
    }
    ck_assert_uint_gt(inside, 2000);
    ck_assert_uint_lt(inside, 18000);
}
END_TEST

START_TEST(text_made_harmless) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plug-12", "plug-12"},
        {"K\xc3\xbc"
         "che \xe2\x82\xac \xf0\x9f\x92\xa1",
         "K\xc3\xbc"
         "che \xe2\x82\xac \xf0\x9f\x92\xa1"},
        {"a\x1b[31mb\r\n\t\x7f", "a?[31mb????"},
        {"\xc2\x85|\xc2\x9b|\xc2\xa0",
         "??|??|\xc2\xa0"},                     /* C1 controls; a space that is none */
        {"\x80\xbf\xc0\x80\xc1\xbf", "??????"}, /* strays and overlong pairs */
        {"\xe0\x80\xaf|\xf0\x80\x80\xaf", "???|????"}, /* overlong */
        {"\xed\xa0\x80|\xed\x9f\xbf",
         "???|\xed\x9f\xbf"}, /* surrogate, and its neighbour */
        {"\xf4\x90\x80\x80|\xf5\xff\xfe", "????|???"}, /* beyond Unicode */
        {"\xe2\x82", "??"},                            /* cut by its sender */
        {"x\xe2\x80\xaey\xe2\x81\xa6\xe2\x80\xa8", "x???y??????"}, /* turned around */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        size_t length =
            text_copy_untrusted(out, sizeof out, cases[i].in, strlen(cases[i].in));
        ck_assert_str_eq(out, cases[i].out);
        ck_assert_uint_eq(length, strlen(out));
    }
}
END_TEST

START_TEST(text_is_bounded) {
    char out[8] = "zzzzzzz";
    ck_assert_uint_eq(text_copy_untrusted(out, 0, "abc", 3), 0);
    ck_assert_int_eq(out[0], 'z');
    ck_assert_uint_eq(text_copy_untrusted(out, 1, "abc", 3), 0);
    ck_assert_str_eq(out, "");
    ck_assert_uint_eq(text_copy_untrusted(out, 3, "abc", 3), 2);
    ck_assert_str_eq(out, "ab");
    /* A character that does not fit whole stays out. */
    ck_assert_uint_eq(text_copy_untrusted(out, 4, "ab\xc3\xbc", 4), 2);
    ck_assert_str_eq(out, "ab");
    ck_assert_uint_eq(text_copy_untrusted(out, 5, "ab\xc3\xbc", 4), 4);
    ck_assert_uint_eq(text_copy_untrusted(out, sizeof out, "a\0b", 3), 1);
    ck_assert_str_eq(out, "a");
    ck_assert_uint_eq(text_copy_untrusted(out, sizeof out, NULL, 0), 0);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(text_of_any_bytes) {
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t in[24];
        char out[16], again[16];
        size_t length = random_below(sizeof in + 1),
               size = 1 + random_below(sizeof out);
        for (size_t i = 0; i < length; i++)
            in[i] =
                (uint8_t)(random_below(2) ? random_bits() : 0x80 + random_below(0x78));
        size_t written = text_copy_untrusted(out, size, in, length);
        ck_assert_uint_lt(written, size);
        ck_assert_uint_eq(written, strlen(out));
        for (size_t i = 0; i < written; i++)
            ck_assert_int_ge((uint8_t)out[i], 0x20);
        /* What is harmless stays as it is. */
        ck_assert_uint_eq(text_copy_untrusted(again, sizeof again, out, written),
                          written);
        ck_assert_str_eq(again, out);
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("address");
    tcase_add_test(all, mac_spellings);
    tcase_add_test(all, mac_misspellings);
    tcase_add_test(all, mac_kinds);
    tcase_add_test(all, address_texts);
    tcase_add_test(all, address_mistakes);
    tcase_add_test(all, address_equality_is_of_family_too);
    tcase_add_test(all, address_multicast);
    tcase_add_test(all, prefix_texts);
    tcase_add_test(all, prefix_contains_bit_by_bit);
    tcase_add_test(all, text_made_harmless);
    tcase_add_test(all, text_is_bounded);
    tcase_add_test(all, text_of_any_bytes);
    Suite *suite = suite_create("address");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
