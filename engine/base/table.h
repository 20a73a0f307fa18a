#ifndef ENGINE_BASE_TABLE_H
#define ENGINE_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash table of fixed capacity: keys and entries of fixed size, all memory taken at
   creation, nothing moved afterwards (an entry's pointer and index are stable until it
   is removed). The hash is keyed: who chooses the keys cannot choose the collisions.
   Each entry is in one of TABLE_SEGMENTS recency lists. Not thread safe. */

enum { TABLE_SEGMENTS = 2 };
enum { TABLE_NONE = 0xFFFFFFFF }; /* no index */

struct table;

/* `seed` keys the hash. Entries are zeroed when they are made. NULL if no memory. */
struct table *table_create(uint32_t capacity, size_t key_bytes, size_t entry_bytes,
                           uint64_t seed);
void table_destroy(struct table *table); /* NULL is allowed */

/* The keyed hash itself, for those who compute it ahead (prefetch). */
uint64_t table_hash(const struct table *table, const void *key);
/* Start loading what a look-up of `hash` will need: first its slot; once that is there,
   the entry with its key. Both look at nothing but the slot, and promise nothing. */
void table_prefetch(const struct table *table, uint64_t hash);
void table_prefetch_entry(const struct table *table, uint64_t hash);

/* Expected O(1). NULL if absent. */
void *table_find(const struct table *table, const void *key);
void *table_find_hashed(const struct table *table, const void *key, uint64_t hash);
/* Find or make. `made` says which. A new entry is the most recent of segment 0.
   NULL when the table is full: the caller evicts and counts. */
void *table_get(struct table *table, const void *key, bool *made);
void *table_get_hashed(struct table *table, const void *key, uint64_t hash, bool *made);
/* Find or make, never NULL: a full table loses the entry least recently used, of segment 0
   as long as it has any. The entry is then its segment's most recent. */
void *table_force(struct table *table, const void *key, bool *made);
void table_remove(struct table *table, void *entry);

uint32_t table_used(const struct table *table);
uint32_t table_capacity(const struct table *table);

/* Index of an entry, 0 … capacity - 1, stable while it lives; and back (NULL if
   free). */
uint32_t table_index(const struct table *table, const void *entry);
void *table_at(const struct table *table, uint32_t index);
const void *table_key(const struct table *table, const void *entry);
/* As they were given at creation. */
size_t table_key_bytes(const struct table *table);
size_t table_entry_bytes(const struct table *table);

/* Recency lists, O(1) each. */
void table_touch(struct table *table, void *entry); /* now its segment's most recent */
void table_move(struct table *table, void *entry,
                unsigned segment); /* and most recent */
unsigned table_segment(const struct table *table, const void *entry);
void *table_newest(const struct table *table, unsigned segment);
void *table_oldest(const struct table *table, unsigned segment);
void *table_older(const struct table *table, const void *entry); /* NULL at the end */
uint32_t table_segment_used(const struct table *table, unsigned segment);

#endif
