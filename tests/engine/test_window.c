#include "engine/window.h"
#include "tests/engine/make_records.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>

static const struct window_peer nobody; /* a group */

static struct window_peer outside(uint64_t key) {
    return (struct window_peer){.key = key};
}

static struct window_peer inside(uint32_t mac) {
    struct window_peer peer = {.local = true, .mac = make_mac(mac)};
    peer.key = window_mac_key(&peer.mac);
    return peer;
}

static struct flow_record flow_of(uint8_t protocol, uint16_t port) {
    return make_flow((double)make_epoch_s, make_end(1, "10.0.0.1"),
                     make_end(2, "10.0.0.2"), protocol, port)
        .flow;
}

static double feature(const struct window *window, enum baseline_feature which) {
    struct baseline_observation o;
    window_observe(window, make_epoch_s + 10, &o);
    return (double)o.feature[which];
}

/* The key of this kind in a window of that one flow; 0 if there is none. */
static uint64_t key_of(const struct flow_record *flow, unsigned side,
                       enum baseline_key_kind kind) {
    struct window window = {0};
    struct window_peer peer = outside(7);
    uint64_t key = 0;
    window_add(&window, flow, side, &peer);
    for (unsigned i = 0; i < window.key_count; i++)
        if (window.keys[i].kind == kind)
            key = window.keys[i].key;
    return key;
}

START_TEST(both_ends_see_the_same_flow_mirrored) {
    struct flow_record flow = flow_of(TCP, 443);
    flow.packets[INITIATOR] = 7;
    flow.bytes[INITIATOR] = 700;
    flow.packets[RESPONDER] = 11;
    flow.bytes[RESPONDER] = 9900;
    flow.rst[RESPONDER] = 1;
    flow.size_bins[INITIATOR][0] = 7;
    flow.size_bins[RESPONDER][7] = 11;
    struct window client = {0}, server = {0};
    struct window_peer to_server = inside(2), to_client = inside(1);
    for (int i = 0; i < 3; i++) {
        window_add(&client, &flow, INITIATOR, &to_server);
        window_add(&server, &flow, RESPONDER, &to_client);
        flow.events = 0; /* the same flow goes on */
    }
    ck_assert_uint_eq(client.packets, 54);
    ck_assert_uint_eq(server.packets, 54);
    static const struct {
        enum baseline_feature of_client, of_server;
        double value;
    } mirrored[] = {
        {FEATURE_SENT_PACKETS, FEATURE_RECEIVED_PACKETS, 21},
        {FEATURE_RECEIVED_PACKETS, FEATURE_SENT_PACKETS, 33},
        {FEATURE_SENT_BYTES, FEATURE_RECEIVED_BYTES, 2100},
        {FEATURE_RECEIVED_BYTES, FEATURE_SENT_BYTES, 29700},
        {FEATURE_SENT_SIZE, FEATURE_RECEIVED_SIZE, 100},
        {FEATURE_RECEIVED_SIZE, FEATURE_SENT_SIZE, 900},
        {FEATURE_FLOWS_STARTED, FEATURE_FLOWS_ACCEPTED, 1},
        {FEATURE_FLOWS_ACCEPTED, FEATURE_FLOWS_STARTED, 0},
        {FEATURE_RESETS, FEATURE_RESETS, 3},
    };
    for (size_t i = 0; i < sizeof mirrored / sizeof *mirrored; i++) {
        ck_assert_double_eq(feature(&client, mirrored[i].of_client), mirrored[i].value);
        ck_assert_double_eq(feature(&server, mirrored[i].of_server), mirrored[i].value);
    }
    ck_assert_mem_eq(client.sizes[0], server.sizes[1], sizeof client.sizes[0]);
    ck_assert_mem_eq(client.sizes[1], server.sizes[0], sizeof client.sizes[1]);
    ck_assert_uint_eq(client.sizes[0][0], 21);
    ck_assert_mem_eq(client.protocols, server.protocols, sizeof client.protocols);
}
END_TEST

START_TEST(an_empty_window_is_all_zeros) {
    struct window window = {0};
    struct baseline_observation o;
    window_observe(&window, make_epoch_s, &o);
    for (int i = 0; i < FEATURE_VOLUME_COUNT; i++)
        ck_assert_double_eq((double)o.feature[i], 0);
    ck_assert_uint_eq(o.key_count, 0);
    ck_assert_uint_eq(o.end_s, make_epoch_s);
}
END_TEST

