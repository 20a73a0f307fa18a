#include "collectors/classify.h"
#include "collectors/decode.h"
#include "collectors/dpi.h"
#include "collectors/hello.h"
#include "tests/collectors/hex.h"
#include "tests/suite.h"

#include <check.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct counters counters;
static struct classifier *classifier;

enum { STATES = 4, BUDGET = 5 };
enum { ODD_PORT = 1 << 5 }; /* NDPI_KNOWN_PROTOCOL_ON_NON_STANDARD_PORT */

static void setup(void) {
    memset(&counters, 0, sizeof counters);
    classifier = classify_create(STATES, BUDGET, 7, &counters);
    ck_assert_ptr_nonnull(classifier);
}

static void teardown(void) {
    classify_destroy(classifier);
}

struct traffic {
    struct bytes frame;
    struct packet packet;
};

static void put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* A packet from a client to a server's port, or back; captured up to `snaplen`. */
static void make(struct traffic *traffic, uint8_t protocol, bool back,
                 uint16_t client_port, uint16_t port, const struct bytes *payload,
                 uint32_t snaplen) {
    struct bytes *frame = &traffic->frame;
    *frame = hex("0200000000bb 0200000000aa 0800 4500 0000 0001 4000 40 00 0000 "
                 "c0a80102 c0a80103");
    size_t header = protocol == PROTOCOL_TCP ? 20 : 8;
    put16(frame->at + 16, 20 + header + payload->length);
    frame->at[23] = protocol;
    if (back) {
        frame->at[29] = 3;
        frame->at[33] = 2;
    }
    uint8_t *transport = frame->at + frame->length;
    memset(transport, 0, header);
    put16(transport, back ? port : client_port);
    put16(transport + 2, back ? client_port : port);
    if (protocol == PROTOCOL_TCP) {
        transport[12] = 0x50;
        transport[13] = TCP_ACK | TCP_PSH;
    } else {
        put16(transport + 4, header + payload->length);
    }
    memcpy(transport + header, payload->at, payload->length);
    frame->length += (uint32_t)header + payload->length;
    uint32_t captured = frame->length < snaplen ? frame->length : snaplen;
    ck_assert_int_eq(
        decode_frame(DLT_EN10MB, frame->at, captured, frame->length, &traffic->packet),
        DECODE_OK);
    traffic->packet.time_ns = 1700000000 * (uint64_t)1000000000;
}

static void inspect(uint32_t *inspection, struct verdict *verdict, uint8_t protocol,
                    bool back, uint16_t port, const struct bytes *payload) {
    static struct traffic traffic;
    make(&traffic, protocol, back, 50000, port, payload, UINT32_MAX);
    classify_packet(classifier, inspection, &traffic.packet, verdict);
}

static struct bytes text(const char *characters) {
    struct bytes bytes = {.length = (uint32_t)strlen(characters)};
    memcpy(bytes.at, characters, bytes.length);
    return bytes;
}

/* A client's hello: `fleeting` stands for all that differs each time, `client` for what
   tells one client from another. */
static struct bytes hello_of(uint16_t client, const char *name, uint8_t fleeting) {
    struct bytes bytes = hex("16 0301 0000 01 000000 0303");
    memset(bytes.at + bytes.length, fleeting, 32);
    bytes.length += 32;
    struct bytes rest = hex("00 0008 1301 c02b c02f 009c 01 00 0000");
    memcpy(bytes.at + bytes.length, rest.at, rest.length);
    bytes.length += rest.length;
    uint32_t extensions = bytes.length;
    size_t length = strlen(name);
    struct bytes server_name = hex("0000 0000 0000 00 0000");
    put16(server_name.at + 2, length + 5);
    put16(server_name.at + 4, length + 3);
    put16(server_name.at + 7, length);
    memcpy(bytes.at + bytes.length, server_name.at, server_name.length);
    memcpy(bytes.at + bytes.length + server_name.length, name, length);
    bytes.length += server_name.length + (uint32_t)length;
    rest = hex("0010 0005 0003 02 'h2' 000a 0004 0002 0000 000d 0004 0002 0403 "
               "002b 0003 02 0304 0033 0007 0005 0017 0001 00 002d 0002 01 01");
    put16(rest.at + 15, client);
    rest.at[rest.length - 7] = fleeting;
    memcpy(bytes.at + bytes.length, rest.at, rest.length);
    bytes.length += rest.length;
    put16(bytes.at + extensions - 2, bytes.length - extensions);
    put16(bytes.at + 3, bytes.length - 5);
    put16(bytes.at + 7, bytes.length - 9);
    return bytes;
}

