#ifndef WEB_FORWARD_H
#define WEB_FORWARD_H

#include "web/reply.h"
#include "web/request.h"

/* For enforcement points that ask whether a request may pass by sending its outlines: nginx
   auth_request, Envoy ext_authz, Traefik forwardAuth, HAProxy; and for brokers. What the headers
   say is believed only from the addresses of listed enforcement points; of others, the question
   is about themselves. Never anything but 200, 403 and (not authenticated) 401. */

struct service;

/* Whether who asks is a listed enforcement point. */
bool forward_is_trusted(const struct service *service, const struct request *request);

/* ANY /authz, /authz/…: 200 permits, 403 denies, both without a body. The device is that of
   X-Client-Cert-{Subject,Serial,San,Fingerprint}, X-Real-IP or X-Forwarded-For; the action and
   the resource are method, host and path of X-Forwarded-{Method,Host,Uri},
   X-Original-{Method,Uri}, or of this request behind /authz. X-Resource-Criticality is the
   resource's class. */
void forward_authz(struct service *service, const struct request *request,
                   struct reply *reply);

/* POST /authz/emqx: {"result": "allow" | "deny" | "ignore"}; it ignores what it would permit only
   because it does not know the device. */
void forward_emqx(struct service *service, const struct request *request,
                  struct reply *reply);

/* POST /authz/mosquitto, …/user, …/acl, …/superuser, as JSON or as a form: 200 or 403. Nobody is
   a superuser: that would be one whose risk is never asked. */
void forward_mosquitto(struct service *service, const struct request *request,
                       struct reply *reply);

#endif
