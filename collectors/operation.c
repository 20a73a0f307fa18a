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
    bool
        from_server; /* by port; where both ends have the same one, who did not begin */
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
   job, in its answer twelve, with what was wrong in the last two. */
static struct unit s7_unit(struct span span) {
    enum {
        TPKT = 4,
        COTP_DATA = 0xf0,
        S7 = 0x32,
        JOB = 1,
        ANSWER = 3,
        JOB_HEADER = 10,
        ANSWER_HEADER = 12
    };
    if (span.left < TPKT + 3 || span.at[0] != 3 || span.at[1] != 0 ||
        bytes_be16(span.at + 2) < TPKT + 3)
        return (struct unit){0};
    struct unit unit = {bytes_be16(span.at + 2), NO_FUNCTION};
    uint32_t offset = TPKT + 1u + span.at[TPKT];
    uint32_t known = unit.bytes < span.left ? unit.bytes : span.left;
    if (span.at[TPKT + 1] != COTP_DATA || known <= offset + JOB_HEADER ||
        span.at[offset] != S7)
        return unit;
    const uint8_t *header = span.at + offset;
    if (header[1] == JOB)
        unit.function = header[JOB_HEADER];
    else if (header[1] == ANSWER && span.from_server &&
             known > offset + ANSWER_HEADER && bytes_be16(header + JOB_HEADER))
        unit.function = header[ANSWER_HEADER] | OPERATION_REFUSED;
    return unit;
}

/* IEC 60870-5-104: start, length, four control bytes, and in an information frame the
   ASDU, which begins with its type and has the cause in its third byte. A controlled station
   mirrors commands to confirm them, or not to. */
static struct unit iec104_unit(struct span span) {
    enum { START = 0x68, CONTROL = 4, LENGTH_MAX = 253 };
    enum { PRIVATE = 127, CAUSE = 8, NEGATIVE = 0x40 };
    if (span.left < 2 + CONTROL || span.at[0] != START || span.at[1] < CONTROL ||
        span.at[1] > LENGTH_MAX)
        return (struct unit){0};
    struct unit unit = {2u + span.at[1], NO_FUNCTION};
    bool is_information = !(span.at[2] & 1);
    if (!is_information || span.at[1] <= CONTROL || span.left <= 2 + CONTROL)
        return unit;
    uint8_t type = span.at[2 + CONTROL];
    bool is_command = (type >= 45 && type <= 69) || (type >= 100 && type <= 113);
    if (!type)
        return unit;
    if (!span.from_server || !is_command)
        unit.function = type < OPERATION_REFUSED ? type : PRIVATE;
    else if (span.left > CAUSE && span.at[1] > CAUSE - 2 && span.at[CAUSE] & NEGATIVE)
        unit.function = type | OPERATION_REFUSED;
    return unit;
}

/* BACnet/IP (ASHRAE 135, annex J): BVLC; NPDU, with the networks and addresses that it comes
   from and goes to, if it is routed; APDU, which begins with its type. What is refused while
   somebody reads is no more than a property that is not there. */
static struct unit bacnet_unit(struct span span) {
    enum {
        BVLC = 4,
        TYPE = 0x81,
        FORWARDED = 4,
        ORIGIN = 6,
        DATAGRAM = 10,
        BROADCAST = 11
    };
    enum { NETWORK = 0x80, TO = 0x20, FROM = 0x08 };
    enum { CONFIRMED = 0, UNCONFIRMED = 1, FAILED = 5, SEGMENTED = 0x08 };
    enum { READ_PROPERTY = 12, READ_MULTIPLE = 14, SERVICE = 0x3f };
    if (span.left < BVLC + 2 || span.at[0] != TYPE || bytes_be16(span.at + 2) < BVLC)
        return (struct unit){0};
    struct unit unit = {bytes_be16(span.at + 2), NO_FUNCTION};
    uint32_t known = unit.bytes < span.left ? unit.bytes : span.left;
    uint8_t how = span.at[1];
    uint32_t at = BVLC + (how == FORWARDED ? ORIGIN : 0);
    if ((how != FORWARDED && how != DATAGRAM && how != BROADCAST) || known < at + 2)
        return unit;
    uint8_t control = span.at[at + 1];
    if (span.at[at] != 1 || control & NETWORK)
        return unit;
    at += 2;
    for (unsigned end = TO; end >= FROM; end >>= 2)
        if (control & end) {
            if (known < at + 3)
                return unit;
            at += 3u + span.at[at + 2];
        }
    at += control & TO ? 1 : 0; /* hops */
    if (known < at + 4)
        return unit;
    const uint8_t *apdu = span.at + at;
    unsigned type = apdu[0] >> 4;
    uint32_t service = type == UNCONFIRMED   ? 1u
                       : type == FAILED      ? 2u
                       : apdu[0] & SEGMENTED ? 5u
                                             : 3u;
    if (known <= at + service)
        return unit;
    int function = apdu[service] & SERVICE;
    if (type == CONFIRMED && !span.from_server)
        unit.function = function;
    else if (type == FAILED && span.from_server && function != READ_PROPERTY &&
             function != READ_MULTIPLE)
        unit.function = function | OPERATION_REFUSED;
    return unit;
}

