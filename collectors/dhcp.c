#include "collectors/dhcp.h"

#include "collectors/bytes.h"

#include <stdio.h>
#include <string.h>

enum { OPTIONS_OFFSET = 240, HARDWARE_ETHERNET = 1 };

enum {
    OPTION_PAD = 0,
    OPTION_ROUTER = 3,
    OPTION_RESOLVER = 6,
    OPTION_HOST = 12,
    OPTION_REQUESTED = 50,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_PARAMETERS = 55,
    OPTION_VENDOR = 60,
    OPTION_MUD = 161,
    OPTION_END = 255,
};

/* All zeros stand for no address. */
static struct address read_address(const uint8_t *bytes) {
    return bytes_be32(bytes) ? bytes_ipv4(bytes) : (struct address){0};
}

/* As many numbers as fit whole. */
static void format_numbers(char *out, size_t size, const uint8_t *bytes,
                           size_t length) {
    size_t used = 0;
    for (size_t i = 0; i < length && used + sizeof ",255" <= size; i++)
        used += (size_t)snprintf(out + used, size - used, i ? ",%u" : "%u", bytes[i]);
}

static void take_option(struct dhcp_message *message, uint8_t option,
                        const uint8_t *bytes, size_t length) {
    switch (option) {
    case OPTION_TYPE:
        if (length == 1)
            message->type = bytes[0];
        break;
    case OPTION_REQUESTED:
        if (length == 4)
            message->requested_ip = read_address(bytes);
        break;
    case OPTION_SERVER:
        if (length == 4)
            message->server_ip = read_address(bytes);
        break;
    case OPTION_ROUTER:
        if (length >= 4)
            message->router = read_address(bytes);
        break;
    case OPTION_RESOLVER:
        if (length >= 4)
            message->resolver = read_address(bytes);
        break;
    case OPTION_HOST:
        text_copy_untrusted(message->host, sizeof message->host, bytes, length);
        break;
    case OPTION_VENDOR:
        text_copy_untrusted(message->vendor, sizeof message->vendor, bytes, length);
        break;
    case OPTION_PARAMETERS:
        format_numbers(message->fingerprint, sizeof message->fingerprint, bytes,
                       length);
        break;
    case OPTION_MUD:
        text_copy_untrusted(message->mud_url, sizeof message->mud_url, bytes, length);
        break;
    default:
        break;
    }
}

bool dhcp_parse(const uint8_t *bytes, size_t length, struct dhcp_message *message) {
    static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};
    *message = (struct dhcp_message){0};
    if (length < OPTIONS_OFFSET || bytes[1] != HARDWARE_ETHERNET ||
        bytes[2] != sizeof message->client.bytes ||
        memcmp(bytes + OPTIONS_OFFSET - sizeof cookie, cookie, sizeof cookie) != 0)
        return false;
    message->client_ip = read_address(bytes + 12);
    message->your_ip = read_address(bytes + 16);
    message->client = bytes_mac(bytes + 28);

    const uint8_t *at = bytes + OPTIONS_OFFSET, *end = bytes + length;
    while (at < end && *at != OPTION_END) {
        if (*at == OPTION_PAD) {
            at++;
            continue;
        }
        if (end - at < 2 || at[1] > end - at - 2)
            break;
        take_option(message, at[0], at + 2, at[1]);
        at += 2 + at[1];
    }
    return message->type != 0;
}
