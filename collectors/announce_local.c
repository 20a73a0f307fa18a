#include "collectors/announce_writer.h"

#include "collectors/bytes.h"
#include "collectors/dns.h"

#include <string.h>
#include <strings.h>

enum { PORT_MDNS = 5353, PORT_NETBIOS_NAMES = 137, PORT_NETBIOS_DATAGRAMS = 138 };

const char *announce_fitting_tail(const char *name) {
    size_t length = strlen(name);
    if (length < RECORD_TEXT_BYTES)
        return name;
    const char *tail = name + length - (RECORD_TEXT_BYTES - 1);
    const char *dot = strchr(tail, '.');
    return dot && dot[1] ? dot + 1 : tail;
}

/* --- multicast DNS --- */

/* The model in a TXT record: printers say ty, Google's md, Apple's model. */
static bool take_model(const struct packet *packet, struct announce_writer *writer,
                       const struct dns_resource *resource) {
    static const char *const keys[] = {"ty=", "md=", "model="};
    const uint8_t *at = resource->data;
    size_t left = resource->data_length;
    while (left > 0 && at[0] < left) {
        for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            size_t key = strlen(keys[i]);
            if (at[0] > key && strncasecmp((const char *)at + 1, keys[i], key) == 0) {
                announce_sender(writer, packet, NAME_MDNS_MODEL, at + 1 + key,
                                at[0] - key);
                return true;
            }
        }
        left -= 1u + at[0];
        at += 1 + at[0];
    }
    return false;
}

/* An address record is the sender's own unless it holds another address of its family:
   a responder speaks for itself, but also for what it knows of others. */
static bool is_own(const struct packet *packet, const struct dns_resource *resource) {
    const struct address *sender = &packet->ip[SOURCE];
    size_t bytes = resource->type == DNS_A ? 4 : 16;
    bool same_family = bytes == (sender->family == 4 ? 4 : 16);
    return !same_family || (resource->data_length == bytes &&
                            memcmp(resource->data, sender->bytes, bytes) == 0);
}

/* One host name, one model and a few service instances are enough. */
void announce_mdns(const struct packet *packet, struct announce_writer *writer) {
    enum { INSTANCES = 3 };
    struct dns_reader reader;
    struct dns_resource resource;
    bool has_host = false, has_model = false;
    unsigned instances = 0;
    if (packet->port[SOURCE] != PORT_MDNS ||
        !dns_open(&reader, packet->payload, packet->payload_captured) ||
        !reader.is_response)
        return;
    while (dns_next(&reader, &resource)) {
        const char *name = announce_fitting_tail(resource.name);
        bool is_address = resource.type == DNS_A || resource.type == DNS_AAAA;
        if (is_address && !has_host && is_own(packet, &resource)) {
            announce_name(writer, packet, NAME_MDNS, packet->mac[SOURCE],
                          packet->ip[SOURCE], name);
            has_host = true;
        } else if (resource.type == DNS_SRV && instances++ < INSTANCES) {
            announce_name(writer, packet, NAME_MDNS_SERVICE, packet->mac[SOURCE],
                          packet->ip[SOURCE], name);
        } else if (resource.type == DNS_TXT && !has_model) {
            has_model = take_model(packet, writer, &resource);
        }
    }
}

/* --- LLMNR (RFC 4795): messages like those of DNS, to whoever asked all --- */

void announce_llmnr(const struct packet *packet, struct announce_writer *writer) {
    struct dns_reader reader;
    struct dns_resource resource;
    if (!dns_open(&reader, packet->payload, packet->payload_captured) ||
        !reader.is_response)
        return;
    while (dns_next(&reader, &resource))
        if (resource.type == DNS_A || resource.type == DNS_AAAA) {
            announce_name(writer, packet, NAME_LOCAL_ANSWER, packet->mac[SOURCE],
                          packet->ip[SOURCE], announce_fitting_tail(resource.name));
            return;
        }
}

/* --- SSDP --- */

/* The value of a line that begins with this field; false if it is another. */
static bool take_field(const char *line, size_t length, const char *field,
                       const char **value, size_t *value_length) {
    size_t name = strlen(field);
    if (length <= name || strncasecmp(line, field, name) != 0)
        return false;
    line += name;
    length -= name;
    while (length > 0 && *line == ' ') {
        line++;
        length--;
    }
    if (length > 0 && line[length - 1] == '\r')
        length--;
    *value = line;
    *value_length = length;
    return true;
}

