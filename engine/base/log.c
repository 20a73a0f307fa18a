#include "engine/base/log.h"

#include "engine/base/address.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic int threshold = LOG_LEVEL_NOTICE;

void log_set_level(enum log_level level) {
    atomic_store(&threshold, (int)level);
}

/* --- one line --- */

static bool is_journal(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
           status.st_ino == inode;
}

const char *log_number(enum log_level level) {
    static const char *const numbers[] = {"<3>", "<4>", "<5>", "<6>", "<7>"};
    return is_journal() ? numbers[level] : "";
}

static void write_line(enum log_level level, const char *message) {
    static const char *const words[] = {"error: ", "warning: ", "notice: ", "",
                                        "debug: "};
    const char *number = log_number(level);
    char line[1024];
    size_t used =
        (size_t)snprintf(line, sizeof line, "%s", *number ? number : words[level]);
    used += text_copy_untrusted(line + used, sizeof line - used - 1, message,
                                strlen(message));
    line[used++] = '\n';
    /* One write, so that lines of several threads do not mix. Where standard error cannot be
       written there is nobody to tell. */
    if (write(STDERR_FILENO, line, used) < 0)
        errno = 0;
}

/* --- not too many --- */

/* Kinds of lines; those beyond share the last place. */
enum { KINDS = 64 };

static struct {
    pthread_mutex_t lock;
    uint64_t (*clock_s)(void);
    struct kind {
        const char *format; /* NULL: none yet */
        uint64_t began_s;
        unsigned lines, withheld;
    } kinds[KINDS];
} limit = {.lock = PTHREAD_MUTEX_INITIALIZER};

void log_limit(uint64_t (*clock_s)(void)) {
    pthread_mutex_lock(&limit.lock);
    limit.clock_s = clock_s;
    memset(limit.kinds, 0, sizeof limit.kinds);
    pthread_mutex_unlock(&limit.lock);
}

/* Locked. */
static void end_periods(uint64_t now_s, bool all) {
    for (struct kind *kind = limit.kinds; kind < limit.kinds + KINDS && kind->format;
         kind++) {
        if (!all && now_s - kind->began_s < LOG_PERIOD_S)
            continue;
        if (kind->withheld) {
            char message[256];
            snprintf(message, sizeof message, "%u more lines like this: %s",
                     kind->withheld, kind->format);
            write_line(LOG_LEVEL_WARNING, message);
        }
        kind->began_s = now_s;
        kind->lines = kind->withheld = 0;
    }
}

static bool may_pass(const char *format) {
    bool passes = true;
    pthread_mutex_lock(&limit.lock);
    if (limit.clock_s) {
        struct kind *kind = limit.kinds;
        uint64_t now_s = limit.clock_s();
        end_periods(now_s, false);
        while (kind->format && kind->format != format && kind < limit.kinds + KINDS - 1)
            kind++;
        if (!kind->format)
            *kind = (struct kind){.format = format, .began_s = now_s};
        passes = kind->lines < LOG_BURST;
        kind->lines += passes;
        kind->withheld += !passes;
    }
    pthread_mutex_unlock(&limit.lock);
    return passes;
}

void log_settle(bool all) {
    pthread_mutex_lock(&limit.lock);
    if (limit.clock_s)
        end_periods(limit.clock_s(), all);
    pthread_mutex_unlock(&limit.lock);
}

void log_line(enum log_level level, const char *format, ...) {
    if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    int saved_errno = errno;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length >= 0 && may_pass(format))
        write_line(level, message);
    errno = saved_errno;
}