static struct bytes hello(const char *name, uint8_t fleeting) {
    return hello_of(29, name, fleeting);
}

START_TEST(tls_is_known_by_its_hello) {
    for (unsigned flow = 0; flow < 3; flow++) { /* the second and third from memory */
        uint32_t inspection = INSPECTION_DUE;
        struct verdict verdict = {0};
        struct bytes payload = hello("broker.example.org", (uint8_t)(flow * 3 + 1));
        inspect(&inspection, &verdict, PROTOCOL_TCP, false, 443, &payload);
        ck_assert_uint_eq(inspection, INSPECTION_DONE);
        ck_assert_str_eq(verdict.application, "TLS");
        ck_assert_str_eq(verdict.name, "broker.example.org");
        ck_assert_uint_eq(counter_read(&counters.dpi_active), 0);
    }
    uint32_t inspection = INSPECTION_DUE;
    struct verdict verdict = {0};
    struct bytes payload = hello("other.example.org", 1);
    inspect(&inspection, &verdict, PROTOCOL_TCP, false, 443, &payload);
    ck_assert_str_eq(verdict.name, "other.example.org");

    /* The same on a port that is not TLS's is a risk of its own. */
    ck_assert_uint_eq(verdict.risks & ODD_PORT, 0);
    inspection = INSPECTION_DUE;
    inspect(&inspection, &verdict, PROTOCOL_TCP, false, 444, &payload);
    ck_assert_uint_ne(verdict.risks & ODD_PORT, 0);
}
END_TEST

/* Of a client that was never seen, and of one that asked for something else before. */
START_TEST(memory_is_as_good_as_a_look) {
    static const char *const names[] = {
        "a.example.org",
        "www.facebook.com",
        "xn--e1afmkfd.example",
        "localhost",
        "kq3v9z7xw1tj8h.biz",
        "www.wxqzkj3v9.com",
        "www.wxqzkj3v9.net",
        "10.0.0.1",
        "FOO.Example.ORG",
        "foo_bar.example",
        "a b.example",
        "x.onion",
        "2001:db8::1",
        "qwzxcvbnm.xyz",
        "1234567890.ru",
        "foo..bar",
        "ex.com<script>",
        "mail.google.com",
        ".foo",
        "printer.local",
        "kq3v9z7xw.local",
        "\x01\x02.example",
        "xmr.pool.minergate.com",
        "a-name-that-is-a-good-deal-longer-than-a-record-has-room-for.example.org"};
    static const uint16_t ports[] = {443, 444, 8883, 22, 5222, 80};
    uint16_t client = 1000;
    for (unsigned port = 0; port < 6; port++)
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
            struct verdict looked = {0}, before = {0}, recalled = {0};
            uint32_t inspections[3] = {INSPECTION_DUE, INSPECTION_DUE, INSPECTION_DUE};
            struct bytes payload = hello_of(client++, names[i], 1);
            inspect(&inspections[0], &looked, PROTOCOL_TCP, false, ports[port],
                    &payload);
            payload = hello_of(client, "other.example", 2);
            inspect(&inspections[1], &before, PROTOCOL_TCP, false, ports[port],
                    &payload);
            payload = hello_of(client++, names[i], 3);
            inspect(&inspections[2], &recalled, PROTOCOL_TCP, false, ports[port],
                    &payload);
            ck_assert_str_ne(before.hello, "");
            ck_assert_mem_eq(before.hello, recalled.hello, sizeof before.hello);
            ck_assert_mem_ne(looked.hello, recalled.hello, sizeof looked.hello);
            memcpy(looked.hello, recalled.hello,
                   sizeof looked.hello); /* another client's */
            ck_assert_msg(memcmp(&looked, &recalled, sizeof looked) == 0,
                          "%s on %u: risks %llx and %llx, names %s and %s", names[i],
                          ports[port], (unsigned long long)looked.risks,
                          (unsigned long long)recalled.risks, looked.name,
                          recalled.name);
        }
}
END_TEST

