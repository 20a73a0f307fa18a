#include "collectors/decode_layers.h"

/* From a packet to the one that it carries. */

enum { TUNNELS_MAX = 4 };

/* Forget what the outer headers said, but for the way the packet came. */
static void enter(struct packet *packet, enum tunnel kind, uint32_t id,
                  uint16_t ethertype) {
    const struct packet outer = *packet;
    bool is_over_ip = outer.ip[SOURCE].family != 0;
    *packet = (struct packet){.time_ns = outer.time_ns,
                              .trust = outer.trust,
                              .wire_length = outer.wire_length,
                              .captured_length = outer.captured_length,
                              .mac = {[SOURCE] = outer.mac[SOURCE]},
                              .vantage = outer.vantage};
    if (!is_over_ip && ethertype != ETHERTYPE_TRANSPARENT) {
        packet->mac[DESTINATION] = outer.mac[DESTINATION];
        packet->vlan = outer.vlan;
        packet->inner_vlan = outer.inner_vlan;
    }
    struct vantage *vantage = &packet->vantage;
    if (vantage->depth == 0 || (is_over_ip && !vantage->ip[SOURCE].family)) {
        vantage->kind = (uint8_t)kind;
        vantage->id = id;
        vantage->vlan = outer.vlan;
        vantage->ip[SOURCE] = outer.ip[SOURCE];
        vantage->ip[DESTINATION] = outer.ip[DESTINATION];
    }
    vantage->depth++;
    if (outer.is_fragment)
        vantage->is_cut = true;
}

/* A tunnel without addresses lies on the link, where nobody can be kept from inventing
   frames anyway. */
static bool is_trusted(const struct packet *outer) {
    const struct tunnel_trust *trust = outer->trust;
    if (!trust || !trust->count || !outer->ip[SOURCE].family)
        return true;
    for (size_t i = 0; i < trust->count; i++)
        if (prefix_contains(&trust->prefixes[i], &outer->ip[SOURCE]))
            return true;
    return false;
}

enum decode_result decode_inside(struct packet *packet, struct cursor cursor,
                                 enum tunnel kind, uint32_t id, uint16_t ethertype) {
    if (!is_trusted(packet))
        return DECODE_OK;
    if (packet->vantage.depth == TUNNELS_MAX)
        return DECODE_UNSUPPORTED;
    const struct packet outer = *packet;
    enter(packet, kind, id, ethertype);
    bool is_ethernet = ethertype == ETHERTYPE_TRANSPARENT;
    enum decode_result result = is_ethernet ? decode_ethernet(packet, cursor)
                                            : decode_network(packet, cursor, ethertype);
    bool is_less = !is_ethernet && outer.ip[SOURCE].family &&
                   packet->vantage.depth == outer.vantage.depth + 1 &&
                   !packet->ip[SOURCE].family;
    if (result == DECODE_MALFORMED || (result == DECODE_OK && is_less)) {
        *packet = outer;
        return DECODE_OK;
    }
    return result;
}
