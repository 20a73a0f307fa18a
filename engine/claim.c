#include "engine/state.h"

static const uint64_t second_ns = 1000000000;
/* A lease asked for this recently explains a new address. */
static const uint64_t lease_fresh_s = 120;
static const uint32_t insistent_repeats = 3;
/* Who is asked for and was switched off meanwhile does not answer any more. */
static const uint64_t answers_s = 30;
static const float forged_points = 2; /* MEDIUM at once, HIGH when it goes on */
/* Once may be the answers to questions that the mirror did not show. */
static const uint32_t poisoning_crossings = 2;

/* One who stands between two hosts asks for both again and again, though they answer: a
   host that wants to speak asks once. */
static void check_insistence(struct engine *engine, struct device *device,
                             const struct claim_record *claim, uint32_t repeats,
                             uint64_t now_ns) {
    const struct question_insistence *other = question_insist(
        &engine->questions, &claim->frame_mac, &claim->target_ip, claim->vlan, now_ns);
    if (other && (identity_is_held(&engine->identity, &claim->target_ip, claim->vlan,
                                   now_ns, answers_s) ||
                  identity_is_held(&engine->identity, &other->ip, other->vlan, now_ns,
                                   answers_s)))
        invariant_insists(&device->invariant, &claim->target_ip, repeats);
}

/* Without an address of its own a device asks whether one is free (RFC 5227); who asks so
   for one after the other sweeps the network. */
static void ask(struct engine *engine, struct device *device,
                const struct claim_record *claim, uint64_t now_ns) {
    if (!mac_is_multicast(&claim->target_mac)) {
        question_check(&engine->questions, &claim->frame_mac, &claim->target_ip,
                       claim->vlan, now_ns);
        return;
    }
    struct question displaced;
    uint32_t repeats = question_ask(&engine->questions, &claim->frame_mac,
                                    &claim->target_ip, claim->vlan, now_ns, &displaced);
    if (displaced.open)
        judge_question(engine, &displaced, now_ns / second_ns);
    if (repeats >= insistent_repeats && !address_is_unspecified(&claim->ip))
        check_insistence(engine, device, claim, repeats, now_ns);
}

/* Taken by a host for itself when nobody leases it one (RFC 3927). */
static bool is_link_local(const struct address *ip) {
    return ip->family == 4 && ip->bytes[0] == 169 && ip->bytes[1] == 254;
}

/* An address that a device announces beside the one it had, without a lease, was given to
   it by hand. IPv6 hosts change addresses by themselves. */
static void check_change(struct device *device, const struct claim_record *claim,
                         uint64_t now_ns) {
    bool leased =
        device->leased_s && now_ns / second_ns - device->leased_s < lease_fresh_s;
    if (claim->kind != CLAIM_ARP_ANNOUNCE || leased || device->address_count == 0 ||
        is_link_local(&claim->ip) || device_has_address(device, &claim->ip))
        return;
    invariant_moved(&device->invariant, &claim->ip, now_ns / second_ns);
}

static bool has_another_address(const struct device *device, const struct address *ip) {
    for (unsigned i = 0; i < device->address_count; i++)
        if (device->addresses[i].family == ip->family &&
            !address_equal(&device->addresses[i], ip))
            return true;
    return false;
}

/* Who announces an address has given up those it had: they are anybody's again. */
static void release_others(struct engine *engine, const struct device *device,
                           const struct claim_record *claim, uint64_t now_ns) {
    for (unsigned i = 0; i < device->address_count; i++)
        if (device->addresses[i].family == claim->ip.family &&
            !address_equal(&device->addresses[i], &claim->ip))
            identity_release(&engine->identity, &claim->mac, &device->addresses[i],
                             claim->vlan, now_ns);
}

/* An address that seemed to lie behind a router is the router's own; unless there is
   evidence against it, which a claim must not wash off. */
static void join_own_address(struct engine *engine, const struct claim_record *claim) {
    struct device_key key = device_key_of_address(&claim->ip);
    struct device *behind = device_find(&engine->devices, &key);
    bool is_clean = behind && behind->active_index == TABLE_NONE;
    if (is_clean && mac_equal(&behind->carrier, &claim->mac))
        device_drop(&engine->devices, behind);
}

/* Its address belongs to somebody else now. */
static void give_up(struct engine *engine, const struct mac *former,
                    const struct address *ip) {
    struct device *device = device_of_mac(&engine->devices, former);
    if (!device)
        return;
    device_remove_address(device, ip);
    engine->dirty[table_index(engine->devices.table, device)] = true;
}

/* A device says that it holds an address: is it the holder? Where it is not, what the holder
   seems to do from now on may be somebody else's doing. */
static void check_claim(struct engine *engine, struct device *device,
                        const struct claim_record *claim, uint64_t now_ns) {
    struct mac other;
    check_change(device, claim, now_ns);
    switch (identity_claim(&engine->identity, &claim->mac, &claim->ip, claim->vlan,
                           false, now_ns, &other)) {
    case CLAIM_CONFLICT: {
        struct device *holder = device_of_mac(&engine->devices, &other);
        invariant_conflict(&device->invariant, &claim->ip, &other,
                           has_another_address(device, &claim->ip),
                           holder && holder->router);
        if (holder)
            risk_distrust_now(&holder->risk, now_ns / second_ns);
        break;
    }
    case CLAIM_RETURNED: {
        struct device *taker = device_of_mac(&engine->devices, &other);
        if (taker) {
            engine_window(engine, taker);
            invariant_conflict(&taker->invariant, &claim->ip, &claim->mac,
                               has_another_address(taker, &claim->ip), device->router);
        }
        risk_distrust_now(&device->risk, now_ns / second_ns);
        device_add_address(device, &claim->ip);
        break;
    }
    case CLAIM_MOVED:
        give_up(engine, &other, &claim->ip);
        /* fall through */
    case CLAIM_CONFIRMED:
        join_own_address(engine, claim);
        if (claim->kind == CLAIM_ARP_ANNOUNCE)
            release_others(engine, device, claim, now_ns);
        device_add_address(device, &claim->ip);
        break;
    }
}

