#include "engine/program/config.h"

#include "collectors/filter.h"
#include "engine/program/config_keys.h"
#include "engine/program/config_mud.h"

#include <confuse.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One reading of a file. libconfuse's callbacks carry no pointer of ours. */
struct reading {
    struct config *config;
    const char *name;
    FILE *errors;
    unsigned mistakes;
    int line[CONFIG_KEY_COUNT]; /* where each key was set; 0 not at all */
    int member_line[ZONE_MAX][ZONE_MEMBERS];
    int peers_line[GROUP_MAX];
    struct later { /* read when all zones and groups are known */
        size_t count;
        struct line {
            int number;
            uint8_t zone; /* of a group */
            char *text;
        } * lines;
    } rules, groups;
};
static _Thread_local struct reading *reading;

__attribute__((format(printf, 2, 3))) static void mistake(int line, const char *format,
                                                          ...) {
    reading->mistakes++;
    fprintf(reading->errors, "%s:%d: ", reading->name, line);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(reading->errors, format, arguments);
    va_end(arguments);
    fputc('\n', reading->errors);
}

/* Digits and a unit; no hexadecimal, no infinity, no white space. */
static bool parse_number(const char *text, const struct config_unit *units,
                         double *value) {
    size_t length = strspn(text, "-0123456789.");
    if (length == 0 || length > 32)
        return false;
    char digits[33], *end;
    memcpy(digits, text, length);
    digits[length] = '\0';
    *value = strtod(digits, &end);
    if (*end)
        return false;
    for (; units->suffix; units++)
        if (!strcmp(text + length, units->suffix)) {
            *value *= units->factor;
            return true;
        }
    return false;
}

static void set_number(const struct config_key *key, const char *text, int line,
                       void *member) {
    const struct config_unit *units = config_keys_units(key->kind);
    double value;
    if (!parse_number(text, units, &value)) {
        mistake(line, "%s: '%s' is not a %s", key->name, text,
                units == config_keys_size_units   ? "size such as 65536, 64k or 8M"
                : units == config_keys_span_units ? "time such as 90, 15m, 2h or 1d"
                                                  : "number");
    } else if (!(value >= key->least && value <= key->most)) {
        mistake(line, "%s: %s is not within %.0f to %.0f", key->name, text, key->least,
                key->most);
    } else if (key->kind == SECONDS || key->kind == NUMBER) {
        *(double *)member = value;
    } else if ((double)(uint32_t)value != value) {
        mistake(line, "%s: %s is not a whole number", key->name, text);
    } else {
        *(uint32_t *)member = (uint32_t)value;
    }
}

static void set_network(const struct config_key *key, const char *text, int line,
                        bool first, void *member) {
    struct config_networks *networks = member;
    if (first)
        networks->count = 0;
    if (networks->count == CONFIG_NETWORKS)
        mistake(line, "%s: more than %d networks", key->name, CONFIG_NETWORKS);
    else if (!prefix_parse(text, &networks->at[networks->count]))
        mistake(line, "%s: '%s' is not a network such as 10.0.0.0/8 or fe80::/10",
                key->name, text);
    else
        networks->count++;
}

static void set_line(const struct config_key *key, const char *text, int line,
                     bool first, struct config_lines *lines) {
    if (first)
        lines->count = 0;
    if (lines->count == CONFIG_LINES)
        mistake(line, "%s: more than %d", key->name, CONFIG_LINES);
    else if (strlen(text) >= CONFIG_LINE_BYTES)
        mistake(line, "%s: longer than %d characters", key->name,
                CONFIG_LINE_BYTES - 1);
    else {
        lines->line[lines->count] = line;
        memcpy(lines->at[lines->count++], text, strlen(text) + 1);
    }
}

static void set_level(const struct config_key *key, const char *text, int line,
                      void *member) {
    for (size_t i = 0; i < sizeof config_keys_levels / sizeof config_keys_levels[0];
         i++)
        if (!strcmp(text, config_keys_levels[i])) {
            *(enum log_level *)member = (enum log_level)i;
            return;
        }
    mistake(line, "%s: '%s' is none of %s", key->name, text, key->help);
}

/* What discovery tells others is what they will compare. */
static void set_url(const struct config_key *key, const char *text, int line,
                    char *member) {
    size_t length = strlen(text);
    if (length && (strncmp(text, "https://", 8) != 0 || length == 8 ||
                   text[length - 1] == '/' || strpbrk(text, "?# \"<>\\")))
        mistake(line, "%s: '%s' is not https://HOST, without a slash at its end",
                key->name, text);
    else if (length >= (size_t)key->most)
        mistake(line, "%s: longer than %.0f characters", key->name, key->most - 1);
    else
        memcpy(member, text, length + 1);
}

