#ifndef ENGINE_BASE_INSTANT_H
#define ENGINE_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 3339 date-time, "2026-02-03T10:15:30.5+01:00", into ns since the epoch; as some write it,
   also without seconds. Not before 1970 nor after 2500. */
bool instant_parse(const char *text, uint64_t *time_ns);

#endif
