#ifndef ENGINE_REGISTRY_H
#define ENGINE_REGISTRY_H

#include "engine/base/address.h"

#include <stdbool.h>
#include <stddef.h>

/* Who was given which MAC addresses: the IEEE's registry (MA-L, MA-M, MA-S, IAB), as
   Debian's ieee-data brings it. Read once at the start; afterwards any thread may ask. */

struct registry;

/* Reads oui.csv, mam.csv, oui36.csv and iab.csv of the directory, those that are there; lines
   that make no sense are left out. NULL if there is none of them, or no memory. */
struct registry *registry_load(const char *directory);
void registry_free(struct registry *registry); /* NULL is allowed */

size_t registry_count(const struct registry *registry);

/* The organization of the longest prefix, harmless text; "" if none, or if the address is
   locally administered. `registry` may be NULL. O(log n). */
const char *registry_vendor(const struct registry *registry, const struct mac *mac);

#endif
