/* Any request is answered: with a status of the contract, with JSON
   that parses, and with headers that stay on their line.
   Input: "METHOD TARGET\nHEADER\nBODY", where HEADER is what every header says. */
#include "tests/fuzz/require.h"
#include "web/service.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct board *board, uint32_t slot, const char *id, const char *name) {
    struct device_view *view =
        calloc(1, sizeof *view + FACTORS_MAX * sizeof *view->factors);
    char mac[MAC_TEXT_BYTES];
    snprintf(view->id, sizeof view->id, "%s", id);
    snprintf(mac, sizeof mac, "%.17s", id);
    mac_parse(mac, &view->mac);
    snprintf(view->name, sizeof view->name, "%s", name);
    view->address_count = address_parse("192.0.2.1", &view->addresses[0]);
    view->score = slot;
    view->factor_count = slot % FACTORS_MAX;
    for (unsigned i = 0; i < view->factor_count; i++) {
        view->factors[i] = (struct factor){.kind = "scan", .contribution = slot / 9.0};
        memset(view->factors[i].text, "\"<\\\xc3\xff"[i % 5], FACTOR_TEXT_BYTES - 1);
    }
    board_put_device(board, slot, view);
}

static struct service *make_service(void) {
    static struct service service;
    if (service.board)
        return &service;
    char error[512];
    service.options = web_defaults;
    service.board = board_create();
    if (!service_open(&service, error, sizeof error))
        abort();
    for (uint32_t slot = 0; slot < 60; slot++) {
        char id[DEVICE_ID_BYTES], name[DEVICE_NAME_BYTES];
        snprintf(id, sizeof id, "02:00:00:00:00:%02x%s", slot, slot % 4 ? "" : "@zone");
        snprintf(name, sizeof name, "<i>%u&\"\\", slot % 20);
        put(service.board, slot, id, name);
    }
    struct finding finding = {.kind = "scan"};
    for (finding.id = 1; finding.id < 60; finding.id++) {
        finding.time_ns = finding.id * 1000000000;
        finding.level = (enum risk_level)(finding.id % 5);
        board_put_finding(service.board, &finding);
    }
    board_publish(service.board, &(struct engine_status){.devices = 60});
    return &service;
}

static void check_reply(const struct reply *reply) {
    static const unsigned statuses[] = {200, 304, 400, 401, 403, 404,
                                        405, 409, 410, 415, 503};
    size_t i = 0;
    while (i < sizeof statuses / sizeof *statuses && statuses[i] != reply->status)
        i++;
    require(i < sizeof statuses / sizeof *statuses);
    require(!strpbrk(reply->link, "\r\n") && !strpbrk(reply->allow, "\r\n"));
    require((reply->status == 405) == (reply->allow[0] != '\0'));
    for (unsigned k = 0; k < reply->note_count; k++)
        require(!strpbrk(reply->notes[k].value, "\r\n"));
    if (!reply->content_type || !strstr(reply->content_type, "json"))
        return;
    const char *end;
    cJSON *json =
        cJSON_ParseWithLengthOpts(reply->body.bytes, reply->body.used, &end, false);
    require(json && end == reply->body.bytes + reply->body.used);
    cJSON_Delete(json);
}

/* Every header says the same, but for the one that must be right to go on. */
static const char *find_header(const void *connection, const char *name,
                               unsigned before_last) {
    if (before_last > 0)
        return NULL;
    return strcmp(name, "Content-Type") == 0 ? "application/json" : connection;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct text buffer;
    struct service *service = make_service();
    char *line = malloc(size + 1);
    memcpy(line, data, size);
    line[size] = '\0';
    char *tag = strchr(line, '\n'), *target = strchr(line, ' ');
    struct request request = {.method = line};
    if (tag) {
        *tag++ = '\0';
        request.if_none_match = tag;
        request.connection = tag;
        request.find_header = find_header;
        request.remote = (struct address){.bytes = {127, 0, 0, 1}, .family = 4};
        char *body = strchr(tag, '\n');
        if (body) {
            *body++ = '\0';
            request.body = body;
            request.body_bytes = size - (size_t)(body - line);
            request.content_type = "application/json";
        }
    }
    if (target && (!tag || target < tag)) {
        *target++ = '\0';
        if (request_split_target(target, &request)) {
            struct reply reply;
            reply_init(&reply, &buffer);
            service_answer(service, &request, &reply);
            check_reply(&reply);
            reply_end(&reply, &buffer);
        }
    }
    free(line);
    return 0;
}
