#include "engine/program/config.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static char errors[4096];

static bool parse(const char *text) {
    config_init(&config);
    FILE *stream = fmemopen(errors, sizeof errors, "w");
    bool good = config_parse(&config, "wary.conf", text, stream);
    fclose(stream);
    return good;
}

static void expect_mistake(const char *text, const char *line) {
    ck_assert_msg(!parse(text), "taken: %s", text);
    ck_assert_str_eq(errors, line);
}

START_TEST(takes_what_is_set_and_leaves_the_rest) {
    ck_assert(parse("capture { filter = \"not port 22\"\n flows = 1000 }\n"
                    "engine { half_life = 1.5h\n max_age = 90 }\n"
                    "api { listen = \"[::1]:80\" } log { level = debug }"));
    ck_assert_str_eq(config.collector.filter, "not port 22");
    ck_assert_uint_eq(config.collector.flow_capacity, 1000);
    ck_assert_uint_eq(config.collector.dpi_packets, collector_defaults.dpi_packets);
    ck_assert_double_eq(config.engine.half_life_s, 5400);
    ck_assert_uint_eq(config.engine.max_age_s, 90);
    ck_assert_uint_eq(config.web.port, 80);
    ck_assert_uint_eq(config.web.address.family, 6);
    ck_assert_int_eq(config.log_level, LOG_LEVEL_DEBUG);
    ck_assert(parse(""));
}
END_TEST

START_TEST(networks_replace_the_defaults) {
    ck_assert(parse("engine { local_networks = {\"10.1.0.0/16\", fd00::/8}\n"
                    "local_networks += {192.0.2.7} }"));
    ck_assert_uint_eq(config.engine.local_network_count, 3);
    ck_assert_ptr_eq(config.engine.local_networks, config.networks.at);
    ck_assert_uint_eq(config.networks.at[0].length, 16);
    ck_assert_uint_eq(config.networks.at[1].address.family, 6);
    ck_assert_uint_eq(config.networks.at[2].length, 32);
}
END_TEST

START_TEST(tunnels_are_trusted_by_their_ends) {
    ck_assert(parse(""));
    ck_assert_uint_eq(config.collector.trust.count, 0);
    ck_assert(parse("capture { trusted_tunnels = {192.0.2.0/28, \"2001:db8::7\"} }"));
    ck_assert_uint_eq(config.collector.trust.count, 2);
    ck_assert_uint_eq(config.collector.trust.prefixes[0].length, 28);
    ck_assert_uint_eq(config.collector.trust.prefixes[1].length, 128);
}
END_TEST

START_TEST(zones_and_what_they_may) {
    ck_assert(parse("zone a { vlans = {1} }"));
    ck_assert_ptr_eq(config.engine.zones, &config.zones);
    ck_assert(parse("allow = {\"cameras->storage:tcp/554\"} allow += {\"cameras -> "
                    "internet : udp/123\"}\n"
                    "zone cameras { vlans = {10-12, 20} prefixes = {fd00::/8} }\n"
                    "zone storage { macs = {0200.0000.0001} "
                    "gateways = {02:00:00:00:00:02} } zone unused { }"));
    const struct zone_set *zones = config.engine.zones;
    uint8_t cameras = zone_find(zones, "cameras"),
            storage = zone_find(zones, "storage");
    ck_assert_uint_eq(zones->count, ZONE_FIRST + 3);
    ck_assert_uint_eq(zones->vlans[20], cameras);
    ck_assert_uint_eq(zones->gateway_count, 1);
    ck_assert_uint_eq(zones->gateways[0].zone, storage);
    ck_assert(zone_allows(zones, cameras, storage, 6, 554));
    ck_assert(zone_allows(zones, cameras, ZONE_INTERNET, 17, 123));
    ck_assert(!zone_allows(zones, cameras, storage, 6, 22));
    ck_assert(parse(""));
    ck_assert_ptr_null(config.engine.zones);
}
END_TEST

