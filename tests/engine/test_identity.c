#include "engine/engine.h"
#include "engine/identity.h"
#include "tests/engine/make_records.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

enum { CAPACITY = 64 };
static const double minute_s = 60, hour_s = 3600, day_s = 86400;

static struct device_table devices;
static struct identity identity;
static double now_s;

static void start(void) {
    now_s = (double)make_epoch_s;
    ck_assert(device_table_init(&devices, CAPACITY, 80, 1));
    ck_assert(identity_init(&identity, &devices, CAPACITY,
                            engine_defaults.local_networks,
                            engine_defaults.local_network_count, 1));
}

static void end(void) {
    identity_free(&identity);
    device_table_free(&devices);
}

static uint64_t now_ns(void) {
    return (uint64_t)(now_s * 1e9);
}

static struct device *device_of(uint32_t n) {
    struct mac mac = make_mac(n);
    struct device_key key = device_key_of_mac(&mac);
    return device_find(&devices, &key);
}

static struct device *device_at(const char *ip) {
    struct address address = make_ip(ip);
    struct device_key key = device_key_of_address(&address);
    return device_find(&devices, &key);
}

static enum claim_outcome claim(uint32_t n, const char *ip, bool leased) {
    struct mac mac = make_mac(n), holder;
    struct address address = make_ip(ip);
    return identity_claim(&identity, &mac, &address, 0, leased, now_ns(), &holder);
}

static struct device *endpoint(const struct record *record, unsigned side) {
    return identity_endpoint(&identity, &record->flow, side,
                             record->flow.packets[side] > 0, record->time_ns);
}

/* `mac` sends from `ip` to a neighbour, in the clear of all other doubts. */
static struct device *hear(uint32_t mac, const char *ip) {
    struct record record =
        make_flow(now_s, make_end(mac, ip), make_end(9999, "10.99.0.1"), TCP, 443);
    return endpoint(&record, INITIATOR);
}

static struct device *hear_ttl(uint32_t mac, const char *ip, uint8_t ttl) {
    struct record record =
        make_flow(now_s, make_end(mac, ip), make_end(9999, "fd00::1"), TCP, 443);
    record.flow.ttl[INITIATOR] = ttl;
    return endpoint(&record, INITIATOR);
}

/* Whom a packet to `ip` at `mac` reaches; the receiver stays silent. */
static struct device *reach(uint32_t mac, const char *ip) {
    struct record record =
        make_attempt(now_s, make_end(9998, "10.99.0.2"), make_end(mac, ip), TCP, 443);
    return endpoint(&record, RESPONDER);
}

/* --- claims --- */

START_TEST(the_first_to_claim_an_address_holds_it) {
    start();
    ck_assert_int_eq(claim(1, "10.0.0.1", false), CLAIM_CONFIRMED);
    ck_assert_int_eq(claim(1, "10.0.0.1", false), CLAIM_CONFIRMED);
    struct address ip = make_ip("10.0.0.1"), other = make_ip("10.0.0.2");
    ck_assert(identity_is_held(&identity, &ip, 0, now_ns(), 600));
    ck_assert(!identity_is_held(&identity, &other, 0, now_ns(), 600));
    ck_assert(!identity_is_held(&identity, &ip, 7, now_ns(), 600)); /* another VLAN */
    now_s += 601;
    ck_assert(!identity_is_held(&identity, &ip, 0, now_ns(), 600));
    end();
}
END_TEST

/* Its ARP may have been over before the capture began. */
START_TEST(whose_frames_bear_an_address_holds_it_too) {
    start();
    hear(1, "10.0.0.1");
    ck_assert_int_eq(claim(66, "10.0.0.1", false), CLAIM_CONFLICT);
    ck_assert_int_eq(claim(1, "10.0.0.1", false), CLAIM_CONFIRMED);
    hear(2, "10.0.0.2");
    ck_assert_int_eq(claim(67, "10.0.0.2", true), CLAIM_MOVED); /* a lease */
    hear(3, "10.0.0.3");
    now_s += 11 * minute_s;
    ck_assert_int_eq(claim(67, "10.0.0.3", false), CLAIM_CONFIRMED); /* it is gone */
    hear_ttl(4, "10.0.0.4", 63); /* a hop lost: relayed */
    ck_assert_int_eq(claim(5, "10.0.0.4", false), CLAIM_CONFIRMED);
    end();
}
END_TEST

