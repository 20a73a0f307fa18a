#include "engine/inventory.h"

#include "engine/base/fnv.h"

#include <stdio.h>
#include <string.h>

struct announcement {
    const char *source;
    uint8_t kind; /* of the fact; FACT_COUNT: none */
    uint8_t confidence;
};

/* None of them is proven, and some anybody can hear and repeat. */
static const struct announcement announcements[NAME_KINDS] = {
    [NAME_DHCP_HOST] = {"dhcp", FACT_HOST_NAME, 60},
    [NAME_DHCP_VENDOR] = {"dhcp", FACT_VENDOR_CLASS, 50},
    [NAME_DHCP_FINGERPRINT] = {"dhcp", FACT_DHCP_FINGERPRINT, 40},
    [NAME_MDNS] = {"mdns", FACT_HOST_NAME, 60},
    [NAME_LLDP] = {"lldp", FACT_HOST_NAME, 70},
    [NAME_SSDP] = {"ssdp", FACT_SERVER, 50},
    [NAME_DNS_ANSWER] = {"dns", FACT_COUNT, 0},
    [NAME_DHCP_MUD] = {"dhcp", FACT_MUD_URL, 50},
    [NAME_DHCP6_HOST] = {"dhcpv6", FACT_HOST_NAME, 60},
    [NAME_DHCP6_VENDOR] = {"dhcpv6", FACT_VENDOR_CLASS, 50},
    [NAME_DHCP6_FINGERPRINT] = {"dhcpv6", FACT_DHCP_FINGERPRINT, 40},
    [NAME_MDNS_SERVICE] = {"mdns", FACT_SERVICE, 60},
    [NAME_MDNS_MODEL] = {"mdns", FACT_MODEL, 60},
    [NAME_SSDP_DEVICE] = {"ssdp", FACT_SERVICE, 50},
    [NAME_LLDP_DESCRIPTION] = {"lldp", FACT_DESCRIPTION, 70},
    [NAME_LLDP_MUD] = {"lldp", FACT_MUD_URL, 60},
    [NAME_CDP] = {"cdp", FACT_HOST_NAME, 70},
    [NAME_CDP_PLATFORM] = {"cdp", FACT_PLATFORM, 70},
    [NAME_NETBIOS] = {"netbios", FACT_HOST_NAME, 50},
    [NAME_USER_AGENT] = {"http", FACT_USER_AGENT, 40},
    [NAME_HTTP_SERVER] = {"http", FACT_SERVER, 50},
    [NAME_SSH] = {"ssh", FACT_SSH_BANNER, 60},
    [NAME_JA3] = {"tls", FACT_JA3, 60},
    [NAME_ASKED] = {"tls", FACT_ASKED_NAME, 70},
    [NAME_CERTIFICATE] = {"tls", FACT_CERTIFICATE, 70},
    [NAME_JA4] = {"tls", FACT_JA4, 60},
};

static const uint8_t behind_a_router = 50; /* percent, at most */

static const struct {
    const char *name;
    unsigned most;
} kinds[FACT_COUNT] = {
#define FACT_INFO(id, name, most) {name, most},
    FACT_KINDS(FACT_INFO)
#undef FACT_INFO
};

const char *inventory_kind_name(enum fact_kind kind) {
    return kind < FACT_COUNT ? kinds[kind].name : "";
}

const char *inventory_source_name(enum name_kind source) {
    return source < NAME_KINDS ? announcements[source].source : "";
}

bool inventory_init(struct inventory *inventory, uint32_t capacity, uint64_t seed,
                    const struct registry *registry) {
    inventory->registry = registry;
    inventory->groups = NULL;
    inventory->table = table_create(capacity, sizeof(struct device_key),
                                    sizeof(struct inventory_entry), seed ^ 4);
    return inventory->table != NULL;
}

void inventory_free(struct inventory *inventory) {
    table_destroy(inventory->table);
    inventory->table = NULL;
}

