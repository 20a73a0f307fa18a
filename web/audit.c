#include "web/audit.h"

#include "web/json.h"
#include "web/lookup.h"
#include "web/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t audit_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool read_last(struct store_sql *sql, void *context) {
    *(uint64_t *)context = store_decisions_last(sql);
    return true;
}

bool audit_open(struct audit *audit, const char *path, struct store *store,
                struct store_reader *reader, char *error, size_t error_bytes) {
    *audit = (struct audit){.entries = calloc(AUDIT_ENTRIES, sizeof *audit->entries),
                            .store = store,
                            .reader = reader};
    if (reader)
        store_reader_run(reader, read_last, &audit->seq);
    audit->first_seq = audit->seq + 1;
    if (audit->entries && (!path[0] || (audit->path = strdup(path)))) {
        if (!audit->path || (audit->file = fopen(path, "ae")))
            return true;
        snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
    } else {
        snprintf(error, error_bytes, "no memory for the audit");
    }
    audit_close(audit);
    return false;
}

void audit_close(struct audit *audit) {
    if (audit->file)
        fclose(audit->file);
    text_free(&audit->line);
    free(audit->path);
    free(audit->entries);
    *audit = (struct audit){.entries = NULL};
}

static void reopen(struct audit *audit) {
    FILE *file = fopen(audit->path, "ae");
    if (!file)
        return; /* better the old one than none */
    fclose(audit->file);
    audit->file = file;
}

