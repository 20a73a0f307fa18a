#ifndef ENGINE_BEACON_H
#define ENGINE_BEACON_H

#include "engine/cohort.h"
#include "engine/window.h"

/* A channel to the outside that calls like clockwork, a session each time, and that nobody else
   here has: a program that asks its master for orders, or an honest poll. Quick ones are
   told as they are. For slow ones there is doubt, in decades of a likelihood ratio: how
   much more often each thing that is seen of them goes with the one than with the other. */

/* What is held against the worst of the channels that the window began; false where there is
   nothing. To be asked after baseline_recognize and cohort_recognize. */
bool beacon_find(const struct cohorts *cohorts, const struct device *device,
                 const struct window *window,
                 const struct baseline_observation *observation,
                 struct evidence *evidence);

#endif
