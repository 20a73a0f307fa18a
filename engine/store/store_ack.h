#ifndef ENGINE_STORE_ACK_H
#define ENGINE_STORE_ACK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Who waits until what he handed over is on the disk. Each write has a number; the store's
   thread settles them in order, one batch after the other. */

enum { STORE_ACKS = 256 }; /* that wait at once */

struct store_ack {
    pthread_mutex_t lock;
    pthread_cond_t news;
    uint64_t given, settled; /* the last number of each */
    bool written[STORE_ACKS];
};

void store_ack_init(struct store_ack *ack);
void store_ack_free(struct store_ack *ack);

/* Any thread: take the next number, then hand over, then go on to wait; the lock is held in
   between. False if too many wait already (and nothing is locked). */
bool store_ack_begin(struct store_ack *ack, uint64_t *number);
/* `handed`: it was taken. Whether it was written, as far as is known within `timeout_ms`. */
bool store_ack_wait(struct store_ack *ack, uint64_t number, bool handed,
                    int timeout_ms);

/* The store's thread: whether somebody waits for what is in its hands; note one outcome; tell
   all up to `number`, with nothing written where the transaction was lost. */
bool store_ack_awaited(struct store_ack *ack);
void store_ack_note(struct store_ack *ack, uint64_t number, bool written);
void store_ack_settle(struct store_ack *ack, uint64_t number, bool committed);

#endif
