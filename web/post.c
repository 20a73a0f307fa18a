#include "web/post.h"

#include "web/body.h"
#include "web/http.h"
#include "web/json.h"
#include "web/lookup.h"
#include "web/service.h"
#include "web/told.h"
#include "web/view.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request that waits for the engine. The last answer resumes it, and is the last to touch
   this until then. */
struct ticket {
    struct pause *pause;
    _Atomic unsigned left;
    _Atomic unsigned worst; /* enum outcome */
    bool full;              /* nothing was taken: no room */
    unsigned count;
    struct post_progress progress; /* of a handler that puts several times */
};

/* What is made of a body before it is put. */
struct draft {
    struct message *messages;
    unsigned count;
};

static void drop_message(struct message *message) {
    free(message->text);
    free(message->payload);
}

static void drop_draft(struct draft *draft) {
    for (unsigned i = 0; i < draft->count; i++)
        drop_message(&draft->messages[i]);
    free(draft->messages);
}

static void note_answer(void *context, unsigned index, enum outcome outcome) {
    (void)index;
    struct ticket *ticket = context;
    unsigned worst = atomic_load(&ticket->worst);
    while (worst < (unsigned)outcome &&
           !atomic_compare_exchange_weak(&ticket->worst, &worst, (unsigned)outcome))
        continue;
    if (atomic_fetch_sub(&ticket->left, 1) == 1)
        http_resume(ticket->pause);
}

/* Hands the draft over, and takes it; the reply comes with the request's second call. */
static void submit(struct service *service, const struct request *request,
                   struct draft *draft, const struct post_progress *progress,
                   struct reply *reply) {
    struct ticket *ticket = calloc(1, sizeof *ticket);
    if (!ticket || !service->options.inbox || !request->pause) {
        reply_problem(reply, 503, "nothing can be told to the engine now");
        free(ticket);
        drop_draft(draft);
        return;
    }
    ticket->pause = request->pause;
    ticket->count = draft->count;
    if (progress)
        ticket->progress = *progress;
    atomic_init(&ticket->left, draft->count);
    for (unsigned i = 0; i < draft->count; i++) {
        draft->messages[i].done = note_answer;
        draft->messages[i].context = ticket;
        draft->messages[i].index = i;
    }
    free(*request->kept); /* of what was put before, and answered */
    *request->kept = ticket;
    /* First: the answer may be there before the next line is. */
    http_pause(request->pause);
    reply->later = true;
    if (inbox_put(service->options.inbox, draft->messages, draft->count)) {
        free(draft->messages);
        return;
    }
    ticket->full = true;
    drop_draft(draft);
    http_resume(request->pause);
}

enum post_state post_state(const struct request *request, struct reply *reply) {
    struct ticket *ticket = request->kept ? *request->kept : NULL;
    if (!ticket)
        return POST_BEGINS;
    enum outcome outcome = (enum outcome)atomic_load(&ticket->worst);
    if (!ticket->full && outcome == OUTCOME_APPLIED)
        return POST_APPLIED;
    reply_problem(reply, 503,
                  ticket->full                 ? "the engine's inbox is full"
                  : outcome == OUTCOME_FAILED  ? "it could not be kept on the disk"
                  : outcome == OUTCOME_UNKNOWN ? "the device is gone"
                                               : "the program ends");
    reply_note(reply, "Retry-After", "1");
    return POST_REFUSED;
}

/* At the second call: what became of it. */
static bool is_answered(struct service *service, const struct request *request,
                        struct reply *reply) {
    uint32_t index;
    enum post_state state = post_state(request, reply);
    if (state != POST_APPLIED)
        return state == POST_REFUSED;
    struct ticket *ticket = *request->kept;
    json_open(&reply->body, NULL, '{');
    json_unsigned(&reply->body, "accepted", ticket->count);
    if (request->identity[0] &&
        snapshot_find(request->snapshot, request->identity, &index, 1) == 1) {
        const struct device_view *view = snapshot_device(request->snapshot, index);
        json_string(&reply->body, "device", view->id);
        view_standing(&reply->body, view);
    }
    json_close(&reply->body, '}');
    (void)service;
    return true;
}

/* --- drafts --- */

static bool begin_draft(struct draft *draft, unsigned count, struct reply *reply) {
    *draft = (struct draft){calloc(count, sizeof *draft->messages), 0};
    if (!draft->messages)
        reply_problem(reply, 503, "not enough memory");
    return draft->messages != NULL;
}

static bool keep(struct draft *draft, const cJSON *object, const char *device,
                 struct reply *reply) {
    struct message *message = &draft->messages[draft->count];
    snprintf(message->device, sizeof message->device, "%s", device);
    message->text = told_text(object, message);
    draft->count++;
    if (!message->text)
        reply_problem(reply, 503, "not enough memory");
    return message->text != NULL;
}

