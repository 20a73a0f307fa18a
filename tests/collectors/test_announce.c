#include "tests/collectors/said.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#define ARP(operation) FROM_AA "0806 0001 0800 06 04 " operation

START_TEST(arp) {
    ck_assert_str_eq(said(ARP("0001") "0200000000aa c0a80102 000000000000 c0a80101"),
                     "arp-request aa 192.168.1.2 to ff 192.168.1.1");
    ck_assert_str_eq(said(ARP("0001") "0200000000aa 00000000 000000000000 c0a80101"),
                     "arp-request aa 0.0.0.0 to ff 192.168.1.1");
    ck_assert_str_eq(said("0200000000bb 0200000000aa 0806 0001 0800 06 04 0002 "
                          "0200000000cc c0a80102 0200000000bb c0a80101"),
                     "arp-reply cc 192.168.1.2 to bb 192.168.1.1");
    /* Gratuitous: about oneself, or an answer to all. */
    ck_assert_str_eq(said(ARP("0001") "0200000000aa c0a80102 000000000000 c0a80102"),
                     "arp-announce aa 192.168.1.2 to ff 192.168.1.2");
    ck_assert_str_eq(said("0200000000bb 0200000000aa 0806 0001 0800 06 04 0002 "
                          "0200000000aa c0a80102 0200000000bb c0a80102"),
                     "arp-announce aa 192.168.1.2 to bb 192.168.1.2");
    ck_assert_str_eq(said(ARP("0002") "0200000000aa c0a80102 0200000000bb c0a80101"),
                     "arp-announce aa 192.168.1.2 to bb 192.168.1.1");
    ck_assert_str_eq(said(ARP("0001") "0200000000aa 00000000 000000000000 00000000"),
                     "arp-request aa 0.0.0.0 to ff 0.0.0.0");
    /* Reverse ARP, another hardware, another length, cut. */
    ck_assert_str_eq(said(ARP("0003") "0200000000aa c0a80102 000000000000 c0a80101"),
                     "");
    ck_assert_str_eq(said(ARP("0101") "0200000000aa c0a80102 000000000000 c0a80101"),
                     "");
    ck_assert_str_eq(
        said(FROM_AA
             "0806 0006 0800 06 04 0001 0200000000aa c0a80102 000000000000 c0a80101"),
        "");
    ck_assert_str_eq(
        said(FROM_AA
             "0806 0001 0800 08 04 0001 0200000000aa c0a80102 000000000000 c0a80101"),
        "");
    ck_assert_str_eq(said(ARP("0001") "0200000000aa c0a80102 000000000000 c0a801"), "");
}
END_TEST

START_TEST(vlan_goes_along) {
    struct record record;
    struct bytes frame = hex(FROM_AA "8100 0005 0806 0001 0800 06 04 0001 0200000000aa "
                                     "c0a80102 000000000000 c0a80101");
    ck_assert_uint_eq(announced(&frame, &record, 1), 1);
    ck_assert_uint_eq(record.claim.vlan, 5);
    ck_assert_uint_eq(announced(&frame, NULL, 0), 0); /* no room */
    frame = hex(FROM_AA "8100 0006 88cc 0a03 'sw1' 0000");
    ck_assert_uint_eq(announced(&frame, &record, 1), 1);
    ck_assert_uint_eq(record.name.vlan, 6);
}
END_TEST

START_TEST(neighbours) {
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1, LL_2) "87 00 0000 00000000 " LL_2
                                                          "01 01 0200000000cc"),
        "solicit cc fe80::1 to ff fe80::2");
    /* Duplicate address detection asks for an address without having one. */
    ck_assert_str_eq(said(FROM_AA IPV6("0000", "3a", "ff", NONE_6,
                                       LL_2) "87 00 0000 00000000 " LL_2),
                     "solicit aa :: to ff fe80::2");
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1,
                          ALL_NODES) "88 00 0000 20000000 " LL_2
                                     "0e 01 000000000000 02 01 0200000000cc"),
        "advertise cc fe80::2 to ff ff02::1");
    ck_assert_str_eq(
        said(FROM_AA IPV6(
            "0000", "3a", "ff", LL_1,
            ALL_NODES) "86 00 0000 40000708 00000000 00000000 01 01 0200000000cc"),
        "router cc fe80::1 to ff ff02::1");
    /* Without the option the frame says who. */
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1,
                          ALL_NODES) "88 00 0000 20000000 " LL_2 "01 01 0200000000cc"),
        "advertise aa fe80::2 to ff ff02::1");
    /* Forwarded; a code; a group as target; an option of no length, or too long;
       cut. */
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "fe", LL_1, LL_2) "87 00 0000 00000000 " LL_2),
        "");
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1, LL_2) "87 01 0000 00000000 " LL_2),
        "");
    ck_assert_str_eq(said(FROM_AA IPV6("0000", "3a", "ff", LL_1,
                                       LL_2) "87 00 0000 00000000 " ALL_NODES),
                     "");
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1, LL_2) "87 00 0000 00000000 " LL_2
                                                          "01 00 0200000000cc"),
        "");
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1, LL_2) "87 00 0000 00000000 " LL_2
                                                          "01 02 0200000000cc"),
        "");
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1, LL_2) "87 00 0000 00000000 fe80"),
        "");
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1, LL_2) "80 00 0000 00000000 " LL_2),
        "");
}
END_TEST

