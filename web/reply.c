#include "web/reply.h"

#include "engine/base/fnv.h"
#include "web/json.h"
#include "web/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/* What may not stand in a URI is encoded: clients send it all the same. */
static bool add_link(struct reply *reply, const char *bytes, size_t length) {
    size_t used = strlen(reply->link);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool plain = c > ' ' && c < 0x7f && !strchr("<>\"", c);
        if (used + sizeof "%ff" > sizeof reply->link)
            return false;
        used += (size_t)sprintf(reply->link + used, plain ? "%c" : "%%%02X", c);
    }
    return true;
}

static void link_next(struct reply *reply, const struct request *request,
                      const char *cursor) {
    static const char begin[] = "cursor=", end[] = ">; rel=\"next\"";
    bool fits;
    strcpy(reply->link, "<");
    fits = add_link(reply, request->path, strlen(request->path)) &&
           add_link(reply, "?", 1);
    for (const char *pair = request->query; fits && *pair;) {
        size_t length = strcspn(pair, "&");
        if (strncmp(pair, begin, sizeof begin - 1) != 0 && length > 0)
            fits = add_link(reply, pair, length) && add_link(reply, "&", 1);
        pair += length + (pair[length] == '&');
    }
    fits = fits && add_link(reply, begin, sizeof begin - 1) &&
           add_link(reply, cursor, strlen(cursor)) &&
           strlen(reply->link) + sizeof end <= sizeof reply->link;
    strcat(reply->link, fits ? end : "");
    if (!fits)
        reply->link[0] = '\0';
}

void reply_close_page(struct reply *reply, const struct request *request,
                      const char *cursor) {
    json_close(&reply->body, ']');
    if (*cursor) {
        json_string(&reply->body, "next_cursor", cursor);
        link_next(reply, request, cursor);
    } else {
        json_null(&reply->body, "next_cursor");
    }
    json_close(&reply->body, '}');
    reply->cache_control = "no-cache";
    reply->validated = true;
}

void reply_validate(struct reply *reply, const char *if_none_match) {
    snprintf(reply->etag, sizeof reply->etag, "\"%016" PRIx64 "\"",
             fnv_64(reply->body.bytes, reply->body.used));
    /* The body stays: of a 304 only its length is sent. */
    if (if_none_match && request_matches_etag(if_none_match, reply->etag))
        reply->status = 304;
}
