#ifndef ENGINE_PROGRAM_SIGNALS_H
#define ENGINE_PROGRAM_SIGNALS_H

#include <stdbool.h>

/* SIGINT and SIGTERM as something to poll for; and, for who serves, SIGHUP. */

/* From here on they are read from the descriptor that this returns (-1 on failure, with
   errno), by this thread and those it makes; to be called before it makes any. */
int signals_take(bool hangup);

enum signals_news { SIGNALS_NONE, SIGNALS_RELOAD, SIGNALS_STOP };

/* What has come, which is then forgotten. Does not block; a stop goes before a reload. */
enum signals_news signals_read(int descriptor);

/* What came is forgotten, and the next one has its default effect: it ends the process.
   Closes the descriptor; -1 is allowed. */
void signals_release(int descriptor);

#endif
