#ifndef ENGINE_VIEW_FACT_H
#define ENGINE_VIEW_FACT_H

#include "engine/inventory.h"
#include "engine/snapshot.h"
#include "engine/standing.h"

/* The facts of a device as readers see them: its vendor, what the wire says in order, what was
   posted. Gathered first, so that all goes into one piece of memory behind the view. */

enum { VIEW_FACT_TEXT_BYTES = 192 };

struct view_facts {
    const char *vendor;
    struct known_fact known[INVENTORY_FACTS];
    unsigned known_count;
    const struct posting *postings[POSTING_MAX];
    char texts[POSTING_MAX][VIEW_FACT_TEXT_BYTES]; /* of the postings */
    size_t posting_count;
    size_t bytes; /* room that they need */
};

void view_fact_gather(struct view_facts *facts, const struct inventory *inventory,
                      struct standings *standings, const struct device *device,
                      uint64_t now_ns);

/* `room` of `bytes`, aligned for any type, is the view's. */
void view_fact_fill(struct device_view *view, const struct view_facts *facts,
                    const struct device *device, void *room);

#endif
