#include "web/authzen.h"

#include "web/body.h"
#include "web/decide.h"
#include "web/json.h"
#include "web/service.h"
#include "web/tuple.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A page's token says where the next one begins and to which question it belongs:
   HASH "e" INDEX among the policy's entities, or HASH "d" ID of the last device shown, so that
   devices may come and go between two pages. */

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000, HASH_DIGITS = 16 };

struct search {
    const struct decider *decider;
    enum tuple_part open;
    struct policy_request asked; /* the open part's id is still to be filled in */
    size_t limit, shown;
    uint64_t hash;
    char kind;         /* of place: 'e' or 'd' */
    size_t index;      /* 'e': where to begin */
    const char *after; /* 'd': the id to begin behind */
    struct text *text;
    char next[HASH_DIGITS + 2 + DEVICE_ID_BYTES];
};

/* --- pages --- */

static uint64_t mix(uint64_t hash, const char *text) {
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return (hash ^ 0xff) * 0x100000001b3; /* where one ends and the next begins */
}

static uint64_t hash_question(const struct policy_request *asked,
                              enum tuple_part open) {
    uint64_t hash = mix(0xcbf29ce484222325, open == TUPLE_SUBJECT    ? "s"
                                            : open == TUPLE_RESOURCE ? "r"
                                                                     : "a");
    const char *const texts[] = {asked->subject.type, asked->subject.id,
                                 asked->resource.type, asked->resource.id,
                                 asked->action};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = mix(hash, texts[i]);
    return hash;
}

static bool read_token(struct search *search, const char *token) {
    char digits[HASH_DIGITS + 1];
    if (strlen(token) < HASH_DIGITS + 1)
        return false;
    snprintf(digits, sizeof digits, "%016" PRIx64, search->hash);
    if (strncmp(token, digits, HASH_DIGITS) != 0)
        return false;
    const char *place = token + HASH_DIGITS + 1;
    uint64_t index = 0;
    search->kind = token[HASH_DIGITS];
    if (search->kind == 'd')
        search->after = place;
    else if (search->kind != 'e' ||
             !request_parse_unsigned(place, 0, POLICY_ENTITIES, &index))
        return false;
    search->index = (size_t)index;
    return true;
}

static bool read_page(struct search *search, const cJSON *body, struct reply *reply) {
    const cJSON *page = cJSON_GetObjectItemCaseSensitive(body, "page");
    const cJSON *limit = cJSON_GetObjectItemCaseSensitive(page, "limit");
    const cJSON *token = cJSON_GetObjectItemCaseSensitive(page, "token");
    if (!token) /* the drafts' name */
        token = cJSON_GetObjectItemCaseSensitive(page, "next_token");
    if (page && !cJSON_IsObject(page)) {
        body_refuse(reply, "/page", "is no object");
        return false;
    }
    if (limit && !(cJSON_IsNumber(limit) && limit->valuedouble >= 0 &&
                   trunc(limit->valuedouble) >= limit->valuedouble)) {
        body_refuse(reply, "/page/limit", "is no whole number");
        return false;
    }
    if (token && !cJSON_IsString(token)) {
        body_refuse(reply, "/page/token", "is no text");
        return false;
    }
    if (limit && limit->valuedouble >= 1)
        search->limit = (size_t)fmin(limit->valuedouble, PAGE_MAX);
    if (!token || !token->valuestring[0] || read_token(search, token->valuestring))
        return true;
    body_refuse(reply, "/page/token", "belongs to another question, or to none");
    return false;
}

/* False: the page is full, and this is where the next one begins. */
static bool has_room(struct search *search, char kind, size_t index,
                     const char *after) {
    if (search->shown < search->limit)
        return true;
    if (kind == 'd')
        snprintf(search->next, sizeof search->next, "%016" PRIx64 "d%s", search->hash,
                 after);
    else
        snprintf(search->next, sizeof search->next, "%016" PRIx64 "e%zu", search->hash,
                 index);
    return false;
}

/* --- candidates --- */

static bool is_permitted(const struct search *search) {
    return decide_judge(search->decider, &search->asked).permitted;
}

static void show(struct search *search, const char *type, const char *id) {
    json_open(search->text, NULL, '{');
    if (search->open == TUPLE_ACTION) {
        json_string(search->text, "name", id);
    } else {
        json_string(search->text, "type", type);
        json_string(search->text, "id", id);
    }
    json_close(search->text, '}');
    search->shown++;
}

/* Ask with this entity in the open place. */
static void fill(struct search *search, const struct policy_entity *entity) {
    struct policy_request *asked = &search->asked;
    if (search->open == TUPLE_ACTION) {
        asked->action = entity->id;
        asked->action_properties = entity->properties;
    } else if (search->open == TUPLE_RESOURCE) {
        asked->resource = *entity;
    } else {
        asked->subject = *entity;
        asked->device = decide_subject_device(search->decider, entity);
    }
}

static size_t count_entities(const struct search *search) {
    const struct policy *policy = search->decider->policy;
    return search->open == TUPLE_SUBJECT    ? policy_subject_count(policy)
           : search->open == TUPLE_RESOURCE ? policy_resource_count(policy)
                                            : policy_action_count(policy);
}

static const struct policy_entity *entity_at(const struct search *search, size_t i) {
    const struct policy *policy = search->decider->policy;
    return search->open == TUPLE_SUBJECT    ? policy_subject(policy, i)
           : search->open == TUPLE_RESOURCE ? policy_resource(policy, i)
                                            : policy_action(policy, i);
}

/* A device that the network shows as well: it comes with the others. */
static bool is_live(const struct search *search, const struct policy_entity *entity) {
    const struct device_view *device = search->asked.device;
    return search->open == TUPLE_SUBJECT && device &&
           strcmp(entity->type, "device") == 0 && strcmp(device->id, entity->id) == 0;
}

