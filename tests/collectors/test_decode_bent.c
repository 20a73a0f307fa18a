#include "collectors/decode.h"
#include "tests/collectors/bounds.h"
#include "tests/collectors/frames.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

START_TEST(every_prefix_of_every_frame) {
    for (size_t i = 0; i < VALID; i++) {
        struct bytes frame = hex(valid[i].text);
        struct packet whole, cut;
        ck_assert_int_eq(
            decode_frame(valid[i].link, frame.at, frame.length, frame.length, &whole),
            DECODE_OK);
        check_bounds(&whole, frame.at, frame.length);
        bool was_ok = false;
        for (uint32_t length = 0; length <= frame.length; length++) {
            uint8_t *copy = exact_copy(frame.at, length);
            /* Cut by the snap length: either enough of it is there, or it is
               truncated. */
            enum decode_result result =
                decode_frame(valid[i].link, copy, length, frame.length, &cut);
            check_bounds(&cut, copy, length);
            ck_assert_msg(result == (was_ok ? DECODE_OK : DECODE_TRUNCATED) ||
                              result == DECODE_OK,
                          "%s at %u: %d", valid[i].name, length, result);
            if (result == DECODE_OK) {
                was_ok = true;
                ck_assert_uint_eq(cut.payload_length, whole.payload_length);
                ck_assert_uint_eq(cut.network_length, whole.network_length);
                ck_assert_uint_eq(cut.ethertype, whole.ethertype);
                ck_assert_uint_eq(cut.port[DESTINATION], whole.port[DESTINATION]);
                ck_assert(address_equal(&cut.ip[DESTINATION], &whole.ip[DESTINATION]));
            }
            /* Sent that short: anything, within bounds. */
            decode_frame(valid[i].link, copy, length, length, &cut);
            check_bounds(&cut, copy, length);
            free(copy);
        }
        ck_assert(was_ok);
    }
}
END_TEST

START_TEST(frames_with_bytes_changed) {
    unsigned results[4] = {0};
    for (unsigned round = 0; round < 40000; round++) {
        const struct valid *chosen = &valid[random_below(VALID)];
        decode_bent(chosen->link, hex(chosen->text), results);
    }
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_gt(results[i], 0);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("decode, bent");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, every_prefix_of_every_frame);
    tcase_add_test(all, frames_with_bytes_changed);
    Suite *suite = suite_create("decode, bent");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
