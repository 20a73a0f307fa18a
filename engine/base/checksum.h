#ifndef ENGINE_BASE_CHECKSUM_H
#define ENGINE_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* XXH3 of the bytes, for finding damage (not forgery). `seed` chains several pieces: the
   checksum of the one seeds the next. The same on every machine. */
uint64_t checksum_of(const void *bytes, size_t size, uint64_t seed);

#endif
