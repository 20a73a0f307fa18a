#ifndef TESTS_COLLECTORS_HEX_H
#define TESTS_COLLECTORS_HEX_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Frames and messages as a test writes them down: hexadecimal digits, spaces anywhere,
   and 'text' in quotes for itself. */

struct bytes {
    uint8_t at[2048];
    uint32_t length;
};

static inline int hex_digit(char c) {
    return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
}

static inline struct bytes hex(const char *text) {
    struct bytes bytes = {.length = 0};
    while (*text) {
        if (*text == ' ') {
            text++;
        } else if (*text == '\'') {
            for (text++; *text != '\''; text++)
                bytes.at[bytes.length++] = (uint8_t)*text;
            text++;
        } else {
            bytes.at[bytes.length++] =
                (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
            text += 2;
        }
    }
    return bytes;
}

/* A copy that ends where its memory ends, so that a sanitizer sees a byte read too
   much. */
static inline uint8_t *exact_copy(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    return copy;
}

#endif
