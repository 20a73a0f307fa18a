#include "collectors/dns.h"
#include "tests/collectors/hex.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

/* A header: id 1, then flags and the four counts. */
#define HEADER(flags, counts)       "0001 " flags counts
#define QUESTION(name, type)        name "00 " type "0001 "
#define WWW                         "03 'www' 07 'example' 03 'com' "
#define RECORD(owner, type, length) owner type "0001 00000e10 " length

static bool parse(const char *text, struct dns_message *message) {
    struct bytes bytes = hex(text);
    uint8_t *copy = exact_copy(bytes.at, bytes.length);
    bool good = dns_parse(copy, bytes.length, message);
    free(copy);
    return good;
}

static void check_address(const struct address *address, const char *expected) {
    char text[ADDRESS_TEXT_BYTES];
    address_format(address, text);
    ck_assert_str_eq(text, expected);
}

START_TEST(query) {
    struct dns_message message;
    ck_assert(
        parse(HEADER("0100", "0001 0000 0000 0000") QUESTION(WWW, "001c"), &message));
    ck_assert(!message.is_response);
    ck_assert_uint_eq(message.id, 1);
    ck_assert_uint_eq(message.opcode, 0);
    ck_assert_uint_eq(message.questions, 1);
    ck_assert_uint_eq(message.type, DNS_AAAA);
    ck_assert_str_eq(message.name, "www.example.com");
    ck_assert_uint_eq(message.name_bytes, 15);
    ck_assert_uint_eq(message.address_count, 0);
}
END_TEST

START_TEST(answer_by_way_of_a_cname) {
    struct dns_message message;
    ck_assert(
        parse(HEADER("8180", "0001 0004 0000 0000") QUESTION(WWW, "0001") //
              RECORD("c00c ", "0005 ", "0006 ") "03 'cdn' c010 " RECORD(
                  "c02d ", "0001 ",
                  "0004 ") "c0000201 " RECORD("c02d ", "001c ",
                                              "0010 ") "20010db800000000000000000000000"
                                                       "1 " RECORD("c02d ", "0010 ",
                                                                   "0002 ") "01 'x'",
              &message));
    ck_assert(message.is_response);
    ck_assert_uint_eq(message.rcode, 0);
    ck_assert_str_eq(message.name, "www.example.com");
    ck_assert_uint_eq(message.address_count, 2);
    check_address(&message.addresses[0], "192.0.2.1");
    check_address(&message.addresses[1], "2001:db8::1");
}
END_TEST

START_TEST(no_such_name) {
    struct dns_message message;
    ck_assert(parse(HEADER("8183", "0001 0000 0000 0000")
                        QUESTION("04 'nope' ", "0001"),
                    &message));
    ck_assert_uint_eq(message.rcode, DNS_NXDOMAIN);
    ck_assert_str_eq(message.name, "nope");
}
END_TEST

