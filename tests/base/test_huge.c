#include "engine/base/huge.h"
#include "tests/suite.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const size_t sizes[] = {1, 4096, (2 << 20) - 1, 2 << 20, (5 << 20) + 123};

START_TEST(all_of_it_is_zero_and_can_be_written) {
    size_t size = sizes[_i];
    uint8_t *memory = huge_calloc(size, 1);
    ck_assert_ptr_nonnull(memory);
    ck_assert_uint_eq(memory[0], 0);
    ck_assert_int_eq(memcmp(memory, memory + 1, size - 1), 0);
    memset(memory, 0xff, size);
    free(memory);
}
END_TEST

int main(void) {
    TCase *all = tcase_create("huge");
    tcase_add_loop_test(all, all_of_it_is_zero_and_can_be_written, 0,
                        sizeof sizes / sizeof sizes[0]);
    Suite *suite = suite_create("huge");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
