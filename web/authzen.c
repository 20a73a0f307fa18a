#include "web/authzen.h"

#include "web/body.h"
#include "web/decide.h"
#include "web/json.h"
#include "web/service.h"
#include "web/tuple.h"

#include <stdio.h>
#include <string.h>

/* The standard wants 400 of every body that is not right. */
static cJSON *read_object(const struct request *request, struct reply *reply) {
    cJSON *body = body_read(request, 400, reply);
    if (!body || cJSON_IsObject(body))
        return body;
    body_refuse(reply, "", "is no object");
    return NULL;
}

static void add_decision(struct text *text, const struct decider *decider,
                         const struct policy_request *asked,
                         const struct verdict *verdict) {
    json_bool(text, "decision", verdict->permitted);
    decide_add_context(text, decider, asked, verdict);
}

static void answer_one(const struct decider *decider, const cJSON *body,
                       struct reply *reply) {
    struct tuple tuple = tuple_read(body);
    struct policy_request asked;
    struct tuple_fault fault;
    if (!tuple_check(&tuple, TUPLE_PARTS, &asked, &fault)) {
        body_refuse(reply, fault.pointer, fault.detail);
        return;
    }
    decide_about(decider, &asked, decide_subject_device(decider, &asked.subject));
    struct verdict verdict = decide(decider, &asked);
    json_open(&reply->body, NULL, '{');
    add_decision(&reply->body, decider, &asked, &verdict);
    json_close(&reply->body, '}');
}

void authzen_evaluation(struct service *service, const struct request *request,
                        struct reply *reply) {
    cJSON *body = read_object(request, reply);
    if (!body)
        return;
    struct decider decider = decide_begin(service, request, DECIDE_EVALUATION);
    answer_one(&decider, body, reply);
}

/* --- evaluations --- */

enum semantic { EXECUTE_ALL, DENY_ON_FIRST_DENY, PERMIT_ON_FIRST_PERMIT, SEMANTICS };

static bool read_semantic(const cJSON *body, enum semantic *semantic,
                          struct reply *reply) {
    static const char *const names[] = {"execute_all", "deny_on_first_deny",
                                        "permit_on_first_permit"};
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(body, "options");
    const cJSON *name =
        cJSON_GetObjectItemCaseSensitive(options, "evaluations_semantic");
    *semantic = EXECUTE_ALL;
    if (options && !cJSON_IsObject(options)) {
        body_refuse(reply, "/options", "is no object");
        return false;
    }
    if (!name)
        return true;
    while (*semantic < SEMANTICS &&
           (!cJSON_IsString(name) || strcmp(name->valuestring, names[*semantic]) != 0))
        ++*semantic;
    if (*semantic < SEMANTICS)
        return true;
    body_refuse(reply, "/options/evaluations_semantic",
                "is none of execute_all, deny_on_first_deny, permit_on_first_permit");
    return false;
}

static void add_item_error(struct text *text, const struct tuple_fault *fault) {
    char message[96];
    snprintf(message, sizeof message, "%s %s", fault->pointer, fault->detail);
    json_bool(text, "decision", false);
    json_open(text, "context", '{');
    json_open(text, "error", '{');
    json_unsigned(text, "status", 400);
    json_string(text, "message", message);
    json_close(text, '}');
    json_close(text, '}');
}

/* One of a list: its answer. `before` is the item before it, whose device is this one's too
   where both have the default subject. */
static bool answer_item(const struct decider *decider, const cJSON *item,
                        const struct tuple *defaults, struct policy_request *before,
                        struct text *text) {
    struct tuple_fault fault = {"", "is no object"};
    struct policy_request asked;
    bool permitted = false, understood = false;
    json_open(text, NULL, '{');
    if (cJSON_IsObject(item)) {
        struct tuple tuple = tuple_read(item);
        tuple_default(&tuple, defaults);
        understood = tuple_check(&tuple, TUPLE_PARTS, &asked, &fault);
    }
    if (understood) {
        bool same = asked.subject.id == before->subject.id &&
                    asked.subject.type == before->subject.type &&
                    asked.subject.properties == before->subject.properties;
        decide_about(decider, &asked,
                     same ? before->device
                          : decide_subject_device(decider, &asked.subject));
        struct verdict verdict = decide(decider, &asked);
        permitted = verdict.permitted;
        add_decision(text, decider, &asked, &verdict);
        *before = asked;
    } else {
        add_item_error(text, &fault);
    }
    json_close(text, '}');
    return permitted;
}

static void answer_all(const struct decider *decider, const cJSON *body,
                       const cJSON *items, struct reply *reply) {
    enum semantic semantic;
    if (!read_semantic(body, &semantic, reply))
        return;
    const struct tuple defaults = tuple_read(body);
    text_reserve(&reply->body, decider->request->body_bytes * 3);
    struct policy_request before = {.device = NULL};
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "evaluations", '[');
    for (const cJSON *item = items->child; item; item = item->next) {
        bool permitted = answer_item(decider, item, &defaults, &before, &reply->body);
        if ((semantic == DENY_ON_FIRST_DENY && !permitted) ||
            (semantic == PERMIT_ON_FIRST_PERMIT && permitted))
            break;
    }
    json_close(&reply->body, ']');
    json_close(&reply->body, '}');
}

void authzen_evaluations(struct service *service, const struct request *request,
                         struct reply *reply) {
    cJSON *body = read_object(request, reply);
    if (!body)
        return;
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(body, "evaluations");
    struct decider decider = decide_begin(service, request, DECIDE_EVALUATIONS);
    if (items && !cJSON_IsArray(items))
        body_refuse(reply, "/evaluations", "is no list");
    else if (items && items->child)
        answer_all(&decider, body, items, reply);
    else
        answer_one(&decider, body, reply);
}

/* --- discovery --- */

static bool is_host(const char *host) {
    size_t length = strlen(host);
    return length > 0 && length <= 255 &&
           strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        ".-:[]") == length;
}

void authzen_discover(struct service *service, const struct request *request,
                      struct reply *reply) {
    static const struct {
        const char *name, *path;
    } endpoints[] = {
        {"access_evaluation_endpoint", "/access/v1/evaluation"},
        {"access_evaluations_endpoint", "/access/v1/evaluations"},
        {"search_subject_endpoint", "/access/v1/search/subject"},
        {"search_resource_endpoint", "/access/v1/search/resource"},
        {"search_action_endpoint", "/access/v1/search/action"},
    };
    char base[WEB_URL_BYTES + 16], url[sizeof base + 64];
    const char *host = request_header(request, "Host");
    if (service->options.public_url[0]) {
        snprintf(base, sizeof base, "%s", service->options.public_url);
    } else if (host && is_host(host)) {
        snprintf(base, sizeof base, "%s://%s", service->tls ? "https" : "http", host);
    } else {
        reply_problem(reply, 400, "the header Host is missing or no host");
        return;
    }
    json_open(&reply->body, NULL, '{');
    json_string(&reply->body, "policy_decision_point", base);
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        snprintf(url, sizeof url, "%s%s", base, endpoints[i].path);
        json_string(&reply->body, endpoints[i].name, url);
    }
    json_close(&reply->body, '}');
}
