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

/* Zeroed before it is filled. All networks of a VLAN together have no prefix. */
struct network_key {
    struct address prefix;
    uint16_t vlan;
};

struct table *gateway_create(uint64_t seed) {
    return table_create(GATEWAY_NETWORKS, sizeof(struct network_key),
                        sizeof(struct gateway_network), seed);
}

static struct network_key key_of(uint16_t vlan, const struct address *host) {
    struct network_key key;
    memset(&key, 0, sizeof key);
    key.vlan = vlan;
    if (host) {
        key.prefix.family = host->family;
        memcpy(key.prefix.bytes, host->bytes, host->family == 4 ? 3 : 8);
    }
    return key;
}

static struct gateway_network *network_of(struct table *networks, uint16_t vlan,
                                          const struct address *host, uint32_t now_s) {
    struct network_key key = key_of(vlan, host);
    bool made;
    struct gateway_network *network = table_force(networks, &key, &made);
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

/* Somebody left by it. */
static struct gateway_way *leave(struct gateway_network *network, const struct mac *mac,
                                 uint32_t now_s) {
    struct gateway_way *way = way_of(network, mac);
    use(way, now_s, now_s - network->made_s <= LEARNING_S);
    return way;
}

bool gateway_is_strange(struct table *networks, uint16_t vlan,
                        const struct address *host, const struct mac *mac,
                        uint64_t now_s) {
    uint32_t now = (uint32_t)now_s;
    leave(network_of(networks, vlan, NULL, now), mac, now);
    struct gateway_network *network = network_of(networks, vlan, host, now);
    const struct gateway_way *way = leave(network, mac, now);
    if (way->usual)
        return false;
    for (unsigned i = 0; i < GATEWAY_WAYS; i++) {
        const struct gateway_way *other = &network->ways[i];
        if (other->usual && other->last_s > way->since_s + BESIDE_S &&
            now - other->last_s <= STRETCH_S)
            return true;
    }
    return false;
}

enum gateway_role gateway_role(const struct table *networks, uint16_t vlan,
                               const struct mac *mac, uint64_t now_s) {
    uint32_t now = (uint32_t)now_s;
    struct network_key key = key_of(vlan, NULL);
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