START_TEST(memory_mistakes_nobody) {
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 2000; i++) {
            char name[32];
            snprintf(name, sizeof name, "d%u.example.org", i);
            uint32_t inspection = INSPECTION_DUE;
            struct verdict verdict = {0};
            struct bytes payload = hello(name, 1);
            inspect(&inspection, &verdict, PROTOCOL_TCP, false, 443, &payload);
            if (strcmp(verdict.name, name) != 0)
                ck_abort_msg("%s taken for %s", name, verdict.name);
        }
}
END_TEST

START_TEST(essence_of_a_hello) {
    static struct hello a, b;
    struct bytes one = hello("example.org", 1), two = hello("a.test", 9);
    ck_assert(hello_read(one.at, one.length, &a));
    ck_assert(hello_read(two.at, two.length, &b));
    ck_assert_uint_gt(a.essence_length, 30);
    ck_assert_uint_eq(a.essence_length, b.essence_length);
    ck_assert_mem_eq(a.essence, b.essence, a.essence_length);
    ck_assert_uint_eq(a.name_length, 11);
    ck_assert_mem_eq(a.name, "example.org", 11);
    ck_assert_mem_eq(b.name, "a.test", 6);
    two.at[50] ^= 1; /* a cipher suite */
    ck_assert(hello_read(two.at, two.length, &b));
    ck_assert_mem_ne(a.essence, b.essence, a.essence_length);

    /* Cut anywhere, it is none; and no byte behind the end is read. */
    for (uint32_t cut = 0; cut < one.length; cut++) {
        uint8_t *copy = exact_copy(one.at, cut);
        ck_assert(!hello_read(copy, cut, &b));
        if (cut >= 9) { /* with lengths that agree it breaks further inside */
            put16(copy + 3, cut - 5);
            put16(copy + 7, cut - 9);
            ck_assert(!hello_read(copy, cut, &b) ||
                      b.essence_length < a.essence_length);
        }
        free(copy);
    }
}
END_TEST

START_TEST(http_and_dns) {
    uint32_t inspection = INSPECTION_DUE;
    struct verdict verdict = {0};
    struct bytes payload =
        text("GET /index.html HTTP/1.1\r\nHost: camera.example.org\r\n"
             "User-Agent: test\r\nAccept: */*\r\n\r\n");
    inspect(&inspection, &verdict, PROTOCOL_TCP, false, 80, &payload);
    payload = text("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nServer: x\r\n"
                   "Content-Length: 2\r\n\r\nhi");
    inspect(&inspection, &verdict, PROTOCOL_TCP, true, 80, &payload);
    classify_finish(classifier, &inspection, &verdict);
    ck_assert_str_eq(verdict.application, "HTTP");
    ck_assert_str_eq(verdict.name, "camera.example.org");

    inspection = INSPECTION_DUE;
    verdict = (struct verdict){0};
    payload = hex("1234 0100 0001 0000 0000 0000 03 'ntp' 07 'example' 03 'org' 00 "
                  "0001 0001");
    inspect(&inspection, &verdict, PROTOCOL_UDP, false, 53, &payload);
    classify_finish(classifier, &inspection, &verdict);
    ck_assert_str_eq(verdict.application, "DNS");
    ck_assert_str_eq(verdict.name, "ntp.example.org");
    ck_assert_uint_eq(inspection, INSPECTION_DONE);
    ck_assert_uint_eq(counter_read(&counters.dpi_active), 0);
}
END_TEST

