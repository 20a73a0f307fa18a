#include "engine/program/run.h"

#include "collectors/collector.h"
#include "engine/base/counters.h"
#include "engine/base/log.h"
#include "engine/base/ring.h"
#include "engine/ledger.h"
#include "engine/merge.h"
#include "engine/program/notify.h"
#include "engine/program/privilege.h"
#include "engine/program/progress.h"
#include "engine/program/reload.h"
#include "engine/program/signals.h"
#include "engine/store/store.h"
#include "engine/store/store_message.h"
#include "web/token.h"
#include "web/told.h"
#include "web/web.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ERROR_BYTES = 512,
    /* Live, a burst waits in the ring; in a replay the collector waits, and a ring that
       stays in the cache is faster. */
    LIVE_RECORDS = 65536,
    REPLAY_RECORDS = 2048,
    PROGRESS_MS = 250,
    SINKS = 4,
    MESSAGES = 2048, /* told and not yet applied */
};

#define REPLAY_SEED 0x77617279U

/* A collector with its thread; `failed` and `error` are the thread's until `over`. */
struct source {
    struct counters counters;
    struct ring *ring;
    struct collector *collector;
    struct run *run;
    pthread_t thread;
    bool started, failed;
    uint64_t turns; /* of its loop when it was looked at last */
    _Atomic bool over;
    char error[ERROR_BYTES];
};

struct run {
    struct run_options options;
    struct board *board;
    struct engine *engine;
    struct registry *registry; /* NULL: no lists are there */
    struct ledger *ledger;     /* NULL: no flows are kept */
    struct store *store;       /* NULL: nothing is kept */
    struct inbox *inbox;
    struct store_message *keeper; /* of what comes through the inbox; NULL: nobody */
    struct web *web;
    struct web_capture *captures; /* as the web names them */
    size_t source_count;
    struct ring **rings;
    const char **names; /* of the sources, several queues have the same */
    struct collector_meeting meeting;
    struct privilege privilege;
    uint16_t group; /* of the first interface's queues; the others' follow */
    uint64_t seed;
    pthread_t engine_thread;
    bool judging; /* there is an engine's thread */
    _Atomic bool engine_stop, engine_over;
    int news;                /* eventfd: a thread is over */
    int signals;             /* signalfd; -1 when they have their default effect */
    uint64_t known_findings; /* of earlier runs */
    uint64_t turns;          /* of the engine when it was looked at last */
    double notified_s;       /* when the service manager heard last, by the clock */
    double seconds;
    struct source sources[];
};

/* From now on a signal has its default effect. */
static void release_signals(struct run *run) {
    signals_release(run->signals);
    run->signals = -1;
}

static double clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool is_live(const struct run_options *options) {
    return options->interface_count > 0 || options->watch;
}

static const char *name_of(const struct run_options *options, size_t interface) {
    return options->interface_count > 0 ? options->interfaces[interface]
           : options->watch             ? options->watch
                                        : "replay";
}

static struct collector *open_collector(const struct run_options *options,
                                        const struct collector_options *collector,
                                        const char *name, struct source *source,
                                        char *error, size_t error_bytes) {
    if (options->interface_count > 0)
        return collector_open_interface(collector, name, source->ring,
                                        &source->counters, error, error_bytes);
    if (options->watch)
        return collector_open_growing(collector, name, source->ring, &source->counters,
                                      error, error_bytes);
    return collector_open_files(collector, options->captures, options->capture_count,
                                source->ring, &source->counters, error, error_bytes);
}

static bool open_source(struct run *run, struct source *source, char *error,
                        size_t error_bytes) {
    const struct run_options *options = &run->options;
    size_t number = (size_t)(source - run->sources);
    bool live = options->interface_count > 0;
    size_t queues = live ? options->config->queues : run->source_count;
    const char *name = name_of(options, number / queues);
    struct collector_options collector = options->config->collector;
    collector.shares = (uint16_t)queues;
    collector.share = (uint16_t)(number % queues);
    collector.group = (uint16_t)(run->group + number / queues);
    collector.meeting = live ? &run->meeting : NULL;
    collector.seed = run->seed;
    collector.speed = options->speed;
    collector.live = live;
    collector.queue = (uint16_t)number;
    source->run = run;
    source->ring =
        ring_create(live ? LIVE_RECORDS : REPLAY_RECORDS, sizeof(struct record));
    if (!source->ring) {
        snprintf(error, error_bytes, "not enough memory for a ring of records");
        return false;
    }
    run->rings[number] = source->ring;
    run->names[number] = name;
    run->captures[number] = (struct web_capture){
        .name = name,
        .queue = collector.share,
        .counters = &source->counters,
    };
    source->collector =
        open_collector(options, &collector, name, source, error, error_bytes);
    return source->collector != NULL;
}

