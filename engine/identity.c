#include "engine/identity.h"

#include "engine/standing.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;
/* An address stays with its holder for an hour after the last claim, while the holder has
   been heard within ten minutes. */
static const uint64_t claim_lasts_s = 3600, holder_alive_s = 600;
static const uint64_t host_established_s = 300;
static const uint64_t leaser_established_s = 600, leaser_lasts_s = 86400;
/* A MAC with more unclaimed local addresses than this forwards for others. */
/* How far an identity is believed: an address behind a router is anybody's, a private MAC is
   made up, and no MAC is proof. */
static const double behind_a_router = 0.3, private_mac = 0.4, global_mac = 0.9,
                    shared = 0.6;
enum { ADDRESSES_OF_A_HOST = DEVICE_OWN_ADDRESSES };

struct binding_key {
    struct address ip;
    uint8_t vlan[2]; /* bytes: no padding in a hashed key */
};

struct binding {
    struct mac mac;
    struct mac former; /* held it before, without having given it back; zero if none */
    uint64_t claimed_ns;
};

/* Whose frames bear an address that nobody claims: hosts whose ARP was over before the
   capture began. */
struct sighting {
    struct mac mac;
    uint64_t last_ns;
};

struct name_entry {
    char text[RECORD_NAME_BYTES];
};

bool identity_init(struct identity *identity, struct device_table *devices,
                   uint32_t capacity, const struct prefix *local_networks,
                   size_t local_network_count, uint64_t seed) {
    *identity = (struct identity){.devices = devices,
                                  .local_networks = local_networks,
                                  .local_network_count = local_network_count};
    identity->bindings = table_create(capacity * 2, sizeof(struct binding_key),
                                      sizeof(struct binding), seed ^ 1);
    identity->names = table_create(capacity, sizeof(struct address),
                                   sizeof(struct name_entry), seed ^ 2);
    identity->sightings = table_create(capacity, sizeof(struct binding_key),
                                       sizeof(struct sighting), seed ^ 6);
    if (identity->bindings && identity->names && identity->sightings)
        return true;
    identity_free(identity);
    return false;
}

void identity_free(struct identity *identity) {
    table_destroy(identity->bindings);
    table_destroy(identity->names);
    table_destroy(identity->sightings);
    identity->bindings = identity->names = identity->sightings = NULL;
}

static struct binding_key binding_key(const struct address *ip, uint16_t vlan) {
    return (struct binding_key){*ip, {(uint8_t)(vlan >> 8), (uint8_t)vlan}};
}

bool identity_is_local(const struct identity *identity, const struct address *address,
                       uint16_t vlan) {
    for (size_t i = 0; i < identity->local_network_count; i++)
        if (prefix_contains(&identity->local_networks[i], address))
            return true;
    struct binding_key key = binding_key(address, vlan);
    return table_find(identity->bindings, &key) != NULL;
}

/* What a device that has learnt holds does not go for the claims of those who just came. */
static void protect_binding(struct identity *identity, struct binding *binding) {
    struct device *holder = device_of_mac(identity->devices, &binding->mac);
    table_move(identity->bindings, binding,
               holder ? table_segment(identity->devices->table, holder)
                      : SEGMENT_PROBATION);
}

