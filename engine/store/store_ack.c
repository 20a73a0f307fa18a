#include "engine/store/store_ack.h"

#include "engine/base/deadline.h"

#include <errno.h>

void store_ack_init(struct store_ack *ack) {
    *ack = (struct store_ack){.given = 0};
    pthread_mutex_init(&ack->lock, NULL);
    deadline_condition(&ack->news);
}

void store_ack_free(struct store_ack *ack) {
    pthread_cond_destroy(&ack->news);
    pthread_mutex_destroy(&ack->lock);
}

bool store_ack_begin(struct store_ack *ack, uint64_t *number) {
    pthread_mutex_lock(&ack->lock);
    *number = ack->given + 1;
    if (ack->given - ack->settled < STORE_ACKS)
        return true;
    pthread_mutex_unlock(&ack->lock);
    return false;
}

bool store_ack_wait(struct store_ack *ack, uint64_t number, bool handed,
                    int timeout_ms) {
    struct timespec deadline = deadline_after(timeout_ms);
    int waited = 0;
    if (handed)
        ack->given = number;
    while (handed && ack->settled < number && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&ack->news, &ack->lock, &deadline);
    /* Who wakes so late that his place serves another does not know. */
    bool written = handed && ack->settled >= number &&
                   ack->settled - number < STORE_ACKS &&
                   ack->written[number % STORE_ACKS];
    pthread_mutex_unlock(&ack->lock);
    return written;
}

/* Handing over happens under the lock: who is in the batch has been given his number here. */
bool store_ack_awaited(struct store_ack *ack) {
    pthread_mutex_lock(&ack->lock);
    bool awaited = ack->given > ack->settled;
    pthread_mutex_unlock(&ack->lock);
    return awaited;
}

void store_ack_note(struct store_ack *ack, uint64_t number, bool written) {
    pthread_mutex_lock(&ack->lock);
    ack->written[number % STORE_ACKS] = written;
    pthread_mutex_unlock(&ack->lock);
}

void store_ack_settle(struct store_ack *ack, uint64_t number, bool committed) {
    pthread_mutex_lock(&ack->lock);
    while (!committed && ack->settled < number)
        ack->written[++ack->settled % STORE_ACKS] = false;
    if (ack->settled < number)
        ack->settled = number;
    pthread_cond_broadcast(&ack->news);
    pthread_mutex_unlock(&ack->lock);
}
