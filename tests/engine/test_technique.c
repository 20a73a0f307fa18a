#include "engine/risk.h"
#include "engine/technique.h"
#include "tests/suite.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* T and four digits, perhaps a sub-technique of three. */
static void check_form(const char *id) {
    size_t length = strlen(id);
    ck_assert_msg(length == 5 || (length == 9 && id[5] == '.'), "%s", id);
    ck_assert(id[0] == 'T');
    for (size_t i = 1; i < length; i++)
        ck_assert_msg(i == 5 || isdigit((unsigned char)id[i]), "%s", id);
}

START_TEST(techniques_are_well_formed) {
    unsigned named = 0;
    for (unsigned i = 0; i < EVIDENCE_COUNT; i++) {
        const char *id = technique_of(evidence_name((enum evidence_kind)i));
        if (!id[0])
            continue;
        check_form(id);
        named++;
    }
    ck_assert_uint_ge(named, 25);
    ck_assert_str_eq(technique_of("port_scan"), "T1046");
    ck_assert_str_eq(technique_of("control_operation"), "T0816");
    /* Unusual is not yet wicked; and what nobody knows has no technique. */
    ck_assert_str_eq(technique_of("volume"), "");
    ck_assert_str_eq(technique_of("no such kind"), "");
}
END_TEST

int main(void) {
    TCase *all = tcase_create("technique");
    tcase_add_test(all, techniques_are_well_formed);
    Suite *suite = suite_create("technique");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
