#include "tests/traffic/message.h"

#include "tests/traffic/rng.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void message_clear(struct message *message) {
    message->length = 0;
}

void message_put(struct message *message, const void *bytes, size_t length) {
    if (length > MESSAGE_BYTES - message->length)
        length = MESSAGE_BYTES - message->length;
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

void message_u8(struct message *message, unsigned value) {
    uint8_t byte = (uint8_t)value;
    message_put(message, &byte, 1);
}

void message_u16(struct message *message, unsigned value) {
    message_u8(message, value >> 8);
    message_u8(message, value);
}

void message_u24(struct message *message, uint32_t value) {
    message_u8(message, value >> 16);
    message_u16(message, value);
}

void message_u32(struct message *message, uint32_t value) {
    message_u16(message, value >> 16);
    message_u16(message, value);
}

void message_text(struct message *message, const char *text) {
    message_put(message, text, strlen(text));
}

void message_zero(struct message *message, size_t length) {
    while (length-- > 0)
        message_u8(message, 0);
}

void message_print(struct message *message, const char *format, ...) {
    char text[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    message_text(message, text);
}

void message_opaque(struct message *message, uint64_t key, size_t length) {
    while (length > 0) {
        uint64_t word = rng_mix(key++);
        size_t part = length < sizeof word ? length : sizeof word;
        message_put(message, &word, part);
        length -= part;
    }
}

void message_close_u16(struct message *message, size_t offset) {
    size_t count = message->length - offset - 2;
    message->bytes[offset] = (uint8_t)(count >> 8);
    message->bytes[offset + 1] = (uint8_t)count;
}

void message_close_u24(struct message *message, size_t offset) {
    size_t count = message->length - offset - 3;
    message->bytes[offset] = (uint8_t)(count >> 16);
    message->bytes[offset + 1] = (uint8_t)(count >> 8);
    message->bytes[offset + 2] = (uint8_t)count;
}
