#include "collectors/decode.h"
#include "tests/collectors/frames.h"
#include "tests/suite.h"

#include <check.h>
#include <pcap/dlt.h>
#include <stdio.h>

static struct bytes valid_frame(const char *name, int *link) {
    for (size_t i = 0; i < VALID; i++)
        if (strcmp(valid[i].name, name) == 0) {
            *link = valid[i].link;
            return hex(valid[i].text);
        }
    ck_abort_msg("no frame \"%s\"", name);
}

/* The packet borrows the frame, so both stay until the next call. */
static const struct packet *decoded(const char *name) {
    static struct bytes frame;
    static struct packet packet;
    int link;
    frame = valid_frame(name, &link);
    packet.time_ns = 42;
    enum decode_result result =
        decode_frame(link, frame.at, frame.length, frame.length, &packet);
    ck_assert_msg(result == DECODE_OK, "%s: %d", name, result);
    ck_assert_uint_eq(packet.time_ns, 42);
    return &packet;
}

static enum decode_result result_of(const char *text) {
    struct bytes frame = hex(text);
    uint8_t *copy = exact_copy(frame.at, frame.length);
    struct packet packet = {0};
    enum decode_result result =
        decode_frame(DLT_EN10MB, copy, frame.length, frame.length, &packet);
    free(copy);
    return result;
}

static void check_address(const struct address *address, const char *expected) {
    char text[ADDRESS_TEXT_BYTES];
    address_format(address, text);
    ck_assert_str_eq(text, expected);
}

static void check_mac(const struct mac *mac, const char *expected) {
    char text[MAC_TEXT_BYTES];
    mac_format(mac, text);
    ck_assert_str_eq(text, expected);
}

static void check_payload(const struct packet *packet, const char *expected) {
    ck_assert_uint_eq(packet->payload_length, strlen(expected));
    ck_assert_uint_eq(packet->payload_captured, strlen(expected));
    ck_assert_mem_eq(packet->payload, expected, strlen(expected));
}

/* What the frames of "udp" have in common, however they are wrapped. */
static void check_datagram(const struct packet *packet) {
    bool is_6 = packet->ethertype == ETHERTYPE_IPV6;
    ck_assert(is_6 || packet->ethertype == ETHERTYPE_IPV4);
    check_address(&packet->ip[SOURCE], is_6 ? "2001:db8::1" : "192.168.1.2");
    check_address(&packet->ip[DESTINATION], is_6 ? "2001:db8::2" : "10.0.0.3");
    ck_assert_uint_eq(packet->protocol, PROTOCOL_UDP);
    ck_assert_uint_eq(packet->port[SOURCE], 0xc001);
    ck_assert_uint_eq(packet->port[DESTINATION], 53);
    ck_assert(!packet->is_llc && !packet->is_fragment && !packet->is_unreachable);
    check_payload(packet, "abcd");
}

START_TEST(tcp) {
    const struct packet *packet = decoded("tcp");
    check_mac(&packet->mac[SOURCE], "02:00:00:00:00:aa");
    check_mac(&packet->mac[DESTINATION], "02:00:00:00:00:bb");
    check_address(&packet->ip[SOURCE], "192.168.1.2");
    check_address(&packet->ip[DESTINATION], "10.0.0.3");
    ck_assert_uint_eq(packet->ethertype, ETHERTYPE_IPV4);
    ck_assert_uint_eq(packet->vlan, 0);
    ck_assert_uint_eq(packet->protocol, PROTOCOL_TCP);
    ck_assert_uint_eq(packet->ttl, 64);
    ck_assert_uint_eq(packet->port[SOURCE], 0xc001);
    ck_assert_uint_eq(packet->port[DESTINATION], 443);
    ck_assert_uint_eq(packet->tcp_flags, TCP_SYN);
    ck_assert_uint_eq(packet->tcp_sequence, 0x01020304);
    ck_assert_uint_eq(packet->tcp_acknowledgement, 0x05060708);
    ck_assert_uint_eq(packet->wire_length, 60);
    ck_assert_uint_eq(packet->network_length, 42);
    ck_assert_uint_eq(packet->network_captured, 42);
    ck_assert_uint_eq(packet->network[0], 0x45);
    ck_assert_uint_eq(packet->transport_captured, 22);
    ck_assert_uint_eq(packet->transport[0], 0xc0);
    check_payload(packet, "hi"); /* and no padding */
    check_payload(decoded("tcp options"), "");
    check_payload(decoded("segments to be"), "a long one");
    ck_assert_uint_eq(decoded("segments to be")->network_length, 50);
}
END_TEST

