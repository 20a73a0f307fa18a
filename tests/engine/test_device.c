#include "engine/device.h"
#include "engine/snapshot.h"
#include "tests/engine/make_records.h"
#include "tests/models/random.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>

static struct device_table devices;

static void start(uint32_t capacity, uint32_t protected_share) {
    ck_assert(device_table_init(&devices, capacity, protected_share, random_bits()));
}

static struct device *get(uint32_t mac) {
    struct mac address = make_mac(mac);
    struct device_key key = device_key_of_mac(&address);
    return device_get(&devices, &key, 1);
}

static struct device *find(uint32_t mac) {
    struct mac address = make_mac(mac);
    struct device_key key = device_key_of_mac(&address);
    return device_find(&devices, &key);
}

static struct address number(uint32_t n) {
    return make_ip_number(n);
}

START_TEST(a_device_is_small_enough) {
    ck_assert_uint_le(sizeof(struct device), DEVICE_BYTES_MAX);
}
END_TEST

START_TEST(a_new_device_is_empty_and_is_found_again) {
    start(4, 50);
    ck_assert_ptr_null(find(1));
    struct device *device = get(1);
    ck_assert_ptr_eq(find(1), device);
    ck_assert_ptr_eq(get(1), device);
    ck_assert_uint_eq(device->first_ns, 1);
    ck_assert_uint_eq(device->window, TABLE_NONE);
    ck_assert_uint_eq(device->active_index, TABLE_NONE);
    ck_assert_uint_eq(device->address_count, 0);
    ck_assert(device->first_ns && !device->last_ns); /* it has not sent yet */
    device_table_free(&devices);
}
END_TEST

START_TEST(a_device_known_by_address_is_another_than_one_known_by_mac) {
    start(8, 50);
    struct address ip = number(1), other = number(2);
    struct device_key by_ip = device_key_of_address(&ip);
    struct device_key by_other = device_key_of_address(&other);
    struct device *device = device_get(&devices, &by_ip, 1);
    ck_assert_ptr_ne(device, device_get(&devices, &by_other, 1));
    ck_assert_ptr_ne(device, get(1));
    ck_assert_ptr_eq(device_find(&devices, &by_ip), device);
    device_table_free(&devices);
}
END_TEST

START_TEST(ids_are_what_a_person_would_type) {
    start(8, 50);
    char id[DEVICE_ID_BYTES];
    device_id(get(0x0a0b0c0d), id, sizeof id);
    ck_assert_str_eq(id, "00:1b:0a:0b:0c:0d");
    struct address ip4 = make_ip("10.1.2.3"), ip6 = make_ip("fd00::1");
    struct device_key key = device_key_of_address(&ip4);
    device_id(device_get(&devices, &key, 1), id, sizeof id);
    ck_assert_str_eq(id, "10.1.2.3");
    key = device_key_of_address(&ip6);
    device_id(device_get(&devices, &key, 1), id, sizeof id);
    ck_assert_str_eq(id, "fd00::1");
    char small[6] = "xxxxx";
    device_id(get(1), small, sizeof small);
    ck_assert_str_eq(small, "00:1b");
    device_table_free(&devices);
}
END_TEST

static unsigned evicted_count;
static void count_evicted(void *context, struct device *device) {
    ck_assert_ptr_eq(context, &evicted_count);
    ck_assert_ptr_eq(device_find(&devices, &device->key), device); /* still whole */
    evicted_count++;
}

START_TEST(a_flood_of_invented_devices_evicts_only_newcomers) {
    enum { CAPACITY = 200, LEARNT = 100, FLOOD = 5000 };
    start(CAPACITY, 50);
    devices.on_evict = count_evicted;
    devices.context = &evicted_count;
    for (uint32_t i = 0; i < LEARNT; i++)
        device_protect(&devices, get(i));
    for (uint32_t i = 0; i < FLOOD; i++) {
        struct device *newcomer = get(1000000 + i);
        ck_assert_ptr_eq(newcomer, find(1000000 + i));
        ck_assert_uint_le(table_used(devices.table), CAPACITY);
    }
    for (uint32_t i = 0; i < LEARNT; i++)
        ck_assert_ptr_nonnull(find(i));
    ck_assert_uint_eq(devices.evicted, LEARNT + FLOOD - CAPACITY);
    ck_assert_uint_eq(evicted_count, devices.evicted);
    device_table_free(&devices);
}
END_TEST

