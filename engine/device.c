#include "engine/device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double top_half_life_s = 86400;

bool device_table_init(struct device_table *devices, uint32_t capacity,
                       uint32_t protected_share, uint64_t seed) {
    devices->table =
        table_create(capacity, sizeof(struct device_key), sizeof(struct device), seed);
    devices->protected_max = (uint32_t)((uint64_t)capacity * protected_share / 100);
    devices->contacts = calloc(capacity, sizeof *devices->contacts);
    if (devices->table && devices->contacts)
        return true;
    device_table_free(devices);
    return false;
}

void device_table_free(struct device_table *devices) {
    table_destroy(devices->table);
    free(devices->contacts);
    devices->table = NULL;
    devices->contacts = NULL;
}

struct device_key device_key_of_mac(const struct mac *mac) {
    struct device_key key;
    memset(&key, 0, sizeof key);
    key.mac = *mac;
    return key;
}

struct device_key device_key_of_address(const struct address *address) {
    struct device_key key;
    memset(&key, 0, sizeof key);
    key.ip = *address;
    return key;
}

struct device *device_find(const struct device_table *devices,
                           const struct device_key *key) {
    return table_find(devices->table, key);
}

struct device *device_of_mac(const struct device_table *devices,
                             const struct mac *mac) {
    struct device_key key = device_key_of_mac(mac);
    return device_find(devices, &key);
}

void device_drop(struct device_table *devices, struct device *device) {
    if (devices->on_evict)
        devices->on_evict(devices->context, device);
    table_remove(devices->table, device);
}

static void evict_one(struct device_table *devices) {
    struct device *victim = table_oldest(devices->table, SEGMENT_PROBATION);
    if (!victim)
        victim = table_oldest(devices->table, SEGMENT_PROTECTED);
    device_drop(devices, victim);
    devices->evicted++;
}

struct device *device_get(struct device_table *devices, const struct device_key *key,
                          uint64_t now_ns) {
    bool made;
    struct device *device = table_get(devices->table, key, &made);
    if (!device) {
        evict_one(devices);
        device = table_get(devices->table, key, &made);
    }
    if (made) {
        device->key = *key;
        device->first_ns = now_ns;
        device->window = TABLE_NONE;
        device->active_index = TABLE_NONE;
        memset(device_contacts_of(devices, device), 0, sizeof *devices->contacts);
    }
    return device;
}

void device_heard(struct device *device, uint16_t vlan, uint64_t now_ns) {
    device->vlan = vlan;
    if (now_ns < device->last_ns)
        return;
    uint64_t silent_s = device->last_ns ? (now_ns - device->last_ns) / 1000000000 : 0;
    device->silence_told = false;
    device->silent_s = silent_s < UINT32_MAX ? (uint32_t)silent_s : UINT32_MAX;
    if (silent_s >= DEVICE_ABSENCE_S)
        device->returned_s = (uint32_t)(now_ns / 1000000000);
    device->last_ns = now_ns;
}

struct device_contacts *device_contacts_of(const struct device_table *devices,
                                           const struct device *device) {
    return &devices->contacts[table_index(devices->table, device)];
}

void device_touch(struct device_table *devices, struct device *device) {
    table_touch(devices->table, device);
}

void device_step(struct device *device, uint64_t now_ns) {
    uint64_t now_s = now_ns / 1000000000;
    uint64_t *const seconds[] = {&device->tainted_s, &device->baseline.first_s,
                                 &device->baseline.last_s, &device->baseline.halved_s};
    for (unsigned i = 0; i < sizeof seconds / sizeof seconds[0]; i++)
        if (*seconds[i] > now_s)
            *seconds[i] = now_s;
    if (device->first_ns > now_ns)
        device->first_ns = now_ns;
    if (device->last_ns > now_ns)
        device->last_ns = now_ns;
    memset(&device->invariant, 0, sizeof device->invariant);
}

void device_protect(struct device_table *devices, struct device *device) {
    if (table_segment(devices->table, device) == SEGMENT_PROTECTED)
        return;
    if (table_segment_used(devices->table, SEGMENT_PROTECTED) >=
        devices->protected_max) {
        /* The least recently heard of the protected makes room, back on probation. */
        struct device *oldest = table_oldest(devices->table, SEGMENT_PROTECTED);
        if (!oldest)
            return;
        table_move(devices->table, oldest, SEGMENT_PROBATION);
    }
    table_move(devices->table, device, SEGMENT_PROTECTED);
}

