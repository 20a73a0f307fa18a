#ifndef ENGINE_PROGRAM_RELOAD_H
#define ENGINE_PROGRAM_RELOAD_H

#include "engine/program/config.h"
#include "web/web.h"

#include <stdbool.h>

/* What a SIGHUP asks for. Each is taken whole or, if there is a mistake in it, not at all,
   which the log says: the configuration (of which the log's level, the modes of the policy, the
   enforcement points and the MUD profiles change at once; of the rest, what has changed is named,
   for the next start) and what web_reload reads. */

/* `config` is what the program was started with; `web` may be NULL. `configure` fills a config
   that is new as it was filled at the start, and writes a line for each mistake; NULL: there was
   no file. */
void reload(const struct config *config, struct engine *engine, struct web *web,
            bool (*configure)(void *context, struct config *fresh, FILE *mistakes),
            void *context);

#endif