START_TEST(unanswered_is_what_was_tried_in_vain) {
    struct window client = {0}, server = {0};
    struct window_peer peer = outside(7);
    struct flow_record flow = flow_of(TCP, 443);
    window_add(&client, &flow, INITIATOR, &peer);
    ck_assert_double_eq(feature(&client, FEATURE_UNANSWERED), 0);
    flow.state = FLOW_ATTEMPT;
    window_add(&client, &flow, INITIATOR, &peer);
    flow.state = FLOW_REFUSED;
    window_add(&client, &flow, INITIATOR, &peer);
    window_add(&server, &flow, RESPONDER, &peer);
    window_add(&client, &flow, INITIATOR, &nobody); /* a group need not answer */
    flow.events = 0;
    window_add(&client, &flow, INITIATOR, &peer); /* the same attempt still */
    ck_assert_double_eq(feature(&client, FEATURE_UNANSWERED), 2);
    ck_assert_double_eq(feature(&server, FEATURE_UNANSWERED), 0);
}
END_TEST

START_TEST(names_are_asked_for_by_the_one_who_asks) {
    struct window client = {0}, server = {0};
    struct window_peer peer = inside(2);
    struct flow_record flow = flow_of(UDP, 53);
    flow.dns_queries = 5;
    flow.dns_nxdomain = 2;
    window_add(&client, &flow, INITIATOR, &peer);
    window_add(&server, &flow, RESPONDER, &peer);
    ck_assert_double_eq(feature(&client, FEATURE_DNS_QUERIES), 5);
    ck_assert_double_eq(feature(&client, FEATURE_DNS_FAILURES), 2);
    ck_assert_double_eq(feature(&server, FEATURE_DNS_QUERIES), 0);
    ck_assert_double_eq(feature(&server, FEATURE_DNS_FAILURES), 0);
}
END_TEST

START_TEST(kinds_of_packets_count_apart) {
    struct window window = {0};
    struct window_peer peer = inside(2);
    struct flow_record group = flow_of(UDP, 5353), ping = flow_of(ICMP, 8 << 8);
    struct flow_record goose =
        make_flow((double)make_epoch_s, make_end(1, ""), make_end(2, ""), 0, 0).flow;
    window_add(&window, &group, INITIATOR, &nobody);
    window_add(&window, &ping, INITIATOR, &peer);
    window_add(&window, &goose, INITIATOR, &peer);
    window_add_arp_request(&window);
    window_add_arp_request(&window);
    ck_assert_double_eq(feature(&window, FEATURE_MULTICAST), 5);
    ck_assert_double_eq(feature(&window, FEATURE_ICMP_PACKETS), 5);
    ck_assert_double_eq(feature(&window, FEATURE_LINK_PACKETS), 5);
    ck_assert_double_eq(feature(&window, FEATURE_ARP_REQUESTS), 2);
}
END_TEST

START_TEST(arp_is_counted_but_is_no_peer_and_no_service) {
    struct window window = {0};
    struct window_peer peer = inside(2);
    struct flow_record arp =
        make_flow((double)make_epoch_s, make_end(1, ""), make_end(2, ""), 0, 0).flow;
    arp.ethertype = MAKE_ARP;
    window_add(&window, &arp, INITIATOR, &peer);
    ck_assert_uint_eq(window.packets, 10);
    ck_assert_uint_eq(window.key_count, 0);
    ck_assert_double_eq(feature(&window, FEATURE_PEERS), 0);
}
END_TEST

START_TEST(upload_is_a_share_of_what_goes_outside) {
    struct window window = {0};
    struct flow_record flow = flow_of(TCP, 443);
    flow.bytes[INITIATOR] = 3000;
    flow.bytes[RESPONDER] = 1000;
    struct window_peer neighbour = inside(2), server = outside(7);
    window_add(&window, &flow, INITIATOR, &neighbour);
    window_add(&window, &flow, INITIATOR, &nobody);
    ck_assert_double_eq(feature(&window, FEATURE_UPLOAD_SHARE), 0);
    window_add(&window, &flow, INITIATOR, &server);
    ck_assert_double_eq(feature(&window, FEATURE_UPLOAD_SHARE), 7.5); /* in tenths */
    /* Seen from the other end, what it sends is its upload. */
    window_add(&window, &flow, RESPONDER, &server);
    ck_assert_double_eq(feature(&window, FEATURE_UPLOAD_SHARE), 5);
}
END_TEST

