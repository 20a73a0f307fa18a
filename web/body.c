#include "web/body.h"

#include "web/json.h"
#include "web/scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- where trees lie --- */

/* To ask the library's memory for each of ten thousand nodes takes longer than to parse them.
   So the trees of the first thread that reads bodies (a program has one such) lie end to end in
   one place; those of other threads, and what does not fit, are asked for as ever. */
enum { ROOM_BYTES = 4 << 20, ALIGNMENT = 16 };

static _Alignas(ALIGNMENT) char room[ROOM_BYTES];
static _Atomic(const void *) room_owner; /* some address of the thread's own */
static _Thread_local size_t room_used;
static _Thread_local bool room_open; /* a body is being parsed */

static void *take(size_t size) {
    size_t aligned = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!room_open || aligned > ROOM_BYTES - room_used)
        return malloc(size);
    room_used += aligned;
    return room + room_used - aligned;
}

static void give(void *taken) {
    uintptr_t at = (uintptr_t)taken, begin = (uintptr_t)room;
    if (at < begin || at >= begin + ROOM_BYTES)
        free(taken);
}

static void set_hooks(void) {
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = take, .free_fn = give});
}

void body_prepare(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_hooks);
}

static cJSON *parse(const char *bytes, size_t length) {
    const void *owner = NULL, *self = &room_open;
    room_used = 0;
    room_open =
        atomic_compare_exchange_strong(&room_owner, &owner, self) || owner == self;
    cJSON *tree = cJSON_ParseWithLength(bytes, length);
    room_open = false;
    return tree;
}

/* --- reading --- */

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
    if (!scan_json(request->body, request->body_bytes, &fault)) {
        char detail[128];
        snprintf(detail, sizeof detail, "%s (at byte %zu)", fault.detail, fault.offset);
        body_refuse(reply, fault.pointer, detail);
        return NULL;
    }
    cJSON *tree = parse(request->body, request->body_bytes);
    if (!tree)
        reply_problem(reply, 503, "no memory for the body");
    return tree;
}
