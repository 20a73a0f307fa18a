#ifndef ENGINE_STORE_SCHEMA_H
#define ENGINE_STORE_SCHEMA_H

#include "engine/store/store_sql.h"

/* The tables, and the way from those of an older version to these. A version is a step, and
   a step that has been released is never changed: what is new is a further step. */

enum { STORE_SCHEMA = 5 };

/* The version that the database is of; 0 if there is nothing in it yet. */
int64_t store_schema_of(struct store_sql *sql);

/* Brings the database to version `to` ≤ STORE_SCHEMA: all steps in one transaction, after a
   copy of what was there has been left beside it ("wary.db.schema-1"), of which the log
   tells. Nothing is done where there is nothing to do. */
bool store_schema_bring(struct store_sql *sql, const char *path, int64_t to);

/* Whether all tables and indexes are there as the steps make them. */
bool store_schema_is_right(struct store_sql *sql);

/* Writes a compact copy of all that is committed to a new file, 0600, while others read and
   write. False, and no file, also if one is there already. */
bool store_schema_copy(struct store_sql *sql, const char *path);

#endif
