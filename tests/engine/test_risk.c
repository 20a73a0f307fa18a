#include "engine/risk.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

static const uint32_t start_s = 1700000000;
static const struct risk_rules rules = {.half_life_s = 900,
                                        .distrust_half_life_s = 86400,
                                        .medium = 30,
                                        .high = 60,
                                        .critical = 80,
                                        .hysteresis = 3};

static bool add(struct risk *risk, enum evidence_kind kind, double points,
                double ceiling, uint64_t now_s) {
    struct evidence evidence = {.kind = (uint8_t)kind, .points = (float)points};
    return risk_add(risk, &rules, &evidence, 1, ceiling, now_s);
}

static bool add_lasting(struct risk *risk, enum evidence_kind kind, double points,
                        uint64_t now_s) {
    struct evidence evidence = {.kind = (uint8_t)kind, .points = (float)points};
    return risk_add(risk, &rules, &evidence, 0, 100, now_s);
}

static double score(const struct risk *risk, uint64_t now_s) {
    return risk_score(risk, &rules, now_s, NULL);
}

/* The points that make a score, found by looking for them. */
static double points_of(double wanted) {
    double low = 0, high = 100;
    for (int i = 0; i < 60; i++) {
        struct risk risk = {0};
        double middle = (low + high) / 2;
        add(&risk, EVIDENCE_VOLUME, middle, 100, start_s);
        if (score(&risk, start_s) < wanted)
            low = middle;
        else
            high = middle;
    }
    return high;
}

START_TEST(kinds_have_names_of_their_own) {
    for (int i = 0; i < EVIDENCE_COUNT; i++) {
        ck_assert_str_ne(evidence_name((enum evidence_kind)i), "");
        ck_assert_ptr_nonnull(evidence_unit((enum evidence_kind)i));
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(evidence_name((enum evidence_kind)i),
                             evidence_name((enum evidence_kind)j));
    }
    ck_assert(evidence_is_hard(EVIDENCE_SCAN));
    ck_assert(!evidence_is_hard(EVIDENCE_NEW_PEER));
    ck_assert_int_eq(evidence_family(EVIDENCE_NEW_PEER), FAMILY_NOVELTY);
}
END_TEST

START_TEST(without_evidence_there_is_no_risk) {
    struct risk risk = {0};
    double shares[RISK_SLOTS];
    ck_assert_double_eq(risk_score(&risk, &rules, start_s, shares), 0);
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        ck_assert_double_eq(shares[i], 0);
    ck_assert_double_eq(risk_distrust(&risk, &rules, start_s), 0);
    ck_assert(!risk_update_level(&risk, &rules, start_s));
    ck_assert(!risk_expire(&risk, &rules, start_s));
}
END_TEST

START_TEST(more_points_score_more_with_diminishing_returns) {
    double before = 0, gain_before = 100;
    for (int quarters = 1; quarters <= 32; quarters++) {
        struct risk risk = {0};
        add(&risk, EVIDENCE_VOLUME, quarters / 4.0, 100, start_s);
        double now = score(&risk, start_s);
        ck_assert_double_gt(now, before);
        ck_assert_double_lt(now, 100);
        ck_assert_double_lt(now - before, gain_before);
        gain_before = now - before;
        before = now;
    }
    struct risk risk = {0};
    for (int kind = 0; kind < RISK_SLOTS; kind++)
        add(&risk, (enum evidence_kind)kind, 1e6, 1e6, start_s);
    ck_assert_double_le(score(&risk, start_s), 100);
    ck_assert_double_gt(score(&risk, start_s), rules.critical);
}
END_TEST

START_TEST(the_contract_says_how_many_points_make_a_level) {
    ck_assert_double_eq_tol(points_of(rules.medium), 1.19, 0.01);
    ck_assert_double_eq_tol(points_of(rules.high), 3.05, 0.01);
    ck_assert_double_eq_tol(points_of(rules.critical), 5.36, 0.01);
}
END_TEST

