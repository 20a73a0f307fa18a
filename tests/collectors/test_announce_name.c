#include "tests/collectors/said.h"
#include "tests/suite.h"

START_TEST(multicast_dns) {
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, MDNS_GROUP) UDP(
            "14e9",
            "14e9") "0000 8400 0000 0003 0000 0001 "
                    "05 '_http' 04 '_tcp' 05 'local' 00 000c 0001 00000078 0007 04 "
                    "'Lamp' c00c "
                    "c028 0021 8001 00000078 000d 0000 0000 0050 04 'lamp' c017 "
                    "c041 001c 8001 00000078 0010 fe800000000000000000000000000001 "
                    "c041 0001 8001 00000078 0004 c0a80102"),
        "service aa 192.168.1.2 \"lamp._http._tcp.local\", mdns aa 192.168.1.2 "
        "\"lamp.local\"");
    /* An address of somebody else's: a proxy speaks. */
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, MDNS_GROUP)
                 UDP("14e9", "14e9") "0000 8400 0000 0002 0000 0000 "
                                     "04 'lamp' 00 0001 8001 00000078 0004 c0a80109 "
                                     "05 'proxy' 00 0001 8001 00000078 0004 c0a80102"),
        "mdns aa 192.168.1.2 \"proxy\"");
    /* A question names nobody; nor does an answer from another port. */
    ck_assert_str_eq(said(FROM_AA IPV4("0000", "11", LAN_2, MDNS_GROUP) UDP(
                         "14e9", "14e9") "0000 0000 0000 0001 0000 0000 04 'lamp' 00 "
                                         "0001 8001 00000078 0004 c0a80102"),
                     "");
    ck_assert_str_eq(said(FROM_AA IPV4("0000", "11", LAN_2, MDNS_GROUP) UDP(
                         "14e8", "14e9") "0000 8400 0000 0001 0000 0000 04 'lamp' 00 "
                                         "0001 8001 00000078 0004 c0a80102"),
                     "");
}
END_TEST

START_TEST(dns_answers) {
    const char *answer =
        "0200000000bb 0200000000aa " IPV4("0000", "11", "c0a80101 ", LAN_2)
            UDP("0035",
                "c001") "0001 8180 0001 0002 0000 0000 03 'www' 04 'Test' 00 0001 0001 "
                        "c00c 0001 0001 00000e10 0004 c0000201 c00c 0001 0001 00000e10 "
                        "0004 c0000202";
    ck_assert_str_eq(said(answer),
                     "dns bb 192.0.2.1 \"www.test\", dns bb 192.0.2.2 \"www.test\"");
    struct bytes frame = hex(answer);
    struct record records[2] = {{.sequence = 7}, {.sequence = 8}};
    fix_lengths(&frame);
    ck_assert_uint_eq(announced(&frame, records, 1),
                      1);                      /* no more than there is room for */
    ck_assert_uint_eq(records[0].sequence, 7); /* the caller's */
    ck_assert_uint_eq(records[1].kind, 0);
    ck_assert_uint_eq(announced(&frame, NULL, 0), 0);
    /* The question; an answer to another port; a "response" to a server's port. */
    ck_assert_str_eq(
        said("0200000000bb 0200000000aa " IPV4("0000", "11", LAN_2, "c0a80101 ")
                 UDP("c001", "0035") "0001 8180 0000 0001 0000 0000 00 0001 0001 "
                                     "00000e10 0004 c0000201"),
        "");
    ck_assert_str_eq(
        said("0200000000bb 0200000000aa " IPV4("0000", "11", LAN_2, "c0a80101 ")
                 UDP("0035", "0035") "0001 0100 0001 0001 0000 0000 01 'a' 00 0001 "
                                     "0001 c00c 0001 0001 00000e10 0004 c0000201"),
        "");
}
END_TEST

START_TEST(long_names_keep_their_end) {
    const char *label = "28 '0123456789012345678901234567890123456789' ";
    char text[1024];
    snprintf(text, sizeof text,
             "0200000000bb 0200000000aa " IPV4("0000", "11", "c0a80101 ", LAN_2)
                 UDP("0035", "c001") "0001 8180 0001 0001 0000 0000 %s%s%s%s 07 "
                                     "'example' 03 'com' 00 0001 0001 "
                                     "c00c 0001 0001 00000e10 0004 c0000201",
             label, label, label, label);
    ck_assert_str_eq(said(text),
                     "dns bb 192.0.2.1 \"0123456789012345678901234567890123456789."
                     "0123456789012345678901234567890123456789.example.com\"");
}
END_TEST

