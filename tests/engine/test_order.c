#include "engine/order.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>

/* What is asked of controllers, and by whom: a master at work is nothing, a stranger who
   gives orders is. */

static const double epoch_s = 1700000000; /* make_epoch_s */
static struct rig rig;

static struct make_end device(uint32_t n) {
    return (struct make_end){make_mac(n), make_ip_number(n)};
}

static void ask(double time_s, uint32_t who, uint32_t whom, uint16_t operation) {
    struct record record = make_flow(time_s, device(who), device(whom), TCP, 502);
    record.flow.operations[0] = (struct operation_count){operation, 2};
    rig_send(&rig, record);
}

enum { MASTER = 1, PLC = 2, STRANGER = 3, READ = OPERATION_MODBUS << 8 | 3 };
enum { WRITE = OPERATION_MODBUS << 8 | 16 };

/* Polls by the master each second, of the controller's whole life. */
static void poll(double from_s, double to_s) {
    for (double now_s = from_s; now_s < to_s; now_s++)
        ask(now_s, MASTER, PLC, READ);
}

static bool is_told(void) {
    rig_wait(&rig, (double)rig.boundary_ns / 1e9 + 2);
    return rig_finding(&rig, 0, rig_id(STRANGER), "strange_order");
}

START_TEST(operations_are_sorted_by_what_they_ask_for) {
    static const struct {
        uint16_t operation;
        bool more, stops, refused;
    } cases[] = {
        {OPERATION_MODBUS << 8 | 1, false, false, false},
        {OPERATION_MODBUS << 8 | 4, false, false, false},
        {OPERATION_MODBUS << 8 | 5, true, false, false},
        {OPERATION_MODBUS << 8 | 8, true, false, false},  /* diagnostics */
        {OPERATION_MODBUS << 8 | 16, true, false, false}, /* registers */
        {OPERATION_MODBUS << 8 | 43, true, false, false}, /* identification */
        {OPERATION_MODBUS << 8 | 0x83, false, false, true},
        {OPERATION_DNP3 << 8 | 0, false, false, false},
        {OPERATION_DNP3 << 8 | 1, false, false, false},
        {OPERATION_DNP3 << 8 | 5, true, false, false},  /* direct operate */
        {OPERATION_DNP3 << 8 | 13, true, true, false},  /* cold restart */
        {OPERATION_DNP3 << 8 | 21, true, false, false}, /* no unsolicited any more */
        {OPERATION_DNP3 << 8 | 129, false, false, false},
        {OPERATION_S7 << 8 | 0x04, false, false, false},
        {OPERATION_S7 << 8 | 0x05, true, false, false},
        {OPERATION_S7 << 8 | 0x29, true, true, false},
        {OPERATION_S7 << 8 | 0xf0, false, false, false},
        {OPERATION_IEC104 << 8 | 36, false, false, false}, /* a measured value */
        {OPERATION_IEC104 << 8 | 45, true, false, false},  /* single command */
        {OPERATION_IEC104 << 8 | 100, false, false, false},
        {OPERATION_IEC104 << 8 | 105, true, true, false},
        {OPERATION_IEC104 << 8 | 0x80 | 45, false, false, true},
        {OPERATION_S7 << 8 | 0x84, false, false, true},
        {OPERATION_CIP << 8 | 0x4c, false, false, false}, /* read a tag */
        {OPERATION_CIP << 8 | 0x4d, true, false, false},
        {OPERATION_CIP << 8 | 5, true, true, false}, /* reset */
        {OPERATION_CIP << 8 | 0x80 | 0x4d, false, false, true},
        {OPERATION_BACNET << 8 | 12, false, false, false},
        {OPERATION_BACNET << 8 | 15, true, false, false}, /* write a property */
        {OPERATION_BACNET << 8 | 20, true, true, false},
        {OPERATION_BACNET << 8 | 0x80 | 15, false, false, true},
        {OPERATION_MQTT << 8 | 3, false, false, false},
        {OPERATION_HTTP << 8 | 3, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t operation = cases[i].operation;
        ck_assert_int_eq(order_is_more_than_reading(operation), cases[i].more);
        ck_assert_int_eq(order_stops(operation), cases[i].stops);
        ck_assert_int_eq(order_is_refused(operation), cases[i].refused);
    }
}
END_TEST

/* In the first minutes, long before anything was learnt. */
START_TEST(who_gives_orders_to_a_controller_that_never_met_him_is_told) {
    rig_start(&rig, &engine_defaults, NULL);
    poll(epoch_s, epoch_s + 60);
    ask(epoch_s + 61, STRANGER, PLC, WRITE);
    ck_assert(is_told());
    ck_assert_uint_eq(rig.finding_count, 1);
    ck_assert_uint_eq(rig.findings[0].level, LEVEL_MEDIUM);
    /* He does not become known by giving more of them, nor does the level climb. */
    for (int i = 0; i < 30; i++) {
        poll(epoch_s + 70 + 10 * i, epoch_s + 75 + 10 * i);
        ask(epoch_s + 75 + 10 * i, STRANGER, PLC, WRITE);
    }
    const struct row *row = rig_row(&rig, rig_id(STRANGER));
    ck_assert_str_eq(row->top_factor, "strange_order");
    ck_assert_double_ge(row->risk, 30);
    ck_assert_double_lt(row->risk, 60);
    ck_assert_double_lt(rig_row(&rig, rig_id(PLC))->risk, 30);
    rig_end(&rig);
}
END_TEST

START_TEST(what_its_own_do_is_work) {
    rig_start(&rig, &engine_defaults, NULL);
    poll(epoch_s, epoch_s + 60);
    ask(epoch_s + 61, MASTER, PLC, WRITE);
    ask(epoch_s + 62, STRANGER, PLC, READ); /* another screen */
    ck_assert(!is_told());
    ask(epoch_s + 90, STRANGER, PLC, WRITE); /* which has been met by now */
    ck_assert(!is_told());
    ck_assert_uint_eq(rig.finding_count, 0);
    rig_end(&rig);
}
END_TEST

/* Before its masters are known nobody is a stranger, nor where they are not seen at work. */
START_TEST(where_masters_are_unknown_nobody_is_a_stranger) {
    rig_start(&rig, &engine_defaults, NULL);
    poll(epoch_s, epoch_s + 10);
    ask(epoch_s + 11, STRANGER, PLC, WRITE);
    ck_assert(!is_told());
    rig_end(&rig);
    rig_start(&rig, &engine_defaults, NULL);
    poll(epoch_s, epoch_s + 60);
    ask(epoch_s + 400, STRANGER, PLC, WRITE);
    ck_assert(!is_told());
    rig_end(&rig);
}
END_TEST

/* Its peers are equals, so that nobody is of the field for it; an order is one all the same. */
START_TEST(a_controller_of_a_building_knows_its_masters_too) {
    rig_start(&rig, &engine_defaults, NULL);
    for (int i = 0; i < 60; i++)
        ask(epoch_s + i, MASTER, PLC, OPERATION_BACNET << 8 | 12);
    ask(epoch_s + 61, STRANGER, PLC, OPERATION_BACNET << 8 | 15);
    ck_assert(is_told());
    rig_end(&rig);
}
END_TEST

int main(void) {
    TCase *all = tcase_create("order");
    tcase_add_test(all, a_controller_of_a_building_knows_its_masters_too);
    tcase_add_test(all, operations_are_sorted_by_what_they_ask_for);
    tcase_add_test(all, who_gives_orders_to_a_controller_that_never_met_him_is_told);
    tcase_add_test(all, what_its_own_do_is_work);
    tcase_add_test(all, where_masters_are_unknown_nobody_is_a_stranger);
    Suite *suite = suite_create("order");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