START_TEST(nobody_claims_no_address) {
    start();
    struct mac group = make_broadcast(), none = {{0}};
    struct address ip = make_ip("10.0.0.1");
    ck_assert_int_eq(claim(1, "0.0.0.0", false), CLAIM_CONFIRMED);
    ck_assert_int_eq(claim(2, "0.0.0.0", false), CLAIM_CONFIRMED);
    ck_assert_int_eq(claim(3, "::", false), CLAIM_CONFIRMED);
    identity_claim(&identity, &group, &ip, 0, false, now_ns(), NULL);
    identity_claim(&identity, &none, &ip, 0, false, now_ns(), NULL);
    ck_assert(!identity_is_held(&identity, &ip, 0, now_ns(), 600));
    end();
}
END_TEST

START_TEST(who_claims_what_a_living_device_holds_is_in_conflict) {
    start();
    claim(1, "10.0.0.1", false);
    hear(1, "10.0.0.1");
    struct mac thief = make_mac(2), victim = make_mac(1), holder;
    struct address ip = make_ip("10.0.0.1");
    for (int i = 0; i < 5; i++) { /* the holder stays, however often it is said */
        ck_assert_int_eq(
            identity_claim(&identity, &thief, &ip, 0, false, now_ns(), &holder),
            CLAIM_CONFLICT);
        ck_assert(mac_equal(&holder, &victim));
        now_s += minute_s;
        hear(1, "10.0.0.1");
    }
    ck_assert_int_eq(claim(1, "10.0.0.1", false), CLAIM_CONFIRMED);
    ck_assert_int_eq(identity_claim(&identity, &thief, &ip, 7, false, now_ns(), NULL),
                     CLAIM_CONFIRMED); /* another VLAN is another network */
    end();
}
END_TEST

START_TEST(an_address_moves_when_its_holder_has_fallen_silent) {
    start();
    claim(1, "10.0.0.1", false);
    hear(1, "10.0.0.1");
    now_s += 9 * minute_s;
    ck_assert_int_eq(claim(2, "10.0.0.1", false), CLAIM_CONFLICT);
    now_s += 2 * minute_s;
    ck_assert_int_eq(claim(2, "10.0.0.1", false), CLAIM_MOVED);
    hear(2, "10.0.0.1");
    ck_assert_int_eq(claim(3, "10.0.0.1", false), CLAIM_CONFLICT);
    end();
}
END_TEST

/* A thief may wait until its victim sleeps. */
START_TEST(who_held_an_address_first_gets_it_back) {
    start();
    struct mac first = make_mac(1), thief = make_mac(2), other;
    struct address ip = make_ip("10.0.0.1");
    claim(1, "10.0.0.1", false);
    hear(1, "10.0.0.1");
    now_s += 11 * minute_s;
    ck_assert_int_eq(identity_claim(&identity, &thief, &ip, 0, false, now_ns(), &other),
                     CLAIM_MOVED);
    ck_assert(mac_equal(&other, &first));
    hear(2, "10.0.0.1");
    ck_assert_int_eq(identity_claim(&identity, &first, &ip, 0, false, now_ns(), &other),
                     CLAIM_RETURNED);
    ck_assert(mac_equal(&other, &thief));
    hear(1, "10.0.0.1");
    ck_assert_int_eq(claim(2, "10.0.0.1", false), CLAIM_CONFLICT);
    ck_assert_int_eq(claim(1, "10.0.0.1", false), CLAIM_CONFIRMED);
    end();
}
END_TEST

START_TEST(an_address_moves_when_its_claim_is_an_hour_old) {
    start();
    claim(1, "10.0.0.1", false);
    now_s += hour_s - minute_s;
    hear(1, "10.0.0.5");
    ck_assert_int_eq(claim(2, "10.0.0.1", false), CLAIM_CONFLICT);
    now_s += 2 * minute_s;
    hear(1, "10.0.0.5");
    ck_assert_int_eq(claim(2, "10.0.0.1", false), CLAIM_MOVED);
    end();
}
END_TEST

START_TEST(a_lease_moves_an_address_at_once) {
    start();
    claim(1, "10.0.0.1", false);
    hear(1, "10.0.0.1");
    ck_assert_int_eq(claim(2, "10.0.0.1", true), CLAIM_MOVED);
    hear(2, "10.0.0.1");
    ck_assert_int_eq(claim(1, "10.0.0.1", false), CLAIM_CONFLICT);
    end();
}
END_TEST

