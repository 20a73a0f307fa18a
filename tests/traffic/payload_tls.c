#include "tests/traffic/payload.h"

#include <string.h>
#include <time.h>

/* TLS 1.2 and 1.3 (RFC 5246, RFC 8446): greetings in clear, the rest opaque. */

enum { RECORD_CHANGE = 20, RECORD_HANDSHAKE = 22, RECORD_DATA = 23 };

struct stack {
    bool modern; /* TLS 1.3 */
    bool alpn, status, ticket, grease;
    uint16_t ciphers[16]; /* 0 ends */
    uint16_t groups[5];
};

static const struct stack stacks[PAYLOAD_TLS_STACKS] = {
    {true,
     true,
     true,
     true,
     true,
     {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
      0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
     {29, 23, 24}},
    {false,
     false,
     false,
     false,
     false,
     {0xc02b, 0xc02f, 0xc02c, 0xc030, 0x009c, 0x00ff},
     {23, 24}},
    {true,
     false,
     false,
     true,
     false,
     {0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0x00ff},
     {29, 23, 30, 25, 24}},
    {false,
     false,
     false,
     true,
     false,
     {0xc02f, 0xc030, 0xc027, 0xc013, 0x002f, 0x000a},
     {23}},
    {true,
     true,
     true,
     false,
     false,
     {0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a},
     {29, 23, 24, 25}},
    {false,
     false,
     true,
     false,
     false,
     {0xcca8, 0xcca9, 0xc02b, 0xc02f, 0xc009, 0xc013},
     {29, 23}},
};

static size_t record(struct message *message, unsigned type, unsigned version) {
    message_u8(message, type);
    message_u16(message, version);
    message_u16(message, 0);
    return message->length - 2;
}

static size_t handshake(struct message *message, unsigned type) {
    message_u8(message, type);
    message_u24(message, 0);
    return message->length - 3;
}

static size_t extension(struct message *message, unsigned type) {
    message_u16(message, type);
    message_u16(message, 0);
    return message->length - 2;
}

static void extension_bytes(struct message *message, unsigned type, const char *bytes,
                            size_t length) {
    size_t at = extension(message, type);
    message_put(message, bytes, length);
    message_close_u16(message, at);
}

static void list_u16(struct message *message, const uint16_t *values, size_t limit) {
    size_t at = message->length;
    message_u16(message, 0);
    for (size_t i = 0; i < limit && values[i]; i++)
        message_u16(message, values[i]);
    message_close_u16(message, at);
}

static void server_name_extension(struct message *message, const char *server_name) {
    size_t outer = extension(message, 0);
    size_t list = message->length;
    message_u16(message, 0);
    message_u8(message, 0);
    message_u16(message, (unsigned)strlen(server_name));
    message_text(message, server_name);
    message_close_u16(message, list);
    message_close_u16(message, outer);
}

static void key_share(struct message *message, bool list, uint64_t key) {
    size_t at = extension(message, 51);
    if (list)
        message_u16(message, 36);
    message_u16(message, 29);
    message_u16(message, 32);
    message_opaque(message, key ^ 0x51, 32);
    message_close_u16(message, at);
}

void payload_tls_hello(struct message *message, unsigned stack, const char *server_name,
                       uint64_t key) {
    static const char algorithms[] =
        "\x00\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05"
        "\x01\x08\x06\x06\x01";
    const struct stack *my = &stacks[stack % PAYLOAD_TLS_STACKS];
    size_t outer = record(message, RECORD_HANDSHAKE, 0x0301);
    size_t hello = handshake(message, 1);
    message_u16(message, 0x0303);
    message_opaque(message, key, 32);
    message_u8(message, my->modern ? 32 : 0);
    message_opaque(message, key ^ 0x5e55, my->modern ? 32 : 0);
    list_u16(message, my->ciphers, 16);
    message_u16(message, 0x0100);

    size_t extensions = message->length;
    message_u16(message, 0);
    if (my->grease)
        extension_bytes(message, 0x1a1a, "", 0);
    if (server_name)
        server_name_extension(message, server_name);
    extension_bytes(message, 23, "", 0);
    extension_bytes(message, 0xff01, "\0", 1);
    size_t groups = extension(message, 10);
    list_u16(message, my->groups, 5);
    message_close_u16(message, groups);
    extension_bytes(message, 11, "\x01\x00", 2);
    if (my->ticket)
        extension_bytes(message, 35, "", 0);
    if (my->alpn)
        extension_bytes(message, 16, "\x00\x0c\x02h2\x08http/1.1", 14);
    if (my->status)
        extension_bytes(message, 5, "\x01\0\0\0\0", 5);
    extension_bytes(message, 13, algorithms, sizeof algorithms - 1);
    if (my->modern) {
        key_share(message, true, key);
        extension_bytes(message, 45, "\x01\x01", 2);
        extension_bytes(message, 43, "\x04\x03\x04\x03\x03", 5);
    }
    message_close_u16(message, extensions);
    message_close_u24(message, hello);
    message_close_u16(message, outer);
}

/* X.509 (RFC 5280) in DER; every constructed length takes the two-byte form. */

static size_t der(struct message *message, unsigned tag) {
    message_u8(message, tag);
    message_u8(message, 0x82);
    message_u16(message, 0);
    return message->length - 2;
}

static void der_bytes(struct message *message, unsigned tag, const char *bytes,
                      size_t length) {
    message_u8(message, tag);
    message_u8(message, (unsigned)length);
    message_put(message, bytes, length);
}

static void der_name(struct message *message, const char *common_name) {
    size_t sequence = der(message, 0x30), set = der(message, 0x31);
    size_t pair = der(message, 0x30);
    der_bytes(message, 0x06, "\x55\x04\x03", 3);
    der_bytes(message, 0x0c, common_name, strlen(common_name));
    message_close_u16(message, pair);
    message_close_u16(message, set);
    message_close_u16(message, sequence);
}

static void der_algorithm(struct message *message) {
    size_t at = der(message, 0x30);
    der_bytes(message, 0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8);
    message_close_u16(message, at);
}

static void der_validity(struct message *message, uint64_t now_us) {
    size_t at = der(message, 0x30);
    for (int half = 0; half < 2; half++) {
        time_t day_s = 86400, quarter_s = (time_t)91 * 86400;
        time_t when = (time_t)(now_us / 1000000) / quarter_s * quarter_s;
        when += half ? 2 * quarter_s : -30 * day_s;
        struct tm utc;
        char text[16];
        gmtime_r(&when, &utc);
        der_bytes(message, 0x17, text,
                  strftime(text, sizeof text, "%y%m%d%H%M%SZ", &utc));
    }
    message_close_u16(message, at);
}

static void der_bits(struct message *message, uint64_t key, size_t length,
                     unsigned first) {
    message_u8(message, 0x03);
    message_u8(message, (unsigned)length + 2);
    message_u8(message, 0);
    message_u8(message, first);
    message_opaque(message, key, length);
}

static void der_public_key(struct message *message, uint64_t key) {
    size_t at = der(message, 0x30), algorithm = der(message, 0x30);
    der_bytes(message, 0x06, "\x2a\x86\x48\xce\x3d\x02\x01", 7);
    der_bytes(message, 0x06, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8);
    message_close_u16(message, algorithm);
    der_bits(message, key, 64, 0x04);
    message_close_u16(message, at);
}

static void der_signature(struct message *message, uint64_t key) {
    message_u8(message, 0x03);
    message_u8(message, 71);
    message_u8(message, 0);
    message_u16(message, 0x3044);
    for (int half = 0; half < 2; half++) {
        message_u16(message, 0x0220);
        message_u8(message, 0x4b);
        message_opaque(message, key ^ (unsigned)half, 31);
    }
}

/* The certificate of a name: the same for as long as its quarter of a year lasts. */
static void certificate(struct message *message, const char *subject, uint64_t now_us) {
    uint64_t key = 0;
    for (const char *at = subject; *at; at++)
        key = key * 31 + (uint8_t)*at;
    size_t outer = der(message, 0x30), body = der(message, 0x30);
    message_put(message, "\xa0\x03\x02\x01\x02\x02\x08\x4a", 8);
    message_opaque(message, key + now_us / 1000000 / 86400 / 91, 7);
    der_algorithm(message);
    der_name(message, "Honest Device CA R3");
    der_validity(message, now_us);
    der_name(message, subject);
    der_public_key(message, key);
    message_close_u16(message, body);
    der_algorithm(message);
    der_signature(message, key ^ 0x519);
    message_close_u16(message, outer);
}

static void opaque_record(struct message *message, unsigned type, uint64_t key,
                          size_t bytes) {
    size_t at = record(message, type, 0x0303);
    message_opaque(message, key, bytes);
    message_close_u16(message, at);
}

static void change_cipher(struct message *message) {
    size_t at = record(message, RECORD_CHANGE, 0x0303);
    message_u8(message, 1);
    message_close_u16(message, at);
}

static void certificate_flight(struct message *message, const char *server_name,
                               uint64_t key, uint64_t now_us) {
    size_t outer = record(message, RECORD_HANDSHAKE, 0x0303),
           shake = handshake(message, 11);
    size_t list = message->length;
    message_u24(message, 0);
    size_t one = message->length;
    message_u24(message, 0);
    certificate(message, server_name, now_us);
    message_close_u24(message, one);
    message_close_u24(message, list);
    message_close_u24(message, shake);
    message_close_u16(message, outer);

    outer = record(message, RECORD_HANDSHAKE, 0x0303);
    shake = handshake(message, 12);
    message_put(message, "\x03\x00\x17\x41\x04", 5); /* ECDHE on P-256, 65-byte point */
    message_opaque(message, key ^ 0xec, 64);
    message_put(message, "\x04\x03\x00\x46\x30\x44\x02\x20\x4b", 9);
    message_opaque(message, key ^ 0xed, 31);
    message_put(message, "\x02\x20\x4b", 3);
    message_opaque(message, key ^ 0xee, 31);
    message_close_u24(message, shake);
    message_close_u16(message, outer);

    outer = record(message, RECORD_HANDSHAKE, 0x0303);
    message_close_u24(message, handshake(message, 14));
    message_close_u16(message, outer);
}

void payload_tls_answer(struct message *message, unsigned stack,
                        const char *server_name, uint64_t key, uint64_t now_us) {
    const struct stack *my = &stacks[stack % PAYLOAD_TLS_STACKS];
    size_t outer = record(message, RECORD_HANDSHAKE, 0x0303),
           hello = handshake(message, 2);
    message_u16(message, 0x0303);
    message_opaque(message, ~key, 32);
    message_u8(message, my->modern ? 32 : 0);
    message_opaque(message, key ^ 0x5e55, my->modern ? 32 : 0);
    message_u16(message, my->ciphers[0]);
    message_u8(message, 0);
    size_t extensions = message->length;
    message_u16(message, 0);
    if (my->modern) {
        key_share(message, false, ~key);
        extension_bytes(message, 43, "\x03\x04", 2);
    } else {
        extension_bytes(message, 0xff01, "\0", 1);
        extension_bytes(message, 11, "\x01\x00", 2);
    }
    message_close_u16(message, extensions);
    message_close_u24(message, hello);
    message_close_u16(message, outer);
    if (!my->modern) {
        certificate_flight(message, server_name ? server_name : "device", key, now_us);
        return;
    }
    change_cipher(message);
    opaque_record(message, RECORD_DATA, key ^ 1, 27);
    opaque_record(message, RECORD_DATA, key ^ 2, 1190 + key % 500);
    opaque_record(message, RECORD_DATA, key ^ 3, 53);
}

void payload_tls_finish(struct message *message, unsigned stack, bool server,
                        uint64_t key) {
    bool modern = stacks[stack % PAYLOAD_TLS_STACKS].modern;
    if (!modern && !server) {
        size_t outer = record(message, RECORD_HANDSHAKE, 0x0303);
        size_t shake = handshake(message, 16);
        message_u16(message, 0x4104);
        message_opaque(message, key ^ 0xcc, 64);
        message_close_u24(message, shake);
        message_close_u16(message, outer);
    }
    if (!modern || !server)
        change_cipher(message);
    opaque_record(message, modern ? RECORD_DATA : RECORD_HANDSHAKE, key ^ 0xf1,
                  modern ? server ? 234 : 53 : 40);
}

void payload_tls_data(struct message *message, uint64_t key, size_t bytes) {
    opaque_record(message, RECORD_DATA, key, bytes);
}