/* False: the page is full. */
static bool search_entities(struct search *search, const char *type) {
    size_t count = count_entities(search);
    for (size_t i = search->index; i < count; i++) {
        const struct policy_entity *entity = entity_at(search, i);
        if (strcmp(entity->type, type) != 0)
            continue;
        fill(search, entity);
        if (is_live(search, entity) || !is_permitted(search))
            continue;
        if (!has_room(search, 'e', i, NULL))
            return false;
        show(search, entity->type, entity->id);
    }
    return true;
}

static void search_devices(struct search *search) {
    const struct snapshot *snapshot = search->decider->request->snapshot;
    const cJSON *properties = search->asked.subject.properties;
    const char *last = "";
    uint32_t count = snapshot_device_count(snapshot);
    for (uint32_t i = 0; i < count; i++) {
        const struct device_view *device = snapshot_device(snapshot, i);
        if (search->after && strcmp(device->id, search->after) <= 0)
            continue;
        search->asked.subject =
            (struct policy_entity){"device", device->id, properties};
        search->asked.device = device;
        if (!is_permitted(search))
            continue;
        if (!has_room(search, 'd', 0, last))
            return;
        show(search, "device", device->id);
        last = device->id;
    }
}

/* --- who is known --- */

static bool holds(const struct policy_entity *(*at)(const struct policy *, size_t),
                  size_t count, const struct policy *policy,
                  const struct policy_entity *entity) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(at(policy, i)->id, entity->id) == 0 &&
            strcmp(at(policy, i)->type, entity->type) == 0)
            return true;
    return count == 0; /* a policy that lists none leaves them open */
}

/* What the question does not say of an entity, its entry does. */
static void complete(struct policy_entity *asked, size_t count,
                     const struct policy_entity *(*at)(const struct policy *, size_t),
                     const struct policy *policy) {
    for (size_t i = 0; i < count && !asked->properties; i++)
        if (strcmp(at(policy, i)->id, asked->id) == 0 &&
            strcmp(at(policy, i)->type, asked->type) == 0)
            asked->properties = at(policy, i)->properties;
}

static void complete_question(struct search *search) {
    const struct policy *policy = search->decider->policy;
    struct policy_request *asked = &search->asked;
    struct policy_entity action = {"", asked->action, asked->action_properties};
    if (search->open != TUPLE_SUBJECT)
        complete(&asked->subject, policy_subject_count(policy), policy_subject, policy);
    if (search->open != TUPLE_RESOURCE)
        complete(&asked->resource, policy_resource_count(policy), policy_resource,
                 policy);
    if (search->open != TUPLE_ACTION)
        complete(&action, policy_action_count(policy), policy_action, policy);
    asked->action_properties = action.properties;
}

/* What nobody has heard of may do nothing. */
static bool is_known(const struct search *search) {
    const struct policy *policy = search->decider->policy;
    const struct policy_request *asked = &search->asked;
    bool is_device = strcmp(asked->subject.type, "device") == 0;
    if (search->open != TUPLE_SUBJECT && !asked->device &&
        (is_device ||
         !holds(policy_subject, policy_subject_count(policy), policy, &asked->subject)))
        return false;
    return search->open == TUPLE_RESOURCE ||
           holds(policy_resource, policy_resource_count(policy), policy,
                 &asked->resource);
}

/* --- the three --- */

static void run(struct service *service, const struct request *request,
                struct reply *reply, const cJSON *body, enum tuple_part open) {
    struct decider decider = decide_begin(service, request, DECIDE_EVALUATION);
    struct tuple tuple = tuple_read(body);
    struct tuple_fault fault;
    struct search search = {.decider = &decider,
                            .open = open,
                            .limit = PAGE_DEFAULT,
                            .kind = 'e',
                            .text = &reply->body};
    if (!tuple_check(&tuple, open, &search.asked, &fault)) {
        body_refuse(reply, fault.pointer, fault.detail);
        return;
    }
    complete_question(&search);
    decide_about(&decider, &search.asked,
                 open == TUPLE_SUBJECT
                     ? NULL
                     : decide_subject_device(&decider, &search.asked.subject));
    search.hash = hash_question(&search.asked, open);
    if (!read_page(&search, body, reply))
        return;
    const char *type = open == TUPLE_SUBJECT    ? search.asked.subject.type
                       : open == TUPLE_RESOURCE ? search.asked.resource.type
                                                : "";
    bool devices = open == TUPLE_SUBJECT && strcmp(type, "device") == 0;
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "results", '[');
    if (is_known(&search) && (search.kind == 'd' || search_entities(&search, type)) &&
        devices)
        search_devices(&search);
    json_close(&reply->body, ']');
    json_open(&reply->body, "page", '{');
    json_string(&reply->body, "next_token", search.next);
    json_close(&reply->body, '}');
    json_close(&reply->body, '}');
}

static void search(struct service *service, const struct request *request,
                   struct reply *reply, enum tuple_part open) {
    cJSON *body = body_read(request, 400, reply);
    if (!body)
        return;
    if (cJSON_IsObject(body))
        run(service, request, reply, body, open);
    else
        body_refuse(reply, "", "is no object");
}

void authzen_search_subject(struct service *service, const struct request *request,
                            struct reply *reply) {
    search(service, request, reply, TUPLE_SUBJECT);
}

void authzen_search_resource(struct service *service, const struct request *request,
                             struct reply *reply) {
    search(service, request, reply, TUPLE_RESOURCE);
}

void authzen_search_action(struct service *service, const struct request *request,
                           struct reply *reply) {
    search(service, request, reply, TUPLE_ACTION);
}
