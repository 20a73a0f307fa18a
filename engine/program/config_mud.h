#ifndef ENGINE_PROGRAM_CONFIG_MUD_H
#define ENGINE_PROGRAM_CONFIG_MUD_H

#include "engine/program/config.h"

/* The MUD profiles that a configuration names. */

/* Read them, in place of those that were read before: config->mud.set and engine.mud, NULL
   where none are named. `tell` is called with each mistake and the line that is to blame, 0
   for the directory's. */
void config_mud_open(struct config *config,
                     void (*tell)(void *context, int line, const char *text),
                     void *context);
void config_mud_close(struct config *config);

#endif
