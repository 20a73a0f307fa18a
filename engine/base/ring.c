#include "engine/base/ring.h"

#include "engine/base/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { CACHE_LINE_BYTES = 64 };

/* How the consumer looks again before it sleeps. */
enum { NAPS = 4, NAP_NS = 50000 };

/* Positions count up for ever and wrap with size_t; the element is position & mask.
   Each side keeps a copy of the other's position and looks again only when the copy
   says full (or empty), so the line of the other side is not fetched for every element.

   No wake-up is lost: a sleeper raises its flag, then looks at the position; the other
   side moves the position, then looks at the flag. All four are sequentially
   consistent, so at least one of them sees what the other did. */
struct ring { // NOLINT(clang-analyzer-optin.performance.Padding): lines kept apart
    size_t mask;
    size_t element_bytes; /* rounded up for alignment */
    unsigned char *elements;

    _Alignas(CACHE_LINE_BYTES) atomic_size_t tail; /* producer: next to publish */
    size_t producers_head;

    _Alignas(CACHE_LINE_BYTES) atomic_size_t head; /* consumer: next to release */
    size_t consumers_tail;

    _Alignas(CACHE_LINE_BYTES) atomic_bool producer_sleeps;
    atomic_bool consumer_sleeps;
    atomic_bool cancelled;
    pthread_mutex_t mutex;
    pthread_cond_t not_full, not_empty;
};

struct ring *ring_create(size_t capacity, size_t element_bytes) {
    size_t places = 1;
    while (places < capacity && places <= SIZE_MAX / 4)
        places *= 2;
    size_t stride = (element_bytes + 15) & ~(size_t)15;
    if (places < capacity || stride < element_bytes || stride == 0 ||
        places > SIZE_MAX / stride)
        return NULL;

    struct ring *ring = aligned_alloc(CACHE_LINE_BYTES, sizeof *ring);
    if (!ring)
        return NULL;
    *ring = (struct ring){.mask = places - 1, .element_bytes = stride};
    ring->elements = calloc(places, stride);
    if (!ring->elements) {
        free(ring);
        return NULL;
    }
    pthread_mutex_init(&ring->mutex, NULL);
    pthread_cond_init(&ring->not_full, NULL);
    deadline_condition(&ring->not_empty);
    return ring;
}

void ring_destroy(struct ring *ring) {
    if (!ring)
        return;
    pthread_cond_destroy(&ring->not_empty);
    pthread_cond_destroy(&ring->not_full);
    pthread_mutex_destroy(&ring->mutex);
    free(ring->elements);
    free(ring);
}

static void *element_at(const struct ring *ring, size_t position) {
    return ring->elements + (position & ring->mask) * ring->element_bytes;
}

static void wake(struct ring *ring, pthread_cond_t *condition) {
    pthread_mutex_lock(&ring->mutex);
    pthread_cond_broadcast(condition);
    pthread_mutex_unlock(&ring->mutex);
}

/* --- the producer's thread --- */

void *ring_reserve(struct ring *ring) {
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - ring->producers_head > ring->mask) {
        ring->producers_head = atomic_load(&ring->head);
        if (tail - ring->producers_head > ring->mask)
            return NULL;
    }
    return element_at(ring, tail);
}

void *ring_reserve_wait(struct ring *ring) {
    void *element = NULL;
    if (atomic_load_explicit(&ring->cancelled, memory_order_relaxed))
        return NULL;
    if ((element = ring_reserve(ring)))
        return element;
    pthread_mutex_lock(&ring->mutex);
    atomic_store(&ring->producer_sleeps, true);
    while (!atomic_load(&ring->cancelled) && !(element = ring_reserve(ring)))
        pthread_cond_wait(&ring->not_full, &ring->mutex);
    atomic_store(&ring->producer_sleeps, false);
    pthread_mutex_unlock(&ring->mutex);
    return element;
}

void ring_publish(struct ring *ring) {
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    atomic_store(&ring->tail, tail + 1);
    if (atomic_load(&ring->consumer_sleeps))
        wake(ring, &ring->not_empty);
}

/* --- the consumer's thread --- */

const void *ring_front(struct ring *ring) {
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == ring->consumers_tail) {
        ring->consumers_tail = atomic_load(&ring->tail);
        if (head == ring->consumers_tail)
            return NULL;
    }
    return element_at(ring, head);
}

const void *ring_front_wait(struct ring *ring, int timeout_ms) {
    const void *element = NULL;
    if (atomic_load_explicit(&ring->cancelled, memory_order_relaxed))
        return NULL;
    if ((element = ring_front(ring)) || timeout_ms == 0)
        return element;
    /* To wake a sleeper is a system call on the path of a packet: look again a few
       times before asking for it. Where the consumer is the faster side, 53,000 context
       switches became 800 and a replay took a third of the time. */
    for (unsigned nap = 0; nap < NAPS; nap++) {
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
        if ((element = ring_front(ring)))
            return element;
    }
    struct timespec deadline = {0};
    if (timeout_ms > 0)
        deadline = deadline_after(timeout_ms);
    int waited = 0;
    pthread_mutex_lock(&ring->mutex);
    atomic_store(&ring->consumer_sleeps, true);
    while (!atomic_load(&ring->cancelled) && !(element = ring_front(ring)) &&
           waited != ETIMEDOUT)
        waited = timeout_ms < 0 ? pthread_cond_wait(&ring->not_empty, &ring->mutex)
                                : pthread_cond_timedwait(&ring->not_empty, &ring->mutex,
                                                         &deadline);
    atomic_store(&ring->consumer_sleeps, false);
    pthread_mutex_unlock(&ring->mutex);
    return element;
}

void ring_release(struct ring *ring) {
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed) + 1;
    atomic_store(&ring->head, head);
    if (!atomic_load(&ring->producer_sleeps))
        return;
    /* Woken for each single place, the producer would sleep again at once: let a
       quarter of the ring be free first. The elements still there bring us back
       here. */
    size_t used = atomic_load(&ring->tail) - head;
    if (used <= ring->mask + 1 - (ring->mask + 4) / 4)
        wake(ring, &ring->not_full);
}

/* --- any thread --- */

void ring_cancel(struct ring *ring) {
    atomic_store(&ring->cancelled, true);
    wake(ring, &ring->not_full);
    wake(ring, &ring->not_empty);
}

size_t ring_used(const struct ring *ring) {
    /* The head first: a consumer that moves in between makes the difference too large,
       never negative. */
    size_t head = atomic_load(&ring->head);
    size_t used = atomic_load(&ring->tail) - head;
    return used > ring->mask ? ring->mask + 1 : used;
}

size_t ring_capacity(const struct ring *ring) {
    return ring->mask + 1;
}
