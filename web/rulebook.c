#include "web/rulebook.h"

#include "web/body.h"
#include "web/decide.h"
#include "web/json.h"
#include "web/service.h"
#include "web/tuple.h"

#include <string.h>

bool rulebook_open(struct rulebook *book, const char *path,
                   const struct policy_bounds *bounds, struct mistake *mistake) {
    *book = (struct rulebook){.path = path, .bounds = *bounds};
    pthread_mutex_init(&book->lock, NULL);
    if (rulebook_reload(book, mistake))
        return true;
    rulebook_close(book);
    return false;
}

void rulebook_close(struct rulebook *book) {
    policy_release(book->current);
    book->current = NULL;
    pthread_mutex_destroy(&book->lock);
}

struct policy *rulebook_acquire(struct rulebook *book) {
    pthread_mutex_lock(&book->lock);
    struct policy *policy = policy_retain(book->current);
    pthread_mutex_unlock(&book->lock);
    return policy;
}

static unsigned next_number(struct rulebook *book) {
    pthread_mutex_lock(&book->lock);
    unsigned number = ++book->number;
    pthread_mutex_unlock(&book->lock);
    return number;
}

/* Two that come at the same time: the later number stays. */
static bool install(struct rulebook *book, struct policy *policy) {
    if (!policy)
        return false;
    pthread_mutex_lock(&book->lock);
    struct policy *old = book->current;
    book->current = policy;
    pthread_mutex_unlock(&book->lock);
    policy_release(old);
    return true;
}

bool rulebook_reload(struct rulebook *book, struct mistake *mistake) {
    unsigned number = next_number(book);
    mistake->text[0] = '\0';
    return install(book, book->path[0]
                             ? policy_read(book->path, &book->bounds, number, mistake)
                             : policy_create_default(&book->bounds, number)) ||
           place_mistake(NULL, mistake, "no memory for the policy");
}

bool rulebook_replace(struct rulebook *book, const char *text, size_t length,
                      struct mistake *mistake) {
    return install(
        book, policy_create(text, length, &book->bounds, next_number(book), mistake));
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
    if (rulebook_replace(&service->rulebook, request->body, request->body_bytes,
                         &mistake))
        answer_revision(service, reply);
    else
        refuse(reply, &mistake);
}

void rulebook_renew(struct service *service, const struct request *request,
                    struct reply *reply) {
    (void)request;
    struct mistake mistake;
    if (rulebook_reload(&service->rulebook, &mistake))
        answer_revision(service, reply);
    else
        reply_problem(reply, 409, mistake.text);
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
