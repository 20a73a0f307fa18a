#include "engine/memory.h"

#include "engine/base/checksum.h"
#include "engine/state.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;
enum { SOON_S = 60 }; /* what must not wait for its turn waits no longer */
_Static_assert(MEMORY_CLOCK == 0, "a lone piece of the first kind has the first place");

/* What MEMORY_CLOCK holds. */
struct clock_piece {
    uint64_t now_ns, window_end_s, findings_total;
    uint64_t looked_s, watched_s, heard_s; /* see state.h */
};

uint64_t memory_format(const struct engine *engine) {
    const uint64_t numbers[] = {
        15, /* to be raised when a meaning changes and no size does */
        sizeof(struct clock_piece),
        sizeof engine->cohorts.network,
        sizeof engine->questions,
        sizeof engine->cohorts.changes,
        sizeof engine->sensor,
        sizeof(struct sight_kept),
        sizeof engine->identity.leasers,
        table_key_bytes(engine->identity.bindings),
        table_entry_bytes(engine->identity.bindings),
        table_entry_bytes(engine->identity.sightings),
        sizeof(struct domain_use),
        table_key_bytes(engine->identity.names),
        table_entry_bytes(engine->identity.names),
        sizeof(struct device),
        offsetof(struct device, addresses),
        offsetof(struct device, first_ns),
        offsetof(struct device, tainted_s),
        sizeof(struct device_contacts),
        offsetof(struct device, invariant),
        offsetof(struct device, risk),
        offsetof(struct device, baseline),
        sizeof(struct inventory_entry),
        offsetof(struct inventory_entry, continuity),
        table_key_bytes(engine->certificates.shown),
        table_entry_bytes(engine->certificates.shown),
        table_key_bytes(engine->ways),
        table_entry_bytes(engine->ways),
        sizeof engine->identity.leasers[0],
        offsetof(struct inventory_entry, guess),
        NAME_KINDS,
        FACT_COUNT,
        TYPE_COUNT,
        sizeof(struct evidence),
        offsetof(struct baseline, fast),
        offsetof(struct baseline, sizes),
        offsetof(struct baseline, context),
        offsetof(struct baseline, drift),
        offsetof(struct baseline, novelty),
        offsetof(struct baseline, rhythm),
        offsetof(struct baseline, tails),
        sizeof(struct baseline),
    };
    uint64_t sum = checksum_of(numbers, sizeof numbers, 0);
    for (unsigned i = 0; i < EVIDENCE_COUNT; i++) {
        const char *name = evidence_name((enum evidence_kind)i);
        sum = checksum_of(name, strlen(name), sum);
    }
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        const char *name = baseline_feature_name((enum baseline_feature)i);
        sum = checksum_of(name, strlen(name), sum);
    }
    return sum;
}

static struct table *table_of(const struct engine *engine, enum memory_kind kind) {
    switch (kind) {
    case MEMORY_DEVICE:
        return engine->devices.table;
    case MEMORY_INVENTORY:
        return engine->inventory.table;
    case MEMORY_SHOWN:
        return engine->certificates.shown;
    case MEMORY_HOLDER:
        return engine->certificates.holders;
    case MEMORY_BINDING:
        return engine->identity.bindings;
    case MEMORY_NAME:
        return engine->identity.names;
    case MEMORY_GROUP:
        return engine->cohorts.groups;
    case MEMORY_SHARED:
        return engine->cohorts.habits;
    case MEMORY_WAYS:
        return engine->ways;
    case MEMORY_SIGHTING:
        return engine->identity.sightings;
    case MEMORY_DOMAIN:
        return engine->domains;
    case MEMORY_CLOCK:
    case MEMORY_POOL:
    case MEMORY_LEASERS:
    case MEMORY_QUESTIONS:
    case MEMORY_CHANGES:
    case MEMORY_SENSOR:
    case MEMORY_SIGHT:
    case MEMORY_KINDS:
        break;
    }
    return NULL;
}

/* What MEMORY_DEVICE holds. */
struct device_piece {
    struct device device;
    struct device_contacts contacts;
};

/* What was said of it is kept apart, and comes back by itself; whose peer it is may have been
   written down otherwise. */
static void forget_told(struct device *device) {
    device->believed = 0;
    device->has_standing = false;
    device->sorted = 0;
    device->address_sum = 0;
    device->relearn_s = 0;
    device->risk.odds = 0;
}

