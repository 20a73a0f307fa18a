#ifndef TESTS_COLLECTORS_SAID_H
#define TESTS_COLLECTORS_SAID_H

#include "collectors/announce.h"
#include "collectors/decode.h"
#include "tests/collectors/hex.h"

#include <check.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>

#define FROM_AA "ffffffffffff 0200000000aa "
#define IPV4(total, protocol, source, destination)                                     \
    "0800 4500 " total " 0000 0000 ff " protocol " 0000 " source destination
#define IPV6(length, next, limit, source, destination)                                 \
    "86dd 60000000 " length next " " limit " " source destination
#define LL_1                     "fe800000000000000000000000000001 "
#define LL_2                     "fe800000000000000000000000000002 "
#define NONE_6                   "00000000000000000000000000000000 "
#define ALL_NODES                "ff020000000000000000000000000001 "
#define LAN_2                    "c0a80102 "
#define LAN_9                    "c0a80109 "
#define MDNS_GROUP               "e00000fb "
#define UDP(source, destination) source destination "0000 0000 "
#define SSDP                     FROM_AA IPV4("0000", "11", LAN_2, "effffffa ") UDP("c001", "076c")

/* Lengths left as "0000" are filled in: IPv4's total or IPv6's, and UDP's. */
static void fix_lengths(struct bytes *frame) {
    bool is_6 = frame->at[12] == 0x86 && frame->at[13] == 0xdd;
    uint32_t ip = 14, udp = ip + (is_6 ? 40 : 20), field = ip + (is_6 ? 4 : 2);
    bool is_ip = is_6 || (frame->at[12] == 8 && frame->at[13] == 0);
    if (!is_ip)
        return;
    uint32_t total = frame->length - (is_6 ? udp : ip);
    frame->at[field] = (uint8_t)(total >> 8);
    frame->at[field + 1] = (uint8_t)total;
    if (frame->at[ip + (is_6 ? 6 : 9)] == PROTOCOL_UDP) {
        frame->at[udp + 4] = (uint8_t)((frame->length - udp) >> 8);
        frame->at[udp + 5] = (uint8_t)(frame->length - udp);
    }
}

/* Of a frame of which so many bytes were captured. */
static unsigned announced_of(const struct bytes *frame, uint32_t captured,
                             struct record *records, unsigned size) {
    uint8_t *copy = exact_copy(frame->at, captured);
    struct packet packet = {0};
    unsigned used = 0;
    if (decode_frame(DLT_EN10MB, copy, captured, frame->length, &packet) == DECODE_OK)
        used = announce_records(&packet, records, size);
    free(copy);
    return used;
}

static unsigned announced(const struct bytes *frame, struct record *records,
                          unsigned size) {
    return announced_of(frame, frame->length, records, size);
}

static const char *described_address(const struct address *address) {
    static char texts[4][ADDRESS_TEXT_BYTES];
    static unsigned next;
    char *text = texts[next++ % 4];
    address_format(address, text);
    return *text ? text : "-";
}

static const char *described_mac(const struct mac *mac) {
    static char texts[4][MAC_TEXT_BYTES];
    static unsigned next;
    char *text = texts[next++ % 4];
    mac_format(mac, text);
    return text + 15; /* the last byte tells them apart */
}

/* All records of a frame as text: kind, who, address, "to" target, or a name. */
static const char *said(const char *text) {
    static const char *const claims[] = {
        "arp-request", "arp-reply", "arp-announce", "solicit", "advertise", "router",
        "request",     "ack",       "offer",        "",        "redirect"};
    static const char *const names[NAME_KINDS] = {
        [NAME_DHCP_HOST] = "host",
        [NAME_DHCP_VENDOR] = "vendor",
        [NAME_DHCP_FINGERPRINT] = "fingerprint",
        [NAME_MDNS] = "mdns",
        [NAME_LLDP] = "lldp",
        [NAME_SSDP] = "ssdp",
        [NAME_DNS_ANSWER] = "dns",
        [NAME_DHCP_MUD] = "mud",
        [NAME_DHCP6_HOST] = "host6",
        [NAME_DHCP6_VENDOR] = "vendor6",
        [NAME_DHCP6_FINGERPRINT] = "fingerprint6",
        [NAME_MDNS_SERVICE] = "service",
        [NAME_MDNS_MODEL] = "model",
        [NAME_SSDP_DEVICE] = "ssdp-device",
        [NAME_LLDP_DESCRIPTION] = "description",
        [NAME_LLDP_MUD] = "lldp-mud",
        [NAME_CDP] = "cdp",
        [NAME_CDP_PLATFORM] = "platform",
        [NAME_NETBIOS] = "netbios",
        [NAME_LOCAL_ANSWER] = "answer",
    };
    static char out[2048];
    struct record records[ANNOUNCE_RECORDS];
    struct bytes frame = hex(text);
    fix_lengths(&frame);
    unsigned used = announced(&frame, records, ANNOUNCE_RECORDS);
    size_t end = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < used; i++) {
        const char *separator = i ? ", " : "";
        if (records[i].kind == RECORD_CLAIM) {
            const struct claim_record *claim = &records[i].claim;
            ck_assert_str_eq(described_mac(&claim->frame_mac), "aa");
            end += (size_t)snprintf(
                out + end, sizeof out - end, "%s%s %s %s to %s %s", separator,
                claims[claim->kind], described_mac(&claim->mac),
                described_address(&claim->ip), described_mac(&claim->target_mac),
                described_address(&claim->target_ip));
            if (claim->router.family || claim->resolver.family)
                end += (size_t)snprintf(out + end, sizeof out - end, " by %s, names %s",
                                        described_address(&claim->router),
                                        described_address(&claim->resolver));
        } else {
            const struct name_record *name = &records[i].name;
            ck_assert_uint_eq(records[i].kind, RECORD_NAME);
            end += (size_t)snprintf(out + end, sizeof out - end, "%s%s %s %s \"%s\"",
                                    separator, names[name->kind],
                                    described_mac(&name->mac),
                                    described_address(&name->ip), name->text);
        }
    }
    return out;
}

#endif
