#ifndef ENGINE_POLICY_PLACE_H
#define ENGINE_POLICY_PLACE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Where in a JSON document a reader stands, so that it can say where a mistake is. One for each
   level, on the stack; nothing is written until there is a mistake. */
struct place {
    const struct place *above; /* NULL at the top */
    const char *name;          /* NULL: an element of a list */
    size_t index;
};

enum { MISTAKE_BYTES = 384 };

/* "/rules/3/when: reason"; the place is a JSON Pointer (RFC 6901), "" at the top. */
struct mistake {
    char text[MISTAKE_BYTES];
};

/* Returns false. Only the first is kept. */
__attribute__((format(printf, 3, 4))) bool place_mistake(const struct place *place,
                                                         struct mistake *mistake,
                                                         const char *format, ...);

/* Whether `json` is an object, without members of the same name, and with none but `names`
   (which ends in NULL; NULL: any). */
bool place_check_object(const struct place *place, const cJSON *json,
                        const char *const *names, struct mistake *mistake);

/* Whether no object in it has two members of the same name and no text holds what is not
   UTF-8 or is a control character; not deeper than `depth`. */
bool place_check_all(const struct place *place, const cJSON *json, unsigned depth,
                     struct mistake *mistake);

/* The document in the `length` bytes of `text`, which a zero follows; cJSON_Delete frees it.
   NULL: `mistake` says in which line and column it is none. */
cJSON *place_parse(const char *text, size_t length, struct mistake *mistake);

/* The bytes of a regular file, malloced; of one that is longer than `most`, `most` + 1. NULL:
   `mistake` says why, without the path. */
char *place_read(const char *path, size_t most, size_t *length,
                 struct mistake *mistake);

#endif
