#include "engine/policy/mud.h"
#include "tests/suite.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mistake mistake;

#define ACL "ietf-access-control-list:acls"

/* A profile with these entries, from the device and to it. */
static struct mud *profile_with(const char *from, const char *to) {
    char text[8192];
    snprintf(
        text, sizeof text,
        "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://a.example/lamp\","
        "\"systeminfo\":\"lamp\",\"from-device-policy\":{\"access-lists\":{"
        "\"access-list\":[{\"name\":\"f\"}]}},\"to-device-policy\":{\"access-lists\":"
        "{\"access-list\":[{\"name\":\"t\"}]}}},\"" ACL "\":{\"acl\":["
        "{\"name\":\"f\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":[%s]}},"
        "{\"name\":\"t\",\"type\":\"ipv4-acl-type\",\"aces\":{\"ace\":[%s]}}]}}",
        from, to);
    return mud_create(text, strlen(text), &mistake);
}

static char *entry(char *text, size_t size, const char *matches, const char *action) {
    snprintf(text, size,
             "{\"name\":\"e\",\"matches\":{%s},\"actions\":{\"forwarding\":\"%s\"}}",
             matches, action);
    return text;
}

static bool is_named(const void *context, const char *name) {
    return strcmp(context, name) == 0;
}

static bool controls(const void *context, const char *class) {
    (void)context;
    return strcmp(class, "urn:example:hub") == 0 || class[0] == '\0';
}

/* The device opens TCP from port 40000 to port 443 of an address out there. */
static struct mud_flow flow_out(void) {
    struct mud_flow flow = {.from_device = true,
                            .ethertype = 0x0800,
                            .protocol = 6,
                            .device_port = 40000,
                            .peer_port = 443,
                            .peer = {.url = ""}};
    ck_assert(address_parse("192.168.0.9", &flow.device_ip));
    ck_assert(address_parse("203.0.113.7", &flow.peer.ip));
    return flow;
}

/* Whether a profile that has but this entry in one direction allows the flow. */
static bool is_allowed(const char *matches, const struct mud_flow *flow) {
    char text[2048];
    entry(text, sizeof text, matches, "accept");
    struct mud *mud =
        flow->from_device ? profile_with(text, "") : profile_with("", text);
    ck_assert_msg(mud != NULL, "%s", mistake.text);
    bool allowed = mud_allows(mud, flow);
    mud_free(mud);
    return allowed;
}

START_TEST(ports_networks_and_names) {
    struct mud_flow flow = flow_out();
    ck_assert(is_allowed("\"tcp\":{\"destination-port\":{\"operator\":\"eq\",\"port\":"
                         "443}}",
                         &flow));
    ck_assert(!is_allowed("\"udp\":{}", &flow));
    ck_assert(is_allowed("\"tcp\":{\"destination-port\":{\"lower-port\":400,"
                         "\"upper-port\":443}}",
                         &flow));
    ck_assert(!is_allowed("\"tcp\":{\"destination-port\":{\"operator\":\"gte\","
                          "\"port\":444}}",
                          &flow));
    ck_assert(!is_allowed("\"tcp\":{\"destination-port\":{\"operator\":\"neq\","
                          "\"port\":443}}",
                          &flow));
    ck_assert(is_allowed("\"tcp\":{\"source-port\":{\"operator\":\"lte\",\"port\":"
                         "40000}}",
                         &flow));
    ck_assert(is_allowed("\"ipv4\":{\"protocol\":6,\"destination-ipv4-network\":"
                         "\"203.0.113.0/24\"}",
                         &flow));
    ck_assert(!is_allowed("\"ipv4\":{\"destination-ipv4-network\":\"203.0.114.0/24\"}",
                          &flow));
    ck_assert(!is_allowed("\"ipv6\":{}", &flow));

    const char *name = "\"ipv4\":{\"ietf-acldns:dst-dnsname\":\"cloud.example\"}";
    ck_assert(!is_allowed(name, &flow));
    flow.peer.is_named = is_named;
    flow.peer.context = "cloud.example";
    ck_assert(is_allowed(name, &flow));
    flow.peer.context = "cloud.example.evil";
    ck_assert(!is_allowed(name, &flow));
}
END_TEST

START_TEST(who_opened_it) {
    const char *only = "\"tcp\":{\"ietf-mud:direction-initiated\":\"from-device\","
                       "\"source-port\":{\"operator\":\"eq\",\"port\":443}}";
    struct mud_flow flow = flow_out();
    flow.from_device = false; /* the peer, from its port 443 */
    ck_assert(!is_allowed(only, &flow));
    ck_assert(is_allowed("\"tcp\":{\"source-port\":{\"operator\":\"eq\",\"port\":443}}",
                         &flow));
    char text[512];
    struct mud *mud = profile_with(entry(text, sizeof text, "", "accept"), "");
    ck_assert_msg(mud != NULL, "%s", mistake.text);
    ck_assert(!mud_allows(mud, &flow));
    flow.from_device = true;
    ck_assert(mud_allows(mud, &flow));
    mud_free(mud);
}
END_TEST

