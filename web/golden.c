#include "web/golden.h"

#include "engine/inbox.h"
#include "engine/store/store_golden.h"
#include "web/json.h"
#include "web/lookup.h"
#include "web/post.h"
#include "web/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000, COMPARED = 100, ROLLED_BACK = 128 };

/* The device, where there is a store. NULL: the reply says why. */
static const struct device_view *
find(struct service *service, const struct request *request, struct reply *reply) {
    if (!service->reader) {
        reply_problem(reply, 404, "nothing is kept: there is no state directory");
        return NULL;
    }
    return lookup_device(request->snapshot, request->identity, reply);
}

static void put(struct service *service, const struct request *request,
                const struct device_view *view, void *payload, struct reply *reply) {
    struct message message = {.kind = MESSAGE_GOLDEN, .payload = payload};
    message.time_ns = snapshot_status(request->snapshot)->now_ns;
    snprintf(message.device, sizeof message.device, "%s", view->id);
    post_message(service, request, &message, reply);
}

static void confirm(struct reply *reply, const char *device, const char *what,
                    uint64_t time_ns) {
    json_open(&reply->body, NULL, '{');
    if (device)
        json_string(&reply->body, "device", device);
    json_time(&reply->body, what, time_ns);
    json_close(&reply->body, '}');
}

void golden_save(struct service *service, const struct request *request,
                 struct reply *reply) {
    enum post_state state = post_state(request, reply);
    const struct device_view *view =
        state == POST_REFUSED ? NULL : find(service, request, reply);
    uint64_t now_ns = snapshot_status(request->snapshot)->now_ns;
    if (!view)
        return;
    if (state == POST_BEGINS)
        put(service, request, view, NULL, reply);
    else if (store_golden_save(service->options.store, view->id, now_ns))
        confirm(reply, view->id, "saved", now_ns);
    else
        reply_problem(reply, 503, "it could not be kept on the disk");
}

static void refuse(struct reply *reply, enum golden_answer answer) {
    if (answer == GOLDEN_NONE)
        reply_problem(reply, 404,
                      "there is no copy of this device, or none that this version of "
                      "wary made");
    else
        reply_problem(reply, 503, "the store cannot be read now");
}

static bool nothing(struct store_sql *sql, const void *bytes, size_t size) {
    (void)sql, (void)bytes, (void)size;
    return true;
}

void golden_roll_back(struct service *service, const struct request *request,
                      struct reply *reply) {
    enum post_state state = post_state(request, reply);
    const struct device_view *view =
        state == POST_REFUSED ? NULL : find(service, request, reply);
    void *baseline;
    size_t size;
    if (!view)
        return;
    if (state == POST_BEGINS) {
        enum golden_answer answer =
            store_golden_get(service->reader, view->id, &baseline, &size);
        if (answer == GOLDEN_FOUND)
            put(service, request, view, baseline, reply);
        else
            refuse(reply, answer);
        return;
    }
    /* The device is on its way to the disk: this comes behind it. */
    if (store_write_now(service->options.store, nothing, "", 0))
        confirm(reply, view->id, "rolled_back",
                snapshot_status(request->snapshot)->now_ns);
    else
        reply_problem(reply, 503, "it could not be kept on the disk");
}

static void add_report(struct text *text, const char *device,
                       const struct golden_report *report) {
    json_open(text, NULL, '{');
    json_string(text, "device", device);
    json_time(text, "since", report->time_ns);
    json_open(text, "changes", '[');
    for (unsigned i = 0; i < report->shift_count; i++) {
        const struct golden_shift *shift = &report->shifts[i];
        json_open(text, NULL, '{');
        json_string(text, "feature", shift->feature);
        json_number(text, "before", shift->before);
        json_number(text, "after", shift->after);
        json_number(text, "spreads", shift->spreads);
        json_string(text, "text", shift->text);
        json_close(text, '}');
    }
    json_close(text, ']');
    json_open(text, "keys", '{');
    for (unsigned i = 0; i < GOLDEN_KINDS; i++) {
        json_open(text, report->key_kinds[i], '{');
        json_unsigned(text, "new", report->new_keys[i]);
        json_unsigned(text, "gone", report->gone_keys[i]);
        json_close(text, '}');
    }
    json_close(text, '}');
    json_open(text, "divergence", '{');
    json_number(text, "sizes_sent", report->sizes_sent);
    json_number(text, "sizes_received", report->sizes_received);
    json_number(text, "protocols", report->protocols);
    json_close(text, '}');
    json_close(text, '}');
}

