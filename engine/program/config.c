#include "engine/program/config.h"

#include <confuse.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum kind {
    COUNT,    /* uint32_t */
    SIZE,     /* uint32_t, bytes: 64k, 8M */
    SPAN,     /* uint32_t, seconds: 90, 15m, 1d */
    SECONDS,  /* the same as a double */
    NUMBER,   /* double */
    TEXT,     /* char[max] */
    LISTEN,   /* address and port of struct web_options */
    LEVEL,    /* enum log_level */
    NETWORKS, /* struct config_networks */
};

#define DAY_S 86400

/* X(section, key, kind, member, least, most, help), in the order of the sample. */
#define KEYS(X)                                                                        \
    X(capture, snaplen, COUNT, collector.snaplen, 64, 262144,                          \
      "bytes kept of each frame, live")                                                \
    X(capture, buffer, SIZE, collector.buffer_bytes, 65536, 1 << 30,                   \
      "kernel's buffer of each interface, live")                                       \
    X(capture, filter, TEXT, filter, 0, CONFIG_FILTER_BYTES,                           \
      "BPF expression of what to look at; empty: everything")                          \
    X(capture, queues, COUNT, queues, 1, 64,                                           \
      "threads that share the traffic of an interface, or of a replay")                \
    X(capture, flows, COUNT, collector.flow_capacity, 16, 1 << 24,                     \
      "flows that can be open at once, of each queue")                                 \
    X(capture, dpi_flows, COUNT, collector.dpi_capacity, 0, 1 << 20,                   \
      "flows under inspection at once, of each queue")                                 \
    X(capture, dpi_packets, COUNT, collector.dpi_packets, 1, 255,                      \
      "packets with payload inspected of a flow, at most")                             \
    X(capture, idle_timeout, SPAN, collector.idle_timeout_s, 1, DAY_S,                 \
      "a flow silent for so long has ended")                                           \
    X(capture, active_timeout, SPAN, collector.active_timeout_s, 10, 7 * DAY_S,        \
      "a flow that lasts longer is cut")                                               \
    X(capture, duplicate_window, COUNT, collector.duplicate_window_ms, 0, 1000,        \
      "milliseconds within which a mirror may copy a frame; 0: count all")             \
    X(capture, trusted_tunnels, NETWORKS, trusted_tunnels, 0, CONFIG_NETWORKS,         \
      "ends whose tunnels are unwrapped; empty: everybody's")                          \
    X(engine, devices, COUNT, engine.device_capacity, 16, 1 << 20,                     \
      "devices that can be known at once")                                             \
    X(engine, protected_share, COUNT, engine.protected_share, 0, 100,                  \
      "percent of them kept for devices that have learnt")                             \
    X(engine, local_networks, NETWORKS, networks, 0, CONFIG_NETWORKS,                  \
      "addresses behind a router that are devices, not peers")                         \
    X(engine, half_life, SECONDS, engine.half_life_s, 10, 7 * DAY_S,                   \
      "evidence counts half after so long")                                            \
    X(engine, distrust_half_life, SECONDS, engine.distrust_half_life_s, 10,            \
      365 * DAY_S, "and distrust after hard evidence")                                 \
    X(engine, medium, NUMBER, engine.level_medium, 1, 100,                             \
      "the score from which on a device is MEDIUM")                                    \
    X(engine, high, NUMBER, engine.level_high, 1, 100, "HIGH")                         \
    X(engine, critical, NUMBER, engine.level_critical, 1, 100, "CRITICAL")             \
    X(engine, hysteresis, NUMBER, engine.hysteresis, 0, 30,                            \
      "points below the bound before a level falls")                                   \
    X(engine, max_age, SPAN, engine.max_age_s, 1, 365 * DAY_S,                         \
      "a device without traffic for longer is stale")                                  \
    X(invariants, scan_addresses, NUMBER, engine.limits.scan_addresses, 1, 1e6,        \
      "hard evidence from so many unanswered addresses on …")                          \
    X(invariants, scan_addresses_within, SECONDS, engine.limits.scan_addresses_s, 1,   \
      DAY_S, "… within so long")                                                       \
    X(invariants, scan_ports, NUMBER, engine.limits.scan_ports, 1, 1e6,                \
      "unanswered ports of one target …")                                              \
    X(invariants, scan_ports_within, SECONDS, engine.limits.scan_ports_s, 1, DAY_S,    \
      "… within so long")                                                              \
    X(invariants, flood_syns, NUMBER, engine.limits.flood_syns_s, 1, 1e9,              \
      "SYNs to one service, a second")                                                 \
    X(invariants, flood_packets, NUMBER, engine.limits.flood_packets_s, 1, 1e9,        \
      "packets sent into silence, a second")                                           \
    X(invariants, arp_replies, NUMBER, engine.limits.arp_replies, 1, 1e6,              \
      "ARP replies that nobody asked for …")                                           \
    X(invariants, arp_replies_within, SECONDS, engine.limits.arp_replies_s, 1, DAY_S,  \
      "… within so long")                                                              \
    X(invariants, logins, NUMBER, engine.limits.logins, 1, 1e6,                        \
      "short connections to a log-in service …")                                       \
    X(invariants, logins_within, SECONDS, engine.limits.logins_s, 1, DAY_S,            \
      "… within so long")                                                              \
    X(invariants, failing, NUMBER, engine.limits.failing, 1, 1e6,                      \
      "unanswered attempts in all …")                                                  \
    X(invariants, failing_within, SECONDS, engine.limits.failing_s, 1, DAY_S,          \
      "… within so long")                                                              \
    X(invariants, failing_one, NUMBER, engine.limits.failing_one, 1, 1e6,              \
      "attempts at one peer's service that never answers …")                           \
    X(invariants, failing_one_within, SECONDS, engine.limits.failing_one_s, 1, DAY_S,  \
      "… within so long")                                                              \
    X(invariants, fan_out, NUMBER, engine.limits.fan_out, 1, 1e9,                      \
      "peers that one device opens flows to, in 10 s")                                 \
    X(invariants, fragments_overlapping, NUMBER, engine.limits.fragments_overlapping,  \
      1, 1e6, "packets whose fragments overlap …")                                     \
    X(invariants, fragments_unfinished, NUMBER, engine.limits.fragments_unfinished, 1, \
      1e6, "or packets that never come whole, and are more than those that do, …")     \
    X(invariants, fragments_within, SECONDS, engine.limits.fragments_s, 1, DAY_S,      \
      "… within so long")                                                              \
    X(api, listen, LISTEN, web, 0, 0, "address and port of the API and the page")      \
    X(api, connections, COUNT, web.connection_limit, 1, 10000, "connections at once")  \
    X(api, timeout, SPAN, web.timeout_s, 1, 3600,                                      \
      "a silent connection is closed after")                                           \
    X(state, directory, TEXT, state_dir, 0, CONFIG_PATH_BYTES,                         \
      "where wary run keeps what it learns; empty: /var/lib/wary")                     \
    X(state, baseline_interval, SPAN, engine.keep_interval_s, 10, 7 * DAY_S,           \
      "a device that has learnt is written so often, and all at the end")              \
    X(log, level, LEVEL, log_level, 0, 0, "error, warning, notice, info or debug")

