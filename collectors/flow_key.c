#include "collectors/flow_key.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(sizeof(struct flow_key) == 56, "padding would be hashed");

enum { FAMILY_LLC = 1 };

/* Replies are keyed by what they reply to. */
static uint8_t icmp_request(uint8_t protocol, uint8_t type) {
    if (protocol == PROTOCOL_ICMP) {
        switch (type) {
        case 0: /* echo */
            return 8;
        case 14: /* timestamp */
            return 13;
        case 18: /* address mask */
            return 17;
        }
    } else {
        switch (type) {
        case 129: /* echo */
            return 128;
        case 134: /* router advertisement */
            return 133;
        case 136: /* neighbour advertisement */
            return 135;
        }
    }
    return type;
}

static bool is_icmp(const struct packet *packet) {
    return packet->protocol == PROTOCOL_ICMP || packet->protocol == PROTOCOL_ICMPV6;
}

static bool is_multicast(const struct packet *packet) {
    return mac_is_multicast(&packet->mac[DESTINATION]) ||
           address_is_multicast(&packet->ip[DESTINATION]);
}

static bool is_icmp_reply(const struct packet *packet) {
    uint8_t type = (uint8_t)(packet->port[DESTINATION] >> 8);
    /* What is sent to many was asked by nobody. */
    return icmp_request(packet->protocol, type) != type && !is_multicast(packet);
}

unsigned flow_key_of_packet(struct flow_key *key, const struct packet *packet) {
    uint16_t port[2] = {packet->port[SOURCE], packet->port[DESTINATION]};
    if (is_icmp(packet)) {
        uint8_t type = (uint8_t)(port[DESTINATION] >> 8);
        if (is_icmp_reply(packet))
            type = icmp_request(packet->protocol, type);
        port[SOURCE] = port[DESTINATION] =
            (uint16_t)(type << 8 | (port[DESTINATION] & 0xff));
    }
    int order = memcmp(packet->ip[SOURCE].bytes, packet->ip[DESTINATION].bytes, 16);
    if (order == 0)
        order = port[SOURCE] - port[DESTINATION];
    if (order == 0)
        order =
            memcmp(&packet->mac[SOURCE], &packet->mac[DESTINATION], sizeof(struct mac));
    unsigned source = order > 0;
    unsigned destination = !source;
    memcpy(key->ip[source], packet->ip[SOURCE].bytes, 16);
    memcpy(key->ip[destination], packet->ip[DESTINATION].bytes, 16);
    if (mac_is_zero(&packet->mac[DESTINATION])) {
        key->mac[source] = key->mac[destination] = (struct mac){{0}};
    } else {
        key->mac[source] = packet->mac[SOURCE];
        key->mac[destination] = packet->mac[DESTINATION];
    }
    key->port[source] = port[SOURCE];
    key->port[destination] = port[DESTINATION];
    key->vlan = packet->vlan;
    key->inner_vlan = packet->inner_vlan;
    key->ethertype = packet->ethertype;
    key->protocol = packet->protocol;
    key->family = packet->is_llc ? FAMILY_LLC : packet->ip[SOURCE].family;
    return source;
}

struct address flow_key_address(const struct flow_key *key, unsigned end) {
    struct address address = {.family = key->family};
    memcpy(address.bytes, key->ip[end], sizeof address.bytes);
    return address;
}

unsigned flow_key_of_quote(struct flow_key *key, const struct packet *packet) {
    const struct mac none = {{0}};
    bool is_one_sided = mac_is_zero(&packet->mac[DESTINATION]);
    struct packet quoted = {
        /* Who sends the error is the next hop of what it quotes, and the other way
           round; on links that tell the sender alone, neither is known. */
        .mac = {packet->mac[DESTINATION], is_one_sided ? none : packet->mac[SOURCE]},
        .vlan = packet->vlan,
        .inner_vlan = packet->inner_vlan,
        .ethertype = packet->ethertype,
        .ip = {packet->quote.ip[SOURCE], packet->quote.ip[DESTINATION]},
        .port = {packet->quote.port[SOURCE], packet->quote.port[DESTINATION]},
        .protocol = packet->quote.protocol,
    };
    return flow_key_of_packet(key, &quoted);
}

bool flow_key_is_related(const struct flow_key *a, const struct flow_key *b) {
    size_t ends = offsetof(struct flow_key, port);
    size_t rest = offsetof(struct flow_key, vlan);
    return memcmp(a, b, ends) == 0 &&
           memcmp((const char *)a + rest, (const char *)b + rest, sizeof *a - rest) ==
               0;
}

/* Above the well-known ports, those that industrial, IoT and usual servers listen
   on. */
static bool is_service(uint16_t port) {
    if (port < 1024)
        return true;
    switch (port) {
    case 1433:  /* SQL Server */
    case 1521:  /* Oracle */
    case 1883:  /* MQTT */
    case 1911:  /* Niagara Fox */
    case 1962:  /* PCWorx */
    case 2404:  /* IEC 60870-5-104 */
    case 3306:  /* MySQL */
    case 3389:  /* RDP */
    case 3478:  /* STUN */
    case 4840:  /* OPC UA */
    case 5060:  /* SIP */
    case 5061:  /* SIP, TLS */
    case 5094:  /* HART-IP */
    case 5222:  /* XMPP */
    case 5353:  /* mDNS */
    case 5432:  /* PostgreSQL */
    case 5671:  /* AMQP, TLS */
    case 5672:  /* AMQP */
    case 5683:  /* CoAP */
    case 5684:  /* CoAP, DTLS */
    case 6379:  /* Redis */
    case 8000:  /* HTTP */
    case 8080:  /* HTTP */
    case 8443:  /* HTTPS */
    case 8883:  /* MQTT, TLS */
    case 9100:  /* printers */
    case 9600:  /* OMRON FINS */
    case 20000: /* DNP3 */
    case 34964: /* PROFINET */
    case 44818: /* EtherNet/IP */
    case 47808: /* BACnet */
        return true;
    default:
        return false;
    }
}

bool flow_key_is_reply(const struct packet *packet) {
    if (is_icmp(packet))
        return is_icmp_reply(packet);
    if (packet->protocol == PROTOCOL_TCP && (packet->tcp_flags & TCP_SYN))
        return packet->tcp_flags & TCP_ACK;
    if (packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP)
        return false;
    return is_service(packet->port[SOURCE]) && !is_service(packet->port[DESTINATION]) &&
           !is_multicast(packet);
}