START_TEST(the_first_that_matches_decides) {
    struct mud_flow flow = flow_out();
    char drop[256], accept[256], both[600];
    entry(drop, sizeof drop, "\"tcp\":{}", "drop");
    entry(accept, sizeof accept, "", "accept");
    snprintf(both, sizeof both, "%s,%s", drop, accept);
    struct mud *mud = profile_with(both, "");
    ck_assert(mud && !mud_allows(mud, &flow));
    flow.protocol = 17;
    ck_assert(mud_allows(mud, &flow));
    mud_free(mud);
}
END_TEST

START_TEST(classes_of_peers) {
    struct mud_flow flow = flow_out();
    ck_assert(!is_allowed("\"ietf-mud:mud\":{\"local-networks\":[null]}", &flow));
    flow.peer.local = true;
    ck_assert(is_allowed("\"ietf-mud:mud\":{\"local-networks\":[null]}", &flow));
    const char *gateway =
        "\"ietf-mud:mud\":{\"controller\":\"urn:ietf:params:mud:gateway\"}";
    ck_assert(!is_allowed(gateway, &flow));
    flow.peer.classes = MUD_GATEWAY;
    ck_assert(is_allowed(gateway, &flow));
    const char *hub = "\"ietf-mud:mud\":{\"controller\":\"urn:example:hub\"}";
    ck_assert(!is_allowed(hub, &flow));
    ck_assert(!is_allowed("\"ietf-mud:mud\":{\"my-controller\":[null]}", &flow));
    flow.peer.controls = controls;
    ck_assert(is_allowed(hub, &flow));
    ck_assert(is_allowed("\"ietf-mud:mud\":{\"my-controller\":[null]}", &flow));
    const char *same = "\"ietf-mud:mud\":{\"same-manufacturer\":[null]}";
    ck_assert(!is_allowed(same, &flow));
    flow.peer.url = "https://A.example/other";
    ck_assert(is_allowed(same, &flow));
    ck_assert(is_allowed("\"ietf-mud:mud\":{\"manufacturer\":\"a.example\"}", &flow));
    ck_assert(
        is_allowed("\"ietf-mud:mud\":{\"model\":\"https://A.example/other\"}", &flow));
    ck_assert(
        !is_allowed("\"ietf-mud:mud\":{\"model\":\"https://a.example/x\"}", &flow));
    flow.peer.url = "https://a.example.evil/other";
    ck_assert(!is_allowed(same, &flow));
}
END_TEST

START_TEST(icmp_and_frames) {
    struct mud_flow flow = flow_out();
    flow.protocol = 1;
    flow.icmp = 8 << 8;
    const char *echo = "\"ipv4\":{\"protocol\":1},\"icmp\":{\"type\":8,\"code\":0}";
    ck_assert(is_allowed(echo, &flow));
    flow.icmp = 13 << 8;
    ck_assert(!is_allowed(echo, &flow));
    /* Nor does an entry for ICMP that does not name the protocol open anything else. */
    ck_assert(is_allowed("\"icmp\":{}", &flow));
    flow = flow_out();
    ck_assert(!is_allowed("\"icmp\":{}", &flow));
    ck_assert(!is_allowed("\"icmp\":{\"type\":0,\"code\":0}", &flow));
    memcpy(flow.peer.mac.bytes, "\xff\xff\xff\xff\xff\xff", 6);
    ck_assert(
        is_allowed("\"eth\":{\"ethertype\":\"0x0800\",\"destination-mac-address\":"
                   "\"ff:ff:ff:ff:ff:ff\"}",
                   &flow));
    ck_assert(!is_allowed("\"eth\":{\"ethertype\":\"0x888e\"}", &flow));
    ck_assert(!is_allowed("\"eth\":{\"destination-mac-address\":\"02:00:00:00:00:01\"}",
                          &flow));
}
END_TEST

START_TEST(every_device_needs_some) {
    struct mud *mud = profile_with("", "");
    struct mud_flow flow = flow_out();
    ck_assert(mud && !mud_allows(mud, &flow));
    flow.protocol = 17;
    flow.peer_port = 53;
    ck_assert(!mud_allows(mud, &flow)); /* not a resolver of its own choice */
    flow.peer.local = true;
    ck_assert(mud_allows(mud, &flow));
    flow.from_device = false;
    ck_assert(!mud_allows(mud, &flow));
    mud_free(mud);
}
END_TEST

