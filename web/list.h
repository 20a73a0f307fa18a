#ifndef WEB_LIST_H
#define WEB_LIST_H

#include "web/reply.h"
#include "web/request.h"

/* The lists of the API: filtered, ordered, page by page. */

struct service;

/* A device and its place in a list. */
struct list_entry {
    const struct device_view *view;
    double key;     /* larger comes first */
    uint32_t index; /* of the snapshot: breaks ties */
};

/* All devices of the snapshot, the riskiest first; malloced, NULL if no memory. */
struct list_entry *list_by_risk(const struct snapshot *snapshot, size_t *count);

/* GET /v1/devices */
void list_devices(struct service *service, const struct request *request,
                  struct reply *reply);
/* GET /v1/findings */
void list_findings(struct service *service, const struct request *request,
                   struct reply *reply);

#endif