#define ZEROS_64                                                                       \
    "0000000000000000000000000000000000000000000000000000000000000000"                 \
    "0000000000000000000000000000000000000000000000000000000000000000 "
#define DHCP_FRAME(source, ports, operation, client_ip, your_ip)                       \
    FROM_AA IPV4("0000", "11", source, "ffffffff ") ports                              \
        "0000 0000 " operation " 01 06 00 "                                            \
        "00000001 0000 0000 " client_ip your_ip                                        \
        "00000000 00000000 0200000000aa 00000000000000000000 " ZEROS_64 ZEROS_64       \
            ZEROS_64 "63825363 "
#define DHCP_FROM_CLIENT(client_ip)                                                    \
    DHCP_FRAME("00000000 ", "0044 0043 ", "01", client_ip, "00000000 ")
#define DHCP_FROM_SERVER(client_ip, your_ip)                                           \
    DHCP_FRAME("c0a80101 ", "0043 0044 ", "02", client_ip, your_ip)
#define NO_IP "00000000 "

START_TEST(dhcp_from_the_client) {
    ck_assert_str_eq(
        said(DHCP_FROM_CLIENT(
            NO_IP) "350103 3204c0a80109 0c04'lamp' 3c08'acme 1.0' 370401030f06 ff"),
        "request aa 192.168.1.9 to 00 -, host aa - \"lamp\", "
        "vendor aa - \"acme 1.0\", fingerprint aa - \"1,3,15,6\"");
    ck_assert_str_eq(said(DHCP_FROM_CLIENT(NO_IP) "00 350101 00 ff 0c04'lamp'"),
                     "request aa - to 00 -");
    ck_assert_str_eq(said(DHCP_FROM_CLIENT(LAN_9) "350108 0c05'la'1b00'p' ff"),
                     "request aa 192.168.1.9 to 00 -, host aa 192.168.1.9 \"la?\"");
    /* Release, no type, another hardware, another cookie; options up to the broken
       one. */
    ck_assert_str_eq(said(DHCP_FROM_CLIENT(LAN_9) "350107 ff"), "");
    ck_assert_str_eq(said(DHCP_FROM_CLIENT(LAN_9) "0c04'lamp' ff"), "");
    ck_assert_str_eq(said(DHCP_FROM_CLIENT(NO_IP) "350103 3203c0a801 0c09'lamp'"),
                     "request aa - to 00 -");
    ck_assert_str_eq(said(DHCP_FROM_CLIENT(NO_IP) "350103 0c"), "request aa - to 00 -");
    ck_assert_str_eq(said(DHCP_FROM_CLIENT(NO_IP)), "");
    struct bytes frame = hex(DHCP_FROM_CLIENT(NO_IP) "350103 ff"), changed;
    enum { DHCP = 42 };
    struct record records[ANNOUNCE_RECORDS];
    fix_lengths(&frame);
    ck_assert_uint_eq(announced(&frame, records, ANNOUNCE_RECORDS), 1);
    for (unsigned i = 0; i < 3; i++) {
        static const uint32_t offsets[] = {DHCP + 1, DHCP + 2, DHCP + 239};
        changed = frame;
        changed.at[offsets[i]]++;
        ck_assert_uint_eq(announced(&changed, records, ANNOUNCE_RECORDS), 0);
    }
    /* Cut short by the capture; of no use without the client's address. */
    ck_assert_uint_eq(announced_of(&frame, DHCP + 34, records, ANNOUNCE_RECORDS), 1);
    ck_assert_int_eq(records[0].claim.kind, CLAIM_DHCP_REQUEST);
    ck_assert_uint_eq(records[0].claim.mac.bytes[5], 0xaa);
    ck_assert_uint_eq(announced_of(&frame, DHCP + 33, records, ANNOUNCE_RECORDS), 0);
}
END_TEST

