#include "engine/inventory.h"
#include "tests/engine/make_records.h"
#include "tests/suite.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

enum { CAPACITY = 8 };

static struct device_table devices;
static struct inventory inventory;

static void start(const struct registry *registry) {
    ck_assert(device_table_init(&devices, CAPACITY, 80, 1));
    ck_assert(inventory_init(&inventory, CAPACITY, 1, registry));
}

static void end(void) {
    inventory_free(&inventory);
    device_table_free(&devices);
}

static struct device *make_device(uint32_t n) {
    struct mac mac = make_mac(n);
    struct device_key key = device_key_of_mac(&mac);
    return device_get(&devices, &key, 1);
}

static enum note_outcome note(struct device *device, enum name_kind source,
                              const char *text, uint32_t now_s) {
    return inventory_note(&inventory, device, source, text, now_s, NULL);
}

static unsigned count_of(const struct device *device, enum fact_kind kind) {
    const struct inventory_entry *entry = inventory_find(&inventory, device);
    unsigned count = 0;
    for (unsigned i = 0; entry && i < INVENTORY_FACTS; i++)
        count += entry->facts[i].last_s && entry->facts[i].kind == kind;
    return count;
}

static const struct known_fact *fact_of(const struct device *device,
                                        enum name_kind source) {
    const struct inventory_entry *entry = inventory_find(&inventory, device);
    for (unsigned i = 0; entry && i < INVENTORY_FACTS; i++)
        if (entry->facts[i].last_s && entry->facts[i].source == source)
            return &entry->facts[i];
    return NULL;
}

static const char *type_of(const struct device *device) {
    const struct inventory_entry *entry = inventory_find(&inventory, device);
    return entry ? guess_type_name((enum device_type)entry->guess.type) : "";
}

/* --- facts --- */

START_TEST(a_fact_has_a_source_and_its_times) {
    start(NULL);
    struct device *device = make_device(1);
    ck_assert_ptr_null(inventory_find(&inventory, device));
    ck_assert_int_eq(note(device, NAME_DHCP_HOST, "lamp", 100), NOTE_NEW);
    ck_assert_int_eq(note(device, NAME_DHCP_HOST, "lamp", 200), NOTE_KNOWN);
    const struct known_fact *fact = fact_of(device, NAME_DHCP_HOST);
    ck_assert_uint_eq(fact->first_s, 100);
    ck_assert_uint_eq(fact->last_s, 200);
    ck_assert_uint_gt(fact->confidence, 0);
    ck_assert_uint_lt(fact->confidence, 100);
    ck_assert_str_eq(inventory_kind_name((enum fact_kind)fact->kind), "host_name");
    ck_assert_str_eq(inventory_source_name((enum name_kind)fact->source), "dhcp");
    /* Another source says otherwise: both stand. */
    ck_assert_int_eq(note(device, NAME_MDNS, "bulb.local", 300), NOTE_NEW);
    ck_assert_uint_eq(count_of(device, FACT_HOST_NAME), 2);
    /* The same source says otherwise: the later word stands. */
    char before[FACT_TEXT_BYTES];
    ck_assert_int_eq(
        inventory_note(&inventory, device, NAME_DHCP_HOST, "door", 400, before),
        NOTE_CHANGED);
    ck_assert_str_eq(before, "lamp");
    ck_assert_uint_eq(fact_of(device, NAME_DHCP_HOST)->first_s, 400);
    ck_assert_uint_eq(count_of(device, FACT_HOST_NAME), 2);
    ck_assert_int_eq(note(device, NAME_DHCP_HOST, "", 500), NOTE_DROPPED);
    ck_assert_int_eq(note(device, NAME_DNS_ANSWER, "x.example", 500), NOTE_DROPPED);
    inventory_forget(&inventory, device);
    ck_assert_ptr_null(inventory_find(&inventory, device));
    inventory_forget(&inventory, device);
    end();
}
END_TEST

