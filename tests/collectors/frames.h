#ifndef TESTS_COLLECTORS_FRAMES_H
#define TESTS_COLLECTORS_FRAMES_H

#include "tests/collectors/hex.h"

#include <pcap/dlt.h>

#define MACS "0200000000bb 0200000000aa " /* to bb from aa */
#define IPV4(total, fragment, ttl, protocol)                                           \
    "4500 " total " 1234 " fragment " " ttl protocol " 0000 c0a80102 0a000003 "
#define IPV6(length, next, limit)                                                      \
    "60000000 " length next limit " 20010db8000000000000000000000001 "                 \
    "20010db8000000000000000000000002 "
#define TCP_SYN_TEXT    "c001 01bb 01020304 05060708 5002 ffff 0000 0000 "
#define UDP_DNS(length) "c001 0035 " length " 0000 "

/* Frames that are right. Each is cut and bent below in every way. */
static const struct valid {
    const char *name;
    int link;
    const char *text;
} valid[] = {
    {"tcp", DLT_EN10MB,
     MACS "0800" IPV4("002a", "4000", "40", "06") TCP_SYN_TEXT "'hi' 00000000"},
    {"tcp options", DLT_EN10MB,
     MACS "0800" IPV4("0030", "4000", "40",
                      "06") "c001 01bb 00000000 00000000 7002 ffff 0000 "
                            "0000 020405b4 01010402"},
    {"udp", DLT_EN10MB,
     MACS "0800" IPV4("0020", "0000", "80", "11") UDP_DNS("000c") "'abcd'"},
    {"ipv4 options", DLT_EN10MB,
     MACS "0800 4600 0024 0001 0000 40 11 0000 c0a80102 0a000003 94040000" UDP_DNS(
         "000c") "'abcd'"},
    {"first fragment", DLT_EN10MB,
     MACS "0800" IPV4("0024", "2000", "40", "11") UDP_DNS("1000") "'abcdefgh'"},
    {"later fragment", DLT_EN10MB,
     MACS "0800" IPV4("001c", "00b9", "40", "11") "'abcdefgh'"},
    {"icmp echo", DLT_EN10MB,
     MACS "0800" IPV4("0020", "0000", "40", "01") "0800 0000 0001 0002 'ping'"},
    {"icmp unreachable", DLT_EN10MB,
     MACS "0800" IPV4(
         "0038", "0000", "40",
         "01") "0303 0000 00000000 "
               "4500 0100 0000 0000 40 11 0000 0a000003 c0a80102 1388 00a1 00ec 0000"},
    {"sctp", DLT_EN10MB,
     MACS "0800" IPV4("0024", "0000", "40", "84") "0b59 0b5a 00000001 00000000 'data'"},
    {"esp", DLT_EN10MB, MACS "0800" IPV4("001c", "0000", "40", "32") "'whatever'"},
    {"segments to be", DLT_EN10MB,
     MACS "0800" IPV4("0000", "4000", "40", "06") TCP_SYN_TEXT "'a long one'"},
    {"vlan", DLT_EN10MB,
     MACS "8100 2007 0800" IPV4("0020", "0000", "80", "11") UDP_DNS("000c") "'abcd'"},
    {"qinq", DLT_EN10MB,
     MACS "88a8 6064 8100 0007 0800" IPV4("0020", "0000", "80", "11")
         UDP_DNS("000c") "'abcd'"},
    {"ipv6 tcp", DLT_EN10MB, MACS "86dd" IPV6("0016", "06", "40") TCP_SYN_TEXT "'hi'"},
    {"ipv6 chain", DLT_EN10MB,
     MACS "86dd" IPV6(
         "003c", "00",
         "01") "2b 00 05020000 0000 "                   /* hop by hop */
               "3c 00 00000000 0000 "                   /* routing */
               "33 01 010c0000 0000000000000000 0000 "  /* destination, 16 bytes */
               "11 02 0000 00000001 00000001 00000000 " /* authentication, 16 bytes */
     UDP_DNS("000c") "'abcd'"},
    {"ipv6 first fragment", DLT_EN10MB,
     MACS "86dd" IPV6("0018", "2c",
                      "40") "11 00 0001 deadbeef" UDP_DNS("1000") "'abcdefgh'"},
    {"ipv6 later fragment", DLT_EN10MB,
     MACS "86dd" IPV6("0010", "2c", "40") "11 00 05a8 deadbeef 'abcdefgh'"},
    {"ipv6 later fragment of an extension", DLT_EN10MB,
     MACS "86dd" IPV6("0010", "2c", "40") "3c 00 05a8 deadbeef 'abcdefgh'"},
    {"jumbogram", DLT_EN10MB,
     MACS
     "86dd" IPV6("0000", "00", "40") "11 00 c204 00000014" UDP_DNS("0000") "'abcd'"},
    {"icmpv6 of six bytes", DLT_EN10MB,
     MACS "86dd" IPV6("0006", "3a", "40") "9b00 0000 0000"},
    {"ipv6 atomic fragment", DLT_EN10MB,
     MACS
     "86dd" IPV6("0014", "2c", "40") "11 00 0000 deadbeef" UDP_DNS("000c") "'abcd'"},
    {"icmpv6 unreachable", DLT_EN10MB,
     MACS "86dd" IPV6("003c", "3a",
                      "40") "0104 0000 00000000 60000000 0100 00 40 "
                            "20010db8000000000000000000000002 "
                            "20010db8000000000000000000000001 06 00 0502 00000000 "
                            "c001 01bb"},
    {"no next header", DLT_EN10MB, MACS "86dd" IPV6("0000", "3b", "40")},
    {"arp", DLT_EN10MB,
     MACS "0806 0001 0800 06 04 0001 0200000000aa c0a80102 000000000000 c0a80101 "
          "000000000000000000000000000000000000"},
    {"goose", DLT_EN10MB,
     "010ccd010001 0200000000aa 88b8 0001 0010 0000 0000 '12345678'"},
    {"llc", DLT_EN10MB,
     "0180c2000000 0200000000aa 0026 4242 03 "
     "0000 00 00 00 8000000000000000 00000000 8000000000000000 8001 0000 1400 0200 "
     "0f00 "
     "5050505050505050"},
    {"snap", DLT_EN10MB,
     MACS "0028 aaaa 03 000000 0800" IPV4("0020", "0000", "80", "11")
         UDP_DNS("000c") "'abcd'"},
    {"snap without information", DLT_EN10MB, MACS "0009 aaaa f3 000000 0800 '1'"},
    {"snap of its own", DLT_EN10MB,
     "01000ccccccc 0200000000aa 000c aaaa 03 00000c 2000 '1234'"},
    {"raw ipv4", DLT_RAW, IPV4("0020", "0000", "80", "11") UDP_DNS("000c") "'abcd'"},
    {"raw ipv6", DLT_RAW, IPV6("000c", "11", "40") UDP_DNS("000c") "'abcd'"},
    {"ipv4", DLT_IPV4, IPV4("0020", "0000", "80", "11") UDP_DNS("000c") "'abcd'"},
    {"ipv6", DLT_IPV6, IPV6("000c", "11", "40") UDP_DNS("000c") "'abcd'"},
    {"null, little", DLT_NULL,
     "02000000" IPV4("0020", "0000", "80", "11") UDP_DNS("000c") "'abcd'"},
    {"null, big", DLT_NULL,
     "0000001e" IPV6("000c", "11", "40") UDP_DNS("000c") "'abcd'"},
    {"loop", DLT_LOOP, "00000018" IPV6("000c", "11", "40") UDP_DNS("000c") "'abcd'"},
    {"cooked", DLT_LINUX_SLL,
     "0000 0001 0006 0200000000aa 0000 0800" IPV4("0020", "0000", "80", "11")
         UDP_DNS("000c") "'abcd'"},
    {"cooked vlan", DLT_LINUX_SLL,
     "0000 0001 0006 0200000000aa 0000 8100 0007 0800" IPV4("0020", "0000", "80", "11")
         UDP_DNS("000c") "'abcd'"},
    {"cooked llc", DLT_LINUX_SLL,
     "0000 0001 0006 0200000000aa 0000 0004 4242 03 '1234'"},
    {"cooked 2", DLT_LINUX_SLL2,
     "0800 0000 00000003 0001 00 06 0200000000aa 0000" IPV4("0020", "0000", "80", "11")
         UDP_DNS("000c") "'abcd'"},
};
enum { VALID = sizeof valid / sizeof *valid };

#endif
