#include "collectors/pcap.h"

#include "collectors/decode.h"
#include "collectors/filter.h"
#include "collectors/gather.h"
#include "collectors/interface.h"
#include "collectors/savefile.h"
#include "collectors/watch.h"
#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH_FRAMES = 256, READ_BUFFER_BYTES = 256 * 1024 };

struct pcap_source {
    pcap_t *handle; /* NULL between files */
    struct pcap_options options;

    bool is_live, is_growing;
    struct interface interface; /* live; its handle is here, too */

    const char *const *paths;
    size_t count, next; /* next: the file to open next */
    const char *name;   /* of the open file */
    int descriptor;     /* and its own */

    /* Growing: the path, and the directory that it is, or NULL for a pipe. */
    const char *path;
    struct watch *watch;
    uint64_t frames, skipped; /* of the open file; and those that were read before */
    uint64_t bytes;
    char *buffer;
    struct savefile savefile; /* open where it reads the file in libpcap's stead */

    /* Of the read that is going on. */
    void (*handler)(void *, const struct pcap_frame *, unsigned);
    void *context;
    int link_type;
    struct gather gather; /* handed over before anything is waited for */
};

static bool is_standard_input(const char *path) {
    return strcmp(path, "-") == 0;
}

static const char *file_name(const char *path) {
    return is_standard_input(path) ? "standard input" : path;
}

/* --- files --- */

/* stdio's reads come through here: a pipe that has nothing to say must not keep us from
   stopping, and progress is counted by the buffer, not by the packet. */
static bool is_stopped(const struct pcap_source *source) {
    return atomic_load_explicit(source->options.stop, memory_order_relaxed);
}

static void hand_over(struct pcap_source *source) {
    if (source->gather.count > 0)
        source->handler(source->context, source->gather.frames, source->gather.count);
    gather_clear(&source->gather);
}

/* What is there; 0 at the end; negative, errno EAGAIN, if nothing came for a while. */
static ssize_t read_now(struct pcap_source *source, char *bytes, size_t size) {
    struct pollfd input = {.fd = source->descriptor, .events = POLLIN};
    int ready = poll(&input, 1, PCAP_TIMEOUT_MS);
    if (ready == 0)
        errno = EAGAIN;
    if (ready <= 0)
        return -1;
    return read(source->descriptor, bytes, size);
}

static ssize_t read_input(void *cookie, char *bytes, size_t size) {
    struct pcap_source *source = cookie;
    bool over = !source->watch; /* at the end of what is written, another file waits */
    hand_over(source);
    while (!is_stopped(source)) {
        counter_add(&source->options.counters->turns, 1);
        ssize_t got = read_now(source, bytes, size);
        if (got > 0) {
            counter_add(&source->options.counters->source_bytes_read, (uint64_t)got);
            source->bytes += (uint64_t)got;
        }
        if (got > 0 || (got == 0 && over) ||
            (got < 0 && errno != EINTR && errno != EAGAIN))
            return got;
        if (got == 0) {
            over = watch_is_over(source->watch);
            if (!over)
                watch_wait(source->watch, PCAP_TIMEOUT_MS);
        }
        if (source->options.idle && (got < 0 || !over))
            source->options.idle(source->options.context);
    }
    return 0;
}

static int close_input(void *cookie) {
    struct pcap_source *source = cookie;
    int descriptor = source->descriptor;
    source->descriptor = -1;
    return descriptor > STDIN_FILENO ? close(descriptor) : 0;
}

/* Whether libpcap's complaint is that the input ended too early. It says so in words
   only. */
static bool is_cut(const char *complaint) {
    return strstr(complaint, "truncated") != NULL;
}

enum { HEAD_BYTES = 4 };

/* What a compressed file begins with. */
static const struct {
    const char *unpacker;
    uint8_t bytes;
    uint8_t head[HEAD_BYTES];
} packings[] = {
    {"zcat", 2, {0x1f, 0x8b}},
    {"xzcat", 4, {0xfd, '7', 'z', 'X'}},
    {"zstdcat", 4, {0x28, 0xb5, 0x2f, 0xfd}},
    {"bzcat", 3, {'B', 'Z', 'h'}},
    {"lz4cat", 4, {0x04, 0x22, 0x4d, 0x18}},
};

