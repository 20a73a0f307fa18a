#include "tests/engine/rig.h"
#include "tests/models/random.h"
#include "tests/suite.h"

/* What no single window shows: calls like clockwork, and what a log-in is worth. */

static const double epoch_s = 1700000000;
static struct rig rig;

static struct make_end device(uint32_t n) {
    char ip[16];
    snprintf(ip, sizeof ip, "10.0.0.%u", n);
    return make_end(n, ip);
}

static struct make_end outside(void) {
    return make_end(9001, "93.184.216.34");
}

/* Sessions from device 1 to `peer`, `gap_s` apart, give or take a share. */
static void call(double from_s, double to_s, struct make_end peer, uint8_t protocol,
                 double gap_s, double share) {
    for (double now_s = from_s; now_s < to_s;
         now_s += gap_s * random_between(1 - share, 1 + share))
        rig_send(&rig, make_flow(now_s, device(1), peer, protocol, 443));
}

static double most_risk(double from_s, double to_s) {
    double most = 0;
    for (size_t i = 0; i < rig.row_count; i++)
        if (strcmp(rig.rows[i].device, rig_id(1)) == 0 &&
            (double)rig.rows[i].end_s >= from_s && (double)rig.rows[i].end_s <= to_s)
            most = fmax(most, rig.rows[i].risk);
    return most;
}

static double least_risk(double from_s, double to_s) {
    double least = 100;
    for (size_t i = 0; i < rig.row_count; i++)
        if (strcmp(rig.rows[i].device, rig_id(1)) == 0 &&
            (double)rig.rows[i].end_s >= from_s && (double)rig.rows[i].end_s <= to_s)
            least = fmin(least, rig.rows[i].risk);
    return least;
}

/* A gateway is known by the world's addresses behind it. */
static void show_gateway(double now_s) {
    static const char *const world[] = {"198.51.100.7", "203.0.113.9"};
    for (int i = 0; i < 2; i++)
        rig_send(&rig, make_flow(now_s, device(2), make_end(9001, world[i]), TCP, 443));
}

/* From its first second on: there is no past to compare with, and it stays for hours. */
START_TEST(calls_like_clockwork_are_told_for_as_long_as_they_last) {
    rig_start(&rig, &engine_defaults, NULL);
    show_gateway(epoch_s);
    call(epoch_s + 1, epoch_s + 3 * 3600, outside(), TCP, random_between(1, 9), 0.1);
    rig_wait(&rig, epoch_s + 3 * 3600 + 60);
    const struct finding *finding = rig_finding(&rig, 0, rig_id(1), "beacon");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_le(finding->time_ns / 1000000000, make_epoch_s + 300);
    ck_assert_double_ge(least_risk(epoch_s + 310, epoch_s + 3 * 3600 - 30), 30);
    ck_assert_double_lt(most_risk(epoch_s, epoch_s + 3 * 3600), 60);
    rig_end(&rig);
}
END_TEST

/* Slower, and honest things do so, too: by a name it is a remark, by a bare address an alarm
   that lasts for hours. */
START_TEST(slow_calls_are_told_by_what_else_is_odd_of_them) {
    for (unsigned named = 0; named < 2; named++) {
        double gap_s = random_between(20, 110), hours_s = 2 * 3600;
        rig_start(&rig, &engine_defaults, NULL);
        show_gateway(epoch_s);
        if (named)
            rig_send(&rig, make_name(epoch_s + 0.5, NAME_DNS_ANSWER, outside(),
                                     "rtupdate.skygauge.example"));
        call(epoch_s + 1, epoch_s + hours_s, outside(), TCP, gap_s, 0.15);
        rig_wait(&rig, epoch_s + hours_s + 60);
        double told_s = 16 * gap_s + 30;
        ck_assert_double_gt(most_risk(epoch_s, epoch_s + hours_s), 5);
        if (named)
            ck_assert_double_lt(most_risk(epoch_s, epoch_s + hours_s), 30);
        else
            ck_assert_double_ge(least_risk(epoch_s + told_s, epoch_s + hours_s - 150),
                                27);
        ck_assert_double_lt(most_risk(epoch_s, epoch_s + hours_s), 60);
        rig_end(&rig);
    }
}
END_TEST

struct harmless {
    bool local;
    uint8_t protocol;
    double gap_s, share;
};
static const struct harmless harmless[] = {
    {true, TCP, 3, 0.1},     /* a controller's poll */
    {false, UDP, 3, 0.1},    /* asking for the time or a name */
    {false, TCP, 40, 0.9},   /* a person */
    {false, TCP, 3600, 0.01} /* a look for updates */
};

START_TEST(who_has_reason_to_call_may) {
    const struct harmless *h = &harmless[_i];
    rig_start(&rig, &engine_defaults, NULL);
    show_gateway(epoch_s);
    call(epoch_s + 1, epoch_s + 3 * 3600, h->local ? device(2) : outside(), h->protocol,
         h->gap_s, h->share);
    rig_wait(&rig, epoch_s + 3 * 3600 + 60);
    ck_assert_ptr_null(rig_finding(&rig, 0, rig_id(1), "beacon"));
    rig_end(&rig);
}
END_TEST

/* A quiet device that somebody logs in to, for the first time and for minutes. */
START_TEST(a_log_in_is_not_an_attack) {
    rig_start(&rig, &engine_defaults, NULL);
    call(epoch_s + 1, epoch_s + 12 * 3600, device(2), UDP, 20, 0.1);
    double login_s = epoch_s + 12 * 3600;
    for (int i = 0; i < 60; i++) {
        struct record session =
            make_flow(login_s + i * 5, device(3), device(1), TCP, 22);
        snprintf(session.flow.application, sizeof session.flow.application, "SSH");
        session.flow.bytes[0] = 4000;
        session.flow.bytes[1] = 9000;
        session.flow.packets[0] = session.flow.packets[1] = 40;
        if (i)
            session.flow.events = 0;
        rig_send(&rig, session);
    }
    rig_wait(&rig, login_s + 600);
    ck_assert_double_lt(most_risk(login_s, login_s + 600), 30);
    rig_end(&rig);
}
END_TEST

/* Too few in any minute to be a storm. */
START_TEST(log_ins_that_go_on_and_on_are_guesses) {
    for (unsigned slow = 0; slow < 2; slow++) {
        double gap_s = slow ? 120 : random_between(7, 22);
        rig_start(&rig, &engine_defaults, NULL);
        for (double now_s = epoch_s; now_s < epoch_s + 3600; now_s += gap_s)
            rig_send(&rig, make_flow(now_s, device(1), device(2), TCP, 22));
        rig_wait(&rig, epoch_s + 3600);
        const struct finding *finding =
            rig_finding(&rig, 0, rig_id(1), "password_guessing");
        ck_assert_int_eq(finding == NULL, (int)slow); /* each two minutes: a watch */
        if (!slow)
            ck_assert_uint_le(finding->time_ns / 1000000000, make_epoch_s + 500);
        ck_assert_double_lt(most_risk(epoch_s, epoch_s + 600), 60);
        rig_end(&rig);
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("lasting");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, calls_like_clockwork_are_told_for_as_long_as_they_last);
    tcase_add_test(all, slow_calls_are_told_by_what_else_is_odd_of_them);
    tcase_add_loop_test(all, who_has_reason_to_call_may, 0,
                        sizeof harmless / sizeof harmless[0]);
    tcase_add_test(all, a_log_in_is_not_an_attack);
    tcase_add_test(all, log_ins_that_go_on_and_on_are_guesses);
    Suite *suite = suite_create("lasting");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
