#include "web/forward.h"

#include "web/decide.h"
#include "web/service.h"
#include "web/view.h"

#include <stdio.h>
#include <string.h>

enum { URI_BYTES = 8192, HOST_BYTES = 256 };

bool forward_is_trusted(const struct service *service, const struct request *request) {
    const struct web_options *options = &service->options;
    for (size_t i = 0; i < options->pep_count; i++)
        if (prefix_contains(&options->peps[i], &request->remote))
            return true;
    return false;
}

/* --- whose request it is --- */

static bool is_listed(const struct service *service, const struct address *address) {
    const struct request request = {.remote = *address};
    return forward_is_trusted(service, &request);
}

/* As proxies write it: alone, or with a port, for which IPv6 stands in brackets. In place. */
static bool parse_client(char *text, struct address *client) {
    char *port = strchr(text, ':');
    if (*text == '[') {
        char *close = strchr(++text, ']');
        if (!close || (close[1] && close[1] != ':'))
            return false;
        *close = '\0';
        port = close + 1;
    } else if (port && strchr(port + 1, ':')) {
        return address_parse(text, client);
    }
    if (port && *port) {
        *port++ = '\0';
        if (port[strspn(port, "0123456789")])
            return false;
    }
    return address_parse(text, client);
}

enum client { CLIENT_NONE, CLIENT_LISTED, CLIENT_FOUND };

/* Read from its end, where the nearest proxy wrote: the first address that is not an enforcement
   point's own, else the first of all. None if something else stands there. */
static enum client find_client(const struct service *service, const char *list,
                               struct address *client) {
    char text[ADDRESS_TEXT_BYTES + sizeof "[]:65535"];
    enum client found = CLIENT_NONE;
    for (const char *end = list + strlen(list); end > list;) {
        const char *start = end;
        while (start > list && start[-1] != ',')
            start--;
        const char *first = start + strspn(start, " \t");
        size_t length = first < end ? (size_t)(end - first) : 0;
        while (length > 0 && (first[length - 1] == ' ' || first[length - 1] == '\t'))
            length--;
        if (length == 0 || length >= sizeof text)
            return CLIENT_NONE;
        memcpy(text, first, length);
        text[length] = '\0';
        if (!parse_client(text, client))
            return CLIENT_NONE;
        if (!is_listed(service, client))
            return CLIENT_FOUND;
        found = CLIENT_LISTED;
        end = start > list ? start - 1 : list;
    }
    return found;
}

/* A list may be spread over several headers of its name. */
static bool find_forwarded(const struct service *service, const struct request *request,
                           struct address *client) {
    enum client found = CLIENT_NONE;
    const char *list;
    for (unsigned i = 0; (list = request_header_before(request, "X-Forwarded-For", i));
         i++) {
        found = find_client(service, list, client);
        if (found != CLIENT_LISTED)
            break;
    }
    return found != CLIENT_NONE;
}

static bool find_address(const struct service *service, const struct request *request,
                         struct address *client) {
    const char *real = request_header(request, "X-Real-IP");
    char text[ADDRESS_TEXT_BYTES + sizeof "[]:65535"];
    if (!real)
        return find_forwarded(service, request, client);
    if (strlen(real) >= sizeof text)
        return false;
    return parse_client(strcpy(text, real), client);
}

/* `name` is what the caller is called in the audit. */
static const struct device_view *
find_device(const struct decider *decider, bool trusted, char name[AUDIT_TEXT_BYTES]) {
    static const char *const certificates[] = {
        "X-Client-Cert-Subject", "X-Client-Cert-Serial", "X-Client-Cert-San",
        "X-Client-Cert-Fingerprint"};
    const struct request *request = decider->request;
    struct address client = request->remote;
    for (size_t i = 0; trusted && i < sizeof certificates / sizeof *certificates; i++) {
        const char *identity = request_header(request, certificates[i]);
        const struct device_view *device =
            identity && identity[0] ? decide_device(decider, identity) : NULL;
        if (!device)
            continue;
        audit_copy(name, AUDIT_TEXT_BYTES, identity);
        return device;
    }
    if (trusted && !find_address(decider->service, request, &client)) {
        name[0] = '\0';
        return NULL;
    }
    char text[ADDRESS_TEXT_BYTES];
    address_format(&client, text);
    audit_copy(name, AUDIT_TEXT_BYTES, text);
    return decide_device(decider, text);
}

