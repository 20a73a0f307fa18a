#include "engine/store/store_pack.h"

#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 5000 };

static unsigned char bytes[MOST], packed[MOST + STORE_PACK_MORE], again[MOST];

/* Runs of zeros and of others, of all lengths. */
static size_t make_bytes(void) {
    size_t size = random_below(20) ? random_below(MOST) : random_below(20), at = 0;
    unsigned longest = 1 + random_below(random_below(2) ? 12 : 2000);
    while (at < size) {
        size_t length = 1 + random_below(longest);
        bool zeros = random_below(2);
        for (size_t i = 0; i < length && at < size; i++)
            bytes[at++] = zeros ? 0 : (unsigned char)random_below(256);
    }
    return size;
}

START_TEST(what_was_packed_comes_back) {
    random_start();
    for (unsigned trial = 0; trial < 3000; trial++) {
        size_t size = make_bytes();
        size_t length = store_pack(bytes, size, packed);
        ck_assert_uint_le(length, size + STORE_PACK_MORE);
        ck_assert(store_unpack(packed, length, again, size));
        ck_assert_int_eq(memcmp(bytes, again, size), 0);
        ck_assert(!store_unpack(packed, length, again, size + 1));
        ck_assert(size == 0 || !store_unpack(packed, length, again, size - 1));
        ck_assert(length == 0 || !store_unpack(packed, length - 1, again, size));
    }
}
END_TEST

START_TEST(zeros_are_few_bytes) {
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_le(store_pack(bytes, sizeof bytes, packed), 4);
    ck_assert_uint_eq(store_pack(bytes, 0, packed), 0);
    bytes[1000] = 7;
    ck_assert_uint_le(store_pack(bytes, sizeof bytes, packed), 9);
}
END_TEST

/* In memory that ends where it ends, so that the address sanitizer sees a step beyond. */
START_TEST(other_bytes_lead_nowhere) {
    random_start();
    for (unsigned trial = 0; trial < 20000; trial++) {
        size_t length = random_below(40), size = random_below(300);
        unsigned char *from = malloc(length + 1), *to = malloc(size + 1);
        ck_assert(from && to);
        for (size_t i = 0; i < length; i++)
            from[i] =
                (unsigned char)(random_below(2) ? random_below(256) : random_below(8));
        unsigned char *end = realloc(from, length ? length : 1);
        to[size] = 77;
        store_unpack(end, length, to, size);
        ck_assert_uint_eq(to[size], 77);
        free(end);
        free(to);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pack");
    TCase *tcase = tcase_create("pack");
    tcase_add_test(tcase, what_was_packed_comes_back);
    tcase_add_test(tcase, zeros_are_few_bytes);
    tcase_add_test(tcase, other_bytes_lead_nowhere);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