START_TEST(the_newcomer_longest_unheard_goes_first) {
    start(4, 25);
    for (uint32_t i = 0; i < 4; i++)
        get(i);
    device_touch(&devices, find(0));
    get(4);
    ck_assert_ptr_nonnull(find(0));
    ck_assert_ptr_null(find(1));
    get(5);
    ck_assert_ptr_null(find(2));
    ck_assert_ptr_nonnull(find(0));
    device_table_free(&devices);
}
END_TEST

START_TEST(protection_has_its_share_and_no_more) {
    enum { CAPACITY = 20, SHARE = 40, PROTECTED = CAPACITY * SHARE / 100 };
    start(CAPACITY, SHARE);
    for (uint32_t i = 0; i < CAPACITY; i++)
        device_protect(&devices, get(i));
    ck_assert_uint_eq(table_segment_used(devices.table, SEGMENT_PROTECTED), PROTECTED);
    /* The last of them made room for themselves; the first are on probation again. */
    for (uint32_t i = 0; i < CAPACITY; i++)
        ck_assert_uint_eq(table_segment(devices.table, find(i)),
                          i < CAPACITY - PROTECTED ? SEGMENT_PROBATION
                                                   : SEGMENT_PROTECTED);
    device_table_free(&devices);
}
END_TEST

START_TEST(any_share_and_size_leaves_room_for_a_newcomer) {
    for (int round = 0; round < 200; round++) {
        uint32_t capacity = 1 + random_below(20);
        start(capacity, random_below(101));
        for (int i = 0; i < 200; i++) {
            uint32_t mac = random_below(40);
            struct device *device = get(mac);
            ck_assert_ptr_eq(device, find(mac));
            if (random_below(2))
                device_protect(&devices, device);
            if (random_below(2))
                device_touch(&devices, device);
            ck_assert_uint_le(table_segment_used(devices.table, SEGMENT_PROTECTED),
                              devices.protected_max);
        }
        device_table_free(&devices);
    }
}
END_TEST

START_TEST(own_addresses_are_the_most_recent_ones) {
    start(1, 0);
    struct device *device = get(1);
    for (uint32_t i = 0; i < DEVICE_OWN_ADDRESSES; i++) {
        struct address ip = number(i);
        ck_assert(device_add_address(device, &ip));
        ck_assert(!device_add_address(device, &ip));
        ck_assert_uint_eq(device->address_count, i + 1);
    }
    struct address first = number(0), second = number(1), more = number(100);
    device_add_address(device, &first); /* used again: stays */
    ck_assert(address_equal(&device->addresses[0], &first));
    ck_assert(device_add_address(device, &more));
    ck_assert_uint_eq(device->address_count, DEVICE_OWN_ADDRESSES);
    ck_assert(address_equal(&device->addresses[0], &more));
    ck_assert(device_has_address(device, &first));
    ck_assert(!device_has_address(device, &second));
    struct address none4 = make_ip("0.0.0.0"), none6 = make_ip("::"),
                   none = make_ip("");
    ck_assert(!device_add_address(device, &none4));
    ck_assert(!device_add_address(device, &none6));
    ck_assert(!device_add_address(device, &none));
    ck_assert(address_equal(&device->addresses[0], &more));
    device_table_free(&devices);
}
END_TEST

static const struct device_peer *peer_of(const struct device_contacts *contacts,
                                         uint32_t n) {
    struct address ip = number(n);
    for (unsigned i = 0; i < DEVICE_PEERS; i++)
        if (contacts->peers[i].ip.family && address_equal(&contacts->peers[i].ip, &ip))
            return &contacts->peers[i];
    return NULL;
}