static const struct config_key *find_key(const char *section, const char *name) {
    const struct config_key *key = config_keys;
    while (strcmp(key->section, section) != 0 || strcmp(key->name, name) != 0)
        key++; /* libconfuse knows only what is in the table */
    return key;
}

static bool set_text(const struct config_key *key, const char *text, int line,
                     void *member) {
    if (strlen(text) >= (size_t)key->most)
        mistake(line, "%s: longer than %.0f characters", key->name, key->most - 1);
    else
        memcpy(member, text, strlen(text) + 1);
    return strlen(text) < (size_t)key->most;
}

static void set_filter(const struct config_key *key, const char *text, int line,
                       void *member) {
    char reason[256];
    if (set_text(key, text, line, member) && !filter_check(text, reason, sizeof reason))
        mistake(line, "%s: %s", key->name, reason);
}

/* Called by libconfuse for each value, while the parser stands at it. A mistake in a value
   does not end the reading: an operator wants to see them all. */
static int set_value(cfg_t *section, cfg_opt_t *option, const char *text,
                     void *result) {
    const struct config_key *key = find_key(section->name, option->name);
    void *member = (char *)reading->config + key->offset;
    int *line = &reading->line[key - config_keys];
    bool is_list = key->kind == NETWORKS || key->kind == LINES;
    bool first = !is_list || cfg_opt_size(option) == 1;
    if (*line && first)
        mistake(section->line, "%s: given twice, first in line %d", key->name, *line);
    *line = section->line;
    *(const char **)result = text; /* what libconfuse keeps */
    switch (key->kind) {
    case COUNT:
    case SIZE:
    case SPAN:
    case SECONDS:
    case NUMBER:
        set_number(key, text, *line, member);
        break;
    case FILTER:
        set_filter(key, text, *line, member);
        break;
    case TEXT:
        set_text(key, text, *line, member);
        break;
    case LISTEN:
        if (!config_parse_listen(text, member))
            mistake(*line, "%s: '%s' is not ADDRESS:PORT", key->name, text);
        break;
    case MODE:
        if (!policy_mode_parse(text, member))
            mistake(*line, "%s: '%s' is none of learn, shadow, enforce", key->name,
                    text);
        break;
    case URL:
        set_url(key, text, *line, member);
        break;
    case LEVEL:
        set_level(key, text, *line, member);
        break;
    case NETWORKS:
        set_network(key, text, *line, first, member);
        break;
    case LINES:
        set_line(key, text, *line, first, member);
        break;
    }
    return 0;
}

static const char *const member_names[] = {[ZONE_VLAN] = "vlans",
                                           [ZONE_PREFIX] = "prefixes",
                                           [ZONE_MAC] = "macs",
                                           [ZONE_GATEWAY] = "gateways"};

static bool find_zone(cfg_t *section, uint8_t *zone, char error[ZONE_ERROR_BYTES]) {
    struct zone_set *zones = &reading->config->zones;
    *zone = zone_find(zones, cfg_title(section));
    return (*zone >= ZONE_FIRST && *zone != ZONE_NONE) ||
           zone_add(zones, cfg_title(section), zone, error);
}

static int set_member(cfg_t *section, cfg_opt_t *option, const char *text,
                      void *result) {
    char error[ZONE_ERROR_BYTES];
    uint8_t zone;
    enum zone_member kind = ZONE_VLAN;
    *(const char **)result = text;
    if (!find_zone(section, &zone, error))
        return 0; /* told once, at the section's end */
    while (kind < ZONE_GATEWAY && strcmp(option->name, member_names[kind]) != 0)
        kind++;
    int *line = &reading->member_line[zone][kind];
    if (*line && cfg_opt_size(option) == 1)
        mistake(section->line, "%s: given twice, first in line %d", option->name,
                *line);
    *line = section->line;
    if (!zone_add_member(&reading->config->zones, zone, kind, text, error))
        mistake(*line, "zone %s: %s", cfg_title(section), error);
    return 0;
}

static int set_zone_mode(cfg_t *section, cfg_opt_t *option, const char *text,
                         void *result) {
    char error[ZONE_ERROR_BYTES];
    uint8_t zone;
    enum policy_mode mode;
    *(const char **)result = text;
    if (!policy_mode_parse(text, &mode))
        mistake(section->line, "zone %s: %s: '%s' is none of learn, shadow, enforce",
                cfg_title(section), option->name, text);
    else if (find_zone(section, &zone, error))
        reading->config->web.zone_modes[zone] = (uint8_t)(mode + 1);
    return 0;
}

