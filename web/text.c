#include "web/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void text_free(struct text *text) {
    free(text->bytes);
    *text = (struct text){0};
}

char *text_reserve(struct text *text, size_t length) {
    if (!text->failed && length > text->size - text->used) {
        size_t size = (text->size + length) * 2;
        char *grown = realloc(text->bytes, size);
        text->failed = !grown;
        if (grown) {
            text->bytes = grown;
            text->size = size;
        }
    }
    return text->failed ? NULL : text->bytes + text->used;
}

void text_add_unsigned(struct text *text, uint64_t value) {
    char digits[20];
    char *digit = digits + sizeof digits;
    do
        *--digit = (char)('0' + value % 10);
    while (value /= 10);
    text_add_bytes(text, digit, (size_t)(digits + sizeof digits - digit));
}

/* Exactly `width` digits. */
static char *put_digits(char *out, uint64_t value, unsigned width) {
    for (unsigned i = width; i > 0; i--, value /= 10)
        out[i - 1] = (char)('0' + value % 10);
    return out + width;
}

void text_add_number(struct text *text, double value) {
    if (!isfinite(value))
        value = 0;
    uint64_t thousandths = (uint64_t)(fmin(fabs(value), 1e15) * 1000 + 0.5);
    if (value < 0 && thousandths)
        text_add(text, "-");
    text_add_unsigned(text, thousandths / 1000);
    unsigned decimals = (unsigned)(thousandths % 1000), width = 3;
    if (!decimals)
        return;
    for (; decimals % 10 == 0; decimals /= 10)
        width--;
    char fraction[4] = ".";
    put_digits(fraction + 1, decimals, width);
    text_add_bytes(text, fraction, width + 1);
}

/* H. Hinnant, "chrono-compatible low-level date algorithms": civil_from_days, for days not
   before the epoch. gmtime_r takes the time zone's lock, and twice as long. */
static char *put_date(char *out, uint64_t days) {
    uint64_t shifted = days + 719468; /* since 0000-03-01 */
    uint64_t era = shifted / 146097, day_of_era = shifted % 146097;
    uint64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
        365;
    uint64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t march_month = (5 * day_of_year + 2) / 153;
    uint64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
    uint64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    out = put_digits(out, year_of_era + era * 400 + (month <= 2), 4);
    *out++ = '-';
    out = put_digits(out, month, 2);
    *out++ = '-';
    return put_digits(out, day, 2);
}

void text_add_time(struct text *text, uint64_t time_ns) {
    enum { LENGTH = sizeof "2026-02-03T10:15:30.000Z" - 1 };
    char *out = text_reserve(text, LENGTH);
    if (!out)
        return;
    uint64_t ms = time_ns / 1000000, s = ms / 1000;
    out = put_date(out, s / 86400);
    *out++ = 'T';
    out = put_digits(out, s / 3600 % 24, 2);
    *out++ = ':';
    out = put_digits(out, s / 60 % 60, 2);
    *out++ = ':';
    out = put_digits(out, s % 60, 2);
    *out++ = '.';
    out = put_digits(out, ms % 1000, 3);
    *out = 'Z';
    text->used += LENGTH;
}

void text_add_html(struct text *text, const char *string) {
    for (;;) {
        size_t plain = strcspn(string, "&<>\"'");
        text_add_bytes(text, string, plain);
        string += plain;
        switch (*string++) {
        case '&':
            text_add(text, "&amp;");
            break;
        case '<':
            text_add(text, "&lt;");
            break;
        case '>':
            text_add(text, "&gt;");
            break;
        case '"':
            text_add(text, "&quot;");
            break;
        case '\'':
            text_add(text, "&#39;");
            break;
        default:
            return;
        }
    }
}
