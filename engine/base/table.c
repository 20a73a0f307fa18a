#include "engine/base/table.h"

#include "engine/base/huge.h"
#include "engine/base/mix.h"

#define XXH_INLINE_ALL
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Measured on keys of 44 to 52 bytes, one core of an x86 server: XXH3 with a secret 10
   ns (14 ns as latency), SipHash-2-4 of libsodium 39 ns (48 ns). XXH3 is no
   cryptographic hash, but its 192 secret bytes never leave the process and no hash is
   ever shown, so a sender has nothing to search collisions with; the 30 ns per packet
   are worth more. */
enum { SECRET_BYTES = 192 };

enum { CAPACITY_MAX = 1u << 30, FREE = TABLE_SEGMENTS };

/* Open addressing with linear probing over slots that are small enough for eight to
   share a cache line: a miss costs one line, a hit that and the entry's own. Removal
   shifts the cluster back instead of leaving tombstones. */
struct slot {
    uint32_t tag;   /* low half of the hash; its low bits are the home slot */
    uint32_t index; /* TABLE_NONE: empty */
};

/* A ring list: index capacity + s is the head of segment s. Apart from the entries, so
   that reordering touches a few dense lines. */
struct link {
    uint32_t newer, older; /* of a free entry: older is the next free one */
};

/* Before each entry; its key lies behind it. */
struct header {
    uint32_t index;
    uint32_t tag;
};

enum { LINE_BYTES = 64 };

enum { HEADER_BYTES = 16 }; /* keeps entry and key aligned for any type */

struct table {
    uint32_t capacity, used, slot_mask, first_free;
    uint32_t segment_used[TABLE_SEGMENTS];
    size_t key_bytes, entry_bytes, key_offset, cell_bytes;
    struct slot *slots;
    struct link *links;
    uint8_t *segments; /* FREE or the segment */
    unsigned char *cells;
    uint8_t secret[SECRET_BYTES];
};

static uint64_t splitmix(uint64_t *state) {
    return mix_64(*state += 0x9e3779b97f4a7c15);
}

static size_t round_up(size_t bytes) {
    return (bytes + 15) & ~(size_t)15;
}

struct table *table_create(uint32_t capacity, size_t key_bytes, size_t entry_bytes,
                           uint64_t seed) {
    if (capacity == 0 || capacity > CAPACITY_MAX || key_bytes == 0 ||
        key_bytes > UINT32_MAX || entry_bytes > UINT32_MAX)
        return NULL;
    struct table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    uint32_t slots = 8;
    while (slots < capacity + capacity / 2) /* at most two thirds are ever used */
        slots *= 2;
    table->capacity = capacity;
    table->slot_mask = slots - 1;
    table->key_bytes = key_bytes;
    table->entry_bytes = entry_bytes;
    table->key_offset = HEADER_BYTES + round_up(entry_bytes);
    table->cell_bytes = round_up(table->key_offset + key_bytes);
    table->slots = malloc(slots * sizeof *table->slots);
    table->links = malloc((capacity + (size_t)TABLE_SEGMENTS) * sizeof *table->links);
    table->segments = malloc(capacity);
    table->cells = huge_calloc(capacity, table->cell_bytes);
    if (!table->slots || !table->links || !table->segments || !table->cells) {
        table_destroy(table);
        return NULL;
    }
    memset(table->slots, 0xff, slots * sizeof *table->slots);
    memset(table->segments, FREE, capacity);
    for (uint32_t i = 0; i < capacity; i++)
        table->links[i].older = i + 1 < capacity ? i + 1 : TABLE_NONE;
    for (uint32_t head = capacity; head < capacity + TABLE_SEGMENTS; head++)
        table->links[head] = (struct link){head, head};
    for (size_t i = 0; i < SECRET_BYTES; i += sizeof seed) {
        uint64_t word = splitmix(&seed);
        memcpy(table->secret + i, &word, sizeof word);
    }
    return table;
}

void table_destroy(struct table *table) {
    if (!table)
        return;
    free(table->cells);
    free(table->segments);
    free(table->links);
    free(table->slots);
    free(table);
}

static unsigned char *cell_at(const struct table *table, uint32_t index) {
    return table->cells + index * table->cell_bytes;
}

static struct header *header_of(const void *entry) {
    return (struct header *)((const unsigned char *)entry - HEADER_BYTES);
}

uint64_t table_hash(const struct table *table, const void *key) {
    return XXH3_64bits_withSecret(key, table->key_bytes, table->secret, SECRET_BYTES);
}

void table_prefetch(const struct table *table, uint64_t hash) {
    __builtin_prefetch(&table->slots[(uint32_t)hash & table->slot_mask]);
}

void table_prefetch_entry(const struct table *table, uint64_t hash) {
    const struct slot *slot = &table->slots[(uint32_t)hash & table->slot_mask];
    if (slot->tag != (uint32_t)hash || slot->index == TABLE_NONE)
        return; /* most are at home */
    const unsigned char *cell = cell_at(table, slot->index);
    for (size_t offset = 0; offset < table->cell_bytes; offset += LINE_BYTES)
        __builtin_prefetch(cell + offset, 1);
}

/* The slot that holds the key, or the empty one where it would go. */
static struct slot *slot_of(const struct table *table, const void *key, uint32_t tag) {
    for (uint32_t i = tag & table->slot_mask;; i = (i + 1) & table->slot_mask) {
        struct slot *slot = &table->slots[i];
        if (slot->index == TABLE_NONE)
            return slot;
        if (slot->tag == tag && memcmp(cell_at(table, slot->index) + table->key_offset,
                                       key, table->key_bytes) == 0)
            return slot;
    }
}

