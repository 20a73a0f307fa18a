#include "engine/store/store_tenancy.h"

#include <string.h>

bool store_tenancy_put(struct store_sql *sql, uint64_t number,
                       const struct tenancy *tenancy) {
    char address[ADDRESS_TEXT_BYTES];
    address_format(&tenancy->ip, address);
    sqlite3_stmt *s = store_sql_ready(
        sql, "INSERT OR REPLACE INTO tenancies(number, address, device, from_ns, to_ns)"
             " VALUES(?, ?, ?, ?, ?)");
    store_sql_number(s, 1, (int64_t)number);
    store_sql_text(s, 2, address);
    store_sql_text(s, 3, tenancy->device);
    store_sql_number(s, 4, (int64_t)tenancy->from_ns);
    store_sql_number(s, 5, (int64_t)tenancy->to_ns);
    return store_sql_run(sql, s);
}

bool store_tenancy_forget(struct store_sql *sql, uint64_t before_s, unsigned limit) {
    sqlite3_stmt *ended = store_sql_ready(
        sql, "DELETE FROM tenancies WHERE number IN (SELECT number FROM tenancies"
             " WHERE to_ns <> 0 AND to_ns < ? ORDER BY to_ns LIMIT ?)");
    store_sql_number(ended, 1, (int64_t)before_s * 1000000000);
    store_sql_number(ended, 2, limit);
    if (!store_sql_run(sql, ended))
        return false;
    sqlite3_stmt *beyond = store_sql_ready(
        sql, "DELETE FROM tenancies WHERE number IN (SELECT number FROM tenancies WHERE"
             " number <= (SELECT max(number) FROM tenancies) - ? ORDER BY number"
             " LIMIT ?)");
    store_sql_number(beyond, 1, STORE_TENANCIES);
    store_sql_number(beyond, 2, limit);
    return store_sql_run(sql, beyond);
}

bool store_tenancy_load(struct store_sql *sql, unsigned limit,
                        void (*take)(void *context, uint64_t number,
                                     const struct tenancy *tenancy),
                        void *context) {
    sqlite3_stmt *s = store_sql_ready(
        sql, "SELECT number, address, device, from_ns, to_ns FROM tenancies WHERE"
             " number > (SELECT max(number) FROM tenancies) - ? ORDER BY number");
    store_sql_number(s, 1, limit);
    while (store_sql_row(sql, s)) {
        char address[ADDRESS_TEXT_BYTES];
        struct tenancy tenancy = {.from_ns = (uint64_t)sqlite3_column_int64(s, 3),
                                  .to_ns = (uint64_t)sqlite3_column_int64(s, 4)};
        store_sql_copy(s, 1, address, sizeof address);
        store_sql_copy(s, 2, tenancy.device, sizeof tenancy.device);
        if (address_parse(address, &tenancy.ip))
            take(context, (uint64_t)sqlite3_column_int64(s, 0), &tenancy);
    }
    return store_sql_end(sql, s);
}

struct question {
    const struct address *ip;
    uint64_t at_ns;
    char *id;
};

/* An address has one holder at a time: whoever took it last before then, if he had it still. */
static bool find(struct store_sql *sql, void *context) {
    const struct question *question = context;
    char address[ADDRESS_TEXT_BYTES];
    address_format(question->ip, address);
    sqlite3_stmt *s = store_sql_ready(
        sql, "SELECT device, to_ns FROM tenancies WHERE address = ? AND from_ns <= ?"
             " ORDER BY from_ns DESC, number DESC LIMIT 1");
    store_sql_text(s, 1, address);
    store_sql_number(s, 2, (int64_t)question->at_ns);
    if (store_sql_row(sql, s)) {
        uint64_t to_ns = (uint64_t)sqlite3_column_int64(s, 1);
        if (!to_ns || to_ns > question->at_ns)
            store_sql_copy(s, 0, question->id, DEVICE_ID_BYTES);
    }
    return store_sql_end(sql, s);
}

bool store_tenancy_find(struct store_reader *reader, const struct address *ip,
                        uint64_t at_ns, char *id) {
    id[0] = '\0';
    return store_reader_run(reader, find, &(struct question){ip, at_ns, id});
}
