#ifndef ENGINE_PROGRAM_LABELS_H
#define ENGINE_PROGRAM_LABELS_H

#include <stdbool.h>
#include <stddef.h>

/* What is known of a capture: EVENTS.json, {"name", "evaluate_from", "level"?: "network",
   "events": [{"start", "end", "what", "devices": [id, …] | null, "benign"?: true}]}, times in
   epoch seconds. */

struct label {
    double start_s, end_s;
    const char *what;
    const char *const *devices; /* ids in lower case; any one of them counts */
    size_t device_count;        /* 0: nobody knows who it was */
    bool benign;                /* a trap: looks bad and is not */
};

struct labels {
    const char *name;       /* NULL if the file says none */
    double evaluate_from_s; /* earlier windows are not judged */
    bool network;           /* who did it is never recorded: judge the worst device */
    const struct label *events; /* by start */
    size_t event_count;
};

/* On failure NULL and one clear line in `error`: the file, the JSON Pointer, the reason. At
   most 16 MiB are read. Free with labels_destroy. */
struct labels *labels_read(const char *path, char *error, size_t error_bytes);

/* The same with a text of `length` bytes; `path` stands in the error. */
struct labels *labels_parse(const char *path, const char *text, size_t length,
                            char *error, size_t error_bytes);

/* A capture in which nothing happened. NULL if there is no memory. */
struct labels *labels_create_benign(void);

void labels_destroy(struct labels *labels); /* NULL is allowed */

#endif
