/* Any bytes are a frame of some link: the first byte chooses it, the second how much
   the snap length left. What was decoded stays inside the frame, and whatever reads
   packets can read it. */
#include "collectors/announce.h"
#include "collectors/decode.h"
#include "collectors/dns.h"
#include "collectors/operation.h"
#include "tests/fuzz/require.h"

#include <pcap/dlt.h>
#include <stdlib.h>

static const int links[] = {DLT_EN10MB,
                            DLT_RAW,
                            DLT_IPV4,
                            DLT_IPV6,
                            DLT_NULL,
                            DLT_LOOP,
                            DLT_LINUX_SLL,
                            DLT_LINUX_SLL2,
                            DLT_PPP_SERIAL,
                            DLT_PPP_ETHER,
                            DLT_IEEE802_11,
                            DLT_IEEE802_11_RADIO,
                            DLT_IEEE802_11_RADIO_AVS,
                            DLT_PRISM_HEADER};
enum { LINKS = sizeof links / sizeof *links };

static void read_packet(const struct packet *packet) {
    struct record records[ANNOUNCE_RECORDS];
    struct operation_count operations[RECORD_OPERATIONS];
    struct dns_message message;
    unsigned overflow = 0;
    require(announce_records(packet, records, ANNOUNCE_RECORDS) <= ANNOUNCE_RECORDS);
    require(operation_parse(packet, INITIATOR, operations, &overflow) <=
            RECORD_OPERATIONS);
    dns_parse_packet(packet, &message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct packet packet = {0};
    if (size < 2 || size > UINT16_MAX)
        return 0;
    const uint8_t *bytes = data + 2;
    uint32_t captured = (uint32_t)size - 2, wire = captured + data[1];
    enum decode_result result =
        decode_frame(links[data[0] % LINKS], bytes, captured, wire, &packet);
    require_inside(packet.network, packet.network_captured, bytes, captured);
    require_inside(packet.transport, packet.transport_captured, bytes, captured);
    require_inside(packet.payload, packet.payload_captured, bytes, captured);
    require(packet.network_captured <= packet.network_length);
    require(packet.payload_captured <= packet.payload_length);
    require(packet.payload_length <= packet.wire_length || packet.vantage.is_cut);
    require(packet.vantage.depth <= 4);
    if (result == DECODE_OK)
        read_packet(&packet);
    return 0;
}
