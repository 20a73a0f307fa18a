#ifndef ENGINE_STORE_READER_H
#define ENGINE_STORE_READER_H

#include "engine/store/store.h"
#include "engine/store/store_findings.h"
#include "engine/store/store_history.h"

/* What was kept, for those who ask: a connection of its own that only reads, beside the
   store's thread and without waiting for it. It sees what had been committed when it is asked.
   One thread at a time. Reading ends after some work: who asks for too much is told so, and
   nobody else waits for it. */

struct store_reader;

/* The store is borrowed. Nothing is opened yet. NULL if there is no memory. */
struct store_reader *store_reader_create(struct store *store);
void store_reader_destroy(struct store_reader *reader); /* NULL is allowed */

/* False: it could not be read, or was too much; `take` may have been called. As in
   engine/store/store_history.h and engine/store/store_findings.h. */
bool store_reader_history(struct store_reader *reader, const char *device,
                          uint64_t from_s, uint64_t to_s, uint64_t step_s,
                          void (*take)(void *context, const struct store_step *step),
                          void *context);
bool store_reader_findings(struct store_reader *reader,
                           const struct store_findings_filter *filter, unsigned limit,
                           void (*take)(void *context, const struct finding *finding),
                           void *context);

/* Reads whatever it likes with the connection. */
bool store_reader_run(struct store_reader *reader,
                      bool (*read)(struct store_sql *sql, void *context),
                      void *context);

#endif
