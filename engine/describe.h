#ifndef ENGINE_DESCRIBE_H
#define ENGINE_DESCRIBE_H

#include "engine/state.h"

/* What a window's surprise is about, as evidence: kind, subject, observed and usual values;
   its points are the caller's. False if nothing in it stands out. O(keys of the window). */
bool describe_surprise(struct evidence *e, const struct open_window *open,
                       const struct baseline_observation *observation,
                       const struct baseline_surprise *s);

#endif
