#include "tests/suite.h"
#include "web/gate.h"

#include <check.h>
#include <sys/socket.h>
#include <unistd.h>

/* Who may be connected, and who has to go when there is no room. */

enum { LIMIT = 6, ADDRESS_LIMIT = 3, PATIENCE_S = 60 };

static const struct prefix listed = {{.bytes = {10}, .family = 4}, 8};

struct visitor {
    struct guest *guest;
    int here, there;
};

static struct gate *gate;

static void open_gate(void) {
    gate = gate_create(&(struct gate_options){.limit = LIMIT,
                                              .address_limit = ADDRESS_LIMIT,
                                              .patience_s = PATIENCE_S,
                                              .listed = &listed,
                                              .listed_count = 1});
    ck_assert_ptr_nonnull(gate);
}

static void close_gate(void) {
    gate_destroy(gate);
}

static struct address address_of(unsigned first, unsigned last) {
    return (struct address){.bytes = {(uint8_t)first, 0, 0, (uint8_t)last},
                            .family = 4};
}

static struct visitor come(struct address address, uint64_t now_s) {
    int ends[2];
    ck_assert(gate_admits(gate, &address, now_s));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    return (struct visitor){gate_enter(gate, &address, ends[0], now_s), ends[0],
                            ends[1]};
}

static void go(struct visitor *visitor) {
    gate_leave(gate, visitor->guest);
    close(visitor->here);
    close(visitor->there);
}

static bool is_sent_away(const struct visitor *visitor) {
    char byte;
    return recv(visitor->there, &byte, 1, MSG_DONTWAIT) == 0;
}

static void ask(struct visitor *visitor, uint64_t now_s) {
    gate_serve(gate, visitor->guest);
    gate_served(gate, visitor->guest, true, now_s);
}

START_TEST(one_address_has_its_share) {
    struct address greedy = address_of(192, 1), other = address_of(192, 2);
    struct visitor visitors[ADDRESS_LIMIT];
    for (unsigned i = 0; i < ADDRESS_LIMIT; i++)
        visitors[i] = come(greedy, 1);
    ck_assert(!gate_admits(gate, &greedy, 1));
    ck_assert(gate_admits(gate, &other, 1));
    ck_assert_uint_eq(gate_counts(gate).refused, 1);
    go(&visitors[0]);
    visitors[0] = come(greedy, 1);
    for (unsigned i = 0; i < ADDRESS_LIMIT; i++)
        go(&visitors[i]);
    ck_assert_uint_eq(gate_counts(gate).open, 0);
}
END_TEST

START_TEST(a_household_has_one_share) {
    struct address address = {.bytes = {0x20, 1}, .family = 6};
    struct visitor visitors[ADDRESS_LIMIT];
    for (unsigned i = 0; i < ADDRESS_LIMIT; i++) {
        address.bytes[15] = (uint8_t)i;
        visitors[i] = come(address, 1);
    }
    ck_assert(!gate_admits(gate, &address, 1));
    address.bytes[7] = 1;
    ck_assert(gate_admits(gate, &address, 1));
    for (unsigned i = 0; i < ADDRESS_LIMIT; i++)
        go(&visitors[i]);
}
END_TEST

/* Of those who asked and those who did not, the more numerous go; enforcement points stay, and
   have no share to keep to. */
START_TEST(who_are_many_make_room) {
    struct visitor visitors[LIMIT + 4];
    for (unsigned i = 0; i < LIMIT; i++)
        visitors[i] = come(address_of(i < 4 ? 10 : 192, i < 4 ? 1 : i), i);
    ask(&visitors[0], 10); /* an enforcement point that asks */
    ask(&visitors[4], 11);
    gate_serve(gate, visitors[1].guest); /* at work */
    static const unsigned order[] = {2, 3, 4, LIMIT};
    for (unsigned i = 0; i < 4; i++) {
        ck_assert(!is_sent_away(&visitors[order[i]]));
        visitors[LIMIT + i] = come(address_of(172, i), 20);
        if (i >= 3) /* or it would be the next to go */
            continue;
        ck_assert(is_sent_away(&visitors[order[i]]));
        ask(&visitors[LIMIT + i], 20);
    }
    ck_assert(is_sent_away(&visitors[LIMIT]));
    ck_assert(!is_sent_away(&visitors[5]));
    ck_assert(!is_sent_away(&visitors[0]));
    ck_assert(!is_sent_away(&visitors[1]));
    ck_assert_uint_eq(gate_counts(gate).ousted, 4);
    for (unsigned i = 0; i < LIMIT + 4; i++)
        go(&visitors[i]);
}
END_TEST

