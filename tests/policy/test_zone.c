#include "engine/policy/zone.h"

#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct zone_set zones;
static char error[ZONE_ERROR_BYTES];

static uint8_t add(const char *name) {
    uint8_t zone = ZONE_NONE;
    ck_assert_msg(zone_add(&zones, name, &zone, error), "%s", error);
    return zone;
}

static void put(uint8_t zone, enum zone_member kind, const char *text) {
    ck_assert_msg(zone_add_member(&zones, zone, kind, text, error), "%s", error);
}

static void allow(const char *rule) {
    ck_assert_msg(zone_add_rule(&zones, rule, error), "%s: %s", rule, error);
}

/* An address on the link, with a MAC that is in no zone unless one is given. */
static uint8_t where(const char *mac_text, const char *ip_text, uint16_t vlan) {
    struct mac mac;
    struct zone_subject subject = {.mac = &mac, .vlan = vlan, .local = true};
    ck_assert(mac_parse(mac_text[0] ? mac_text : "02:00:00:00:00:99", &mac));
    ck_assert(!ip_text[0] || address_parse(ip_text, &subject.ip));
    return zone_of(&zones, &subject);
}

static uint8_t where_beyond(const char *ip_text, bool local) {
    struct zone_subject subject = {.vlan = 10, .local = local};
    ck_assert(address_parse(ip_text, &subject.ip));
    return zone_of(&zones, &subject);
}

static enum zone_way way(uint8_t zone, const char *text) {
    struct mac mac;
    ck_assert(mac_parse(text, &mac));
    return zone_way(&zones, zone, &mac);
}

START_TEST(a_zone_lists_its_ways_out) {
    static const char one[] = "02:00:00:00:00:01", other[] = "02-00-00-00-00-02";
    zone_init(&zones);
    uint8_t cameras = add("cameras"), guests = add("guests");
    ck_assert_int_eq(way(cameras, one), ZONE_WAY_OPEN);
    put(cameras, ZONE_GATEWAY, one);
    ck_assert_int_eq(way(cameras, one), ZONE_WAY_LISTED);
    ck_assert_int_eq(way(cameras, other), ZONE_WAY_STRANGE);
    ck_assert_int_eq(way(guests, other), ZONE_WAY_OPEN);
    put(guests, ZONE_GATEWAY, one);
    put(guests, ZONE_GATEWAY, other);
    ck_assert_int_eq(way(guests, other), ZONE_WAY_LISTED);
    ck_assert_int_eq(way(cameras, other), ZONE_WAY_STRANGE);
    ck_assert_uint_eq(where(one, "", 0), ZONE_OTHER); /* no member */
    ck_assert(!zone_add_member(&zones, guests, ZONE_GATEWAY, other, error));
    ck_assert_str_eq(error, "02-00-00-00-00-02 is given twice");
    ck_assert(!zone_add_member(&zones, guests, ZONE_GATEWAY, "10.0.0.1", error));
    ck_assert_str_eq(error, "'10.0.0.1' is not a gateway's MAC");
    for (unsigned i = 3; i < ZONE_GATEWAYS; i++) {
        char text[MAC_TEXT_BYTES];
        snprintf(text, sizeof text, "02:00:00:00:01:%02x", i);
        put(guests, ZONE_GATEWAY, text);
    }
    ck_assert(!zone_add_member(&zones, cameras, ZONE_GATEWAY, other, error));
    ck_assert_str_eq(error, "more than 256 gateways in all zones");
}
END_TEST