struct inventory_entry *inventory_find(const struct inventory *inventory,
                                       const struct device *device) {
    return table_find(inventory->table, &device->key);
}

void inventory_forget(struct inventory *inventory, const struct device *device) {
    void *entry = inventory_find(inventory, device);
    if (entry)
        table_remove(inventory->table, entry);
}

/* There is one for each device: those of devices that are gone are forgotten. */
struct inventory_entry *inventory_get(struct inventory *inventory,
                                      const struct device *device) {
    bool made;
    struct inventory_entry *entry = table_get(inventory->table, &device->key, &made);
    if (!entry) {
        table_remove(inventory->table, table_oldest(inventory->table, 0));
        entry = table_get(inventory->table, &device->key, &made);
    }
    return entry;
}

const char *inventory_vendor(const struct inventory *inventory,
                             const struct device *device) {
    return device->key.ip.family
               ? ""
               : registry_vendor(inventory->registry, &device->key.mac);
}

struct clues inventory_clues(const struct inventory *inventory,
                             const struct device *device) {
    const struct inventory_entry *entry = inventory_find(inventory, device);
    return (struct clues){.facts = entry ? entry->facts : NULL,
                          .fact_count = entry ? INVENTORY_FACTS : 0,
                          .vendor = inventory_vendor(inventory, device),
                          .is_router = device->router};
}

/* --- groups --- */

/* As it is written down, else who made it and what it is; of a type that is not known, who
   made it alone. */
void inventory_group(const struct inventory *inventory, const struct device *device,
                     char label[GROUP_LABEL_BYTES]) {
    const struct inventory_entry *entry = inventory_find(inventory, device);
    const char *named = inventory->groups ? group_of(inventory->groups,
                                                     &device->key.mac, &device->key.ip)
                                          : NULL;
    const char *type =
        entry ? guess_type_name((enum device_type)entry->guess.type) : "";
    const char *vendor = inventory_vendor(inventory, device);
    const uint8_t *mac = device->key.mac.bytes;
    char prefix[9] = "";
    bool is_global = !device->key.ip.family && !mac_is_local(&device->key.mac);
    if (!vendor[0] && is_global)
        snprintf(prefix, sizeof prefix, "%02x:%02x:%02x", mac[0], mac[1], mac[2]);
    const char *maker = vendor[0] ? vendor : prefix;
    if (named)
        snprintf(label, GROUP_LABEL_BYTES, "%s", named);
    else
        snprintf(label, GROUP_LABEL_BYTES, "%.*s%s%s", GROUP_LABEL_BYTES - 24, maker,
                 maker[0] && type[0] ? " " : "", type);
}

/* 0 is no group. */
static uint32_t group_number(const char *label) {
    return *label ? fnv_text_32(label) | 1 : 0;
}

void inventory_renew(struct inventory *inventory, struct device *device) {
    struct inventory_entry *entry = device->router ? inventory_get(inventory, device)
                                                   : inventory_find(inventory, device);
    struct clues clues = inventory_clues(inventory, device);
    char label[GROUP_LABEL_BYTES];
    if (entry)
        guess_update(&entry->guess, &clues);
    if (device->sorted == SORTED_BY_HAND)
        return;
    device->sorted = device->router ? SORTED_AS_ROUTER : SORTED_AS_HOST;
    inventory_group(inventory, device, label);
    device->group = group_number(label);
}

void inventory_join(struct inventory *inventory, struct device *device,
                    const char *label) {
    device->sorted = *label ? SORTED_BY_HAND : 0;
    inventory_renew(inventory, device);
    if (*label)
        device->group = group_number(label);
}

/* --- facts --- */

/* Of a name the end says most. */
static const char *fitting(enum name_kind source, const char *text) {
    size_t length = strlen(text);
    bool is_name = source == NAME_MDNS_SERVICE || source == NAME_ASKED;
    return is_name && length >= FACT_TEXT_BYTES ? text + length - (FACT_TEXT_BYTES - 1)
                                                : text;
}

