#ifndef ENGINE_STORE_PLACE_H
#define ENGINE_STORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* The state directory, held by one process at a time. */

enum { STORE_PATH_BYTES = 1088 };

struct store_place {
    int lock; /* a descriptor, locked; -1: not held */
    char directory[STORE_PATH_BYTES - 64];
    char database[STORE_PATH_BYTES];
};

/* Makes the directory and an empty database file (0600) where they are not there. False with
   one clear line in `error`. */
bool store_place_open(struct store_place *place, const char *directory, char *error,
                      size_t error_bytes);
void store_place_close(struct store_place *place);

/* Gives the database (closed) and what belongs to it names of their own, so that a new one
   can be begun. Logged. */
bool store_place_set_aside(const struct store_place *place, const char *reason);

#endif
