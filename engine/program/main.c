#include "engine/base/log.h"
#include "engine/program/command.h"
#include "engine/program/config.h"
#include "engine/program/evaluate.h"
#include "engine/program/run.h"
#include "engine/program/timeline.h"
#include "engine/store/store_export.h"
#include "web/token.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2, ERROR_BYTES = 512 };

static int fail(const char *error) {
    fprintf(stderr, "%swary: %s\n", log_number(LOG_LEVEL_ERROR), error);
    return FAILURE;
}

/* What was printed has arrived; a full disk is a failure. */
static int flush_output(void) {
    return fflush(stdout) == 0 ? SUCCESS : fail(strerror(errno));
}

/* The file's word, then the command line's. */
static bool fill(void *context, struct config *config, FILE *mistakes) {
    const struct command *command = context;
    if (command->config_path && !config_read(config, command->config_path, mistakes))
        return false;
    if (command->listen)
        config_parse_listen(command->listen, &config->web);
    /* What the network's own instance has learnt is not for replays, unless they are told. */
    const char *state_dir = command->state_dir             ? command->state_dir
                            : command->verb != COMMAND_RUN ? ""
                            : config->state_dir[0]         ? NULL
                                                           : "/var/lib/wary";
    if (state_dir)
        snprintf(config->state_dir, sizeof config->state_dir, "%s", state_dir);
    config->engine.families_off |= command->families_off;
    return true;
}

static bool configure(struct config *config, struct command *command) {
    char *text = NULL;
    size_t length;
    FILE *mistakes = open_memstream(&text, &length);
    if (!mistakes) {
        fail(strerror(errno));
        return false;
    }
    config_init(config);
    bool good = fill(command, config, mistakes);
    fclose(mistakes);
    for (char *rest = text, *line; (line = strtok_r(rest, "\n", &rest));)
        fprintf(stderr, "%s%s\n", log_number(LOG_LEVEL_ERROR), line);
    free(text);
    log_set_level(config->log_level);
    return good;
}

static uint64_t clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

/* The interfaces of the configuration, where the command line says nothing. */
static bool choose_interfaces(struct command *command, const struct config *config) {
    if (command->verb != COMMAND_RUN || command->interface_count > 0 || command->watch)
        return true;
    for (size_t i = 0; i < config->interfaces.count && i < COMMAND_INTERFACES; i++)
        command->interfaces[command->interface_count++] = config->interfaces.at[i];
    return command->interface_count > 0;
}

static void print_summary(const struct run *run) {
    struct run_summary summary = run_summary(run);
    fprintf(stderr,
            "%swary: %" PRIu64 " packets, %" PRIu32 " devices, %" PRIu64
            " findings, %" PRIu64 " dropped, %.1f s\n",
            log_number(LOG_LEVEL_NOTICE), summary.packets, summary.devices,
            summary.findings, summary.dropped, summary.seconds);
}

static bool is_same_file(const struct stat *a, const char *path) {
    struct stat b;
    return S_ISREG(a->st_mode) && stat(path, &b) == 0 && a->st_dev == b.st_dev &&
           a->st_ino == b.st_ino;
}

/* Whether `path` could be written, without touching it yet, nor what is to be read. */
static bool check_output(const char *path, const struct command *command, char *error,
                         size_t error_bytes) {
    char directory[CONFIG_PATH_BYTES] = ".";
    const char *slash = strrchr(path, '/');
    struct stat status;
    if (slash)
        snprintf(directory, sizeof directory, "%.*s",
                 (int)(slash > path ? slash - path : 1), path);
    bool there = stat(path, &status) == 0;
    for (size_t i = 0; there && i < command->file_count; i++)
        if (is_same_file(&status, command->files[i])) {
            snprintf(error, error_bytes, "%s: is a capture to be read", path);
            return false;
        }
    if (timeline_is_standard_output(path))
        return true;
    if (there && S_ISDIR(status.st_mode))
        errno = EISDIR;
    else if (access(there ? path : directory, W_OK) == 0)
        return true;
    snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
    return false;
}

