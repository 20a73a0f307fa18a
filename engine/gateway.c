#include "engine/gateway.h"

#include <string.h>

enum {
    LEARNING_S = 3600,
    STRETCH_S = 600,     /* silent for longer, a way is no longer in use */
    BESIDE_S = 30,       /* a host that has not yet heard of the change is no witness */
    ESTABLISHED_S = 600, /* before that, nobody knows all of them */
    EARNED_HOURS = 24,
    EARNED_S = 3 * 86400,
};

/* Zeroed before it is filled. Without a prefix: of all networks of the VLAN together. */
struct network_key {
    struct address prefix, inner; /* whose hosts leave; for which local network */
    uint16_t vlan;
    uint16_t within; /* not for the world */
};

enum { SEGMENT_INNER, SEGMENT_WORLD };

struct table *gateway_create(uint64_t seed) {
    return table_create(GATEWAY_NETWORKS, sizeof(struct network_key),
                        sizeof(struct gateway_network), seed);
}

static void put_prefix(struct address *prefix, const struct address *ip) {
    if (!ip)
        return;
    prefix->family = ip->family;
    memcpy(prefix->bytes, ip->bytes, ip->family == 4 ? 3 : 8);
}

static struct network_key key_of(uint16_t vlan, bool within, const struct address *host,
                                 const struct address *inner) {
    struct network_key key;
    memset(&key, 0, sizeof key);
    key.vlan = vlan;
    key.within = within;
    put_prefix(&key.prefix, host);
    put_prefix(&key.inner, inner);
    return key;
}

static struct gateway_network *
network_of(struct table *networks, const struct network_key *key, uint32_t now_s) {
    bool made;
    struct gateway_network *network = table_force(networks, key, &made);
    table_move(networks, network, key->within ? SEGMENT_INNER : SEGMENT_WORLD);
    /* After a step back in time it begins anew. */
    if (made || network->made_s > now_s)
        *network = (struct gateway_network){.made_s = now_s};
    return network;
}

/* Its place, else the one that is missed least: a free one, a strange one, the oldest. */
static struct gateway_way *way_of(struct gateway_network *network,
                                  const struct mac *mac) {
    struct gateway_way *worst = network->ways;
    for (unsigned i = 0; i < GATEWAY_WAYS; i++) {
        struct gateway_way *way = &network->ways[i];
        if (mac_equal(&way->mac, mac))
            return way;
        if (way->usual != worst->usual ? worst->usual : way->last_s < worst->last_s)
            worst = way;
    }
    *worst = (struct gateway_way){.mac = *mac};
    return worst;
}

static void use(struct gateway_way *way, uint32_t now_s, bool learning) {
    if (!way->made_s)
        way->made_s = now_s;
    if (now_s - way->last_s > STRETCH_S)
        way->since_s = now_s;
    way->last_s = now_s;
    if (!way->usual && way->hour != now_s / 3600 && way->hours < EARNED_HOURS)
        way->hours++;
    way->hour = now_s / 3600;
    way->usual |=
        learning || (way->hours == EARNED_HOURS && now_s - way->made_s >= EARNED_S);
}

/* Whether others leave by a usual one now. */
static bool has_better(const struct gateway_network *network,
                       const struct gateway_way *way, uint32_t now_s) {
    for (unsigned i = 0; i < GATEWAY_WAYS; i++) {
        const struct gateway_way *other = &network->ways[i];
        if (other->usual && other->last_s > way->since_s + BESIDE_S &&
            now_s - other->last_s <= STRETCH_S)
            return true;
    }
    return false;
}

/* Somebody left by it. */
static const struct gateway_way *leave(struct table *networks,
                                       const struct network_key *key,
                                       const struct mac *mac, uint32_t now_s,
                                       const struct gateway_network **of) {
    struct gateway_network *network = network_of(networks, key, now_s);
    struct gateway_way *way = way_of(network, mac);
    use(way, now_s, now_s - network->made_s <= LEARNING_S);
    *of = network;
    return way;
}

bool gateway_is_strange(struct table *networks, uint16_t vlan,
                        const struct address *host, const struct address *inner,
                        const struct mac *mac, uint64_t now_s) {
    uint32_t now = (uint32_t)now_s;
    bool within = inner != NULL;
    struct network_key all = key_of(vlan, within, NULL, NULL),
                       key = key_of(vlan, within, host, inner);
    if (within && address_equal(&key.prefix, &key.inner))
        return false;
    const struct gateway_network *network;
    bool routes = leave(networks, &all, mac, now, &network)->usual && within;
    const struct gateway_way *way = leave(networks, &key, mac, now, &network);
    return !routes && !way->usual && has_better(network, way, now) &&
           !(within && gateway_role(networks, vlan, mac, now_s) == GATEWAY_USUAL);
}

enum gateway_role gateway_role(const struct table *networks, uint16_t vlan,
                               const struct mac *mac, uint64_t now_s) {
    uint32_t now = (uint32_t)now_s;
    struct network_key key = key_of(vlan, false, NULL, NULL);
    const struct gateway_network *network = table_find(networks, &key);
    enum gateway_role role = GATEWAY_UNKNOWN;
    if (!network || network->made_s + ESTABLISHED_S > now)
        return GATEWAY_UNKNOWN;
    for (unsigned i = 0; i < GATEWAY_WAYS; i++) {
        const struct gateway_way *way = &network->ways[i];
        if (way->usual && mac_equal(&way->mac, mac))
            return GATEWAY_USUAL;
        if (way->usual && way->last_s <= now && now - way->last_s <= STRETCH_S)
            role = GATEWAY_OTHER;
    }
    return role;
}