void device_id(const struct device *device, char *text, size_t size) {
    char buffer[ADDRESS_TEXT_BYTES];
    if (device->key.ip.family)
        address_format(&device->key.ip, buffer);
    else
        mac_format(&device->key.mac, buffer);
    size_t length = strnlen(buffer, size - 1);
    memcpy(text, buffer, length);
    text[length] = '\0';
}

bool device_key_parse(const char *id, struct device_key *key) {
    memset(key, 0, sizeof *key);
    return mac_parse(id, &key->mac) || address_parse(id, &key->ip);
}

bool device_has_address(const struct device *device, const struct address *address) {
    for (unsigned i = 0; i < device->address_count; i++)
        if (address_equal(&device->addresses[i], address))
            return true;
    return false;
}

bool device_add_address(struct device *device, const struct address *address) {
    if (address_is_unspecified(address))
        return false;
    unsigned i = 0;
    while (i < device->address_count && !address_equal(&device->addresses[i], address))
        i++;
    bool known = i < device->address_count;
    if (!known) {
        if (device->address_count < DEVICE_OWN_ADDRESSES)
            device->address_count++;
        i = device->address_count - 1u;
    }
    memmove(&device->addresses[1], &device->addresses[0],
            i * sizeof device->addresses[0]);
    device->addresses[0] = *address;
    return !known;
}

void device_remove_address(struct device *device, const struct address *address) {
    unsigned kept = 0;
    for (unsigned i = 0; i < device->address_count; i++)
        if (!address_equal(&device->addresses[i], address))
            device->addresses[kept++] = device->addresses[i];
    for (unsigned i = kept; i < device->address_count; i++)
        device->addresses[i] = (struct address){.family = 0};
    device->address_count = (uint8_t)kept;
}

/* Space-Saving in miniature: an unknown entry takes the place of the smallest, by decayed
   bytes, once it is larger than that. */
static float aged(float bytes, uint32_t last_s, uint32_t now_s) {
    if (now_s <= last_s)
        return bytes;
    return (float)((double)bytes * exp2(-(double)(now_s - last_s) / top_half_life_s));
}

void device_count_peer(struct device_contacts *contacts, const struct address *ip,
                       double bytes, uint32_t now_s) {
    for (unsigned i = 0; i < DEVICE_PEERS; i++) {
        struct device_peer *p = &contacts->peers[i];
        if (p->ip.family == ip->family && address_equal(&p->ip, ip)) {
            p->bytes = aged(p->bytes, p->last_s, now_s) + (float)bytes;
            p->last_s = now_s;
            return;
        }
    }
    struct device_peer *place = NULL;
    float least = 0;
    for (unsigned i = 0; i < DEVICE_PEERS; i++) {
        struct device_peer *p = &contacts->peers[i];
        float held = p->ip.family ? aged(p->bytes, p->last_s, now_s) : -1;
        if (!place || held < least) {
            place = p;
            least = held;
        }
    }
    *place = (struct device_peer){*ip, now_s, (float)bytes};
}

void device_count_service(struct device_contacts *contacts, uint8_t protocol,
                          uint16_t port, const char *application, double bytes,
                          uint32_t now_s) {
    struct device_service *place = NULL;
    for (unsigned i = 0; i < DEVICE_SERVICES; i++) {
        struct device_service *s = &contacts->services[i];
        if (s->last_s && s->protocol == protocol && s->port == port) {
            s->bytes = aged(s->bytes, s->last_s, now_s) + (float)bytes;
            s->last_s = now_s;
            /* Nearly always what it was. */
            if (application[0] &&
                strncmp(s->application, application, sizeof s->application - 1) != 0)
                snprintf(s->application, sizeof s->application, "%.12s", application);
            return;
        }
        if (!place || s->last_s == 0 ||
            (place->last_s && aged(s->bytes, s->last_s, now_s) <
                                  aged(place->bytes, place->last_s, now_s)))
            place = s;
    }
    *place = (struct device_service){port, protocol, "", now_s, (float)bytes};
    snprintf(place->application, sizeof place->application, "%.12s", application);
}
