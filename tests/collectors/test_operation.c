#include "collectors/operation.h"
#include "tests/collectors/hex.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

enum { CLIENT = 40000 };

/* Operations of one payload as text, "protocol.function*count …". */
static const char *operations(uint8_t protocol, uint16_t source, uint16_t destination,
                              const struct bytes *payload) {
    static char text[256];
    uint8_t *copy = exact_copy(payload->at, payload->length);
    struct packet packet = {
        .protocol = protocol,
        .port = {source, destination},
        .payload = copy,
        .payload_captured = payload->length,
        .payload_length = payload->length,
    };
    struct operation_count counts[RECORD_OPERATIONS];
    unsigned overflow = 0,
             used = operation_parse(&packet, source != CLIENT, counts, &overflow);
    ck_assert_uint_le(used, RECORD_OPERATIONS);
    size_t end = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < used; i++)
        end += (size_t)snprintf(text + end, sizeof text - end, "%s%u.%u*%u",
                                i ? " " : "", counts[i].operation >> 8,
                                counts[i].operation & 255, counts[i].count);
    if (overflow)
        snprintf(text + end, sizeof text - end, " +%u", overflow);
    free(copy);
    return text;
}

static const char *asked(uint16_t port, const char *payload) {
    struct bytes bytes = hex(payload);
    return operations(PROTOCOL_TCP, CLIENT, port, &bytes);
}

static const char *answered(uint16_t port, const char *payload) {
    struct bytes bytes = hex(payload);
    return operations(PROTOCOL_TCP, port, CLIENT, &bytes);
}

START_TEST(modbus) {
    ck_assert_str_eq(asked(502, "0001 0000 0006 01 03 0000 000a"), "1.3*1");
    ck_assert_str_eq(
        asked(502, "0001 0000 0006 01 03 0000 000a 0002 0000 0006 01 10 0000 0001 "
                   "0003 0000 0006 01 03 0010 0001"),
        "1.3*2 1.16*1");
    /* A reply repeats its request's function; an exception is news. */
    ck_assert_str_eq(answered(502, "0001 0000 0007 01 03 04 00000000"), "");
    ck_assert_str_eq(answered(502, "0001 0000 0003 01 83 02"), "1.131*1");
    ck_assert_str_eq(
        answered(502, "0001 0000 0007 01 03 04 00000000 0002 0000 0003 01 90 02"),
        "1.144*1");
    ck_assert_str_eq(answered(502, "0001 0000 0004 01 83 02 00"), "");
    /* No Modbus. */
    ck_assert_str_eq(asked(502, "0001 0001 0006 01 03 0000 000a"), ""); /* protocol */
    ck_assert_str_eq(asked(502, "0001 0000 0001 01 03 0000 000a"), ""); /* length */
    ck_assert_str_eq(asked(502, "0001 0000 00ff 01 03 0000 000a"), "");
    ck_assert_str_eq(asked(502, "0001 0000 0006 01 00 0000 000a"), ""); /* function */
    ck_assert_str_eq(asked(502, "0001 0000 0003 01 83 02"), "");        /* asked? */
    ck_assert_str_eq(asked(502, "0001 0000 0006 01"), "");
    ck_assert_str_eq(asked(503, "0001 0000 0006 01 03 0000 000a"), "");
    struct bytes bytes = hex("0001 0000 0006 01 03 0000 000a");
    ck_assert_str_eq(operations(PROTOCOL_UDP, CLIENT, 502, &bytes), "");
    ck_assert_str_eq(operations(PROTOCOL_SCTP, CLIENT, 502, &bytes), "");
}
END_TEST