START_TEST(more_claims_than_places_are_no_harm) {
    start();
    for (uint32_t i = 0; i < 20 * CAPACITY; i++) {
        struct mac mac = make_mac(i);
        struct address ip = make_ip_number(i);
        ck_assert_int_eq(identity_claim(&identity, &mac, &ip, 0, false, now_ns(), NULL),
                         CLAIM_CONFIRMED);
        ck_assert(identity_is_held(&identity, &ip, 0, now_ns(), 600));
    }
    end();
}
END_TEST

/* --- endpoints --- */

START_TEST(who_sends_is_a_device_and_who_only_receives_is_none) {
    start();
    ck_assert_ptr_null(reach(1, "10.0.0.1"));
    ck_assert_ptr_null(device_of(1));
    struct device *device = hear(1, "10.0.0.1");
    ck_assert_ptr_nonnull(device);
    ck_assert_ptr_eq(device, device_of(1));
    ck_assert_ptr_eq(reach(1, "10.0.0.1"), device);
    ck_assert_uint_eq(device->last_ns, now_ns());
    ck_assert_uint_eq(device->address_count, 1);
    end();
}
END_TEST

START_TEST(groups_are_no_devices) {
    start();
    struct make_end host = make_end(1, "10.0.0.1");
    struct make_end group = {make_broadcast(), make_ip("10.0.0.255")};
    struct record record = make_flow(now_s, host, group, UDP, 137);
    ck_assert_ptr_null(endpoint(&record, RESPONDER));
    ck_assert_uint_eq(table_used(devices.table), 0);
    /* A unicast frame to a multicast address is its receiver's, not a device's address. */
    hear(2, "10.0.0.2");
    struct record odd = make_flow(now_s, host, make_end(2, "239.1.1.1"), UDP, 5000);
    ck_assert_ptr_eq(endpoint(&odd, RESPONDER), device_of(2));
    ck_assert_uint_eq(device_of(2)->address_count, 1);
    end();
}
END_TEST

START_TEST(what_has_no_ip_is_known_by_its_mac) {
    start();
    struct record record =
        make_flow(now_s, make_end(1, ""), make_end(2, ""), 0, 0); /* GOOSE, say */
    ck_assert_ptr_eq(endpoint(&record, INITIATOR), device_of(1));
    ck_assert_ptr_eq(endpoint(&record, RESPONDER), device_of(2));
    ck_assert_uint_eq(device_of(1)->address_count, 0);
    /* A client that has no address yet neither. */
    struct record discover =
        make_flow(now_s, make_end(3, "0.0.0.0"), make_end(4, "10.0.0.4"), UDP, 67);
    ck_assert_ptr_eq(endpoint(&discover, INITIATOR), device_of(3));
    ck_assert_uint_eq(device_of(3)->address_count, 0);
    end();
}
END_TEST

START_TEST(a_capture_without_macs_knows_local_addresses) {
    start();
    struct make_end host = {{{0}}, make_ip("192.168.1.5")};
    struct make_end server = {{{0}}, make_ip("93.184.216.34")};
    struct record record = make_flow(now_s, host, server, TCP, 443);
    struct device *device = endpoint(&record, INITIATOR);
    ck_assert_ptr_nonnull(device);
    ck_assert_ptr_eq(device, device_at("192.168.1.5"));
    ck_assert_double_le(identity_confidence(device), 0.5);
    ck_assert_ptr_null(endpoint(&record, RESPONDER));
    struct make_end nobody = {{{0}}, make_ip("0.0.0.0")};
    struct make_end nothing = {{{0}}, make_ip("")};
    struct record odd = make_flow(now_s, nobody, nothing, UDP, 67);
    ck_assert_ptr_null(endpoint(&odd, INITIATOR));
    ck_assert_ptr_null(endpoint(&odd, RESPONDER));
    end();
}
END_TEST

/* --- routers --- */

START_TEST(who_sends_from_many_addresses_outside_is_a_router) {
    start();
    struct device *router = hear(1, "93.184.216.34");
    ck_assert_ptr_eq(router, device_of(1)); /* one alone may be its own */
    ck_assert(!router->router);
    ck_assert_ptr_null(hear(1, "151.101.1.69"));
    ck_assert(router->router);
    ck_assert_ptr_null(hear(1, "93.184.216.34"));
    ck_assert_uint_eq(table_used(devices.table), 1); /* these are peers */
    end();
}
END_TEST

