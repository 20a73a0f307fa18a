#ifndef WEB_LOOKUP_H
#define WEB_LOOKUP_H

#include "web/reply.h"

#include "engine/snapshot.h"

/* The one device that a text names, or NULL, and the reply says why: 404, or 409 with the
   candidates. */
const struct device_view *lookup_device(const struct snapshot *snapshot,
                                        const char *text, struct reply *reply);

/* By exact id alone; NULL if it is not there. */
const struct device_view *lookup_id(const struct snapshot *snapshot, const char *id);

#endif
