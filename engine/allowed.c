#include "engine/ledger.h"
#include "engine/policy/mud_set.h"
#include "engine/state.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One flow outside of a profile, or past the gateway, is evidence enough; a habit of them keeps
   its level and does not climb. Strength and points as those of other lasting conditions (judge.c). */
static const float strength = 5, points = 1.6F;
static const double ceiling = 7;

enum { ANSWERS = 16384, LOOKED_S = 60 };

/* Which profile a device has; looked up anew now and then, for it may announce another. */
struct profiled {
    uint32_t looked_s; /* 0 never */
    uint32_t profile;  /* mud_set_count where none */
};

/* A device was told that an address has a name of its profile. Zeroed before it is filled. */
struct answer_key {
    struct device_key device;
    struct address ip;
    uint64_t name;
};

static bool make_room(struct engine *engine) {
    if (!engine->answers)
        engine->answers =
            table_create(ANSWERS, sizeof(struct answer_key), 1, engine->options.seed);
    if (engine->answers && !engine->profiled)
        engine->profiled =
            calloc(engine->options.device_capacity, sizeof *engine->profiled);
    return engine->profiled;
}

bool allowed_init(struct engine *engine) {
    engine->ways = gateway_create(engine->options.seed);
    return engine->ways && (!engine->options.mud || make_room(engine));
}

void allowed_free(struct engine *engine) {
    free(engine->profiled);
    table_destroy(engine->answers);
    table_destroy(engine->ways);
    mud_set_free(engine->adopted);
    mud_set_free(atomic_load(&engine->offered));
}

void engine_adopt(struct engine *engine, struct mud_set *profiles) {
    mud_set_free(atomic_exchange(&engine->offered, profiles));
}

void allowed_adopt(struct engine *engine) {
    if (!atomic_load_explicit(&engine->offered, memory_order_relaxed))
        return;
    struct mud_set *offered = atomic_exchange(&engine->offered, NULL);
    if (!make_room(engine)) {
        mud_set_free(offered);
        return;
    }
    mud_set_free(engine->adopted);
    engine->options.mud = engine->adopted = offered;
    memset(engine->profiled, 0,
           engine->options.device_capacity * sizeof *engine->profiled);
}

void allowed_forget(struct engine *engine, uint32_t index) {
    if (engine->profiled)
        engine->profiled[index] = (struct profiled){0};
}

/* What the device itself announced as its profile's URL, "" if nothing. */
static const char *announced_url(const struct engine *engine,
                                 const struct device *device) {
    static const enum name_kind sources[] = {NAME_DHCP_MUD, NAME_LLDP_MUD};
    for (unsigned i = 0; i < 2; i++) {
        const struct known_fact *fact =
            inventory_fact(&engine->inventory, device, sources[i]);
        if (fact)
            return fact->text;
    }
    return "";
}

/* NULL where it has none. */
static const struct mud *profile_of(struct engine *engine, const struct device *device,
                                    uint64_t now_s) {
    const struct mud_set *set = engine->options.mud;
    struct profiled *known =
        &engine->profiled[table_index(engine->devices.table, device)];
    if (!known->looked_s || now_s - known->looked_s >= LOOKED_S) {
        char id[DEVICE_ID_BYTES], group[GROUP_LABEL_BYTES];
        device_id(device, id, sizeof id);
        inventory_group(&engine->inventory, device, group);
        known->looked_s = (uint32_t)now_s;
        known->profile =
            (uint32_t)mud_set_find(set, id, group, announced_url(engine, device));
    }
    return known->profile < mud_set_count(set) ? mud_set_at(set, known->profile) : NULL;
}

/* FNV-1a without regard to case: who finds two names that it confuses must still be asked
   for the one and answer for it. */
static uint64_t hash_name(const char *name) {
    uint64_t value = 0xcbf29ce484222325;
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        value = (value ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001b3;
    }
    return value;
}

static struct answer_key answer_key(const struct device *device,
                                    const struct address *ip, const char *name) {
    struct answer_key key;
    memset(&key, 0, sizeof key);
    key.device = device->key;
    key.ip = *ip;
    key.name = hash_name(name);
    return key;
}

void allowed_answer(struct engine *engine, const struct name_record *answer) {
    struct device *device =
        engine->profiled ? device_of_mac(&engine->devices, &answer->mac) : NULL;
    const struct mud *mud =
        device ? profile_of(engine, device, engine->status.now_ns / 1000000000) : NULL;
    if (!mud || !mud_knows(mud, answer->text))
        return;
    struct answer_key key = answer_key(device, &answer->ip, answer->text);
    bool made;
    table_force(engine->answers, &key, &made);
}

