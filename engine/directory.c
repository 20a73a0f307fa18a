#include "engine/directory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Identities hash to a tag; what is found by tag is verified in the view itself. */
struct key {
    uint64_t tag;
    uint32_t slot;
};

struct directory {
    _Atomic uint32_t references;
    uint32_t count, key_count;
    uint32_t *slots; /* in order of id */
    uint32_t *ranks; /* by slot, its place in that order */
    uint32_t rank_count;
    struct key *keys; /* in order of tag, then slot */
};

/* id, MAC, name, and a certificate's subject and serial number */
enum { KEYS_PER_DEVICE = 5 + DEVICE_ADDRESSES };

enum identity {
    IDENTITY_ID,
    IDENTITY_MAC,
    IDENTITY_ADDRESS,
    IDENTITY_NAME,
    IDENTITY_SUBJECT,
    IDENTITY_SERIAL
};

/* FNV-1a, letters in lower case where they mean the same. An attacker who makes tags collide
   buys a few comparisons, no wrong answer. */
static uint64_t tag_of(enum identity kind, const void *bytes, size_t length) {
    uint64_t tag = 0xcbf29ce484222325 ^ kind;
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < length; i++) {
        bool fold = (kind == IDENTITY_NAME || kind == IDENTITY_SERIAL) &&
                    byte[i] >= 'A' && byte[i] <= 'Z';
        if (kind == IDENTITY_SERIAL && byte[i] == ':')
            continue;
        tag = (tag ^ (fold ? byte[i] | 0x20 : byte[i])) * 0x100000001b3;
    }
    return tag;
}

static uint64_t tag_of_address(const struct address *address) {
    return tag_of(IDENTITY_ADDRESS, address->bytes, address->family == 4 ? 4 : 16);
}