START_TEST(dnp3) {
    /* Read class 0: eight bytes of user data, so one block. */
    const char *read = "0564 0d c4 0100 0200 0000 c0 c1 01 3c0106 ff 50 0000";
    ck_assert_str_eq(asked(20000, read), "2.1*1");
    struct bytes bytes = hex(read);
    ck_assert_str_eq(operations(PROTOCOL_UDP, CLIENT, 20000, &bytes), "2.1*1");
    /* A response of 17 bytes in two blocks, then an operate. */
    ck_assert_str_eq(
        answered(20000,
                 "0564 16 44 0200 0100 0000 c0 c1 81 0000 0000000000000000000000 0000 "
                 "00 0000 " /* checksums after 16 and at the end */
                 "0564 0a c4 0100 0200 0000 c0 c1 04 0000 0000"),
        "2.129*1 2.4*1");
    /* The link layer alone; a later segment; a cut one; no start. */
    ck_assert_str_eq(asked(20000, "0564 05 c9 0100 0200 0000"), "");
    ck_assert_str_eq(asked(20000, "0564 08 c4 0100 0200 0000 81 c1 01 0000"), "");
    ck_assert_str_eq(asked(20000, "0564 08 c4 0100 0200 0000 c0 c1"), "");
    ck_assert_str_eq(asked(20000, "0564 07 c4 0100 0200 0000 c0 c1 01"), "");
    ck_assert_str_eq(asked(20000, "0565 08 c4 0100 0200 0000 c0 c1 01 0000"), "");
    ck_assert_str_eq(asked(20000, "0564 04 c4 0100 0200 0000 c0 c1 01 0000"), "");
}
END_TEST

START_TEST(mqtt) {
    ck_assert_str_eq(asked(1883, "10 10 0004 'MQTT' 04 02 003c 0004 'lamp'"), "3.1*1");
    ck_assert_str_eq(answered(1883, "20 02 0000"), "3.2*1");
    ck_assert_str_eq(answered(1883, "20 02 0005"), "3.130*1"); /* it may not */
    ck_assert_str_eq(answered(1883, "20 03 00 87 00"), "3.130*1");
    ck_assert_str_eq(answered(1883, "20 02 00"), "3.2*1"); /* cut */
    ck_assert_str_eq(asked(1883, "30 05 0001 't' 'hi' 30 05 0001 't' 'ho' c0 00"),
                     "3.3*2 3.12*1");
    ck_assert_str_eq(asked(1883, "82 06 0001 0001 't' 00"), "3.8*1");
    /* A long message whose end comes later. */
    ck_assert_str_eq(asked(1883, "32 8002 0001 't' 0001 'x'"), "3.3*1");
    /* Reserved type; flags that do not fit; lengths that never end or are not there. */
    ck_assert_str_eq(asked(1883, "00 00"), "");
    ck_assert_str_eq(asked(1883, "11 00"), "");
    ck_assert_str_eq(asked(1883, "80 00"), "");
    ck_assert_str_eq(asked(1883, "36 00"), "");
    ck_assert_str_eq(asked(1883, "30 80808080 01"), "");
    ck_assert_str_eq(asked(1883, "30 ffff"), "");
    ck_assert_str_eq(asked(1883, "c0"), "");
}
END_TEST

START_TEST(s7) {
    ck_assert_str_eq(asked(102, "0300 001f 02 f0 80 32 01 0000 0001 000e 0000 04 01 12 "
                                "0a 10 02 0001 0001 84 000000"),
                     "5.4*1");
    ck_assert_str_eq(
        asked(
            102,
            "0300 0021 02 f0 80 32 01 0000 0001 0010 0000 29 0000000000 09 'P_PROGRAM' "
            "0300 0012 02 f0 80 32 01 0000 0001 0001 0000 f0"),
        "5.41*1 5.240*1");
    /* An answer, a refusal, a connection request, what is cut, what is something else. */
    ck_assert_str_eq(
        answered(102, "0300 0015 02 f0 80 32 03 0000 0001 0002 0000 0000 04 01"), "");
    ck_assert_str_eq(
        answered(102, "0300 0015 02 f0 80 32 03 0000 0001 0002 0000 8104 04 01"),
        "5.132*1");
    ck_assert_str_eq(
        asked(102, "0300 0015 02 f0 80 32 03 0000 0001 0002 0000 8104 04 01"), "");
    ck_assert_str_eq(answered(102, "0300 0013 02 f0 80 32 03 0000 0001 0002 0000 8104"),
                     "");
    ck_assert_str_eq(
        asked(102, "0300 0016 11 e0 0000 0001 00 c0 01 0a c1 02 0100 c2 02 0102"), "");
    ck_assert_str_eq(asked(102, "0300 001f 02 f0 80 32 01 0000 0001 000e 0000"), "");
    ck_assert_str_eq(asked(102, "0300 0011 02 f0 80 32 01 0000 0001 0001 0000 04"), "");
    ck_assert_str_eq(asked(102, "0300 0012 ff f0 80 32 01 0000 0001 0001 0000 04"), "");
    ck_assert_str_eq(asked(102, "0300 0012 02 f0 80 72 01 0000 0001 0001 0000 04"), "");
    ck_assert_str_eq(asked(102, "0200 0012 02 f0 80 32 01 0000 0001 0001 0000 04"), "");
    ck_assert_str_eq(asked(102, "0300 0006 02 f0 80 32 01 0000 0001 0001 0000 04"), "");
}
END_TEST