START_TEST(evidence_halves_every_half_life) {
    for (int round = 0; round < 100; round++) {
        struct risk risk = {0}, half = {0};
        double points = random_between(0.1, 9);
        uint64_t later_s = start_s + (uint64_t)rules.half_life_s;
        add(&risk, EVIDENCE_SCAN, points, 10, start_s);
        add(&half, EVIDENCE_SCAN, points / 2, 10, later_s);
        ck_assert_double_eq_tol(score(&risk, later_s), score(&half, later_s), 1e-4);
        ck_assert_double_le(score(&risk, start_s + 1), score(&risk, start_s));
    }
}
END_TEST

START_TEST(shares_follow_the_points_and_add_up_to_the_score) {
    for (int round = 0; round < 200; round++) {
        struct risk risk = {0};
        for (unsigned i = 0; i < RISK_SLOTS; i++)
            add(&risk, (enum evidence_kind)i, random_between(0.05, 6), 10,
                start_s + random_below(2000));
        double shares[RISK_SLOTS], sum = 0;
        double total = risk_score(&risk, &rules, start_s + 2000, shares);
        for (unsigned i = 0; i < RISK_SLOTS; i++) {
            ck_assert_double_gt(shares[i], 0);
            sum += shares[i];
        }
        ck_assert_double_eq_tol(sum, total, 1e-9);
        for (unsigned i = 0; i < RISK_SLOTS; i++) {
            struct risk alone = {0};
            alone.slots[0] = risk.slots[i];
            for (unsigned j = 0; j < i; j++) {
                struct risk other = {0};
                other.slots[0] = risk.slots[j];
                if (score(&alone, start_s + 2000) > score(&other, start_s + 2000))
                    ck_assert_double_ge(shares[i], shares[j]);
            }
        }
    }
}
END_TEST

START_TEST(the_level_rises_at_once_and_falls_with_hysteresis) {
    const double bounds[] = {rules.medium, rules.high, rules.critical};
    for (int level = LEVEL_MEDIUM; level <= LEVEL_CRITICAL; level++) {
        struct risk risk = {0};
        double bound = bounds[level - LEVEL_MEDIUM];
        add(&risk, EVIDENCE_SCAN, points_of(bound) * 1.0001, 100, start_s);
        ck_assert(risk_update_level(&risk, &rules, start_s));
        ck_assert_int_eq(risk.level, level);
        ck_assert_uint_eq(risk.since_s, start_s);
        uint64_t now_s = start_s;
        while (score(&risk, now_s) >= bound - rules.hysteresis) {
            ck_assert(!risk_update_level(&risk, &rules, now_s));
            ck_assert_int_eq(risk.level, level);
            now_s++;
        }
        ck_assert_uint_gt(now_s, start_s + 10);
        ck_assert(risk_update_level(&risk, &rules, now_s));
        ck_assert_int_eq(risk.level, level - 1);
        ck_assert_uint_eq(risk.since_s, now_s);
    }
}
END_TEST

START_TEST(hard_evidence_alone_leaves_distrust_that_fades) {
    struct risk soft = {0}, hard = {0};
    add(&soft, EVIDENCE_VOLUME, 5, 5, start_s);
    ck_assert_double_eq(risk_distrust(&soft, &rules, start_s), 0);

    add(&hard, EVIDENCE_ARP_SPOOF, 2, 5, start_s);
    ck_assert_double_eq(risk_distrust(&hard, &rules, start_s), 1);
    uint64_t later_s = start_s + (uint64_t)rules.distrust_half_life_s;
    ck_assert_double_eq_tol(risk_distrust(&hard, &rules, later_s), 0.5, 1e-9);
    risk_expire(&hard, &rules, later_s);
    ck_assert_double_eq(score(&hard, later_s), 0); /* distrust alone is no risk */
    ck_assert_double_gt(risk_distrust(&hard, &rules, later_s), 0);
}
END_TEST

/* An honest device whose server is gone is not distrusted for it, and that its calls are new
   is no second reason. */
START_TEST(calls_in_vain_count_with_the_soft) {
    struct risk risk = {0};
    add_lasting(&risk, EVIDENCE_FAILING, 1.5, start_s);
    ck_assert_double_eq(risk_distrust(&risk, &rules, start_s), 0);
    add(&risk, EVIDENCE_VOLUME, 0.5, 100, start_s);
    ck_assert_double_eq(risk_soft_beside(&risk, &rules, EVIDENCE_NEW_PEER, start_s), 2);
    ck_assert_double_eq(risk_soft_beside(&risk, &rules, EVIDENCE_FAILING, start_s),
                        0.5);
    add(&risk, EVIDENCE_SCAN, 2, 100, start_s);
    ck_assert_double_eq(risk_soft_beside(&risk, &rules, EVIDENCE_NEW_PEER, start_s), 2);
    ck_assert_double_eq(risk_distrust(&risk, &rules, start_s), 1);
}
END_TEST