/* Either may be NULL. */
static bool is_same(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool directory_same_identity(const struct device_view *a, const struct device_view *b) {
    if (!a || !b)
        return a == b;
    if (strcmp(a->id, b->id) != 0 || strcmp(a->name, b->name) != 0 ||
        !is_same(a->certificate_subject, b->certificate_subject) ||
        !is_same(a->certificate_serial, b->certificate_serial) ||
        !mac_equal(&a->mac, &b->mac) || a->address_count != b->address_count)
        return false;
    for (unsigned i = 0; i < a->address_count; i++)
        if (!address_equal(&a->addresses[i], &b->addresses[i]))
            return false;
    return true;
}

static size_t keys_of(const struct device_view *view, uint32_t slot, struct key *keys) {
    struct key *key = keys;
    *key++ = (struct key){tag_of(IDENTITY_ID, view->id, strlen(view->id)), slot};
    if (!mac_is_zero(&view->mac))
        *key++ = (struct key){tag_of(IDENTITY_MAC, view->mac.bytes, 6), slot};
    for (unsigned i = 0; i < view->address_count; i++)
        *key++ = (struct key){tag_of_address(&view->addresses[i]), slot};
    const struct {
        enum identity kind;
        const char *text;
    } texts[] = {{IDENTITY_NAME, view->name},
                 {IDENTITY_SUBJECT, view->certificate_subject},
                 {IDENTITY_SERIAL, view->certificate_serial}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text && texts[i].text[0])
            *key++ = (struct key){
                tag_of(texts[i].kind, texts[i].text, strlen(texts[i].text)), slot};
    return (size_t)(key - keys);
}

static int compare_keys(const void *left, const void *right) {
    const struct key *a = left, *b = right;
    if (a->tag != b->tag)
        return a->tag < b->tag ? -1 : 1;
    return (a->slot > b->slot) - (a->slot < b->slot);
}

static int compare_slots(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static int compare_ids(const void *left, const void *right, void *devices) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const struct device_view *x = vector_get(devices, a), *y = vector_get(devices, b);
    int order = strcmp(x->id, y->id);
    return order ? order : compare_slots(&a, &b);
}

/* How many of the first `count` slots come before `slot` in order of id. */
static uint32_t position(const uint32_t *slots, uint32_t count, uint32_t slot,
                         const struct vector *devices) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_ids(&slots[middle], &slot, (void *)devices) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool holds(const uint32_t *sorted, size_t count, uint32_t slot) {
    return count && bsearch(&slot, sorted, count, sizeof slot, compare_slots);
}

/* The kept slots and the added ones, both in order of id, into one. The added are few: each is
   looked up among the kept, so that these are moved without a look at their views. */
static void merge_slots(struct directory *into, uint32_t *added, uint32_t added_count,
                        const struct vector *devices) {
    uint32_t kept = into->count;
    into->count += added_count;
    qsort_r(added, added_count, sizeof *added, compare_ids, (void *)devices);
    for (uint32_t left = added_count; left > 0; left--) {
        uint32_t before = position(into->slots, kept, added[left - 1], devices);
        memmove(into->slots + before + left, into->slots + before,
                (kept - before) * sizeof *into->slots);
        into->slots[before + left - 1] = added[left - 1];
        kept = before;
    }
}

static void merge_keys(struct directory *into, struct key *added, size_t added_count) {
    qsort(added, added_count, sizeof *added, compare_keys);
    struct key *kept = into->keys + into->key_count;
    into->key_count += (uint32_t)added_count;
    for (struct key *out = into->keys + into->key_count; added_count > 0;) {
        bool take_kept =
            kept > into->keys && compare_keys(kept - 1, &added[added_count - 1]) > 0;
        *--out = take_kept ? *--kept : added[--added_count];
    }
}

struct directory *directory_update(const struct directory *old,
                                   const struct vector *devices, uint32_t *slots,
                                   size_t count) {
    uint32_t old_count = old ? old->count : 0, old_keys = old ? old->key_count : 0;
    struct directory *made = calloc(1, sizeof *made);
    struct key *added = malloc((count + 1) * KEYS_PER_DEVICE * sizeof *added);
    if (!made || !added)
        goto no_memory;
    made->slots = malloc((old_count + count + 1) * sizeof *made->slots);
    made->keys = malloc((old_keys + count * KEYS_PER_DEVICE + 1) * sizeof *made->keys);
    qsort(slots, count, sizeof *slots, compare_slots);
    made->rank_count = old ? old->rank_count : 0;
    if (count && slots[count - 1] >= made->rank_count)
        made->rank_count = slots[count - 1] + 1;
    made->ranks = malloc((made->rank_count + (size_t)1) * sizeof *made->ranks);
    if (!made->slots || !made->keys || !made->ranks)
        goto no_memory; /* nothing was written yet but the order of `slots` */
    atomic_init(&made->references, 1);

    for (uint32_t i = 0; i < old_count; i++)
        if (!holds(slots, count, old->slots[i]))
            made->slots[made->count++] = old->slots[i];
    for (uint32_t i = 0; i < old_keys; i++)
        if (!holds(slots, count, old->keys[i].slot))
            made->keys[made->key_count++] = old->keys[i];

    size_t added_keys = 0;
    uint32_t present = 0;
    for (size_t i = 0; i < count; i++) {
        const struct device_view *view = vector_get(devices, slots[i]);
        if (!view)
            continue;
        added_keys += keys_of(view, slots[i], added + added_keys);
        slots[present++] = slots[i];
    }
    merge_keys(made, added, added_keys);
    merge_slots(made, slots, present, devices);
    for (uint32_t i = 0; i < made->count; i++)
        made->ranks[made->slots[i]] = i;
    free(added);
    return made;

no_memory:
    free(added);
    directory_release(made);
    return NULL;
}

struct directory *directory_retain(struct directory *directory) {
    if (directory)
        atomic_fetch_add_explicit(&directory->references, 1, memory_order_relaxed);
    return directory;
}

void directory_release(struct directory *directory) {
    if (!directory ||
        atomic_fetch_sub_explicit(&directory->references, 1, memory_order_acq_rel) > 1)
        return;
    free(directory->slots);
    free(directory->ranks);
    free(directory->keys);
    free(directory);
}

uint32_t directory_count(const struct directory *directory) {
    return directory ? directory->count : 0;
}

uint32_t directory_slot(const struct directory *directory, uint32_t i) {
    return directory->slots[i];
}

/* What a text may mean; an id is always tried. */
struct wanted {
    const char *text;
    struct mac mac;
    struct address address;
};

static bool has_address(const struct device_view *view, const struct address *address) {
    for (unsigned i = 0; i < view->address_count; i++)
        if (address_equal(&view->addresses[i], address))
            return true;
    return false;
}

/* In hexadecimal, which some programs write with colons between the bytes. */
static bool is_serial(const char *a, const char *b) {
    for (;; a++, b++) {
        a += strspn(a, ":");
        b += strspn(b, ":");
        if (strncasecmp(a, b, 1) != 0 || !*a)
            return !*a && !*b;
    }
}

static bool matches(const struct device_view *view, enum identity kind,
                    const struct wanted *wanted) {
    switch (kind) {
    case IDENTITY_ID:
        return strcmp(view->id, wanted->text) == 0;
    case IDENTITY_MAC:
        return mac_equal(&view->mac, &wanted->mac);
    case IDENTITY_ADDRESS:
        return has_address(view, &wanted->address);
    case IDENTITY_NAME:
        return strcasecmp(view->name, wanted->text) == 0;
    case IDENTITY_SUBJECT:
        return view->certificate_subject &&
               strcmp(view->certificate_subject, wanted->text) == 0;
    case IDENTITY_SERIAL:
        return view->certificate_serial &&
               is_serial(view->certificate_serial, wanted->text);
    }
    return false;
}

struct search {
    const struct directory *directory;
    const struct vector *devices;
    const struct wanted *wanted;
    uint32_t *indices, size, found;
};

static bool is_found(const struct search *search, uint32_t index) {
    for (uint32_t i = 0; i < search->found && i < search->size; i++)
        if (search->indices[i] == index)
            return true;
    return false;
}

/* Add the devices of one kind of identity to those found, each once. */
static void collect(struct search *search, enum identity kind, uint64_t tag) {
    const struct directory *directory = search->directory;
    uint32_t low = 0, high = directory->key_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (directory->keys[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t last = UINT32_MAX;
    for (; low < directory->key_count && directory->keys[low].tag == tag; low++) {
        uint32_t slot = directory->keys[low].slot;
        const struct device_view *view = vector_get(search->devices, slot);
        if (slot == last || is_found(search, directory->ranks[slot]) ||
            !matches(view, kind, search->wanted))
            continue;
        last = slot;
        /* Only an address is looked for after something else: the id of another device. */
        if (kind == IDENTITY_ADDRESS && matches(view, IDENTITY_ID, search->wanted))
            continue;
        if (search->found < search->size)
            search->indices[search->found] = directory->ranks[slot];
        search->found++;
    }
}

uint32_t directory_find(const struct directory *directory, const struct vector *devices,
                        const char *text, uint32_t *indices, uint32_t size) {
    struct wanted wanted = {.text = text};
    struct search search = {directory, devices, &wanted, indices, size, 0};
    if (!directory)
        return 0;
    collect(&search, IDENTITY_ID, tag_of(IDENTITY_ID, text, strlen(text)));
    /* Host names are claims: none may pass for a MAC or an address. */
    if (mac_parse(text, &wanted.mac)) {
        if (!search.found && !mac_is_zero(&wanted.mac))
            collect(&search, IDENTITY_MAC, tag_of(IDENTITY_MAC, wanted.mac.bytes, 6));
    } else if (address_parse(text, &wanted.address)) {
        /* Even beside an exact id: who holds the address now must not hide behind the
           device that was once named after it. */
        collect(&search, IDENTITY_ADDRESS, tag_of_address(&wanted.address));
    } else if (!search.found && text[0]) {
        collect(&search, IDENTITY_NAME, tag_of(IDENTITY_NAME, text, strlen(text)));
        collect(&search, IDENTITY_SUBJECT,
                tag_of(IDENTITY_SUBJECT, text, strlen(text)));
    }
    /* A serial number may read like a MAC, and was not chosen by the device. */
    if (!search.found && text[0])
        collect(&search, IDENTITY_SERIAL, tag_of(IDENTITY_SERIAL, text, strlen(text)));
    return search.found;
}