struct key {
    const char *section, *name;
    enum kind kind;
    size_t offset; /* in struct config */
    double least, most;
    const char *help;
};

static const struct key keys[] = {
#define KEY(section, key, kind, member, least, most, help)                             \
    {#section, #key, kind, offsetof(struct config, member), least, most, help},
    KEYS(KEY)
#undef KEY
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

/* The table and the structure agree. */
#define C_COUNT    uint32_t
#define C_SIZE     uint32_t
#define C_SPAN     uint32_t
#define C_SECONDS  double
#define C_NUMBER   double
#define C_TEXT     char *
#define C_LISTEN   struct web_options
#define C_LEVEL    enum log_level
#define C_NETWORKS struct config_networks
#define AGREE(section, key, kind, member, least, most, help)                           \
    _Static_assert(_Generic(((struct config *)0)->member, C_##kind : 1, default : 0),  \
                   #section "." #key);
KEYS(AGREE)
#undef AGREE

static const char *const level_names[] = {"error", "warning", "notice", "info",
                                          "debug"};

struct unit {
    const char *suffix;
    double factor;
};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};
static const struct unit span_units[] = {{"d", 86400}, {"h", 3600}, {"m", 60},
                                         {"s", 1},     {"", 1},     {NULL, 0}};
static const struct unit size_units[] = {
    {"G", 1 << 30}, {"M", 1 << 20}, {"k", 1 << 10}, {"", 1}, {NULL, 0}};

/* One reading of a file. libconfuse's callbacks carry no pointer of ours. */
struct reading {
    struct config *config;
    const char *name;
    FILE *errors;
    unsigned mistakes;
    int line[KEY_COUNT]; /* where each key was set; 0 not at all */
    int member_line[ZONE_MAX][3];
    struct rule { /* read when all zones are known */
        int line;
        char *text;
    } * rules;
    size_t rule_count;
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

static const struct unit *units_of(enum kind kind) {
    return kind == SIZE                      ? size_units
           : kind == SPAN || kind == SECONDS ? span_units
                                             : no_units;
}

/* Digits and a unit; no hexadecimal, no infinity, no white space. */
static bool parse_number(const char *text, const struct unit *units, double *value) {
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

static void set_number(const struct key *key, const char *text, int line,
                       void *member) {
    const struct unit *units = units_of(key->kind);
    double value;
    if (!parse_number(text, units, &value)) {
        mistake(line, "%s: '%s' is not a %s", key->name, text,
                units == size_units   ? "size such as 65536, 64k or 8M"
                : units == span_units ? "time such as 90, 15m, 2h or 1d"
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

static void set_network(const struct key *key, const char *text, int line, bool first,
                        void *member) {
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

static void set_level(const struct key *key, const char *text, int line, void *member) {
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++)
        if (!strcmp(text, level_names[i])) {
            *(enum log_level *)member = (enum log_level)i;
            return;
        }
    mistake(line, "%s: '%s' is none of %s", key->name, text, key->help);
}

static const struct key *find_key(const char *section, const char *name) {
    const struct key *key = keys;
    while (strcmp(key->section, section) != 0 || strcmp(key->name, name) != 0)
        key++; /* libconfuse knows only what is in the table */
    return key;
}

/* Called by libconfuse for each value, while the parser stands at it. A mistake in a value
   does not end the reading: an operator wants to see them all. */
static int set_value(cfg_t *section, cfg_opt_t *option, const char *text,
                     void *result) {
    const struct key *key = find_key(section->name, option->name);
    void *member = (char *)reading->config + key->offset;
    int *line = &reading->line[key - keys];
    bool first = key->kind != NETWORKS || cfg_opt_size(option) == 1;
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
    case TEXT:
        if (strlen(text) >= (size_t)key->most)
            mistake(*line, "%s: longer than %.0f characters", key->name, key->most - 1);
        else
            memcpy(member, text, strlen(text) + 1);
        break;
    case LISTEN:
        if (!config_parse_listen(text, member))
            mistake(*line, "%s: '%s' is not ADDRESS:PORT", key->name, text);
        break;
    case LEVEL:
        set_level(key, text, *line, member);
        break;
    case NETWORKS:
        set_network(key, text, *line, first, member);
        break;
    }
    return 0;
}

static const char *const member_names[] = {
    [ZONE_VLAN] = "vlans", [ZONE_PREFIX] = "prefixes", [ZONE_MAC] = "macs"};

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
    while (kind < ZONE_MAC && strcmp(option->name, member_names[kind]) != 0)
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

static int end_zone(cfg_t *section, cfg_opt_t *option) {
    char error[ZONE_ERROR_BYTES];
    uint8_t zone;
    if (!find_zone(cfg_opt_getnsec(option, cfg_opt_size(option) - 1), &zone, error))
        mistake(section->line, "%s", error);
    return 0;
}

static int keep_rule(cfg_t *section, cfg_opt_t *option, const char *text,
                     void *result) {
    size_t count = reading->rule_count;
    struct rule *rules = realloc(reading->rules, (count + 1) * sizeof *rules);
    *(const char **)result = text;
    if (rules)
        reading->rules = rules;
    char *copy = rules ? strdup(text) : NULL;
    if (!copy) {
        mistake(section->line, "%s: %s", option->name, strerror(ENOMEM));
        return 0;
    }
    if (count && cfg_opt_size(option) == 1)
        mistake(section->line, "%s: given twice, first in line %d", option->name,
                rules[0].line);
    rules[reading->rule_count++] = (struct rule){section->line, copy};
    return 0;
}

static void read_rules(void) {
    struct config *config = reading->config;
    char error[ZONE_ERROR_BYTES];
    for (size_t i = 0; i < reading->rule_count; i++) {
        if (!zone_add_rule(&config->zones, reading->rules[i].text, error))
            mistake(reading->rules[i].line, "allow: %s", error);
        free(reading->rules[i].text);
    }
    free(reading->rules);
    if (reading->rule_count || config->zones.count > ZONE_FIRST)
        config->engine.zones = &config->zones;
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
        int low = reading->line[find_key("engine", pairs[i].lower) - keys];
        int high = reading->line[find_key("engine", pairs[i].upper) - keys];
        if (pairs[i].low >= pairs[i].high && (low || high))
            mistake(low > high ? low : high, "%s (%g) must be below %s (%g)",
                    pairs[i].lower, pairs[i].low, pairs[i].upper, pairs[i].high);
    }
}

static cfg_t *make_schema(void) {
    cfg_opt_t sections[KEY_COUNT + 3], options[KEY_COUNT + KEY_COUNT];
    cfg_opt_t members[] = {
        CFG_STR_LIST_CB(member_names[ZONE_VLAN], NULL, CFGF_NONE, set_member),
        CFG_STR_LIST_CB(member_names[ZONE_PREFIX], NULL, CFGF_NONE, set_member),
        CFG_STR_LIST_CB(member_names[ZONE_MAC], NULL, CFGF_NONE, set_member),
        CFG_END(),
    };
    size_t section_count = 0, option_count = 0;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0)
            sections[section_count++] =
                (cfg_opt_t)CFG_SEC(keys[i].section, &options[option_count], CFGF_MULTI);
        options[option_count++] =
            keys[i].kind == NETWORKS
                ? (cfg_opt_t)CFG_STR_LIST_CB(keys[i].name, NULL, CFGF_NONE, set_value)
                : (cfg_opt_t)CFG_STR_CB(keys[i].name, NULL, CFGF_NONE, set_value);
        if (i + 1 == KEY_COUNT || strcmp(keys[i].section, keys[i + 1].section) != 0)
            options[option_count++] = (cfg_opt_t)CFG_END();
    }
    sections[section_count] = (cfg_opt_t)CFG_SEC(
        "zone", members, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    sections[section_count + 1] =
        (cfg_opt_t)CFG_STR_LIST_CB("allow", NULL, CFGF_NONE, keep_rule);
    sections[section_count + 2] = (cfg_opt_t)CFG_END();
    cfg_t *schema = cfg_init(sections, CFGF_NONE);
    if (!schema)
        return NULL;
    cfg_set_error_function(schema, report);
    for (size_t i = 0; i < section_count; i++)
        cfg_set_validate_func(schema, sections[i].name, end_section);
    cfg_set_validate_func(schema, "zone", end_zone);
    return schema;
}

static void point_to_lists(struct config *config) {
    config->engine.local_networks = config->networks.at;
    config->engine.local_network_count = config->networks.count;
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
    if (reason) {
        fprintf(errors, "%s: %s\n", path, reason);
    } else {
        text[length] = '\0';
        good = config_parse(config, path, text, errors);
    }
    free(text);
    return good;
}

void config_init(struct config *config) {
    memset(config, 0, sizeof *config);
    config->collector = collector_defaults;
    config->engine = engine_defaults;
    config->queues = 1;
    config->log_level = LOG_LEVEL_NOTICE;
    config->web = web_defaults;
    size_t count = engine_defaults.local_network_count;
    if (count > CONFIG_NETWORKS)
        count = CONFIG_NETWORKS;
    if (count > 0)
        memcpy(config->networks.at, engine_defaults.local_networks,
               count * sizeof config->networks.at[0]);
    config->networks.count = count;
    point_to_lists(config);
    config->collector.filter = config->filter;
    zone_init(&config->zones);
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

/* The largest unit that needs no fraction. */
static void write_number(FILE *out, double value, const struct unit *units) {
    const struct unit *unit = units;
    while (unit->factor > 1 &&
           (value < unit->factor ||
            (double)(uint64_t)(value / unit->factor) * unit->factor != value))
        unit++;
    fprintf(out, "%.15g%s", value / unit->factor, unit->factor > 1 ? unit->suffix : "");
}

static void write_value(FILE *out, const struct config *config, const struct key *key) {
    const void *member = (const char *)config + key->offset;
    const struct web_options *web = member;
    const struct config_networks *networks = member;
    char text[PREFIX_TEXT_BYTES];
    switch (key->kind) {
    case COUNT:
    case SIZE:
    case SPAN:
        write_number(out, *(const uint32_t *)member, units_of(key->kind));
        break;
    case SECONDS:
    case NUMBER:
        write_number(out, *(const double *)member, units_of(key->kind));
        break;
    case TEXT:
        fputc('\'', out); /* in single quotes nothing is expanded */
        for (const char *c = member; *c; c++)
            fprintf(out, *c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
        fputc('\'', out);
        break;
    case LISTEN:
        address_format(&web->address, text);
        fprintf(out, web->address.family == 6 ? "\"[%s]:%u\"" : "\"%s:%u\"", text,
                web->port);
        break;
    case LEVEL:
        fputs(level_names[*(const enum log_level *)member], out);
        break;
    case NETWORKS:
        fputs("{", out);
        for (size_t i = 0; i < networks->count; i++) {
            prefix_format(&networks->at[i], text);
            fprintf(out, "%s\"%s\"", i ? ", " : "", text);
        }
        fputs("}", out);
        break;
    }
}

void config_write(const struct config *config, FILE *out) {
    fputs("# Every key of wary.conf. A time is a number of seconds, or "
          "has\n# a unit (90, 15m, 2h, 1d); so has a size (65536, 64k, 8M).\n",
          out);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct key *key = &keys[i];
        if (i == 0 || strcmp(key->section, keys[i - 1].section) != 0)
            fprintf(out, "%s\n%s {\n", i ? "}\n" : "", key->section);
        fprintf(out, "    # %s", key->help);
        if (key->most > 0 && key->kind < TEXT) {
            fputs(" (", out);
            write_number(out, key->least, units_of(key->kind));
            fputs(" to ", out);
            write_number(out, key->most, units_of(key->kind));
            fputs(")", out);
        }
        fprintf(out, "\n    %s = ", key->name);
        write_value(out, config, key);
        fputs("\n", out);
    }
    fputs(
        "}\n\n# Parts of the network by name, and what each may open to which. What is "
        "in no zone\n# is \"other\", or \"internet\" outside of the local networks. A "
        "zone that no rule has\n# on its left may open anything, one that has may open "
        "nothing else.\n"
        "# zone cameras { vlans = {10-12} macs = {\"02:00:00:00:00:01\"} }\n"
        "# zone storage { prefixes = {\"10.0.2.0/24\"} }\n"
        "# allow = {\"cameras -> storage : tcp/554 tcp/443\",\n"
        "#          \"any -> other : udp/53 udp/67 udp/123\"}\n",
        out);
}
