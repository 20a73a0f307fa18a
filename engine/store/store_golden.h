#ifndef ENGINE_STORE_GOLDEN_H
#define ENGINE_STORE_GOLDEN_H

#include "engine/snapshot.h"
#include "engine/store/store_reader.h"

/* Copies of baselines, each device's as it was when somebody found it good: to be compared with
   and gone back to. What was learnt in another format is as if it were not there. */

/* The copy of one device (its id) becomes what was last kept of it, or of all devices where
   `device` is NULL; acknowledged (store_write_now). False also if nothing was kept yet. */
bool store_golden_save(struct store *store, const char *device, uint64_t time_ns);

/* A feature that is not what it was. */
struct golden_shift {
    const char *feature; /* static */
    double before, after, spreads;
    char text[FACTOR_TEXT_BYTES];
};

enum { GOLDEN_SHIFTS = 32, GOLDEN_KINDS = 5 };

/* What has changed since; see models/compare.h. */
struct golden_report {
    uint64_t time_ns; /* of the copy */
    unsigned shift_count;
    struct golden_shift shifts[GOLDEN_SHIFTS];
    unsigned new_keys[GOLDEN_KINDS], gone_keys[GOLDEN_KINDS];
    const char *key_kinds[GOLDEN_KINDS]; /* static: "peers" … */
    double sizes_sent, sizes_received, protocols;
};

enum golden_answer {
    GOLDEN_FOUND,
    GOLDEN_NONE,       /* there is no copy, or none that can be read */
    GOLDEN_UNREADABLE, /* the store, now */
};

/* The copy against what was last kept. */
enum golden_answer store_golden_compare(struct store_reader *reader, const char *device,
                                        struct golden_report *report);

/* The same of up to `limit` devices that have a copy, in order of id after `after` ("" from the
   first). False: the store cannot be read. */
bool store_golden_compare_all(struct store_reader *reader, const char *after,
                              unsigned limit,
                              void (*take)(void *context, const char *device,
                                           const struct golden_report *report),
                              void *context);

/* The copy itself, as MESSAGE_GOLDEN brings it to the engine: malloced, `size` bytes. */
enum golden_answer store_golden_get(struct store_reader *reader, const char *device,
                                    void **baseline, size_t *size);

/* The copies in order of id, after `after` ("" from the first), `limit` at most. */
bool store_golden_list(struct store_reader *reader, const char *after, unsigned limit,
                       void (*take)(void *context, const char *device,
                                    uint64_t time_ns),
                       void *context);

#endif
