#include "collectors/duplicate.h"

#include <stddef.h>
#include <string.h>
#include <xxhash.h>

/* Enough for the headers of TCP, whose sequence number and checksum tell one segment from
   another. Others are looked at whole: what tells two GOOSE messages apart lies deep. */
enum { NETWORK_BYTES = 96 };

void duplicate_init(struct duplicate_filter *filter, uint64_t window_ns,
                    uint64_t seed) {
    memset(filter, 0, sizeof *filter);
    filter->seed = seed;
    filter->far_ns = window_ns;
    filter->near_ns = window_ns / 4;
}

/* What is the same in all copies. The lengths are by the headers: another mirror may cut
   elsewhere, but not within the bytes that are looked at. */
struct essence {
    struct mac mac[2];
    uint16_t vlan;
    uint16_t ethertype;
    uint32_t length;
    uint8_t network[NETWORK_BYTES];
};

static size_t essence_of(const struct packet *packet, struct essence *essence) {
    /* The sender's MAC of a packet that lay bare in a tunnel is the tunnel's. */
    bool has_macs =
        !packet->vantage.ip[SOURCE].family || !mac_is_zero(&packet->mac[DESTINATION]);
    const struct mac none = {{0}};
    uint32_t bytes = packet->network_captured < NETWORK_BYTES ? packet->network_captured
                                                              : NETWORK_BYTES;
    essence->mac[SOURCE] = has_macs ? packet->mac[SOURCE] : none;
    essence->mac[DESTINATION] = packet->mac[DESTINATION];
    essence->vlan = mac_is_multicast(&packet->mac[DESTINATION]) ? packet->vlan : 0;
    essence->ethertype = packet->ethertype;
    essence->length = packet->network_length;
    memcpy(essence->network, packet->network, bytes);
    if (packet->ip[SOURCE].family == 4) {
        essence->network[1] = 0;
        memset(essence->network + 10, 0, 2);
    } else if (packet->ip[SOURCE].family == 6) {
        essence->network[0] &= 0xf0;
        essence->network[1] &= 0x0f;
    }
    return offsetof(struct essence, network) + bytes;
}

static uint16_t vantage_of(const struct packet *packet) {
    const struct vantage *vantage = &packet->vantage;
    uint64_t seed = (uint64_t)packet->vlan << 16 | packet->inner_vlan;
    if (!vantage->depth)
        return (uint16_t)(seed ^ seed >> 16);
    uint64_t ends = XXH3_64bits_withSeed(vantage->ip, sizeof vantage->ip, seed);
    return (uint16_t)(ends ^ vantage->id ^ (uint64_t)vantage->kind << 8);
}

/* Whether the frame may have one more copy, from this vantage; counts it. */
static bool takes_copy(const struct duplicate_filter *filter,
                       struct duplicate_frame *frame, uint16_t vantage,
                       uint64_t now_ns) {
    enum { ELSEWHERE_MAX = 3 };
    uint64_t age_ns = now_ns - frame->time_ns;
    if (vantage != frame->vantage)
        return age_ns <= filter->far_ns && frame->elsewhere++ < ELSEWHERE_MAX;
    return age_ns <= filter->near_ns && frame->again++ == 0;
}

bool duplicate_is_copy(struct duplicate_filter *filter, const struct packet *packet) {
    if (!filter->far_ns)
        return false;
    struct essence essence;
    size_t length = essence_of(packet, &essence);
    uint64_t hash = XXH3_64bits_withSeed(&essence, length, filter->seed);
    if (packet->protocol != PROTOCOL_TCP && packet->network_captured > NETWORK_BYTES)
        hash = XXH3_64bits_withSeed(packet->network + NETWORK_BYTES,
                                    packet->network_captured - NETWORK_BYTES, hash);
    uint32_t check = (uint32_t)hash;
    uint16_t vantage = vantage_of(packet);
    struct duplicate_frame *set = filter->sets[(hash >> 32) % DUPLICATE_SETS];
    struct duplicate_frame *place = set;
    for (unsigned i = 0; i < DUPLICATE_WAYS; i++) {
        if (set[i].check == check && set[i].time_ns) {
            if (takes_copy(filter, &set[i], vantage, packet->time_ns))
                return true;
            place = &set[i];
            break;
        }
        if (set[i].time_ns < place->time_ns)
            place = &set[i];
    }
    *place = (struct duplicate_frame){packet->time_ns, check, vantage, 0, 0};
    return false;
}
