#ifndef ENGINE_STORE_TENANCY_H
#define ENGINE_STORE_TENANCY_H

#include "engine/snapshot.h"
#include "engine/store/store_reader.h"

/* Who held which address when, by the number of the holding. The last STORE_TENANCIES are kept,
   and those that have ended no longer than risk is. */

enum { STORE_TENANCIES = 1 << 18 };

/* --- the store's thread, inside of a transaction --- */

/* A new one, or what has become of it. */
bool store_tenancy_put(struct store_sql *sql, uint64_t number,
                       const struct tenancy *tenancy);

/* Those that had ended before then, and all beyond the last ones; `limit` at once. */
bool store_tenancy_forget(struct store_sql *sql, uint64_t before_s, unsigned limit);

/* The last `limit`, in the order of their numbers. */
bool store_tenancy_load(struct store_sql *sql, unsigned limit,
                        void (*take)(void *context, uint64_t number,
                                     const struct tenancy *tenancy),
                        void *context);

/* --- any thread with a reader of its own --- */

/* The id of the device that held an address at a time, "" if that is not known. `id` has
   DEVICE_ID_BYTES. False: it could not be read. O(log n). */
bool store_tenancy_find(struct store_reader *reader, const struct address *ip,
                        uint64_t at_ns, char *id);

#endif
