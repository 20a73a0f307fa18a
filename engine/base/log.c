#include "engine/base/log.h"

#include "engine/base/address.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic int threshold = LOG_LEVEL_NOTICE;

void log_set_level(enum log_level level) {
    atomic_store(&threshold, (int)level);
}

static const char *prefix(enum log_level level) {
    static const char *const words[] = {"error: ", "warning: ", "notice: ", "",
                                        "debug: "};
    static const char *const numbers[] = {"<3>", "<4>", "<5>", "<6>", "<7>"};
    size_t i = (size_t)level < 5 ? (size_t)level : LOG_LEVEL_DEBUG;
    return getenv("JOURNAL_STREAM") ? numbers[i] : words[i];
}

void log_line(enum log_level level, const char *format, ...) {
    if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    int saved_errno = errno;
    char message[1024], line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        size_t used = (size_t)snprintf(line, sizeof line, "%s", prefix(level));
        used += text_copy_untrusted(line + used, sizeof line - used - 1, message,
                                    strlen(message));
        line[used++] = '\n';
        /* One write, so that lines of several threads do not mix. Where standard error
           cannot be written there is nobody to tell. */
        if (write(STDERR_FILENO, line, used) < 0)
            errno = 0;
    }
    errno = saved_errno;
}
