#include "engine/blackout.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

/* When it is the way out that is down, nobody is to blame for calling in vain. */

static const double epoch_s = 1700000000; /* make_epoch_s */

static struct blackout blackout;

static void setup(void) {
    blackout = (struct blackout){.heard = false};
}

static void flow(uint32_t device, bool answered, uint64_t now_s) {
    struct make_end here = make_end(device, "10.0.0.1"),
                    there = make_end(99, "8.8.8.8");
    struct record record = answered ? make_flow(epoch_s, here, there, TCP, 443)
                                    : make_attempt(epoch_s, here, there, TCP, 443);
    blackout_flow(&blackout, &record.flow, INITIATOR, device, now_s);
}

START_TEST(three_who_call_in_vain_make_an_outage) {
    flow(1, true, 100);
    for (uint32_t device = 1; device <= 3; device++) {
        ck_assert(!blackout_lasts(&blackout, 150));
        flow(device, false, 110 + device);
        flow(device, false, 110 + device);
    }
    ck_assert(!blackout_lasts(&blackout, 120));
    ck_assert(blackout_lasts(&blackout, 121));
    flow(4, false, 130);
    ck_assert(blackout_lasts(&blackout, 1000));
    flow(7, true, 1001);
    ck_assert(!blackout_lasts(&blackout, 1001));
}
END_TEST

START_TEST(where_nobody_was_ever_heard_there_is_no_way_out) {
    for (uint32_t device = 1; device <= 9; device++)
        flow(device, false, 100);
    ck_assert(!blackout_lasts(&blackout, 200));
}
END_TEST

/* Each retries its own server: with the way out down, quiet; else each is told. */
START_TEST(calls_in_vain_are_told_unless_all_call_so) {
    enum { DEVICES = 6 };
    for (int out = 0; out < 2; out++) {
        struct rig rig;
        rig_start(&rig, &engine_defaults, NULL);
        for (int i = 0; i < 600; i++) {
            uint32_t n = (uint32_t)i % DEVICES;
            struct make_end here = {make_mac(n + 1), make_ip_number(n + 1)};
            struct make_end there = {make_mac(99), make_ip("93.184.216.34")};
            there.ip.bytes[1] = (uint8_t)n;
            bool answered = i < 200 || (n == 0 && !out);
            rig_send(&rig, answered ? make_flow(epoch_s + i, here, there, TCP, 443)
                                    : make_attempt(epoch_s + i, here, there, TCP, 443));
        }
        for (uint32_t n = 1; n < DEVICES; n++)
            ck_assert_int_eq(
                !rig_finding(&rig, 0, rig_id(n + 1), "failing_connections"), out);
        rig_end(&rig);
    }
}
END_TEST

int main(void) {
    TCase *all = tcase_create("blackout");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, three_who_call_in_vain_make_an_outage);
    tcase_add_test(all, where_nobody_was_ever_heard_there_is_no_way_out);
    tcase_add_test(all, calls_in_vain_are_told_unless_all_call_so);
    Suite *suite = suite_create("blackout");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
