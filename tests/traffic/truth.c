#include "tests/traffic/truth.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct label *truth_add(struct truth *truth) {
    if (truth->count == truth->capacity) {
        truth->capacity = truth->capacity ? 2 * truth->capacity : 16;
        truth->labels = realloc(truth->labels, truth->capacity * sizeof *truth->labels);
        if (truth->labels == NULL) {
            fputs("traffic: out of memory\n", stderr);
            exit(1);
        }
    }
    struct label *label = &truth->labels[truth->count++];
    memset(label, 0, sizeof *label);
    return label;
}

void truth_device(struct label *label, const struct mac *mac) {
    if (label->device_count < LABEL_DEVICES)
        label->devices[label->device_count++] = *mac;
}

static int by_start(const void *a, const void *b) {
    const struct label *first = a, *second = b;
    if (first->start_us != second->start_us)
        return first->start_us < second->start_us ? -1 : 1;
    return strcmp(first->what, second->what);
}

static cJSON *event(const struct label *label) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "start", (double)label->start_us / 1e6);
    cJSON_AddNumberToObject(json, "end", (double)label->end_us / 1e6);
    cJSON_AddStringToObject(json, "what", label->what);
    cJSON_AddStringToObject(json, "detail", label->detail);
    cJSON *devices = cJSON_AddArrayToObject(json, "devices");
    for (size_t i = 0; i < label->device_count; i++) {
        const uint8_t *byte = label->devices[i].bytes;
        char text[18];
        snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", byte[0], byte[1],
                 byte[2], byte[3], byte[4], byte[5]);
        cJSON_AddItemToArray(devices, cJSON_CreateString(text));
    }
    if (label->benign)
        cJSON_AddTrueToObject(json, "benign");
    return json;
}

int truth_write(struct truth *truth, const char *path, const char *name,
                uint64_t evaluate_from_us) {
    if (truth->count)
        qsort(truth->labels, truth->count, sizeof *truth->labels, by_start);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", name);
    cJSON_AddNumberToObject(json, "evaluate_from", (double)evaluate_from_us / 1e6);
    cJSON *events = cJSON_AddArrayToObject(json, "events");
    for (size_t i = 0; i < truth->count; i++)
        cJSON_AddItemToArray(events, event(&truth->labels[i]));
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    FILE *file = text ? fopen(path, "w") : NULL;
    int bad = file == NULL || fputs(text, file) < 0 || fputc('\n', file) < 0;
    if (file && fclose(file) != 0)
        bad = 1;
    cJSON_free(text);
    return bad ? -1 : 0;
}

void truth_clear(struct truth *truth) {
    free(truth->labels);
    memset(truth, 0, sizeof *truth);
}