START_TEST(of_many_names_asked_for_the_last_are_kept) {
    start(NULL);
    struct device *device = make_device(1);
    char name[32];
    note(device, NAME_DHCP_HOST, "laptop", 1);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "peer-%u.example", i);
        note(device, NAME_ASKED, name, 10 + i);
    }
    ck_assert_uint_eq(count_of(device, FACT_ASKED_NAME), 3);
    ck_assert_uint_eq(count_of(device, FACT_HOST_NAME), 1);
    ck_assert_int_eq(note(device, NAME_ASKED, "peer-97.example", 200), NOTE_KNOWN);
    ck_assert_int_eq(note(device, NAME_ASKED, "peer-1.example", 200), NOTE_CHANGED);
    end();
}
END_TEST

START_TEST(what_says_most_is_not_pushed_out_by_what_says_little) {
    start(NULL);
    struct device *device = make_device(1);
    static const enum name_kind useful[] = {NAME_DHCP_HOST,
                                            NAME_MDNS,
                                            NAME_LLDP,
                                            NAME_NETBIOS,
                                            NAME_DHCP_VENDOR,
                                            NAME_DHCP_MUD,
                                            NAME_MDNS_MODEL,
                                            NAME_CDP_PLATFORM,
                                            NAME_LLDP_DESCRIPTION,
                                            NAME_SSH,
                                            NAME_DHCP_FINGERPRINT};
    enum { USEFUL = sizeof useful / sizeof useful[0] };
    char text[400];
    for (unsigned i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "a%u.example", i);
        note(device, NAME_ASKED, text, i + 1);
        note(device, NAME_JA3, text, i + 1);
        note(device, NAME_USER_AGENT, text, i + 1);
    }
    for (unsigned i = 0; i < USEFUL; i++)
        ck_assert_int_eq(note(device, useful[i], "x", 100), NOTE_NEW);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "b%u.example", i);
        note(device, NAME_ASKED, text, 200 + i);
        note(device, NAME_JA3, text, 200 + i);
    }
    for (unsigned i = 0; i < USEFUL; i++)
        ck_assert_ptr_nonnull(fact_of(device, useful[i]));
    /* Of what is too long, as much as there is room for; of a service the end. */
    memset(text, 'n', sizeof text - 1);
    strcpy(text + sizeof text - 20, "._ipp._tcp.local");
    note(device, NAME_SSH, text, 300);
    ck_assert_uint_eq(strlen(fact_of(device, NAME_SSH)->text), FACT_TEXT_BYTES - 1);
    note(device, NAME_MDNS_SERVICE, text, 300);
    const char *service = fact_of(device, NAME_MDNS_SERVICE)->text;
    ck_assert_str_eq(service + strlen(service) - 10, "_tcp.local");
    end();
}
END_TEST

START_TEST(one_behind_a_router_is_believed_less) {
    start(NULL);
    struct address ip = make_ip("10.0.5.1");
    struct device_key key = device_key_of_address(&ip);
    struct device *device = device_get(&devices, &key, 1);
    note(device, NAME_LLDP, "core", 1);
    ck_assert_uint_le(fact_of(device, NAME_LLDP)->confidence, 50);
    end();
}
END_TEST

/* --- types --- */

START_TEST(two_sources_that_agree_name_a_type) {
    start(NULL);
    struct device *printer = make_device(1);
    note(printer, NAME_DHCP_HOST, "Office-Printer", 1);
    ck_assert_str_eq(type_of(printer), ""); /* anybody can take a name */
    note(printer, NAME_MDNS_SERVICE, "Office._ipp._tcp.local", 2);
    ck_assert_str_eq(type_of(printer), "printer");
    const struct inventory_entry *entry = inventory_find(&inventory, printer);
    struct clues clues = inventory_clues(&inventory, printer);
    char reasons[200];
    guess_reasons(&entry->guess, &clues, reasons, sizeof reasons);
    ck_assert_ptr_nonnull(strstr(reasons, "Office-Printer"));
    ck_assert_ptr_nonnull(strstr(reasons, "_ipp._tcp"));
    char little[8];
    guess_reasons(&entry->guess, &clues, little, sizeof little);
    ck_assert_uint_eq(strlen(little), 7);

    struct device *controller = make_device(2), *operator= make_device(3);
    inventory_service(&inventory, controller, true, 6, 502);
    inventory_service(&inventory, operator, false, 6, 502);
    inventory_service(&inventory, operator, false, 6, 50211);
    ck_assert_str_eq(type_of(controller), "controller");
    ck_assert_str_eq(type_of(operator), "operator station");
    end();
}
END_TEST

