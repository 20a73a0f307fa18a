#include "tests/collectors/bounds.h"
#include "tests/collectors/wrapped.h"
#include "tests/models/random.h"
#include "tests/suite.h"

/* In everything that a mirror puts around it, the same datagram is found. */

/* By the last byte, which is the one that differs. */
static void check_macs(const struct packet *packet, const struct wrapped *frame) {
    static const struct mac expected[][2] = {
        [OF_NOBODY] = {{{0}}, {{0}}},
        [OF_INSIDE] = {{{2, 0, 0, 0, 0, 0xaa}}, {{2, 0, 0, 0, 0, 0xbb}}},
        [OF_OUTSIDE] = {{{2, 0, 0, 0, 0, 0xb1}}, {{2, 0, 0, 0, 0, 0xb2}}},
        [OF_WHO_BROUGHT_IT] = {{{2, 0, 0, 0, 0, 0xb1}}, {{0}}},
    };
    for (unsigned end = 0; end < 2; end++)
        ck_assert_msg(mac_equal(&packet->mac[end], &expected[frame->macs][end]),
                      "%s: mac %u", frame->name, end);
}

/* The datagram itself, whatever was around it. */
static void check_datagram(const struct packet *packet, const char *name) {
    bool is_6 = packet->ethertype == ETHERTYPE_IPV6;
    check_address(&packet->ip[SOURCE], is_6 ? "2001:db8::1" : "192.168.1.2", name);
    check_address(&packet->ip[DESTINATION], is_6 ? "2001:db8::2" : "10.0.0.3", name);
    ck_assert_uint_eq(packet->protocol, PROTOCOL_UDP);
    ck_assert_uint_eq(packet->port[SOURCE], 0xc001);
    ck_assert_uint_eq(packet->port[DESTINATION], 53);
    ck_assert_uint_eq(packet->payload_length, 4);
    ck_assert_mem_eq(packet->payload, "abcd", 4);
}

START_TEST(what_is_inside) {
    for (size_t i = 0; i < WRAPPED; i++) {
        const struct wrapped *expected = &wrapped[i];
        struct bytes frame = lay_all(expected->layers);
        struct packet packet = {.time_ns = 42};
        enum decode_result result = decode(expected->link, &frame, &packet);
        ck_assert_msg(result == DECODE_OK, "%s: %d", expected->name, result);
        ck_assert_msg(packet.port[DESTINATION] == 53, "%s: not unwrapped",
                      expected->name);
        check_datagram(&packet, expected->name);
        check_macs(&packet, expected);
        ck_assert(decode_knows(expected->link));
        ck_assert_uint_eq(packet.time_ns, 42);
        ck_assert_uint_eq(packet.wire_length, frame.length);
        ck_assert_msg(packet.vlan == expected->vlan, "%s: vlan", expected->name);

        const struct vantage *vantage = &packet.vantage;
        ck_assert_msg(vantage->kind == expected->kind, "%s: kind", expected->name);
        ck_assert_msg(vantage->id == expected->id, "%s: id", expected->name);
        ck_assert_msg(vantage->depth == expected->depth, "%s: depth", expected->name);
        ck_assert(!vantage->is_cut);
        if (vantage->ip[SOURCE].family == 4) {
            check_address(&vantage->ip[SOURCE], "10.1.1.1", expected->name);
            check_address(&vantage->ip[DESTINATION], "10.1.1.2", expected->name);
        } else if (vantage->ip[SOURCE].family == 6) {
            check_address(&vantage->ip[SOURCE], "fd00::1", expected->name);
            check_address(&vantage->ip[DESTINATION], "fd00::2", expected->name);
        }
        bool is_over_ip = expected->kind >= TUNNEL_IP ||
                          strstr(expected->name, " in ip") ||
                          strstr(expected->name, " in udp");
        ck_assert_msg((vantage->ip[SOURCE].family != 0) == is_over_ip, "%s: over IP",
                      expected->name);
    }
}
END_TEST

START_TEST(every_prefix) {
    for (size_t i = 0; i < WRAPPED; i++) {
        struct bytes frame = lay_all(wrapped[i].layers);
        bool was_ok = false;
        for (uint32_t length = 0; length <= frame.length; length++) {
            uint8_t *copy = exact_copy(frame.at, length);
            struct packet packet = {0};
            enum decode_result result =
                decode_frame(wrapped[i].link, copy, length, frame.length, &packet);
            check_bounds(&packet, copy, length);
            ck_assert_msg(result == DECODE_OK ||
                              (result == DECODE_TRUNCATED && !was_ok),
                          "%s at %u: %d", wrapped[i].name, length, result);
            if (result == DECODE_OK) {
                was_ok = true;
                ck_assert_msg(packet.port[DESTINATION] == 53, "%s at %u",
                              wrapped[i].name, length);
                ck_assert_uint_eq(packet.payload_length, 4);
            }
            /* Sent that short: anything, within bounds. */
            decode_frame(wrapped[i].link, copy, length, length, &packet);
            check_bounds(&packet, copy, length);
            free(copy);
        }
        ck_assert(was_ok);
    }
}
END_TEST

