#ifndef ENGINE_POLICY_MUD_SET_H
#define ENGINE_POLICY_MUD_SET_H

#include "engine/policy/mud.h"

/* The profiles of a network, and of which devices each is. Filled once, then read by any
   thread. */

enum { MUD_PROFILES = 4096, MUD_BINDINGS = 4096, MUD_CONTROLLERS = 256 };

struct mud_set;

struct mud_set *mud_set_create(void);   /* NULL if there is no memory */
void mud_set_free(struct mud_set *set); /* NULL is allowed */

/* Every file of the directory whose name ends in .json, in order of name. `tell` is called with
   each mistake; those files are left out. Returns whether all were good. */
bool mud_set_load(struct mud_set *set, const char *directory,
                  void (*tell)(void *context, const char *text), void *context);

/* Of whom a profile is, which has been loaded: "device ID = FILE", "group NAME = FILE" or
   "url URL = FILE", FILE without its directory. */
bool mud_set_bind(struct mud_set *set, const char *text, struct mistake *mistake);

/* Who controls devices: "CLASS = NETWORK", CLASS as in the profiles, or my-controller. */
bool mud_set_control(struct mud_set *set, const char *text, struct mistake *mistake);

size_t mud_set_count(const struct mud_set *set);
const struct mud *mud_set_at(const struct mud_set *set, size_t i);
const char *mud_set_file(const struct mud_set *set, size_t i);

/* Which profile a device has: by its id, else by its group, else by the URL that it announced
   (as bound, else the profile's own). "" for what is not known. Returns mud_set_count where
   it has none. O(bindings + profiles). */
size_t mud_set_find(const struct mud_set *set, const char *id, const char *group,
                    const char *url);

/* Whether the address is a controller of the class; "" is my-controller. */
bool mud_set_controls(const struct mud_set *set, const char *class,
                      const struct address *ip);

#endif
