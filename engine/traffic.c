#include "engine/state.h"

#include "engine/order.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;

/* A host that is asked for by its number has none. */
static bool is_name(const char *host) {
    return host[0] != '[' && host[strspn(host, "0123456789.:")] != '\0';
}

static struct window_peer peer_of(struct engine *engine, const struct flow_record *flow,
                                  unsigned side, const struct device *device) {
    struct window_peer peer = {.local = true};
    const struct address *ip = &flow->ip[side];
    if (mac_is_multicast(&flow->mac[side]) || (ip->family && address_is_multicast(ip)))
        return peer;
    if (device) {
        peer.mac = device->key.mac;
        peer.key = device->key.ip.family ? window_address_key(&device->key.ip)
                                         : window_mac_key(&device->key.mac);
        return peer;
    }
    if (!ip->family) {
        peer.mac = flow->mac[side];
        peer.key = window_mac_key(&peer.mac);
        return peer;
    }
    peer.local = identity_is_local(&engine->identity, ip, flow->vlan);
    if (peer.local) {
        peer.key = window_address_key(ip);
        return peer;
    }
    identity_use_name(&engine->identity, ip);
    const char *name =
        side == RESPONDER && is_name(flow->name) && flow->port[RESPONDER] != 53
            ? flow->name
            : identity_name_of(&engine->identity, ip);
    peer.named = name[0] != 0;
    peer.key = peer.named ? window_domain_key(name) : window_prefix_key(ip);
    return peer;
}

/* What a router forwards for a device behind it passes through its hands, but says nothing
   about its own behaviour. */
static void count_carried(struct engine *engine, const struct device *device,
                          const struct flow_record *flow) {
    struct device *carrier = device_of_mac(&engine->devices, &device->carrier);
    if (carrier)
        engine_window(engine, carrier)->window.packets +=
            (uint64_t)flow->packets[0] + flow->packets[1];
}

/* A server that a device has long known may be down; one that it has just met may be a
   command server that was taken away. */
static bool is_call_in_vain(const struct device *device, const struct flow_record *flow,
                            const struct window_peer *peer, uint64_t now_s) {
    if (peer->local || flow->protocol != 6 || flow->state == FLOW_ANSWERED ||
        !(flow->events & FLOW_NEW))
        return false;
    const struct novelty_key *known =
        novelty_find(&device->baseline.novelty, peer->key, KEY_PEER);
    return !known || novelty_is_young(known, now_s);
}

/* Where a flow leads. An address that a server of names has given is no guess. */
static enum invariant_peer place_of(const struct engine *engine,
                                    const struct flow_record *flow, unsigned side,
                                    const struct window_peer *peer) {
    if (peer->local)
        return PEER_LOCAL;
    bool asks =
        side == INITIATOR && flow->events & FLOW_NEW && flow->state != FLOW_ANSWERED;
    return asks && identity_name_of(&engine->identity, &flow->ip[RESPONDER])[0]
               ? PEER_NAMED
               : PEER_OUTSIDE;
}

/* What a window knows of its own accord, and what it only goes along with. */
static void count_manners(struct window *window, const struct flow_record *flow,
                          unsigned side, bool peer_is_local) {
    float bytes = (float)(flow->bytes[0] + flow->bytes[1]);
    if (side == RESPONDER && (invariant_is_shell(flow) || invariant_is_echo(flow)))
        window->imposed += bytes;
    else if (side == INITIATOR && peer_is_local && invariant_is_shell(flow))
        window->logs_in += bytes;
}

/* What a person is shown of it: how much in all, with whom, with what. */
static void count_contacts(struct engine *engine, struct device *device,
                           const struct flow_record *flow, unsigned side,
                           uint64_t peer_key, uint64_t now_s) {
    uint64_t bytes = flow->bytes[0] + flow->bytes[1];
    device->packets += (uint64_t)flow->packets[0] + flow->packets[1];
    device->bytes += bytes;
    struct device_contacts *contacts = device_contacts_of(&engine->devices, device);
    if (peer_key && flow->ip[!side].family)
        device_count_peer(contacts, &flow->ip[!side], (double)bytes, (uint32_t)now_s);
    if (flow->protocol)
        device_count_service(contacts, flow->protocol, flow->port[RESPONDER],
                             flow->application, (double)bytes, (uint32_t)now_s);
}

