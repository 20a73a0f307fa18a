#include "web/json.h"

#include "engine/base/address.h"

#include <string.h>

/* Whatever precedes a member: a comma unless it is the first, and its name. */
static void begin(struct text *text, const char *key) {
    char last = text->used ? text->bytes[text->used - 1] : '{';
    if (last != '{' && last != '[')
        text_add_bytes(text, ",", 1);
    if (!key)
        return;
    text_add_bytes(text, "\"", 1);
    text_add(text, key);
    text_add_bytes(text, "\":", 2);
}

void json_open(struct text *text, const char *key, char bracket) {
    begin(text, key);
    text_add_bytes(text, &bracket, 1);
}

void json_close(struct text *text, char bracket) {
    text_add_bytes(text, &bracket, 1);
}

/* What may stand in a string as it is; DEL and all above wait for a closer look. */
static bool is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static const char ellipsis[] = "…";

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* `value` is UTF-8 without control characters. */
static void add_escaped(struct text *text, const char *value, size_t limit) {
    char *start = text_reserve(text, strlen(value) * 2 + sizeof ellipsis);
    if (!start)
        return;
    char *out = start;
    char *cut = start; /* the last place where the ellipsis would still fit */
    for (; *value; value++) {
        if (!is_continuation(*value) &&
            (size_t)(out - start) + sizeof ellipsis - 1 <= limit)
            cut = out;
        bool escaped = *value == '"' || *value == '\\';
        if ((size_t)(out - start) + 1 + escaped > limit) {
            memcpy(cut, ellipsis, sizeof ellipsis - 1);
            out = cut + sizeof ellipsis - 1;
            break;
        }
        if (escaped)
            *out++ = '\\';
        *out++ = *value;
    }
    text->used += (size_t)(out - start);
}

void json_string_cut(struct text *text, const char *key, const char *value,
                     size_t limit) {
    begin(text, key);
    text_add_bytes(text, "\"", 1);
    /* As a rule nothing needs an escape, or a check of its encoding. */
    size_t plain = 0;
    while (is_plain((unsigned char)value[plain]))
        plain++;
    if (value[plain] == '\0' && plain <= limit) {
        text_add_bytes(text, value, plain);
    } else {
        char clean[512];
        text_copy_untrusted(clean, sizeof clean, value, strlen(value));
        add_escaped(text, clean, limit);
    }
    text_add_bytes(text, "\"", 1);
}

void json_string(struct text *text, const char *key, const char *value) {
    json_string_cut(text, key, value, SIZE_MAX);
}

void json_unsigned(struct text *text, const char *key, uint64_t value) {
    bool exact = value <= UINT64_C(1) << 53;
    begin(text, key);
    if (!exact)
        text_add_bytes(text, "\"", 1);
    text_add_unsigned(text, value);
    if (!exact)
        text_add_bytes(text, "\"", 1);
}

void json_number(struct text *text, const char *key, double value) {
    begin(text, key);
    text_add_number(text, value);
}

void json_time(struct text *text, const char *key, uint64_t time_ns) {
    begin(text, key);
    text_add_bytes(text, "\"", 1);
    text_add_time(text, time_ns);
    text_add_bytes(text, "\"", 1);
}

void json_bool(struct text *text, const char *key, bool value) {
    begin(text, key);
    text_add(text, value ? "true" : "false");
}

void json_null(struct text *text, const char *key) {
    begin(text, key);
    text_add(text, "null");
}
