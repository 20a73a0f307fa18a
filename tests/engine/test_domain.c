#include "engine/domain.h"
#include "tests/engine/make_records.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <math.h>

static struct table *uses;
static struct device device;

static void setup(void) {
    uses = domain_create(7);
    ck_assert_ptr_nonnull(uses);
    device = (struct device){.key = {.mac = make_mac(1)}};
}

static void teardown(void) {
    table_destroy(uses);
}

/* Of so many letters of an alphabet of 32, below a domain. */
static const char *chance(unsigned length, const char *domain) {
    static char name[256];
    for (unsigned i = 0; i < length; i++)
        name[i] = "abcdefghijklmnopqrstuvwxyz234567"[random_below(32)];
    snprintf(name + length, sizeof name - length, ".%s", domain);
    return name;
}

START_TEST(chance_is_told_from_words) {
    static const char *const plain[] = {
        "",
        "example.org",
        "www.example.org",
        "connectivitycheck.gstatic.com",
        "4.3.2.1.in-addr.arpa",
        "b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.org",
        "kq3v9z7xw1tj8hf0.co.uk", /* a registered name itself */
    };
    for (unsigned i = 0; i < sizeof plain / sizeof plain[0]; i++)
        ck_assert_msg(domain_ask(uses, &device, plain[i], 1000) == 0, "%s", plain[i]);
    for (unsigned i = 0; i < 1000; i++) {
        double bits = domain_entropy(chance(16 + random_below(40), "example.org"));
        ck_assert(bits > 2 && bits <= 5);
    }
}
END_TEST

START_TEST(different_names_of_one_domain_are_counted) {
    double count = 0;
    for (unsigned i = 0; i < 200; i++)
        count = fmax(count,
                     domain_ask(uses, &device, chance(48, "t.example.org"), 1800 + i));
    ck_assert_double_ge(count, 100);
    ck_assert_double_le(count, 400);
    const char *again = chance(48, "other.net");
    for (unsigned i = 0; i < 200; i++) /* the same one is one */
        ck_assert_double_le(domain_ask(uses, &device, again, 1800 + i), 2);
    struct device other = {.key = {.mac = make_mac(2)}};
    ck_assert_double_le(domain_ask(uses, &other, chance(48, "t.example.org"), 2000), 2);
    ck_assert_double_le(domain_ask(uses, &device, chance(48, "t.example.org"), 3600),
                        2);
}
END_TEST

START_TEST(more_domains_than_places_are_no_harm) {
    for (unsigned i = 0; i < 3 * DOMAIN_USES; i++) {
        char domain[32];
        snprintf(domain, sizeof domain, "d%u.org", i);
        ck_assert_double_le(domain_ask(uses, &device, chance(48, domain), 1800), 2);
    }
}
END_TEST

START_TEST(generated_names_count_whatever_their_domains) {
    double count = 0;
    for (unsigned i = 0; i < 40; i++)
        count = domain_ask_generated(uses, &device, chance(14, "biz"), 1800 + i);
    ck_assert_double_ge(count, 20);
    ck_assert_double_le(count, 80);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("domain");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, chance_is_told_from_words);
    tcase_add_test(all, different_names_of_one_domain_are_counted);
    tcase_add_test(all, more_domains_than_places_are_no_harm);
    tcase_add_test(all, generated_names_count_whatever_their_domains);
    Suite *suite = suite_create("domain");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
