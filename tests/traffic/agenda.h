#ifndef TESTS_TRAFFIC_AGENDA_H
#define TESTS_TRAFFIC_AGENDA_H

#include <stddef.h>
#include <stdint.h>

/* What is to come, in order of time (a binary heap): frames to write and tasks to run. Equal
   times keep the order in which they were put in. */

struct simulation;

/* Embedded as the first member of whatever acts. */
struct task {
    void (*run)(struct simulation *simulation, struct task *task);
};

struct entry {
    uint64_t time_us;
    uint64_t order;
    struct task *task; /* borrowed; NULL for a frame */
    uint8_t *frame;    /* owned by whoever took the entry out; free() it */
    size_t length;
};

struct agenda {
    struct entry *entries;
    size_t count, capacity;
    uint64_t order;
};

/* A zeroed agenda is empty. Both fail only by exiting the program: out of memory. */
void agenda_task(struct agenda *agenda, uint64_t time_us, struct task *task);
void agenda_frame(struct agenda *agenda, uint64_t time_us, const uint8_t *frame,
                  size_t length);

/* Take the earliest out; 0 where there is none. O(log n). */
int agenda_take(struct agenda *agenda, struct entry *entry);

/* Frees what is left and its frames. */
void agenda_clear(struct agenda *agenda);

#endif