START_TEST(operations_are_counted_and_known) {
    struct window window = {0};
    struct window_peer peer = inside(2);
    struct flow_record flow = flow_of(TCP, 502);
    flow.operations[0] = (struct operation_count){OPERATION_MODBUS << 8 | 3, 20};
    flow.operations[2] = (struct operation_count){OPERATION_MODBUS << 8 | 16, 1};
    flow.operation_overflow = 4;
    window_add(&window, &flow, INITIATOR, &peer);
    ck_assert_double_eq(feature(&window, FEATURE_OPERATIONS), 25);
    unsigned known = 0;
    for (unsigned i = 0; i < window.key_count; i++)
        if (window.keys[i].kind == KEY_OPERATION) {
            known++;
            ck_assert_uint_eq(window.subjects[i].operation >> 8, OPERATION_MODBUS);
        }
    ck_assert_uint_eq(known, 2);
    /* To read a register and to serve one are two things. */
    ck_assert_uint_ne(key_of(&flow, INITIATOR, KEY_OPERATION),
                      key_of(&flow, RESPONDER, KEY_OPERATION));
}
END_TEST

START_TEST(a_key_is_there_once_and_leads_back_to_what_it_means) {
    struct window window = {0};
    struct window_peer peer = inside(2);
    struct flow_record flow = flow_of(TCP, 443);
    strcpy(flow.application, "TLS");
    flow.events = 0;
    window_add(&window, &flow, INITIATOR, &peer);
    ck_assert_uint_eq(window.key_count, 4); /* peer, channel, service, protocol */
    for (unsigned i = 0; i < window.key_count; i++)
        ck_assert(!window.keys[i].started);
    flow.events = FLOW_NEW;
    window_add(&window, &flow, INITIATOR, &peer);
    flow.events = 0;
    window_add(&window, &flow, INITIATOR, &peer);
    ck_assert_uint_eq(window.key_count, 4);
    bool kinds[NOVELTY_KINDS] = {false};
    for (unsigned i = 0; i < window.key_count; i++) {
        const struct baseline_key *key = &window.keys[i];
        const struct window_subject *subject = &window.subjects[key - window.keys];
        ck_assert_uint_ne(key->key, 0);
        ck_assert(!kinds[key->kind]);
        kinds[key->kind] = true;
        ck_assert_uint_eq(subject->kind, key->kind);
        ck_assert_uint_eq(subject->port, 443);
        ck_assert_uint_eq(subject->protocol, TCP);
        ck_assert(mac_equal(&subject->mac, &peer.mac));
        ck_assert(address_equal(&subject->ip, &flow.ip[RESPONDER]));
        ck_assert_int_eq(key->started, key->kind == KEY_CHANNEL);
    }
    /* Whom others open connections to does not start them. */
    struct window server = {0};
    flow.events = FLOW_NEW;
    window_add(&server, &flow, RESPONDER, &peer);
    for (unsigned i = 0; i < server.key_count; i++)
        ck_assert(!server.keys[i].started);
}
END_TEST

