#include "engine/program/reload.h"

#include "engine/policy/mud_set.h"
#include "engine/program/config_keys.h"

#include <stdlib.h>
#include <string.h>

enum { ERROR_BYTES = 512 };

/* Those that change at once. */
static bool is_taken(const struct config_key *key) {
    static const char *const taken[][2] = {
        {"log", "level"},     {"policy", "mode"}, {"api", "enforcement_points"},
        {"mud", "directory"}, {"mud", "bind"},    {"mud", "controllers"}};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (!strcmp(key->section, taken[i][0]) && !strcmp(key->name, taken[i][1]))
            return true;
    return false;
}

static void tell_of_rest(const struct config *config, const struct config *fresh) {
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        if (!is_taken(&config_keys[i]) && !config_is_same(config, fresh, i))
            log_line(LOG_LEVEL_WARNING, "%s in the section %s: from the next start on",
                     config_keys[i].name, config_keys[i].section);
    if (memcmp(&config->zones, &fresh->zones, sizeof fresh->zones) != 0)
        log_line(LOG_LEVEL_WARNING,
                 "zones, and what they allow: from the next start on");
}

/* The zones that are in force keep their numbers; who they are is said by their names. */
static void take_modes(const struct config *config, const struct config *fresh,
                       struct web_options *options) {
    options->mode = fresh->web.mode;
    for (unsigned zone = 0; zone < config->zones.count; zone++) {
        uint8_t now =
            zone_find(&fresh->zones, zone_name(&config->zones, (uint8_t)zone));
        if (now < ZONE_MAX)
            options->zone_modes[zone] = fresh->web.zone_modes[now];
    }
}

/* Where there are none any more, none of them. */
static void take_profiles(struct config *fresh, struct engine *engine) {
    struct mud_set *set = fresh->mud.set ? fresh->mud.set : mud_set_create();
    fresh->mud.set = NULL;
    fresh->engine.mud = NULL;
    if (set)
        engine_adopt(engine, set);
    else
        log_line(LOG_LEVEL_ERROR, "no memory: the MUD profiles stay");
}

static void take(const struct config *config, struct config *fresh,
                 struct engine *engine, struct web *web) {
    struct web_options options = config->web;
    tell_of_rest(config, fresh);
    log_set_level(fresh->log_level);
    take_modes(config, fresh, &options);
    options.peps = fresh->web.peps;
    options.pep_count = fresh->web.pep_count;
    if (web && !web_adopt(web, &options))
        log_line(LOG_LEVEL_ERROR, "no memory: modes and enforcement points stay");
    take_profiles(fresh, engine);
    log_line(LOG_LEVEL_NOTICE, "the configuration was read again");
}

static void tell_lines(char *text) {
    for (char *rest = text, *line; (line = strtok_r(rest, "\n", &rest));)
        log_line(LOG_LEVEL_ERROR, "%s", line);
}

static void reload_config(const struct config *config, struct engine *engine,
                          struct web *web,
                          bool (*configure)(void *, struct config *, FILE *),
                          void *context) {
    char *text = NULL;
    size_t length;
    struct config *fresh = malloc(sizeof *fresh);
    FILE *mistakes = fresh ? open_memstream(&text, &length) : NULL;
    if (!mistakes) {
        free(fresh);
        log_line(LOG_LEVEL_ERROR, "no memory: the configuration stays as it was");
        return;
    }
    config_init(fresh);
    bool good = configure(context, fresh, mistakes);
    fclose(mistakes);
    if (good) {
        take(config, fresh, engine, web);
    } else {
        tell_lines(text);
        log_line(LOG_LEVEL_ERROR, "the configuration stays as it was");
    }
    config_end(fresh);
    free(fresh);
    free(text);
}

void reload(const struct config *config, struct engine *engine, struct web *web,
            bool (*configure)(void *context, struct config *fresh, FILE *mistakes),
            void *context) {
    char error[ERROR_BYTES];
    if (configure)
        reload_config(config, engine, web, configure, context);
    if (!web)
        return;
    if (!web_reload_certificates(web, error, sizeof error))
        log_line(LOG_LEVEL_ERROR, "the certificates stay as they were: %s", error);
    if (web_reload(web, error, sizeof error))
        log_line(LOG_LEVEL_NOTICE, "the policy was read again");
    else
        log_line(LOG_LEVEL_ERROR, "the policy stays as it was: %s", error);
}