/* Of one end of a flow, for the profile's questions. */
struct asked {
    const struct engine *engine;
    const struct device *device; /* whose profile asks */
    const struct address *ip;    /* the peer's */
};

/* By the answers that it got; else, as after a restart, by those that anybody got last. */
static bool is_named(const void *context, const char *name) {
    const struct asked *asked = context;
    struct answer_key key = answer_key(asked->device, asked->ip, name);
    return table_find(asked->engine->answers, &key) ||
           !strcasecmp(identity_name_of(&asked->engine->identity, asked->ip), name);
}

static bool controls(const void *context, const char *class) {
    const struct asked *asked = context;
    return mud_set_controls(asked->engine->options.mud, class, asked->ip);
}

/* Who leads out of the network, or hands out its addresses. */
static bool is_gateway(const struct engine *engine, const struct device *peer) {
    if (!peer || peer->router)
        return peer != NULL;
    for (unsigned role = 0; role < LEASER_ROLES; role++)
        for (unsigned i = 0; i < engine->identity.leaser_count[role]; i++)
            if (mac_equal(&engine->identity.leasers[role][i].mac, &peer->key.mac))
                return true;
    return false;
}

static bool is_within_profile(const struct engine *engine, const struct mud *mud,
                              const struct flow_record *flow, unsigned side,
                              const struct device *device, const struct device *peer) {
    const struct address *ip = &flow->ip[!side];
    const struct asked asked = {engine, device, ip};
    bool is_icmp = flow->protocol == 1 || flow->protocol == 58;
    bool to_all = mac_is_multicast(&flow->mac[!side]) || address_is_multicast(ip);
    struct mud_flow view = {
        .from_device = side == INITIATOR,
        .ethertype = flow->ethertype,
        .protocol = flow->protocol,
        .device_port = flow->port[side],
        .peer_port = flow->port[!side],
        .icmp = is_icmp ? flow->port[RESPONDER] : 0,
        .device_ip = flow->ip[side],
        .peer = {.ip = *ip,
                 .mac = flow->mac[!side],
                 .local = to_all || peer ||
                          identity_is_local(&engine->identity, ip, flow->vlan),
                 .classes =
                     is_gateway(engine, peer) ? MUD_GATEWAY | MUD_DNS | MUD_NTP : 0,
                 .url = peer ? announced_url(engine, peer) : "",
                 .is_named = is_named,
                 .controls = controls,
                 .context = &asked}};
    bool allowed = mud_allows(mud, &view);
    if (!allowed && flow->events & FLOW_MIDSTREAM) {
        view.from_device = !view.from_device;
        allowed = mud_allows(mud, &view);
    }
    return allowed;
}

/* Told once in a window. */
static void hold_against(struct engine *engine, struct device *device,
                         const struct flow_record *flow, struct evidence evidence,
                         uint64_t now_s) {
    struct open_window *open = engine_window(engine, device);
    if (engine->options.families_off & (1u << FAMILY_INVARIANT) ||
        open->told[evidence.kind] > 0)
        return;
    open->told[evidence.kind] = strength;
    open->window.hard_strength = fmaxf(open->window.hard_strength, strength);
    evidence.points = points;
    evidence.observed = 1;
    evidence.protocol = flow->protocol;
    evidence.port = flow->port[RESPONDER];
    judge_evidence(engine, device, &evidence, 0, ceiling, now_s);
}

static struct evidence outside_profile(const struct flow_record *flow,
                                       enum mud_side how) {
    return (struct evidence){.kind = EVIDENCE_MUD,
                             .peer =
                                 flow->ip[how == MUD_REACHED ? INITIATOR : RESPONDER],
                             .feature = (uint8_t)how};
}

/* For rules to be written from. The chores of ICMPv6 on the link need none. */
static void note(struct engine *engine, const struct flow_record *flow, unsigned side,
                 const struct device *device, const struct device *peer,
                 uint64_t now_s) {
    const struct address *ip = &flow->ip[!side];
    struct ledger_entry entry = {
        .device = device->key,
        .from_device = side == INITIATOR,
        .local = peer || address_is_multicast(ip) ||
                 mac_is_multicast(&flow->mac[!side]) ||
                 identity_is_local(&engine->identity, ip, flow->vlan),
        .protocol = flow->protocol,
        .zones = {ZONE_NONE, ZONE_NONE},
        .port = flow->port[RESPONDER],
        .peer = *ip,
    };
    if (!ip->family || (flow->protocol == 58 && flow->port[RESPONDER] >> 8 >= 130))
        return;
    if (!entry.local)
        snprintf(entry.name, sizeof entry.name, "%s",
                 identity_name_of(&engine->identity, ip));
    if (engine->options.zones) {
        entry.zones[0] = identity_zone_of_end(&engine->identity, flow, side, device);
        entry.zones[1] = identity_zone_of_end(&engine->identity, flow, !side, peer);
    }
    ledger_note(engine->options.ledger, &entry, (uint32_t)now_s);
}

