#include "collectors/decode.h"
#include "collectors/duplicate.h"
#include "tests/collectors/layers.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>

/* Which frames are copies of others, and which only look like it. */

static const uint64_t MILLISECOND = 1000000, START = 1700000000000000000;
static struct duplicate_filter filter;

static void setup(void) {
    duplicate_init(&filter, 20 * MILLISECOND, 7);
}

/* Whether a frame, written layer by layer, is a copy of what came before. */
static bool shown(uint64_t at_ns, struct bytes frame) {
    struct packet packet = {.time_ns = START + at_ns};
    ck_assert_int_eq(
        decode_frame(DLT_EN10MB, frame.at, frame.length, frame.length, &packet),
        DECODE_OK);
    return duplicate_is_copy(&filter, duplicate_mark(&filter, &packet), packet.time_ns);
}

#define TEXT(text) hex(text)
#define PLAIN      MACS "0800" DATAGRAM
#define TAGGED(id) MACS "8100 " id " 0800" DATAGRAM
#define SENT_AGAIN                                                                     \
    MACS "0800 45000020 1235 0000 80 11 0000 c0a80102 0a000003 " UDP_DNS(              \
        "000c") "'abcd'"
#define MARKED                                                                         \
    MACS "0800 45b80020 1234 0000 80 11 4711 c0a80102 0a000003 " UDP_DNS(              \
        "000c") "'abcd'"
#define RELAYED "0200000000bb 020000000666 0800" DATAGRAM
#define FARTHER                                                                        \
    MACS "0800 45000020 1234 0000 7f 11 0000 c0a80102 0a000003 " UDP_DNS(              \
        "000c") "'abcd'"
#define OTHER_WORDS                                                                    \
    MACS "0800 45000020 1234 0000 80 11 0000 c0a80102 0a000003 " UDP_DNS(              \
        "000c") "'abce'"

START_TEST(a_copy_follows_at_once) {
    ck_assert(!shown(0, TEXT(PLAIN)));
    ck_assert(shown(3000, TEXT(PLAIN)));
    ck_assert(!shown(100 * MILLISECOND, TEXT(PLAIN)));
    ck_assert(
        !shown(106 * MILLISECOND, TEXT(PLAIN))); /* too late for the same mirror */
}
END_TEST

START_TEST(what_a_switch_marks_is_no_difference) {
    ck_assert(!shown(0, TEXT(PLAIN)));
    ck_assert(shown(1000, TEXT(MARKED)));
}
END_TEST

START_TEST(what_differs_is_no_copy) {
    static const char *const others[] = {SENT_AGAIN, RELAYED, FARTHER, OTHER_WORDS};
    ck_assert(!shown(0, TEXT(PLAIN)));
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!shown(1000 + i, TEXT(others[i])), "%u", i);
    ck_assert(shown(2000, TEXT(PLAIN)));
}
END_TEST

/* What tells two long messages apart may lie at their end. */
START_TEST(all_of_a_long_frame_is_looked_at) {
    struct bytes goose = TEXT("010ccd010001 0200000000aa 88b8 0001 0100 0000 0000");
    memset(goose.at + goose.length, 0x5a, 200);
    goose.length += 200;
    ck_assert(!shown(0, goose));
    goose.at[goose.length - 1]++;
    ck_assert(!shown(1000, goose));
    ck_assert(shown(2000, goose));
}
END_TEST

START_TEST(mirrors_may_tag) {
    ck_assert(!shown(0, TEXT(TAGGED("0064"))));
    ck_assert(shown(9 * MILLISECOND, TEXT(TAGGED("00c8"))));
    ck_assert(shown(9 * MILLISECOND, TEXT(PLAIN)));
    ck_assert(!shown(21 * MILLISECOND, TEXT(TAGGED("012c"))));
}
END_TEST

/* A router speaks to each VLAN in the same words. */
START_TEST(each_vlan_is_spoken_to) {
    ck_assert(!shown(0, TEXT("ffffffffffff 0200000000aa 8100 0064 0800" DATAGRAM)));
    ck_assert(!shown(1000, TEXT("ffffffffffff 0200000000aa 8100 00c8 0800" DATAGRAM)));
    ck_assert(shown(2000, TEXT("ffffffffffff 0200000000aa 8100 00c8 0800" DATAGRAM)));
}
END_TEST

/* The same frame, bare and out of two tunnels. */
START_TEST(mirrors_may_wrap) {
    static const char *const one[LAYERS_MAX] = {OUTER "0800", "ipv4 11", "udp 12b5",
                                                "08000000 00002a00", PLAIN};
    static const char *const another[LAYERS_MAX] = {OUTER "0800", "ipv4 11", "udp 12b5",
                                                    "08000000 00002b00", PLAIN};
    ck_assert(!shown(0, lay_all(one)));
    ck_assert(shown(5 * MILLISECOND, lay_all(another)));
    ck_assert(shown(10 * MILLISECOND, TEXT(PLAIN)));
}
END_TEST

/* Who sends the same over and over must not hide behind the copies. */
START_TEST(a_flood_of_the_same_is_counted) {
    unsigned copies = 0;
    for (unsigned i = 0; i < 1000; i++)
        copies += shown(i * UINT64_C(1000), TEXT(PLAIN));
    ck_assert_uint_eq(copies, 500);
}
END_TEST

START_TEST(nothing_is_a_copy_where_it_is_off) {
    duplicate_init(&filter, 0, 7);
    ck_assert(!shown(0, TEXT(PLAIN)));
    ck_assert(!shown(0, TEXT(PLAIN)));
}
END_TEST

/* Each of many frames is shown once or twice, in random order: what is counted is the
   number of frames, as long as the table holds those of the window. */
START_TEST(each_frame_counts_once) {
    enum { FRAMES = 20000 };
    random_start();
    unsigned counted = 0;
    struct bytes frame = TEXT(PLAIN);
    for (uint32_t i = 0; i < FRAMES; i++) {
        memcpy(frame.at + frame.length - 4, &i, 4);
        unsigned times = 1 + random_below(2);
        for (unsigned n = 0; n < times; n++)
            counted += !shown(i * UINT64_C(2000) + n * 500, frame);
    }
    ck_assert_uint_eq(counted, FRAMES);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("duplicate");
    TCase *frames = tcase_create("frames");
    tcase_add_checked_fixture(frames, setup, NULL);
    tcase_add_test(frames, a_copy_follows_at_once);
    tcase_add_test(frames, what_a_switch_marks_is_no_difference);
    tcase_add_test(frames, what_differs_is_no_copy);
    tcase_add_test(frames, all_of_a_long_frame_is_looked_at);
    tcase_add_test(frames, mirrors_may_tag);
    tcase_add_test(frames, each_vlan_is_spoken_to);
    tcase_add_test(frames, mirrors_may_wrap);
    tcase_add_test(frames, a_flood_of_the_same_is_counted);
    tcase_add_test(frames, nothing_is_a_copy_where_it_is_off);
    tcase_add_test(frames, each_frame_counts_once);
    suite_add_tcase(suite, frames);
    return suite_run(suite);
}
