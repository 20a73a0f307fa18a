#include "collectors/hello.h"

#include "collectors/bytes.h"

#include <stdbool.h>
#include <string.h>

enum { RECORD_HANDSHAKE = 22, CLIENT_HELLO = 1 };

struct reader {
    const uint8_t *at;
    size_t left;
    uint8_t *essence;
    size_t used;
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
    const uint8_t *bytes = take(reader, length);
    if (bytes && length <= HELLO_ESSENCE_BYTES - reader->used) {
        memcpy(reader->essence + reader->used, bytes, length);
        reader->used += length;
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

static void keep_extension(struct reader *reader) {
    if (reader->left < 4) {
        reader->failed = true;
        return;
    }
    uint16_t extension = bytes_be16(reader->at);
    size_t length = bytes_be16(reader->at + 2);
    if (!is_fleeting(extension)) {
        keep(reader, 4 + length);
    } else {
        keep(reader, 2);
        take(reader, 2 + length);
    }
}

size_t hello_essence(const uint8_t *payload, size_t length,
                     uint8_t essence[HELLO_ESSENCE_BYTES]) {
    if (length < 9 || payload[0] != RECORD_HANDSHAKE || payload[1] != 3 ||
        bytes_be16(payload + 3) != length - 5 || payload[5] != CLIENT_HELLO ||
        payload[6] != 0 || bytes_be16(payload + 7) != length - 9)
        return 0;
    struct reader reader = {.at = payload + 1, .left = length - 1, .essence = essence};
    keep(&reader, 2); /* the record's version */
    take(&reader, 6);
    keep(&reader, 2); /* the hello's */
    take(&reader, 32);
    take(&reader, take_length(&reader, 1)); /* session */
    keep_vector(&reader, 2);                /* cipher suites */
    keep_vector(&reader, 1);                /* compression methods */
    if (!reader.failed && reader.left > 0 && take_length(&reader, 2) != reader.left)
        return 0;
    while (!reader.failed && reader.left > 0)
        keep_extension(&reader);
    return reader.failed ? 0 : reader.used;
}
