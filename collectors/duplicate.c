#include "collectors/duplicate.h"

#define XXH_INLINE_ALL
#include <string.h>
#include <xxhash.h>

/* Enough for the headers of TCP, whose sequence number and checksum tell one segment from
   another. Others are looked at whole: what tells two GOOSE messages apart lies deep. */
enum { TCP_BYTES = 96 };

void duplicate_init(struct duplicate_filter *filter, uint64_t window_ns,
                    uint64_t seed) {
    memset(filter, 0, sizeof *filter);
    filter->seed = seed;
    filter->far_ns = window_ns;
    filter->near_ns = window_ns / 4;
}

static uint64_t load(const void *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

/* Of the link, what is the same in all copies; and the length by the headers: another mirror
   may cut elsewhere, but not within the bytes that are looked at. */
static uint64_t hash_link(const struct packet *packet, uint64_t hash) {
    /* The sender's MAC of a packet that lay bare in a tunnel is the tunnel's. */
    bool has_macs =
        !packet->vantage.ip[SOURCE].family || !mac_is_zero(&packet->mac[DESTINATION]);
    bool for_many = mac_is_multicast(&packet->mac[DESTINATION]);
    if (has_macs) {
        hash = mix(hash, load(packet->mac));
        hash = mix(hash, load((const uint8_t *)packet->mac + sizeof packet->mac -
                              sizeof(uint64_t)));
    }
    return mix(hash, (uint64_t)(for_many ? packet->vlan : 0) << 48 |
                         (uint64_t)packet->ethertype << 32 | packet->network_length);
}

/* The rest, less what a switch may mark: DSCP and the checksum over it. */
static uint64_t hash_network(const struct packet *packet, uint64_t hash) {
    const uint8_t *bytes = packet->network;
    uint32_t begin = 0, end = packet->network_captured;
    if (packet->protocol == PROTOCOL_TCP && end > TCP_BYTES)
        end = TCP_BYTES;
    if (packet->ip[SOURCE].family == 4) {
        hash = mix(hash, load(bytes + 2)) ^ bytes[0];
        begin = 12;
    } else if (packet->ip[SOURCE].family == 6) {
        hash = mix(hash, (bytes[0] & 0xf0) | (bytes[1] & 0x0f));
        begin = 2;
    }
    return XXH3_64bits_withSeed(bytes + begin, end - begin, hash);
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

struct duplicate_mark duplicate_mark(const struct duplicate_filter *filter,
                                     const struct packet *packet) {
    if (!filter->far_ns)
        return (struct duplicate_mark){0};
    uint64_t hash = hash_network(packet, hash_link(packet, filter->seed));
    __builtin_prefetch(filter->sets[(hash >> 32) % DUPLICATE_SETS], 1);
    return (struct duplicate_mark){hash, vantage_of(packet)};
}

bool duplicate_is_copy(struct duplicate_filter *filter, struct duplicate_mark mark,
                       uint64_t time_ns) {
    if (!filter->far_ns)
        return false;
    uint32_t check = (uint32_t)mark.hash;
    struct duplicate_frame *set = filter->sets[(mark.hash >> 32) % DUPLICATE_SETS];
    struct duplicate_frame *place = set;
    for (unsigned i = 0; i < DUPLICATE_WAYS; i++) {
        if (set[i].check == check && set[i].time_ns) {
            if (takes_copy(filter, &set[i], mark.vantage, time_ns))
                return true;
            place = &set[i];
            break;
        }
        if (set[i].time_ns < place->time_ns)
            place = &set[i];
    }
    *place = (struct duplicate_frame){time_ns, check, mark.vantage, 0, 0};
    return false;
}