static bool serve(struct run *run, char *error, size_t error_bytes) {
    struct web_options web = run->options.config->web;
    char address[ADDRESS_TEXT_BYTES];
    web.max_age_s = run->options.config->engine.max_age_s;
    web.version = WARY_VERSION;
    web.inbox = run->inbox;
    web.zones = run->options.config->engine.zones;
    web.store = run->store;
    web.ledger = run->ledger;
    if (!web.tokens_path[0] && run->store) {
        web.tokens_may_come = true;
        if (snprintf(web.tokens_path, sizeof web.tokens_path, "%s/" TOKEN_FILE,
                     run->options.config->state_dir) >= (int)sizeof web.tokens_path) {
            snprintf(error, error_bytes, "the state directory's name is too long");
            return false;
        }
    }
    run->web = web_start(&web, run->board, run->captures, run->source_count, error,
                         error_bytes);
    if (!run->web)
        return false;
    address_format(&web.address, address);
    log_line(LOG_LEVEL_NOTICE,
             web.address.family == 6 ? "answering at %s://[%s]:%u/"
                                     : "answering at %s://%s:%u/",
             web.certificate_path[0] ? "https" : "http", address, web_port(run->web));
    return true;
}

/* A pipe can be read by one queue alone. */
static bool are_files(const char *const *captures, size_t count) {
    struct stat status;
    for (size_t i = 0; i < count; i++)
        if (strcmp(captures[i], "-") == 0 || stat(captures[i], &status) != 0 ||
            !S_ISREG(status.st_mode))
            return false;
    return true;
}

static size_t count_sources(const struct run_options *options) {
    if (options->interface_count > 0)
        return options->interface_count * options->config->queues;
    return !options->watch && are_files(options->captures, options->capture_count)
               ? options->config->queues
               : 1;
}

struct run *run_open(const struct run_options *options, char *error,
                     size_t error_bytes) {
    bool live = is_live(options);
    size_t count = count_sources(options);
    struct run *run = calloc(1, sizeof *run + count * sizeof run->sources[0]);
    snprintf(error, error_bytes, "not enough memory");
    if (!run)
        return NULL;
    run->options = *options;
    run->source_count = count;
    run->seed = REPLAY_SEED;
    run->signals = -1;
    run->privilege.channel = -1;
    run->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    run->rings = calloc(count, sizeof run->rings[0]);
    run->names = calloc(count, sizeof run->names[0]);
    run->captures = calloc(count, sizeof run->captures[0]);
    run->board = board_create();
    run->inbox = inbox_create(MESSAGES);
    if (run->news < 0 || !run->rings || !run->names || !run->captures || !run->board ||
        !run->inbox)
        goto fail;
    if (live && (getrandom(&run->seed, sizeof run->seed, 0) < 0 ||
                 getrandom(&run->group, sizeof run->group, 0) < 0)) {
        snprintf(error, error_bytes, "no random numbers: %s", strerror(errno));
        goto fail;
    }
    if (count > MERGE_QUEUES) {
        snprintf(error, error_bytes,
                 "%zu queues in all, but no more than %d can be merged", count,
                 MERGE_QUEUES);
        goto fail;
    }
    if (options->confine &&
        !privilege_prepare(&run->privilege, options->config->user,
                           options->interface_count > 0, error, error_bytes))
        goto fail;
    for (size_t i = 0; i < count; i++)
        if (!open_source(run, &run->sources[i], error, error_bytes))
            goto fail;
    const char *state_dir = options->config->state_dir;
    if (options->confine &&
        !(privilege_hand_over(&run->privilege, state_dir, error, error_bytes) &&
          privilege_drop(&run->privilege, state_dir, error, error_bytes)))
        goto fail;
    /* Not before: opening standard input may wait for ever, and must be ended easily. */
    if (options->signals && (run->signals = signals_take(options->serve)) < 0) {
        snprintf(error, error_bytes, "no signals: %s", strerror(errno));
        goto fail;
    }
    /* What is answered before the engine has its first word. */
    board_publish(run->board,
                  &(struct engine_status){.live = live,
                                          .is_clocked = options->interface_count > 0,
                                          .replaying = !live});
    if (options->config->state_dir[0])
        inbox_guard(run->inbox);
    /* Late, as it may leave a new directory behind. */
    if (state_dir[0] && !(run->store = store_open(state_dir, error, error_bytes)))
        goto fail;
    if (run->store)
        store_limit(run->store, &options->config->limits);
    if (options->serve && options->config->mud.learn > 0)
        run->ledger = ledger_create(options->config->mud.learn,
                                    options->config->engine.device_capacity, run->seed);
    if (options->serve && !serve(run, error, error_bytes))
        goto fail;
    return run;
fail:
    run_close(run);
    return NULL;
}