START_TEST(a_service_is_its_agreed_port_or_its_protocol) {
    struct flow_record https = flow_of(TCP, 443), quic = flow_of(UDP, 443);
    struct flow_record ssh = flow_of(TCP, 22);
    struct flow_record high = flow_of(TCP, 49152), higher = flow_of(TCP, 60000);
    struct flow_record high_udp = flow_of(UDP, 49152);
    struct flow_record echo = flow_of(ICMP, 8 << 8), other = flow_of(ICMP, 3 << 8 | 1);
    struct flow_record same = flow_of(ICMP, 3 << 8 | 3);
    const enum baseline_key_kind kind = KEY_SERVICE;
    uint64_t key = key_of(&https, INITIATOR, kind);
    ck_assert_uint_eq(key, key_of(&https, INITIATOR, kind));
    ck_assert_uint_ne(key, key_of(&https, RESPONDER, kind)); /* to use and to offer */
    ck_assert_uint_ne(key, key_of(&quic, INITIATOR, kind));
    ck_assert_uint_ne(key, key_of(&ssh, INITIATOR, kind));
    ck_assert_uint_ne(key, key_of(&high, INITIATOR, kind));
    ck_assert_uint_eq(key_of(&high, INITIATOR, kind), key_of(&higher, INITIATOR, kind));
    ck_assert_uint_ne(key_of(&high, INITIATOR, kind),
                      key_of(&high_udp, INITIATOR, kind));
    ck_assert_uint_ne(key_of(&echo, INITIATOR, kind), key_of(&other, INITIATOR, kind));
    ck_assert_uint_eq(key_of(&same, INITIATOR, kind), key_of(&other, INITIATOR, kind));
    https.port[INITIATOR] = 1;
    ck_assert_uint_eq(key, key_of(&https, INITIATOR, kind));
}
END_TEST

START_TEST(a_group_has_a_service_but_is_no_peer) {
    struct window window = {0};
    struct flow_record flow = flow_of(UDP, 1900);
    window_add(&window, &flow, INITIATOR, &nobody);
    ck_assert_uint_eq(window.key_count, 1);
    ck_assert_uint_eq(window.keys[0].kind, KEY_SERVICE);
    ck_assert_double_eq(feature(&window, FEATURE_PEERS), 0);
    ck_assert_double_eq_tol(feature(&window, FEATURE_SERVICES), 1, 0.01);
}
END_TEST

START_TEST(beyond_the_last_place_counting_goes_on) {
    enum { PEERS = 150 };
    struct window window = {0};
    for (uint32_t i = 0; i < PEERS; i++) {
        struct flow_record flow = flow_of(TCP, 443);
        struct window_peer peer = inside(1000 + i);
        window_add(&window, &flow, INITIATOR, &peer);
    }
    ck_assert_uint_eq(window.key_count, BASELINE_WINDOW_KEYS);
    ck_assert_uint_eq(window.packets, 1500);
    ck_assert_double_eq_tol(feature(&window, FEATURE_PEERS), PEERS, PEERS * 0.15);
    ck_assert_double_eq_tol(feature(&window, FEATURE_SERVICES), 1, 0.01);
    ck_assert_double_eq(feature(&window, FEATURE_FLOWS_STARTED), PEERS);
    struct baseline_observation o;
    window_observe(&window, make_epoch_s, &o);
    ck_assert_uint_eq(o.key_count, BASELINE_WINDOW_KEYS);
    ck_assert_mem_eq(o.keys, window.keys, sizeof o.keys);
}
END_TEST

