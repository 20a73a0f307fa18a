#include "engine/program/evaluate.h"

#include "engine/program/jury.h"
#include "engine/program/labels.h"
#include "engine/program/report.h"
#include "engine/program/run.h"
#include "engine/program/tally.h"
#include "engine/program/timeline.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, NAME_BYTES = 256 };

/* One capture, or several that are one stretch of time. */
struct trial {
    char name[NAME_BYTES];
    struct labels *labels;
    struct tally *tally;
    struct jury *jury;
};

struct trials {
    struct trial *at;
    size_t count;
};

static bool fail(char *error, size_t error_bytes, const char *what,
                 const char *reason) {
    snprintf(error, error_bytes, "%s: %s", what, reason);
    return false;
}

/* "out.csv" becomes "out.NAME.csv": a suite has a timeline for each capture. */
static bool timeline_path(const char *timeline, const char *name,
                          char path[PATH_BYTES]) {
    const char *slash = strrchr(timeline, '/'), *dot = strrchr(timeline, '.');
    if (!dot || (slash && dot < slash))
        dot = timeline + strlen(timeline);
    int length = snprintf(path, PATH_BYTES, "%.*s.%s%s", (int)(dot - timeline),
                          timeline, name, dot);
    return length > 0 && length < PATH_BYTES;
}

/* To the end, into the tally and, if there is one, the file. */
static bool process(struct run *run, struct engine_sink *sinks,
                    const struct trial *trial, struct timeline *file, char *error,
                    size_t error_bytes) {
    sinks[0] = tally_sink(trial->tally);
    sinks[1] = file ? timeline_sink(file) : (struct engine_sink){0};
    enum run_outcome outcome = run_process(run, error, error_bytes);
    if (outcome == RUN_STOPPED)
        snprintf(error, error_bytes, "stopped before the end: nothing to report");
    return outcome == RUN_ENDED;
}

/* Replays into a new tally, and a jury of its own. `timeline`: NULL, or where to. */
static bool hold(const struct evaluate_options *options, struct trial *trial,
                 const char *const *captures, size_t capture_count,
                 const char *timeline, char *error, size_t error_bytes) {
    struct engine_sink sinks[2];
    struct run_options run_options = {
        .config = options->config,
        .captures = captures,
        .capture_count = capture_count,
        .sinks = sinks,
        .sink_count = 2,
        .signals = true,
        .progress = options->progress,
    };
    struct run *run = run_open(&run_options, error, error_bytes);
    if (!run)
        return false;
    trial->tally = tally_create(trial->labels);
    bool held = trial->tally || fail(error, error_bytes, trial->name, "out of memory");
    struct timeline *file = NULL;
    if (held && timeline)
        held = (file = timeline_open(timeline, TIMELINE_WINDOWS, error, error_bytes));
    held = held && process(run, sinks, trial, file, error, error_bytes);
    run_close(run);

    char unwritten[PATH_BYTES];
    if (!timeline_close(file, unwritten, sizeof unwritten) && held) {
        snprintf(error, error_bytes, "%s", unwritten);
        held = false;
    }
    if (held) {
        const struct tally *tally = trial->tally;
        held = tally_close(trial->tally) && (trial->jury = jury_create(&tally, 1));
        if (!held)
            fail(error, error_bytes, trial->name, "out of memory");
    }
    return held;
}

static bool hold_one(const struct evaluate_options *options, struct trials *trials,
                     char *error, size_t error_bytes) {
    trials->at = calloc(1, sizeof *trials->at);
    if (!trials->at)
        return fail(error, error_bytes, options->events, strerror(errno));
    struct trial *trial = &trials->at[trials->count++];
    trial->labels = labels_read(options->events, error, error_bytes);
    if (!trial->labels)
        return false;
    const char *path = options->captures[0], *slash = strrchr(path, '/');
    const char *name = trial->labels->name ? trial->labels->name
                       : slash             ? slash + 1
                                           : path;
    snprintf(trial->name, sizeof trial->name, "%s", name);
    return hold(options, trial, options->captures, options->capture_count,
                options->timeline, error, error_bytes);
}