START_TEST(a_dhcp_fingerprint_alone_names_nothing) {
    start(NULL);
    struct device *device = make_device(1);
    note(device, NAME_DHCP_FINGERPRINT, "1,3,6,15,26,28,51,58,59,43", 1);
    ck_assert_str_eq(type_of(device), "");
    note(device, NAME_DHCP6_FINGERPRINT, "1,3,6,15,26,28,51,58,59,43", 1);
    ck_assert_str_eq(type_of(device), "");
    note(device, NAME_DHCP_VENDOR, "android-dhcp-13", 1);
    ck_assert_str_eq(type_of(device), "phone");
    end();
}
END_TEST

START_TEST(a_type_stays_until_another_is_clearly_better) {
    start(NULL);
    struct device *device = make_device(1);
    note(device, NAME_DHCP_HOST, "camera-1", 1);
    inventory_service(&inventory, device, true, 6, 554);
    ck_assert_str_eq(type_of(device), "camera");
    uint32_t group = device->group;
    inventory_service(&inventory, device, true, 6, 631); /* weaker */
    note(device, NAME_HTTP_SERVER, "nginx", 2);
    ck_assert_str_eq(type_of(device), "camera");
    ck_assert_uint_eq(device->group, group);
    end();
}
END_TEST

/* --- vendors and groups --- */

static char folder[] = "/tmp/registry.XXXXXX";