START_TEST(names_of_one_owner_are_one_peer) {
    static const char *const same[][2] = {
        {"example.com", "a.b.example.com"},
        {"example.com", "EXAMPLE.Com"},
        {"example.com", "www.example.com."},
        {"example.co.uk", "www.example.co.uk"},
        {"example.com.au", "a.example.com.au"},
        {"x1.example.org", "x2.example.org"},
        {"localhost", "LOCALHOST"},
    };
    static const char *const different[][2] = {
        {"example.com", "example.org"},   {"example.co.uk", "other.co.uk"},
        {"example.com", "myexample.com"}, {"com", "example.com"},
        {"localhost", "example"},         {"", "example.com"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        ck_assert_msg(window_domain_key(same[i][0]) == window_domain_key(same[i][1]),
                      "%s and %s are one", same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof different / sizeof *different; i++)
        ck_assert_msg(window_domain_key(different[i][0]) !=
                          window_domain_key(different[i][1]),
                      "%s and %s are two", different[i][0], different[i][1]);
    static const char *const odd[] = {"", ".", "..", "....", "a..b", ".com."};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        ck_assert_uint_ne(window_domain_key(odd[i]), 0);
}
END_TEST

START_TEST(addresses_outside_go_by_their_prefix) {
    struct address a = make_ip("93.184.216.34"), b = make_ip("93.184.1.1");
    struct address c = make_ip("93.185.216.34");
    struct address d = make_ip("2001:db8:1::1"), e = make_ip("2001:db8:2::9");
    struct address f = make_ip("2001:db9:1::1");
    ck_assert_uint_eq(window_prefix_key(&a), window_prefix_key(&b));
    ck_assert_uint_ne(window_prefix_key(&a), window_prefix_key(&c));
    ck_assert_uint_eq(window_prefix_key(&d), window_prefix_key(&e));
    ck_assert_uint_ne(window_prefix_key(&d), window_prefix_key(&f));
    ck_assert_uint_ne(window_address_key(&a), window_address_key(&b));
    struct mac one = make_mac(1), two = make_mac(2);
    ck_assert_uint_ne(window_mac_key(&one), window_mac_key(&two));
}
END_TEST

/* Baselines are stored with their keys, so these are a format. */
START_TEST(keys_are_the_same_for_ever) {
    struct mac mac = make_mac(1);
    struct address ip = make_ip("10.0.0.1"), outer = make_ip("93.184.216.34");
    ck_assert_uint_eq(window_domain_key("example.com"), UINT64_C(0x1f5f958a31a53446));
    ck_assert_uint_eq(window_mac_key(&mac), UINT64_C(0x5800d4afc20a282e));
    ck_assert_uint_eq(window_address_key(&ip), UINT64_C(0xe3aa57963420b973));
    ck_assert_uint_eq(window_prefix_key(&outer), UINT64_C(0x89c1cb7989cc981a));
}
END_TEST

static void add_server(struct window *window, const char *ip, uint64_t key, bool named,
                       unsigned side, double sent, double received) {
    struct flow_record flow = make_flow((double)make_epoch_s, make_end(1, "10.0.0.1"),
                                        make_end(2, ip), TCP, 443)
                                  .flow;
    struct window_peer server = {.key = key, .named = named};
    flow.bytes[side] = (uint32_t)sent;
    flow.bytes[!side] = (uint32_t)received;
    window_add(window, &flow, side, &server);
}

static bool is_fetched(const struct window *window, uint8_t acquaintance) {
    struct baseline_observation o = {0};
    window_observe(window, make_epoch_s + 10, &o);
    for (unsigned i = 0; i < o.key_count; i++)
        o.acquaintance[i] = acquaintance;
    return window_fetches(window, &o);
}

/* A window of one flow with a server outside, and whether it fetched. */
static bool fetches(double sent, double received, unsigned side, uint8_t acquaintance) {
    struct window window = {0};
    add_server(&window, "93.184.216.34", 7, false, side, sent, received);
    return is_fetched(&window, acquaintance);
}

START_TEST(an_update_is_fetched_from_who_is_known) {
    ck_assert(fetches(40e3, 2e6, INITIATOR, KEY_KNOWN));
    ck_assert(!fetches(40e3, 2e6, INITIATOR, KEY_YOUNG));
    ck_assert(!fetches(40e3, 2e6, INITIATOR, KEY_NEW));
    ck_assert(!fetches(40e3, 2e6, RESPONDER, KEY_KNOWN)); /* it was pushed */
    ck_assert(!fetches(2e6, 2e6, INITIATOR, KEY_KNOWN));
    ck_assert(!fetches(1e3, 50e3, INITIATOR, KEY_KNOWN)); /* nothing out of the way */
}
END_TEST

START_TEST(an_update_may_come_from_one_stranger_with_a_name) {
    struct window window = {0};
    add_server(&window, "93.184.216.34", 7, true, INITIATOR, 40e3, 2e6);
    ck_assert(is_fetched(&window, KEY_NEW));
    ck_assert(is_fetched(&window, KEY_YOUNG));
    struct window with_another = window, pushed = {0}, local = window;
    add_server(&with_another, "93.184.216.35", 8, true, INITIATOR, 1e3, 1e3);
    ck_assert(!is_fetched(&with_another, KEY_NEW));
    ck_assert(is_fetched(&with_another, KEY_KNOWN));
    add_server(&pushed, "10.0.0.1", 7, true, RESPONDER, 40e3, 2e6);
    ck_assert(!is_fetched(&pushed, KEY_NEW));
    struct flow_record flow = flow_of(TCP, 445);
    struct window_peer neighbour = inside(2);
    window_add(&local, &flow, INITIATOR, &neighbour);
    ck_assert(!is_fetched(&local, KEY_NEW));
}
END_TEST

/* Who gives leases is asked for them by whoever comes; that somebody gives any is news. */
START_TEST(a_lease_is_an_answer_and_to_give_it_is_not) {
    struct flow_record flow = flow_of(UDP, 68);
    struct window_peer client = inside(2);
    for (uint16_t from = 67; from <= 68; from++) {
        struct window window = {0};
        flow.port[INITIATOR] = from;
        window_add(&window, &flow, INITIATOR, &client);
        ck_assert_uint_ge(window.key_count, 3);
        for (unsigned i = 0; i < window.key_count; i++)
            ck_assert_int_eq(window.keys[i].passive,
                             from == 67 && (window.keys[i].kind == KEY_PEER ||
                                            window.keys[i].kind == KEY_CHANNEL));
    }
}
END_TEST

START_TEST(whatever_comes_numbers_stay_numbers) {
    for (int round = 0; round < 200; round++) {
        struct window window = {0};
        for (int i = 0; i < 100; i++) {
            struct flow_record flow =
                flow_of((uint8_t)random_bits(), (uint16_t)random_bits());
            for (unsigned side = 0; side < 2; side++) {
                unsigned shift = random_below(64);
                flow.bytes[side] = random_bits() >> shift;
                flow.packets[side] = (uint32_t)(random_bits() >> (32 + shift / 2));
                flow.rst[side] = (uint16_t)random_bits();
                flow.size_bins[side][random_below(RECORD_SIZE_BINS)] =
                    (uint16_t)random_bits();
            }
            flow.ethertype = (uint16_t)random_bits();
            flow.state = (uint8_t)random_bits();
            flow.events = (uint8_t)random_bits();
            flow.operations[random_below(RECORD_OPERATIONS)] = (struct operation_count){
                (uint16_t)random_bits(), (uint16_t)random_bits()};
            struct window_peer peer =
                random_below(4) ? outside(random_below(50) + 1) : nobody;
            window_add(&window, &flow, random_below(2), &peer);
        }
        struct baseline_observation o;
        window_observe(&window, make_epoch_s, &o);
        for (int i = 0; i < FEATURE_VOLUME_COUNT; i++)
            ck_assert(isfinite(o.feature[i]) && o.feature[i] >= 0);
        ck_assert_double_le((double)o.feature[FEATURE_UPLOAD_SHARE], 10);
        ck_assert_uint_le(o.key_count, BASELINE_WINDOW_KEYS);
        for (unsigned i = 0; i < o.key_count; i++) {
            ck_assert_uint_ne(o.keys[i].key, 0);
            ck_assert_uint_lt(o.keys[i].kind, NOVELTY_KINDS);
            for (unsigned j = 0; j < i; j++)
                ck_assert(o.keys[i].key != o.keys[j].key ||
                          o.keys[i].kind != o.keys[j].kind);
        }
    }
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("window");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, both_ends_see_the_same_flow_mirrored);
    tcase_add_test(all, an_empty_window_is_all_zeros);
    tcase_add_test(all, unanswered_is_what_was_tried_in_vain);
    tcase_add_test(all, names_are_asked_for_by_the_one_who_asks);
    tcase_add_test(all, kinds_of_packets_count_apart);
    tcase_add_test(all, arp_is_counted_but_is_no_peer_and_no_service);
    tcase_add_test(all, upload_is_a_share_of_what_goes_outside);
    tcase_add_test(all, operations_are_counted_and_known);
    tcase_add_test(all, a_key_is_there_once_and_leads_back_to_what_it_means);
    tcase_add_test(all, a_service_is_its_agreed_port_or_its_protocol);
    tcase_add_test(all, a_group_has_a_service_but_is_no_peer);
    tcase_add_test(all, beyond_the_last_place_counting_goes_on);
    tcase_add_test(all, names_of_one_owner_are_one_peer);
    tcase_add_test(all, addresses_outside_go_by_their_prefix);
    tcase_add_test(all, keys_are_the_same_for_ever);
    tcase_add_test(all, an_update_is_fetched_from_who_is_known);
    tcase_add_test(all, an_update_may_come_from_one_stranger_with_a_name);
    tcase_add_test(all, a_lease_is_an_answer_and_to_give_it_is_not);
    tcase_add_test(all, whatever_comes_numbers_stay_numbers);
    Suite *suite = suite_create("window");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