static struct told told_now(const struct service *service,
                            const struct request *request) {
    return (struct told){snapshot_status(request->snapshot)->now_ns,
                         service->options.zones};
}

/* The device of an element of a bulk. NULL: the reply says why. */
static const struct device_view *
find_device(const struct request *request, struct fields *fields, struct reply *reply) {
    char text[REQUEST_IDENTITY_BYTES], pointer[SCAN_POINTER_BYTES];
    uint32_t index;
    memcpy(pointer, fields->pointer, sizeof pointer);
    if (!fields_text(fields, "device", true, text, sizeof text)) {
        body_refuse(reply, fields->pointer, fields->fault);
        return NULL;
    }
    uint32_t found = snapshot_find(request->snapshot, text, &index, 1);
    if (found == 1)
        return snapshot_device(request->snapshot, index);
    scan_point(pointer, sizeof pointer, "device");
    reply_problem_open(reply, found ? 409 : 404,
                       found ? "several devices are called so: name one by its id"
                             : "no device that was ever heard is called so");
    json_string(&reply->body, "pointer", pointer);
    json_close(&reply->body, '}');
    return NULL;
}

/* One fact at a place of the body; `view` is NULL where it says itself whose it is. */
static bool draft_fact(const struct service *service, const struct request *request,
                       const cJSON *item, const char *pointer,
                       const struct device_view *view, struct draft *draft,
                       struct reply *reply) {
    struct message *message = &draft->messages[draft->count];
    const struct told told = told_now(service, request);
    struct fields fields;
    fields_begin(&fields, item, pointer);
    if (!view && !fields.fault && !(view = find_device(request, &fields, reply)))
        return false;
    if (!told_fact(&fields, &told, message)) {
        body_refuse(reply, fields.pointer, fields.fault);
        return false;
    }
    return keep(draft, item, view->id, reply);
}

static bool draft_facts(const struct service *service, const struct request *request,
                        const cJSON *body, const struct device_view *view,
                        struct draft *draft, struct reply *reply) {
    int count = cJSON_GetArraySize(body), i = 0;
    const cJSON *item;
    if (count == 0) {
        body_refuse(reply, "", "is to hold a fact");
        return false;
    }
    if (count > POST_FACTS_MAX) {
        reply_problem(reply, 413, "there are more than 512 facts in one request");
        return false;
    }
    if (!begin_draft(draft, (unsigned)count, reply))
        return false;
    cJSON_ArrayForEach(item, body) {
        char pointer[16] = "";
        scan_point_at(pointer, sizeof pointer, (unsigned)i++);
        if (!draft_fact(service, request, item, pointer, view, draft, reply))
            return false;
    }
    return true;
}

/* Of one kind, about one device: the body goes through `read`. */
static void
post_one(struct service *service, const struct request *request, struct reply *reply,
         bool (*read)(struct service *service, const struct request *request,
                      const struct device_view *view, const cJSON *body,
                      struct draft *draft, struct reply *reply)) {
    struct draft draft = {NULL, 0};
    if (is_answered(service, request, reply))
        return;
    const struct device_view *view =
        lookup_device(request->snapshot, request->identity, reply);
    cJSON *body = view ? body_read(request, 415, reply) : NULL;
    if (!body)
        return;
    if (read(service, request, view, body, &draft, reply))
        submit(service, request, &draft, NULL, reply);
    else
        drop_draft(&draft);
}

/* --- the routes --- */

static bool read_facts(struct service *service, const struct request *request,
                       const struct device_view *view, const cJSON *body,
                       struct draft *draft, struct reply *reply) {
    if (cJSON_IsArray(body))
        return draft_facts(service, request, body, view, draft, reply);
    return begin_draft(draft, 1, reply) &&
           draft_fact(service, request, body, "", view, draft, reply);
}

void post_facts(struct service *service, const struct request *request,
                struct reply *reply) {
    post_one(service, request, reply, read_facts);
}

void post_all_facts(struct service *service, const struct request *request,
                    struct reply *reply) {
    struct draft draft = {NULL, 0};
    if (is_answered(service, request, reply))
        return;
    cJSON *body = body_read(request, 415, reply);
    if (!body)
        return;
    if (!cJSON_IsArray(body)) {
        body_refuse(reply, "", "is to be an array of facts");
    } else if (draft_facts(service, request, body, NULL, &draft, reply)) {
        submit(service, request, &draft, NULL, reply);
        draft = (struct draft){NULL, 0};
    }
    drop_draft(&draft);
}