/* Records of a second are not in order of time: what comes later may have been first. */
static uint64_t since(uint64_t then_ns, uint64_t now_ns) {
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

static bool is_alive(const struct identity *identity, const struct mac *mac,
                     uint64_t now_ns) {
    struct device_key key = device_key_of_mac(mac);
    const struct device *device = device_find(identity->devices, &key);
    return device && since(device->last_ns, now_ns) < holder_alive_s * second_ns;
}

/* The first to claim an address is not its holder if frames show it to be somebody else's. */
static void take_first(struct identity *identity, const struct binding_key *key,
                       struct binding *binding, const struct mac *mac,
                       uint64_t now_ns) {
    const struct sighting *seen = table_find(identity->sightings, key);
    bool is_seen = seen && since(seen->last_ns, now_ns) < holder_alive_s * second_ns;
    *binding = is_seen ? (struct binding){.mac = seen->mac, .claimed_ns = seen->last_ns}
                       : (struct binding){.mac = *mac, .claimed_ns = now_ns};
}

enum claim_outcome identity_claim(struct identity *identity, const struct mac *mac,
                                  const struct address *ip, uint16_t vlan, bool leased,
                                  uint64_t now_ns, struct mac *holder) {
    if (address_is_unspecified(ip) || mac_is_multicast(mac) || mac_is_zero(mac))
        return CLAIM_CONFIRMED;
    struct binding_key key = binding_key(ip, vlan);
    bool made;
    struct binding *binding = table_force(identity->bindings, &key, &made);
    if (made)
        take_first(identity, &key, binding, mac, now_ns);
    if (mac_equal(&binding->mac, mac)) {
        binding->mac = *mac;
        binding->claimed_ns = now_ns;
        protect_binding(identity, binding);
        return CLAIM_CONFIRMED;
    }
    if (holder)
        *holder = binding->mac;
    if (leased) {
        *binding = (struct binding){.mac = *mac, .claimed_ns = now_ns};
        return CLAIM_MOVED;
    }
    if (mac_equal(&binding->former, mac)) {
        *binding = (struct binding){.mac = *mac, .claimed_ns = now_ns};
        return CLAIM_RETURNED;
    }
    if (since(binding->claimed_ns, now_ns) < claim_lasts_s * second_ns &&
        is_alive(identity, &binding->mac, now_ns))
        return CLAIM_CONFLICT;
    /* Whoever held it first keeps the better right to it. */
    struct mac former = mac_is_zero(&binding->former) ? binding->mac : binding->former;
    *binding = (struct binding){*mac, former, now_ns};
    return CLAIM_MOVED;
}

void identity_release(struct identity *identity, const struct mac *mac,
                      const struct address *ip, uint16_t vlan, uint64_t now_ns) {
    struct binding_key key = binding_key(ip, vlan);
    struct binding *binding = table_find(identity->bindings, &key);
    if (!binding || !mac_equal(&binding->mac, mac))
        return;
    if (mac_is_zero(&binding->former))
        table_remove(identity->bindings, binding);
    else
        *binding = (struct binding){.mac = binding->former, .claimed_ns = now_ns};
}

struct device *identity_holder(const struct identity *identity,
                               const struct address *ip, uint16_t vlan) {
    struct binding_key key = binding_key(ip, vlan);
    const struct binding *binding = table_find(identity->bindings, &key);
    struct device_key behind = device_key_of_address(ip);
    return binding ? device_of_mac(identity->devices, &binding->mac)
                   : device_find(identity->devices, &behind);
}

bool identity_is_held(const struct identity *identity, const struct address *ip,
                      uint16_t vlan, uint64_t now_ns, uint64_t within_s) {
    struct binding_key key = binding_key(ip, vlan);
    const struct binding *binding = table_find(identity->bindings, &key);
    return binding && since(binding->claimed_ns, now_ns) <= within_s * second_ns;
}

enum leaser_standing identity_leaser(struct identity *identity, enum leaser_role role,
                                     const struct mac *mac, const struct address *ip,
                                     uint16_t vlan, bool doubtful, uint64_t now_ns) {
    struct leaser *leasers = identity->leasers[role], *oldest = &leasers[0];
    unsigned *count = &identity->leaser_count[role];
    bool established = false;
    for (unsigned i = 0; i < *count; i++) {
        struct leaser *l = &leasers[i];
        if (l->vlan == vlan && address_equal(&l->ip, ip) && mac_equal(&l->mac, mac)) {
            l->last_ns = now_ns;
            return LEASER_KNOWN;
        }
        established |= l->vlan == vlan && l->ip.family == ip->family &&
                       now_ns - l->first_ns >= leaser_established_s * second_ns &&
                       now_ns - l->last_ns < leaser_lasts_s * second_ns;
        if (l->last_ns < oldest->last_ns)
            oldest = l;
    }
    /* A rogue is not remembered, so that it stays one. */
    if (established || doubtful)
        return established ? LEASER_ROGUE : LEASER_LIAR;
    if (*count < IDENTITY_LEASERS)
        oldest = &leasers[(*count)++];
    *oldest = (struct leaser){*mac, *ip, vlan, now_ns, now_ns};
    return LEASER_KNOWN;
}

/* A packet that comes with an initial hop limit was not forwarded. */
static bool is_initial_ttl(uint8_t ttl) {
    return ttl == 255 || ttl == 128 || ttl == 64 || ttl == 32 || ttl == 1;
}

bool identity_is_spoofed(const struct device *device, const struct flow_record *flow,
                         unsigned side, uint64_t now_ns) {
    return side == INITIATOR && !device->router && device->address_count > 0 &&
           !mac_is_zero(&flow->mac[RESPONDER]) && /* out of a tunnel */
           !device_has_address(device, &flow->ip[side]) &&
           now_ns - device->first_ns >= host_established_s * second_ns;
}

/* An address outside the local networks, seen with this MAC: beyond a router, unless it is
   the only one that this MAC ever had (a network with public addresses). */
static struct device *foreign_endpoint(struct device *device,
                                       const struct flow_record *flow, unsigned side,
                                       bool sent, uint64_t now_ns) {
    const struct address *ip = &flow->ip[side];
    uint8_t ttl = flow->ttl[side];
    if (device->router)
        return NULL;
    if (identity_is_spoofed(device, flow, side, now_ns))
        return device;
    if (ip->family == 6 && sent && is_initial_ttl(ttl)) {
        device_add_address(device, ip);
        return device;
    }
    if (sent) {
        if (!device->has_foreign && device->address_count == 0) {
            device->has_foreign = true;
            device->foreign = *ip;
        } else if (!device->has_foreign || !address_equal(&device->foreign, ip)) {
            device->router = true;
        }
    }
    bool own = device_has_address(device, ip) ||
               (device->has_foreign && address_equal(&device->foreign, ip));
    return own && !device->router ? device : NULL;
}

/* It carries addresses for others. Those it never claimed were not its own, either. */
static void turn_router(const struct identity *identity, struct device *device,
                        uint16_t vlan) {
    device->router = true;
    for (unsigned i = device->address_count; i > 0; i--) {
        struct address ip = device->addresses[i - 1];
        struct binding_key key = binding_key(&ip, vlan);
        const struct binding *binding = table_find(identity->bindings, &key);
        if (!binding || !mac_equal(&binding->mac, &device->key.mac))
            device_remove_address(device, &ip);
    }
}

/* A host's own frames have lost no hop. */
static void sight(struct identity *identity, const struct device *device,
                  const struct binding_key *key, uint8_t ttl, uint64_t now_ns) {
    if (device->router || !is_initial_ttl(ttl))
        return;
    bool made;
    struct sighting *seen = table_force(identity->sightings, key, &made);
    if (made)
        seen->mac = device->key.mac;
    if (mac_equal(&seen->mac, &device->key.mac))
        seen->last_ns = now_ns;
    else if (since(seen->last_ns, now_ns) >= holder_alive_s * second_ns)
        *seen = (struct sighting){device->key.mac, now_ns};
}

static struct device *local_endpoint(struct identity *identity, struct device *device,
                                     const struct flow_record *flow, unsigned side,
                                     bool sent, uint64_t now_ns) {
    const struct address *ip = &flow->ip[side];
    struct binding_key key = binding_key(ip, flow->vlan);
    const struct binding *binding = table_find(identity->bindings, &key);
    if (binding && mac_equal(&binding->mac, &device->key.mac)) {
        device_add_address(device, ip);
        return device;
    }
    if (!binding && sent)
        sight(identity, device, &key, flow->ttl[side], now_ns);
    if (!device->router && !binding && sent && !device_has_address(device, ip)) {
        if (device->address_count >= ADDRESSES_OF_A_HOST && ip->family == 4)
            turn_router(identity, device, flow->vlan);
        else
            device_add_address(device, ip);
    }
    /* What a router sends itself has not lost a hop. */
    if (device->router && device->address_count == 0 && sent && !binding &&
        is_initial_ttl(flow->ttl[side]))
        device_add_address(device, ip);
    /* Whose address is known on this link is not behind anybody: who sends from it stands
       between. */
    if (!device->router || device_has_address(device, ip) ||
        (binding && is_alive(identity, &binding->mac, now_ns)))
        return device;
    struct device_key behind = device_key_of_address(ip);
    if (!sent)
        return device_find(identity->devices, &behind);
    struct mac carrier = device->key.mac;
    struct device *host = device_get(identity->devices, &behind, now_ns);
    host->carrier = carrier;
    return host;
}

struct device *identity_endpoint(struct identity *identity,
                                 const struct flow_record *flow, unsigned side,
                                 bool sent, uint64_t now_ns) {
    const struct mac *mac = &flow->mac[side];
    const struct address *ip = &flow->ip[side];
    if (mac_is_multicast(mac))
        return NULL;
    bool has_ip =
        ip->family && !address_is_unspecified(ip) && !address_is_multicast(ip);
    if (mac_is_zero(mac)) { /* a capture without link addresses */
        if (!has_ip || !identity_is_local(identity, ip, flow->vlan))
            return NULL;
        struct device_key key = device_key_of_address(ip);
        return sent ? device_get(identity->devices, &key, now_ns)
                    : device_find(identity->devices, &key);
    }
    struct device_key key = device_key_of_mac(mac);
    struct device *device = sent ? device_get(identity->devices, &key, now_ns)
                                 : device_find(identity->devices, &key);
    if (!device)
        return NULL;
    if (sent)
        device_heard(device, flow->vlan, now_ns);
    if (!has_ip)
        return device;
    if (!identity_is_local(identity, ip, flow->vlan))
        return foreign_endpoint(device, flow, side, sent, now_ns);
    return local_endpoint(identity, device, flow, side, sent, now_ns);
}

struct device *identity_speaker(const struct identity *identity, const struct mac *mac,
                                const struct address *ip, uint16_t vlan) {
    struct device_key behind = device_key_of_address(ip);
    bool has_ip = ip->family && !address_is_unspecified(ip);
    if (mac_is_zero(mac))
        return has_ip ? device_find(identity->devices, &behind) : NULL;
    struct device *device = device_of_mac(identity->devices, mac);
    if (!device || !has_ip || device_has_address(device, ip))
        return device;
    if (!identity_is_local(identity, ip, vlan))
        return NULL;
    return device->router ? device_find(identity->devices, &behind) : device;
}

void identity_name(struct identity *identity, const struct address *ip,
                   const char *name) {
    bool made;
    struct name_entry *entry = table_force(identity->names, ip, &made);
    text_copy_untrusted(entry->text, sizeof entry->text, name, strlen(name));
}

void identity_use_name(struct identity *identity, const struct address *ip) {
    struct name_entry *entry = ip->family ? table_find(identity->names, ip) : NULL;
    if (entry)
        table_touch(identity->names, entry);
}

const char *identity_name_of(const struct identity *identity,
                             const struct address *ip) {
    const struct name_entry *entry =
        ip->family ? table_find(identity->names, ip) : NULL;
    return entry ? entry->text : "";
}

/* Where a person has put it; 0: nowhere. */
static uint8_t zone_set_by_hand(const struct identity *identity,
                                const struct device *device) {
    const struct standing *standing =
        device && device->has_standing
            ? standing_find(identity->standings, &device->key)
            : NULL;
    return standing ? standing->zone : 0;
}

uint8_t identity_zone_at(const struct identity *identity, const struct device *device,
                         const struct zone_subject *subject) {
    uint8_t by_hand = zone_set_by_hand(identity, device);
    return by_hand ? by_hand : zone_of(identity->zones, subject);
}

uint8_t identity_zone(const struct identity *identity, const struct device *device) {
    struct zone_subject subject = {.vlan = device->vlan, .local = true};
    if (device->key.ip.family) {
        subject.ip = device->key.ip;
    } else {
        subject.mac = &device->key.mac;
        subject.ip = device->addresses[0];
    }
    return identity_zone_at(identity, device, &subject);
}

uint8_t identity_zone_of_end(const struct identity *identity,
                             const struct flow_record *flow, unsigned side,
                             const struct device *device) {
    const struct address *ip = &flow->ip[side];
    const struct mac *mac = &flow->mac[side];
    struct device_key key = device_key_of_mac(mac);
    bool own = device && device_has_address(device, ip);
    struct zone_subject subject = {.ip = *ip, .vlan = flow->vlan};
    subject.local = own || identity_is_local(identity, ip, flow->vlan);
    /* A MAC that has not spoken yet is no router as far as anybody knows. */
    bool on_link = device ? !device->key.ip.family
                          : !mac_is_zero(mac) && !device_find(identity->devices, &key);
    if (subject.local && on_link)
        subject.mac = mac;
    return identity_zone_at(identity, device, &subject);
}

double identity_confidence(const struct device *device) {
    if (device->believed > 0)
        return (double)device->believed;
    double confidence = device->key.ip.family            ? behind_a_router
                        : mac_is_local(&device->key.mac) ? private_mac
                                                         : global_mac;
    return device->is_shared ? confidence * shared : confidence;
}
