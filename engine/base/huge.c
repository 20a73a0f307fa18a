#include "engine/base/huge.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096, HUGE_PAGE_BYTES = 2 << 20 };

void *huge_calloc(size_t count, size_t bytes) {
    void *memory = calloc(count, bytes);
    if (!memory || count * bytes < HUGE_PAGE_BYTES)
        return memory;
    /* Whole pages of it alone. Where that is refused, all is as it was. */
    uintptr_t first =
        ((uintptr_t)memory + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1);
    uintptr_t end = ((uintptr_t)memory + count * bytes) & ~(uintptr_t)(PAGE_BYTES - 1);
    madvise((void *)first, end - first, MADV_HUGEPAGE);
    return memory;
}