enum { WINDOWS, FINDINGS, OUTPUTS };

/* What a replay writes. An output that is not wanted has an empty sink. */
struct outputs {
    const char *paths[OUTPUTS];
    struct timeline *files[OUTPUTS];
    struct engine_sink sinks[OUTPUTS];
};

static bool open_outputs(struct outputs *outputs, const struct command *command,
                         char *error, size_t error_bytes) {
    static const enum timeline_kind kinds[] = {
        [WINDOWS] = TIMELINE_WINDOWS, [FINDINGS] = TIMELINE_FINDINGS};
    for (int i = 0; i < OUTPUTS; i++)
        if (outputs->paths[i] &&
            !check_output(outputs->paths[i], command, error, error_bytes))
            return false;
    for (int i = 0; i < OUTPUTS; i++) {
        if (!outputs->paths[i])
            continue;
        outputs->files[i] =
            timeline_open(outputs->paths[i], kinds[i], error, error_bytes);
        if (!outputs->files[i])
            return false;
        outputs->sinks[i] = timeline_sink(outputs->files[i]);
    }
    return true;
}

static bool close_outputs(struct outputs *outputs, char *error, size_t error_bytes) {
    bool written = true;
    for (int i = 0; i < OUTPUTS; i++) {
        written &= timeline_close(outputs->files[i], error, error_bytes);
        outputs->files[i] = NULL;
    }
    return written;
}

/* `run` and `replay`: the one watches, the other reads; the rest is the same. */
static int work(struct command *command) {
    static struct config config;
    char error[ERROR_BYTES];
    if (!configure(&config, command))
        return FAILURE;
    if (!choose_interfaces(command, &config)) {
        fail("nothing to watch: neither -i nor --watch, nor interfaces in the section "
             "capture of the configuration");
        return USAGE;
    }
    log_limit(command->verb == COMMAND_RUN ? clock_s : NULL);
    struct outputs outputs = {
        .paths = {command->timeline_path, command->findings_path}};
    struct run_options options = {
        .config = &config,
        .captures = command->files,
        .capture_count = command->file_count,
        .watch = command->watch,
        .interfaces = command->interfaces,
        .interface_count = command->interface_count,
        .speed = command->speed,
        .sinks = outputs.sinks,
        .sink_count = OUTPUTS,
        .signals = true,
        .confine = command->verb == COMMAND_RUN,
        .serve = command->serve || command->verb == COMMAND_RUN,
        .progress = isatty(STDERR_FILENO),
        .configure = command->config_path ? fill : NULL,
        .context = command,
    };
    /* All that can be found wrong is found before anything is written or read. */
    struct run *run = run_open(&options, error, sizeof error);
    if (!run || !open_outputs(&outputs, command, error, sizeof error)) {
        run_close(run);
        return fail(error);
    }
    enum run_outcome outcome = run_process(run, error, sizeof error);
    int status = outcome == RUN_FAILED ? fail(error) : SUCCESS;
    if (!close_outputs(&outputs, error, sizeof error))
        status = fail(error);
    print_summary(run);
    if (outcome == RUN_ENDED && options.serve)
        run_wait(run);
    run_close(run);
    log_settle(true);
    return status;
}

static int evaluate(struct command *command) {
    static struct config config;
    char error[ERROR_BYTES];
    if (!configure(&config, command))
        return FAILURE;
    if (command->timeline_path &&
        !check_output(command->timeline_path, command, error, sizeof error))
        return fail(error);
    struct evaluate_options options = {
        .config = &config,
        .captures = command->files,
        .capture_count = command->file_count,
        .events = command->events_path,
        .suite = command->suite_dir,
        .timeline = command->timeline_path,
        .budget_per_week = command->budget_per_week,
        .json = command->json,
        .progress = isatty(STDERR_FILENO),
    };
    if (!evaluate_run(&options, stdout, error, sizeof error))
        return fail(error);
    return flush_output();
}

