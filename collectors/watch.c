#include "collectors/watch.h"

#include "engine/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static const uint64_t LOOK_NS = 100000000;

struct file {
    char *name;
    uint64_t inode, bytes; /* as it was last seen */
    uint64_t left_bytes;   /* read up to here, … */
    uint64_t left_frames;  /* … and so many frames */
    struct timeval begin;  /* of its first packet */
    bool has_begun;        /* that is known */
    bool is_none;          /* no capture, or a broken one */
};

struct watch {
    const char *directory;
    struct file *files; /* in the order of their names */
    size_t count;
    char *current; /* the name of the file that is read; NULL: none is */
    char current_path[PATH_BYTES], path[PATH_BYTES];
    uint64_t looked_ns; /* monotonic */
    bool is_there;
    int events; /* inotify; -1: there is none, and waiting is all */
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static const char *path_of(struct watch *watch, const char *name) {
    snprintf(watch->path, sizeof watch->path, "%s/%s", watch->directory, name);
    return watch->path;
}

/* --- what is there --- */

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.' &&
           (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN);
}

/* Another file under the same name, or the same one written from its beginning again. */
static bool is_renewed(const struct file *file, const struct stat *status) {
    return file->inode != status->st_ino ||
           (uint64_t)status->st_size < file->left_bytes;
}

/* What is known of a file, or something new. */
static struct file meet(struct file *known, const char *name,
                        const struct stat *status) {
    struct file file = {.inode = status->st_ino};
    if (known && !is_renewed(known, status)) {
        file = *known;
        known->name = NULL;
    } else {
        file.name = strdup(name);
    }
    file.bytes = (uint64_t)status->st_size;
    return file;
}

static void forget(struct file *files, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(files[i].name);
    free(files);
}

/* Bring the files up to date with the directory's names, which are in order. */
static void update(struct watch *watch, struct dirent *const *names, size_t count) {
    struct file *files = calloc(count + 1, sizeof *files);
    size_t met = 0, old = 0;
    for (size_t i = 0; files && i < count && met < WATCH_FILES; i++) {
        const char *name = names[i]->d_name;
        struct stat status;
        while (old < watch->count && strverscmp(watch->files[old].name, name) < 0)
            old++;
        bool known = old < watch->count && strcmp(watch->files[old].name, name) == 0;
        if (stat(path_of(watch, name), &status) != 0 || !S_ISREG(status.st_mode))
            continue;
        files[met] = meet(known ? &watch->files[old++] : NULL, name, &status);
        met += files[met].name != NULL;
    }
    if (!files)
        return;
    forget(watch->files, watch->count);
    watch->files = files;
    watch->count = met;
}

/* When its first packet was seen, as far as that is written already. */
static void look_inside(struct watch *watch, struct file *file) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    struct pcap_pkthdr *header;
    const u_char *bytes;
    pcap_t *handle = pcap_open_offline(path_of(watch, file->name), reason);
    if (!handle) {
        file->is_none = strstr(reason, "truncated") == NULL;
        if (file->is_none)
            log_line(LOG_LEVEL_WARNING, "%s: %s: passed over", watch->path, reason);
        return;
    }
    file->has_begun = pcap_next_ex(handle, &header, &bytes) == 1;
    if (file->has_begun)
        file->begin = header->ts;
    pcap_close(handle);
}

static bool has_news(const struct file *file) {
    return !file->is_none && file->bytes > file->left_bytes;
}

static void look(struct watch *watch) {
    struct dirent **names = NULL;
    uint64_t time_ns = now_ns();
    if (time_ns - watch->looked_ns < LOOK_NS)
        return;
    watch->looked_ns = time_ns;
    int count = scandir(watch->directory, &names, is_shown, versionsort);
    watch->is_there = count >= 0;
    if (count >= 0)
        update(watch, names, (size_t)count);
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    for (size_t i = 0; i < watch->count; i++)
        if (has_news(&watch->files[i]) && !watch->files[i].has_begun)
            look_inside(watch, &watch->files[i]);
}

/* --- what is next --- */

static bool is_current(const struct watch *watch, const struct file *file) {
    return watch->current && strcmp(watch->current, file->name) == 0;
}

static bool is_earlier(const struct timeval *a, const struct timeval *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_usec < b->tv_usec;
}

static struct file *find_next(const struct watch *watch) {
    struct file *next = NULL;
    for (size_t i = 0; i < watch->count; i++) {
        struct file *file = &watch->files[i];
        if (!has_news(file) || !file->has_begun || is_current(watch, file))
            continue;
        if (!next || is_earlier(&file->begin, &next->begin))
            next = file;
    }
    return next;
}

const char *watch_next(struct watch *watch, uint64_t *frames) {
    look(watch);
    struct file *file = find_next(watch);
    if (!file || !(watch->current = strdup(file->name)))
        return NULL;
    *frames = file->left_frames;
    memcpy(watch->current_path, path_of(watch, file->name), PATH_BYTES);
    return watch->current_path;
}

bool watch_is_over(struct watch *watch) {
    look(watch);
    return find_next(watch) != NULL;
}

void watch_leave(struct watch *watch, uint64_t bytes, uint64_t frames, bool broken) {
    for (size_t i = 0; i < watch->count; i++) {
        struct file *file = &watch->files[i];
        if (!is_current(watch, file))
            continue;
        file->left_bytes = bytes;
        file->left_frames = frames;
        file->is_none = broken;
        if (file->bytes < bytes)
            file->bytes = bytes;
    }
    free(watch->current);
    watch->current = NULL;
}

void watch_wait(struct watch *watch, int timeout_ms) {
    struct pollfd event = {.fd = watch->events, .events = POLLIN};
    char events[4096];
    if (poll(&event, 1, timeout_ms) > 0)
        while (read(watch->events, events, sizeof events) > 0)
            continue;
}

/* --- life --- */

bool watch_is_there(const struct watch *watch) {
    return watch->is_there;
}

struct watch *watch_open(const char *directory, char *error, size_t error_bytes) {
    if (access(directory, R_OK | X_OK) != 0) {
        snprintf(error, error_bytes, "%s: %s", directory, strerror(errno));
        return NULL;
    }
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        snprintf(error, error_bytes, "out of memory");
        return NULL;
    }
    watch->directory = directory;
    watch->is_there = true;
    watch->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->events >= 0)
        inotify_add_watch(watch->events, directory,
                          IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR);
    return watch;
}

void watch_close(struct watch *watch) {
    if (!watch)
        return;
    if (watch->events >= 0)
        close(watch->events);
    forget(watch->files, watch->count);
    free(watch->current);
    free(watch);
}