START_TEST(bytes_changed) {
    unsigned results[4] = {0};
    for (unsigned round = 0; round < 40000; round++) {
        const struct wrapped *chosen = &wrapped[random_below(WRAPPED)];
        decode_bent(chosen->link, lay_all(chosen->layers), results);
    }
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_gt(results[i], 0);
}
END_TEST

/* Tunnels over IP are unwrapped if they come from a trusted end; a stranger's are what they
   are outside. What has no end with an address is unwrapped in any case. */
START_TEST(only_trusted_ends_are_unwrapped) {
    struct prefix trusted[2], strange;
    ck_assert(prefix_parse("10.1.1.0/31", &trusted[0]));
    ck_assert(prefix_parse("fd00::1", &trusted[1]));
    ck_assert(prefix_parse("10.1.1.2", &strange)); /* the other end sends nothing */
    const struct tunnel_trust all = {trusted, 2}, none = {&strange, 1},
                              empty = {NULL, 0};
    for (size_t i = 0; i < WRAPPED; i++) {
        struct bytes frame = lay_all(wrapped[i].layers);
        struct packet packet = {.trust = &all};
        ck_assert_int_eq(decode(wrapped[i].link, &frame, &packet), DECODE_OK);
        check_datagram(&packet, wrapped[i].name);
        bool is_over_ip = packet.vantage.ip[SOURCE].family != 0;
        ck_assert_ptr_eq(packet.trust, &all);
        packet.trust = &empty;
        ck_assert_int_eq(decode(wrapped[i].link, &frame, &packet), DECODE_OK);
        check_datagram(&packet, wrapped[i].name);
        packet.trust = &none;
        ck_assert_int_eq(decode(wrapped[i].link, &frame, &packet), DECODE_OK);
        if (!is_over_ip) {
            check_datagram(&packet, wrapped[i].name);
            continue;
        }
        bool is_6 = packet.ip[SOURCE].family == 6;
        check_address(&packet.ip[SOURCE], is_6 ? "fd00::1" : "10.1.1.1",
                      wrapped[i].name);
        ck_assert(!packet.vantage.ip[SOURCE].family);
    }
}
END_TEST

/* Fragments inside are fragments; the first fragment of an outer packet, and a copy that
   says it was cut, bring the beginning of what is inside. */
START_TEST(pieces) {
    struct packet packet = {0};
    const char *const inside[LAYERS_MAX] = {
        "ipv4 2f", "0000 0800",
        "45000024 1234 2000 40 11 0000 c0a80102 0a000003" UDP_DNS("1000") "'abcdefgh'"};
    struct bytes frame = lay_all(inside);
    ck_assert_int_eq(decode(DLT_RAW, &frame, &packet), DECODE_OK);
    ck_assert(packet.is_fragment && packet.is_first_fragment);
    ck_assert_uint_eq(packet.fragment_id, 0x1234);
    ck_assert_uint_eq(packet.vantage.depth, 1);
    ck_assert(!packet.vantage.is_cut);

    enum { FRAGMENT = 6, OFFSET = 7, ERSPAN_FLAGS = 30 };
    const char *const cut[LAYERS_MAX] = {
        "ipv4 11", "udp 12b5", "08000000 00002a00",
        MACS "0800 45000200 1234 0000 80 11 0000 c0a80102 0a000003 c001 0035 01ec 0000 "
             "'abcd'"};
    frame = lay_all(cut);
    frame.at[FRAGMENT] = 0x20;
    ck_assert_int_eq(decode(DLT_RAW, &frame, &packet), DECODE_OK);
    ck_assert_uint_eq(packet.port[DESTINATION], 53);
    ck_assert_uint_eq(packet.payload_length, 0x01ec - 8);
    ck_assert_uint_eq(packet.payload_captured, 4);
    ck_assert(packet.vantage.is_cut && !packet.is_fragment);
    frame.at[OFFSET] = 1; /* a later fragment: of the outer packet */
    ck_assert_int_eq(decode(DLT_RAW, &frame, &packet), DECODE_OK);
    ck_assert(packet.is_fragment && !packet.is_first_fragment);
    check_address(&packet.ip[SOURCE], "10.1.1.1", "later fragment");

    const char *const copy[LAYERS_MAX] = {
        "ipv4 2f", "1000 88be 00000001 1007 0064 00000000",
        MACS "0800 45000200 1234 0000 80 11 0000 c0a80102 0a000003 c001 0035 01ec 0000 "
             "'abcd'"};
    frame = lay_all(copy);
    ck_assert_int_eq(decode(DLT_RAW, &frame, &packet), DECODE_OK);
    ck_assert_uint_eq(packet.protocol, 47); /* a contradiction, unless it was cut */
    frame.at[ERSPAN_FLAGS] |= 0x04;
    ck_assert_int_eq(decode(DLT_RAW, &frame, &packet), DECODE_OK);
    ck_assert_uint_eq(packet.port[DESTINATION], 53);
    ck_assert_uint_eq(packet.vantage.id, 100);
    ck_assert(packet.vantage.is_cut);
}
END_TEST

int main(void) {
    random_start();
    Suite *suite = suite_create("tunnel");
    TCase *all = tcase_create("tunnel");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, what_is_inside);
    tcase_add_test(all, every_prefix);
    tcase_add_test(all, bytes_changed);
    tcase_add_test(all, only_trusted_ends_are_unwrapped);
    tcase_add_test(all, pieces);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
