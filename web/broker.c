#include "web/forward.h"

#include "web/body.h"
#include "web/decide.h"
#include "web/json.h"
#include "web/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Message brokers ask of a client when it connects (no topic), publishes or subscribes. */

enum { FIELD_BYTES = 256 };

/* What brokers send, by any of its names. */
struct client {
    char id[FIELD_BYTES], user[FIELD_BYTES], host[FIELD_BYTES];
    char topic[FIELD_BYTES], action[FIELD_BYTES], access[FIELD_BYTES];
};

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"clientid", offsetof(struct client, id)},
    {"client_id", offsetof(struct client, id)},
    {"username", offsetof(struct client, user)},
    {"peerhost", offsetof(struct client, host)},
    {"ipaddress", offsetof(struct client, host)},
    {"topic", offsetof(struct client, topic)},
    {"action", offsetof(struct client, action)},
    {"acc", offsetof(struct client, access)},
};

/* False: it is neither JSON nor a form. */
static bool read_json(const struct request *request, struct client *client) {
    struct text scratch = {0};
    struct reply ignored;
    reply_init(&ignored, &scratch);
    cJSON *body = body_read(request, 400, &ignored);
    text_free(&ignored.body);
    for (size_t i = 0; body && i < sizeof fields / sizeof *fields; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(body, fields[i].name);
        char *field = (char *)client + fields[i].offset;
        if (cJSON_IsString(value))
            audit_copy(field, FIELD_BYTES, value->valuestring);
        else if (cJSON_IsNumber(value))
            snprintf(field, FIELD_BYTES, "%g", value->valuedouble);
    }
    bool read = cJSON_IsObject(body);
    return read;
}

static bool read_form(const struct request *request, struct client *client) {
    char *text = request->body_bytes ? malloc(request->body_bytes + 1) : NULL;
    if (!text)
        return false;
    memcpy(text, request->body, request->body_bytes);
    text[request->body_bytes] = '\0';
    const struct request form = {.query = text};
    bool good = strlen(text) == request->body_bytes;
    for (size_t i = 0; good && i < sizeof fields / sizeof *fields; i++) {
        char value[FIELD_BYTES];
        enum query_value found =
            request_query(&form, fields[i].name, value, sizeof value);
        good = found != QUERY_BAD;
        if (found == QUERY_PRESENT)
            memcpy((char *)client + fields[i].offset, value, sizeof value);
    }
    free(text);
    return good;
}

static bool read_client(const struct request *request, struct client *client) {
    static const char form[] = "application/x-www-form-urlencoded";
    *client = (struct client){.id = ""};
    bool is_form = request->content_type &&
                   strncmp(request->content_type, form, sizeof form - 1) == 0;
    return is_form ? read_form(request, client) : read_json(request, client);
}

/* mosquitto's `acc` is a set of bits: 1 read, 2 write, 4 subscribe. */
static const char *action_of(const struct client *client) {
    if (client->action[0])
        return client->action;
    if (!client->topic[0])
        return "connect";
    return strcmp(client->access, "2") == 0 || strcmp(client->access, "3") == 0
               ? "publish"
               : "subscribe";
}

/* The address is what the broker has seen; how a client calls itself counts where there is
   none. */
static const struct device_view *device_of(const struct decider *decider,
                                           const struct client *client) {
    if (client->host[0])
        return decide_device(decider, client->host);
    const struct device_view *device =
        client->id[0] ? decide_device(decider, client->id) : NULL;
    return device || !client->user[0] ? device : decide_device(decider, client->user);
}

static struct verdict judge(struct service *service, const struct request *request,
                            const struct client *client) {
    struct decider decider = decide_begin(service, request, DECIDE_BROKER);
    const struct device_view *device = device_of(&decider, client);
    const char *name = client->id[0]     ? client->id
                       : client->user[0] ? client->user
                                         : client->host;
    cJSON user = {.type = cJSON_String,
                  .string = (char *)"username",
                  .valuestring = (char *)client->user};
    const cJSON properties = {.type = cJSON_Object, .child = &user};
    struct policy_request asked = {
        .subject = {"device", device ? device->id : name, &properties},
        .action = action_of(client),
        .resource = {"mqtt", client->topic, NULL},
    };
    decide_about(&decider, &asked, device);
    return decide(&decider, &asked);
}

void forward_emqx(struct service *service, const struct request *request,
                  struct reply *reply) {
    struct client client;
    const char *result = "deny";
    if (forward_is_trusted(service, request) && read_client(request, &client)) {
        struct verdict verdict = judge(service, request, &client);
        bool unsure =
            verdict.decision.why == WHY_STATE && verdict.decision.gap == GAP_UNKNOWN;
        result = !verdict.permitted ? "deny" : unsure ? "ignore" : "allow";
    }
    json_open(&reply->body, NULL, '{');
    json_string(&reply->body, "result", result);
    json_close(&reply->body, '}');
}

void forward_mosquitto(struct service *service, const struct request *request,
                       struct reply *reply) {
    struct client client;
    bool permitted =
        !strstr(request->path, "/superuser") && forward_is_trusted(service, request) &&
        read_client(request, &client) && judge(service, request, &client).permitted;
    reply->status = permitted ? 200 : 403;
    reply->content_type = NULL;
}