static int end_zone(cfg_t *section, cfg_opt_t *option) {
    char error[ZONE_ERROR_BYTES];
    uint8_t zone;
    if (!find_zone(cfg_opt_getnsec(option, cfg_opt_size(option) - 1), &zone, error))
        mistake(section->line, "%s", error);
    return 0;
}

static int set_peer(cfg_t *section, cfg_opt_t *option, const char *text, void *result) {
    char error[GROUP_ERROR_BYTES];
    struct group_set *groups = &reading->config->groups;
    uint8_t group;
    *(const char **)result = text;
    if (!group_get(groups, cfg_title(section), &group, error))
        return 0; /* told once, at the section's end */
    int *line = &reading->peers_line[group];
    if (*line && cfg_opt_size(option) == 1)
        mistake(section->line, "%s: given twice, first in line %d", option->name,
                *line);
    *line = section->line;
    if (!group_add(groups, group, text, error))
        mistake(*line, "group %s: %s", cfg_title(section), error);
    return 0;
}

static int end_group(cfg_t *section, cfg_opt_t *option) {
    char error[GROUP_ERROR_BYTES];
    uint8_t group;
    const char *name = cfg_title(cfg_opt_getnsec(option, cfg_opt_size(option) - 1));
    if (!group_get(&reading->config->groups, name, &group, error))
        mistake(section->line, "group: %s", error);
    return 0;
}

static void put_off(struct later *later, int number, uint8_t zone, const char *text) {
    struct line *lines = realloc(later->lines, (later->count + 1) * sizeof *lines);
    if (lines)
        later->lines = lines;
    struct line line = {number, zone, lines ? strdup(text) : NULL};
    if (line.text)
        lines[later->count++] = line;
    else
        mistake(number, "'%s': %s", text, strerror(ENOMEM));
}

static int keep_rule(cfg_t *section, cfg_opt_t *option, const char *text, void *kept) {
    *(const char **)kept = text;
    if (reading->rules.count && cfg_opt_size(option) == 1)
        mistake(section->line, "%s: given twice, first in line %d", option->name,
                reading->rules.lines[0].number);
    put_off(&reading->rules, section->line, ZONE_NONE, text);
    return 0;
}

static int keep_group(cfg_t *section, cfg_opt_t *option, const char *text, void *kept) {
    (void)option;
    char error[ZONE_ERROR_BYTES];
    uint8_t zone;
    *(const char **)kept = text;
    if (find_zone(section, &zone, error))
        put_off(&reading->groups, section->line, zone, text);
    return 0;
}

static void read_later(struct later *later, const char *what) {
    struct config *config = reading->config;
    char error[ZONE_ERROR_BYTES];
    for (size_t i = 0; i < later->count; i++) {
        const struct line *line = &later->lines[i];
        bool good = line->zone == ZONE_NONE
                        ? zone_add_rule(&config->zones, line->text, error)
                        : zone_add_group(&config->zones, line->zone, &config->groups,
                                         line->text, error);
        if (!good)
            mistake(line->number, "%s: %s", what, error);
        free(line->text);
    }
    free(later->lines);
}

static void read_rules(void) {
    read_later(&reading->groups, "groups");
    read_later(&reading->rules, "allow");
    if (reading->rules.count || reading->config->zones.count > ZONE_FIRST)
        reading->config->engine.zones = &reading->config->zones;
}

static int end_section(cfg_t *section, cfg_opt_t *option) {
    if (cfg_opt_size(option) > 1)
        mistake(section->line, "section '%s' is given twice", option->name);
    return 0;
}

static void report(cfg_t *section, const char *format, va_list arguments) {
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    mistake(section->line, "%s", text);
}

/* What keys must be to each other; told at the line of the one that was set. */
static void check_together(void) {
    const struct config *config = reading->config;
    const struct {
        const char *lower, *upper;
        double low, high;
    } pairs[] = {
        {"medium", "high", config->engine.level_medium, config->engine.level_high},
        {"high", "critical", config->engine.level_high, config->engine.level_critical},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        int low = reading->line[find_key("engine", pairs[i].lower) - config_keys];
        int high = reading->line[find_key("engine", pairs[i].upper) - config_keys];
        if (pairs[i].low >= pairs[i].high && (low || high))
            mistake(low > high ? low : high, "%s (%g) must be below %s (%g)",
                    pairs[i].lower, pairs[i].low, pairs[i].upper, pairs[i].high);
    }
}

static int line_of(const char *section, const char *name) {
    return reading->line[find_key(section, name) - config_keys];
}

