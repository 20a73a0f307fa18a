#include "tests/collectors/bounds.h"
#include "tests/collectors/layers.h"
#include "tests/suite.h"

/* Frames that look like a tunnel's and are not: the outer packet stays. */
START_TEST(no_tunnel) {
    static const struct {
        const char *what;
        const char *layers[LAYERS_MAX];
    } cases[] = {
        {"DNS to VXLAN's port",
         {"ipv4 11", "udp 12b5", "1234 8180 0001 0001 0000 0000"}},
        {"four bytes to VXLAN's port", {"ipv4 11", "udp 12b5", "08000000"}},
        {"VXLAN without an id", {"ipv4 11", "udp 12b5", "00000000 00002a00", INSIDE}},
        {"VXLAN, reserved", {"ipv4 11", "udp 12b5", "08000000 00002a01", INSIDE}},
        {"VXLAN, reserved flags", {"ipv4 11", "udp 12b5", "08000100 00002a00", INSIDE}},
        {"VXLAN with half a frame",
         {"ipv4 11", "udp 12b5", "08000000 00002a00 0200000000bb"}},
        {"VXLAN with broken IP",
         {"ipv4 11", "udp 12b5", "08000000 00002a00", MACS "0800 4500 ffff"}},
        {"VXLAN of something else",
         {"ipv4 11", "udp 12b6", "0c000009 00002a00", DATAGRAM}},
        {"GENEVE of version 1", {"ipv4 11", "udp 17c1", "4000 6558 00002a00", INSIDE}},
        {"GENEVE, control", {"ipv4 11", "udp 17c1", "0080 6558 00002a00", INSIDE}},
        {"GENEVE, options beyond",
         {"ipv4 11", "udp 17c1", "0100 0800 00002a00 01020005", DATAGRAM}},
        {"GENEVE of something else",
         {"ipv4 11", "udp 17c1", "0000 0806 00002a00", INSIDE}},
        {"GTP, echo", {"ipv4 11", "udp 0868", "32 01 0004 00000000 0001 00 00"}},
        {"GTP, length", {"ipv4 11", "udp 0868", "30 ff 0021 00000007", DATAGRAM}},
        {"GTP, endless extension",
         {"ipv4 11", "udp 0868", "gtp 34", "00000085 00", DATAGRAM}},
        {"no Teredo", {"ipv4 11", "udp 0dd8", DATAGRAM_6}},
        {"GRE, routing", {"ipv4 2f", "4000 0800 00000000", DATAGRAM}},
        {"GRE of something else", {"ipv4 2f", "0000 0806", DATAGRAM}},
        {"GRE, labels to nothing",
         {"ipv4 2f", "0000 8847 000c8140", "'something long enough'"}},
        {"half a GRE header", {"ipv4 2f", "0000"}},
        {"GRE, key missing", {"ipv4 2f", "2000 0800"}},
        {"PPTP, control protocol",
         {"ipv4 2f", "3001 880b 0004 0077 00000001 c021 0101"}},
        {"ERSPAN of version 5",
         {"ipv4 2f", "1000 88be 00000001 5007 0064 00000000", INSIDE}},
        {"ERSPAN of an unknown frame",
         {"ipv4 2f", "1000 22eb 00000001 2007 0064 00000000 0000 1000", INSIDE}},
        {"IPv6 where IPv4 is due", {"ipv4 04", DATAGRAM_6}},
        {"ethernet cut off", {"ipv4 61", "3000 0200"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes frame = lay_all(cases[i].layers);
        struct packet packet = {0};
        ck_assert_msg(decode(DLT_RAW, &frame, &packet) == DECODE_OK, "%s",
                      cases[i].what);
        check_address(&packet.ip[SOURCE], "10.1.1.1", cases[i].what);
        ck_assert_uint_eq(packet.network_length, frame.length);
        ck_assert_ptr_nonnull(packet.payload);
        ck_assert_uint_eq(packet.vantage.depth, 0);
        ck_assert_uint_eq(packet.vantage.kind, TUNNEL_NONE);
        ck_assert(!packet.vantage.is_cut);
        check_bounds(&packet, frame.at, frame.length);
    }
}
END_TEST

/* The same between Ethernet and IP, where the frame stays one of its EtherType. */
START_TEST(no_label) {
    static const struct {
        uint16_t ethertype;
        const char *layers[LAYERS_MAX];
    } cases[] = {
        {ETHERTYPE_PPPOE, {"pppoe c021", "01010004 00000000"}},
        {ETHERTYPE_PPPOE, {"11 a7 0000 0004 00000000"}},
        {ETHERTYPE_PPPOE, {"pppoe 0021", "4500 0000 00000000"}},
        {ETHERTYPE_MPLS, {"000c8140 10000021", DATAGRAM}},
        {ETHERTYPE_MPLS, {"000c8140 'nothing that is known of'"}},
        {ETHERTYPE_MPLS, {"000c8140 00"}},
        {ETHERTYPE_MPLS,
         {"000c8040 000c8040 000c8040 000c8040 000c8040 000c8040 000c8040 000c8040 "
          "000c8140",
          DATAGRAM}},
        {ETHERTYPE_SERVICE, {"0fc2 02 07 000005ff", DATAGRAM}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes frame = lay_all(cases[i].layers);
        char link[64];
        snprintf(link, sizeof link, OUTER "%04x", cases[i].ethertype);
        put_before(&frame, link);
        struct packet packet = {0};
        ck_assert_msg(decode(DLT_EN10MB, &frame, &packet) == DECODE_OK, "case %zu", i);
        ck_assert_msg(packet.ethertype == cases[i].ethertype, "case %zu", i);
        ck_assert_uint_eq(packet.ip[SOURCE].family, 0);
        ck_assert_uint_eq(packet.vantage.depth, 0);
    }
    struct packet packet = {0};
    struct bytes endless = hex(OUTER "8847 000c8040 000c8040");
    ck_assert_int_eq(decode(DLT_EN10MB, &endless, &packet), DECODE_MALFORMED);
    struct bytes longer = hex(OUTER "8864 1100 1234 0100 0021 4500");
    ck_assert_int_eq(decode(DLT_EN10MB, &longer, &packet), DECODE_MALFORMED);
    struct bytes shorter = hex(OUTER "894f 0fc1 02 01 000005ff");
    ck_assert_int_eq(decode(DLT_EN10MB, &shorter, &packet), DECODE_MALFORMED);
}
END_TEST

START_TEST(too_deep) {
    const char *const layers[LAYERS_MAX] = {"ipv4 04", "ipv4 29", "ipv6 04",
                                            "ipv4 04", "ipv4 04", DATAGRAM};
    struct bytes frame = lay_all(layers);
    struct packet packet = {0};
    ck_assert_int_eq(decode(DLT_RAW, &frame, &packet), DECODE_UNSUPPORTED);
    ck_assert_uint_eq(packet.vantage.depth, 4);
}
END_TEST

START_TEST(teredo) {
    static const char inner[] =
        "60000000 000c 11 40 20010000 000000000000000000000001"
        "20010db8000000000000000000000002" UDP_DNS("000c") "'abcd'";
    static const char *const between[] = {
        "", "0000 1234 01020304", "0001 02 01 aabb cc 0000000000000000 00",
        "0001 00 00 0000000000000000 00 0000 1234 01020304"};
    for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
        const char *const layers[LAYERS_MAX] = {"ipv4 11", "udp 0dd8", between[i],
                                                inner};
        struct bytes frame = lay_all(layers);
        struct packet packet = {0};
        ck_assert_int_eq(decode(DLT_RAW, &frame, &packet), DECODE_OK);
        check_address(&packet.ip[SOURCE], "2001::1", "teredo");
        ck_assert_uint_eq(packet.port[DESTINATION], 53);
        ck_assert_uint_eq(packet.vantage.kind, TUNNEL_TEREDO);
        for (uint32_t cut = 0; cut < frame.length; cut++) {
            uint8_t *copy = exact_copy(frame.at, cut);
            enum decode_result result =
                decode_frame(DLT_RAW, copy, cut, frame.length, &packet);
            ck_assert(result == DECODE_TRUNCATED ||
                      (result == DECODE_OK && packet.port[DESTINATION] == 53));
            free(copy);
        }
    }
}
END_TEST

START_TEST(links_that_carry_nothing) {
    static const struct {
        int link;
        enum decode_result result;
        const char *text;
    } cases[] = {
        {DLT_PPP, DECODE_UNSUPPORTED, "c021 0101 0004"},
        {DLT_PPP_SERIAL, DECODE_UNSUPPORTED, "ff03 c021 0101 0004"},
        {DLT_PPP_ETHER, DECODE_UNSUPPORTED, "1100 1234 0006 c021 01010004"},
        {DLT_C_HDLC, DECODE_UNSUPPORTED, "8f00 8035 00000002"},
        {DLT_C_HDLC, DECODE_MALFORMED, "0f00"},
        {DLT_IEEE802_11, DECODE_UNSUPPORTED, /* a beacon */
         "8000 0000" TO_BB ACCESS ACCESS "1000 0000"},
        {DLT_IEEE802_11, DECODE_UNSUPPORTED, "d400 0000" TO_BB}, /* ACK */
        {DLT_IEEE802_11, DECODE_UNSUPPORTED,                     /* nothing carried */
         "4801 0000" ACCESS FROM_AA TO_BB "1000"},
        {DLT_IEEE802_11, DECODE_UNSUPPORTED, /* protected */
         "0841 0000" ACCESS FROM_AA TO_BB "1000" WIRELESS},
        {DLT_IEEE802_11, DECODE_UNSUPPORTED, /* a later fragment */
         "0801 0000" ACCESS FROM_AA TO_BB "1100" WIRELESS},
        {DLT_IEEE802_11, DECODE_UNSUPPORTED, /* an aggregate of two */
         "8801 0000" ACCESS FROM_AA ACCESS "1000 8000" TO_BB FROM_AA
         "0028" WIRELESS TO_BB},
        {DLT_IEEE802_11, DECODE_MALFORMED, "0801 0000" ACCESS FROM_AA},
        {DLT_IEEE802_11_RADIO, DECODE_MALFORMED, "01 00 0800 00000000"},
        {DLT_IEEE802_11_RADIO, DECODE_MALFORMED, "00 00 0700 000000"},
        {DLT_IEEE802_11_RADIO, DECODE_MALFORMED, "00 00 0800 02000000"},
        {DLT_IEEE802_11_RADIO, DECODE_MALFORMED, "00 00 0c00 00000080 00000080"},
        {DLT_IEEE802_11_RADIO, DECODE_MALFORMED, /* damaged */
         "00 00 0900 02000000 40"
         "0801 0000" ACCESS FROM_AA TO_BB "1000" WIRELESS},
        {DLT_IEEE802_11_RADIO_AVS, DECODE_MALFORMED, "80211001 00000000"},
        {DLT_PRISM_HEADER, DECODE_MALFORMED, "44000000 ffffffff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes frame = hex(cases[i].text);
        struct packet packet = {0};
        enum decode_result result = decode(cases[i].link, &frame, &packet);
        ck_assert_msg(result == cases[i].result, "case %zu: %d", i, result);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tunnel, none");
    TCase *all = tcase_create("tunnel, none");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, no_tunnel);
    tcase_add_test(all, no_label);
    tcase_add_test(all, too_deep);
    tcase_add_test(all, teredo);
    tcase_add_test(all, links_that_carry_nothing);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