START_TEST(lldp) {
    ck_assert_str_eq(said("0180c200000e 0200000000aa 88cc 0207 04 0200000000aa 0404 05 "
                          "'eth' 0602 0078 "
                          "0a04 'sw-1' 0000"),
                     "lldp aa - \"sw-1\"");
    ck_assert_str_eq(
        said("0180c200000e 0200000000aa 88cc 0207 04 0200000000aa 0000 0a04 'sw-1'"),
        "");
    ck_assert_str_eq(said("0180c200000e 0200000000aa 88cc 0a09 'sw-1'"), "");
    ck_assert_str_eq(said("0180c200000e 0200000000aa 88cc 03ff 'sw-1'"), "");
    ck_assert_str_eq(said("0180c200000e 0200000000aa 88cc 0a"), "");
    ck_assert_str_eq(said("0180c200000e 0200000000aa 88cc"), "");
}
END_TEST

START_TEST(ssdp) {
    ck_assert_str_eq(said(SSDP "'NOTIFY * HTTP/1.1' 0d0a 'NT: upnp:rootdevice' 0d0a "
                               "'Server:  Linux/3.4 UPnP/1.0' 0d0a 0d0a"),
                     "ssdp aa 192.168.1.2 \"Linux/3.4 UPnP/1.0\"");
    ck_assert_str_eq(said(FROM_AA IPV4("0000", "11", LAN_2, LAN_9) UDP(
                         "076c", "c001") "'HTTP/1.1 200 OK' 0d0a 'SERVER:x' 0a 0a"),
                     "ssdp aa 192.168.1.2 \"x\"");
    ck_assert_str_eq(said(SSDP "'NOTIFY * HTTP/1.1' 0d0a 'SERVER:   ' 0d0a"), "");
    ck_assert_str_eq(said(SSDP "'NOTIFY * HTTP/1.1' 0d0a 'SERVER:' 0d0a"), "");
    ck_assert_str_eq(said(SSDP "'NOTIFY * HTTP/1.1' 0d0a 'SERVER: cut'"), "");
    ck_assert_str_eq(said(SSDP "'M-SEARCH * HTTP/1.1' 0d0a 'SERVER: x' 0d0a"), "");
    ck_assert_str_eq(said(SSDP "'NOTIFY *'"), "");
    ck_assert_str_eq(said(SSDP), "");
}
END_TEST

START_TEST(neighbours_of_a_switch) {
    ck_assert_str_eq(said("0180c200000e 0200000000aa 88cc 0a04 'sw-1' 0c06 'Switch' "
                          "fe0d 00005e01 'https://m' fe04 00120f01 fe04 00005e01 0000"),
                     "lldp aa - \"sw-1\", description aa - \"Switch\", lldp-mud aa - "
                     "\"https://m\"");
#define CDP "01000ccccccc 0200000000aa 001e aaaa03 00000c 2000 02 b4 0000 "
    ck_assert_str_eq(said(CDP "0001 0008 'core' 0006 000a 'WS-C29'"),
                     "cdp aa - \"core\", platform aa - \"WS-C29\"");
    ck_assert_str_eq(said(CDP "0001 0003 'core' 0006 000a 'WS-C29'"), "");
    ck_assert_str_eq(said(CDP "0001 00ff 'core'"), "");
    ck_assert_str_eq(
        said("01000ccccccc 0200000000aa 001e aaaa03 00000c 2004 02 b4 0000 "
             "0001 0008 'core'"),
        "");
}
END_TEST