static const char *peers_of(const char *mac, const char *ip) {
    struct mac parsed = {.bytes = {0}};
    struct address address = {.family = 0};
    ck_assert(mac ? mac_parse(mac, &parsed) : address_parse(ip, &address));
    const char *name = group_of(config.engine.groups, &parsed, &address);
    return name ? name : "";
}

START_TEST(groups_of_peers) {
    ck_assert(parse("log { level = info }"));
    ck_assert_ptr_null(config.engine.groups);
    ck_assert(parse("group \"door cameras\" { devices = {02:00:00:00:00:01,\n"
                    "0200.0000.0009, 10.1.2.3} }\n"
                    "group meters { devices = {02-00-00-00-00-05, fd00::7} }\n"
                    "group none { }"));
    ck_assert_str_eq(peers_of("02:00:00:00:00:09", NULL), "door cameras");
    ck_assert_str_eq(peers_of("02:00:00:00:00:05", NULL), "meters");
    ck_assert_str_eq(peers_of("02:00:00:00:00:02", NULL), "");
    ck_assert_str_eq(peers_of(NULL, "10.1.2.3"), "door cameras");
    ck_assert_str_eq(peers_of(NULL, "fd00::7"), "meters");
    ck_assert_str_eq(peers_of(NULL, "10.1.2.4"), "");
}
END_TEST

START_TEST(a_zone_has_the_members_of_groups) {
    ck_assert(parse("zone cameras { groups = {door, \"back door\"} vlans = {7} }\n"
                    "group door { devices = {02:00:00:00:00:01, 10.1.2.3} }\n"
                    "group other { devices = {02:00:00:00:00:03} }\n"
                    "group \"back door\" { devices = {02:00:00:00:00:02} }"));
    const struct zone_set *zones = config.engine.zones;
    ck_assert_uint_eq(zones->mac_count, 2);
    struct mac mac = {{2, 0, 0, 0, 0, 2}};
    struct zone_subject subject = {.mac = &mac, .vlan = 5, .local = true};
    ck_assert_uint_eq(zone_of(zones, &subject), zone_find(zones, "cameras"));
    mac.bytes[5] = 3;
    ck_assert_uint_eq(zone_of(zones, &subject), ZONE_OTHER);
    ck_assert(address_parse("10.1.2.3", &subject.ip));
    ck_assert_uint_eq(zone_of(zones, &subject), zone_find(zones, "cameras"));
}
END_TEST

START_TEST(decisions_have_a_mode_for_each_zone) {
    ck_assert(parse("policy { mode = shadow } api { public_url = 'https://pdp.example' "
                    "enforcement_points = {192.0.2.7} } engine { high = 55 }\n"
                    "zone a { mode = learn vlans = {1} } zone b { }"));
    const struct web_options *web = &config.web;
    ck_assert(web->mode == MODE_SHADOW);
    ck_assert_ptr_eq(web->zones, &config.zones);
    ck_assert_uint_eq(web->zone_modes[zone_find(web->zones, "a")], MODE_LEARN + 1);
    ck_assert_uint_eq(web->zone_modes[zone_find(web->zones, "b")], 0);
    ck_assert_str_eq(web->public_url, "https://pdp.example");
    ck_assert(web->bounds.high >= 55 && web->bounds.high <= 55);
    ck_assert_uint_eq(web->pep_count, 1);
    struct address listed, loopback;
    address_parse("192.0.2.7", &listed);
    address_parse("127.0.0.1", &loopback);
    ck_assert(prefix_contains(&web->peps[0], &listed));
    ck_assert(parse(""));
    ck_assert(config.web.mode == MODE_ENFORCE);
    ck_assert(prefix_contains(&config.web.peps[0], &loopback));
}
END_TEST

