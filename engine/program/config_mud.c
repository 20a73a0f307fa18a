#include "engine/program/config_mud.h"

#include "engine/policy/mud_set.h"

struct teller {
    void (*tell)(void *context, int line, const char *text);
    void *context;
};

static void tell_of_file(void *context, const char *text) {
    const struct teller *teller = context;
    teller->tell(teller->context, 0, text);
}

void config_mud_close(struct config *config) {
    mud_set_free(config->mud.set);
    config->mud.set = NULL;
    config->engine.mud = NULL;
}

void config_mud_open(struct config *config,
                     void (*tell)(void *context, int line, const char *text),
                     void *context) {
    struct teller teller = {tell, context};
    struct mistake mistake;
    const struct config_lines *bind = &config->mud.bind,
                              *controllers = &config->mud.controllers;
    config_mud_close(config);
    if (!config->mud.directory[0]) {
        if (bind->count)
            tell(context, bind->line[0], "bind: there is no directory of profiles");
        return;
    }
    struct mud_set *set = mud_set_create();
    if (!set) {
        tell(context, 0, "no memory");
        return;
    }
    mud_set_load(set, config->mud.directory, tell_of_file, &teller);
    for (size_t i = 0; i < bind->count; i++)
        if (!mud_set_bind(set, bind->at[i], &mistake))
            tell(context, bind->line[i], mistake.text);
    for (size_t i = 0; i < controllers->count; i++)
        if (!mud_set_control(set, controllers->at[i], &mistake))
            tell(context, controllers->line[i], mistake.text);
    config->mud.set = set;
    config->engine.mud = set;
}
