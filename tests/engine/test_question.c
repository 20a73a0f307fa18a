#include "engine/question.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

/* Who asked for which address, how often, and what became of it. */

static const uint64_t second_ns = 1000000000, start_ns = 1700000000000000000;
static const double epoch_s = 1700000000; /* make_epoch_s */

static struct question_book book;
static struct question displaced;

static void setup(void) {
    question_init(&book, 7);
}

static uint32_t ask(uint32_t asker, uint32_t ip, double at_s) {
    struct mac mac = make_mac(asker);
    struct address address = make_ip_number(ip);
    return question_ask(&book, &mac, &address, 0, start_ns + (uint64_t)(at_s * 1e9),
                        &displaced);
}

static bool was_asked(uint32_t ip, double at_s) {
    struct address address = make_ip_number(ip);
    struct mac answerer = make_mac(99);
    return question_was_asked(&book, &answerer, &address, 0,
                              start_ns + (uint64_t)(at_s * 1e9));
}

static unsigned due(double at_s) {
    unsigned count = 0;
    uint32_t at = 0;
    while (question_due(&book, &at, start_ns + (uint64_t)(at_s * 1e9)))
        count++;
    return count;
}

START_TEST(repeats_are_counted_in_a_row) {
    ck_assert_uint_eq(ask(1, 5, 0), 1);
    ck_assert_uint_eq(ask(1, 5, 0.05), 0); /* the mirror's */
    ck_assert_uint_eq(ask(1, 5, 1), 2);
    ck_assert_uint_eq(ask(2, 5, 1), 1); /* another's */
    ck_assert_uint_eq(ask(1, 6, 2), 1);
    ck_assert_uint_eq(ask(1, 5, 15.5), 3);
    ck_assert_uint_eq(ask(1, 5, 31), 1); /* too late */
}
END_TEST

START_TEST(who_asked_is_remembered_for_a_while) {
    ask(1, 5, 0);
    ck_assert(was_asked(5, 0) && was_asked(5, 4.9));
    ck_assert(!was_asked(5, 5.1) && !was_asked(6, 0));
    question_forget(&book);
    ck_assert(!was_asked(5, 0));
}
END_TEST

/* Who asks himself cannot make his answer an asked one. */
START_TEST(nobody_is_asked_by_himself) {
    ask(99, 5, 0); /* was_asked's answerer */
    ck_assert(!was_asked(5, 0));
    ask(1, 5, 0);
    ck_assert(was_asked(5, 0));
}
END_TEST

START_TEST(a_check_excuses_an_answer_and_is_no_question) {
    struct mac asker = make_mac(1);
    struct address ip = make_ip_number(5);
    question_check(&book, &asker, &ip, 0, start_ns);
    ck_assert(was_asked(5, 4.9) && !was_asked(5, 5.1));
    ck_assert_uint_eq(due(9), 0);
    ask(2, 6, 10);
    for (uint32_t n = 0; n < 100000; n++) { /* nor does it push one out */
        struct address other = make_ip_number(n);
        question_check(&book, &asker, &other, 0, start_ns + 10 * second_ns);
    }
    ck_assert_uint_eq(due(12), 1);
}
END_TEST

static uint32_t tell(uint32_t who, uint32_t ip, uint32_t to, double at_s) {
    struct mac mac = make_mac(who);
    struct address claimed = make_ip_number(ip), told = make_ip_number(to);
    return question_tell(&book, &mac, &claimed, &told, 0,
                         start_ns + (uint64_t)(at_s * 1e9));
}