START_TEST(a_policy_is_checked_with_the_file_that_names_it) {
    char path[] = "/tmp/wary-policy-XXXXXX", text[128], line[256];
    int file = mkstemp(path);
    ck_assert_int_eq(write(file, "{\"rules\":[]}", 12), 12);
    snprintf(text, sizeof text, "policy {\n file = '%s' }", path);
    ck_assert(parse(text));
    ck_assert_int_eq(pwrite(file, "{\"rule\" :[]}", 12, 0), 12);
    snprintf(line, sizeof line,
             "wary.conf:2: file: %s: /rule: there is no such member\n", path);
    expect_mistake(text, line);
    close(file);
    unlink(path);
    snprintf(line, sizeof line, "wary.conf:2: file: %s: No such file or directory\n",
             path);
    expect_mistake(text, line);
}
END_TEST

START_TEST(too_many_networks) {
    char text[2048] = "engine { local_networks = {10.0.0.0";
    for (int i = 0; i < CONFIG_NETWORKS; i++)
        strcat(text, ",\n10.0.0.1");
    expect_mistake(strcat(text, "} }"),
                   "wary.conf:65: local_networks: more than 64 networks\n");
}
END_TEST

/* What is wrong, and where. */
static const char *const mistakes[][2] = {
    {"\ncapture { snaplen = 8 }", "2: snaplen: 8 is not within 64 to 262144"},
    {"capture { snaplen = -1 }", "1: snaplen: -1 is not within 64 to 262144"},
    {"capture { snaplen = 1e3 }", "1: snaplen: '1e3' is not a number"},
    {"capture { snaplen = 100.5 }", "1: snaplen: 100.5 is not a whole number"},
    {"capture { snaplen = '' }", "1: snaplen: '' is not a number"},
    {"capture { buffer = 8T }",
     "1: buffer: '8T' is not a size such as 65536, 64k or 8M"},
    {"capture { idle_timeout = soon }",
     "1: idle_timeout: 'soon' is not a time such as 90, 15m, 2h or 1d"},
    {"engine { half_life = nan }",
     "1: half_life: 'nan' is not a time such as 90, 15m, 2h or 1d"},
    {"capture {\n\n flow = 3 }", "3: no such option 'flow'"},
    {"policy {\n mode = off }", "2: mode: 'off' is none of learn, shadow, enforce"},
    {"zone a {\n mode = off }",
     "2: zone a: mode: 'off' is none of learn, shadow, enforce"},
    {"api { public_url = 'http://a' }",
     "1: public_url: 'http://a' is not https://HOST, without a slash at its end"},
    {"api { public_url = 'https://a/' }",
     "1: public_url: 'https://a/' is not https://HOST, without a slash at its end"},
    {"collect { }", "1: no such option 'collect'"},
    {"capture {\nfilter = \"tcp prot 80\" }",
     "2: filter: can't parse filter expression: syntax error"},
    {"capture { snaplen = {64} }", "1: unexpected token '{'"},
    {"capture = 3", "1: missing opening brace for section 'capture'"},
    {"capture { snaplen = 99\n snaplen = 99 }",
     "2: snaplen: given twice, first in line 1"},
    {"capture { }\ncapture { }", "2: section 'capture' is given twice"},
    {"engine { local_networks = {10.0.0.0/33} }",
     "1: local_networks: '10.0.0.0/33' is not a network such as 10.0.0.0/8 or "
     "fe80::/10"},
    {"engine { local_networks = {::/0}\nlocal_networks = {::/0} }",
     "2: local_networks: given twice, first in line 1"},
    {"engine { medium = 70\nhigh = 65 }", "2: medium (70) must be below high (65)"},
    {"api { listen = \"localhost:80\" }",
     "1: listen: 'localhost:80' is not ADDRESS:PORT"},
    {"log { level = loud }",
     "1: level: 'loud' is none of error, warning, notice, info or debug"},
    {"capture { snaplen = \"64", "1: premature end of file"},
    {"}", "1: unexpected closing brace"},
    {"\nzone cameras { vlans = {1,\n4095} }",
     "3: zone cameras: '4095' is not a VLAN (0 to 4094, 0 untagged) or a range"},
    {"zone a {\ngateways = {\"10.0.0.1\"} }",
     "2: zone a: '10.0.0.1' is not a gateway's MAC"},
    {"zone a { macs = {\"02:00:00:00:00:01\"} }\nzone b {\n"
     "macs = {\"02:00:00:00:00:01\"} }",
     "3: zone b: 02:00:00:00:00:01 is already in zone 'a'"},
    {"zone internet { vlans = {1} }",
     "1: the zone 'internet' is always there and has no members"},
    {"zone a { vlans = {1}\nvlans = {2} }", "2: vlans: given twice, first in line 1"},
    {"zone a { }\nzone a { }", "2: found duplicate title 'a'"},
    {"zone a { members = {1} }", "1: no such option 'members'"},
    {"zone a {\ngroups = {b} }", "2: groups: there is no group 'b'"},
    {"zone a { groups = {g} }\nzone b {\ngroups = {g} }\n"
     "group g { devices = {10.0.0.1} }",
     "3: groups: 10.0.0.1 is already in zone 'a'"},
    {"group a {\ndevices = {02:00:00:00:00:01, camera} }",
     "2: group a: 'camera' is no MAC and no IP address"},
    {"group a { devices = {02:00:00:00:00:01} }\ngroup b {\n"
     "devices = {0200.0000.0001} }",
     "3: group b: 0200.0000.0001 is already in group 'a'"},
    {"group a { devices = {10.0.0.1}\ndevices = {10.0.0.2} }",
     "2: devices: given twice, first in line 1"},
    {"group a { }\ngroup a { }", "2: found duplicate title 'a'"},
    {"group \"\" { }", "1: group: a group's name is 1 to 47 characters"},
    {"group a { members = {1} }", "1: no such option 'members'"},
    {"zone a { }\nallow = {\"a -> a : any\",\n\"a -> b : any\"}",
     "3: allow: column 6: there is no zone 'b'"},
    {"allow = {\"any -> any : any\"}\nallow = {\"any -> any : any\"}",
     "2: allow: given twice, first in line 1"},
};

