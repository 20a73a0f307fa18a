#include "engine/base/instant.h"

#include <ctype.h>

/* "pattern" holds '0' for a digit and itself for the rest. */
static bool has_shape(const char *text, const char *pattern) {
    for (; *pattern; text++, pattern++) {
        bool fits = *pattern == '0' ? isdigit((unsigned char)*text) : *text == *pattern;
        if (!fits)
            return false;
    }
    return true;
}

static unsigned two_digits(const char *text) {
    return (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
}

/* H. Hinnant's days_from_civil, for years from 1 on. */
static int64_t days_from_civil(unsigned year, unsigned month, unsigned day) {
    unsigned shifted = month <= 2 ? year - 1 : year;
    unsigned era = shifted / 400, year_of_era = shifted % 400;
    unsigned day_of_year =
        (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * 146097 + day_of_era - 719468;
}

bool instant_parse(const char *text, uint64_t *time_ns) {
    if (!has_shape(text, "0000-00-00") || (text[10] | 0x20) != 't' ||
        !has_shape(text + 11, "00:00"))
        return false;
    unsigned year = two_digits(text) * 100 + two_digits(text + 2);
    unsigned month = two_digits(text + 5), day = two_digits(text + 8);
    unsigned hour = two_digits(text + 11), minute = two_digits(text + 14), second = 0;
    text += 16;
    bool to_the_minute = !has_shape(text, ":00");
    if (!to_the_minute) {
        second = two_digits(text + 1);
        text += 3;
    }
    if (year < 1970 || year > 2500 || month < 1 || month > 12 || day < 1 || day > 31 ||
        hour > 23 || minute > 59 || second > 60)
        return false;
    uint64_t fraction_ns = 0;
    if (*text == '.' && !to_the_minute) {
        uint64_t unit = 100000000;
        if (!isdigit((unsigned char)*++text))
            return false;
        for (; isdigit((unsigned char)*text); text++, unit /= 10)
            fraction_ns += unit * (uint64_t)(*text - '0');
    }
    int64_t offset_s = 0;
    if ((*text | 0x20) == 'z' && !text[1])
        offset_s = 0;
    else if ((has_shape(text, "+00:00") || has_shape(text, "-00:00")) && !text[6])
        offset_s = (*text == '-' ? -60 : 60) *
                   (int64_t)(two_digits(text + 1) * 60 + two_digits(text + 4));
    else
        return false;
    int64_t s = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 +
                second - offset_s;
    if (s < 0)
        return false;
    *time_ns = (uint64_t)s * 1000000000 + fraction_ns;
    return true;
}
