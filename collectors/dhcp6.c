#include "collectors/dhcp6.h"

#include "collectors/bytes.h"

#include <stdio.h>
#include <string.h>

enum {
    OPTION_IA_NA = 3,
    OPTION_ADDRESS = 5,
    OPTION_REQUESTED = 6,
    OPTION_VENDOR = 16,
    OPTION_RESOLVER = 23,
    OPTION_NAME = 39,
    OPTION_MUD = 112,
};

struct options {
    const uint8_t *at;
    size_t left;
};

/* The next option: its number, its bytes in `body`. False at the end, or where it is broken. */
static bool next(struct options *options, uint16_t *number, struct options *body) {
    if (options->left < 4)
        return false;
    size_t length = bytes_be16(options->at + 2);
    if (length > options->left - 4)
        return false;
    *number = bytes_be16(options->at);
    *body = (struct options){options->at + 4, length};
    options->at += 4 + length;
    options->left -= 4 + length;
    return true;
}

static void take_association(struct dhcp6_message *message, struct options body) {
    uint16_t number;
    struct options address;
    if (body.left < 12 || message->ip.family)
        return;
    body.at += 12;
    body.left -= 12;
    while (next(&body, &number, &address))
        if (number == OPTION_ADDRESS && address.left >= 16) {
            message->ip = bytes_ipv6(address.at);
            return;
        }
}

static void take_requested(struct dhcp6_message *message, struct options body) {
    size_t used = 0, size = sizeof message->fingerprint;
    for (; body.left >= 2 && used + sizeof ",65535" <= size; body.left -= 2) {
        used += (size_t)snprintf(message->fingerprint + used, size - used,
                                 used ? ",%u" : "%u", bytes_be16(body.at));
        body.at += 2;
    }
}

/* Labels, in full or the first alone, without compression. */
static void take_name(struct dhcp6_message *message, struct options body) {
    char name[RECORD_TEXT_BYTES];
    size_t used = 0;
    if (body.left < 1)
        return;
    body.at++;
    body.left--;
    while (body.left > 0 && body.at[0] > 0 && body.at[0] < body.left &&
           used + body.at[0] + 2 <= sizeof name) {
        if (used)
            name[used++] = '.';
        memcpy(name + used, body.at + 1, body.at[0]);
        used += body.at[0];
        body.left -= 1u + body.at[0];
        body.at += 1 + body.at[0];
    }
    text_copy_untrusted(message->host, sizeof message->host, name, used);
}

static void take_vendor(struct dhcp6_message *message, struct options body) {
    if (body.left < 6 || bytes_be16(body.at + 4) > body.left - 6)
        return;
    text_copy_untrusted(message->vendor, sizeof message->vendor, body.at + 6,
                        bytes_be16(body.at + 4));
}

static bool is_between_host_and_server(uint8_t type) {
    return (type >= DHCP6_SOLICIT && type <= DHCP6_RELEASE) || type == DHCP6_INFORM;
}

bool dhcp6_parse(const uint8_t *bytes, size_t length, struct dhcp6_message *message) {
    *message = (struct dhcp6_message){0};
    if (length < 4 || !is_between_host_and_server(bytes[0]))
        return false;
    message->type = bytes[0];
    struct options options = {bytes + 4, length - 4}, body;
    uint16_t number;
    while (next(&options, &number, &body)) {
        if (number == OPTION_IA_NA)
            take_association(message, body);
        else if (number == OPTION_RESOLVER && body.left >= 16)
            message->resolver = bytes_ipv6(body.at);
        else if (number == OPTION_REQUESTED)
            take_requested(message, body);
        else if (number == OPTION_NAME)
            take_name(message, body);
        else if (number == OPTION_VENDOR)
            take_vendor(message, body);
        else if (number == OPTION_MUD)
            text_copy_untrusted(message->mud_url, sizeof message->mud_url, body.at,
                                body.left);
    }
    return true;
}
