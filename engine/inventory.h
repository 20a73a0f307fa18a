#ifndef ENGINE_INVENTORY_H
#define ENGINE_INVENTORY_H

#include "engine/base/table.h"
#include "engine/continuity.h"
#include "engine/device.h"
#include "engine/fact.h"
#include "engine/guess.h"
#include "engine/policy/group.h"
#include "engine/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of each device: facts from the wire, each with its source, its times and how
   far it can be believed, and what kind of device they make it. Of fixed size, beside the
   table of devices, for those that said anything. The engine's thread only. */

enum {
    INVENTORY_FACTS = 12,
    INVENTORY_BYTES_MAX = 1024,
    GROUP_LABEL_BYTES = 64,
};

struct inventory_entry {
    struct known_fact facts[INVENTORY_FACTS];
    struct guess guess;
    struct continuity continuity;
};

_Static_assert(sizeof(struct inventory_entry) <= INVENTORY_BYTES_MAX,
               "an inventory is too large");

struct inventory {
    struct table *table;             /* device's key → struct inventory_entry */
    const struct registry *registry; /* borrowed; NULL: no vendors by address */
    const struct group_set *groups;  /* borrowed; NULL: no groups are written down */
};

/* As many entries as devices. False if there is no memory. */
bool inventory_init(struct inventory *inventory, uint32_t capacity, uint64_t seed,
                    const struct registry *registry);
void inventory_free(struct inventory *inventory);

/* NULL where nothing is known of the device. */
struct inventory_entry *inventory_find(const struct inventory *inventory,
                                       const struct device *device);
/* Never NULL: made where there is none. */
struct inventory_entry *inventory_get(struct inventory *inventory,
                                      const struct device *device);
void inventory_forget(struct inventory *inventory, const struct device *device);

enum note_outcome {
    NOTE_KNOWN,   /* said before; it is younger now */
    NOTE_NEW,     /* one more of its kind */
    NOTE_CHANGED, /* in place of another text from the same source */
    NOTE_DROPPED, /* there are too many facts of more use */
};

/* Take an announcement about the device; renews the guess and the device's group where that
   may change them. `before`, if not NULL, gets the text that was there on CHANGED.
   O(INVENTORY_FACTS), and the guess's rules where something is new. */
enum note_outcome inventory_note(struct inventory *inventory, struct device *device,
                                 enum name_kind source, const char *text,
                                 uint32_t now_s, char before[FACT_TEXT_BYTES]);

/* The latest of what this source said, or NULL. */
const struct known_fact *inventory_fact(const struct inventory *inventory,
                                        const struct device *device,
                                        enum name_kind source);

/* It answered at a service (`serves`), or used it. O(1) where that is known. */
void inventory_service(struct inventory *inventory, struct device *device, bool serves,
                       uint8_t protocol, uint16_t port);

/* Work out its type and group anew, as after it turned out to be a router. */
void inventory_renew(struct inventory *inventory, struct device *device);

/* A person says whose peer it is, whatever it seems; "": as it seems again. */
void inventory_join(struct inventory *inventory, struct device *device,
                    const char *label);

/* Who was given the MAC; "" if that is not known, or the MAC is a private one. */
const char *inventory_vendor(const struct inventory *inventory,
                             const struct device *device);

/* The peer group in words, as written down or else as it seems, "" if none: whose
   device->group is the same are of one kind. */
void inventory_group(const struct inventory *inventory, const struct device *device,
                     char label[GROUP_LABEL_BYTES]);

/* The facts' material for guess_reasons. */
struct clues inventory_clues(const struct inventory *inventory,
                             const struct device *device);

const char *inventory_kind_name(enum fact_kind kind);     /* "host_name" */
const char *inventory_source_name(enum name_kind source); /* "dhcp" */

#endif
