#include "engine/inbox.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A ring in which each message passes three marks: put, kept, taken. */
struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t moved; /* some mark was passed */
    uint64_t put, kept, taken, answered;
    bool guarded, unguarded, closed;
    _Atomic bool ready; /* something is kept and not taken */
    int descriptor;     /* an eventfd that says the same */
    uint32_t capacity;
    struct message messages[];
};

struct inbox *inbox_create(uint32_t capacity) {
    struct inbox *inbox =
        calloc(1, sizeof *inbox + capacity * sizeof inbox->messages[0]);
    if (!inbox)
        return NULL;
    inbox->capacity = capacity;
    inbox->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (inbox->descriptor < 0) {
        free(inbox);
        return NULL;
    }
    pthread_mutex_init(&inbox->lock, NULL);
    pthread_cond_init(&inbox->moved, NULL);
    return inbox;
}

void inbox_destroy(struct inbox *inbox) {
    if (!inbox)
        return;
    close(inbox->descriptor);
    pthread_cond_destroy(&inbox->moved);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

static struct message *at(struct inbox *inbox, uint64_t number) {
    return &inbox->messages[number % inbox->capacity];
}

/* Under the lock: tell the engine whether there is something, and all what has moved. */
static void show(struct inbox *inbox) {
    bool ready = inbox->kept > inbox->taken;
    uint64_t count = 1;
    if (ready != atomic_load_explicit(&inbox->ready, memory_order_relaxed)) {
        atomic_store_explicit(&inbox->ready, ready, memory_order_release);
        /* Neither can fail: the counter is 0 or 1. */
        ssize_t done = ready ? write(inbox->descriptor, &count, sizeof count)
                             : read(inbox->descriptor, &count, sizeof count);
        (void)done;
    }
    pthread_cond_broadcast(&inbox->moved);
}

/* --- any thread --- */

bool inbox_put(struct inbox *inbox, const struct message *messages, size_t count) {
    pthread_mutex_lock(&inbox->lock);
    bool room = !inbox->closed && !inbox->unguarded &&
                count <= inbox->capacity - (inbox->put - inbox->taken);
    for (size_t i = 0; room && i < count; i++)
        *at(inbox, inbox->put++) = messages[i];
    if (!inbox->guarded)
        inbox->kept = inbox->put;
    show(inbox);
    pthread_mutex_unlock(&inbox->lock);
    return room;
}

void inbox_close(struct inbox *inbox) {
    struct message message;
    pthread_mutex_lock(&inbox->lock);
    inbox->closed = true;
    if (inbox->unguarded)
        inbox->kept = inbox->put;
    while (inbox->answered < inbox->put) {
        if (inbox->kept == inbox->taken) {
            pthread_cond_wait(&inbox->moved, &inbox->lock);
            continue;
        }
        pthread_mutex_unlock(&inbox->lock);
        if (inbox_take(inbox, &message))
            inbox_answer(inbox, &message, OUTCOME_CLOSED);
        pthread_mutex_lock(&inbox->lock);
    }
    pthread_mutex_unlock(&inbox->lock);
}

/* --- the keeper's thread --- */

void inbox_guard(struct inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    inbox->guarded = true;
    pthread_mutex_unlock(&inbox->lock);
}

size_t inbox_wait(struct inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    while (inbox->kept == inbox->put && !inbox->unguarded)
        pthread_cond_wait(&inbox->moved, &inbox->lock);
    size_t count = (size_t)(inbox->put - inbox->kept);
    pthread_mutex_unlock(&inbox->lock);
    return count;
}

const struct message *inbox_unkept(const struct inbox *inbox, size_t i) {
    return &inbox->messages[(inbox->kept + i) % inbox->capacity];
}

void inbox_kept(struct inbox *inbox, size_t count, bool good) {
    struct message message;
    pthread_mutex_lock(&inbox->lock);
    if (good) {
        inbox->kept += count;
        show(inbox);
        pthread_mutex_unlock(&inbox->lock);
        return;
    }
    /* Nothing overtakes: what is before them is taken first. */
    while (inbox->taken < inbox->kept)
        pthread_cond_wait(&inbox->moved, &inbox->lock);
    for (; count > 0; count--) {
        message = *at(inbox, inbox->taken);
        inbox->kept++;
        inbox->taken++;
        pthread_mutex_unlock(&inbox->lock);
        inbox_answer(inbox, &message, OUTCOME_FAILED);
        pthread_mutex_lock(&inbox->lock);
    }
    pthread_mutex_unlock(&inbox->lock);
}

void inbox_unguard(struct inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    inbox->unguarded = true;
    pthread_cond_broadcast(&inbox->moved);
    pthread_mutex_unlock(&inbox->lock);
}

/* --- the engine's thread --- */

bool inbox_has(const struct inbox *inbox) {
    return atomic_load_explicit(&inbox->ready, memory_order_acquire);
}

int inbox_descriptor(const struct inbox *inbox) {
    return inbox->descriptor;
}

bool inbox_take(struct inbox *inbox, struct message *message) {
    pthread_mutex_lock(&inbox->lock);
    bool taken = inbox->taken < inbox->kept;
    if (taken)
        *message = *at(inbox, inbox->taken++);
    show(inbox);
    pthread_mutex_unlock(&inbox->lock);
    return taken;
}

void inbox_answer(struct inbox *inbox, struct message *message, enum outcome outcome) {
    free(message->text);
    free(message->payload);
    message->text = NULL;
    message->payload = NULL;
    message->done(message->context, message->index, outcome);
    pthread_mutex_lock(&inbox->lock);
    inbox->answered++;
    pthread_cond_broadcast(&inbox->moved);
    pthread_mutex_unlock(&inbox->lock);
}
