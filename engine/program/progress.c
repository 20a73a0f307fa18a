#include "engine/program/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

void progress_format(const struct progress_moment *before,
                     const struct progress_moment *now, char *text, size_t text_bytes) {
    char share[16] = "", when[32] = "";
    time_t seconds = (time_t)(now->capture_time_ns / 1000000000);
    double elapsed_s = now->clock_s - before->clock_s;
    uint64_t packets = now->packets - before->packets;
    struct tm utc;
    if (now->bytes_total > 0) {
        uint64_t read =
            now->bytes_read < now->bytes_total ? now->bytes_read : now->bytes_total;
        snprintf(share, sizeof share, "%.0f %%, ",
                 100 * (double)read / (double)now->bytes_total);
    }
    if (seconds > 0 && gmtime_r(&seconds, &utc))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC, ", &utc);
    snprintf(text, text_bytes, "%s%s%.0f packets/s", share, when,
             elapsed_s > 0 ? (double)packets / elapsed_s : 0);
}

void progress_show(const struct progress_moment *before,
                   const struct progress_moment *now) {
    char text[96];
    progress_format(before, now, text, sizeof text);
    fprintf(stderr, "\r%s\033[K", text);
}

void progress_clear(void) {
    fputs("\r\033[K", stderr);
}
