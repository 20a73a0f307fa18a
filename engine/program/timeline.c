#include "engine/program/timeline.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct timeline {
    FILE *file;
    enum timeline_kind kind;
    int fault; /* errno of the first write that failed, 0 none */
    char *path;
};

static void note(struct timeline *timeline, bool written) {
    if (!written && !timeline->fault)
        timeline->fault = errno ? errno : EIO;
}

bool timeline_is_standard_output(const char *path) {
    return strcmp(path, "-") == 0;
}

static FILE *open_file(const char *path) {
    return timeline_is_standard_output(path) ? fdopen(dup(STDOUT_FILENO), "w")
                                             : fopen(path, "we");
}

struct timeline *timeline_open(const char *path, enum timeline_kind kind, char *error,
                               size_t error_bytes) {
    struct timeline *timeline = calloc(1, sizeof *timeline);
    char *copy = strdup(path);
    FILE *file = timeline && copy ? open_file(path) : NULL;
    if (!file) {
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
        free(copy);
        free(timeline);
        return NULL;
    }
    *timeline = (struct timeline){.file = file, .kind = kind, .path = copy};
    if (kind == TIMELINE_WINDOWS)
        note(timeline, fputs("time,device,state,packets,anomaly,risk,level,confidence,"
                             "top_factor\n",
                             file) >= 0);
    return timeline;
}

/* A field of RFC 4180: quoted if it must be. Ids hold a zone's name, which is free text. */
static bool put_field(FILE *file, const char *text) {
    if (!text[strcspn(text, ",\"\r\n")])
        return fputs(text, file) >= 0;
    bool written = putc('"', file) != EOF;
    for (; *text; text++)
        written &= (*text != '"' || putc('"', file) != EOF) && putc(*text, file) != EOF;
    return putc('"', file) != EOF && written;
}

int timeline_print_score(double score, char text[TIMELINE_NUMBER_BYTES]) {
    if (!isfinite(score))
        score = 0;
    return snprintf(text, TIMELINE_NUMBER_BYTES, "%.3f", fmin(fmax(score, 0), 1e9));
}

static void write_window(void *context, const struct window_row *row) {
    struct timeline *timeline = context;
    FILE *file = timeline->file;
    char anomaly[TIMELINE_NUMBER_BYTES], risk[TIMELINE_NUMBER_BYTES];
    timeline_print_score(row->anomaly, anomaly);
    timeline_print_score(row->risk, risk);

    bool written = fprintf(file, "%" PRIu64 ",", row->end_s) >= 0;
    written &= put_field(file, row->device);
    written &= fprintf(file, ",%s,%" PRIu64 ",%s,%s,%s,%.2f,",
                       device_state_name(row->state), row->packets, anomaly, risk,
                       risk_level_name(row->level), row->confidence) >= 0;
    written &= put_field(file, row->top_factor);
    note(timeline, putc('\n', file) != EOF && written);
}

/* Text of the network: the engine made it harmless, but may have cut it inside a character. */
static bool add_text(cJSON *object, const char *name, const char *text) {
    char clean[FACTOR_TEXT_BYTES];
    text_copy_untrusted(clean, sizeof clean, text, strlen(text));
    return cJSON_AddStringToObject(object, name, clean);
}

/* Six digits say enough, and are the same on every machine. */
static bool add_number(cJSON *object, const char *name, double value) {
    char text[TIMELINE_NUMBER_BYTES];
    snprintf(text, sizeof text, "%.6g", value);
    return cJSON_AddNumberToObject(object, name, strtod(text, NULL));
}

static void write_finding(void *context, const struct finding *finding) {
    struct timeline *timeline = context;
    cJSON *line = cJSON_CreateObject();
    uint64_t time_ms = finding->time_ns / 1000000;
    double time_s = (double)time_ms / 1000;
    bool made = line && cJSON_AddNumberToObject(line, "time", time_s);
    made = made && add_text(line, "device", finding->device);
    made = made && add_text(line, "kind", finding->kind);
    made = made && add_text(line, "level", risk_level_name(finding->level));
    made = made && add_number(line, "contribution", finding->contribution);
    made = made && add_number(line, "observed", finding->observed);
    made = made && add_number(line, "expected", finding->expected);
    made = made && add_text(line, "peer", finding->peer);
    made = made && add_text(line, "text", finding->text);
    char *text = made ? cJSON_PrintUnformatted(line) : NULL;
    if (!text)
        errno = ENOMEM;
    note(timeline, text && fprintf(timeline->file, "%s\n", text) >= 0);
    cJSON_free(text);
    cJSON_Delete(line);
}

struct engine_sink timeline_sink(struct timeline *timeline) {
    bool windows = timeline->kind == TIMELINE_WINDOWS;
    return (struct engine_sink){
        .context = timeline,
        .window = windows ? write_window : NULL,
        .finding = windows ? NULL : write_finding,
    };
}

bool timeline_close(struct timeline *timeline, char *error, size_t error_bytes) {
    if (!timeline)
        return true;
    note(timeline, fflush(timeline->file) == 0);
    note(timeline, fclose(timeline->file) == 0);
    int fault = timeline->fault;
    if (fault)
        snprintf(error, error_bytes, "%s: %s", timeline->path, strerror(fault));
    free(timeline->path);
    free(timeline);
    return !fault;
}
