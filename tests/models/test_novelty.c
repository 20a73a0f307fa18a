#include "models/novelty.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

/* The slow reference: every use that ever was, and which keys are held. */
struct use {
    uint64_t key, time_s;
    unsigned kind;
};
struct reference {
    struct use uses[4000];
    unsigned use_count;
    struct use held[NOVELTY_KEYS]; /* time_s: when it came in */
    unsigned held_count;
};

/* Uses since the key came in, and what they say. */
static bool reference_is_young(const struct reference *r, const struct use *held,
                               uint64_t now_s) {
    bool hour_used[4096] = {false};
    unsigned hours = 0;
    for (unsigned i = 0; i < r->use_count; i++) {
        const struct use *u = &r->uses[i];
        if (u->key != held->key || u->kind != held->kind || u->time_s < held->time_s)
            continue;
        uint64_t hour = u->time_s / 3600 % 4096;
        hours += !hour_used[hour];
        hour_used[hour] = true;
    }
    return hours < 4 || now_s / 3600 - held->time_s / 3600 < 24;
}

static uint64_t reference_last_use(const struct reference *r, const struct use *held) {
    uint64_t last_s = 0;
    for (unsigned i = 0; i < r->use_count; i++)
        if (r->uses[i].key == held->key && r->uses[i].kind == held->kind)
            last_s = r->uses[i].time_s;
    return last_s;
}

static int reference_find(const struct reference *r, uint64_t key, unsigned kind) {
    for (unsigned i = 0; i < r->held_count; i++)
        if (r->held[i].key == key && r->held[i].kind == kind)
            return (int)i;
    return -1;
}

static bool reference_use(struct reference *r, uint64_t key, unsigned kind,
                          uint64_t now_s) {
    struct use use = {key, now_s, kind};
    bool is_new = reference_find(r, key, kind) < 0;
    if (is_new && r->held_count < NOVELTY_KEYS) {
        r->held[r->held_count++] = use;
    } else if (is_new) {
        struct use *victim = NULL;
        for (int young = 1; young >= 0 && !victim; young--)
            for (unsigned i = 0; i < r->held_count; i++)
                if (reference_is_young(r, &r->held[i], now_s) == young &&
                    (!victim || reference_last_use(r, &r->held[i]) <
                                    reference_last_use(r, victim)))
                    victim = &r->held[i];
        *victim = use;
    }
    r->uses[r->use_count++] = use;
    return is_new;
}

START_TEST(agrees_with_the_whole_history) {
    static struct reference r;
    for (int round = 0; round < 8; round++) {
        struct novelty_set set = {0};
        r.use_count = r.held_count = 0;
        uint64_t now_s = 1700000000 + random_bits() % 100000;
        unsigned keys = 8 + random_below(60), favourites = 1 + random_below(keys);
        for (int i = 0; i < 600; i++) {
            now_s += 1 + (uint64_t)(random_exponential() * 1200);
            uint64_t key = 1 + random_below(random_below(4) ? favourites : keys);
            unsigned kind = random_below(2);
            ck_assert_int_eq(novelty_use(&set, key, kind, now_s),
                             reference_use(&r, key, kind, now_s));
        }
        for (unsigned i = 0; i < r.held_count; i++) {
            const struct use *held = &r.held[i];
            const struct novelty_key *key = novelty_find(&set, held->key, held->kind);
            ck_assert_ptr_nonnull(key);
            ck_assert_int_eq(novelty_is_young(key, now_s),
                             reference_is_young(&r, held, now_s));
        }
    }
}
END_TEST