/* A device without what holds only while this process runs. */
static void copy_device(struct device_piece *piece, const struct device_table *devices,
                        const struct device *device) {
    piece->device = *device;
    piece->contacts = *device_contacts_of(devices, device);
    piece->device.window = TABLE_NONE;
    piece->device.dirty = false;
    forget_told(&piece->device);
    if (piece->device.active_index != TABLE_NONE)
        piece->device.active_index = 0;
}

/* Room for a piece whose value is not kept as it lies there. */
struct scratch {
    union {
        struct clock_piece clock;
        struct device_piece device;
        struct sight_kept sight;
    };
};

static void describe_entry(const struct engine *engine, enum memory_kind kind,
                           const void *entry, struct scratch *scratch,
                           struct memory *piece) {
    const struct table *table = table_of(engine, kind);
    *piece = (struct memory){.kind = kind,
                             .changed = true,
                             .key = table_key(table, entry),
                             .key_bytes = table_key_bytes(table),
                             .value = entry,
                             .value_bytes = table_entry_bytes(table)};
    if (kind == MEMORY_DEVICE) {
        copy_device(&scratch->device, &engine->devices, entry);
        piece->segment = table_segment(table, entry);
        piece->value = &scratch->device;
        piece->value_bytes = sizeof scratch->device;
        piece->changed = checksum_of(piece->value, piece->value_bytes, 0) !=
                         engine->kept[table_index(table, entry)].all;
    }
}

static void describe_lone(const struct engine *engine, enum memory_kind kind,
                          struct scratch *scratch, struct memory *piece) {
    *piece = (struct memory){.kind = kind, .changed = true};
    switch (kind) {
    case MEMORY_POOL:
        piece->value = &engine->cohorts.network;
        piece->value_bytes = sizeof engine->cohorts.network;
        break;
    case MEMORY_LEASERS:
        piece->value = engine->identity.leasers;
        piece->value_bytes = sizeof engine->identity.leasers;
        break;
    case MEMORY_QUESTIONS:
        piece->value = &engine->questions;
        piece->value_bytes = sizeof engine->questions;
        break;
    case MEMORY_CHANGES:
        piece->value = &engine->cohorts.changes;
        piece->value_bytes = sizeof engine->cohorts.changes;
        break;
    case MEMORY_SENSOR:
        piece->value = &engine->sensor;
        piece->value_bytes = sizeof engine->sensor;
        break;
    case MEMORY_SIGHT:
        sight_keep(&engine->sight, engine->status.now_ns, &scratch->sight);
        piece->value = &scratch->sight;
        piece->value_bytes = sizeof scratch->sight;
        break;
    default:
        scratch->clock = (struct clock_piece){
            engine->status.now_ns, engine->window_end_s, engine->status.findings_total,
            engine->looked_s,      engine->watched_s,    engine->heard_s};
        piece->value = &scratch->clock;
        piece->value_bytes = sizeof scratch->clock;
        break;
    }
}

bool memory_each(const struct engine *engine,
                 bool (*keep)(void *context, const struct memory *piece),
                 void *context) {
    struct scratch scratch;
    struct memory piece;
    for (enum memory_kind kind = 0; kind < MEMORY_KINDS; kind++) {
        const struct table *table = table_of(engine, kind);
        if (!table) {
            describe_lone(engine, kind, &scratch, &piece);
            if (!keep(context, &piece))
                return false;
            continue;
        }
        for (unsigned segment = 0; segment < TABLE_SEGMENTS; segment++)
            for (const void *entry = table_newest(table, segment); entry;
                 entry = table_older(table, entry)) {
                describe_entry(engine, kind, entry, &scratch, &piece);
                if (!keep(context, &piece))
                    return false;
            }
    }
    return true;
}

/* --- giving back --- */

static bool is_text(const char *text, size_t size) {
    return memchr(text, '\0', size) != NULL;
}

/* Who it is, and how bad: not to be lost for an hour. In which order it last used its addresses
   is no news. */
static uint64_t sum_of_identity(const struct device *device) {
    const uint8_t marks[] = {device->router, device->risk.level};
    uint64_t addresses = 0;
    for (unsigned i = 0; i < device->address_count && i < DEVICE_OWN_ADDRESSES; i++)
        addresses += checksum_of(&device->addresses[i], sizeof(struct address), 0);
    uint64_t sum = checksum_of(&device->key, sizeof device->key, addresses);
    sum = checksum_of(marks, sizeof marks, sum);
    sum = checksum_of(device->name, sizeof device->name, sum);
    return checksum_of(device->vendor, sizeof device->vendor, sum);
}

