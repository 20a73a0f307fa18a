#include "engine/store/store_pack.h"

#include <stdint.h>
#include <string.h>

enum { RUN_LEAST = 8 }; /* zeros that are worth their two counts */

static unsigned char *put_count(unsigned char *at, size_t count) {
    for (; count > 127; count >>= 7)
        *at++ = (unsigned char)(count | 128);
    *at++ = (unsigned char)count;
    return at;
}

/* The zeros from `at` on, before `end`; a word at a time. */
static size_t count_zeros(const unsigned char *at, const unsigned char *end) {
    const unsigned char *begin = at;
    uint64_t word = 0;
    while ((size_t)(end - at) >= sizeof word) {
        memcpy(&word, at, sizeof word);
        if (word)
            break;
        at += sizeof word;
    }
    while (at < end && !*at)
        at++;
    return (size_t)(at - begin);
}

size_t store_pack(const void *bytes, size_t size, void *packed) {
    const unsigned char *at = bytes, *end = at + size;
    unsigned char *out = packed;
    while (at < end) {
        const unsigned char *literal = at;
        size_t zeros = 0;
        while (at < end && (zeros = count_zeros(at, end)) < RUN_LEAST)
            at += zeros + (at + zeros < end);
        if (at == end)
            zeros = 0;
        out = put_count(out, (size_t)(at - literal));
        memcpy(out, literal, (size_t)(at - literal));
        out = put_count(out + (at - literal), zeros);
        at += zeros;
    }
    return (size_t)(out - (unsigned char *)packed);
}

/* False: it ends, or is more than `most`. */
static bool take_count(const unsigned char **at, const unsigned char *end, size_t most,
                       size_t *count) {
    *count = 0;
    for (unsigned shift = 0; *at < end && shift < 32; shift += 7) {
        unsigned char byte = *(*at)++;
        *count |= (size_t)(byte & 127) << shift;
        if (byte < 128)
            return *count <= most;
    }
    return false;
}

bool store_unpack(const void *packed, size_t packed_bytes, void *bytes, size_t size) {
    const unsigned char *at = packed, *end = at + packed_bytes;
    unsigned char *out = bytes;
    size_t left = size, count;
    while (at < end) {
        if (!take_count(&at, end, left, &count) || count > (size_t)(end - at))
            return false;
        memcpy(out, at, count);
        at += count, out += count, left -= count;
        if (!take_count(&at, end, left, &count))
            return false;
        memset(out, 0, count);
        out += count, left -= count;
    }
    return left == 0;
}