static void tell(struct run *run) {
    uint64_t one = 1;
    while (write(run->news, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

/* What `top -H` calls them. */
static void *collect(void *argument) {
    struct source *source = argument;
    pthread_setname_np(pthread_self(), "collector");
    source->failed =
        !collector_run(source->collector, source->error, sizeof source->error);
    atomic_store(&source->over, true);
    tell(source->run);
    return NULL;
}

static void *judge(void *argument) {
    struct run *run = argument;
    pthread_setname_np(pthread_self(), "engine");
    engine_run(run->engine, run->rings, run->source_count, &run->engine_stop);
    atomic_store(&run->engine_over, true);
    tell(run);
    return NULL;
}

static void stop_sources(struct run *run) {
    for (size_t i = 0; i < run->source_count; i++)
        collector_stop(run->sources[i].collector);
}

static const struct source *find_failed(const struct run *run) {
    for (size_t i = 0; i < run->source_count; i++)
        if (atomic_load(&run->sources[i].over) && run->sources[i].failed)
            return &run->sources[i];
    return NULL;
}

/* What was told to an earlier run. */
static void recall(void *context, const char *device, const char *place,
                   const char *text, uint64_t time_ns) {
    struct run *run = context;
    const struct told told = {.zones = run->options.config->engine.zones};
    struct message message;
    if (!told_again(place, text, time_ns, &told, &message)) {
        log_line(LOG_LEVEL_WARNING, "%s of %s does not hold any more: %s", place,
                 device, text);
        return;
    }
    snprintf(message.device, sizeof message.device, "%s", device);
    engine_recall(run->engine, &message);
}

/* All that is known of before, and from now on all that is told is kept. */
static bool restore(struct run *run, char *error, size_t error_bytes) {
    store_restore(run->store, run->engine);
    if (!store_message_recall(run->store, recall, run)) {
        snprintf(error, error_bytes, "%s: what was told could not be read",
                 run->options.config->state_dir);
        return false;
    }
    run->keeper = run->web ? store_message_start(run->store, run->inbox) : NULL;
    if (!run->web || run->keeper)
        return true;
    snprintf(error, error_bytes, "no thread to keep what is told");
    return false;
}

static bool start(struct run *run, char *error, size_t error_bytes) {
    struct engine_options engine = run->options.config->engine;
    engine.seed = run->seed;
    engine.live = is_live(&run->options);
    engine.is_clocked = run->options.interface_count > 0;
    engine.sources = run->names;
    engine.source_count = engine.live ? run->source_count : 0;
    run->registry = registry_load(run->options.config->vendors_dir);
    if (!run->registry)
        log_line(LOG_LEVEL_INFO,
                 "no lists of MAC addresses in '%s': makers have no names",
                 run->options.config->vendors_dir);
    engine.registry = run->registry;
    engine.ledger = run->ledger;
    struct engine_sink sinks[SINKS];
    size_t count = 0;
    while (count < run->options.sink_count && count < SINKS - 1) {
        sinks[count] = run->options.sinks[count];
        count++;
    }
    if (run->store)
        sinks[count++] = store_sink(run->store);
    run->engine = engine_create(&engine, run->board, sinks, count);
    if (!run->engine) {
        snprintf(error, error_bytes, "not enough memory for %" PRIu32 " devices",
                 engine.device_capacity);
        return false;
    }
    if (run->store && !restore(run, error, error_bytes))
        return false;
    engine_listen(run->engine, run->inbox);
    if (run->options.watch && engine_restored_ns(run->engine) > 0)
        collector_resume(run->sources[0].collector, engine_restored_ns(run->engine));
    run->known_findings = engine_status(run->engine)->findings_total;
    int failure = pthread_create(&run->engine_thread, NULL, judge, run);
    run->judging = failure == 0;
    for (size_t i = 0; i < run->source_count && failure == 0; i++) {
        failure =
            pthread_create(&run->sources[i].thread, NULL, collect, &run->sources[i]);
        run->sources[i].started = failure == 0;
    }
    if (failure == 0)
        return true;
    snprintf(error, error_bytes, "no thread: %s", strerror(failure));
    /* A collector that is not there sends no end. */
    atomic_store(&run->engine_stop, true);
    for (size_t i = 0; i < run->source_count; i++)
        ring_cancel(run->sources[i].ring);
    return false;
}

static void take_up_anew(struct run *run) {
    const struct run_options *options = &run->options;
    notify_reloading();
    reload(options->config, run->engine, run->web, options->configure,
           options->context);
    notify_ready();
}

/* Sleeps until a thread is over, a signal comes or the time is up. True on a signal to
   stop; one to reload is obeyed here. */
static bool wait_for_news(struct run *run, int timeout_ms) {
    struct pollfd waiting[] = {{.fd = run->news, .events = POLLIN},
                               {.fd = run->signals, .events = POLLIN}};
    uint64_t ignored;
    if (poll(waiting, 2, timeout_ms) <= 0)
        return false;
    if (waiting[0].revents && read(run->news, &ignored, sizeof ignored) < 0)
        return false;
    enum signals_news signal =
        waiting[1].revents ? signals_read(run->signals) : SIGNALS_NONE;
    if (signal == SIGNALS_RELOAD)
        take_up_anew(run);
    return signal == SIGNALS_STOP;
}

static void show(const struct run *run, struct progress_moment *before) {
    struct progress_moment now = {.clock_s = clock_s()};
    if (now.clock_s - before->clock_s < PROGRESS_MS * 1e-3)
        return;
    for (size_t i = 0; i < run->source_count; i++) {
        const struct counters *counters = &run->sources[i].counters;
        uint64_t time_ns = counter_read(&counters->capture_time_ns);
        now.packets += counter_read(&counters->packets);
        now.bytes_read += counter_read(&counters->source_bytes_read);
        now.bytes_total += counter_read(&counters->source_bytes);
        if (time_ns > now.capture_time_ns)
            now.capture_time_ns = time_ns;
    }
    progress_show(before, &now);
    *before = now;
}

/* What the collectors count, all together. */
static struct run_summary count(const struct run *run) {
    struct run_summary summary = {0};
    for (size_t i = 0; i < run->source_count; i++) {
        const struct counters *counters = &run->sources[i].counters;
        summary.packets += counter_read(&counters->packets);
        summary.bytes += counter_read(&counters->bytes);
        summary.cut += counter_read(&counters->sources_cut);
        summary.dropped += counter_read(&counters->kernel_drops) +
                           counter_read(&counters->interface_drops) +
                           counter_read(&counters->ring_drops);
    }
    return summary;
}

/* Whether the engine and every collector has gone on since this was asked last. */
static bool goes_on(struct run *run) {
    uint64_t turns = engine_turns(run->engine);
    bool all = turns != run->turns;
    run->turns = turns;
    for (size_t i = 0; i < run->source_count; i++) {
        struct source *source = &run->sources[i];
        turns = counter_read(&source->counters.turns);
        all &= turns != source->turns || atomic_load(&source->over);
        source->turns = turns;
    }
    return all;
}

/* The manager ends a program that it has not heard of for too long, and starts it again. */
static void notify(struct run *run, int interval_ms) {
    double now_s = clock_s();
    if ((now_s - run->notified_s) * 2e3 < interval_ms || !goes_on(run))
        return;
    run->notified_s = now_s;
    char status[128];
    struct run_summary counts = count(run);
    const struct snapshot *snapshot = board_acquire(run->board);
    const struct engine_status *engine = snapshot_status(snapshot);
    snprintf(status, sizeof status,
             "%" PRIu32 " devices, %" PRIu32 " of them HIGH or CRITICAL; %" PRIu64
             " packets, %" PRIu64 " dropped",
             engine->devices,
             engine->devices_by_level[LEVEL_HIGH] +
                 engine->devices_by_level[LEVEL_CRITICAL],
             counts.packets, counts.dropped);
    board_release(snapshot);
    notify_alive(status);
    log_settle(false);
}

static void join(struct run *run) {
    for (size_t i = 0; i < run->source_count; i++)
        if (run->sources[i].started)
            pthread_join(run->sources[i].thread, NULL);
    if (run->judging)
        pthread_join(run->engine_thread, NULL);
}

/* The service manager hears only of what runs until it is stopped. */
static int find_interval_ms(const struct run_options *options, bool failed) {
    int interval_ms = is_live(options) ? notify_interval_ms() : -1;
    if (interval_ms >= 0 && !failed)
        notify_ready();
    return interval_ms;
}

enum run_outcome run_process(struct run *run, char *error, size_t error_bytes) {
    const struct run_options *options = &run->options;
    struct progress_moment before = {.clock_s = clock_s()};
    double start_s = before.clock_s;
    bool stopped = false;
    bool failed = !start(run, error, error_bytes);
    int interval_ms = find_interval_ms(options, failed);
    while (run->judging && !atomic_load(&run->engine_over)) {
        if (failed || stopped || find_failed(run))
            stop_sources(run);
        if (wait_for_news(run, options->progress ? PROGRESS_MS : interval_ms)) {
            stopped = true;
            notify_stopping();
            release_signals(run);
        }
        if (interval_ms >= 0)
            notify(run, interval_ms);
        if (options->progress)
            show(run, &before);
    }
    if (options->progress)
        progress_clear();
    join(run);
    run->seconds = clock_s() - start_s;
    if (!failed && run->store && !store_save(run->store, run->engine)) {
        snprintf(error, error_bytes, "%s: what was learnt could not be written",
                 options->config->state_dir);
        failed = true;
    }
    const struct source *source = failed || stopped ? NULL : find_failed(run);
    if (source)
        snprintf(error, error_bytes, "%s", source->error);
    return failed || source ? RUN_FAILED : stopped ? RUN_STOPPED : RUN_ENDED;
}

/* The engine's thread is over: what is told now is taken here. */
void run_wait(struct run *run) {
    struct pollfd waiting[] = {{.fd = inbox_descriptor(run->inbox), .events = POLLIN},
                               {.fd = run->signals, .events = POLLIN}};
    enum signals_news signal = SIGNALS_NONE;
    while (signal != SIGNALS_STOP) {
        engine_attend(run->engine);
        poll(waiting, 2, -1);
        signal = signals_read(run->signals);
        if (signal == SIGNALS_RELOAD)
            take_up_anew(run);
    }
    release_signals(run);
}

struct run_summary run_summary(const struct run *run) {
    struct run_summary summary = count(run);
    summary.seconds = run->seconds;
    if (run->engine) {
        const struct engine_status *status = engine_status(run->engine);
        summary.findings = status->findings_total - run->known_findings;
        summary.devices = status->devices;
    }
    return summary;
}

void run_close(struct run *run) {
    if (!run)
        return;
    if (!run->keeper && run->inbox)
        inbox_unguard(run->inbox);
    web_stop(run->web);
    store_message_stop(run->keeper);
    inbox_destroy(run->inbox);
    store_close(run->store);
    engine_destroy(run->engine);
    registry_free(run->registry);
    ledger_destroy(run->ledger);
    for (size_t i = 0; i < run->source_count; i++) {
        collector_close(run->sources[i].collector);
        ring_destroy(run->sources[i].ring);
    }
    if (run->board)
        board_destroy(run->board);
    privilege_release(&run->privilege);
    release_signals(run);
    if (run->news >= 0)
        close(run->news);
    free(run->captures);
    free(run->names);
    free(run->rings);
    free(run);
}
