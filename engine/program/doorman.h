#ifndef ENGINE_PROGRAM_DOORMAN_H
#define ENGINE_PROGRAM_DOORMAN_H

#include <stdbool.h>

/* A small process that keeps the right to open packet sockets (CAP_NET_RAW) when the program
   itself has given it up, and does nothing else: it reads no packet and no file. When libpcap
   opens an interface that has returned, the kernel stops its call of socket() and tells the
   doorman (seccomp's user notification), who makes the socket and puts it into the program. It
   ends when the program has ended. */

/* Start one, ahead of all threads and of sockets that it must not hold open. `settle` is called
   in it first, to give up all other rights; false ends it. Returns a channel to it, -1 with
   errno. */
int doorman_start(bool (*settle)(void *context), void *context);

/* Give it what confine_load has left; both descriptors are closed. */
bool doorman_employ(int channel, int listener);

#endif
