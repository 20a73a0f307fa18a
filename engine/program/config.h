#ifndef ENGINE_PROGRAM_CONFIG_H
#define ENGINE_PROGRAM_CONFIG_H

#include "collectors/collector.h"
#include "engine/base/address.h"
#include "engine/base/log.h"
#include "engine/engine.h"
#include "engine/policy/group.h"
#include "engine/store/store.h"
#include "web/principal.h"
#include "web/web.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What the operator decides: wary.conf, in libconfuse's syntax. The one table of all keys is
   in config.c; reading, checking, defaults and the commented sample are made from it. */

enum {
    CONFIG_NETWORKS = 64,
    CONFIG_FILTER_BYTES = 1024,
    CONFIG_PATH_BYTES = 1024,
    CONFIG_USER_BYTES = 64,
    CONFIG_FILE_BYTES = 1 << 20, /* no longer file is read */
    CONFIG_LINES = 256,
    CONFIG_LINE_BYTES = 256,
};

struct config_networks {
    struct prefix at[CONFIG_NETWORKS];
    size_t count;
};

/* A list of texts, each with where it was read. */
struct config_lines {
    size_t count;
    int line[CONFIG_LINES];
    char at[CONFIG_LINES][CONFIG_LINE_BYTES];
};

/* Holds all it points to: neither to be copied nor moved. */
struct config {
    struct collector_options collector;
    struct engine_options engine;
    struct web_options web;
    struct config_lines interfaces;    /* to watch where no others are named */
    uint32_t queues;                   /* of each interface, or of a replay */
    char state_dir[CONFIG_PATH_BYTES]; /* "" none is kept */
    char vendors_dir[CONFIG_PATH_BYTES];
    char user[CONFIG_USER_BYTES]; /* whom wary run becomes; "" see privilege.h */
    struct store_limits limits;
    enum log_level log_level;
    struct config_networks networks;           /* engine.local_networks points here */
    struct config_networks trusted_tunnels;    /* and collector.trust here */
    struct config_networks enforcement_points; /* and web.peps here */
    struct config_lines clients;
    struct principal principals[CONFIG_LINES]; /* of `clients`: web.principals */
    struct zone_set zones;   /* engine.zones points here where there are any */
    struct group_set groups; /* so does engine.groups */
    char filter[CONFIG_FILTER_BYTES];
    struct {
        char directory[CONFIG_PATH_BYTES]; /* "" there are no profiles */
        uint32_t learn; /* places for flows, while the API is served */
        struct config_lines bind, controllers;
        struct mud_set *set; /* what they come to: engine.mud; NULL none */
    } mud;
};

/* The defaults. */
void config_init(struct config *config);
/* Frees what was read. */
void config_end(struct config *config);

/* Take what the file sets; the rest stays as it is. Each mistake is a line
   "path:line: reason" in `errors`, and makes the result false. */
bool config_read(struct config *config, const char *path, FILE *errors);

/* The same with a terminated text; `name` stands for its path. */
bool config_parse(struct config *config, const char *name, const char *text,
                  FILE *errors);

/* "127.0.0.1:8731" or "[::1]:8731": sets address and port, or nothing. */
bool config_parse_listen(const char *text, struct web_options *web);

/* Whether both have the same for config_keys[key]. */
bool config_is_same(const struct config *a, const struct config *b, size_t key);

/* A commented file with every key, which config_read takes; zones as an example only. */
void config_write(const struct config *config, FILE *out);

#endif