/* What a device opens is its own doing. What is opened to it is the doing of a neighbour; one
   who is none can only be answered for by the device, once it has answered. */
static void check_profiles(struct engine *engine, const struct flow_record *flow,
                           struct device *const devices[2], uint64_t now_s) {
    for (unsigned side = 0; side < 2; side++) {
        struct device *device = devices[side], *peer = devices[!side];
        bool counts = side == INITIATOR || peer ? (flow->events & FLOW_NEW) != 0
                                                : flow->state == FLOW_ANSWERED;
        if (!device || !counts)
            continue;
        if (engine->options.ledger)
            note(engine, flow, side, device, peer, now_s);
        const struct mud *mud =
            engine->profiled ? profile_of(engine, device, now_s) : NULL;
        if (!mud || is_within_profile(engine, mud, flow, side, device, peer))
            continue;
        if (side == INITIATOR)
            hold_against(engine, device, flow, outside_profile(flow, MUD_OPENED),
                         now_s);
        else if (peer)
            hold_against(engine, peer, flow, outside_profile(flow, MUD_OF_PEER), now_s);
        else
            hold_against(engine, device, flow, outside_profile(flow, MUD_REACHED),
                         now_s);
    }
}

/* A new flow against the rules of the zones; what its initiator did is held against it. */
static void check_zones(const struct engine *engine, const struct flow_record *flow,
                        struct device *const devices[2]) {
    struct device *initiator = devices[INITIATOR];
    const struct zone_set *zones = engine->options.zones;
    if (!zones || !initiator || !(flow->events & FLOW_NEW) || !flow->protocol ||
        address_is_multicast(&flow->ip[RESPONDER]) ||
        mac_is_multicast(&flow->mac[RESPONDER]))
        return;
    uint8_t zone[2];
    for (unsigned side = 0; side < 2; side++)
        zone[side] = identity_zone_of_end(&engine->identity, flow, side, devices[side]);
    bool allowed = zone_allows(zones, zone[INITIATOR], zone[RESPONDER], flow->protocol,
                               flow->port[RESPONDER]);
    if (!allowed && flow->events & FLOW_MIDSTREAM)
        allowed = zone_allows(zones, zone[RESPONDER], zone[INITIATOR], flow->protocol,
                              flow->port[INITIATOR]);
    if (!allowed)
        invariant_breach(&initiator->invariant, flow, zone[RESPONDER]);
}

/* A host on the link speaks to somebody who is not, in a flow that it opened, perhaps long ago:
   by whom does it leave? Who carries what is not its own goes its own ways. */
static void check_way(struct engine *engine, const struct flow_record *flow,
                      struct device *const devices[2], uint64_t now_s) {
    struct device *host = devices[INITIATOR];
    const struct device *peer = devices[RESPONDER];
    const struct address *to = &flow->ip[RESPONDER];
    const struct mac *by = &flow->mac[RESPONDER];
    const struct zone_set *zones = engine->options.zones;
    if (!host || host->key.ip.family || host->router || !to->family ||
        !flow->packets[INITIATOR] || flow->events & FLOW_MIDSTREAM || mac_is_zero(by) ||
        mac_is_multicast(by) || address_is_multicast(to) ||
        !device_has_address(host, &flow->ip[INITIATOR]))
        return;
    bool outside = !identity_is_local(&engine->identity, to, flow->vlan);
    if (!outside && !(peer && peer->key.ip.family))
        return;
    enum zone_way way =
        zones ? zone_way(zones,
                         identity_zone_of_end(&engine->identity, flow, INITIATOR, host),
                         by)
              : ZONE_WAY_OPEN;
    if (way == ZONE_WAY_OPEN &&
        gateway_is_strange(engine->ways, flow->vlan, &flow->ip[INITIATOR],
                           outside ? NULL : to, by, now_s))
        way = ZONE_WAY_STRANGE;
    if (way == ZONE_WAY_STRANGE)
        hold_against(
            engine, host, flow,
            (struct evidence){.kind = EVIDENCE_GATEWAY_BYPASS, .peer = *to, .mac = *by},
            now_s);
}

void allowed_flow(struct engine *engine, const struct flow_record *flow,
                  struct device *const devices[2], uint64_t now_s) {
    check_zones(engine, flow, devices);
    check_way(engine, flow, devices, now_s);
    if ((engine->profiled || engine->options.ledger) && flow->protocol)
        check_profiles(engine, flow, devices, now_s);
}
