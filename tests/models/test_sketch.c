#include "models/distinct.h"
#include "models/heavy.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

/* What the sketches promise, under random sizes and keys. */

enum { REGISTERS_MOST = 1024, PLACES_MOST = 64, KEYS_MOST = 400 };

static uint8_t sketch[REGISTERS_MOST / 2], other[REGISTERS_MOST / 2],
    both[REGISTERS_MOST / 2];

static unsigned random_registers(void) {
    return 16u << random_below(7);
}

/* Many sets of one size: the mean is right, the spread is the paper's. */
START_TEST(distinct_is_as_exact_as_promised) {
    for (int round = 0; round < 30; round++) {
        enum { SETS = 60 };
        unsigned registers = random_registers();
        double n = floor(pow(10, random_between(0.5, 4.2))), sum = 0, squares = 0;
        for (int set = 0; set < SETS; set++) {
            memset(sketch, 0, sizeof sketch);
            for (double i = 0; i < n; i++)
                distinct_add(sketch, registers, random_bits());
            double ratio = distinct_estimate(sketch, registers) / n;
            sum += ratio;
            squares += (ratio - 1) * (ratio - 1);
        }
        double error = 1.04 / sqrt(registers);
        ck_assert_msg(fabs(sum / SETS - 1) < error * (4 / sqrt(SETS) + 0.3),
                      "%u registers, %.0f keys: mean %.3f", registers, n, sum / SETS);
        ck_assert_msg(sqrt(squares / SETS) < 1.6 * error,
                      "%u registers, %.0f keys: error %.3f", registers, n,
                      sqrt(squares / SETS));
    }
}
END_TEST

START_TEST(distinct_counts_a_key_once_and_merges) {
    for (int round = 0; round < 200; round++) {
        unsigned registers = random_registers(), n = random_below(2000);
        memset(sketch, 0, sizeof sketch);
        memset(other, 0, sizeof other);
        memset(both, 0, sizeof both);
        ck_assert_double_eq(distinct_estimate(sketch, registers), 0);
        for (unsigned i = 0; i < n; i++) {
            uint64_t hash = random_bits();
            uint8_t *one = random_below(2) ? sketch : other;
            for (unsigned times = 1 + random_below(3); times > 0; times--)
                distinct_add(one, registers, hash);
            distinct_add(both, registers, hash);
        }
        distinct_merge(sketch, other, registers);
        ck_assert_mem_eq(sketch, both, registers / 2);
        /* Nothing beyond its bytes is touched. */
        for (unsigned i = registers / 2; i < sizeof sketch; i++)
            ck_assert_uint_eq(sketch[i], 0);
    }
}
END_TEST

START_TEST(distinct_stays_finite) {
    memset(sketch, 0xff, sizeof sketch);
    for (unsigned registers = 16; registers <= REGISTERS_MOST; registers *= 2)
        ck_assert_double_gt(distinct_estimate(sketch, registers), registers * 10000.0);
    memset(sketch, 0, sizeof sketch);
    distinct_add(sketch, 16, 0);
    distinct_add(sketch, 16, UINT64_MAX);
    ck_assert_double_eq_tol(distinct_estimate(sketch, 16), 2, 0.2);
}
END_TEST

/* Against exact sums: no weight is told too small, none too large by more than its error,
   and who weighs more than the share of a place has one. */
START_TEST(heavy_keeps_its_bounds) {
    for (int round = 0; round < 300; round++) {
        struct heavy_place places[PLACES_MOST] = {{0}};
        uint64_t exact[KEYS_MOST + 1] = {0}, total = 0, beside[PLACES_MOST] = {0};
        unsigned count = 1 + random_below(PLACES_MOST),
                 keys = 1 + random_below(KEYS_MOST);
        unsigned additions = random_below(3000);
        double skew = random_between(0, 3);
        for (unsigned i = 0; i < additions; i++) {
            uint64_t key = 1 + (uint64_t)(keys * pow(random_unit(), 1 + skew));
            uint32_t weight = 1 + random_below(50);
            bool taken;
            key = key > keys ? keys : key;
            unsigned at = heavy_add(places, count, key, weight, &taken);
            ck_assert_uint_lt(at, count);
            beside[at] = taken ? key : beside[at];
            ck_assert_uint_eq(beside[at], key);
            exact[key] += weight;
            total += weight;
        }
        bool placed[KEYS_MOST + 1] = {false};
        for (unsigned i = 0; i < count; i++) {
            const struct heavy_place *p = &places[i];
            if (!p->key)
                continue;
            ck_assert(!placed[p->key]);
            placed[p->key] = true;
            ck_assert_uint_ge(p->weight, exact[p->key]);
            ck_assert_uint_le(p->weight - p->error, exact[p->key]);
        }
        for (unsigned key = 1; key <= keys; key++)
            ck_assert(placed[key] || exact[key] * count <= total);
    }
}
END_TEST

START_TEST(heavy_stops_at_the_end) {
    struct heavy_place places[2] = {{0}};
    bool taken;
    heavy_add(places, 2, 7, UINT32_MAX - 1, &taken);
    heavy_add(places, 2, 7, 9, &taken);
    heavy_add(places, 2, 8, UINT32_MAX, &taken);
    ck_assert_uint_eq(places[0].weight, UINT32_MAX);
    heavy_add(places, 2, 9, 1, &taken);
    ck_assert(taken);
    ck_assert_uint_eq(places[0].weight, UINT32_MAX);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("sketch");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, distinct_is_as_exact_as_promised);
    tcase_add_test(all, distinct_counts_a_key_once_and_merges);
    tcase_add_test(all, distinct_stays_finite);
    tcase_add_test(all, heavy_keeps_its_bounds);
    tcase_add_test(all, heavy_stops_at_the_end);
    Suite *suite = suite_create("sketch");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