static bool hold_of_suite(const struct evaluate_options *options, struct trial *trial,
                          const char *file, char *error, size_t error_bytes) {
    char capture[PATH_BYTES], events[PATH_BYTES], timeline[PATH_BYTES];
    const char *captures[1] = {capture}, *dot = strrchr(file, '.');
    snprintf(trial->name, sizeof trial->name, "%.*s", (int)(dot - file), file);
    int length = snprintf(events, sizeof events, "%s/%s.events.json", options->suite,
                          trial->name);
    snprintf(capture, sizeof capture, "%s/%s", options->suite, file);
    if (length < 0 || length >= PATH_BYTES ||
        (options->timeline && !timeline_path(options->timeline, trial->name, timeline)))
        return fail(error, error_bytes, trial->name, strerror(ENAMETOOLONG));

    bool labelled = access(events, F_OK) == 0;
    trial->labels =
        labelled ? labels_read(events, error, error_bytes) : labels_create_benign();
    if (!trial->labels)
        return labelled ? false : fail(error, error_bytes, capture, "out of memory");
    return hold(options, trial, captures, 1, options->timeline ? timeline : NULL, error,
                error_bytes);
}

static int is_capture(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && dot > entry->d_name &&
           (!strcmp(dot, ".pcap") || !strcmp(dot, ".pcapng"));
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool hold_suite(const struct evaluate_options *options, struct trials *trials,
                       char *error, size_t error_bytes) {
    struct dirent **files = NULL;
    int count = scandir(options->suite, &files, is_capture, by_name);
    if (count < 0)
        return fail(error, error_bytes, options->suite, strerror(errno));
    trials->at = calloc((size_t)count + 1, sizeof *trials->at);
    bool held =
        trials->at || fail(error, error_bytes, options->suite, strerror(ENOMEM));
    if (held && count == 0)
        held = fail(error, error_bytes, options->suite, "no captures (NAME.pcap)");
    for (int i = 0; i < count; i++) {
        if (held)
            held = hold_of_suite(options, &trials->at[trials->count++],
                                 files[i]->d_name, error, error_bytes);
        free(files[i]);
    }
    free(files);
    return held;
}

/* All trials once more, together. */
static bool print(const struct evaluate_options *options, const struct trials *trials,
                  FILE *out) {
    const struct tally **tallies = calloc(trials->count, sizeof(struct tally *));
    struct report_entry *entries = calloc(trials->count, sizeof *entries);
    struct jury *pooled = NULL;
    bool printed = false;
    for (size_t i = 0; tallies && entries && i < trials->count; i++) {
        tallies[i] = trials->at[i].tally;
        entries[i] = (struct report_entry){trials->at[i].name, trials->at[i].jury};
    }
    if (tallies && entries && (pooled = jury_create(tallies, trials->count))) {
        struct report report = {
            .medium = options->config->engine.level_medium,
            .budget_per_week =
                options->budget_per_week > 0 ? options->budget_per_week : 1,
            .captures = entries,
            .capture_count = trials->count,
            .pooled = {"all together", pooled},
        };
        printed = options->json ? report_print_json(&report, out)
                                : report_print_tables(&report, out);
    }
    jury_destroy(pooled);
    free(entries);
    free(tallies);
    return printed;
}

bool evaluate_run(const struct evaluate_options *options, FILE *out, char *error,
                  size_t error_bytes) {
    struct trials trials = {0};
    bool done = options->suite ? hold_suite(options, &trials, error, error_bytes)
                               : hold_one(options, &trials, error, error_bytes);
    if (done && !print(options, &trials, out))
        done = fail(error, error_bytes, "cannot report", strerror(errno));
    for (size_t i = 0; i < trials.count; i++) {
        jury_destroy(trials.at[i].jury);
        tally_destroy(trials.at[i].tally);
        labels_destroy(trials.at[i].labels);
    }
    free(trials.at);
    return done;
}