START_TEST(attacks_in_urls_are_risks) {
    static const struct {
        const char *url;
        uint64_t risks;
    } requests[] = {
        {"/index.php?id=1", 0},
        {"/x?ip=127.0.0.1;cat%20/etc/passwd", 1 << RISK_COMMAND},
#if NDPI_MAJOR == 4
        {"/x?id=1%20UNION%20SELECT%20user,password%20FROM%20users--", 1 << RISK_SQL},
        {"/x?q=<script>alert(1)</script>", 1 << RISK_SCRIPT},
#endif
    };
    const uint64_t judged = 1 << RISK_COMMAND | 1 << RISK_SQL | 1 << RISK_SCRIPT;
    for (unsigned i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        uint32_t inspection = INSPECTION_DUE;
        struct verdict verdict = {0};
        char request[256];
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: camera.example.org\r\n"
                 "User-Agent: test\r\nAccept: */*\r\n\r\n",
                 requests[i].url);
        struct bytes payload = text(request);
        inspect(&inspection, &verdict, PROTOCOL_TCP, false, 80, &payload);
        payload = text("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                       "Content-Length: 2\r\n\r\nhi");
        inspect(&inspection, &verdict, PROTOCOL_TCP, true, 80, &payload);
        classify_finish(classifier, &inspection, &verdict);
        ck_assert_msg((verdict.risks & judged) == requests[i].risks, "%s: %llx",
                      requests[i].url, (unsigned long long)verdict.risks);
    }
}
END_TEST

START_TEST(cut_packets_are_inspected) {
    static struct traffic traffic;
    struct bytes payload = text("GET / HTTP/1.1\r\nHost: camera.example.org\r\n\r\n");
    memset(payload.at + payload.length, 'x', 1000);
    payload.length += 1000;
    uint32_t inspection = INSPECTION_DUE;
    struct verdict verdict = {0};
    make(&traffic, PROTOCOL_TCP, false, 50000, 12345, &payload, 200);
    classify_packet(classifier, &inspection, &traffic.packet, &verdict);
    classify_finish(classifier, &inspection, &verdict);
    ck_assert_str_eq(verdict.application, "HTTP");
    ck_assert_str_eq(verdict.name, "camera.example.org");
}
END_TEST

static const char noise[] = "\x9c\x11\xfe\x37 nothing that anybody speaks \x01\x80";

START_TEST(budget_ends_inspection) {
    uint32_t inspection = INSPECTION_DUE;
    struct verdict verdict = {0};
    struct bytes payload = text(noise);
    for (unsigned i = 1; i <= BUDGET; i++) {
        ck_assert_uint_ne(inspection, INSPECTION_DONE);
        inspect(&inspection, &verdict, PROTOCOL_TCP, i % 2, 50001, &payload);
        ck_assert_uint_eq(counter_read(&counters.dpi_active), i < BUDGET);
    }
    ck_assert_uint_eq(inspection, INSPECTION_DONE);
}
END_TEST

