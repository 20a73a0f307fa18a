#ifndef ENGINE_STORE_BASE_H
#define ENGINE_STORE_BASE_H

#include "engine/memory.h"
#include "engine/store/store_sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The database that is written: opened, brought up to date, in transactions; the pieces of the
   engine's memory. One thread. */

struct store_base;

enum store_opening {
    STORE_OPENED,
    STORE_BROKEN,  /* not a database, or a damaged one */
    STORE_REFUSED, /* for another reason, or of a newer schema */
};

/* `error` says why `opened` is NULL. */
enum store_opening store_base_open(const char *path, struct store_base **opened,
                                   char error[STORE_ERROR_BYTES]);
void store_base_close(struct store_base *base); /* NULL is allowed */

/* Of the pieces that will be written, and the only one that is read. */
void store_base_set_format(struct store_base *base, uint64_t format);

/* False: it failed, and store_base_error says why. A transaction that has failed ends with
   nothing done. */
/* `durable`: what is committed has reached the disk, not only the system's cache. */
bool store_base_begin(struct store_base *base, bool durable);
bool store_base_commit(struct store_base *base);
void store_base_roll_back(struct store_base *base);
const char *store_base_error(const struct store_base *base);
bool store_base_is_broken(
    const struct store_base *base); /* … with damage as the reason */

/* The connection, for those who keep something of their own. */
struct store_sql *store_base_sql(struct store_base *base);

/* Inside of a transaction: what `write` does, or nothing if it fails (`written` says which).
   False if the transaction is lost with it. */
bool store_base_try(struct store_base *base,
                    bool (*write)(struct store_sql *sql, const void *bytes,
                                  size_t size),
                    const void *bytes, size_t size, bool *written);

/* Looks at every page, a quarter of a second of work for 50,000 devices. False: damaged, and
   the next thing that is written may be lost in it. */
bool store_base_is_whole(struct store_base *base);

/* All inside of a transaction. */
/* The most recently used of its kind, from now on. */
bool store_base_put_piece(struct store_base *base, const struct memory *piece);

/* All pieces anew: begin; each, of a kind the most recent first (a device's value only
   `with_value`, else the one that is there stays); end, which forgets what did not come. */
bool store_base_renew_begin(struct store_base *base);
bool store_base_renew_piece(struct store_base *base, const struct memory *piece,
                            bool with_value);
bool store_base_renew_end(struct store_base *base);

/* Every piece that is whole goes to `take`, in the order of memory_restore. What is not
   whole, or what `take` returns false for, is set aside: how many in `damaged`. Those that
   another version wrote are set aside silently: `foreign`. */
bool store_base_load_pieces(struct store_base *base,
                            bool (*take)(void *context, const struct memory *piece),
                            void *context, uint64_t *damaged, uint64_t *foreign);

/* The checksum that is kept with a piece; its kind by name ("device"), its value as it is kept. */
uint64_t store_base_sum(const char *kind, const void *key, size_t key_bytes,
                        const void *value, size_t value_bytes);

/* Room that grows as it is needed; zeroed: none. */
struct store_room {
    void *bytes;
    size_t size;
};

/* The value in columns `value` and `size` of a row as it was given: in the row, or unpacked in
   the room. NULL if it is damaged, or there is no memory. */
const void *store_base_value(sqlite3_stmt *s, int value, int size,
                             struct store_room *room, size_t *bytes);

#endif
