#ifndef TESTS_WEB_SITE_H
#define TESTS_WEB_SITE_H

#include "tests/web/client.h"
#include "web/web.h"

#include <check.h>
#include <cjson/cJSON.h>

/* A board made by hand, served on a port of its own. */

static const uint64_t site_now_ns = UINT64_C(1770113730250000000); /* 10:15:30.25 */

static struct board *site_board;
static struct web *site_web;
static struct client *site_client;
static struct counters site_counters[2];
static struct web_options site_options;

static inline struct device_view *site_view(const char *id, const char *name,
                                            double score) {
    struct device_view *view =
        calloc(1, sizeof *view + FACTORS_MAX * sizeof *view->factors);
    char mac[MAC_TEXT_BYTES];
    snprintf(view->id, sizeof view->id, "%s", id);
    snprintf(view->name, sizeof view->name, "%s", name);
    snprintf(mac, sizeof mac, "%.17s", id);
    mac_parse(mac, &view->mac);
    view->state = STATE_ACTIVE;
    view->score = score;
    view->level = score >= 80   ? LEVEL_CRITICAL
                  : score >= 60 ? LEVEL_HIGH
                  : score >= 30 ? LEVEL_MEDIUM
                                : LEVEL_LOW;
    view->confidence = 0.93;
    view->identity_confidence = 1;
    view->last_seen_ns = view->computed_at_ns = site_now_ns;
    view->since_ns = site_now_ns - 80 * UINT64_C(1000000000);
    return view;
}

static inline void site_add_factor(struct device_view *view, const char *kind,
                                   double contribution, const char *peer,
                                   const char *text) {
    struct factor *factor = &view->factors[view->factor_count++];
    *factor = (struct factor){.kind = kind,
                              .unit = "addresses/min",
                              .family = FAMILY_INVARIANT,
                              .contribution = contribution,
                              .observed = 41,
                              .expected = 3,
                              .since_ns = view->since_ns};
    snprintf(factor->peer, sizeof factor->peer, "%.63s", peer);
    snprintf(factor->text, sizeof factor->text, "%s", text);
}

static inline void site_publish(uint32_t devices) {
    struct engine_status status = {.now_ns = site_now_ns,
                                   .devices = devices,
                                   .devices_capacity = 1000,
                                   .windows_closed = 17};
    board_publish(site_board, &status);
}

/* --- what the API's description says --- */

static inline cJSON *site_description(void) {
    static cJSON *document; /* of the process, to its end */
    if (!document) {
        enum { MOST_BYTES = 1 << 20 };
        FILE *file = fopen(SOURCE_DIR "/web/openapi.json", "r");
        ck_assert_ptr_nonnull(file);
        char *text = malloc(MOST_BYTES);
        document = cJSON_ParseWithLength(text, fread(text, 1, MOST_BYTES, file));
        free(text);
        fclose(file);
        ck_assert_ptr_nonnull(document);
    }
    return document;
}

/* Whether the path is one of those that the pattern stands for. */
static inline bool site_describes(const char *pattern, const char *path) {
    while (*pattern && *pattern != '{' && *pattern == *path)
        pattern++, path++;
    if (strcmp(pattern, "{rest}") == 0)
        return true;
    if (*pattern != '{')
        return !*pattern && !*path;
    size_t segment = strcspn(path, "/");
    return segment > 0 && site_describes(strchr(pattern, '}') + 1, path + segment);
}

/* The operation of a request, NULL where there is none. What has no braces goes first. */
static inline const cJSON *site_operation(const char *method, const char *target) {
    const cJSON *item, *found = NULL;
    char path[512];
    snprintf(path, sizeof path, "%.*s", (int)strcspn(target, "?"), target);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(site_description(), "paths")) {
        bool is_better = !found || !strchr(item->string, '{');
        if (is_better && site_describes(item->string, path))
            found = item;
    }
    /* Without regard to case: the description has methods in small letters. */
    return cJSON_GetObjectItem(found, strcmp(method, "HEAD") == 0 ? "get" : method);
}

/* What `$ref` stands for, or itself. */
static inline const cJSON *site_resolve(const cJSON *item, const char *kind) {
    const cJSON *reference = cJSON_GetObjectItem(item, "$ref");
    const cJSON *components = cJSON_GetObjectItem(site_description(), "components");
    return reference ? cJSON_GetObjectItem(cJSON_GetObjectItem(components, kind),
                                           strrchr(reference->valuestring, '/') + 1)
                     : item;
}

