#ifndef WEB_RULEBOOK_H
#define WEB_RULEBOOK_H

#include "engine/policy/policy.h"
#include "engine/store/store_reader.h"
#include "web/reply.h"
#include "web/request.h"

#include <pthread.h>
#include <stdbool.h>

/* The policy in force, and how another takes its place: whole, or not at all. Requests hold on
   to the one they began with. Where there is a store, each is kept before it is in force, and
   is counted on from there; one that reads as the last one did is no new one. Any thread. */

struct service;

struct rulebook {
    pthread_mutex_t changing; /* of what changes it: one after the other */
    pthread_mutex_t lock;     /* of `current` */
    struct policy *current;
    unsigned number;                  /* of the policies so far */
    char last[POLICY_REVISION_BYTES]; /* revision of the last one; "" none */
    const char *path;                 /* borrowed; "" for the built-in policy */
    struct store *store;              /* borrowed; NULL: none is kept */
    struct policy_bounds bounds;
};

enum rulebook_result {
    RULEBOOK_TAKEN,
    RULEBOOK_MISTAKEN, /* `mistake` says why; the one before stays, as … */
    RULEBOOK_UNKEPT,   /* … where it could not be kept, but had to be */
};

/* Reads the file, if there is one. Store and reader: NULL for none; the reader is used only
   until this returns. False: `mistake` says why. */
bool rulebook_open(struct rulebook *book, const char *path,
                   const struct policy_bounds *bounds, struct store *store,
                   struct store_reader *reader, struct mistake *mistake);
void rulebook_close(struct rulebook *book);

struct policy *
rulebook_acquire(struct rulebook *book); /* policy_release gives it back */

/* Read the file again. `principal`: whom it is told to, and it must be kept; NULL for a signal,
   which a disk that is full does not stop. Waits for the disk. */
enum rulebook_result rulebook_reload(struct rulebook *book, const char *principal,
                                     struct mistake *mistake);
/* Take these bytes instead, until the next reload. Waits for the disk. */
enum rulebook_result rulebook_replace(struct rulebook *book, const char *text,
                                      size_t length, const char *principal,
                                      struct mistake *mistake);

/* GET and PUT /v1/policy, POST /v1/policy/reload */
void rulebook_show(struct service *service, const struct request *request,
                   struct reply *reply);
void rulebook_put(struct service *service, const struct request *request,
                  struct reply *reply);
void rulebook_renew(struct service *service, const struct request *request,
                    struct reply *reply);

/* GET /v1/policy/revisions, and …/{id}, one with its text */
void rulebook_list(struct service *service, const struct request *request,
                   struct reply *reply);
void rulebook_find(struct service *service, const struct request *request,
                   struct reply *reply);

/* POST /v1/policy/test: what would be decided and why, by the policy in force or by the one in
   the member `policy`, rule by rule, without any effect */
void rulebook_test(struct service *service, const struct request *request,
                   struct reply *reply);

#endif
