#include "engine/program/labels.h"

#include <cjson/cJSON.h>

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES = 1 << 24, TEXT_BYTES = 128 };

/* The document is kept: all texts are borrowed from it. */
struct store {
    struct labels labels; /* first: what the caller holds */
    cJSON *document;
    struct label *events;
    const char **devices; /* of all events, one after the other */
};

/* Where the reader is, and what it found wrong there first. */
struct reader {
    const char *path;
    char pointer[96];
    char *error;
    size_t error_bytes;
};

static bool fail(const struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(const struct reader *reader, const char *format, ...) {
    char reason[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    snprintf(reader->error, reader->error_bytes, "%s: %s%s%s", reader->path,
             reader->pointer, *reader->pointer ? ": " : "", reason);
    return false;
}

static void point(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void point(struct reader *reader, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->pointer, sizeof reader->pointer, format, arguments);
    va_end(arguments);
}

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNull(value) ? NULL : value;
}

static bool take_time(struct reader *reader, const cJSON *value, double *time_s) {
    if (!cJSON_IsNumber(value))
        return fail(reader, value ? "not a number" : "missing");
    if (!isfinite(value->valuedouble) || fabs(value->valuedouble) > 1e12)
        return fail(reader, "not a time in epoch seconds");
    *time_s = value->valuedouble;
    return true;
}

static bool take_text(struct reader *reader, const cJSON *value, const char **text) {
    if (!cJSON_IsString(value))
        return fail(reader, value ? "not a string" : "missing");
    if (!*value->valuestring || strlen(value->valuestring) >= TEXT_BYTES)
        return fail(reader, "not between 1 and %d bytes", TEXT_BYTES - 1);
    *text = value->valuestring;
    return true;
}

static bool take_devices(struct reader *reader, size_t index, const cJSON *list,
                         const char **devices, struct label *event) {
    const cJSON *item;
    event->devices = devices;
    if (list && !cJSON_IsArray(list))
        return fail(reader, "neither an array nor null");
    cJSON_ArrayForEach(item, list) {
        point(reader, "/events/%zu/devices/%zu", index, event->device_count);
        if (!take_text(reader, item, &devices[event->device_count++]))
            return false;
        for (char *c = item->valuestring; *c; c++)
            *c = (char)tolower((unsigned char)*c);
    }
    return true;
}

static bool take_event(struct reader *reader, size_t index, const cJSON *object,
                       const char **devices, struct label *event) {
    point(reader, "/events/%zu", index);
    if (!cJSON_IsObject(object))
        return fail(reader, "not an object");
    point(reader, "/events/%zu/start", index);
    if (!take_time(reader, member(object, "start"), &event->start_s))
        return false;
    point(reader, "/events/%zu/end", index);
    if (!take_time(reader, member(object, "end"), &event->end_s))
        return false;
    if (event->end_s < event->start_s)
        return fail(reader, "before the start");
    point(reader, "/events/%zu/what", index);
    if (!take_text(reader, member(object, "what"), &event->what))
        return false;
    const cJSON *benign = member(object, "benign");
    point(reader, "/events/%zu/benign", index);
    if (benign && !cJSON_IsBool(benign))
        return fail(reader, "not true or false");
    event->benign = cJSON_IsTrue(benign);
    point(reader, "/events/%zu/devices", index);
    return take_devices(reader, index, member(object, "devices"), devices, event);
}

static int by_start(const void *a, const void *b) {
    const struct label *left = a, *right = b;
    if (left->start_s != right->start_s)
        return left->start_s < right->start_s ? -1 : 1;
    /* As in the file: their devices lie one after the other. */
    return (left->devices > right->devices) - (left->devices < right->devices);
}

/* Elements of all lists of devices; what is no list counts nothing. */
static size_t count_devices(const cJSON *events) {
    const cJSON *event;
    size_t count = 0;
    cJSON_ArrayForEach(event, events) {
        const cJSON *list = member(event, "devices");
        count += cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
    }
    return count;
}

static bool take_document(struct reader *reader, struct store *store) {
    const cJSON *document = store->document, *events = member(document, "events"),
                *value;
    struct labels *labels = &store->labels;
    if (!cJSON_IsObject(document))
        return fail(reader, "not an object");
    point(reader, "/name");
    if ((value = member(document, "name")) && !take_text(reader, value, &labels->name))
        return false;
    point(reader, "/evaluate_from");
    if ((value = member(document, "evaluate_from")) &&
        !take_time(reader, value, &labels->evaluate_from_s))
        return false;
    point(reader, "/level");
    if ((value = member(document, "level"))) {
        const char *level = cJSON_GetStringValue(value);
        if (!level || strcmp(level, "network") != 0)
            return fail(reader, "not \"network\"");
        labels->network = true;
    }
    point(reader, "/events");
    if (!cJSON_IsArray(events))
        return fail(reader, events ? "not an array" : "missing");

    store->events =
        calloc((size_t)cJSON_GetArraySize(events) + 1, sizeof *store->events);
    store->devices = calloc(count_devices(events) + 1, sizeof *store->devices);
    if (!store->events || !store->devices)
        return fail(reader, "out of memory");
    const char **devices = store->devices;
    cJSON_ArrayForEach(value, events) {
        struct label *event = &store->events[labels->event_count];
        if (!take_event(reader, labels->event_count++, value, devices, event))
            return false;
        devices += event->device_count;
    }
    qsort(store->events, labels->event_count, sizeof *store->events, by_start);
    labels->events = store->events;
    return true;
}

static size_t line_of(const char *text, const char *position) {
    size_t line = 1;
    for (; text < position; text++)
        line += *text == '\n';
    return line;
}

struct labels *labels_parse(const char *path, const char *text, size_t length,
                            char *error, size_t error_bytes) {
    struct reader reader = {.path = path, .error = error, .error_bytes = error_bytes};
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        fail(&reader, "out of memory");
        return NULL;
    }
    const char *end = text;
    store->document = cJSON_ParseWithLengthOpts(text, length, &end, false);
    while (store->document && end < text + length && isspace((unsigned char)*end))
        end++;
    bool taken = store->document && end == text + length
                     ? take_document(&reader, store)
                     : fail(&reader, "line %zu is not JSON", line_of(text, end));
    if (taken)
        return &store->labels;
    labels_destroy(&store->labels);
    return NULL;
}

struct labels *labels_read(const char *path, char *error, size_t error_bytes) {
    struct reader reader = {.path = path, .error = error, .error_bytes = error_bytes};
    struct labels *labels = NULL;
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(FILE_BYTES + 1) : NULL;
    size_t length = text ? fread(text, 1, FILE_BYTES + 1, file) : 0;
    if (!text || ferror(file))
        fail(&reader, "%s", strerror(errno));
    else if (length > FILE_BYTES)
        fail(&reader, "longer than %d MiB", FILE_BYTES >> 20);
    else
        labels = labels_parse(path, text, length, error, error_bytes);
    free(text);
    if (file)
        fclose(file);
    return labels;
}

struct labels *labels_create_benign(void) {
    struct store *store = calloc(1, sizeof *store);
    return store ? &store->labels : NULL;
}

void labels_destroy(struct labels *labels) {
    struct store *store = (struct store *)labels;
    if (!store)
        return;
    cJSON_Delete(store->document);
    free(store->events);
    free(store->devices);
    free(store);
}