START_TEST(who_begins_too_often_is_refused) {
    enum { RATE = 8, SHARE = RATE / GATE_SHARES };
    struct address greedy = address_of(192, 1), point = address_of(10, 1);
    unsigned greedy_ones = 0, others = 0;
    close_gate();
    gate = gate_create(&(struct gate_options){.limit = LIMIT,
                                              .address_limit = ADDRESS_LIMIT,
                                              .patience_s = PATIENCE_S,
                                              .rate_per_s = RATE,
                                              .listed = &listed,
                                              .listed_count = 1});
    /* None stays, so that neither the room nor an address's share of it is at its end. */
    for (unsigned i = 0; i < 100; i++)
        greedy_ones += gate_admits(gate, &greedy, 1000);
    ck_assert_uint_eq(greedy_ones, 2 * SHARE); /* those of two seconds at once */
    for (unsigned i = 0; i < 100; i++) {
        struct address other = address_of(172, i);
        others += gate_admits(gate, &other, 1000);
    }
    ck_assert_uint_eq(others, 2 * RATE - greedy_ones);
    ck_assert_uint_eq(gate_counts(gate).refused, 200 - 2 * RATE);
    for (unsigned i = 0; i < 100; i++)
        ck_assert(gate_admits(gate, &point, 1000));
    for (unsigned i = greedy_ones = 0; i < 100; i++)
        greedy_ones += gate_admits(gate, &greedy, 1001);
    ck_assert_uint_eq(greedy_ones, SHARE);
}
END_TEST

START_TEST(where_all_are_at_work_nobody_is_let_in) {
    struct address late = address_of(172, 1);
    struct visitor visitors[LIMIT];
    for (unsigned i = 0; i < LIMIT; i++) {
        visitors[i] = come(address_of(10, i), 1);
        gate_serve(gate, visitors[i].guest);
    }
    ck_assert(!gate_admits(gate, &late, 1));
    gate_served(gate, visitors[3].guest, false, 2);
    ck_assert(gate_admits(gate, &late, 2));
    ck_assert(is_sent_away(&visitors[3]));
    for (unsigned i = 0; i < LIMIT; i++)
        go(&visitors[i]);
}
END_TEST

START_TEST(who_never_asks_is_sent_away) {
    struct visitor slow = come(address_of(192, 1), 1),
                   busy = come(address_of(10, 1), 1);
    gate_serve(gate, busy.guest);
    gate_sweep(gate, 1 + PATIENCE_S);
    ck_assert(!is_sent_away(&slow));
    gate_sweep(gate, 2 + PATIENCE_S);
    ck_assert(is_sent_away(&slow));
    ck_assert(!is_sent_away(&busy));
    gate_serve(gate, slow.guest); /* too late */
    gate_served(gate, slow.guest, true, 100);
    ck_assert_uint_eq(gate_counts(gate).late, 1);
    go(&slow);
    go(&busy);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gate");
    TCase *tests = tcase_create("gate");
    tcase_add_checked_fixture(tests, open_gate, close_gate);
    tcase_add_test(tests, one_address_has_its_share);
    tcase_add_test(tests, a_household_has_one_share);
    tcase_add_test(tests, who_are_many_make_room);
    tcase_add_test(tests, who_begins_too_often_is_refused);
    tcase_add_test(tests, where_all_are_at_work_nobody_is_let_in);
    tcase_add_test(tests, who_never_asks_is_sent_away);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