START_TEST(a_key_grows_up_in_distinct_hours_over_a_day) {
    struct novelty_set set = {0};
    uint64_t start_s = 1700000000 / 3600 * 3600, key = 77;
    ck_assert(novelty_use(&set, key, 2, start_s));
    for (int minute = 1; minute < 60; minute++) /* much use in one hour is one hour */
        ck_assert(!novelty_use(&set, key, 2, start_s + (uint64_t)minute * 60));
    const struct novelty_key *found = novelty_find(&set, key, 2);
    ck_assert_uint_eq(found->hours, 1);
    ck_assert(novelty_is_young(found, start_s + 90 * 3600));
    for (uint64_t hour = 1; hour <= 3; hour++)
        novelty_use(&set, key, 2, start_s + hour * 3600);
    ck_assert(novelty_is_young(found, start_s + 24 * 3600 - 1));
    ck_assert(!novelty_is_young(found, start_s + 24 * 3600));
    ck_assert_ptr_null(novelty_find(&set, key, 1)); /* another kind is another key */
}
END_TEST

START_TEST(hours_do_not_wrap) {
    struct novelty_set set = {0};
    for (uint64_t hour = 0; hour < 1000; hour++)
        novelty_use(&set, 5, 0, 1700000000 + hour * 3600);
    ck_assert_uint_eq(novelty_find(&set, 5, 0)->hours, 254);
}
END_TEST

START_TEST(vouching_ends_probation) {
    struct novelty_set set = {0};
    novelty_use(&set, 9, 3, 1700000000);
    novelty_vouch(&set, 10, 3); /* absent: nothing happens */
    ck_assert(novelty_is_young(novelty_find(&set, 9, 3), 1700000000));
    novelty_vouch(&set, 9, 3);
    ck_assert(!novelty_is_young(novelty_find(&set, 9, 3), 1700000000));
    novelty_use(&set, 9, 3, 1700007200);
    ck_assert(!novelty_is_young(novelty_find(&set, 9, 3), 1700007200));
}
END_TEST

START_TEST(a_flood_of_new_keys_evicts_only_young_ones) {
    struct novelty_set set = {0};
    uint64_t now_s = 1700000000;
    for (uint64_t hour = 0; hour < 30; hour++)
        for (uint64_t key = 1; key <= 40; key++)
            novelty_use(&set, key, 0, now_s + hour * 3600);
    now_s +=
        40 * 3600; /* the grown ones have been silent for longer than any new one */
    for (uint64_t i = 0; i < 10000; i++)
        ck_assert(novelty_use(&set, 1000000 + i, 0, now_s + i / 100));
    for (uint64_t key = 1; key <= 40; key++)
        ck_assert_ptr_nonnull(novelty_find(&set, key, 0));
}
END_TEST

START_TEST(the_rate_of_novelty_is_counted) {
    for (int round = 0; round < 200; round++) {
        struct novelty_set set = {0};
        double windows = 0, novel = 0, prior = random_unit(),
               k = random_between(0, 100);
        for (unsigned i = random_below(300); i > 0; i--) {
            bool had_new = random_below(5) == 0;
            double keep = random_between(0.9, 1);
            novelty_count(&set, 4, had_new);
            novelty_decay(&set, keep);
            windows = (windows + 1) * keep;
            novel = (novel + had_new) * keep;
        }
        double p = novelty_p(&set, 4, prior, k);
        double expected = (novel + 0.5 + k * prior) / (windows + 1 + k);
        ck_assert_double_eq_tol(p, expected, 1e-5 * expected);
        ck_assert(p > 0 && p < 1);
        ck_assert_double_eq_tol(novelty_p(&set, 3, prior, 0), 0.5,
                                1e-12); /* unused kind */
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("novelty");
    tcase_add_test(all, agrees_with_the_whole_history);
    tcase_add_test(all, a_key_grows_up_in_distinct_hours_over_a_day);
    tcase_add_test(all, hours_do_not_wrap);
    tcase_add_test(all, vouching_ends_probation);
    tcase_add_test(all, a_flood_of_new_keys_evicts_only_young_ones);
    tcase_add_test(all, the_rate_of_novelty_is_counted);
    tcase_set_timeout(all, 120);
    Suite *suite = suite_create("novelty");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