START_TEST(dhcp_from_the_server) {
    ck_assert_str_eq(said(DHCP_FROM_SERVER(NO_IP, LAN_9) "350105 3604c0a80105 ff"),
                     "ack aa 192.168.1.9 to aa 192.168.1.5");
    ck_assert_str_eq(said(DHCP_FROM_SERVER(NO_IP, LAN_9) "350102 ff"),
                     "offer aa 192.168.1.9 to aa 192.168.1.1"); /* as the packet says */
    ck_assert_str_eq(
        said(DHCP_FROM_SERVER(LAN_9, NO_IP) "350105 ff"), /* to an INFORM */
        "ack aa 192.168.1.9 to aa 192.168.1.1");
    ck_assert_str_eq(said(DHCP_FROM_SERVER(NO_IP, NO_IP) "350106 ff"),
                     ""); /* refused */
    /* The first of each; one that is cut, or all zeros, is none. */
    ck_assert_str_eq(said(DHCP_FROM_SERVER(
                         NO_IP, LAN_9) "350105 0308c0a80101c0a80102 0604c0a80103 ff"),
                     "ack aa 192.168.1.9 to aa 192.168.1.1 by 192.168.1.1, names "
                     "192.168.1.3");
    ck_assert_str_eq(
        said(DHCP_FROM_SERVER(NO_IP, LAN_9) "350105 0302c0a8 060400000000"),
        "ack aa 192.168.1.9 to aa 192.168.1.1");
}
END_TEST

#define QUOTED "4500 003c 0000 0000 40 11 0000 c0a80109 cb007101 "

START_TEST(redirects) {
    ck_assert_str_eq(
        said("0200000000bb 0200000000aa " IPV4("0000", "01", "c0a80101 ",
                                               LAN_9) "0501 0000 c0a80166 " QUOTED),
        "redirect aa 192.168.1.102 to bb 203.0.113.1");
    ck_assert_str_eq(
        said("0200000000bb 0200000000aa " IPV6(
            "0000", "3a", "ff", LL_1, LL_2) "8900 0000 00000000 " LL_2
                                            "20010db8000000000000000000000009"),
        "redirect aa fe80::2 to bb 2001:db8::9");
    /* Another message; cut; no IPv4 inside; forwarded. */
    ck_assert_str_eq(said(FROM_AA IPV4("0000", "01", "c0a80101 ",
                                       LAN_9) "0301 0000 c0a80166 " QUOTED),
                     "");
    ck_assert_str_eq(said(FROM_AA IPV4("0000", "01", "c0a80101 ",
                                       LAN_9) "0501 0000 c0a80166 4500 003c"),
                     "");
    ck_assert_str_eq(
        said(FROM_AA IPV4("0000", "01", "c0a80101 ",
                          LAN_9) "0501 0000 c0a80166 6500 003c 0000 0000 40 11 0000 "
                                 "c0a80109 cb007101"),
        "");
    ck_assert_str_eq(said(FROM_AA IPV6("0000", "3a", "fe", LL_1,
                                       LL_2) "8900 0000 00000000 " LL_2 LL_1),
                     "");
    ck_assert_str_eq(
        said(FROM_AA IPV6("0000", "3a", "ff", LL_1, LL_2) "8900 0000 00000000 " LL_2),
        "");
}
END_TEST

START_TEST(long_fingerprints_end_between_numbers) {
    struct bytes frame = hex(DHCP_FROM_CLIENT(NO_IP) "350103 37c8");
    for (unsigned i = 0; i < 200; i++)
        frame.at[frame.length++] = i ? 200 : 1; /* so that one would end outside */
    struct record records[ANNOUNCE_RECORDS];
    fix_lengths(&frame);
    ck_assert_uint_eq(announced(&frame, records, ANNOUNCE_RECORDS), 2);
    const char *text = records[1].name.text;
    size_t length = strlen(text);
    ck_assert_uint_ge(length, 120);
    ck_assert_uint_lt(length, RECORD_TEXT_BYTES);
    ck_assert_str_eq(text + length - 4, ",200");
}
END_TEST

#define SERVERS_6 "ff020000000000000000000000010002 "
#define DHCP6(from, to, source, destination)                                           \
    IPV6("0000", "11", "40", from, to) UDP(source, destination)

