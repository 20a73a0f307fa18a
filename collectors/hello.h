#ifndef COLLECTORS_HELLO_H
#define COLLECTORS_HELLO_H

#include <stddef.h>
#include <stdint.h>

/* The essence of a TLS client's hello (RFC 8446, 4.1.2): all of it that is the same each
   time the same client asks for the same name: versions, cipher suites, compression, and
   extensions without the contents of those that hold keys, tickets or padding. */

enum { HELLO_ESSENCE_BYTES = 2048 };

/* Write the essence of a TCP payload that is one whole ClientHello, and return its length;
   0 for all others: a hello in pieces, broken, larger than that, or none. */
size_t hello_essence(const uint8_t *payload, size_t length,
                     uint8_t essence[HELLO_ESSENCE_BYTES]);

#endif
