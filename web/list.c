#include "web/list.h"

#include "web/export.h"
#include "web/json.h"
#include "web/lookup.h"
#include "web/service.h"
#include "web/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000, TEXT_BYTES = 64 };

enum sort {
    SORT_RISK,
    SORT_NAME,
    SORT_LAST_SEEN,
    SORT_ID,
    SORT_FIRST_SEEN,
    SORT_TRUST,
    SORT_VENDOR,
    SORT_GROUP,
    SORT_ZONE,
    SORT_TYPE
};

struct device_filter {
    enum sort sort;
    unsigned levels, states;                                    /* sets; empty: all */
    char group[TEXT_BYTES], zone[TEXT_BYTES], type[TEXT_BYTES]; /* "": any */
    char vendor[TEXT_BYTES]; /* part of it; "": any */
    char text[TEXT_BYTES];   /* somewhere in what the device is called; "": any */
};

/* --- parameters --- */

static const char *level_at(unsigned i) {
    return i <= LEVEL_UNKNOWN ? risk_level_name((enum risk_level)i) : NULL;
}

static const char *state_at(unsigned i) {
    return i <= STATE_STALE ? device_state_name((enum device_state)i) : NULL;
}

static const char *sort_at(unsigned i) {
    static const char *const names[] = {"risk",       "name",  "last_seen", "id",
                                        "first_seen", "trust", "vendor",    "group",
                                        "zone",       "type"};
    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

/* Names divided by commas, as a set. */
static bool parse_set(char *list, const char *(*name_at)(unsigned), unsigned *set) {
    for (char *rest = NULL, *name = strtok_r(list, ",", &rest); name;
         name = strtok_r(NULL, ",", &rest)) {
        unsigned i = 0;
        while (name_at(i) && strcasecmp(name_at(i), name) != 0)
            i++;
        if (!name_at(i))
            return false;
        *set |= 1U << i;
    }
    return *set != 0;
}

/* False: the reply says what is wrong. */
static bool take_set(const struct request *request, struct reply *reply,
                     const char *name, const char *(*name_at)(unsigned),
                     unsigned *set) {
    char list[TEXT_BYTES];
    enum query_value value = request_query(request, name, list, sizeof list);
    if (value == QUERY_ABSENT ||
        (value == QUERY_PRESENT && parse_set(list, name_at, set)))
        return true;
    reply_bad_parameter(reply, name, "names one or more that there are, with commas");
    return false;
}

static bool take_text(const struct request *request, struct reply *reply,
                      const char *name, char text[TEXT_BYTES]) {
    text[0] = '\0';
    if (request_query(request, name, text, TEXT_BYTES) != QUERY_BAD)
        return true;
    reply_bad_parameter(reply, name, "is once at most, UTF-8, and below 64 bytes");
    return false;
}

static bool take_number(const struct request *request, struct reply *reply,
                        const char *name, uint64_t high, uint64_t *number) {
    char text[TEXT_BYTES];
    enum query_value value = request_query(request, name, text, sizeof text);
    if (value == QUERY_ABSENT ||
        (value == QUERY_PRESENT && request_parse_unsigned(text, 1, high, number)))
        return true;
    char detail[64];
    snprintf(detail, sizeof detail, "is a whole number from 1 to %" PRIu64, high);
    reply_bad_parameter(reply, name, detail);
    return false;
}

static bool take_filter(const struct request *request, struct reply *reply,
                        struct device_filter *filter) {
    unsigned sorts = 0;
    memset(filter, 0, sizeof *filter); /* the padding too: filters are compared */
    if (!take_set(request, reply, "sort", sort_at, &sorts) ||
        !take_set(request, reply, "level", level_at, &filter->levels) ||
        !take_set(request, reply, "state", state_at, &filter->states) ||
        !take_text(request, reply, "group", filter->group) ||
        !take_text(request, reply, "zone", filter->zone) ||
        !take_text(request, reply, "type", filter->type) ||
        !take_text(request, reply, "vendor", filter->vendor) ||
        !take_text(request, reply, "q", filter->text))
        return false;
    if (sorts & (sorts - 1)) {
        reply_bad_parameter(reply, "sort", "names one order");
        return false;
    }
    while (sorts >> 1 >> filter->sort)
        filter->sort++;
    return true;
}

/* --- devices --- */

static bool contains(const char *text, const char *part) {
    return strcasestr(text, part) != NULL;
}

static bool passes(const struct device_view *view, const struct device_filter *filter) {
    if ((filter->levels && !(filter->levels >> view->level & 1)) ||
        (filter->states && !(filter->states >> view->state & 1)) ||
        (filter->group[0] && strcmp(filter->group, view->group) != 0) ||
        (filter->zone[0] && strcmp(filter->zone, view->zone) != 0) ||
        (filter->type[0] && strcmp(filter->type, view->type ? view->type : "") != 0) ||
        (filter->vendor[0] && !contains(view->vendor, filter->vendor)))
        return false;
    if (!filter->text[0] || contains(view->id, filter->text) ||
        contains(view->name, filter->text) || contains(view->vendor, filter->text) ||
        contains(view->group, filter->text))
        return true;
    for (unsigned i = 0; i < view->address_count; i++) {
        char address[ADDRESS_TEXT_BYTES];
        address_format(&view->addresses[i], address);
        if (contains(address, filter->text))
            return true;
    }
    return false;
}

static int compare_keys(const void *left, const void *right) {
    const struct list_entry *a = left, *b = right;
    if (a->key != b->key)
        return a->key > b->key ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* What an order by words goes by. */
static const char *word_of(const struct device_view *view, enum sort sort) {
    const char *word = sort == SORT_NAME     ? view->name
                       : sort == SORT_VENDOR ? view->vendor
                       : sort == SORT_GROUP  ? view->group
                       : sort == SORT_ZONE   ? view->zone
                                             : view->type;
    return word ? word : "";
}

/* Those that have none come last. */
static int compare_words(const void *left, const void *right, void *sort) {
    const struct list_entry *a = left, *b = right;
    const char *x = word_of(a->view, *(enum sort *)sort);
    const char *y = word_of(b->view, *(enum sort *)sort);
    int order = !*x != !*y ? (!*x) - (!*y) : strcasecmp(x, y);
    return order ? order : compare_keys(left, right);
}

static double key_of(const struct device_view *view, enum sort sort) {
    switch (sort) {
    case SORT_RISK:
        return view->score;
    case SORT_LAST_SEEN:
        return (double)view->last_seen_ns;
    case SORT_FIRST_SEEN:
        return (double)view->first_seen_ns;
    case SORT_TRUST: /* the least trusted first */
        return -(double)view_trust(view);
    default:
        return 0;
    }
}

/* Those that pass, in order. NULL if there is no memory. */
static struct list_entry *select_devices(const struct snapshot *snapshot,
                                         const struct device_filter *filter,
                                         size_t *count) {
    uint32_t devices = snapshot_device_count(snapshot);
    struct list_entry *entries = malloc((devices + (size_t)1) * sizeof *entries);
    if (!entries)
        return NULL;
    *count = 0;
    for (uint32_t i = 0; i < devices; i++) {
        const struct device_view *view = snapshot_device(snapshot, i);
        if (!passes(view, filter))
            continue;
        entries[(*count)++] = (struct list_entry){view, key_of(view, filter->sort), i};
    }
    enum sort sort = filter->sort;
    if (sort == SORT_NAME || sort >= SORT_VENDOR)
        qsort_r(entries, *count, sizeof *entries, compare_words, &sort);
    else if (sort != SORT_ID)
        qsort(entries, *count, sizeof *entries, compare_keys);
    return entries;
}

struct list_entry *list_by_risk(const struct snapshot *snapshot, size_t *count) {
    return select_devices(snapshot, &(struct device_filter){0}, count);
}

static void close_page(struct reply *reply, const struct request *request,
                       uint64_t cursor) {
    char text[24] = "";
    if (cursor)
        snprintf(text, sizeof text, "%" PRIu64, cursor);
    reply_close_page(reply, request, text);
}

/* The ids after the first page. NULL if there is no memory. */
static char *pack_ids(const struct list_entry *entries, size_t count, size_t *bytes) {
    *bytes = 0;
    for (size_t i = 0; i < count; i++)
        *bytes += strlen(entries[i].view->id) + 1;
    char *ids = malloc(*bytes);
    for (size_t i = 0, used = 0; ids && i < count; i++) {
        size_t length = strlen(entries[i].view->id) + 1;
        memcpy(ids + used, entries[i].view->id, length);
        used += length;
    }
    return ids;
}

/* What a walk remembers of the query. */
static void pack_filter(const struct device_filter *filter,
                        unsigned char query[WALK_QUERY_BYTES]) {
    _Static_assert(sizeof *filter <= WALK_QUERY_BYTES, "a filter fits a walk");
    memset(query, 0, WALK_QUERY_BYTES);
    memcpy(query, filter, sizeof *filter);
}

static void first_page(struct service *service, const struct request *request,
                       const struct device_filter *filter, uint64_t limit,
                       struct reply *reply) {
    size_t count, bytes = 0;
    char *rest = NULL;
    struct list_entry *entries = select_devices(request->snapshot, filter, &count);
    size_t shown = entries && count > limit ? (size_t)limit : count;
    if (entries && shown < count)
        rest = pack_ids(entries + shown, count - shown, &bytes);
    if (!entries || (shown < count && !rest)) {
        free(entries);
        reply_problem(reply, 500, "out of memory");
        return;
    }
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "devices", '[');
    for (size_t i = 0; i < shown; i++)
        view_summary(&reply->body, entries[i].view);
    free(entries);
    uint64_t cursor = 0;
    if (rest) {
        unsigned char query[WALK_QUERY_BYTES];
        pack_filter(filter, query);
        cursor = walk_cursor(walk_keep(&service->walks, query, rest, bytes), 0);
    }
    close_page(reply, request, cursor);
}

static void next_page(struct service *service, const struct request *request,
                      const struct device_filter *given, uint64_t cursor,
                      uint64_t limit, struct reply *reply) {
    size_t offset;
    const struct walk *walk = walk_find(&service->walks, cursor, &offset);
    if (!walk) {
        reply_problem_open(reply, 410,
                           "this list is no longer kept: begin again without a cursor");
        json_string(&reply->body, "parameter", "cursor");
        json_close(&reply->body, '}');
        return;
    }
    /* The cursor says it all; what is said again must agree. */
    unsigned char query[WALK_QUERY_BYTES], nothing[WALK_QUERY_BYTES] = {0};
    struct device_filter filter;
    pack_filter(given, query);
    memcpy(&filter, walk->query, sizeof filter);
    if (memcmp(query, walk->query, sizeof query) != 0 &&
        memcmp(query, nothing, sizeof query) != 0) {
        reply_bad_parameter(reply, "cursor", "belongs to another query");
        return;
    }
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "devices", '[');
    for (uint64_t shown = 0; shown < limit && offset < walk->bytes;) {
        const char *id = walk->ids + offset;
        offset += strlen(id) + 1;
        const struct device_view *view = lookup_id(request->snapshot, id);
        if (!view || !passes(view, &filter))
            continue;
        view_summary(&reply->body, view);
        shown++;
    }
    cursor = offset < walk->bytes ? walk_cursor(walk, offset) : 0;
    close_page(reply, request, cursor);
}