START_TEST(distrust_is_left_even_where_no_place_is_free) {
    struct risk risk = {0};
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        add(&risk, (enum evidence_kind)(EVIDENCE_VOLUME + i), 5, 5, start_s);
    add(&risk, EVIDENCE_FLOOD, 0.1, 5, start_s);
    ck_assert_double_eq(risk_distrust(&risk, &rules, start_s), 1);
}
END_TEST

START_TEST(a_lasting_condition_keeps_its_level_and_does_not_climb) {
    struct risk risk = {0};
    double points = points_of(35);
    add_lasting(&risk, EVIDENCE_FAILING, points, start_s);
    double first = score(&risk, start_s);
    for (uint64_t now_s = start_s; now_s < start_s + 86400; now_s += 10) {
        ck_assert(now_s == start_s ||
                  !add_lasting(&risk, EVIDENCE_FAILING, points, now_s));
        risk_update_level(&risk, &rules, now_s);
        ck_assert_double_le(score(&risk, now_s), first + 1e-4);
        ck_assert_double_ge(score(&risk, now_s), first - 1e-4);
        ck_assert_int_eq(risk.level, LEVEL_MEDIUM);
    }
    ck_assert_uint_eq(risk.slots[0].since_s, start_s);
}
END_TEST

START_TEST(what_repeats_counts_for_the_part_it_is_said_to) {
    for (int round = 0; round < 100; round++) {
        struct risk risk = {0}, expected = {0};
        double first = random_between(0.5, 3), second = random_between(0.1, 3);
        double repeat = random_between(0, 1);
        struct evidence evidence = {.kind = EVIDENCE_SCAN, .points = (float)second};
        add(&risk, EVIDENCE_SCAN, first, 10, start_s);
        risk_add(&risk, &rules, &evidence, repeat, 10, start_s);
        add(&expected, EVIDENCE_SCAN, fmax(second, first + repeat * second), 10,
            start_s);
        ck_assert_double_eq_tol(score(&risk, start_s), score(&expected, start_s), 1e-4);
    }
}
END_TEST

START_TEST(what_repeats_climbs_up_to_its_ceiling) {
    struct risk risk = {0};
    double before = 0;
    for (int i = 0; i < 100; i++) {
        add(&risk, EVIDENCE_SCAN, 0.5, 4, start_s);
        ck_assert_double_ge(score(&risk, start_s), before);
        before = score(&risk, start_s);
    }
    struct risk once = {0};
    add(&once, EVIDENCE_SCAN, 4, 4, start_s);
    ck_assert_double_eq_tol(before, score(&once, start_s), 1e-4);
    /* A lower ceiling takes nothing back. */
    add(&risk, EVIDENCE_SCAN, 1, 2, start_s);
    ck_assert_double_eq_tol(score(&risk, start_s), before, 1e-4);
}
END_TEST

/* What a ceiling leaves next to nothing of is no news, however often it comes. */
START_TEST(what_a_ceiling_swallows_does_not_count) {
    for (int i = 0; i < 1000; i++) {
        enum evidence_kind kind = random_below(2) ? EVIDENCE_FAILING : EVIDENCE_SHAPE;
        double news = kind == EVIDENCE_FAILING ? 0.5 : 0.1;
        double points = 0.04 + 3 * random_unit(), ceiling = 0.04 + 3 * random_unit();
        struct risk risk = {0};
        add(&risk, kind, points, ceiling, start_s);
        const struct evidence *held = risk_held(&risk, kind);
        ck_assert_ptr_nonnull(held);
        bool counts = points <= ceiling || ceiling > news + 1e-6;
        if (points <= ceiling || fabs(ceiling - news) > 1e-6)
            ck_assert_int_eq(risk_counts(held, (double)(float)points), counts);
    }
}
END_TEST