static void write_file(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static struct registry *load(void) {
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_ptr_null(registry_load(folder));
    write_file("oui.csv", "Registry,Assignment,Organization Name,Organization Address\n"
                          "MA-L,001B00,\"Acme, \"\"the\"\" maker\",Somewhere\n"
                          "MA-L,001C00,Private,\n"
                          "MA-L,nonsense,Nobody,Nowhere\n"
                          "MA-L,0\n"
                          "MA-L,001D00,\"unfinished\n"
                          "MA-L,001E00,tele\x01\xffphone,There\n");
    write_file("oui36.csv", "MA-S,001B00F00,Small Ltd,There\n");
    struct registry *registry = registry_load(folder);
    char command[160];
    snprintf(command, sizeof command, "%s/oui.csv", folder);
    unlink(command);
    snprintf(command, sizeof command, "%s/oui36.csv", folder);
    unlink(command);
    rmdir(folder);
    return registry;
}

START_TEST(the_registry_says_who_made_it) {
    struct registry *registry = load();
    ck_assert_ptr_nonnull(registry);
    ck_assert_uint_eq(registry_count(registry), 3);
    struct mac mac = {{0x00, 0x1b, 0x00, 0x01, 0x02, 0x03}};
    ck_assert_str_eq(registry_vendor(registry, &mac), "Acme, \"the\" maker");
    ck_assert_str_eq(registry_vendor(NULL, &mac), "");
    mac.bytes[3] = 0xf0; /* the longer prefix */
    mac.bytes[4] = 0x0f;
    ck_assert_str_eq(registry_vendor(registry, &mac), "Small Ltd");
    mac.bytes[4] = 0x10;
    ck_assert_str_eq(registry_vendor(registry, &mac), "Acme, \"the\" maker");
    mac.bytes[1] = 0x1e;
    ck_assert_str_eq(registry_vendor(registry, &mac), "tele??phone");
    mac.bytes[1] = 0xff;
    ck_assert_str_eq(registry_vendor(registry, &mac), "");
    struct mac private = {{0x02, 0x1b, 0x00, 0x01, 0x02, 0x03}};
    ck_assert_str_eq(registry_vendor(registry, &private), "");
    registry_free(registry);
    registry_free(NULL);
}
END_TEST

START_TEST(those_of_one_maker_and_type_are_peers) {
    struct registry *registry = load();
    start(registry);
    struct device *a = make_device(1), *b = make_device(2), *c = make_device(3);
    char label[GROUP_LABEL_BYTES];
    inventory_renew(&inventory, a);
    inventory_renew(&inventory, b);
    inventory_renew(&inventory, c);
    ck_assert_uint_ne(a->group, 0);
    ck_assert_uint_eq(a->group, b->group);
    inventory_service(&inventory, a, true, 6, 502);
    ck_assert_uint_ne(a->group, b->group);
    inventory_service(&inventory, c, true, 6, 502);
    ck_assert_uint_eq(a->group, c->group);
    inventory_group(&inventory, a, label);
    ck_assert_str_eq(label, "Acme, \"the\" maker controller");
    end();
    /* Without a registry those of one prefix; a private address alone says nothing. */
    start(NULL);
    a = make_device(1);
    inventory_renew(&inventory, a);
    inventory_group(&inventory, a, label);
    ck_assert_str_eq(label, "00:1b:00");
    struct mac private = {{0x02, 0, 0, 0, 0, 1}};
    struct device_key key = device_key_of_mac(&private);
    b = device_get(&devices, &key, 1);
    inventory_renew(&inventory, b);
    ck_assert_uint_eq(b->group, 0);
    end();
    registry_free(registry);
}
END_TEST

/* What is written down comes before what seems, and after what is told while it runs. */
START_TEST(those_who_are_said_to_be_peers_are) {
    static struct group_set written;
    char error[GROUP_ERROR_BYTES], label[GROUP_LABEL_BYTES];
    uint8_t group;
    start(NULL);
    struct device *a = make_device(1), *b = make_device(2), *c = make_device(3);
    char id[DEVICE_ID_BYTES];
    ck_assert(group_get(&written, "door cameras", &group, error));
    device_id(a, id, sizeof id);
    ck_assert(group_add(&written, group, id, error));
    inventory.groups = &written;
    inventory_renew(&inventory, a);
    inventory_renew(&inventory, b);
    inventory_renew(&inventory, c);
    ck_assert_uint_eq(b->group, c->group);
    ck_assert_uint_ne(a->group, b->group);
    inventory_group(&inventory, a, label);
    ck_assert_str_eq(label, "door cameras");
    inventory_service(&inventory, a, true, 6, 502); /* whatever it seems to be */
    inventory_join(&inventory, b, "door cameras");
    ck_assert_uint_eq(a->group, b->group);
    inventory_join(&inventory, a, "others");
    ck_assert_uint_ne(a->group, b->group);
    inventory_join(&inventory, a, "");
    ck_assert_uint_eq(a->group, b->group);
    end();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("inventory");
    TCase *facts = tcase_create("facts");
    tcase_add_test(facts, a_fact_has_a_source_and_its_times);
    tcase_add_test(facts, of_many_names_asked_for_the_last_are_kept);
    tcase_add_test(facts, what_says_most_is_not_pushed_out_by_what_says_little);
    tcase_add_test(facts, one_behind_a_router_is_believed_less);
    suite_add_tcase(suite, facts);
    TCase *types = tcase_create("types");
    tcase_add_test(types, two_sources_that_agree_name_a_type);
    tcase_add_test(types, a_dhcp_fingerprint_alone_names_nothing);
    tcase_add_test(types, a_type_stays_until_another_is_clearly_better);
    suite_add_tcase(suite, types);
    TCase *groups = tcase_create("groups");
    tcase_add_test(groups, the_registry_says_who_made_it);
    tcase_add_test(groups, those_of_one_maker_and_type_are_peers);
    tcase_add_test(groups, those_who_are_said_to_be_peers_are);
    suite_add_tcase(suite, groups);
    return suite_run(suite);
}
