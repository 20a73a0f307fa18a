#include "web/rulebook.h"

#include "engine/base/log.h"
#include "engine/store/store_policy.h"
#include "web/body.h"
#include "web/decide.h"
#include "web/json.h"
#include "web/service.h"
#include "web/tuple.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PAGE = 100 };

static void take_last(void *context, const struct store_policy *policy) {
    struct rulebook *book = context;
    book->number = policy->number;
    snprintf(book->last, sizeof book->last, "%s", policy->revision);
}

static bool read_last(struct store_sql *sql, void *context) {
    return store_policy_list(sql, UINT_MAX, 1, take_last, context);
}

bool rulebook_open(struct rulebook *book, const char *path,
                   const struct policy_bounds *bounds, struct store *store,
                   struct store_reader *reader, struct mistake *mistake) {
    *book = (struct rulebook){.path = path, .store = store, .bounds = *bounds};
    pthread_mutex_init(&book->changing, NULL);
    pthread_mutex_init(&book->lock, NULL);
    if (reader)
        store_reader_run(reader, read_last, book);
    if (rulebook_reload(book, NULL, mistake) == RULEBOOK_TAKEN)
        return true;
    rulebook_close(book);
    return false;
}

void rulebook_close(struct rulebook *book) {
    policy_release(book->current);
    book->current = NULL;
    pthread_mutex_destroy(&book->lock);
    pthread_mutex_destroy(&book->changing);
}

struct policy *rulebook_acquire(struct rulebook *book) {
    pthread_mutex_lock(&book->lock);
    struct policy *policy = policy_retain(book->current);
    pthread_mutex_unlock(&book->lock);
    return policy;
}

static bool keep(struct rulebook *book, const struct policy *policy, const char *origin,
                 const char *principal) {
    const char *text = policy_text(policy);
    return !book->store ||
           store_policy_keep(book->store,
                             &(struct store_policy){
                                 .number = book->number + 1,
                                 .time_ns = audit_clock_ns(),
                                 .revision = policy_revision(policy),
                                 .origin = origin,
                                 .principal = principal ? principal : "",
                                 .rules = (unsigned)policy_rule_count(policy),
                                 .text = text,
                                 .bytes = strlen(text),
                             });
}

/* The policy that was read, NULL on a mistake, takes the place of the one in force. */
static enum rulebook_result install(struct rulebook *book, struct policy *policy,
                                    const char *origin, const char *principal) {
    if (!policy)
        return RULEBOOK_MISTAKEN;
    bool is_same = policy_is_same(policy, book->last);
    if (is_same) {
        policy_renumber(policy, book->number);
    } else if (!keep(book, policy, origin, principal)) {
        if (principal) {
            policy_release(policy);
            return RULEBOOK_UNKEPT;
        }
        log_line(LOG_LEVEL_WARNING, "policy %s could not be kept",
                 policy_revision(policy));
    }
    book->number += !is_same;
    snprintf(book->last, sizeof book->last, "%s", policy_revision(policy));
    pthread_mutex_lock(&book->lock);
    struct policy *old = book->current;
    book->current = policy;
    pthread_mutex_unlock(&book->lock);
    policy_release(old);
    return RULEBOOK_TAKEN;
}

enum rulebook_result rulebook_reload(struct rulebook *book, const char *principal,
                                     struct mistake *mistake) {
    mistake->text[0] = '\0';
    pthread_mutex_lock(&book->changing);
    unsigned number = book->number + 1;
    struct policy *policy =
        book->path[0] ? policy_read(book->path, &book->bounds, number, mistake)
                      : policy_create_default(&book->bounds, number);
    if (!policy)
        place_mistake(NULL, mistake, "no memory for the policy");
    enum rulebook_result result = install(book, policy,
                                          principal       ? "reload"
                                          : book->current ? "signal"
                                                          : "start",
                                          principal);
    pthread_mutex_unlock(&book->changing);
    return result;
}

enum rulebook_result rulebook_replace(struct rulebook *book, const char *text,
                                      size_t length, const char *principal,
                                      struct mistake *mistake) {
    pthread_mutex_lock(&book->changing);
    struct policy *policy =
        policy_create(text, length, &book->bounds, book->number + 1, mistake);
    enum rulebook_result result = install(book, policy, "put", principal);
    pthread_mutex_unlock(&book->changing);
    return result;
}

