#include "web/body.h"

#include "web/json.h"
#include "web/scan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* RFC 8259 registers the type without parameters; a charset does no harm. */
static bool is_json(const char *content_type) {
    static const char type[] = "application/json";
    if (!content_type || strncasecmp(content_type, type, sizeof type - 1) != 0)
        return false;
    const char *rest = content_type + sizeof type - 1;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

void body_refuse(struct reply *reply, const char *pointer, const char *detail) {
    char sentence[SCAN_POINTER_BYTES + 128];
    int cut = (int)sizeof sentence / 2;
    snprintf(sentence, sizeof sentence, "%.*s%s%.*s", cut, pointer,
             *pointer ? ": " : "", cut - 3, detail);
    reply_problem_open(reply, 400, sentence);
    json_string(&reply->body, "pointer", pointer);
    json_close(&reply->body, '}');
}

cJSON *body_read(const struct request *request, unsigned wrong_type,
                 struct reply *reply) {
    struct scan_fault fault;
    if (!is_json(request->content_type)) {
        reply_problem(reply, wrong_type, "the body is to be application/json");
        return NULL;
    }
    if (request->body_bytes == 0) {
        body_refuse(reply, "", "there is no body");
        return NULL;
    }
    cJSON *tree = scan_json(request->body, request->body_bytes, request->room, &fault);
    if (tree)
        return tree;
    if (!fault.detail) {
        reply_problem(reply, 503, "no memory for the body");
        return NULL;
    }
    char detail[128];
    snprintf(detail, sizeof detail, "%s (at byte %zu)", fault.detail, fault.offset);
    body_refuse(reply, fault.pointer, detail);
    return NULL;
}