START_TEST(each_mistake_names_its_line) {
    char line[256];
    snprintf(line, sizeof line, "wary.conf:%s\n", mistakes[_i][1]);
    expect_mistake(mistakes[_i][0], line);
}
END_TEST

START_TEST(all_values_are_looked_at) {
    expect_mistake("capture { snaplen = 1\n dpi_packets = 0 }",
                   "wary.conf:1: snaplen: 1 is not within 64 to 262144\n"
                   "wary.conf:2: dpi_packets: 0 is not within 1 to 255\n");
}
END_TEST

START_TEST(a_long_text_is_a_mistake) {
    char text[CONFIG_PATH_BYTES + 64] = "state { directory = ";
    size_t start = strlen(text);
    memset(text + start, 'a', CONFIG_PATH_BYTES);
    strcpy(text + start + CONFIG_PATH_BYTES, " }");
    expect_mistake(text, "wary.conf:1: directory: longer than 1023 characters\n");
    text[start] = ' ';
    ck_assert(parse(text));
}
END_TEST

static char *written(char text[16384]) {
    FILE *stream = fmemopen(text, 16384, "w");
    config_write(&config, stream);
    fclose(stream);
    return text;
}

START_TEST(reads_what_it_writes) {
    char defaults[16384], again[16384];
    config_init(&config);
    written(defaults);
    ck_assert_msg(parse(defaults), "%s", errors);
    ck_assert_str_eq(written(again), defaults);
    ck_assert(parse("engine { half_life = 77 } log { level = debug }"));
    ck_assert(parse(written(again)));
    ck_assert_double_eq(config.engine.half_life_s, 77);
    ck_assert_int_eq(config.log_level, LOG_LEVEL_DEBUG);
    ck_assert_str_ne(again, defaults);
}
END_TEST

