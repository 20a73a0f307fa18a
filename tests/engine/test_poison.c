#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <check.h>
#include <string.h>

/* Who answers for names that are not his own. */

enum { HOST = 1, RESOLVER = 2, ROUTER = 3, LIAR = 66 };

static struct rig rig;
static double now_s;

static struct make_end end_of(uint32_t number) {
    char ip[16];
    snprintf(ip, sizeof ip, "10.0.0.%u", number);
    return make_end(number, ip);
}

/* A quarter of an hour in which all leave by the router. */
static void start(void) {
    rig_start(&rig, &engine_defaults, NULL);
    double start_s = (double)make_epoch_s + 1;
    for (now_s = start_s; now_s < start_s + 900; now_s += 20) {
        rig_send(&rig,
                 make_claim(now_s, CLAIM_ARP_ANNOUNCE, make_mac(HOST), "10.0.0.1"));
        rig_send(&rig,
                 make_claim(now_s, CLAIM_ARP_ANNOUNCE, make_mac(RESOLVER), "10.0.0.2"));
        rig_send(&rig,
                 make_claim(now_s, CLAIM_ARP_ANNOUNCE, make_mac(LIAR), "10.0.0.66"));
        rig_send(&rig, make_flow(now_s + 1, end_of(HOST),
                                 make_end(ROUTER, "198.51.100.1"), TCP, 443));
    }
    rig_wait(&rig, now_s);
    ck_assert_uint_eq(rig.finding_count, 0);
}

static void stop(void) {
    rig_check(&rig);
    rig_end(&rig);
}

static void answer(enum name_kind kind, const char *name) {
    rig_send(&rig, make_name(now_s += 2, kind, end_of(LIAR), name));
    rig_wait(&rig, now_s + 2);
}

static const struct finding *told(uint32_t who, const char *kind) {
    return rig_finding(&rig, 0, rig_id(who), kind);
}

START_TEST(one_name_may_be_written_in_many_ways) {
    for (unsigned i = 0; i < 20; i++) {
        answer(NAME_LOCAL_ANSWER, "reception-pc-of-the-house");
        answer(NAME_LOCAL_ANSWER, "RECEPTION-PC-OF");
        answer(NAME_MDNS, "Reception-PC-of-the-house.local");
        answer(NAME_LOCAL_ANSWER, "backup"); /* and one more */
        char number[64];
        snprintf(number, sizeof number, "reception-pc-of-the-house-%u.local", i);
        answer(NAME_MDNS, number);
        snprintf(number, sizeof number, "%08x-1234-4567-89ab-0123456789ab.local", i);
        answer(NAME_MDNS, number); /* of a browser */
    }
    ck_assert_ptr_null(told(LIAR, "name_poisoning"));
}
END_TEST

START_TEST(who_is_everybody_is_told) {
    static const char *const names[] = {"fileserver", "prinetr", "intranet", "backup",
                                        "exchnge",    "scanner", "nas",      "proxy"};
    for (unsigned i = 0; i < 8; i++) {
        answer(i % 2 ? NAME_LOCAL_ANSWER : NAME_MDNS, names[i]);
        if (i < 2)
            ck_assert_uint_eq(rig.finding_count, 0);
    }
    const struct finding *finding = told(LIAR, "name_poisoning");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    ck_assert_double_ge(finding->observed, 4);
    ck_assert_ptr_nonnull(strstr(finding->text, "as if all were its own"));
}
END_TEST

START_TEST(nobody_is_called_wpad) {
    answer(NAME_MDNS, "wpad.local"); /* it says so by itself */
    ck_assert_uint_eq(rig.finding_count, 0);
    answer(NAME_LOCAL_ANSWER, "WPAD");
    const struct finding *finding = told(LIAR, "name_poisoning");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    ck_assert_ptr_nonnull(strstr(finding->text, "proxy"));
}
END_TEST

/* Two answers as from `resolver` to the host, brought by two MACs. */
static void contradict(const char *resolver, uint32_t first, uint32_t second) {
    struct record record =
        make_claim(now_s += 5, CLAIM_CONTRADICTION, make_mac(second), resolver);
    record.claim.target_mac = make_mac(first);
    record.claim.target_ip = end_of(HOST).ip;
    rig_send(&rig, record);
    rig_wait(&rig, now_s + 2);
}

START_TEST(who_answers_beside_the_resolver_is_told) {
    static const char *const resolvers[] = {"10.0.0.2", "198.51.100.53"};
    static const uint32_t by[] = {RESOLVER, ROUTER};
    contradict(resolvers[_i % 2], _i < 2 ? LIAR : by[_i % 2],
               _i < 2 ? by[_i % 2] : LIAR);
    const struct finding *finding = told(LIAR, "dns_spoofing");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_ge(finding->level, LEVEL_MEDIUM);
    ck_assert_str_eq(finding->peer, resolvers[_i % 2]);
    ck_assert_uint_eq(rig.finding_count, 1);
}
END_TEST

/* Further away, or by somebody of whom nobody knows which is the true one: of the lie, only who
   heard it is known. */
START_TEST(a_lie_from_afar_accuses_nobody) {
    for (unsigned i = 0; i < 30; i++)
        contradict("198.51.100.53", ROUTER, ROUTER);
    contradict("198.51.100.53", 77, LIAR);
    const struct finding *finding = told(HOST, "dns_spoofing");
    ck_assert_ptr_nonnull(finding);
    ck_assert_uint_lt(finding->level, LEVEL_MEDIUM);
    ck_assert_uint_eq(rig.finding_count, 1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("poison");
    TCase *all = tcase_create("poison");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, start, stop);
    tcase_add_test(all, one_name_may_be_written_in_many_ways);
    tcase_add_test(all, who_is_everybody_is_told);
    tcase_add_test(all, nobody_is_called_wpad);
    tcase_add_loop_test(all, who_answers_beside_the_resolver_is_told, 0, 4);
    tcase_add_test(all, a_lie_from_afar_accuses_nobody);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