static const struct finding *find_finding(const struct snapshot *snapshot,
                                          uint64_t id) {
    for (uint32_t i = 0; i < snapshot_finding_count(snapshot); i++) {
        const struct finding *finding = snapshot_finding(snapshot, i);
        if (finding->id == id)
            return finding;
    }
    return NULL;
}

static bool read_verdict(struct service *service, const struct request *request,
                         const struct device_view *view, const cJSON *body,
                         struct draft *draft, struct reply *reply) {
    struct fields fields;
    if (!begin_draft(draft, 1, reply))
        return false;
    struct message *message = draft->messages;
    message->time_ns = told_now(service, request).now_ns;
    fields_begin(&fields, body, "");
    const struct finding *finding = NULL;
    if (told_verdict(&fields, message)) {
        finding = find_finding(request->snapshot, message->verdict.finding);
        if (!finding || strcmp(finding->device, view->id) != 0)
            fields_refuse(&fields, "finding", "is no finding of this device");
    }
    if (fields.fault) {
        body_refuse(reply, fields.pointer, fields.fault);
        return false;
    }
    snprintf(message->verdict.kind, sizeof message->verdict.kind, "%s", finding->kind);
    snprintf(message->verdict.peer, sizeof message->verdict.peer, "%s", finding->peer);
    return keep(draft, body, view->id, reply);
}

void post_verdict(struct service *service, const struct request *request,
                  struct reply *reply) {
    post_one(service, request, reply, read_verdict);
}

/* What needs only the body. */
static bool read_simple(struct service *service, const struct request *request,
                        const struct device_view *view, const cJSON *body,
                        struct draft *draft, struct reply *reply,
                        bool (*take)(struct fields *fields, const struct told *told,
                                     struct message *message)) {
    const struct told told = told_now(service, request);
    struct fields fields;
    if (!begin_draft(draft, 1, reply))
        return false;
    fields_begin(&fields, body, "");
    if (!take(&fields, &told, draft->messages)) {
        body_refuse(reply, fields.pointer, fields.fault);
        return false;
    }
    return keep(draft, body, view->id, reply);
}

static bool read_relearn(struct service *service, const struct request *request,
                         const struct device_view *view, const cJSON *body,
                         struct draft *draft, struct reply *reply) {
    return read_simple(service, request, view, body, draft, reply, told_relearn);
}

void post_relearn(struct service *service, const struct request *request,
                  struct reply *reply) {
    post_one(service, request, reply, read_relearn);
}

/* One member, as an object of its own; a form's empty field is null. */
static cJSON *set_apart(const cJSON *member) {
    bool is_empty = cJSON_IsString(member) && !member->valuestring[0];
    cJSON *alone = cJSON_CreateObject();
    cJSON_AddItemToObject(alone, member->string,
                          is_empty ? cJSON_CreateNull()
                                   : cJSON_Duplicate(member, true));
    return alone;
}

/* Each is told, and kept, by itself: what is not there stays as it was. */
static bool read_settings(struct service *service, const struct request *request,
                          const struct device_view *view, const cJSON *body,
                          struct draft *draft, struct reply *reply) {
    const struct told told = told_now(service, request);
    int count = cJSON_IsObject(body) ? cJSON_GetArraySize(body) : 0;
    if (count == 0) {
        body_refuse(reply, "", "is to be an object of what is to be set");
        return false;
    }
    bool good = begin_draft(draft, (unsigned)count, reply);
    for (const cJSON *member = body->child; good && member; member = member->next) {
        struct fields fields;
        cJSON *alone = set_apart(member);
        fields_begin(&fields, alone, "");
        good = told_setting(alone ? alone->child : member, &told, &fields,
                            &draft->messages[draft->count]);
        if (!good)
            body_refuse(reply, fields.pointer, fields.fault);
        good = good && keep(draft, alone, view->id, reply);
        cJSON_Delete(alone);
    }
    return good;
}

void post_settings(struct service *service, const struct request *request,
                   struct reply *reply) {
    post_one(service, request, reply, read_settings);
}

void post_message(struct service *service, const struct request *request,
                  const struct message *message, struct reply *reply) {
    struct draft draft = {malloc(sizeof *message), 1};
    if (!draft.messages) {
        struct message dropped = *message;
        drop_message(&dropped);
        reply_problem(reply, 503, "not enough memory");
        return;
    }
    *draft.messages = *message;
    submit(service, request, &draft, NULL, reply);
}

struct post_progress post_progress(const struct request *request) {
    const struct ticket *ticket = request->kept ? *request->kept : NULL;
    return ticket ? ticket->progress : (struct post_progress){.done = 0};
}

void post_messages(struct service *service, const struct request *request,
                   struct message *messages, unsigned count,
                   const struct post_progress *progress, struct reply *reply) {
    struct draft draft = {messages, count};
    submit(service, request, &draft, progress, reply);
}
