#include "engine/base/log.h"
#include "engine/program/command.h"
#include "engine/program/config.h"
#include "engine/program/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2, ERROR_BYTES = 512 };

static int fail(const char *error) {
    fprintf(stderr, "wary: %s\n", error);
    return FAILURE;
}

/* The file's word, then the command line's. */
static bool configure(struct config *config, const struct command *command) {
    config_init(config);
    if (command->config_path && !config_read(config, command->config_path, stderr))
        return false;
    if (command->has_listen)
        config->listen = command->listen;
    if (command->state_dir)
        snprintf(config->state_dir, sizeof config->state_dir, "%s", command->state_dir);
    config->engine.families_off |= command->families_off;
    log_set_level(config->log_level);
    return true;
}

static void print_summary(const struct run *run) {
    struct run_summary summary = run_summary(run);
    fprintf(stderr,
            "wary: %" PRIu64 " packets, %" PRIu32 " devices, %" PRIu64
            " findings, %" PRIu64 " dropped, %.1f s\n",
            summary.packets, summary.devices, summary.findings, summary.dropped,
            summary.seconds);
}

/* `run` and `replay`: the one watches, the other reads; the rest is the same. */
static int work(const struct command *command) {
    static struct config config;
    char error[ERROR_BYTES];
    if (!configure(&config, command))
        return FAILURE;
    struct run_options options = {
        .config = &config,
        .captures = command->files,
        .capture_count = command->file_count,
        .interfaces = command->interfaces,
        .interface_count = command->interface_count,
        .speed = command->speed,
        .signals = true,
        .serve = command->serve || command->verb == COMMAND_RUN,
        .progress = isatty(STDERR_FILENO),
    };
    struct run *run = run_open(&options, error, sizeof error);
    if (!run)
        return fail(error);
    enum run_outcome outcome = run_process(run, error, sizeof error);
    print_summary(run);
    int status = outcome == RUN_FAILED ? fail(error) : SUCCESS;
    if (outcome == RUN_ENDED && options.serve)
        run_wait(run);
    run_close(run);
    return status;
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
    return fflush(stdout) == 0 ? SUCCESS : FAILURE;
}

int main(int argc, char **argv) {
    struct command command;
    char error[ERROR_BYTES];
    if (!command_parse(argc, argv, &command, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        return USAGE;
    }
    switch (command.verb) {
    case COMMAND_RUN:
    case COMMAND_REPLAY:
        return work(&command);
    case COMMAND_EVALUATE:
        return FAILURE;
    case COMMAND_CHECK_CONFIG:
        return check_config(&command);
    case COMMAND_VERSION:
        puts("wary " WARY_VERSION);
        return SUCCESS;
    case COMMAND_HELP:
        command_help(command.about, stdout);
        return SUCCESS;
    }
    return USAGE;
}