START_TEST(iec104) {
    ck_assert_str_eq(asked(2404, "68 0e 0000 0000 64 01 0600 0100 000000 14"),
                     "6.100*1");
    ck_assert_str_eq(
        answered(2404, "68 0e 0000 0200 64 01 0700 0100 000000 14 "  /* confirms */
                       "68 0e 0200 0200 01 01 1400 0100 010000 01"), /* tells */
        "6.1*1");
    ck_assert_str_eq(answered(2404, "68 0e 0000 0000 46 01 0400 0100 000000 00"),
                     "6.70*1");
    /* It does not confirm what it does not have; a type of its own is no refusal. */
    ck_assert_str_eq(answered(2404, "68 0e 0000 0200 64 01 4700 0100 000000 14"),
                     "6.228*1");
    ck_assert_str_eq(answered(2404, "68 0e 0000 0200 e4 01 4700 0100 000000 14"),
                     "6.127*1");
    ck_assert_str_eq(answered(2404, "68 0e 0000 0200 64 01"), "");
    /* Supervision and start-up have no ASDU. */
    ck_assert_str_eq(asked(2404, "68 04 0100 0a00"), "");
    ck_assert_str_eq(
        asked(2404, "68 04 0700 0000 68 0e 0000 0000 2d 01 0600 0100 010000 81"),
        "6.45*1");
    ck_assert_str_eq(asked(2404, "68 04 0000 0000 64"), "");
    ck_assert_str_eq(asked(2404, "68 0e 0000 0000 00 01"), "");
    ck_assert_str_eq(asked(2404, "68 0e 0000 0000"), "");
    ck_assert_str_eq(asked(2404, "68 03 0000 0000 64"), "");
    ck_assert_str_eq(asked(2404, "68 fe 0000 0000 64"), "");
    ck_assert_str_eq(asked(2404, "69 0e 0000 0000 64"), "");
}
END_TEST

static const char *bacnet(bool asks, const char *payload) {
    struct bytes bytes = hex(payload);
    return operations(PROTOCOL_UDP, asks ? CLIENT : 47808, 47808, &bytes);
}