START_TEST(names_made_harmless) {
    static const struct {
        const char *wire, *text;
    } cases[] = {
        {"", ""},
        {"07 'ExAmPlE' 03 'COM' ", "example.com"},
        {"05 'a.b\\c' 02 'de' ", "a\\.b\\\\c.de"},
        {"04 62000a7f 03 'com' ", "b???.com"}, /* a NUL does not end it */
        {"02 c3bc 01 ff ", "\xc3\xbc.?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        struct dns_message message;
        snprintf(text, sizeof text,
                 HEADER("0100", "0001 0000 0000 0000") "%s 00 0001 0001",
                 cases[i].wire);
        ck_assert_msg(parse(text, &message), "%s", cases[i].wire);
        ck_assert_str_eq(message.name, cases[i].text);
        ck_assert_uint_eq(message.name_bytes, strlen(message.name));
    }
}
END_TEST

START_TEST(longest_names) {
    /* Labels of 63, 63, 63 and `last`: 255 bytes on the wire are allowed, 256 not. */
    for (unsigned last = 61; last <= 62; last++) {
        struct bytes bytes = hex(HEADER("0100", "0001 0000 0000 0000"));
        for (unsigned label = 0; label < 4; label++) {
            unsigned length = label < 3 ? 63 : last;
            bytes.at[bytes.length++] = (uint8_t)length;
            memset(bytes.at + bytes.length, '.',
                   length); /* twice as long when escaped */
            bytes.length += length;
        }
        memcpy(bytes.at + bytes.length, "\0\0\1\0\1", 5);
        bytes.length += 5;
        struct dns_message message;
        ck_assert(dns_parse(bytes.at, bytes.length, &message) == (last == 61));
        if (last == 61)
            ck_assert_uint_ge(strlen(message.name), DNS_NAME_BYTES - 3);
    }
}
END_TEST

START_TEST(pointers_only_lead_back) {
    static const char *const wrong[] = {
        HEADER("0100", "0001 0000 0000 0000") "c00c 0001 0001", /* to itself */
        HEADER("0100",
               "0001 0000 0000 0000") "c00e c00c 0001 0001", /* forward, and back */
        HEADER("0100",
               "0001 0000 0000 0000") "01 'a' c00c 0001 0001",   /* round and round */
        HEADER("0100", "0001 0000 0000 0000") "c0ff 0001 0001",  /* beyond the end */
        HEADER("0100", "0001 0000 0000 0000") "c0",              /* half of one */
        HEADER("0100", "0001 0000 0000 0000") "40 00 0001 0001", /* labels of no kind */
        HEADER("0100", "0001 0000 0000 0000") "80 00 0001 0001",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct dns_message message;
        ck_assert_msg(!parse(wrong[i], &message), "%s", wrong[i]);
    }
}
END_TEST

/* Question 0 is the root; each further one is a pointer to the one before. */
START_TEST(chains_of_pointers_are_bounded) {
    for (unsigned links = 1; links <= 40; links++) {
        struct bytes bytes = hex(HEADER("0100", "0000 0000 0000 0000") "00 0001 0001");
        bytes.at[5] = (uint8_t)(links + 1);
        uint32_t target = 12;
        for (unsigned i = 0; i < links; i++) {
            uint32_t here = bytes.length;
            struct bytes question = hex("c000 0001 0001");
            question.at[1] = (uint8_t)target;
            memcpy(bytes.at + here, question.at, question.length);
            bytes.length += question.length;
            target = here;
        }
        struct dns_message message;
        ck_assert_msg(dns_parse(bytes.at, bytes.length, &message) == (links <= 16),
                      "%u", links);
    }
}
END_TEST

START_TEST(counts_are_only_claims) {
    struct dns_message message;
    ck_assert(
        !parse(HEADER("0100", "ffff 0000 0000 0000") QUESTION(WWW, "0001"), &message));
    ck_assert(
        !parse(HEADER("0100", "0002 0000 0000 0000") QUESTION(WWW, "0001"), &message));
    ck_assert(!parse("0001 0100 0000 0000 0000 00", &message));
    ck_assert(!parse("", &message));
    ck_assert(parse(HEADER("8000", "0000 0000 0000 0000"), &message));
    ck_assert_str_eq(message.name, "");
    /* Answers up to the broken one. */
    ck_assert(parse(HEADER("8180", "0001 ffff 0000 0000") QUESTION(WWW, "0001") //
                    RECORD("c00c ", "0001 ", "0004 ") "c0000201" RECORD(
                        "c00c ", "0001 ", "0005 ") "c0000202",
                    &message));
    ck_assert_uint_eq(message.address_count, 1);
    /* An address of the wrong size, or of another class, is none. */
    ck_assert(parse(
        HEADER("8180", "0000 0003 0000 0000") //
        RECORD("00 ", "0001 ", "0005 ") "c000020100"
                                        "00 0001 0003 00000e10 0004 c0000203" RECORD(
                                            "00 ", "001c ", "0004 ") "c0000202",
        &message));
    ck_assert_uint_eq(message.address_count, 0);
}
END_TEST

START_TEST(labels_and_questions_have_a_limit) {
    for (unsigned length = 63; length <= 64; length++) {
        struct bytes bytes = hex(HEADER("0100", "0001 0000 0000 0000"));
        bytes.at[bytes.length++] = (uint8_t)length;
        memset(bytes.at + bytes.length, 'x', length);
        memcpy(bytes.at + bytes.length + length, "\0\0\1\0\1", 5);
        bytes.length += length + 5;
        struct dns_message message;
        ck_assert(dns_parse(bytes.at, bytes.length, &message) == (length == 63));
    }
    for (unsigned questions = 64; questions <= 65; questions++) {
        struct bytes bytes = hex(HEADER("0100", "0000 0000 0000 0000"));
        bytes.at[5] = (uint8_t)questions;
        memset(bytes.at + bytes.length, 0, 5 * (size_t)questions);
        bytes.length += questions * 5;
        struct dns_message message;
        struct dns_reader reader;
        ck_assert(dns_parse(bytes.at, bytes.length, &message) == (questions == 64));
        ck_assert(dns_open(&reader, bytes.at, bytes.length) == (questions == 64));
    }
}
END_TEST

START_TEST(eight_addresses_are_enough) {
    struct bytes bytes = hex(HEADER("8180", "0000 0014 0000 0000"));
    for (unsigned i = 0; i < 20; i++) {
        struct bytes record = hex(RECORD("00 ", "0001 ", "0004 ") "0a000000");
        record.at[record.length - 1] = (uint8_t)i;
        memcpy(bytes.at + bytes.length, record.at, record.length);
        bytes.length += record.length;
    }
    struct dns_message message;
    ck_assert(dns_parse(bytes.at, bytes.length, &message));
    ck_assert_uint_eq(message.address_count, DNS_ADDRESSES);
    check_address(&message.addresses[7], "10.0.0.7");
}
END_TEST

START_TEST(packets_of_the_port) {
    struct dns_message message;
    struct bytes asked = hex("001d" HEADER("0100", "0001 0000 0000 0000")
                                 QUESTION("05 'hello' 04 'test' ", "0001"));
    ck_assert_uint_eq(asked.length, 2 + 28);
    asked.at[1] = 28;
    struct packet packet = {
        .protocol = PROTOCOL_UDP,
        .port = {40000, 53},
        .payload = asked.at + 2,
        .payload_captured = asked.length - 2,
        .payload_length = asked.length - 2,
    };
    ck_assert(dns_parse_packet(&packet, &message));
    ck_assert_str_eq(message.name, "hello.test");
    packet.port[DESTINATION] = 54;
    ck_assert(!dns_parse_packet(&packet, &message));
    packet.port[SOURCE] = 53;
    ck_assert(dns_parse_packet(&packet, &message));

    packet.protocol = PROTOCOL_TCP;
    ck_assert(!dns_parse_packet(&packet, &message));
    packet.payload = asked.at;
    packet.payload_captured = packet.payload_length = asked.length;
    ck_assert(dns_parse_packet(&packet, &message));
    ck_assert_str_eq(message.name, "hello.test");
    asked.at[1] = 29; /* goes on in the next segment */
    ck_assert(!dns_parse_packet(&packet, &message));
    asked.at[1] = 27; /* too short for its question */
    ck_assert(!dns_parse_packet(&packet, &message));
    asked.at[1] = 28;
    packet.payload_captured = 1;
    ck_assert(!dns_parse_packet(&packet, &message));
    packet.protocol = PROTOCOL_SCTP;
    packet.payload_captured = packet.payload_length;
    ck_assert(!dns_parse_packet(&packet, &message));
}
END_TEST

START_TEST(record_by_record) {
    struct bytes bytes =
        hex(HEADER("8400", "0001 0001 0001 0001") QUESTION("05 'local' ", "00ff") //
            RECORD("04 'lamp' c00c ", "0001 ",
                   "0004 ") "0a000001" RECORD("c00c ", "0010 ", "0000 ") //
            RECORD("00 ", "0029 ", "0000 "));
    struct dns_reader reader;
    struct dns_resource resource;
    ck_assert(dns_open(&reader, bytes.at, bytes.length));
    ck_assert(reader.is_response);
    ck_assert(dns_next(&reader, &resource));
    ck_assert_str_eq(resource.name, "lamp.local");
    ck_assert_uint_eq(resource.type, DNS_A);
    ck_assert_uint_eq(resource.data_length, 4);
    ck_assert_mem_eq(resource.data, "\x0a\0\0\1", 4);
    ck_assert(dns_next(&reader, &resource));
    ck_assert_str_eq(resource.name, "local");
    ck_assert_uint_eq(resource.data_length, 0);
    ck_assert(dns_next(&reader, &resource));
    ck_assert_str_eq(resource.name, "");
    ck_assert(!dns_next(&reader, &resource));
    ck_assert(!dns_open(&reader, bytes.at, 11));
    ck_assert(!dns_open(&reader, bytes.at, 20));
}
END_TEST

START_TEST(any_bytes) {
    struct bytes seed =
        hex(HEADER("8180", "0001 0003 0000 0001") QUESTION(WWW, "0001") //
            RECORD("c00c ", "0005 ", "0006 ") "03 'cdn' c010" RECORD(
                "c02d ", "0001 ",
                "0004 ") "c0000201" RECORD("c02d ", "0001 ",
                                           "0004 ") "c0000202" RECORD("00 ", "0029 ",
                                                                      "0000 "));
    unsigned good = 0;
    for (unsigned round = 0; round < 30000; round++) {
        struct bytes bytes = seed;
        for (unsigned changes = random_below(5); changes; changes--)
            bytes.at[random_below(bytes.length)] =
                (uint8_t)(random_below(2) ? random_bits() : 0xc0);
        if (random_below(4) == 0)
            bytes.length = random_below(bytes.length + 1);
        uint8_t *copy = exact_copy(bytes.at, bytes.length);
        struct dns_message message;
        struct dns_reader reader;
        struct dns_resource resource;
        if (dns_parse(copy, bytes.length, &message)) {
            good++;
            ck_assert_uint_le(message.address_count, DNS_ADDRESSES);
            ck_assert_uint_lt(message.name_bytes, DNS_NAME_BYTES);
        }
        if (dns_open(&reader, copy, bytes.length))
            while (dns_next(&reader, &resource))
                ck_assert(resource.data + resource.data_length <= copy + bytes.length);
        free(copy);
    }
    ck_assert_uint_gt(good, 1000);
    ck_assert_uint_lt(good, 29000);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("dns");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, query);
    tcase_add_test(all, answer_by_way_of_a_cname);
    tcase_add_test(all, no_such_name);
    tcase_add_test(all, names_made_harmless);
    tcase_add_test(all, longest_names);
    tcase_add_test(all, pointers_only_lead_back);
    tcase_add_test(all, chains_of_pointers_are_bounded);
    tcase_add_test(all, counts_are_only_claims);
    tcase_add_test(all, labels_and_questions_have_a_limit);
    tcase_add_test(all, eight_addresses_are_enough);
    tcase_add_test(all, packets_of_the_port);
    tcase_add_test(all, record_by_record);
    tcase_add_test(all, any_bytes);
    Suite *suite = suite_create("dns");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