/* --- the API --- */

static void answer_revision(struct service *service, struct reply *reply) {
    struct policy *policy = rulebook_acquire(&service->rulebook);
    json_open(&reply->body, NULL, '{');
    json_string(&reply->body, "revision", policy_revision(policy));
    json_unsigned(&reply->body, "rules", policy_rule_count(policy));
    json_close(&reply->body, '}');
    policy_release(policy);
}

/* "/rules/0/when: reason" in two. */
static void refuse(struct reply *reply, const struct mistake *mistake) {
    char pointer[MISTAKE_BYTES] = "";
    const char *end = mistake->text[0] == '/' ? strstr(mistake->text, ": ") : NULL;
    if (end)
        memcpy(pointer, mistake->text, (size_t)(end - mistake->text));
    body_refuse(reply, pointer, end ? end + 2 : mistake->text);
}

static const char unkept[] = "it could not be kept on the disk: the one before stays";

static const char *name_of(const struct request *request) {
    return request->principal ? request->principal : "";
}

void rulebook_show(struct service *service, const struct request *request,
                   struct reply *reply) {
    (void)request;
    const struct policy *policy = service->policy;
    json_open(&reply->body, NULL, '{');
    json_string(&reply->body, "revision", policy_revision(policy));
    json_unsigned(&reply->body, "rules", policy_rule_count(policy));
    text_add(&reply->body, ",\"policy\":");
    text_add(&reply->body, policy_text(policy)); /* it was read: it is JSON */
    json_close(&reply->body, '}');
    reply->validated = true;
    reply->cache_control = "no-cache";
}

void rulebook_put(struct service *service, const struct request *request,
                  struct reply *reply) {
    struct mistake mistake;
    if (!body_read(request, 415, reply))
        return; /* its strictness is wanted, not its tree */
    switch (rulebook_replace(&service->rulebook, request->body, request->body_bytes,
                             name_of(request), &mistake)) {
    case RULEBOOK_TAKEN:
        answer_revision(service, reply);
        break;
    case RULEBOOK_MISTAKEN:
        refuse(reply, &mistake);
        break;
    case RULEBOOK_UNKEPT:
        reply_problem(reply, 503, unkept);
        break;
    }
}

void rulebook_renew(struct service *service, const struct request *request,
                    struct reply *reply) {
    (void)request;
    struct mistake mistake;
    switch (rulebook_reload(&service->rulebook, name_of(request), &mistake)) {
    case RULEBOOK_TAKEN:
        answer_revision(service, reply);
        break;
    case RULEBOOK_MISTAKEN:
        reply_problem(reply, 409, mistake.text);
        break;
    case RULEBOOK_UNKEPT:
        reply_problem(reply, 503, unkept);
        break;
    }
}

/* --- those that were in force --- */

struct listing {
    struct text *text;
    uint64_t cursor;
    unsigned number; /* of the last one shown, or of the one that is looked for */
    unsigned shown;
    bool more;
};

static void add_policy(struct text *text, const struct store_policy *policy) {
    json_string(text, "revision", policy->revision);
    json_time(text, "time", policy->time_ns);
    json_string(text, "origin", policy->origin);
    if (policy->principal[0])
        json_string(text, "principal", policy->principal);
    json_unsigned(text, "rules", policy->rules);
    json_unsigned(text, "bytes", policy->bytes);
}

static void add_to_list(void *context, const struct store_policy *policy) {
    struct listing *listing = context;
    listing->more = listing->shown == PAGE;
    if (listing->more)
        return;
    json_open(listing->text, NULL, '{');
    add_policy(listing->text, policy);
    json_close(listing->text, '}');
    listing->number = policy->number;
    listing->shown++;
}

static bool read_list(struct store_sql *sql, void *context) {
    struct listing *listing = context;
    return store_policy_list(sql, (unsigned)listing->cursor, PAGE + 1, add_to_list,
                             listing);
}

static bool find_reader(const struct service *service, struct reply *reply) {
    if (!service->reader)
        reply_problem(reply, 404, "nothing is kept: there is no state directory");
    return service->reader != NULL;
}

