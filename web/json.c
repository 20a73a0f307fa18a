#include "web/json.h"

#include "engine/base/address.h"

#include <string.h>

/* Whatever precedes a value (a comma unless it is the first, and its name), and room for
   `room` bytes of the value itself: returns where it goes, NULL if there is no memory. */
static char *begin(struct text *text, const char *key, size_t room) {
    size_t key_length = key ? strlen(key) : 0;
    char *out = text_reserve(text, key_length + sizeof ",\"\":" + room);
    if (!out)
        return NULL;
    if (text->used && out[-1] != '{' && out[-1] != '[')
        *out++ = ',';
    if (key) {
        *out++ = '"';
        memcpy(out, key, key_length);
        out += key_length;
        *out++ = '"';
        *out++ = ':';
    }
    return out;
}

static void end(struct text *text, const char *out) {
    text->used = (size_t)(out - text->bytes);
}

void json_open(struct text *text, const char *key, char bracket) {
    char *out = begin(text, key, 1);
    if (!out)
        return;
    *out++ = bracket;
    end(text, out);
}

void json_close(struct text *text, char bracket) {
    text_add_bytes(text, &bracket, 1);
}

/* Whether all may stand in a string as it is, which is the rule. Without a way out of the
   loop, so that the compiler takes many bytes at a time. */
static bool is_plain(const char *value, size_t length) {
    unsigned odd = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];
        odd |= (unsigned)(c < 0x20) | (c >= 0x7f) | (c == '"') | (c == '\\');
    }
    return !odd;
}

static const char ellipsis[] = "…";

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* `value` is UTF-8 without control characters; there is room for twice its length and the
   ellipsis. Returns the end. */
static char *put_escaped(char *start, const char *value, size_t limit) {
    char *out = start;
    char *cut = start; /* the last place where the ellipsis would still fit */
    for (; *value; value++) {
        if (!is_continuation(*value) &&
            (size_t)(out - start) + sizeof ellipsis - 1 <= limit)
            cut = out;
        bool escaped = *value == '"' || *value == '\\';
        if ((size_t)(out - start) + 1 + escaped > limit) {
            memcpy(cut, ellipsis, sizeof ellipsis - 1);
            return cut + sizeof ellipsis - 1;
        }
        if (escaped)
            *out++ = '\\';
        *out++ = *value;
    }
    return out;
}

void json_string_cut(struct text *text, const char *key, const char *value,
                     size_t limit) {
    size_t length = strlen(value);
    char *out = begin(text, key, length * 2 + sizeof ellipsis + 2);
    if (!out)
        return;
    *out++ = '"';
    if (length <= limit && is_plain(value, length)) {
        memcpy(out, value, length);
        out += length;
    } else {
        char clean[512];
        text_copy_untrusted(clean, sizeof clean, value, length);
        out = put_escaped(out, clean, limit);
    }
    *out++ = '"';
    end(text, out);
}

void json_string(struct text *text, const char *key, const char *value) {
    json_string_cut(text, key, value, SIZE_MAX);
}

void json_unsigned(struct text *text, const char *key, uint64_t value) {
    bool exact = value <= UINT64_C(1) << 53;
    char *out = begin(text, key, 0);
    if (!out)
        return;
    end(text, out);
    if (!exact)
        text_add_bytes(text, "\"", 1);
    text_add_unsigned(text, value);
    if (!exact)
        text_add_bytes(text, "\"", 1);
}

void json_number(struct text *text, const char *key, double value) {
    char *out = begin(text, key, 0);
    if (!out)
        return;
    end(text, out);
    text_add_number(text, value);
}

void json_time(struct text *text, const char *key, uint64_t time_ns) {
    char *out = begin(text, key, 1);
    if (!out)
        return;
    *out++ = '"';
    end(text, out);
    text_add_time(text, time_ns);
    text_add_bytes(text, "\"", 1);
}

static void add_word(struct text *text, const char *key, const char *word) {
    size_t length = strlen(word);
    char *out = begin(text, key, length);
    if (!out)
        return;
    memcpy(out, word, length);
    end(text, out + length);
}

void json_bool(struct text *text, const char *key, bool value) {
    add_word(text, key, value ? "true" : "false");
}

void json_null(struct text *text, const char *key) {
    add_word(text, key, "null");
}

void json_raw(struct text *text, const char *key, const char *json) {
    size_t length = strlen(json);
    char *out = begin(text, key, length);
    if (!out)
        return;
    memcpy(out, json, length);
    end(text, out + length);
}
