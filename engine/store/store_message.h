#ifndef ENGINE_STORE_MESSAGE_H
#define ENGINE_STORE_MESSAGE_H

#include "engine/inbox.h"
#include "engine/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was told to the engine, kept on the disk before the engine sees it: of each device and
   place the last one, and a log of all. */

struct store_message;

/* Stands between the inbox and the engine from now on, with a thread of its own. Both are
   borrowed. NULL if there is no memory or no thread. */
struct store_message *store_message_start(struct store *store, struct inbox *inbox);
/* The inbox has been closed. NULL is allowed. */
void store_message_stop(struct store_message *keeper);

/* Hands everything that is kept to `take`, in the order in which it was told. False if it
   could not be read. Waits for the disk. */
bool store_message_recall(struct store *store,
                          void (*take)(void *context, const char *device,
                                       const char *place, const char *text,
                                       uint64_t time_ns),
                          void *context);

#endif
