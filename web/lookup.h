#ifndef WEB_LOOKUP_H
#define WEB_LOOKUP_H

#include "web/reply.h"
#include "web/request.h"

#include "engine/snapshot.h"
#include "engine/store/store_reader.h"

/* The one device that a text names, or NULL, and the reply says why: 404, or 409 with the
   candidates. */
const struct device_view *lookup_device(const struct snapshot *snapshot,
                                        const char *text, struct reply *reply);

/* The same of the request's {id}; with ?at= (RFC 3339, or seconds of epoch) an address is whose it
   was then, by the snapshot or, for longer ago, by the store (reader: NULL for none). */
const struct device_view *lookup_request(const struct request *request,
                                         struct store_reader *reader,
                                         struct reply *reply);

/* The id that the parameter `device` means: of a device that is there by any identity, else what
   it says, which may be one that was. "" where there is none. False: the reply says why. */
bool lookup_parameter(const struct request *request, char *id, size_t size,
                      struct reply *reply);

/* By exact id alone; NULL if it is not there. */
const struct device_view *lookup_id(const struct snapshot *snapshot, const char *id);

#endif
