#include "engine/ledger.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Zeroed before it is filled. */
struct key {
    struct device_key device;
    struct address peer; /* where it has no name */
    char name[LEDGER_NAME_BYTES];
    uint16_t port;
    uint8_t protocol, from_device;
};

struct holder {
    uint32_t entries;
    bool cut;
};

struct ledger {
    pthread_mutex_t lock; /* of all below */
    struct table *entries, *holders;
    bool cut; /* of some device that is no longer known, too */
};

struct ledger *ledger_create(uint32_t capacity, uint32_t devices, uint64_t seed) {
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger || pthread_mutex_init(&ledger->lock, NULL) != 0) {
        free(ledger);
        return NULL;
    }
    ledger->entries =
        table_create(capacity, sizeof(struct key), sizeof(struct ledger_entry), seed);
    ledger->holders =
        table_create(devices, sizeof(struct device_key), sizeof(struct holder), seed);
    if (ledger->entries && ledger->holders)
        return ledger;
    ledger_destroy(ledger);
    return NULL;
}

void ledger_destroy(struct ledger *ledger) {
    if (!ledger)
        return;
    table_destroy(ledger->entries);
    table_destroy(ledger->holders);
    pthread_mutex_destroy(&ledger->lock);
    free(ledger);
}

/* What was known of the one least recently heard of is no longer whole. */
static void evict_entry(struct ledger *ledger) {
    struct ledger_entry *oldest = table_oldest(ledger->entries, 0);
    struct holder *holder = table_find(ledger->holders, &oldest->device);
    if (holder) {
        holder->entries--;
        holder->cut = true;
    }
    ledger->cut = true;
    table_remove(ledger->entries, oldest);
}

static struct holder *holder_of(struct ledger *ledger,
                                const struct device_key *device) {
    bool made;
    return table_force(ledger->holders, device, &made);
}

static void note(struct ledger *ledger, const struct ledger_entry *flow,
                 uint32_t now_s) {
    struct key key;
    memset(&key, 0, sizeof key);
    key.device = flow->device;
    key.port = flow->port;
    key.protocol = flow->protocol;
    key.from_device = flow->from_device;
    if (flow->name[0])
        memcpy(key.name, flow->name, strnlen(flow->name, sizeof key.name - 1));
    else
        key.peer = flow->peer;
    struct holder *holder = holder_of(ledger, &key.device);
    struct ledger_entry *entry = table_find(ledger->entries, &key);
    if (!entry && holder->entries >= LEDGER_PER_DEVICE) {
        holder->cut = ledger->cut = true;
        return;
    }
    if (!entry) {
        bool made;
        if (table_used(ledger->entries) == table_capacity(ledger->entries))
            evict_entry(ledger);
        entry = table_get(ledger->entries, &key, &made);
        *entry = *flow;
        entry->first_s = now_s;
        entry->flows = 0;
        holder->entries++;
    }
    entry->peer = flow->peer;
    memcpy(entry->zones, flow->zones, sizeof entry->zones);
    entry->last_s = now_s;
    entry->flows++;
    table_touch(ledger->entries, entry);
}

void ledger_note(struct ledger *ledger, const struct ledger_entry *flow,
                 uint32_t now_s) {
    pthread_mutex_lock(&ledger->lock);
    note(ledger, flow, now_s);
    pthread_mutex_unlock(&ledger->lock);
}

size_t ledger_read(struct ledger *ledger, const struct device_key *device, uint32_t *at,
                   struct ledger_entry *entries, size_t most) {
    enum { AT_ONCE = 4096 }; /* places looked at while the engine may wait */
    size_t n = 0;
    bool more = true;
    while (more && n < most) {
        pthread_mutex_lock(&ledger->lock);
        uint32_t capacity = table_capacity(ledger->entries);
        for (unsigned i = 0; i < AT_ONCE && *at < capacity && n < most; i++) {
            const struct ledger_entry *entry = table_at(ledger->entries, (*at)++);
            if (entry &&
                (!device || memcmp(&entry->device, device, sizeof *device) == 0))
                entries[n++] = *entry;
        }
        more = *at < capacity;
        pthread_mutex_unlock(&ledger->lock);
    }
    if (!more)
        *at = 0;
    return n;
}

bool ledger_is_cut(struct ledger *ledger, const struct device_key *device) {
    pthread_mutex_lock(&ledger->lock);
    const struct holder *holder = device ? table_find(ledger->holders, device) : NULL;
    bool cut = device ? holder && holder->cut : ledger->cut;
    pthread_mutex_unlock(&ledger->lock);
    return cut;
}