START_TEST(the_most_specific_wins) {
    zone_init(&zones);
    uint8_t cameras = add("cameras"), storage = add("storage"), guests = add("guests");
    put(cameras, ZONE_VLAN, "10-12");
    put(storage, ZONE_PREFIX, "10.1.0.0/16");
    put(guests, ZONE_PREFIX, "10.1.2.0/24");
    put(storage, ZONE_MAC, "02-00-00-00-00-01");
    put(guests, ZONE_VLAN, "0");
    put(guests, ZONE_PREFIX, "2001:db8::/32");

    ck_assert_uint_eq(where("", "192.168.0.1", 10), cameras);
    ck_assert_uint_eq(where("", "192.168.0.1", 12), cameras);
    ck_assert_uint_eq(where("", "192.168.0.1", 13), ZONE_OTHER);
    ck_assert_uint_eq(where("", "", 11), cameras);
    ck_assert_uint_eq(where("", "10.1.9.9", 10), storage);
    ck_assert_uint_eq(where("", "10.1.2.9", 10), guests);
    ck_assert_uint_eq(where("02:00:00:00:00:01", "10.1.2.9", 10), storage);
    ck_assert_uint_eq(where("", "192.168.0.1", 0), guests);
    ck_assert_uint_eq(where("", "192.168.0.1", 4095), ZONE_OTHER);

    /* Beyond a router the VLAN is the router's. */
    ck_assert_uint_eq(where_beyond("10.1.9.9", true), storage);
    ck_assert_uint_eq(where_beyond("192.168.0.1", true), ZONE_OTHER);
    ck_assert_uint_eq(where_beyond("198.51.100.1", false), ZONE_INTERNET);
    ck_assert_uint_eq(where_beyond("2001:db8::1", false), guests);
}
END_TEST

START_TEST(what_no_rule_lists) {
    zone_init(&zones);
    uint8_t cameras = add("cameras"), storage = add("storage"), guests = add("guests");
    ck_assert(zone_allows(&zones, cameras, guests, 6, 22)); /* no rules at all */

    allow("cameras -> storage : tcp/554 tcp/443");
    allow("guests -> internet : any");
    ck_assert(zone_allows(&zones, cameras, storage, 6, 554));
    ck_assert(zone_allows(&zones, cameras, storage, 6, 443));
    ck_assert(!zone_allows(&zones, cameras, storage, 6, 444));
    ck_assert(!zone_allows(&zones, cameras, storage, 17, 554));
    ck_assert(!zone_allows(&zones, cameras, cameras, 6, 554)); /* itself included */
    ck_assert(!zone_allows(&zones, cameras, ZONE_INTERNET, 6, 443));
    ck_assert(!zone_allows(&zones, cameras, ZONE_OTHER, 6, 443));
    ck_assert(zone_allows(&zones, guests, ZONE_INTERNET, 1, 2048));
    ck_assert(!zone_allows(&zones, guests, storage, 6, 443));
    /* No rule has these as its source. */
    ck_assert(zone_allows(&zones, storage, cameras, 6, 22));
    ck_assert(zone_allows(&zones, ZONE_OTHER, cameras, 6, 22));
    ck_assert(zone_allows(&zones, ZONE_INTERNET, cameras, 6, 22));
}
END_TEST

START_TEST(any_allows_and_none_closes) {
    zone_init(&zones);
    uint8_t plant = add("plant"), office = add("office"), servers = add("servers");
    allow("any->servers:udp/53,udp/123");
    ck_assert(zone_allows(&zones, office, plant, 6, 502)); /* nobody is closed by it */
    allow("plant -> any : none");
    ck_assert(!zone_allows(&zones, plant, office, 6, 80));
    ck_assert(!zone_allows(&zones, plant, plant, 6, 502));
    ck_assert(zone_allows(&zones, plant, servers, 17, 53));
    ck_assert(!zone_allows(&zones, plant, servers, 17, 54));
    ck_assert(zone_allows(&zones, office, plant, 6, 502));
    allow("plant -> plant : tcp/500-510\ticmp sctp ip/47");
    ck_assert(zone_allows(&zones, plant, plant, 6, 500));
    ck_assert(zone_allows(&zones, plant, plant, 6, 510));
    ck_assert(!zone_allows(&zones, plant, plant, 6, 511));
    ck_assert(zone_allows(&zones, plant, plant, 1, 2048)); /* a type is no port */
    ck_assert(!zone_allows(&zones, plant, plant, 58, 0));
    ck_assert(zone_allows(&zones, plant, plant, 132, 9));
    ck_assert(zone_allows(&zones, plant, plant, 47, 0));
    ck_assert(!zone_allows(&zones, plant, plant, 50, 0));
}
END_TEST

