#include "engine/store/store_reader.h"

#include <stdlib.h>

/* Steps of SQLite's machine: about a tenth of a second. */
enum { STEPS_BETWEEN = 10000, STEPS_MOST = 400 };

struct store_reader {
    struct store *store;
    struct store_sql sql;
    bool open;
    unsigned replaced; /* of the database that is open */
    unsigned steps;    /* of the reading at work, in units of STEPS_BETWEEN */
};

static int is_too_much(void *context) {
    struct store_reader *reader = context;
    return ++reader->steps > STEPS_MOST;
}

static void close_connection(struct store_reader *reader) {
    store_sql_close(&reader->sql);
    reader->open = false;
}

/* Anew where the database has been set aside since. */
static bool connect(struct store_reader *reader) {
    unsigned replaced = store_status(reader->store).replaced;
    if (reader->open && reader->replaced == replaced)
        return true;
    if (reader->open)
        close_connection(reader);
    reader->replaced = replaced;
    reader->open =
        store_sql_open(&reader->sql, store_path(reader->store), SQLITE_OPEN_READONLY);
    if (reader->open)
        sqlite3_progress_handler(reader->sql.db, STEPS_BETWEEN, is_too_much, reader);
    else
        store_sql_close(&reader->sql);
    return reader->open;
}

struct store_reader *store_reader_create(struct store *store) {
    struct store_reader *reader = calloc(1, sizeof *reader);
    if (reader)
        reader->store = store;
    return reader;
}

void store_reader_destroy(struct store_reader *reader) {
    if (reader && reader->open)
        close_connection(reader);
    free(reader);
}

bool store_reader_run(struct store_reader *reader,
                      bool (*read)(struct store_sql *sql, void *context),
                      void *context) {
    reader->steps = 0;
    return connect(reader) && read(&reader->sql, context);
}

bool store_reader_history(struct store_reader *reader, const char *device,
                          uint64_t from_s, uint64_t to_s, uint64_t step_s,
                          void (*take)(void *context, const struct store_step *step),
                          void *context) {
    reader->steps = 0;
    return connect(reader) && store_history_read(&reader->sql, device, from_s, to_s,
                                                 step_s, take, context);
}

bool store_reader_findings(struct store_reader *reader,
                           const struct store_findings_filter *filter, unsigned limit,
                           void (*take)(void *context, const struct finding *finding),
                           void *context) {
    reader->steps = 0;
    return connect(reader) &&
           store_findings_list(&reader->sql, filter, limit, take, context);
}
