/* Request bodies: what is read of one is what cJSON's own parser reads, and no object in it has
   a member twice; what is refused is named. */
#include "tests/fuzz/require.h"
#include "web/body.h"
#include "web/scan.h"

#include <stdlib.h>
#include <string.h>

static void check(const cJSON *item, unsigned depth) {
    require(depth <= SCAN_DEPTH);
    for (const cJSON *a = item->child; a; a = a->next) {
        for (const cJSON *b = a->next; cJSON_IsObject(item) && b; b = b->next)
            require(strcmp(a->string, b->string) != 0);
        check(a, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct text buffer;
    static struct scan_room room;
    char *body = malloc(size ? size : 1);
    memcpy(body, data, size);
    const struct request request = {.content_type = "application/json",
                                    .body = body,
                                    .body_bytes = size,
                                    .room = &room};
    struct scan_fault fault;
    struct reply reply;
    reply_init(&reply, &buffer);
    cJSON *tree = body_read(&request, 415, &reply);
    require(reply.status == (tree ? 200 : 400));
    if (tree) {
        cJSON *parsed = cJSON_ParseWithLength(body, size);
        char *mine = cJSON_PrintUnformatted(tree);
        char *theirs = cJSON_PrintUnformatted(parsed);
        check(tree, 0);
        require(mine && theirs && strcmp(mine, theirs) == 0);
        free(mine);
        free(theirs);
        cJSON_Delete(parsed);
    } else {
        require(!scan_json(body, size, &room, &fault));
        require(fault.offset <= size && fault.detail);
        const char *end;
        cJSON *problem =
            cJSON_ParseWithLengthOpts(reply.body.bytes, reply.body.used, &end, false);
        require(problem && end == reply.body.bytes + reply.body.used);
        cJSON_Delete(problem);
    }
    reply_end(&reply, &buffer);
    free(body);
    return 0;
}
