#ifndef WEB_NEWS_H
#define WEB_NEWS_H

#include "web/audit.h"

/* What is new, told to those who listen to events: devices that come, change, fall silent and
   return, scores, findings, decisions. */

struct service;

/* From now on of what the engine shows, on the engine's thread; or no longer. While the engine
   does not run. */
void news_begin(struct service *service);
void news_end(struct service *service);

/* A decision was made. */
void news_decision(struct service *service, const struct audit_entry *entry);

#endif
