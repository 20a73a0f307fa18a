#include "collectors/announce.h"

#include "collectors/bytes.h"
#include "collectors/dhcp.h"
#include "collectors/dns.h"

#include <string.h>
#include <strings.h>

enum { PORT_DNS = 53, PORT_DHCP_SERVER = 67, PORT_DHCP_CLIENT = 68 };
enum { PORT_SSDP = 1900, PORT_MDNS = 5353 };

/* Where the records go. Those without room are left out: the places are as many as one
   packet ever fills. */
struct writer {
    struct record *records;
    unsigned used, size;
};

static void write_claim(struct writer *writer, const struct packet *packet,
                        const struct claim_record *claim) {
    if (writer->used == writer->size)
        return;
    struct record *record = &writer->records[writer->used++];
    record->kind = RECORD_CLAIM;
    record->claim = *claim;
    record->claim.frame_mac = packet->mac[SOURCE];
    record->claim.vlan = packet->vlan;
}

/* `text` is terminated and harmless. An empty one names nothing. */
static void write_name(struct writer *writer, const struct packet *packet,
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

/* --- ARP (RFC 826; announcements: RFC 5227) --- */

static void announce_arp(const struct packet *packet, struct writer *writer) {
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

enum { ND_ROUTER_ADVERTISEMENT = 134, ND_SOLICITATION = 135, ND_ADVERTISEMENT = 136 };
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

static void announce_neighbour(const struct packet *packet, struct writer *writer) {
    const uint8_t *icmp = packet->transport;
    uint8_t type = icmp[0], code = icmp[1];
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

static void announce_dhcp(const struct packet *packet, struct writer *writer) {
    struct dhcp_message message;
    if (!dhcp_parse(packet->payload, packet->payload_captured, &message))
        return;
    struct claim_record claim = {.mac = message.client};
    switch (message.type) {
    case DHCP_DISCOVER:
    case DHCP_REQUEST:
    case DHCP_INFORM:
        claim.kind = CLAIM_DHCP_REQUEST;
        claim.ip =
            message.requested_ip.family ? message.requested_ip : message.client_ip;
        write_claim(writer, packet, &claim);
        write_name(writer, packet, NAME_DHCP_HOST, message.client, message.client_ip,
                   message.host);
        write_name(writer, packet, NAME_DHCP_VENDOR, message.client, message.client_ip,
                   message.vendor);
        write_name(writer, packet, NAME_DHCP_FINGERPRINT, message.client,
                   message.client_ip, message.fingerprint);
        break;
    case DHCP_OFFER:
    case DHCP_ACK:
        claim.kind = message.type == DHCP_ACK ? CLAIM_DHCP_ACK : CLAIM_DHCP_OFFER;
        claim.ip = message.your_ip.family ? message.your_ip : message.client_ip;
        claim.target_mac = packet->mac[SOURCE];
        claim.target_ip =
            message.server_ip.family ? message.server_ip : packet->ip[SOURCE];
        write_claim(writer, packet, &claim);
        break;
    default:
        break;
    }
}

/* --- names --- */

/* Of a long name the end says most: the last labels that fit. */
static const char *fitting_tail(const char *name) {
    size_t length = strlen(name);
    if (length < RECORD_TEXT_BYTES)
        return name;
    const char *tail = name + length - (RECORD_TEXT_BYTES - 1);
    const char *dot = strchr(tail, '.');
    return dot && dot[1] ? dot + 1 : tail;
}

static void announce_dns(const struct packet *packet, struct writer *writer) {
    struct dns_message message;
    if (packet->port[SOURCE] != PORT_DNS || !dns_parse_packet(packet, &message) ||
        !message.is_response)
        return;
    for (unsigned i = 0; i < message.address_count; i++)
        write_name(writer, packet, NAME_DNS_ANSWER, packet->mac[DESTINATION],
                   message.addresses[i], fitting_tail(message.name));
}

/* A responder speaks for itself, but also for what it knows of others: an address
   record is its own unless it holds another address of the sender's family. One host
   name and one service instance are enough. */
static void announce_mdns(const struct packet *packet, struct writer *writer) {
    struct dns_reader reader;
    struct dns_resource resource;
    bool has_host = false, has_instance = false;
    if (packet->port[SOURCE] != PORT_MDNS ||
        !dns_open(&reader, packet->payload, packet->payload_captured) ||
        !reader.is_response)
        return;
    while (!(has_host && has_instance) && dns_next(&reader, &resource)) {
        const struct address *sender = &packet->ip[SOURCE];
        size_t bytes = resource.type == DNS_A ? 4 : resource.type == DNS_AAAA ? 16 : 0;
        bool is_others = bytes == (sender->family == 4 ? 4 : 16) &&
                         (resource.data_length != bytes ||
                          memcmp(resource.data, sender->bytes, bytes) != 0);
        bool is_host = bytes && !is_others && !has_host;
        bool is_instance = resource.type == DNS_SRV && !has_instance;
        if (!is_host && !is_instance)
            continue;
        has_host |= is_host;
        has_instance |= is_instance;
        write_name(writer, packet, is_host ? NAME_MDNS : NAME_MDNS_SERVICE,
                   packet->mac[SOURCE], *sender, fitting_tail(resource.name));
    }
}

static void announce_lldp(const struct packet *packet, struct writer *writer) {
    enum { TLV_END = 0, TLV_SYSTEM_NAME = 5 };
    const uint8_t *at = packet->network;
    uint32_t left = packet->network_captured;
    while (left >= 2 && at[0] >> 1 != TLV_END) {
        uint32_t length = (uint32_t)(at[0] & 1) << 8 | at[1];
        if (length > left - 2)
            return;
        if (at[0] >> 1 == TLV_SYSTEM_NAME) {
            char text[RECORD_TEXT_BYTES];
            text_copy_untrusted(text, sizeof text, at + 2, length);
            write_name(writer, packet, NAME_LLDP, packet->mac[SOURCE],
                       (struct address){0}, text);
            return;
        }
        at += 2 + length;
        left -= 2 + length;
    }
}

/* SSDP is HTTP over UDP: an advertisement or an answer says what the sender is. */
static void announce_ssdp(const struct packet *packet, struct writer *writer) {
    static const char notify[] = "NOTIFY ", answer[] = "HTTP/1.1 200",
                      field[] = "SERVER:";
    const char *at = (const char *)packet->payload;
    size_t left = packet->payload_captured;
    if (left < sizeof answer || (memcmp(at, notify, sizeof notify - 1) != 0 &&
                                 memcmp(at, answer, sizeof answer - 1) != 0))
        return;
    for (const char *line_end; (line_end = memchr(at, '\n', left));) {
        size_t length = (size_t)(line_end - at);
        if (length >= sizeof field && strncasecmp(at, field, sizeof field - 1) == 0) {
            const char *value = at + sizeof field - 1;
            while (value < line_end && *value == ' ')
                value++;
            const char *value_end = line_end[-1] == '\r' ? line_end - 1 : line_end;
            char text[RECORD_TEXT_BYTES];
            text_copy_untrusted(text, sizeof text, value, (size_t)(value_end - value));
            write_name(writer, packet, NAME_SSDP, packet->mac[SOURCE],
                       packet->ip[SOURCE], text);
            return;
        }
        left -= length + 1;
        at = line_end + 1;
    }
}

static bool uses_port(const struct packet *packet, uint16_t port) {
    return packet->port[SOURCE] == port || packet->port[DESTINATION] == port;
}

static void announce_datagram(const struct packet *packet, struct writer *writer) {
    if (uses_port(packet, PORT_DHCP_SERVER) || uses_port(packet, PORT_DHCP_CLIENT))
        announce_dhcp(packet, writer);
    else if (packet->port[SOURCE] == PORT_MDNS)
        announce_mdns(packet, writer);
    else if (uses_port(packet, PORT_SSDP))
        announce_ssdp(packet, writer);
}

unsigned announce_records(const struct packet *packet, struct record *records,
                          unsigned size) {
    struct writer writer = {.records = records, .size = size};
    /* Out of an IP tunnel, the frame's sender is not who speaks. */
    if (packet->vantage.depth > 0 && mac_is_zero(&packet->mac[DESTINATION]))
        return 0;
    if (packet->payload) {
        if (packet->port[SOURCE] == PORT_DNS)
            announce_dns(packet, &writer);
        else if (packet->protocol == PROTOCOL_UDP)
            announce_datagram(packet, &writer);
        else if (packet->protocol == PROTOCOL_ICMPV6)
            announce_neighbour(packet, &writer);
    } else if (!packet->is_llc) {
        if (packet->ethertype == ETHERTYPE_ARP)
            announce_arp(packet, &writer);
        else if (packet->ethertype == ETHERTYPE_LLDP)
            announce_lldp(packet, &writer);
    }
    return writer.used;
}
