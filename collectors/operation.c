#include "collectors/operation.h"

#include "collectors/bytes.h"

#include <string.h>

enum { UNITS_MAX = 64 };

/* One application unit at the head of a payload. */
struct unit {
    uint32_t bytes; /* of all of it, more than was captured perhaps; 0: there is none */
    int function;   /* NO_FUNCTION if it asks for nothing */
};

enum { NO_FUNCTION = -1 };

/* What is left of the payload. */
struct span {
    const uint8_t *at;
    uint32_t left;
    bool from_server; /* by port */
};

/* Modbus over TCP: an MBAP header of seven bytes, then the function. */
static struct unit modbus_unit(struct span span) {
    enum { EXCEPTION = 0x80, EXCEPTION_LENGTH = 3, LENGTH_MAX = 254 };
    if (span.left < 8 || bytes_be16(span.at + 2) != 0)
        return (struct unit){0};
    uint32_t length = bytes_be16(span.at + 4);
    bool is_exception = span.at[7] & EXCEPTION;
    if (length < 2 || length > LENGTH_MAX || span.at[7] == 0 ||
        (is_exception && !span.from_server))
        return (struct unit){0};
    bool counts = !span.from_server || (is_exception && length == EXCEPTION_LENGTH);
    return (struct unit){6 + length, counts ? span.at[7] : NO_FUNCTION};
}

/* DNP3 (IEEE 1815): a link frame, whose data is cut into blocks of 16 bytes with two of
   checksum each; a transport byte; in the first segment the application header. All
   that is looked at lies in the first block. */
static struct unit dnp3_unit(struct span span) {
    enum { HEADER = 10, COUNTED_HEADER = 5, BLOCK = 16, FIRST_SEGMENT = 0x40 };
    if (span.left < HEADER || span.at[0] != 0x05 || span.at[1] != 0x64 ||
        span.at[2] < COUNTED_HEADER)
        return (struct unit){0};
    uint32_t data = span.at[2] - (uint32_t)COUNTED_HEADER;
    uint32_t bytes = HEADER + data + 2 * ((data + BLOCK - 1) / BLOCK);
    bool has_function =
        data >= 3 && span.left >= HEADER + 3 && span.at[HEADER] & FIRST_SEGMENT;
    return (struct unit){bytes, has_function ? span.at[HEADER + 2] : NO_FUNCTION};
}

/* MQTT (OASIS 3.1.1 and 5): type and flags, then a length of one to four bytes. */
static struct unit mqtt_unit(struct span span) {
    enum {
        CONNACK = 2,
        PUBLISH = 3,
        PUBREL = 6,
        SUBSCRIBE = 8,
        UNSUBSCRIBE = 10,
        QOS = 6
    };
    if (span.left < 2)
        return (struct unit){0};
    unsigned type = span.at[0] >> 4, flags = span.at[0] & 15;
    bool has_fixed_bit = type == PUBREL || type == SUBSCRIBE || type == UNSUBSCRIBE;
    bool flags_fit =
        type == PUBLISH ? (flags & QOS) != QOS : flags == (has_fixed_bit ? 2 : 0);
    if (type == 0 || !flags_fit)
        return (struct unit){0};
    uint32_t length = 0, size = 1;
    for (unsigned shift = 0;; shift += 7) {
        if (size == 5 || size == span.left)
            return (struct unit){0};
        uint8_t byte = span.at[size++];
        length |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    /* A broker that does not let somebody in: return code 1 … 5, from version 5 on 0x80 …. */
    bool refuses = type == CONNACK && span.left >= size + 2 && span.at[size + 1];
    return (struct unit){size + length, (int)type | (refuses ? OPERATION_REFUSED : 0)};
}

/* S7comm: TPKT (RFC 1006), COTP data (ISO 8073), then Siemens' header, ten bytes in a
   job. */
static struct unit s7_unit(struct span span) {
    enum { TPKT = 4, COTP_DATA = 0xf0, S7 = 0x32, JOB = 1, JOB_HEADER = 10 };
    if (span.left < TPKT + 3 || span.at[0] != 3 || span.at[1] != 0 ||
        bytes_be16(span.at + 2) < TPKT + 3)
        return (struct unit){0};
    struct unit unit = {bytes_be16(span.at + 2), NO_FUNCTION};
    uint32_t offset = TPKT + 1u + span.at[TPKT];
    uint32_t known = unit.bytes < span.left ? unit.bytes : span.left;
    if (span.at[TPKT + 1] == COTP_DATA && known > offset + JOB_HEADER &&
        span.at[offset] == S7 && span.at[offset + 1] == JOB)
        unit.function = span.at[offset + JOB_HEADER];
    return unit;
}

/* IEC 60870-5-104: start, length, four control bytes, and in an information frame the
   ASDU, which begins with its type. A controlled station mirrors commands to confirm
   them. */
static struct unit iec104_unit(struct span span) {
    enum { START = 0x68, CONTROL = 4, LENGTH_MAX = 253 };
    if (span.left < 2 + CONTROL || span.at[0] != START || span.at[1] < CONTROL ||
        span.at[1] > LENGTH_MAX)
        return (struct unit){0};
    struct unit unit = {2u + span.at[1], NO_FUNCTION};
    bool is_information = !(span.at[2] & 1);
    if (!is_information || span.at[1] <= CONTROL || span.left <= 2 + CONTROL)
        return unit;
    uint8_t type = span.at[2 + CONTROL];
    bool is_command = (type >= 45 && type <= 69) || (type >= 100 && type <= 113);
    if (type && !(span.from_server && is_command))
        unit.function = type;
    return unit;
}

static bool ends_in_version(struct span span) {
    static const char version[] = " HTTP/1.";
    enum { VERSION_BYTES = sizeof version - 1 };
    const uint8_t *line_end = memchr(span.at, '\r', span.left);
    return line_end && line_end - span.at > VERSION_BYTES &&
           memcmp(line_end - VERSION_BYTES - 1, version, VERSION_BYTES) == 0;
}

/* "HTTP/1.1 401 …": who asks has to say first who he is, or may not whoever he is (403). */
static bool is_http_refusal(struct span span) {
    static const char version[] = "HTTP/1.";
    enum { VERSION_BYTES = sizeof version - 1, STATUS = VERSION_BYTES + 2 };
    return span.left >= STATUS + 3 && memcmp(span.at, version, VERSION_BYTES) == 0 &&
           (memcmp(span.at + STATUS, "401", 3) == 0 ||
            memcmp(span.at + STATUS, "403", 3) == 0);
}

/* HTTP/1: a word in capitals, the target, the version. A line that is cut short has
   lost its version: then method and a path must do. */
static struct unit http_unit(struct span span) {
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    enum { METHODS = sizeof methods / sizeof *methods, WORD_MIN = 3, WORD_MAX = 16 };
    const uint8_t *at = span.at;
    uint32_t word = 0;
    if (is_http_refusal(span))
        return (struct unit){span.left, OPERATION_REFUSED};
    while (word < span.left && word <= WORD_MAX && at[word] >= 'A' && at[word] <= 'Z')
        word++;
    if (word < WORD_MIN || word > WORD_MAX || span.left < word + 2 || at[word] != ' ')
        return (struct unit){0};

