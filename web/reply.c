#include "web/reply.h"

#include "engine/base/fnv.h"
#include "web/json.h"
#include "web/request.h"

#include <inttypes.h>
#include <stdio.h>

enum { BODY_KEPT_BYTES = 1 << 18 };

void reply_init(struct reply *reply, struct text *buffer) {
    *reply = (struct reply){.status = 200,
                            .content_type = "application/json",
                            .cache_control = "no-store",
                            .body = *buffer};
    reply->body.used = 0;
    reply->body.failed = false;
}

void reply_end(struct reply *reply, struct text *buffer) {
    if (reply->body.size > BODY_KEPT_BYTES)
        text_free(&reply->body);
    *buffer = reply->body;
}

static const char *title_of(unsigned status) {
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Ambiguous Identity"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"},
        {500, "Internal Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

void reply_problem_open(struct reply *reply, unsigned status, const char *detail) {
    reply->status = status;
    reply->content_type = "application/problem+json";
    reply->cache_control = "no-store";
    reply->validated = false;
    reply->link[0] = '\0';
    reply->body.used = 0;
    json_open(&reply->body, NULL, '{');
    json_string(&reply->body, "type", "about:blank");
    json_string(&reply->body, "title", title_of(status));
    json_unsigned(&reply->body, "status", status);
    json_string(&reply->body, "detail", detail);
}

void reply_problem(struct reply *reply, unsigned status, const char *detail) {
    reply_problem_open(reply, status, detail);
    json_close(&reply->body, '}');
}

void reply_bad_parameter(struct reply *reply, const char *name, const char *detail) {
    char sentence[128];
    snprintf(sentence, sizeof sentence, "%s %s", name, detail);
    reply_problem_open(reply, 400, sentence);
    json_string(&reply->body, "parameter", name);
    json_close(&reply->body, '}');
}

void reply_note(struct reply *reply, const char *name, const char *value) {
    for (const char *c = value; *c; c++)
        if (*c < ' ' || *c > '~')
            return;
    if (reply->note_count == REPLY_NOTES || !*value)
        return;
    struct reply_note *note = &reply->notes[reply->note_count++];
    note->name = name;
    snprintf(note->value, sizeof note->value, "%s", value);
}

void reply_validate(struct reply *reply, const char *if_none_match) {
    snprintf(reply->etag, sizeof reply->etag, "\"%016" PRIx64 "\"",
             fnv_64(reply->body.bytes, reply->body.used));
    /* The body stays: of a 304 only its length is sent. */
    if (if_none_match && request_matches_etag(if_none_match, reply->etag))
        reply->status = 304;
}
