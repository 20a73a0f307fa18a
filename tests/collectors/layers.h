#ifndef TESTS_COLLECTORS_LAYERS_H
#define TESTS_COLLECTORS_LAYERS_H

#include "collectors/decode.h"
#include "tests/collectors/frames.h"

#include <check.h>
#include <stdio.h>

/* A datagram (192.168.1.2:49153 to 10.0.0.3:53, "abcd") and what a mirror may put around
   it. A frame is written layer by layer, the outermost first: hexadecimal,
   or a header whose lengths depend on what follows (see `lay`). */

#define OUTER "0200000000b2 0200000000b1 " /* of the frame */
#define DATAGRAM                                                                       \
    "45000020 1234 0000 80 11 0000 c0a80102 0a000003 " UDP_DNS("000c") "'abcd'"
#define DATAGRAM_6 IPV6("000c", "11", "40") UDP_DNS("000c") "'abcd'"
#define INSIDE     MACS "8100 0007 0800 " DATAGRAM /* in VLAN 7 */
#define WIRELESS   "aaaa03 000000 0800 " DATAGRAM
#define ACCESS     "0200000000ac " /* an access point */
#define TO_BB      "0200000000bb "
#define FROM_AA    "0200000000aa "

enum { LAYERS_MAX = 9 };

static inline void put_before(struct bytes *frame, const char *text) {
    struct bytes head = hex(text);
    memmove(frame->at + head.length, frame->at, frame->length);
    memcpy(frame->at, head.at, head.length);
    frame->length += head.length;
}

/* One layer before what follows it: "ipv4 PROTOCOL", "ipv6 NEXT", "udp PORT", "pppoe
   PROTOCOL", "gtp FLAGS", or hexadecimal. Tunnels go from 10.1.1.1 to 10.1.1.2, or from
   fd00::1 to fd00::2. */
static inline void lay(struct bytes *frame, const char *layer) {
    char text[256];
    const char *value = strchr(layer, ' ');
    unsigned length = frame->length;
    if (strncmp(layer, "ipv4", 4) == 0)
        snprintf(text, sizeof text, "4500 %04x 0000 0000 40 %s 0000 0a010101 0a010102",
                 length + 20, value);
    else if (strncmp(layer, "ipv6", 4) == 0)
        snprintf(text, sizeof text,
                 "60000000 %04x %s 40 fd000000000000000000000000000001"
                 "fd000000000000000000000000000002",
                 length, value);
    else if (strncmp(layer, "udp", 3) == 0)
        snprintf(text, sizeof text, "d431 %s %04x 0000", value, length + 8);
    else if (strncmp(layer, "pppoe", 5) == 0)
        snprintf(text, sizeof text, "11 00 1234 %04x %s",
                 length + (strlen(value) == 3 ? 1 : 2), value);
    else if (strncmp(layer, "gtp", 3) == 0)
        snprintf(text, sizeof text, "%s ff %04x 00000007", value, length);
    else
        snprintf(text, sizeof text, "%s", layer);
    put_before(frame, text);
}

static inline struct bytes lay_all(const char *const layers[LAYERS_MAX]) {
    struct bytes frame = {.length = 0};
    for (unsigned i = LAYERS_MAX; i > 0; i--)
        if (layers[i - 1])
            lay(&frame, layers[i - 1]);
    return frame;
}

static inline enum decode_result decode(int link, const struct bytes *frame,
                                        struct packet *packet) {
    return decode_frame(link, frame->at, frame->length, frame->length, packet);
}

static inline void check_address(const struct address *address, const char *expected,
                                 const char *name) {
    char text[ADDRESS_TEXT_BYTES];
    address_format(address, text);
    ck_assert_msg(strcmp(text, expected) == 0, "%s: %s, not %s", name, text, expected);
}

#endif
