#include "web/lookup.h"

#include "engine/store/store_tenancy.h"
#include "web/json.h"

#include <stdio.h>
#include <string.h>

enum { CANDIDATES = 16 };

const struct device_view *lookup_device(const struct snapshot *snapshot,
                                        const char *text, struct reply *reply) {
    uint32_t indices[CANDIDATES];
    uint32_t found = snapshot_find(snapshot, text, indices, CANDIDATES);
    if (found == 1)
        return snapshot_device(snapshot, indices[0]);
    if (found == 0) {
        reply_problem(reply, 404, "no device that was ever heard is called so");
        return NULL;
    }
    reply_problem_open(reply, 409, "several devices are called so: name one by its id");
    json_open(&reply->body, "candidates", '[');
    for (uint32_t i = 0; i < found && i < CANDIDATES; i++)
        json_string(&reply->body, NULL, snapshot_device(snapshot, indices[i])->id);
    json_close(&reply->body, ']');
    json_unsigned(&reply->body, "count", found);
    json_close(&reply->body, '}');
    return NULL;
}

const struct device_view *lookup_request(const struct request *request,
                                         struct store_reader *reader,
                                         struct reply *reply) {
    char text[64], id[DEVICE_ID_BYTES];
    struct address ip;
    uint64_t at_ns;
    enum query_value value = request_query(request, "at", text, sizeof text);
    if (value == QUERY_BAD ||
        (value == QUERY_PRESENT && !request_parse_time(text, &at_ns))) {
        reply_bad_parameter(reply, "at",
                            "is an RFC 3339 time, or whole seconds since the epoch");
        return NULL;
    }
    if (value == QUERY_ABSENT || !address_parse(request->identity, &ip))
        return lookup_device(request->snapshot, request->identity, reply);
    snapshot_held(request->snapshot, &ip, at_ns, id);
    if (!id[0] && reader && !store_tenancy_find(reader, &ip, at_ns, id)) {
        reply_problem(reply, 503, "the store cannot be read now");
        return NULL;
    }
    const struct device_view *view = id[0] ? lookup_id(request->snapshot, id) : NULL;
    if (!view)
        reply_problem(reply, 404, "it is not known who had this address then");
    return view;
}

bool lookup_parameter(const struct request *request, char *id, size_t size,
                      struct reply *reply) {
    uint32_t index;
    enum query_value value = request_query(request, "device", id, size);
    if (value == QUERY_BAD) {
        reply_bad_parameter(reply, "device", "is once at most, UTF-8, and not long");
        return false;
    }
    if (value == QUERY_ABSENT)
        id[0] = '\0';
    uint32_t found = id[0] ? snapshot_find(request->snapshot, id, &index, 1) : 0;
    if (found > 1)
        return lookup_device(request->snapshot, id, reply) != NULL;
    if (found == 1)
        snprintf(id, size, "%s", snapshot_device(request->snapshot, index)->id);
    return true;
}

const struct device_view *lookup_id(const struct snapshot *snapshot, const char *id) {
    uint32_t index;
    if (snapshot_find(snapshot, id, &index, 1) == 0)
        return NULL;
    /* An exact id is found before anything else that reads the same. */
    const struct device_view *view = snapshot_device(snapshot, index);
    return strcmp(view->id, id) == 0 ? view : NULL;
}