START_TEST(a_network_may_use_public_addresses_inside) {
    start();
    for (int i = 0; i < 100; i++) {
        struct device *device = hear(1, "130.89.1.5");
        ck_assert_ptr_eq(device, device_of(1));
        ck_assert_ptr_eq(reach(1, "130.89.1.5"), device);
        ck_assert(!device->router);
        now_s += 10;
    }
    /* It may have several, if it claims them. */
    claim(2, "130.89.1.6", false);
    claim(2, "130.89.1.7", false);
    ck_assert_ptr_eq(hear(2, "130.89.1.6"), hear(2, "130.89.1.7"));
    ck_assert(!device_of(2)->router);
    end();
}
END_TEST

START_TEST(who_has_a_local_address_and_sends_from_outside_is_a_router) {
    start();
    struct device *gateway = hear(1, "10.0.0.1");
    ck_assert_ptr_null(hear(1, "93.184.216.34"));
    ck_assert(gateway->router);
    ck_assert_ptr_eq(hear(1, "10.0.0.1"), gateway); /* its own it keeps */
    end();
}
END_TEST

START_TEST(local_hosts_behind_a_router_are_devices_of_lower_confidence) {
    start();
    claim(1, "10.0.0.1", false);
    struct device *gateway = hear(1, "10.0.0.1");
    hear(1, "93.184.216.34");
    struct device *host = hear(1, "10.5.0.7");
    ck_assert_ptr_nonnull(host);
    ck_assert_ptr_eq(host, device_at("10.5.0.7"));
    ck_assert_ptr_ne(host, gateway);
    ck_assert(mac_equal(&host->carrier, &gateway->key.mac));
    ck_assert_double_le(identity_confidence(host), 0.5);
    ck_assert_double_gt(identity_confidence(gateway), 0.5);
    ck_assert_ptr_eq(reach(1, "10.5.0.7"), host);
    ck_assert_ptr_null(reach(1, "10.5.0.8")); /* it never spoke */
    end();
}
END_TEST

START_TEST(who_forwards_for_more_local_hosts_than_a_host_has_addresses_is_a_router) {
    start();
    char ip[ADDRESS_TEXT_BYTES];
    for (int i = 1; i <= 2 * DEVICE_OWN_ADDRESSES; i++) {
        snprintf(ip, sizeof ip, "10.5.0.%d", i);
        hear(1, ip);
        ck_assert_int_eq(device_of(1)->router, i > DEVICE_OWN_ADDRESSES);
    }
    ck_assert_ptr_nonnull(device_at("10.5.0.7"));
    end();
}
END_TEST

START_TEST(temporary_addresses_do_not_make_a_router) {
    start();
    char ip[ADDRESS_TEXT_BYTES];
    for (unsigned i = 1; i < 50; i++) {
        static const uint8_t initial[] = {64, 128, 255};
        snprintf(ip, sizeof ip, "2001:db8::%x", i);
        ck_assert_ptr_eq(hear_ttl(1, ip, initial[i % 3]), device_of(1));
        ck_assert_ptr_eq(reach(1, ip), device_of(1));
        snprintf(ip, sizeof ip, "fd00::%x", i);
        ck_assert_ptr_eq(hear_ttl(1, ip, 64), device_of(1));
    }
    ck_assert(!device_of(1)->router);
    ck_assert_uint_eq(table_used(devices.table), 1);
    /* A hop limit that has been counted down says that somebody forwarded. */
    hear_ttl(2, "2001:db8:1::1", 57);
    ck_assert_ptr_null(hear_ttl(2, "2001:db8:2::1", 57));
    ck_assert(device_of(2)->router);
    end();
}
END_TEST

/* A man in the middle sends on, in frames of its own, what comes from others' addresses. */
START_TEST(who_relays_does_not_become_whom_it_relays) {
    start();
    claim(1, "10.0.0.1", false);
    claim(2, "10.0.0.2", false);
    claim(66, "10.0.0.66", false);
    hear(1, "10.0.0.1");
    hear(2, "10.0.0.2");
    struct device *attacker = hear(66, "10.0.0.66");
    for (int i = 0; i < 100; i++) {
        ck_assert_ptr_eq(hear(66, "10.0.0.1"), attacker);
        ck_assert_ptr_eq(hear(66, "10.0.0.2"), attacker);
        ck_assert_ptr_eq(hear(1, "10.0.0.1"), device_of(1));
    }
    ck_assert(!attacker->router);
    ck_assert_uint_eq(attacker->address_count, 1);
    ck_assert_ptr_null(device_at("10.0.0.1"));
    ck_assert_int_eq(claim(66, "10.0.0.1", false), CLAIM_CONFLICT);
    end();
}
END_TEST

