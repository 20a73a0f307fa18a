#ifndef ENGINE_BASE_RING_H
#define ENGINE_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bounded queue of fixed-size elements between exactly one producer thread and one
   consumer thread. Elements are written and read in place: nothing is copied. Memory is
   taken at creation. Release on publish, acquire on read; safe on weakly ordered
   processors. Sleeping is the slow path only and costs no system call otherwise. */

struct ring;

/* `capacity` elements, rounded up to a power of two. NULL if there is no memory. */
struct ring *ring_create(size_t capacity, size_t element_bytes);
void ring_destroy(struct ring *ring); /* NULL is allowed */

/* --- the producer's thread --- */

/* The next free element, or NULL while the ring is full. Not visible until published;
   reserving again without publishing returns the same element. */
void *ring_reserve(struct ring *ring);
/* As ring_reserve, but sleeps while the ring is full. NULL only after ring_cancel. */
void *ring_reserve_wait(struct ring *ring);
void ring_publish(struct ring *ring);

/* --- the consumer's thread --- */

/* The oldest element, or NULL while the ring is empty. Stays valid until released. */
const void *ring_front(struct ring *ring);
/* As ring_front, but sleeps up to `timeout_ms` (negative: for ever) for one. */
const void *ring_front_wait(struct ring *ring, int timeout_ms);
void ring_release(struct ring *ring);

/* --- any thread --- */

/* Wakes both sides for good: waits return NULL from then on (elements already
   published can still be read with ring_front). */
void ring_cancel(struct ring *ring);
size_t ring_used(const struct ring *ring); /* a snapshot */
size_t ring_capacity(const struct ring *ring);

#endif