static const char *const bad_rules[][2] = {
    {"", "column 1: expected a zone, not the end"},
    {"-> b : any", "column 1: expected a zone, not '->'"},
    {"a b : any", "column 3: expected '->', not 'b'"},
    {"a - > b : any", "column 3: expected '->', not '-'"},
    {"c -> b : any", "column 1: there is no zone 'c'"},
    {"a ->  bb : any", "column 7: there is no zone 'bb'"},
    {"a -> b any", "column 8: expected ':', not 'any'"},
    {"a -> b", "column 7: expected ':', not the end"},
    {"a -> b :", "column 9: expected a service such as tcp/443, icmp or any, "
                 "not the end"},
    {"a -> b : any https",
     "column 14: expected a service such as tcp/443, icmp or any, "
     "not 'https'"},
    {"a -> b : tcp/", "column 14: expected a port or a range, not the end"},
    {"a -> b : tcp/x", "column 14: expected a port or a range, not 'x'"},
    {"a -> b : tcp/65536", "column 14: expected a port or a range, not '65536'"},
    {"a -> b : tcp/9-8", "column 14: expected a port or a range, not '9-8'"},
    {"a -> b : udp/53-", "column 14: expected a port or a range, not '53-'"},
    {"a -> b : udp/53;", "column 14: expected a port or a range, not '53;'"},
    {"a -> b : icmp/8", "column 10: expected a protocol that has ports, not 'icmp/8'"},
    {"a -> b : ip/256", "column 10: expected ip/1 to ip/255, not 'ip/256'"},
    {"a -> b : ip/0", "column 10: expected ip/1 to ip/255, not 'ip/0'"},
    {"a -> b : none tcp/1", "column 15: expected nothing after 'none', not 'tcp/1'"},
    {"a -> b : tcp/1 none", "column 16: expected a service such as tcp/443, icmp or "
                            "any, not 'none'"},
};

START_TEST(a_bad_rule_names_its_place) {
    zone_init(&zones);
    uint8_t a = add("a");
    add("b");
    ck_assert_msg(!zone_add_rule(&zones, bad_rules[_i][0], error), "taken: %s",
                  bad_rules[_i][0]);
    ck_assert_str_eq(error, bad_rules[_i][1]);
    /* Nothing has changed. */
    ck_assert_uint_eq(zones.rule_count, 0);
    ck_assert(zone_allows(&zones, a, a, 6, 1));
}
END_TEST

static const struct {
    enum zone_member kind;
    const char *text, *error;
} bad_members[] = {
    {ZONE_VLAN, "", "'' is not a VLAN (0 to 4094, 0 untagged) or a range"},
    {ZONE_VLAN, "4095", "'4095' is not a VLAN (0 to 4094, 0 untagged) or a range"},
    {ZONE_VLAN, "9-3", "'9-3' is not a VLAN (0 to 4094, 0 untagged) or a range"},
    {ZONE_VLAN, "7 ", "'7 ' is not a VLAN (0 to 4094, 0 untagged) or a range"},
    {ZONE_VLAN, "1-9", "VLAN 5 is already in zone 'taken'"},
    {ZONE_PREFIX, "10.0.0.0/40",
     "'10.0.0.0/40' is not a network such as 10.0.0.0/8 or fe80::/10"},
    {ZONE_PREFIX, "10.9.0.0/16", "10.9.0.0/16 is already in zone 'taken'"},
    {ZONE_MAC, "02:00:00:00:00", "'02:00:00:00:00' is not a device's MAC"},
    {ZONE_MAC, "ff:ff:ff:ff:ff:ff", "'ff:ff:ff:ff:ff:ff' is not a device's MAC"},
    {ZONE_MAC, "0200.0000.0001", "0200.0000.0001 is already in zone 'taken'"},
};

START_TEST(a_bad_member_is_told) {
    zone_init(&zones);
    uint8_t taken = add("taken"), zone = add("zone");
    put(taken, ZONE_VLAN, "5");
    put(taken, ZONE_PREFIX, "10.9.0.0/16");
    put(taken, ZONE_MAC, "02:00:00:00:00:01");
    ck_assert(!zone_add_member(&zones, zone, bad_members[_i].kind, bad_members[_i].text,
                               error));
    ck_assert_str_eq(error, bad_members[_i].error);
    ck_assert_uint_eq(where("", "", 4), ZONE_OTHER); /* half a range is none */
}
END_TEST

