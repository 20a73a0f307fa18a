#include "engine/sliding.h"
#include "models/distinct.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

/* The slow reference: all that was ever added and was not too late when it came. */
enum { ADDITIONS = 400 };

struct addition {
    uint32_t slot, n;
    uint64_t hash;
};
struct reference {
    uint32_t newest;
    unsigned count;
    struct addition additions[ADDITIONS];
};

/* Whether `slot` is one of the SLIDING_SLOTS that end with `last`. */
static bool is_within(uint32_t slot, uint32_t last) {
    return slot <= last && last - slot < SLIDING_SLOTS;
}

static void reference_add(struct reference *r, uint32_t slot, uint32_t n,
                          uint64_t hash) {
    if (slot > r->newest)
        r->newest = slot;
    if (is_within(slot, r->newest))
        r->additions[r->count++] = (struct addition){slot, n, hash};
}

/* What is left of it in the `span` slots that end with `slot`. */
static bool is_counted(const struct reference *r, const struct addition *a,
                       uint32_t slot, uint32_t span) {
    return a->slot <= slot && slot - a->slot < span && is_within(a->slot, r->newest);
}

static uint64_t reference_sum(const struct reference *r, uint32_t slot, uint32_t span) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < r->count; i++) {
        const struct addition *a = &r->additions[i];
        if (is_counted(r, a, slot, span))
            sum += a->n;
    }
    return sum;
}

static double reference_estimate(const struct reference *r, uint32_t slot,
                                 uint32_t span) {
    uint8_t all[SLIDING_REGISTERS / 2] = {0};
    for (unsigned i = 0; i < r->count; i++)
        if (is_counted(r, &r->additions[i], slot, span))
            distinct_add(all, SLIDING_REGISTERS, r->additions[i].hash);
    return distinct_estimate(all, SLIDING_REGISTERS);
}

/* Near where slot numbers begin, near where they end, and somewhere between. */
static uint32_t random_origin(void) {
    switch (random_below(3)) {
    case 0:
        return random_below(8);
    case 1:
        return UINT32_MAX - 2 * SLIDING_SLOTS - random_below(20);
    default:
        return (uint32_t)random_bits() >> 1;
    }
}

/* Mostly forward; late by up to two spans now and then; a long silence sometimes. */
static uint32_t random_step(uint32_t slot) {
    unsigned kind = random_below(20);
    if (kind < 3)
        return slot - (slot < 2 * SLIDING_SLOTS ? 0 : random_below(2 * SLIDING_SLOTS));
    uint32_t step = kind == 3 ? random_below(1000) : kind < 9;
    return UINT32_MAX - slot < step ? UINT32_MAX : slot + step;
}

START_TEST(agrees_with_all_that_was_added) {
    static struct reference r;
    for (int round = 0; round < 400; round++) {
        struct sliding_count count = {0};
        struct sliding_distinct distinct = {0};
        memset(&r, 0, sizeof r);
        uint32_t slot = random_origin();
        unsigned keys = 1 + random_below(600);
        unsigned additions = random_below(ADDITIONS);
        for (unsigned i = 0; i < additions; i++) {
            slot = random_step(slot);
            uint32_t n = random_below(1000);
            uint64_t hash = random_below(keys) * 0x9E3779B97F4A7C15;
            sliding_count_add(&count, slot, n);
            sliding_distinct_add(&distinct, slot, hash);
            reference_add(&r, slot, n, hash);

            uint32_t asked = random_step(slot);
            ck_assert_uint_eq(sliding_count_sum(&count, asked),
                              reference_sum(&r, asked, SLIDING_SLOTS));
            ck_assert_uint_eq(sliding_count_recent(&count, asked),
                              reference_sum(&r, asked, 2));
            ck_assert_double_eq_tol(sliding_distinct_estimate(&distinct, asked),
                                    reference_estimate(&r, asked, SLIDING_SLOTS), 1e-9);
            ck_assert_double_eq_tol(sliding_distinct_recent(&distinct, asked),
                                    reference_estimate(&r, asked, 2), 1e-9);
        }
    }
}
END_TEST

START_TEST(asking_changes_nothing) {
    struct sliding_count count = {0};
    struct sliding_distinct distinct = {0};
    sliding_count_add(&count, 1000, 7);
    sliding_distinct_add(&distinct, 1000, 7);
    struct sliding_count count_before = count;
    struct sliding_distinct distinct_before = distinct;
    sliding_count_sum(&count, 5000);
    sliding_distinct_estimate(&distinct, 5000);
    ck_assert_mem_eq(&count, &count_before, sizeof count);
    ck_assert_mem_eq(&distinct, &distinct_before, sizeof distinct);
}
END_TEST

START_TEST(what_is_old_is_forgotten_slot_by_slot) {
    struct sliding_count count = {0};
    const uint32_t first = 1000;
    for (uint32_t i = 0; i < SLIDING_SLOTS; i++)
        sliding_count_add(&count, first + i, 1);
    for (uint32_t i = 0; i < SLIDING_SLOTS; i++)
        ck_assert_uint_eq(sliding_count_sum(&count, first + SLIDING_SLOTS - 1 + i),
                          SLIDING_SLOTS - i);
    ck_assert_uint_eq(sliding_count_sum(&count, first + 2 * SLIDING_SLOTS), 0);
}
END_TEST

