#include "collectors/hello.h"

#include "collectors/bytes.h"

#include <stdbool.h>
#include <string.h>

enum { RECORD_HANDSHAKE = 22, CLIENT_HELLO = 1 };

enum { SERVER_NAME = 0, HOST_NAME = 0 };

struct reader {
    const uint8_t *at;
    size_t left;
    struct hello *hello;
    bool failed;
};

/* The next bytes, NULL where they are not there; failure is for good. */
static const uint8_t *take(struct reader *reader, size_t length) {
    if (reader->failed || length > reader->left) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += length;
    reader->left -= length;
    return bytes;
}

static void keep(struct reader *reader, size_t length) {
    struct hello *hello = reader->hello;
    const uint8_t *bytes = take(reader, length);
    if (bytes && length <= HELLO_ESSENCE_BYTES - hello->essence_length) {
        memcpy(hello->essence + hello->essence_length, bytes, length);
        hello->essence_length += length;
    } else {
        reader->failed = true;
    }
}

static size_t take_length(struct reader *reader, unsigned bytes) {
    const uint8_t *number = take(reader, bytes);
    if (!number)
        return 0;
    return bytes == 1 ? number[0] : bytes_be16(number);
}

/* With its length, so that no two hellos have the same essence by shifting bytes. */
static void keep_vector(struct reader *reader, unsigned length_bytes) {
    struct reader ahead = *reader;
    keep(reader, length_bytes + take_length(&ahead, length_bytes));
}

/* A list of one host name (RFC 6066, 3), of which only that it is there is essence. */
static void take_name(struct reader *reader) {
    size_t length = take_length(reader, 2), list = take_length(reader, 2);
    size_t type = take_length(reader, 1), name = take_length(reader, 2);
    reader->hello->name = take(reader, name);
    reader->hello->name_length = name;
    if (type != HOST_NAME || list != name + 3 || length != list + 2)
        reader->failed = true;
}

/* The extensions whose contents differ from hello to hello. */
static bool is_fleeting(uint16_t extension) {
    switch (extension) {
    case 21:     /* padding */
    case 35:     /* session_ticket */
    case 41:     /* pre_shared_key */
    case 44:     /* cookie */
    case 51:     /* key_share */
    case 0xfe0d: /* encrypted_client_hello */
        return true;
    default:
        return false;
    }
}

static void read_extension(struct reader *reader) {
    struct reader ahead = *reader;
    const uint8_t *number = take(&ahead, 2);
    uint16_t extension = number ? bytes_be16(number) : 0;
    keep(reader, 2);
    if (extension == SERVER_NAME)
        take_name(reader);
    else if (is_fleeting(extension))
        take(reader, take_length(reader, 2));
    else
        keep_vector(reader, 2);
}

bool hello_read(const uint8_t *payload, size_t length, struct hello *hello) {
    if (length < 9 || payload[0] != RECORD_HANDSHAKE || payload[1] != 3 ||
        bytes_be16(payload + 3) != length - 5 || payload[5] != CLIENT_HELLO ||
        payload[6] != 0 || bytes_be16(payload + 7) != length - 9)
        return false;
    hello->essence_length = 0;
    hello->name = NULL;
    hello->name_length = 0;
    struct reader reader = {.at = payload + 1, .left = length - 1, .hello = hello};
    keep(&reader, 2); /* the record's version */
    take(&reader, 6);
    keep(&reader, 2); /* the hello's */
    take(&reader, 32);
    take(&reader, take_length(&reader, 1)); /* session */
    keep_vector(&reader, 2);                /* cipher suites */
    keep_vector(&reader, 1);                /* compression methods */
    if (!reader.failed && reader.left > 0 && take_length(&reader, 2) != reader.left)
        return false;
    while (!reader.failed && reader.left > 0)
        read_extension(&reader);
    return !reader.failed;
}