START_TEST(names_are_plain_and_single) {
    uint8_t zone;
    zone_init(&zones);
    add("a-b_C9");
    ck_assert_uint_eq(zone_find(&zones, "a-b_C9"), ZONE_FIRST);
    ck_assert_str_eq(zone_name(&zones, ZONE_FIRST), "a-b_C9");
    ck_assert_str_eq(zone_name(&zones, ZONE_NONE), "");
    static const char *const bad[][2] = {
        {"", "'' is not a zone's name: 1 to 31 of a-z A-Z 0-9 _ -"},
        {"a b", "'a b' is not a zone's name: 1 to 31 of a-z A-Z 0-9 _ -"},
        {"k\xc3\xbc"
         "che",
         "'k\xc3\xbc"
         "che' is not a zone's name: 1 to 31 of a-z A-Z "
         "0-9 _ -"},
        {"internet", "the zone 'internet' is always there and has no members"},
        {"any", "the zone 'any' is always there and has no members"},
        {"a-b_C9", "the zone 'a-b_C9' is given twice"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert(!zone_add(&zones, bad[i][0], &zone, error));
        ck_assert_str_eq(error, bad[i][1]);
    }
    char name[40] = "";
    memset(name, 'x', ZONE_NAME_BYTES);
    ck_assert(!zone_add(&zones, name, &zone, error));
    name[ZONE_NAME_BYTES - 1] = '\0';
    ck_assert(zone_add(&zones, name, &zone, error));
    while (zones.count < ZONE_MAX) {
        snprintf(name, sizeof name, "z%u", zones.count);
        add(name);
    }
    ck_assert(!zone_add(&zones, "more", &zone, error));
    ck_assert_str_eq(error, "more than 62 zones");
}
END_TEST

START_TEST(too_much_is_refused_whole) {
    char text[64];
    zone_init(&zones);
    uint8_t zone = add("zone");
    for (unsigned i = 0; i < ZONE_PREFIXES; i++) {
        snprintf(text, sizeof text, "10.%u.%u.0/24", i / 256, i % 256);
        put(zone, ZONE_PREFIX, text);
    }
    ck_assert(!zone_add_member(&zones, zone, ZONE_PREFIX, "::1", error));
    ck_assert_str_eq(error, "more than 512 networks in all zones");
    for (unsigned i = 0; i < ZONE_MACS; i++) {
        snprintf(text, sizeof text, "02:00:00:00:%02x:%02x", i * 7 % ZONE_MACS / 256,
                 i * 7 % ZONE_MACS % 256);
        put(zone, ZONE_MAC, text);
    }
    ck_assert(!zone_add_member(&zones, zone, ZONE_MAC, "02:00:00:01:00:00", error));
    ck_assert_str_eq(error, "more than 2048 MACs in all zones");
    for (unsigned i = 0; i + 1 < ZONE_RULES; i++) {
        snprintf(text, sizeof text, "zone -> internet : tcp/%u", i);
        allow(text);
    }
    ck_assert(!zone_add_rule(&zones, "zone -> other : udp/1 udp/2", error));
    ck_assert_str_eq(error, "column 23: more than 1024 services in all rules");
    ck_assert(!zone_allows(&zones, zone, ZONE_OTHER, 17, 1));
    allow("zone -> other : udp/1");
    ck_assert(zone_allows(&zones, zone, ZONE_OTHER, 17, 1));
}
END_TEST

/* --- against a slow reference --- */

enum { TRIALS = 200, QUESTIONS = 200, REFERENCE_ZONES = 6 };

/* What was put in, in the order it was, and looked through from end to end. */
static struct {
    unsigned count;
    struct {
        uint8_t zone;
        enum zone_member kind;
        unsigned vlan;
        uint8_t mac;
        uint32_t network, bits;
    } members[64];
    unsigned rule_count;
    struct {
        uint8_t from, to;
        unsigned protocol, low, high; /* 0: any; 256: nothing */
    } rules[64];
} reference;

static uint8_t reference_of(bool on_link, uint8_t mac, uint32_t ip, unsigned vlan) {
    int best = -1;
    unsigned most = 0;
    for (unsigned i = 0; i < reference.count; i++) {
        unsigned worth = 0;
        switch (reference.members[i].kind) {
        case ZONE_MAC:
            worth = on_link && reference.members[i].mac == mac ? 100 : 0;
            break;
        case ZONE_VLAN:
            worth = on_link && reference.members[i].vlan == vlan ? 1 : 0;
            break;
        case ZONE_PREFIX: {
            unsigned equal = 0;
            while (equal < 32 &&
                   !((ip ^ reference.members[i].network) >> (31 - equal) & 1))
                equal++;
            worth =
                equal >= reference.members[i].bits ? 2 + reference.members[i].bits : 0;
            break;
        }
        default:
            break;
        }
        if (worth > most) {
            most = worth;
            best = reference.members[i].zone;
        }
    }
    return best < 0 ? ZONE_OTHER : (uint8_t)best;
}

static bool reference_allows(uint8_t from, uint8_t to, unsigned protocol,
                             unsigned port) {
    bool named = false, allowed = false;
    for (unsigned i = 0; i < reference.rule_count; i++) {
        bool is_from = reference.rules[i].from == from;
        bool is_to = reference.rules[i].to == to || reference.rules[i].to == ZONE_ANY;
        named |= is_from;
        bool wide = reference.rules[i].protocol == 0;
        bool same = reference.rules[i].protocol == protocol;
        bool inside = protocol == 1 || (port >= reference.rules[i].low &&
                                        port <= reference.rules[i].high);
        allowed |= (is_from || reference.rules[i].from == ZONE_ANY) && is_to &&
                   (wide || (same && inside));
    }
    return allowed || !named;
}

/* Few values, so that they meet often. */
static uint32_t random_ip(void) {
    return 0x0a000000u | random_below(4) << 16 | random_below(2) << 15 |
           random_below(4) << 4 | random_below(4);
}

static bool is_same_member(unsigned a, unsigned b) {
    if (reference.members[a].kind != reference.members[b].kind)
        return false;
    switch (reference.members[a].kind) {
    case ZONE_VLAN:
        return reference.members[a].vlan == reference.members[b].vlan;
    case ZONE_MAC:
        return reference.members[a].mac == reference.members[b].mac;
    case ZONE_PREFIX: {
        unsigned bits = reference.members[a].bits;
        uint32_t differs = reference.members[a].network ^ reference.members[b].network;
        return bits == reference.members[b].bits &&
               (bits == 0 || differs >> (32 - bits) == 0);
    }
    default:
        return false;
    }
}

static void add_random_member(void) {
    char text[64];
    unsigned n = reference.count;
    uint8_t zone = (uint8_t)(ZONE_FIRST + random_below(REFERENCE_ZONES));
    enum zone_member kind = random_below(3);
    reference.members[n].zone = zone;
    reference.members[n].kind = kind;
    if (kind == ZONE_VLAN) {
        reference.members[n].vlan = random_below(12);
        snprintf(text, sizeof text, "%u", reference.members[n].vlan);
    } else if (kind == ZONE_MAC) {
        reference.members[n].mac = (uint8_t)random_below(12);
        snprintf(text, sizeof text, "02:00:00:00:00:%02X", reference.members[n].mac);
    } else {
        uint32_t ip = reference.members[n].network = random_ip();
        reference.members[n].bits = random_below(33);
        snprintf(text, sizeof text, "%u.%u.%u.%u/%u", ip >> 24, ip >> 16 & 255,
                 ip >> 8 & 255, ip & 255, reference.members[n].bits);
    }
    bool is_taken = false;
    for (unsigned i = 0; i < n; i++)
        is_taken |= is_same_member(i, n);
    ck_assert_msg(zone_add_member(&zones, zone, kind, text, error) != is_taken,
                  "%s: %s", text, error);
    reference.count += !is_taken;
}

static const char *zone_text(uint8_t zone) {
    return zone == ZONE_ANY ? "any" : zone_name(&zones, zone);
}

static void add_random_rule(void) {
    static const struct {
        const char *name;
        unsigned number;
    } names[] = {{"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"any", 0}, {"none", 256}};
    char text[128], ports[24] = "";
    unsigned n = reference.rule_count++, i = random_below(5);
    unsigned low = random_below(20), high = low + random_below(5);
    uint8_t from = (uint8_t)random_below(ZONE_FIRST + REFERENCE_ZONES + 1);
    uint8_t to = (uint8_t)random_below(ZONE_FIRST + REFERENCE_ZONES + 1);
    reference.rules[n].from = from < zones.count ? from : ZONE_ANY;
    reference.rules[n].to = to < zones.count ? to : ZONE_ANY;
    reference.rules[n].protocol = names[i].number;
    reference.rules[n].low = i < 2 ? low : 0;
    reference.rules[n].high = i < 2 ? high : UINT16_MAX;
    if (i < 2)
        snprintf(ports, sizeof ports, high > low ? "/%u-%u" : "/%u", low, high);
    snprintf(text, sizeof text, "%s %s%s->%s:%s%s%s", random_below(2) ? "\t" : "",
             zone_text(reference.rules[n].from), random_below(2) ? " " : "",
             zone_text(reference.rules[n].to), random_below(2) ? " " : "",
             names[i].name, ports);
    allow(text);
}

START_TEST(agrees_with_a_slow_reference) {
    random_start();
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        zone_init(&zones);
        memset(&reference, 0, sizeof reference);
        for (unsigned i = 0; i < REFERENCE_ZONES; i++) {
            char name[8];
            snprintf(name, sizeof name, "z%u", i);
            add(name);
        }
        for (unsigned i = random_below(60); i > 0; i--)
            add_random_member();
        for (unsigned i = random_below(12); i > 0; i--)
            add_random_rule();
        for (unsigned i = 0; i < QUESTIONS; i++) {
            bool on_link = random_below(4) > 0;
            uint8_t number = (uint8_t)random_below(14);
            struct mac mac = {{2, 0, 0, 0, 0, number}};
            uint32_t ip = random_ip();
            unsigned vlan = random_below(14);
            struct zone_subject subject = {on_link ? &mac : NULL,
                                           {{(uint8_t)(ip >> 24), (uint8_t)(ip >> 16),
                                             (uint8_t)(ip >> 8), (uint8_t)ip},
                                            4},
                                           (uint16_t)vlan,
                                           true};
            uint8_t zone = zone_of(&zones, &subject);
            ck_assert_uint_eq(zone, reference_of(on_link, number, ip, vlan));

            static const uint8_t numbers[] = {1, 6, 17, 132};
            uint8_t to = (uint8_t)random_below(zones.count);
            uint8_t protocol = numbers[random_below(4)];
            uint16_t port = (uint16_t)random_below(26);
            ck_assert_uint_eq(zone_allows(&zones, zone, to, protocol, port),
                              reference_allows(zone, to, protocol, port));
        }
    }
}
END_TEST

/* Whatever is written there, the parser ends, keeps within its bounds and says why. */
START_TEST(hostile_rules_end) {
    static const char letters[] = "ab->: tcp/udpnyoei0123456789-,\t\xc3\xff'%";
    random_start();
    for (unsigned trial = 0; trial < 20000; trial++) {
        char text[128];
        size_t length = random_below(trial % 2 ? 12 : 100), i = 0;
        if (trial % 2) /* a good beginning leads further */
            i = (size_t)snprintf(text, sizeof text, "a -> b : tcp");
        for (size_t end = i + length; i < end; i++)
            text[i] = letters[random_below(sizeof letters - 1)];
        text[i] = '\0';
        if (trial % 1000 == 0) {
            zone_init(&zones);
            add("a");
            add("b");
        }
        unsigned before = zones.rule_count;
        error[0] = '\0';
        if (!zone_add_rule(&zones, text, error)) {
            ck_assert_uint_eq(zones.rule_count, before);
            ck_assert_msg(!strncmp(error, "column ", 7), "%s: %s", text, error);
        }
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("zone");
    TCase *tcase = tcase_create("zone");
    tcase_add_test(tcase, a_zone_lists_its_ways_out);
    tcase_add_test(tcase, the_most_specific_wins);
    tcase_add_test(tcase, what_no_rule_lists);
    tcase_add_test(tcase, any_allows_and_none_closes);
    tcase_add_loop_test(tcase, a_bad_rule_names_its_place, 0,
                        sizeof bad_rules / sizeof bad_rules[0]);
    tcase_add_loop_test(tcase, a_bad_member_is_told, 0,
                        sizeof bad_members / sizeof bad_members[0]);
    tcase_add_test(tcase, names_are_plain_and_single);
    tcase_add_test(tcase, too_much_is_refused_whole);
    tcase_add_test(tcase, agrees_with_a_slow_reference);
    tcase_add_test(tcase, hostile_rules_end);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