START_TEST(bacnet_ip) {
    /* To read, to write, to reinitialize; in segments; who is there. */
    ck_assert_str_eq(bacnet(true, "810a 0011 0104 00 05 01 0c 0c00000001 1955"),
                     "8.12*1");
    ck_assert_str_eq(bacnet(true, "810a 000e 0104 00 05 01 0f 0c000000"), "8.15*1");
    ck_assert_str_eq(bacnet(true, "810a 000c 0104 00 05 01 14 0900"), "8.20*1");
    ck_assert_str_eq(bacnet(true, "810a 000e 0104 08 05 01 00 04 10 0000"), "8.16*1");
    ck_assert_str_eq(bacnet(true, "810b 000c 0120 ffff 00 ff 1008"), "");
    /* By way of routers, who tell where it goes and where it comes from. */
    ck_assert_str_eq(
        bacnet(true, "810a 0015 012c 0005 01 07 0006 02 0809 ff 00 05 01 0f"),
        "8.15*1");
    ck_assert_str_eq(bacnet(true, "8104 0010 c0a80002bac0 0104 00 05 01 14"), "8.20*1");
    /* An answer, a refusal, one that only says that a property is not there. */
    ck_assert_str_eq(bacnet(false, "810a 0009 0100 20 01 0f"), "");
    ck_assert_str_eq(bacnet(false, "810a 000d 0100 50 01 0f 9102 9128"), "8.143*1");
    ck_assert_str_eq(bacnet(false, "810a 000d 0100 50 01 0c 9102 9120"), "");
    ck_assert_str_eq(bacnet(true, "810a 000d 0100 50 01 0f 9102 9128"), "");
    /* What it asks for itself, where the other began, is not held against that one. */
    ck_assert_str_eq(bacnet(false, "810a 000c 0104 00 05 01 14 0900"), "");
    /* Among routers; cut; of another kind. */
    ck_assert_str_eq(bacnet(true, "810a 000a 0180 00 0001"), "");
    ck_assert_str_eq(bacnet(true, "810a 000c 0104 00 05 01"), "");
    ck_assert_str_eq(bacnet(true, "810a 000c 0128 0005 ff"), "");
    ck_assert_str_eq(bacnet(true, "810a 000c 0204 00 05 01 14 0900"), "");
    ck_assert_str_eq(bacnet(true, "8105 000c 0104 00 05 01 14 0900"), "");
    ck_assert_str_eq(bacnet(true, "820a 000c 0104 00 05 01 14 0900"), "");
    ck_assert_str_eq(bacnet(true, "810a 0003 0104"), "");
}
END_TEST

START_TEST(cip) {
    static const char read[] =
        "6f00 1400 07000000 00000000 0000000000000000 00000000 00000000 0000 0200 "
        "0000 0000 b200 0400 4c 00 0100";
    struct bytes bytes = hex(read);
    ck_assert_str_eq(asked(44818, read), "7.76*1");
    ck_assert_str_eq(answered(44818, read), "");
    bytes.at[40] = 0x4d;
    ck_assert_str_eq(operations(PROTOCOL_TCP, CLIENT, 44818, &bytes), "7.77*1");
    /* The answer; with a part of it; a refusal. */
    bytes.at[40] = 0xcd;
    bytes.at[42] = 0;
    ck_assert_str_eq(operations(PROTOCOL_TCP, 44818, CLIENT, &bytes), "");
    bytes.at[42] = 6;
    ck_assert_str_eq(operations(PROTOCOL_TCP, 44818, CLIENT, &bytes), "");
    bytes.at[42] = 5;
    ck_assert_str_eq(operations(PROTOCOL_TCP, 44818, CLIENT, &bytes), "7.205*1");
    ck_assert_str_eq(operations(PROTOCOL_TCP, CLIENT, 44818, &bytes), "");
    /* Connected; for a route; twice. */
    ck_assert_str_eq(
        asked(
            44818,
            "7000 1a00 07000000 00000000 0000000000000000 00000000 00000000 0000 0200 "
            "a100 0400 01000000 b100 0600 0900 07 00 0000"),
        "7.7*1");
    ck_assert_str_eq(
        asked(
            44818,
            "6f00 1e00 07000000 00000000 0000000000000000 00000000 00000000 0000 0200 "
            "0000 0000 b200 0e00 52 02 2006 2401 0a 0e 0400 05 00 2001 "
            "6500 0400 00000000 00000000 0000000000000000 00000000 01000000"),
        "7.5*1");
    /* Without a message; cut; something else. */
    ck_assert_str_eq(asked(44818,
                           "6500 0400 00000000 00000000 0000000000000000 00000000 "
                           "01000000"),
                     "");
    for (unsigned length = 0; length < 44; length++) {
        bytes = hex(read);
        bytes.length = length;
        ck_assert_str_eq(operations(PROTOCOL_TCP, CLIENT, 44818, &bytes), "");
    }
    ck_assert_str_eq(
        asked(44818, "6f01 1400 07000000 00000000 0000000000000000 00000000"), "");
}
END_TEST