static void say_no_capture(const char *name, const char *reason, const char *head,
                           char *error, size_t error_bytes) {
    for (unsigned i = 0; i < sizeof packings / sizeof packings[0]; i++)
        if (memcmp(head, packings[i].head, packings[i].bytes) == 0) {
            snprintf(error, error_bytes,
                     "%s: compressed; unpack it: %s … | wary replay -", name,
                     packings[i].unpacker);
            return;
        }
    snprintf(error, error_bytes, "%s: %s", name,
             is_cut(reason) ? "too short to be a capture file" : reason);
}

static void tell_cut(const struct pcap_source *source) {
    if (source->options.is_echo)
        return;
    counter_add(&source->options.counters->sources_cut, 1);
    log_line(LOG_LEVEL_WARNING, "%s: cut inside a packet, read up to there",
             source->name);
}

/* Where libpcap's own reading is not needed. What it has read ahead is read again. */
static void take_over(struct pcap_source *source, uint64_t read_before) {
    bool is_filtered = source->options.filter && source->options.filter[0];
    if (!is_filtered && source->descriptor > STDIN_FILENO &&
        decode_knows(source->link_type) &&
        savefile_open(&source->savefile, source->descriptor, source->link_type,
                      (uint32_t)pcap_snapshot(source->handle)))
        counter_set(&source->options.counters->source_bytes_read,
                    read_before + source->savefile.bytes_read);
}

static bool open_file(struct pcap_source *source, const char *path, char *error,
                      size_t error_bytes) {
    uint64_t read_before = counter_read(&source->options.counters->source_bytes_read);
    const char *name = source->name = file_name(path);
    source->frames = source->bytes = 0;
    source->descriptor =
        is_standard_input(path)
            ? STDIN_FILENO
            : open(path, O_RDONLY | O_CLOEXEC | (source->is_growing ? O_NONBLOCK : 0));
    if (source->descriptor < 0) {
        snprintf(error, error_bytes, "%s: %s", name, strerror(errno));
        return false;
    }
    cookie_io_functions_t functions = {.read = read_input, .close = close_input};
    FILE *file = fopencookie(source, "r", functions);
    if (!file) {
        snprintf(error, error_bytes, "%s: %s", name, strerror(errno));
        close_input(source);
        return false;
    }
    setvbuf(file, source->buffer, _IOFBF, READ_BUFFER_BYTES);
    /* Nobody else reads it: to lock it twice a packet costs as much as to decode one. */
    __fsetlocking(file, FSETLOCKING_BYCALLER);
    char reason[PCAP_ERRBUF_SIZE] = "";
    source->handle = pcap_fopen_offline_with_tstamp_precision(
        file, PCAP_TSTAMP_PRECISION_NANO, reason);
    if (!source->handle) {
        char head[HEAD_BYTES] = "";
        memcpy(head, source->buffer, source->bytes < HEAD_BYTES ? 0 : HEAD_BYTES);
        say_no_capture(name, reason, head, error, error_bytes);
        fclose(file);
        return false;
    }
    source->link_type = pcap_datalink(source->handle);
    if (!filter_apply(source->handle, source->options.filter, name, error,
                      error_bytes)) {
        pcap_close(source->handle);
        source->handle = NULL;
        return false;
    }
    if (!source->is_growing)
        take_over(source, read_before);
    return true;
}

/* A file that is no capture is told before the ones ahead of it are read. */
static bool is_capture(const char *path, char *error, size_t error_bytes) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    pcap_t *handle = pcap_open_offline(path, reason);
    if (!handle) {
        char head[HEAD_BYTES] = "";
        FILE *file = fopen(path, "re");
        if (file && fread(head, 1, HEAD_BYTES, file) < HEAD_BYTES)
            head[0] = '\0';
        if (file)
            fclose(file);
        say_no_capture(path, reason, head, error, error_bytes);
        return false;
    }
    pcap_close(handle);
    return true;
}

