#ifndef COLLECTORS_HELLO_H
#define COLLECTORS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A TLS client's hello (RFC 8446, 4.1.2) parted into who speaks and whom it asks for.
   The essence is all of it that is the same each time the same client says hello:
   versions, cipher suites, compression, and extensions, without the contents of those
   that hold names, keys, tickets or padding. */

enum { HELLO_ESSENCE_BYTES = 2048 };

struct hello {
    uint8_t essence[HELLO_ESSENCE_BYTES];
    size_t essence_length;
    const uint8_t *name; /* in the payload, as it stands there; NULL if there is none */
    size_t name_length;
};

/* Read a TCP payload that is one whole ClientHello. False for all others: a hello in
   pieces, broken, with an essence larger than that, or none at all. */
bool hello_read(const uint8_t *payload, size_t length, struct hello *hello);

#endif
