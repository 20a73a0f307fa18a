#ifndef ENGINE_EXCUSE_H
#define ENGINE_EXCUSE_H

#include "engine/device.h"
#include "engine/window.h"

#include <stdbool.h>
#include <stdint.h>

/* What is unusual, and for which a window itself shows a good reason. It is a remark: what
   follows from it, if it was an attack after all, adds to it and is judged in full. */

/* Whether most of the window is such:
   - what others do to it: they log in, they ping;
   - bulk that it fetched from servers outside, of which it has known or others use all but one;
     that one it knows by name, and it did nothing else that is new;
   - a few sessions at the shell of one neighbour, by a device that meets somebody new several
     times a day: a person sits at it. Of a thing, or with several neighbours, it is none.
   After baseline_recognize. */
bool excuse_window(const struct device *device, const struct window *window,
                   const struct baseline_observation *observation, uint64_t now_s);

/* Whether its new key `index` is one that others called, or the shell of such a session. */
bool excuse_new(const struct device *device, const struct window *window,
                const struct baseline_observation *observation, unsigned index,
                uint64_t now_s);

#endif
