#ifndef ENGINE_VIEW_H
#define ENGINE_VIEW_H

#include "engine/device.h"
#include "engine/identity.h"
#include "engine/inventory.h"
#include "engine/snapshot.h"

/* A device as readers see it. */

/* malloced; the caller's. NULL if there is no memory. */
struct device_view *
view_of_device(const struct device *device, const struct device_contacts *contacts,
               const struct identity *identity, const struct inventory *inventory,
               const struct risk_rules *rules, uint32_t max_age_s, uint64_t now_ns);

enum device_state view_state(const struct device *device, uint32_t max_age_s,
                             uint64_t now_ns);

/* UNKNOWN while it has not learnt enough to be called LOW, stale or not. */
enum risk_level view_level(const struct device *device);

/* In what way a device's silence shows: 0 while it is heard, then more with each tenth of the
   time in which its confidence halves. */
uint8_t view_silence(const struct device *device, uint32_t max_age_s, uint64_t now_ns);

/* 0 … 1: identity, times what was learnt, times age of the last data. */
double view_confidence(const struct device *device, uint32_t max_age_s,
                       uint64_t now_ns);

#endif