START_TEST(profiles_are_looked_at) {
    config_end(&config);
    expect_mistake("mud { directory = '/nowhere/at/all' }",
                   "wary.conf:1: mud: /nowhere/at/all: No such file or directory\n");
    config_end(&config);
    expect_mistake("mud {\n bind = {\"device a = b.json\"} }",
                   "wary.conf:2: mud: bind: there is no directory of profiles\n");
    expect_mistake("mud { directory = '" SOURCE_DIR
                   "/tests'\n bind = {'device a = b.json',\n 'c'} }",
                   "wary.conf:2: mud: there is no profile 'b.json'\n"
                   "wary.conf:3: mud: 'c' is not device ID = FILE, group NAME = FILE "
                   "or url URL = FILE\n");
    config_end(&config);
    ck_assert(parse("mud { directory = '" SOURCE_DIR
                    "/tests' controllers = {'my-controller = ::1'} }"));
    ck_assert_ptr_nonnull(config.engine.mud);
    config_end(&config);
    ck_assert_ptr_null(config.engine.mud);
}
END_TEST

START_TEST(listen_addresses) {
    static const char *const bad[] = {"",
                                      ":",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      ":80",
                                      "1.2.3.4:99999",
                                      "::1:80",
                                      "[1.2.3.4]:80",
                                      "[::1",
                                      "[::1]",
                                      "[::1]80",
                                      "1.2.3.4:-1",
                                      "1.2.3.4:8731 "};
    struct web_options listen = {.port = 7};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!config_parse_listen(bad[i], &listen), "taken: '%s'", bad[i]);
    ck_assert_uint_eq(listen.port, 7);
    ck_assert(config_parse_listen("127.0.0.1:0", &listen));
    ck_assert_uint_eq(listen.port, 0);
}
END_TEST

static void expect_unreadable(const char *path, const char *reason) {
    config_init(&config);
    FILE *stream = fmemopen(errors, sizeof errors, "w");
    ck_assert(!config_read(&config, path, stream));
    fclose(stream);
    char line[256];
    snprintf(line, sizeof line, "%s: %s\n", path, reason);
    ck_assert_str_eq(errors, line);
}

START_TEST(files_that_are_none) {
    char path[] = "/tmp/wary-config-XXXXXX";
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, "log\0{}", 6), 6);
    expect_unreadable("/nowhere/wary.conf", "No such file or directory");
    expect_unreadable("/tmp", "Is a directory");
    expect_unreadable(path, "not a text file");
    ck_assert_int_eq(ftruncate(descriptor, CONFIG_FILE_BYTES + 1), 0);
    expect_unreadable(path, "longer than a configuration can be");
    close(descriptor);
    unlink(path);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("config");
    TCase *core = tcase_create("core");
    tcase_add_test(core, takes_what_is_set_and_leaves_the_rest);
    tcase_add_test(core, networks_replace_the_defaults);
    tcase_add_test(core, tunnels_are_trusted_by_their_ends);
    tcase_add_test(core, zones_and_what_they_may);
    tcase_add_test(core, groups_of_peers);
    tcase_add_test(core, a_zone_has_the_members_of_groups);
    tcase_add_test(core, decisions_have_a_mode_for_each_zone);
    tcase_add_test(core, a_policy_is_checked_with_the_file_that_names_it);
    tcase_add_test(core, too_many_networks);
    tcase_add_loop_test(core, each_mistake_names_its_line, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(core, all_values_are_looked_at);
    tcase_add_test(core, a_long_text_is_a_mistake);
    tcase_add_test(core, reads_what_it_writes);
    tcase_add_test(core, profiles_are_looked_at);
    tcase_add_test(core, listen_addresses);
    tcase_add_test(core, files_that_are_none);
    suite_add_tcase(suite, core);
    return suite_run(suite);
}
