#ifndef WEB_AUDIT_H
#define WEB_AUDIT_H

#include "engine/policy/policy.h"
#include "engine/store/store_reader.h"
#include "web/reply.h"
#include "web/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Who asked or ordered what, and what the answer was: the last entries in memory, and each as a
   line of JSON in a file if there is one. Never tokens, never bodies. Of the server's thread
   alone. */

struct service;

enum {
    AUDIT_ENTRIES = 4096, /* kept in memory */
    AUDIT_TEXT_BYTES = 128,
    AUDIT_SHORT_BYTES = 64,
};

enum audit_decision { AUDIT_NONE, AUDIT_PERMIT, AUDIT_DENY };

struct audit_entry {
    uint64_t seq;      /* counts up from 1 */
    uint64_t time_ns;  /* of the clock */
    const char *api;   /* static: "evaluation", "authz", …, "admin" */
    const char *mode;  /* static; "" where nothing was decided */
    const char *level; /* static; "" where no device is known */
    enum audit_decision decision;
    bool would_deny; /* in shadow */
    int score;       /* −1 where no device is known */
    unsigned status; /* HTTP */
    struct address remote;
    char method[12];
    char request_id[AUDIT_TEXT_BYTES + 1];
    char principal[AUDIT_SHORT_BYTES];
    char path[AUDIT_TEXT_BYTES];
    char subject[AUDIT_TEXT_BYTES]; /* "type:id" */
    char action[AUDIT_SHORT_BYTES];
    char resource[AUDIT_TEXT_BYTES];
    char device[DEVICE_ID_BYTES]; /* "" if none is known */
    char rule[POLICY_NAME_BYTES];
    char policy[POLICY_REVISION_BYTES];
};

struct audit {
    struct audit_entry *entries; /* a ring */
    uint64_t seq;                /* of the newest */
    char *path;                  /* NULL: no file */
    FILE *file;
    _Atomic bool moved; /* set by any thread: the file is to be begun anew */
    uint64_t lost;      /* entries that could not be written */
    uint64_t left_out;  /* refusals beyond those that are kept */
    struct text line;
    uint64_t first_seq;  /* since the start */
    struct store *store; /* borrowed: where they are kept for longer; NULL nowhere */
    struct store_reader *reader;
};

/* The clock that entries are stamped with. */
uint64_t audit_clock_ns(void);

/* `path`: "" for no file; store and reader: NULL for none, else they are counted on from there.
   False: `error` says why. */
bool audit_open(struct audit *audit, const char *path, struct store *store,
                struct store_reader *reader, char *error, size_t error_bytes);
void audit_close(struct audit *audit);
/* The next entry, all of it but seq and time_ns still to be filled, in place, with what the
   request says already there; audit_commit ends it. */
struct audit_entry *audit_begin(struct audit *audit, const char *api,
                                const struct request *request);
void audit_commit(struct audit *audit, struct audit_entry *entry);
/* An entry as JSON. */
void audit_show(struct text *text, const struct audit_entry *entry);
/* What was committed goes to the file now. */
void audit_flush(struct audit *audit);

/* Cut where it is long, at the end of a character. Returns its own end, the terminator. */
char *audit_copy(char *out, size_t size, const char *text);

/* GET /v1/audit */
void audit_list(struct service *service, const struct request *request,
                struct reply *reply);

#endif