bool memory_is_sane_baseline(const struct baseline *baseline) {
    bool sane = true;
    for (unsigned i = 0; i < NOVELTY_KEYS; i++)
        sane &= baseline->novelty.keys[i].kind < NOVELTY_KINDS;
    return sane;
}

size_t memory_device_key_bytes(void) {
    return sizeof(struct device_key);
}

bool memory_device_baseline(const void *value, size_t size, struct baseline *baseline) {
    struct device_piece piece;
    if (size != sizeof piece)
        return false;
    memcpy(&piece, value, size);
    *baseline = piece.device.baseline;
    return memory_is_sane_baseline(baseline);
}

/* What would lead outside of an array. Its checksum has been found right, so this is about
   who wrote it, not about the disk. */
static bool is_sane(const struct device_piece *piece) {
    const struct device *device = &piece->device;
    bool sane = device->address_count <= DEVICE_OWN_ADDRESSES &&
                is_text(device->name, sizeof device->name) &&
                is_text(device->vendor, sizeof device->vendor) &&
                device->risk.level <= LEVEL_CRITICAL;
    for (unsigned i = 0; i < DEVICE_SERVICES; i++)
        sane &= is_text(piece->contacts.services[i].application,
                        sizeof piece->contacts.services[i].application);
    for (unsigned i = 0; i < RISK_SLOTS; i++)
        sane &= device->risk.slots[i].kind < EVIDENCE_COUNT &&
                (device->risk.slots[i].kind == EVIDENCE_SEGMENTATION ||
                 device->risk.slots[i].feature < FEATURE_COUNT);
    return sane && memory_is_sane_baseline(&device->baseline);
}

static bool is_sane_inventory(const struct memory *piece) {
    struct inventory_entry given;
    if (piece->value_bytes != sizeof given)
        return false;
    memcpy(&given, piece->value, sizeof given);
    bool sane = given.guess.type < TYPE_COUNT;
    for (unsigned i = 0; i < INVENTORY_FACTS; i++)
        sane &= given.facts[i].kind < FACT_COUNT &&
                given.facts[i].source < NAME_KINDS &&
                is_text(given.facts[i].text, sizeof given.facts[i].text);
    return sane;
}

_Static_assert(offsetof(struct device, key) == 0, "see restore_device");

static bool restore_device(struct engine *engine, const struct memory *piece) {
    struct device_piece given;
    if (piece->value_bytes != sizeof given ||
        piece->key_bytes != sizeof given.device.key)
        return false;
    memcpy(&given, piece->value, sizeof given);
    /* A device begins with its key. */
    if (memcmp(piece->value, piece->key, piece->key_bytes) != 0 || !is_sane(&given))
        return false;
    struct device *device =
        device_get(&engine->devices, &given.device.key, given.device.first_ns);
    uint32_t index = table_index(engine->devices.table, device);
    bool active = given.device.active_index != TABLE_NONE;
    if (device->active_index != TABLE_NONE)
        judge_set_active(engine, device, false);
    *device = given.device;
    *device_contacts_of(&engine->devices, device) = given.contacts;
    device->active_index = TABLE_NONE;
    device->window = TABLE_NONE;
    forget_told(device);
    if (piece->segment == SEGMENT_PROTECTED)
        device_protect(&engine->devices, device);
    judge_set_active(engine, device, active);
    engine->kept[index] = (struct kept){checksum_of(&given, sizeof given, 0),
                                        sum_of_identity(&given.device)};
    engine->dirty[index] = true;
    return true;
}

static bool restore_entry(struct engine *engine, const struct memory *piece) {
    struct table *table = table_of(engine, piece->kind);
    if (piece->key_bytes != table_key_bytes(table) ||
        piece->value_bytes != table_entry_bytes(table))
        return false;
    bool made;
    /* It may hold fewer than it did. */
    memcpy(table_force(table, piece->key, &made), piece->value, piece->value_bytes);
    return true;
}

/* What was known of a device that could not be given back goes with it. */
static bool restore_inventory(struct engine *engine, const struct memory *piece) {
    struct device_key key;
    if (piece->key_bytes != sizeof key)
        return false;
    memcpy(&key, piece->key, sizeof key);
    return !device_find(&engine->devices, &key) || restore_entry(engine, piece);
}

