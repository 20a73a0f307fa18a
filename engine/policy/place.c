#include "engine/policy/place.h"

#include "engine/base/address.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Appends what fits. */
static void add(struct mistake *mistake, size_t *used, const char *bytes,
                size_t length) {
    for (size_t i = 0; i < length && *used + 1 < sizeof mistake->text; i++)
        mistake->text[(*used)++] = bytes[i];
}

static void add_place(const struct place *place, struct mistake *mistake,
                      size_t *used) {
    if (!place)
        return;
    add_place(place->above, mistake, used);
    add(mistake, used, "/", 1);
    if (!place->name) {
        char digits[24];
        int length = snprintf(digits, sizeof digits, "%zu", place->index);
        add(mistake, used, digits, (size_t)length);
        return;
    }
    char name[64];
    text_copy_untrusted(name, sizeof name, place->name, strlen(place->name));
    for (const char *c = name; *c; c++)
        if (*c == '~' || *c == '/')
            add(mistake, used, *c == '~' ? "~0" : "~1", 2);
        else
            add(mistake, used, c, 1);
}

bool place_mistake(const struct place *place, struct mistake *mistake,
                   const char *format, ...) {
    enum { REASON_BYTES = 224 }; /* however long the place is */
    if (mistake->text[0])
        return false;
    char reason[REASON_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    size_t used = 0;
    add_place(place, mistake, &used);
    if (used > sizeof mistake->text - REASON_BYTES)
        used = sizeof mistake->text - REASON_BYTES;
    if (used > 0)
        add(mistake, &used, ": ", 2);
    add(mistake, &used, reason,
        length < REASON_BYTES ? (size_t)length : REASON_BYTES - 1);
    mistake->text[used] = '\0';
    return false;
}

static bool is_listed(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Objects are short: those of many members are refused before this takes long. */
static bool is_repeated(const cJSON *member, const cJSON *first) {
    for (const cJSON *other = first; other != member; other = other->next)
        if (strcmp(other->string, member->string) == 0)
            return true;
    return false;
}

bool place_check_object(const struct place *place, const cJSON *json,
                        const char *const *names, struct mistake *mistake) {
    enum { MEMBERS = 256 };
    unsigned count = 0;
    if (!cJSON_IsObject(json))
        return place_mistake(place, mistake, "an object is wanted");
    for (const cJSON *member = json->child; member; member = member->next) {
        const struct place here = {place, member->string, 0};
        if (++count > MEMBERS)
            return place_mistake(place, mistake, "more than %d members", MEMBERS);
        if (names && !is_listed(member->string, names))
            return place_mistake(&here, mistake, "there is no such member");
        if (is_repeated(member, json->child))
            return place_mistake(&here, mistake, "given twice");
    }
    return true;
}

static bool is_clean(const char *text) {
    char clean[1024];
    size_t length = strlen(text);
    return length < sizeof clean &&
           text_copy_untrusted(clean, sizeof clean, text, length) == length &&
           memcmp(clean, text, length) == 0;
}

bool place_check_all(const struct place *place, const cJSON *json, unsigned depth,
                     struct mistake *mistake) {
    if (cJSON_IsString(json) && !is_clean(json->valuestring))
        return place_mistake(place, mistake,
                             "a text is too long or not UTF-8 without controls");
    if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
        return true;
    if (depth == 0)
        return place_mistake(place, mistake, "nested too deeply");
    if (cJSON_IsObject(json) && !place_check_object(place, json, NULL, mistake))
        return false;
    size_t index = 0;
    for (const cJSON *child = json->child; child; child = child->next) {
        const struct place here = {place, child->string, index++};
        if ((child->string && !is_clean(child->string)) ||
            !place_check_all(&here, child, depth - 1, mistake))
            return place_mistake(&here, mistake, "a name is not UTF-8");
    }
    return true;
}

/* What the library says of bad JSON is where it stopped. */
cJSON *place_parse(const char *text, size_t length, struct mistake *mistake) {
    const char *end = text;
    /* It would cut a text there. */
    const char *cut = memmem(text, length, "\\u0000", 6);
    cJSON *document = cut || memchr(text, '\0', length)
                          ? NULL
                          : cJSON_ParseWithLengthOpts(text, length + 1, &end, true);
    if (document)
        return document;
    if (cut)
        end = cut;
    size_t line = 1, column = 1;
    for (const char *c = text; c < end && c < text + length; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    place_mistake(NULL, mistake, "line %zu, column %zu: this is not JSON", line,
                  column);
    return NULL;
}

char *place_read(const char *path, size_t most, size_t *length,
                 struct mistake *mistake) {
    struct stat status;
    char *text = NULL;
    FILE *file = fopen(path, "re");
    mistake->text[0] = '\0';
    if (!file || fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode))
        place_mistake(NULL, mistake, "%s",
                      file && S_ISDIR(status.st_mode) ? strerror(EISDIR)
                      : file                          ? "not a regular file"
                                                      : strerror(errno));
    else if (!(text = malloc(most + 1)))
        place_mistake(NULL, mistake, "no memory");
    else
        *length = fread(text, 1, most + 1, file);
    if (file)
        fclose(file);
    return text;
}