START_TEST(tales_cross_where_each_of_two_is_told_that_he_is_the_other) {
    ck_assert_uint_eq(tell(9, 1, 2, 0), 0);
    ck_assert_uint_eq(tell(9, 2, 1, 0.1), 1);
    ck_assert_uint_eq(tell(9, 1, 2, 10), 2);
    ck_assert_uint_eq(tell(9, 2, 1, 10.1), 3);
    ck_assert_uint_eq(tell(9, 1, 2, 400), 0); /* the other's is forgotten */
    ck_assert_uint_eq(tell(9, 2, 1, 400.1), 1);
    /* An address of its own told to many, or two of its own, cross nothing. */
    for (uint32_t n = 10; n < 1000; n++) {
        ck_assert_uint_eq(tell(8, 1, n, 500 + n * 0.01), 0);
        ck_assert_uint_eq(tell(8, 2, n, 500 + n * 0.01), 0);
    }
    /* Nor do the tales of two tellers. */
    ck_assert_uint_eq(tell(6, 1, 2, 600), 0);
    ck_assert_uint_eq(tell(7, 2, 1, 600), 0);
}
END_TEST

START_TEST(many_may_be_told_before_the_way_back) {
    for (uint32_t n = 10; n < 10 + QUESTION_TALES; n++)
        ck_assert_uint_eq(tell(9, 1, n, n * 0.01), 0);
    ck_assert_uint_eq(tell(9, 10, 1, 1), 1);
    ck_assert_uint_eq(tell(9, 11, 1, 1), 2);
}
END_TEST

START_TEST(a_question_is_due_once) {
    ask(1, 5, 0);
    ask(1, 5, 0.9); /* asking again does not put it off */
    ask(1, 6, 0.5);
    ck_assert_uint_eq(due(0.99), 0);
    ck_assert_uint_eq(due(1.1), 1);
    ck_assert_uint_eq(due(9), 1);
    ck_assert_uint_eq(due(99), 0);
    ask(1, 5, 100);
    ck_assert_uint_eq(due(101), 1);
}
END_TEST

/* Each question that is not open any more was due, or displaced, once. */
START_TEST(none_is_lost_in_a_flood) {
    enum { FLOOD = 100000 };
    unsigned lost = 0;
    for (uint32_t i = 0; i < FLOOD; i++) {
        ask(1, i, i * 1e-6);
        lost += displaced.open;
    }
    ck_assert_uint_eq(lost + due(10), FLOOD);
    ck_assert_uint_eq(book.open, 0);
}
END_TEST

START_TEST(insistence_is_about_two) {
    struct mac mac = make_mac(1);
    struct address one = make_ip_number(5), two = make_ip_number(6);
    ck_assert_ptr_null(question_insist(&book, &mac, &one, 0, start_ns));
    ck_assert_ptr_null(question_insist(&book, &mac, &one, 0, start_ns + second_ns));
    const struct question_insistence *other =
        question_insist(&book, &mac, &two, 0, start_ns + 2 * second_ns);
    ck_assert_ptr_nonnull(other);
    ck_assert(address_equal(&other->ip, &one));
    ck_assert_ptr_null(
        question_insist(&book, &mac, &two, 0, start_ns + 17 * second_ns));
}
END_TEST

/* --- in the engine --- */

static void probe(struct rig *rig, double time_s, uint32_t who, uint32_t ip) {
    struct make_end nobody = {make_mac(who), make_ip("0.0.0.0")};
    rig_send(rig, make_question(time_s, nobody, make_ip_number(ip)));
}

/* A datagram from one port to another. */
static bool answers(uint32_t from, uint16_t from_port, struct mac to, uint16_t to_port,
                    double at_s) {
    struct make_end sender = make_end(from, "10.0.0.1"), receiver = {to, make_ip("")};
    receiver.ip = make_ip("10.0.0.2");
    struct record record = make_attempt(epoch_s + at_s, sender, receiver, UDP, to_port);
    record.flow.port[INITIATOR] = from_port;
    return question_was_to_all(&book, &record.flow, start_ns + (uint64_t)(at_s * 1e9));
}

