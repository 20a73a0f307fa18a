#ifndef COLLECTORS_WATCH_H
#define COLLECTORS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A directory that another program fills with captures: which of its files is to be read now,
   and whether the one that is read may still grow. Files are taken in the order of their first
   packets' times (of equals, of their names, with numbers as numbers), so that neither a
   rotation's way of naming nor a copy's dates matter. The current file is the last as long as
   no other waits; one that was left and has grown since is taken again, where it was left.
   Hidden files and what is no regular file are passed over. One thread uses it. */

struct watch;

enum { WATCH_FILES = 65536 }; /* more of a directory are not looked at */

/* NULL with a line in `error`. The path is borrowed. */
struct watch *watch_open(const char *directory, char *error, size_t error_bytes);
void watch_close(struct watch *watch); /* NULL is allowed */

/* Whether the directory can be read. */
bool watch_is_there(const struct watch *watch);

/* The path of the next file, good until it is left, or NULL if none has a packet yet;
   `frames` of it were read before. It is the current one until watch_leave. Looks at the
   directory at most every tenth of a second, or if it has changed. */
const char *watch_next(struct watch *watch, uint64_t *frames);

/* At the end of the current file: whether another one waits, and this one is to be left
   unless it has grown meanwhile. */
bool watch_is_over(struct watch *watch);

/* The current file was read up to `bytes`, which held `frames`; nobody can read on in one that
   is broken, unless it is written anew. */
void watch_leave(struct watch *watch, uint64_t bytes, uint64_t frames, bool broken);

/* Until something happens in the directory, or the time is up. */
void watch_wait(struct watch *watch, int timeout_ms);

#endif
