#ifndef ENGINE_STORE_QUEUE_H
#define ENGINE_STORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What waits to be written: from many threads to one, bounded in bytes. Two buffers; one is
   filled while the other is being written, so that all that came meanwhile is one batch. A
   producer copies its bytes under a lock and never waits for the disk. */

struct store_queue;

struct store_part { /* an item is the concatenation of its parts */
    const void *bytes;
    size_t size;
};

/* NULL if there is no memory. */
struct store_queue *store_queue_create(size_t bytes);
void store_queue_destroy(struct store_queue *queue); /* NULL is allowed */

/* Any thread. False, and nothing is taken, if there is no room for all of it. */
bool store_queue_put(struct store_queue *queue, unsigned kind,
                     const struct store_part *parts, size_t count);
/* Any thread: the consumer returns from its wait, now or at its next one. */
void store_queue_wake(struct store_queue *queue);

struct store_item {
    unsigned kind;
    size_t size;
    const unsigned char *bytes; /* aligned for any type; valid until the next take */
};

/* The consumer's thread: sleeps until it is woken, or there is something and 50 ms have passed
   or half of the room is taken; makes all that was put before the batch; hands out its items. */
void store_queue_wait(struct store_queue *queue);
void store_queue_take(struct store_queue *queue);
bool store_queue_next(struct store_queue *queue, struct store_item *item);

#endif