char *audit_copy(char *out, size_t size, const char *text) {
    size_t length = strnlen(text, size);
    if (length == size) {
        length--;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return out + length;
}

struct audit_entry *audit_begin(struct audit *audit, const char *api,
                                const struct request *request) {
    struct audit_entry *entry = &audit->entries[(audit->seq + 1) % AUDIT_ENTRIES];
    entry->seq = 0; /* nothing is there until it is committed */
    entry->api = api;
    entry->mode = entry->level = "";
    entry->decision = AUDIT_NONE;
    entry->would_deny = false;
    entry->score = -1;
    entry->status = 200;
    entry->remote = request->remote;
    audit_copy(entry->method, sizeof entry->method, request->method);
    audit_copy(entry->request_id, sizeof entry->request_id,
               request->id ? request->id : "");
    audit_copy(entry->principal, sizeof entry->principal,
               request->principal ? request->principal : "");
    audit_copy(entry->path, sizeof entry->path, request->path);
    entry->subject[0] = entry->action[0] = entry->resource[0] = '\0';
    entry->device[0] = entry->rule[0] = entry->policy[0] = '\0';
    return entry;
}

static void add_optional(struct text *text, const char *key, const char *value) {
    if (value[0])
        json_string(text, key, value);
}

void audit_show(struct text *text, const struct audit_entry *entry) {
    static const char *const decisions[] = {
        [AUDIT_NONE] = "", [AUDIT_PERMIT] = "permit", [AUDIT_DENY] = "deny"};
    char remote[ADDRESS_TEXT_BYTES];
    address_format(&entry->remote, remote);
    json_open(text, NULL, '{');
    json_time(text, "ts", entry->time_ns);
    json_unsigned(text, "seq", entry->seq);
    json_string(text, "api", entry->api);
    add_optional(text, "request_id", entry->request_id);
    add_optional(text, "principal", entry->principal);
    json_string(text, "remote", remote);
    json_string(text, "method", entry->method);
    json_string(text, "path", entry->path);
    json_unsigned(text, "status", entry->status);
    add_optional(text, "subject", entry->subject);
    add_optional(text, "action", entry->action);
    add_optional(text, "resource", entry->resource);
    add_optional(text, "device", entry->device);
    add_optional(text, "decision", decisions[entry->decision]);
    if (entry->would_deny)
        json_string(text, "would", "deny");
    add_optional(text, "mode", entry->mode);
    if (entry->score >= 0)
        json_unsigned(text, "score", (uint64_t)entry->score);
    add_optional(text, "level", entry->level);
    add_optional(text, "rule", entry->rule);
    add_optional(text, "policy", entry->policy);
    json_close(text, '}');
}

static void keep(struct audit *audit, const struct audit_entry *entry) {
    struct store_decision decision = {.seq = entry->seq,
                                      .time_ns = entry->time_ns,
                                      .decided = entry->decision != AUDIT_NONE,
                                      .denied = entry->decision == AUDIT_DENY,
                                      .would_deny = entry->would_deny,
                                      .device = entry->device,
                                      .api = entry->api,
                                      .line = audit->line.bytes};
    if (audit->line.failed || !store_keep_decision(audit->store, &decision))
        audit->lost++;
}

void audit_commit(struct audit *audit, struct audit_entry *entry) {
    entry->time_ns = audit_clock_ns();
    entry->seq = ++audit->seq;
    if (!audit->file && !audit->store)
        return;
    audit->line.used = 0;
    audit_show(&audit->line, entry);
    text_add_bytes(&audit->line, "", 1);
    if (audit->store)
        keep(audit, entry);
    if (!audit->file)
        return;
    if (atomic_load_explicit(&audit->moved, memory_order_relaxed) &&
        atomic_exchange(&audit->moved, false))
        reopen(audit);
    if (!audit->line.failed)
        audit->line.bytes[audit->line.used - 1] = '\n';
    if (audit->line.failed ||
        fwrite(audit->line.bytes, 1, audit->line.used, audit->file) != audit->line.used)
        audit->lost++;
}

void audit_flush(struct audit *audit) {
    if (audit->file && fflush(audit->file) != 0) {
        clearerr(audit->file);
        audit->lost++;
    }
}

/* --- GET /v1/audit --- */

struct filter {
    char device[REQUEST_IDENTITY_BYTES], api[AUDIT_SHORT_BYTES],
        decision[AUDIT_SHORT_BYTES];
    uint64_t limit, before;
};

static bool take_text(const struct request *request, struct reply *reply,
                      const char *name, char *out, size_t size) {
    out[0] = '\0';
    if (request_query(request, name, out, size) != QUERY_BAD)
        return true;
    reply_bad_parameter(reply, name, "is once at most, and short");
    return false;
}

static bool take_number(const struct request *request, struct reply *reply,
                        const char *name, uint64_t most, uint64_t *value) {
    char text[24];
    enum query_value found = request_query(request, name, text, sizeof text);
    if (found == QUERY_ABSENT ||
        (found == QUERY_PRESENT && request_parse_unsigned(text, 1, most, value)))
        return true;
    reply_bad_parameter(reply, name, "is a whole number of at least 1, and not large");
    return false;
}

static bool passes(const struct audit_entry *entry, const struct filter *filter) {
    enum audit_decision wanted = filter->decision[0] == 'p' ? AUDIT_PERMIT : AUDIT_DENY;
    return (!filter->device[0] || strcmp(entry->device, filter->device) == 0) &&
           (!filter->api[0] || strcmp(entry->api, filter->api) == 0) &&
           (!filter->decision[0] || entry->decision == wanted ||
            (wanted == AUDIT_DENY && entry->would_deny));
}

/* A page in the making; one more than it has room for says that there is a next. */
struct page {
    struct text *text;
    uint64_t limit, shown, last;
    bool full;
};

static bool find_room(struct page *page, uint64_t seq) {
    page->full |= page->shown == page->limit;
    if (page->full)
        return false;
    page->shown++;
    page->last = seq;
    return true;
}

static void show_kept(void *context, uint64_t seq, const char *line) {
    struct page *page = context;
    if (find_room(page, seq))
        json_raw(page->text, NULL, line);
}

struct kept {
    const struct store_decisions_filter *filter;
    struct page *page;
};

static bool read_kept(struct store_sql *sql, void *context) {
    struct kept *kept = context;
    return store_decisions_list(sql, kept->filter,
                                (unsigned)(kept->page->limit - kept->page->shown) + 1,
                                show_kept, kept->page);
}

/* Older ones than are in memory. */
static bool list_kept(const struct audit *audit, const struct filter *filter,
                      uint64_t before, struct page *page) {
    const struct store_decisions_filter wanted = {
        .device = filter->device,
        .api = filter->api,
        .answer = !filter->decision[0]         ? STORE_ANSWER_ANY
                  : filter->decision[0] == 'p' ? STORE_ANSWER_PERMIT
                                               : STORE_ANSWER_DENY,
        .before = before};
    return store_reader_run(audit->reader, read_kept, &(struct kept){&wanted, page});
}

void audit_list(struct service *service, const struct request *request,
                struct reply *reply) {
    const struct audit *audit = &service->audit;
    struct filter filter = {.limit = 100, .before = audit->seq + 1};
    if (!lookup_parameter(request, filter.device, sizeof filter.device, reply) ||
        !take_text(request, reply, "api", filter.api, sizeof filter.api) ||
        !take_text(request, reply, "decision", filter.decision,
                   sizeof filter.decision) ||
        !take_number(request, reply, "limit", 1000, &filter.limit) ||
        !take_number(request, reply, "cursor", INT64_MAX, &filter.before))
        return;
    if (filter.decision[0] && strcmp(filter.decision, "permit") != 0 &&
        strcmp(filter.decision, "deny") != 0) {
        reply_bad_parameter(reply, "decision", "is permit or deny");
        return;
    }
    struct page page = {.text = &reply->body, .limit = filter.limit};
    uint64_t seq = filter.before > audit->seq ? audit->seq : filter.before - 1;
    uint64_t oldest = audit->seq < AUDIT_ENTRIES ? 1 : audit->seq - AUDIT_ENTRIES + 2;
    if (oldest < audit->first_seq)
        oldest = audit->first_seq;
    json_open(&reply->body, NULL, '{');
    json_open(&reply->body, "decisions", '[');
    for (; seq >= oldest && !page.full; seq--) {
        const struct audit_entry *entry = &audit->entries[seq % AUDIT_ENTRIES];
        if (passes(entry, &filter) && find_room(&page, entry->seq))
            audit_show(&reply->body, entry);
    }
    if (!page.full && audit->reader && !list_kept(audit, &filter, seq + 1, &page)) {
        reply_problem(reply, 503, "older decisions cannot be read now");
        return;
    }
    char cursor[24] = "";
    if (page.full)
        snprintf(cursor, sizeof cursor, "%" PRIu64, page.last);
    reply_close_page(reply, request, cursor);
}
