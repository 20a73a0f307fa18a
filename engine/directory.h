#ifndef ENGINE_DIRECTORY_H
#define ENGINE_DIRECTORY_H

#include "engine/snapshot.h"
#include "engine/vector.h"

#include <stddef.h>
#include <stdint.h>

/* Who is who: the devices in order of id, and the way from an identity to its devices.
   Immutable, counted by reference, and valid for every vector of devices (struct device_view by
   slot) in which the same slots hold the same identities. */

struct directory;

/* Whether one directory may serve both; NULL stands for no device. */
bool directory_same_identity(const struct device_view *a, const struct device_view *b);

/* `old` (NULL: empty), brought up to date with the `count` slots whose identity changed,
   each named once; `slots` is reordered. NULL if there is no memory.
   O(n + count · log n) with small constants: the rest is copied, not sorted again. */
struct directory *directory_update(const struct directory *old,
                                   const struct vector *devices, uint32_t *slots,
                                   size_t count);

/* Both NULL-safe. */
struct directory *directory_retain(struct directory *directory);
void directory_release(struct directory *directory);

uint32_t directory_count(const struct directory *directory);
uint32_t directory_slot(const struct directory *directory, uint32_t i); /* i-th by id */

/* See snapshot_find. */
uint32_t directory_find(const struct directory *directory, const struct vector *devices,
                        const char *text, uint32_t *indices, uint32_t size);

#endif
