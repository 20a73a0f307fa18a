#include "web/map.h"

#include "web/json.h"
#include "web/list.h"
#include "web/view.h"

#include <stdlib.h>
#include <string.h>

enum { MAP_DEVICES = 1000 };

/* What forbids: the reason that a device may not speak with a peer. */
static bool forbids(const char *kind) {
    return strcmp(kind, "segmentation") == 0 || strcmp(kind, "mud") == 0;
}

static void add_node(struct text *text, const struct device_view *view) {
    json_open(text, NULL, '{');
    json_string(text, "id", view->id);
    json_string(text, "name", view->name);
    json_string(text, "zone", view->zone);
    json_string(text, "group", view->group);
    json_string(text, "level", risk_level_name(view->level));
    json_string(text, "state", device_state_name(view->state));
    json_unsigned(text, "score", view_score(view));
    json_bool(text, "router", view->is_router);
    json_close(text, '}');
}

/* `reason`: NULL if it is allowed. */
static void add_edge(struct text *text, const struct snapshot *snapshot,
                     const char *from, const char *peer, uint64_t bytes,
                     const char *reason) {
    uint32_t index;
    json_open(text, NULL, '{');
    json_string(text, "from", from);
    if (snapshot_find(snapshot, peer, &index, 1) == 1)
        json_string(text, "to", snapshot_device(snapshot, index)->id);
    else
        json_null(text, "to");
    json_string(text, "peer", peer);
    json_unsigned(text, "bytes", bytes);
    json_bool(text, "violation", reason != NULL);
    if (reason)
        json_string(text, "text", reason);
    json_close(text, '}');
}

static const struct factor *forbidding(const struct device_view *view,
                                       const char *peer) {
    for (unsigned i = 0; i < view->factor_count; i++)
        if (forbids(view->factors[i].kind) && strcmp(view->factors[i].peer, peer) == 0)
            return &view->factors[i];
    return NULL;
}

static bool is_top_peer(const struct device_view *view, const char *peer) {
    for (unsigned i = 0; i < view->top_peer_count; i++)
        if (strcmp(view->top_peers[i].name, peer) == 0)
            return true;
    return false;
}

static void add_edges(struct text *text, const struct snapshot *snapshot,
                      const struct device_view *view) {
    for (unsigned i = 0; i < view->top_peer_count; i++) {
        const struct top_entry *peer = &view->top_peers[i];
        const struct factor *factor = forbidding(view, peer->name);
        add_edge(text, snapshot, view->id, peer->name, peer->bytes,
                 factor ? factor->text : NULL);
    }
    /* An attempt may have carried next to nothing. */
    for (unsigned i = 0; i < view->factor_count; i++) {
        const struct factor *factor = &view->factors[i];
        if (forbids(factor->kind) && factor->peer[0] &&
            !is_top_peer(view, factor->peer))
            add_edge(text, snapshot, view->id, factor->peer, 0, factor->text);
    }
}

void map_show(struct service *service, const struct request *request,
              struct reply *reply) {
    (void)service;
    size_t count;
    struct list_entry *entries = list_by_risk(request->snapshot, &count);
    if (!entries) {
        reply_problem(reply, 500, "out of memory");
        return;
    }
    size_t shown = count < MAP_DEVICES ? count : MAP_DEVICES;
    struct text *text = &reply->body;
    json_open(text, NULL, '{');
    json_open(text, "devices", '[');
    for (size_t i = 0; i < shown; i++)
        add_node(text, entries[i].view);
    json_close(text, ']');
    json_open(text, "edges", '[');
    for (size_t i = 0; i < shown; i++)
        add_edges(text, request->snapshot, entries[i].view);
    json_close(text, ']');
    json_bool(text, "truncated", shown < count);
    json_close(text, '}');
    free(entries);
    reply->cache_control = "no-cache";
    reply->validated = true;
}
