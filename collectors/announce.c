#include "collectors/announce.h"

#include "collectors/announce_writer.h"
#include "collectors/bytes.h"
#include "collectors/dhcp.h"
#include "collectors/dhcp6.h"
#include "collectors/dns.h"

#include <string.h>

enum { PORT_DNS = 53, PORT_DHCP_SERVER = 67, PORT_DHCP_CLIENT = 68 };
enum { PORT_DHCP6_CLIENT = 546, PORT_DHCP6_SERVER = 547 };
enum { PORT_NETBIOS = 137, PORT_NETBIOS_DATAGRAMS = 138 };
enum { PORT_SSDP = 1900, PORT_MDNS = 5353, PORT_LLMNR = 5355, LLC_SNAP = 0xaaaa };

static void write_claim(struct announce_writer *writer, const struct packet *packet,
                        const struct claim_record *claim) {
    if (writer->used == writer->size)
        return;
    struct record *record = &writer->records[writer->used++];
    record->kind = RECORD_CLAIM;
    record->claim = *claim;
    record->claim.frame_mac = packet->mac[SOURCE];
    record->claim.vlan = packet->vlan;
}

void announce_name(struct announce_writer *writer, const struct packet *packet,
                   enum name_kind kind, struct mac mac, struct address ip,
                   const char *text) {
    if (writer->used == writer->size || !*text)
        return;
    struct record *record = &writer->records[writer->used++];
    record->kind = RECORD_NAME;
    record->name = (struct name_record){
        .mac = mac, .ip = ip, .vlan = packet->vlan, .kind = (uint8_t)kind};
    text_copy_untrusted(record->name.text, sizeof record->name.text, text,
                        strlen(text));
}

void announce_sender(struct announce_writer *writer, const struct packet *packet,
                     enum name_kind kind, const void *bytes, size_t length) {
    char text[RECORD_TEXT_BYTES];
    text_copy_untrusted(text, sizeof text, bytes, length);
    announce_name(writer, packet, kind, packet->mac[SOURCE], packet->ip[SOURCE], text);
}

/* --- ARP (RFC 826; announcements: RFC 5227) --- */

static void announce_arp(const struct packet *packet, struct announce_writer *writer) {
    static const uint8_t ethernet_ipv4[6] = {0, 1, 8, 0, 6, 4};
    static const struct mac broadcast = {{255, 255, 255, 255, 255, 255}};
    const uint8_t *arp = packet->network;
    if (packet->network_captured < 28 || memcmp(arp, ethernet_ipv4, 6) != 0)
        return;
    bool is_request = arp[6] == 0 && arp[7] == 1;
    bool is_reply = arp[6] == 0 && arp[7] == 2;
    if (!is_request && !is_reply)
        return;
    struct claim_record claim = {
        .mac = bytes_mac(arp + 8),
        .ip = bytes_ipv4(arp + 14),
        /* A question's target is unknown by definition; where it was sent says more. */
        .target_mac = is_request ? packet->mac[DESTINATION] : bytes_mac(arp + 18),
        .target_ip = bytes_ipv4(arp + 24),
        .kind = is_request ? CLAIM_ARP_REQUEST : CLAIM_ARP_REPLY,
    };
    static const struct address unspecified = {.family = 4};
    bool to_itself = address_equal(&claim.ip, &claim.target_ip) &&
                     !address_equal(&claim.ip, &unspecified);
    if (to_itself || (is_reply && mac_equal(&packet->mac[DESTINATION], &broadcast)))
        claim.kind = CLAIM_ARP_ANNOUNCE;
    write_claim(writer, packet, &claim);
}

/* --- neighbour discovery (RFC 4861) --- */

enum {
    ND_ROUTER_ADVERTISEMENT = 134,
    ND_SOLICITATION = 135,
    ND_ADVERTISEMENT = 136,
    ND_REDIRECT = 137
};
enum { ND_OPTION_SOURCE = 1, ND_OPTION_TARGET = 2 };

/* The link-layer address in the options, else the frame's. False if they are broken. */
static bool read_link_option(const struct packet *packet, uint32_t offset,
                             uint8_t wanted, struct mac *mac) {
    const uint8_t *at = packet->transport + offset;
    uint32_t left = packet->transport_captured - offset;
    *mac = packet->mac[SOURCE];
    while (left >= 8) {
        uint32_t length = at[1] * 8u;
        if (length == 0 || length > left)
            return false;
        if (at[0] == wanted && length == 8)
            *mac = bytes_mac(at + 2);
        at += length;
        left -= length;
    }
    return true;
}

/* --- redirects (RFC 792; RFC 4861, 8) --- */

static void announce_redirect(const struct packet *packet, struct address by,
                              struct address to, struct announce_writer *writer) {
    struct claim_record claim = {
        .mac = packet->mac[SOURCE],
        .target_mac = packet->mac[DESTINATION],
        .ip = by,
        .target_ip = to,
        .kind = CLAIM_REDIRECT,
    };
    write_claim(writer, packet, &claim);
}