/* A certificate and its key; and whom clients' certificates show. */
static void check_certificates(void) {
    struct config *config = reading->config;
    struct web_options *web = &config->web;
    if (!web->certificate_path[0] != !web->key_path[0])
        mistake(line_of("api", web->key_path[0] ? "key" : "certificate"),
                "certificate and key: one is nothing without the other");
    if (web->client_ca_path[0] && !web->certificate_path[0])
        mistake(line_of("api", "client_ca"), "client_ca: there is no certificate");
    if (web->client_crl_path[0] && !web->client_ca_path[0])
        mistake(line_of("api", "client_crl"), "client_crl: there is no client_ca");
    if (config->clients.count > 0 && !web->client_ca_path[0])
        mistake(config->clients.line[0], "clients: there is no client_ca");
    for (size_t i = 0; i < config->clients.count; i++) {
        const char *fault =
            principal_read_line(config->clients.at[i], &config->principals[i]);
        if (fault)
            mistake(config->clients.line[i], "clients: '%s' %s", config->clients.at[i],
                    fault);
    }
    web->principals = config->principals;
    web->principal_count = config->clients.count;
}

/* The file that a key names; what is wrong in it is told with its own place. */
static void check_policy(void) {
    const struct web_options *web = &reading->config->web;
    int line = reading->line[find_key("policy", "file") - config_keys];
    struct mistake found;
    if (!line || !web->policy_path[0])
        return;
    struct policy *policy = policy_read(web->policy_path, &web->bounds, 0, &found);
    if (!policy)
        mistake(line, "file: %s", found.text);
    policy_release(policy);
}

static void tell_of_mud(void *context, int line, const char *text) {
    (void)context;
    if (line == 0)
        line = reading->line[find_key("mud", "directory") - config_keys];
    mistake(line, "mud: %s", text);
}

