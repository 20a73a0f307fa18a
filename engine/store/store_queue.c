#include "engine/store/store_queue.h"

#include "engine/base/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* How long others are waited for after the first: a batch costs its transaction once, and whoever
   puts wakes nobody meanwhile. */
enum { GATHERING_MS = 50 };

struct buffer {
    unsigned char *bytes;
    size_t used;
};

struct store_queue {
    pthread_mutex_t lock;
    pthread_cond_t news;
    bool woken;
    size_t capacity;
    struct buffer filling;  /* under the lock */
    struct buffer emptying; /* the consumer's */
    size_t at;              /* in `emptying` */
};

/* Before each item, which begins at a multiple of its size. */
struct header {
    size_t size;
    unsigned kind;
    unsigned spare;
};

_Static_assert(sizeof(struct header) % _Alignof(max_align_t) == 0,
               "items would not be aligned");

static size_t room_of(size_t size) {
    size_t unit = sizeof(struct header);
    return unit + (size + unit - 1) / unit * unit;
}

struct store_queue *store_queue_create(size_t bytes) {
    struct store_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return NULL;
    queue->capacity = bytes;
    queue->filling.bytes = malloc(bytes);
    queue->emptying.bytes = malloc(bytes);
    pthread_mutex_init(&queue->lock, NULL);
    deadline_condition(&queue->news);
    if (queue->filling.bytes && queue->emptying.bytes)
        return queue;
    store_queue_destroy(queue);
    return NULL;
}

void store_queue_destroy(struct store_queue *queue) {
    if (!queue)
        return;
    pthread_cond_destroy(&queue->news);
    pthread_mutex_destroy(&queue->lock);
    free(queue->emptying.bytes);
    free(queue->filling.bytes);
    free(queue);
}

static bool is_half_full(const struct store_queue *queue) {
    return queue->filling.used > queue->capacity / 2;
}

bool store_queue_put(struct store_queue *queue, unsigned kind,
                     const struct store_part *parts, size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    pthread_mutex_lock(&queue->lock);
    struct buffer *buffer = &queue->filling;
    bool fits = room_of(size) <= queue->capacity - buffer->used;
    if (fits) {
        bool is_first = buffer->used == 0, was_half_full = is_half_full(queue);
        unsigned char *at = buffer->bytes + buffer->used;
        buffer->used += room_of(size);
        memcpy(at, &(struct header){size, kind, 0}, sizeof(struct header));
        at += sizeof(struct header);
        for (size_t i = 0; i < count; i++) {
            if (parts[i].size)
                memcpy(at, parts[i].bytes, parts[i].size);
            at += parts[i].size;
        }
        if (is_first || is_half_full(queue) != was_half_full)
            pthread_cond_signal(&queue->news);
    }
    pthread_mutex_unlock(&queue->lock);
    return fits;
}

void store_queue_wake(struct store_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->woken = true;
    pthread_cond_signal(&queue->news);
    pthread_mutex_unlock(&queue->lock);
}

void store_queue_wait(struct store_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    while (!queue->filling.used && !queue->woken)
        pthread_cond_wait(&queue->news, &queue->lock);
    struct timespec deadline = deadline_after(GATHERING_MS);
    while (!queue->woken && !is_half_full(queue) &&
           pthread_cond_timedwait(&queue->news, &queue->lock, &deadline) != ETIMEDOUT)
        continue;
    queue->woken = false;
    pthread_mutex_unlock(&queue->lock);
}

void store_queue_take(struct store_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    struct buffer full = queue->filling;
    queue->filling = (struct buffer){queue->emptying.bytes, 0};
    pthread_mutex_unlock(&queue->lock);
    queue->emptying = full;
    queue->at = 0;
}

bool store_queue_next(struct store_queue *queue, struct store_item *item) {
    if (queue->at >= queue->emptying.used)
        return false;
    struct header header;
    const unsigned char *at = queue->emptying.bytes + queue->at;
    memcpy(&header, at, sizeof header);
    *item = (struct store_item){header.kind, header.size, at + sizeof header};
    queue->at += room_of(header.size);
    return true;
}
