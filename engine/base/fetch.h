#ifndef BASE_FETCH_H
#define BASE_FETCH_H

#include <stddef.h>

/* Ask for every line of these bytes, which will be written to. Inlined, for a function that
   only asks does nothing that a compiler would call it for. */
static inline __attribute__((always_inline)) void fetch_bytes(const void *bytes,
                                                              size_t n) {
    enum { LINE_BYTES = 64 };
    for (size_t at = 0; at < n; at += LINE_BYTES)
        __builtin_prefetch((const char *)bytes + at, 1);
}

#endif
