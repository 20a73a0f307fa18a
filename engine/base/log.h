#ifndef ENGINE_BASE_LOG_H
#define ENGINE_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Lines on standard error, one an event, each prefixed by its level in words a person reads;
   where standard error goes to the journal (JOURNAL_STREAM names it, systemd.exec(5)), by the
   syslog number in angle brackets instead. */

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

/* From now on no more than LOG_BURST lines of one kind (they have the same format) in
   LOG_PERIOD_S by this clock, so that nobody on the network can fill the journal. How many were
   withheld is told with the next line of any kind, or log_settle, once the period is over. NULL:
   no limit, as at first. */
enum { LOG_BURST = 20, LOG_PERIOD_S = 60 };
void log_limit(uint64_t (*clock_s)(void));

/* Tell what was withheld in periods that are over; with `all`, in those that are not, too. */
void log_settle(bool all);

/* What a line of the program's own begins with for the journal; "" for a person. */
const char *log_number(enum log_level level);

#endif