/* Whether each parameter in the query of what was understood is described. */
static inline void site_witness_query(const cJSON *operation, const char *target) {
    const char *at = strchr(target, '?');
    while (at && *at) {
        size_t length = strcspn(++at, "=&");
        const cJSON *item, *found = NULL;
        cJSON_ArrayForEach(item, cJSON_GetObjectItem(operation, "parameters")) {
            const char *name =
                cJSON_GetObjectItem(site_resolve(item, "parameters"), "name")
                    ->valuestring;
            if (strlen(name) == length && memcmp(name, at, length) == 0)
                found = item;
        }
        ck_assert_msg(found != NULL, "%s: %.*s is not described", target, (int)length,
                      at);
        at = strchr(at, '&');
    }
}

/* Each status, and the kind of what it carries, is one that the description tells of. */
static inline void site_witness(const char *method, const char *target,
                                const struct answer *answer) {
    const cJSON *operation = site_operation(method, target);
    if (!operation ||
        !answer->status) /* no route; no answer, but a closed connection */
        return;
    char status[16], type[64];
    snprintf(status, sizeof status, "%d", answer->status);
    snprintf(type, sizeof type, "%.63s", answer_header(answer, "Content-Type"));
    type[strcspn(type, ";")] = '\0';
    const cJSON *told =
        cJSON_GetObjectItem(cJSON_GetObjectItem(operation, "responses"), status);
    ck_assert_msg(told != NULL, "%s %s: %s is not described: %s", method, target,
                  status, answer->body);
    told = site_resolve(told, "responses");
    bool is_hook = strncmp(target, "/authz", 6) == 0; /* its query is somebody else's */
    if (answer->status == 200 && !is_hook)
        site_witness_query(operation, target);
    if (answer->length > 0)
        ck_assert_msg(
            cJSON_GetObjectItem(cJSON_GetObjectItem(told, "content"), type) != NULL,
            "%s %s: %s with %s is not described", method, target, status, type);
}

/* What is to be different from the defaults is written between the two. */
static inline void site_begin(void) {
    site_options = web_defaults;
    site_options.port = 0;
    site_options.version = "1.2.3";
}

static inline void site_start(void) {
    static const struct web_capture captures[] = {{"eth0", 0, &site_counters[0]},
                                                  {"eth1\"\n\\", 0, &site_counters[1]}};
    char error[256] = "";
    memset(site_counters, 0, sizeof site_counters);
    site_board = board_create();
    site_web = web_start(&site_options, site_board, captures, 2, error, sizeof error);
    ck_assert_msg(site_web != NULL, "%s", error);
    site_client = client_open(web_port(site_web));
    site_description();
    client_witness = site_witness;
}

static inline void site_open(void) {
    site_begin();
    site_start();
}

static inline void site_close(void) {
    client_close(site_client);
    web_stop(site_web);
    board_destroy(site_board);
}

static inline struct answer site_get(const char *target) {
    return client_ask(site_client, "GET", target, "");
}

/* JSON with ' for ". */
static inline struct answer site_post(const char *target, const char *body) {
    char *json = strdup(body);
    for (char *c = json; *c; c++)
        if (*c == '\'')
            *c = '"';
    struct answer answer = client_post(site_client, "POST", target,
                                       "Content-Type: application/json\r\n", json);
    free(json);
    return answer;
}

/* The body as JSON, to be deleted. */
static inline cJSON *answer_json(const struct answer *answer) {
    const char *end;
    cJSON *json =
        cJSON_ParseWithLengthOpts(answer->body, answer->length + 1, &end, true);
    ck_assert_msg(json != NULL, "no JSON: %s", answer->body);
    return json;
}

static inline const char *json_text_at(const cJSON *json, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    ck_assert_msg(cJSON_IsString(item), "no string \"%s\"", name);
    return item->valuestring;
}

static inline double json_number_at(const cJSON *json, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    ck_assert_msg(cJSON_IsNumber(item), "no number \"%s\"", name);
    return item->valuedouble;
}

static inline const cJSON *json_at(const cJSON *json, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    ck_assert_msg(item != NULL, "no \"%s\"", name);
    return item;
}

/* That a problem (RFC 9457) came, with this status; and one member of it, if asked for. */
static inline void site_problem(const struct answer *answer, int status,
                                const char *member, const char *value) {
    ck_assert_int_eq(answer->status, status);
    ck_assert_str_eq(answer_header(answer, "Content-Type"), "application/problem+json");
    cJSON *problem = answer_json(answer);
    ck_assert(json_number_at(problem, "status") == status);
    ck_assert_str_ne(json_text_at(problem, "title"), "");
    ck_assert_str_ne(json_text_at(problem, "detail"), "");
    if (member)
        ck_assert_str_eq(json_text_at(problem, member), value);
    cJSON_Delete(problem);
}

#endif
