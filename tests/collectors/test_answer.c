#include "collectors/answer.h"

#include "collectors/decode.h"
#include "tests/collectors/hex.h"
#include "tests/suite.h"

#include <check.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>

/* Two answers to one question: which of them contradict each other? */

#define SECOND UINT64_C(1000000000)
#define ASKER  "c0a80109 "
#define SERVER "c0a80101 "
#define HEAD_QUESTION(id)                                                              \
    "0200000000bb 0200000000aa 0800 4500 0037 0000 0000 40 11 0000 " ASKER SERVER      \
    "c001 0035 0023 0000 " id " 0100 0001 0000 0000 0000 "
#define NAME     "04 'site' 04 'test' 00 "
#define QUESTION HEAD_QUESTION("1234") NAME "0001 0001"
#define ANSWER(from, id, addresses)                                                    \
    "0200000000aa 0200000000" from                                                     \
    " 0800 4500 0057 0000 0000 40 11 0000 " SERVER ASKER "0035 c001 0043 0000 " id     \
    " 8180 0001 0002 0000 0000 " NAME "0001 0001 " addresses
#define ADDRESS(a)   "c00c 0001 0001 0000003c 0004 " a " "
#define BOTH(a, b)   ADDRESS(a) ADDRESS(b)
#define TRUTH        BOTH("cb007101", "cb007102")
#define TRUTH_TURNED BOTH("cb007102", "cb007101")
#define ANOTHER      BOTH("cb007103", "cb007104")
#define LIE          BOTH("c0a80166", "c0a80166")
#define MISSING                                                                        \
    "0200000000aa 0200000000bb 0800 4500 0037 0000 0000 40 11 0000 " SERVER ASKER      \
    "0035 c001 0023 0000 1234 8183 0001 0000 0000 0000 " NAME "0001 0001"

static struct answer_book book;
static struct claim_record claim;
static uint64_t now_ns;

static void setup(void) {
    answer_init(&book, 7);
    now_ns = 1700000000 * SECOND;
}

static bool contradicts(const char *text) {
    struct bytes frame = hex(text);
    uint8_t *copy = exact_copy(frame.at, frame.length);
    struct packet packet = {.time_ns = now_ns += SECOND / 1000};
    ck_assert_int_eq(
        decode_frame(DLT_EN10MB, copy, frame.length, frame.length, &packet), DECODE_OK);
    bool result = answer_contradicts(&book, &packet, &claim);
    free(copy);
    return result;
}

START_TEST(another_answer_is_told_once) {
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(ANSWER("66", "1234", LIE)));
    ck_assert(contradicts(ANSWER("bb", "1234", TRUTH)));
    ck_assert_uint_eq(claim.kind, CLAIM_CONTRADICTION);
    ck_assert_uint_eq(claim.target_mac.bytes[5], 0x66);
    ck_assert_uint_eq(claim.frame_mac.bytes[5], 0xbb);
    ck_assert_uint_eq(claim.ip.bytes[3], 1);
    ck_assert_uint_eq(claim.target_ip.bytes[3], 9);
    ck_assert(!contradicts(ANSWER("66", "1234", LIE)));
}
END_TEST

START_TEST(that_there_is_none_is_another_one) {
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(ANSWER("66", "1234", LIE)));
    ck_assert(contradicts(MISSING));
}
END_TEST

START_TEST(what_agrees_is_none) {
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(ANSWER("bb", "1234", TRUTH)));
    ck_assert(!contradicts(ANSWER("cc", "1234", TRUTH_TURNED)));
}
END_TEST

/* A name server turns its addresses with each question. */
START_TEST(who_asks_again_may_hear_otherwise) {
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(ANSWER("bb", "1234", TRUTH)));
    ck_assert(!contradicts(ANSWER("bb", "1234", ANOTHER)));
}
END_TEST

START_TEST(other_questions_have_other_answers) {
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(ANSWER("bb", "1234", TRUTH)));
    ck_assert(!contradicts(HEAD_QUESTION("1235") NAME "0001 0001"));
    ck_assert(!contradicts(ANSWER("bb", "1235", ANOTHER)));
    now_ns += 6 * SECOND; /* the same number and port again */
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(ANSWER("bb", "1234", ANOTHER)));
}
END_TEST

/* Where the mirror shows no questions, nothing is known. */
START_TEST(answers_alone_say_nothing) {
    ck_assert(!contradicts(ANSWER("66", "1234", LIE)));
    ck_assert(!contradicts(ANSWER("bb", "1234", TRUTH)));
}
END_TEST

START_TEST(a_flood_of_questions_pushes_out_the_oldest) {
    ck_assert(!contradicts(QUESTION));
    ck_assert(!contradicts(ANSWER("66", "1234", LIE)));
    for (unsigned id = 0; id < 0x10000; id++) {
        char frame[256];
        snprintf(frame, sizeof frame, HEAD_QUESTION("%04x") NAME "0001 0001", id);
        if (id != 0x1234)
            contradicts(frame);
    }
    ck_assert(!contradicts(ANSWER("bb", "1234", TRUTH)));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("answer");
    TCase *all = tcase_create("answer");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, another_answer_is_told_once);
    tcase_add_test(all, that_there_is_none_is_another_one);
    tcase_add_test(all, what_agrees_is_none);
    tcase_add_test(all, who_asks_again_may_hear_otherwise);
    tcase_add_test(all, other_questions_have_other_answers);
    tcase_add_test(all, answers_alone_say_nothing);
    tcase_add_test(all, a_flood_of_questions_pushes_out_the_oldest);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
