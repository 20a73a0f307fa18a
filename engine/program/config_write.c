#include "engine/program/config_keys.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The largest unit that needs no fraction. */
static void write_number(FILE *out, double value, const struct config_unit *units) {
    const struct config_unit *unit = units;
    while (unit->factor > 1 &&
           (value < unit->factor ||
            (double)(uint64_t)(value / unit->factor) * unit->factor != value))
        unit++;
    fprintf(out, "%.15g%s", value / unit->factor, unit->factor > 1 ? unit->suffix : "");
}

/* In single quotes nothing is expanded. */
static void write_quoted(FILE *out, const char *text) {
    fputc('\'', out);
    for (const char *c = text; *c; c++)
        fprintf(out, *c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
    fputc('\'', out);
}

static void write_value(FILE *out, const struct config *config,
                        const struct config_key *key) {
    const void *member = (const char *)config + key->offset;
    const struct web_options *web = member;
    const struct config_networks *networks = member;
    const struct config_lines *lines = member;
    char text[PREFIX_TEXT_BYTES];
    switch (key->kind) {
    case COUNT:
    case SIZE:
    case SPAN:
        write_number(out, *(const uint32_t *)member, config_keys_units(key->kind));
        break;
    case SECONDS:
    case NUMBER:
        write_number(out, *(const double *)member, config_keys_units(key->kind));
        break;
    case TEXT:
    case FILTER:
    case URL:
        write_quoted(out, member);
        break;
    case LISTEN:
        address_format(&web->address, text);
        fprintf(out, web->address.family == 6 ? "\"[%s]:%u\"" : "\"%s:%u\"", text,
                web->port);
        break;
    case MODE:
        fputs(policy_mode_name(*(const enum policy_mode *)member), out);
        break;
    case LEVEL:
        fputs(config_keys_levels[*(const enum log_level *)member], out);
        break;
    case NETWORKS:
        fputs("{", out);
        for (size_t i = 0; i < networks->count; i++) {
            prefix_format(&networks->at[i], text);
            fprintf(out, "%s\"%s\"", i ? ", " : "", text);
        }
        fputs("}", out);
        break;
    case LINES:
        fputs("{", out);
        for (size_t i = 0; i < lines->count; i++) {
            fputs(i ? ", " : "", out);
            write_quoted(out, lines->at[i]);
        }
        fputs("}", out);
        break;
    }
}

/* As text, malloced; NULL without memory. */
static char *text_of(const struct config *config, const struct config_key *key) {
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    write_value(out, config, key);
    fclose(out);
    return text;
}

bool config_is_same(const struct config *a, const struct config *b, size_t key) {
    char *one = text_of(a, &config_keys[key]), *other = text_of(b, &config_keys[key]);
    bool same = one && other && strcmp(one, other) == 0;
    free(one);
    free(other);
    return same;
}

void config_write(const struct config *config, FILE *out) {
    fputs("# Every key of wary.conf. A time is a number of seconds, or "
          "has\n# a unit (90, 15m, 2h, 1d); so has a size (65536, 64k, 8M).\n",
          out);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &config_keys[i];
        if (i == 0 || strcmp(key->section, config_keys[i - 1].section) != 0)
            fprintf(out, "%s\n%s {\n", i ? "}\n" : "", key->section);
        fprintf(out, "    # %s", key->help);
        if (key->most > 0 && key->kind < TEXT) {
            fputs(" (", out);
            write_number(out, key->least, config_keys_units(key->kind));
            fputs(" to ", out);
            write_number(out, key->most, config_keys_units(key->kind));
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
        "# zone cameras { vlans = {10-12} mode = shadow macs = {\"02:00:00:00:00:01\"} "
        "}\n"
        "# zone storage { prefixes = {\"10.0.2.0/24\"} gateways = "
        "{\"02:00:00:00:00:02\"} }\n"
        "# allow = {\"cameras -> storage : tcp/554 tcp/443\",\n"
        "#          \"any -> other : udp/53 udp/67 udp/123\"}\n"
        "\n# Devices that are peers of each other, whatever they seem to be: by MAC, "
        "or "
        "by IP\n# address behind a router.\n"
        "# group \"door cameras\" { devices = {\"02:00:00:00:00:01\", "
        "\"02:00:00:00:00:02\"} }\n"
        "# zone doors { groups = {\"door cameras\"} }\n",
        out);
}