void golden_compare(struct service *service, const struct request *request,
                    struct reply *reply) {
    enum post_state state = post_state(request, reply);
    const struct device_view *view =
        state == POST_REFUSED ? NULL : find(service, request, reply);
    if (!view)
        return;
    if (state == POST_BEGINS) { /* as it is now, not as it was last kept */
        put(service, request, view, NULL, reply);
        return;
    }
    struct golden_report *report = malloc(sizeof *report);
    enum golden_answer answer = GOLDEN_UNREADABLE;
    if (report && store_write_now(service->options.store, nothing, "", 0))
        answer = store_golden_compare(service->reader, view->id, report);
    if (answer == GOLDEN_FOUND)
        add_report(&reply->body, view->id, report);
    else
        refuse(reply, answer);
    free(report);
}

/* --- of all devices --- */

struct comparison {
    struct text *text;
    unsigned seen;
    uint64_t limit;
    char last[DEVICE_ID_BYTES];
};

static bool has_changed(const struct golden_report *report) {
    unsigned keys = 0;
    for (unsigned i = 0; i < GOLDEN_KINDS; i++)
        keys += report->new_keys[i] + report->gone_keys[i];
    return report->shift_count + keys > 0;
}

/* One more than the page has room for says that there is a next. */
static void add_compared(void *context, const char *device,
                         const struct golden_report *report) {
    struct comparison *page = context;
    if (page->seen++ >= page->limit)
        return;
    if (has_changed(report))
        add_report(page->text, device, report);
    snprintf(page->last, sizeof page->last, "%s", device);
}

void golden_compare_all(struct service *service, const struct request *request,
                        struct reply *reply) {
    struct comparison page = {.text = &reply->body, .limit = COMPARED};
    char cursor[DEVICE_ID_BYTES] = "", limit[24];
    enum query_value found = request_query(request, "limit", limit, sizeof limit);
    if (!service->reader) {
        reply_problem(reply, 404, "nothing is kept: there is no state directory");
        return;
    }
    if (request_query(request, "cursor", cursor, sizeof cursor) == QUERY_BAD) {
        reply_bad_parameter(reply, "cursor", "is what next_cursor said");
        return;
    }
    if (found == QUERY_BAD || (found == QUERY_PRESENT &&
                               !request_parse_unsigned(limit, 1, PAGE, &page.limit))) {
        reply_bad_parameter(reply, "limit", "is a whole number from 1 to 1000");
        return;
    }
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "devices", '[');
    if (!store_golden_compare_all(service->reader, cursor, (unsigned)page.limit + 1,
                                  add_compared, &page)) {
        reply_problem(reply, 503, "the store cannot be read now");
        return;
    }
    reply_close_page(reply, request, page.seen > page.limit ? page.last : "");
}

struct restoring {
    const struct snapshot *snapshot;
    struct message *messages;
    unsigned count, seen;
    char last[DEVICE_ID_BYTES];
};

static void add_known(void *context, const char *device, uint64_t time_ns) {
    struct restoring *restoring = context;
    (void)time_ns;
    restoring->seen++;
    snprintf(restoring->last, sizeof restoring->last, "%s", device);
    if (!lookup_id(restoring->snapshot, device))
        return;
    struct message *message = &restoring->messages[restoring->count++];
    message->kind = MESSAGE_GOLDEN;
    message->time_ns = snapshot_status(restoring->snapshot)->now_ns;
    snprintf(message->device, sizeof message->device, "%s", device);
}

