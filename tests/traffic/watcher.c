#include "tests/traffic/watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DNS = 53,
    DHCP_SERVER = 67,
    LLMNR = 5355,
    MODBUS = 502,
    S7 = 102,
    BACNET = 47808
};
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

static unsigned get16(const uint8_t *at) {
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at) {
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint64_t mac_key(const uint8_t *mac) {
    return (uint64_t)get32(mac) << 16 | get16(mac + 4);
}

/* The value of a key, 0 if it is new; NULL where there is no more room. */
static uint32_t *value_at(struct watcher_set *set, uint64_t key) {
    size_t at = rng_mix(key) % WATCHER_PLACES;
    key |= 1ull << 63;
    while (set->keys[at] && set->keys[at] != key)
        at = (at + 1) % WATCHER_PLACES;
    if (set->keys[at])
        return &set->values[at];
    if (set->count >= WATCHER_PLACES * 7 / 8)
        return NULL;
    set->keys[at] = key;
    set->count++;
    return &set->values[at];
}

/* 1 for what was not there yet, else 0. */
static uint32_t add(struct watcher_set *set, uint64_t key) {
    uint32_t *value = value_at(set, key);
    return value && (*value)++ == 0;
}

static void expect(struct watcher *watcher, bool right, const char *what) {
    if (right || watcher->fault)
        return;
    watcher->fault = what;
    watcher->fault_us = watcher->last_us;
}

/* RFC 1071: all ones for whatever carries its own check sum. */
static bool sums_up(uint64_t total, const uint8_t *bytes, size_t length) {
    for (; length > 1; bytes += 2, length -= 2)
        total += get16(bytes);
    if (length)
        total += (uint64_t)bytes[0] << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return total == 0xffff;
}

/* Sequence numbers do not run ahead of what was said. */
static void check_sequence(struct watcher *watcher, const uint8_t *frame,
                           const uint8_t *tcp, size_t length) {
    const uint8_t *ip = frame + FRAME_ETHERNET;
    size_t offset = (size_t)(tcp[12] >> 4) * 4;
    expect(watcher, offset >= 20 && offset <= length, "TCP header length");
    uint32_t sequence = get32(tcp + 4), flags = tcp[13];
    uint32_t spoken =
        (uint32_t)(length - offset) + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
    uint64_t flow = rng_mix(get32(ip + 12) ^ (uint64_t)get32(ip + 16) << 32) ^
                    rng_mix(get32(tcp)) ^ mac_key(frame + 6);
    uint32_t *next = value_at(&watcher->sequences, flow);
    watcher->tcp++;
    if (next == NULL)
        return;
    int32_t ahead = (int32_t)(sequence - *next);
    bool known = *next && !(flags & (TCP_SYN | TCP_RST));
    watcher->gaps += known && ahead > 0;
    watcher->retransmissions += known && ahead < 0 && length > offset;
    if (!known || ahead >= 0)
        *next = sequence + spoken;
}

static void check_ip(struct watcher *watcher, const uint8_t *frame, size_t length) {
    const uint8_t *ip = frame + FRAME_ETHERNET;
    size_t header = (size_t)(ip[0] & 15) * 4, total = get16(ip + 2);
    expect(watcher, ip[0] >> 4 == 4 && header >= 20 && total >= header + 8,
           "IP header");
    expect(watcher, FRAME_ETHERNET + total <= length, "IP length beyond the frame");
    expect(watcher, FRAME_ETHERNET + total == length || length == 60, "padding");
    expect(watcher, sums_up(0, ip, header), "IP check sum");
    expect(watcher, ip[8] > 0, "TTL");
    if (watcher->fault)
        return;
    const uint8_t *body = ip + header;
    size_t rest = total - header;
    uint64_t pseudo = ip[9] + rest + get16(ip + 12) + get16(ip + 14) + get16(ip + 16) +
                      get16(ip + 18);
    if (ip[9] == PROTOCOL_TCP) {
        expect(watcher, rest >= 20 && sums_up(pseudo, body, rest), "TCP check sum");
        check_sequence(watcher, frame, body, rest);
    } else if (ip[9] == PROTOCOL_UDP) {
        expect(watcher, get16(body + 4) == rest, "UDP length");
        expect(watcher, get16(body + 6) && sums_up(pseudo, body, rest),
               "UDP check sum");
        watcher->udp++;
    } else {
        expect(watcher, ip[9] <= 2 && sums_up(0, body, rest), "ICMP or IGMP check sum");
    }
}

static uint64_t once(const struct watcher *watcher, const struct watcher_tally *tally,
                     unsigned what, uint32_t value) {
    return (uint64_t)(tally - watcher->tallies) << 40 | (uint64_t)what << 36 | value;
}

static void count_arp(struct watcher *watcher, struct watcher_tally *tally,
                      const uint8_t *arp) {
    uint32_t sender = get32(arp + 14), target = get32(arp + 24);
    bool asks = get16(arp + 6) == ARP_REQUEST;
    if (asks && sender != target)
        tally->arp_targets += add(&watcher->seen, once(watcher, tally, 1, target));
    uint32_t claimed = sender ^ get32(arp + 10);
    tally->claims += add(&watcher->seen, once(watcher, tally, 2, claimed));
}

static bool has_text(const uint8_t *ip, const char *text) {
    return memmem(ip, get16(ip + 2), text, strlen(text)) != NULL;
}

static void count_sent(struct watcher *watcher, struct watcher_tally *tally,
                       const uint8_t *frame) {
    const uint8_t *ip = frame + FRAME_ETHERNET;
    const uint8_t *body = ip + (size_t)(ip[0] & 15) * 4;
    uint32_t target = get32(ip + 16);
    unsigned from_port = get16(body), to_port = get16(body + 2);
    tally->bytes_out += get16(ip + 2);
    tally->broadcasts += target == 0xffffffff;
    if (target >> 28 >= 0xe)
        return;
    if (target >> 16 != 0xc0a8)
        tally->ways += add(&watcher->seen, once(watcher, tally, 6, get32(frame + 2)));
    tally->hop_limits += add(&watcher->seen, once(watcher, tally, 7, ip[8]));
    tally->redirects += ip[9] == PROTOCOL_ICMP && body[0] == 5;
    tally->echoes += ip[9] == PROTOCOL_ICMP && body[0] == 8;
    tally->sources += add(&watcher->seen, once(watcher, tally, 3, get32(ip + 12)));
    tally->targets += add(&watcher->seen, once(watcher, tally, 4, target));
    tally->ports += add(&watcher->seen, once(watcher, tally, 5, to_port));
    if (ip[9] == PROTOCOL_TCP) {
        size_t offset = (size_t)(body[12] >> 4) * 4;
        bool data = get16(ip + 2) >= 20 + offset + 8;
        tally->syns += body[13] == TCP_SYN;
        tally->login_syns += body[13] == TCP_SYN && (to_port == 22 || to_port == 23);
        tally->writes += data && to_port == MODBUS && body[offset + 7] == 6;
        tally->stops += data && to_port == S7 && has_text(ip, "P_PROGRAM");
        tally->forms += data && memcmp(body + offset, "POST ", 5) == 0;
        tally->commands +=
            data && has_text(ip, "HTTP/1.1") && has_text(ip, "dl.example");
    } else if (ip[9] == PROTOCOL_UDP) {
        tally->long_names += to_port == DNS && get16(body + 4) > 8 + 12 + 4 + 80;
        tally->offers += from_port == DHCP_SERVER;
        tally->answered += from_port == DNS;
        tally->local_answers += from_port == LLMNR;
        tally->stops += to_port == BACNET && body[8 + 9] == 20;
    }
}

static void count_received(struct watcher_tally *tally, const uint8_t *ip) {
    const uint8_t *body = ip + (size_t)(ip[0] & 15) * 4;
    tally->bytes_in += get16(ip + 2);
    if (ip[9] == PROTOCOL_TCP)
        tally->answers += (body[13] & (TCP_SYN | TCP_RST)) != 0;
    if (ip[9] == PROTOCOL_TCP && get16(ip + 2) > 40)
        tally->refusals += has_text(ip, " 401 Unauthorized") ||
                           memcmp(body + 20, "\x20\2\0\5", 4) == 0;
    if (ip[9] == PROTOCOL_UDP && get16(body) == DNS)
        tally->missing_names += (body[11] & 15) == 3;
}

static void count_frame(struct watcher *watcher, size_t number, uint64_t time_us,
                        const uint8_t *frame) {
    const struct label *label = &watcher->truth->labels[number];
    struct watcher_tally *tally = &watcher->tallies[number];
    bool out = false, in = false;
    for (size_t i = 0; i < label->device_count; i++) {
        out |= memcmp(frame + 6, label->devices[i].bytes, 6) == 0;
        in |= memcmp(frame, label->devices[i].bytes, 6) == 0;
    }
    if (time_us + tally->absent_us >= label->start_us && time_us < label->start_us)
        tally->before += out;
    if (time_us < label->start_us || time_us > label->end_us)
        return;
    unsigned ethertype = get16(frame + 12);
    tally->packets += out;
    if (out && ethertype == FRAME_ARP)
        count_arp(watcher, tally, frame + FRAME_ETHERNET);
    if (out && ethertype == FRAME_IPV4)
        count_sent(watcher, tally, frame);
    if (in && ethertype == FRAME_IPV4)
        count_received(tally, frame + FRAME_ETHERNET);
}

/* The last of an answer's addresses stands at its end. */
static void note_answer(struct watcher *watcher, const uint8_t *ip) {
    const uint8_t *dns = ip + 28;
    if (ip[9] == PROTOCOL_UDP && get16(ip + 20) == DNS && get16(dns + 6) > 0)
        add(&watcher->addresses, get32(ip + get16(ip + 2) - 4));
}

static void watch(void *context, uint64_t time_us, const uint8_t *frame,
                  size_t length) {
    struct watcher *watcher = context;
    expect(watcher, time_us >= watcher->last_us, "order of time");
    expect(watcher, length >= 60 && length <= FRAME_BYTES, "frame length");
    expect(watcher, (frame[6] & 1) == 0, "group address as a sender");
    if (watcher->packets++ == 0)
        watcher->first_us = time_us;
    watcher->last_us = time_us;
    watcher->bytes += length;
    watcher->hours[time_us / 3600000000u % 24]++;
    for (size_t at = 0; at < length; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, frame + at,
               length - at < sizeof word ? length - at : sizeof word);
        watcher->digest = rng_mix(watcher->digest ^ word) + time_us;
    }
    add(&watcher->macs, mac_key(frame + 6));
    if (get16(frame + 12) == FRAME_IPV4) {
        check_ip(watcher, frame, length);
        note_answer(watcher, frame + FRAME_ETHERNET);
    }
    for (size_t i = 0; watcher->truth && i < watcher->truth->count; i++)
        if (i < WATCHER_TALLIES)
            count_frame(watcher, i, time_us, frame);
}

struct watcher *watcher_create(const struct truth *truth) {
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (watcher == NULL) {
        fputs("traffic: out of memory\n", stderr);
        exit(1);
    }
    watcher->truth = truth;
    return watcher;
}

void watcher_destroy(struct watcher *watcher) {
    free(watcher);
}

struct sink watcher_sink(struct watcher *watcher) {
    return (struct sink){watch, watcher};
}