START_TEST(netbios) {
#define NETBIOS_NAME "20 'EMEBENFACACACACACACACACACACACA' 'AA' 00 "
    /* A registration of LAMP, for a host and for a group; a query; a datagram. */
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, LAN_9) UDP(
            "0089", "0089") "0001 2910 0001 0000 0000 0001 " NETBIOS_NAME
                            "0020 0001 c00c 0020 0001 0000 0000 0006 0000 c0a80102"),
        "netbios aa 192.168.1.2 \"LAMP\"");
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, LAN_9) UDP(
            "0089", "0089") "0001 2910 0001 0000 0000 0001 " NETBIOS_NAME
                            "0020 0001 c00c 0020 0001 0000 0000 0006 8000 c0a80102"),
        "");
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, LAN_9) UDP(
            "0089", "0089") "0001 0110 0001 0000 0000 0000 " NETBIOS_NAME "0020 0001"),
        "");
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, LAN_9)
                 UDP("008a", "008a") "110a 0001 c0a80102 008a 00bb 0000 " NETBIOS_NAME),
        "netbios aa 192.168.1.2 \"LAMP\"");
    ck_assert_str_eq(said(FROM_AA IPV4("0000", "11", LAN_2, LAN_9) UDP(
                         "008a", "008a") "110a 0001 c0a80102 008a 00bb 0000 20 'EMEB'"),
                     "");
    /* Asked for, it says that it is LAMP; for a group; a status; not it; cut. */
#define NETBIOS_ANSWER(flags, type, group)                                             \
    FROM_AA IPV4("0000", "11", LAN_2, LAN_9)                                           \
        UDP("0089", "c001") "0001 " flags " 0000 0001 0000 0000 " NETBIOS_NAME type    \
                            " 0001 00000010 0006 " group
    ck_assert_str_eq(said(NETBIOS_ANSWER("8500", "0020", "0000 c0a80102")),
                     "answer aa 192.168.1.2 \"LAMP\"");
    ck_assert_str_eq(said(NETBIOS_ANSWER("8500", "0020", "8000 c0a80102")), "");
    ck_assert_str_eq(said(NETBIOS_ANSWER("8500", "0021", "0000 c0a80102")), "");
    ck_assert_str_eq(said(NETBIOS_ANSWER("8503", "0020", "0000 c0a80102")), "");
    ck_assert_str_eq(said(NETBIOS_ANSWER("8500", "0020", "")), "");
}
END_TEST

START_TEST(llmnr) {
#define LLMNR(flags, type, address)                                                    \
    "0200000000bb 0200000000aa " IPV4("0000", "11", LAN_2, LAN_9)                      \
        UDP("14eb", "c001") "1234 " flags                                              \
                            " 0001 0001 0000 0000 04 'wpad' 00 0001 0001 "             \
                            "c00c " type " 0001 0000001e " address
    ck_assert_str_eq(said(LLMNR("8000", "0001", "0004 c0a80102")),
                     "answer aa 192.168.1.2 \"wpad\"");
    ck_assert_str_eq(said(LLMNR("8000", "001c", "0010 " LL_1)),
                     "answer aa 192.168.1.2 \"wpad\"");
    ck_assert_str_eq(said(LLMNR("8000", "000c", "0004 c0a80102")), "");
    ck_assert_str_eq(said(LLMNR("0000", "0001", "0004 c0a80102")), "");
    ck_assert_str_eq(said(LLMNR("8000", "0001", "0004 c0a8")), "");
}
END_TEST

START_TEST(what_a_device_is) {
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, MDNS_GROUP) UDP(
            "14e9", "14e9") "0000 8400 0000 0001 0000 0000 04 'lamp' 00 0010 8001 "
                            "00000078 0010 03 'a=1' 0b 'md=Glow 300'"),
        "model aa 192.168.1.2 \"Glow 300\"");
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "11", LAN_2, MDNS_GROUP) UDP(
            "14e9", "14e9") "0000 8400 0000 0001 0000 0000 04 'lamp' 00 0010 8001 "
                            "00000078 0004 ff 'md='"),
        "");
    ck_assert_str_eq(said(SSDP
                          "'NOTIFY * HTTP/1.1' 0d0a "
                          "'NT: urn:schemas-upnp-org:device:MediaRenderer:1' 0d0a"),
                     "ssdp-device aa 192.168.1.2 "
                     "\"urn:schemas-upnp-org:device:MediaRenderer:1\"");
}
END_TEST

int main(void) {
    TCase *all = tcase_create("announce_name");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, multicast_dns);
    tcase_add_test(all, dns_answers);
    tcase_add_test(all, long_names_keep_their_end);
    tcase_add_test(all, lldp);
    tcase_add_test(all, ssdp);
    tcase_add_test(all, neighbours_of_a_switch);
    tcase_add_test(all, netbios);
    tcase_add_test(all, llmnr);
    tcase_add_test(all, what_a_device_is);
    Suite *suite = suite_create("announce_name");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
