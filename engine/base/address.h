#ifndef ENGINE_BASE_ADDRESS_H
#define ENGINE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Link and network addresses by value, and text from the network made harmless. */

struct mac {
    uint8_t bytes[6];
};

/* IPv4 lies in the first four bytes; the others are zero, so that memcmp is
   equality. */
struct address {
    uint8_t bytes[16];
    uint8_t family; /* 0 none, 4, 6 */
};

struct prefix {
    struct address address;
    uint8_t length; /* in bits, 0..32 or 0..128 */
};

enum { MAC_TEXT_BYTES = 18, ADDRESS_TEXT_BYTES = 46, PREFIX_TEXT_BYTES = 50 };

/* Lower case with colons. */
void mac_format(const struct mac *mac, char text[MAC_TEXT_BYTES]);
/* Any usual spelling: colons, dashes, Cisco's dotted triples or bare digits, either
   case. */
bool mac_parse(const char *text, struct mac *mac);
bool mac_is_multicast(const struct mac *mac); /* broadcast included */
bool mac_is_zero(const struct mac *mac);
bool mac_is_local(const struct mac *mac); /* locally administered, so perhaps random */
bool mac_equal(const struct mac *a, const struct mac *b);

/* The empty string for family 0. IPv6 as RFC 5952 writes it. */
void address_format(const struct address *address, char text[ADDRESS_TEXT_BYTES]);
/* IPv4 in IPv6 ("::ffff:192.0.2.1") becomes what it stands for. */
bool address_parse(const char *text, struct address *address);
void address_unmap(struct address *address); /* the same, of an address by value */
bool address_equal(const struct address *a, const struct address *b);
/* 0.0.0.0, ::, or no address at all. */
bool address_is_unspecified(const struct address *address);
/* Multicast, or IPv4 limited broadcast. */
bool address_is_multicast(const struct address *address);

/* "10.0.0.0/8", "fe80::/10", or a lone address as a host prefix. */
bool prefix_parse(const char *text, struct prefix *prefix);
void prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_BYTES]);
bool prefix_contains(const struct prefix *prefix, const struct address *address);

/* Copy text that came from the network: at most `size - 1` bytes of valid UTF-8 without
   control characters or marks that turn its direction, each offending byte replaced by
   '?', never cut inside a character, always terminated. Returns the length written.
   Stops at a NUL. */
size_t text_copy_untrusted(char *out, size_t size, const void *bytes, size_t length);

#endif
