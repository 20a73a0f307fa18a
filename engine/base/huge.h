#ifndef ENGINE_BASE_HUGE_H
#define ENGINE_BASE_HUGE_H

#include <stddef.h>

/* Zeroed memory that is gone through in no order, to be given back by free(): of huge pages,
   where the kernel has them, so that to find a page costs less than what is read there. NULL
   if there is none. */
void *huge_calloc(size_t count, size_t bytes);

#endif