START_TEST(states_run_out_and_come_back) {
    uint32_t inspections[STATES + 2] = {INSPECTION_DUE};
    struct verdict verdicts[STATES + 2] = {{0}};
    struct bytes payload = text(noise);
    for (unsigned i = 0; i < STATES + 2; i++)
        inspect(&inspections[i], &verdicts[i], PROTOCOL_TCP, false, 22, &payload);
    ck_assert_uint_eq(counter_read(&counters.dpi_active), STATES);
    ck_assert_uint_eq(counter_read(&counters.dpi_skipped), 2);
    for (unsigned i = STATES; i < STATES + 2; i++) {
        ck_assert_uint_eq(inspections[i], INSPECTION_DONE);
        ck_assert_str_eq(verdicts[i].application, "SSH"); /* by port */
    }
    for (unsigned i = 0; i < STATES + 2; i++)
        classify_finish(classifier, &inspections[i], &verdicts[i]);
    ck_assert_uint_eq(counter_read(&counters.dpi_active), 0);
    for (unsigned round = 0; round < 3 * STATES; round++) {
        uint32_t inspection = INSPECTION_DUE;
        inspect(&inspection, &verdicts[0], PROTOCOL_TCP, false, 22, &payload);
        ck_assert_uint_ne(inspection, INSPECTION_DONE);
        classify_finish(classifier, &inspection, &verdicts[0]);
    }
    ck_assert_uint_eq(counter_read(&counters.dpi_skipped), 2);

    /* An open one is not lost when all is closed: leaks show under the sanitizer. */
    uint32_t left_open = INSPECTION_DUE;
    inspect(&left_open, &verdicts[0], PROTOCOL_TCP, false, 22, &payload);
}
END_TEST

START_TEST(what_needs_no_state) {
    uint32_t inspection = INSPECTION_DUE;
    struct verdict verdict = {0};
    struct bytes empty = {.length = 0};
    inspect(&inspection, &verdict, PROTOCOL_TCP, false, 443, &empty);
    ck_assert_uint_eq(inspection, INSPECTION_DUE);
    ck_assert_str_eq(verdict.application, "");
    classify_finish(classifier, &inspection, &verdict);
    ck_assert_uint_eq(inspection, INSPECTION_DONE);

    struct packet packet = {.ip = {{.family = 4}, {.family = 4}},
                            .protocol = PROTOCOL_ICMP,
                            .payload_captured = 8};
    inspection = INSPECTION_DUE;
    classify_packet(classifier, &inspection, &packet, &verdict);
    ck_assert_uint_eq(inspection, INSPECTION_DONE);
    ck_assert_str_eq(verdict.application, "ICMP");

    packet = (struct packet){.ethertype = 0x88b8, .payload_captured = 8};
    inspection = INSPECTION_DUE;
    classify_packet(classifier, &inspection, &packet, &verdict);
    ck_assert_uint_eq(inspection, INSPECTION_DONE);
    ck_assert_str_eq(verdict.application, "GOOSE");
    ck_assert_uint_eq(counter_read(&counters.dpi_active), 0);
}
END_TEST

START_TEST(without_inspection) {
    classify_destroy(classifier);
    classifier = classify_create(0, BUDGET, 7, &counters);
    uint32_t inspection = INSPECTION_DUE;
    struct verdict verdict = {0};
    struct bytes payload = hello("example.org", 1);
    inspect(&inspection, &verdict, PROTOCOL_TCP, false, 443, &payload);
    ck_assert_uint_eq(inspection, INSPECTION_DONE);
    ck_assert_str_eq(verdict.application, "");
    ck_assert_uint_eq(counter_read(&counters.dpi_skipped), 0);
    classify_destroy(NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("classify");
    TCase *one = tcase_create("one");
    tcase_add_checked_fixture(one, setup, teardown);
    tcase_add_test(one, tls_is_known_by_its_hello);
    tcase_add_test(one, memory_is_as_good_as_a_look);
    tcase_add_test(one, memory_mistakes_nobody);
    tcase_add_test(one, essence_of_a_hello);
    tcase_add_test(one, http_and_dns);
    tcase_add_test(one, attacks_in_urls_are_risks);
    tcase_add_test(one, cut_packets_are_inspected);
    tcase_add_test(one, budget_ends_inspection);
    tcase_add_test(one, states_run_out_and_come_back);
    tcase_add_test(one, what_needs_no_state);
    tcase_add_test(one, without_inspection);
    suite_add_tcase(suite, one);
    return suite_run(suite);
}
