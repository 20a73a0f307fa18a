#include "engine/registry.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 2048, NAME_BYTES = 64, DIGITS_LEAST = 6, DIGITS_MOST = 9 };

struct assignment {
    uint64_t prefix; /* the MAC's first digits, in the upper of 48 bits */
    uint8_t bits;
    uint32_t name; /* where it begins among the names */
};

struct registry {
    struct assignment *assignments; /* in order of prefix, then bits */
    size_t count, capacity;
    char *names; /* terminated, one after the other */
    size_t names_used, names_capacity;
};

static bool reserve(void **array, size_t *capacity, size_t needed, size_t element) {
    if (needed <= *capacity)
        return true;
    size_t grown_to = needed * 2;
    void *grown = realloc(*array, grown_to * element);
    if (!grown)
        return false;
    *array = grown;
    *capacity = grown_to;
    return true;
}

/* One field of a line of CSV (RFC 4180), unquoted in place; NULL where it is broken. */
static char *take_field(char **line) {
    char *at = *line, *out = at, *field = at;
    bool quoted = *at == '"';
    for (at += quoted; *at; at++) {
        if (quoted && *at == '"' && at[1] == '"')
            at++;
        else if (quoted ? *at == '"' : *at == ',')
            break;
        *out++ = *at;
    }
    if (quoted && *at++ != '"')
        return NULL;
    if (*at != ',')
        return NULL;
    *line = at + 1;
    *out = '\0';
    return field;
}

/* False only if there is no memory. */
static bool take_line(struct registry *registry, char *line) {
    char *kind = take_field(&line), *digits = kind ? take_field(&line) : NULL;
    char *name = digits ? take_field(&line) : NULL, *end;
    if (!name || !*name || strcmp(name, "Private") == 0)
        return true;
    size_t length = strlen(digits);
    uint64_t prefix = strtoull(digits, &end, 16);
    if (*end || length < DIGITS_LEAST || length > DIGITS_MOST)
        return true;
    char clean[NAME_BYTES];
    size_t bytes = text_copy_untrusted(clean, sizeof clean, name, strlen(name)) + 1;
    if (!reserve((void **)&registry->assignments, &registry->capacity,
                 registry->count + 1, sizeof *registry->assignments) ||
        !reserve((void **)&registry->names, &registry->names_capacity,
                 registry->names_used + bytes, 1))
        return false;
    unsigned bits = (unsigned)length * 4;
    registry->assignments[registry->count++] = (struct assignment){
        prefix << (48 - bits), (uint8_t)bits, (uint32_t)registry->names_used};
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): reserve() left room
    memcpy(registry->names + registry->names_used, clean, bytes);
    registry->names_used += bytes;
    return true;
}

static int compare(const void *left, const void *right) {
    const struct assignment *a = left, *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    if (a->bits != b->bits)
        return a->bits < b->bits ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

struct registry *registry_load(const char *directory) {
    static const char *const files[] = {"oui.csv", "mam.csv", "oui36.csv", "iab.csv"};
    struct registry *registry = calloc(1, sizeof *registry);
    bool complete = registry != NULL;
    for (unsigned i = 0; i < sizeof files / sizeof files[0] && complete; i++) {
        char path[1024], line[LINE_BYTES];
        int length = snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        FILE *file = length < (int)sizeof path ? fopen(path, "r") : NULL;
        while (file && complete && fgets(line, sizeof line, file))
            complete = take_line(registry, line);
        if (file)
            fclose(file);
    }
    if (!complete || registry->count == 0) {
        registry_free(registry);
        return NULL;
    }
    qsort(registry->assignments, registry->count, sizeof *registry->assignments,
          compare);
    return registry;
}

void registry_free(struct registry *registry) {
    if (!registry)
        return;
    free(registry->assignments);
    free(registry->names);
    free(registry);
}

size_t registry_count(const struct registry *registry) {
    return registry->count;
}

static const struct assignment *find(const struct registry *registry, uint64_t mac,
                                     unsigned bits) {
    uint64_t prefix = mac >> (48 - bits) << (48 - bits);
    size_t low = 0, high = registry->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct assignment *a = &registry->assignments[middle];
        if (a->prefix < prefix || (a->prefix == prefix && a->bits < bits))
            low = middle + 1;
        else
            high = middle;
    }
    const struct assignment *a = &registry->assignments[low];
    return low < registry->count && a->prefix == prefix && a->bits == bits ? a : NULL;
}

const char *registry_vendor(const struct registry *registry, const struct mac *mac) {
    if (!registry || mac_is_local(mac) || mac_is_multicast(mac))
        return "";
    uint64_t number = 0;
    for (unsigned i = 0; i < sizeof mac->bytes; i++)
        number = number << 8 | mac->bytes[i];
    for (unsigned digits = DIGITS_MOST; digits >= DIGITS_LEAST; digits--) {
        const struct assignment *a = find(registry, number, digits * 4);
        if (a)
            return registry->names + a->name;
    }
    return "";
}
