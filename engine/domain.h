#ifndef ENGINE_DOMAIN_H
#define ENGINE_DOMAIN_H

#include "engine/base/table.h"
#include "engine/device.h"

#include <stdbool.h>
#include <stdint.h>

/* What devices ask the name service for, by registered domain: data that leaves in names looks
   like chance, is long and never the same. Counted in sketches of half an hour each, of the
   devices and domains that did so last. Of the engine's thread. */

enum { DOMAIN_USES = 4096, DOMAIN_REGISTERS = 64 };

struct domain_use {
    uint32_t half_hour; /* since the epoch */
    uint8_t names[DOMAIN_REGISTERS / 2];
};

/* A table of struct domain_use; NULL if there is no memory. */
struct table *domain_create(uint64_t seed);

/* How much chance is in the part of a name before its registered domain: bits a character
   (Shannon), 0 for less than 16 characters and for reverse look-ups. */
double domain_entropy(const char *name);

/* The device asked for a name. Of names under this domain that are long and look like chance,
   how many it has asked for in this half hour; 0 where this one does not. O(1). */
double domain_ask(struct table *uses, const struct device *device, const char *name,
                  uint64_t now_s);

/* The same of names that look generated, whatever their domains. */
double domain_ask_generated(struct table *uses, const struct device *device,
                            const char *name, uint64_t now_s);

/* The same of names that it says are its own, when somebody on the link asks for them. */
double domain_answer(struct table *uses, const struct device *device, const char *name,
                     uint64_t now_s);

#endif