/* HTTP over UDP: an advertisement or an answer says what the sender is. */
void announce_ssdp(const struct packet *packet, struct announce_writer *writer) {
    static const char notify[] = "NOTIFY ", answer[] = "HTTP/1.1 200",
                      device[] = "urn:schemas-upnp-org:device:";
    const char *at = (const char *)packet->payload, *value;
    size_t left = packet->payload_captured, length;
    bool has_server = false, has_device = false;
    if (left < sizeof answer || (memcmp(at, notify, sizeof notify - 1) != 0 &&
                                 memcmp(at, answer, sizeof answer - 1) != 0))
        return;
    for (const char *line_end; (line_end = memchr(at, '\n', left));) {
        size_t line = (size_t)(line_end - at);
        if (!has_server && take_field(at, line, "SERVER:", &value, &length)) {
            announce_sender(writer, packet, NAME_SSDP, value, length);
            has_server = true;
        } else if (!has_device && (take_field(at, line, "NT:", &value, &length) ||
                                   take_field(at, line, "ST:", &value, &length))) {
            has_device =
                length > sizeof device && memcmp(value, device, sizeof device - 1) == 0;
            if (has_device)
                announce_sender(writer, packet, NAME_SSDP_DEVICE, value, length);
        }
        left -= line + 1;
        at = line_end + 1;
    }
}

/* --- NetBIOS over UDP (RFC 1002) --- */

enum {
    ENCODED = 32,
    PLAIN = ENCODED / 2,
    SUFFIX_WORKSTATION = 0,
    SUFFIX_SERVER = 0x20
};

/* A first-level encoded name, two letters a byte; the last byte says whose it is. */
static void take_netbios(const struct packet *packet, struct announce_writer *writer,
                         enum name_kind kind, const uint8_t *at, size_t left) {
    char name[PLAIN];
    if (left < 1 + ENCODED || at[0] != ENCODED)
        return;
    for (unsigned i = 0; i < PLAIN; i++) {
        uint8_t high = at[1 + 2 * i], low = at[2 + 2 * i];
        if (high < 'A' || high > 'P' || low < 'A' || low > 'P')
            return;
        name[i] = (char)((high - 'A') << 4 | (low - 'A'));
    }
    if (name[PLAIN - 1] != SUFFIX_WORKSTATION && name[PLAIN - 1] != SUFFIX_SERVER)
        return;
    size_t length = PLAIN - 1;
    while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\0'))
        length--;
    announce_sender(writer, packet, kind, name, length);
}

/* A positive answer: whole name, type, class, time to live, flags of the holder, address. */
static void take_netbios_answer(const struct packet *packet,
                                struct announce_writer *writer) {
    enum { HEADER = 12, TYPE = HEADER + ENCODED + 2, FLAGS = TYPE + 10, GROUP = 0x80 };
    const uint8_t *bytes = packet->payload;
    static const uint8_t host_type[2] = {0, 0x20};
    bool is_failure = bytes[3] & 0xf;
    if (packet->payload_captured > FLAGS && !is_failure && bytes_be16(bytes + 6) > 0 &&
        memcmp(bytes + TYPE, host_type, sizeof host_type) == 0 &&
        !(bytes[FLAGS] & GROUP))
        take_netbios(packet, writer, NAME_LOCAL_ANSWER, bytes + HEADER,
                     packet->payload_captured - HEADER);
}

/* Who registers or refreshes a name has it, unless it is a group's; who sends a datagram
   signs it. */
void announce_netbios(const struct packet *packet, struct announce_writer *writer) {
    enum {
        HEADER = 12,
        REGISTRATION = 5,
        REFRESH = 8,
        ANSWER = 0x10,
        GROUP = 0x80,
        DATAGRAM_HEADER = 14
    };
    const uint8_t *bytes = packet->payload;
    size_t length = packet->payload_captured;
    unsigned opcode =
        length >= HEADER ? bytes[2] >> 3 : 0; /* answers have a bit more */
    if (packet->port[SOURCE] == PORT_NETBIOS_NAMES && opcode == ANSWER) {
        take_netbios_answer(packet, writer);
    } else if (packet->port[DESTINATION] == PORT_NETBIOS_NAMES && length >= HEADER) {
        const uint8_t *tail = bytes + length - 6; /* flags and address end the record */
        if ((opcode == REGISTRATION || opcode == REFRESH) && !(tail[0] & GROUP))
            take_netbios(packet, writer, NAME_NETBIOS, bytes + HEADER, length - HEADER);
    } else if (packet->port[DESTINATION] == PORT_NETBIOS_DATAGRAMS &&
               length >= DATAGRAM_HEADER) {
        take_netbios(packet, writer, NAME_NETBIOS, bytes + DATAGRAM_HEADER,
                     length - DATAGRAM_HEADER);
    }
}