static bool restore_bytes(void *where, size_t bytes, const struct memory *piece) {
    if (piece->value_bytes != bytes || piece->key_bytes)
        return false;
    memcpy(where, piece->value, bytes);
    return true;
}

static bool restore_clock(struct engine *engine, const struct memory *piece) {
    struct clock_piece clock;
    if (!restore_bytes(&clock, sizeof clock, piece))
        return false;
    engine->restored_ns = engine->status.now_ns = clock.now_ns;
    engine->window_end_s = clock.window_end_s;
    engine->looked_s = clock.looked_s;
    engine->watched_s = clock.watched_s;
    engine->heard_s = clock.heard_s;
    if (engine->status.findings_total < clock.findings_total)
        engine->status.findings_total = clock.findings_total;
    /* Whole, if what came last was the tick with which it opened. */
    engine->partial = clock.window_end_s < WINDOW_S ||
                      clock.now_ns > (clock.window_end_s - WINDOW_S) * second_ns;
    return true;
}

static bool restore_leasers(struct engine *engine, const struct memory *piece) {
    struct identity *identity = &engine->identity;
    if (!restore_bytes(identity->leasers, sizeof identity->leasers, piece))
        return false;
    for (unsigned role = 0; role < LEASER_ROLES; role++) {
        unsigned count = 0;
        while (count < IDENTITY_LEASERS && identity->leasers[role][count].first_ns)
            count++;
        identity->leaser_count[role] = count;
    }
    return true;
}

static bool restore_sight(struct engine *engine, const struct memory *piece) {
    struct sight_kept kept;
    if (!restore_bytes(&kept, sizeof kept, piece))
        return false;
    sight_restore(&engine->sight, &kept);
    return true;
}

bool memory_restore(struct engine *engine, const struct memory *piece) {
    switch (piece->kind) {
    case MEMORY_CLOCK:
        return restore_clock(engine, piece);
    case MEMORY_POOL:
        return restore_bytes(&engine->cohorts.network, sizeof engine->cohorts.network,
                             piece);
    case MEMORY_LEASERS:
        return restore_leasers(engine, piece);
    case MEMORY_QUESTIONS:
        return restore_bytes(&engine->questions, sizeof engine->questions, piece);
    case MEMORY_CHANGES:
        return restore_bytes(&engine->cohorts.changes, sizeof engine->cohorts.changes,
                             piece);
    case MEMORY_SENSOR:
        return restore_bytes(&engine->sensor, sizeof engine->sensor, piece);
    case MEMORY_SIGHT:
        return restore_sight(engine, piece);
    case MEMORY_DEVICE:
        return restore_device(engine, piece);
    case MEMORY_INVENTORY:
        return is_sane_inventory(piece) && restore_inventory(engine, piece);
    case MEMORY_SHOWN:
    case MEMORY_HOLDER:
    case MEMORY_BINDING:
    case MEMORY_NAME:
    case MEMORY_GROUP:
    case MEMORY_SHARED:
    case MEMORY_WAYS:
    case MEMORY_SIGHTING:
    case MEMORY_DOMAIN:
        return restore_entry(engine, piece);
    case MEMORY_KINDS:
        break;
    }
    return false;
}

void memory_restore_finding(struct engine *engine, const struct finding *finding) {
    if (engine->status.findings_total < finding->id)
        engine->status.findings_total = finding->id;
    if (engine->board)
        board_restore_finding(engine->board, finding);
}

void memory_restore_tenancy(struct engine *engine, uint64_t number,
                            const struct tenancy *tenancy) {
    tenancy_restore(&engine->tenancies, number, tenancy);
    if (engine->board)
        board_put_tenancy(engine->board, (uint32_t)(number % SNAPSHOT_TENANCIES),
                          tenancy);
}

void memory_rewind(struct engine *engine, uint64_t now_ns) {
    const struct table *table = engine->devices.table;
    for (uint32_t i = 0; i < table_capacity(table); i++) {
        struct device *device = table_at(table, i);
        if (device)
            device_step(device, now_ns);
    }
}

/* --- while it runs --- */

static bool offer(struct engine *engine, const struct memory *piece) {
    bool taken = true;
    for (size_t i = 0; i < engine->sink_count; i++)
        if (engine->sinks[i].keep)
            taken &= engine->sinks[i].keep(engine->sinks[i].context, piece);
    return taken;
}

