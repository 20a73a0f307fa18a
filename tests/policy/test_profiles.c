#include "engine/policy/mud_set.h"
#include "tests/engine/rig.h"
#include "tests/suite.h"

#include <unistd.h>

/* MUD profiles at work: what the engine makes of flows that keep to them or do not. */

enum { LAMP = 1, PHONE = 2, GATEWAY = 4 };

static char folder[512];
static struct mud_set *set;
static struct rig rig;
static struct mistake mistake;
static double now;

static const char lamp[] =
    "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://lamp.example/1\","
    "\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"f\"}]}},"
    "\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"t\"}]}}},"
    "\"ietf-access-control-list:acls\":{\"acl\":[{\"name\":\"f\",\"type\":"
    "\"ipv4-acl-type\",\"aces\":{\"ace\":[{\"name\":\"1\",\"matches\":{\"ipv4\":"
    "{\"ietf-acldns:dst-dnsname\":\"cloud.lamp.example\"},\"tcp\":"
    "{\"destination-port\":{\"operator\":\"eq\",\"port\":443}}},\"actions\":"
    "{\"forwarding\":\"accept\"}},{\"name\":\"2\",\"matches\":{\"ietf-mud:mud\":"
    "{\"my-controller\":[null]}},\"actions\":{\"forwarding\":\"accept\"}}]}},"
    "{\"name\":\"t\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":[{\"name\":\"3\","
    "\"matches\":{\"ietf-mud:mud\":{\"local-networks\":[null]},\"tcp\":"
    "{\"destination-port\":{\"operator\":\"eq\",\"port\":80}}},\"actions\":"
    "{\"forwarding\":\"accept\"}}]}}]}}";

static void put(const char *name, const char *text) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static unsigned told;
static char first[MISTAKE_BYTES];

static void tell(void *context, const char *text) {
    (void)context;
    if (told++ == 0)
        snprintf(first, sizeof first, "%s", text);
}

static void start(void) {
    const char *scratch = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/wary-mud-XXXXXX", scratch ? scratch : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    put("lamp.json", lamp);
    told = 0;
    set = mud_set_create();
    ck_assert_msg(mud_set_load(set, folder, tell, NULL), "%s", first);
    ck_assert_uint_eq(mud_set_count(set), 1);
    struct engine_options options = engine_defaults;
    options.device_capacity = 64;
    options.mud = set;
    rig_start(&rig, &options, NULL);
    now = (double)make_epoch_s + 1;
}

static void stop(void) {
    static const char *const names[] = {"lamp.json", "bad.json", "twin.json"};
    char path[1024];
    rig_end(&rig);
    mud_set_free(set);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void bind(const char *text) {
    ck_assert_msg(mud_set_bind(set, text, &mistake), "%s", mistake.text);
}

/* One flow, a while after the last; the finding of it, or NULL. */
static const struct finding *send(struct record record) {
    size_t before = rig.finding_count;
    record.time_ns = (uint64_t)(now * 1e9);
    rig_send(&rig, record);
    now += 30;
    rig_wait(&rig, now);
    for (size_t i = before; i < rig.finding_count; i++)
        if (!strcmp(rig.findings[i].kind, "mud"))
            return &rig.findings[i];
    return NULL;
}

static struct record answer(uint32_t asker, const char *ip, const char *name) {
    struct record record = {.time_ns = (uint64_t)(now * 1e9), .kind = RECORD_NAME};
    record.name.mac = make_mac(asker);
    record.name.ip = make_ip(ip);
    record.name.kind = NAME_DNS_ANSWER;
    snprintf(record.name.text, sizeof record.name.text, "%s", name);
    return record;
}

START_TEST(a_flow_outside_is_told) {
    bind("device 00:1b:00:00:00:01 = lamp.json");
    struct make_end device = make_end(LAMP, "10.0.0.1");
    struct make_end cloud = make_end(GATEWAY, "198.51.100.1");
    struct make_end evil = make_end(GATEWAY, "203.0.113.9");
    /* Known to the engine before it is told names. */
    ck_assert_ptr_null(
        send(make_flow(now, device, make_end(PHONE, "10.0.0.2"), UDP, 53)));
    rig_send(&rig, answer(LAMP, "198.51.100.1", "Cloud.lamp.example"));
    /* Another name for the same address, told to another, does not take it away. */
    rig_send(&rig, answer(PHONE, "198.51.100.1", "other.example"));
    ck_assert_ptr_null(send(make_flow(now, device, cloud, TCP, 443)));
    const struct finding *finding = send(make_flow(now, device, evil, TCP, 443));
    ck_assert_ptr_nonnull(finding);
    ck_assert_str_eq(finding->device, "00:1b:00:00:00:01");
    ck_assert_str_eq(finding->text, "reached for 203.0.113.9 on tcp/443, which its MUD "
                                    "profile does not allow");
    ck_assert_int_eq(finding->level, LEVEL_MEDIUM);
    rig_check(&rig);
}
END_TEST

START_TEST(who_opens_what_is_closed_answers_for_it) {
    bind("device 00:1b:00:00:00:01 = lamp.json");
    struct make_end device = make_end(LAMP, "10.0.0.1");
    struct make_end phone = make_end(PHONE, "10.0.0.2");
    struct make_end outside = make_end(GATEWAY, "203.0.113.9");
    for (unsigned i = 0; i < 4; i++) { /* the gateway is seen to be one */
        char site[] = "198.51.100.1";
        site[sizeof site - 2] = (char)('1' + i);
        ck_assert_ptr_null(
            send(make_flow(now, phone, make_end(GATEWAY, site), TCP, 443)));
    }
    ck_assert_ptr_null(send(make_flow(now, phone, device, TCP, 80)));
    const struct finding *finding = send(make_flow(now, phone, device, TCP, 23));
    ck_assert_ptr_nonnull(finding);
    ck_assert_str_eq(finding->device, "00:1b:00:00:00:02");
    ck_assert_str_eq(finding->text, "reached for 10.0.0.1 on tcp/23, which that "
                                    "device's MUD profile does not allow");
    ck_assert_ptr_null(send(make_attempt(now, outside, device, TCP, 23)));
    finding = send(make_flow(now, outside, device, TCP, 23));
    ck_assert_ptr_nonnull(finding);
    ck_assert_str_eq(finding->device, "00:1b:00:00:00:01");
    ck_assert_str_eq(finding->text,
                     "was reached by 203.0.113.9 on tcp/23, which its MUD "
                     "profile does not allow");
}
END_TEST

START_TEST(by_the_url_that_it_announces) {
    struct make_end device = make_end(LAMP, "10.0.0.1");
    struct make_end evil = make_end(GATEWAY, "203.0.113.9");
    ck_assert_ptr_null(send(make_flow(now, device, evil, TCP, 443)));
    struct record record = answer(LAMP, "10.0.0.1", "https://lamp.example/1");
    record.name.kind = NAME_DHCP_MUD;
    rig_send(&rig, record);
    now += 60;
    ck_assert_ptr_nonnull(send(make_flow(now, device, evil, TCP, 443)));
}
END_TEST

START_TEST(controllers_are_the_operators) {
    bind("device 00:1b:00:00:00:01 = lamp.json");
    struct make_end device = make_end(LAMP, "10.0.0.1");
    struct make_end hub = make_end(GATEWAY, "203.0.113.9");
    ck_assert(mud_set_control(set, "my-controller = 203.0.113.0/28", &mistake));
    ck_assert_ptr_null(send(make_flow(now, device, hub, TCP, 8883)));
    ck_assert_ptr_nonnull(
        send(make_flow(now, device, make_end(GATEWAY, "203.0.113.16"), TCP, 8883)));
}
END_TEST

START_TEST(bad_files_and_bindings_have_reasons) {
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"device a = none.json", "there is no profile 'none.json'"},
        {"lamp.json", "'lamp.json' is not device ID = FILE"},
        {"host a = lamp.json", "is not device ID = FILE"},
        {"device a b = lamp.json x", "is not device ID = FILE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert(!mud_set_bind(set, cases[i].text, &mistake));
        ck_assert_msg(strstr(mistake.text, cases[i].reason) != NULL, "%s",
                      mistake.text);
    }
    bind("group Acme lamp = lamp.json");
    ck_assert(!mud_set_bind(set, "group acme lamp = lamp.json", &mistake));
    ck_assert_str_eq(mistake.text, "'group acme lamp' is given twice");
    ck_assert(!mud_set_control(set, "x = y", &mistake));
    ck_assert_uint_eq(mud_set_find(set, "id", "Acme lamp", ""), 0);
    ck_assert_uint_eq(mud_set_find(set, "id", "", "https://lamp.example/1"), 0);
    ck_assert_uint_eq(mud_set_find(set, "id", "", ""), 1);

    put("bad.json", "{\n  oops");
    put("twin.json", lamp);
    struct mud_set *other = mud_set_create();
    ck_assert(!mud_set_load(other, folder, tell, NULL));
    ck_assert_uint_eq(told, 2);
    ck_assert_msg(strstr(first, "/bad.json: line 2, column ") != NULL, "%s", first);
    ck_assert_uint_eq(mud_set_count(other), 1);
    mud_set_free(other);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("profiles");
    TCase *tcase = tcase_create("profiles");
    tcase_add_checked_fixture(tcase, start, stop);
    tcase_add_test(tcase, a_flow_outside_is_told);
    tcase_add_test(tcase, who_opens_what_is_closed_answers_for_it);
    tcase_add_test(tcase, by_the_url_that_it_announces);
    tcase_add_test(tcase, controllers_are_the_operators);
    tcase_add_test(tcase, bad_files_and_bindings_have_reasons);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
