#ifndef ENGINE_PROGRAM_COMMAND_H
#define ENGINE_PROGRAM_COMMAND_H

#include "engine/program/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The command line. One table says which command takes which option; parsing and help are
   made from it. */

enum command_verb {
    COMMAND_RUN,
    COMMAND_REPLAY,
    COMMAND_EVALUATE,
    COMMAND_CHECK_CONFIG,
    COMMAND_STATE, /* files: info, check, backup, export or import; and a file */
    COMMAND_TOKEN, /* files: create, list or revoke; and a name */
    COMMAND_VERSION,
    COMMAND_HELP, /* of `about`, or of the program */
};

enum { COMMAND_INTERFACES = 32 };

/* What was asked for. Texts and files are borrowed from argv. */
struct command {
    enum command_verb verb;
    int about;               /* enum command_verb, -1 none */
    const char *config_path; /* NULL: the defaults; so below: NULL where not given */
    const char *state_dir;
    const char *watch;
    const char *interfaces[COMMAND_INTERFACES];
    size_t interface_count;
    const char *const *files;
    size_t file_count;
    const char *timeline_path, *findings_path;
    const char *events_path, *suite_dir;
    bool serve, json, defaults;
    const char *listen;     /* is right */
    double speed;           /* × capture time; 0: as fast as it goes */
    const char *scopes;     /* NULL not given; see auth.h */
    double expires_s;       /* from now on; 0: never */
    double budget_per_week; /* alarms per device; 0: not given */
    unsigned families_off;  /* set of 1 << enum family */
};

/* On a mistake false and one clear line in `error`. */
bool command_parse(int argc, char *const *argv, struct command *command, char *error,
                   size_t error_bytes);

/* `about` an enum command_verb, or -1 for the program. */
void command_help(int about, FILE *out);

#endif