START_TEST(udp_in_many_wrappings) {
    static const char *const names[] = {
        "udp",       "ipv4 options", "vlan",
        "qinq",      "ipv6 chain",   "ipv6 atomic fragment",
        "snap",      "raw ipv4",     "ipv4",
        "raw ipv6",  "ipv6",         "null, little",
        "null, big", "loop",         "jumbogram",
        "cooked",    "cooked vlan",  "cooked 2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_datagram(decoded(names[i]));
    ck_assert_uint_eq(decoded("udp")->ttl, 128);
    ck_assert_uint_eq(decoded("ipv6 chain")->ttl, 1);
    ck_assert_uint_eq(decoded("ipv6 chain")->network_length, 100);
    ck_assert(mac_is_zero(&decoded("raw ipv4")->mac[SOURCE]));
    check_mac(&decoded("cooked")->mac[SOURCE], "02:00:00:00:00:aa");
    check_mac(&decoded("cooked 2")->mac[SOURCE], "02:00:00:00:00:aa");
    ck_assert(mac_is_zero(&decoded("cooked")->mac[DESTINATION]));
}
END_TEST

START_TEST(tags) {
    ck_assert_uint_eq(decoded("vlan")->vlan, 7); /* without the priority */
    ck_assert_uint_eq(decoded("vlan")->inner_vlan, 0);
    ck_assert_uint_eq(decoded("qinq")->vlan, 100);
    ck_assert_uint_eq(decoded("qinq")->inner_vlan, 7);
    ck_assert_uint_eq(decoded("cooked vlan")->vlan, 7);
    ck_assert_int_eq(result_of(MACS "8100 0001 8100 0002 8100 0003 8100 0004 88b8 00"),
                     DECODE_OK);
    ck_assert_int_eq(
        result_of(MACS "8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 88b8 00"),
        DECODE_MALFORMED);
}
END_TEST

START_TEST(fragments) {
    const struct packet *packet = decoded("first fragment");
    ck_assert(packet->is_fragment && packet->is_first_fragment);
    ck_assert_uint_eq(packet->fragment_id, 0x1234);
    ck_assert_uint_eq(packet->port[DESTINATION], 53);
    check_payload(packet, "abcdefgh");

    packet = decoded("later fragment");
    ck_assert(packet->is_fragment && !packet->is_first_fragment);
    ck_assert_uint_eq(packet->fragment_id, 0x1234);
    ck_assert_uint_eq(packet->protocol, PROTOCOL_UDP);
    ck_assert_uint_eq(packet->port[DESTINATION], 0);
    ck_assert_ptr_null(packet->transport);
    ck_assert_ptr_null(packet->payload);
    ck_assert_uint_eq(packet->payload_captured, 0);
    ck_assert_uint_eq(packet->payload_length, 8);

    packet = decoded("ipv6 first fragment");
    ck_assert(packet->is_fragment && packet->is_first_fragment);
    ck_assert_uint_eq(packet->fragment_id, 0xdeadbeef);
    ck_assert_uint_eq(packet->port[DESTINATION], 53);
    packet = decoded("ipv6 later fragment");
    ck_assert(packet->is_fragment && !packet->is_first_fragment);
    ck_assert_uint_eq(packet->fragment_id, 0xdeadbeef);
    ck_assert_uint_eq(packet->protocol, PROTOCOL_UDP);
    ck_assert_ptr_null(packet->payload);
    ck_assert(!decoded("ipv6 atomic fragment")->is_fragment);
    ck_assert(!decoded("tcp")->is_fragment); /* "don't fragment" is none */
    ck_assert_uint_eq(decoded("tcp")->fragment_id, 0);

    packet = decoded("ipv6 later fragment of an extension");
    ck_assert_uint_eq(packet->protocol, 60); /* what follows is not its header */
    ck_assert_uint_eq(packet->payload_length, 8);

    /* Beyond the largest packet; a first fragment too small for its ports. */
    ck_assert_int_eq(
        result_of(MACS "0800" IPV4("001c", "1fff", "40", "01") "'abcdefgh'"),
        DECODE_MALFORMED);
    ck_assert_int_eq(
        result_of(MACS "0800" IPV4("001c", "2000", "40", "06") "'abcdefgh'"),
        DECODE_MALFORMED);
    ck_assert_int_eq(
        result_of(MACS "0800" IPV4("001c", "2000", "40", "11") UDP_DNS("0007")),
        DECODE_MALFORMED);
    ck_assert_int_eq(result_of(MACS "86dd" IPV6("0010", "2c", "40") //
                               "11 00 fff8 deadbeef 'abcdefgh'"),
                     DECODE_MALFORMED);
}
END_TEST

START_TEST(icmp) {
    const struct packet *packet = decoded("icmp echo");
    ck_assert_uint_eq(packet->port[SOURCE], 0);
    ck_assert_uint_eq(packet->port[DESTINATION], 0x0800);
    ck_assert(!packet->is_unreachable);
    check_payload(packet, "ping");

    packet = decoded("icmpv6 of six bytes");
    ck_assert_uint_eq(packet->port[DESTINATION], 0x9b00);
    check_payload(packet, "");

    packet = decoded("icmp unreachable");
    ck_assert_uint_eq(packet->port[DESTINATION], 0x0303);
    ck_assert(packet->is_unreachable);
    check_address(&packet->quote.ip[SOURCE], "10.0.0.3");
    check_address(&packet->quote.ip[DESTINATION], "192.168.1.2");
    ck_assert_uint_eq(packet->quote.protocol, PROTOCOL_UDP);
    ck_assert_uint_eq(packet->quote.port[SOURCE], 5000);
    ck_assert_uint_eq(packet->quote.port[DESTINATION], 161);

    packet = decoded("icmpv6 unreachable");
    ck_assert(packet->is_unreachable);
    check_address(&packet->quote.ip[SOURCE], "2001:db8::2");
    ck_assert_uint_eq(packet->quote.protocol, PROTOCOL_TCP);
    ck_assert_uint_eq(packet->quote.port[SOURCE], 0xc001);
    ck_assert_uint_eq(packet->quote.port[DESTINATION], 443);
}
END_TEST

START_TEST(icmp_errors_that_refuse_nothing) {
    int link;
    struct packet packet = {0};
    struct bytes frame = valid_frame("icmp unreachable", &link);
    enum { TYPE = 34, QUOTE = 42, PORTS = 62 };
    static const struct {
        uint32_t offset;
        uint8_t value;
        bool is;
    } changes[] = {
        {TYPE + 1, 4, false},  /* fragmentation needed */
        {TYPE + 1, 13, true},  /* prohibited */
        {TYPE, 11, false},     /* time exceeded */
        {QUOTE, 0x35, false},  /* quote of no version */
        {QUOTE, 0x44, false},  /* header too short */
        {QUOTE, 0x4f, false},  /* longer than the quote */
        {QUOTE + 7, 1, false}, /* a later fragment has no ports */
        {QUOTE + 9, 1, true},  /* ICMP: type and code */
        {QUOTE + 9, 50, true}, /* ESP: no ports */
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct bytes changed = frame;
        changed.at[changes[i].offset] = changes[i].value;
        ck_assert_int_eq(
            decode_frame(link, changed.at, changed.length, changed.length, &packet),
            DECODE_OK);
        ck_assert_msg(packet.is_unreachable == changes[i].is, "change %zu", i);
    }
    ck_assert_int_eq(decode_frame(link, frame.at, PORTS + 4, frame.length, &packet),
                     DECODE_OK);
    ck_assert(packet.is_unreachable);
    ck_assert_int_eq(decode_frame(link, frame.at, PORTS + 3, frame.length, &packet),
                     DECODE_OK);
    ck_assert(!packet.is_unreachable);
}
END_TEST

START_TEST(not_ip) {
    const struct packet *packet = decoded("goose");
    ck_assert_uint_eq(packet->ethertype, 0x88b8);
    ck_assert(!packet->is_llc);
    ck_assert_uint_eq(packet->network_length, 16);
    ck_assert_uint_eq(packet->network[1], 1);
    ck_assert_uint_eq(packet->ip[SOURCE].family, 0);
    ck_assert_uint_eq(packet->protocol, 0);
    ck_assert_ptr_null(packet->payload);
    ck_assert_uint_eq(packet->payload_length, 0);
    ck_assert(mac_is_multicast(&packet->mac[DESTINATION]));

    packet = decoded("arp");
    ck_assert_uint_eq(packet->ethertype, ETHERTYPE_ARP);
    ck_assert_uint_eq(packet->network_captured, 46);

    packet = decoded("llc");
    ck_assert(packet->is_llc);
    ck_assert_uint_eq(packet->ethertype, 0x4242);
    ck_assert_uint_eq(packet->network_length,
                      0x26); /* by the length field, not the padding */
    packet = decoded("snap of its own");
    ck_assert(packet->is_llc);
    ck_assert_uint_eq(packet->ethertype, 0xaaaa);
    packet = decoded("snap without information");
    ck_assert(packet->is_llc);
    packet = decoded("cooked llc");
    ck_assert(packet->is_llc);
    ck_assert_uint_eq(packet->ethertype, 0x4242);
}
END_TEST

START_TEST(other_protocols) {
    const struct packet *packet = decoded("sctp");
    ck_assert_uint_eq(packet->port[SOURCE], 2905);
    ck_assert_uint_eq(packet->port[DESTINATION], 2906);
    check_payload(packet, "data");
    packet = decoded("esp");
    ck_assert_uint_eq(packet->protocol, 50);
    ck_assert_uint_eq(packet->port[DESTINATION], 0);
    check_payload(packet, "whatever");
    packet = decoded("no next header");
    ck_assert_uint_eq(packet->protocol, 59);
    check_payload(packet, "");
}
END_TEST

START_TEST(contradictions) {
    static const struct {
        const char *what, *text;
    } cases[] = {
        {"IPv4 header too short",
         "4400 0020 1234 0000 40 11 0000 c0a80102 0a000003 c001 0035 000c 0000 'abcd'"},
        {"total below header",
         IPV4("0013", "0000", "40", "11") UDP_DNS("000c") "'abcd'"},
        {"total below options",
         "4600 0014 0001 0000 40 11 0000 c0a80102 0a000003 94040000 'abcd'"},
        {"total beyond the frame",
         IPV4("0021", "0000", "40", "11") UDP_DNS("000c") "'abcd'"},
        {"no total, no TCP", IPV4("0000", "0000", "40", "11") UDP_DNS("000c") "'abcd'"},
        {"version 6 in 0x0800", IPV6("000c", "11", "40") UDP_DNS("000c") "'abcd'"},
        {"TCP header too short",
         IPV4("0028", "0000", "40",
              "06") "c001 01bb 00000000 00000000 4002 ffff 0000 0000"},
        {"TCP options beyond the packet",
         IPV4("0028", "0000", "40",
              "06") "c001 01bb 00000000 00000000 6002 ffff 0000 0000"},
        {"half a TCP header",
         IPV4("001e", "0000", "40", "06") "c001 01bb 00000000 0000"},
        {"UDP length below header",
         IPV4("0020", "0000", "40", "11") UDP_DNS("0007") "'abcd'"},
        {"UDP length beyond packet",
         IPV4("0020", "0000", "40", "11") UDP_DNS("000d") "'abcd'"},
        {"half an ICMP header", IPV4("0016", "0000", "40", "01") "0800"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, MACS "0800 %s", cases[i].text);
        ck_assert_msg(result_of(text) == DECODE_MALFORMED, "%s", cases[i].what);
    }
    ck_assert_int_eq(result_of(MACS "86dd" IPV4("0020", "0000", "40", "11")
                                   UDP_DNS("000c") "'abcdabcdabcd'"),
                     DECODE_MALFORMED);
    ck_assert_int_eq(
        result_of(MACS "86dd" IPV6("000d", "11", "40") UDP_DNS("000c") "'abcd'"),
        DECODE_MALFORMED);
    /* An extension longer than the packet; a chain of nine. */
    ck_assert_int_eq(result_of(MACS "86dd" IPV6(
                         "0010", "3c", "40") "1102000000000000 0000000000000000"),
                     DECODE_MALFORMED);
    ck_assert_int_eq(
        result_of(MACS "86dd" IPV6(
            "0048", "3c", "40") "3c00000000000000 3c00000000000000 3c00000000000000 "
                                "3c00000000000000 3c00000000000000 "
                                "3c00000000000000 3c00000000000000 3c00000000000000 "
                                "3b00000000000000"),
        DECODE_MALFORMED);
    ck_assert_int_eq(
        result_of(MACS "86dd" IPV6(
            "0040", "3c", "40") "3c00000000000000 3c00000000000000 3c00000000000000 "
                                "3c00000000000000 3c00000000000000 "
                                "3c00000000000000 3c00000000000000 3b00000000000000"),
        DECODE_OK);
    /* 802.3: a length beyond the frame, and one that is neither length nor type. */
    ck_assert_int_eq(result_of(MACS "0005 424203 00"), DECODE_MALFORMED);
    struct packet packet = {0};
    struct bytes neither = hex(MACS "05dd 424203");
    neither.length = 1600;
    ck_assert_int_eq(
        decode_frame(DLT_EN10MB, neither.at, neither.length, neither.length, &packet),
        DECODE_MALFORMED);
    ck_assert_int_eq(result_of(MACS "0002 4242"), DECODE_MALFORMED);
    /* A frame that was too short on the wire is no fault of the snap length. */
    ck_assert_int_eq(result_of("0200000000bb 0200000000aa 08"), DECODE_MALFORMED);
    ck_assert_int_eq(result_of(""), DECODE_MALFORMED);
}
END_TEST

START_TEST(udp_shorter_than_its_packet) {
    struct packet packet = {0};
    struct bytes frame =
        hex(MACS "0800" IPV4("0020", "0000", "40", "11") UDP_DNS("000a") "'abcd'");
    ck_assert_int_eq(
        decode_frame(DLT_EN10MB, frame.at, frame.length, frame.length, &packet),
        DECODE_OK);
    check_payload(&packet, "ab");
}
END_TEST

START_TEST(links_not_decoded) {
    struct packet packet = {0};
    uint8_t zero[64] = {0};
    static const int known[] = {DLT_EN10MB, DLT_RAW,  DLT_IPV4,      DLT_IPV6,
                                DLT_NULL,   DLT_LOOP, DLT_LINUX_SLL, DLT_LINUX_SLL2};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert(decode_knows(known[i]));
    static const int unknown[] = {DLT_IEEE802_15_4_WITHFCS, DLT_IEEE802_15_4_NOFCS,
                                  DLT_USB_LINUX, -1, 100000};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        ck_assert(!decode_knows(unknown[i]));
        ck_assert_int_eq(decode_frame(unknown[i], zero, 64, 64, &packet),
                         DECODE_UNSUPPORTED);
    }
    static const struct {
        int link;
        const char *text;
    } cases[] = {
        {DLT_NULL, "0000000b 4500"},                                  /* AppleTalk */
        {DLT_LINUX_SLL, "0004 0338 0000 0000000000000000 0010 0000"}, /* netlink */
        {DLT_LINUX_SLL, "0000 0118 0000 0000000000000000 000c 0000"}, /* CAN */
        {DLT_LINUX_SLL2,
         "0800 0000 00000003 0323 00 06 0200000000aa 0000"}, /* radiotap */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes frame = hex(cases[i].text);
        ck_assert_int_eq(
            decode_frame(cases[i].link, frame.at, frame.length, frame.length, &packet),
            DECODE_UNSUPPORTED);
    }
}
END_TEST

START_TEST(wire_shorter_than_capture) {
    struct packet packet = {0};
    int link;
    struct bytes frame = valid_frame("udp", &link);
    ck_assert_int_eq(decode_frame(link, frame.at, frame.length, 3, &packet), DECODE_OK);
    ck_assert_uint_eq(packet.wire_length, frame.length);
}
END_TEST

int main(void) {
    TCase *all = tcase_create("decode");
    tcase_add_test(all, tcp);
    tcase_add_test(all, udp_in_many_wrappings);
    tcase_add_test(all, tags);
    tcase_add_test(all, fragments);
    tcase_add_test(all, icmp);
    tcase_add_test(all, icmp_errors_that_refuse_nothing);
    tcase_add_test(all, not_ip);
    tcase_add_test(all, other_protocols);
    tcase_add_test(all, contradictions);
    tcase_add_test(all, udp_shorter_than_its_packet);
    tcase_add_test(all, links_not_decoded);
    tcase_add_test(all, wire_shorter_than_capture);
    Suite *suite = suite_create("decode");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
