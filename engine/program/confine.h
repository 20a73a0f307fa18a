#ifndef ENGINE_PROGRAM_CONFINE_H
#define ENGINE_PROGRAM_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* A filter of system calls (seccomp): what a program that watches, judges and answers does not
   need ends it at once. It holds for the calling thread and all that it starts from then on,
   for good, and no program it would run gains a right (no_new_privs). A sanitizer needs more:
   with one, what is forbidden goes to the kernel's log only. */

/* `listener`: if not NULL a descriptor is left there on which packet sockets are asked for (see
   doorman.h); without it they are forbidden. False: one clear line in `error`. */
bool confine_load(int *listener, char *error, size_t error_bytes);

/* The same for the doorman, to whom little is left: to be asked, to open packet sockets, and to
   hand them over. */
bool confine_load_doorman(char *error, size_t error_bytes);

#endif
