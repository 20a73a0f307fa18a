#ifndef WEB_EXPORT_H
#define WEB_EXPORT_H

#include "web/list.h"
#include "web/reply.h"
#include "web/request.h"

#include <stdbool.h>
#include <stddef.h>

/* Devices as a table for other programs: CSV (RFC 4180). Names come from the network, so a
   cell that a spreadsheet would take for a formula begins with an apostrophe. */

/* Asked for by format=csv, or by what is accepted. False also if the format is none, and
   the reply says so (its status is no longer 200). */
bool export_is_wanted(const struct request *request, struct reply *reply);

void export_devices(const struct list_entry *entries, size_t count,
                    struct reply *reply);

#endif
