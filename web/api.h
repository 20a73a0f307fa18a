#ifndef WEB_API_H
#define WEB_API_H

#include "web/reply.h"
#include "web/request.h"

/* One device, and the state of the program; the lists are in list.h. Each writes the whole
   answer. */

struct service;

/* GET /v1/devices/{id}/risk: the hot path */
void api_risk(struct service *service, const struct request *request,
              struct reply *reply);
/* GET /v1/devices/{id} */
void api_device(struct service *service, const struct request *request,
                struct reply *reply);
/* GET /v1/status */
void api_status(struct service *service, const struct request *request,
                struct reply *reply);
/* GET /livez: the process answers */
void api_livez(struct service *service, const struct request *request,
               struct reply *reply);
/* GET /readyz: 503 while what is answered is not yet the whole picture */
void api_readyz(struct service *service, const struct request *request,
                struct reply *reply);

#endif