START_TEST(what_comes_late_counts_in_its_own_slot) {
    struct sliding_count count = {0};
    struct sliding_distinct distinct = {0};
    sliding_count_add(&count, 100, 1);
    sliding_distinct_add(&distinct, 100, 1);
    sliding_count_add(&count, 100 - SLIDING_SLOTS + 1, 10);
    sliding_distinct_add(&distinct, 100 - SLIDING_SLOTS + 1, 2);
    ck_assert_uint_eq(sliding_count_sum(&count, 100), 11);
    ck_assert_uint_eq(sliding_count_sum(&count, 101), 1);
    sliding_count_add(&count, 100 - SLIDING_SLOTS, 100); /* too late */
    sliding_distinct_add(&distinct, 100 - SLIDING_SLOTS, 3);
    ck_assert_uint_eq(sliding_count_sum(&count, 100), 11);
    ck_assert_double_eq_tol(sliding_distinct_estimate(&distinct, 100), 2, 0.1);
}
END_TEST

START_TEST(the_last_slot_of_all_is_like_any_other) {
    struct sliding_count count = {0};
    struct sliding_distinct distinct = {0};
    for (uint32_t i = 0; i < SLIDING_SLOTS; i++) {
        sliding_count_add(&count, UINT32_MAX - i, 1);
        sliding_distinct_add(&distinct, UINT32_MAX - i, i);
    }
    ck_assert_uint_eq(sliding_count_sum(&count, UINT32_MAX), SLIDING_SLOTS);
    ck_assert_double_eq_tol(sliding_distinct_estimate(&distinct, UINT32_MAX),
                            SLIDING_SLOTS, 0.5);
}
END_TEST

START_TEST(a_count_never_wraps) {
    struct sliding_count count = {0};
    sliding_count_add(&count, 50, UINT32_MAX);
    sliding_count_add(&count, 50, 2);
    ck_assert_uint_eq(sliding_count_sum(&count, 50), UINT32_MAX);
    sliding_count_add(&count, 51, UINT32_MAX);
    ck_assert_uint_eq(sliding_count_sum(&count, 51), UINT32_MAX);
}
END_TEST

/* Few keys are counted by the empty registers, whose deviation is that of linear counting
   (Whang et al., (3)); many as HyperLogLog does. */
static double deviation_of(double n) {
    double load = n / SLIDING_REGISTERS;
    return load < 2 ? sqrt(SLIDING_REGISTERS * (exp(load) - load - 1))
                    : 1.04 * n / sqrt(SLIDING_REGISTERS);
}

START_TEST(distinct_keys_are_counted_as_well_as_promised) {
    const unsigned sizes[] = {1, 2, 5, 10, 20, 40, 100, 300, 600, 900, 30000};
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        enum { ROUNDS = 200 };
        double n = sizes[s], sum = 0, squares = 0, deviation = deviation_of(n);
        for (int round = 0; round < ROUNDS; round++) {
            struct sliding_distinct distinct = {0};
            uint32_t slot = random_origin();
            for (unsigned key = 0; key < sizes[s]; key++) {
                uint64_t hash = random_bits();
                sliding_distinct_add(&distinct, slot, hash);
                sliding_distinct_add(&distinct, slot + key % SLIDING_SLOTS, hash);
            }
            double estimate =
                sliding_distinct_estimate(&distinct, slot + SLIDING_SLOTS - 1);
            /* One estimate alone has a long tail: it goes with 1 / (a sum of 64). */
            ck_assert_double_ge(estimate, n / 4 - 3);
            ck_assert_double_le(estimate, n * 4 + 3);
            sum += estimate;
            squares += (estimate - n) * (estimate - n);
        }
        ck_assert_double_le(sqrt(squares / ROUNDS), 2 * deviation + 0.5);
        double error = 6 * deviation / sqrt(ROUNDS) + n * 0.02;
        ck_assert_double_eq_tol(sum / ROUNDS, n, error);
    }
}
END_TEST

START_TEST(many_distinct_keys_are_still_told_apart) {
    struct sliding_distinct distinct = {0};
    double before = 0;
    for (unsigned key = 0, mark = 1000; key < 600000; key++) {
        sliding_distinct_add(&distinct, 100, random_bits());
        if (key != mark)
            continue;
        double estimate = sliding_distinct_estimate(&distinct, 100);
        ck_assert_double_gt(estimate, before);
        ck_assert_double_le(fabs(log(estimate / key)), log(4));
        before = estimate;
        mark *= 8;
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("sliding");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, agrees_with_all_that_was_added);
    tcase_add_test(all, asking_changes_nothing);
    tcase_add_test(all, what_is_old_is_forgotten_slot_by_slot);
    tcase_add_test(all, what_comes_late_counts_in_its_own_slot);
    tcase_add_test(all, the_last_slot_of_all_is_like_any_other);
    tcase_add_test(all, a_count_never_wraps);
    tcase_add_test(all, distinct_keys_are_counted_as_well_as_promised);
    tcase_add_test(all, many_distinct_keys_are_still_told_apart);
    Suite *suite = suite_create("sliding");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