START_TEST(what_is_beside_the_matches_is_ignored) {
    static const char text[] =
        "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://a.example/lamp\","
        "\"systeminfo\":\"\",\"extensions\":[\"tides\"],\"tides:moon\":{\"full\":[null]"
        "},"
        "\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"f\"}]}}"
        "},"
        "\"" ACL "\":{\"acl\":[{\"name\":\"f\",\"aces\":{\"ace\":[{\"name\":\"e\","
        "\"tides:note\":1,\"matches\":{\"ipv4\":{\"ietf-acldns:dst-dnsname\":"
        "\"cloud.example.\"}},\"actions\":{\"forwarding\":\"accept\"}}]}}]}}";
    struct mud_flow flow = flow_out();
    flow.peer.is_named = is_named;
    flow.peer.context = "cloud.example";
    struct mud *mud = mud_create(text, sizeof text - 1, &mistake);
    ck_assert_msg(mud != NULL, "%s", mistake.text);
    ck_assert_str_eq(mud_system(mud), "");
    ck_assert(mud_allows(mud, &flow) && mud_knows(mud, "Cloud.example"));
    mud_free(mud);
}
END_TEST

START_TEST(mistakes_have_their_place) {
    static const struct {
        const char *entry, *place;
    } cases[] = {
        {"{\"actions\":{\"forwarding\":\"maybe\"}}", "/ace/0/actions: forwarding"},
        {"{\"matches\":{\"ipv4\":{\"dscp\":1}},\"actions\":{\"forwarding\":"
         "\"accept\"}}",
         "/matches/ipv4/dscp: a match that is not understood"},
        {"{\"matches\":{\"tcp\":{\"source-port\":{\"operator\":\"eq\",\"port\":65536}}}"
         ","
         "\"actions\":{\"forwarding\":\"accept\"}}",
         "/source-port/port: a whole number of 0 to 65535"},
        {"{\"matches\":{\"ipv4\":{\"protocol\":17},\"tcp\":{}},\"actions\":"
         "{\"forwarding\":\"accept\"}}",
         "/matches/tcp: the protocol is another one"},
        {"{\"matches\":{\"ipv4\":{\"ietf-acldns:src-dnsname\":\"a.b\"}},\"actions\":"
         "{\"forwarding\":\"accept\"}}",
         "this end is the device"},
        {"{\"matches\":{},\"matches\":{}}", "given twice"},
        {"{", "this is not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_ptr_null(profile_with(cases[i].entry, ""));
        ck_assert_msg(strstr(mistake.text, cases[i].place) != NULL, "%s", mistake.text);
    }
    ck_assert_ptr_null(mud_create("{}", 2, &mistake));
    ck_assert_str_eq(mistake.text, "/ietf-mud:mud: an object is wanted");
    ck_assert_ptr_null(mud_read("/nowhere/at.json", &mistake));
    ck_assert_str_eq(mistake.text, "/nowhere/at.json: No such file or directory");
}
END_TEST

START_TEST(published_profiles_are_read) {
    char folder[1024], path[2048];
    const char *shared = getenv("WARY_SHARED");
    snprintf(folder, sizeof folder, "%s/data/mud",
             shared ? shared : SOURCE_DIR "/../shared");
    DIR *directory = opendir(folder);
    if (!directory) {
        printf("skipped: there are no published profiles in %s\n", folder);
        return;
    }
    unsigned read = 0;
    for (struct dirent *file; (file = readdir(directory));) {
        if (!strstr(file->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        struct mud *mud = mud_read(path, &mistake);
        ck_assert_msg(mud != NULL, "%s", mistake.text);
        ck_assert_uint_gt(mud_entry_count(mud), 0);
        struct mud_flow flow = flow_out();
        flow.peer_port = 6667;
        ck_assert(!mud_allows(mud, &flow));
        if (!strcmp(file->d_name, "lifxbulbMud.json")) {
            ck_assert(mud_knows(mud, "v2.broker.lifx.co"));
            ck_assert(!mud_knows(mud, "v2.broker.lifx.com"));
            flow.peer_port = 56700;
            flow.peer.is_named = is_named;
            flow.peer.context = "v2.broker.lifx.co";
            ck_assert(mud_allows(mud, &flow));
        }
        mud_free(mud);
        read++;
    }
    closedir(directory);
    ck_assert_uint_ge(read, 28);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mud");
    TCase *tests = tcase_create("mud");
    tcase_add_test(tests, ports_networks_and_names);
    tcase_add_test(tests, who_opened_it);
    tcase_add_test(tests, the_first_that_matches_decides);
    tcase_add_test(tests, classes_of_peers);
    tcase_add_test(tests, icmp_and_frames);
    tcase_add_test(tests, every_device_needs_some);
    tcase_add_test(tests, what_is_beside_the_matches_is_ignored);
    tcase_add_test(tests, mistakes_have_their_place);
    tcase_add_test(tests, published_profiles_are_read);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