void *table_find(const struct table *table, const void *key) {
    return table_find_hashed(table, key, table_hash(table, key));
}

void *table_find_hashed(const struct table *table, const void *key, uint64_t hash) {
    const struct slot *slot = slot_of(table, key, (uint32_t)hash);
    return slot->index == TABLE_NONE ? NULL
                                     : cell_at(table, slot->index) + HEADER_BYTES;
}

static void list_take(struct table *table, uint32_t index) {
    struct link link = table->links[index];
    table->links[link.newer].older = link.older;
    table->links[link.older].newer = link.newer;
    table->segment_used[table->segments[index]]--;
}

static void list_put_newest(struct table *table, uint32_t index, unsigned segment) {
    uint32_t head = table->capacity + segment;
    uint32_t second = table->links[head].older;
    table->links[index] = (struct link){.newer = head, .older = second};
    table->links[second].newer = index;
    table->links[head].older = index;
    table->segments[index] = (uint8_t)segment;
    table->segment_used[segment]++;
}

void *table_get(struct table *table, const void *key, bool *made) {
    return table_get_hashed(table, key, table_hash(table, key), made);
}

void *table_get_hashed(struct table *table, const void *key, uint64_t hash,
                       bool *made) {
    struct slot *slot = slot_of(table, key, (uint32_t)hash);
    *made = false;
    if (slot->index != TABLE_NONE)
        return cell_at(table, slot->index) + HEADER_BYTES;
    if (table->used == table->capacity)
        return NULL;

    uint32_t index = table->first_free;
    table->first_free = table->links[index].older;
    table->used++;
    *slot = (struct slot){.tag = (uint32_t)hash, .index = index};
    list_put_newest(table, index, 0);
    unsigned char *cell = cell_at(table, index);
    void *entry = cell + HEADER_BYTES;
    *header_of(entry) = (struct header){.index = index, .tag = (uint32_t)hash};
    memset(entry, 0, table->entry_bytes);
    memcpy(cell + table->key_offset, key, table->key_bytes);
    *made = true;
    return entry;
}

void table_remove(struct table *table, void *entry) {
    const struct header *header = header_of(entry);
    uint32_t mask = table->slot_mask;
    uint32_t hole = header->tag & mask;
    while (table->slots[hole].index != header->index)
        hole = (hole + 1) & mask;

    for (uint32_t next = (hole + 1) & mask; table->slots[next].index != TABLE_NONE;
         next = (next + 1) & mask) {
        /* It may move into the hole unless its home lies between hole and itself. */
        uint32_t from_home = (next - table->slots[next].tag) & mask;
        if (from_home >= ((next - hole) & mask)) {
            table->slots[hole] = table->slots[next];
            hole = next;
        }
    }
    table->slots[hole] = (struct slot){TABLE_NONE, TABLE_NONE};

    list_take(table, header->index);
    table->segments[header->index] = FREE;
    table->links[header->index].older = table->first_free;
    table->first_free = header->index;
    table->used--;
}

uint32_t table_used(const struct table *table) {
    return table->used;
}

uint32_t table_capacity(const struct table *table) {
    return table->capacity;
}

uint32_t table_index(const struct table *table, const void *entry) {
    (void)table;
    return header_of(entry)->index;
}

void *table_at(const struct table *table, uint32_t index) {
    if (index >= table->capacity || table->segments[index] == FREE)
        return NULL;
    return cell_at(table, index) + HEADER_BYTES;
}

const void *table_key(const struct table *table, const void *entry) {
    return (const unsigned char *)entry + table->key_offset - HEADER_BYTES;
}

size_t table_key_bytes(const struct table *table) {
    return table->key_bytes;
}

size_t table_entry_bytes(const struct table *table) {
    return table->entry_bytes;
}

void table_touch(struct table *table, void *entry) {
    uint32_t index = header_of(entry)->index;
    unsigned segment = table->segments[index];
    if (table->links[index].newer != table->capacity + segment)
        table_move(table, entry, segment);
}

void table_move(struct table *table, void *entry, unsigned segment) {
    uint32_t index = header_of(entry)->index;
    list_take(table, index);
    list_put_newest(table, index, segment);
}

unsigned table_segment(const struct table *table, const void *entry) {
    return table->segments[header_of(entry)->index];
}

static void *listed(const struct table *table, uint32_t index) {
    return index >= table->capacity ? NULL : cell_at(table, index) + HEADER_BYTES;
}

void *table_newest(const struct table *table, unsigned segment) {
    return listed(table, table->links[table->capacity + segment].older);
}

void *table_oldest(const struct table *table, unsigned segment) {
    return listed(table, table->links[table->capacity + segment].newer);
}

void *table_older(const struct table *table, const void *entry) {
    return listed(table, table->links[header_of(entry)->index].older);
}

uint32_t table_segment_used(const struct table *table, unsigned segment) {
    return table->segment_used[segment];
}

void *table_force(struct table *table, const void *key, bool *made) {
    void *entry = table_get(table, key, made);
    if (!entry) {
        unsigned segment = 0;
        while (segment + 1 < TABLE_SEGMENTS && !table_oldest(table, segment))
            segment++;
        table_remove(table, table_oldest(table, segment));
        entry = table_get(table, key, made);
    }
    table_touch(table, entry);
    return entry;
}