/* Copies that cannot be read, or are of another version, go nowhere. */
static void add_baselines(struct service *service, struct restoring *restoring) {
    unsigned count = 0;
    for (unsigned i = 0; i < restoring->count; i++) {
        struct message *message = &restoring->messages[i];
        size_t size;
        if (store_golden_get(service->reader, message->device, &message->payload,
                             &size) == GOLDEN_FOUND)
            restoring->messages[count++] = *message;
    }
    restoring->count = count;
}

/* The next devices after those that are done. False: there are none, or the reply says why. */
static bool put_more(struct service *service, const struct request *request,
                     struct post_progress *progress, struct reply *reply) {
    struct restoring restoring = {.snapshot = request->snapshot, .seen = ROLLED_BACK};
    while (restoring.count == 0 && restoring.seen == ROLLED_BACK) {
        restoring.seen = 0;
        free(restoring.messages);
        restoring.messages = calloc(ROLLED_BACK, sizeof *restoring.messages);
        if (!restoring.messages ||
            !store_golden_list(service->reader, progress->after, ROLLED_BACK, add_known,
                               &restoring)) {
            reply_problem(reply, 503, "the store cannot be read now");
            free(restoring.messages);
            return true;
        }
        add_baselines(service, &restoring);
        memcpy(progress->after, restoring.last, sizeof progress->after);
    }
    progress->done += restoring.count;
    if (restoring.count == 0) {
        free(restoring.messages);
        return false;
    }
    post_messages(service, request, restoring.messages, restoring.count, progress,
                  reply);
    return true;
}

void golden_roll_back_all(struct service *service, const struct request *request,
                          struct reply *reply) {
    struct post_progress progress = post_progress(request);
    if (!service->reader) {
        reply_problem(reply, 404, "nothing is kept: there is no state directory");
        return;
    }
    if (post_state(request, reply) == POST_REFUSED)
        return;
    /* What went back is on its way to the disk: the next come behind it. */
    if (!store_write_now(service->options.store, nothing, "", 0)) {
        reply_problem(reply, 503, "it could not be kept on the disk");
        return;
    }
    if (put_more(service, request, &progress, reply))
        return;
    json_open(&reply->body, NULL, '{');
    json_unsigned(&reply->body, "devices", progress.done);
    json_time(&reply->body, "rolled_back", snapshot_status(request->snapshot)->now_ns);
    json_close(&reply->body, '}');
}

void golden_save_all(struct service *service, const struct request *request,
                     struct reply *reply) {
    uint64_t now_ns = snapshot_status(request->snapshot)->now_ns;
    if (!service->reader)
        reply_problem(reply, 404, "nothing is kept: there is no state directory");
    else if (store_golden_save(service->options.store, NULL, now_ns))
        confirm(reply, NULL, "saved", now_ns);
    else
        reply_problem(reply, 503, "nothing has been kept yet, or it cannot be now");
}

struct page {
    struct text *text;
    unsigned shown;
    char last[DEVICE_ID_BYTES];
};

static void add_device(void *context, const char *device, uint64_t time_ns) {
    struct page *page = context;
    if (page->shown++ == PAGE)
        return;
    json_open(page->text, NULL, '{');
    json_string(page->text, "device", device);
    json_time(page->text, "saved", time_ns);
    json_close(page->text, '}');
    snprintf(page->last, sizeof page->last, "%s", device);
}

void golden_list(struct service *service, const struct request *request,
                 struct reply *reply) {
    struct page page = {.text = &reply->body};
    char cursor[DEVICE_ID_BYTES] = "";
    if (!service->reader) {
        reply_problem(reply, 404, "nothing is kept: there is no state directory");
        return;
    }
    if (request_query(request, "cursor", cursor, sizeof cursor) == QUERY_BAD) {
        reply_bad_parameter(reply, "cursor", "is what next_cursor said");
        return;
    }
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "golden", '[');
    if (!store_golden_list(service->reader, cursor, PAGE + 1, add_device, &page)) {
        reply_problem(reply, 503, "the store cannot be read now");
        return;
    }
    reply_close_page(reply, request, page.shown > PAGE ? page.last : "");
}