/* Sizes are known ahead for regular files alone, and progress shown only if for all. */
static bool check_files(struct pcap_source *source, char *error, size_t error_bytes) {
    uint64_t bytes = 0;
    bool sizes_known = true;
    for (size_t i = 0; i < source->count; i++) {
        const char *path = source->paths[i];
        struct stat status;
        if (is_standard_input(path)) {
            sizes_known = false;
            continue;
        }
        if (stat(path, &status) != 0 || access(path, R_OK) != 0) {
            snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
            return false;
        }
        if (S_ISDIR(status.st_mode)) {
            snprintf(error, error_bytes, "%s: is a directory", path);
            return false;
        }
        if (!S_ISREG(status.st_mode))
            sizes_known = false;
        else if (!is_capture(path, error, error_bytes))
            return false;
        else
            bytes += (uint64_t)status.st_size;
    }
    counter_set(&source->options.counters->source_bytes, sizes_known ? bytes : 0);
    return true;
}

struct pcap_source *pcap_source_open_files(const struct pcap_options *options,
                                           const char *const *paths, size_t count,
                                           char *error, size_t error_bytes) {
    struct pcap_source *source = calloc(1, sizeof *source);
    if (!source || !(source->buffer = malloc(READ_BUFFER_BYTES))) {
        snprintf(error, error_bytes, "out of memory");
        free(source);
        return NULL;
    }
    source->options = *options;
    source->paths = paths;
    source->count = count;
    source->descriptor = -1;
    savefile_init(&source->savefile);
    if (count == 0)
        snprintf(error, error_bytes, "no capture file");
    if (count == 0 || !check_files(source, error, error_bytes) ||
        !open_file(source, paths[source->next++], error, error_bytes)) {
        pcap_source_close(source);
        return NULL;
    }
    return source;
}

/* The current file is over; NULL handle: there is no other. */
static bool next_file(struct pcap_source *source, char *error, size_t error_bytes) {
    pcap_close(source->handle);
    source->handle = NULL;
    savefile_close(&source->savefile);
    return source->next == source->count ||
           open_file(source, source->paths[source->next++], error, error_bytes);
}

/* --- growing --- */

struct pcap_source *pcap_source_open_growing(const struct pcap_options *options,
                                             const char *path, char *error,
                                             size_t error_bytes) {
    struct pcap_source *source = calloc(1, sizeof *source);
    struct stat status = {.st_mode = S_IFIFO};
    if (!source || !(source->buffer = malloc(READ_BUFFER_BYTES))) {
        snprintf(error, error_bytes, "out of memory");
        free(source);
        return NULL;
    }
    source->options = *options;
    source->path = path;
    source->is_growing = true;
    source->descriptor = -1;
    savefile_init(&source->savefile);
    bool there = is_standard_input(path) || stat(path, &status) == 0;
    if (!there)
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        source->watch = watch_open(path, error, error_bytes);
    else if (!S_ISFIFO(status.st_mode))
        snprintf(error, error_bytes, "%s: neither a directory nor a pipe", path);
    if (source->watch || (there && S_ISFIFO(status.st_mode)))
        return source;
    pcap_source_close(source);
    return NULL;
}

static void set_outage(struct pcap_source *source, enum outage outage) {
    if (counter_read(&source->options.counters->outage) == outage)
        return;
    counter_set(&source->options.counters->outage, outage);
    log_line(outage ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE,
             outage ? "%s: is gone, nothing is seen of it" : "%s: is watched again",
             source->path);
}

static void leave_growing(struct pcap_source *source, bool broken) {
    if (source->watch)
        watch_leave(source->watch, source->bytes, source->frames, broken);
    if (source->handle)
        pcap_close(source->handle);
    source->handle = NULL;
}

