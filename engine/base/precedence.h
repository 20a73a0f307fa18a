#ifndef ENGINE_BASE_PRECEDENCE_H
#define ENGINE_BASE_PRECEDENCE_H

/* Who goes first where threads want the same core. */

enum precedence {
    PRECEDENCE_USUAL,
    /* Works in pieces of microseconds that somebody waits for: turns of 0.1 ms instead of some
       ms, so that it goes ahead of whoever is at work as long as it has had no more than its
       share (EEVDF, Linux 6.12; before, whoever slept goes first anyway). Where that was
       reserved, three shares instead of one. */
    PRECEDENCE_PROMPT,
    /* Nobody waits for it: it never goes ahead of another because it wakes (SCHED_BATCH). For good. */
    PRECEDENCE_PATIENT
};

/* Ahead of all threads, and while there is a right to it: keep what is prompt a niceness that
   is less by 5. The caller, and all that it starts, have it until they take what is usual or
   patient. Nothing changes where it is not allowed. */
void precedence_reserve(void);

/* Of the calling thread, and of all that it starts from now on. Nothing changes where the kernel
   does not know of it, or where the program was started with a policy of its own. */
void precedence_take(enum precedence precedence);

#endif
