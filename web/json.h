#ifndef WEB_JSON_H
#define WEB_JSON_H

#include "web/text.h"

/* JSON (RFC 8259) written front to back into a text: nothing is built in between, so that an
   answer costs about its own length. Keys are the program's own and need no escape; NULL
   in an array, and for the outermost value. Commas come by themselves. */

void json_open(struct text *text, const char *key, char bracket); /* '{' or '[' */
void json_close(struct text *text, char bracket);                 /* '}' or ']' */

/* Escaped; what is not UTF-8 is replaced. */
void json_string(struct text *text, const char *key, const char *value);
/* The same in at most `limit` ≥ 3 bytes between the quotes, ending in "…" where it was cut. */
void json_string_cut(struct text *text, const char *key, const char *value,
                     size_t limit);
/* As a string above 2^53, where doubles would lose digits. */
void json_unsigned(struct text *text, const char *key, uint64_t value);
void json_number(struct text *text, const char *key,
                 double value); /* text_add_number */
void json_time(struct text *text, const char *key, uint64_t time_ns);
void json_bool(struct text *text, const char *key, bool value);
void json_null(struct text *text, const char *key);
/* What is JSON already. */
void json_raw(struct text *text, const char *key, const char *json);

#endif