/* --- what it is for --- */

/* The original request's. */
struct outline {
    const char *method;
    char path[URI_BYTES]; /* without its query */
    char host[HOST_BYTES];
    const char *criticality; /* NULL if none */
};

static const char *header_of(const struct request *request, bool trusted,
                             const char *first, const char *second) {
    const char *value = trusted ? request_header(request, first) : NULL;
    return value || !trusted || !second ? value : request_header(request, second);
}

static void read_outline(const struct request *request, bool trusted,
                         struct outline *outline) {
    const char *method =
        header_of(request, trusted, "X-Forwarded-Method", "X-Original-Method");
    const char *uri = header_of(request, trusted, "X-Forwarded-Uri", "X-Original-Uri");
    const char *host =
        header_of(request, trusted, "X-Forwarded-Host", "X-Original-Host");
    /* Envoy puts the original path behind its prefix. */
    const char *own = request->path + strlen("/authz");
    if (!host)
        host = request_header(request, "Host");
    if (!uri)
        uri = *own ? own : "/";
    outline->method = method ? method : request->method;
    /* X-Original-URL of some is absolute. */
    const char *scheme = strstr(uri, "://");
    if (scheme && *uri != '/')
        uri = strchr(scheme + 3, '/') ? strchr(scheme + 3, '/') : "/";
    request_clean_path(uri, outline->path, sizeof outline->path);
    audit_copy(outline->host, sizeof outline->host, host ? host : "");
    outline->criticality = header_of(request, trusted, "X-Resource-Criticality", NULL);
}

/* An object of a few members, without an allocation. */
static void add_member(cJSON *object, cJSON *member, const char *name,
                       const char *value) {
    *member = (cJSON){
        .type = cJSON_String, .string = (char *)name, .valuestring = (char *)value};
    cJSON **end = &object->child;
    while (*end)
        end = &(*end)->next;
    *end = member;
}

void forward_authz(struct service *service, const struct request *request,
                   struct reply *reply) {
    struct decider decider = decide_begin(service, request, DECIDE_AUTHZ);
    bool trusted = forward_is_trusted(service, request);
    struct outline outline;
    char name[AUDIT_TEXT_BYTES];
    cJSON properties = {.type = cJSON_Object}, members[4];
    cJSON subject_properties = {.type = cJSON_Object}, address;
    read_outline(request, trusted, &outline);
    const struct device_view *device = find_device(&decider, trusted, name);
    add_member(&properties, &members[0], "host", outline.host);
    add_member(&properties, &members[1], "path", outline.path);
    add_member(&properties, &members[2], "method", outline.method);
    if (outline.criticality)
        add_member(&properties, &members[3], "criticality", outline.criticality);
    add_member(&subject_properties, &address, "name", name);
    struct policy_request asked = {
        .subject = {"device", device ? device->id : name, &subject_properties},
        .action = outline.method,
        .resource = {"http", outline.path, &properties},
    };
    decide_about(&decider, &asked, device);
    struct verdict verdict = decide(&decider, &asked);
    reply->status = verdict.permitted ? 200 : 403;
    reply->content_type = NULL;
    if (device) {
        char score[8];
        snprintf(score, sizeof score, "%u", view_score(device));
        reply_note(reply, "X-Risk-Score", score);
        reply_note(reply, "X-Risk-Level", risk_level_name(device->level));
        reply_note(reply, "X-Device-Id", device->id);
    }
}
