#include "collectors/pcap.h"

#include "collectors/decode.h"
#include "collectors/filter.h"
#include "collectors/interface.h"
#include "collectors/savefile.h"
#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
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

    bool is_live;
    struct interface interface; /* live; its handle is here, too */

    const char *const *paths;
    size_t count, next; /* next: the file to open next */
    int descriptor;     /* of the open file */
    char *buffer;
    struct savefile savefile; /* open where it reads the file in libpcap's stead */

    /* Of the read that is going on. */
    void (*handler)(void *, const struct pcap_frame *, unsigned);
    void *context;
    int link_type;
};

static const char *file_name(const char *path) {
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* --- files --- */

/* stdio's reads come through here: a pipe that has nothing to say must not keep us from
   stopping, and progress is counted by the buffer, not by the packet. */
static ssize_t read_input(void *cookie, char *bytes, size_t size) {
    struct pcap_source *source = cookie;
    struct pollfd input = {.fd = source->descriptor, .events = POLLIN};
    while (!atomic_load_explicit(source->options.stop, memory_order_relaxed)) {
        int ready = poll(&input, 1, PCAP_TIMEOUT_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        if (ready < 0)
            return -1;
        ssize_t got = read(source->descriptor, bytes, size);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got > 0)
            counter_add(&source->options.counters->source_bytes_read, (uint64_t)got);
        return got;
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

static void say_no_capture(const char *name, const char *reason, char *error,
                           size_t error_bytes) {
    snprintf(error, error_bytes, "%s: %s", name,
             is_cut(reason) ? "too short to be a capture file" : reason);
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
    const char *name = file_name(path);
    source->descriptor =
        strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
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
        say_no_capture(name, reason, error, error_bytes);
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
    take_over(source, read_before);
    return true;
}

/* A file that is no capture is told before the ones ahead of it are read. */
static bool is_capture(const char *path, char *error, size_t error_bytes) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    pcap_t *handle = pcap_open_offline(path, reason);
    if (!handle) {
        say_no_capture(path, reason, error, error_bytes);
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
        if (strcmp(path, "-") == 0) {
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
    if (!source->is_live || interface_owns(&source->interface, &frame))
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
    if (cut && !source->options.is_echo) {
        counter_add(&source->options.counters->sources_cut, 1);
        log_line(LOG_LEVEL_WARNING, "%s: cut inside a packet, read up to there",
                 file_name(source->paths[source->next - 1]));
    }
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
    const char *name = source->paths[source->next - 1];
    switch (result) {
    case SAVEFILE_FRAMES:
        source->handler(source->context, frames, count);
        return PCAP_FRAMES;
    case SAVEFILE_ENDED:
    case SAVEFILE_CUT:
        return end_of_file(source, result == SAVEFILE_CUT, error, error_bytes);
    case SAVEFILE_BROKEN:
        snprintf(error, error_bytes, "%s: a packet longer than any can be", name);
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
    return pcap_dispatch(source->handle, BATCH_FRAMES,
                         scale ? pass_on_micros : pass_on_nanos, (u_char *)source);
}

/* libpcap's own wait for an interface can last until the next frame, however far that
   is: not every kernel ends it when the time is up. Without a handle it is a rest. */
static enum pcap_result wait_for_frames(const struct pcap_source *source) {
    struct pollfd input = {.fd = source->handle ? pcap_get_selectable_fd(source->handle)
                                                : -1,
                           .events = POLLIN};
    return poll(&input, 1, PCAP_TIMEOUT_MS) > 0 ? PCAP_FRAMES : PCAP_IDLE;
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
    if (atomic_load_explicit(source->options.stop, memory_order_relaxed))
        return PCAP_ENDED;
    source->handler = handler;
    source->context = context;
    if (source->is_live)
        return read_interface(source);
    if (!source->handle)
        return PCAP_ENDED;
    if (source->savefile.descriptor >= 0)
        return read_savefile(source, error, error_bytes);
    int frames = dispatch(source);
    if (frames > 0)
        return PCAP_FRAMES;
    if (atomic_load_explicit(source->options.stop, memory_order_relaxed))
        return PCAP_ENDED; /* what looks like a cut is our own */
    const char *complaint = frames < 0 ? pcap_geterr(source->handle) : "";
    if (frames == 0 || is_cut(complaint))
        return end_of_file(source, frames < 0, error, error_bytes);
    snprintf(error, error_bytes, "%s: %s", file_name(source->paths[source->next - 1]),
             complaint);
    return PCAP_FAILED;
}
