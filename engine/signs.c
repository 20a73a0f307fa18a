#include "engine/state.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;

static const uint64_t sweep_s = 3600, private_life_s = 86400;

/* Points of evidence: 1.19 make MEDIUM alone. */
static const float points_of[] = {
    [DOUBT_TWO_STACKS] = 1.6F,
    [DOUBT_TWO_PLACES] = 1.6F,
    [DOUBT_VLAN_HOP] = 1.6F,
    [DOUBT_REPLACED] = 1.6F,
};
static const uint8_t kind_of[] = {
    [DOUBT_TWO_STACKS] = EVIDENCE_TWO_STACKS,
    [DOUBT_TWO_PLACES] = EVIDENCE_TWO_PLACES,
    [DOUBT_VLAN_HOP] = EVIDENCE_VLAN_HOP,
    [DOUBT_REPLACED] = EVIDENCE_REPLACED,
};

static void raise_doubt(struct engine *engine, struct device *device,
                        const struct continuity *state, enum doubt doubt,
                        uint64_t now_s) {
    if (doubt == DOUBT_NONE)
        return;
    struct evidence e = {.kind = kind_of[doubt], .points = points_of[doubt]};
    e.observed = 1;
    if (doubt == DOUBT_REPLACED)
        e.observed = (float)state->differences;
    else if (doubt == DOUBT_VLAN_HOP)
        e.observed = (float)device->vlan;
    judge_identity(engine, device, &e, now_s);
}

/* What a host on the link tells by speaking. What is behind a router shows the router's
   ways; a router, those of all behind it. */
static struct continuity *continuity_of(struct engine *engine, struct device *device) {
    if (device->router || device->key.ip.family)
        return NULL;
    struct continuity *state = &inventory_get(&engine->inventory, device)->continuity;
    if (state->returned_s != device->returned_s)
        continuity_return(state, device->returned_s);
    return state;
}

static void take_stack(struct engine *engine, struct device *device,
                       const struct flow_record *flow, unsigned side, uint64_t now_s) {
    struct continuity *state = continuity_of(engine, device);
    uint32_t now = (uint32_t)now_s;
    if (!state || flow->vantage.depth > 0)
        return;
    raise_doubt(engine, device, state,
                continuity_place(state, flow->vlan, device->leased_s, now), now_s);
    device->away = state->away;
    bool is_own = device->address_count > 0 &&
                  address_equal(&device->addresses[0], &flow->ip[side]);
    if (side != INITIATOR || flow->protocol != 6 || !is_own ||
        flow->events & FLOW_MIDSTREAM)
        return;
    raise_doubt(engine, device, state,
                continuity_hop_limit(state, flow->ttl[side], now), now_s);
    device->is_shared |= continuity_is_shared(state);
}

/* One more hello is strange to a device that had one; who has many is a browser. */
static void take_hello(struct engine *engine, struct device *device, const char *hello,
                       uint64_t now_s) {
    enum name_kind source = strchr(hello, '_') ? NAME_JA4 : NAME_JA3;
    enum note_outcome outcome = inventory_note(&engine->inventory, device, source,
                                               hello, (uint32_t)now_s, NULL);
    struct continuity *state = continuity_of(engine, device);
    if (!state)
        return;
    bool differs = outcome == NOTE_NEW && state->has_hello;
    state->has_hello = true;
    raise_doubt(engine, device, state,
                continuity_said(state, source, hello, differs, false, device->silent_s,
                                (uint32_t)now_s),
                now_s);
}

void signs_flow(struct engine *engine, const struct flow_record *flow,
                struct device *const devices[2], uint64_t now_s) {
    struct inventory *inventory = &engine->inventory;
    if (!(flow->events & (FLOW_NEW | FLOW_END)))
        return;
    bool is_clear = flow->state == FLOW_ANSWERED && !(flow->events & FLOW_MIDSTREAM);
    for (unsigned side = 0; side < 2; side++) {
        if (!devices[side])
            continue;
        if (flow->packets[side] && flow->events & FLOW_NEW)
            take_stack(engine, devices[side], flow, side, now_s);
        if (is_clear)
            inventory_service(inventory, devices[side], side == RESPONDER,
                              flow->protocol, flow->port[RESPONDER]);
    }
    if (devices[INITIATOR] && flow->hello[0])
        take_hello(engine, devices[INITIATOR], flow->hello, now_s);
    bool asks =
        strcmp(flow->application, "TLS") == 0 || strcmp(flow->application, "QUIC") == 0;
    if (devices[INITIATOR] && asks)
        inventory_note(inventory, devices[INITIATOR], NAME_ASKED, flow->name,
                       (uint32_t)now_s, NULL);
}

/* What a device is called. A host name told to the DHCP server outranks what multicast
   says. */
static void label_device(struct device *device, const struct name_record *name) {
    char *label = NULL;
    switch ((enum name_kind)name->kind) {
    case NAME_DHCP_HOST:
    case NAME_DHCP6_HOST:
    case NAME_MDNS:
    case NAME_MDNS_SERVICE:
    case NAME_LLDP:
    case NAME_CDP:
    case NAME_NETBIOS:
        label = device->name;
        break;
    case NAME_DHCP_VENDOR:
    case NAME_SSDP:
        label = device->vendor;
        break;
    default:
        return;
    }
    if (label[0] == 0 || name->kind == NAME_DHCP_HOST || name->kind == NAME_DHCP_VENDOR)
        text_copy_untrusted(label, DEVICE_LABEL_BYTES, name->text, strlen(name->text));
}