START_TEST(it_is_news_only_when_it_is_news) {
    struct risk risk = {0};
    ck_assert(add(&risk, EVIDENCE_SCAN, 2, 5, start_s));
    for (uint64_t now_s = start_s + 1; now_s < start_s + 600; now_s += 10)
        ck_assert(!add(&risk, EVIDENCE_SCAN, 2, 5, now_s));
    ck_assert(add(&risk, EVIDENCE_FLOOD, 2, 5, start_s + 600));
    ck_assert(!add(&risk, EVIDENCE_SCAN, 2, 5, start_s + 601));
    /* A day later it has long faded. */
    ck_assert(add(&risk, EVIDENCE_SCAN, 2, 5, start_s + 86400));
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        if (risk.slots[i].points > 0 && risk.slots[i].kind == EVIDENCE_SCAN)
            ck_assert_uint_eq(risk.slots[i].since_s, start_s + 86400);
}
END_TEST

START_TEST(the_strongest_keep_their_places) {
    struct risk risk = {0};
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        add(&risk, (enum evidence_kind)i, 2 + i, 20, start_s);
    double before = score(&risk, start_s);
    ck_assert(!add(&risk, EVIDENCE_VOLUME, 1, 20, start_s)); /* weaker than all */
    ck_assert_double_eq(score(&risk, start_s), before);

    ck_assert(add(&risk, EVIDENCE_VOLUME, 3.5, 20, start_s));
    bool has_weakest = false, has_second = false, has_new = false;
    for (unsigned i = 0; i < RISK_SLOTS; i++) {
        has_weakest |= risk.slots[i].kind == 0;
        has_second |= risk.slots[i].kind == 1;
        has_new |= risk.slots[i].kind == EVIDENCE_VOLUME;
    }
    ck_assert(!has_weakest && has_second && has_new);
}
END_TEST

START_TEST(what_is_told_is_the_strongest_of_its_kind) {
    struct risk risk = {0};
    struct evidence strong = {
        .kind = EVIDENCE_SCAN, .points = 4, .observed = 250, .port = 23};
    struct evidence weak = {
        .kind = EVIDENCE_SCAN, .points = 0.5F, .observed = 21, .port = 80};
    risk_add(&risk, &rules, &strong, 1, 7, start_s);
    risk_add(&risk, &rules, &weak, 1, 7, start_s + 10);
    ck_assert_double_eq((double)risk.slots[0].observed, 250);
    ck_assert_uint_eq(risk.slots[0].port, 23);
    struct evidence stronger = {
        .kind = EVIDENCE_SCAN, .points = 5, .observed = 900, .port = 22};
    risk_add(&risk, &rules, &stronger, 1, 7, start_s + 20);
    ck_assert_double_eq((double)risk.slots[0].observed, 900);
    ck_assert_uint_eq(risk.slots[0].since_s, start_s); /* it is still the same */
}
END_TEST

START_TEST(unknown_is_told_only_while_learning_and_below_medium) {
    for (int level = LEVEL_LOW; level <= LEVEL_CRITICAL; level++) {
        struct risk risk = {.level = (uint8_t)level};
        ck_assert_int_eq(risk_told(&risk, false), level);
        ck_assert_int_eq(risk_told(&risk, true),
                         level == LEVEL_LOW ? LEVEL_UNKNOWN : level);
    }
}
END_TEST

START_TEST(what_has_faded_is_forgotten) {
    struct risk risk = {0};
    add(&risk, EVIDENCE_SCAN, 5, 5, start_s);
    add(&risk, EVIDENCE_FLOOD, 1, 5, start_s);
    ck_assert(risk_expire(&risk, &rules, start_s + 900));
    ck_assert_double_gt(score(&risk, start_s + 900), 0);
    ck_assert(!risk_expire(&risk, &rules, start_s + 86400));
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        ck_assert_double_eq((double)risk.slots[i].points, 0);
}
END_TEST

/* Several captures can be read in a row, the later ones first. */
START_TEST(when_time_steps_back_evidence_still_fades) {
    struct risk risk = {0};
    add(&risk, EVIDENCE_SCAN, 5, 5, start_s);
    double before = score(&risk, start_s);
    uint64_t back_s = start_s - 10 * 365 * 86400;
    ck_assert_double_eq_tol(score(&risk, back_s), before, 1e-4);
    for (uint64_t now_s = back_s; now_s < back_s + 86400; now_s += 10)
        risk_expire(&risk, &rules, now_s);
    ck_assert_double_eq(score(&risk, back_s + 86400), 0);
}
END_TEST