/* Space-Saving's promise: whoever has more than its share of places is among them. */
START_TEST(heavy_peers_are_found_among_many_light_ones) {
    enum { HEAVY = DEVICE_PEERS / 2, ROUNDS = 3000 };
    start(1, 0);
    struct device_contacts *contacts = device_contacts_of(&devices, get(1));
    for (int i = 0; i < ROUNDS; i++) {
        struct address heavy = number((uint32_t)i % HEAVY);
        struct address light = number(1000 + random_below(500));
        device_count_peer(contacts, &heavy, 1000, (uint32_t)make_epoch_s);
        device_count_peer(contacts, &light, 50, (uint32_t)make_epoch_s);
    }
    for (uint32_t i = 0; i < HEAVY; i++) {
        const struct device_peer *peer = peer_of(contacts, i);
        ck_assert_ptr_nonnull(peer);
        ck_assert_double_eq_tol((double)peer->bytes, 1000.0 * ROUNDS / HEAVY, 1);
    }
    device_table_free(&devices);
}
END_TEST

START_TEST(peers_of_the_past_make_room) {
    start(1, 0);
    struct device_contacts *contacts = device_contacts_of(&devices, get(1));
    const uint32_t then_s = (uint32_t)make_epoch_s, now_s = then_s + 30 * 86400;
    for (uint32_t i = 0; i < DEVICE_PEERS; i++) {
        struct address ip = number(i);
        bool past = i == 3; /* it was the largest of all */
        device_count_peer(contacts, &ip, past ? 1e6 : 1e3, past ? then_s : now_s);
    }
    struct address newcomer = number(100);
    device_count_peer(contacts, &newcomer, 1e2, now_s);
    ck_assert_ptr_nonnull(peer_of(contacts, 100));
    for (uint32_t i = 0; i < DEVICE_PEERS; i++)
        ck_assert_int_eq(peer_of(contacts, i) == NULL, i == 3);
    device_table_free(&devices);
}
END_TEST

START_TEST(services_are_told_apart_and_named) {
    start(1, 0);
    struct device_contacts *contacts = device_contacts_of(&devices, get(1));
    const uint32_t now_s = (uint32_t)make_epoch_s;
    device_count_service(contacts, TCP, 443, "", 100, now_s);
    device_count_service(contacts, UDP, 443, "QUIC", 100, now_s);
    device_count_service(contacts, TCP, 443, "TLS", 100, now_s);
    device_count_service(contacts, TCP, 443, "", 100, now_s);
    const struct device_service *tcp = NULL;
    unsigned used = 0;
    for (unsigned i = 0; i < DEVICE_SERVICES; i++) {
        used += contacts->services[i].last_s != 0;
        if (contacts->services[i].protocol == TCP)
            tcp = &contacts->services[i];
    }
    ck_assert_uint_eq(used, 2);
    ck_assert_str_eq(tcp->application, "TLS");
    ck_assert_double_eq_tol((double)tcp->bytes, 300, 0.1);
    /* A name longer than its place is cut, not spilled. */
    device_count_service(contacts, TCP, 443, "AnApplicationWithALongName", 1, now_s);
    ck_assert_str_eq(tcp->application, "AnApplicatio");
    for (uint16_t port = 1; port < 1000; port++)
        device_count_service(contacts, TCP, port, "", 1, now_s);
    bool kept = false;
    for (unsigned i = 0; i < DEVICE_SERVICES; i++)
        kept |=
            contacts->services[i].port == 443 && contacts->services[i].protocol == TCP;
    ck_assert(kept);
    device_table_free(&devices);
}
END_TEST

int main(void) {
    random_start();
    TCase *all = tcase_create("device");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_device_is_small_enough);
    tcase_add_test(all, a_new_device_is_empty_and_is_found_again);
    tcase_add_test(all, a_device_known_by_address_is_another_than_one_known_by_mac);
    tcase_add_test(all, ids_are_what_a_person_would_type);
    tcase_add_test(all, a_flood_of_invented_devices_evicts_only_newcomers);
    tcase_add_test(all, the_newcomer_longest_unheard_goes_first);
    tcase_add_test(all, protection_has_its_share_and_no_more);
    tcase_add_test(all, any_share_and_size_leaves_room_for_a_newcomer);
    tcase_add_test(all, own_addresses_are_the_most_recent_ones);
    tcase_add_test(all, heavy_peers_are_found_among_many_light_ones);
    tcase_add_test(all, peers_of_the_past_make_room);
    tcase_add_test(all, services_are_told_apart_and_named);
    Suite *suite = suite_create("device");
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