/* The flow as one of its two ends sees it; `other` is the other end, if it is a device. */
static void take_end(struct engine *engine, const struct flow_record *flow,
                     unsigned side, struct device *device, struct device *other,
                     uint64_t time_ns) {
    uint64_t now_s = time_ns / second_ns;
    uint32_t index = table_index(engine->devices.table, device);
    struct open_window *open = engine_window(engine, device);
    engine_hear(engine, device, flow->packets[!side] > 0, time_ns);
    if (flow->packets[side]) {
        engine->vantages[index] = flow->vantage;
        if (device->last_ns < time_ns)
            device->last_ns = time_ns;
    }
    if (device->key.ip.family)
        count_carried(engine, device, flow);
    struct window_peer peer = peer_of(engine, flow, !side, other);
    if (!peer.local)
        blackout_flow(&engine->blackout, flow, side, index, now_s);
    window_add(&open->window, flow, side, &peer);
    count_manners(&open->window, flow, side, peer.local);
    count_contacts(engine, device, flow, side, peer.key, now_s);
    invariant_flow(&device->invariant, &engine->options.limits, flow, side,
                   place_of(engine, flow, side, &peer), now_s);
    if (side == INITIATOR && is_call_in_vain(device, flow, &peer, now_s))
        invariant_calls_in_vain(&device->invariant, flow, now_s);
    uint16_t order = side == RESPONDER && other
                         ? order_of_stranger(flow, device, peer.key, now_s)
                         : 0;
    if (order) {
        open->window.stranger = peer.key;
        invariant_strange_order(&other->invariant, flow, order);
    }
}

/* What only both ends together show: things that talk among themselves, and who sends in
   another's name. */
static void take_both(struct engine *engine, const struct flow_record *flow,
                      struct device *const devices[2], uint64_t time_ns) {
    struct device *initiator = devices[INITIATOR], *responder = devices[RESPONDER];
    if (responder && flow->packets[RESPONDER])
        responder->field |= invariant_is_industrial(flow);
    if (!initiator)
        return;
    if (responder && initiator->field && responder->field)
        invariant_between_field(&initiator->invariant, flow);
    const struct address *source = &flow->ip[INITIATOR];
    if (source->family && !address_is_unspecified(source) &&
        identity_is_spoofed(initiator, flow, INITIATOR, time_ns) &&
        !identity_is_local(&engine->identity, source, flow->vlan))
        invariant_spoofs(&initiator->invariant, &engine->options.limits, source,
                         time_ns / second_ns);
}

void traffic_take(struct engine *engine, const struct record *record) {
    const struct flow_record *flow = &record->flow;
    struct flow_record answer;
    if (question_was_to_all(&engine->questions, flow, record->time_ns)) {
        answer = *flow;
        answer.state = FLOW_ANSWERED;
        flow = &answer;
    }
    uint64_t now_s = record->time_ns / second_ns;
    struct device *devices[2];
    for (unsigned side = 0; side < 2; side++) {
        devices[side] = identity_endpoint(&engine->identity, flow, side,
                                          flow->packets[side] > 0, record->time_ns);
        /* Heard of: so making the responder cannot evict the initiator. */
        if (devices[side])
            device_touch(&engine->devices, devices[side]);
    }
    for (unsigned side = 0; side < 2; side++)
        if (devices[side])
            take_end(engine, flow, side, devices[side], devices[!side],
                     record->time_ns);
    take_both(engine, flow, devices, record->time_ns);
    sensor_flow(&engine->sensor, flow);
    allowed_flow(engine, flow, devices, now_s);
    signs_flow(engine, flow, devices, now_s);
    if (devices[INITIATOR] && (flow->risks || flow->dns_queries))
        request_take(engine, flow, devices[INITIATOR], now_s);
}
