#include "web/scan.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 64 };

struct level {
    bool is_array;
    unsigned index;   /* of the element at work, or how many members there were */
    const char *name; /* of the member at work; NULL before it is known */
};

struct scanner {
    const char *start, *at, *end;
    const char *detail; /* what was wrong first */
    unsigned depth, values;
    struct level path[SCAN_DEPTH];
    /* The names of all objects that are open: each its length in a byte, and itself,
       terminated. */
    char *names_end;
    char names[SCAN_DEPTH * SCAN_NAME_BYTES * 4];
};

static bool fail(struct scanner *s, const char *detail) {
    if (!s->detail)
        s->detail = detail;
    return false;
}

static int peek(const struct scanner *s) {
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

static void skip_space(struct scanner *s) {
    while (s->at < s->end && memchr(" \t\n\r", *s->at, 4))
        s->at++;
}

/* --- strings --- */

/* Bytes of the well-formed UTF-8 character (RFC 3629) at `at`; 0 if there is none. */
static size_t utf8_length(const unsigned char *at, size_t left) {
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, length;
    } shapes[] = {
        {0x00, 0x7f, 0x80, 0xbf, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (*at < shapes[i].first_low || *at > shapes[i].first_high)
            continue;
        size_t length = shapes[i].length;
        if (length > left || (length > 1 && (at[1] < shapes[i].second_low ||
                                             at[1] > shapes[i].second_high)))
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

static bool scan_hex4(struct scanner *s, unsigned *value) {
    *value = 0;
    for (unsigned i = 0; i < 4; i++, s->at++) {
        int c = peek(s);
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (unsigned)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f' && c > 0)
            *value = *value << 4 | (unsigned)((c | 0x20) - 'a' + 10);
        else
            return fail(s, "\\u is followed by four hex digits");
    }
    return true;
}

static size_t encode_utf8(unsigned code, char *out) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char firsts[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(firsts[length] | code);
    return length;
}

/* After "\u". */
static bool scan_code(struct scanner *s, char *out, size_t *length) {
    unsigned code, low;
    if (!scan_hex4(s, &code))
        return false;
    if (code == 0)
        return fail(s, "U+0000 is not taken");
    if (code >= 0xd800 && code <= 0xdfff) {
        bool paired =
            code < 0xdc00 && s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == 'u';
        s->at += paired ? 2 : 0;
        if (!paired || !scan_hex4(s, &low) || low < 0xdc00 || low > 0xdfff)
            return fail(s, "a surrogate without its partner");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *length = encode_utf8(code, out);
    return true;
}

/* One character of a string, decoded: at most four bytes. */
static bool scan_character(struct scanner *s, char *out, size_t *length) {
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int c = peek(s);
    if (c < 0)
        return fail(s, "a string without an end");
    if (c < 0x20)
        return fail(s, "a control character in a string");
    if (c != '\\') {
        *length = utf8_length((const unsigned char *)s->at, (size_t)(s->end - s->at));
        if (!*length)
            return fail(s, "not UTF-8");
        memcpy(out, s->at, *length);
        s->at += *length;
        return true;
    }
    s->at++;
    c = peek(s);
    const char *escape = c > 0 ? strchr(escapes, c) : NULL;
    if (c != 'u' && !escape)
        return fail(s, "an escape that JSON does not have");
    s->at++;
    if (c == 'u')
        return scan_code(s, out, length);
    *out = meant[escape - escapes];
    *length = 1;
    return true;
}

/* At its opening quote. `out` (NULL: nobody wants it) gets it decoded and terminated. */
static bool scan_string(struct scanner *s, char *out, size_t size) {
    size_t used = 0, length;
    char character[4];
    for (s->at++; peek(s) != '"'; used += length) {
        if (!scan_character(s, character, &length))
            return false;
        if (!out)
            continue;
        if (used + length >= size)
            return fail(s, "a member's name is too long");
        memcpy(out + used, character, length);
    }
    s->at++;
    if (out)
        out[used] = '\0';
    return true;
}

/* --- other values --- */

static size_t scan_digits(struct scanner *s) {
    const char *start = s->at;
    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return (size_t)(s->at - start);
}

static bool scan_number(struct scanner *s) {
    char number[NUMBER_BYTES];
    const char *start = s->at;
    s->at += peek(s) == '-';
    bool zero = peek(s) == '0';
    size_t digits = scan_digits(s);
    if (!digits || (zero && digits > 1))
        return fail(s, "not a JSON value");
    if (peek(s) == '.') {
        s->at++;
        if (!scan_digits(s))
            return fail(s, "a decimal point without decimals");
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        s->at += peek(s) == '+' || peek(s) == '-';
        if (!scan_digits(s))
            return fail(s, "an exponent without digits");
    }
    size_t length = (size_t)(s->at - start);
    if (length >= sizeof number)
        return fail(s, "a number of too many digits");
    memcpy(number, start, length);
    number[length] = '\0';
    return isfinite(strtod(number, NULL)) || fail(s, "a number beyond a double");
}

static bool scan_word(struct scanner *s, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
        return fail(s, "not a JSON value");
    s->at += length;
    return true;
}

static bool scan_value(struct scanner *s);

/* `names`: where those of the object begin. */
static bool scan_name(struct scanner *s, char *names) {
    struct level *level = &s->path[s->depth - 1];
    char *name = s->names_end + 1;
    level->name = NULL;
    if (peek(s) != '"')
        return fail(s, "a member begins with its name");
    if (++level->index > SCAN_MEMBERS ||
        s->names + sizeof s->names - name < SCAN_NAME_BYTES)
        return fail(s, "too many members");
    if (!scan_string(s, name, SCAN_NAME_BYTES))
        return false;
    size_t length = strlen(name);
    level->name = name;
    for (const char *other = names; other < s->names_end; other += *other + 2)
        if ((size_t)*other == length && memcmp(other + 1, name, length) == 0)
            return fail(s, "a member that is there twice");
    *s->names_end = (char)length;
    s->names_end += length + 2;
    return true;
}

static bool scan_object(struct scanner *s) {
    char *names = s->names_end;
    skip_space(s);
    if (peek(s) == '}')
        return true;
    for (;;) {
        skip_space(s);
        if (!scan_name(s, names))
            return false;
        skip_space(s);
        if (peek(s) != ':')
            return fail(s, "a colon follows the name");
        s->at++;
        if (!scan_value(s))
            return false;
        if (peek(s) != ',')
            break;
        s->at++;
    }
    s->names_end = names;
    return peek(s) == '}' || fail(s, "an object goes on with a comma or ends");
}

static bool scan_array(struct scanner *s) {
    skip_space(s);
    if (peek(s) == ']')
        return true;
    while (scan_value(s)) {
        if (peek(s) != ',')
            return peek(s) == ']' || fail(s, "an array goes on with a comma or ends");
        s->at++;
        s->path[s->depth - 1].index++;
    }
    return false;
}

static bool scan_inside(struct scanner *s, bool (*scan)(struct scanner *s)) {
    if (s->depth == SCAN_DEPTH)
        return fail(s, "nested too deeply");
    s->path[s->depth++] = (struct level){.is_array = scan == scan_array};
    s->at++;
    if (!scan(s))
        return false; /* and the path stays, to tell where */
    s->depth--;
    s->at++;
    return true;
}

static bool scan_scalar(struct scanner *s) {
    switch (peek(s)) {
    case '"':
        return scan_string(s, NULL, 0);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    case -1:
        return fail(s, "it ends where a value should be");
    default:
        return scan_number(s);
    }
}

/* With the space around it. */
static bool scan_value(struct scanner *s) {
    skip_space(s);
    if (++s->values > SCAN_VALUES)
        return fail(s, "too many values");
    int c = peek(s);
    bool good = c == '{'   ? scan_inside(s, scan_object)
                : c == '[' ? scan_inside(s, scan_array)
                           : scan_scalar(s);
    skip_space(s);
    return good;
}

/* --- pointers --- */

void scan_point(char *pointer, size_t size, const char *name) {
    size_t used = strlen(pointer);
    if (used + 1 < size)
        pointer[used++] = '/';
    for (; *name && used + 2 < size; name++) {
        bool escaped = *name == '~' || *name == '/';
        pointer[used++] = escaped ? '~' : *name;
        if (escaped)
            pointer[used++] = *name == '~' ? '0' : '1';
    }
    pointer[used] = '\0';
}

void scan_point_at(char *pointer, size_t size, unsigned index) {
    size_t used = strlen(pointer);
    snprintf(pointer + used, size - used, "/%u", index);
}

bool scan_json(const char *bytes, size_t length, struct scan_fault *fault) {
    struct scanner s; /* to clear its rooms would take longer than to scan a request */
    s.start = s.at = bytes;
    s.end = bytes + length;
    s.detail = NULL;
    s.depth = s.values = 0;
    s.names_end = s.names;
    if (scan_value(&s) && (s.at == s.end || fail(&s, "something follows the value")))
        return true;
    fault->offset = (size_t)(s.at - s.start);
    fault->detail = s.detail;
    fault->pointer[0] = '\0';
    for (unsigned i = 0; i < s.depth; i++) {
        const struct level *level = &s.path[i];
        if (level->is_array)
            scan_point_at(fault->pointer, sizeof fault->pointer, level->index);
        else if (level->name)
            scan_point(fault->pointer, sizeof fault->pointer, level->name);
    }
    return false;
}