/* Better way and the packet that took the worse one: where that went is in its header. */
static void announce_redirect4(const struct packet *packet,
                               struct announce_writer *writer) {
    enum { REDIRECT = 5, BETTER = 4, HEADER = 8, TARGET = HEADER + 16 };
    const uint8_t *icmp = packet->transport;
    if (packet->transport_captured >= TARGET + 4 && icmp[0] == REDIRECT &&
        icmp[HEADER] >> 4 == 4)
        announce_redirect(packet, bytes_ipv4(icmp + BETTER), bytes_ipv4(icmp + TARGET),
                          writer);
}

static void announce_neighbour(const struct packet *packet,
                               struct announce_writer *writer) {
    enum { BETTER = 8, TARGET = 24, REDIRECT_BYTES = 40 };
    const uint8_t *icmp = packet->transport;
    uint8_t type = icmp[0], code = icmp[1];
    if (type == ND_REDIRECT && code == 0 && packet->ttl == 255 &&
        packet->transport_captured >= REDIRECT_BYTES)
        announce_redirect(packet, bytes_ipv6(icmp + BETTER), bytes_ipv6(icmp + TARGET),
                          writer);
    if (type < ND_ROUTER_ADVERTISEMENT || type > ND_ADVERTISEMENT)
        return;
    bool is_router = type == ND_ROUTER_ADVERTISEMENT;
    uint32_t header = is_router ? 16 : 24;
    /* A hop limit of 255 proves that no router has forwarded it. */
    if (code != 0 || packet->ttl != 255 || packet->transport_captured < header)
        return;

    struct claim_record claim = {
        .ip = packet->ip[SOURCE],
        .target_ip = packet->ip[DESTINATION],
        .target_mac = packet->mac[DESTINATION],
        .kind = CLAIM_ROUTER_ADVERTISE,
    };
    uint8_t option = ND_OPTION_SOURCE;
    /* With a lifetime of 0 it tells of prefixes, but is no way out. */
    if (is_router && bytes_be16(icmp + 6) == 0)
        claim.kind = CLAIM_ND_ADVERTISE;
    if (!is_router) {
        struct address target = bytes_ipv6(icmp + 8);
        if (address_is_multicast(&target))
            return;
        if (type == ND_SOLICITATION) {
            claim.kind = CLAIM_ND_SOLICIT;
            claim.target_ip = target;
        } else {
            claim.kind = CLAIM_ND_ADVERTISE;
            claim.ip = target;
            option = ND_OPTION_TARGET;
        }
    }
    if (read_link_option(packet, header, option, &claim.mac))
        write_claim(writer, packet, &claim);
}

/* --- DHCP --- */

/* Of a message that the capture cut short, its fixed part still shows a client that asks:
   without it, the address that it gets would seem taken. */
static void announce_cut_dhcp(const struct packet *packet,
                              struct announce_writer *writer) {
    enum { CLIENT_OFFSET = 28, BOOT_REQUEST = 1 };
    if (packet->payload_captured == packet->payload_length ||
        packet->payload_captured < CLIENT_OFFSET + sizeof(struct mac) ||
        packet->port[DESTINATION] != PORT_DHCP_SERVER ||
        packet->payload[0] != BOOT_REQUEST)
        return;
    struct claim_record claim = {.kind = CLAIM_DHCP_REQUEST,
                                 .mac = bytes_mac(packet->payload + CLIENT_OFFSET)};
    write_claim(writer, packet, &claim);
}

static void announce_dhcp(const struct packet *packet, struct announce_writer *writer) {
    struct dhcp_message message;
    if (!dhcp_parse(packet->payload, packet->payload_captured, &message)) {
        announce_cut_dhcp(packet, writer);
        return;
    }
    struct claim_record claim = {.mac = message.client};
    switch (message.type) {
    case DHCP_DISCOVER:
    case DHCP_REQUEST:
    case DHCP_INFORM:
        claim.kind = CLAIM_DHCP_REQUEST;
        claim.ip =
            message.requested_ip.family ? message.requested_ip : message.client_ip;
        write_claim(writer, packet, &claim);
        announce_name(writer, packet, NAME_DHCP_HOST, message.client, message.client_ip,
                      message.host);
        announce_name(writer, packet, NAME_DHCP_VENDOR, message.client,
                      message.client_ip, message.vendor);
        announce_name(writer, packet, NAME_DHCP_FINGERPRINT, message.client,
                      message.client_ip, message.fingerprint);
        break;
    case DHCP_OFFER:
    case DHCP_ACK:
        claim.kind = message.type == DHCP_ACK ? CLAIM_DHCP_ACK : CLAIM_DHCP_OFFER;
        claim.ip = message.your_ip.family ? message.your_ip : message.client_ip;
        claim.target_mac = packet->mac[SOURCE];
        claim.target_ip =
            message.server_ip.family ? message.server_ip : packet->ip[SOURCE];
        claim.router = message.router;
        claim.resolver = message.resolver;
        write_claim(writer, packet, &claim);
        break;
    default:
        break;
    }
}