    int method = 0;
    while (method < METHODS &&
           (strlen(methods[method]) != word || memcmp(at, methods[method], word) != 0))
        method++;
    bool is_known_path = method < METHODS && at[word + 1] == '/';
    if (!is_known_path && !ends_in_version(span))
        return (struct unit){0};
    /* Requests may follow each other; what follows one with a body begins with no
       method. */
    const uint8_t *end = memmem(at, span.left, "\r\n\r\n", 4);
    return (struct unit){end ? (uint32_t)(end - at) + 4 : span.left, method + 1};
}

struct application {
    uint16_t port;
    uint8_t protocol; /* enum operation_protocol */
    bool over_udp;
    struct unit (*unit)(struct span span);
};

static const struct application by_port[] = {
    {502, OPERATION_MODBUS, false, modbus_unit},
    {20000, OPERATION_DNP3, true, dnp3_unit},
    {1883, OPERATION_MQTT, false, mqtt_unit},
    {102, OPERATION_S7, false, s7_unit},
    {2404, OPERATION_IEC104, false, iec104_unit},
};
static const struct application http = {0, OPERATION_HTTP, false, http_unit};

struct counts {
    struct operation_count *operations;
    unsigned used, overflow;
};

static void count(struct counts *counts, uint16_t operation) {
    for (unsigned i = 0; i < counts->used; i++)
        if (counts->operations[i].operation == operation) {
            counts->operations[i].count++;
            return;
        }
    if (counts->used == RECORD_OPERATIONS)
        counts->overflow++;
    else
        counts->operations[counts->used++] = (struct operation_count){operation, 1};
}

/* Whether the payload begins with a unit of the application. */
static bool read_units(const struct application *application,
                       const struct packet *packet, struct counts *counts) {
    struct span span = {
        .at = packet->payload,
        .left = packet->payload_captured,
        .from_server = packet->port[SOURCE] == application->port,
    };
    for (unsigned i = 0; i < UNITS_MAX; i++) {
        struct unit unit = application->unit(span);
        if (unit.bytes == 0)
            return i > 0;
        if (unit.function != NO_FUNCTION)
            count(counts, (uint16_t)(application->protocol << 8 | unit.function));
        if (unit.bytes >= span.left)
            break;
        span.at += unit.bytes;
        span.left -= unit.bytes;
    }
    return true;
}

unsigned operation_parse(const struct packet *packet,
                         struct operation_count operations[RECORD_OPERATIONS],
                         unsigned *overflow) {
    struct counts counts = {.operations = operations};
    bool is_udp = packet->protocol == PROTOCOL_UDP;
    if (packet->payload_captured == 0 || (packet->protocol != PROTOCOL_TCP && !is_udp))
        return 0;
    for (size_t i = 0; i < sizeof by_port / sizeof *by_port; i++) {
        const struct application *application = &by_port[i];
        bool uses_port = packet->port[DESTINATION] == application->port ||
                         packet->port[SOURCE] == application->port;
        if (uses_port && (!is_udp || application->over_udp) &&
            read_units(application, packet, &counts)) {
            *overflow += counts.overflow;
            return counts.used;
        }
    }
    if (!is_udp)
        read_units(&http, packet, &counts);
    *overflow += counts.overflow;
    return counts.used;
}
