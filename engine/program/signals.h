#ifndef ENGINE_PROGRAM_SIGNALS_H
#define ENGINE_PROGRAM_SIGNALS_H

/* SIGINT and SIGTERM as something to poll for. */

/* From here on they are read from the descriptor that this returns (-1 on failure, with
   errno), by this thread and those it makes; to be called before it makes any. */
int signals_take(void);

/* What came is forgotten, and the next one has its default effect: it ends the process.
   Closes the descriptor; -1 is allowed. */
void signals_release(int descriptor);

#endif
