#ifndef ENGINE_PROGRAM_PROGRESS_H
#define ENGINE_PROGRAM_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* How far the work is, as one line of a terminal that is written over and over. */

/* Sums over all collectors at one moment. */
struct progress_moment {
    double clock_s; /* monotonic */
    uint64_t packets;
    uint64_t capture_time_ns;         /* of the newest packet; 0 none yet */
    uint64_t bytes_read, bytes_total; /* of the files; total 0: not known, or live */
};

/* "43 %, 2026-02-03 10:15:30 UTC, 812000 packets/s", the rate between the two moments. */
void progress_format(const struct progress_moment *before,
                     const struct progress_moment *now, char *text, size_t text_bytes);

/* The line on standard error, over the one before it. */
void progress_show(const struct progress_moment *before,
                   const struct progress_moment *now);
void progress_clear(void);

#endif
