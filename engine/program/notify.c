#include "engine/program/notify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum { STATUS_MS = 10000 };

void notify_ready(void) {
    sd_notify(0, "READY=1");
}

void notify_reloading(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    /* The manager wants to know which of two reloads is over. */
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
               (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(void) {
    sd_notify(0, "STOPPING=1");
}

void notify_alive(const char *status) {
    sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s", status);
}

int notify_interval_ms(void) {
    uint64_t watchdog_us = 0;
    if (sd_watchdog_enabled(0, &watchdog_us) <= 0)
        return getenv("NOTIFY_SOCKET") ? STATUS_MS : -1;
    uint64_t third_ms = watchdog_us / 3000;
    return third_ms < 1 ? 1 : third_ms < STATUS_MS ? (int)third_ms : STATUS_MS;
}