/* Where a fact that is new goes: over the oldest of its kind and source if there are enough of
   those, else to a free place, else over the oldest of the least useful kind. NULL if all others are of more use. */
static struct known_fact *place_for(struct inventory_entry *entry,
                                    const struct known_fact *fresh) {
    struct known_fact *free_place = NULL, *oldest = NULL, *least = NULL;
    unsigned same = 0;
    for (unsigned i = 0; i < INVENTORY_FACTS; i++) {
        struct known_fact *f = &entry->facts[i];
        if (!f->last_s) {
            free_place = free_place ? free_place : f;
            continue;
        }
        if (f->kind == fresh->kind) {
            same++;
            bool first =
                f->source == fresh->source && (!oldest || f->last_s < oldest->last_s);
            oldest = first ? f : oldest;
        }
        if (!least || f->kind > least->kind ||
            (f->kind == least->kind && f->last_s < least->last_s))
            least = f;
    }
    bool is_list = fresh->kind >= FACT_SERVICE;
    if (oldest && (same >= kinds[fresh->kind].most || !is_list))
        return oldest;
    if (same >= kinds[fresh->kind].most)
        return NULL;
    if (free_place)
        return free_place;
    return least->kind >= fresh->kind ? least : NULL;
}

enum note_outcome inventory_note(struct inventory *inventory, struct device *device,
                                 enum name_kind source, const char *text,
                                 uint32_t now_s, char before[FACT_TEXT_BYTES]) {
    const struct announcement *a = &announcements[source];
    if (a->kind == FACT_COUNT || !*text)
        return NOTE_DROPPED;
    struct known_fact fresh = {.first_s = now_s,
                               .last_s = now_s ? now_s : 1,
                               .kind = a->kind,
                               .source = (uint8_t)source,
                               .confidence = a->confidence};
    if (device->key.ip.family && fresh.confidence > behind_a_router)
        fresh.confidence = behind_a_router;
    text = fitting(source, text);
    text_copy_untrusted(fresh.text, sizeof fresh.text, text, strlen(text));
    struct inventory_entry *entry = inventory_get(inventory, device);
    table_touch(inventory->table, entry);
    for (unsigned i = 0; i < INVENTORY_FACTS; i++) {
        struct known_fact *f = &entry->facts[i];
        if (f->last_s && f->source == source && strcmp(f->text, fresh.text) == 0) {
            f->last_s = fresh.last_s;
            return NOTE_KNOWN;
        }
    }
    struct known_fact *place = place_for(entry, &fresh);
    if (!place)
        return NOTE_DROPPED;
    bool changes = place->last_s && place->source == source;
    if (changes && before)
        memcpy(before, place->text, sizeof place->text);
    bool is_clue = guess_asks_for(a->kind) || (changes && guess_asks_for(place->kind));
    *place = fresh;
    if (is_clue)
        inventory_renew(inventory, device);
    return changes ? NOTE_CHANGED : NOTE_NEW;
}

const struct known_fact *inventory_fact(const struct inventory *inventory,
                                        const struct device *device,
                                        enum name_kind source) {
    const struct inventory_entry *entry = inventory_find(inventory, device);
    const struct known_fact *latest = NULL;
    for (unsigned i = 0; entry && i < INVENTORY_FACTS; i++) {
        const struct known_fact *f = &entry->facts[i];
        if (f->last_s && f->source == source && (!latest || f->last_s > latest->last_s))
            latest = f;
    }
    return latest;
}

void inventory_service(struct inventory *inventory, struct device *device, bool serves,
                       uint8_t protocol, uint16_t port) {
    uint32_t bit = guess_service(protocol, port);
    if (!bit)
        return;
    struct inventory_entry *entry = inventory_get(inventory, device);
    uint32_t *set = serves ? &entry->guess.serves : &entry->guess.uses;
    if (*set & bit)
        return;
    *set |= bit;
    inventory_renew(inventory, device);
}
