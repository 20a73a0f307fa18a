#include "engine/base/address.h"

#include "engine/base/hex.h"

#include <arpa/inet.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void mac_format(const struct mac *mac, char text[MAC_TEXT_BYTES]) {
    for (size_t i = 0; i < sizeof mac->bytes; i++) {
        *text++ = hex_digits[mac->bytes[i] >> 4];
        *text++ = hex_digits[mac->bytes[i] & 15];
        *text++ = ':';
    }
    text[-1] = '\0';
}

bool mac_parse(const char *text, struct mac *mac) {
    /* The third character tells the spelling: "aa:…", "aa-…", "aabb.…" or "aabb…". */
    size_t length = strlen(text);
    char separator = length == 12   ? '\0'
                     : length == 14 ? '.'
                                    : text[length > 2 ? 2 : 0];
    size_t group = separator == '.' ? 4 : 2;
    if (length != 12 && length != 14 && length != 17)
        return false;
    if (length == 17 && separator != ':' && separator != '-')
        return false;

    struct mac parsed;
    for (size_t digit = 0; digit < 12; digit++) {
        if (separator && digit && digit % group == 0 && *text++ != separator)
            return false;
        int value = hex_value(*text++);
        if (value < 0)
            return false;
        uint8_t *byte = &parsed.bytes[digit / 2];
        *byte = (uint8_t)(digit % 2 ? *byte << 4 | value : value);
    }
    *mac = parsed;
    return true;
}

bool mac_is_multicast(const struct mac *mac) {
    return mac->bytes[0] & 1;
}

bool mac_is_zero(const struct mac *mac) {
    static const struct mac zero;
    return mac_equal(mac, &zero);
}

bool mac_is_local(const struct mac *mac) {
    return mac->bytes[0] & 2;
}

bool mac_equal(const struct mac *a, const struct mac *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void address_format(const struct address *address, char text[ADDRESS_TEXT_BYTES]) {
    int family = address->family == 4 ? AF_INET : AF_INET6;
    if (address->family == 0 ||
        !inet_ntop(family, address->bytes, text, ADDRESS_TEXT_BYTES))
        text[0] = '\0';
}

static bool is_mapped(const struct address *address) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return address->family == 6 && memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

void address_unmap(struct address *address) {
    if (!is_mapped(address))
        return;
    struct address inner = {.family = 4};
    memcpy(inner.bytes, address->bytes + 12, 4);
    *address = inner;
}

static bool parse_as_written(const char *text, struct address *address) {
    struct address parsed = {.family = strchr(text, ':') ? 6 : 4};
    int family = parsed.family == 4 ? AF_INET : AF_INET6;
    if (inet_pton(family, text, parsed.bytes) != 1)
        return false;
    *address = parsed;
    return true;
}

bool address_parse(const char *text, struct address *address) {
    bool good = parse_as_written(text, address);
    if (good)
        address_unmap(address);
    return good;
}

bool address_equal(const struct address *a, const struct address *b) {
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool address_is_unspecified(const struct address *address) {
    static const uint8_t zero[sizeof address->bytes];
    return memcmp(address->bytes, zero, sizeof zero) == 0;
}

bool address_is_multicast(const struct address *address) {
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    if (address->family == 4)
        return address->bytes[0] >> 4 == 14 ||
               memcmp(address->bytes, broadcast, 4) == 0;
    return address->family == 6 && address->bytes[0] == 0xff;
}

/* The bits of byte `i` that belong to a prefix of `length` bits. */
static uint8_t prefix_mask(unsigned length, unsigned i) {
    if (length >= 8 * (i + 1))
        return 0xff;
    return (uint8_t)(length <= 8 * i ? 0 : 0xff << (8 * (i + 1) - length));
}

bool prefix_parse(const char *text, struct prefix *prefix) {
    char host[ADDRESS_TEXT_BYTES];
    size_t host_length = strcspn(text, "/");
    if (host_length >= sizeof host)
        return false;
    memcpy(host, text, host_length);
    host[host_length] = '\0';

    struct prefix parsed;
    if (!parse_as_written(host, &parsed.address))
        return false;
    unsigned longest = parsed.address.family == 4 ? 32 : 128;
    unsigned length = longest;
    if (text[host_length] == '/') {
        const char *digit = text + host_length + 1;
        if (!*digit)
            return false;
        for (length = 0; *digit; digit++) {
            if (*digit < '0' || *digit > '9')
                return false;
            length = 10 * length + (unsigned)(*digit - '0');
            if (length > longest)
                return false;
        }
    }
    if (length >= 96 && is_mapped(&parsed.address)) {
        address_unmap(&parsed.address);
        length -= 96;
    }
    parsed.length = (uint8_t)length;
    for (unsigned i = 0; i < sizeof parsed.address.bytes; i++)
        parsed.address.bytes[i] &= prefix_mask(length, i);
    *prefix = parsed;
    return true;
}

void prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_BYTES]) {
    address_format(&prefix->address, text);
    char *end = text + strlen(text);
    unsigned length = prefix->length;
    *end++ = '/';
    if (length >= 100)
        *end++ = (char)('0' + length / 100);
    if (length >= 10)
        *end++ = (char)('0' + length / 10 % 10);
    *end++ = (char)('0' + length % 10);
    *end = '\0';
}

bool prefix_contains(const struct prefix *prefix, const struct address *address) {
    if (prefix->address.family != address->family)
        return false;
    size_t whole = prefix->length / 8;
    if (memcmp(prefix->address.bytes, address->bytes, whole) != 0)
        return false;
    if (whole == sizeof address->bytes)
        return true;
    uint8_t mask = prefix_mask(prefix->length, (unsigned)whole);
    return ((prefix->address.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

/* Length of the harmless UTF-8 character at `bytes`, 0 if what is there is none. */
static size_t harmless_character(const uint8_t *bytes, size_t length) {
    uint8_t first = bytes[0];
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f;
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > length)
        return 0;
    uint32_t code = first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    bool overlong = code < (size == 2 ? 0x80u : size == 3 ? 0x800u : 0x10000u);
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    bool control = code < 0xa0;
    /* Line separators and marks that turn the direction of the text around them. */
    bool disguise = (code >= 0x200e && code <= 0x200f) ||
                    (code >= 0x2028 && code <= 0x202e) ||
                    (code >= 0x2066 && code <= 0x2069) || code == 0x061c;
    return overlong || surrogate || code > 0x10ffff || control || disguise ? 0 : size;
}

/* How many of the bytes are plain characters, which nearly all are. */
static size_t plain_text(const uint8_t *bytes, size_t length) {
    size_t count = 0;
    while (count < length && bytes[count] >= 0x20 && bytes[count] < 0x7f)
        count++;
    return count;
}

size_t text_copy_untrusted(char *out, size_t size, const void *bytes, size_t length) {
    const uint8_t *in = bytes;
    size_t written = 0;
    if (size == 0)
        return 0;
    while (length && *in) {
        size_t room = size - 1 - written;
        size_t step = plain_text(in, length < room ? length : room);
        if (step == 0)
            step = harmless_character(in, length);
        if ((step ? step : 1) > room)
            break;
        if (step) {
            memcpy(out + written, in, step);
        } else {
            out[written] = '?';
            step = 1;
        }
        written += step;
        in += step;
        length -= step;
    }
    out[written] = '\0';
    return written;
}
