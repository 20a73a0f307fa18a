#ifndef ENGINE_BASE_FNV_H
#define ENGINE_BASE_FNV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* FNV-1a (Fowler, Noll and Vo; IETF draft-eastlake-fnv): tells things apart that nobody forges,
   as revisions, labels and texts that are compared with the last one. Not keyed: tables have
   their own hash. Values are kept in databases and must never change. */

static inline uint32_t fnv_32(const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint32_t hash = 0x811c9dc5;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x01000193;
    return hash;
}

static inline uint64_t fnv_64(const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001b3;
    return hash;
}

static inline uint32_t fnv_text_32(const char *text) {
    return fnv_32(text, strlen(text));
}

#endif
