#include "tests/traffic/site.h"

#include "tests/traffic/behaviour.h"
#include "tests/traffic/site_tables.h"

#include <stdio.h>
#include <string.h>

const struct site *site_by_name(const char *name) {
    static const struct site *const sites[] = {&site_home, &site_building, &site_plant,
                                               &site_office};
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        if (strcmp(sites[i]->name, name) == 0)
            return sites[i];
    return NULL;
}

/* A telephone that belongs to somebody from outside. */
static const struct service visitor_services[] = {
    BROWSE(PEOPLE(4 * MINUTE, RHYTHM_FLAT)),
    CHANNEL("push.pomegranate.example", 5223, 32, EVERY(9 * MINUTE, 0.3), 120, 180, 0.8,
            9 * HOUR),
    TLS("sync.pomegranate.example", 32, PEOPLE(6 * MINUTE, RHYTHM_FLAT), 2500, 9000,
        1.0),
    MDNS(PEOPLE(10 * MINUTE, RHYTHM_FLAT), "_airplay._tcp.local"),
};
static const struct profile visitor = {.label = "visitor",
                                       .name = "visitor-%04x",
                                       .ttl = 64,
                                       .dual_stack = true,
                                       .silent_name = true,
                                       .arp_s = 40,
                                       .presence = PRESENCE_NEVER,
                                       .dhcp_parameters = "\x01\x79\x03\x06\x0f\x6c",
                                       SERVICES(visitor_services)};

enum { VISITORS = 2 };

/* Vendors hand out addresses in order of making; phones make one up for each network. */
static struct mac make_mac(const struct profile *profile, uint64_t key) {
    static const uint8_t none[3];
    struct mac mac;
    for (int i = 0; i < 6; i++)
        mac.bytes[i] = (uint8_t)(key >> (8 * i + 8));
    if (memcmp(profile->oui, none, 3) == 0)
        mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xf0) | 0x02);
    else
        memcpy(mac.bytes, profile->oui, 3);
    return mac;
}

static void make_host(struct simulation *simulation, const struct profile *profile,
                      uint32_t index, uint32_t same) {
    struct host *host = &simulation->hosts[index];
    host->profile = profile;
    host->index = index;
    host->key =
        rng_mix(rng_mix(simulation->seed ^ (uint64_t)simulation->network << 20) ^
                rng_hash(profile->label) ^ (uint64_t)same << 40);
    host->rng = rng_make(host->key, 0);
    host->mac = make_mac(profile, host->key);
    /* 10 … 249 of each /24, the gateway in front. */
    host->ip =
        simulation->network + (index == 0 ? 1 : index / 240 * 256 + 10 + index % 240);
    host->port = (uint16_t)(32768 + host->key % 20000);
    if (strstr(profile->name, "%02u"))
        snprintf(host->name, sizeof host->name, profile->name, same + 1);
    else
        snprintf(host->name, sizeof host->name, profile->name,
                 (unsigned)(host->key >> 20 & 0xffff));
}

/* A router and who lives behind it: hosts of another network, all with the router's MAC. */
static const struct service router_services[] = {
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.1)),
};
static const struct profile router = {.label = "router",
                                      .name = "router-%02u",
                                      .oui = {0x50, 0xc7, 0xbf},
                                      .ttl = 64,
                                      .arp_s = 200,
                                      SERVICES(router_services)};

static const struct profile *profile_of(const struct simulation *simulation,
                                        const struct site *site, size_t residents,
                                        size_t index) {
    if (index < site->fixed_count)
        return site->fixed[index];
    if (index == residents && simulation->routed)
        return &router;
    if (index >= simulation->host_count - VISITORS)
        return &visitor;
    return site->crowd[(index - site->fixed_count) % site->crowd_count];
}

static void move_behind(struct simulation *simulation, struct host *via, size_t first,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct host *host = &simulation->hosts[first + i];
        host->via = via;
        host->mac = via->mac;
        host->ip = simulation->network + 0x3200 + 10 + (uint32_t)i;
    }
}

void site_populate(struct simulation *simulation, const struct site *site,
                   size_t count) {
    if (count < site->fixed_count)
        count = site->fixed_count;
    size_t residents = count;
    count += VISITORS + simulation->routed + (simulation->routed ? 1 : 0);
    simulation->network = site->network;
    simulation->host_count = count;
    simulation->hosts = simulation_allocate(simulation, count * sizeof(struct host));
    simulation->known_until_us =
        simulation_allocate(simulation, count * count * sizeof(uint64_t));
    simulation->gateway = &simulation->hosts[0];
    for (size_t i = 0; i < count; i++) {
        const struct profile *profile = profile_of(simulation, site, residents, i);
        uint32_t same = 0;
        for (size_t j = 0; j < i; j++)
            same += strcmp(simulation->hosts[j].profile->label, profile->label) == 0;
        make_host(simulation, profile, (uint32_t)i, same);
    }
    if (simulation->routed)
        move_behind(simulation, &simulation->hosts[residents], residents + 1,
                    simulation->routed);
    /* The caches are as old as they may be when a capture begins. */
    struct rng rng = rng_make(simulation->seed, 11);
    for (size_t i = 0; i < count * count; i++)
        simulation->known_until_us[i] =
            simulation->start_us + (uint64_t)(rng_uniform(&rng) * 200e6);
    for (size_t i = 0; i < count; i++)
        behaviour_start(simulation, &simulation->hosts[i]);
}

size_t site_residents(const struct simulation *simulation) {
    return simulation->host_count - VISITORS;
}