/* All of it: who keeps a table wants it whole. */
static void export_list(const struct request *request,
                        const struct device_filter *filter, struct reply *reply) {
    size_t count;
    struct list_entry *entries = select_devices(request->snapshot, filter, &count);
    if (entries)
        export_devices(entries, count, reply);
    else
        reply_problem(reply, 500, "out of memory");
    free(entries);
}

void list_devices(struct service *service, const struct request *request,
                  struct reply *reply) {
    struct device_filter filter;
    uint64_t limit = LIMIT_DEFAULT, cursor = 0;
    if (!take_filter(request, reply, &filter) ||
        !take_number(request, reply, "limit", LIMIT_MAX, &limit) ||
        !take_number(request, reply, "cursor", UINT64_MAX, &cursor))
        return;
    bool exported = export_is_wanted(request, reply);
    if (reply->status != 200)
        return;
    if (exported)
        export_list(request, &filter, reply);
    else if (cursor)
        next_page(service, request, &filter, cursor, limit, reply);
    else
        first_page(service, request, &filter, limit, reply);
}

/* --- findings --- */

struct finding_filter {
    char device[REQUEST_IDENTITY_BYTES]; /* id; "": all, like the rest */
    char kind[TEXT_BYTES];
    unsigned levels;
    uint64_t since_ns;
    uint64_t before; /* only smaller ids: what follows the page before */
};