/* The piece in this place of all the tables laid end to end, if there is one to offer. */
static void offer_place(struct engine *engine, uint64_t place) {
    struct scratch scratch;
    struct memory piece;
    for (enum memory_kind kind = 0; kind < MEMORY_KINDS; kind++) {
        const struct table *table = table_of(engine, kind);
        uint64_t places = table ? table_capacity(table) : 1;
        if (place >= places) {
            place -= places;
            continue;
        }
        const void *entry = table ? table_at(table, (uint32_t)place) : NULL;
        if (table && !entry)
            return;
        if (!table)
            describe_lone(engine, kind, &scratch, &piece);
        else
            describe_entry(engine, kind, entry, &scratch, &piece);
        if (piece.changed && offer(engine, &piece) && kind == MEMORY_DEVICE)
            engine->kept[place] =
                (struct kept){checksum_of(piece.value, piece.value_bytes, 0),
                              sum_of_identity(&scratch.device.device)};
        return;
    }
}

void memory_offer_sensor(struct engine *engine) {
    struct scratch scratch;
    struct memory piece;
    for (enum memory_kind kind = MEMORY_SENSOR; kind <= MEMORY_SIGHT; kind++) {
        describe_lone(engine, kind, &scratch, &piece);
        offer(engine, &piece);
    }
}

bool memory_offer_device(struct engine *engine, const struct device *device) {
    struct scratch scratch;
    struct memory piece;
    describe_entry(engine, MEMORY_DEVICE, device, &scratch, &piece);
    if (!offer(engine, &piece))
        return false;
    engine->kept[table_index(engine->devices.table, device)] =
        (struct kept){checksum_of(piece.value, piece.value_bytes, 0),
                      sum_of_identity(&scratch.device.device)};
    return true;
}

/* How many of `total` have their turn now, if each has one in `interval_s`. */
static uint64_t turns(uint64_t total, uint64_t elapsed_s, uint64_t interval_s,
                      uint64_t *owed) {
    uint64_t due = *owed + total * (elapsed_s < interval_s ? elapsed_s : interval_s);
    *owed = due % interval_s;
    return due / interval_s;
}

/* Each device is looked at once a minute: one that is new, that is called otherwise, or whose
   level changed does not wait for its turn. Not more often than the turns allow, on the
   whole: inventing devices shall not wear out the disk. */
static void offer_changed(struct engine *engine, uint64_t elapsed_s) {
    const struct table *table = engine->devices.table;
    uint32_t capacity = table_capacity(table);
    uint64_t first = 0; /* place of the first device */
    for (enum memory_kind kind = 0; kind < MEMORY_DEVICE; kind++) {
        const struct table *before = table_of(engine, kind);
        first += before ? table_capacity(before) : 1;
    }
    uint64_t more = turns(capacity, elapsed_s, engine->options.keep_interval_s,
                          &engine->early_owed);
    engine->early = engine->early + more < capacity ? engine->early + more : capacity;
    uint64_t n = turns(capacity, elapsed_s, SOON_S, &engine->who_owed);
    for (; n > 0 && engine->early > 0; n--) {
        engine->who_next = (engine->who_next + 1) % capacity;
        const struct device *device = table_at(table, (uint32_t)engine->who_next);
        if (!device || sum_of_identity(device) == engine->kept[engine->who_next].who)
            continue;
        offer_place(engine, first + engine->who_next);
        engine->early--;
    }
}

void memory_offer(struct engine *engine, uint64_t now_s) {
    uint64_t total = 0, before_s = engine->offered_s;
    uint32_t interval_s = engine->options.keep_interval_s;
    engine->offered_s = now_s;
    bool wanted = false;
    for (size_t i = 0; i < engine->sink_count; i++)
        wanted |= engine->sinks[i].keep != NULL;
    if (!wanted || !interval_s)
        return;
    if (!before_s) {
        engine->early = table_capacity(engine->devices.table);
        return;
    }
    if (now_s <= before_s)
        return;
    if (now_s / SOON_S != before_s / SOON_S)
        offer_place(engine, MEMORY_CLOCK);
    offer_changed(engine, now_s - before_s);
    for (enum memory_kind kind = 0; kind < MEMORY_KINDS; kind++) {
        const struct table *table = table_of(engine, kind);
        total += table ? table_capacity(table) : 1;
    }
    uint64_t n = turns(total, now_s - before_s, interval_s, &engine->offer_owed);
    for (; n > 0; n--) {
        engine->offer_next = (engine->offer_next + 1) % total;
        offer_place(engine, engine->offer_next);
    }
}