static enum pcap_result next_growing(struct pcap_source *source, char *error,
                                     size_t error_bytes) {
    const char *path = source->path;
    source->skipped = 0;
    if (source->watch) {
        path = watch_next(source->watch, &source->skipped);
        set_outage(source, watch_is_there(source->watch) ? OUTAGE_NONE : OUTAGE_GONE);
    }
    if (!path) {
        watch_wait(source->watch, PCAP_TIMEOUT_MS);
        return PCAP_IDLE;
    }
    if (open_file(source, path, error, error_bytes)) {
        set_outage(source, OUTAGE_NONE);
        return PCAP_FRAMES;
    }
    if (is_stopped(source))
        return PCAP_ENDED;
    if (is_standard_input(path))
        return PCAP_FAILED;
    log_line(LOG_LEVEL_WARNING, "%s: passed over", error);
    leave_growing(source, true);
    return PCAP_IDLE;
}

/* --- live --- */

struct pcap_source *pcap_source_open_interface(const struct pcap_options *options,
                                               const char *interface, char *error,
                                               size_t error_bytes) {
    struct pcap_source *source = calloc(1, sizeof *source);
    if (!source) {
        snprintf(error, error_bytes, "out of memory");
        return NULL;
    }
    source->options = *options;
    source->descriptor = -1;
    source->is_live = true;
    savefile_init(&source->savefile);
    if (interface_open(&source->interface, options, interface, error, error_bytes))
        return source;
    pcap_source_close(source);
    return NULL;
}

void pcap_source_count_drops(struct pcap_source *source) {
    if (source->is_live)
        interface_count_drops(&source->interface);
}

/* --- both --- */

void pcap_source_close(struct pcap_source *source) {
    if (!source)
        return;
    if (source->is_live)
        interface_close(&source->interface);
    else if (source->handle)
        pcap_close(source->handle);
    watch_close(source->watch);
    savefile_free(&source->savefile);
    free(source->buffer);
    free(source);
}

/* `unit_ns`: of what the fraction of a second is given in. */
static void pass_on(struct pcap_source *source, const struct pcap_pkthdr *header,
                    const u_char *bytes, int64_t unit_ns) {
    struct pcap_frame frame = {
        .time_s = header->ts.tv_sec,
        .time_remainder = header->ts.tv_usec * unit_ns,
        .link_type = source->link_type,
        .captured = header->caplen,
        .wire = header->len > header->caplen ? header->len : header->caplen,
        .bytes = bytes,
    };
    if (source->is_growing && source->frames++ < source->skipped)
        return;
    if (source->is_live && !interface_owns(&source->interface, &frame))
        return;
    if (gather_keep(&source->gather, &frame))
        return;
    hand_over(source);
    if (!gather_keep(&source->gather, &frame))
        source->handler(source->context, &frame, 1);
}

static void pass_on_nanos(u_char *user, const struct pcap_pkthdr *header,
                          const u_char *bytes) {
    pass_on((struct pcap_source *)(void *)user, header, bytes, 1);
}

static void pass_on_micros(u_char *user, const struct pcap_pkthdr *header,
                           const u_char *bytes) {
    pass_on((struct pcap_source *)(void *)user, header, bytes, 1000);
}

static enum pcap_result end_of_file(struct pcap_source *source, bool cut, char *error,
                                    size_t error_bytes) {
    if (cut)
        tell_cut(source);
    if (!next_file(source, error, error_bytes))
        return PCAP_FAILED;
    return source->handle ? PCAP_FRAMES : PCAP_ENDED;
}

static enum pcap_result read_savefile(struct pcap_source *source, char *error,
                                      size_t error_bytes) {
    struct pcap_frame frames[PCAP_FRAMES_MAX];
    unsigned count;
    uint64_t before = source->savefile.bytes_read;
    enum savefile_result result =
        savefile_read(&source->savefile, frames, PCAP_FRAMES_MAX, &count);
    counter_add(&source->options.counters->source_bytes_read,
                source->savefile.bytes_read - before);
    const char *name = source->name;
    switch (result) {
    case SAVEFILE_FRAMES:
        source->handler(source->context, frames, count);
        return PCAP_FRAMES;
    case SAVEFILE_ENDED:
    case SAVEFILE_CUT:
        return end_of_file(source, result == SAVEFILE_CUT, error, error_bytes);
    case SAVEFILE_BROKEN:
        snprintf(error, error_bytes,
                 "%s: at byte %" PRIu64 ": a packet longer than any can be", name,
                 savefile_position(&source->savefile));
        break;
    case SAVEFILE_FAILED:
        snprintf(error, error_bytes, "%s: %s", name, strerror(errno));
        break;
    }
    return PCAP_FAILED;
}

