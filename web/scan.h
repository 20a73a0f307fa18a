#ifndef WEB_SCAN_H
#define WEB_SCAN_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* JSON (RFC 8259) from somebody who is not trusted, read and checked at once into a tree for
   cJSON's functions; its own parser takes duplicates and bad UTF-8, and a memory
   allocation for each of ten thousand values. Stricter than the grammar where readers differ (RFC 7493, I-JSON): UTF-8 without a mark at
   its front, no surrogate without its partner, no U+0000, no name twice in an object, no
   number beyond a double. */

enum {
    SCAN_DEPTH = 32,         /* arrays and objects in each other */
    SCAN_VALUES = 65536,     /* in all */
    SCAN_MEMBERS = 128,      /* of an object */
    SCAN_NAME_BYTES = 128,   /* of a member's name, decoded, with its terminator */
    SCAN_POINTER_BYTES = 256 /* longer ones lose their end */
};

struct scan_fault {
    size_t offset;      /* into the bytes */
    const char *detail; /* static; NULL: there was no memory */
    char
        pointer[SCAN_POINTER_BYTES]; /* JSON Pointer (RFC 6901) of the value at fault */
};

/* Where trees lie, one after the other; zeroed, it is empty. As large as the largest so far:
   at most 33 · length + 4 KiB, of which as much is touched as was needed. */
struct scan_room {
    cJSON *nodes; /* malloced, texts behind them */
    size_t bytes;
};
void scan_room_free(struct scan_room *room);

/* The one JSON value that it is, and nothing more; it lies in the room until that is used again,
   and is never for cJSON_Delete. NULL, and `fault` says where and why.
   O(length · SCAN_MEMBERS) at worst. */
cJSON *scan_json(const char *bytes, size_t length, struct scan_room *room,
                 struct scan_fault *fault);

/* Append a member's name or an index to a pointer of `size` bytes. */
void scan_point(char *pointer, size_t size, const char *name);
void scan_point_at(char *pointer, size_t size, unsigned index);

#endif
