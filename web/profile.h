#ifndef WEB_PROFILE_H
#define WEB_PROFILE_H

#include "engine/ledger.h"
#include "web/reply.h"
#include "web/request.h"

/* What devices were seen to need, as rules for others: a MUD profile (RFC 8520) of one, tables
   and a firewall's rules of all. */

struct service;

enum { PROFILE_ENTRIES = 65536 }; /* more are not exported at once */

/* All entries of the ledger, or of one device, in an order that depends on nothing else; malloced.
   NULL if there is no memory. */
struct ledger_entry *profile_entries(struct ledger *ledger,
                                     const struct device_key *device, size_t *count);

/* A profile that allows these flows, which are of one device, and their answers. `id` is the
   device's. `time_ns`: of the last of them. */
void profile_write(struct text *text, const char *id, uint64_t time_ns,
                   const struct ledger_entry *entries, size_t count);

/* GET /v1/devices/{id}/mud */
void profile_show(struct service *service, const struct request *request,
                  struct reply *reply);

/* GET /v1/policy/export?format=csv|nftables|mud[&location=1] */
void profile_export(struct service *service, const struct request *request,
                    struct reply *reply);

#endif
