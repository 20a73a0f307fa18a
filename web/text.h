#ifndef WEB_TEXT_H
#define WEB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A text that grows at its end; zeroed, it is empty. Running out of memory is remembered, not
   reported by each call: look at `failed` when it is done. */
struct text {
    char *bytes; /* malloced, not terminated */
    size_t used, size;
    bool failed;
};

void text_free(struct text *text);

/* Room for `length` more bytes, to be written by the caller, who then adds to `used`. NULL if
   there is no memory. */
char *text_reserve(struct text *text, size_t length);

/* Inline, so that a constant text costs a comparison and a move. */
static inline void text_add_bytes(struct text *text, const char *bytes, size_t length) {
    if (length == 0 ||
        (length > text->size - text->used && !text_reserve(text, length)))
        return;
    memcpy(text->bytes + text->used, bytes, length);
    text->used += length;
}

static inline void text_add(struct text *text, const char *string) {
    text_add_bytes(text, string, strlen(string));
}

void text_add_unsigned(struct text *text, uint64_t value);
/* At most 3 decimals, none that are 0; no exponent. What is not finite becomes 0, what is
   beyond ±10^15 is cut there. */
void text_add_number(struct text *text, double value);
/* RFC 3339, UTC, with milliseconds. */
void text_add_time(struct text *text, uint64_t time_ns);
/* Made harmless as HTML text and in quoted attributes. */
void text_add_html(struct text *text, const char *string);

#endif