static bool take_since(const struct request *request, struct reply *reply,
                       uint64_t *since_ns) {
    char text[TEXT_BYTES];
    enum query_value value = request_query(request, "since", text, sizeof text);
    if (value == QUERY_ABSENT ||
        (value == QUERY_PRESENT && request_parse_time(text, since_ns)))
        return true;
    reply_bad_parameter(reply, "since",
                        "is an RFC 3339 time, or whole seconds since the epoch");
    return false;
}

static bool finding_passes(const struct finding *finding,
                           const struct finding_filter *filter) {
    return (!filter->before || finding->id < filter->before) &&
           finding->time_ns >= filter->since_ns &&
           (!filter->levels || filter->levels >> finding->level & 1) &&
           (!filter->kind[0] || strcmp(finding->kind, filter->kind) == 0) &&
           (!filter->device[0] || strcmp(finding->device, filter->device) == 0);
}

/* A page in the making. One finding more than it has room for says that there is a next. */
struct findings_page {
    struct text *text;
    uint64_t limit, shown, last;
    bool full;
};

static void show_finding(void *context, const struct finding *finding) {
    struct findings_page *page = context;
    page->full |= page->shown == page->limit;
    if (page->full)
        return;
    view_finding(page->text, finding);
    page->last = finding->id;
    page->shown++;
}