void rulebook_list(struct service *service, const struct request *request,
                   struct reply *reply) {
    struct listing listing = {.text = &reply->body, .cursor = UINT_MAX};
    char text[24];
    enum query_value found = request_query(request, "cursor", text, sizeof text);
    if (!find_reader(service, reply))
        return;
    if (found == QUERY_BAD ||
        (found == QUERY_PRESENT &&
         !request_parse_unsigned(text, 1, UINT_MAX, &listing.cursor))) {
        reply_bad_parameter(reply, "cursor", "is what next_cursor said");
        return;
    }
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "revisions", '[');
    if (!store_reader_run(service->reader, read_list, &listing)) {
        reply_problem(reply, 503, "the store cannot be read now");
        return;
    }
    if (listing.more)
        snprintf(text, sizeof text, "%u", listing.number);
    reply_close_page(reply, request, listing.more ? text : "");
}

static void add_whole(void *context, const struct store_policy *policy) {
    struct listing *listing = context;
    json_open(listing->text, NULL, '{');
    add_policy(listing->text, policy);
    text_add(listing->text, ",\"policy\":");
    text_add(listing->text, policy->text); /* it was read: it is JSON */
    json_close(listing->text, '}');
    listing->shown++;
}

static bool read_one(struct store_sql *sql, void *context) {
    struct listing *listing = context;
    return store_policy_find(sql, listing->number, add_whole, listing);
}

/* By its number, or by all of its name. */
void rulebook_find(struct service *service, const struct request *request,
                   struct reply *reply) {
    struct listing listing = {.text = &reply->body};
    char digits[12] = "";
    uint64_t number;
    size_t length = strcspn(request->identity, "-");
    if (!find_reader(service, reply))
        return;
    if (length < sizeof digits)
        memcpy(digits, request->identity, length);
    if (request_parse_unsigned(digits, 1, UINT_MAX, &number)) {
        listing.number = (unsigned)number;
        if (!store_reader_run(service->reader, read_one, &listing)) {
            reply_problem(reply, 503, "the store cannot be read now");
            return;
        }
    }
    if (!listing.shown)
        reply_problem(reply, 404, "no such revision is kept");
}

/* --- tests --- */

/* The policy that is asked for, to be released; NULL, and the reply says why. */
static struct policy *choose(const struct service *service, const cJSON *body,
                             struct reply *reply) {
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(body, "policy");
    if (!given)
        return policy_retain(service->policy);
    struct mistake mistake = {"no memory"};
    char *text = cJSON_PrintUnformatted(given);
    struct policy *policy =
        text ? policy_create(text, strlen(text), &service->rulebook.bounds, 0, &mistake)
             : NULL;
    cJSON_free(text);
    if (!policy)
        refuse(reply, &mistake);
    return policy;
}

static void test(struct service *service, const struct request *request,
                 const cJSON *body, struct reply *reply) {
    struct tuple tuple = tuple_read(body);
    struct tuple_fault fault;
    struct policy_request asked;
    if (!tuple_check(&tuple, TUPLE_PARTS, &asked, &fault)) {
        body_refuse(reply, fault.pointer, fault.detail);
        return;
    }
    struct policy *policy = choose(service, body, reply);
    if (!policy)
        return;
    struct decider decider = decide_begin(service, request, DECIDE_EVALUATION);
    decider.policy = policy;
    decide_about(&decider, &asked, decide_subject_device(&decider, &asked.subject));
    struct verdict verdict = decide_judge(&decider, &asked);
    json_open(&reply->body, NULL, '{');
    json_bool(&reply->body, "decision", verdict.permitted);
    if (asked.device)
        json_string(&reply->body, "device", asked.device->id);
    decide_add_context(&reply->body, &decider, &asked, &verdict);
    json_open(&reply->body, "rules", '[');
    bool decided = false;
    for (size_t i = 0; i < policy_rule_count(policy) && !decided; i++) {
        decided = policy_rule_matches(policy, i, &asked);
        json_open(&reply->body, NULL, '{');
        json_string(&reply->body, "name", policy_rule_name(policy, i));
        json_bool(&reply->body, "matches", decided);
        json_close(&reply->body, '}');
    }
    json_close(&reply->body, ']');
    json_close(&reply->body, '}');
    policy_release(policy);
}

void rulebook_test(struct service *service, const struct request *request,
                   struct reply *reply) {
    cJSON *body = body_read(request, 415, reply);
    if (!body)
        return;
    if (cJSON_IsObject(body))
        test(service, request, body, reply);
    else
        body_refuse(reply, "", "is no object");
}