START_TEST(http) {
    static const struct {
        const char *payload, *expected;
    } cases[] = {
        {"'GET / HTTP/1.1' 0d0a 'Host: a' 0d0a 0d0a", "4.1*1"},
        {"'HEAD /a HTTP/1.0' 0d0a 0d0a", "4.2*1"},
        {"'POST /cgi-bin/x HTTP/1.1' 0d0a 0d0a 'user=GET /'", "4.3*1"},
        {"'POST /cgi-bin/login HTTP/1.1' 0d0a 0d0a 'user=GET /'", "4.7*1"},
        {"'POST /Account/SignIn?next=/ HTTP/1.1' 0d0a 0d0a", "4.7*1"},
        {"'POST /wp-login.php'", "4.7*1"},
        {"'POST /search?q=login HTTP/1.1' 0d0a 0d0a", "4.3*1"},
        {"'POST /x HTTP/1.1' 0d0a 'Referer: /login' 0d0a 0d0a", "4.3*1"},
        {"'GET /login HTTP/1.1' 0d0a 0d0a", "4.1*1"},
        {"'PUT /x HTTP/1.1' 0d0a 0d0a", "4.4*1"},
        {"'DELETE /x HTTP/1.1' 0d0a 0d0a", "4.5*1"},
        {"'OPTIONS * HTTP/1.1' 0d0a 0d0a", "4.6*1"},
        {"'PROPFIND /x HTTP/1.1' 0d0a 0d0a", "4.6*1"},
        {"'CONNECT example.com:443 HTTP/1.1' 0d0a 0d0a", "4.6*1"},
        {"'GET http://example.com/ HTTP/1.1' 0d0a 0d0a", "4.1*1"},
        {"'GET /a/long/path/that/is/cut'", "4.1*1"},
        {"'GET /a HTTP/1.1' 0d0a 0d0a 'GET /b HTTP/1.1' 0d0a 0d0a 'HEAD /c HTTP/1.1' "
         "0d0a 0d0a",
         "4.1*2 4.2*1"},
        {"'HTTP/1.1 200 OK' 0d0a 0d0a", ""},
        {"'HTTP/1.1 401 Unauthorized' 0d0a 0d0a", "4.128*1"},
        {"'HTTP/1.0 403'", "4.128*1"},
        {"'HTTP/1.1 404 Not Found' 0d0a 0d0a", ""},
        {"'HTTP/1.1 40'", ""},
        {"'GETS /x'", ""},
        {"'GE /x HTTP/1.1' 0d0a", ""},
        {"'GET'", ""},
        {"'GET '", ""},
        {"'PATCH /cut'", ""},
        {"'AUTH PLAIN' 0d0a", ""},
        {"'OPTIONS rtsp://camera/ RTSP/1.0' 0d0a 0d0a", "4.6*1"},
        {"'RTSP/1.0 401 Unauthorized' 0d0a 0d0a", "4.128*1"},
        {"'RTSP/1.0 200 OK' 0d0a 0d0a", ""},
        {"'INVITE sip:a@b SIP/2.0' 0d0a", ""},
        {"'PRI * HTTP/2.0' 0d0a 0d0a", ""},
        {"'ABCDEFGHIJKLMNOPQ /x HTTP/1.1' 0d0a", ""},
        {"'get / HTTP/1.1' 0d0a", ""},
        {"160301", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(strcmp(asked(8080, cases[i].payload), cases[i].expected) == 0,
                      "%s: %s", cases[i].payload, asked(8080, cases[i].payload));
        /* On a port that is another's too. */
        ck_assert_str_eq(asked(502, cases[i].payload), cases[i].expected);
    }
    struct bytes bytes = hex(cases[0].payload);
    ck_assert_str_eq(operations(PROTOCOL_UDP, CLIENT, 80, &bytes), "");
}
END_TEST

START_TEST(more_than_places) {
    struct bytes payload = {.length = 0};
    for (unsigned i = 0; i < 7; i++) {
        struct bytes unit = hex("0001 0000 0006 01 00 0000 000a");
        unit.at[7] = (uint8_t)(1 + i);
        memcpy(payload.at + payload.length, unit.at, unit.length);
        payload.length += unit.length;
    }
    ck_assert_str_eq(operations(PROTOCOL_TCP, CLIENT, 502, &payload),
                     "1.1*1 1.2*1 1.3*1 1.4*1 +3");
}
END_TEST

START_TEST(more_than_is_read) {
    struct bytes payload = {.length = 0};
    for (unsigned i = 0; i < 100; i++) {
        payload.at[payload.length++] = 0xc0;
        payload.at[payload.length++] = 0;
    }
    ck_assert_str_eq(operations(PROTOCOL_TCP, CLIENT, 1883, &payload), "3.12*64");
}
END_TEST

START_TEST(no_payload) {
    struct packet packet = {.protocol = PROTOCOL_TCP, .port = {CLIENT, 502}};
    struct operation_count counts[RECORD_OPERATIONS];
    unsigned overflow = 5;
    ck_assert_uint_eq(operation_parse(&packet, INITIATOR, counts, &overflow), 0);
    ck_assert_uint_eq(overflow, 5);
}
END_TEST

/* Of each protocol, the last one twice: an answer inside of what is meant for a route. */
static const struct {
    uint16_t port;
    const char *payload;
} seeds[] = {
    {502, "0001 0000 0006 01 03 0000 000a 0002 0000 0006 01 10 0000 0001"},
    {20000,
     "0564 0d c4 0100 0200 0000 c0 c1 01 3c0106 ff 50 0000 0564 05 c9 0100 0200 0000"},
    {1883, "30 05 0001 't' 'hi' 30 05 0001 't' 'ho' c0 00"},
    {102, "0300 0012 02 f0 80 32 01 0000 0001 0001 0000 f0 0300 0012 02 f0 80 32 01 "
          "0000 0001 0001"},
    {2404, "68 04 0700 0000 68 0e 0000 0000 2d 01 0600 0100 010000 81"},
    {80, "'GET /a HTTP/1.1' 0d0a 0d0a 'FOO /b HTTP/1.1' 0d0a 0d0a"},
    {47808, "810a 0015 012c 0005 01 07 0006 02 0809 ff 00 05 01 0f"},
    {44818, "6f00 1e00 07000000 00000000 0000000000000000 00000000 00000000 0000 0200 "
            "0000 0000 b200 0e00 52 02 2006 2401 0a 0e 0400 05 00 2001"},
    {44818, "6f00 1e00 07000000 00000000 0000000000000000 00000000 00000000 0000 0200 "
            "0000 0000 b200 0e00 52 02 2006 2401 0a 0e 0400 85 00 2001"},
};
enum { SEEDS = sizeof seeds / sizeof *seeds };

/* In a buffer of just its size: a sanitizer sees what is read behind it. */
static void read_both_ways(uint16_t port, const struct bytes *bytes) {
    operations(PROTOCOL_TCP, CLIENT, port, bytes);
    operations(PROTOCOL_TCP, port, CLIENT, bytes);
}

START_TEST(cut_anywhere) {
    for (unsigned i = 0; i < SEEDS; i++) {
        struct bytes bytes = hex(seeds[i].payload);
        for (; bytes.length > 0; bytes.length--)
            read_both_ways(seeds[i].port, &bytes);
    }
}
END_TEST

START_TEST(any_bytes) {
    for (unsigned round = 0; round < 30000; round++) {
        struct bytes bytes = hex(seeds[round % SEEDS].payload);
        for (unsigned changes = random_below(5); changes; changes--)
            bytes.at[random_below(bytes.length)] = (uint8_t)random_bits();
        bytes.length = random_below(bytes.length + 1);
        read_both_ways(seeds[round % SEEDS].port, &bytes);
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("operation");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, modbus);
    tcase_add_test(all, dnp3);
    tcase_add_test(all, mqtt);
    tcase_add_test(all, s7);
    tcase_add_test(all, iec104);
    tcase_add_test(all, bacnet_ip);
    tcase_add_test(all, cip);
    tcase_add_test(all, http);
    tcase_add_test(all, more_than_places);
    tcase_add_test(all, more_than_is_read);
    tcase_add_test(all, no_payload);
    tcase_add_test(all, cut_anywhere);
    tcase_add_test(all, any_bytes);
    Suite *suite = suite_create("operation");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
