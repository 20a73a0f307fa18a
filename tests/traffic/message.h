#ifndef TESTS_TRAFFIC_MESSAGE_H
#define TESTS_TRAFFIC_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes in the making: an application message of at most MESSAGE_BYTES. What does not fit is
   cut; the tables of the simulator never come near. Numbers go in network order. */

enum { MESSAGE_BYTES = 2048 };

struct message {
    size_t length;
    uint8_t bytes[MESSAGE_BYTES];
};

void message_clear(struct message *message);
void message_u8(struct message *message, unsigned value);
void message_u16(struct message *message, unsigned value);
void message_u24(struct message *message, uint32_t value);
void message_u32(struct message *message, uint32_t value);
void message_put(struct message *message, const void *bytes, size_t length);
void message_text(struct message *message, const char *text);
void message_zero(struct message *message, size_t length);

/* printf into the message, without the terminator. */
__attribute__((format(printf, 2, 3))) void message_print(struct message *message,
                                                         const char *format, ...);

/* `length` bytes that look encrypted, the same for the same key. */
void message_opaque(struct message *message, uint64_t key, size_t length);

/* Set the 16-bit (24-bit) number at `offset` to the count of bytes that follow it. */
void message_close_u16(struct message *message, size_t offset);
void message_close_u24(struct message *message, size_t offset);

#endif