/* Older ones than are in memory. */
static bool show_kept(struct service *service, const struct finding_filter *filter,
                      uint64_t before, struct findings_page *page) {
    const struct store_findings_filter kept = {.device = filter->device,
                                               .kind = filter->kind,
                                               .levels = filter->levels,
                                               .since_ns = filter->since_ns,
                                               .before = before};
    return store_reader_findings(service->reader, &kept,
                                 (unsigned)(page->limit - page->shown) + 1,
                                 show_finding, page);
}

void list_findings(struct service *service, const struct request *request,
                   struct reply *reply) {
    struct finding_filter filter = {0};
    struct findings_page page = {.text = &reply->body, .limit = LIMIT_DEFAULT};
    if (!take_set(request, reply, "level", level_at, &filter.levels) ||
        !take_text(request, reply, "kind", filter.kind) ||
        !lookup_parameter(request, filter.device, sizeof filter.device, reply) ||
        !take_since(request, reply, &filter.since_ns) ||
        !take_number(request, reply, "limit", LIMIT_MAX, &page.limit) ||
        !take_number(request, reply, "cursor", INT64_MAX, &filter.before))
        return;
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "findings", '[');
    uint64_t before = filter.before;
    uint32_t count = snapshot_finding_count(request->snapshot);
    for (uint32_t i = 0; i < count && !page.full; i++) {
        const struct finding *finding = snapshot_finding(request->snapshot, i);
        if (finding_passes(finding, &filter))
            show_finding(&page, finding);
        if (!before || finding->id < before)
            before = finding->id;
    }
    if (!page.full && service->reader && !show_kept(service, &filter, before, &page)) {
        reply_problem(reply, 503, "older findings cannot be read now");
        return;
    }
    close_page(reply, request, page.full ? page.last : 0);
}
