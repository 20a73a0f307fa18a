#ifndef ENGINE_BASE_DEADLINE_H
#define ENGINE_BASE_DEADLINE_H

#include <pthread.h>
#include <time.h>

/* How long somebody waits for another thread: the only time that is read from a clock here,
   and it decides nothing but when to stop waiting. */

/* A condition whose timed waits end by the clock of deadline_after. */
void deadline_condition(pthread_cond_t *condition);

/* `timeout_ms` ≥ 0 from now, for pthread_cond_timedwait. */
struct timespec deadline_after(int timeout_ms);

#endif
