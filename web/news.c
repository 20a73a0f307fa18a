#include "web/news.h"

#include "web/events.h"
#include "web/json.h"
#include "web/service.h"
#include "web/view.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;
/* A device that was first seen earlier than this before it is shown is none that is new. */
static const uint64_t new_s = 60;

static void tell(const struct service *service, const char *type, struct text *text) {
    events_tell(service->events, type, text);
    text_free(text);
}

static bool is_called_otherwise(const struct device_view *a,
                                const struct device_view *b) {
    if (a->address_count != b->address_count || strcmp(a->name, b->name) != 0 ||
        strcmp(a->group, b->group) != 0 || strcmp(a->zone, b->zone) != 0)
        return true;
    /* Their order is that of use. */
    for (unsigned i = 0; i < a->address_count; i++) {
        unsigned k = 0;
        while (k < b->address_count &&
               !address_equal(&a->addresses[i], &b->addresses[k]))
            k++;
        if (k == b->address_count)
            return true;
    }
    return false;
}

/* NULL: nothing that is worth a word. */
static const char *change_of(const struct device_view *before,
                             const struct device_view *after) {
    if (!after)
        return "gone";
    if (!before)
        return after->computed_at_ns < after->first_seen_ns + new_s * second_ns
                   ? "new"
                   : "known";
    if (after->state == STATE_STALE && before->state != STATE_STALE)
        return "departed";
    if (after->state != STATE_STALE && before->state == STATE_STALE)
        return "returned";
    return is_called_otherwise(before, after) ? "changed" : NULL;
}

static void tell_device(void *context, const struct device_view *before,
                        const struct device_view *after) {
    const struct service *service = context;
    struct text text = {0};
    if (!events_wanted(service->events) || (!before && !after))
        return;
    const char *change = change_of(before, after);
    if (change) {
        json_open(&text, NULL, '{');
        json_string(&text, "device", after ? after->id : before->id);
        json_string(&text, "event", change);
        if (after)
            view_summary_members(&text, after);
        json_close(&text, '}');
        tell(service, "device", &text);
    }
    if (!after || (before && view_score(before) == view_score(after) &&
                   before->level == after->level && before->state == after->state))
        return;
    view_risk(&text, after, policy_mode_name(decide_mode(service, after)),
              service->options.max_age_s);
    tell(service, "risk", &text);
}

static void tell_finding(void *context, const struct finding *finding) {
    const struct service *service = context;
    struct text text = {0};
    if (!events_wanted(service->events))
        return;
    view_finding(&text, finding);
    tell(service, "finding", &text);
}

void news_begin(struct service *service) {
    const struct board_listener listener = {service, tell_device, tell_finding};
    board_listen(service->board, &listener);
}

void news_end(struct service *service) {
    board_listen(service->board, &(struct board_listener){.context = NULL});
}

void news_decision(struct service *service, const struct audit_entry *entry) {
    struct text text = {0};
    if (entry->decision == AUDIT_NONE || !events_wanted(service->events))
        return;
    audit_show(&text, entry);
    tell(service, "decision", &text);
}