/* On the link itself, so the frame tells whom the message is about. */
static void announce_dhcp6(const struct packet *packet,
                           struct announce_writer *writer) {
    struct dhcp6_message message;
    const struct mac *sender = &packet->mac[SOURCE],
                     *receiver = &packet->mac[DESTINATION];
    if (!dhcp6_parse(packet->payload, packet->payload_captured, &message))
        return;
    bool by_server = message.type == DHCP6_ADVERTISE || message.type == DHCP6_REPLY;
    struct claim_record claim = {.mac = by_server ? *receiver : *sender,
                                 .ip = message.ip};
    if (by_server) {
        if (mac_is_multicast(receiver) || mac_is_zero(receiver))
            return;
        claim.kind = message.type == DHCP6_REPLY && message.ip.family
                         ? CLAIM_DHCP_ACK
                         : CLAIM_DHCP_OFFER;
        claim.target_mac = *sender;
        claim.target_ip = packet->ip[SOURCE];
        claim.resolver = message.resolver;
        write_claim(writer, packet, &claim);
        return;
    }
    claim.kind = CLAIM_DHCP_REQUEST;
    write_claim(writer, packet, &claim);
    const struct address *ip = &packet->ip[SOURCE];
    announce_name(writer, packet, NAME_DHCP6_HOST, *sender, *ip, message.host);
    announce_name(writer, packet, NAME_DHCP6_VENDOR, *sender, *ip, message.vendor);
    announce_name(writer, packet, NAME_DHCP6_FINGERPRINT, *sender, *ip,
                  message.fingerprint);
    announce_name(writer, packet, NAME_DHCP_MUD, *sender, *ip, message.mud_url);
}

/* --- names --- */

static void announce_dns(const struct packet *packet, struct announce_writer *writer) {
    struct dns_message message;
    if (packet->port[SOURCE] != PORT_DNS || !dns_parse_packet(packet, &message) ||
        !message.is_response)
        return;
    for (unsigned i = 0; i < message.address_count; i++)
        announce_name(writer, packet, NAME_DNS_ANSWER, packet->mac[DESTINATION],
                      message.addresses[i], announce_fitting_tail(message.name));
}

static bool uses_port(const struct packet *packet, uint16_t port) {
    return packet->port[SOURCE] == port || packet->port[DESTINATION] == port;
}

static void announce_datagram(const struct packet *packet,
                              struct announce_writer *writer) {
    if (uses_port(packet, PORT_DHCP_SERVER) || uses_port(packet, PORT_DHCP_CLIENT))
        announce_dhcp(packet, writer);
    else if (packet->port[SOURCE] == PORT_MDNS)
        announce_mdns(packet, writer);
    else if (uses_port(packet, PORT_SSDP))
        announce_ssdp(packet, writer);
    else if (packet->port[DESTINATION] == PORT_DHCP6_SERVER ||
             packet->port[DESTINATION] == PORT_DHCP6_CLIENT)
        announce_dhcp6(packet, writer);
    else if (packet->port[SOURCE] == PORT_LLMNR)
        announce_llmnr(packet, writer);
    else if (uses_port(packet, PORT_NETBIOS) ||
             packet->port[DESTINATION] == PORT_NETBIOS_DATAGRAMS)
        announce_netbios(packet, writer);
}

unsigned announce_records(const struct packet *packet, struct record *records,
                          unsigned size) {
    struct announce_writer writer = {.records = records, .size = size};
    /* Out of an IP tunnel, the frame's sender is not who speaks. */
    if (packet->vantage.depth > 0 && mac_is_zero(&packet->mac[DESTINATION]))
        return 0;
    if (packet->payload) {
        if (packet->port[SOURCE] == PORT_DNS)
            announce_dns(packet, &writer);
        else if (packet->protocol == PROTOCOL_UDP)
            announce_datagram(packet, &writer);
        else if (packet->protocol == PROTOCOL_ICMP)
            announce_redirect4(packet, &writer);
        else if (packet->protocol == PROTOCOL_ICMPV6)
            announce_neighbour(packet, &writer);
    } else if (packet->is_llc) {
        if (packet->ethertype == LLC_SNAP)
            announce_cdp(packet, &writer);
    } else {
        if (packet->ethertype == ETHERTYPE_ARP)
            announce_arp(packet, &writer);
        else if (packet->ethertype == ETHERTYPE_LLDP)
            announce_lldp(packet, &writer);
    }
    return writer.used;
}
