/* Any bytes in front of each layer of the decoder by itself: the first byte chooses the
   layer, the second what was announced, the third how much the snap length left. What it
   says lies inside. */
#include "collectors/decode_layers.h"
#include "tests/fuzz/require.h"

#include <stdlib.h>

/* As the layer before would have left it. */
static struct packet over_ip(uint8_t announced, struct cursor cursor) {
    static const uint16_t ports[] = {4789, 4790, 8472, 6081, 2152, 4754, 6635, 3544};
    return (struct packet){
        .wire_length = cursor.length,
        .captured_length = cursor.captured,
        .ethertype = ETHERTYPE_IPV4,
        .ip = {{.bytes = {10, 0, 0, 1}, .family = 4},
               {.bytes = {10, 0, 0, 2}, .family = 4}},
        .protocol = announced,
        .port = {40000, ports[announced % (sizeof ports / sizeof *ports)]},
        .network = cursor.at,
        .network_captured = cursor.captured,
        .network_length = cursor.length,
    };
}

enum layer {
    ETHERNET,
    LLC,
    WIRELESS,
    RADIOTAP,
    AVS,
    PRISM,
    PPP,
    SERIAL,
    SESSION,
    LABEL,
    NETWORK,
    RAW,
    TRANSPORT,
    TUNNEL,
    DATAGRAM,
    QUOTE,
    LAYERS
};

static enum decode_result enter(enum layer layer, uint8_t announced,
                                struct cursor cursor, struct packet *packet) {
    static const uint16_t types[] = {ETHERTYPE_IPV4,    ETHERTYPE_IPV6,
                                     ETHERTYPE_MPLS,    ETHERTYPE_MPLS_MULTICAST,
                                     ETHERTYPE_PPPOE,   ETHERTYPE_BACKBONE,
                                     ETHERTYPE_SERVICE, ETHERTYPE_ARP};
    uint16_t type = types[announced % (sizeof types / sizeof *types)];
    struct packet_quote quote;
    switch (layer) {
    case ETHERNET:
        return decode_ethernet(packet, cursor);
    case LLC:
        return decode_llc(packet, cursor);
    case WIRELESS:
        return decode_wireless(packet, cursor);
    case RADIOTAP:
        return decode_wireless_radiotap(packet, cursor);
    case AVS:
        return decode_wireless_avs(packet, cursor);
    case PRISM:
        return decode_wireless_prism(packet, cursor);
    case PPP:
        return decode_ppp(packet, cursor);
    case SERIAL:
        return decode_ppp_serial(packet, cursor);
    case SESSION:
        return decode_ppp_session(packet, cursor);
    case LABEL:
        return decode_label(packet, cursor, type);
    case NETWORK:
        return decode_network(packet, cursor, type);
    case RAW:
        return decode_network_raw(packet, cursor);
    case TRANSPORT:
        *packet = over_ip(announced, cursor);
        return decode_transport(packet, cursor);
    case TUNNEL:
        *packet = over_ip(announced, cursor);
        return decode_tunnel(packet, cursor);
    case DATAGRAM:
        *packet = over_ip(announced, cursor);
        packet->protocol = PROTOCOL_UDP;
        return decode_tunnel_datagram(packet, cursor);
    case QUOTE:
        decode_network_quote(cursor, &quote);
        return DECODE_OK;
    case LAYERS:
        break;
    }
    return DECODE_UNSUPPORTED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { SELECTORS = 3 };
    if (size < SELECTORS || size > UINT16_MAX)
        return 0;
    const uint8_t *bytes = data + SELECTORS;
    uint32_t captured = (uint32_t)size - SELECTORS;
    struct cursor cursor = {bytes, captured, captured + data[2]};
    struct packet packet = {.wire_length = cursor.length, .captured_length = captured};
    enter((enum layer)(data[0] % LAYERS), data[1], cursor, &packet);
    require_inside(packet.network, packet.network_captured, bytes, captured);
    require_inside(packet.transport, packet.transport_captured, bytes, captured);
    require_inside(packet.payload, packet.payload_captured, bytes, captured);
    require(packet.payload_captured <= packet.payload_length);
    if (packet.is_fragment)
        require(packet.fragment >= packet.network &&
                packet.fragment <= packet.network + packet.network_captured);
    return 0;
}