/* --- leases and names --- */

static bool is_rogue(uint32_t server, const char *ip, uint16_t vlan) {
    struct mac mac = make_mac(server);
    struct address address = make_ip(ip);
    return identity_leaser(&identity, LEASER_DHCP, &mac, &address, vlan, false,
                           now_ns());
}

START_TEST(a_second_server_is_rogue_once_the_first_is_established) {
    start();
    ck_assert(!is_rogue(1, "10.0.0.1", 0));
    ck_assert(!is_rogue(2, "10.0.0.2", 0)); /* two from the start: a failover pair */
    now_s += 11 * minute_s;
    ck_assert(!is_rogue(1, "10.0.0.1", 0));
    ck_assert(!is_rogue(2, "10.0.0.2", 0));
    for (uint32_t i = 0; i < 100; i++) { /* it stays rogue, and nobody is forgotten */
        ck_assert(is_rogue(66, "10.0.0.66", 0));
        ck_assert(is_rogue(100 + i, "10.0.0.67", 0));
        ck_assert(is_rogue(66, "10.0.0.1", 0)); /* under the server's address, too */
    }
    ck_assert(!is_rogue(1, "10.0.0.1", 0));
    ck_assert(!is_rogue(66, "10.0.0.66", 7)); /* another network */
    now_s += 2 * day_s;
    ck_assert(!is_rogue(66, "10.0.0.66", 0)); /* the old ones are gone */
    end();
}
END_TEST

static const char *name_of(const char *ip) {
    struct address address = make_ip(ip);
    return identity_name_of(&identity, &address);
}

static void name(const char *ip, const char *text) {
    struct address address = make_ip(ip);
    identity_name(&identity, &address, text);
}

START_TEST(addresses_are_called_what_was_last_answered) {
    start();
    ck_assert_str_eq(name_of("93.184.216.34"), "");
    ck_assert_str_eq(name_of(""), "");
    name("93.184.216.34", "old.example.com");
    name("93.184.216.34", "example.com");
    ck_assert_str_eq(name_of("93.184.216.34"), "example.com");
    for (uint32_t i = 0; i < 10 * CAPACITY; i++) {
        struct address ip = make_ip_number(i);
        identity_name(&identity, &ip, "x");
        ck_assert_str_eq(identity_name_of(&identity, &ip), "x");
    }
    ck_assert_str_eq(name_of("93.184.216.34"), "");
    end();
}
END_TEST

START_TEST(a_long_name_is_cut_between_characters) {
    start();
    char text[RECORD_TEXT_BYTES] = "";
    while (strlen(text) < RECORD_NAME_BYTES - 2)
        strcat(text, "n");
    size_t whole = strlen(text);
    strcat(text, "\xc3\xa9.example"); /* an accent that just does not fit */
    name("93.184.216.34", text);
    ck_assert_uint_eq(strlen(name_of("93.184.216.34")), whole);
    end();
}
END_TEST

START_TEST(an_identity_is_believed_as_far_as_it_can_be) {
    struct device by_mac = {.key.mac = make_mac(1)};
    struct device by_random_mac = {.key.mac = {{0x02, 1, 2, 3, 4, 5}}};
    struct device by_address = {.key.ip = make_ip("10.0.0.1")};
    ck_assert_double_le(identity_confidence(&by_mac), 1);
    ck_assert_double_lt(identity_confidence(&by_random_mac),
                        identity_confidence(&by_mac));
    ck_assert_double_lt(identity_confidence(&by_address),
                        identity_confidence(&by_random_mac));
    ck_assert_double_gt(identity_confidence(&by_address), 0);
    ck_assert_double_le(identity_confidence(&by_address), 0.5);
}
END_TEST

