#ifndef ENGINE_BASE_LOG_H
#define ENGINE_BASE_LOG_H

/* Lines on standard error, one an event, each prefixed by its level in words a person
   reads; under systemd (JOURNAL_STREAM is set) by the syslog number in angle brackets
   instead. */

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

/* Lines above `level` are dropped. Default: LOG_LEVEL_NOTICE. */
void log_set_level(enum log_level level);

/* Any thread. Never fails, never allocates; a line longer than 1 KiB is cut; control
   characters are replaced. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