/* EtherNet/IP (ODVA CIP volume 2): a header of 24 bytes; what carries messages has six more
   and a list of items, of which the second has the message, behind a counter where it is
   connected. A message for a route is one to the connection manager around another. */
static struct unit cip_unit(struct span span) {
    enum { HEADER = 24, SEND = 0x6f, SEND_CONNECTED = 0x70, COMMAND_MAX = 0x75 };
    enum { FIRST_ITEM = HEADER + 8, CONNECTED = 0xb1, UNCONNECTED = 0xb2 };
    enum { MESSAGE = 4, ANSWER = 0x80, FOR_ROUTE = 0x52, PARTIAL = 6 };
    static const uint8_t to_manager[] = {FOR_ROUTE, 2, 0x20, 6, 0x24, 1};
    if (span.left < HEADER || span.at[1] != 0 || span.at[0] > COMMAND_MAX ||
        bytes_le16(span.at + 12) == UINT16_MAX)
        return (struct unit){0};
    struct unit unit = {HEADER + (uint32_t)bytes_le16(span.at + 2), NO_FUNCTION};
    uint32_t known = unit.bytes < span.left ? unit.bytes : span.left;
    if ((span.at[0] != SEND && span.at[0] != SEND_CONNECTED) || known < FIRST_ITEM + 4)
        return unit;
    uint32_t at = FIRST_ITEM + 4u + bytes_le16(span.at + FIRST_ITEM + 2);
    if (known < at + 4)
        return unit;
    uint16_t item = bytes_le16(span.at + at);
    at += item == CONNECTED ? 6 : 4;
    if ((item != CONNECTED && item != UNCONNECTED) || known < at + MESSAGE)
        return unit;
    const uint8_t *message = span.at + at;
    uint32_t inner = at + sizeof to_manager + 4; /* a time-out, a length */
    if (known >= inner + MESSAGE && memcmp(message, to_manager, sizeof to_manager) == 0)
        message = span.at + inner;
    if (!(message[0] & ANSWER) && !span.from_server)
        unit.function = message[0];
    else if (message[0] & ANSWER && span.from_server && message[2] &&
             message[2] != PARTIAL)
        unit.function = message[0];
    return unit;
}

enum { VERSION_BYTES = 7 };

/* RTSP (RFC 2326) asks and refuses in the words of HTTP. */
static bool is_version(const uint8_t *at) {
    return memcmp(at, "HTTP/1.", VERSION_BYTES) == 0 ||
           memcmp(at, "RTSP/1.", VERSION_BYTES) == 0;
}

static bool ends_in_version(struct span span) {
    const uint8_t *line_end = memchr(span.at, '\r', span.left);
    return line_end && line_end - span.at > VERSION_BYTES + 1 &&
           line_end[-VERSION_BYTES - 2] == ' ' &&
           is_version(line_end - VERSION_BYTES - 1);
}

/* "HTTP/1.1 401 …": who asks has to say first who he is, or may not whoever he is (403). */
static bool is_http_refusal(struct span span) {
    enum { STATUS = VERSION_BYTES + 2 };
    return span.left >= STATUS + 3 && is_version(span.at) &&
           (memcmp(span.at + STATUS, "401", 3) == 0 ||
            memcmp(span.at + STATUS, "403", 3) == 0);
}

/* Where a form posts a name and a password, as far as its path tells. */
static bool is_log_in(const uint8_t *path, uint32_t left) {
    static const char *const words[] = {"login",   "logon",   "log-in", "signin",
                                        "sign-in", "sign_in", "log_in"};
    char text[128];
    uint32_t length = 0;
    while (length < left && length + 1 < sizeof text && !strchr(" ?\r", path[length])) {
        text[length] = (char)path[length];
        length++;
    }
    text[length] = '\0';
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
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
    enum { POST = 2, LOG_IN = 6 };
    if (method == POST && is_log_in(at + word + 1, span.left - word - 1))
        method = LOG_IN;
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
    {44818, OPERATION_CIP, false, cip_unit},
    {47808, OPERATION_BACNET, true, bacnet_unit},
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
                       const struct packet *packet, unsigned direction,
                       struct counts *counts) {
    bool same = packet->port[SOURCE] == packet->port[DESTINATION];
    struct span span = {
        .at = packet->payload,
        .left = packet->payload_captured,
        .from_server =
            same ? direction == RESPONDER : packet->port[SOURCE] == application->port,
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

unsigned operation_parse(const struct packet *packet, unsigned direction,
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
            read_units(application, packet, direction, &counts)) {
            *overflow += counts.overflow;
            return counts.used;
        }
    }
    if (!is_udp)
        read_units(&http, packet, direction, &counts);
    *overflow += counts.overflow;
    return counts.used;
}