START_TEST(who_asks_everybody_is_answered) {
    ck_assert(!answers(2, 1900, make_mac(1), 50000, 0));
    ck_assert(!answers(1, 50000, make_broadcast(), 1900, 1));
    ck_assert(answers(2, 1900, make_mac(1), 50000, 1.1));
    ck_assert(answers(3, 1900, make_mac(1), 50000, 60));
    ck_assert(!answers(3, 1900, make_mac(1), 50000, 63)); /* too late */
    ck_assert(!answers(2, 1900, make_mac(1), 50001, 1.2));
    ck_assert(!answers(1, 50000, make_mac(2), 1900, 1.2)); /* who asked, answers not */
    question_forget(&book);
    ck_assert(!answers(2, 1900, make_mac(1), 50000, 1.3));
}
END_TEST

/* A server leases, a player answers each of many: no scan. The same unasked is one. */
START_TEST(answers_to_all_are_no_scan) {
    for (int asked = 0; asked < 2; asked++) {
        struct rig rig;
        rig_start(&rig, &engine_defaults, NULL);
        struct make_end server = make_end(1, "10.0.0.1");
        for (uint32_t i = 0; i < 60; i++) {
            struct make_end client = {make_mac(100 + i), make_ip_number(256 + i)};
            struct make_end all = {make_broadcast(), make_ip("255.255.255.255")};
            struct record hail = make_attempt(epoch_s + i * 0.2, client, all, UDP, 67);
            struct record answer =
                make_attempt(epoch_s + i * 0.2 + 0.1, server, client, UDP, 68);
            hail.flow.port[INITIATOR] = 68;
            answer.flow.port[INITIATOR] = 67;
            if (asked)
                rig_send(&rig, hail);
            rig_send(&rig, answer);
        }
        rig_wait(&rig, epoch_s + 20);
        ck_assert_int_eq(!rig_finding(&rig, 0, rig_id(1), "scan"), asked);
        rig_end(&rig);
    }
}
END_TEST

START_TEST(a_sweep_without_an_address_is_a_scan) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    for (uint32_t i = 0; i < 9; i++) /* is my address free? */
        probe(&rig, epoch_s + 2 * i, 1, 5 + i / 3);
    rig_wait(&rig, epoch_s + 60);
    ck_assert_uint_eq(rig.finding_count, 0);
    for (uint32_t i = 0; i < 100; i++)
        probe(&rig, epoch_s + 100 + i * 0.05, 1, 100 + i);
    rig_wait(&rig, epoch_s + 120);
    ck_assert_ptr_nonnull(rig_finding(&rig, 0, rig_id(1), "scan"));
    rig_check(&rig);
    rig_end(&rig);
}
END_TEST

/* Faster than any question could wait for its answer. */
START_TEST(a_storm_of_questions_is_a_scan) {
    struct rig rig;
    rig_start(&rig, &engine_defaults, NULL);
    for (uint32_t i = 0; i < 50000; i++)
        rig_send(&rig, make_question(epoch_s + i * 1e-5, make_end(1, "10.0.0.1"),
                                     make_ip_number(1000 + i)));
    rig_wait(&rig, epoch_s + 3);
    const struct finding *finding = rig_finding(&rig, 0, rig_id(1), "scan");
    ck_assert_ptr_nonnull(finding);
    ck_assert_double_gt(finding->observed, 20000);
    rig_end(&rig);
}
END_TEST

int main(void) {
    TCase *all = tcase_create("question");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, repeats_are_counted_in_a_row);
    tcase_add_test(all, who_asked_is_remembered_for_a_while);
    tcase_add_test(all, nobody_is_asked_by_himself);
    tcase_add_test(all, a_check_excuses_an_answer_and_is_no_question);
    tcase_add_test(all, tales_cross_where_each_of_two_is_told_that_he_is_the_other);
    tcase_add_test(all, many_may_be_told_before_the_way_back);
    tcase_add_test(all, a_question_is_due_once);
    tcase_add_test(all, none_is_lost_in_a_flood);
    tcase_add_test(all, insistence_is_about_two);
    tcase_add_test(all, who_asks_everybody_is_answered);
    tcase_add_test(all, answers_to_all_are_no_scan);
    tcase_add_test(all, a_sweep_without_an_address_is_a_scan);
    tcase_add_test(all, a_storm_of_questions_is_a_scan);
    Suite *suite = suite_create("question");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