START_TEST(dhcp6) {
    /* Solicit: name "lamp.home", vendor class "v1", options 23 and 24, a MUD URL. */
    ck_assert_str_eq(
        said(FROM_AA DHCP6(
            LL_1, SERVERS_6, "0222",
            "0223") "01 010203 "
                    "0001 000a 0003 0001 0200000000aa "
                    "0027 000c 00 04 'lamp' 04 'home' 00 0010 0008 00000001 0002 'v1' "
                    "0006 0004 0017 0018 0070 0009 'https://m'"),
        "request aa - to 00 -, host6 aa fe80::1 \"lamp.home\", vendor6 aa fe80::1 "
        "\"v1\", fingerprint6 aa fe80::1 \"23,24\", mud aa fe80::1 \"https://m\"");
    /* The server's word, to the client. */
#define REPLY "07 010203 0003 0028 00000001 00000000 00000000 "
    ck_assert_str_eq(said("0200000000bb 0200000000aa " DHCP6(LL_1, LL_2, "0223", "0222")
                              REPLY "0005 0018 20010db8000000000000000000000009 "
                                    "00000e10 00000e10"),
                     "ack bb 2001:db8::9 to aa fe80::1");
    ck_assert_str_eq(said("0200000000bb 0200000000aa " DHCP6(LL_1, LL_2, "0223", "0222")
                              REPLY "0005 0018 20010db8000000000000000000000009 "
                                    "00000e10 00000e10 0017 0010 " LL_1),
                     "ack bb 2001:db8::9 to aa fe80::1 by -, names fe80::1");
    ck_assert_str_eq(said("0200000000bb 0200000000aa " DHCP6(
                         LL_1, LL_2, "0223",
                         "0222") "02 010203 0003 000c 00000001 00000000 00000000"),
                     "offer bb - to aa fe80::1");
    /* Cut: what came before counts. To all: nobody's. Between relays: nothing. */
    ck_assert_str_eq(said(FROM_AA DHCP6(
                         LL_1, SERVERS_6, "0222",
                         "0223") "01 010203 "
                                 "0010 0008 00000001 0009 'v1' 0027 00ff 00 04 'lamp'"),
                     "request aa - to 00 -");
    ck_assert_str_eq(said(FROM_AA DHCP6(LL_1, ALL_NODES, "0223", "0222") REPLY), "");
    ck_assert_str_eq(said(FROM_AA DHCP6(LL_1, SERVERS_6, "0222", "0223") "0c 010203"),
                     "");
}
END_TEST

START_TEST(any_bytes) {
    static const char *const seeds[] = {
        ARP("0001") "0200000000aa c0a80102 000000000000 c0a80101",
        FROM_AA IPV6("0000", "3a", "ff", LL_1,
                     ALL_NODES) "88 00 0000 20000000 " LL_2
                                "0e 01 000000000000 02 01 0200000000cc",
        DHCP_FROM_CLIENT(
            NO_IP) "350103 3204c0a80109 0c04'lamp' 3c08'acme 1.0' 370401030f06 ff",
        FROM_AA IPV4("0000", "11", LAN_2, MDNS_GROUP) UDP(
            "14e9", "14e9") "0000 8400 0000 0002 0000 0000 "
                            "05 '_http' 04 '_tcp' 05 'local' 00 0021 8001 00000078 "
                            "0007 04 'Lamp' c00c c00c 0001 8001 00000078 0004 c0a80102",
        "0180c200000e 0200000000aa 88cc 0207 04 0200000000aa 0404 05 'eth' 0602 0078 "
        "0a04 'sw-1' 0000",
        SSDP "'NOTIFY * HTTP/1.1' 0d0a 'NT: upnp:rootdevice' 0d0a 'Server:  Linux/3.4 "
             "UPnP/1.0' 0d0a 0d0a",
    };
    for (unsigned round = 0; round < 20000; round++) {
        struct record records[ANNOUNCE_RECORDS];
        struct bytes frame = hex(seeds[round % 6]);
        if (random_below(2))
            frame.length = 14 + random_below(frame.length - 13);
        if (frame.length > 62)
            fix_lengths(&frame);
        /* Behind the headers, mostly, so that the frame still decodes. */
        for (unsigned changes = random_below(4); changes; changes--) {
            uint32_t from = random_below(8) && frame.length > 60 ? 42 : 0;
            frame.at[from + random_below(frame.length - from)] = (uint8_t)random_bits();
        }
        unsigned used = announced(&frame, records, ANNOUNCE_RECORDS);
        ck_assert_uint_le(used, ANNOUNCE_RECORDS);
        for (unsigned i = 0; i < used; i++)
            if (records[i].kind == RECORD_NAME)
                ck_assert_uint_lt(strnlen(records[i].name.text, RECORD_TEXT_BYTES),
                                  RECORD_TEXT_BYTES);
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("announce");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, arp);
    tcase_add_test(all, vlan_goes_along);
    tcase_add_test(all, neighbours);
    tcase_add_test(all, dhcp_from_the_client);
    tcase_add_test(all, dhcp_from_the_server);
    tcase_add_test(all, redirects);
    tcase_add_test(all, long_fingerprints_end_between_numbers);
    tcase_add_test(all, dhcp6);
    tcase_add_test(all, any_bytes);
    Suite *suite = suite_create("announce");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
