/* Any bytes are what a device says of itself, in the protocol that the first byte
   chooses. What comes out is bounded and harmless. */
#include "collectors/announce.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    uint16_t ethertype, port;
    uint8_t protocol;
} protocols[] = {
    {ETHERTYPE_ARP, 0, 0},
    {ETHERTYPE_LLDP, 0, 0},
    {ETHERTYPE_IPV6, 0, PROTOCOL_ICMPV6},
    {ETHERTYPE_IPV4, 67, PROTOCOL_UDP},
    {ETHERTYPE_IPV4, 5353, PROTOCOL_UDP},
    {ETHERTYPE_IPV4, 1900, PROTOCOL_UDP},
    {ETHERTYPE_IPV4, 53, PROTOCOL_UDP},
    {ETHERTYPE_IPV4, 53, PROTOCOL_TCP},
};
enum { PROTOCOLS = sizeof protocols / sizeof *protocols };

static void require_harmless(const char *text, size_t size) {
    size_t length = strnlen(text, size);
    if (length == 0 || length == size)
        abort();
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { SELECTOR = 1, TRANSPORT_MIN = 4 };
    if (size < SELECTOR + TRANSPORT_MIN || size > UINT16_MAX)
        return 0;
    unsigned chosen = data[0] % PROTOCOLS;
    const uint8_t *bytes = data + SELECTOR;
    uint32_t length = (uint32_t)size - SELECTOR;
    struct packet packet = {
        .ethertype = protocols[chosen].ethertype,
        .protocol = protocols[chosen].protocol,
        .ttl = 255,
        .port = {protocols[chosen].port, protocols[chosen].port},
        .ip = {{.family = 4}, {.family = 4}},
        .network = bytes,
        .network_captured = length,
        .network_length = length,
    };
    if (packet.protocol) {
        packet.transport = packet.payload = bytes;
        packet.transport_captured = packet.payload_captured = packet.payload_length =
            length;
    }
    struct record records[ANNOUNCE_RECORDS];
    unsigned count = announce_records(&packet, records, ANNOUNCE_RECORDS);
    if (count > ANNOUNCE_RECORDS)
        abort();
    for (unsigned i = 0; i < count; i++)
        if (records[i].kind == RECORD_NAME)
            require_harmless(records[i].name.text, sizeof records[i].name.text);
    return 0;
}