START_TEST(local_is_what_is_configured_or_claimed) {
    start();
    static const char *const local[] = {"10.1.2.3",   "172.31.0.1",  "192.168.0.1",
                                        "100.64.0.1", "169.254.1.1", "fd12::1",
                                        "fe80::1"};
    static const char *const outside[] = {"11.0.0.1", "172.32.0.1",  "192.169.0.1",
                                          "8.8.8.8",  "2001:db8::1", "100.128.0.1"};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        struct address ip = make_ip(local[i]);
        ck_assert_msg(identity_is_local(&identity, &ip, 0), "%s", local[i]);
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        struct address ip = make_ip(outside[i]);
        ck_assert_msg(!identity_is_local(&identity, &ip, 0), "%s", outside[i]);
        claim(1, outside[i], false);
        ck_assert(identity_is_local(&identity, &ip, 0));
        ck_assert(!identity_is_local(&identity, &ip, 7));
    }
    end();
}
END_TEST

static struct address random_ip(void) {
    static const char *const some[] = {
        "0.0.0.0", "255.255.255.255", "224.0.0.251", "::", "ff02::1", "fe80::1", "",
        "::1"};
    unsigned kind = random_below(12);
    if (kind < 8)
        return make_ip(some[kind]);
    struct address ip = kind < 10 ? make_ip_number(random_below(100))
                                  : make_ip(kind < 11 ? "93.0.0.0" : "2001:db8::");
    ip.bytes[ip.family == 4 ? 3 : 15] = (uint8_t)random_below(100);
    return ip;
}

static struct mac random_mac(void) {
    switch (random_below(8)) {
    case 0:
        return make_broadcast();
    case 1:
        return (struct mac){{0}};
    default:
        return make_mac(random_below(2 * CAPACITY));
    }
}

START_TEST(whatever_comes_endpoints_are_devices_of_the_table) {
    start();
    for (int i = 0; i < 100000; i++) {
        struct make_end a = {random_mac(), random_ip()},
                        b = {random_mac(), random_ip()};
        struct record record = make_flow(now_s, a, b, UDP, 53);
        record.flow.ttl[0] = (uint8_t)random_below(256);
        record.flow.packets[random_below(2)] = random_below(2);
        for (unsigned side = 0; side < 2; side++) {
            struct device *device = endpoint(&record, side);
            if (device)
                ck_assert_ptr_eq(device_find(&devices, &device->key), device);
        }
        if (random_below(4) == 0)
            identity_claim(&identity, &a.mac, &b.ip, (uint16_t)random_below(2),
                           random_below(2), now_ns(), NULL);
        now_s += random_below(10);
    }
    ck_assert_uint_le(table_used(devices.table), CAPACITY);
    end();
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("identity");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, the_first_to_claim_an_address_holds_it);
    tcase_add_test(all, whose_frames_bear_an_address_holds_it_too);
    tcase_add_test(all, nobody_claims_no_address);
    tcase_add_test(all, who_claims_what_a_living_device_holds_is_in_conflict);
    tcase_add_test(all, an_address_moves_when_its_holder_has_fallen_silent);
    tcase_add_test(all, who_held_an_address_first_gets_it_back);
    tcase_add_test(all, an_address_moves_when_its_claim_is_an_hour_old);
    tcase_add_test(all, a_lease_moves_an_address_at_once);
    tcase_add_test(all, more_claims_than_places_are_no_harm);
    tcase_add_test(all, who_sends_is_a_device_and_who_only_receives_is_none);
    tcase_add_test(all, groups_are_no_devices);
    tcase_add_test(all, what_has_no_ip_is_known_by_its_mac);
    tcase_add_test(all, a_capture_without_macs_knows_local_addresses);
    tcase_add_test(all, who_sends_from_many_addresses_outside_is_a_router);
    tcase_add_test(all, a_network_may_use_public_addresses_inside);
    tcase_add_test(all, who_has_a_local_address_and_sends_from_outside_is_a_router);
    tcase_add_test(all, local_hosts_behind_a_router_are_devices_of_lower_confidence);
    tcase_add_test(
        all, who_forwards_for_more_local_hosts_than_a_host_has_addresses_is_a_router);
    tcase_add_test(all, temporary_addresses_do_not_make_a_router);
    tcase_add_test(all, who_relays_does_not_become_whom_it_relays);
    tcase_add_test(all, a_second_server_is_rogue_once_the_first_is_established);
    tcase_add_test(all, addresses_are_called_what_was_last_answered);
    tcase_add_test(all, a_long_name_is_cut_between_characters);
    tcase_add_test(all, an_identity_is_believed_as_far_as_it_can_be);
    tcase_add_test(all, local_is_what_is_configured_or_claimed);
    tcase_add_test(all, whatever_comes_endpoints_are_devices_of_the_table);
    Suite *suite = suite_create("identity");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
