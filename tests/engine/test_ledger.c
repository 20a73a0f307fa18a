#include "engine/ledger.h"
#include "tests/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who opened what to whom: counted once each, and bounded. */

static struct ledger *ledger;

static struct ledger_entry flow(unsigned device, unsigned peer, uint16_t port) {
    struct ledger_entry entry = {.from_device = true, .protocol = 6, .port = port};
    char text[32];
    entry.device.mac.bytes[5] = (uint8_t)device;
    snprintf(text, sizeof text, "10.0.%u.%u", peer / 250, 1 + peer % 250);
    ck_assert(address_parse(text, &entry.peer));
    return entry;
}

static size_t read_all(const struct device_key *device, struct ledger_entry *entries,
                       size_t most) {
    uint32_t at = 0;
    size_t n = 0;
    do
        n += ledger_read(ledger, device, &at, entries + n, most - n);
    while (at && n < most);
    return n;
}

START_TEST(one_entry_a_peer_and_service) {
    ledger = ledger_create(64, 8, 1);
    struct ledger_entry a = flow(1, 1, 80), b = flow(1, 1, 443), c = flow(2, 1, 80),
                        kept[8];
    ledger_note(ledger, &a, 100);
    ledger_note(ledger, &b, 101);
    ledger_note(ledger, &c, 102);
    ledger_note(ledger, &a, 110);
    /* By its name a peer is one, whatever its address. */
    snprintf(a.name, sizeof a.name, "a.example");
    ledger_note(ledger, &a, 111);
    a.peer = b.peer;
    ledger_note(ledger, &a, 112);
    ck_assert_uint_eq(read_all(NULL, kept, 8), 4);
    ck_assert_uint_eq(read_all(&c.device, kept, 8), 1);
    ck_assert_uint_eq(kept[0].first_s, 102);
    ck_assert_uint_eq(read_all(&b.device, kept, 8), 3);
    unsigned twice = 0;
    for (unsigned i = 0; i < 3; i++)
        twice += kept[i].flows == 2;
    ck_assert_uint_eq(twice, 2);
    ck_assert(!ledger_is_cut(ledger, NULL));
    ledger_destroy(ledger);
}
END_TEST

START_TEST(who_speaks_with_all_takes_no_place_of_others) {
    static struct ledger_entry kept[1024];
    ledger = ledger_create(1000, 8, 1);
    struct ledger_entry quiet = flow(1, 1, 80);
    ledger_note(ledger, &quiet, 1);
    for (unsigned i = 0; i < 2000; i++) {
        struct ledger_entry scan = flow(2, i, 80);
        ledger_note(ledger, &scan, 2 + i);
    }
    struct ledger_entry scan = flow(2, 0, 80);
    ck_assert_uint_eq(read_all(&scan.device, kept, 1024), LEDGER_PER_DEVICE);
    ck_assert_uint_eq(read_all(&quiet.device, kept, 1024), 1);
    ck_assert(ledger_is_cut(ledger, &scan.device));
    ck_assert(!ledger_is_cut(ledger, &quiet.device));
    ledger_destroy(ledger);
}
END_TEST

START_TEST(the_oldest_goes_first) {
    struct ledger_entry kept[8];
    ledger = ledger_create(4, 8, 1);
    for (unsigned i = 0; i < 6; i++) {
        struct ledger_entry entry = flow(i, 1, 80);
        ledger_note(ledger, &entry, i);
    }
    ck_assert_uint_eq(read_all(NULL, kept, 8), 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_ge(kept[i].first_s, 2);
    ck_assert(ledger_is_cut(ledger, NULL));
    struct ledger_entry first = flow(0, 1, 80);
    ck_assert(ledger_is_cut(ledger, &first.device));
    ledger_destroy(ledger);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("ledger");
    TCase *tcase = tcase_create("ledger");
    tcase_add_test(tcase, one_entry_a_peer_and_service);
    tcase_add_test(tcase, who_speaks_with_all_takes_no_place_of_others);
    tcase_add_test(tcase, the_oldest_goes_first);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