static void check_whole(const struct risk *risk, uint64_t now_s) {
    double shares[RISK_SLOTS], sum = 0;
    double total = risk_score(risk, &rules, now_s, shares);
    bool seen[EVIDENCE_COUNT] = {false};
    ck_assert(total >= 0 && total <= 100);
    for (unsigned i = 0; i < RISK_SLOTS; i++) {
        const struct evidence *e = &risk->slots[i];
        ck_assert(e->points >= 0 && shares[i] >= 0);
        sum += shares[i];
        if (e->points <= 0)
            continue;
        ck_assert_uint_lt(e->kind, EVIDENCE_COUNT);
        ck_assert_msg(!seen[e->kind], "%s has two places", evidence_name(e->kind));
        seen[e->kind] = true;
        ck_assert_uint_le(e->since_s, e->last_s);
    }
    ck_assert_double_eq_tol(sum, total, 1e-9);
    const double bounds[] = {0, rules.medium, rules.high, rules.critical, 101};
    ck_assert_double_lt(total, bounds[risk->level + 1]);
    ck_assert_double_ge(total, bounds[risk->level] - rules.hysteresis);
}

START_TEST(whatever_comes_it_stays_whole) {
    for (int round = 0; round < 300; round++) {
        struct risk risk = {0};
        uint64_t now_s = start_s;
        for (int i = 0; i < 200; i++) {
            double magnitude = exp2(random_between(-8, 8));
            unsigned kind = random_below(EVIDENCE_COUNT);
            double before = score(&risk, now_s);
            if (random_below(3))
                add(&risk, (enum evidence_kind)kind, magnitude, 7, now_s);
            else
                add_lasting(&risk, (enum evidence_kind)kind, magnitude, now_s);
            double tolerance = before * 1e-5;
            /* One weak thing may make room for a stronger one, but never lower the sum. */
            ck_assert_double_ge(score(&risk, now_s), before - tolerance);
            risk_update_level(&risk, &rules, now_s);
            check_whole(&risk, now_s);
            now_s += random_below(2) ? random_below(30) : random_below(20000);
            if (random_below(2))
                risk_expire(&risk, &rules, now_s);
            risk_update_level(&risk, &rules, now_s);
            check_whole(&risk, now_s);
        }
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("risk");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, kinds_have_names_of_their_own);
    tcase_add_test(all, without_evidence_there_is_no_risk);
    tcase_add_test(all, more_points_score_more_with_diminishing_returns);
    tcase_add_test(all, the_contract_says_how_many_points_make_a_level);
    tcase_add_test(all, evidence_halves_every_half_life);
    tcase_add_test(all, shares_follow_the_points_and_add_up_to_the_score);
    tcase_add_test(all, the_level_rises_at_once_and_falls_with_hysteresis);
    tcase_add_test(all, hard_evidence_alone_leaves_distrust_that_fades);
    tcase_add_test(all, calls_in_vain_count_with_the_soft);
    tcase_add_test(all, distrust_is_left_even_where_no_place_is_free);
    tcase_add_test(all, a_lasting_condition_keeps_its_level_and_does_not_climb);
    tcase_add_test(all, what_repeats_counts_for_the_part_it_is_said_to);
    tcase_add_test(all, what_repeats_climbs_up_to_its_ceiling);
    tcase_add_test(all, what_a_ceiling_swallows_does_not_count);
    tcase_add_test(all, it_is_news_only_when_it_is_news);
    tcase_add_test(all, the_strongest_keep_their_places);
    tcase_add_test(all, what_is_told_is_the_strongest_of_its_kind);
    tcase_add_test(all, unknown_is_told_only_while_learning_and_below_medium);
    tcase_add_test(all, what_has_faded_is_forgotten);
    tcase_add_test(all, when_time_steps_back_evidence_still_fades);
    tcase_add_test(all, whatever_comes_it_stays_whole);
    Suite *suite = suite_create("risk");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