/* By libpcap: how many were handled; negative: it failed. */
static int dispatch(struct pcap_source *source) {
    bool scale =
        pcap_get_tstamp_precision(source->handle) == PCAP_TSTAMP_PRECISION_MICRO;
    int frames =
        pcap_dispatch(source->handle, BATCH_FRAMES,
                      scale ? pass_on_micros : pass_on_nanos, (u_char *)source);
    hand_over(source);
    return frames;
}

/* libpcap's own wait for an interface can last until the next frame, however far that
   is: not every kernel ends it when the time is up. Without a handle it is a rest. */
static enum pcap_result wait_for_frames(const struct pcap_source *source) {
    struct pollfd input = {.fd = source->handle ? pcap_get_selectable_fd(source->handle)
                                                : -1,
                           .events = POLLIN};
    return poll(&input, 1, PCAP_TIMEOUT_MS) > 0 ? PCAP_FRAMES : PCAP_IDLE;
}

/* What comes after a fault is lost, but the next file may be better. A pipe's end is its
   writer's. */
static enum pcap_result read_growing(struct pcap_source *source, char *error,
                                     size_t error_bytes) {
    if (!source->handle)
        return next_growing(source, error, error_bytes);
    int frames = dispatch(source);
    if (frames > 0)
        return PCAP_FRAMES;
    if (is_stopped(source))
        return PCAP_ENDED;
    const char *complaint = frames < 0 ? pcap_geterr(source->handle) : "";
    if (is_cut(complaint))
        tell_cut(source);
    else if (complaint[0])
        log_line(LOG_LEVEL_WARNING, "%s: %s: passed over", source->name, complaint);
    leave_growing(source, complaint[0] && !is_cut(complaint));
    if (!source->watch)
        set_outage(source, OUTAGE_GONE); /* until there is another writer */
    return is_standard_input(source->path) ? PCAP_ENDED : PCAP_IDLE;
}

static enum pcap_result read_interface(struct pcap_source *source) {
    source->handle = interface_handle(&source->interface);
    if (!source->handle)
        return wait_for_frames(source);
    source->link_type = pcap_datalink(source->handle);
    int frames = dispatch(source);
    if (frames > 0)
        return PCAP_FRAMES;
    if (frames == 0)
        return wait_for_frames(source);
    interface_failed(&source->interface);
    source->handle = NULL;
    return PCAP_IDLE;
}

enum pcap_result pcap_source_read(struct pcap_source *source,
                                  void (*handler)(void *, const struct pcap_frame *,
                                                  unsigned),
                                  void *context, char *error, size_t error_bytes) {
    if (is_stopped(source))
        return PCAP_ENDED;
    source->handler = handler;
    source->context = context;
    if (source->is_live)
        return read_interface(source);
    if (source->is_growing)
        return read_growing(source, error, error_bytes);
    if (!source->handle)
        return PCAP_ENDED;
    if (source->savefile.descriptor >= 0)
        return read_savefile(source, error, error_bytes);
    int frames = dispatch(source);
    if (frames > 0)
        return PCAP_FRAMES;
    if (is_stopped(source))
        return PCAP_ENDED; /* what looks like a cut is our own */
    const char *complaint = frames < 0 ? pcap_geterr(source->handle) : "";
    if (frames == 0 || is_cut(complaint))
        return end_of_file(source, frames < 0, error, error_bytes);
    snprintf(error, error_bytes, "%s: %s", source->name, complaint);
    return PCAP_FAILED;
}
