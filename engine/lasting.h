#ifndef ENGINE_LASTING_H
#define ENGINE_LASTING_H

#include "engine/cohort.h"
#include "engine/risk.h"
#include "engine/window.h"

/* Conditions that no single window shows, and that hold for as long as they go on: a
   channel that calls like clockwork, log-ins that go on and on, a habit that has grown. Read from the baseline; each
   is one open piece of evidence that keeps its points and does not climb. */

enum { LASTING_MAX = 3 };

/* What lasts in this window, written to `found` with its points; returns how many. The
   observation's keys must know whether they are shared. O(keys · channels). */
unsigned lasting_find(const struct cohorts *cohorts, const struct device *device,
                      const struct window *window,
                      const struct baseline_observation *observation,
                      struct evidence found[LASTING_MAX]);

#endif
