#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "web/reply.h"
#include "web/request.h"

/* The page for people: the devices in a table, the riskiest first, which is what there is
   without a script; with one, web/ui takes its place. */

struct service;

/* GET /: the table; live=0 in the query has more rows of it, and tells the script to show
   the moment alone */
void page_show(struct service *service, const struct request *request,
               struct reply *reply);
/* GET /page.css and /page.js: what the page refers to */
void page_style(struct service *service, const struct request *request,
                struct reply *reply);
void page_script(struct service *service, const struct request *request,
                 struct reply *reply);

#endif
