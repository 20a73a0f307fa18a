#include "web/scan.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 64 };

struct scanner {
    const char *start, *at, *end;
    const char *detail; /* what was wrong first */
    /* Where the tree lies: nodes in the order of their values, then texts. */
    cJSON *nodes, *nodes_end;
    char *texts;
    unsigned depth;
    struct level {
        cJSON *whole;
        unsigned index;   /* of the element at work, or how many members there were */
        const char *name; /* of the member at work; NULL before it is known */
    } path[SCAN_DEPTH];
};

static bool fail(struct scanner *s, const char *detail) {
    if (!s->detail)
        s->detail = detail;
    return false;
}

static int peek(const struct scanner *s) {
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

static bool is_space(int c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scanner *s) {
    while (is_space(peek(s)))
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

/* One character of a string that does not stand for itself. */
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

/* What stands for itself: nearly all there is. */
static const char *skip_plain(const char *at, const char *end) {
    while (at < end && *at >= ' ' && *at != '"' && *at != '\\' && (*at & 0x80) == 0)
        at++;
    return at;
}

/* At its opening quote. Decoded it is no longer, and its terminator has the room of a quote. */
static bool scan_string(struct scanner *s, char **text) {
    char *out = *text = s->texts;
    size_t length;
    for (s->at++; peek(s) != '"'; out += length) {
        const char *run = s->at;
        s->at = skip_plain(run, s->end);
        length = (size_t)(s->at - run);
        memcpy(out, run, length);
        if (length == 0 && !scan_character(s, out, &length))
            return false;
    }
    s->at++;
    *out = '\0';
    s->texts = out + 1;
    return true;
}

/* --- other values --- */

static size_t scan_digits(struct scanner *s) {
    const char *start = s->at;
    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return (size_t)(s->at - start);
}

static bool scan_number(struct scanner *s, cJSON *node) {
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
    node->type = cJSON_Number;
    node->valuedouble = strtod(number, NULL);
    node->valueint = (int)fmin(fmax(node->valuedouble, INT_MIN), INT_MAX);
    return isfinite(node->valuedouble) || fail(s, "a number beyond a double");
}

static bool scan_word(struct scanner *s, cJSON *node, const char *word, int type) {
    size_t length = strlen(word);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
        return fail(s, "not a JSON value");
    s->at += length;
    node->type = type;
    node->valueint = type == cJSON_True;
    return true;
}

static bool scan_value(struct scanner *s, cJSON *whole, char *name);

static bool has_member(const cJSON *object, const char *name) {
    for (const cJSON *member = object->child; member; member = member->next)
        if (strcmp(member->string, name) == 0)
            return true;
    return false;
}

/* With the colon after it. */
static bool scan_name(struct scanner *s, struct level *level, char **name) {
    level->name = NULL;
    if (peek(s) != '"')
        return fail(s, "a member begins with its name");
    if (++level->index > SCAN_MEMBERS)
        return fail(s, "too many members");
    if (!scan_string(s, name))
        return false;
    if (s->texts - *name > SCAN_NAME_BYTES)
        return fail(s, "a member's name is too long");
    level->name = *name;
    if (has_member(level->whole, *name))
        return fail(s, "a member that is there twice");
    skip_space(s);
    if (peek(s) != ':')
        return fail(s, "a colon follows the name");
    s->at++;
    return true;
}

static bool scan_members(struct scanner *s, struct level *level) {
    for (char *name;; s->at++) {
        skip_space(s);
        if (!scan_name(s, level, &name) || !scan_value(s, level->whole, name))
            return false;
        if (peek(s) != ',')
            return peek(s) == '}' || fail(s, "an object goes on with a comma or ends");
    }
}

static bool scan_elements(struct scanner *s, struct level *level) {
    for (;; s->at++, level->index++) {
        if (!scan_value(s, level->whole, NULL))
            return false;
        if (peek(s) != ',')
            return peek(s) == ']' || fail(s, "an array goes on with a comma or ends");
    }
}

/* At the opening bracket of an object or an array. */
static bool scan_whole(struct scanner *s, cJSON *node, char closing) {
    if (s->depth == SCAN_DEPTH)
        return fail(s, "nested too deeply");
    struct level *level = &s->path[s->depth++];
    *level = (struct level){.whole = node};
    s->at++;
    skip_space(s);
    if (peek(s) != closing &&
        !(closing == '}' ? scan_members(s, level) : scan_elements(s, level)))
        return false; /* and the path stays, to tell where */
    s->depth--;
    s->at++;
    return true;
}

static bool scan_into(struct scanner *s, cJSON *node) {
    switch (peek(s)) {
    case '{':
        node->type = cJSON_Object;
        return scan_whole(s, node, '}');
    case '[':
        node->type = cJSON_Array;
        return scan_whole(s, node, ']');
    case '"':
        node->type = cJSON_String;
        return scan_string(s, &node->valuestring);
    case 't':
        return scan_word(s, node, "true", cJSON_True);
    case 'f':
        return scan_word(s, node, "false", cJSON_False);
    case 'n':
        return scan_word(s, node, "null", cJSON_NULL);
    case -1:
        return fail(s, "it ends where a value should be");
    default:
        return scan_number(s, node);
    }
}

/* As cJSON wants it: the first one's `prev` is the last. */
static void append(cJSON *whole, cJSON *node) {
    cJSON *first = whole->child;
    if (!first) {
        whole->child = node->prev = node;
        return;
    }
    node->prev = first->prev;
    first->prev->next = node;
    first->prev = node;
}

/* With the space around it. `whole`: what it is a part of, NULL for the outermost. */
static bool scan_value(struct scanner *s, cJSON *whole, char *name) {
    skip_space(s);
    if (s->nodes == s->nodes_end)
        return fail(s, "too many values");
    cJSON *node = s->nodes++;
    *node = (cJSON){.string = name};
    bool good = scan_into(s, node);
    if (whole)
        append(whole, node);
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

/* A value needs two bytes, itself and a comma, or its two brackets; but those that are open. */
static size_t most_nodes(size_t length) {
    size_t most = length / 2 + SCAN_DEPTH + 2;
    return most < SCAN_VALUES ? most : SCAN_VALUES;
}

static bool make_room(struct scan_room *room, size_t bytes) {
    if (room->bytes >= bytes)
        return true;
    scan_room_free(room);
    room->nodes = malloc(bytes);
    room->bytes = room->nodes ? bytes : 0;
    return room->nodes;
}

void scan_room_free(struct scan_room *room) {
    free(room->nodes);
    *room = (struct scan_room){.nodes = NULL};
}

cJSON *scan_json(const char *bytes, size_t length, struct scan_room *room,
                 struct scan_fault *fault) {
    size_t count = most_nodes(length);
    *fault = (struct scan_fault){.detail = NULL};
    if (!make_room(room, count * sizeof *room->nodes + length + 1))
        return NULL;
    struct scanner s; /* to clear its path would take longer than to scan a request */
    s.start = s.at = bytes;
    s.end = bytes + length;
    s.detail = NULL;
    s.depth = 0;
    s.nodes = room->nodes;
    s.nodes_end = room->nodes + count;
    s.texts = (char *)s.nodes_end;
    if (scan_value(&s, NULL, NULL) &&
        (s.at == s.end || fail(&s, "something follows the value")))
        return room->nodes;
    fault->offset = (size_t)(s.at - s.start);
    fault->detail = s.detail;
    for (unsigned i = 0; i < s.depth; i++) {
        const struct level *level = &s.path[i];
        if (cJSON_IsArray(level->whole))
            scan_point_at(fault->pointer, sizeof fault->pointer, level->index);
        else if (level->name)
            scan_point(fault->pointer, sizeof fault->pointer, level->name);
    }
    return NULL;
}