/* Clients that only start a machine and hand over to its own. */
static bool is_boot_client(const struct inventory *inventory,
                           const struct device *device) {
    static const char *const classes[] = {"PXEClient", "HTTPClient", "U-Boot", "d-i"};
    const struct known_fact *class =
        inventory_fact(inventory, device, NAME_DHCP_VENDOR);
    for (unsigned i = 0; class && i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(class->text, classes[i], strlen(classes[i])) == 0)
            return true;
    return false;
}

void signs_name(struct engine *engine, const struct record *record) {
    const struct name_record *name = &record->name;
    enum name_kind source = (enum name_kind)name->kind;
    uint32_t now_s = (uint32_t)(record->time_ns / second_ns);
    char before[FACT_TEXT_BYTES];
    struct device *device =
        identity_speaker(&engine->identity, &name->mac, &name->ip, name->vlan);
    if (!device)
        return;
    poison_name(engine, device, name, now_s);
    if (source == NAME_LOCAL_ANSWER)
        return;
    enum note_outcome outcome =
        inventory_note(&engine->inventory, device, source, name->text, now_s, before);
    label_device(device, name);
    engine->dirty[table_index(engine->devices.table, device)] = true;
    struct continuity *state = continuity_of(engine, device);
    if (!state)
        return;
    bool is_boot = is_boot_client(&engine->inventory, device);
    bool differs = outcome == NOTE_CHANGED;
    raise_doubt(engine, device, state,
                continuity_said(state, source, name->text, differs, is_boot,
                                device->silent_s, now_s),
                now_s);
    device->is_shared |= continuity_is_shared(state);
}

/* What is long known to be so on many a network is a remark: an expired certificate, a
   maker's that many of its devices show. That another has signed it now is more. */
static const float matter_points[CERTIFICATE_MATTERS] = {
    [CERTIFICATE_EXPIRED] = 0.5F,
    [CERTIFICATE_ISSUER] = 1.3F,
    [CERTIFICATE_SELF_SIGNED] = 1.6F,
    [CERTIFICATE_SHARED] = 0.5F,
};

/* Whether another device showed it that is there as well, and not the same one seen from
   beyond a router. */
static bool is_elsewhere(const struct engine *engine, const struct device_key *key,
                         const struct certificate_record *record, uint64_t now_ns) {
    const struct device *other = device_find(&engine->devices, key);
    return other && now_ns - other->last_ns < DEVICE_ABSENCE_S * second_ns &&
           !device_has_address(other, &record->ip);
}

void signs_certificate(struct engine *engine, const struct record *record) {
    const struct certificate_record *certificate = &record->certificate;
    uint64_t now_s = record->time_ns / second_ns;
    struct device_key other;
    struct device *device = identity_speaker(&engine->identity, &certificate->mac,
                                             &certificate->ip, certificate->vlan);
    if (!device)
        return;
    inventory_note(&engine->inventory, device, NAME_CERTIFICATE, certificate->subject,
                   (uint32_t)now_s, NULL);
    unsigned matters =
        certificate_take(&engine->certificates, device, certificate, now_s, &other);
    if (!is_elsewhere(engine, &other, certificate, record->time_ns))
        matters &= ~(1u << CERTIFICATE_SHARED);
    for (unsigned matter = 0; matter < CERTIFICATE_MATTERS; matter++) {
        if (!(matters >> matter & 1))
            continue;
        struct evidence e = {.kind = EVIDENCE_SHOWN_CERTIFICATE,
                             .points = matter_points[matter],
                             .observed = 1,
                             .peer = certificate->ip,
                             .protocol = 6,
                             .port = certificate->port,
                             .feature = (uint8_t)matter};
        if (matter == CERTIFICATE_SHARED)
            e.mac = other.mac;
        judge_identity(engine, device, &e, now_s);
    }
}

void signs_sweep(struct engine *engine, uint64_t now_s) {
    if (now_s / sweep_s == engine->swept_s / sweep_s)
        return;
    engine->swept_s = now_s;
    for (uint32_t i = 0; i < table_capacity(engine->devices.table); i++) {
        struct device *device = table_at(engine->devices.table, i);
        if (device && !device->key.ip.family && mac_is_local(&device->key.mac) &&
            device->last_ns / second_ns + private_life_s < now_s &&
            device->active_index == TABLE_NONE)
            device_drop(&engine->devices, device);
    }
}

void signs_window(struct engine *engine, struct device *device,
                  const struct baseline_observation *observation, uint64_t end_s) {
    uint32_t now_s = (uint32_t)end_s;
    /* Nearly always there is nothing to ask its state, which lies far from the rest. */
    if (!device->away && !continuity_is_proving(device->returned_s, now_s))
        return;
    struct continuity *state = continuity_of(engine, device);
    if (!state)
        return;
    unsigned keys = observation->key_count, strange = 0;
    for (unsigned i = 0; i < observation->key_count; i++)
        strange += observation->acquaintance[i] != KEY_KNOWN;
    raise_doubt(engine, device, state,
                continuity_settle(state, device->leased_s, now_s), end_s);
    device->away = state->away;
    if (baseline_maturity(&device->baseline, BASELINE_NOVELTY) >= 1)
        raise_doubt(engine, device, state,
                    continuity_habits(state, keys, strange, now_s), end_s);
}
