#ifndef TESTS_TRAFFIC_SITE_TABLES_H
#define TESTS_TRAFFIC_SITE_TABLES_H

#include "tests/traffic/site.h"

/* Short ways to write the tables of a site. */

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* Initialisers are no expressions: their arguments cannot stand in parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */

#define COUNT(table)    (sizeof(table) / sizeof(table)[0])
#define SERVICES(table) .services = table, .service_count = COUNT(table)

/* When: at intervals with a spread, when people of a rhythm do, at an hour (UTC). */
#define EVERY(period, sigma)                                                           \
    { .timing = TIMING_EVERY, .period_s = period, .jitter = sigma }
#define CYCLE(period, sigma)                                                           \
    { .timing = TIMING_CYCLE, .period_s = period, .jitter = sigma }
#define PEOPLE(period, how)                                                            \
    { .timing = TIMING_PEOPLE, .period_s = period, .rhythm = how }
#define DAILY(at, within)                                                              \
    { .timing = TIMING_DAILY, .hour = at, .jitter = within }
#define WEEKLY(day, at, within)                                                        \
    { .timing = TIMING_WEEKLY, .weekday = day, .hour = at, .jitter = within }

/* What: one exchange over TLS, or one in a lasting connection; clear HTTP; small talk. */
#define TLS(name, addresses, when, up, down, sigma)                                    \
    {                                                                                  \
        .verb = VERB_TLS, .peer = name, .port = 443, .pool = addresses,                \
        .schedule = when, .up_bytes = up, .down_bytes = down, .spread = sigma          \
    }
#define CHANNEL(name, to_port, addresses, when, up, down, sigma, life)                 \
    {                                                                                  \
        .verb = VERB_TLS_CHANNEL, .peer = name, .port = to_port, .pool = addresses,    \
        .schedule = when, .up_bytes = up, .down_bytes = down, .spread = sigma,         \
        .life_s = life                                                                 \
    }
#define HTTP(name, to_port, addresses, when, up, down, sigma, path)                    \
    {                                                                                  \
        .verb = VERB_HTTP, .peer = name, .port = to_port, .pool = addresses,           \
        .schedule = when, .up_bytes = up, .down_bytes = down, .spread = sigma,         \
        .text = path                                                                   \
    }
#define MQTT(broker, when, topic)                                                      \
    {                                                                                  \
        .verb = VERB_MQTT, .peer = broker, .port = 1883, .schedule = when,             \
        .life_s = 6 * DAY, .text = topic                                               \
    }
#define NTP(name, addresses, when)                                                     \
    { .verb = VERB_NTP, .peer = name, .pool = addresses, .schedule = when }
#define MDNS(when, type)                                                               \
    { .verb = VERB_MDNS, .schedule = when, .text = type }
#define SSDP(when, search)                                                             \
    { .verb = VERB_SSDP, .schedule = when, .text = search }
#define BROWSE(when)                                                                   \
    { .verb = VERB_BROWSE, .schedule = when }
/* Any other verb: to whom, at which port, when, how much. */
#define DOES(what, to, to_port, when, up, down, sigma)                                 \
    {                                                                                  \
        .verb = what, .peer = to, .port = to_port, .schedule = when, .up_bytes = up,   \
        .down_bytes = down, .spread = sigma                                            \
    }
#define SAYS(what, when)                                                               \
    { .verb = what, .schedule = when }

/* NOLINTEND(bugprone-macro-parentheses) */

#endif
