#include "engine/program/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t both(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

int signals_take(void) {
    sigset_t set = both();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void signals_release(int descriptor) {
    if (descriptor < 0)
        return;
    struct signalfd_siginfo ignored;
    while (read(descriptor, &ignored, sizeof ignored) > 0)
        continue;
    close(descriptor);
    sigset_t set = both();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
