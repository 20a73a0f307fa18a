#include "collectors/decode.h"
#include "collectors/fragment.h"
#include "tests/collectors/frames.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>

/* How the pieces of a packet fit: in any order, twice, cut elsewhere, or not at all. */

enum { DATA_BYTES = 64000, MTU_LEAST = 1280, MTU_MOST = 9000 };

static struct fragment_table table;
static uint8_t data[DATA_BYTES], frame[20 + DATA_BYTES];
static uint64_t now_ns = 1700000000000000000;

static void setup(void) {
    fragment_init(&table, 7);
    for (unsigned i = 0; i < DATA_BYTES; i++)
        data[i] = (uint8_t)(i * 7);
}

static void put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* A piece of the data as a packet of IPv4, through the decoder; what it shows. */
static unsigned show(unsigned id, unsigned offset, unsigned length, bool is_last) {
    struct bytes header = hex("4500 0000 0000 0000 40 63 0000 0a000001 0a000002");
    memcpy(frame, header.at, 20);
    memcpy(frame + 20, data + offset, length);
    put16(frame + 2, 20 + length);
    put16(frame + 4, id);
    put16(frame + 6, (is_last ? 0 : 0x2000) | offset / 8);
    struct packet packet = {.time_ns = now_ns};
    ck_assert_int_eq(decode_frame(DLT_RAW, frame, 20 + length, 20 + length, &packet),
                     DECODE_OK);
    unsigned news;
    ck_assert_ptr_nonnull(fragment_take(&table, &packet, &news));
    return news;
}

START_TEST(pieces_make_a_whole) {
    ck_assert_uint_eq(show(1, 0, 1480, false), FRAGMENT_BEGUN);
    ck_assert_uint_eq(show(1, 1480, 1480, false), 0);
    ck_assert_uint_eq(show(1, 2960, 7, true), FRAGMENT_WHOLE);
    ck_assert_uint_eq(show(1, 2960, 7, true), 0); /* the same again is no news */
    ck_assert_uint_eq(show(2, 0, 1480, false), FRAGMENT_BEGUN);
}
END_TEST

START_TEST(a_piece_twice_is_no_overlap) {
    show(1, 0, 1480, false);
    ck_assert_uint_eq(show(1, 0, 1480, false), 0);
    ck_assert_uint_eq(show(1, 1480, 8, true), FRAGMENT_WHOLE);
}
END_TEST

/* The "teardrop": the second piece lies within the first. */
START_TEST(pieces_that_overlap_are_told_once) {
    show(1, 0, 36 * 8, false);
    ck_assert_uint_eq(show(1, 24, 4, true), FRAGMENT_OVERLAP);
    ck_assert_uint_eq(show(1, 32, 4, true), 0);
    show(2, 0, 1480, false); /* other bytes in the same place */
    data[100]++;
    ck_assert_uint_eq(show(2, 0, 1480, false), FRAGMENT_OVERLAP);
    data[100]--;
    show(3, 0, 1480, false); /* beyond the end that the last piece had told */
    show(3, 2960, 8, true);
    ck_assert_uint_eq(show(3, 4000, 8, false), FRAGMENT_OVERLAP);
    show(4, 1480, 8, true); /* two ends */
    ck_assert_uint_eq(show(4, 2960, 8, true), FRAGMENT_OVERLAP);
    show(5, 8000, 8, false); /* an end before what was there */
    ck_assert_uint_eq(show(5, 1480, 8, true), FRAGMENT_OVERLAP);
}
END_TEST

START_TEST(a_packet_waits_for_half_a_minute) {
    show(1, 0, 1480, false);
    now_ns += UINT64_C(29000000000);
    ck_assert_uint_eq(show(1, 1480, 8, true), FRAGMENT_WHOLE);
    now_ns += UINT64_C(2000000000);
    ck_assert_uint_eq(show(1, 1480, 8, true), FRAGMENT_BEGUN);
}
END_TEST

/* Any packet, cut in any way, in any order, some of it twice: it comes whole, once, and
   nothing overlaps; with one piece moved, something does. */
START_TEST(any_cut_in_any_order) {
    enum { PIECES_MOST = 48 };
    for (unsigned round = 0; round < 2000; round++) {
        unsigned piece[PIECES_MOST + 1] = {0}, pieces = 0, order[PIECES_MOST];
        unsigned total = 2 * MTU_LEAST + random_below(DATA_BYTES - 2 * MTU_LEAST);
        unsigned mtu = (1 + MTU_LEAST + random_below(MTU_MOST - MTU_LEAST)) / 8 * 8;
        if (total > PIECES_MOST * mtu || total <= mtu)
            continue;
        while (piece[pieces] < total) {
            unsigned end = piece[pieces] + mtu;
            order[pieces] = pieces;
            piece[++pieces] = end < total ? end : total;
        }
        for (unsigned i = pieces; i > 1; i--) {
            unsigned j = random_below(i), kept = order[i - 1];
            order[i - 1] = order[j];
            order[j] = kept;
        }
        bool is_bent = pieces > 2 && random_below(2);
        unsigned whole = 0, begun = 0, overlaps = 0;
        for (unsigned i = 0; i < pieces; i++) {
            unsigned at = piece[order[i]], end = piece[order[i] + 1];
            unsigned moved = is_bent && i == pieces - 1 && at >= 8 ? 8 : 0;
            for (unsigned times = 1 + (random_below(4) == 0); times > 0; times--) {
                unsigned news =
                    show(round, at - moved, end - at, order[i] + 1 == pieces);
                whole += !!(news & FRAGMENT_WHOLE);
                begun += !!(news & FRAGMENT_BEGUN);
                overlaps += !!(news & FRAGMENT_OVERLAP);
            }
            is_bent &= i < pieces - 1 || moved;
        }
        ck_assert_uint_eq(begun, 1);
        ck_assert_uint_eq(whole, !is_bent);
        ck_assert_uint_eq(overlaps, is_bent);
    }
}
END_TEST

/* Whatever fragments come, the table stays what it is. */
START_TEST(rubbish_is_survived) {
    for (unsigned i = 0; i < 200000; i++)
        show(random_below(3000), 8 + random_below(7000) * 8, random_below(200) + 8,
             random_below(2));
}
END_TEST

int main(void) {
    random_start();
    Suite *suite = suite_create("fragment");
    TCase *all = tcase_create("fragment");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, pieces_make_a_whole);
    tcase_add_test(all, a_piece_twice_is_no_overlap);
    tcase_add_test(all, pieces_that_overlap_are_told_once);
    tcase_add_test(all, a_packet_waits_for_half_a_minute);
    tcase_add_test(all, any_cut_in_any_order);
    tcase_add_test(all, rubbish_is_survived);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
