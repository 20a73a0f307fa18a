#include "collectors/dns.h"

#include "collectors/bytes.h"

#include <string.h>

/* Names lead backwards only, but a chain of pointers costs work without making the name
   longer; and counts in a header are only claims. */
enum { HEADER_BYTES = 12, JUMPS_MAX = 16, QUESTIONS_MAX = 64, RECORDS_MAX = 128 };
enum { NAME_WIRE_MAX = 255, LABEL_MAX = 63, POINTER = 0xc0 };

enum { CLASS_IN = 1, CACHE_FLUSH = 0x8000 }; /* the latter: RFC 6762, 10.2 */

/* Append a label as text, as much of it as fits; returns the new length. */
static size_t append_label(char *text, size_t used, const uint8_t *label,
                           size_t length) {
    if (used && used < DNS_NAME_BYTES - 1)
        text[used++] = '.';
    for (size_t i = 0; i < length && used < DNS_NAME_BYTES - 2; i++) {
        char c = (char)label[i];
        if (c == '.' || c == '\\')
            text[used++] = '\\';
        /* A NUL would end the text early and show a name that was never asked for. */
        text[used++] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c ? c : '?';
    }
    return used;
}

/* Read the name at `*offset` and step over it. `name` may be NULL. */
static bool read_name(const uint8_t *bytes, size_t length, size_t *offset, char *name) {
    char text[DNS_NAME_BYTES];
    size_t at = *offset, behind = 0, used = 0, wire = 1;
    size_t limit = at; /* a pointer must lead before where its chain has been */
    unsigned jumps = 0;
    for (;;) {
        if (at >= length)
            return false;
        size_t label = bytes[at++];
        if (label == 0)
            break;
        if (label >= POINTER) {
            if (at >= length || ++jumps > JUMPS_MAX)
                return false;
            size_t target = (label & ~(size_t)POINTER) << 8 | bytes[at++];
            if (target >= limit)
                return false;
            if (!behind)
                behind = at;
            at = limit = target;
            continue;
        }
        wire += 1 + label;
        if (label > LABEL_MAX || label > length - at || wire > NAME_WIRE_MAX)
            return false;
        if (name)
            used = append_label(text, used, bytes + at, label);
        at += label;
    }
    *offset = behind ? behind : at;
    if (name)
        text_copy_untrusted(name, DNS_NAME_BYTES, text, used);
    return true;
}

/* Read a question and step over it. `name` may be NULL. */
static bool read_question(const uint8_t *bytes, size_t length, size_t *offset,
                          char *name, uint16_t *type) {
    if (!read_name(bytes, length, offset, name) || length - *offset < 4)
        return false;
    *type = bytes_be16(bytes + *offset);
    *offset += 4;
    return true;
}

struct resource {
    uint16_t type, class, data_length;
    const uint8_t *data;
};

/* Read a resource record and step over it. `name` may be NULL. */
static bool read_resource(const uint8_t *bytes, size_t length, size_t *offset,
                          char *name, struct resource *resource) {
    size_t at = *offset;
    if (!read_name(bytes, length, &at, name) || length - at < 10)
        return false;
    resource->type = bytes_be16(bytes + at);
    resource->class = bytes_be16(bytes + at + 2) & (uint16_t)~CACHE_FLUSH;
    resource->data_length = bytes_be16(bytes + at + 8);
    at += 10;
    if (resource->data_length > length - at)
        return false;
    resource->data = bytes + at;
    *offset = at + resource->data_length;
    return true;
}

static bool read_address(const struct resource *resource, struct address *address) {
    size_t bytes = resource->type == DNS_A ? 4 : resource->type == DNS_AAAA ? 16 : 0;
    if (bytes == 0 || resource->class != CLASS_IN || resource->data_length != bytes)
        return false;
    *address = bytes == 4 ? bytes_ipv4(resource->data) : bytes_ipv6(resource->data);
    return true;
}

bool dns_parse(const uint8_t *bytes, size_t length, struct dns_message *message) {
    *message = (struct dns_message){0};
    if (length < HEADER_BYTES)
        return false;
    message->id = bytes_be16(bytes);
    message->is_response = bytes[2] & 0x80;
    message->opcode = bytes[2] >> 3 & 15;
    message->rcode = bytes[3] & 15;
    message->questions = bytes_be16(bytes + 4);
    unsigned answers = bytes_be16(bytes + 6);
    if (message->questions > QUESTIONS_MAX)
        return false;

    size_t offset = HEADER_BYTES;
    for (unsigned i = 0; i < message->questions; i++) {
        uint16_t type;
        if (!read_question(bytes, length, &offset, i ? NULL : message->name, &type))
            return false;
        if (i == 0)
            message->type = type;
    }
    message->name_bytes = (unsigned)strlen(message->name);

    for (unsigned i = 0; i < answers && i < RECORDS_MAX; i++) {
        struct resource resource;
        if (message->address_count == DNS_ADDRESSES ||
            !read_resource(bytes, length, &offset, NULL, &resource))
            break;
        if (read_address(&resource, &message->addresses[message->address_count]))
            message->address_count++;
    }
    return true;
}

bool dns_parse_packet(const struct packet *packet, struct dns_message *message) {
    enum { PORT = 53 };
    if (packet->port[SOURCE] != PORT && packet->port[DESTINATION] != PORT)
        return false;
    if (packet->protocol == PROTOCOL_UDP)
        return dns_parse(packet->payload, packet->payload_captured, message);
    if (packet->protocol != PROTOCOL_TCP || packet->payload_captured < 2)
        return false;
    /* Over TCP a length goes first; one that is larger than the segment says either
       that the answer is continued or that this is the middle of one. */
    size_t length = bytes_be16(packet->payload);
    if (length > packet->payload_length - 2)
        return false;
    size_t captured = packet->payload_captured - 2;
    return dns_parse(packet->payload + 2, length < captured ? length : captured,
                     message);
}

bool dns_open(struct dns_reader *reader, const uint8_t *bytes, size_t length) {
    if (length < HEADER_BYTES)
        return false;
    unsigned records =
        0u + bytes_be16(bytes + 6) + bytes_be16(bytes + 8) + bytes_be16(bytes + 10);
    *reader = (struct dns_reader){
        .bytes = bytes,
        .length = length,
        .offset = HEADER_BYTES,
        .left = records < RECORDS_MAX ? records : RECORDS_MAX,
        .is_response = bytes[2] & 0x80,
    };
    unsigned questions = bytes_be16(bytes + 4);
    if (questions > QUESTIONS_MAX)
        return false;
    for (unsigned i = 0; i < questions; i++) {
        uint16_t type;
        if (!read_question(bytes, length, &reader->offset, NULL, &type))
            return false;
    }
    return true;
}

bool dns_next(struct dns_reader *reader, struct dns_resource *resource) {
    struct resource read;
    if (reader->left == 0 || !read_resource(reader->bytes, reader->length,
                                            &reader->offset, resource->name, &read))
        return false;
    reader->left--;
    resource->type = read.type;
    resource->data = read.data;
    resource->data_length = read.data_length;
    return true;
}
