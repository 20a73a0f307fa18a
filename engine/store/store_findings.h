#ifndef ENGINE_STORE_FINDINGS_H
#define ENGINE_STORE_FINDINGS_H

#include "engine/snapshot.h"
#include "engine/store/store_sql.h"

/* The table of findings. A finding's kind is one of this program's; those of a kind that is
   no more stay, and are not handed out. */

/* The store's thread, inside of a transaction. */
bool store_findings_put(struct store_sql *sql, const struct finding *finding);

/* The latest `count`, oldest first. */
bool store_findings_load(struct store_sql *sql, unsigned count,
                         void (*take)(void *context, const struct finding *finding),
                         void *context);

struct store_findings_filter {
    const char *device, *kind; /* NULL or "": any */
    unsigned levels;           /* bit set of enum risk_level; 0: any */
    uint64_t since_ns;
    uint64_t before; /* only smaller ids; 0: from the newest on */
};

/* Those that pass, newest first, `limit` at most. Each filter has its index: some
   milliseconds among a million. */
bool store_findings_list(struct store_sql *sql,
                         const struct store_findings_filter *filter, unsigned limit,
                         void (*take)(void *context, const struct finding *finding),
                         void *context);

#endif
