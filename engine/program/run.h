#ifndef ENGINE_PROGRAM_RUN_H
#define ENGINE_PROGRAM_RUN_H

#include "engine/engine.h"
#include "engine/program/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The program put together: collectors → rings → engine → board → web. One of these for
   `run`, for `replay`, and for each capture that `evaluate` judges. */

struct run;

struct run_options {
    const struct config *config;
    const char *const *captures; /* replay these as one stretch of time, or … */
    size_t capture_count;
    const char *const *interfaces; /* … go live, with collectors for each, or … */
    size_t interface_count;
    const char *watch; /* … read this as it grows: a directory, a pipe, or "-" */
    double speed;      /* of a replay: × capture time, 0 as fast as it goes */
    const struct engine_sink *sinks; /* first looked at by run_process */
    size_t sink_count;
    bool signals;  /* SIGINT and SIGTERM end it cleanly, until run_close */
    bool confine;  /* give up all rights once all is open: privilege.h; for good */
    bool serve;    /* the API, from run_open to run_close */
    bool progress; /* a line on standard error while it works */
    /* For a reload (reload.h), with the context; NULL: there is no file to read again. */
    bool (*configure)(void *context, struct config *fresh, FILE *mistakes);
    void *context;
};

enum run_outcome { RUN_ENDED, RUN_STOPPED, RUN_FAILED };

struct run_summary {
    uint64_t packets, bytes;
    uint64_t dropped; /* packets or records, wherever they were lost */
    uint64_t cut;     /* capture files that ended inside a packet */
    uint64_t findings;
    uint32_t devices;
    double seconds; /* of work, by the clock */
};

/* Opens what is to be read and binds the port, but processes nothing: whatever can be found
   wrong ahead of work is found here. What `options` points to is borrowed until run_close.
   On failure NULL and one clear line in `error`. */
struct run *run_open(const struct run_options *options, char *error,
                     size_t error_bytes);

/* Work until all sources end, one fails, or a signal comes; then nothing is lost: open flows
   and windows are closed, judged and handed to the sinks. A second signal ends the process
   at once. `error` is written for RUN_FAILED only. */
enum run_outcome run_process(struct run *run, char *error, size_t error_bytes);

/* Go on answering until a signal comes. */
void run_wait(struct run *run);

struct run_summary run_summary(const struct run *run);

/* NULL is allowed. */
void run_close(struct run *run);

#endif
