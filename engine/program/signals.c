#include "engine/program/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t those(bool hangup) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (hangup)
        sigaddset(&set, SIGHUP);
    return set;
}

int signals_take(bool hangup) {
    sigset_t set = those(hangup);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum signals_news signals_read(int descriptor) {
    struct signalfd_siginfo signal;
    enum signals_news news = SIGNALS_NONE;
    while (descriptor >= 0 && news != SIGNALS_STOP &&
           read(descriptor, &signal, sizeof signal) == sizeof signal)
        news = signal.ssi_signo == SIGHUP ? SIGNALS_RELOAD : SIGNALS_STOP;
    return news;
}

void signals_release(int descriptor) {
    if (descriptor < 0)
        return;
    while (signals_read(descriptor) != SIGNALS_NONE)
        continue;
    close(descriptor);
    sigset_t set = those(true);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
