#ifndef COLLECTORS_BYTES_H
#define COLLECTORS_BYTES_H

#include "engine/base/address.h"

#include <stdint.h>
#include <string.h>

/* Values as they lie on the wire, at any alignment. Whoever reads has made sure that
   the bytes are there. */

static inline uint16_t bytes_be16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint16_t bytes_le16(const uint8_t *bytes) {
    return (uint16_t)(bytes[1] << 8 | bytes[0]);
}

static inline uint32_t bytes_be32(const uint8_t *bytes) {
    return (uint32_t)bytes_be16(bytes) << 16 | bytes_be16(bytes + 2);
}

static inline struct mac bytes_mac(const uint8_t *bytes) {
    struct mac mac;
    memcpy(mac.bytes, bytes, sizeof mac.bytes);
    return mac;
}

/* In place: a value that is put together in small pieces and copied in large ones waits for
   its pieces to reach the cache. */
static inline void bytes_read_ipv4(const uint8_t *bytes, struct address *address) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    memset(address->bytes, 0, sizeof address->bytes);
    memcpy(address->bytes, &word, sizeof word);
    address->family = 4;
}

static inline void bytes_read_ipv6(const uint8_t *bytes, struct address *address) {
    memcpy(address->bytes, bytes, sizeof address->bytes);
    address->family = 6;
}

static inline struct address bytes_ipv4(const uint8_t *bytes) {
    struct address address;
    bytes_read_ipv4(bytes, &address);
    return address;
}

static inline struct address bytes_ipv6(const uint8_t *bytes) {
    struct address address;
    bytes_read_ipv6(bytes, &address);
    return address;
}

#endif