static cfg_t *make_schema(void) {
    cfg_opt_t sections[CONFIG_KEY_COUNT + 4],
        options[CONFIG_KEY_COUNT + CONFIG_KEY_COUNT];
    cfg_opt_t members[] = {
        CFG_STR_LIST_CB(member_names[ZONE_VLAN], NULL, CFGF_NONE, set_member),
        CFG_STR_LIST_CB(member_names[ZONE_PREFIX], NULL, CFGF_NONE, set_member),
        CFG_STR_LIST_CB(member_names[ZONE_MAC], NULL, CFGF_NONE, set_member),
        CFG_STR_LIST_CB(member_names[ZONE_GATEWAY], NULL, CFGF_NONE, set_member),
        CFG_STR_LIST_CB("groups", NULL, CFGF_NONE, keep_group),
        CFG_STR_CB("mode", NULL, CFGF_NONE, set_zone_mode),
        CFG_END(),
    };
    cfg_opt_t peers[] = {
        CFG_STR_LIST_CB("devices", NULL, CFGF_NONE, set_peer),
        CFG_END(),
    };
    size_t section_count = 0, option_count = 0;
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (i == 0 || strcmp(config_keys[i].section, config_keys[i - 1].section) != 0)
            sections[section_count++] = (cfg_opt_t)CFG_SEC(
                config_keys[i].section, &options[option_count], CFGF_MULTI);
        options[option_count++] =
            config_keys[i].kind == NETWORKS || config_keys[i].kind == LINES
                ? (cfg_opt_t)CFG_STR_LIST_CB(config_keys[i].name, NULL, CFGF_NONE,
                                             set_value)
                : (cfg_opt_t)CFG_STR_CB(config_keys[i].name, NULL, CFGF_NONE,
                                        set_value);
        if (i + 1 == CONFIG_KEY_COUNT ||
            strcmp(config_keys[i].section, config_keys[i + 1].section) != 0)
            options[option_count++] = (cfg_opt_t)CFG_END();
    }
    sections[section_count] = (cfg_opt_t)CFG_SEC(
        "zone", members, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    sections[section_count + 1] =
        (cfg_opt_t)CFG_STR_LIST_CB("allow", NULL, CFGF_NONE, keep_rule);
    sections[section_count + 2] = (cfg_opt_t)CFG_SEC(
        "group", peers, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    sections[section_count + 3] = (cfg_opt_t)CFG_END();
    cfg_t *schema = cfg_init(sections, CFGF_NONE);
    if (!schema)
        return NULL;
    cfg_set_error_function(schema, report);
    for (size_t i = 0; i < section_count; i++)
        cfg_set_validate_func(schema, sections[i].name, end_section);
    cfg_set_validate_func(schema, "zone", end_zone);
    cfg_set_validate_func(schema, "group", end_group);
    return schema;
}

static void point_to_lists(struct config *config) {
    config->engine.local_networks = config->networks.at;
    config->engine.local_network_count = config->networks.count;
    config->web.peps = config->enforcement_points.at;
    config->web.pep_count = config->enforcement_points.count;
    config->engine.groups = config->groups.count ? &config->groups : NULL;
    config->web.zones = config->engine.zones;
    config->web.bounds =
        (struct policy_bounds){config->engine.level_medium, config->engine.level_high,
                               config->engine.level_critical};
    config->collector.local_networks = config->networks.at;
    config->collector.local_network_count = config->networks.count;
    config->collector.trust = (struct tunnel_trust){config->trusted_tunnels.at,
                                                    config->trusted_tunnels.count};
}

bool config_parse(struct config *config, const char *name, const char *text,
                  FILE *errors) {
    struct reading now = {.config = config, .name = name, .errors = errors};
    reading = &now;
    cfg_t *schema = make_schema();
    if (!schema || (cfg_parse_buf(schema, text) != CFG_SUCCESS && now.mistakes == 0))
        mistake(0, "cannot be read: %s", strerror(errno));
    if (schema)
        cfg_free(schema);
    read_rules();
    point_to_lists(config);
    if (now.mistakes == 0)
        check_together();
    if (now.mistakes == 0)
        check_certificates();
    if (now.mistakes == 0)
        check_policy();
    if (now.mistakes == 0)
        config_mud_open(config, tell_of_mud, NULL);
    reading = NULL;
    return now.mistakes == 0;
}

bool config_read(struct config *config, const char *path, FILE *errors) {
    char *text = NULL;
    const char *reason = NULL;
    struct stat status;
    FILE *file = fopen(path, "r");
    size_t length = 0;
    if (!file || fstat(fileno(file), &status) < 0)
        reason = strerror(errno);
    else if (S_ISDIR(status.st_mode))
        reason = strerror(EISDIR);
    else if (!(text = malloc(CONFIG_FILE_BYTES + 1)))
        reason = strerror(ENOMEM);
    else if ((length = fread(text, 1, CONFIG_FILE_BYTES + 1, file)) > CONFIG_FILE_BYTES)
        reason = "longer than a configuration can be";
    else if (ferror(file))
        reason = strerror(errno);
    else if (memchr(text, '\0', length))
        reason = "not a text file";
    if (file)
        fclose(file);
    bool good = false;
    if (text && !reason) {
        text[length] = '\0';
        good = config_parse(config, path, text, errors);
    } else {
        fprintf(errors, "%s: %s\n", path, reason);
    }
    free(text);
    return good;
}

void config_init(struct config *config) {
    memset(config, 0, sizeof *config);
    config->collector = collector_defaults;
    config->engine = engine_defaults;
    config->queues = 1;
    config->mud.learn = 65536;
    config->log_level = LOG_LEVEL_NOTICE;
    config->web = web_defaults;
    config->limits = store_limits_default;
    size_t count = engine_defaults.local_network_count;
    if (count > CONFIG_NETWORKS)
        count = CONFIG_NETWORKS;
    if (count > 0)
        memcpy(config->networks.at, engine_defaults.local_networks,
               count * sizeof config->networks.at[0]);
    config->networks.count = count;
    config->enforcement_points.count = web_defaults.pep_count;
    memcpy(config->enforcement_points.at, web_defaults.peps,
           web_defaults.pep_count * sizeof *web_defaults.peps);
    point_to_lists(config);
    config->collector.filter = config->filter;
    zone_init(&config->zones);
    snprintf(config->vendors_dir, sizeof config->vendors_dir, "/usr/share/ieee-data");
}

void config_end(struct config *config) {
    config_mud_close(config);
}

bool config_parse_listen(const char *text, struct web_options *web) {
    struct address parsed;
    char address[ADDRESS_TEXT_BYTES];
    const char *colon = strrchr(text, ':');
    if (!colon)
        return false;
    size_t length = (size_t)(colon - text), digits = strspn(colon + 1, "0123456789");
    bool bracketed = length >= 2 && text[0] == '[' && colon[-1] == ']';
    if (bracketed) {
        text++;
        length -= 2;
    }
    if (length >= sizeof address || digits == 0 || digits > 5 || colon[1 + digits])
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    unsigned long port = strtoul(colon + 1, NULL, 10);
    if (port > UINT16_MAX || !address_parse(address, &parsed) ||
        bracketed != (parsed.family == 6))
        return false;
    web->address = parsed;
    web->port = (uint16_t)port;
    return true;
}
