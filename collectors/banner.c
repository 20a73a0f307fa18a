#include "collectors/banner.h"

#include <string.h>
#include <strings.h>

enum { HEAD_BYTES = 1024 }; /* of a message's head are looked at */

/* The field's value, among the lines that follow the first. */
static bool find_field(const struct packet *packet, const char *field,
                       char text[RECORD_TEXT_BYTES]) {
    const char *at = (const char *)packet->payload;
    size_t left = packet->payload_captured, name = strlen(field);
    if (left > HEAD_BYTES)
        left = HEAD_BYTES;
    for (const char *end; (end = memchr(at, '\n', left));) {
        left -= (size_t)(end + 1 - at);
        at = end + 1;
        if (left <= name || *at == '\r' || *at == '\n')
            return false;
        if (strncasecmp(at, field, name) != 0)
            continue;
        const char *value = at + name, *stop = memchr(at, '\n', left);
        if (!stop)
            return false;
        while (value < stop && *value == ' ')
            value++;
        if (stop > value && stop[-1] == '\r')
            stop--;
        return text_copy_untrusted(text, RECORD_TEXT_BYTES, value,
                                   (size_t)(stop - value)) > 0;
    }
    return false;
}

static bool begins_request(const uint8_t *bytes) {
    static const char *const methods[] = {"GET ", "POST", "HEAD", "PUT "};
    for (unsigned i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (memcmp(bytes, methods[i], 4) == 0)
            return true;
    return false;
}

bool banner_read(const struct packet *packet, enum name_kind *kind,
                 char text[RECORD_TEXT_BYTES]) {
    const uint8_t *bytes = packet->payload;
    size_t length = packet->payload_captured;
    if (packet->protocol != PROTOCOL_TCP || length < 8)
        return false;
    if (begins_request(bytes)) {
        *kind = NAME_USER_AGENT;
        return find_field(packet, "User-Agent:", text);
    }
    if (memcmp(bytes, "HTTP/1.", 7) == 0) {
        *kind = NAME_HTTP_SERVER;
        return find_field(packet, "Server:", text);
    }
    if (memcmp(bytes, "SSH-", 4) != 0)
        return false;
    const uint8_t *end = memchr(bytes, '\n', length);
    length = end ? (size_t)(end - bytes) : length;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    *kind = NAME_SSH;
    return text_copy_untrusted(text, RECORD_TEXT_BYTES, bytes, length) > 0;
}
