#ifndef WEB_GOLDEN_H
#define WEB_GOLDEN_H

#include "web/reply.h"
#include "web/request.h"

/* A device as it was when somebody found it good: kept, compared with, gone back to. */

struct service;

/* POST /v1/devices/{id}/golden */
void golden_save(struct service *service, const struct request *request,
                 struct reply *reply);
/* GET /v1/devices/{id}/golden/compare */
void golden_compare(struct service *service, const struct request *request,
                    struct reply *reply);
/* POST /v1/devices/{id}/golden/rollback */
void golden_roll_back(struct service *service, const struct request *request,
                      struct reply *reply);
/* POST /v1/golden: of all devices, as they were last kept */
void golden_save_all(struct service *service, const struct request *request,
                     struct reply *reply);
/* GET /v1/golden/compare: of all devices, as they were last kept; a page looks at so many */
void golden_compare_all(struct service *service, const struct request *request,
                        struct reply *reply);
/* POST /v1/golden/rollback: all devices that have a copy, some at a time */
void golden_roll_back_all(struct service *service, const struct request *request,
                          struct reply *reply);
/* GET /v1/golden */
void golden_list(struct service *service, const struct request *request,
                 struct reply *reply);

#endif