/* A lease moves an address if the client asked for one, and not of a rogue: what nobody asked
   for must not take an address from a living holder. */
static void lease(struct engine *engine, struct device *server, bool is_rogue,
                  const struct claim_record *claim, uint64_t now_ns) {
    struct device *client = device_of_mac(&engine->devices, &claim->mac);
    uint64_t now_s = now_ns / second_ns;
    struct mac other;
    bool asked = client && client->asked_s && now_s - client->asked_s < lease_fresh_s;
    switch (identity_claim(&engine->identity, &claim->mac, &claim->ip, claim->vlan,
                           asked && !is_rogue, now_ns, &other)) {
    case CLAIM_CONFLICT: {
        struct evidence e = {.kind = EVIDENCE_FORGED_LEASE,
                             .points = forged_points,
                             .observed = 1,
                             .peer = claim->ip,
                             .mac = other};
        if (!is_rogue)
            judge_identity(engine, server, &e, now_s);
        return;
    }
    case CLAIM_MOVED:
        give_up(engine, &other, &claim->ip);
        break;
    case CLAIM_RETURNED:
    case CLAIM_CONFIRMED:
        break;
    }
    if (client) {
        client->leased_s = (uint32_t)now_s;
        invariant_leased(&client->invariant);
        device_add_address(client, &claim->ip);
    }
}

/* Nobody asked. Who tells each of two that it is the other means to stand between them. */
static void tell_unasked(struct engine *engine, struct device *device,
                         const struct claim_record *claim, uint64_t now_ns) {
    uint64_t now_s = now_ns / second_ns;
    invariant_unsolicited_arp(&device->invariant, &engine->options.limits, now_s);
    uint32_t crossings =
        question_tell(&engine->questions, &claim->frame_mac, &claim->ip,
                      &claim->target_ip, claim->vlan, now_ns);
    if (crossings < poisoning_crossings)
        return;
    struct evidence e = {.kind = EVIDENCE_ARP_POISONING,
                         .points = forged_points,
                         .observed = (float)crossings,
                         .peer = claim->ip};
    struct device *other =
        identity_holder(&engine->identity, &claim->target_ip, claim->vlan);
    if (other && other != device)
        e.mac = other->key.mac;
    judge_identity(engine, device, &e, now_s);
}

void claim_take(struct engine *engine, const struct record *record) {
    const struct claim_record *claim = &record->claim;
    uint64_t now_ns = record->time_ns;
    if (claim->kind == CLAIM_CONTRADICTION) {
        poison_contradict(engine, claim, now_ns);
        return;
    }
    bool by_server = claim->kind == CLAIM_DHCP_ACK || claim->kind == CLAIM_DHCP_OFFER;
    const struct mac *speaker = by_server ? &claim->target_mac : &claim->frame_mac;
    if (mac_is_multicast(speaker) || mac_is_zero(speaker))
        return;
    struct device_key key = device_key_of_mac(speaker);
    struct device *device = device_get(&engine->devices, &key, now_ns);
    device_touch(&engine->devices, device);
    struct open_window *open = engine_window(engine, device);
    engine_hear(engine, device, false, now_ns);
    device_heard(device, claim->vlan, now_ns);
    switch ((enum claim_kind)claim->kind) {
    case CLAIM_ARP_REQUEST:
    case CLAIM_ND_SOLICIT:
        window_add_arp_request(&open->window);
        ask(engine, device, claim, now_ns);
        if (!address_is_unspecified(&claim->ip))
            check_claim(engine, device, claim, now_ns);
        break;
    case CLAIM_ARP_REPLY:
        if (!question_was_asked(&engine->questions, speaker, &claim->ip, claim->vlan,
                                now_ns))
            tell_unasked(engine, device, claim, now_ns);
        check_claim(engine, device, claim, now_ns);
        break;
    case CLAIM_ARP_ANNOUNCE:
    case CLAIM_ND_ADVERTISE:
        check_claim(engine, device, claim, now_ns);
        break;
    case CLAIM_ROUTER_ADVERTISE:
        steer_advertise(engine, device, claim, now_ns);
        check_claim(engine, device, claim, now_ns);
        break;
    case CLAIM_DHCP_REQUEST:
        /* Who asks in many names empties the server's purse; a router relays. */
        if (!mac_equal(&claim->mac, &claim->frame_mac) && !device->router)
            invariant_spoofs(&device->invariant, &engine->options.limits, &claim->ip,
                             now_ns / second_ns);
        device->leased_s = device->asked_s = (uint32_t)(now_ns / second_ns);
        invariant_leased(&device->invariant);
        break;
    case CLAIM_DHCP_ACK:
    case CLAIM_DHCP_OFFER: {
        bool is_rogue = steer_lease(engine, device, claim, now_ns);
        if (claim->kind == CLAIM_DHCP_ACK)
            lease(engine, device, is_rogue, claim, now_ns);
        break;
    }
    case CLAIM_CONTRADICTION:
        break;
    case CLAIM_REDIRECT:
        steer_redirect(engine, device, claim, now_ns);
        break;
    }
}
