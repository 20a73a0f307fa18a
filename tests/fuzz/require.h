#ifndef TESTS_FUZZ_REQUIRE_H
#define TESTS_FUZZ_REQUIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* What must hold for any input: a fuzzer notices an abort. */
static inline void require(bool condition) {
    if (!condition)
        abort();
}

/* A part of the captured bytes, or none. */
static inline void require_inside(const uint8_t *part, uint32_t length,
                                  const uint8_t *bytes, uint32_t captured) {
    if (!part)
        require(length == 0);
    else
        require(part >= bytes && part <= bytes + captured &&
                length <= captured - (uint32_t)(part - bytes));
}

#endif
