#include "web/request.h"

#include "engine/base/address.h"
#include "engine/base/hex.h"
#include "engine/base/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool request_split_target(char *target, struct request *request) {
    char *path = target;
    if (strncasecmp(target, "http://", 7) == 0 ||
        strncasecmp(target, "https://", 8) == 0)
        path = strchr(strstr(target, "://") + 3, '/');
    if (!path || *path != '/')
        return false;
    char *query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    request->path = path;
    request->query = query ? query : "";
    return true;
}

const char *request_header(const struct request *request, const char *name) {
    return request_header_before(request, name, 0);
}

const char *request_header_before(const struct request *request, const char *name,
                                  unsigned before_last) {
    return request->connection
               ? request->find_header(request->connection, name, before_last)
               : NULL;
}

bool request_decode(const char *text, size_t length, bool plus, char *out,
                    size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            int high = length - i > 2 ? hex_value(text[i + 1]) : -1;
            int low = length - i > 2 ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (used + 1 >= size)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    /* What would have to be replaced to be harmless is not what anybody is called. */
    char clean[REQUEST_IDENTITY_BYTES + 1];
    return size <= sizeof clean &&
           text_copy_untrusted(clean, sizeof clean, out, used) == used &&
           memcmp(clean, out, used) == 0;
}

static void drop_segment(const char *out, size_t *used) {
    while (*used > 0 && out[--*used] != '/')
        continue;
}

void request_clean_path(const char *uri, char *out, size_t size) {
    size_t used = 0, length = strcspn(uri, "?#");
    for (size_t i = 0; i <= length; i++) {
        char c = i < length ? uri[i] : '/'; /* closes the last segment */
        if (c == '%' && length - i > 2 && hex_value(uri[i + 1]) >= 0 &&
            hex_value(uri[i + 2]) >= 0) {
            c = (char)(hex_value(uri[i + 1]) << 4 | hex_value(uri[i + 2]));
            i += 2;
        }
        if (c == '/' && used > 0 && out[used - 1] == '/') {
            if (i == length)
                break;
            continue;
        }
        if (c == '/' && used > 1 && out[used - 1] == '.' && out[used - 2] == '/')
            used -= 2;
        else if (c == '/' && used > 2 && memcmp(out + used - 3, "/..", 3) == 0) {
            used -= 3;
            drop_segment(out, &used);
        }
        if (i == length && used > 0 && uri[length - 1] != '/')
            break;
        if (used + 1 < size && c)
            out[used++] = c;
    }
    if (used == 0)
        out[used++] = '/';
    out[used] = '\0';
}

enum query_value request_query(const struct request *request, const char *name,
                               char *out, size_t size) {
    enum query_value found = QUERY_ABSENT;
    for (const char *pair = request->query; *pair;) {
        size_t length = strcspn(pair, "&");
        const char *equals = memchr(pair, '=', length);
        size_t key_length = equals ? (size_t)(equals - pair) : length;
        char key[32];
        if (request_decode(pair, key_length, true, key, sizeof key) &&
            strcmp(key, name) == 0) {
            size_t skipped = key_length + (equals != NULL);
            if (found != QUERY_ABSENT ||
                !request_decode(pair + skipped, length - skipped, true, out, size))
                return QUERY_BAD;
            found = out[0] ? QUERY_PRESENT : QUERY_ABSENT;
        }
        pair += length + (pair[length] == '&');
    }
    return found;
}

bool request_parse_unsigned(const char *text, uint64_t low, uint64_t high,
                            uint64_t *value) {
    uint64_t parsed = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || parsed > (UINT64_MAX - 9) / 10)
            return false;
        parsed = parsed * 10 + (uint64_t)(*text - '0');
    }
    *value = parsed;
    return parsed >= low && parsed <= high;
}

bool request_parse_time(const char *text, uint64_t *time_ns) {
    uint64_t s;
    if (request_parse_unsigned(text, 0, UINT64_C(16725225600), &s)) {
        *time_ns = s * 1000000000;
        return true;
    }
    return instant_parse(text, time_ns);
}

bool request_matches_etag(const char *if_none_match, const char *etag) {
    size_t length = strlen(etag);
    for (const char *tag = if_none_match; *tag;) {
        tag += strspn(tag, " \t,");
        if (*tag == '*')
            return true;
        if (strncmp(tag, "W/", 2) == 0)
            tag += 2;
        /* Commas may stand inside the quotes. */
        const char *close = *tag == '"' ? strchr(tag + 1, '"') : NULL;
        if (!close)
            return false;
        if ((size_t)(close + 1 - tag) == length && memcmp(tag, etag, length) == 0)
            return true;
        tag = close + 1;
    }
    return false;
}

bool request_accepts_gzip(const char *accept_encoding) {
    for (const char *coding = accept_encoding; coding && *coding;) {
        coding += strspn(coding, " \t,");
        size_t length = strcspn(coding, ",");
        size_t name = strcspn(coding, " \t,;");
        if (name == 4 && strncasecmp(coding, "gzip", 4) == 0) {
            /* "gzip;q=0" refuses; any other weight takes it. */
            const char *weight = memchr(coding, '=', length);
            return !weight || strspn(weight + 1, "0.") != strcspn(weight + 1, " \t,");
        }
        coding += length;
    }
    return false;
}