static int check_config(const struct command *command) {
    static struct config config;
    config_init(&config);
    if (command->defaults)
        config_write(&config, stdout);
    else if (!config_read(&config, command->files[0], stderr))
        return FAILURE;
    else
        printf("%s: no mistakes\n", command->files[0]);
    return flush_output();
}

/* A file, or a standard stream where none or "-" is named. */
static FILE *open_stream(const char *path, const char *mode, FILE *standard) {
    return path && strcmp(path, "-") != 0 ? fopen(path, mode) : standard;
}

static int look_after_state(const struct command *command) {
    const char *action = command->files[0], *directory = command->state_dir;
    const char *path = command->file_count > 1 ? command->files[1] : NULL;
    bool writes = strcmp(action, "export") == 0, reads = strcmp(action, "import") == 0;
    char error[ERROR_BYTES] = "";
    FILE *stream = reads ? open_stream(path, "r", stdin)
                         : open_stream(writes ? path : NULL, "wx", stdout);
    bool good = stream != NULL;
    if (!good)
        snprintf(error, sizeof error, "%s: %s", path, strerror(errno));
    else if (strcmp(action, "info") == 0)
        good = store_export_info(directory, stream, error, sizeof error);
    else if (strcmp(action, "check") == 0)
        good = store_export_check(directory, stream, error, sizeof error);
    else if (strcmp(action, "backup") == 0)
        good = store_export_backup(directory, path, error, sizeof error);
    else if (writes)
        good = store_export_write(directory, stream, error, sizeof error);
    else
        good =
            store_export_read(directory, stream, path && *path != '-' ? path : "stdin",
                              error, sizeof error);
    if (stream && stream != stdout && stream != stdin && fclose(stream) != 0 && good) {
        snprintf(error, sizeof error, "%s: %s", path, strerror(errno));
        good = false;
    }
    int flushed = flush_output();
    return good ? flushed : fail(error);
}

static int look_after_tokens(const struct command *command) {
    const char *action = command->files[0], *directory = command->state_dir;
    char error[ERROR_BYTES], text[TOKEN_TEXT_BYTES];
    bool good;
    if (strcmp(action, "list") == 0) {
        good = token_list(directory, stdout, error, sizeof error);
    } else if (strcmp(action, "revoke") == 0) {
        good = token_revoke(directory, command->files[1], error, sizeof error);
    } else {
        unsigned scopes = 1U << AUTH_RISK_READ;
        if (command->scopes)
            auth_parse_scopes(command->scopes, &scopes);
        time_t end_s =
            command->expires_s > 0 ? time(NULL) + (time_t)command->expires_s : 0;
        good = token_create(directory, command->files[1], scopes, end_s, text, error,
                            sizeof error);
        if (good)
            puts(text);
    }
    return good ? flush_output() : fail(error);
}

int main(int argc, char **argv) {
    struct command command;
    char error[ERROR_BYTES];
    if (!command_parse(argc, argv, &command, error, sizeof error)) {
        fprintf(stderr, "%s%s\n", log_number(LOG_LEVEL_ERROR), error);
        return USAGE;
    }
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error like any other */
    switch (command.verb) {
    case COMMAND_RUN:
    case COMMAND_REPLAY:
        return work(&command);
    case COMMAND_EVALUATE:
        return evaluate(&command);
    case COMMAND_STATE:
        return look_after_state(&command);
    case COMMAND_TOKEN:
        return look_after_tokens(&command);
    case COMMAND_CHECK_CONFIG:
        return check_config(&command);
    case COMMAND_VERSION:
        puts("wary " WARY_VERSION);
        return flush_output();
    case COMMAND_HELP:
        command_help(command.about, stdout);
        return flush_output();
    }
    return USAGE;
}
